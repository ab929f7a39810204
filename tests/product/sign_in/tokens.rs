//! Tokens that are not ours, over HTTP: each is refused in one and the same way, and none is served as nobody's request.

use std::{fs, process::Stdio};

use anyhow::{Context, Result, ensure};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use ed25519_dalek::{Signer, SigningKey, pkcs8::DecodePrivateKey};
use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE},
};
use serde_json::{Value, json};
use shirube_testing::{Backend, TestServer};
use time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
};

use super::{
    OPERATOR, PUBLIC_URL, RESEARCHER, Tokens, VIEWER, ask, believed, changed, in_days, refresh, server, somebody,
};

/// A token in its parts, and the key with which the server signs.
struct Forge {
    key: SigningKey,
    header: Value,
    claims: Value,
    signature: String,
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Forge {
    fn new(server: &TestServer, good: &str) -> Result<Self> {
        let mut files = fs::read_dir(server.keys().path())?;
        let file = files.next().context("a key")??.path();
        let key = SigningKey::from_pkcs8_pem(&fs::read_to_string(file)?).map_err(|error| anyhow::anyhow!("{error}"))?;
        let [header, claims, signature] = good.split('.').collect::<Vec<_>>().try_into().ok().context("three parts")?;
        let read = |part| anyhow::Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part)?)?);
        Ok(Self { key, header: read(header)?, claims: read(claims)?, signature: signature.to_owned() })
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Well signed, with another header.
    fn header(&self, change: Value) -> String {
        self.sign(&with(&self.header, change), &self.claims)
    }

    /// Well signed, with other claims.
    fn claims(&self, change: Value) -> String {
        self.sign(&self.header, &with(&self.claims, change))
    }

    /// Signed with the public key, as a secret of HMAC.
    fn hmac(&self, algorithm: jsonwebtoken::Algorithm, secret: &[u8]) -> Result<String> {
        let header = jsonwebtoken::Header {
            typ: Some("at+jwt".to_owned()),
            kid: self.header["kid"].as_str().map(str::to_owned),
            ..jsonwebtoken::Header::new(algorithm)
        };
        Ok(jsonwebtoken::encode(&header, &self.claims, &jsonwebtoken::EncodingKey::from_secret(secret))?)
    }
}

fn with(value: &Value, change: Value) -> Value {
    let mut value = value.clone();
    if let (Some(fields), Value::Object(change)) = (value.as_object_mut(), change) {
        fields.extend(change);
    }
    value
}

/// Asks something that anybody may ask, with these headers Authorization.
async fn told(
    server: &TestServer,
    path: &str,
    headers: &[HeaderValue],
) -> Result<(StatusCode, Option<HeaderValue>, String)> {
    let body = json!({ "query": "{ instance { version } }", "password": "x", "newPassword": "x" });
    let mut request = server.client().post(server.url(path)).json(&body);
    for header in headers {
        request = request.header(AUTHORIZATION, header);
    }
    let response = request.send().await?;
    let (status, challenge) = (response.status(), response.headers().get(WWW_AUTHENTICATE).cloned());
    Ok((status, challenge, response.text().await?))
}

fn bearer(token: &str) -> Result<Vec<HeaderValue>> {
    Ok(vec![HeaderValue::from_str(&format!("Bearer {token}"))?])
}

/// The last letter of base64 holds spare bits: another spelling of the same bytes.
fn respelled(token: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = token.split_at(token.len() - 1);
    let at = LETTERS.iter().position(|letter| *letter == last.as_bytes()[0]).unwrap_or_default();
    format!("{rest}{}", char::from(LETTERS[at ^ 1]))
}

/// Tokens and keys that are not spelled as ours are, or not signed as ours are.
fn misspelled(forge: &Forge, tokens: &Tokens, other: &str, key: &str) -> Result<Vec<String>> {
    let good = tokens.access.as_str();
    let (message, _) = good.rsplit_once('.').context("a signature")?;
    let unsigned = |alg: &str| format!("{}.{}", part(&with(&forge.header, json!({ "alg": alg }))), part(&forge.claims));
    let public = forge.key.verifying_key();
    let [header, claims] = [&forge.header, &forge.claims].map(|value| URL_SAFE.encode(value.to_string()));
    let padded = format!("{header}.{claims}.{}==", forge.signature);
    let plain = STANDARD.encode(forge.key.sign(message.as_bytes()).to_bytes());
    let last = if key.ends_with('A') { "E" } else { "A" };
    Ok(vec![
        format!("{}.", unsigned("none")),
        unsigned("none"),
        format!("{}.{}", unsigned("None"), forge.signature),
        forge.hmac(jsonwebtoken::Algorithm::HS256, public.as_bytes())?,
        forge.hmac(jsonwebtoken::Algorithm::HS256, URL_SAFE_NO_PAD.encode(public.as_bytes()).as_bytes())?,
        forge.hmac(jsonwebtoken::Algorithm::HS512, &[])?,
        good[..good.len() - 1].to_owned(),
        good[..good.len() / 2].to_owned(),
        message.to_owned(),
        format!("{message}."),
        format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        format!("{message}.{}", other.rsplit_once('.').context("a signature")?.1),
        format!("{message}.{plain}"),
        respelled(good),
        padded,
        format!("{good}="),
        format!("{good}.{}", forge.signature),
        format!("{}{}", good, "A".repeat(12_000)),
        format!("{good} {good}"),
        format!("{good},{good}"),
        format!("{}{last}", &key[..key.len() - 1]),
        respelled(key),
        key.to_uppercase(),
        format!("{key}A"),
        "shk_".to_owned(),
        "shk_012262_".to_owned(),
        tokens.refresh.clone(),
        "garbage".to_owned(),
        "null".to_owned(),
        String::new(),
        "..".to_owned(),
    ])
}

/// Tokens that are well signed and say something else.
fn mismade(forge: &Forge) -> Result<Vec<String>> {
    let now = forge.claims["iat"].as_i64().context("an instant")?;
    let jwk =
        json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(forge.key.verifying_key().as_bytes()) });
    let mut bad = Vec::new();
    for change in [
        json!({ "alg": "RS256" }),
        json!({ "typ": "JWT" }),
        json!({ "typ": null }),
        json!({ "kid": "unknown" }),
        json!({ "kid": "../../../../dev/null" }),
        json!({ "kid": "' UNION SELECT 'x' --" }),
        json!({ "kid": null }),
        json!({ "jwk": jwk }),
        json!({ "jku": "http://127.0.0.1:9/jwks.json" }),
        json!({ "x5u": "http://127.0.0.1:9/x.pem" }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "crit": ["exp"] }),
        json!({ "b64": false, "crit": ["b64"] }),
    ] {
        bad.push(forge.header(change));
    }
    for change in [
        json!({ "exp": now - 6 }),
        json!({ "exp": now + 86_400 }),
        json!({ "iat": now - 1_800, "nbf": now - 1_800, "exp": now - 900 }),
        json!({ "nbf": now + 60 }),
        json!({ "iat": now + 60, "nbf": now + 60, "exp": now + 960 }),
        json!({ "iss": "https://shirube.example.jp" }),
        json!({ "iss": format!("{PUBLIC_URL}/") }),
        json!({ "iss": null }),
        json!({ "aud": "another" }),
        json!({ "aud": ["shirube", "another"] }),
        json!({ "sub": uuid::Uuid::from_u128(1) }),
        json!({ "sid": uuid::Uuid::from_u128(1) }),
        json!({ "sid": "x" }),
        json!({ "jti": null }),
    ] {
        bad.push(forge.claims(change));
    }
    Ok(bad)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_not_ours_are_refused_in_one_way() -> Result<()> {
    let server = server(Backend::Sqlite).await?;
    let tokens = somebody(&server, "kenkyu@example.jp", RESEARCHER).await?;
    let other = somebody(&server, "unyo@example.jp", OPERATOR).await?.access;
    let input = json!({ "name": "k", "scopes": ["READ_PUBLISHED"], "expiresAt": in_days(30)? });
    let key = changed(&server, &tokens.access, "createApiKey", input, "secret").await?["secret"].clone();
    let key = key.as_str().context("a secret")?;
    let good = tokens.access.as_str();
    let forge = Forge::new(&server, good)?;
    assert!(believed(&server, &forge.claims(json!({}))).await?, "what the forge signs is as good as the server's");
    assert!(believed(&server, key).await?);

    let mut bad = misspelled(&forge, &tokens, &other, key)?;
    bad.extend(mismade(&forge)?);
    // Another's session with one's own name on it.
    let theirs = Forge::new(&server, &other)?;
    bad.push(forge.claims(json!({ "sid": theirs.claims["sid"] })));

    let expected = told(&server, "/graphql", &bearer("garbage")?).await?;
    assert_eq!(expected.0, StatusCode::UNAUTHORIZED);
    assert!(
        expected.1.as_ref().is_some_and(|challenge| challenge == "Bearer realm=\"shirube\", error=\"invalid_token\"")
    );
    let error: Value = serde_json::from_str(&expected.2)?;
    assert_eq!(error["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert!(error.get("data").is_none());
    for token in &bad {
        let told = told(&server, "/graphql", &bearer(token)?).await?;
        assert_eq!(told, expected, "{token:.300}");
    }
    let header = |value: &str| HeaderValue::from_str(value);
    for headers in [
        vec![header(&format!("Bearer {good}"))?, header(&format!("Bearer {good}"))?],
        vec![header(&format!("Bearer {good}"))?, header("Basic eDp4")?],
        vec![header("")?, header(&format!("Bearer {good}"))?],
        vec![header("Basic eDp4")?],
        vec![header(&format!("Basic {good}"))?],
        vec![header(good)?],
        vec![header("Bearer")?],
        vec![header("Bearer ")?],
        vec![header("")?],
        vec![header(&format!("Bearer\t{good}"))?],
        vec![header(&format!("Bearer:{good}"))?],
        vec![HeaderValue::from_bytes(b"Bearer \xff\xfe\x80")?],
        vec![HeaderValue::from_bytes(b"\xe3\x81\x97")?],
        vec![HeaderValue::from_bytes("Bearer しるべ".as_bytes())?],
    ] {
        let told = told(&server, "/graphql", &headers).await?;
        assert_eq!(told, expected, "{headers:?}");
    }
    // Every door asks in the same way.
    for path in ["/auth/password", "/auth/sign-out-everywhere"] {
        assert_eq!(told(&server, path, &bearer(&bad[0])?).await?, expected, "{path}");
    }
    let got = server.client().get(server.url("/graphql?query={instance{version}}")).bearer_auth(&bad[0]).send().await?;
    assert_eq!(got.status(), StatusCode::UNAUTHORIZED);
    assert!(believed(&server, good).await? && believed(&server, key).await?);
    for spelled in [format!("bearer {good}"), format!("BEARER  {good} ")] {
        assert_eq!(told(&server, "/graphql", &[header(&spelled)?]).await?.0, StatusCode::OK, "{spelled}");
    }
    too_large(&server, good).await
}

/// What does not fit into the head of a request is answered before anybody reads it.
async fn too_large(server: &TestServer, good: &str) -> Result<()> {
    let mut stream = TcpStream::connect(server.address()).await?;
    let head =
        format!("GET /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {good}{}\r\n\r\n", "A".repeat(1_000_000));
    // The server answers before it has read all of it, and closes.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    Ok(())
}

async fn jwks(server: &TestServer) -> Result<Vec<String>> {
    let response = server.client().get(server.url("/.well-known/jwks.json")).send().await?;
    let keys: Value = serde_json::from_str(&response.text().await?)?;
    for key in keys["keys"].as_array().context("keys")? {
        let mut names: Vec<&str> = key.as_object().context("a key")?.keys().map(String::as_str).collect();
        names.sort_unstable();
        ensure!(names == ["alg", "crv", "kid", "kty", "use", "x"], "nothing private: {names:?}");
    }
    let kid = |key: &Value| key["kid"].as_str().map(str::to_owned).context("a name");
    keys["keys"].as_array().context("keys")?.iter().map(kid).collect()
}

/// What another house's library says of a token, by the published keys.
async fn verified(server: &TestServer, token: &str, issuer: &str) -> Result<Value> {
    let mut node = Command::new("node")
        .arg("verify-token.mjs")
        .current_dir("conformance")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("node is not at hand: run the tests with `cargo xtask test`, which installs it")?;
    let question = json!({ "keys": server.url("/.well-known/jwks.json"), "issuer": issuer, "token": token });
    node.stdin.take().context("its input")?.write_all(question.to_string().as_bytes()).await?;
    let output = node.wait_with_output().await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anybody_verifies_our_tokens_by_the_published_keys() -> Result<()> {
    let server = server(Backend::Sqlite).await?;
    let token = somebody(&server, "unyo@example.jp", OPERATOR).await?.access;
    let claims = verified(&server, &token, PUBLIC_URL).await?;
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(PUBLIC_URL), &json!("shirube")));
    assert!(verified(&server, &token, "https://another.example").await.is_err());
    let forged = format!("{}A", &token[..token.len() - 1]);
    assert!(verified(&server, if forged == token { "x" } else { &forged }, PUBLIC_URL).await.is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_signs_nobody_out() -> Result<()> {
    let server = server(Backend::Sqlite).await?;
    let old = somebody(&server, "unyo@example.jp", OPERATOR).await?;
    let kid = |token: &str| Ok::<_, anyhow::Error>(Forge::new(&server, token)?.header["kid"].clone());
    let first = jwks(&server).await?;
    let now = Forge::new(&server, &old.access)?.claims["iat"].as_i64().context("an instant")?;
    let now = time::OffsetDateTime::from_unix_timestamp(now)?;
    server.keys().rotate(now + Duration::seconds(1), false)?;
    // The running server finds it by itself.
    let found = tokio::time::timeout(std::time::Duration::from_secs(15), async {
        while jwks(&server).await?.len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        jwks(&server).await
    });
    let both = found.await??;
    assert!(both.contains(&first[0]));
    assert!(believed(&server, &old.access).await?);
    let announced = Tokens::of(refresh(&server, &old.refresh).await?).await?;
    assert_eq!(kid(&announced.access)?, json!(first[0]), "a key is published before it signs");
    server.advance(Duration::minutes(2));
    let new = Tokens::of(refresh(&server, &announced.refresh).await?).await?;
    assert_ne!(kid(&new.access)?, json!(first[0]));
    assert!(both.contains(&kid(&new.access)?.as_str().unwrap_or_default().to_owned()));
    for token in [&old, &announced, &new] {
        assert!(believed(&server, &token.access).await?);
    }

    // Where the old ones are revoked, access tokens are void, and refresh tokens are not.
    server.keys().rotate(now + Duration::minutes(3), true)?;
    server.app().refresh_keys()?;
    for token in [&old, &announced, &new] {
        assert!(!believed(&server, &token.access).await?);
    }
    let anew = Tokens::of(refresh(&server, &new.refresh).await?).await?;
    ask(&server, &anew.access, VIEWER, json!({})).await?;
    Ok(())
}
