//! Rows of mutations that their callers may send again.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "performed")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) caller_kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) caller_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) client_mutation_id: String,
    pub(crate) fingerprint: String,
    pub(crate) action: String,
    pub(crate) municipality: Option<String>,
    pub(crate) at: TimeDateTimeWithTimeZone,
    pub(crate) answer: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::commons::CommonEntity for Entity {}
