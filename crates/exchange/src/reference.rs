use std::{error::Error, io, str::FromStr};

use serde::{Deserialize, de::DeserializeOwned};
use shirube_domain::{
    calendar::YearKind,
    municipality::{Municipality, MunicipalityCode},
    reference::{Aggregation, Comparability, MeasureKind, OfficialIndicator, OfficialValue, StandardIndicator},
    strategy::Direction,
    text::Bilingual,
};

/// How many municipalities Japan has.
pub const MUNICIPALITIES: usize = 1741;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn rows<R: DeserializeOwned>(csv: &str) -> Result<Vec<R>> {
    Ok(csv::Reader::from_reader(csv.as_bytes()).into_deserialize().collect::<std::result::Result<_, _>>()?)
}

/// Empty cells are absent values.
fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// All municipalities of Japan.
pub fn municipalities() -> Result<Vec<Municipality>> {
    #[derive(Deserialize)]
    struct Row {
        code: MunicipalityCode,
        name: String,
        kana: String,
        kind: String,
        similar_group: String,
        latitude: f64,
        longitude: f64,
        website: String,
    }
    rows::<Row>(include_str!("../data/municipalities.csv"))?
        .into_iter()
        .map(|row| {
            Ok(Municipality {
                code: row.code,
                name: row.name,
                kana: row.kana,
                kind: row.kind.parse()?,
                similar_group: row.similar_group.parse()?,
                latitude: row.latitude,
                longitude: row.longitude,
                website: given(row.website),
            })
        })
        .collect()
}

/// The catalogue of standard indicators.
pub fn standard_indicators() -> Result<Vec<StandardIndicator>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum UpOrDown {
        Up,
        Down,
    }
    #[derive(Deserialize)]
    struct Row {
        id: String,
        name_ja: String,
        name_en: String,
        theme: String,
        unit: String,
        dimension: String,
        kind: MeasureKind,
        aggregation: Aggregation,
        direction: UpOrDown,
        per_capita_basis: String,
        comparability: Comparability,
        official_source: String,
        synonyms: String,
        notes: String,
    }
    let standard = |row: Row| StandardIndicator {
        id: row.id,
        name: Bilingual { ja: row.name_ja, en: row.name_en },
        theme: row.theme,
        unit: given(row.unit),
        dimension: row.dimension,
        kind: row.kind,
        aggregation: row.aggregation,
        direction: match row.direction {
            UpOrDown::Up => Direction::Higher,
            UpOrDown::Down => Direction::Lower,
        },
        per_capita_basis: row.per_capita_basis,
        comparability: row.comparability,
        official_source: given(row.official_source),
        synonyms: row.synonyms.split('|').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        notes: given(row.notes),
    };
    Ok(rows(include_str!("../data/standard-indicators.csv"))?.into_iter().map(standard).collect())
}

/// The official series.
pub fn official_indicators() -> Result<Vec<OfficialIndicator>> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        name_ja: String,
        name_en: String,
        unit: String,
        year_kind: YearKind,
        as_of: String,
        source: String,
        standard_indicator: String,
    }
    let official = |row: Row| OfficialIndicator {
        id: row.id,
        name: Bilingual { ja: row.name_ja, en: row.name_en },
        unit: row.unit,
        year_kind: row.year_kind,
        as_of: row.as_of,
        source: row.source,
        standard_indicator: given(row.standard_indicator),
    };
    Ok(rows(include_str!("../data/official-indicators.csv"))?.into_iter().map(official).collect())
}

/// The values of one official series in one year.
#[derive(Debug)]
pub struct OfficialSeries {
    /// The id of the series.
    pub indicator: String,
    /// A value for each municipality that has one.
    pub values: Vec<OfficialValue>,
}

/// The official statistics, a series and year at a time. They are shipped as a compressed CSV with a line for each
/// series and year and a column for each municipality.
pub fn official_statistics() -> Result<impl Iterator<Item = Result<OfficialSeries>>> {
    let compressed: &[u8] = include_bytes!("../data/official-statistics.csv.zst");
    let mut reader = csv::Reader::from_reader(io::BufReader::new(zstd::Decoder::new(compressed)?));
    let codes =
        reader.headers()?.iter().skip(2).map(MunicipalityCode::from_str).collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(reader.into_records().map(move |record| {
        let record = record?;
        let mut cells = record.iter();
        let (indicator, year) =
            (cells.next().unwrap_or_default().to_owned(), cells.next().unwrap_or_default().parse()?);
        let values = codes
            .iter()
            .zip(cells)
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(municipality, cell)| Ok(OfficialValue { municipality: *municipality, year, value: cell.parse()? }))
            .collect::<Result<_>>()?;
        Ok(OfficialSeries { indicator, values })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_ships_is_read() {
        let municipalities = municipalities().unwrap();
        assert_eq!(municipalities.len(), MUNICIPALITIES);
        let sunagawa = municipalities.iter().find(|of| of.code.five_digits() == 1226).unwrap();
        assert_eq!((sunagawa.name.as_str(), sunagawa.similar_group.to_string().as_str()), ("砂川市", "都市Ⅰ－３"));
        assert_eq!(standard_indicators().unwrap().len(), 65);
        let official = official_indicators().unwrap();
        assert_eq!(official.len(), 28);
        let standard = standard_indicators().unwrap();
        for named in official.iter().filter_map(|of| of.standard_indicator.as_ref()) {
            assert!(standard.iter().any(|of| of.id == *named), "{named}");
        }
        let mut values = 0;
        for series in official_statistics().unwrap() {
            let series = series.unwrap();
            assert!(official.iter().any(|of| of.id == series.indicator), "{}", series.indicator);
            values += series.values.len();
        }
        assert_eq!(values, 241_995);
    }
}
