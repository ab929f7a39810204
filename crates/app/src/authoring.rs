//! Making strategies, and removing what was never published.

use std::sync::Arc;

use shirube_access::{Scope, table::EditStrategy};
use shirube_domain::{BadInput, Error, StrategyId, municipality::MunicipalityCode, strategy::Mapping};
use shirube_exchange::sample;
use shirube_store::DraftDeletion;
use uuid::Uuid;

use crate::{App, Version, input};

pub(crate) const NO_STRATEGY: Error = Error::NotFound { what: "the strategy" };

impl App {
    /// Makes a draft of a whole strategy that is written in the sample format: all of it, or nothing with every problem
    /// and its place.
    pub async fn create_strategy(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        document: &str,
    ) -> Result<Arc<Version>, Error> {
        let permit = scope.permit::<EditStrategy>(municipality)?;
        let strategy = sample::read(document, &mut Uuid::now_v7).map_err(|problems| {
            let within = |BadInput { place, message }| BadInput { place: format!("document.{place}"), message };
            Error::Problems(problems.into_iter().map(within).collect())
        })?;
        let parts = strategy.parts();
        if parts.municipality != municipality {
            let told = format!("this is a strategy of {}; it is made in {municipality}", parts.municipality);
            return Err(Error::bad_input("document.municipality", told));
        }
        for indicator in strategy.indicators() {
            let mut named = indicator.mappings.iter().map(Mapping::standard);
            if let Some(unknown) = named.find(|standard| !self.reference.is_standard(standard)) {
                let told = format!("“{}” names “{unknown}”, which is no standard indicator", indicator.label);
                return Err(Error::bad_input("document.plan", told));
            }
        }
        let made = self.store.tenant(permit, self.now()).await?.create_draft(&strategy).await;
        let told = format!("there is a strategy of term {} already", parts.term.number);
        made.map_err(input::taken("document.term_number", &told))?;
        self.draft(scope, municipality, parts.id).await?.ok_or(NO_STRATEGY)
    }

    /// Removes a draft of which nothing was ever published; gives what it was.
    pub async fn delete_strategy(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: StrategyId,
    ) -> Result<Arc<Version>, Error> {
        let permit = scope.permit::<EditStrategy>(municipality)?;
        match self.store.tenant(permit, self.now()).await?.delete_draft(id).await? {
            DraftDeletion::Deleted(strategy) => Ok(Arc::new(Version::gone(*strategy))),
            DraftDeletion::Published => Err(Error::conflict("id", "it was published, and what was published stays")),
            DraftDeletion::NotFound => Err(NO_STRATEGY),
        }
    }
}
