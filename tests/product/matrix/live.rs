//! Everybody × every subscription × both municipalities: who may not follow hears why at once, who may hears of a change.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, future::join_all};
use shirube_access::table::{Place, TargetKind};
use shirube_testing::{Answer, Answers, Backend, both_backends};
use tokio::time::timeout;

use super::{
    cases::SUBSCRIPTIONS,
    house::{HERE, House, THERE, code},
    objection,
};
use crate::live::Draft;

both_backends!(who_may_follow_hears, without_public_reading_followers_need_an_account);

/// How long a refusal takes at most, and a change to be heard.
const REFUSED: Duration = Duration::from_secs(2);
const HEARD: Duration = Duration::from_secs(10);

async fn who_may_follow_hears(backend: Backend) -> Result<()> {
    everybody_follows(&House::new(backend, true).await?).await
}

async fn without_public_reading_followers_need_an_account(backend: Backend) -> Result<()> {
    everybody_follows(&House::new(backend, false).await?).await
}

/// Somebody who follows something, and what they should hear.
struct Follower {
    told: String,
    field: &'static str,
    refusal: Option<&'static str>,
    answers: Answers,
}

/// The first that they hear; none if it does not come in time.
async fn first(follower: &mut Follower, within: Duration) -> Result<Option<Answer>> {
    match timeout(within, follower.answers.next()).await {
        Ok(answer) => Ok(Some(answer.context("a stream says something before it ends")??)),
        Err(_) => Ok(None),
    }
}

async fn everybody_follows(house: &House) -> Result<()> {
    let _hearing = house.service.hearing().await;
    let app = &house.service.app;
    let (here, there) = (Draft::new(app, code(HERE), 5).await?, Draft::new(app, code(THERE), 5).await?);
    let mut followers = Vec::new();
    for (field, row, text) in SUBSCRIPTIONS {
        for principal in &house.principals {
            for (municipality, draft) in [(HERE, &here), (THERE, &there)] {
                let place = match row.target {
                    TargetKind::Municipality => Place::Municipality(code(municipality)),
                    TargetKind::Instance | TargetKind::Own => Place::Instance,
                };
                let text = text.replace("CODE", municipality).replace("DRAFT", &draft.id);
                let text = text.replace("ROUND", &draft.round).replace("TASK", &draft.task);
                let query = format!("subscription {{ {text} }}");
                followers.push(Follower {
                    told: format!("{}: {text}", principal.name),
                    field,
                    refusal: principal.refusal(row, place, house.public_read),
                    answers: house.service.subscribe(principal.bearer.as_deref(), &query).await?,
                });
            }
        }
    }
    let (refused, mut following): (Vec<_>, Vec<_>) = followers.into_iter().partition(|of| of.refusal.is_some());
    ensure!(!following.is_empty() && !refused.is_empty(), "both are tried");
    let mut wrong = Vec::new();
    for mut of in refused {
        let answer = first(&mut of, REFUSED).await?.with_context(|| format!("{}: not refused", of.told))?;
        wrong.extend(objection(&answer, of.field, of.refusal).map(|why| format!("{}: {why}", of.told)));
        ensure!(of.answers.next().await.is_none(), "{}: goes on after it was refused", of.told);
    }
    let begun = join_all(following.iter_mut().map(|of| first(of, REFUSED))).await;
    for (answer, of) in begun.into_iter().zip(&following) {
        if let Some(answer) = answer? {
            wrong.push(format!("{}: heard {} before anything happened", of.told, answer.0));
        }
    }
    for draft in [here, there] {
        draft.change(app, "防災課").await?;
        draft.report(app, "順調").await?;
        draft.publish(app).await?;
    }
    let heard = join_all(following.iter_mut().map(|of| first(of, HEARD))).await;
    for (answer, of) in heard.into_iter().zip(&following) {
        match answer? {
            Some(answer) => wrong.extend(objection(&answer, of.field, None).map(|why| format!("{}: {why}", of.told))),
            None => wrong.push(format!("{}: heard nothing", of.told)),
        }
    }
    ensure!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}
