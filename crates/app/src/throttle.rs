//! How often secrets may be guessed.
//!
//! Every attempt counts against the address from which it comes, against the account at that address, and against the
//! account as a whole; one that succeeds wipes the slate. So one address that guesses does not keep the owner out who comes
//! from elsewhere, and many addresses together slow each other down. Whoever comes from an address from which the account
//! has signed in before passes the last of the three.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, clock::Clock as _, clock::DefaultClock};
use quick_cache::sync::Cache;

/// From one address: 20 at once, then one in 3 seconds.
const ADDRESS: (u32, Duration) = (20, Duration::from_secs(3));
/// On one account from one address: 5 at once, then one in 30 seconds.
const ACCOUNT_AT_ADDRESS: (u32, Duration) = (5, Duration::from_secs(30));
/// On one account from anywhere: 50 at once, then one in 10 seconds.
const ACCOUNT: (u32, Duration) = (50, Duration::from_secs(10));
/// How many addresses and accounts are remembered.
const REMEMBERED: usize = 50_000;

/// Limits of one kind, each by its key. What is not remembered starts anew.
struct Limits<K> {
    limits: Cache<K, Arc<DefaultDirectRateLimiter>>,
    quota: Quota,
}

impl<K: Hash + Eq + Clone> Limits<K> {
    fn new((burst, every): (u32, Duration)) -> Self {
        let quota = Quota::with_period(every).expect("a period is longer than nothing");
        let burst = NonZeroU32::new(burst).expect("a burst is more than nothing");
        Self { limits: Cache::new(REMEMBERED), quota: quota.allow_burst(burst) }
    }

    /// Counts an attempt; if it is one too many, how long to wait.
    fn count(&self, key: K) -> Result<(), Duration> {
        let fresh = || Ok::<_, std::convert::Infallible>(Arc::new(DefaultDirectRateLimiter::direct(self.quota)));
        let Ok(limit) = self.limits.get_or_insert_with(&key, fresh);
        limit.check().map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }

    fn wipe(&self, key: &K) {
        self.limits.remove(key);
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
    account_at_address: Limits<(String, IpAddr)>,
    account: Limits<String>,
}

impl std::fmt::Debug for Throttles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Throttles").finish_non_exhaustive()
    }
}

impl Throttles {
    pub(crate) fn new() -> Self {
        Self {
            address: Limits::new(ADDRESS),
            account_at_address: Limits::new(ACCOUNT_AT_ADDRESS),
            account: Limits::new(ACCOUNT),
        }
    }

    /// Counts an attempt with a secret that names no account: a refresh token, an invitation.
    pub(crate) fn count(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        self.address.count(place(address))
    }

    /// Counts an attempt on an account, whether there is one or not.
    pub(crate) fn count_account(&self, address: Option<IpAddr>, account: &str) -> Result<(), Duration> {
        self.count(address)?;
        self.account_at_address.count((account.to_owned(), place(address)))
    }

    /// Counts it against the account as a whole.
    pub(crate) fn count_anywhere(&self, account: &str) -> Result<(), Duration> {
        self.account.count(account.to_owned())
    }

    /// An attempt succeeded.
    pub(crate) fn wipe(&self, address: Option<IpAddr>, account: Option<&str>) {
        self.address.wipe(&place(address));
        if let Some(account) = account {
            self.account_at_address.wipe(&(account.to_owned(), place(address)));
            self.account.wipe(&account.to_owned());
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
        let tries = (0..100).filter(|_| throttles.count_account(Some(address(1)), "a@b.jp").is_ok()).count();
        assert_eq!(tries, 5);
        let wait = throttles.count_account(Some(address(1)), "a@b.jp").unwrap_err();
        assert!(wait <= Duration::from_secs(30), "{wait:?}");
        assert_eq!(throttles.count_account(Some(address(2)), "a@b.jp"), Ok(()), "its owner comes from elsewhere");
        assert_eq!(
            (0..100).filter(|at| throttles.count_account(Some(address(3)), &at.to_string()).is_ok()).count(),
            20
        );
    }

    #[test]
    fn many_addresses_together_are_slowed_down_and_a_success_wipes_the_slate() {
        let throttles = Throttles::new();
        assert_eq!((0..200).filter(|_| throttles.count_anywhere("a@b.jp").is_ok()).count(), 50);
        assert!(throttles.count_anywhere("a@b.jp").unwrap_err() <= Duration::from_secs(10));
        throttles.wipe(Some(address(1)), Some("a@b.jp"));
        assert_eq!(throttles.count_anywhere("a@b.jp"), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_place() {
        let at = |text: &str| place(Some(text.parse().unwrap()));
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
    }
}
