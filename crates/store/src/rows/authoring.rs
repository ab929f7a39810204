//! Rows of drafts beside those of the document itself: mappings to standard indicators, and what the previous term held.

pub(crate) mod mapping {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "mapping")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) indicator_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) standard_indicator_id: String,
        pub(crate) position: i16,
        pub(crate) strength: String,
        pub(crate) factor: Option<String>,
        /// Codes, as a JSON list.
        pub(crate) differences: String,
        pub(crate) reason: Option<String>,
        pub(crate) decided_by: Option<String>,
        pub(crate) decided_on: Option<TimeDate>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod ancestor {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "ancestor")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) subject_kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) subject_id: Uuid,
        pub(crate) position: i32,
        pub(crate) name: String,
        pub(crate) role: Option<String>,
        pub(crate) unit: Option<String>,
        pub(crate) direction: Option<String>,
        pub(crate) dropped: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}
