//! Ids: what somebody may not see does not exist to them, and a foreign id answers as a missing one.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{
    InstanceRole, KeyScope, MunicipalRole, Scope,
    table::{
        Action, ManageMunicipalKeys, ManageOwnAccount, ManageUsers, ManageWebhooks, Place, ReadAudit, ReadDepartments,
        ReadDraft, ReadInstanceAudit, ReadPeople, ReadPublished, Row,
    },
};
use shirube_app::KeyPlace;
use shirube_domain::municipality::MunicipalityCode;
use shirube_testing::{Backend, both_backends};
use uuid::Uuid;

use super::{
    asked,
    cases::{MUTATIONS, fields, global_id, input_type, missing, moved, short},
    house::{HERE, House, Principal, THERE, code},
    mutation, newest, places,
};

both_backends!(an_id_leads_to_what_one_may_see, a_foreign_id_answers_as_a_missing_one);

/// Something with an id: the id, and what one must be allowed to see it.
struct Thing {
    id: Value,
    row: Row,
    place: Place,
}

/// Something of each kind that a municipality has, and that not everybody may see.
async fn municipal_things(house: &House, code: MunicipalityCode) -> Result<Vec<Thing>> {
    let (app, machine, text) = (&house.service.app, Scope::machine(), code.to_string());
    let member = house.town(code).member;
    let department = house.department(code).await?;
    let membership = app.grant_role(&machine, code, member, MunicipalRole::Reporter(department)).await?;
    let invited = app.invite(&machine, code, "z@y.jp", "招かれた人", MunicipalRole::Reviewer).await?;
    let (place, scopes) = (KeyPlace::Municipality(code), vec![KeyScope::ReadDrafts]);
    let key = app.make_key(&machine, place, "鍵", scopes, house.later).await?.key;
    let webhook = house.webhook(code).await?;
    let delivery = house.failed_delivery(code, webhook).await?;
    let place = Place::Municipality(code);
    let entry = newest(house, place).await?;
    let draft = app.strategies(code).first().context("a strategy")?.id();
    let version = app.draft(&machine, code, draft).await?.context("a draft")?;
    let (strategy, within) = (short(draft.uuid()), version.strategy());
    let in_draft = |kind: &str, id: Uuid| global_id(&[kind, &text, &strategy, "draft", &short(id)]);
    let of = |kind: &str, id: Uuid| global_id(&[kind, &text, &short(id)]);
    let things = [
        (global_id(&["strategy", &text, &strategy, "draft"]), ReadDraft::ROW),
        (in_draft("node", within.nodes()[0].id.uuid()), ReadDraft::ROW),
        (in_draft("indicator", within.indicators()[0].id.uuid()), ReadDraft::ROW),
        (of("department", department.uuid()), ReadDepartments::ROW),
        (of("membership", membership.id.uuid()), ReadPeople::ROW),
        (of("invitation", invited.invitation.id.uuid()), ReadPeople::ROW),
        (of("key", key.id.uuid()), ManageMunicipalKeys::ROW),
        (of("audit", entry.id.uuid()), ReadAudit::ROW),
        (of("webhook", webhook.uuid()), ManageWebhooks::ROW),
        (of("delivery", delivery.uuid()), ManageWebhooks::ROW),
    ];
    Ok(things.into_iter().map(|(id, row)| Thing { id, row, place }).collect())
}

/// Something of each kind that the instance has, and of what is a user's own.
async fn other_things(house: &House) -> Result<Vec<Thing>> {
    let (app, machine) = (&house.service.app, Scope::machine());
    let invited = app.invite_to_instance(&machine, "z@y.jp", "招かれた人", InstanceRole::Researcher).await?;
    let owner = house.principal("researcher").user().context("the researcher is a user")?;
    let scopes = vec![KeyScope::ReadPublished];
    let key = app.make_key(&machine, KeyPlace::User(owner), "鍵", scopes, house.later).await?.key;
    let entry = newest(house, Place::Instance).await?;
    let of = |kind: &str, id: Uuid| global_id(&[kind, "instance", &short(id)]);
    let guest = short(house.guest.uuid());
    let things = [
        (of("invitation", invited.invitation.id.uuid()), ManageUsers::ROW, Place::Instance),
        (of("key", key.id.uuid()), ManageOwnAccount::ROW, Place::User(owner)),
        (of("audit", entry.id.uuid()), ReadInstanceAudit::ROW, Place::Instance),
        (global_id(&["user", &guest]), ManageUsers::ROW, Place::Instance),
        (global_id(&["account", &guest]), ManageUsers::ROW, Place::Instance),
    ];
    Ok(things.into_iter().map(|(id, row, place)| Thing { id, row, place }).collect())
}

async fn an_id_leads_to_what_one_may_see(backend: Backend) -> Result<()> {
    let house = House::new(backend, true).await?;
    let mut things = other_things(&house).await?;
    for text in [HERE, THERE] {
        things.extend(municipal_things(&house, code(text)).await?);
    }
    let ids: Vec<Value> = things.iter().map(|thing| thing.id.clone()).collect();
    let not_there: Vec<Value> = ids.iter().map(missing).collect::<Result<_>>()?;
    let one = "query($id: ID!) { node(id: $id) { id } }";
    let many = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    for of in &house.principals {
        let refusal = of.refusal(&ReadPublished::ROW, Place::Instance, true);
        let mut expected = Vec::new();
        for thing in &things {
            let seen = refusal.is_none() && of.may(&thing.row, thing.place, true);
            let shown = if seen { json!({ "id": thing.id }) } else { Value::Null };
            let (answer, _) = asked(&house, of, one, json!({ "id": thing.id })).await?;
            assert_eq!(answer.code(), refusal, "{}: {}", of.name, answer.0);
            assert_eq!(answer.0["data"]["node"], shown, "{}: {}", of.name, thing.row.action);
            expected.push(shown);
        }
        let (answer, _) = asked(&house, of, many, json!({ "ids": ids })).await?;
        let (nothing, _) = asked(&house, of, many, json!({ "ids": not_there })).await?;
        assert_eq!((answer.code(), nothing.code()), (refusal, refusal), "{}", of.name);
        if refusal.is_none() {
            assert_eq!(answer.0["data"]["nodes"], json!(expected), "{}", of.name);
            assert_eq!(nothing.0["data"]["nodes"], json!(vec![Value::Null; ids.len()]), "{}", of.name);
        }
        if let Some(own) = of.user() {
            let id = global_id(&["user", &short(own.uuid())]);
            let (answer, _) = asked(&house, of, one, json!({ "id": id })).await?;
            assert_eq!(answer.data()?["node"]["id"], id, "everybody sees themselves");
        }
    }
    Ok(())
}

/// The fields of a mutation's input that are ids.
fn id_fields(sdl: &str, field: &str) -> Vec<String> {
    let all = fields(sdl, &format!("input {}", input_type(field)));
    all.into_iter().filter(|(_, of)| of.trim_end_matches('!') == "ID").map(|(name, _)| name).collect()
}

/// The same input with another id.
fn with(input: &Value, field: &str, id: Value) -> Value {
    let mut input = input.clone();
    input[field] = id;
    input
}

/// Where the things of another tenant are: whatever a principal is, this is not theirs.
fn elsewhere(house: &House, of: &Principal, place: Place) -> Place {
    match place {
        Place::Municipality(code) if code == house.here.code => Place::Municipality(house.there.code),
        Place::Municipality(_) => Place::Municipality(house.here.code),
        Place::User(_) => {
            let others = ["operator", "administrator"].map(|name| house.principal(name).user());
            let other = others.into_iter().flatten().find(|user| of.user() != Some(*user));
            Place::User(other.unwrap_or(house.guest))
        }
        Place::Instance => Place::Instance,
    }
}

/// Input of a mutation in each place, made once: nobody is to change anything by it.
struct Inputs<'a> {
    house: &'a House,
    field: &'a str,
    made: Vec<(Place, Value)>,
}

impl Inputs<'_> {
    async fn of(&mut self, place: Place) -> Result<Value> {
        if let Some((_, input)) = self.made.iter().find(|(of, _)| *of == place) {
            return Ok(input.clone());
        }
        let input = self.house.input(self.field, place).await?;
        self.made.push((place, input.clone()));
        Ok(input)
    }
}

/// Pairs of ids that somebody must not be able to tell apart: of a thing that is there and is not theirs, and of one that
/// is not there.
fn pairs(row: &Row, of: &Principal, [place, other]: [Place; 2], decides: bool, id: &Value) -> Result<Vec<[Value; 2]>> {
    let mut pairs = Vec::new();
    // Where the id says where it is done, those who may do it there do it; what is another user's own is nobody's else.
    if !(decides && of.may(row, other, true)) {
        pairs.push([id.clone(), missing(id)?]);
    }
    // A foreign thing under the caller's own municipality.
    if let (Place::Municipality(here), Place::Municipality(_)) = (place, other) {
        let moved = moved(id, here)?;
        pairs.push([moved.clone(), missing(&moved)?]);
    }
    Ok(pairs)
}

/// For every mutation that takes an id, the answers of such a pair are equal to the letter, and nothing is done.
async fn a_foreign_id_answers_as_a_missing_one(backend: Backend) -> Result<()> {
    let house = House::new(backend, true).await?;
    let sdl = shirube_graphql::sdl();
    let mut compared = 0;
    for (field, row) in MUTATIONS {
        let mut inputs = Inputs { house: &house, field, made: Vec::new() };
        for id_field in id_fields(&sdl, field) {
            for (of, place) in
                house.principals.iter().flat_map(|of| places(&house, of, row).into_iter().map(move |at| (of, at)))
            {
                let other = elsewhere(&house, of, place);
                let (own, foreign) = (inputs.of(place).await?, inputs.of(other).await?[&id_field].take());
                // What is added names that to which it is added.
                let added_to = [("createNode", "strategy"), ("createIndicator", "node")];
                let names_place = matches!(id_field.as_str(), "id" | "round" | "strategy")
                    || added_to.contains(&(*field, id_field.as_str()));
                let decides = names_place || place == Place::Instance;
                for [there, not_there] in pairs(row, of, [place, other], decides, &foreign)? {
                    let before = newest(&house, other).await?.id;
                    let heard = ask(&house, of, field, with(&own, &id_field, there)).await?;
                    let of_nothing = ask(&house, of, field, with(&own, &id_field, not_there)).await?;
                    let case = format!("{}: {field}.{id_field} in {place:?}", of.name);
                    assert_eq!(heard, of_nothing, "{case}");
                    assert_ne!(heard["data"][field]["userErrors"], json!([]), "{case}: it was done");
                    assert_eq!(newest(&house, other).await?.id, before, "{case}: something was done");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 200, "{compared} pairs were compared");
    Ok(())
}

async fn ask(house: &House, of: &Principal, field: &str, input: Value) -> Result<Value> {
    let (answer, _) = asked(house, of, &mutation(field), json!({ "input": input })).await?;
    Ok(answer.0)
}
