//! What has changed between two revisions.

use std::{collections::HashMap, sync::Arc};

use shirube_domain::{
    Error,
    calendar::FiscalYear,
    changes::{Change, Part, Subject, changes, opinion_changes},
    lint,
    round::Correction,
};

use crate::{App, At, PublishedStrategy, Version};

/// How many revisions may lie between two that are compared: each of them may tell a reason.
const APART: u32 = 100;

/// Two revisions of a strategy beside each other.
#[derive(Debug)]
pub struct Compared {
    /// The one that is compared.
    pub from: Arc<Version>,
    /// The one with which it is compared.
    pub to: Arc<Version>,
    /// What differs, in the order of the document, each with the reason that was published for it, if one was.
    pub changes: Vec<(Change, Option<String>)>,
}

impl App {
    /// Two revisions of a published strategy, by their numbers. Why something was changed in what a fiscal year reports was
    /// published with the revision that changed it.
    pub async fn compare(&self, strategy: &PublishedStrategy, [from, to]: [u32; 2]) -> Result<Compared, Error> {
        let revision = async |place, number| {
            let found = self.revision(strategy, At::Revision(number)).await?;
            found.ok_or_else(|| Error::bad_input(place, format!("there is no revision {number}")))
        };
        let (earlier, later) = (from.min(to), from.max(to));
        let (from, to) = (revision("from", from).await?, revision("to", to).await?);
        if later - earlier > APART {
            return Err(Error::bad_input("to", format!("compare revisions that are at most {APART} apart")));
        }
        let mut reasons: HashMap<(lint::Subject, FiscalYear), Vec<String>> = HashMap::new();
        for number in earlier + 1..=later {
            for Correction { subject, year, reason } in revision("to", number).await?.corrections() {
                reasons.entry((*subject, *year)).or_default().push(reason.clone());
            }
        }
        let of_opinions = opinion_changes(from.opinions(), to.opinions());
        let changes = changes(from.strategy(), to.strategy()).into_iter().chain(of_opinions).map(|change| {
            let reason = corrected(change.subject).zip(reported_year(change.part)).and_then(|key| reasons.get(&key));
            (change, reason.map(|reasons| reasons.join(" / ")))
        });
        let changes = changes.collect();
        Ok(Compared { from, to, changes })
    }
}

/// The year of what is reported: reasons are given for nothing else.
const fn reported_year(part: Part) -> Option<FiscalYear> {
    match part {
        Part::YearActual(year) | Part::Remark(year) => Some(year),
        _ => None,
    }
}

/// What a change is about, as corrections name it.
const fn corrected(subject: Subject) -> Option<lint::Subject> {
    match subject {
        Subject::Node(id) => Some(lint::Subject::Node(id)),
        Subject::Indicator(id) => Some(lint::Subject::Indicator(id)),
        Subject::Strategy => None,
    }
}
