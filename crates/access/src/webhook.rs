//! The secrets of webhooks, and what is signed with them, after the specification of Standard Webhooks.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use shirube_domain::{DeliveryId, WebhookId, municipality::MunicipalityCode};

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The key of the instance from which the secret of every webhook is derived, so that none has to be stored.
pub struct WebhookKey([u8; 32]);

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey(…)")
    }
}

impl WebhookKey {
    pub(crate) fn generate() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system gives randomness");
        Self(bytes)
    }

    /// Reads its form in a file.
    pub(crate) fn read(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Its form in a file.
    pub(crate) fn text(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// The secret of a webhook. `turn` counts how often it has been replaced.
    pub fn secret(&self, municipality: MunicipalityCode, webhook: WebhookId, turn: u32) -> WebhookSecret {
        let of = format!("shirube webhook 1 {municipality} {webhook} {turn}");
        WebhookSecret(hmac(&self.0, &[of.as_bytes()]).to_vec())
    }
}

/// What the service and one receiver share, to know what the service sent.
pub struct WebhookSecret(Vec<u8>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

impl WebhookSecret {
    /// The text, for the one who is to have it.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message that is sent at `timestamp`, in seconds since 1970: what stands in the header
    /// `webhook-signature`.
    pub fn sign(&self, delivery: DeliveryId, timestamp: i64, body: &str) -> String {
        self.signature(&delivery.to_string(), timestamp, body)
    }

    fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = hmac(&self.0, &[format!("{id}.{timestamp}.").as_bytes(), body.as_bytes()]);
        format!("v1,{}", STANDARD.encode(signed))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// The vector with which the reference libraries of Standard Webhooks test themselves.
    #[test]
    fn signs_as_the_reference_libraries_do() {
        let secret = WebhookSecret(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
        assert_eq!(secret.reveal(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = secret.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_webhook_and_turn_has_a_secret_of_its_own() {
        let (key, other) = (WebhookKey([7; 32]), WebhookKey([8; 32]));
        let [here, there]: [MunicipalityCode; 2] = ["012262", "325252"].map(|code| code.parse().unwrap());
        let [one, two] = [1, 2].map(|id| WebhookId::from_uuid(Uuid::from_u128(id)));
        let secrets = [
            key.secret(here, one, 0),
            key.secret(here, one, 1),
            key.secret(here, two, 0),
            key.secret(there, one, 0),
            other.secret(here, one, 0),
        ]
        .map(|secret| secret.reveal());
        for (at, secret) in secrets.iter().enumerate() {
            assert!(!secrets[..at].contains(secret));
        }
        let again = WebhookKey::read(&key.text()).unwrap().secret(here, one, 0);
        assert_eq!(again.reveal(), secrets[0], "it is derived, not made up");
        assert_eq!(format!("{key:?} {again:?}"), "WebhookKey(…) WebhookSecret(…)");
    }
}
