//! What is changed, here and by other processes: acted on at once, and told to those who follow it.

use std::{sync::Arc, time::Duration};

use shirube_access::{
    Scope,
    table::{Instance, ReadPublished},
};
use shirube_domain::{Error, SessionId, StrategyId, municipality::MunicipalityCode};
use shirube_store::{Event, Events, Heard};
use tokio::{sync::watch, time::timeout};

use crate::{App, published::Published};

/// How long is waited until what is published has been read anew.
const REFRESH: Duration = Duration::from_secs(10);

/// What of people's rights an event touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touched {
    Nothing,
    /// Those of one session.
    Session,
    /// Anybody's.
    Rights,
}

/// What is not known to leave rights as they are is taken to touch them.
fn touched(event: &Event) -> Touched {
    match (event.subject_kind.as_str(), event.event.as_str()) {
        ("session", "signed_in" | "refreshed")
        | ("api_key", "key_made")
        | ("invitation", "invited")
        | ("user", "reset_link_made") => Touched::Nothing,
        ("session", _) => Touched::Session,
        ("membership" | "user" | "invitation" | "api_key", _) => Touched::Rights,
        _ => Touched::Nothing,
    }
}

/// The strategies that are published from some moment on.
#[derive(Debug)]
pub struct Publications {
    municipality: Option<MunicipalityCode>,
    /// What was published when it was last looked.
    seen: Arc<Published>,
    changed: watch::Receiver<()>,
}

impl Publications {
    /// Waits until there may be new ones. Given up while it waits, it loses nothing.
    pub async fn changed(&mut self) {
        if self.changed.changed().await.is_err() {
            // Whoever publishes is gone.
            std::future::pending::<()>().await;
        }
    }

    /// Those that were published since it was last looked, the latest revision of each alone.
    pub fn new_ones(&mut self, app: &App) -> Vec<(MunicipalityCode, StrategyId)> {
        let now = app.published.load_full();
        let new = now.since(&self.seen, self.municipality);
        self.seen = now;
        new
    }
}

impl App {
    /// Hears what is changed, here and by other processes, and acts on it before those are told who follow it. It never
    /// ends; without it nobody is told anything, and what others change is noticed by looking for it.
    pub async fn hear(&self) {
        let mut events = self.store.events();
        let act = async {
            loop {
                let heard = events.next().await;
                self.act(&heard).await;
                self.announcer.tell(heard);
            }
        };
        tokio::join!(self.store.hear_others(), act);
    }

    async fn act(&self, heard: &Heard) {
        let (touched, publishes) = match heard {
            Heard::Missed => (Touched::Rights, true),
            Heard::Event(event) => (touched(event), matches!(event.subject_kind.as_str(), "strategy" | "grading_rule")),
        };
        match (touched, heard) {
            (Touched::Session, Heard::Event(Event { subject: Some(session), .. })) => match session.parse() {
                Ok(session) => self.facts.forget_session(SessionId::from_uuid(session)),
                Err(_) => self.facts.forget(),
            },
            (Touched::Nothing, _) => {}
            _ => self.facts.forget(),
        }
        if publishes {
            // Whoever looks for publications now and then does so again, and says what is wrong.
            let _ = timeout(REFRESH, self.refresh()).await;
        }
    }

    /// What is changed from now on.
    pub fn events(&self) -> Events {
        self.announcer.listen()
    }

    /// Tells whenever anybody's rights may have changed.
    pub fn rights(&self) -> watch::Receiver<u64> {
        self.facts.changes()
    }

    /// What is published from now on, in a municipality or anywhere.
    pub fn publications(&self, scope: &Scope, municipality: Option<MunicipalityCode>) -> Result<Publications, Error> {
        scope.permit::<ReadPublished>(Instance)?;
        let changed = self.publications.subscribe();
        Ok(Publications { municipality, seen: self.published.load_full(), changed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_rights_is_known() {
        let of = |kind: &str, event: &str| {
            touched(&Event {
                municipality: None,
                subject_kind: kind.to_owned(),
                subject: None,
                event: event.to_owned(),
            })
        };
        assert_eq!(of("session", "signed_in"), Touched::Nothing);
        assert_eq!(of("session", "signed_out"), Touched::Session);
        assert_eq!(of("strategy", "published"), Touched::Nothing);
        for (kind, event) in
            [("membership", "role_revoked"), ("user", "user_disabled"), ("api_key", "key_revoked"), ("user", "new")]
        {
            assert_eq!(of(kind, event), Touched::Rights, "{kind} {event}");
        }
    }
}
