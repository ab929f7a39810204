use std::{collections::BTreeSet, sync::Arc};

use polars::prelude::PolarsResult;
use shirube_domain::{
    Error,
    comparison::{Group, Subject, unknown_subject},
};

use crate::{Reported, StrategyRows, Waiting, World, neighbours};

/// The columns of one version of the data.
#[derive(Debug, Clone)]
pub struct Frames {
    /// What the instance knows of the world; the same in all versions.
    pub world: Arc<World>,
    /// What is published.
    pub reported: Arc<Reported>,
}

impl Frames {
    /// Lays out what is published. The rows of a strategy are made once for each revision and shared; what was published
    /// since costs its own rows, and the sorting.
    pub fn new(world: Arc<World>, strategies: Vec<Arc<StrategyRows>>) -> PolarsResult<Self> {
        let reported = Arc::new(Reported::new(&world, strategies)?);
        Ok(Self { world, reported })
    }

    /// What a key names, as it stands at a place of the question.
    pub(crate) fn subject(&self, key: &str, place: &str) -> Result<Subject<'_>, Error> {
        self.world.catalogue().find(key).ok_or_else(|| Error::bad_input(place, unknown_subject(key)))
    }

    /// The municipalities of a group, by place; codes that nobody has are an error.
    pub(crate) fn members(&self, group: &Group, place: &str, waiting: &Waiting) -> Result<Vec<u32>, Error> {
        let all = self.world.municipalities();
        if let Some(codes) = &group.municipalities {
            let unknown = codes.iter().filter(|code| self.world.place(code.current()).is_none());
            let unknown: Vec<String> = unknown.map(ToString::to_string).collect();
            if !unknown.is_empty() {
                let listed = unknown.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
                let more = if unknown.len() > 10 { format!(" and {} more", unknown.len() - 10) } else { String::new() };
                let message = format!("there is no municipality {listed}{more}; leave them out or mend the codes");
                return Err(Error::bad_input(format!("{place}.municipalities"), message));
            }
        }
        let members = group.members(all, |at| self.world.population(at));
        let Some(neighbourhood) = &group.neighbours else { return Ok(members) };
        let place = format!("{place}.neighbours");
        let near = neighbours::nearest(self, neighbourhood, &members, &place, waiting)?;
        let around: BTreeSet<u32> = near.rows.iter().map(|of| of.place).chain([near.of]).collect();
        Ok(around.into_iter().collect())
    }
}
