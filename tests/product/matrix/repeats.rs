//! Every mutation that is sent again with its `clientMutationId`, whoever sends it: it is done once. A new field is tried
//! from its first day, since the cases are those of the matrix.

use std::{collections::HashSet, sync::Arc};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shirube_access::{Scope, table::Row};
use shirube_testing::{Backend, both_backends};

use super::{
    cases::{MUTATIONS, fields, input_type},
    house::{House, Principal, fresh},
    newest, places,
};

both_backends!(every_mutation_is_done_once);

/// A mutation that asks for all that its payload tells at once; and whether that holds a secret.
fn whole(sdl: &str, field: &str) -> (String, bool) {
    let input = input_type(field);
    let payload = fields(sdl, &format!("type {}", input.replace("Input", "Payload")));
    let mut secret = false;
    let told = payload.iter().map(|(name, of)| match of.trim_matches(['[', ']', '!']) {
        "UserError" => format!("{name} {{ code message path }}"),
        "String" | "Int" | "Boolean" | "ID" => {
            secret |= matches!(name.as_str(), "secret" | "link");
            name.clone()
        }
        of if fields(sdl, &format!("type {of}")).contains_key("id") => format!("{name} {{ __typename id }}"),
        _ => format!("{name} {{ __typename }}"),
    });
    let told = told.collect::<Vec<_>>().join(" ");
    (format!("mutation($input: {input}!) {{ {field}(input: $input) {{ {told} }} }}"), secret)
}

/// Somebody who may do it, and where.
fn whoever_may<'a>(house: &'a House, row: &Row) -> Option<(&'a Principal, shirube_access::table::Place)> {
    let tries = house.principals.iter().flat_map(|of| places(house, of, row).into_iter().map(move |place| (of, place)));
    tries.into_iter().find(|(of, place)| of.user().is_some() && of.refusal(row, *place, true).is_none())
}

async fn every_mutation_is_done_once(backend: Backend) -> Result<()> {
    let house = House::new(backend, true).await?;
    let sdl = shirube_graphql::sdl();
    let mut answered = HashSet::new();
    for (field, row) in MUTATIONS {
        let (who, place) = whoever_may(&house, row).with_context(|| format!("nobody may {field}"))?;
        let (query, secret) = whole(&sdl, field);
        let mut input = house.input(field, place).await?;
        input["clientMutationId"] = fresh().into();
        let ask = async |input: &Value| {
            let scope: Arc<Scope> = Arc::new(house.service.scope(who.bearer.as_deref()).await?);
            house.service.ask_of(&scope, &query, json!({ "input": input })).await
        };
        let before = newest(&house, place).await?;
        let first = ask(&input).await?;
        let done = newest(&house, place).await?;
        ensure!(first.0["data"][field]["userErrors"] == json!([]), "{field}: {first:?}");
        ensure!(done.id != before.id, "{field} left no line");
        for _ in 0..2 {
            let again = ask(&input).await?;
            if secret {
                ensure!(again.code() == Some("CONFLICT"), "{field} must not give its secret again: {again:?}");
                ensure!(again.0["data"][field].is_null(), "{field}: {again:?}");
            } else {
                ensure!(again == first, "{field}: {again:?} is not {first:?}");
            }
            ensure!(newest(&house, place).await?.id == done.id, "{field} was done again");
        }
        // With other input, and for another caller, it is not the same.
        let mut other = input.clone();
        other["clientMutationId"] = fresh().into();
        ensure!(ask(&other).await? != first, "{field}: another id gave the first answer");
        answered.insert(*field);
    }
    let kept = house.service.database.texts("SELECT answer FROM performed WHERE answer IS NOT NULL").await?;
    ensure!(kept.len() >= answered.len() / 2, "{} answers were kept", kept.len());
    for prefix in ["shi_", "shk_", "shp_", "whsec_"] {
        ensure!(kept.iter().all(|answer| !answer.contains(prefix)), "an answer with a secret was kept");
    }
    Ok(())
}
