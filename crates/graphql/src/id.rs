//! Global ids. An id names a thing in one revision of its strategy, so that what it leads to never changes; `key` follows
//! a thing through the revisions.

use std::str::FromStr;

use async_graphql::ID;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shirube_domain::{
    ApiKeyId, AuditId, BadInput, DeliveryId, DepartmentId, Error, IndicatorId, InvitationId, MembershipId, NodeId,
    OpinionId, StrategyId, UserId, WebhookId,
    calendar::FiscalYear,
    lint::Subject,
    municipality::{MunicipalityCode, Prefecture},
};
use uuid::Uuid;

/// What an id names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GlobalId {
    Prefecture(Prefecture),
    Municipality(MunicipalityCode),
    Strategy(StrategyKey),
    PlanNode(StrategyKey, NodeId),
    Indicator(StrategyKey, IndicatorId),
    StandardIndicator(String),
    OfficialIndicator(String),
    Department(MunicipalityCode, DepartmentId),
    User(UserId),
    Account(UserId),
    /// Of a municipality, or of the instance.
    AuditEntry(Option<MunicipalityCode>, AuditId),
    Membership(MunicipalityCode, MembershipId),
    /// To a municipality, or to the instance.
    Invitation(Option<MunicipalityCode>, InvitationId),
    /// Of a municipality, or of a user.
    ApiKey(Option<MunicipalityCode>, ApiKeyId),
    Round(RoundKey),
    Task(RoundKey, Subject),
    Opinion(RoundKey, OpinionId),
    Webhook(MunicipalityCode, WebhookId),
    WebhookDelivery(MunicipalityCode, DeliveryId),
}

/// A reporting round of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoundKey {
    pub(crate) municipality: MunicipalityCode,
    pub(crate) strategy: StrategyId,
    pub(crate) year: FiscalYear,
}

impl RoundKey {
    pub(crate) fn text(self) -> String {
        format!("{}:{}:{}", self.municipality, self.year.year(), short(self.strategy.uuid()))
    }

    fn read(municipality: &str, year: &str, strategy: &str) -> Option<Self> {
        Some(Self {
            municipality: municipality.parse().ok()?,
            strategy: StrategyId::from_uuid(long(strategy)?),
            year: FiscalYear::new(year.parse().ok()?).ok()?,
        })
    }
}

/// A strategy of a municipality, in a revision or as a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StrategyKey {
    pub(crate) municipality: MunicipalityCode,
    pub(crate) strategy: StrategyId,
    /// `None` for the draft.
    pub(crate) revision: Option<u32>,
}

impl StrategyKey {
    fn text(self) -> String {
        let revision = self.revision.map_or("draft".to_owned(), |number| number.to_string());
        format!("{}:{}:{revision}", self.municipality, short(self.strategy.uuid()))
    }
}

/// The name of a place in an id: a municipality, or the instance.
fn place(municipality: Option<MunicipalityCode>) -> String {
    municipality.map_or("instance".to_owned(), |code| code.to_string())
}

/// A place that was read.
struct Place(Option<MunicipalityCode>);

fn read_place(text: &str) -> Option<Place> {
    if text == "instance" { Some(Place(None)) } else { text.parse().ok().map(Some).map(Place) }
}

fn short(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

impl GlobalId {
    pub(crate) fn id(&self) -> ID {
        let text = match self {
            Self::Prefecture(prefecture) => format!("prefecture:{}", prefecture.number()),
            Self::Municipality(code) => format!("municipality:{code}"),
            Self::Strategy(key) => format!("strategy:{}", key.text()),
            Self::PlanNode(key, id) => format!("node:{}:{}", key.text(), short(id.uuid())),
            Self::Indicator(key, id) => format!("indicator:{}:{}", key.text(), short(id.uuid())),
            Self::StandardIndicator(id) => format!("standard:{id}"),
            Self::OfficialIndicator(id) => format!("official:{id}"),
            Self::Department(code, id) => format!("department:{code}:{}", short(id.uuid())),
            Self::User(id) => format!("user:{}", short(id.uuid())),
            Self::Account(id) => format!("account:{}", short(id.uuid())),
            Self::AuditEntry(code, id) => format!("audit:{}:{}", place(*code), short(id.uuid())),
            Self::Membership(code, id) => format!("membership:{code}:{}", short(id.uuid())),
            Self::Invitation(code, id) => format!("invitation:{}:{}", place(*code), short(id.uuid())),
            Self::ApiKey(code, id) => format!("key:{}:{}", place(*code), short(id.uuid())),
            Self::Round(key) => format!("round:{}", key.text()),
            Self::Task(key, Subject::Indicator(id)) => format!("task:{}:indicator:{}", key.text(), short(id.uuid())),
            Self::Task(key, Subject::Node(id)) => format!("task:{}:node:{}", key.text(), short(id.uuid())),
            Self::Opinion(key, id) => format!("opinion:{}:{}", key.text(), short(id.uuid())),
            Self::Webhook(code, id) => format!("webhook:{code}:{}", short(id.uuid())),
            Self::WebhookDelivery(code, id) => format!("delivery:{code}:{}", short(id.uuid())),
        };
        ID(URL_SAFE_NO_PAD.encode(text))
    }

    /// Reads an id. `argument` is where it was given.
    pub(crate) fn parse(id: &str, argument: &str) -> Result<Self, Error> {
        read(id).ok_or_else(|| {
            Error::BadInput(BadInput {
                place: argument.to_owned(),
                message: "this is not an id of this service; use an `id` that an answer gave".to_owned(),
            })
        })
    }
}

fn read(id: &str) -> Option<GlobalId> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (kind, rest) = text.split_once(':')?;
    let parts: Vec<&str> = rest.split(':').collect();
    match (kind, parts.as_slice()) {
        ("prefecture", [number]) => Prefecture::from_number(number.parse().ok()?).map(GlobalId::Prefecture),
        ("municipality", [code]) => code.parse().ok().map(GlobalId::Municipality),
        ("strategy", [code, strategy, revision]) => key(code, strategy, revision).map(GlobalId::Strategy),
        ("node", [code, strategy, revision, node]) => {
            Some(GlobalId::PlanNode(key(code, strategy, revision)?, NodeId::from_uuid(long(node)?)))
        }
        ("indicator", [code, strategy, revision, indicator]) => {
            Some(GlobalId::Indicator(key(code, strategy, revision)?, IndicatorId::from_uuid(long(indicator)?)))
        }
        ("standard", [id]) => Some(GlobalId::StandardIndicator((*id).to_owned())),
        ("official", [id]) => Some(GlobalId::OfficialIndicator((*id).to_owned())),
        ("department", [code, id]) => {
            Some(GlobalId::Department(code.parse().ok()?, DepartmentId::from_uuid(long(id)?)))
        }
        ("user", [id]) => Some(GlobalId::User(UserId::from_uuid(long(id)?))),
        ("account", [id]) => Some(GlobalId::Account(UserId::from_uuid(long(id)?))),
        ("audit", [of, id]) => Some(GlobalId::AuditEntry(read_place(of)?.0, AuditId::from_uuid(long(id)?))),
        ("membership", [code, id]) => {
            Some(GlobalId::Membership(code.parse().ok()?, MembershipId::from_uuid(long(id)?)))
        }
        ("invitation", [of, id]) => Some(GlobalId::Invitation(read_place(of)?.0, InvitationId::from_uuid(long(id)?))),
        ("round", [code, year, strategy]) => RoundKey::read(code, year, strategy).map(GlobalId::Round),
        ("task", [code, year, strategy, kind, id]) => {
            let id = long(id)?;
            let subject = match *kind {
                "indicator" => Subject::Indicator(IndicatorId::from_uuid(id)),
                "node" => Subject::Node(NodeId::from_uuid(id)),
                _ => return None,
            };
            Some(GlobalId::Task(RoundKey::read(code, year, strategy)?, subject))
        }
        ("opinion", [code, year, strategy, id]) => {
            Some(GlobalId::Opinion(RoundKey::read(code, year, strategy)?, OpinionId::from_uuid(long(id)?)))
        }
        ("webhook", [code, id]) => Some(GlobalId::Webhook(code.parse().ok()?, WebhookId::from_uuid(long(id)?))),
        ("delivery", [code, id]) => {
            Some(GlobalId::WebhookDelivery(code.parse().ok()?, DeliveryId::from_uuid(long(id)?)))
        }
        ("key", [of, id]) => Some(GlobalId::ApiKey(read_place(of)?.0, ApiKeyId::from_uuid(long(id)?))),
        _ => None,
    }
}

fn key(municipality: &str, strategy: &str, revision: &str) -> Option<StrategyKey> {
    Some(StrategyKey {
        municipality: MunicipalityCode::from_str(municipality).ok()?,
        strategy: StrategyId::from_uuid(long(strategy)?),
        revision: if revision == "draft" { None } else { Some(revision.parse().ok()?) },
    })
}

fn long(id: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(id).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_read_back() {
        let municipality: MunicipalityCode = "012262".parse().unwrap();
        let key = StrategyKey { municipality, strategy: StrategyId::from_uuid(Uuid::from_u128(7)), revision: Some(3) };
        let uuid = Uuid::from_u128(10);
        let round = RoundKey { municipality, strategy: key.strategy, year: FiscalYear::new(2021).unwrap() };
        for id in [
            GlobalId::Strategy(StrategyKey { revision: None, ..key }),
            GlobalId::Department(municipality, DepartmentId::from_uuid(uuid)),
            GlobalId::User(UserId::from_uuid(uuid)),
            GlobalId::Account(UserId::from_uuid(uuid)),
            GlobalId::AuditEntry(Some(municipality), AuditId::from_uuid(uuid)),
            GlobalId::Membership(municipality, MembershipId::from_uuid(uuid)),
            GlobalId::Invitation(None, InvitationId::from_uuid(uuid)),
            GlobalId::ApiKey(Some(municipality), ApiKeyId::from_uuid(uuid)),
            GlobalId::Round(round),
            GlobalId::Task(round, Subject::Indicator(IndicatorId::from_uuid(uuid))),
            GlobalId::Task(round, Subject::Node(NodeId::from_uuid(uuid))),
            GlobalId::Opinion(round, OpinionId::from_uuid(uuid)),
            GlobalId::Webhook(municipality, WebhookId::from_uuid(uuid)),
            GlobalId::WebhookDelivery(municipality, DeliveryId::from_uuid(uuid)),
            GlobalId::Prefecture(Prefecture::from_number(1).unwrap()),
            GlobalId::Municipality(municipality),
            GlobalId::Strategy(key),
            GlobalId::PlanNode(key, NodeId::from_uuid(Uuid::from_u128(8))),
            GlobalId::Indicator(key, IndicatorId::from_uuid(Uuid::from_u128(9))),
            GlobalId::StandardIndicator("births".into()),
            GlobalId::OfficialIndicator("pop_census".into()),
        ] {
            assert_eq!(GlobalId::parse(&id.id(), "id").unwrap(), id);
        }
    }

    #[test]
    fn what_is_not_an_id_is_bad_input() {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        for id in ["", "x", "???", &encode("municipality:012263"), &encode("node:012262:x:1:y"), &encode("cat:1")] {
            assert!(matches!(GlobalId::parse(id, "id"), Err(Error::BadInput(_))), "{id}");
        }
    }
}
