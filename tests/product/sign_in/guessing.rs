//! Those who guess: throttled, without keeping the owner out, and without learning who has an account.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use reqwest::{Response, StatusCode, header::RETRY_AFTER};
use serde_json::{Value, json};
use shirube_testing::{Backend, PASSWORD, TestServer};
use tokio::task::JoinSet;

use super::{RESEARCHER, Tokens, post_from, refresh, seen, server, sign_in, somebody, somewhere};

const OWNER: &str = "owner@example.jp";

async fn try_from(server: &TestServer, from: &str, email: &str, password: &str) -> Result<Response> {
    post_from(server, from, "/auth/sign-in", &json!({ "email": email, "password": password })).await
}

/// The seconds after which to come back, told by the header and by the error alike.
async fn early(response: Response) -> Result<u64> {
    ensure!(response.status() == StatusCode::TOO_MANY_REQUESTS, "{}", response.status());
    let seconds = response.headers().get(RETRY_AFTER).context("when to come back")?.to_str()?.parse()?;
    let answer: Value = response.json().await?;
    ensure!(answer["errors"][0]["extensions"] == json!({ "code": "RATE_LIMITED", "retryAfter": seconds }), "{answer}");
    Ok(seconds)
}

/// A hundred wrong passwords a second for five seconds; gives how often each status was the answer.
async fn storm(server: Arc<TestServer>, from: impl Fn() -> String) -> Result<BTreeMap<u16, usize>> {
    let mut tries = JoinSet::new();
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for at in 0..500 {
        tick.tick().await;
        let (server, from) = (server.clone(), from());
        tries.spawn(async move {
            let response = try_from(&server, &from, OWNER, &format!("a guess like any other {at}")).await?;
            let status = response.status();
            if status == StatusCode::TOO_MANY_REQUESTS {
                ensure!((1..=30).contains(&early(response).await?), "it is told when to come back");
            }
            anyhow::Ok(status.as_u16())
        });
    }
    let mut count = BTreeMap::new();
    while let Some(status) = tries.join_next().await {
        *count.entry(status??).or_default() += 1;
    }
    Ok(count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_that_guesses_keeps_the_owner_in() -> Result<()> {
    let server = Arc::new(server(Backend::Sqlite).await?);
    somebody(&server, OWNER, RESEARCHER).await?;
    let guesser = somewhere();
    let storming = tokio::spawn(storm(server.clone(), {
        let guesser = guesser.clone();
        move || guesser.clone()
    }));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let began = Instant::now();
    Tokens::of(sign_in(&server, OWNER, PASSWORD).await?).await?;
    assert!(began.elapsed() < Duration::from_secs(2), "the owner is in at once: {:?}", began.elapsed());
    let count = storming.await??;
    assert!(count.keys().all(|status| [401, 429].contains(status)), "{count:?}");
    assert!((5..=6).contains(&count[&401]), "five at once, then one in 30 seconds: {count:?}");

    // From there, not even the right one; and not on any other account either, when there have been twenty tries.
    assert!((1..=30).contains(&early(try_from(&server, &guesser, OWNER, PASSWORD).await?).await?));
    let mut allowed = 0;
    for at in 0..40 {
        let response = try_from(&server, &guesser, &format!("{at}@example.jp"), PASSWORD).await?;
        allowed += usize::from(response.status() == StatusCode::UNAUTHORIZED);
    }
    assert!(allowed <= 20, "{allowed}");
    // Others who share the address stay signed in all the while.
    let response = post_from(&server, &guesser, "/auth/refresh", &json!({ "refreshToken": "nonsense" })).await?;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_was_sent_is_guessed_no_more_often() -> Result<()> {
    let server = server(Backend::Sqlite).await?;
    let links = [
        ("/auth/invitation", json!({ "invitation": "nonsense" })),
        ("/auth/invitation/accept", json!({ "invitation": "nonsense", "password": PASSWORD })),
        ("/auth/reset", json!({ "link": "nonsense", "password": PASSWORD })),
        ("/auth/finish", json!({ "attempt": "nonsense", "state": "x", "code": "x" })),
    ];
    let tokens = [
        ("/auth/refresh", json!({ "refreshToken": "nonsense" })),
        ("/auth/sign-out", json!({ "refreshToken": "nonsense" })),
    ];
    for (most, paths) in [(20, links.as_slice()), (120, &tokens)] {
        let from = somewhere();
        let mut allowed = 0;
        for (path, body) in paths.iter().cycle().take(most) {
            let response = post_from(&server, &from, path, body).await?;
            allowed += usize::from(response.status() != StatusCode::TOO_MANY_REQUESTS);
        }
        assert_eq!(allowed, most, "so many at once");
        for (path, body) in paths {
            let mut response = post_from(&server, &from, path, body).await?;
            for _ in 0..10 * most {
                if response.status() == StatusCode::TOO_MANY_REQUESTS {
                    break;
                }
                response = post_from(&server, &from, path, body).await?;
            }
            assert!((1..=3).contains(&early(response).await?), "{path}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_addresses_that_guess_are_throttled_as_a_whole() -> Result<()> {
    let server = Arc::new(server(Backend::Sqlite).await?);
    somebody(&server, OWNER, RESEARCHER).await?;
    let home = somewhere();
    Tokens::of(try_from(&server, &home, OWNER, PASSWORD).await?).await?;
    let count = storm(server.clone(), somewhere).await?;
    assert!(count.keys().all(|status| [401, 429].contains(status)), "{count:?}");
    assert!((50..=53).contains(&count[&401]), "fifty at once, then one in ten seconds: {count:?}");
    let wait = early(sign_in(&server, OWNER, PASSWORD).await?).await?;
    assert!((1..=10).contains(&wait), "{wait}");
    // Whoever comes from where the owner has been passes, and guesses no more than from anywhere else.
    let at_home = async |password: &'static str| try_from(&server, &home, OWNER, password).await;
    assert_eq!(at_home("not the password").await?.status(), StatusCode::UNAUTHORIZED);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    Tokens::of(sign_in(&server, OWNER, PASSWORD).await?).await.context("the owner, after the stated time")?;

    let count = storm(server.clone(), somewhere).await?;
    assert!((50..=53).contains(&count[&401]), "{count:?}");
    // An account that nobody has is throttled alike.
    let mut refused = 0;
    while sign_in(&server, "nobody@example.jp", PASSWORD).await?.status() == StatusCode::UNAUTHORIZED {
        refused += 1;
    }
    assert!((50..=53).contains(&refused), "{refused}");
    Tokens::of(at_home(PASSWORD).await?).await.context("the owner, where they have been before")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_is_not_throttled_by_success() -> Result<()> {
    let server = server(Backend::Sqlite).await?;
    let mut tokens = somebody(&server, OWNER, RESEARCHER).await?;
    let office = somewhere();
    for _ in 0..30 {
        Tokens::of(try_from(&server, &office, OWNER, PASSWORD).await?).await?;
        let body = json!({ "refreshToken": tokens.refresh });
        tokens = Tokens::of(post_from(&server, &office, "/auth/refresh", &body).await?).await?;
    }
    refresh(&server, &tokens.refresh).await?;
    Ok(())
}

/// How unlike two samples are: the normal deviate of Mann and Whitney's U. For two of a kind it is rarely beyond 3, whatever
/// their distribution.
fn unlikeness(one: &[Duration], other: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> = one.iter().map(|time| (*time, true)).collect();
    all.extend(other.iter().map(|time| (*time, false)));
    all.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let float = |number: usize| number as f64;
    let ranks = all.iter().enumerate().filter(|(_, (_, first))| *first).map(|(at, _)| float(at + 1));
    let (n, m) = (float(one.len()), float(other.len()));
    let u = ranks.sum::<f64>() - n * (n + 1.0) / 2.0;
    (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_does_not_tell_who_has_an_account() -> Result<()> {
    const ACCOUNTS: usize = 12;
    const TRIES: usize = 500;
    let server = server(Backend::Sqlite).await?;
    for at in 0..ACCOUNTS {
        somebody(&server, &format!("known{at}@example.jp"), RESEARCHER).await?;
    }
    let mut times = [Vec::with_capacity(TRIES), Vec::with_capacity(TRIES)];
    let mut answer = None;
    for at in 0..TRIES {
        // By turns, and by turns who is first: what slows the machine down slows both down.
        for kind in [at % 2, 1 - at % 2] {
            let email = format!("{}{}@example.jp", ["known", "other"][kind], at % ACCOUNTS);
            let from = somewhere();
            let began = Instant::now();
            let response = try_from(&server, &from, &email, "correct horse battery stapl").await?;
            let told = seen(response).await?;
            times[kind].push(began.elapsed());
            ensure!(told.0 == StatusCode::UNAUTHORIZED, "{email}: {told:?}");
            ensure!(*answer.get_or_insert_with(|| told.clone()) == told, "{email}: {told:?}");
        }
    }
    let [known, unknown] = &mut times;
    let z = unlikeness(known, unknown);
    known.sort_unstable();
    unknown.sort_unstable();
    let medians = (known[TRIES / 2], unknown[TRIES / 2]);
    // By chance once in a million runs.
    assert!(z.abs() < 5.0, "{z}: {medians:?}");
    assert!(medians.1 > Duration::from_millis(2), "a password that nobody has is compared, too: {medians:?}");
    Ok(())
}

#[test]
fn unlike_samples_are_told_apart() {
    let sample =
        |every: u64, from: u64| (0..500).map(|at| Duration::from_micros(from + at * every % 977)).collect::<Vec<_>>();
    assert!(unlikeness(&sample(13, 20_000), &sample(29, 20_000)).abs() < 3.0);
    assert!(unlikeness(&sample(13, 20_200), &sample(29, 20_000)) > 5.0);
    assert!(unlikeness(&sample(13, 1_000), &sample(29, 20_000)) < -20.0);
}
