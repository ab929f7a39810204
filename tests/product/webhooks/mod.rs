//! Webhooks, as their receivers hear them: told of what happened once and signed, tried again until they are taken, and
//! never a way to where the service may go and others may not.

mod receiver;
mod rounds;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shirube_access::{
    Grant, MunicipalRole, Scope,
    table::{Instance, Publish, WorkAgenda},
};
use shirube_app::{App, Delivery, DeliveryFilter, NewPublication};
use shirube_domain::{
    StrategyId, WebhookId,
    municipality::MunicipalityCode,
    webhook::{DeliveryState, Event},
};
use shirube_testing::{Backend, TestDatabase, TestServer, TestService, both_backends};
use standardwebhooks::Webhook as Verifier;
use time::{Duration, OffsetDateTime};
use tokio::time::sleep;

use self::receiver::{QUIET, Receiver};
use crate::{authoring::small, sign_in::change};

both_backends!(
    a_publication_is_told_once_and_signed,
    a_receiver_that_fails_is_asked_again_under_the_same_key,
    a_delivery_is_given_up_and_forgotten,
    a_receiver_that_is_gone_is_left_alone,
    a_slow_receiver_holds_up_nobody_else,
    what_could_not_be_delivered_is_delivered_after_a_restart,
    nothing_is_sent_to_where_nobody_else_may_go,
    what_is_wrong_with_a_webhook_is_told,
    publishing_costs_the_same_however_many_webhooks_there_are,
);

const HOOK: &str = "webhook { id url events disabledAt disabledReason }";
const DELIVERY: &str = "delivery { id key state attempts status reason nextAttemptAt }";

fn code() -> Result<MunicipalityCode> {
    Ok("012262".parse()?)
}

/// A server whose webhooks may reach this machine.
async fn server(backend: Backend) -> Result<TestServer> {
    let reach = "127.0.0.0/8, ::1".parse().map_err(anyhow::Error::msg)?;
    TestServer::with(TestDatabase::sample(backend).await?, |settings| settings.webhook_private = reach).await
}

async fn administrator(server: &TestServer) -> Result<String> {
    server.user("kanri@sunagawa.test", &[Grant::Municipal(code()?, MunicipalRole::Administrator)]).await
}

/// Makes a webhook; gives its id and its secret.
async fn hook(server: &TestServer, bearer: &str, url: &str, events: &[&str]) -> Result<(Value, String)> {
    let input = json!({ "municipality": "012262", "url": url, "events": events });
    let made = change(server, bearer, "createWebhook", input, &format!("{HOOK} secret")).await?;
    ensure!(made["userErrors"] == json!([]), "{made}");
    let secret = made["secret"].as_str().context("a secret")?.to_owned();
    Ok((made["webhook"]["id"].clone(), secret))
}

/// Makes a draft of a term; gives its id.
async fn draft(app: &App, code: MunicipalityCode, term: usize) -> Result<StrategyId> {
    let document = small(code, term, "試し").to_string();
    Ok(app.create_strategy(&Scope::machine(), code, &document).await?.strategy().parts().id)
}

/// Publishes a new draft of a term.
async fn publish(app: &App, code: MunicipalityCode, term: usize) -> Result<StrategyId> {
    let id = draft(app, code, term).await?;
    app.publish_strategy(&Scope::machine(), code, id, NewPublication::default()).await?;
    Ok(id)
}

/// All deliveries of the municipality's first webhook, the latest first.
async fn deliveries(server: &TestServer) -> Result<Vec<Delivery>> {
    let (app, machine) = (server.app(), Scope::machine());
    let hook = app.webhooks(&machine, code()?).await?.first().context("a webhook")?.id;
    let filter = DeliveryFilter { limit: 100, ..DeliveryFilter::default() };
    Ok(app.deliveries(&machine, code()?, hook, filter).await?.deliveries)
}

/// Waits until the latest delivery of the first webhook has been tried so often.
async fn tried(server: &TestServer, attempts: u32) -> Result<Delivery> {
    for _ in 0..400 {
        let latest = deliveries(server).await?.into_iter().next().context("a delivery")?;
        if latest.attempts >= attempts {
            return Ok(latest);
        }
        sleep(std::time::Duration::from_millis(50)).await;
    }
    anyhow::bail!("it is not tried {attempts} times: {:?}", deliveries(server).await?)
}

/// Waits until the first webhook has so many deliveries and all of them were taken. What a receiver has heard may not have
/// been written down yet, and a clock that goes on in between would find it under way.
async fn delivered(server: &TestServer, count: usize) -> Result<()> {
    for _ in 0..400 {
        let all = deliveries(server).await?;
        if all.len() == count && all.iter().all(|delivery| delivery.state == DeliveryState::Delivered) {
            return Ok(());
        }
        sleep(std::time::Duration::from_millis(50)).await;
    }
    anyhow::bail!("not {count} that were delivered: {:?}", deliveries(server).await?)
}

async fn a_publication_is_told_once_and_signed(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    // Two replicas work the same agenda.
    let replica = server.replica().await?;
    let receiver = Receiver::start().await?;
    let bearer = administrator(&server).await?;
    let (id, secret) = hook(&server, &bearer, &receiver.url("/told"), &["PUBLISHED", "OVERDUE"]).await?;
    hook(&server, &bearer, &receiver.url("/others"), &["RETURNED"]).await?;
    ensure!(secret.starts_with("whsec_"), "{secret}");

    let strategy = publish(server.app(), code()?, 90).await?;
    let there = "325252".parse()?;
    publish(server.app(), there, 90).await?;
    receiver.hears("/told", 1).await?;
    sleep(QUIET).await;
    let all = receiver.heard("/told");
    ensure!(all.len() == 1, "told once, and of one's own alone: {all:#?}");
    ensure!(receiver.heard("/others").is_empty(), "nobody asked for it");

    // What the reference library thinks of it; and of a body or a secret that is another one.
    let heard = &all[0];
    let verifier = Verifier::new(&secret)?;
    verifier.verify(heard.body.as_bytes(), &heard.headers)?;
    ensure!(verifier.verify(format!("{} ", heard.body).as_bytes(), &heard.headers).is_err());
    let replaced = change(&server, &bearer, "rotateWebhookSecret", json!({ "id": id }), "secret").await?;
    let replaced = replaced["secret"].as_str().context("a secret")?;
    ensure!(replaced.starts_with("whsec_") && replaced != secret);
    ensure!(Verifier::new(replaced)?.verify(heard.body.as_bytes(), &heard.headers).is_err());

    assert_eq!(heard.header("content-type"), "application/json");
    let body = heard.json()?;
    assert_eq!(body["id"], heard.header("webhook-id"));
    assert_eq!((&body["type"], &body["municipality"]), (&json!("published"), &json!("012262")));
    let data = &body["data"];
    assert_eq!(
        (&data["strategy"], &data["revision"], &data["term"]),
        (&json!(strategy.to_string()), &json!(1), &json!(90))
    );
    // Where it says that the revision is to be read, it is.
    let url = data["url"].as_str().context("a URL")?;
    let read: Value = serde_json::from_str(&server.client().get(url).send().await?.text().await?)?;
    assert_eq!(read["data"]["strategy"]["revision"]["hash"], data["hash"], "{read}");

    let query = "query($id: ID!) { node(id: $id) { ... on Webhook {
        deliveries(first: 5) { nodes { id key event state attempts status payload attemptedAt nextAttemptAt } } } } }";
    let listed = server.ask_as(Some(&bearer), query, json!({ "id": id })).await?.data()?;
    let listed = &listed["node"]["deliveries"]["nodes"];
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let told = &listed[0];
    assert_eq!(
        (&told["event"], &told["state"], &told["status"]),
        (&json!("PUBLISHED"), &json!("DELIVERED"), &json!(204))
    );
    assert_eq!((&told["key"], &told["attempts"], &told["nextAttemptAt"]), (&body["id"], &json!(1), &Value::Null));
    assert_eq!(told["payload"], heard.body, "to the letter");

    // What is sent from now on is signed with the new secret.
    change(&server, &bearer, "testWebhook", json!({ "id": id }), DELIVERY).await?;
    let ping = receiver.hears("/told", 2).await?.pop().context("a ping")?;
    Verifier::new(replaced)?.verify(ping.body.as_bytes(), &ping.headers)?;
    assert_eq!(ping.json()?["type"], "ping");
    tried(&replica, 1).await?;
    pages_of_deliveries(&server, &bearer, &id).await?;
    replica.stop().await;
    Ok(())
}

/// A ping and a publication before it, page by page.
async fn pages_of_deliveries(server: &TestServer, bearer: &str, id: &Value) -> Result<()> {
    let page = async |arguments: &str| -> Result<(String, Value)> {
        let query = format!(
            "query($id: ID!) {{ node(id: $id) {{ ... on Webhook {{ deliveries({arguments}) {{
                nodes {{ event }} pageInfo {{ hasPreviousPage hasNextPage startCursor endCursor }} }} }} }} }}"
        );
        let told = server.ask_as(Some(bearer), &query, json!({ "id": id })).await?.data()?;
        let page = told["node"]["deliveries"].clone();
        let events = page["nodes"].as_array().context("deliveries")?;
        let events: Vec<&str> = events.iter().filter_map(|of| of["event"].as_str()).collect();
        Ok((events.join(" "), page["pageInfo"].clone()))
    };
    let (first, of) = page("first: 1").await?;
    assert_eq!((first.as_str(), &of["hasNextPage"], &of["hasPreviousPage"]), ("PING", &json!(true), &json!(false)));
    let (second, of) = page(&format!("first: 9, after: {}", of["endCursor"])).await?;
    assert_eq!(
        (second.as_str(), &of["hasNextPage"], &of["hasPreviousPage"]),
        ("PUBLISHED", &json!(false), &json!(true))
    );
    assert_eq!(page(&format!("last: 1, before: {}", of["startCursor"])).await?.0, "PING");
    assert_eq!(page("last: 1").await?.0, "PUBLISHED");
    assert_eq!(page("first: 9, states: [DELIVERED, FAILED]").await?.0, "PING PUBLISHED");
    assert_eq!(page("first: 9, states: [PENDING]").await?.0, "");
    Ok(())
}

async fn a_receiver_that_fails_is_asked_again_under_the_same_key(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let receiver = Receiver::start().await?;
    let bearer = administrator(&server).await?;
    receiver.answers("/fails", &[500, 302, 200]);
    // By name, too, it leads to this machine.
    let url = receiver.url("/fails").replace("127.0.0.1", "localhost");
    let (id, _) = hook(&server, &bearer, &url, &["PUBLISHED"]).await?;
    let asked = change(&server, &bearer, "testWebhook", json!({ "id": id }), DELIVERY).await?;
    assert_eq!(asked["delivery"]["state"], "PENDING", "{asked}");
    let delivery = asked["delivery"]["id"].clone();

    receiver.hears("/fails", 1).await?;
    let first = tried(&server, 1).await?;
    assert_eq!((first.state, first.status), (DeliveryState::Pending, Some(500)));
    let wait = first.next_at.context("it is tried again")? - first.attempted_at.context("it was tried")?;
    ensure!((Duration::seconds(9)..=Duration::seconds(13)).contains(&wait), "{wait}");
    for field in ["testWebhook", "redeliver"] {
        let input = json!({ "id": if field == "redeliver" { &delivery } else { &id } });
        let refused = change(&server, &bearer, field, input, "").await?;
        assert_eq!(refused["userErrors"][0]["code"], "CONFLICT", "it is still to be delivered: {refused}");
    }
    sleep(QUIET).await;
    assert_eq!(receiver.heard("/fails").len(), 1, "not before its time");

    server.advance(Duration::seconds(15));
    let second = tried(&server, 2).await?;
    assert_eq!((second.state, second.status), (DeliveryState::Pending, Some(302)));
    ensure!(receiver.heard("/elsewhere").is_empty(), "it leads nobody elsewhere");
    server.advance(Duration::seconds(80));
    let third = tried(&server, 3).await?;
    assert_eq!((third.state, third.status, third.next_at), (DeliveryState::Delivered, Some(200), None));

    let again = change(&server, &bearer, "redeliver", json!({ "id": delivery }), DELIVERY).await?;
    assert_eq!((&again["delivery"]["id"], &again["delivery"]["state"]), (&delivery, &json!("PENDING")), "{again}");
    let heard = receiver.hears("/fails", 4).await?;
    for later in &heard[1..] {
        assert_eq!(later.header("webhook-id"), heard[0].header("webhook-id"));
        assert_eq!(later.body, heard[0].body);
    }
    Ok(())
}

async fn a_delivery_is_given_up_and_forgotten(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let receiver = Receiver::start().await?;
    receiver.answers("/fails", &[503]);
    let (app, machine) = (server.app(), Scope::machine());
    let made = app.make_webhook(&machine, code()?, &receiver.url("/fails"), vec![Event::Published]).await?;
    app.try_webhook(&machine, code()?, made.webhook.id).await?;
    for attempts in 1..=8 {
        let delivery = tried(&server, attempts).await?;
        let over = attempts == 8;
        assert_eq!(delivery.state, if over { DeliveryState::Failed } else { DeliveryState::Pending }, "{delivery:?}");
        assert_eq!((delivery.status, delivery.next_at.is_none()), (Some(503), over), "{delivery:?}");
        if let (Some(next), Some(last)) = (delivery.next_at, delivery.attempted_at) {
            server.advance(next - last + Duration::seconds(1));
        }
    }
    server.advance(Duration::days(1));
    sleep(QUIET).await;
    assert_eq!(receiver.heard("/fails").len(), 8);

    // What failed is told again on request, and all is kept for a month.
    let failed = deliveries(&server).await?[0].id;
    receiver.answers("/fails", &[200]);
    app.redeliver(&machine, code()?, failed).await?;
    delivered(&server, 1).await?;
    app.try_webhook(&machine, code()?, made.webhook.id).await?;
    delivered(&server, 2).await?;
    assert_eq!(receiver.heard("/fails").len(), 10);
    server.advance(Duration::days(31));
    for _ in 0..100 {
        if deliveries(&server).await?.is_empty() {
            let left = server.database().texts("SELECT kind FROM agenda").await?;
            ensure!(left.is_empty(), "nothing is left to do: {left:?}");
            return Ok(());
        }
        sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("old deliveries are kept: {:?}", deliveries(&server).await?)
}

async fn a_receiver_that_is_gone_is_left_alone(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let receiver = Receiver::start().await?;
    let bearer = administrator(&server).await?;
    receiver.answers("/gone", &[410, 200]);
    let (id, _) = hook(&server, &bearer, &receiver.url("/gone"), &["PUBLISHED"]).await?;
    publish(server.app(), code()?, 90).await?;
    let delivery = tried(&server, 1).await?;
    assert_eq!((delivery.state, delivery.status), (DeliveryState::Failed, Some(410)));

    publish(server.app(), code()?, 91).await?;
    sleep(QUIET).await;
    assert_eq!(receiver.heard("/gone").len(), 1, "it wants no more");
    assert_eq!(deliveries(&server).await?.len(), 1);
    let query = "{ webhooks(municipality: \"012262\") { disabledAt disabledReason }
        audit(municipality: \"012262\", filter: { subjectKind: \"webhook\" }, first: 1) { nodes { event actorKind } } }";
    let told = server.ask_as(Some(&bearer), query, json!({})).await?.data()?;
    ensure!(told["webhooks"][0]["disabledAt"].is_string(), "{told}");
    ensure!(told["webhooks"][0]["disabledReason"].as_str().is_some_and(|why| why.contains("410")), "{told}");
    assert_eq!(told["audit"]["nodes"][0], json!({ "event": "webhook_disabled", "actorKind": "MACHINE" }));
    let refused = change(&server, &bearer, "testWebhook", json!({ "id": id }), "").await?;
    assert_eq!(refused["userErrors"][0]["code"], "CONFLICT", "{refused}");

    let enabled = change(&server, &bearer, "updateWebhook", json!({ "id": id, "enabled": true }), HOOK).await?;
    ensure!(enabled["webhook"]["disabledAt"].is_null() && enabled["webhook"]["disabledReason"].is_null(), "{enabled}");
    publish(server.app(), code()?, 92).await?;
    receiver.hears("/gone", 2).await?;

    // What was not told when it is switched off is not told later.
    receiver.answers("/gone", &[500]);
    publish(server.app(), code()?, 93).await?;
    receiver.hears("/gone", 3).await?;
    tried(&server, 1).await?;
    change(&server, &bearer, "updateWebhook", json!({ "id": id, "enabled": false }), HOOK).await?;
    assert_eq!(deliveries(&server).await?[0].state, DeliveryState::Failed);
    change(&server, &bearer, "updateWebhook", json!({ "id": id, "enabled": true }), HOOK).await?;
    server.advance(Duration::seconds(20));
    sleep(QUIET).await;
    assert_eq!(receiver.heard("/gone").len(), 3);
    let removed = change(&server, &bearer, "deleteWebhook", json!({ "id": id }), HOOK).await?;
    assert_eq!(removed["webhook"]["id"], id, "what it was");
    assert_eq!(server.database().texts("SELECT state FROM webhook_delivery").await?, Vec::<String>::new());
    Ok(())
}

async fn a_slow_receiver_holds_up_nobody_else(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let receiver = Receiver::start().await?;
    receiver.answers("/slow", &[0]);
    let (app, machine) = (server.app(), Scope::machine());
    for path in ["/slow", "/quick"] {
        app.make_webhook(&machine, code()?, &receiver.url(path), vec![Event::Published]).await?;
    }
    publish(app, code()?, 90).await?;
    receiver.hears("/slow", 1).await?;
    publish(app, code()?, 91).await?;
    receiver.hears("/quick", 2).await?;
    assert_eq!(receiver.heard("/slow").len(), 1, "one at a time");
    let first = receiver.hears("/slow", 2).await?;
    ensure!(first[0].header("webhook-id") != first[1].header("webhook-id"), "the next one has its turn");
    let told = deliveries(&server).await?.into_iter().find(|of| of.attempts == 1).context("the first was tried")?;
    assert_eq!((told.state, told.status), (DeliveryState::Pending, None));
    assert_eq!(told.reason.as_deref(), Some("no answer within 10 seconds"));
    Ok(())
}

async fn what_could_not_be_delivered_is_delivered_after_a_restart(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let receiver = Receiver::start().await?;
    let bearer = administrator(&server).await?;
    let (_, secret) = hook(&server, &bearer, &receiver.url("/told"), &["PUBLISHED"]).await?;
    let id = draft(server.app(), code()?, 90).await?;
    let server = server
        .restart(async |database| {
            let (store, machine) = (database.store().await?, Scope::machine());
            // It is published, and whoever began to deliver it is no more.
            let now = OffsetDateTime::from(std::time::SystemTime::now());
            store
                .tenant(machine.permit::<Publish>(code()?)?, now)
                .await?
                .publish_draft(id, NewPublication::default())
                .await?;
            let taken = store.commons(machine.permit::<WorkAgenda>(Instance)?, now).await?.take(9).await?;
            ensure!(taken.len() == 1, "{taken:?}");
            let taken = store.commons(machine.permit::<WorkAgenda>(Instance)?, now).await?.take(9).await?;
            ensure!(taken.is_empty(), "it is somebody's: {taken:?}");
            Ok(())
        })
        .await?;
    sleep(QUIET).await;
    ensure!(receiver.heard("/told").is_empty(), "it may still be under way");
    server.advance(Duration::seconds(61));
    let heard = receiver.hears("/told", 1).await?;
    // A minute ahead is within what a receiver takes.
    Verifier::new(&secret)?.verify(heard[0].body.as_bytes(), &heard[0].headers)?;
    assert_eq!(tried(&server, 1).await?.state, DeliveryState::Delivered);
    Ok(())
}

async fn nothing_is_sent_to_where_nobody_else_may_go(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let receiver = Receiver::start().await?;
    let bearer = administrator(&server).await?;
    for url in [
        receiver.url("/"),
        format!("https://127.0.0.1:{}/", receiver.port()),
        "https://2130706433/".to_owned(),
        "https://[::ffff:127.0.0.1]/".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.0.0.1/".to_owned(),
    ] {
        let input = json!({ "municipality": "012262", "url": url, "events": ["PUBLISHED"] });
        let refused = change(&server, &bearer, "createWebhook", input, "webhook { id } secret").await?;
        assert_eq!(refused["userErrors"][0]["path"], json!(["input", "url"]), "{url}: {refused}");
        assert_eq!((&refused["webhook"], &refused["secret"]), (&Value::Null, &Value::Null));
    }
    // A name says nothing about where it leads; that is looked at when something is sent.
    let url = format!("https://localhost:{}/", receiver.port());
    let (id, _) = hook(&server, &bearer, &url, &["PUBLISHED"]).await?;
    change(&server, &bearer, "testWebhook", json!({ "id": id }), DELIVERY).await?;
    let delivery = tried(&server, 1).await?;
    assert_eq!((delivery.state, delivery.status), (DeliveryState::Pending, None));
    ensure!(delivery.reason.as_deref().is_some_and(|why| why.contains("not a public one")), "{delivery:?}");
    let moved = change(&server, &bearer, "updateWebhook", json!({ "id": id, "url": "https://127.1/" }), HOOK).await?;
    assert_eq!(moved["userErrors"][0]["path"], json!(["input", "url"]), "{moved}");
    assert_eq!(receiver.connections(), 0);
    Ok(())
}

async fn what_is_wrong_with_a_webhook_is_told(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = administrator(&server).await?;
    let url = "https://hooks.invalid/secret";
    for (url, events, place) in [
        ("http://hooks.invalid/", vec!["PUBLISHED"], "url"),
        ("https://hooks.invalid:22/", vec!["PUBLISHED"], "url"),
        ("https://user:password@hooks.invalid/", vec!["PUBLISHED"], "url"),
        ("https://hooks.invalid/#x", vec!["PUBLISHED"], "url"),
        (url, vec![], "events"),
        (url, vec!["PUBLISHED", "PING"], "events"),
    ] {
        let input = json!({ "municipality": "012262", "url": url, "events": events });
        let refused = change(&server, &bearer, "createWebhook", input, "webhook { id }").await?;
        assert_eq!(refused["userErrors"][0]["path"], json!(["input", place]), "{refused}");
    }
    for _ in 0..20 {
        hook(&server, &bearer, url, &["PUBLISHED", "PUBLISHED"]).await?;
    }
    let input = json!({ "municipality": "012262", "url": url, "events": ["PUBLISHED"] });
    let refused = change(&server, &bearer, "createWebhook", input, "webhook { id }").await?;
    assert_eq!(refused["userErrors"][0]["code"], "CONFLICT", "{refused}");
    let query = "{ webhooks(municipality: \"012262\") { url events createdBy }
        audit(municipality: \"012262\", first: 1) { nodes { event after } } }";
    let told = server.ask_as(Some(&bearer), query, json!({})).await?.data()?;
    assert_eq!(told["webhooks"].as_array().map(Vec::len), Some(20));
    assert_eq!(told["webhooks"][0], json!({ "url": url, "events": ["PUBLISHED"], "createdBy": "kanri@sunagawa.test" }));
    let line = &told["audit"]["nodes"][0];
    assert_eq!(line["event"], "webhook_made");
    ensure!(
        line["after"].as_str().is_some_and(|after| after.contains("hooks.invalid") && !after.contains("secret")),
        "{line}"
    );
    Ok(())
}

async fn publishing_costs_the_same_however_many_webhooks_there_are(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let (app, machine) = (&service.app, Scope::machine());
    let mut counted = Vec::new();
    for (term, more) in [(90, 0), (91, 1), (92, 18)] {
        for _ in 0..more {
            let wanted = vec![Event::Published];
            app.make_webhook(&machine, code()?, "https://hooks.invalid/", wanted).await?;
        }
        let id = draft(app, code()?, term).await?;
        service.statements();
        app.publish_strategy(&machine, code()?, id, NewPublication::default()).await?;
        counted.push(service.statements());
    }
    assert_eq!(counted[1], counted[0] + 2, "what is to be delivered, and when: {counted:?}");
    assert_eq!(counted[2], counted[1], "{counted:?}");
    let hook: WebhookId = app.webhooks(&machine, code()?).await?[0].id;
    let filter = DeliveryFilter { limit: 9, ..DeliveryFilter::default() };
    assert_eq!(app.deliveries(&machine, code()?, hook, filter).await?.deliveries.len(), 2, "since it was made");
    Ok(())
}
