//! Published figures as bulk files: the table of [`shirube_domain::observation`] in columns.

use std::io::Cursor;

use polars::{
    io::parquet::write::BatchedWriter,
    prelude::{Column, DataFrame, IntoColumn, IpcWriter, NamedFrom, ParquetWriter, PolarsResult, SerWriter, Series},
};
use rust_decimal::prelude::ToPrimitive;
use shirube_domain::observation::{ColumnKind, Field, Row, columns};

/// A format of files that holds columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    fn new(of_changes: bool) -> Self {
        let values = |kind| match kind {
            ColumnKind::Text | ColumnKind::Instant => Values::Text(Vec::new()),
            ColumnKind::Number => Values::Number(Vec::new()),
            ColumnKind::Whole => Values::Whole(Vec::new()),
        };
        Self { columns: columns(of_changes).map(|column| values(column.kind)).collect(), height: 0 }
    }

    fn push(&mut self, row: &Row<'_>) {
        for (values, field) in self.columns.iter_mut().zip(row.fields()) {
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

    fn frame(self, of_changes: bool) -> PolarsResult<DataFrame> {
        let columns = columns(of_changes).zip(self.columns).map(|(column, values)| {
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
pub struct Writer<'b> {
    held: Rows,
    of_changes: bool,
    file: File<'b>,
}

/// What is written.
enum File<'b> {
    /// Parquet, a group of rows after the other: what is held is a group and the packed file.
    Parquet(Box<BatchedWriter<&'b mut Vec<u8>>>),
    /// Arrow's file format, of which all rows are held.
    Arrow(&'b mut Vec<u8>),
}

impl<'b> Writer<'b> {
    /// Begins a file of a table, or of one of changes.
    pub fn new(bytes: &'b mut Vec<u8>, columns: Columns, of_changes: bool) -> PolarsResult<Self> {
        let file = match columns {
            Columns::Parquet => {
                let schema = Rows::new(of_changes).frame(of_changes)?.schema().clone();
                File::Parquet(Box::new(ParquetWriter::new(bytes).batched(&schema)?))
            }
            Columns::Arrow => File::Arrow(bytes),
        };
        Ok(Self { held: Rows::new(of_changes), of_changes, file })
    }

    /// Writes a row.
    pub fn push(&mut self, row: &Row<'_>) -> PolarsResult<()> {
        self.held.push(row);
        if let File::Parquet(writer) = &mut self.file
            && self.held.height == GROUP
        {
            let group = std::mem::replace(&mut self.held, Rows::new(self.of_changes));
            writer.write_batch(&group.frame(self.of_changes)?)?;
        }
        Ok(())
    }

    /// Ends the file.
    pub fn finish(self) -> PolarsResult<()> {
        let mut last = self.held.frame(self.of_changes)?;
        match self.file {
            File::Parquet(mut writer) => {
                writer.write_batch(&last)?;
                writer.finish().map(|_| ())
            }
            File::Arrow(bytes) => IpcWriter::new(Cursor::new(bytes)).finish(&mut last),
        }
    }
}
