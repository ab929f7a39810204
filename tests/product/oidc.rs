//! Signing in with another provider: the service's side against a certified provider, and against some that are not.

use std::{collections::HashMap, process::Stdio, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{
    Url,
    header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE},
};
use serde_json::{Value, json};
use shirube_access::oidc::{Answer, Attempt, Identity, OidcError, ProviderSettings, Providers};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    time::{Instant, timeout},
};

/// Where the provider sends the browser back to. Nobody listens there: a browser that is none reads the address.
const REDIRECT: &str = "http://127.0.0.1:9/back";

/// A certified provider on a port of its own, a program of Node in `tests/conformance/`. It ends with this value.
pub(crate) struct Provider {
    process: Child,
    issuer: String,
}

impl Provider {
    /// Starts one that sends browsers back to `redirect` alone.
    pub(crate) async fn start(redirect: &str) -> Result<Self> {
        let mut process = Command::new("node")
            .arg("oidc-provider.mjs")
            .current_dir("conformance")
            .env("SHIRUBE_REDIRECT", redirect)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("node is not at hand: run the tests with `cargo xtask test`, which installs it")?;
        let mut told = BufReader::new(process.stdout.take().context("its output")?);
        let mut errors = process.stderr.take().context("its errors")?;
        let mut line = String::new();
        timeout(Duration::from_mins(1), told.read_line(&mut line)).await??;
        if line.is_empty() {
            let mut why = String::new();
            errors.read_to_string(&mut why).await?;
            bail!("the provider does not start; run `cargo xtask test` once if its packages are missing\n{why}");
        }
        // Whoever fills a pipe that nobody reads stops.
        tokio::spawn(async move { tokio::io::copy(&mut errors, &mut tokio::io::sink()).await });
        let ready: Value = serde_json::from_str(&line)?;
        Ok(Self { process, issuer: ready["issuer"].as_str().context("an issuer")?.to_owned() })
    }

    /// How the service is told of it.
    pub(crate) fn settings(&self) -> ProviderSettings {
        ProviderSettings {
            id: "city".to_owned(),
            name: "City account".to_owned(),
            issuer: self.issuer.clone(),
            client_id: "shirube".to_owned(),
            client_secret: Some("the secret of shirube: %+&=".to_owned()),
        }
    }

    /// Gives somebody another e-mail address.
    pub(crate) async fn change_email(&self, subject: &str, email: &str, verified: bool) -> Result<()> {
        self.control("email", &json!({ "sub": subject, "email": email, "verified": verified })).await
    }

    /// Makes it sign with another key from now on, and forget the one before.
    pub(crate) async fn change_keys(&self) -> Result<()> {
        self.control("keys", &json!({})).await
    }

    /// Ends it.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }

    async fn control(&self, what: &str, body: &Value) -> Result<()> {
        let request = browser()?.post(format!("{}/control/{what}", self.issuer)).json(body);
        request.send().await?.error_for_status()?;
        Ok(())
    }
}

fn browser() -> Result<reqwest::Client> {
    // Whoever comes first installs the cryptography of the process; all install the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?)
}

/// Signs in at the provider's page and agrees to everything, as somebody does with a browser of their own. Gives what the
/// browser brings back.
pub(crate) async fn sign_in_at(url: &str, login: &str) -> Result<Answer> {
    let browser = browser()?;
    let mut at = Url::parse(url)?;
    let of = |url: &Url, key: &str| url.query_pairs().find(|(k, _)| k == key).map(|(_, value)| value.into_owned());
    let back = of(&at, "redirect_uri").context("a redirect URI")?;
    let mut cookies = HashMap::new();
    let mut form: Option<String> = None;
    for _ in 0..20 {
        let request = match form.take() {
            Some(fields) => {
                browser.post(at.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(fields)
            }
            None => browser.get(at.clone()),
        };
        let kept: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(COOKIE, kept.join("; ")).send().await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').context("a cookie")?;
            match value {
                "" => cookies.remove(name),
                value => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        if let Some(location) = response.headers().get(LOCATION) {
            at = at.join(location.to_str()?)?;
            if at.as_str().starts_with(&back) {
                let code = of(&at, "code").with_context(|| format!("the provider refuses: {at}"))?;
                return Ok(Answer { state: of(&at, "state").context("a state")?, code, issuer: of(&at, "iss") });
            }
            continue;
        }
        let (status, page) = (response.status(), response.text().await?);
        ensure!(status.is_success(), "the provider refuses: {status} {page}");
        let after = |start: &str| page.split_once(start).and_then(|(_, rest)| rest.split('"').next());
        at = at.join(after("action=\"").context("a form")?)?;
        let prompt = after("name=\"prompt\" value=\"").context("what it asks")?.to_owned();
        let fields = [("prompt", prompt.as_str()), ("login", login), ("password", "any")];
        form = Url::parse_with_params("form:", fields)?.query().map(str::to_owned);
    }
    bail!("the provider goes in circles")
}

fn providers(settings: ProviderSettings) -> Result<Providers> {
    Ok(Providers::new(vec![settings], REDIRECT)?)
}

/// Signs in as far as the provider goes.
async fn answered(providers: &Providers, login: &str) -> Result<(Attempt, Answer)> {
    let start = providers.start("city").await?;
    let answer = sign_in_at(&start.url, login).await?;
    Ok((start.attempt, answer))
}

async fn sign_in(providers: &Providers, login: &str) -> Result<Identity> {
    let (attempt, answer) = answered(providers, login).await?;
    Ok(providers.finish(&attempt, &answer).await?)
}

/// Why an answer is not believed.
fn refusal(outcome: Result<Identity, OidcError>) -> Result<String> {
    match outcome {
        Err(OidcError::Refused(why)) => Ok(format!("{:#}", anyhow::Error::from_boxed(why))),
        other => bail!("not refused: {other:?}"),
    }
}

/// Why a provider could not be asked.
fn silence<T: std::fmt::Debug>(outcome: Result<T, OidcError>) -> Result<String> {
    match outcome {
        Err(OidcError::Unreachable(why)) => Ok(format!("{:#}", anyhow::Error::from_boxed(why))),
        other => bail!("not unreachable: {other:?}"),
    }
}

#[tokio::test]
async fn somebody_is_who_the_provider_says_whatever_their_address_and_its_keys_are() -> Result<()> {
    let provider = Provider::start(REDIRECT).await?;
    let providers = providers(provider.settings())?;
    let hanako = Identity {
        issuer: provider.settings().issuer,
        subject: "hanako".to_owned(),
        email: Some("hanako@example.jp".to_owned()),
        name: Some("hanakoさん".to_owned()),
    };
    assert_eq!(sign_in(&providers, "hanako").await?, hanako);

    provider.change_email("hanako", "kacho@example.jp", true).await?;
    provider.change_email("taro", "hanako@example.jp", true).await?;
    let email = Some("kacho@example.jp".to_owned());
    assert_eq!(sign_in(&providers, "hanako").await?, Identity { email, ..hanako.clone() });
    assert_eq!(sign_in(&providers, "taro").await?.subject, "taro", "who has her address now is not her");
    provider.change_email("hanako", "mayor@example.jp", false).await?;
    assert_eq!(sign_in(&providers, "hanako").await?.email, None, "what nobody has verified is not told");

    for strange in ["花子".to_owned(), "x".repeat(256)] {
        let (attempt, answer) = answered(&providers, &strange).await?;
        let why = refusal(providers.finish(&attempt, &answer).await)?;
        ensure!(why.contains("subject"), "{why}");
    }

    provider.change_keys().await?;
    assert_eq!(sign_in(&providers, "hanako").await?.subject, "hanako");
    Ok(())
}

#[tokio::test]
async fn an_answer_is_believed_once_and_for_its_own_attempt() -> Result<()> {
    let provider = Provider::start(REDIRECT).await?;
    let providers = providers(provider.settings())?;
    let (first, answer) = answered(&providers, "hanako").await?;
    let (second, _) = answered(&providers, "taro").await?;

    let told = |attempt: Attempt, answer: Answer| {
        let providers = &providers;
        async move { refusal(providers.finish(&attempt, &answer).await) }
    };
    for state in [String::new(), second.state.clone(), first.state.to_lowercase()] {
        let why = told(first.clone(), Answer { state, ..answer.clone() }).await?;
        ensure!(why.contains("state"), "{why}");
    }
    for issuer in [Some("http://127.0.0.1:9".to_owned()), Some(format!("{}/", provider.issuer)), None] {
        let why = told(first.clone(), Answer { issuer, ..answer.clone() }).await?;
        ensure!(why.contains("iss"), "{why}");
    }
    let why = told(Attempt { verifier: second.verifier.clone(), ..first.clone() }, answer.clone()).await?;
    ensure!(why.contains("invalid_grant"), "{why}");
    // Somebody else's code in one's own answer.
    let why = told(second.clone(), Answer { state: second.state.clone(), ..answer.clone() }).await?;
    ensure!(why.contains("invalid_grant"), "{why}");
    let why = told(first.clone(), Answer { code: "made up".to_owned(), ..answer }).await?;
    ensure!(why.contains("invalid_grant"), "{why}");

    let (attempt, answer) = answered(&providers, "hanako").await?;
    let why = told(Attempt { nonce: second.nonce.clone(), ..attempt }, answer).await?;
    ensure!(why.contains("nonce"), "{why}");

    let (attempt, answer) = answered(&providers, "hanako").await?;
    providers.finish(&attempt, &answer).await?;
    let why = told(attempt, answer).await?;
    ensure!(why.contains("invalid_grant"), "{why}");
    Ok(())
}

#[tokio::test]
async fn only_the_registered_client_signs_in() -> Result<()> {
    let provider = Provider::start(REDIRECT).await?;
    let ours = providers(provider.settings())?;
    let settings = |client: &str, secret: Option<&str>| ProviderSettings {
        client_id: client.to_owned(),
        client_secret: secret.map(str::to_owned),
        ..provider.settings()
    };
    let another = providers(settings("another", Some("the secret of another: %+&=")))?;
    sign_in(&another, "hanako").await?;
    let (attempt, answer) = answered(&another, "hanako").await?;
    let why = refusal(ours.finish(&attempt, &answer).await)?;
    ensure!(why.contains("invalid_grant"), "{why}");

    for secret in [Some("a guess"), None] {
        let guessing = providers(settings("shirube", secret))?;
        let (attempt, answer) = answered(&guessing, "hanako").await?;
        match guessing.finish(&attempt, &answer).await {
            Err(OidcError::Settings(why)) => ensure!(why.contains("clientSecret") && !why.contains("guess"), "{why}"),
            other => bail!("{other:?}"),
        }
    }

    let elsewhere = Providers::new(vec![provider.settings()], "http://127.0.0.1:9/elsewhere")?;
    let refused = answered(&elsewhere, "hanako").await.unwrap_err().to_string();
    ensure!(refused.contains("invalid_redirect_uri"), "{refused}");

    // What we send is what the provider demands.
    let mut url = Url::parse(&ours.start("city").await?.url)?;
    let all: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(all["code_challenge_method"], "S256");
    assert_eq!(all["scope"], "openid email profile");
    let bare = all.iter().filter(|(key, _)| !key.starts_with("code_challenge"));
    url.query_pairs_mut().clear().extend_pairs(bare);
    let refused = sign_in_at(url.as_str(), "hanako").await.unwrap_err().to_string();
    ensure!(refused.contains("invalid_request"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_is_down_is_unreachable() -> Result<()> {
    let mut provider = Provider::start(REDIRECT).await?;
    let known = providers(provider.settings())?;
    let (attempt, answer) = answered(&known, "hanako").await?;
    assert!(matches!(known.start("nobody").await, Err(OidcError::UnknownProvider)));
    let nobodys = Attempt { provider: "nobody".to_owned(), ..attempt.clone() };
    assert!(matches!(known.finish(&nobodys, &answer).await, Err(OidcError::UnknownProvider)));

    provider.stop().await?;
    silence(providers(provider.settings())?.start("city").await)?;
    silence(known.finish(&attempt, &answer).await)?;
    known.start("city").await.context("what was known an hour ago is known")?;
    Ok(())
}

/// Something that answers every request alike, and is no provider. The answer may depend on the issuer.
async fn canned(answer: impl FnOnce(&str) -> String) -> Result<ProviderSettings> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let issuer = format!("http://{}", listener.local_addr()?);
    let text = answer(&issuer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let text = text.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(text.as_bytes()).await;
                // Until the other side goes.
                let _ = stream.read(&mut request).await;
            });
        }
    });
    Ok(ProviderSettings {
        id: "city".to_owned(),
        name: "Nonsense".to_owned(),
        issuer,
        client_id: "shirube".to_owned(),
        client_secret: None,
    })
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_provider_that_answers_nonsense_is_unreachable() -> Result<()> {
    let real = Provider::start(REDIRECT).await?;
    let discovery = format!("{}/.well-known/openid-configuration", real.issuer);
    let said = browser()?.get(&discovery).send().await?.text().await?;
    let moved = format!("HTTP/1.1 302 Found\r\nlocation: {discovery}\r\ncontent-length: 0\r\n\r\n");
    let large = ok(&format!("{{\"x\":\"{}\"}}", "x".repeat(1024 * 1024)));
    let anothers = ok(&said);
    let mut own: Value = serde_json::from_str(&said)?;
    own["authorization_endpoint"] = "http://login.example.jp/auth".into();
    let unsafe_page = |issuer: &str| {
        own["issuer"] = issuer.into();
        ok(&own.to_string())
    };
    for (settings, told) in [
        (canned(|_| moved).await?, "302"),
        (canned(|_| large).await?, "more than 1048576 bytes"),
        (canned(|_| anothers).await?, "configure the issuer as it spells it itself"),
        (canned(|_| ok("nonsense")).await?, "cannot be read"),
        (canned(|_| "nonsense".to_owned()).await?, "does not answer"),
        (canned(unsafe_page).await?, "its page is not https"),
    ] {
        let why = silence(providers(settings)?.start("city").await)?;
        ensure!(why.contains(told), "{told}: {why}");
    }

    let silent = providers(canned(|_| "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".to_owned()).await?)?;
    let began = Instant::now();
    silence(silent.start("city").await)?;
    let took = began.elapsed();
    ensure!(took >= Duration::from_secs(9) && took < Duration::from_secs(11), "{took:?}");
    Ok(())
}
