//! `shirube check` and `import`: documents that become strategies, for somebody who has them.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use shirube_access::Scope;
use shirube_app::{BOOK_BYTES, Confidence, Proposal, propose_without_database};
use shirube_domain::municipality::MunicipalityCode;

use crate::{
    Failure, Settings,
    commands::{self, code},
    settings::{CheckArgs, DocumentArgs, ImportArgs},
};

/// What ends with it has something to be mended.
const TO_MEND: u8 = 3;

/// `shirube check FILE`
pub(crate) fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let proposal = proposed(&args.document)?;
    if let Some(file) = &args.strategy {
        write(file, &proposal.strategy)?;
    }
    if let Some(file) = &args.write_layout {
        write(file, &serde_json::to_value(&proposal.layout)?)?;
    }
    if args.document.json {
        print(&serde_json::to_value(&proposal)?)?;
    } else {
        let mut out = io::stdout().lock();
        tell(&mut out, &args.document.file, &proposal, args.all)?;
        if proposal.is_ready() {
            writeln!(out, "\nIt can be taken: shirube import {}", args.document.file.display())?;
        }
    }
    Ok(code_of(&proposal))
}

/// `shirube import FILE`
pub(crate) async fn import(settings: &Settings, args: &ImportArgs) -> Result<ExitCode, Failure> {
    let document = &args.document;
    let proposal = proposed(document)?;
    if !proposal.is_ready() {
        if document.json {
            print(&serde_json::to_value(&proposal)?)?;
        } else {
            tell(&mut io::stdout().lock(), &document.file, &proposal, false)?;
        }
        return Ok(code_of(&proposal));
    }
    let municipality: MunicipalityCode = proposal.strategy["municipality"].as_str().unwrap_or_default().parse()?;
    let bar = spinner("Making the draft")?;
    let app = commands::app(settings).await?;
    let text = proposal.strategy.to_string();
    let made = app.create_strategy(&Scope::machine(), municipality.current(), &text).await;
    bar.finish_and_clear();
    let version = made?;
    let parts = version.strategy().parts();
    if document.json {
        print(&json!({
            "municipality": parts.municipality.to_string(),
            "title": parts.title,
            "key": parts.id.to_string(),
            "counts": proposal.counts,
        }))?;
    } else {
        println!(
            "A draft of {} ({}) was made, with {} indicators. Its key: {}",
            parts.title, parts.municipality, proposal.counts.indicators, parts.id
        );
        let unsure = proposal.guesses.iter().filter(|guess| guess.confidence == Confidence::Unsure).count();
        if unsure > 0 {
            println!("{unsure} guesses have nothing that speaks for them; shirube check tells them.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn code_of(proposal: &Proposal) -> ExitCode {
    if proposal.is_ready() { ExitCode::SUCCESS } else { ExitCode::from(TO_MEND) }
}

fn proposed(args: &DocumentArgs) -> Result<Proposal, Failure> {
    let named = |error: io::Error, file: &Path| format!("{}: {error}", file.display());
    let size = fs::metadata(&args.file).map_err(|error| named(error, &args.file))?.len();
    if size > BOOK_BYTES as u64 {
        return Err(format!("{} is larger than {} MB", args.file.display(), BOOK_BYTES >> 20).into());
    }
    let bytes = fs::read(&args.file).map_err(|error| named(error, &args.file))?;
    let layout = args.layout.as_ref().map(|file| fs::read_to_string(file).map_err(|error| named(error, file)));
    let layout = layout.transpose()?;
    let municipality = args.municipality.as_deref().map(code).transpose()?;
    let bar = spinner("Reading the document")?;
    let proposal = propose_without_database(&bytes, layout.as_deref(), municipality);
    bar.finish_and_clear();
    Ok(proposal?)
}

/// On a terminal, something that moves while work goes on.
pub(crate) fn spinner(words: &'static str) -> Result<ProgressBar, Failure> {
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg} {elapsed}")?);
    bar.set_message(words);
    bar.enable_steady_tick(Duration::from_millis(100));
    Ok(bar)
}

fn write(file: &Path, value: &Value) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn print(value: &Value) -> Result<(), Failure> {
    Ok(writeln!(io::stdout().lock(), "{value}")?)
}

/// Tells a proposal to a person.
fn tell(out: &mut impl Write, file: &Path, proposal: &Proposal, all: bool) -> io::Result<()> {
    let said = |name: &str| proposal.strategy[name].as_str().unwrap_or("?").to_owned();
    let counts = proposal.counts;
    writeln!(out, "{}", file.display())?;
    writeln!(out, "  {} ({}), {} – {}", said("title"), said("municipality"), said("first_year"), said("last_year"))?;
    writeln!(
        out,
        "  {} places of the plan, {} indicators, {} figures",
        counts.nodes, counts.indicators, counts.figures
    )?;
    if !proposal.problems.is_empty() {
        writeln!(out, "\nTo be mended / 修正が必要 ({}):", proposal.problems.len())?;
        for of in &proposal.problems {
            let at = of.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
            writeln!(out, "  {}{at}: {}", of.place, of.message)?;
        }
    }
    if !proposal.unread.is_empty() {
        writeln!(out, "\nNot understood / 読み取れなかったセル ({}):", proposal.unread.len())?;
        for of in &proposal.unread {
            writeln!(out, "  {} “{}”: {} / {}", of.at, one_line(&of.text), of.because.ja, of.because.en)?;
        }
    }
    let shown: Vec<_> = proposal.guesses.iter().filter(|guess| all || guess.confidence == Confidence::Unsure).collect();
    let words = if all { "Guesses / 推定" } else { "Guesses to look at / 確認が必要な推定" };
    if !shown.is_empty() {
        writeln!(out, "\n{words} ({} of {}):", shown.len(), proposal.guesses.len())?;
        for of in shown {
            writeln!(out, "  {} {}: {} / {}", of.at, one_line(&of.read), of.because.ja, of.because.en)?;
        }
    }
    if !proposal.findings.is_empty() {
        writeln!(out, "\nWhat a careful reader would notice / 気づいた点 ({}):", proposal.findings.len())?;
        for of in &proposal.findings {
            writeln!(out, "  {}: {} / {}", of.about, of.message.ja, of.message.en)?;
        }
    }
    if counts.untold > 0 {
        writeln!(out, "\n{} more guesses and cells are not told.", counts.untold)?;
    }
    Ok(())
}

/// A text of a cell on one line, without what a terminal would follow.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
