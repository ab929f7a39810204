//! Publishing: what is complete becomes a revision, numbered and hashed, at once or from an instant on.

use shirube_access::{Scope, table::Publish};
use shirube_domain::{Error, StrategyId, municipality::MunicipalityCode, strategy::Revision};
use shirube_store::{DraftPublication, Gap, NewPublication};
use time::{Duration, format_description::well_known::Rfc3339};

use crate::{App, authoring::NO_STRATEGY, input};

/// How far ahead a revision can be made ready.
const EMBARGO: Duration = Duration::days(366);

/// What became of a strategy that was to be published.
#[derive(Debug)]
pub enum Publishing {
    /// It is this revision, although this is missing.
    Done(Revision, Vec<Gap>),
    /// This is missing, and nobody said that it may be.
    Incomplete(Vec<Gap>),
}

impl App {
    /// Publishes a draft as it is stored: the next revision, numbered and hashed, never to change.
    pub async fn publish_strategy(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: StrategyId,
        new: NewPublication,
    ) -> Result<Publishing, Error> {
        let permit = scope.permit::<Publish>(municipality)?;
        let now = self.now();
        let note = input::reason("note", new.note)?;
        if new.embargo.is_some_and(|from| from <= now || from > now + EMBARGO) {
            return Err(Error::bad_input("embargo", "give an instant that is to come, within a year"));
        }
        let new = NewPublication { note, ..new };
        match self.store.tenant(permit, now).await?.publish_draft(id, new).await? {
            DraftPublication::Published(revision, gaps) => {
                self.refresh().await?;
                Ok(Publishing::Done(revision, gaps))
            }
            DraftPublication::Incomplete(gaps) => Ok(Publishing::Incomplete(gaps)),
            DraftPublication::Unchanged(number) => {
                Err(Error::conflict("id", format!("nothing has changed since revision {number}")))
            }
            DraftPublication::Embargoed(until) => {
                let until = until.format(&Rfc3339).unwrap_or_default();
                let told = format!("the last revision is to be seen from {until} on; the next cannot come before it");
                Err(Error::conflict("embargo", told))
            }
            DraftPublication::NotFound => Err(NO_STRATEGY),
        }
    }
}
