//! Ids, cursors and keys of everybody's things, from which random documents draw.

use anyhow::Result;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shirube_domain::municipality::MunicipalityCode;
use shirube_testing::TestService;
use uuid::Uuid;

use super::random::Random;

/// What whoever has the machine sees of a municipality.
const MUNICIPAL: &str = "query ($code: MunicipalityCode!) {
    memberships(municipality: $code, first: 100) { edges { cursor node { id user { id } } } }
    departments(municipality: $code) { id }
    invitations(municipality: $code, first: 100) { edges { cursor node { id } } }
    apiKeys(municipality: $code) { id }
    webhooks(municipality: $code) { id deliveries(first: 9) { edges { cursor node { id } } } }
    audit(municipality: $code, first: 100) { edges { cursor node { id subjectKey } } }
    drafts(municipality: $code) {
        id key roots { id } nodes { id } indicators(first: 3) { edges { cursor node { id } } }
    }
    rounds(municipality: $code) { id tasks(first: 3) { edges { cursor node { id } } } opinions { id } }
    strategy(municipality: $code) { id roots { id } indicators(first: 3) { edges { cursor node { id } } } }
}";
/// The same of the instance.
const INSTANCE: &str = "{
    accounts(first: 100) { edges { cursor node { id user { id } } } }
    invitations(first: 100) { edges { cursor node { id } } }
    audit(first: 50) { edges { cursor node { id subjectKey } } }
    municipality(code: \"012262\") { id prefecture { id } }
    standardIndicators(first: 2) { nodes { id } }
    officialIndicators { id }
}";

/// What there is.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) codes: Vec<MunicipalityCode>,
    /// An instant at which a new key may end.
    pub(super) soon: String,
    ids: Vec<String>,
    cursors: Vec<String>,
    keys: Vec<String>,
}

/// What a global id or cursor says, if it is one.
pub(super) fn decoded(text: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// The UUID of a part of a global id.
pub(super) fn uuid(part: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// An id of the same kind and place that names nothing.
pub(super) fn twin(id: &str) -> Option<String> {
    let text = decoded(id)?;
    let mut parts: Vec<String> = text.split(':').map(str::to_owned).collect();
    let fresh = URL_SAFE_NO_PAD.encode(Uuid::now_v7().as_bytes());
    // The last part that is a UUID, or the strategy of a draft.
    let at = if parts.len() > 2 && parts[0] == "strategy" { 2 } else { parts.len() - 1 };
    uuid(&parts[at])?;
    parts[at] = fresh;
    Some(URL_SAFE_NO_PAD.encode(parts.join(":")))
}

impl Pool {
    /// Reads everything anew.
    pub(super) async fn read(service: &TestService, codes: &[MunicipalityCode], soon: String) -> Result<Self> {
        let mut pool = Self { codes: codes.to_vec(), soon, ids: Vec::new(), cursors: Vec::new(), keys: Vec::new() };
        let machine = std::sync::Arc::new(shirube_access::Scope::machine());
        pool.harvest("", &service.ask_of(&machine, INSTANCE, Value::Null).await?.data()?);
        for code in codes {
            let answer = service.ask_of(&machine, MUNICIPAL, json!({ "code": code.to_string() })).await?;
            pool.harvest("", &answer.data()?);
        }
        Ok(pool)
    }

    fn harvest(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(text) => match name {
                "id" => self.ids.push(text.clone()),
                "cursor" => self.cursors.push(text.clone()),
                "subjectKey" | "key" => self.keys.push(text.clone()),
                _ => {}
            },
            Value::Array(items) => items.iter().for_each(|item| self.harvest(name, item)),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| self.harvest(name, value)),
            _ => {}
        }
    }

    /// The kind of a global id, or of the first of a list.
    pub(super) fn kind(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) if self.ids.contains(text) => Some(decoded(text)?.split_once(':')?.0.to_owned()),
            Value::Array(items) => self.kind(items.first()?),
            _ => None,
        }
    }

    /// A global id: mostly of the wanted kind and of one municipality.
    pub(super) fn id(&self, random: &mut Random, focus: MunicipalityCode, kind: Option<&str>) -> String {
        let malformed = ["", "x", "???", "bWVtYmVyc2hpcDowMTIyNjI6", "a2V5Omluc3RhbmNlOng"];
        let draw = random.below(100);
        if draw < 3 {
            return (*random.pick(&malformed)).to_owned();
        }
        let place = format!(":{focus}:");
        let fits = |id: &&String| {
            let text = decoded(id).unwrap_or_default();
            // Users belong to no municipality, and published things are open.
            let here = text.contains(&place) || draw > 75 || text.starts_with("user:");
            here && kind.is_none_or(|kind| draw > 92 || text.starts_with(&format!("{kind}:")))
        };
        let fitting: Vec<&String> = self.ids.iter().filter(fits).collect();
        let id = if fitting.is_empty() { random.pick(&self.ids) } else { *random.pick(&fitting) };
        if (3..8).contains(&draw) { twin(id).unwrap_or_default() } else { id.clone() }
    }

    /// A cursor: mostly of the list that is asked for.
    pub(super) fn cursor(&self, random: &mut Random, field: &str, focus: MunicipalityCode) -> String {
        let list = format!("{field}:{focus}\n");
        let own: Vec<&String> =
            self.cursors.iter().filter(|cursor| decoded(cursor).is_some_and(|text| text.starts_with(&list))).collect();
        match random.below(10) {
            0 => "?".to_owned(),
            1 => URL_SAFE_NO_PAD.encode(format!("{list}{}", Uuid::now_v7())),
            2..=6 if !own.is_empty() => (*random.pick(&own)).clone(),
            _ => random.pick(&self.cursors).clone(),
        }
    }

    /// A key of something.
    pub(super) fn key(&self, random: &mut Random) -> String {
        random.pick(&self.keys).clone()
    }
}
