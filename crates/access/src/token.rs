use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use shirube_domain::{SessionId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{keyring::Keyring, scope::NotBelieved};

/// How long an access token is good, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// By how much two clocks may differ, in seconds.
const LEEWAY: i64 = 5;
/// The longest token that is looked at, in bytes; ours have some 500.
const LONGEST: usize = 2_048;
/// For whom tokens are.
const AUDIENCE: &str = "shirube";
/// The type of an access token, after RFC 9068.
const TYPE: &str = "at+jwt";

/// The claims of an access token (RFC 9068), compared exactly. Rights are not among them: they are looked up, so that
/// taking one away takes effect.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
}

/// The only header that our tokens have. Any other field (`jku`, `jwk`, `x5u`, `x5c`, `crit` …) is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    typ: String,
    kid: String,
}

/// An access token whose signature, times, issuer and audience were verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessToken {
    user: UserId,
    session: SessionId,
}

impl AccessToken {
    /// Whose it is.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// In which session it was given.
    pub const fn session(&self) -> SessionId {
        self.session
    }
}

/// Makes and verifies access tokens of one issuer.
#[derive(Debug)]
pub struct Tokens {
    issuer: String,
}

impl Tokens {
    /// Tokens of an issuer, which is the public URL of the instance.
    pub const fn new(issuer: String) -> Self {
        Self { issuer }
    }

    /// A token for a session, good for [`ACCESS_SECONDS`] from `now` on. `id` names the token.
    pub fn issue(&self, keys: &Keyring, user: UserId, session: SessionId, id: Uuid, now: OffsetDateTime) -> String {
        let key = keys.signing(now);
        let iat = now.unix_timestamp();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user.uuid(),
            sid: session.uuid(),
            iat,
            nbf: iat,
            exp: iat + ACCESS_SECONDS,
            jti: id,
        };
        let header =
            Header { typ: Some(TYPE.to_owned()), kid: Some(key.kid().to_owned()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, &claims, key.encoding()).expect("a key of the ring signs")
    }

    /// Verifies a token as of `now`.
    pub fn verify(&self, keys: &Keyring, token: &str, now: OffsetDateTime) -> Result<AccessToken, NotBelieved> {
        if token.len() > LONGEST {
            return Err(NotBelieved);
        }
        let header = read_header(token).ok_or(NotBelieved)?;
        if header.alg != "EdDSA" || header.typ != TYPE {
            return Err(NotBelieved);
        }
        let key = keys.named(&header.kid).ok_or(NotBelieved)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.required_spec_claims = HashSet::from(["exp", "nbf", "aud", "iss", "sub"].map(str::to_owned));
        // Times are compared below, with the clock that was handed in.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, key.decoding(), &validation).map_err(|_| NotBelieved)?.claims;
        let now = now.unix_timestamp();
        let timely = now < claims.exp.saturating_add(LEEWAY)
            && claims.nbf <= now + LEEWAY
            && claims.iat <= now + LEEWAY
            && claims.exp.saturating_sub(claims.iat) <= ACCESS_SECONDS;
        if !timely || claims.iss != self.issuer {
            return Err(NotBelieved);
        }
        Ok(AccessToken { user: UserId::from_uuid(claims.sub), session: SessionId::from_uuid(claims.sid) })
    }
}

fn read_header(token: &str) -> Option<StrictHeader> {
    let (header, _) = token.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::Signer;
    use serde_json::{Value, json};
    use time::Duration;

    use super::*;
    use crate::keyring::SigningKey;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-25 03:00 UTC);

    struct Bench {
        keys: Keyring,
        tokens: Tokens,
    }

    impl Bench {
        fn new() -> Self {
            let key = SigningKey::generate(NOW - Duration::days(1));
            Self { keys: Keyring::new(vec![key]).unwrap(), tokens: Tokens::new("https://shirube.example".into()) }
        }

        fn claims() -> Value {
            let now = NOW.unix_timestamp();
            json!({
                "iss": "https://shirube.example", "aud": "shirube", "sub": Uuid::from_u128(1),
                "sid": Uuid::from_u128(2), "iat": now, "nbf": now, "exp": now + 900, "jti": Uuid::from_u128(3),
            })
        }

        fn header(&self) -> Value {
            json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.keys.signing(NOW).kid() })
        }

        /// Signs whatever it is given.
        fn sign(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let message = format!("{}.{}", part(header), part(claims));
            let signature = self.keys.signing(NOW).secret().sign(message.as_bytes());
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
        }

        fn verify(&self, token: &str) -> Result<AccessToken, NotBelieved> {
            self.tokens.verify(&self.keys, token, NOW)
        }
    }

    fn with(mut value: Value, name: &str, to: Value) -> Value {
        value[name] = to;
        value
    }

    #[test]
    fn a_token_is_good_for_fifteen_minutes() {
        let bench = Bench::new();
        let (user, session) = (UserId::from_uuid(Uuid::from_u128(1)), SessionId::from_uuid(Uuid::from_u128(2)));
        let token = bench.tokens.issue(&bench.keys, user, session, Uuid::from_u128(3), NOW);
        let at = |seconds| bench.tokens.verify(&bench.keys, &token, NOW + Duration::seconds(seconds));
        assert_eq!(at(0), Ok(AccessToken { user, session }));
        assert_eq!(at(899), Ok(AccessToken { user, session }));
        assert_eq!(at(-5), Ok(AccessToken { user, session }), "clocks differ a little");
        for seconds in [-6, 905, 1_000_000] {
            assert_eq!(at(seconds), Err(NotBelieved), "{seconds}");
        }
        assert_eq!(bench.verify(&bench.sign(&bench.header(), &Bench::claims())), Ok(AccessToken { user, session }));
    }

    #[test]
    fn headers_that_are_not_ours_are_refused() {
        let bench = Bench::new();
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": bench.keys.signing(NOW).public() });
        for (name, value) in [
            ("alg", json!("none")),
            ("alg", json!("None")),
            ("alg", json!("HS256")),
            ("alg", json!("RS256")),
            ("alg", json!(["EdDSA"])),
            ("typ", json!("JWT")),
            ("typ", json!(null)),
            ("kid", json!("unknown")),
            ("kid", json!("../../../etc/passwd")),
            ("kid", json!("' OR 1=1 --")),
            ("kid", json!("")),
            ("kid", json!(null)),
            ("jwk", key.clone()),
            ("jku", json!("https://evil.example/jwks.json")),
            ("x5u", json!("https://evil.example/x.pem")),
            ("x5c", json!(["MIIB"])),
            ("crit", json!(["exp"])),
            ("b64", json!(false)),
            ("zip", json!("DEF")),
        ] {
            let token = bench.sign(&with(bench.header(), name, value.clone()), &Bench::claims());
            assert_eq!(bench.verify(&token), Err(NotBelieved), "{name} {value}");
        }
    }

    #[test]
    fn claims_that_are_not_ours_are_refused() {
        let bench = Bench::new();
        let now = NOW.unix_timestamp();
        for (name, value) in [
            ("iss", json!("https://shirube.example/")),
            ("iss", json!(["https://shirube.example", "x"])),
            ("aud", json!("other")),
            ("aud", json!(["shirube", "other"])),
            ("sub", json!("")),
            ("sub", json!("admin")),
            ("sid", json!(7)),
            ("exp", json!(now - 6)),
            ("exp", json!(now + 901)),
            ("exp", json!(i64::MAX)),
            ("exp", json!("soon")),
            ("exp", json!(1e300)),
            ("nbf", json!(now + 6)),
            ("iat", json!(now + 6)),
        ] {
            let token = bench.sign(&bench.header(), &with(Bench::claims(), name, value.clone()));
            assert_eq!(bench.verify(&token), Err(NotBelieved), "{name} {value}");
        }
        for missing in ["iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti"] {
            let mut claims = Bench::claims();
            claims.as_object_mut().unwrap().remove(missing);
            assert_eq!(bench.verify(&bench.sign(&bench.header(), &claims)), Err(NotBelieved), "{missing}");
        }
    }

    #[test]
    fn signatures_that_are_not_ours_are_refused() {
        let bench = Bench::new();
        let good = bench.sign(&bench.header(), &Bench::claims());
        let other = bench.sign(&bench.header(), &with(Bench::claims(), "jti", json!(Uuid::from_u128(9))));
        let (message, signature) = good.rsplit_once('.').unwrap();
        let (_, foreign) = other.rsplit_once('.').unwrap();
        let zeros = URL_SAFE_NO_PAD.encode([0; 64]);
        let stranger = Bench::new().sign(&bench.header(), &Bench::claims());
        // HMAC with the public key as its secret, and the header that goes with it.
        let hmac = encode(
            &Header { kid: bench.header()["kid"].as_str().map(str::to_owned), ..Header::new(Algorithm::HS256) },
            &Bench::claims(),
            &jsonwebtoken::EncodingKey::from_secret(bench.keys.signing(NOW).public().as_bytes()),
        )
        .unwrap();
        // The same bytes, spelled with another last letter: base64 has spare bits there.
        let mut respelled = good.clone().into_bytes();
        let last = respelled.last_mut().unwrap();
        *last = if *last == b'A' { b'B' } else { *last + 1 };
        for token in [
            String::new(),
            ".".into(),
            "..".into(),
            message.into(),
            format!("{message}."),
            format!("{message}.{zeros}"),
            format!("{message}.{foreign}"),
            format!("{message}.{}", &signature[..40]),
            format!("{good}="),
            format!("{good}.{signature}"),
            format!(" {good}"),
            good.replace('.', ".."),
            String::from_utf8(respelled).unwrap(),
            stranger,
            hmac,
            format!("{good}{}", "A".repeat(1_000_000)),
        ] {
            assert_eq!(bench.verify(&token), Err(NotBelieved), "{}", &token[..token.len().min(200)]);
        }
    }
}
