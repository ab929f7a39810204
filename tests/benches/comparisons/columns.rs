//! The columns that are asked, as plain vectors: written once as files, from which DuckDB reads them, too.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result};
use shirube_analytics::Frames;
use shirube_domain::{comparison::KpiSource, strategy::MappingStrength};
use shirube_testing::nation::Nation;
use uuid::Uuid;

/// All columns; NaN stands for what is missing.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) codes: Vec<String>,
    pub(crate) prefectures: Vec<u32>,
    pub(crate) populations: Vec<f64>,
    /// Of each official series and year, in the order of the municipalities.
    pub(crate) official: HashMap<(String, i16), Vec<f64>>,
    /// The published figures, by standard indicator, year and municipality.
    pub(crate) figures: FigureColumns,
    /// The KPIs from which the figures come: the ids of strategy and indicator, and the label.
    pub(crate) kpis: Vec<Kpi>,
    /// The ids of the standard indicators.
    pub(crate) standard: Vec<String>,
}

/// What an answer tells of the KPI behind a figure.
#[derive(Debug, Clone)]
pub(crate) struct Kpi {
    pub(crate) strategy: Uuid,
    pub(crate) indicator: Uuid,
    pub(crate) label: String,
}

/// A row for each published figure.
#[derive(Debug, Default)]
pub(crate) struct FigureColumns {
    pub(crate) standard: Vec<u16>,
    pub(crate) year: Vec<i16>,
    pub(crate) place: Vec<u32>,
    /// Its place in the list of KPIs.
    pub(crate) kpi: Vec<u32>,
    pub(crate) first_year: Vec<i16>,
    /// 0 identical, 1 convertible, 2 similar, 3 not comparable.
    pub(crate) strength: Vec<u8>,
    /// Whether the value is one to be compared.
    pub(crate) compared: Vec<bool>,
    /// Whether there is anything to say about progress.
    pub(crate) progressed: Vec<bool>,
    /// 1 met, 0 not; 2 where it cannot be told.
    pub(crate) met: Vec<u8>,
    pub(crate) value: Vec<f64>,
    pub(crate) achievement: Vec<f64>,
    pub(crate) from_baseline: Vec<f64>,
    pub(crate) ambition: Vec<f64>,
}

const FIGURES: &str = "standard,year,place,kpi,first_year,strength,compared,progressed,met,value,achievement,from_baseline,\
                       ambition";

impl Columns {
    /// Writes the columns of some frames into a folder.
    pub(crate) fn write(folder: &Path, nation: &Nation, frames: &Frames) -> Result<()> {
        let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let mut file = BufWriter::new(File::create(folder.join("official.csv"))?);
        write!(file, "place,code,prefecture,population")?;
        for (series, year) in nation.columns.keys() {
            write!(file, ",{series}_{year}")?;
        }
        for (place, of) in nation.municipalities.iter().enumerate() {
            let population = nation.populations[place].map(|of| of.to_string()).unwrap_or_default();
            write!(file, "\n{place},{},{},{population}", of.code, of.code.five_digits() / 1_000)?;
            for values in nation.columns.values() {
                write!(file, ",{}", values[place].map(|of| of.to_string()).unwrap_or_default())?;
            }
        }
        file.flush()?;
        let mut file = BufWriter::new(File::create(folder.join("figures.csv"))?);
        writeln!(file, "{FIGURES}")?;
        let mut kpis = BufWriter::new(File::create(folder.join("kpis.csv"))?);
        writeln!(kpis, "kpi,strategy,indicator,label")?;
        let mut known = HashMap::new();
        for of in frames.reported.figures() {
            let place = nation.municipalities.binary_search_by_key(&of.municipality, |one| one.code);
            let next = known.len();
            let kpi = *known.entry(of.source.indicator).or_insert(next);
            if kpi == next {
                let KpiSource { strategy, indicator, label, .. } = &of.source;
                writeln!(kpis, "{kpi},{},{},{label}", strategy.uuid(), indicator.uuid())?;
            }
            let strength = match of.source.strength {
                MappingStrength::Identical => 0,
                MappingStrength::Convertible => 1,
                MappingStrength::Similar => 2,
                MappingStrength::NotComparable => 3,
            };
            writeln!(
                file,
                "{},{},{},{kpi},{},{strength},{},{},{},{},{},{},{}",
                of.standard,
                of.year,
                place.ok().context("a figure of nobody")?,
                of.first_year.year(),
                u8::from(of.value.is_ok()),
                u8::from(of.why.is_none()),
                of.met.map_or(2, u8::from),
                text(of.value.ok()),
                text(of.achievement),
                text(of.from_baseline),
                text(of.ambition),
            )?;
        }
        file.flush()?;
        kpis.flush()?;
        let ids: Vec<&str> = nation.standard.iter().map(|of| of.id.as_str()).collect();
        Ok(fs::write(folder.join("standard.txt"), ids.join("\n"))?)
    }

    /// Reads them back.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let number = |cell: &str| if cell.is_empty() { Ok(f64::NAN) } else { cell.parse() };
        let mut columns = Self::default();
        let mut lines = BufReader::new(File::open(folder.join("official.csv"))?).lines();
        let header = lines.next().context("there is no header")??;
        let mut official = Vec::new();
        for name in header.split(',').skip(4) {
            let (series, year) = name.rsplit_once('_').context("a column without a year")?;
            official.push(((series.to_owned(), year.parse::<i16>()?), Vec::new()));
        }
        for line in lines {
            let line = line?;
            let mut cells = line.split(',').skip(1);
            let mut next = || cells.next().context("a line that is too short");
            columns.codes.push(next()?.to_owned());
            columns.prefectures.push(next()?.parse()?);
            columns.populations.push(number(next()?)?);
            for (_, values) in &mut official {
                values.push(number(next()?)?);
            }
        }
        columns.official = official.into_iter().collect();
        columns.figures.read(folder)?;
        for line in BufReader::new(File::open(folder.join("kpis.csv"))?).lines().skip(1) {
            let line = line?;
            let mut cells = line.splitn(4, ',').skip(1);
            let mut next = || cells.next().context("a line that is too short");
            let (strategy, indicator) = (next()?.parse()?, next()?.parse()?);
            columns.kpis.push(Kpi { strategy, indicator, label: next()?.to_owned() });
        }
        columns.standard = fs::read_to_string(folder.join("standard.txt"))?.lines().map(str::to_owned).collect();
        Ok(columns)
    }

    /// A column of the official statistics.
    pub(crate) fn of(&self, series: &str, year: i16) -> &[f64] {
        &self.official[&(series.to_owned(), year)]
    }

    /// The years of a series.
    pub(crate) fn years(&self, series: &str) -> Vec<i16> {
        let mut years: Vec<i16> = self.official.keys().filter(|(of, _)| of == series).map(|(_, year)| *year).collect();
        years.sort_unstable();
        years
    }

    /// The place of a standard indicator in the catalogue.
    pub(crate) fn standard(&self, id: &str) -> u16 {
        (0..).zip(&self.standard).find(|(_, of)| *of == id).map_or(u16::MAX, |(at, _)| at)
    }
}

impl FigureColumns {
    fn read(&mut self, folder: &Path) -> Result<()> {
        let number = |cell: &str| if cell.is_empty() { Ok(f64::NAN) } else { cell.parse() };
        for line in BufReader::new(File::open(folder.join("figures.csv"))?).lines().skip(1) {
            let line = line?;
            let mut cells = line.split(',');
            let mut next = || cells.next().context("a line that is too short");
            self.standard.push(next()?.parse()?);
            self.year.push(next()?.parse()?);
            self.place.push(next()?.parse()?);
            self.kpi.push(next()?.parse()?);
            self.first_year.push(next()?.parse()?);
            self.strength.push(next()?.parse()?);
            self.compared.push(next()? == "1");
            self.progressed.push(next()? == "1");
            self.met.push(next()?.parse()?);
            self.value.push(number(next()?)?);
            self.achievement.push(number(next()?)?);
            self.from_baseline.push(number(next()?)?);
            self.ambition.push(number(next()?)?);
        }
        Ok(())
    }

    /// The rows of a standard indicator and year: they lie together.
    pub(crate) fn stretch(&self, standard: u16, year: i16) -> std::ops::Range<usize> {
        let key = |at: usize| (self.standard[at], self.year[at]);
        let before = |wanted: (u16, i16)| {
            let (mut low, mut high) = (0, self.standard.len());
            while low < high {
                let middle = usize::midpoint(low, high);
                if key(middle) < wanted { low = middle + 1 } else { high = middle }
            }
            low
        };
        before((standard, year))..before((standard, year + 1))
    }
}
