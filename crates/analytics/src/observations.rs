//! Published figures as bulk files: the table of [`shirube_domain::observation`] in columns.

use std::io::Cursor;

use polars::prelude::{
    Column, DataFrame, IntoColumn, IpcWriter, NamedFrom, ParquetWriter, PolarsResult, SerWriter, Series,
};
use rust_decimal::prelude::ToPrimitive;
use shirube_domain::observation::{COLUMNS, ColumnKind, Field, Observation, Published};

/// A format of files that holds columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow's file format (Feather 2).
    Arrow,
}

/// How many rows are held before they are written: what a reader of Parquet skips or reads at once.
const GROUP: usize = 50_000;

/// The values of a column, as they come in.
enum Values {
    Text(Vec<Option<String>>),
    Number(Vec<Option<f64>>),
    Whole(Vec<Option<i64>>),
}

/// Rows, in columns.
struct Rows {
    columns: Vec<Values>,
    height: usize,
}

impl Rows {
    fn new() -> Self {
        let values = |kind| match kind {
            ColumnKind::Text | ColumnKind::Instant => Values::Text(Vec::new()),
            ColumnKind::Number => Values::Number(Vec::new()),
            ColumnKind::Whole => Values::Whole(Vec::new()),
        };
        Self { columns: COLUMNS.iter().map(|column| values(column.kind)).collect(), height: 0 }
    }

    fn push(&mut self, of: &Published<'_>, observation: &Observation<'_>) {
        for (values, field) in self.columns.iter_mut().zip(observation.fields(of)) {
            match (values, field) {
                (Values::Text(values), Field::Text(text)) => values.push(Some(text.into_owned())),
                (Values::Number(values), Field::Number(number)) => values.push(number.to_f64()),
                (Values::Whole(values), Field::Whole(number)) => values.push(Some(number)),
                (Values::Text(values), _) => values.push(None),
                (Values::Number(values), _) => values.push(None),
                (Values::Whole(values), _) => values.push(None),
            }
        }
        self.height += 1;
    }

    fn frame(self) -> PolarsResult<DataFrame> {
        let columns = COLUMNS.iter().zip(self.columns).map(|(column, values)| {
            let name = column.name.into();
            match values {
                Values::Text(values) => Series::new(name, values),
                Values::Number(values) => Series::new(name, values),
                Values::Whole(values) => Series::new(name, values),
            }
            .into_column()
        });
        DataFrame::new(self.height, columns.collect::<Vec<Column>>())
    }
}

/// Writes rows as a file. The same rows give the same bytes.
pub fn write<'a>(
    rows: impl Iterator<Item = (Published<'a>, Observation<'a>)>,
    columns: Columns,
) -> PolarsResult<Vec<u8>> {
    match columns {
        Columns::Parquet => parquet(rows),
        Columns::Arrow => arrow(rows),
    }
}

/// Writes rows as Parquet, a group of rows after the other: what is held is a group and the packed file.
fn parquet<'a>(rows: impl Iterator<Item = (Published<'a>, Observation<'a>)>) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let schema = Rows::new().frame()?.schema().clone();
    let mut writer = ParquetWriter::new(&mut bytes).batched(&schema)?;
    let mut held = Rows::new();
    for (of, observation) in rows {
        held.push(&of, &observation);
        if held.height == GROUP {
            writer.write_batch(&std::mem::replace(&mut held, Rows::new()).frame()?)?;
        }
    }
    writer.write_batch(&held.frame()?)?;
    writer.finish()?;
    drop(writer);
    Ok(bytes)
}

/// Writes rows in Arrow's file format. All of them are held.
fn arrow<'a>(rows: impl Iterator<Item = (Published<'a>, Observation<'a>)>) -> PolarsResult<Vec<u8>> {
    let mut held = Rows::new();
    rows.for_each(|(of, observation)| held.push(&of, &observation));
    let mut bytes = Vec::new();
    IpcWriter::new(Cursor::new(&mut bytes)).finish(&mut held.frame()?)?;
    Ok(bytes)
}
