use std::{collections::HashSet, fmt};

use openidconnect::url::{Host, Url};
use serde::Deserialize;
use serde_json::Value;

/// What the configuration looks like, for those who wrote something else.
const EXAMPLE: &str = r#"write [{"id":"city","name":"City account","issuer":"https://login.example.jp","clientId":"…","clientSecret":"…"}]"#;

/// A provider, as configured.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderSettings {
    /// Its name in URLs: up to 32 of a-z, 0-9 and the hyphen.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its issuer identifier, spelled as the provider itself spells it.
    pub issuer: String,
    /// The client that is registered there.
    pub client_id: String,
    /// The secret of that client; none for a public client.
    pub client_secret: Option<String>,
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderSettings")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl ProviderSettings {
    /// Reads the configuration: a JSON array. An error says what is wrong, where, and how to mend it; it never shows a
    /// value of the configuration but ids and issuers, since the others may be secrets in the wrong place.
    pub fn read_all(json: &str) -> Result<Vec<Self>, String> {
        let value = serde_json::from_str(json);
        let value = value.map_err(|error| format!("the sign-in providers are no JSON: {error}; {EXAMPLE}"))?;
        let Value::Array(items) = value else {
            return Err(format!("the sign-in providers are no JSON array; {EXAMPLE}"));
        };
        let read = |(at, item)| Self::read(item).map_err(|why| place(at, &why));
        let all = items.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        Self::check_all(&all)?;
        Ok(all)
    }

    fn read(item: Value) -> Result<Self, String> {
        let Value::Object(fields) = &item else {
            return Err(format!("it is no JSON object; {EXAMPLE}"));
        };
        // serde would show a value of another type, and it may be the secret.
        let no_text = |(key, value): (&String, &Value)| {
            let fits = value.is_string() || key == "clientSecret" && value.is_null();
            (!fits).then(|| format!("{key} is no text; put it in quotes"))
        };
        if let Some(why) = fields.iter().find_map(no_text) {
            return Err(why);
        }
        serde_json::from_value(item).map_err(|error| format!("{error}; {EXAMPLE}"))
    }

    /// Checks what types do not say; for settings that were not read by [`Self::read_all`], too.
    pub(super) fn check_all(all: &[Self]) -> Result<(), String> {
        let mut ids = HashSet::new();
        for (at, provider) in all.iter().enumerate() {
            provider.check().map_err(|why| place(at, &why))?;
            if !ids.insert(&provider.id) {
                let why = format!("an earlier one has the id {:?}, too; give each an id of its own", provider.id);
                return Err(place(at, &why));
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=32).contains(&self.id.len()) || !self.id.bytes().all(fits) {
            return Err(format!("the id {:?} does not fit into URLs; use up to 32 of a-z, 0-9 and -", self.id));
        }
        if self.name.trim().is_empty() {
            return Err("the name is empty; people choose the provider by it".to_owned());
        }
        if self.client_id.is_empty() {
            return Err("clientId is empty; the provider gives one when the service is registered".to_owned());
        }
        if self.client_secret.as_ref().is_some_and(String::is_empty) {
            return Err("clientSecret is empty; leave it out if the provider gave none".to_owned());
        }
        let issuer = Url::parse(&self.issuer).ok().filter(|url| {
            is_safe(url) && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
        });
        if issuer.is_none() {
            return Err(format!(
                "the issuer {:?} is not an https address without ? and #; take it from the provider's \
                 /.well-known/openid-configuration (http will do on this machine alone)",
                self.issuer
            ));
        }
        Ok(())
    }
}

fn place(at: usize, why: &str) -> String {
    format!("sign-in provider {}: {why}", at + 1)
}

/// Whether nobody on the way can read or change what is sent there: https, or http that stays on this machine.
pub(super) fn is_safe(url: &Url) -> bool {
    let stays = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || url.scheme() == "http" && stays
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({
            "id": "city-2", "name": "市のアカウント", "issuer": "https://login.example.jp/tenant/v2.0",
            "clientId": "shirube", "clientSecret": "hunter2",
        })
    }

    fn with(key: &str, value: Value) -> Value {
        let mut provider = good();
        provider[key] = value;
        provider
    }

    fn read(providers: Value) -> Result<Vec<ProviderSettings>, String> {
        ProviderSettings::read_all(&providers.to_string())
    }

    #[test]
    fn providers_are_read_and_their_secrets_are_not_shown() {
        let all =
            read(json!([good(), { "id": "x", "name": "X", "issuer": "http://[::1]:9", "clientId": "c" }])).unwrap();
        assert_eq!(all[0].client_secret.as_deref(), Some("hunter2"));
        assert_eq!(all[1].client_secret, None);
        assert_eq!(read(json!([])).unwrap(), []);
        let shown = format!("{all:?}");
        assert!(shown.contains("city-2") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_cure() {
        for (provider, told) in [
            (with("id", json!("")), "the id \"\" does not fit into URLs"),
            (with("id", json!("City")), "the id \"City\" does not fit into URLs"),
            (with("id", json!("a".repeat(33))), "use up to 32 of a-z, 0-9 and -"),
            (with("id", json!("x")), "give each an id of its own"),
            (with("name", json!(" ")), "the name is empty"),
            (with("clientId", json!("")), "clientId is empty"),
            (with("clientSecret", json!("")), "leave it out"),
            (with("clientSecret", json!(["hunter2"])), "clientSecret is no text; put it in quotes"),
            (with("clientID", json!("hunter2")), "unknown field `clientID`"),
            (json!({ "id": "y" }), "missing field `name`"),
            (json!("hunter2"), "no JSON object"),
            (with("issuer", json!("login.example.jp")), "is not an https address"),
            (with("issuer", json!("http://login.example.jp")), "is not an https address"),
            (with("issuer", json!("http://localhost.example.jp")), "is not an https address"),
            (with("issuer", json!("http://128.0.0.1")), "is not an https address"),
            (with("issuer", json!("ftp://localhost")), "is not an https address"),
            (with("issuer", json!("https://login.example.jp?x")), "is not an https address"),
            (with("issuer", json!("https://login.example.jp#x")), "is not an https address"),
            (with("issuer", json!("https://me@login.example.jp")), "is not an https address"),
        ] {
            let error = read(json!([with("id", json!("x")), provider])).unwrap_err();
            assert!(error.starts_with("sign-in provider 2: ") && error.contains(told), "{told}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        for (text, told) in
            [("", "no JSON: EOF"), ("[{]", "no JSON: "), ("\"hunter2\"", "no JSON array"), ("{}", "no JSON array")]
        {
            let error = ProviderSettings::read_all(text).unwrap_err();
            assert!(error.contains(told) && error.contains("clientId"), "{told}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
