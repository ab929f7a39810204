//! A municipality's own workbook becomes a strategy: what its rows and columns are is guessed, told with its place, corrected by
//! whoever knows the document, and only then taken.
//!
//! [`propose`] gives a [`Proposal`]: the strategy in the sample format, how the tables were understood ([`Layout`], which is
//! corrected and given back), each guess with how sure it is, and what was not understood. Nothing is taken for granted: what comes
//! of it goes through the same reader as every file of the sample format.

mod entries;
mod facts;
mod figures;
mod headings;
mod layout;
mod meaning;
mod rows;
mod tables;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;

use serde::Serialize;
use shirube_domain::{
    BadInput, NewIds, calendar::FiscalYear, lint, municipality::Municipality, strategy::Strategy, text::Bilingual,
};

pub use layout::{Column, Layout, LayoutError, Part, RowKind, TableLayout};

use crate::{
    book::{self, BookError, Sheet},
    sample,
};

/// How sure a guess is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Nothing in the document speaks for it: look at it.
    Unsure,
    /// Words speak for it, and none against it.
    Likely,
    /// The document says so.
    Sure,
}

/// What a guess is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Which municipality it is.
    Municipality,
    /// The title, and which term it is.
    Title,
    /// The years of the plan, and the one that is reported on.
    Years,
    /// The levels of the plan.
    Levels,
    /// What a column holds.
    Column,
    /// A row that is a heading, or none that counts.
    Row,
    /// Where label, baseline and target part in one cell.
    Statement,
    /// The unit of an indicator.
    Unit,
    /// Which way is better.
    Direction,
    /// What kind of figure it is.
    Accumulation,
    /// What a cell of figures says.
    Figure,
}

/// A guess: where it was made, what was read, how sure it is, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guess {
    /// The place in the workbook: 集計表!B3.
    pub at: String,
    /// What it is about.
    pub subject: Subject,
    /// What was read.
    pub read: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// What speaks for it.
    pub because: Bilingual,
}

/// A cell that was not understood, and is in nothing that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Its place: 集計表!B3.
    pub at: String,
    /// What it says.
    pub text: String,
    /// Why it was left out.
    pub because: Bilingual,
}

/// A problem of the strategy that came of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The place in the strategy: `plan[0].indicators[1].unit`.
    pub place: String,
    /// The cell from which that came, if it is one: 集計表!B3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl From<BadInput> for Problem {
    fn from(BadInput { place, message }: BadInput) -> Self {
        Self { place, at: None, message }
    }
}

/// What a workbook was read as.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    /// How its tables were understood. Given back with corrections, it is followed.
    pub layout: Layout,
    /// Each guess, the least sure first.
    pub guesses: Vec<Guess>,
    /// What was not understood.
    pub unread: Vec<Unread>,
    /// What has to be mended before the strategy can be taken.
    pub problems: Vec<Problem>,
    /// How many there are of each.
    pub counts: Counts,
    /// What a careful reader of the strategy would notice. None of it keeps it from being taken.
    pub findings: Vec<Finding>,
    /// The strategy, in the sample format.
    pub strategy: serde_json::Value,
}

/// What a careful reader would notice about an indicator or a place of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its label or title.
    pub about: String,
    /// What a reader would say.
    pub message: Bilingual,
}

/// How much was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Places of the plan.
    pub nodes: usize,
    /// Indicators.
    pub indicators: usize,
    /// Cells of figures that say something.
    pub figures: usize,
    /// Guesses and cells that were not understood, beyond those that are told.
    pub untold: usize,
}

impl Proposal {
    /// Whether the strategy can be taken as it is.
    pub const fn is_ready(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Reads sheets as a strategy. `corrections` go before every guess. What cannot be known from the sheets, such as which municipality
/// it is, is told as a problem.
fn recognise(
    sheets: Vec<Sheet>,
    corrections: &Layout,
    municipalities: &[Municipality],
    ids: &mut impl NewIds,
) -> Proposal {
    let mut notes = Notes::default();
    let sheets = &tables::shown(sheets, &mut notes);
    let facts = facts::Facts::of(sheets, corrections, municipalities, &mut notes);
    let read = entries::read(sheets, corrections, &facts, &mut notes);
    let (file, layout, cells) = figures::strategy(&facts, read, corrections, &mut notes);
    let counts = Counts { untold: notes.untold, ..file.counts() };
    let strategy = serde_json::to_value(&file).unwrap_or_default();
    let mut problems: Vec<Problem> = notes
        .problems
        .into_iter()
        .map(|(place, message)| Problem { place: place.to_owned(), at: None, message })
        .collect();
    let mut findings = Vec::new();
    if problems.is_empty() {
        match sample::read(&strategy.to_string(), ids) {
            Ok(strategy) => findings = remarked(&strategy),
            Err(wrong) => {
                let places: Vec<(String, String)> = file.places().into_iter().zip(cells).collect();
                let cell = |place: &str| {
                    places.iter().find(|(of, _)| place.starts_with(of.as_str())).map(|(_, cell)| cell.clone())
                };
                problems.extend(wrong.into_iter().map(|of| Problem { at: cell(&of.place), ..Problem::from(of) }));
            }
        }
    }
    let mut guesses = notes.guesses;
    guesses.sort_by_key(|guess| guess.confidence);
    Proposal { layout, guesses, unread: notes.unread, problems, counts, findings, strategy }
}

/// What a careful reader would notice.
fn remarked(strategy: &Strategy) -> Vec<Finding> {
    let about = |subject| match subject {
        lint::Subject::Node(id) => strategy.nodes().iter().find(|of| of.id == id).map(|of| of.title.clone()),
        lint::Subject::Indicator(id) => strategy.indicators().iter().find(|of| of.id == id).map(|of| of.label.clone()),
    };
    let findings = lint::lint(strategy).into_iter();
    findings.map(|of| Finding { about: about(of.subject).unwrap_or_default(), message: of.message }).collect()
}

/// Reads a document that becomes a strategy: a workbook or table that is recognised, or a file of the sample format, in which
/// nothing has to be guessed.
pub fn propose(
    bytes: &[u8],
    corrections: &Layout,
    municipalities: &[Municipality],
    ids: &mut impl NewIds,
) -> Result<Proposal, BookError> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if !text.trim_ascii_start().starts_with(b"{") {
        return Ok(recognise(book::read_any(bytes)?, corrections, municipalities, ids));
    }
    if bytes.len() > book::FILE {
        return Err(BookError::TooLarge);
    }
    let json = str::from_utf8(text).map_err(|_| BookError::Letters)?;
    let read = sample::read(json, ids);
    let file: Option<sample::file::File> = serde_json::from_str(json).ok();
    let (findings, problems) = match &read {
        Ok(strategy) => (remarked(strategy), Vec::new()),
        Err(wrong) => (Vec::new(), wrong.iter().cloned().map(Problem::from).collect()),
    };
    Ok(Proposal {
        layout: Layout::default(),
        guesses: Vec::new(),
        unread: Vec::new(),
        problems,
        counts: file.as_ref().map(sample::file::File::counts).unwrap_or_default(),
        findings,
        strategy: serde_json::from_str(json).unwrap_or_default(),
    })
}

/// What is told beside the strategy.
#[derive(Default)]
struct Notes {
    guesses: Vec<Guess>,
    unread: Vec<Unread>,
    problems: Vec<(&'static str, String)>,
    untold: usize,
}

/// How many guesses are told, and how many cells that were not understood: more nobody reads.
const TOLD: usize = 5_000;

impl Notes {
    fn guess(
        &mut self,
        at: impl Into<String>,
        subject: Subject,
        read: impl Into<String>,
        confidence: Confidence,
        because: Bilingual,
    ) {
        if self.guesses.len() < TOLD {
            self.guesses.push(Guess { at: at.into(), subject, read: read.into(), confidence, because });
        } else {
            self.untold += 1;
        }
    }

    fn unread(&mut self, at: impl Into<String>, text: impl Into<String>, because: Bilingual) {
        if self.unread.len() < TOLD {
            self.unread.push(Unread { at: at.into(), text: text.into(), because });
        } else {
            self.untold += 1;
        }
    }
}

/// Remarks and figures by fiscal year.
type ByYear<T> = BTreeMap<FiscalYear, T>;
