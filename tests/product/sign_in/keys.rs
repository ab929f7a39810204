//! API keys: made, used, revoked, expired, and what they are for.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_testing::{Backend, TestServer, both_backends};
use time::Duration;

use super::{
    OPERATOR, RESEARCHER, SAPPORO, SUNAGAWA, VIEWER, administrator, ask, believed, changed, code, in_days, mended,
    post_as, server, somebody, trail,
};

both_backends!(a_researcher_has_keys, a_municipality_has_keys);

fn key(municipality: Option<&str>, scopes: &[&str], days: i64) -> Result<Value> {
    Ok(json!({ "municipality": municipality, "name": "研究用", "scopes": scopes, "expiresAt": in_days(days)? }))
}

/// Makes a key; gives its id and its secret.
async fn made(server: &TestServer, by: &str, input: Value) -> Result<(Value, String)> {
    let gives = "secret apiKey { id name scopes usedAt revokedAt }";
    let made = changed(server, by, "createApiKey", input, gives).await?;
    ensure!(made["apiKey"]["usedAt"].is_null() && made["apiKey"]["revokedAt"].is_null(), "{made}");
    let secret = made["secret"].as_str().context("a secret")?.to_owned();
    Ok((made["apiKey"]["id"].clone(), secret))
}

async fn refusal(server: &TestServer, bearer: &str, query: &str) -> Result<String> {
    let answer = server.ask_as(Some(bearer), query, json!({})).await?;
    let told = (answer.code().context("a refusal")?, answer.message().unwrap_or_default());
    Ok(format!("{} {}", told.0, told.1))
}

const NAME: &str = "{ municipality(code: \"012262\") { name } }";
const DRAFTS: &str = "{ drafts(municipality: \"012262\") { id } }";

async fn a_researcher_has_keys(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let operator = somebody(&server, "unyo@example.jp", OPERATOR).await?.access;
    let researcher = somebody(&server, "kenkyu@example.jp", RESEARCHER).await?.access;
    for (input, told) in [
        (key(None, &["READ_DRAFTS"], 30)?, "BAD_USER_INPUT scopes"),
        (key(None, &[], 30)?, "BAD_USER_INPUT scopes"),
        (key(None, &["BULK"], 367)?, "BAD_USER_INPUT expiresAt"),
        (key(None, &["BULK"], -1)?, "BAD_USER_INPUT expiresAt"),
    ] {
        assert_eq!(mended(&server, &researcher, "createApiKey", input).await?, told);
    }
    let (id, secret) = made(&server, &researcher, key(None, &["READ_PUBLISHED", "BULK"], 30)?).await?;
    let (_, short) = made(&server, &researcher, key(None, &["READ_PUBLISHED"], 1)?).await?;
    let (_, bulk) = made(&server, &researcher, key(None, &["BULK"], 30)?).await?;
    assert!(secret.starts_with("shk_") && secret.len() == 47, "{secret}");
    let listed = ask(&server, &researcher, VIEWER, json!({})).await?["viewer"]["apiKeys"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
    assert!(!listed.to_string().contains("shk_"), "the secret was shown once");

    let viewer = ask(&server, &secret, "{ viewer { kind permissions { action } } }", json!({})).await?;
    let actions = viewer["viewer"]["permissions"].as_array().context("permissions")?;
    let actions: Vec<_> = actions.iter().filter_map(|of| of["action"].as_str()).collect();
    assert_eq!(actions, ["ReadInstance", "ReadPublished", "ReadInBulk"]);
    assert_eq!(viewer["viewer"]["kind"], "API_KEY");
    ask(&server, &secret, NAME, json!({})).await?;
    assert!(refusal(&server, &bulk, NAME).await?.contains("the scope read_published"));
    let listed = ask(&server, &researcher, VIEWER, json!({})).await?["viewer"]["apiKeys"].clone();
    let used = |at: usize| !listed[at]["usedAt"].is_null();
    assert_eq!([used(0), used(1), used(2)], [true, false, true], "the latest first: {listed}");

    // A key reads; it is nobody's account.
    for (query, told) in [
        (DRAFTS, "NOT_FOUND"),
        ("{ accounts(first: 1) { nodes { id } } }", "FORBIDDEN"),
        ("{ viewer { sessions { key } } }", "FORBIDDEN"),
        (
            "mutation { createApiKey(input: { name: \"x\", scopes: [BULK], expiresAt: \"2099-01-01T00:00:00Z\" }) \
          { secret } }",
            "FORBIDDEN",
        ),
    ] {
        let refused = refusal(&server, &secret, query).await;
        assert!(refused.as_ref().is_ok_and(|refused| refused.starts_with(told)), "{query}: {refused:?}");
    }
    assert_eq!(post_as(&server, &secret, "/auth/sign-out-everywhere", json!({})).await?.status(), 403);

    // Nobody else revokes it, not even one who runs the instance.
    let revoke = format!("mutation {{ revokeApiKey(input: {{ id: {id} }}) {{ apiKey {{ id }} }} }}");
    assert!(refusal(&server, &operator, &revoke).await?.starts_with("NOT_FOUND"));
    changed(&server, &researcher, "revokeApiKey", json!({ "id": id }), "apiKey { revokedAt }").await?;
    assert!(!believed(&server, &secret).await?, "at once");
    assert!(believed(&server, &short).await?);
    server.advance(Duration::hours(25));
    assert!(!believed(&server, &short).await?, "expired");

    // A key does no more than its owner may.
    let researcher = super::signed_in(&server, "kenkyu@example.jp").await?.access;
    let (_, both) = made(&server, &researcher, key(None, &["READ_PUBLISHED", "BULK"], 30)?).await?;
    let operator = super::signed_in(&server, "unyo@example.jp").await?.access;
    let may = async || -> Result<String> {
        Ok(ask(&server, &both, "{ viewer { permissions { action } } }", json!({})).await?["viewer"].to_string())
    };
    assert!(may().await?.contains("ReadInBulk"));
    let query = "{ accounts(first: 9) { nodes { user { id email } } } }";
    let accounts = ask(&server, &operator, query, json!({})).await?["accounts"]["nodes"].clone();
    assert_eq!(accounts[0]["user"]["email"], "kenkyu@example.jp");
    let user = accounts[0]["user"]["id"].clone();
    changed(&server, &operator, "revokeInstanceRole", json!({ "user": user, "role": "RESEARCHER" }), "").await?;
    assert!(!may().await?.contains("ReadInBulk"));
    changed(&server, &operator, "disableUser", json!({ "user": user }), "").await?;
    assert!(!believed(&server, &bulk).await? && !believed(&server, &both).await?);
    let trail = trail(&server, &operator, None).await?;
    for event in ["kenkyu@example.jp key_made api_key", "kenkyu@example.jp key_revoked api_key"] {
        assert!(trail.contains(&event.to_owned()), "{event}: {trail:#?}");
    }
    Ok(())
}

async fn a_municipality_has_keys(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let admin = somebody(&server, "kanri@example.jp", administrator(SUNAGAWA)?).await?.access;
    let foreign = somebody(&server, "sapporo@example.jp", administrator(SAPPORO)?).await?.access;
    let planner = Grant::Municipal(code(SUNAGAWA)?, MunicipalRole::Planner);
    let planner = somebody(&server, "kikaku@example.jp", planner).await?.access;
    let (id, secret) = made(&server, &admin, key(Some(SUNAGAWA), &["READ_PUBLISHED", "READ_DRAFTS"], 366)?).await?;
    let (_, plain) = made(&server, &admin, key(Some(SUNAGAWA), &["READ_PUBLISHED"], 366)?).await?;
    assert!(secret.starts_with("shk_012262_"), "it says where it belongs: {secret}");
    let create = "mutation { createApiKey(input: { municipality: \"012262\", name: \"x\", scopes: [READ_PUBLISHED], \
         expiresAt: \"2099-01-01T00:00:00Z\" }) { secret } }";
    assert!(refusal(&server, &planner, create).await?.starts_with("FORBIDDEN"));
    assert!(refusal(&server, &foreign, create).await?.starts_with("NOT_FOUND"));
    assert!(refusal(&server, &secret, create).await?.starts_with("FORBIDDEN"));
    assert!(refusal(&server, &planner, "{ apiKeys(municipality: \"012262\") { id } }").await?.starts_with("FORBIDDEN"));

    ask(&server, &secret, DRAFTS, json!({})).await?;
    assert!(refusal(&server, &plain, DRAFTS).await?.contains("the scope read_drafts"));
    let elsewhere = DRAFTS.replace(SUNAGAWA, SAPPORO);
    assert!(refusal(&server, &secret, &elsewhere).await?.starts_with("NOT_FOUND"));
    // The secret belongs to its municipality: shown as another's, it is none.
    assert!(!believed(&server, &secret.replace(SUNAGAWA, SAPPORO)).await?);
    assert!(!believed(&server, &secret.replace("012262_", "")).await?);

    let query = "{ apiKeys(municipality: \"012262\") { id name usedAt revokedAt municipality { code } } }";
    let listed = ask(&server, &admin, query, json!({})).await?["apiKeys"].clone();
    assert_eq!(listed[1]["id"], id);
    assert!(!listed[1]["usedAt"].is_null() && listed[1]["revokedAt"].is_null(), "{listed}");
    let revoke = format!("mutation {{ revokeApiKey(input: {{ id: {id} }}) {{ apiKey {{ id }} }} }}");
    assert!(refusal(&server, &planner, &revoke).await?.starts_with("FORBIDDEN"));
    assert!(refusal(&server, &foreign, &revoke).await?.starts_with("NOT_FOUND"));
    assert!(believed(&server, &secret).await?);
    changed(&server, &admin, "revokeApiKey", json!({ "id": id }), "apiKey { id }").await?;
    assert!(!believed(&server, &secret).await?);
    let trail = trail(&server, &admin, Some(SUNAGAWA)).await?;
    assert_eq!(
        trail[trail.len() - 3..],
        ["key_made", "key_made", "key_revoked"].map(|event| format!("kanri@example.jp {event} api_key"))
    );
    Ok(())
}
