use crate::{
    calendar::YearKind,
    reference::{Aggregation, Comparability, MeasureKind, OfficialIndicator, StandardIndicator},
    strategy::Direction,
    text::Bilingual,
};

/// How a value is made of official series of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula<'a> {
    /// The series itself.
    Series(&'a str),
    /// One series less another.
    Difference(&'a str, &'a str),
    /// The change of a series since so many years before, in percent of what it was then.
    ChangeRate(&'a str, i16),
    /// The sum of some series in percent of the sum of others.
    Share(&'a [&'a str], &'a [&'a str]),
}

impl<'a> Formula<'a> {
    /// The series that it is made of.
    pub fn series(&self) -> Vec<&'a str> {
        match *self {
            Self::Series(one) | Self::ChangeRate(one, _) => vec![one],
            Self::Difference(one, other) => vec![one, other],
            Self::Share(of, among) => [of, among].concat(),
        }
    }

    /// As a formula for people: `in_migrants_jp − out_migrants_jp`.
    pub fn printed(&self) -> String {
        match self {
            Self::Series(series) => (*series).to_owned(),
            Self::Difference(one, other) => format!("{one} − {other}"),
            Self::ChangeRate(series, years) => format!("({series} ÷ {series} {years} years before − 1) × 100"),
            Self::Share(of, among) => format!("({}) ÷ ({}) × 100", of.join(" + "), among.join(" + ")),
        }
    }
}

/// The standard indicators that are made of official series, as the catalogue says (`derived …`).
const DERIVED: [(&str, Formula<'static>); 4] = [
    ("population-change-rate", Formula::ChangeRate("pop_census", 5)),
    ("natural-change", Formula::Difference("births", "deaths")),
    ("net-migration", Formula::Difference("in_migrants_jp", "out_migrants_jp")),
    ("employment-rate", Formula::Share(&["employed"], &["pop_15_64", "pop_65plus"])),
];

/// By how many of what a value is divided to compare places of different size (人口千人当たり …).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerBase {
    /// Of how many: 1,000 of 人口千人当たり.
    pub per: u32,
    /// The official series that count the base, the better ones first; a sum of series is one base.
    pub series: &'static [&'static [&'static str]],
    /// What is counted, in Japanese and English: 人口 / population.
    pub counted: (&'static str, &'static str),
}

const POPULATION: (&[&[&str]], (&str, &str)) = (&[&["pop_juki_jan1"], &["pop_census"]], ("人口", "population"));

impl PerBase {
    /// The base that the catalogue names; `None` where a value is not divided, or no official series counts the base.
    fn of_catalogue(basis: &str) -> Option<Self> {
        let (per, (series, counted)): (_, (&[&[&str]], _)) = match basis {
            "per_1000_population" => (1_000, POPULATION),
            "per_10000_population" => (10_000, POPULATION),
            "per_capita" => (1, POPULATION),
            "per_1000_households" => (1_000, (&[&["households"]], ("世帯", "households"))),
            "per_1000_establishments" => (1_000, (&[&["establishments_private"]], ("事業所", "establishments"))),
            "per_1000_65plus" => (1_000, (&[&["pop_65plus"]], ("65歳以上人口", "people aged 65 and over"))),
            "employment_rate_15plus" => {
                (100, (&[&["pop_15_64", "pop_65plus"]], ("15歳以上人口", "people aged 15 and over")))
            }
            _ => return None,
        };
        Some(Self { per, series, counted })
    }

    /// The base of an official series of which the catalogue knows nothing.
    fn of_unit(id: &str, unit: &str) -> Option<Self> {
        match unit {
            _ if id.starts_with("pop_") => None,
            "人" | "件" | "所" | "世帯" => Self::of_catalogue("per_1000_population"),
            "千円" => Self::of_catalogue("per_capita"),
            _ => None,
        }
    }

    /// The unit of a value divided by it: 人/人口千人.
    pub fn unit(&self, of: &str) -> String {
        let many = match self.per {
            1 => String::from("1"),
            100 => String::from("百"),
            1_000 => String::from("千"),
            10_000 => String::from("万"),
            other => other.to_string(),
        };
        format!("{of}/{}{many}", self.counted.0)
    }
}

/// What the instance knows that can be compared.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue<'a> {
    /// The standard indicators.
    pub standard: &'a [StandardIndicator],
    /// The official series.
    pub official: &'a [OfficialIndicator],
}

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject<'a> {
    /// Its key: that of a standard indicator, or of an official series.
    pub key: &'a str,
    /// Its name.
    pub name: &'a Bilingual,
    /// The unit in which it is compared; `None` for a bare index.
    pub unit: Option<&'a str>,
    /// What is counted or measured: `people`, `money`; `None` of a series of which the catalogue knows nothing.
    pub dimension: Option<&'a str>,
    /// Stock, flow, ratio or index, where the catalogue says so.
    pub kind: Option<MeasureKind>,
    /// How yearly values are brought together, where the catalogue says so.
    pub aggregation: Option<Aggregation>,
    /// Which way is better.
    pub direction: Direction,
    /// How far values of different municipalities can be compared.
    pub comparability: Comparability,
    /// What its years are; `None` where only documents of municipalities have values.
    pub year_kind: Option<YearKind>,
    /// The surveys.
    pub source: Option<&'a str>,
    /// How it is made of official series; `None` where only documents of municipalities have values.
    pub formula: Option<Formula<'a>>,
    /// By what it is divided to compare places of different size.
    pub base: Option<PerBase>,
    /// The place of the standard indicator in the catalogue.
    pub standard: Option<usize>,
}

impl<'a> Catalogue<'a> {
    /// What a key names. A standard indicator is looked for first; of several series that measure it, the first by key is
    /// taken, and each can be asked for by its own key.
    pub fn find(self, key: &str) -> Option<Subject<'a>> {
        let standard = self.standard.iter().position(|of| of.id == key);
        standard
            .map(|at| self.of_standard(at))
            .or_else(|| self.official.iter().find(|of| of.id == key).map(Self::of_series))
    }

    /// A standard indicator by its place in the catalogue.
    fn of_standard(self, at: usize) -> Subject<'a> {
        let of = &self.standard[at];
        let measuring = self.official.iter().find(|series| series.standard_indicator.as_deref() == Some(&of.id));
        let formula = match measuring {
            Some(series) => Some(Formula::Series(&series.id)),
            None => DERIVED.iter().find(|(id, _)| *id == of.id).map(|(_, formula)| *formula),
        };
        let first = formula.and_then(|formula| {
            let series = formula.series();
            self.official.iter().find(|of| of.id == series[0])
        });
        Subject {
            key: &of.id,
            name: &of.name,
            unit: of.unit.as_deref(),
            dimension: Some(&of.dimension),
            kind: Some(of.kind),
            aggregation: Some(of.aggregation),
            direction: of.direction,
            comparability: of.comparability,
            year_kind: first.map(|of| of.year_kind),
            source: first.map(|of| of.source.as_str()).or(of.official_source.as_deref()),
            formula: formula.filter(|_| first.is_some()),
            base: PerBase::of_catalogue(&of.per_capita_basis),
            standard: Some(at),
        }
    }

    fn of_series(of: &'a OfficialIndicator) -> Subject<'a> {
        Subject {
            key: &of.id,
            name: &of.name,
            unit: Some(&of.unit),
            dimension: None,
            kind: None,
            aggregation: None,
            direction: Direction::Unstated,
            comparability: Comparability::Official,
            year_kind: Some(of.year_kind),
            source: Some(&of.source),
            formula: Some(Formula::Series(&of.id)),
            base: PerBase::of_unit(&of.id, &of.unit),
            standard: None,
        }
    }
}

impl Subject<'_> {
    /// Whether its values count events, so that chance alone moves small ones.
    pub fn counts_events(&self) -> bool {
        let counted = self.dimension.is_none_or(|of| matches!(of, "people" | "cases"));
        let series = matches!(self.formula, Some(Formula::Series(_)));
        counted && series && self.kind == Some(MeasureKind::Flow)
    }

    /// The unit of its values; empty for a bare index.
    pub fn printed_unit(&self) -> &str {
        self.unit.unwrap_or_default()
    }
}

/// What is wrong with a key that names nothing, and how to mend it.
pub fn unknown_subject(key: &str) -> String {
    format!(
        "“{key}” is neither a standard indicator nor an official series; standardIndicators and officialIndicators list them"
    )
}
