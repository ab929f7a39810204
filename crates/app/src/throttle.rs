//! How often secrets may be guessed.
//!
//! An attempt counts against the address from which it comes, against the account at that address, and against the account as
//! a whole, from its beginning, so that many at once gain nothing. One that succeeds is given back, and wipes the account's
//! slate. So one address that guesses does not keep the owner out who comes from elsewhere, many addresses together slow each
//! other down, and a good secret of one's own does not help to guess another's. Whoever comes from an address from which the
//! account has signed in before passes the limit of the account as a whole.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;

/// Sign-ins from one address: 20 at once, then one in 3 seconds.
const ADDRESS: Quota = Quota { burst: 20, every: Duration::from_secs(3) };
/// Links from one address, of invitations and other providers: as many.
const LINKS: Quota = ADDRESS;
/// Refreshes from one address, which nobody guesses: 120 at once, then two a second.
const REFRESHES: Quota = Quota { burst: 120, every: Duration::from_millis(500) };
/// On one account from one address: 5 at once, then one in 30 seconds.
const ACCOUNT_AT_ADDRESS: Quota = Quota { burst: 5, every: Duration::from_secs(30) };
/// On one account from anywhere: 50 at once, then one in 10 seconds.
const ACCOUNT: Quota = Quota { burst: 50, every: Duration::from_secs(10) };
/// How many addresses and accounts are remembered of each kind. What is not remembered starts anew.
const REMEMBERED: usize = 50_000;

/// So many at once, and one more as often.
#[derive(Debug, Clone, Copy)]
struct Quota {
    burst: u32,
    every: Duration,
}

/// When all that was counted will have worn off.
type Settled = Arc<Mutex<Instant>>;

/// Limits of one kind, each by its key.
struct Limits<K> {
    settled: Cache<K, Settled>,
    quota: Quota,
}

impl<K: Hash + Eq + Clone> Limits<K> {
    fn new(quota: Quota) -> Self {
        Self { settled: Cache::new(REMEMBERED), quota }
    }

    /// Counts an attempt; if it is one too many, how long to wait.
    fn count(&self, key: &K) -> Result<Settled, Duration> {
        let now = Instant::now();
        let fresh = || Ok::<_, std::convert::Infallible>(Arc::new(Mutex::new(now)));
        let Ok(settled) = self.settled.get_or_insert_with(key, fresh);
        let mut held = settled.lock().unwrap_or_else(PoisonError::into_inner);
        let next = (*held).max(now) + self.quota.every;
        if let Some(wait) = (next - now).checked_sub(self.quota.every * self.quota.burst).filter(|wait| !wait.is_zero())
        {
            return Err(wait);
        }
        *held = next;
        drop(held);
        Ok(settled)
    }
}

/// Where somebody comes from, as far as throttles go: an IPv6 customer has a network of its own.
fn place(address: Option<IpAddr>) -> IpAddr {
    match address {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Some(address) => address,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// The throttles of signing in.
pub(crate) struct Throttles {
    address: Limits<IpAddr>,
    links: Limits<IpAddr>,
    refreshes: Limits<IpAddr>,
    account_at_address: Limits<(String, IpAddr)>,
    account: Limits<String>,
}

impl std::fmt::Debug for Throttles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Throttles").finish_non_exhaustive()
    }
}

/// An attempt that was let through and has not succeeded yet.
#[must_use = "an attempt that succeeds is given back"]
pub(crate) struct Attempt<'a> {
    throttles: &'a Throttles,
    /// What it was counted against, and by how much.
    counted: Settled,
    every: Duration,
    /// The account that it was on, and from where.
    account: Option<(String, IpAddr)>,
}

impl Throttles {
    pub(crate) fn new() -> Self {
        Self {
            address: Limits::new(ADDRESS),
            links: Limits::new(LINKS),
            refreshes: Limits::new(REFRESHES),
            account_at_address: Limits::new(ACCOUNT_AT_ADDRESS),
            account: Limits::new(ACCOUNT),
        }
    }

    fn begin(&self, limits: &Limits<IpAddr>, address: Option<IpAddr>) -> Result<Attempt<'_>, Duration> {
        let counted = limits.count(&place(address))?;
        Ok(Attempt { throttles: self, counted, every: limits.quota.every, account: None })
    }

    /// Somebody shows a link or comes back from another provider.
    pub(crate) fn link(&self, address: Option<IpAddr>) -> Result<Attempt<'_>, Duration> {
        self.begin(&self.links, address)
    }

    /// Somebody shows a refresh token.
    pub(crate) fn refresh(&self, address: Option<IpAddr>) -> Result<Attempt<'_>, Duration> {
        self.begin(&self.refreshes, address)
    }

    /// Somebody types the password of an account, whether there is such an account or not.
    pub(crate) fn password(&self, address: Option<IpAddr>, account: &str) -> Result<Attempt<'_>, Duration> {
        let mut attempt = self.begin(&self.address, address)?;
        let key = (account.to_owned(), place(address));
        self.account_at_address.count(&key)?;
        attempt.account = Some(key);
        Ok(attempt)
    }

    /// Counts an attempt against its account as a whole.
    pub(crate) fn anywhere(&self, account: &str) -> Result<(), Duration> {
        self.account.count(&account.to_owned()).map(|_| ())
    }
}

impl Attempt<'_> {
    /// The secret was right.
    pub(crate) fn succeeded(self) {
        let mut settled = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *settled = settled.checked_sub(self.every).unwrap_or(*settled);
        drop(settled);
        if let Some(key) = self.account {
            self.throttles.account_at_address.settled.remove(&key);
            self.throttles.account.settled.remove(&key.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn one_address_that_guesses_keeps_nobody_else_out() {
        let throttles = Throttles::new();
        let tries = (0..100).filter(|_| throttles.password(Some(address(1)), "a@b.jp").is_ok()).count();
        assert_eq!(tries, 5);
        let wait = throttles.password(Some(address(1)), "a@b.jp").err().unwrap();
        assert!(wait <= Duration::from_secs(30), "{wait:?}");
        assert!(throttles.password(Some(address(2)), "a@b.jp").is_ok(), "its owner comes from elsewhere");
        assert_eq!((0..100).filter(|at| throttles.password(Some(address(3)), &at.to_string()).is_ok()).count(), 20);
        assert!(
            throttles.refresh(Some(address(3))).is_ok(),
            "whoever guesses passwords does not keep others from refreshing"
        );
    }

    #[test]
    fn many_addresses_together_are_slowed_down_and_a_success_wipes_the_slate() {
        let throttles = Throttles::new();
        assert_eq!((0..200).filter(|_| throttles.anywhere("a@b.jp").is_ok()).count(), 50);
        assert!(throttles.anywhere("a@b.jp").unwrap_err() <= Duration::from_secs(10));
        throttles.password(Some(address(1)), "a@b.jp").ok().unwrap().succeeded();
        assert_eq!(throttles.anywhere("a@b.jp"), Ok(()));
    }

    #[test]
    fn a_good_secret_does_not_help_to_guess_another() {
        let throttles = Throttles::new();
        let guess = |at: usize| {
            throttles.password(Some(address(1)), "mine@b.jp").map(Attempt::succeeded).ok();
            throttles.password(Some(address(1)), &format!("{at}@b.jp")).is_ok()
        };
        assert!((0..100).filter(|at| guess(*at)).count() <= 20);
        // Those who are right are never too many.
        let right = Throttles::new();
        assert!((0..100).all(|at| right.password(Some(address(1)), &at.to_string()).map(Attempt::succeeded).is_ok()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_place() {
        let at = |text: &str| place(Some(text.parse().unwrap()));
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
    }
}
