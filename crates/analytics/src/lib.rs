//! Frames: what is published and the official statistics in columns, and the answers that are made of them.
//!
//! [`World`] holds what the instance knows of the world: for each official series and year a column with a place for each
//! municipality, in the order of their codes, so that prefectures lie together. [`Reported`] holds the published figures of
//! all KPIs that correspond to a standard indicator, one row a figure, sorted by indicator and year, so that a question reads
//! one stretch of memory and nothing else. Both are polars frames, typed once; [`Frames`] are the two for one version of the
//! data. [`answer`] works a question out; [`table()`] and [`write()`] make a file of the answer.
//!
//! Nothing here waits: whoever asks runs it where it may take its time, and may call it off.

mod chance;
mod column;
mod comparison;
mod correlation;
mod frames;
mod history;
mod kpis;
mod neighbours;
pub mod observations;
mod progress;
mod reported;
mod standing;
mod table;
mod trends;
mod world;

use std::sync::atomic::{AtomicBool, Ordering};

pub use frames::Frames;
pub use reported::{Reported, ReportedFigure, StrategyRows};
use shirube_domain::{
    Error,
    comparison::{Answer, Question},
};
pub use table::{Format, table, write};
pub use world::{OfficialColumn, World};

/// Whether anybody still waits for an answer.
#[derive(Debug, Default)]
pub struct Waiting(AtomicBool);

impl Waiting {
    /// Nobody does.
    pub fn call_off(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Stops the work if nobody does.
    fn check(&self) -> Result<(), Error> {
        if self.0.load(Ordering::Relaxed) {
            Err(Error::Unavailable("nobody waits for the answer".into()))
        } else {
            Ok(())
        }
    }
}

/// Answers a normalised question. What it names and nobody knows is an error that says where it stands.
pub fn answer(frames: &Frames, question: &Question, waiting: &Waiting) -> Result<Answer, Error> {
    waiting.check()?;
    match question {
        Question::Comparison(of) => comparison::comparison(frames, of, waiting).map(Answer::Comparison),
        Question::Trends(of) => trends::trends(frames, of, waiting).map(Answer::Trends),
        Question::Neighbours(of) => neighbours::neighbours(frames, of, waiting).map(Answer::Neighbours),
        Question::Correlation(of) => correlation::correlation(frames, of, waiting).map(Answer::Correlation),
        Question::Progress(of) => progress::progress(frames, of, waiting).map(Answer::Progress),
    }
}
