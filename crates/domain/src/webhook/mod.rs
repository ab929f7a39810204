//! Webhooks (Webhook通知): what a municipality tells to programs of its own, where it may go, and when it is tried again.

mod reach;
mod url;

use time::Duration;

pub use self::{
    reach::{Reach, Unreachable},
    url::WebhookUrl,
};
use crate::DeliveryId;

/// Something that happened, of which a webhook tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A revision of a strategy was published (公表).
    Published,
    /// Figures were returned to a department (差戻し).
    Returned,
    /// The day has passed by which figures were due (期限超過).
    Overdue,
    /// Somebody tries the webhook out; sent on request alone.
    Ping,
}

impl Event {
    /// All events.
    pub const ALL: [Self; 4] = [Self::Published, Self::Returned, Self::Overdue, Self::Ping];

    /// Its name, as it is stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Returned => "returned",
            Self::Overdue => "overdue",
            Self::Ping => "ping",
        }
    }

    /// The event of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is still to be made, or to be tried again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// Its name, as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The state of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// How long is waited after each attempt that failed: about a day in all.
const WAITS: [Duration; 7] = [
    Duration::seconds(10),
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(5),
    Duration::hours(12),
];

/// How long to wait after so many attempts at a delivery; `None` when it is time to give up. Up to a quarter is added, by
/// the random bits of the delivery's own id, so that what failed together is not tried again together.
pub fn wait(attempts: u32, delivery: DeliveryId) -> Option<Duration> {
    let base = WAITS.get(usize::try_from(attempts.checked_sub(1)?).ok()?)?;
    // The last bytes of a UUIDv7 are random.
    let dice = i64::from(delivery.uuid().as_bytes()[15]);
    Some(*base + Duration::seconds(base.whole_seconds() * dice / (4 * 255)))
}

/// What becomes of a delivery after the receiver's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Delivered,
    /// It is worth trying again.
    Again,
    /// The receiver is gone for good and wants no more.
    Gone,
}

/// What an answer with this HTTP status means.
pub const fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Delivered,
        410 => Verdict::Gone,
        _ => Verdict::Again,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn names_are_read_back() {
        for event in Event::ALL {
            assert_eq!(Event::named(event.name()), Some(event));
        }
        assert_eq!(Event::named("deleted"), None);
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::named(state.name()), Some(state));
        }
    }

    #[test]
    fn a_delivery_is_tried_for_about_a_day() {
        for (last, hours) in [(0, 19), (255, 24)] {
            let id = DeliveryId::from_uuid(Uuid::from_u128(last));
            let waits: Vec<Duration> = (1..).map_while(|attempts| wait(attempts, id)).collect();
            assert_eq!(waits.len(), 7);
            assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
            assert_eq!(waits.iter().copied().sum::<Duration>().whole_hours(), hours);
        }
        assert_eq!(wait(0, DeliveryId::from_uuid(Uuid::nil())), None);
    }

    #[test]
    fn an_answer_is_judged_by_its_status() {
        for (status, expected) in [
            (200, Verdict::Delivered),
            (204, Verdict::Delivered),
            (301, Verdict::Again),
            (404, Verdict::Again),
            (410, Verdict::Gone),
            (500, Verdict::Again),
        ] {
            assert_eq!(verdict(status), expected, "{status}");
        }
    }
}
