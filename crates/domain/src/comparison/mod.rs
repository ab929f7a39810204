//! Comparing municipalities (比較): what can be asked, what is answered, and what is refused.
//!
//! A [`Question`] is data: normalised, it is what an answer is cited by. A [`Subject`] is what is compared: a standard
//! indicator or an official series, with the formula by which it comes from the official statistics and the base by which
//! places of different size are compared. What cannot be compared honestly is a refusal with its [`Reason`]s, and what can be
//! compared with care says why. The answers are worked out by the crate of frames; they are values of this module.

mod answer;
mod group;
mod question;
mod reason;
mod subject;
#[cfg(test)]
mod tests;

pub use answer::{
    Ambition, Answer, Comparison, Correlated, Correlations, Differs, Excluded, Interval, KpiProgress, KpiSource,
    MeasuredBy, Neighbour, Neighbours, Progresses, Row, Standing, Summary, TrendRow, Trends,
};
pub use group::{Group, NEIGHBOURS, Neighbourhood, Scale, Weighted};
pub use question::{
    Base, ComparisonQuestion, CorrelationQuestion, MUNICIPALITIES, NeighbourQuestion, Order, ProgressQuestion,
    Question, TrendQuestion, Variable,
};
pub use reason::{Exclusion, Reason, ReasonCode, Verdict, compare};
pub use subject::{Catalogue, Formula, PerBase, Subject, unknown_subject};
