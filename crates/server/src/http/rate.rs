//! How much a caller may ask in a minute: requests, and values of their answers.
//!
//! A whole minute's worth may come at once and comes back steadily. Callers are counted in memory, each process for itself.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    ops::Deref,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use clap::Args;
use governor::{
    InsufficientCapacity, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};
use shirube_graphql::{CostBudget, Overspent, whole_seconds};
use uuid::Uuid;

use super::{Doors, address::ClientAddress, graphql};

/// The header that tells how much is left, after draft-ietf-httpapi-ratelimit-headers.
pub(crate) const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The header that tells how much there is, after the same.
pub(crate) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Values of answers that are counted as one. The library counts in 32 bits.
const UNIT: u64 = 1_000;
/// Callers of a kind that are remembered one by one. When there are more, addresses are counted by large networks.
const CALLERS: usize = 100_000;
/// Callers are counted every so many requests, since counting them locks their table.
const COUNT_EVERY: usize = 1_000;

/// How much callers may ask in a minute.
#[derive(Args, Debug, Clone, Copy)]
pub struct RateSettings {
    /// Requests a minute of an address, without signing in
    #[arg(
        long,
        env = "SHIRUBE_REQUESTS_PER_MINUTE",
        default_value_t = 30_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000_000),
        global = true,
        value_name = "NUMBER"
    )]
    pub requests_per_minute: u32,

    /// Requests a minute of a person who is signed in
    #[arg(
        long,
        env = "SHIRUBE_REQUESTS_PER_MINUTE_SIGNED_IN",
        default_value_t = 60_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000_000),
        global = true,
        value_name = "NUMBER"
    )]
    pub requests_per_minute_signed_in: u32,

    /// Requests a minute of an API key
    #[arg(
        long,
        env = "SHIRUBE_REQUESTS_PER_MINUTE_KEY",
        default_value_t = 120_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000_000),
        global = true,
        value_name = "NUMBER"
    )]
    pub requests_per_minute_key: u32,

    /// Values a minute that an address may ask for, by estimate, without signing in
    #[arg(
        long,
        env = "SHIRUBE_COST_PER_MINUTE",
        default_value_t = 100_000_000,
        value_parser = clap::value_parser!(u64).range(1_000..=1_000_000_000_000),
        global = true,
        value_name = "NUMBER"
    )]
    pub cost_per_minute: u64,

    /// Values a minute that a person who is signed in may ask for, by estimate
    #[arg(
        long,
        env = "SHIRUBE_COST_PER_MINUTE_SIGNED_IN",
        default_value_t = 200_000_000,
        value_parser = clap::value_parser!(u64).range(1_000..=1_000_000_000_000),
        global = true,
        value_name = "NUMBER"
    )]
    pub cost_per_minute_signed_in: u64,

    /// Values a minute that an API key may ask for, by estimate
    #[arg(
        long,
        env = "SHIRUBE_COST_PER_MINUTE_KEY",
        default_value_t = 1_000_000_000,
        value_parser = clap::value_parser!(u64).range(1_000..=1_000_000_000_000),
        global = true,
        value_name = "NUMBER"
    )]
    pub cost_per_minute_key: u64,
}

/// Who is counted. A request that carries none of these as an extension is counted by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RateKey {
    /// An address; of IPv6 its /64 network, which is what one customer has.
    Address(IpAddr),
    /// A person who is signed in.
    User(Uuid),
    /// An API key.
    Key(Uuid),
}

/// What became of a request, and how its caller stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rated {
    /// The requests of a whole minute.
    pub(crate) limit: u32,
    /// Those that may come at once now.
    pub(crate) remaining: u32,
    /// The time until there is one more, if none is left.
    pub(crate) reset: Duration,
    /// Whether this one is answered.
    pub(crate) allowed: bool,
}

impl Rated {
    /// Tells the caller how it stands, as structured fields.
    fn tell(&self, headers: &mut HeaderMap) {
        let Self { limit, remaining, reset, allowed } = *self;
        let seconds = if reset.is_zero() { 0 } else { whole_seconds(reset) };
        let fields = [
            (POLICY, format!("\"requests\";q={limit};w=60")),
            (LIMIT, format!("\"requests\";r={remaining};t={seconds}")),
        ];
        for (name, value) in fields {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        if !allowed {
            headers.insert(header::RETRY_AFTER, whole_seconds(reset).into());
        }
    }
}

/// The counts of all callers.
pub(crate) struct Rates {
    requests: Kinds,
    values: Kinds,
}

impl Rates {
    pub(crate) fn new(settings: &RateSettings) -> Self {
        let units = |values: u64| u32::try_from(values / UNIT).unwrap_or(u32::MAX);
        Self {
            requests: Kinds {
                addresses: Limiter::new(settings.requests_per_minute),
                users: Limiter::new(settings.requests_per_minute_signed_in),
                keys: Limiter::new(settings.requests_per_minute_key),
            },
            values: Kinds {
                addresses: Limiter::new(units(settings.cost_per_minute)),
                users: Limiter::new(units(settings.cost_per_minute_signed_in)),
                keys: Limiter::new(units(settings.cost_per_minute_key)),
            },
        }
    }

    /// Counts a request.
    pub(crate) fn check(&self, key: &RateKey) -> Rated {
        let limiter = self.requests.of(key);
        let limit = limiter.limit.get();
        match limiter.take(key, NonZeroU32::MIN) {
            Ok(Ok(remaining)) => {
                let reset = if remaining > 0 { Duration::ZERO } else { limiter.interval };
                Rated { limit, remaining, reset, allowed: true }
            }
            Ok(Err(reset)) => Rated { limit, remaining: 0, reset, allowed: false },
            // One is never more than the limit, which is at least one.
            Err(_) => Rated { limit, remaining: 0, reset: limiter.interval, allowed: false },
        }
    }

    /// Forgets the callers that have been idle long enough to be as good as new.
    pub(crate) fn tidy(&self) {
        for Kinds { addresses, users, keys } in [&self.requests, &self.values] {
            [addresses, users, keys].into_iter().for_each(Limiter::tidy);
        }
    }
}

/// The budget of one caller.
pub(crate) struct Purse<R> {
    pub(crate) rates: R,
    pub(crate) key: RateKey,
}

impl<R: Deref<Target = Rates> + Sync> CostBudget for Purse<R> {
    fn spend(&self, cost: usize) -> Result<(), Overspent> {
        let limiter = self.rates.values.of(&self.key);
        let units = u32::try_from((cost as u64).div_ceil(UNIT)).unwrap_or(u32::MAX);
        match limiter.take(&self.key, NonZeroU32::new(units).unwrap_or(NonZeroU32::MIN)) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(time)) => Err(Overspent::For(time)),
            Err(InsufficientCapacity(units)) => Err(Overspent::Ever { budget: u64::from(units) * UNIT }),
        }
    }
}

/// A limiter for each kind of caller.
struct Kinds {
    addresses: Limiter,
    users: Limiter,
    keys: Limiter,
}

impl Kinds {
    const fn of(&self, key: &RateKey) -> &Limiter {
        match key {
            RateKey::Address(_) => &self.addresses,
            RateKey::User(_) => &self.users,
            RateKey::Key(_) => &self.keys,
        }
    }
}

struct Limiter {
    callers: RateLimiter<RateKey, DashMapStateStore<RateKey>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    /// What may be taken in a minute.
    limit: NonZeroU32,
    /// The time in which one comes back.
    interval: Duration,
    taken: AtomicUsize,
    full: AtomicBool,
}

impl Limiter {
    fn new(per_minute: u32) -> Self {
        let limit = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(limit);
        let clock = DefaultClock::default();
        let callers = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        let interval = quota.replenish_interval();
        Self { callers, clock, limit, interval, taken: AtomicUsize::new(0), full: AtomicBool::new(false) }
    }

    /// Takes some, and says how many are left, or how long to wait for them, or that there never are so many.
    fn take(&self, key: &RateKey, count: NonZeroU32) -> Result<Result<u32, Duration>, InsufficientCapacity> {
        if self.taken.fetch_add(1, Ordering::Relaxed).is_multiple_of(COUNT_EVERY) {
            self.measure();
        }
        // The library would multiply before it compares.
        if count > self.limit {
            return Err(InsufficientCapacity(self.limit.get()));
        }
        let key = counted(key, self.full.load(Ordering::Relaxed));
        let decided = self.callers.check_key_n(&key, count)?;
        Ok(decided
            .map(|state| state.remaining_burst_capacity())
            .map_err(|until| until.wait_time_from(self.clock.now())))
    }

    fn measure(&self) {
        let full = self.callers.len() >= CALLERS;
        if self.full.swap(full, Ordering::Relaxed) != full && full {
            tracing::warn!(callers = CALLERS, "too many callers to count one by one; addresses are counted by network");
        }
    }

    fn tidy(&self) {
        self.callers.retain_recent();
        self.measure();
    }
}

/// The key under which a caller is counted. When the table is full, the networks are so large that there are few of them:
/// memory stays bounded, and those who fill it from one corner of the net are counted as one.
pub(crate) fn counted(key: &RateKey, full: bool) -> RateKey {
    let RateKey::Address(address) = key else { return *key };
    let (ipv4, ipv6) = if full { (16, 20) } else { (32, 64) };
    RateKey::Address(match address.to_canonical() {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & u32::MAX << (32 - ipv4)).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & u128::MAX << (128 - ipv6)).into(),
    })
}

/// Counts each request, and answers those that are too many itself.
pub(crate) async fn limit(
    State(doors): State<Doors>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    mut request: Request,
    next: Next,
) -> Response {
    let key = *request.extensions_mut().get_or_insert_with(|| RateKey::Address(address));
    let rated = doors.rates.check(&key);
    let mut response = if rated.allowed {
        next.run(request).await
    } else {
        graphql::too_many(request.headers(), whole_seconds(rated.reset))
    };
    rated.tell(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(requests: u32, values: u64) -> Rates {
        Rates::new(&RateSettings {
            requests_per_minute: requests,
            requests_per_minute_signed_in: 2 * requests,
            requests_per_minute_key: 4 * requests,
            cost_per_minute: values,
            cost_per_minute_signed_in: 2 * values,
            cost_per_minute_key: 4 * values,
        })
    }

    fn address(text: &str) -> RateKey {
        RateKey::Address(text.parse().unwrap())
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_comes_back_steadily() {
        let rates = rates(600, 1_000);
        let one = address("192.0.2.1");
        for left in (0..600).rev() {
            let rated = rates.check(&one);
            assert!(rated.allowed && rated.limit == 600, "{rated:?}");
            // Some may have come back meanwhile.
            assert!(rated.remaining >= left && rated.remaining < 600, "{left}: {rated:?}");
        }
        let empty = std::iter::repeat_with(|| rates.check(&one)).find(|rated| !rated.allowed).unwrap();
        assert!(empty.remaining == 0 && empty.reset > Duration::ZERO, "{empty:?}");
        assert!(empty.reset <= Duration::from_millis(100), "one of 600 a minute comes back in 100 ms: {empty:?}");
        assert!(rates.check(&address("192.0.2.2")).allowed, "another caller");
        std::thread::sleep(empty.reset);
        assert!(rates.check(&one).allowed);
    }

    #[test]
    fn each_kind_has_its_limit() {
        let rates = rates(1, 1_000);
        let id = Uuid::from_u128(1);
        let limits = [address("192.0.2.1"), RateKey::User(id), RateKey::Key(id)].map(|key| {
            let allowed = (0..10).filter(|_| rates.check(&key).allowed).count();
            (rates.check(&key).limit, allowed)
        });
        assert_eq!(limits, [(1, 1), (2, 2), (4, 4)]);
    }

    #[test]
    fn ipv6_is_counted_by_network() {
        let rates = rates(1, 1_000);
        let allowed = |text| rates.check(&address(text)).allowed;
        assert!(allowed("2001:db8:0:1::1"));
        assert!(!allowed("2001:db8:0:1:ffff::2"), "the same /64");
        assert!(allowed("2001:db8:0:2::1"));
        assert!(allowed("192.0.2.1"));
        assert!(allowed("192.0.2.2"));
        assert!(!allowed("::ffff:192.0.2.1"));
    }

    #[test]
    fn values_are_counted_in_thousands() {
        let rates = rates(1, 5_000);
        let purse = |text| Purse { rates: &rates, key: address(text) };
        let one = purse("192.0.2.1");
        assert_eq!(one.spend(5_001), Err(Overspent::Ever { budget: 5_000 }));
        assert_eq!(one.spend(1), Ok(()));
        assert_eq!(one.spend(3_001), Ok(()), "one thousand and four are five");
        let Err(Overspent::For(time)) = one.spend(2_000) else { panic!("the budget is spent") };
        assert!(time > Duration::from_secs(23) && time <= Duration::from_secs(24), "{time:?}");
        assert_eq!(purse("192.0.2.2").spend(5_000), Ok(()));
        assert_eq!(purse("192.0.2.3").spend(0), Ok(()));
        assert_eq!(purse("192.0.2.3").spend(usize::MAX), Err(Overspent::Ever { budget: 5_000 }));
    }

    #[test]
    fn idle_callers_are_forgotten() {
        let rates = rates(60_000, 60_000_000);
        let (one, busy) = (address("192.0.2.1"), address("192.0.2.2"));
        rates.check(&one);
        Purse { rates: &rates, key: one }.spend(1).unwrap();
        Purse { rates: &rates, key: busy }.spend(60_000_000).unwrap();
        std::thread::sleep(Duration::from_millis(10));
        rates.tidy();
        assert!(rates.requests.addresses.callers.is_empty());
        assert_eq!(rates.values.addresses.callers.len(), 1, "who has spent much is remembered");
        assert!(matches!(Purse { rates: &rates, key: busy }.spend(60_000_000), Err(Overspent::For(_))));
    }

    #[test]
    fn a_flood_of_addresses_is_counted_by_network() {
        let rates = rates(2, 1_000);
        // Each of these networks has its own limit, until there are too many.
        let flood = |count: u128| {
            for network in 0..count {
                let address = Ipv6Addr::from_bits((0x2001_0db8 << 96) + (network << 64));
                rates.check(&RateKey::Address(address.into()));
            }
        };
        flood(2 * CALLERS as u128);
        let known = rates.requests.addresses.callers.len();
        assert!((CALLERS..=CALLERS + COUNT_EVERY + 1).contains(&known), "{known}");
        assert!(!rates.check(&address("2001:db8:ffff::1")).allowed, "the corner that it comes from");
        assert!(rates.check(&address("192.0.2.1")).allowed, "others are served");
        assert!(rates.check(&address("192.0.99.1")).allowed);
        assert!(!rates.check(&address("192.0.3.1")).allowed, "by the /16, while it lasts");
        assert!(rates.check(&RateKey::User(Uuid::from_u128(1))).allowed);
    }

    #[test]
    fn a_caller_is_told_how_it_stands() {
        let told = |rated: Rated| {
            let mut headers = HeaderMap::new();
            rated.tell(&mut headers);
            let text = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
            (text(POLICY).unwrap(), text(LIMIT).unwrap(), text(header::RETRY_AFTER))
        };
        let rated = Rated { limit: 30_000, remaining: 29_999, reset: Duration::ZERO, allowed: true };
        let policy = "\"requests\";q=30000;w=60".to_owned();
        assert_eq!(told(rated), (policy.clone(), "\"requests\";r=29999;t=0".into(), None));
        let late = Rated { remaining: 0, reset: Duration::from_millis(1_200), allowed: false, ..rated };
        assert_eq!(told(late), (policy, "\"requests\";r=0;t=2".into(), Some("2".into())));
    }
}
