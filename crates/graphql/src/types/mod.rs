//! The objects of the schema: newtypes over domain values, one subject a file.

mod audit;
mod change;
pub(crate) mod comparison;
mod figures;
mod grade;
mod grade_preview;
mod grading_rule;
mod indicator;
mod instance;
mod keys;
mod lineage;
mod municipality;
mod official;
mod outlook;
mod people;
mod period;
mod plan_node;
mod progress;
mod revision;
mod round;
mod standard;
mod strategy;
mod target;
mod viewer;
mod webhook;

use async_graphql::Interface;

pub(crate) use audit::{AuditEntry, AuditEntryConnection, AuditFilter, audit};
pub(crate) use figures::{ObservationStatus, PlanTotal, Quantity, Unit, YearFigures};
pub(crate) use grading_rule::GradingRule;
pub(crate) use indicator::{Indicator, IndicatorConnection, IndicatorFilter, IndicatorRole};
pub(crate) use instance::Instance;
pub(crate) use keys::{ApiKey, KeyScope};
pub(crate) use lineage::{MappingDifference, MappingStrength};
pub(crate) use municipality::{
    Municipality, MunicipalityConnection, MunicipalityFilter, MunicipalityOrder, Prefecture, municipalities,
};
pub(crate) use official::{OfficialIndicator, OfficialSeries};
pub(crate) use people::{
    Account, AccountConnection, Invitation, InvitationConnection, Membership, MembershipConnection, Role, User,
};
pub(crate) use period::Period;
pub(crate) use plan_node::PlanNode;
pub(crate) use revision::Revision;
pub(crate) use round::{Cause, Gap, Opinion, PublishedOpinion, Round, Task, TaskState, Warning};
pub(crate) use standard::{
    StandardIndicator, StandardIndicatorConnection, StandardIndicatorFilter, standard_indicators,
};
pub(crate) use strategy::{Department, Direction, LevelKind, Strategy};
pub(crate) use target::{Accumulation, RequirementKind, Target};
pub(crate) use viewer::Viewer;
pub(crate) use webhook::{Webhook, WebhookDelivery, WebhookEvent};

/// Something that has a global id, by which it can be fetched again.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "async_graphql::ID", desc = "The global id."))]
pub(crate) enum Node {
    Prefecture(Prefecture),
    Municipality(Municipality),
    Strategy(Strategy),
    PlanNode(PlanNode),
    Indicator(Indicator),
    StandardIndicator(StandardIndicator),
    OfficialIndicator(OfficialIndicator),
    Department(Department),
    User(User),
    Account(Account),
    Membership(Membership),
    Invitation(Invitation),
    ApiKey(ApiKey),
    AuditEntry(AuditEntry),
    Round(Round),
    Task(Task),
    Opinion(Opinion),
    Webhook(Webhook),
    WebhookDelivery(WebhookDelivery),
}

pub(crate) struct Remark<'a>(pub(crate) &'a shirube_domain::strategy::Remark);

/// A remark (所見, 増減理由及び今後の取り組み) on the result of a fiscal year.
#[async_graphql::Object]
impl Remark<'_> {
    /// The fiscal year whose result it explains.
    async fn year(&self) -> crate::scalars::FiscalYear {
        crate::scalars::FiscalYear(self.0.year)
    }

    /// The text as printed.
    async fn text(&self) -> &str {
        &self.0.text
    }
}
