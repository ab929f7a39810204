//! The rows of an answer as a table, and the files that it is given as.

use std::io::Cursor;

use polars::prelude::{
    Column, CsvWriter, DataFrame, IntoColumn, IpcWriter, NamedFrom, ParquetWriter, PolarsResult, SerWriter, Series,
};
use shirube_domain::comparison::{
    Answer, Comparison, Correlations, KpiProgress, KpiSource, Neighbours, Progresses, Standing, TrendRow, Trends,
};

use crate::World;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated values in UTF-8, with a header; what is missing is blank.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow's file format (Feather 2).
    Arrow,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Parquet, Self::Arrow];

    /// The ending of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Arrow => "application/vnd.apache.arrow.file",
        }
    }
}

/// Writes a table. The same table gives the same bytes.
pub fn write(table: &mut DataFrame, format: Format) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        Format::Csv => CsvWriter::new(&mut bytes).finish(table)?,
        Format::Parquet => {
            ParquetWriter::new(&mut bytes).finish(table)?;
        }
        Format::Arrow => IpcWriter::new(Cursor::new(&mut bytes)).finish(table)?,
    }
    Ok(bytes)
}

/// The rows of an answer.
pub fn table(world: &World, answer: &Answer) -> PolarsResult<DataFrame> {
    match answer {
        Answer::Comparison(all) => comparison(world, all),
        Answer::Trends(of) => trends(world, of),
        Answer::Neighbours(of) => neighbours(world, of),
        Answer::Correlation(of) => correlation(world, of),
        Answer::Progress(of) => progress(world, of),
    }
}

/// Columns of the same length, put side by side.
struct Table {
    height: usize,
    columns: Vec<Column>,
}

impl Table {
    /// A table that begins with the municipality of each row.
    fn of(world: &World, places: &[u32]) -> Self {
        let mut table = Self { height: places.len(), columns: Vec::new() };
        let of = |place: &u32| &world.municipalities()[*place as usize];
        table.text("municipality_code", places.iter().map(|place| Some(of(place).code.to_string())));
        table.text("municipality", places.iter().map(|place| Some(of(place).name.clone())));
        table.text("prefecture", places.iter().map(|place| Some(of(place).prefecture().name().to_owned())));
        table
    }

    fn text(&mut self, name: &str, values: impl Iterator<Item = Option<String>>) {
        let values: Vec<Option<String>> = values.collect();
        self.columns.push(Series::new(name.into(), values).into_column());
    }

    fn number(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        let values: Vec<Option<f64>> = values.collect();
        self.columns.push(Series::new(name.into(), values).into_column());
    }

    fn whole(&mut self, name: &str, values: impl Iterator<Item = Option<i64>>) {
        let values: Vec<Option<i64>> = values.collect();
        self.columns.push(Series::new(name.into(), values).into_column());
    }

    fn flag(&mut self, name: &str, values: impl Iterator<Item = Option<bool>>) {
        let values: Vec<Option<bool>> = values.collect();
        self.columns.push(Series::new(name.into(), values).into_column());
    }

    /// The KPI of each row.
    fn sources<'a>(&mut self, sources: impl Iterator<Item = Option<&'a KpiSource>> + Clone) {
        self.text("kpi", sources.clone().map(|of| Some(of?.label.clone())));
        self.text("strategy_id", sources.clone().map(|of| Some(of?.strategy.to_string())));
        self.whole("revision", sources.clone().map(|of| Some(i64::from(of?.revision))));
        self.text("indicator_id", sources.clone().map(|of| Some(of?.indicator.to_string())));
        self.flag("provisional", sources.map(|of| Some(of?.provisional)));
    }

    /// How the values of each row stand, under names with a prefix.
    fn standings(&mut self, prefix: &str, standings: impl Iterator<Item = Option<Standing>> + Clone) {
        let name = |of: &str| if prefix.is_empty() { of.to_owned() } else { format!("{prefix}_{of}") };
        let value = if prefix.is_empty() { "value" } else { prefix };
        self.number(value, standings.clone().map(|of| Some(of?.value)));
        self.whole(&name("rank"), standings.clone().map(|of| Some(i64::from(of?.rank))));
        self.number(&name("percentile"), standings.clone().map(|of| Some(of?.percentile)));
        self.number(&name("z_score"), standings.clone().map(|of| of?.z));
        self.whole(&name("quarter"), standings.map(|of| Some(i64::from(of?.quarter))));
    }

    fn frame(self) -> PolarsResult<DataFrame> {
        DataFrame::new(self.height, self.columns)
    }
}

fn comparison(world: &World, all: &[Comparison]) -> PolarsResult<DataFrame> {
    let rows = || all.iter().flat_map(|of| of.rows.iter().map(move |row| (of, row)));
    let places: Vec<u32> = rows().map(|(_, row)| row.place).collect();
    let mut table = Table::of(world, &places);
    table.text("indicator", rows().map(|(of, _)| Some(of.measured.indicator.clone())));
    table.whole("year", rows().map(|(of, _)| Some(of.measured.year.into())));
    table.text("unit", rows().map(|(of, _)| Some(of.measured.unit.clone())));
    table.standings("", rows().map(|(_, row)| Some(row.value)));
    table.text("base_unit", rows().map(|(of, _)| of.measured.base_unit.clone()));
    table.standings("per_base", rows().map(|(_, row)| row.per_base));
    table.whole("since", rows().map(|(of, _)| of.since.map(Into::into)));
    table.number("change", rows().map(|(_, row)| row.change));
    table.number("change_percent", rows().map(|(_, row)| row.change_percent));
    table.number("interval_low", rows().map(|(_, row)| Some(row.interval?.low)));
    table.number("interval_high", rows().map(|(_, row)| Some(row.interval?.high)));
    table.number("expected", rows().map(|(_, row)| Some(row.differs?.expected)));
    table.number("p_value", rows().map(|(_, row)| Some(row.differs?.p_value)));
    table.whole("differs", rows().map(|(_, row)| Some(row.differs?.side.into())));
    table.sources(rows().map(|(_, row)| row.source.as_ref()));
    table.frame()
}

fn trends(world: &World, of: &Trends) -> PolarsResult<DataFrame> {
    let rows = || of.rows.iter();
    let places: Vec<u32> = rows().filter_map(|row| row.place).collect();
    let mut table = Table::of(world, &places);
    let measured = &of.measured;
    table.text("indicator", rows().map(|_| Some(measured.indicator.clone())));
    table.text("unit", rows().map(|_| Some(measured.unit.clone())));
    let first = |row: &TrendRow| row.points.first().copied();
    let last = |row: &TrendRow| row.points.last().copied();
    table.whole("n", rows().map(|row| i64::try_from(row.points.len()).ok()));
    table.whole("first_year", rows().map(|row| Some(first(row)?.0.into())));
    table.number("first_value", rows().map(|row| Some(first(row)?.1)));
    table.whole("last_year", rows().map(|row| Some(last(row)?.0.into())));
    table.number("last_value", rows().map(|row| Some(last(row)?.1)));
    table.number("slope", rows().map(|row| Some(row.line?.slope)));
    table.number("slope_low", rows().map(|row| Some(row.line?.slope_interval?.0)));
    table.number("slope_high", rows().map(|row| Some(row.line?.slope_interval?.1)));
    table.number("slope_p_value", rows().map(|row| row.line?.p_value));
    table.number("r_squared", rows().map(|row| row.line?.r_squared));
    table.number("theil_sen", rows().map(|row| Some(row.theil_sen?.slope)));
    table.number("theil_sen_low", rows().map(|row| Some(row.theil_sen?.interval?.0)));
    table.number("theil_sen_high", rows().map(|row| Some(row.theil_sen?.interval?.1)));
    table.whole("mann_kendall_s", rows().map(|row| Some(row.mann_kendall?.s)));
    table.number("mann_kendall_z", rows().map(|row| Some(row.mann_kendall?.z)));
    table.number("mann_kendall_p_value", rows().map(|row| Some(row.mann_kendall?.p_value)));
    table.number("tau", rows().map(|row| row.mann_kendall?.tau));
    table.number("growth", rows().map(|row| row.growth));
    table.whole("level_year", rows().map(|row| Some(row.level?.0.into())));
    table.number("level_before", rows().map(|row| Some(row.level?.1.before)));
    table.number("level_after", rows().map(|row| Some(row.level?.1.after)));
    table.number("level_p_value", rows().map(|row| Some(row.level?.1.p_value)));
    table.frame()
}

fn neighbours(world: &World, of: &Neighbours) -> PolarsResult<DataFrame> {
    let places: Vec<u32> = of.rows.iter().map(|row| row.place).collect();
    let mut table = Table::of(world, &places);
    table.whole("nearness", (1..).take(places.len()).map(Some));
    table.number("distance", of.rows.iter().map(|row| Some(row.distance)));
    for (at, measured) in of.measured.iter().enumerate() {
        let name = format!("{} {} {}", at + 1, measured.indicator, measured.year);
        table.number(&name, of.rows.iter().map(|row| row.values.get(at).copied()));
    }
    table.frame()
}

fn correlation(world: &World, of: &Correlations) -> PolarsResult<DataFrame> {
    let places: Vec<u32> = of.rows.iter().map(|row| row.place).collect();
    let mut table = Table::of(world, &places);
    let name = |axis: &str, indicator: &str, year: i16| format!("{axis} {indicator} {year}");
    table.number(&name("x", &of.x.indicator, of.x.year), of.rows.iter().map(|row| Some(row.x)));
    table.number(&name("y", &of.y.indicator, of.y.year), of.rows.iter().map(|row| Some(row.y)));
    table.frame()
}

fn progress(world: &World, of: &Progresses) -> PolarsResult<DataFrame> {
    let rows = || of.rows.iter();
    let places: Vec<u32> = rows().map(|row| row.place).collect();
    let mut table = Table::of(world, &places);
    table.text("standard_indicator", rows().map(|_| Some(of.indicator.clone())));
    table.whole("year", rows().map(|_| Some(of.year.into())));
    table.sources(rows().map(|row: &KpiProgress| Some(&row.source)));
    table.number("achievement_percent", rows().map(|row| row.achievement));
    table.number("from_baseline_percent", rows().map(|row| row.from_baseline));
    table.flag("met", rows().map(|row| row.met));
    table.number("required_yearly_percent", rows().map(|row| Some(row.ambition?.required)));
    table.number("yearly_percent_before", rows().map(|row| row.ambition?.history));
    table.number("ambition_percentile", rows().map(|row| Some(row.ambition?.percentile)));
    table.frame()
}
