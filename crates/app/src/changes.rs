//! What has changed between two revisions.

use std::sync::Arc;

use shirube_domain::{
    Error,
    calendar::FiscalYear,
    changes::{Change, Subject, changes},
};

use crate::{App, At, PublishedStrategy, Version};

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
    /// Two revisions of a published strategy, by their numbers. `reason` tells why something was changed in what a fiscal
    /// year reports.
    pub async fn compare(
        &self,
        strategy: &PublishedStrategy,
        [from, to]: [u32; 2],
        reason: impl Fn(Subject, Option<FiscalYear>) -> Option<String>,
    ) -> Result<Compared, Error> {
        let revision = async |place, number| {
            let found = self.revision(strategy, At::Revision(number)).await?;
            found.ok_or_else(|| Error::bad_input(place, format!("there is no revision {number}")))
        };
        let (from, to) = (revision("from", from).await?, revision("to", to).await?);
        let changes = changes(from.strategy(), to.strategy()).into_iter().map(|change| {
            let reason = reason(change.subject, change.part.year());
            (change, reason)
        });
        let changes = changes.collect();
        Ok(Compared { from, to, changes })
    }
}
