//! A mutation that is sent again with its `clientMutationId` does nothing twice: what is answered then, to whom, and for
//! how long. `matrix::repeats` tries every mutation.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shirube_access::{Grant, InstanceRole, MunicipalRole, Scope};
use shirube_testing::{Answer, Backend, PASSWORD, Sql, TestDatabase, TestServer, both_backends};
use time::Duration;

both_backends!(
    what_stands_twice_in_one_request_is_done_once,
    the_first_answer_is_given_again_for_a_day,
    an_id_is_for_one_mutation_of_one_caller,
    what_was_refused_is_tried_anew,
    of_several_at_once_one_is_done,
    what_is_not_known_any_more_is_not_done_again,
    whose_role_was_taken_hears_what_a_stranger_does,
    ids_and_answers_have_an_end,
);

const SUNAGAWA: &str = "012262";
const CREATE: &str = "mutation($input: CreateDepartmentInput!) { createDepartment(input: $input) {
  clientMutationId department { id name } userErrors { code message path } } }";

async fn administrator(server: &TestServer, email: &str) -> Result<String> {
    server.user(email, &[Grant::Municipal(SUNAGAWA.parse()?, MunicipalRole::Administrator)]).await
}

async fn create(server: &TestServer, bearer: &str, id: &str, name: &str) -> Result<Answer> {
    let input = json!({ "clientMutationId": id, "municipality": SUNAGAWA, "name": name });
    server.ask_as(Some(bearer), CREATE, json!({ "input": input })).await
}

/// How often a department was made, by the audit trail.
async fn made(server: &TestServer) -> Result<usize> {
    let lines = "SELECT event FROM audit WHERE event = 'department_added'";
    Ok(server.database().texts(lines).await?.len())
}

async fn remembered(server: &TestServer) -> Result<usize> {
    Ok(server.database().texts("SELECT client_mutation_id FROM performed").await?.len())
}

async fn signed_in(server: &TestServer, email: &str) -> Result<String> {
    let answer = server.post("/auth/sign-in", json!({ "email": email, "password": PASSWORD })).await?;
    let tokens: Value = answer.json().await?;
    Ok(tokens["accessToken"].as_str().with_context(|| tokens.to_string())?.to_owned())
}

async fn what_stands_twice_in_one_request_is_done_once(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = administrator(&server, "kato@sunagawa.test").await?;
    let query = "mutation M($input: CreateDepartmentInput!, $yes: Boolean!) {
      made: createDepartment(input: $input) { department { name } }
      ...more
      made: createDepartment(input: $input) @include(if: $yes) { department { key } }
      ... @skip(if: $yes) { never: createDepartment(input: $input) { clientMutationId } }
    }
    fragment more on Mutation { made: createDepartment(input: $input) { userErrors { code } department { name } } }
    query Q { instance { version } }";
    for (name, id) in [("防災課", Value::Null), ("税務課", "1".into())] {
        let input = json!({ "municipality": SUNAGAWA, "name": name, "clientMutationId": id });
        let body = json!({ "query": query, "operationName": "M", "variables": { "input": input, "yes": true } });
        let asked = server.client().post(server.url("/graphql")).bearer_auth(&bearer).json(&body);
        let answer: Value = asked.send().await?.json().await?;
        assert_eq!(answer["data"].as_object().map(serde_json::Map::len), Some(1), "{answer}");
        assert_eq!(answer["data"]["made"]["userErrors"], json!([]), "{answer}");
        assert_eq!(answer["data"]["made"]["department"]["name"], name);
        assert!(answer["data"]["made"]["department"]["key"].is_string(), "{answer}");
    }
    assert_eq!(made(&server).await?, 2);
    Ok(())
}

async fn the_first_answer_is_given_again_for_a_day(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let mut bearer = administrator(&server, "kato@sunagawa.test").await?;
    let first = create(&server, &bearer, "1", "防災課").await?;
    assert_eq!(first.clone().data()?["createDepartment"]["clientMutationId"], "1");
    // The name is changed meanwhile: it is the first answer that is given again, and not a new one.
    let rename = "mutation($input: RenameDepartmentInput!) { renameDepartment(input: $input) { userErrors { code } } }";
    let id = &first.0["data"]["createDepartment"]["department"]["id"];
    server.ask_as(Some(&bearer), rename, json!({ "input": { "id": id, "name": "危機管理課" } })).await?.data()?;
    for hours in [0, 12, 11] {
        server.advance(Duration::hours(hours));
        bearer = signed_in(&server, "kato@sunagawa.test").await?;
        assert_eq!(create(&server, &bearer, "1", "防災課").await?, first);
    }
    assert_eq!(made(&server).await?, 1);

    server.advance(Duration::hours(2));
    bearer = signed_in(&server, "kato@sunagawa.test").await?;
    let anew = create(&server, &bearer, "1", "防災課").await?;
    assert_eq!(anew.0["data"]["createDepartment"]["userErrors"], json!([]), "a day later it is done anew: {anew:?}");
    assert_ne!(anew, first);
    assert_eq!(made(&server).await?, 2);
    assert_eq!(create(&server, &bearer, "1", "防災課").await?, anew);

    server.advance(Duration::days(2));
    bearer = signed_in(&server, "kato@sunagawa.test").await?;
    create(&server, &bearer, "2", "税務課").await?.data()?;
    assert_eq!(remembered(&server).await?, 1, "what is older than a day is forgotten in passing");
    Ok(())
}

async fn an_id_is_for_one_mutation_of_one_caller(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = administrator(&server, "kato@sunagawa.test").await?;
    let first = create(&server, &bearer, "1", "防災課").await?;

    // However it is spelled, it is the same.
    let spelled = "mutation($name: String!, $id: String = \"1\") { again: createDepartment(input: {
      name: $name, municipality: \"012262\", clientMutationId: $id }) {
      clientMutationId department { id name } userErrors { code message path } } }";
    let again = server.ask_as(Some(&bearer), spelled, json!({ "name": "防災課" })).await?.data()?;
    assert_eq!(again["again"], first.0["data"]["createDepartment"]);
    let narrower = spelled.replace("clientMutationId department", "department");
    let narrower = server.ask_as(Some(&bearer), &narrower, json!({ "name": "防災課" })).await?;
    assert_eq!(narrower.code(), Some("CONFLICT"), "another selection would need another answer");
    let delete = "mutation($input: DeleteDepartmentInput!) { deleteDepartment(input: $input) { userErrors { code } } }";
    let id = &first.0["data"]["createDepartment"]["department"]["id"];
    let input = json!({ "input": { "id": id, "clientMutationId": "1" } });
    let other_field = server.ask_as(Some(&bearer), delete, input).await?;
    for refused in [other_field, create(&server, &bearer, "1", "税務課").await?] {
        assert_eq!(refused.code(), Some("CONFLICT"), "{refused:?}");
        assert!(refused.message().is_some_and(|told| told.starts_with("clientMutationId: ")), "{refused:?}");
    }
    assert_eq!(made(&server).await?, 1);

    let another = administrator(&server, "sato@sunagawa.test").await?;
    let theirs = create(&server, &another, "1", "税務課").await?;
    assert_eq!(theirs.0["data"]["createDepartment"]["department"]["name"], "税務課", "{theirs:?}");
    assert_eq!(create(&server, &bearer, "1", "防災課").await?, first);
    assert_eq!(create(&server, &another, "1", "税務課").await?, theirs);

    // Without an id, each is one of its own.
    for (name, errors) in [("観光課", 0), ("観光課", 1)] {
        let input = json!({ "input": { "municipality": SUNAGAWA, "name": name } });
        let answer = server.ask_as(Some(&bearer), CREATE, input).await?.data()?;
        assert_eq!(answer["createDepartment"]["userErrors"].as_array().map(Vec::len), Some(errors), "{answer}");
    }
    // Without an account, nothing is done or remembered.
    let input = json!({ "input": { "municipality": SUNAGAWA, "name": "x", "clientMutationId": "1" } });
    assert_eq!(server.ask(CREATE, input).await?.code(), Some("UNAUTHENTICATED"));
    assert_eq!(remembered(&server).await?, 2);
    Ok(())
}

async fn what_was_refused_is_tried_anew(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = administrator(&server, "kato@sunagawa.test").await?;
    let first = create(&server, &bearer, "1", "防災課").await?;
    let refused = create(&server, &bearer, "2", "防災課").await?;
    assert_eq!(refused.0["data"]["createDepartment"]["userErrors"][0]["code"], "CONFLICT");
    let id = &first.0["data"]["createDepartment"]["department"]["id"];
    let delete = "mutation($input: DeleteDepartmentInput!) { deleteDepartment(input: $input) { userErrors { code } } }";
    server.ask_as(Some(&bearer), delete, json!({ "input": { "id": id } })).await?.data()?;
    let done = create(&server, &bearer, "2", "防災課").await?;
    assert_eq!(done.0["data"]["createDepartment"]["userErrors"], json!([]), "{done:?}");
    assert_eq!(create(&server, &bearer, "2", "防災課").await?, done);
    Ok(())
}

async fn of_several_at_once_one_is_done(backend: Backend) -> Result<()> {
    let database = TestDatabase::sample(backend).await?;
    // Both replicas are reached by one name.
    let server = TestServer::with(database, |settings| settings.public_url = Some("http://shirube.test".to_owned()));
    let server = Arc::new(server.await?);
    let bearer = administrator(&server, "kato@sunagawa.test").await?;
    let replica = Arc::new(server.replica().await?);
    for round in 0..5 {
        let (id, name) = (format!("r{round}"), format!("課{round}"));
        let mut asked = tokio::task::JoinSet::new();
        for at in 0..8 {
            let server = if at % 2 == 0 { server.clone() } else { replica.clone() };
            let (bearer, id, name) = (bearer.clone(), id.clone(), name.clone());
            asked.spawn(async move { create(&server, &bearer, &id, &name).await });
        }
        let mut done = None;
        while let Some(answer) = asked.join_next().await {
            let answer = answer??;
            if answer.0["data"]["createDepartment"].is_null() {
                ensure!(matches!(answer.code(), Some("CONFLICT" | "UNAVAILABLE")), "{answer:?}");
                continue;
            }
            ensure!(answer.0["data"]["createDepartment"]["userErrors"] == json!([]), "{answer:?}");
            ensure!(done.get_or_insert_with(|| answer.clone()) == &answer, "two answers: {done:?} {answer:?}");
        }
        let done = done.context("one of them did it")?;
        assert_eq!(made(&server).await?, round + 1);
        assert_eq!(create(&replica, &bearer, &id, &name).await?, done, "on every replica");
    }
    Ok(())
}

async fn what_is_not_known_any_more_is_not_done_again(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = administrator(&server, "kato@sunagawa.test").await?;
    create(&server, &bearer, "1", "防災課").await?.data()?;
    // As a server leaves it that is killed before it has kept its answer.
    server.database().execute("UPDATE performed SET answer = NULL").await?;
    let again = create(&server, &bearer, "1", "防災課").await?;
    assert_eq!(again.code(), Some("CONFLICT"));
    assert!(again.message().is_some_and(|told| told.contains("was done already")), "{again:?}");
    assert_eq!(made(&server).await?, 1);
    Ok(())
}

async fn whose_role_was_taken_hears_what_a_stranger_does(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = administrator(&server, "kato@sunagawa.test").await?;
    administrator(&server, "sato@sunagawa.test").await?;
    let stranger = server.user("ken@university.test", &[Grant::Instance(InstanceRole::Researcher)]).await?;
    create(&server, &bearer, "1", "防災課").await?.data()?;

    let (app, machine, code) = (server.app(), Scope::machine(), SUNAGAWA.parse()?);
    let members = app.members(&machine, code).await?;
    let own = members.iter().find(|member| member.user.email == "kato@sunagawa.test").context("the member")?;
    app.revoke_role(&machine, code, own.id, None).await?;
    let again = create(&server, &bearer, "1", "防災課").await?;
    assert_eq!(again.code(), Some("NOT_FOUND"));
    assert_eq!(again, create(&server, &stranger, "1", "防災課").await?);
    assert_eq!(made(&server).await?, 1);
    Ok(())
}

/// Answers hold what a municipality keeps to itself: as on its own tables, PostgreSQL shows them to their caller alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_shows_an_answer_to_its_caller_alone() -> Result<()> {
    let server = TestServer::sample(Backend::Postgres).await?;
    for (email, name) in [("kato@sunagawa.test", "防災課"), ("sato@sunagawa.test", "税務課")] {
        let bearer = administrator(&server, email).await?;
        create(&server, &bearer, "1", name).await?.data()?;
    }
    let callers = server.database().texts("SELECT caller_id::text FROM performed").await?;
    let service = Sql::connect(server.database().url()).await?;
    for (caller, seen) in [("", 0), ("%", 0), (&*callers[0], 1), (&*callers[1], 1), ("null", 0)] {
        service.run(&format!("SELECT set_config('shirube.caller', '{caller}', false)")).await?;
        let rows = service.texts("SELECT caller_id::text FROM performed").await?;
        assert_eq!(rows.len(), seen, "{caller}");
        assert!(rows.iter().all(|row| row == caller));
        let others = format!("UPDATE performed SET answer = 'x' WHERE caller_id::text <> '{caller}'");
        assert_eq!(service.run(&others).await?, 0, "{caller}");
    }
    assert_eq!(service.run("DELETE FROM performed").await?, 0, "nothing is old");
    Ok(())
}

async fn ids_and_answers_have_an_end(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = administrator(&server, "kato@sunagawa.test").await?;
    // 85 characters of three bytes.
    create(&server, &bearer, &"課".repeat(85), "防災課").await?.data()?;
    let long = create(&server, &bearer, &"課".repeat(86), "税務課").await?;
    assert_eq!(long.code(), Some("BAD_USER_INPUT"));
    assert!(long.message().is_some_and(|told| told.starts_with("input.clientMutationId: ")), "{long:?}");

    let mut document: Value = serde_json::from_str(shirube_exchange::STRATEGIES[0])?;
    (document["term"], document["term_number"]) = ("第３期".into(), 3.into());
    let part = "indicators(first: 100) { nodes { label baseline { printed } remarks { text } figures { actual { printed } } } }";
    let parts: Vec<String> = (0..20).map(|at| format!("p{at}: {part}")).collect();
    let parts = parts.join(" ");
    let query = format!(
        "mutation($input: CreateStrategyInput!) {{ createStrategy(input: $input) {{ strategy {{ {parts} }} userErrors {{ code }} }} }}"
    );
    let input = json!({ "input": { "municipality": SUNAGAWA, "document": document, "clientMutationId": "long" } });
    let first = server.ask_as(Some(&bearer), &query, input.clone()).await?;
    assert!(first.clone().data()?.to_string().len() > 256 * 1024, "an answer that is too long to be kept");
    let again = server.ask_as(Some(&bearer), &query, input).await?;
    assert_eq!(again.code(), Some("CONFLICT"), "{:?}", again.message());

    // As many as there may be in a day.
    let many = "INSERT INTO performed SELECT caller_kind, caller_id, 'n' || n, fingerprint, action, municipality, at, NULL \
                FROM performed, (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 9998) SELECT n FROM c) AS k \
                WHERE client_mutation_id = 'long'";
    server.database().execute(many).await?;
    let full = create(&server, &bearer, "one more", "観光課").await?;
    assert_eq!(full.code(), Some("CONFLICT"), "{full:?}");
    assert!(full.message().is_some_and(|told| told.starts_with("clientMutationId: 10000 ")), "{full:?}");
    let input = json!({ "input": { "municipality": SUNAGAWA, "name": "観光課" } });
    server.ask_as(Some(&bearer), CREATE, input).await?.data()?;
    Ok(())
}
