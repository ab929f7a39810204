//! Signing in with another provider, over HTTP: with a certified one, and a browser that is none.

use anyhow::{Context, Result};
use reqwest::{Response, StatusCode, Url};
use serde_json::{Value, json};
use shirube_access::{Scope, oidc::Answer};
use shirube_testing::{Backend, PASSWORD, TestDatabase, TestServer};
use tempfile::TempDir;
use time::Duration;

use super::{
    PUBLIC_URL, RESEARCHER, SUNAGAWA, Seen, Tokens, VIEWER, administrator, ask, believed, invited, post, secret, seen,
    sign_in, signed_in, somebody, trail,
};
use crate::oidc::{Provider, sign_in_at};

const HANAKO: &str = "hanako@city.sunagawa.lg.jp";

/// A server with one provider.
struct House {
    server: TestServer,
    provider: Provider,
    _folder: TempDir,
}

impl House {
    async fn open() -> Result<Self> {
        let provider = Provider::start(&format!("{PUBLIC_URL}/signed-in")).await?;
        let (folder, of) = (TempDir::new()?, provider.settings());
        let file = folder.path().join("providers.json");
        let settings = json!([{
            "id": of.id, "name": of.name, "issuer": of.issuer, "clientId": of.client_id, "clientSecret": of.client_secret,
        }]);
        std::fs::write(&file, settings.to_string())?;
        let trusted = "127.0.0.1".parse().map_err(anyhow::Error::msg)?;
        let server = TestServer::with(TestDatabase::sample(Backend::Sqlite).await?, |settings| {
            settings.public_url = Some(PUBLIC_URL.to_owned());
            settings.trusted_proxies = trusted;
            settings.oidc_providers = Some(file);
        })
        .await?;
        Ok(Self { server, provider, _folder: folder })
    }

    /// Begins, and gives the page of the provider and what the page keeps.
    async fn begin(&self, invitation: Option<&str>) -> Result<(String, String)> {
        let response = post(&self.server, "/auth/providers/city/start", json!({ "invitation": invitation })).await?;
        let answer: Value = response.error_for_status()?.json().await?;
        let text = |name: &str| answer[name].as_str().map(str::to_owned).context("a text");
        Ok((text("url")?, text("attempt")?))
    }

    async fn finish(&self, attempt: &str, answer: &Answer) -> Result<Response> {
        let body = json!({ "attempt": attempt, "state": answer.state, "code": answer.code, "iss": answer.issuer });
        post(&self.server, "/auth/finish", body).await
    }

    /// The whole way, as a user of the provider.
    async fn come(&self, login: &str, invitation: Option<&str>) -> Result<Response> {
        let (url, attempt) = self.begin(invitation).await?;
        self.finish(&attempt, &sign_in_at(&url, login).await?).await
    }

    /// What whoever is not let in hears.
    async fn never(&self) -> Result<Seen> {
        seen(sign_in(&self.server, "nobody@example.jp", PASSWORD).await?).await
    }

    async fn viewer(&self, tokens: &Tokens) -> Result<Value> {
        Ok(ask(&self.server, &tokens.access, VIEWER, json!({})).await?["viewer"].clone())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_invited_signs_in_with_a_provider_from_then_on() -> Result<()> {
    let house = House::open().await?;
    let (server, never) = (&house.server, house.never().await?);
    let listed = server.client().get(server.url("/auth/providers")).send().await?;
    assert_eq!(listed.json::<Value>().await?, json!([{ "id": "city", "name": "City account" }]));
    let unknown = post(server, "/auth/providers/nobody/start", json!({})).await?;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);

    assert_eq!(seen(house.come("hanako", None).await?).await?, never, "nobody invited her");
    let invitation = invited(server, HANAKO, administrator(SUNAGAWA)?).await?;
    let first = Tokens::of(house.come("hanako", Some(&invitation)).await?).await?;
    let viewer = house.viewer(&first).await?;
    assert_eq!(viewer["user"]["email"], HANAKO, "the address on the invitation, not what the provider says");
    assert_eq!(viewer["roles"][0]["municipality"]["code"], SUNAGAWA);
    assert_eq!(seen(house.come("taro", Some(&invitation)).await?).await?, never, "a link works once");

    house.provider.change_email("hanako", "kacho@city.sunagawa.lg.jp", true).await?;
    house.provider.change_email("taro", HANAKO, true).await?;
    let again = Tokens::of(house.come("hanako", None).await?).await?;
    assert_eq!(house.viewer(&again).await?["user"], viewer["user"], "another address there is the same account here");
    assert_eq!(seen(house.come("taro", None).await?).await?, never, "who has her address there is not her");
    assert_eq!(seen(sign_in(server, HANAKO, PASSWORD).await?).await?, never, "she has no password");

    // A second role for the same account, and then the way out.
    let invitation = invited(server, HANAKO, RESEARCHER).await?;
    let both = Tokens::of(house.come("hanako", Some(&invitation)).await?).await?;
    assert_eq!(house.viewer(&both).await?["roles"].as_array().map(Vec::len), Some(2));
    let (app, machine) = (server.app(), Scope::machine());
    let user = app.user_of_email(&machine, HANAKO).await?.user.id;
    app.set_user_enabled(&machine, user, false, None).await?;
    assert!(!believed(server, &both.access).await?);
    assert_eq!(seen(house.come("hanako", None).await?).await?, never);
    let invitation = invited(server, HANAKO, administrator("011002")?).await?;
    assert_eq!(seen(house.come("hanako", Some(&invitation)).await?).await?, never, "not by a link either");

    let operator = somebody(server, "unyo@example.jp", super::OPERATOR).await?;
    let trail = trail(server, &operator.access, None).await?;
    let signed_in = format!("{HANAKO} signed_in session");
    assert_eq!(trail.iter().filter(|line| **line == signed_in).count(), 3, "{trail:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_is_good_for_one_answer_of_its_own() -> Result<()> {
    let house = House::open().await?;
    let (server, never) = (&house.server, house.never().await?);
    let invitation = invited(server, HANAKO, administrator(SUNAGAWA)?).await?;
    Tokens::of(house.come("hanako", Some(&invitation)).await?).await?;

    let refused = async |response: Result<Response>, why: &str| {
        assert_eq!(seen(response?).await?, never, "{why}");
        anyhow::Ok(())
    };
    let answered = async || {
        let (url, attempt) = house.begin(None).await?;
        anyhow::Ok((attempt, sign_in_at(&url, "hanako").await?))
    };
    let (attempt, answer) = answered().await?;
    let (other, others) = answered().await?;
    refused(house.finish("nonsense", &answer).await, "no attempt").await?;
    refused(house.finish(&other, &answer).await, "the state of another attempt").await?;
    refused(house.finish(&other, &others).await, "an attempt is used up by a wrong answer").await?;
    Tokens::of(house.finish(&attempt, &answer).await?).await?;
    refused(house.finish(&attempt, &answer).await, "an attempt that was used").await?;

    let (attempt, answer) = answered().await?;
    refused(house.finish(&attempt, &Answer { code: "made up".to_owned(), ..answer }).await, "a code").await?;
    let (attempt, answer) = answered().await?;
    let issuer = Some("http://127.0.0.1:9".to_owned());
    refused(house.finish(&attempt, &Answer { issuer, ..answer }).await, "another issuer").await?;
    let (attempt, answer) = answered().await?;
    let (second, seconds) = answered().await?;
    refused(house.finish(&attempt, &Answer { code: seconds.code, ..answer }).await, "another's code").await?;
    drop(second);

    // Whoever changes the nonce on the way gets an ID token that is not for this attempt.
    let (url, attempt) = house.begin(None).await?;
    let mut url = Url::parse(&url)?;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let changed = pairs.iter().map(|(key, value)| (key, if key == "nonce" { "another" } else { value.as_str() }));
    url.query_pairs_mut().clear().extend_pairs(changed);
    refused(house.finish(&attempt, &sign_in_at(url.as_str(), "hanako").await?).await, "another nonce").await?;

    // What the provider says where it refuses is no answer; the page asks for nothing then.
    let body = json!({ "attempt": attempt, "state": "x", "code": null });
    assert_eq!(post(server, "/auth/finish", body).await?.status(), StatusCode::BAD_REQUEST);
    let page = server.client().get(server.url("/signed-in?error=access_denied&state=x")).send().await?;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(!page.text().await?.contains("access_denied"));

    let (attempt, answer) = answered().await?;
    server.advance(Duration::minutes(10));
    refused(house.finish(&attempt, &answer).await, "ten minutes are over").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_providers_user_takes_over_nobodys_account() -> Result<()> {
    let house = House::open().await?;
    let (server, never) = (&house.server, house.never().await?);
    // Somebody with a password, and a link to their address in the hands of somebody with an account at the provider.
    somebody(server, HANAKO, RESEARCHER).await?;
    house.provider.change_email("mallory", HANAKO, true).await?;
    let invitation = invited(server, HANAKO, administrator(SUNAGAWA)?).await?;
    assert_eq!(seen(house.come("mallory", Some(&invitation)).await?).await?, never);
    assert_eq!(seen(house.come("mallory", None).await?).await?, never, "and was bound to nothing");

    // The same in the hands of somebody who has an account here.
    let own = invited(server, "mallory@example.jp", RESEARCHER).await?;
    let mallory = Tokens::of(house.come("mallory", Some(&own)).await?).await?;
    assert_eq!(seen(house.come("mallory", Some(&invitation)).await?).await?, never);
    assert_eq!(house.viewer(&mallory).await?["roles"].as_array().map(Vec::len), Some(1), "a role is for the invited");

    let hanako = Tokens::of(super::accept(server, &invitation, PASSWORD).await?).await?;
    assert_eq!(house.viewer(&hanako).await?["roles"].as_array().map(Vec::len), Some(2), "the link was still hers");
    signed_in(server, HANAKO).await?;
    // A link for whoever has it asks for a name and an address, which a provider's word is not taken for.
    let first = secret(&server.app().first_operator().await?.context("a link")?)?;
    assert_eq!(seen(house.come("taro", Some(&first)).await?).await?, never);
    Ok(())
}
