//! A mutation that its caller may send again: by what it is known when it comes back.

use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::scope::ActorKind;

/// One sending of a mutation under an id that its caller chose. Only a scope makes one, so that it is the caller's own.
#[derive(Debug)]
pub struct Attempt {
    caller: (ActorKind, Uuid),
    id: String,
    fingerprint: String,
    done: AtomicBool,
}

impl Attempt {
    pub(crate) fn new(caller: (ActorKind, Uuid), id: &str, sent: &str) -> Self {
        let fingerprint = format!("{:x}", Sha256::digest(sent.as_bytes()));
        Self { caller, id: id.to_owned(), fingerprint, done: AtomicBool::new(false) }
    }

    /// Whose it is: the kind, and the id of the user or key.
    pub const fn caller(&self) -> (ActorKind, Uuid) {
        self.caller
    }

    /// The id that the caller chose.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// SHA-256 of what was sent, in hexadecimal: the same field, input and selection have the same.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Notes that its change was made to last.
    pub fn set_done(&self) {
        self.done.store(true, Ordering::Release);
    }

    /// Whether its change was made to last.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }
}
