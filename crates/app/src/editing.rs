//! Editing drafts bit by bit, beginning them, and copying them for the next term.

use std::sync::Arc;

use shirube_access::{Scope, table::EditStrategy};
use shirube_domain::{
    Error, StrategyId,
    edit::{Edit, MappingEdit, NewStrategy},
    municipality::MunicipalityCode,
    strategy::NextTerm,
};
use shirube_store::DraftChange;
use uuid::Uuid;

use crate::{App, At, Version, input};

const NO_STRATEGY: Error = Error::NotFound { what: "the strategy" };

/// What became of an edit.
#[derive(Debug)]
pub enum Edited {
    /// It is made; this is the draft since.
    Made(Arc<Version>),
    /// Somebody else was first; nothing was changed, and this is the draft as it is.
    Stale(Arc<Version>),
}

impl App {
    /// Asks whether the caller may edit drafts of a municipality, before anything is said about what they typed.
    pub fn may_edit(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<(), Error> {
        scope.permit::<EditStrategy>(municipality).map(|_| ())
    }

    /// Applies a small edit to a draft. `read` is the version that its subject had when the caller read it, for whatever is
    /// there already; an older one changes nothing. `reason` goes to the audit trail.
    pub async fn edit_strategy(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: StrategyId,
        edit: Edit,
        read: Option<i32>,
        reason: Option<String>,
    ) -> Result<Edited, Error> {
        let permit = scope.permit::<EditStrategy>(municipality)?;
        let reason = input::reason("reason", reason)?;
        if let Edit::Mappings(_, mappings) = &edit {
            self.check_standard_indicators(mappings)?;
        }
        let edited = self.store.tenant(permit, self.now()).await?.edit_draft(id, edit, read, reason).await;
        match edited.map_err(input::taken("termNumber", "there is a strategy of this term already"))? {
            DraftChange::Made(draft) => Ok(Edited::Made(Arc::new(Version::draft(*draft)))),
            DraftChange::Stale(draft) => Ok(Edited::Stale(Arc::new(Version::draft(*draft)))),
            DraftChange::Published => {
                Err(Error::conflict("id", "it was published, and what was published stays; end it instead"))
            }
            DraftChange::Refused(error) => Err(error),
            DraftChange::NotFound => Err(NO_STRATEGY),
        }
    }

    fn check_standard_indicators(&self, mappings: &[MappingEdit]) -> Result<(), Error> {
        match mappings.iter().position(|of| !self.reference.is_standard(&of.standard)) {
            Some(at) => {
                let told = format!("there is no standard indicator “{}”", mappings[at].standard);
                Err(Error::bad_input(format!("mappings[{at}].standardIndicator"), told))
            }
            None => Ok(()),
        }
    }

    /// Makes a draft of a frame alone, to be filled edit by edit.
    pub async fn begin_strategy(&self, scope: &Scope, frame: NewStrategy) -> Result<Arc<Version>, Error> {
        let (municipality, id) = (frame.municipality, frame.id);
        let permit = scope.permit::<EditStrategy>(municipality)?;
        let strategy = frame.make()?;
        let made = self.store.tenant(permit, self.now()).await?.create_draft(&strategy).await;
        made.map_err(input::taken("termNumber", "there is a strategy of this term already"))?;
        self.draft(scope, municipality, id).await?.ok_or(NO_STRATEGY)
    }

    /// Makes the frame of the next term from a strategy: from its draft, or from one of its revisions.
    pub async fn copy_strategy(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: StrategyId,
        revision: Option<u32>,
        next: NextTerm,
    ) -> Result<Arc<Version>, Error> {
        let permit = scope.permit::<EditStrategy>(municipality)?;
        let source = match revision {
            None => self.draft(scope, municipality, id).await?,
            Some(number) => match self.strategy(municipality, id) {
                Some(history) => self.revision(&history, At::Revision(number)).await?,
                None => None,
            },
        };
        let copy = next.copy(source.ok_or(NO_STRATEGY)?.strategy(), revision, &mut Uuid::now_v7)?;
        let made = self.store.tenant(permit, self.now()).await?.create_draft(&copy).await;
        made.map_err(input::taken("termNumber", "there is a strategy of this term already"))?;
        self.draft(scope, municipality, copy.parts().id).await?.ok_or(NO_STRATEGY)
    }
}
