//! Two servers over one database: what one takes away, the other takes away within seconds.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use shirube_access::Scope;
use shirube_testing::{Backend, TestServer, both_backends};

use super::{
    RESEARCHER, SUNAGAWA, Tokens, accept, administrator, believed, changed, code, in_days, invited, post_as, refresh,
    server, somebody,
};

both_backends!(what_one_takes_away_the_other_takes_away, either_goes_on_where_the_other_stopped);

/// How long it takes until something is so, which must not be longer than `most`.
async fn until(most: Duration, is_so: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_so().await? {
        ensure!(began.elapsed() < most, "not within {most:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn reads_drafts(server: &TestServer, bearer: &str) -> Result<bool> {
    let answer = server.ask_as(Some(bearer), "{ drafts(municipality: \"012262\") { id } }", json!({})).await?;
    match answer.code() {
        Some("NOT_FOUND") => Ok(false),
        _ => answer.data().map(|_| true),
    }
}

async fn what_one_takes_away_the_other_takes_away(backend: Backend) -> Result<()> {
    let one = server(backend).await?;
    let other = one.replica().await?;
    let (app, machine) = (one.app(), Scope::machine());
    let user = async |email: &str| anyhow::Ok(app.user_of_email(&machine, email).await?.user.id);
    let leaving = somebody(&one, "leaving@example.jp", RESEARCHER).await?.access;
    let disabled = somebody(&one, "disabled@example.jp", RESEARCHER).await?.access;
    somebody(&one, "stays@example.jp", administrator(SUNAGAWA)?).await?;
    let moved = somebody(&one, "moved@example.jp", administrator(SUNAGAWA)?).await?.access;
    let input = json!({ "name": "k", "scopes": ["READ_PUBLISHED"], "expiresAt": in_days(30)? });
    let made = changed(&one, &leaving, "createApiKey", input, "secret apiKey { id }").await?;
    let key = made["secret"].as_str().context("a secret")?.to_owned();

    // The other has just looked all of them up, which is the worst moment.
    for token in [&leaving, &disabled, &key] {
        ensure!(believed(&other, token).await?);
    }
    ensure!(reads_drafts(&other, &moved).await?);
    changed(&one, &leaving, "revokeApiKey", json!({ "id": made["apiKey"]["id"] }), "apiKey { id }").await?;
    let ended = post_as(&one, &leaving, "/auth/sign-out-everywhere", json!({})).await?;
    ensure!(ended.status().is_success());
    app.set_user_enabled(&machine, user("disabled@example.jp").await?, false, None).await?;
    let members = app.members(&machine, code(SUNAGAWA)?).await?;
    let member = members.iter().find(|of| of.user.email == "moved@example.jp").context("a member")?;
    app.revoke_role(&machine, code(SUNAGAWA)?, member.id, None).await?;
    // Here at once.
    for token in [&leaving, &disabled, &key] {
        ensure!(!believed(&one, token).await?);
    }
    ensure!(!reads_drafts(&one, &moved).await?);
    // A minute is what is promised; ten seconds is for how long the other takes for granted what it knows, five for keys.
    let (ten, five) = (Duration::from_secs(10), Duration::from_secs(5));
    let (key, leaving, disabled, moved) = tokio::join!(
        until(five, async || Ok(!believed(&other, &key).await?)),
        until(ten, async || Ok(!believed(&other, &leaving).await?)),
        until(ten, async || Ok(!believed(&other, &disabled).await?)),
        until(ten, async || Ok(!reads_drafts(&other, &moved).await?)),
    );
    key.context("a revoked key")?;
    leaving.context("signed out everywhere")?;
    disabled.context("a disabled user")?;
    moved.context("a role that was revoked")?;
    Ok(())
}

async fn either_goes_on_where_the_other_stopped(backend: Backend) -> Result<()> {
    let one = server(backend).await?;
    let other = one.replica().await?;
    let invitation = invited(&one, "hito@example.jp", RESEARCHER).await?;
    let first = Tokens::of(accept(&other, &invitation, shirube_testing::PASSWORD).await?).await?;
    ensure!(accept(&one, &invitation, shirube_testing::PASSWORD).await?.status() == 401, "used there, used here");
    ensure!(believed(&one, &first.access).await?, "they sign with the same keys");
    let second = Tokens::of(refresh(&one, &first.refresh).await?).await?;
    ensure!(believed(&other, &second.access).await?);
    ensure!(refresh(&other, &first.refresh).await?.status() == 401, "used there, used here");
    ensure!(refresh(&one, &second.refresh).await?.status() == 401, "and it ends the session");
    ensure!(!believed(&other, &second.access).await?);
    Ok(())
}
