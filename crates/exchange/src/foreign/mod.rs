//! A municipality's own workbook becomes a strategy: what its rows and columns are is guessed, told with its place, corrected by
//! whoever knows the document, and only then taken.
//!
//! [`recognise`] gives a [`Proposal`]: the strategy in the sample format, how the tables were understood ([`Layout`], which is
//! corrected and given back), each guess with how sure it is, and what was not understood. Nothing is taken for granted: what comes
//! of it goes through the same reader as every file of the sample format.

mod entries;
mod figures;
mod headings;
mod layout;
mod meaning;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;
use shirube_domain::{
    BadInput, NewIds, calendar::FiscalYear, municipality::Municipality, strategy::Strategy, text::Bilingual,
};

pub use layout::{Column, Layout, LayoutError, Part, RowKind, TableLayout};

use crate::{book::Sheet, sample};

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
    /// What is wrong, and how to mend it.
    pub message: String,
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
    /// The strategy, in the sample format.
    pub strategy: serde_json::Value,
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
}

impl Proposal {
    /// Whether the strategy can be taken as it is.
    pub const fn is_ready(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Reads sheets as a strategy. `corrections` go before every guess. What cannot be known from the sheets, such as which municipality
/// it is, is told as a problem.
pub fn recognise(
    sheets: &[Sheet],
    corrections: &Layout,
    municipalities: &[Municipality],
    ids: &mut impl NewIds,
) -> Proposal {
    let mut notes = Notes::default();
    let facts = tables::Facts::of(sheets, corrections, municipalities, &mut notes);
    let read = entries::read(sheets, corrections, &facts, &mut notes);
    let (file, layout) = figures::strategy(&facts, read, corrections, &mut notes);
    let counts = file.counts();
    let strategy = serde_json::to_value(&file).unwrap_or_default();
    let mut problems: Vec<Problem> =
        notes.problems.into_iter().map(|(place, message)| Problem { place: place.to_owned(), message }).collect();
    if problems.is_empty()
        && let Err(wrong) = sample::read(&strategy.to_string(), ids)
    {
        problems.extend(wrong.into_iter().map(|BadInput { place, message }| Problem { place, message }));
    }
    let mut guesses = notes.guesses;
    guesses.sort_by_key(|guess| guess.confidence);
    Proposal { layout, guesses, unread: notes.unread, problems, counts, strategy }
}

/// Reads the strategy of a proposal, as it was or corrected.
pub fn strategy_of(proposed: &str, ids: &mut impl NewIds) -> Result<Strategy, Vec<BadInput>> {
    sample::read(proposed, ids)
}

/// What is told beside the strategy.
#[derive(Default)]
struct Notes {
    guesses: Vec<Guess>,
    unread: Vec<Unread>,
    problems: Vec<(&'static str, String)>,
}

impl Notes {
    fn guess(
        &mut self,
        at: impl Into<String>,
        subject: Subject,
        read: impl Into<String>,
        confidence: Confidence,
        because: Bilingual,
    ) {
        self.guesses.push(Guess { at: at.into(), subject, read: read.into(), confidence, because });
    }

    fn unread(&mut self, at: impl Into<String>, text: impl Into<String>, because: Bilingual) {
        self.unread.push(Unread { at: at.into(), text: text.into(), because });
    }
}

/// Remarks and figures by fiscal year.
type ByYear<T> = BTreeMap<FiscalYear, T>;
