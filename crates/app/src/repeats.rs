//! Mutations that are sent again: what was done under an id is not done a second time.

use shirube_access::{
    Attempt, Origin, Scope,
    table::{Instance, KeepAnswer, RecallMutation},
};
use shirube_domain::Error;

use crate::App;

/// What became of a mutation before, by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recalled {
    /// Nothing was done under this id within a day.
    Nothing,
    /// It was done, and this was the answer, as JSON.
    Answer(String),
    /// It was done, and there is no answer to give again.
    Done,
    /// Something else was done under this id.
    AnotherMutation,
}

impl App {
    /// What became of this mutation when its caller sent it before. Who may not do it today hears what a stranger does.
    pub async fn recall(&self, scope: &Scope, attempt: &Attempt) -> Result<Recalled, Error> {
        let permit = Scope::anonymous(Origin::default(), true).permit::<RecallMutation>(Instance)?;
        let Some(earlier) = self.store.commons(permit, self.now()).await?.performed(attempt).await? else {
            return Ok(Recalled::Nothing);
        };
        if earlier.fingerprint != attempt.fingerprint() {
            return Ok(Recalled::AnotherMutation);
        }
        scope.may_still(&earlier.action, earlier.municipality)?;
        Ok(earlier.answer.map_or(Recalled::Done, Recalled::Answer))
    }

    /// Keeps the answer to a mutation that was done, in case it is sent again.
    pub async fn keep_answer(&self, attempt: &Attempt, answer: String) -> Result<(), Error> {
        let permit = Scope::anonymous(Origin::default(), true).permit::<KeepAnswer>(Instance)?;
        Ok(self.store.commons(permit, self.now()).await?.keep_answer(attempt, answer).await?)
    }
}
