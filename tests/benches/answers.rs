//! What an answer costs, as ratios that are measured side by side in one run: each round runs every candidate once, and
//! the median over the rounds is what is printed. The database takes no part; what is published is answered from memory.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use serde_json::{Value, json};
use shirube_access::{Origin, Scope};
use shirube_graphql::{Allowed, GraphqlRequest, Unlimited};
use shirube_testing::{Backend, TestService};
use tokio::runtime::Runtime;

const ROUNDS: usize = 60;
const WHOLE: &str = include_str!("../../schema/operations/strategy.graphql");
const LIST: &str = include_str!("../../schema/operations/municipalities.graphql");

fn main() -> Result<()> {
    let runtime = Runtime::new()?;
    let service = runtime.block_on(TestService::sample(Backend::Sqlite))?;
    let whole = || answer(&runtime, &service, WHOLE, &json!({ "code": "012262" }));
    let list = || answer(&runtime, &service, LIST, &json!({ "first": 100, "orderBy": { "field": "POPULATION" } }));
    let size = whole().len();
    let data: Value = serde_json::from_slice(&whole())?;
    let strategies = service.app.strategies("012262".parse()?);
    let strategy = strategies[0].latest().strategy();

    let candidates: [(&str, &dyn Fn()); 5] = [
        ("plain serialisation of the same answer", &|| drop(black_box(serde_json::to_vec(&data)))),
        ("the same strategy as its published document", &|| drop(black_box(serde_json::to_vec(strategy)))),
        ("whole-strategy query, end to end in process", &|| drop(black_box(whole()))),
        ("list query: 100 municipalities by population", &|| drop(black_box(list()))),
        ("parsing and validation of the whole-strategy query", &|| assert!(black_box(service.api.check(WHOLE)))),
    ];
    let mut times = vec![Vec::with_capacity(ROUNDS); candidates.len()];
    for round in 0..=ROUNDS {
        for (taken, (_, run)) in times.iter_mut().zip(&candidates) {
            let start = Instant::now();
            run();
            // The first round warms up.
            if round > 0 {
                taken.push(start.elapsed());
            }
        }
    }
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    println!("{ROUNDS} rounds; the whole strategy is {} kB of JSON\n", size / 1000);
    println!("{:52} {:>10} {:>8}", "", "median", "ratio");
    for ((name, _), taken) in candidates.iter().zip(&medians) {
        let ratio = taken.as_secs_f64() / medians[0].as_secs_f64();
        println!("{name:52} {:>7.0} µs {ratio:>7.1}×", taken.as_secs_f64() * 1e6);
    }
    Ok(())
}

fn answer(runtime: &Runtime, service: &TestService, query: &str, variables: &Value) -> Vec<u8> {
    let variables = variables.as_object().cloned().unwrap_or_default();
    let scope = Arc::new(Scope::anonymous(Origin::default(), true));
    let request = GraphqlRequest { query: query.to_owned(), operation_name: None, variables };
    runtime.block_on(service.api.execute(request, Allowed::All, scope, &Unlimited)).body
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
