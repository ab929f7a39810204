use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::http::rate::{RateKey, counted};

/// The largest number of sockets at a time.
const SOCKETS: usize = 1_000;
/// The largest number of sockets of one address: a whole town hall may come from one.
const OF_ADDRESS: usize = 200;

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    Address,
    Server,
}

impl Full {
    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Address => "there are too many WebSockets from this address; close some first",
            Self::Server => "there are too many WebSockets; try again later",
        }
    }
}

/// The places for sockets, and whether they must be left.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    by_address: Mutex<HashMap<RateKey, usize>>,
    stopped: watch::Receiver<bool>,
}

/// A place for one socket. It is free again when this value goes.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    key: RateKey,
    _of_all: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(stopped: watch::Receiver<bool>) -> Self {
        Self { free: Arc::new(Semaphore::new(SOCKETS)), by_address: Mutex::default(), stopped }
    }

    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let of_all = self.free.clone().try_acquire_owned().map_err(|_| Full::Server)?;
        let key = counted(&RateKey::Address(address), false);
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = by_address.entry(key).or_default();
        if *taken >= OF_ADDRESS {
            return Err(Full::Address);
        }
        *taken += 1;
        metrics::gauge!("shirube_sockets").increment(1);
        Ok(Place { places: self.clone(), key, _of_all: of_all })
    }

    /// Waits until all sockets are closed.
    pub(crate) async fn left(&self) {
        let all = u32::try_from(SOCKETS).expect("there are few");
        let _ = self.free.acquire_many(all).await;
    }
}

impl Place {
    /// Waits until the server stops.
    pub(super) async fn stopped(&self) {
        let _ = self.places.stopped.clone().wait_for(|stopped| *stopped).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("shirube_sockets").decrement(1);
        let mut by_address = self.places.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = by_address.get_mut(&self.key) {
            *taken -= 1;
            if *taken == 0 {
                by_address.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_all_have_theirs() {
        let (_stop, stopped) = watch::channel(false);
        let places = Arc::new(Places::new(stopped));
        let address = |last: usize| IpAddr::from([192, 0, 2, u8::try_from(last).unwrap()]);
        let mut held: Vec<Place> = Vec::new();
        for of in 0..SOCKETS / OF_ADDRESS {
            held.extend((0..OF_ADDRESS).map(|_| places.take(address(of)).expect("a place")));
            let more = places.take(address(of)).err();
            let last = of + 1 == SOCKETS / OF_ADDRESS;
            assert_eq!(more, Some(if last { Full::Server } else { Full::Address }));
        }
        assert_eq!(places.take(address(99)).err(), Some(Full::Server));
        held.pop();
        assert!(places.take(address(99)).is_ok());
        drop(held);
        assert!(places.by_address.lock().unwrap().is_empty(), "who is gone is forgotten");
    }
}
