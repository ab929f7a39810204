use std::time::{Duration, SystemTime};

use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError as NotBelieved, ClientId, Nonce,
    core::{CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier},
};

use super::Metadata;

/// How far the provider's clock and ours may be apart.
const APART: Duration = Duration::from_secs(5);
/// How old an ID token may be: it was made when the code was exchanged, a moment ago.
const OLDEST: Duration = Duration::from_mins(10);

/// What an ID token has to agree with.
pub(super) struct Expected<'a> {
    pub(super) client: &'a ClientId,
    pub(super) nonce: &'a Nonce,
    /// The access token that came with it.
    pub(super) access: &'a AccessToken,
    pub(super) now: SystemTime,
}

/// Checks an ID token (OpenID Connect Core 1.0, section 3.1.3.7) against the keys of the provider.
pub(super) fn believe<'t>(
    token: &'t CoreIdToken,
    keys: &Metadata,
    expected: &Expected<'_>,
) -> Result<&'t CoreIdTokenClaims, NotBelieved> {
    let now = expected.now;
    // It is not told the client's secret: nobody who knows it may make an ID token, so that HS256 and its like are
    // refused whatever the provider announces.
    let verifier =
        CoreIdTokenVerifier::new_public_client(expected.client.clone(), keys.issuer().clone(), keys.jwks().clone())
            .set_allowed_algs(keys.id_token_signing_alg_values_supported().iter().cloned())
            .set_time_fn(move || (now - APART).into())
            .set_issue_time_verifier_fn(move |issued| match SystemTime::from(issued) {
                issued if issued > now + APART => Err("issued in the future; is a clock wrong?".to_owned()),
                issued if issued + OLDEST < now => Err("issued long ago; is a clock wrong?".to_owned()),
                _ => Ok(()),
            });
    let claims = token.claims(&verifier, expected.nonce)?;
    if let Some(party) = claims.authorized_party()
        && party.as_str() != expected.client.as_str()
    {
        return Err(NotBelieved::InvalidAudience("made for another client (azp)".to_owned()));
    }
    if let Some(hash) = claims.access_token_hash() {
        let key = token.signing_key(&verifier).map_err(NotBelieved::SignatureVerification)?;
        let alg = token.signing_alg().map_err(NotBelieved::SignatureVerification)?;
        let of = |error| NotBelieved::Other(format!("the access token cannot be hashed: {error}"));
        if AccessTokenHash::from_token(expected.access, alg, key).map_err(of)? != *hash {
            return Err(NotBelieved::Other("it came with another access token (at_hash)".to_owned()));
        }
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use ed25519_dalek::{Signer, SigningKey};
    use openidconnect::SignatureVerificationError as BadSignature;
    use serde_json::{Value, json};
    use sha2::{Digest, Sha256};

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const ACCESS: &str = "the access token";

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    /// The provider, announcing more algorithms than it should.
    fn provider() -> Metadata {
        let public = URL_SAFE_NO_PAD.encode(key().verifying_key().as_bytes());
        let metadata: Metadata = serde_json::from_value(json!({
            "issuer": "https://login.example.jp",
            "authorization_endpoint": "https://login.example.jp/auth",
            "jwks_uri": "https://login.example.jp/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
        }))
        .unwrap();
        let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "k", "x": public }] });
        metadata.set_jwks(serde_json::from_value(keys).unwrap())
    }

    fn header() -> Value {
        json!({ "alg": "EdDSA", "kid": "k" })
    }

    fn claims() -> Value {
        json!({
            "iss": "https://login.example.jp", "sub": "hanako", "aud": "shirube", "nonce": "n",
            "iat": NOW, "exp": NOW + 60,
        })
    }

    fn with(key: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[key] = value;
        claims
    }

    fn unsigned(header: &Value, claims: &Value) -> String {
        [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
    }

    fn signed(header: &Value, claims: &Value) -> String {
        let text = unsigned(header, claims);
        let signature = URL_SAFE_NO_PAD.encode(key().sign(text.as_bytes()).to_bytes());
        format!("{text}.{signature}")
    }

    fn judge(token: &str) -> Result<String, NotBelieved> {
        let token: CoreIdToken = token.parse().unwrap();
        let expected = Expected {
            client: &ClientId::new("shirube".to_owned()),
            nonce: &Nonce::new("n".to_owned()),
            access: &AccessToken::new(ACCESS.to_owned()),
            now: UNIX_EPOCH + Duration::from_secs(NOW),
        };
        believe(&token, &provider(), &expected).map(|claims| claims.subject().as_str().to_owned())
    }

    #[test]
    fn an_id_token_is_believed_that_agrees_with_everything() {
        let hash = sha2::Sha512::digest(ACCESS);
        for good in [
            claims(),
            with("aud", json!(["shirube"])),
            with("azp", json!("shirube")),
            with("exp", json!(NOW - 4)),
            with("iat", json!(NOW + 5)),
            with("iat", json!(NOW - 600)),
            with("at_hash", json!(URL_SAFE_NO_PAD.encode(&hash[..32]))),
        ] {
            assert_eq!(judge(&signed(&header(), &good)).as_deref(), Ok("hanako"), "{good}");
        }
    }

    #[test]
    fn an_id_token_is_not_believed_that_disagrees_with_anything() {
        type Kind = fn(&NotBelieved) -> bool;
        let audience: Kind = |error| matches!(error, NotBelieved::InvalidAudience(_));
        let issuer: Kind = |error| matches!(error, NotBelieved::InvalidIssuer(_));
        let expired: Kind = |error| matches!(error, NotBelieved::Expired(_));
        let nonce: Kind = |error| matches!(error, NotBelieved::InvalidNonce(_));
        let hash: Kind = |error| matches!(error, NotBelieved::Other(why) if why.contains("at_hash"));
        for (bad, kind) in [
            (with("iss", json!("https://login.example.jp/")), issuer),
            (with("aud", json!("another")), audience),
            (with("aud", json!([])), audience),
            (with("aud", json!(["shirube", "another"])), audience),
            (with("azp", json!("another")), audience),
            (with("exp", json!(NOW - 5)), expired),
            (with("iat", json!(NOW + 6)), expired),
            (with("iat", json!(NOW - 601)), expired),
            (with("nonce", json!("m")), nonce),
            (with("nonce", Value::Null), nonce),
            (with("at_hash", json!(URL_SAFE_NO_PAD.encode(&sha2::Sha512::digest("another")[..32]))), hash),
            (with("at_hash", json!(URL_SAFE_NO_PAD.encode(&Sha256::digest(ACCESS)[..16]))), hash),
        ] {
            let error = judge(&signed(&header(), &bad)).unwrap_err();
            assert!(kind(&error), "{bad}: {error:?}");
        }
    }

    #[test]
    fn a_signature_is_believed_that_the_providers_key_made() {
        let good = signed(&header(), &claims());
        let (text, signature) = good.rsplit_once('.').unwrap();
        let forged = format!("{}.{signature}", unsigned(&header(), &with("sub", json!("taro"))));
        assert!(
            matches!(judge(&forged), Err(NotBelieved::SignatureVerification(BadSignature::CryptoError(_)))),
            "{:?}",
            judge(&forged)
        );
        let none = unsigned(&json!({ "alg": "none" }), &claims());
        for unsigned in [format!("{none}."), format!("{none}.{signature}")] {
            assert!(matches!(judge(&unsigned), Err(NotBelieved::SignatureVerification(BadSignature::NoSignature))));
        }
        let stranger = signed(&json!({ "alg": "EdDSA", "kid": "another" }), &claims());
        assert!(matches!(judge(&stranger), Err(NotBelieved::SignatureVerification(BadSignature::NoMatchingKey))));
        let critical = signed(&json!({ "alg": "EdDSA", "kid": "k", "crit": ["x"], "x": 1 }), &claims());
        assert!(matches!(judge(&critical), Err(NotBelieved::Unsupported(_))));
        let access = signed(&json!({ "alg": "EdDSA", "kid": "k", "typ": "at+jwt" }), &claims());
        assert!(matches!(judge(&access), Err(NotBelieved::Unsupported(_))));
        assert_eq!(judge(&format!("{text}.{signature}")).as_deref(), Ok("hanako"));
    }

    #[test]
    fn a_shared_secret_makes_no_id_token() {
        let key = jsonwebtoken::EncodingKey::from_secret(b"the client's secret");
        let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims(), &key).unwrap();
        let error = judge(&token).unwrap_err();
        assert!(matches!(error, NotBelieved::SignatureVerification(BadSignature::DisallowedAlg(_))), "{error:?}");
    }
}
