//! DuckDB beside the bench: a Python program that is told when to ask.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;
use uuid::Uuid;

use crate::questions::{Asked, Flat};

/// Names a Python that has duckdb and pyarrow; `cargo xtask bench` makes one.
const PYTHON: &str = "SHIRUBE_BENCH_PYTHON";

/// DuckDB, with the columns loaded.
pub(crate) struct Duck {
    child: Child,
    asks: ChildStdin,
    tells: BufReader<ChildStdout>,
}

impl Duck {
    /// Starts it over the columns in a folder; `None` where no Python was named.
    pub(crate) fn start(folder: &Path) -> Result<Option<Self>> {
        let Some(python) = std::env::var_os(PYTHON) else { return Ok(None) };
        let program = Path::new("benches/comparisons/duck.py");
        let mut command = Command::new(python);
        command.arg(program).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start Python")?;
        let asks = child.stdin.take().context("Python hears nothing")?;
        let tells = BufReader::new(child.stdout.take().context("Python says nothing")?);
        Ok(Some(Self { child, asks, tells }))
    }

    fn ask(&mut self, line: &str) -> Result<Value> {
        writeln!(self.asks, "{line}")?;
        let mut told = String::new();
        self.tells.read_line(&mut told)?;
        serde_json::from_str(&told).context("Python stopped")
    }

    /// Asks all questions once; how long each took.
    pub(crate) fn round(&mut self) -> Result<Vec<Duration>> {
        let answer = self.ask("round")?;
        let seconds = answer["seconds"].as_array().context("no times")?.iter();
        Ok(seconds.map(|of| Duration::from_secs_f64(of.as_f64().unwrap_or_default())).collect())
    }

    /// Holds its results against those of others, as far as it was asked for them.
    pub(crate) fn check(&mut self, expected: &[Flat]) -> Result<()> {
        let answer = self.ask("results")?;
        for (at, (asked, expected)) in Asked::ALL.into_iter().zip(expected).enumerate() {
            let tables: Vec<Vec<Vec<f64>>> = tables(&answer["results"][at])?;
            let (rows, rest) = tables.split_first().context("no rows")?;
            let rows: Vec<Vec<f64>> = rows.iter().map(|row| arrange(asked, row)).collect();
            let sources = sources(&answer["results"][at][0])?;
            let summary = rest.concat();
            let summary = summarised(asked, &summary, expected.summary.len());
            expected.check(&Flat { rows, summary, sources }, &format!("DuckDB, {asked:?}"))?;
        }
        Ok(())
    }

    /// Ends it; the peak of its memory in kB.
    pub(crate) fn end(mut self) -> Result<u64> {
        drop(self.asks);
        let mut told = String::new();
        self.tells.read_line(&mut told)?;
        ensure!(self.child.wait()?.success(), "Python failed");
        Ok(told.trim().parse()?)
    }
}

fn tables(of: &Value) -> Result<Vec<Vec<Vec<f64>>>> {
    let list = |of: &Value| of.as_array().cloned().context("no list");
    let number = |of: &Value| of.as_f64().unwrap_or(f64::NAN);
    let row = |row: &Value| Ok(list(row)?.iter().map(number).collect());
    list(of)?.iter().map(|table| list(table)?.iter().map(row).collect()).collect()
}

/// The KPIs of the rows that name one in their last three cells.
fn sources(rows: &Value) -> Result<Vec<(Uuid, Uuid, String)>> {
    let texts = |row: &Value| -> Vec<String> {
        row.as_array().into_iter().flatten().filter_map(|cell| cell.as_str().map(str::to_owned)).collect()
    };
    let rows = rows.as_array().into_iter().flatten().map(texts).filter(|texts| !texts.is_empty());
    let source = |texts: Vec<String>| {
        let [strategy, indicator, label] = texts.try_into().map_err(|_| anyhow!("not a KPI"))?;
        Ok((strategy.parse()?, indicator.parse()?, label))
    };
    rows.map(source).collect()
}

/// The numbers of a row at the places where the others have them; NaN where it was not asked for them.
fn arrange(asked: Asked, row: &[f64]) -> Vec<f64> {
    let nothing = |count| vec![f64::NAN; count];
    match asked {
        Asked::Official | Asked::Events | Asked::Reported => [&row[..13], &nothing(5)].concat(),
        Asked::Progress => row[..7].to_vec(),
        Asked::Neighbours | Asked::Correlation => row.to_vec(),
        Asked::Trends => {
            // place, n, slope, intercept, r², first, last, years, Theil–Sen, S, τ, growth
            let line = [&row[..4], &nothing(2), &row[4..5], &nothing(1)].concat();
            let tests = [row[8], f64::NAN, f64::NAN, row[9], f64::NAN, f64::NAN, row[10], row[11]];
            [line, tests.to_vec(), nothing(4)].concat()
        }
    }
}

/// The same for the numbers of the group, which come as rows of a table or two.
fn summarised(asked: Asked, rows: &[Vec<f64>], wanted: usize) -> Vec<f64> {
    let mut numbers: Vec<f64> = match asked {
        Asked::Official | Asked::Events | Asked::Reported => {
            // The whole, the prefectures, and at last the whole divided by its base, each behind its key.
            let of = |row: &Vec<f64>| row[1..].to_vec();
            let (whole, rest) = rows.split_first().map_or((Vec::new(), rows), |(whole, rest)| (of(whole), rest));
            let (base, prefectures) = rest.split_last().map_or((Vec::new(), rest), |(base, rest)| (of(base), rest));
            whole.into_iter().chain(base).chain(prefectures.iter().flat_map(of)).collect()
        }
        Asked::Correlation => {
            let [pearson, spearman, slope, intercept, explained] = rows[0][..] else { return Vec::new() };
            let nothing = [f64::NAN; 3];
            [&[pearson][..], &nothing, &[spearman], &nothing, &[slope, intercept, f64::NAN, f64::NAN, explained]]
                .concat()
        }
        Asked::Trends => {
            let [slope, intercept, explained] = rows[0][..] else { return Vec::new() };
            vec![f64::NAN, slope, intercept, f64::NAN, f64::NAN, explained]
        }
        Asked::Progress | Asked::Neighbours => rows.concat(),
    };
    numbers.resize(wanted, f64::NAN);
    numbers
}
