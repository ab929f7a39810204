//! Whatever anybody asks, in whatever words: no answer holds a text, an id or a count of a municipality in which they have
//! no right to it. Thousands of random requests by everybody, held against a model of the access table.
//!
//! SHIRUBE_TEST_SEED repeats a run, SHIRUBE_TEST_CASES makes it longer or shorter.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    sync::atomic::AtomicUsize,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};
use shirube_access::{Caller, Grant, KeyOwner, Role, Scope, table::Place};
use shirube_domain::{UserId, municipality::MunicipalityCode};
use shirube_store::Store;
use shirube_testing::{Answer, Backend, TestDatabase, TestService, both_backends};
use time::format_description::well_known::Rfc3339;

use crate::authoring::small;

use super::{
    generate::{Asked, Document, Generator, Schema},
    model::{Kind, Who, rule},
    pool::{self, Pool, decoded},
    random::Random,
    world::{MARK, World, now},
};

both_backends!(no_answer_tells_of_another_municipality, a_name_of_another_municipality_is_free);

/// How many requests are asked, and for how long by chance; then what nobody was answered or refused yet is asked by name.
const CASES: usize = 4_000;
const BY_CHANCE: Duration = Duration::from_mins(1);
/// A run of so many meets everything.
const THOROUGH: usize = 1_000;
/// After how long it is given up.
const LONGEST: Duration = Duration::from_mins(5);
/// What somebody or other is to be shown.
const SHOWN: [Kind; 7] =
    [Kind::Draft, Kind::Department, Kind::Person, Kind::Invitation, Kind::Key, Kind::Webhook, Kind::Reason];
/// After how many requests everybody gets their roles back.
const REPAIR: usize = 100;

/// What became of the requests.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) cases: usize,
    answered: BTreeMap<String, usize>,
    refused: BTreeMap<String, usize>,
    codes: BTreeMap<String, usize>,
    twins: usize,
    seen: BTreeSet<String>,
}

/// A service over a store of the database.
pub(super) async fn service_over(database: TestDatabase, store: Store) -> Result<TestService> {
    TestService::over(database, store, std::sync::Arc::new(AtomicUsize::new(0))).await
}

async fn no_answer_tells_of_another_municipality(backend: Backend) -> Result<()> {
    super::log::listen();
    let mut world = World::new(TestService::sample(backend).await?).await?;
    let cases = env::var("SHIRUBE_TEST_CASES").map_or(Ok(CASES), |cases| cases.parse())?;
    let tally = run(&mut world, cases).await?;
    // A run that asks nothing would pass as well.
    if cases >= THOROUGH {
        let schema = Schema::read(&world.service).await?;
        ensure!(
            tally.unanswered(&schema).is_none(),
            "nobody was ever answered {:?}: {tally:#?}",
            tally.unanswered(&schema)
        );
        ensure!(
            tally.unrefused(&schema).is_none(),
            "nobody was ever refused {:?}: {tally:#?}",
            tally.unrefused(&schema)
        );
        ensure!(tally.unseen().is_none(), "nobody was ever shown a {:?}: {tally:#?}", tally.unseen());
    }
    super::log::holds_nothing_of(&world)
}

async fn a_name_of_another_municipality_is_free(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let machine = std::sync::Arc::new(Scope::machine());
    let add =
        "mutation ($code: MunicipalityCode!) { createDepartment(input: { municipality: $code, name: \"防災課\" }) {
        department { name } userErrors { code }
    } }";
    for code in ["012262", "325252"] {
        let made = service.ask_of(&machine, add, serde_json::json!({ "code": code })).await?.data()?;
        assert_eq!(made["createDepartment"]["department"]["name"], "防災課", "{made}");
        let again = service.ask_of(&machine, add, serde_json::json!({ "code": code })).await?.data()?;
        assert_eq!(again["createDepartment"]["userErrors"][0]["code"], "CONFLICT", "{again}");
    }
    Ok(())
}

/// Asks random things as everybody.
pub(super) async fn run(world: &mut World, cases: usize) -> Result<Tally> {
    let seed = match env::var("SHIRUBE_TEST_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => u64::try_from(now().unix_timestamp_nanos() & i128::from(u64::MAX))?,
    };
    println!("SHIRUBE_TEST_SEED={seed}");
    let (mut random, schema, start) = (Random(seed), Schema::read(&world.service).await?, Instant::now());
    let soon = (now() + time::Duration::days(100)).format(&Rfc3339)?;
    let mut tally = Tally::default();
    let mut pool = Pool::read(&world.service, &world.codes, soon.clone()).await?;
    let all_met = |tally: &Tally| {
        tally.unanswered(&schema).is_none() && tally.unrefused(&schema).is_none() && tally.unseen().is_none()
    };
    loop {
        let by_chance = tally.cases < cases && start.elapsed() < BY_CHANCE;
        let enough = cases < THOROUGH || all_met(&tally) || start.elapsed() >= LONGEST;
        if !by_chance && enough {
            break;
        }
        if tally.cases % REPAIR == REPAIR - 1 {
            world.repair().await?;
            pool = Pool::read(&world.service, &world.codes, soon.clone()).await?;
        }
        let case = tally.cases;
        let asked = one(world, &mut random, &schema, &pool, by_chance, &mut tally).await;
        asked.with_context(|| format!("case {case} of SHIRUBE_TEST_SEED={seed}"))?;
        tally.cases += 1;
    }
    println!("{} requests and {} twins in {:.1?}: {:?}", tally.cases, tally.twins, start.elapsed(), tally.codes);
    Ok(tally)
}

/// Asks one random thing.
async fn one(
    world: &mut World,
    random: &mut Random,
    schema: &Schema,
    pool: &Pool,
    by_chance: bool,
    tally: &mut Tally,
) -> Result<()> {
    // Now and then what was answered least, to somebody who may do much, or what was refused least, to anybody: by chance
    // alone, some things are hardly ever done, and some hardly ever refused.
    let (wanted, askers) = match random.below(if by_chance { 10 } else { 3 }) {
        0 | 1 => (tally.answered_least(schema), world.powerful()),
        2 => (tally.refused_least(schema), world.principals()),
        _ => (None, world.principals()),
    };
    let who = *random.pick(&askers);
    let own: Vec<MunicipalityCode> = match who {
        Who::Person(at) => world.model.people[at].roles.iter().filter_map(|(code, _)| *code).collect(),
        Who::Key(at) => world.model.keys[at].owner.ok().into_iter().collect(),
        Who::Anonymous => Vec::new(),
    };
    let anywhere = own.is_empty() || random.chance(35);
    let focus = *random.pick(if anywhere { &world.codes } else { &own });
    let scope = world.scope(who).await?;
    roles_are_those_of_the_rows(world, who, &scope)?;

    let mut document = Generator { schema, random, pool, focus }.document(wanted);
    for asked in &mut document.asked {
        let place = target(asked);
        fill_in(world, random, who, asked, place);
        if let Some(input) = asked.arguments.get_mut("input").and_then(Value::as_object_mut) {
            input.insert("clientMutationId".to_owned(), format!("case {} {}", tally.cases, asked.alias).into());
        }
    }
    let text = document.text();
    let trail = if document.mutation { trail_length(world).await? } else { 0 };
    let answer = world.service.ask_of(&scope, &text, Value::Null).await?;
    let told = || format!("{who:?} asked {text}\nand was told {:#}", answer.0);
    tally.count(&document, &answer);
    holds_nothing_foreign(world, who, &answer.0, tally).with_context(told)?;
    obeys_the_table(world, who, &document, &answer, tally).await.with_context(told)?;
    if document.mutation {
        let grew = trail_length(world).await? != trail;
        let done = answer.0["data"].as_object().is_some_and(|data| data.values().any(|value| !value.is_null()));
        ensure!(done || !grew, "what was refused left a trace\n{}", told());
        if grew {
            world.sync().await?;
            return a_repetition_does_nothing(world, who, &text, &document, &answer, tally).await.with_context(told);
        }
    }
    a_foreign_id_is_a_missing_one(world, who, &scope, &document, &answer, tally).await.with_context(told)
}

/// What was done is not done again by who sends it again: they are given the first answer, or none.
async fn a_repetition_does_nothing(
    world: &mut World,
    who: Who,
    text: &str,
    document: &Document,
    first: &Answer,
    tally: &mut Tally,
) -> Result<()> {
    // What was refused in one field may be possible after what another one did.
    let [asked] = document.asked.as_slice() else { return Ok(()) };
    // Whoever took their own last role or session away is not believed any more.
    let Ok(scope) = world.scope(who).await else { return Ok(()) };
    let trail = trail_length(world).await?;
    let again = world.service.ask_of(&scope, text, Value::Null).await?;
    let (data, before) = (&again.0["data"][&asked.alias], &first.0["data"][&asked.alias]);
    ensure!(data.is_null() || data == before, "the second answer is another one: {:#}", again.0);
    ensure!(trail_length(world).await? == trail, "it was done again: {:#}", again.0);
    holds_nothing_foreign(world, who, &again.0, tally)
}

/// The roles of a caller are those in the rows, and no role of a municipality comes from another one.
fn roles_are_those_of_the_rows(world: &World, who: Who, scope: &Scope) -> Result<()> {
    let (grants, person) = match scope.caller() {
        Caller::User(facts) => (facts.grants.as_slice(), who),
        Caller::Key(facts) => match (&facts.owner, who) {
            (KeyOwner::User(_, grants), Who::Key(at)) => {
                let owner = world.model.keys[at].owner.err().context("a key of a person")?;
                (grants.as_slice(), Who::Person(owner))
            }
            _ => return Ok(()),
        },
        Caller::Anonymous | Caller::Machine => return Ok(()),
    };
    let Who::Person(at) = person else { return Ok(()) };
    let given: BTreeSet<(Option<String>, Role)> = grants
        .iter()
        .map(|grant| match grant {
            Grant::Instance(role) => (None, role.role()),
            Grant::Municipal(code, role) => (Some(code.to_string()), role.role()),
        })
        .collect();
    let rows = world.model.people[at].roles.iter().map(|(code, role)| (code.map(|code| code.to_string()), *role));
    ensure!(given == rows.collect(), "{who:?} has {given:?}, the rows say {:?}", world.model.people[at]);
    Ok(())
}

/// Where a field of the root is to do something.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    Municipality(MunicipalityCode),
    Instance,
    /// The input is wrong in itself.
    Unreadable,
}

fn target(asked: &Asked) -> Target {
    let input = asked.arguments.get("input").and_then(Value::as_object).unwrap_or(&asked.arguments);
    let Some(rule) = rule(&asked.field) else { return Target::Unreadable };
    if let Some(code) = input.get("municipality").and_then(Value::as_str) {
        return code.parse().map_or(Target::Unreadable, |code: MunicipalityCode| Target::Municipality(code.current()));
    }
    if rule.id.is_empty() {
        return Target::Instance;
    }
    let selection = input.get("selection").and_then(Value::as_object);
    let first = input.get("figures").and_then(|figures| figures[0].as_object());
    let places = [Some(input), selection, first].into_iter().flatten();
    let id =
        places.flat_map(|of| ["id", "round", "strategy", "node", "task"].map(|name| of.get(name))).flatten().next();
    let id = id.and_then(Value::as_str).and_then(decoded).unwrap_or_default();
    let named = |kind: &str, code: &str, ids: &[&str]| {
        // A remark is on a node as well.
        let takes = kind == rule.id || (asked.field == "setRemark" && kind == "node");
        let well_formed = takes && ids.iter().all(|part| pool::uuid(part).is_some());
        code.parse().ok().filter(|_| well_formed).map_or(Target::Unreadable, Target::Municipality)
    };
    match id.split(':').collect::<Vec<_>>().as_slice() {
        [kind @ ("node" | "indicator"), code, of, "draft", id] => named(kind, code, &[of, id]),
        [kind @ "strategy", code, of, "draft"] | [kind @ "round", code, _, of] => named(kind, code, &[of]),
        [kind @ "task", code, _, of, "node" | "indicator", id] | [kind @ "opinion", code, _, of, id] => {
            named(kind, code, &[of, id])
        }
        [kind, "instance", part] if *kind == rule.id && pool::uuid(part).is_some() => Target::Instance,
        [kind, code, part] if *kind == rule.id && pool::uuid(part).is_some() => {
            code.parse().map_or(Target::Unreadable, Target::Municipality)
        }
        // Parts of a draft.
        [kind, code, strategy, "draft", ..] if *kind == rule.id && pool::uuid(strategy).is_some() => {
            code.parse().map_or(Target::Unreadable, Target::Municipality)
        }
        _ => Target::Unreadable,
    }
}

/// Writes marked texts where the document asks for names, addresses and reasons: marks of the place where they go, so that
/// they may come back to those alone who may see them there.
fn fill_in(world: &mut World, random: &mut Random, who: Who, asked: &mut Asked, place: Target) {
    let Some(input) = asked.arguments.get_mut("input").and_then(Value::as_object_mut) else { return };
    let place = match place {
        Target::Municipality(code) => Some(code),
        Target::Instance => None,
        Target::Unreadable => {
            input.values_mut().filter(|value| value.as_str().is_some_and(|text| text.starts_with('@'))).for_each(
                |value| {
                    *value = "x".into();
                },
            );
            return;
        }
    };
    let person = if let Who::Person(at) = who { Some(at) } else { None };
    let kind = match (asked.field.as_str(), place) {
        ("createDepartment" | "renameDepartment", _) => Kind::Department,
        ("createApiKey", Some(_)) => Kind::Key,
        ("createApiKey", None) => Kind::OwnKey,
        (
            "reportFigures" | "giveOpinion" | "answerOpinion" | "publishStrategy" | "returnFigures" | "openCorrections",
            _,
        ) => Kind::Draft,
        ("createWebhook" | "updateWebhook", _) => Kind::Webhook,
        // The action of edits is that of making a strategy.
        (field, Some(_)) if rule(field).and_then(|of| of.municipal).is_some_and(|row| row.action == "EditStrategy") => {
            Kind::Draft
        }
        ("revokeRole", _) => Kind::Reason,
        (_, Some(_)) => Kind::Invitation,
        (_, None) => Kind::Instance,
    };
    if input.get("document").is_some() {
        let mark = world.mint(kind, place, person);
        let written = place.map(|code| small(code, 10 + random.below(200), &mark).to_string().into());
        input.insert("document".to_owned(), written.unwrap_or_default());
    }
    let figures = input.get_mut("figures").and_then(Value::as_array_mut).into_iter().flatten();
    for figure in figures.filter_map(Value::as_object_mut) {
        if figure.contains_key("remark") {
            figure.insert("remark".to_owned(), world.mint(kind, place, person).into());
        }
    }
    for name in ["text", "answer", "note"] {
        if input.contains_key(name) {
            input.insert(name.to_owned(), world.mint(kind, place, person).into());
        }
    }
    for name in ["name", "email", "reason", "url"] {
        if input.get(name).and_then(Value::as_str) != Some(&format!("@{name}")) {
            continue;
        }
        let mark = world.mint(kind, place, person);
        let known = place.map(|code| world.emails_of(code)).unwrap_or_default();
        let text = match name {
            "email" if !known.is_empty() && random.chance(20) => (*random.pick(&known)).to_owned(),
            "email" => format!("{mark}@new.example.jp"),
            "url" => format!("https://hooks.invalid/{mark}"),
            _ => mark,
        };
        input.insert(name.to_owned(), text.into());
    }
}

async fn trail_length(world: &World) -> Result<u64> {
    count(world, "(SELECT municipality FROM audit UNION ALL SELECT NULL FROM instance_audit) AS trail").await
}

async fn count(world: &World, of: &str) -> Result<u64> {
    let found = world.sql.texts(&format!("SELECT CAST(count(*) AS TEXT) FROM {of}")).await?;
    Ok(found.first().context("a count")?.parse()?)
}

impl Tally {
    fn count(&mut self, document: &Document, answer: &Answer) {
        *self.codes.entry(answer.code().unwrap_or("answered").to_owned()).or_default() += 1;
        for asked in &document.asked {
            let answered = !answer.0["data"][&asked.alias].is_null();
            let side = if answered { &mut self.answered } else { &mut self.refused };
            *side.entry(asked.field.clone()).or_default() += 1;
        }
    }

    fn answered_least<'a>(&self, schema: &'a Schema) -> Option<&'a str> {
        rarest(roots(schema), &self.answered)
    }

    /// Of what is not open to all.
    fn refused_least<'a>(&self, schema: &'a Schema) -> Option<&'a str> {
        rarest(roots(schema).filter(|field| rule(field).is_some()), &self.refused)
    }

    /// What was never answered.
    fn unanswered<'a>(&self, schema: &'a Schema) -> Option<&'a str> {
        self.answered_least(schema).filter(|field| !self.answered.contains_key(*field))
    }

    /// What is not open to all and was never refused.
    fn unrefused<'a>(&self, schema: &'a Schema) -> Option<&'a str> {
        self.refused_least(schema).filter(|field| !self.refused.contains_key(*field))
    }

    /// What nobody was shown.
    fn unseen(&self) -> Option<Kind> {
        SHOWN.into_iter().find(|kind| !self.seen.contains(&format!("{kind:?}")))
    }
}

/// The fields of the root.
fn roots(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.roots("Query").into_iter().chain(schema.roots("Mutation"))
}

fn rarest<'a>(fields: impl Iterator<Item = &'a str>, counts: &BTreeMap<String, usize>) -> Option<&'a str> {
    fields.min_by_key(|field| counts.get(*field).copied().unwrap_or_default())
}

/// Looks through every text of an answer, ids and cursors read, for marks and ids that the caller may not see.
fn holds_nothing_foreign(world: &World, who: Who, answer: &Value, tally: &mut Tally) -> Result<()> {
    match answer {
        Value::String(text) => {
            marks_are_allowed(world, who, text, tally)?;
            if let Some(inner) = decoded(text) {
                marks_are_allowed(world, who, &inner, tally)?;
                ensure!(id_is_allowed(world, who, &inner), "the id or cursor {inner:?} is not for {who:?}");
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| holds_nothing_foreign(world, who, item, tally)),
        Value::Object(fields) => fields.values().try_for_each(|value| holds_nothing_foreign(world, who, value, tally)),
        _ => Ok(()),
    }
}

fn marks_are_allowed(world: &World, who: Who, text: &str, tally: &mut Tally) -> Result<()> {
    for (at, _) in text.match_indices(MARK) {
        let found = text.get(at..at + MARK.len() + 32).context("half a mark")?;
        let mark = world.marks.get(found).with_context(|| format!("{found} is nobody's"))?;
        ensure!(world.model.sees(who, mark), "{who:?} sees {mark:?}");
        tally.seen.insert(format!("{:?}", mark.kind));
    }
    Ok(())
}

/// Whether what a global id or cursor says may be said to somebody.
fn id_is_allowed(world: &World, who: Who, id: &str) -> bool {
    use shirube_access::table::{
        Action, ManageMunicipalKeys, ManageUsers, ManageWebhooks, ReadAudit, ReadDraft, ReadPeople, Row,
    };
    let in_place = |row: &Row, code: &str| {
        let place = code.parse().map_or(Place::Instance, |code: MunicipalityCode| Place::Municipality(code));
        place == Place::Instance || world.model.may(who, row, place)
    };
    let parts: Vec<&str> = id.split([':', '\n']).collect();
    match parts.as_slice() {
        ["strategy" | "node" | "indicator", code, _, "draft", ..]
        | ["round" | "task" | "tasks" | "opinion", code, ..] => in_place(&ReadDraft::ROW, code),
        ["membership" | "memberships" | "invitation" | "invitations", code, ..] => in_place(&ReadPeople::ROW, code),
        ["key", code, ..] => in_place(&ManageMunicipalKeys::ROW, code),
        ["audit", code, ..] => in_place(&ReadAudit::ROW, code),
        ["webhook" | "delivery" | "deliveries", code, ..] => in_place(&ManageWebhooks::ROW, code),
        ["account" | "accounts", ..] => world.model.may_in_instance::<ManageUsers>(who),
        ["user", user] => {
            let user = pool::uuid(user).map(UserId::from_uuid);
            let known = world.model.people.iter().position(|person| Some(person.id) == user);
            known.is_none_or(|person| world.model.sees_person(who, person))
        }
        _ => true,
    }
}

/// What the access table refuses is not answered, and lists count the rows of their own municipality.
async fn obeys_the_table(
    world: &World,
    who: Who,
    document: &Document,
    answer: &Answer,
    tally: &mut Tally,
) -> Result<()> {
    let internal = answer.0["errors"].as_array().into_iter().flatten().find(|error| {
        matches!(
            error["extensions"]["code"].as_str(),
            None | Some("INTERNAL_SERVER_ERROR" | "GRAPHQL_VALIDATION_FAILED")
        )
    });
    ensure!(internal.is_none(), "no random request is a defect");
    for asked in &document.asked {
        let answered = &answer.0["data"][&asked.alias];
        let Some(rule) = rule(&asked.field) else { continue };
        let may = match target(asked) {
            Target::Municipality(code) => {
                rule.municipal.is_none_or(|row| world.model.may(who, &row, Place::Municipality(code)))
            }
            Target::Instance => rule.other.is_some_and(|row| {
                let own = if let Who::Person(at) = who { Some(world.model.people[at].id) } else { None };
                let place = match row.target {
                    shirube_access::table::TargetKind::Own => own.map(Place::User),
                    _ => Some(Place::Instance),
                };
                place.is_some_and(|place| world.model.may(who, &row, place))
            }),
            Target::Unreadable => continue,
        };
        ensure!(may || answered.is_null(), "the access table refuses {} to {who:?}", asked.field);
        if !may {
            *tally.refused.entry(asked.field.clone()).or_default() += 1;
        }
        let table = match asked.field.as_str() {
            "memberships" => "membership",
            "departments" => "department",
            "invitations" => "invitation",
            "apiKeys" => "municipal_key",
            "webhooks" => "webhook",
            "drafts" => "strategy",
            _ => continue,
        };
        let length = answered["totalCount"].as_u64().or_else(|| Some(answered.as_array()?.len() as u64));
        if let (Some(length), Target::Municipality(code)) = (length, target(asked)) {
            let rows = count(world, &format!("{table} WHERE municipality = '{code}'")).await?;
            ensure!(length == rows, "{code} has {rows} rows of {table}, and not {length}");
        }
    }
    Ok(())
}

/// To a stranger, an id of a municipality is answered as one that names nothing.
async fn a_foreign_id_is_a_missing_one(
    world: &World,
    who: Who,
    scope: &std::sync::Arc<Scope>,
    document: &Document,
    answer: &Answer,
    tally: &mut Tally,
) -> Result<()> {
    let mut ids = Vec::new();
    for asked in &document.asked {
        foreign_ids(world, who, &asked.arguments, &mut ids);
    }
    let twins: Vec<(String, String)> = ids.into_iter().filter_map(|id| Some((id.clone(), pool::twin(&id)?))).collect();
    if twins.is_empty() {
        return Ok(());
    }
    let text = twins.iter().fold(document.text(), |text, (id, twin)| text.replace(id, twin));
    let other = world.service.ask_of(scope, &text, Value::Null).await?;
    tally.twins += 1;
    // Where all comes to nothing, the error that is known first takes others with it: those are compared that both tell.
    let same = if answer.0["data"].is_null() && other.0["data"].is_null() {
        let errors = |of: &Answer| of.0["errors"].as_array().cloned().unwrap_or_default();
        let theirs = errors(&other);
        errors(answer).iter().all(|error| theirs.iter().all(|of| of["path"] != error["path"] || of == error))
    } else {
        // Fields are resolved side by side: which error comes first hangs on the moment, and says nothing.
        let sorted = |of: &Answer| {
            let mut of = of.0.clone();
            if let Some(errors) = of.get_mut("errors").and_then(Value::as_array_mut) {
                errors.sort_by_key(ToString::to_string);
            }
            of
        };
        sorted(answer) == sorted(&other)
    };
    ensure!(same, "an id that names nothing is answered otherwise: {text}\n{:#}", other.0);
    Ok(())
}

/// The ids among arguments that must name nothing to somebody.
fn foreign_ids(world: &World, who: Who, arguments: &Map<String, Value>, found: &mut Vec<String>) {
    for value in arguments.values() {
        match value {
            Value::Object(fields) => foreign_ids(world, who, fields, found),
            Value::Array(items) => {
                let texts = items.iter().filter_map(Value::as_str);
                found.extend(texts.filter(|id| is_foreign(world, who, id)).map(str::to_owned));
            }
            Value::String(id) if is_foreign(world, who, id) => found.push(id.clone()),
            _ => {}
        }
    }
}

fn is_foreign(world: &World, who: Who, id: &str) -> bool {
    let Some(text) = decoded(id) else { return false };
    match text.split(':').collect::<Vec<_>>().as_slice() {
        ["membership" | "invitation" | "key" | "audit" | "department" | "webhook" | "delivery", code, _] => {
            code.parse().is_ok_and(|code| world.model.is_stranger(who, code))
        }
        ["strategy" | "node" | "indicator", code, _, "draft", ..] | ["round" | "task" | "opinion", code, ..] => {
            code.parse().is_ok_and(|code| world.model.is_stranger(who, code))
        }
        ["user", user] => {
            let user = pool::uuid(user).map(UserId::from_uuid);
            let known = world.model.people.iter().position(|person| Some(person.id) == user);
            known.is_some_and(|person| !world.model.sees_person(who, person))
        }
        _ => false,
    }
}
