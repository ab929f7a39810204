//! What a round and the clock tell: figures that were returned, days that have passed, embargoes that have ended.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::Scope;
use shirube_app::{Figure, NewPublication, Part, Selection};
use shirube_domain::{
    StrategyId,
    calendar::{FiscalYear, day_in_japan},
    edit::Change,
    lint::Subject,
    round::{Decision, Round},
};
use shirube_testing::{Backend, TestServer, both_backends};
use time::{Duration, OffsetDateTime};
use tokio::time::sleep;

use super::{
    administrator, code, hook,
    receiver::{QUIET, Receiver},
    server,
};
use crate::authoring::small;

both_backends!(what_is_returned_is_told, what_is_overdue_is_told_once, an_embargo_is_told_when_it_ends);

/// A round with a task of each of two departments, due tomorrow.
async fn round(server: &TestServer) -> Result<(Part, [Subject; 2])> {
    let (app, machine, municipality) = (server.app(), Scope::machine(), code()?);
    let mut document = small(municipality, 91, "試し");
    let program = |title: &str, department: &str| json!({ "title": title, "department": department, "no_indicator": { "reason": "困難なため", "mark": "―" } });
    document["plan"] = json!([program("事業一", "福祉課"), program("事業二", "商工課")]);
    let made = app.create_strategy(&machine, municipality, &document.to_string()).await?;
    let strategy: StrategyId = made.strategy().parts().id;
    let year = FiscalYear::new(2025)?;
    let tomorrow = day_in_japan(OffsetDateTime::from(std::time::SystemTime::now())).next_day().context("a day")?;
    app.open_round(&machine, municipality, Round { strategy, year, due: tomorrow, dues: Vec::new() }).await?;
    let node = |at: usize| Subject::Node(made.strategy().nodes()[at].id);
    Ok((Part { municipality, strategy, year }, [node(0), node(1)]))
}

async fn submit(server: &TestServer, part: Part, subject: Subject) -> Result<()> {
    let figure = Figure {
        subject,
        version: 0,
        actual: Change::Keep,
        status: None,
        remark: Change::Set("順調".to_owned()),
        causes: None,
        confirmation: Change::Keep,
        submit: true,
    };
    server.app().report_figures(&Scope::machine(), part, vec![figure]).await?;
    Ok(())
}

fn key(subject: Subject) -> Value {
    match subject {
        Subject::Node(id) => id.to_string().into(),
        Subject::Indicator(id) => id.to_string().into(),
    }
}

async fn what_is_returned_is_told(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let receiver = Receiver::start().await?;
    let bearer = administrator(&server).await?;
    hook(&server, &bearer, &receiver.url("/returned"), &["RETURNED"]).await?;
    let (part, [subject, _]) = round(&server).await?;
    submit(&server, part, subject).await?;
    let decision = Decision::Return("書き足してください".to_owned());
    server.app().decide_figures(&Scope::machine(), part, &Selection::Tasks(vec![(subject, 1)]), decision).await?;
    let heard = receiver.hears("/returned", 1).await?[0].json()?;
    assert_eq!(heard["type"], "returned");
    let data = &heard["data"];
    assert_eq!((&data["strategy"], &data["year"]), (&part.strategy.to_string().into(), &json!(2025)));
    assert_eq!(data["reason"], "書き足してください");
    assert_eq!(data["tasks"][0]["node"], key(subject));
    assert!(data["tasks"][0]["department"].is_string(), "{data}");
    Ok(())
}

async fn what_is_overdue_is_told_once(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let receiver = Receiver::start().await?;
    let bearer = administrator(&server).await?;
    hook(&server, &bearer, &receiver.url("/overdue"), &["OVERDUE"]).await?;
    let (part, [done, owed]) = round(&server).await?;
    submit(&server, part, done).await?;
    sleep(QUIET).await;
    assert_eq!(receiver.heard("/overdue").len(), 0, "there is a day left");
    server.advance(Duration::days(2));
    let heard = receiver.hears("/overdue", 1).await?[0].json()?;
    let data = &heard["data"];
    assert_eq!((&heard["type"], &data["year"]), (&json!("overdue"), &json!(2025)));
    assert_eq!(data["owed"], json!([{ "node": key(owed) }]), "of the department that has not submitted");
    server.advance(Duration::days(2));
    sleep(QUIET).await;
    assert_eq!(receiver.heard("/overdue").len(), 1, "not every day anew");
    // A day that is put off passes once more.
    let later = day_in_japan(OffsetDateTime::from(std::time::SystemTime::now()) + Duration::days(6));
    let Part { municipality, strategy, year } = part;
    let round = Round { strategy, year, due: later, dues: Vec::new() };
    server.app().change_round(&Scope::machine(), municipality, round, 1).await?;
    server.advance(Duration::days(4));
    assert_eq!(receiver.hears("/overdue", 2).await?[1].json()?["data"]["due"], later.to_string());
    Ok(())
}

async fn an_embargo_is_told_when_it_ends(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let receiver = Receiver::start().await?;
    let bearer = administrator(&server).await?;
    hook(&server, &bearer, &receiver.url("/published"), &["PUBLISHED"]).await?;
    let (part, _) = round(&server).await?;
    let ends = OffsetDateTime::from(std::time::SystemTime::now()) + Duration::hours(1);
    let new = NewPublication { with_gaps: true, embargo: Some(ends), ..NewPublication::default() };
    server.app().publish_strategy(&Scope::machine(), part.municipality, part.strategy, new).await?;
    sleep(QUIET).await;
    assert_eq!(receiver.heard("/published").len(), 0, "nobody hears of it before");
    server.advance(Duration::minutes(61));
    let heard = receiver.hears("/published", 1).await?[0].json()?;
    assert_eq!(
        (&heard["data"]["strategy"], &heard["data"]["revision"]),
        (&part.strategy.to_string().into(), &json!(1))
    );
    Ok(())
}
