//! Working the agenda: what is due is taken and done, a job at a time on each subject, many subjects at once.

use std::{sync::Arc, time::Duration};

use shirube_access::{
    Scope,
    table::{Instance, KeepDates, WorkAgenda},
};
use shirube_domain::Error;
use shirube_store::{Job, JobKind};
use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::App;

/// How often is looked for what is due.
const PULSE: Duration = Duration::from_secs(1);
/// How many jobs are done at once: most of the time they wait for somebody's answer.
const AT_ONCE: usize = 64;
/// How long is waited for the database.
const ANSWER: Duration = Duration::from_secs(10);

impl App {
    /// Works the agenda until it is told to stop, and then finishes what it has begun. Every replica may do so.
    pub async fn work_agenda(self: &Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut jobs = JoinSet::new();
        let mut failing = false;
        loop {
            let taken = tokio::select! {
                _ = stopped.changed() => break,
                taken = timeout(ANSWER, self.take_due(AT_ONCE - jobs.len())) => taken,
            };
            let failed = !matches!(taken, Ok(Ok(_)));
            match taken {
                Ok(Ok(due)) => due.into_iter().for_each(|job| {
                    let app = self.clone();
                    jobs.spawn(async move { app.work(job).await });
                }),
                Ok(Err(error)) if !failing => tracing::warn!(error = chain(&error), "cannot look into the agenda"),
                Err(_) if !failing => tracing::warn!("the database does not answer; cannot look into the agenda"),
                _ => {}
            }
            failing = failed;
            tokio::select! {
                _ = stopped.changed() => break,
                Some(ended) = jobs.join_next() => if ended.is_err() {
                    tracing::error!("a job of the agenda panicked");
                },
                () = tokio::time::sleep(PULSE) => {}
            }
        }
        while jobs.join_next().await.is_some() {}
    }

    /// Takes what is due, up to so many jobs.
    async fn take_due(&self, most: usize) -> Result<Vec<Job>, Error> {
        let permit = Scope::machine().permit::<WorkAgenda>(Instance)?;
        let now = self.now();
        if most == 0 || !self.store.is_due(&permit, now).await? {
            return Ok(Vec::new());
        }
        Ok(self.store.commons(permit, now).await?.take(most).await?)
    }

    /// Does a job. One that fails is due again when its time with this worker is over.
    async fn work(&self, job: Job) {
        let done = match job.kind {
            JobKind::Webhook => self.deliver(&job).await,
            JobKind::Overdue => self.tell_overdue(&job).await,
        };
        if let Err(error) = done {
            tracing::warn!(municipality = %job.municipality, kind = ?job.kind, error = chain(&error), "a job failed");
        }
    }

    /// Tells of a due day that has passed.
    async fn tell_overdue(&self, job: &Job) -> Result<(), Error> {
        let permit = Scope::machine().permit::<KeepDates>(job.municipality)?;
        Ok(self.store.tenant(permit, self.now()).await?.tell_overdue(job).await?)
    }
}

/// An error and its causes in one line.
fn chain(error: &Error) -> String {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
