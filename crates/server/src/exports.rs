//! `shirube export`: what is published, as files.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use shirube_access::Scope;
use shirube_app::{
    App, At, Columns, DataSet, OpenData, Paper, ReportFormat, ReportQuestion, State, Words, open_data_header,
};
use shirube_domain::{calendar::FiscalYear, municipality::Prefecture};

use crate::{
    Failure, Settings,
    commands::{self, code},
    documents::spinner,
    settings::{ExportCommand, ToldArgs},
};

/// `shirube export …`
pub(crate) async fn export(settings: &Settings, command: ExportCommand) -> Result<(), Failure> {
    let app = Arc::new(commands::app(settings).await?);
    match command {
        ExportCommand::Report { municipality, file, strategy, revision, year, rule, a4, told } => {
            let paper = if a4 { Paper::A4 } else { Paper::A3 };
            let format = match ending(&file) {
                Some("xlsx") => ReportFormat::Xlsx(paper),
                Some("html") => ReportFormat::Html(paper),
                Some("csv") => ReportFormat::Csv { mark: told.bom },
                _ => return Err(format!("{}: a report ends in .xlsx, .html or .csv", file.display()).into()),
            };
            let question = ReportQuestion {
                municipality: code(&municipality)?,
                strategy: strategy.parse()?,
                state: State::Published(revision.map_or(At::Latest, At::Revision)),
                year: year.as_deref().map(|text| FiscalYear::parse(text, None)).transpose()?,
                rule: rule.as_deref().map(str::parse).transpose()?,
            };
            let bar = spinner("Writing the report")?;
            let report = app.find_report(&Scope::machine(), question).await?;
            let (year, revision) = (report.year.short(), report.revision());
            let bytes = app.write_report(report, format).await?;
            let written = write(&file, |out| Ok(out.write_all(&bytes)?))?;
            bar.finish_and_clear();
            let what = json!({ "file": file, "bytes": written, "year": year, "revision": revision });
            tell(&told, &what, &format!("{}: {written} bytes, of {year}", file.display()))
        }
        ExportCommand::Data { file, prefecture, municipality, strategy, indicator, told } => {
            let set = match (prefecture, municipality, indicator) {
                (Some(digits), ..) => {
                    let found = digits.parse().ok().and_then(Prefecture::from_number);
                    DataSet::Prefecture(found.ok_or_else(|| format!("“{digits}” is no prefecture; write 01 to 47"))?)
                }
                (_, Some(municipality), _) => match strategy {
                    Some(name) => DataSet::Strategy(code(&municipality)?, name.parse()?),
                    None => DataSet::Municipality(code(&municipality)?),
                },
                (.., Some(id)) => DataSet::Standard(id),
                _ => DataSet::Everything,
            };
            let data = Arc::new(app.open_data(&Scope::machine(), set).await?);
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let written = match ending(&file) {
                Some("csv") if name.ends_with(".sdmx.csv") => lines(&app, &data, &file, Words::Sdmx, told.bom).await?,
                Some("csv") => lines(&app, &data, &file, Words::Plain, told.bom).await?,
                Some("parquet") => columns(&app, &data, &file, Columns::Parquet).await?,
                Some("arrow") => columns(&app, &data, &file, Columns::Arrow).await?,
                _ => {
                    return Err(
                        format!("{}: a table ends in .csv, .sdmx.csv, .parquet or .arrow", file.display()).into()
                    );
                }
            };
            let (version, strategies) = (data.version.to_string(), data.parts());
            let what = json!({ "file": file, "bytes": written, "data_version": version, "strategies": strategies });
            let words = format!("{}: {written} bytes, {strategies} strategies, data version {version}", file.display());
            tell(&told, &what, &words)
        }
    }
}

fn tell(args: &ToldArgs, what: &serde_json::Value, words: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    Ok(if args.json { writeln!(out, "{what}") } else { writeln!(out, "{words}") }?)
}

fn ending(file: &Path) -> Option<&str> {
    file.extension()?.to_str()
}

/// Writes a table a strategy after the other, with a bar on a terminal.
async fn lines(app: &Arc<App>, data: &Arc<OpenData>, file: &Path, words: Words, mark: bool) -> Result<u64, Failure> {
    let style = ProgressStyle::with_template("Writing {bar:40} {pos}/{len} strategies {elapsed}")?;
    let bar = ProgressBar::new(data.parts() as u64).with_style(style);
    let mut out = Part::create(file)?;
    out.write(&open_data_header(words, false, mark))?;
    for part in 0..data.parts() {
        out.write(&app.open_data_lines(data, part, words).await?)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    out.finish()
}

async fn columns(app: &Arc<App>, data: &Arc<OpenData>, file: &Path, columns: Columns) -> Result<u64, Failure> {
    let bar = spinner("Writing the table")?;
    let bytes = app.open_data_file(data, columns).await?;
    let written = write(file, |out| Ok(out.write_all(&bytes)?))?;
    bar.finish_and_clear();
    Ok(written)
}

fn write(file: &Path, content: impl FnOnce(&mut BufWriter<fs::File>) -> Result<(), Failure>) -> Result<u64, Failure> {
    let mut part = Part::create(file)?;
    content(&mut part.out)?;
    part.finish()
}

/// A file that gets its name when it is whole, so that half of one never looks like all of it.
struct Part {
    out: BufWriter<fs::File>,
    part: PathBuf,
    file: PathBuf,
}

impl Part {
    fn create(file: &Path) -> Result<Self, Failure> {
        let mut name = file.as_os_str().to_owned();
        name.push(".part");
        let part = PathBuf::from(name);
        let made = fs::File::create(&part).map_err(|error| format!("{}: {error}", part.display()))?;
        Ok(Self { out: BufWriter::new(made), part, file: file.to_owned() })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(|error| format!("{}: {error}", self.part.display()).into())
    }

    /// Gives the file its name, and tells how long it is.
    fn finish(mut self) -> Result<u64, Failure> {
        self.out.flush()?;
        let length = self.out.get_ref().metadata()?.len();
        fs::rename(&self.part, &self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        Ok(length)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // What has got its name is not there any more under this one.
        let _ = fs::remove_file(&self.part);
    }
}
