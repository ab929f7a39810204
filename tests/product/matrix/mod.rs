//! The matrix: everybody who may come × every field of the root × their own municipality and another one. What is right
//! is computed from the access table; what is wrong is told all at once.

mod cases;
mod door;
mod house;
mod ids;
mod live;
mod repeats;
mod rounds;

use std::{
    collections::{BTreeSet, HashMap},
    env,
    fmt::Write as _,
    fs,
    sync::Arc,
};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{
    ActorKind, Scope,
    table::{Effect, Place, Row, TargetKind},
};
use shirube_app::{AuditEntry, AuditFilter};
use shirube_testing::{Answer, Backend, both_backends};

use self::{
    cases::{MUTATIONS, QUERIES, SUBSCRIPTIONS, fields, global_id, input_type},
    house::{HERE, House, Principal, THERE, code},
};

both_backends!(
    queries_and_viewer_answer_after_the_access_table,
    without_public_reading_every_query_needs_an_account,
    every_mutation_answers_after_the_access_table,
);

#[test]
fn every_field_of_the_root_has_a_case() {
    let sdl = shirube_graphql::sdl();
    let in_schema = |head| fields(&sdl, head).into_keys().collect::<BTreeSet<_>>();
    let queries: BTreeSet<String> = QUERIES.iter().map(|(field, ..)| (*field).to_owned()).collect();
    let mutations: BTreeSet<String> = MUTATIONS.iter().map(|(field, _)| (*field).to_owned()).collect();
    let subscriptions: BTreeSet<String> = SUBSCRIPTIONS.iter().map(|(field, ..)| (*field).to_owned()).collect();
    for (root, cases) in [("type Query", queries), ("type Mutation", mutations), ("type Subscription", subscriptions)] {
        let in_schema = in_schema(root);
        let without: Vec<_> = in_schema.difference(&cases).collect();
        assert!(without.is_empty(), "{root}: add cases of {without:?} to tests/product/matrix/cases.rs");
        let gone: Vec<_> = cases.difference(&in_schema).collect();
        assert!(gone.is_empty(), "{root}: the schema has no {gone:?}");
    }
}

/// Which field asks for what, for people to review. Set UPDATE=1 to write it anew, and read the difference.
#[test]
fn the_page_lists_what_each_field_asks_for() -> Result<()> {
    let mut page = String::from(
        "# Which field asks for which action / 項目と権限\n\n\
         Made from `tests/product/matrix/cases.rs` by its tests (UPDATE=1 writes it), which hold every field against \
         it. Who may do what is told in `access.md`.\n\n\
         | field | action | does | to |\n| --- | --- | --- | --- |\n",
    );
    let queries = QUERIES.iter().map(|(field, row, _)| ("Query", field, row));
    let mutations = MUTATIONS.iter().map(|(field, row)| ("Mutation", field, row));
    let subscriptions = SUBSCRIPTIONS.iter().map(|(field, row, _)| ("Subscription", field, row));
    for (root, field, row) in queries.chain(mutations).chain(subscriptions) {
        let effect = if row.effect == Effect::Reads { "reads" } else { "writes" };
        let target = match row.target {
            TargetKind::Instance => "instance",
            TargetKind::Municipality => "municipality",
            TargetKind::Own => "own account",
        };
        writeln!(page, "| `{root}.{field}` | {} | {effect} | {target} |", row.action)?;
    }
    let file = "../schema/access-fields.md";
    if env::var_os("UPDATE").is_some() {
        fs::write(file, &page)?;
    }
    assert_eq!(fs::read_to_string(file).unwrap_or_default(), page, "{file}; set UPDATE=1 to write it anew");
    Ok(())
}

/// What is wrong with an answer, if anything is.
fn objection(answer: &Answer, field: &str, refusal: Option<&str>) -> Option<String> {
    let data = &answer.0["data"][field];
    let right = match refusal {
        Some(code) => answer.code() == Some(code) && data.is_null(),
        None => answer.0["errors"].is_null() && !data.is_null(),
    };
    let expected = refusal.unwrap_or("data");
    (!right).then(|| format!("expected {expected}, heard {}", answer.0))
}

/// A principal asks; says what is wrong with the answer, and whether a permit was asked for.
async fn asked(house: &House, of: &Principal, query: &str, variables: Value) -> Result<(Answer, bool)> {
    let scope = Arc::new(house.service.scope(of.bearer.as_deref()).await?);
    let answer = house.service.ask_of(&scope, query, variables).await?;
    Ok((answer, scope.asked() > 0))
}

async fn every_query(house: &House) -> Result<()> {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (field, row, text) in QUERIES {
        for (principal, municipality) in house.principals.iter().flat_map(|of| [(of, HERE), (of, THERE)]) {
            let place = match row.target {
                TargetKind::Municipality => Place::Municipality(code(municipality)),
                TargetKind::Instance | TargetKind::Own => Place::Instance,
            };
            let id = global_id(&["municipality", municipality]);
            let text = text.replace("CODE", municipality).replace("NODE", id.as_str().unwrap_or_default());
            let (answer, asked) = asked(house, principal, &format!("{{ {text} }}"), json!(null)).await?;
            let refusal = principal.refusal(row, place, house.public_read);
            let told = objection(&answer, field, refusal);
            let silent = (!asked).then(|| "answered without asking for a permit".to_owned());
            wrong.extend(told.into_iter().chain(silent).map(|told| format!("{}: {text}: {told}", principal.name)));
            tried += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {tried} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(tried, QUERIES.len() * house.principals.len() * 2);
    Ok(())
}

async fn queries_and_viewer_answer_after_the_access_table(backend: Backend) -> Result<()> {
    let house = House::new(backend, true).await?;
    every_query(&house).await?;
    door::every_viewer(&house).await
}

async fn without_public_reading_every_query_needs_an_account(backend: Backend) -> Result<()> {
    let house = House::new(backend, false).await?;
    every_query(&house).await?;
    door::every_viewer(&house).await
}

/// The places in which a principal tries an action of a kind.
fn places(house: &House, of: &Principal, row: &Row) -> Vec<Place> {
    match row.target {
        TargetKind::Instance => vec![Place::Instance],
        TargetKind::Municipality => [HERE, THERE].map(|text| Place::Municipality(code(text))).to_vec(),
        // Who has no account tries it with the things of somebody.
        TargetKind::Own => vec![Place::User(of.user().unwrap_or(house.guest))],
    }
}

/// The newest line of the trail in which a place's changes are written.
async fn newest(house: &House, place: Place) -> Result<AuditEntry> {
    let municipality = match place {
        Place::Municipality(code) => Some(code),
        Place::Instance | Place::User(_) => None,
    };
    let filter = AuditFilter { limit: 1, ..AuditFilter::default() };
    let page = house.service.app.audit(&Scope::machine(), municipality, filter).await?;
    page.entries.into_iter().next().context("making things leaves lines")
}

/// A mutation with its input as a variable.
fn mutation(field: &str) -> String {
    let of = input_type(field);
    format!("mutation($input: {of}!) {{ {field}(input: $input) {{ userErrors {{ code message path }} }} }}")
}

/// Who may change something does, and it is written down as theirs; who may not changes nothing.
async fn every_mutation_answers_after_the_access_table(backend: Backend) -> Result<()> {
    let house = House::new(backend, true).await?;
    let mut wrong = Vec::new();
    let mut outcomes: HashMap<&str, usize> = HashMap::new();
    for (field, row) in MUTATIONS {
        for principal in &house.principals {
            for place in places(&house, principal, row) {
                let input = house.input(field, place).await.with_context(|| format!("{field} in {place:?}"))?;
                let before = newest(&house, place).await?;
                let (answer, asked) = asked(&house, principal, &mutation(field), json!({ "input": input })).await?;
                let after = newest(&house, place).await?;
                let refusal = principal.refusal(row, place, true);
                *outcomes.entry(refusal.unwrap_or("data")).or_default() += 1;
                let mut tell = |told: &str| wrong.push(format!("{}: {field} in {place:?}: {told}", principal.name));
                if let Some(told) = objection(&answer, field, refusal) {
                    tell(&told);
                }
                // What is one's own is found by asking who one is; there is nothing to permit to who is no user.
                if !asked && (row.target != TargetKind::Own || principal.user().is_some()) {
                    tell("answered without asking for a permit");
                }
                if refusal.is_some() {
                    if after.id != before.id {
                        tell(&format!("was refused, and did {}", after.event));
                    }
                    continue;
                }
                if answer.0["data"][field]["userErrors"] != json!([]) {
                    tell(&format!("was not done: {}", answer.0));
                }
                let own = match principal.user() {
                    Some(user) => after.actor_id == Some(user.uuid()),
                    None => after.actor_kind == ActorKind::Key,
                };
                if after.id == before.id || after.action != row.action || !own {
                    tell(&format!("left no line of its own: {after:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    for outcome in ["data", "UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"] {
        assert!(outcomes.contains_key(outcome), "no case of {outcome}: {outcomes:?}");
    }
    Ok(())
}
