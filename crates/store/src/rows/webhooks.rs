//! Rows of webhooks, and of the agenda, which belongs to no municipality.

pub(crate) mod agenda {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agenda")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) subject: Uuid,
        pub(crate) due: TimeDateTimeWithTimeZone,
        pub(crate) taken_until: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod webhook {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) url: String,
        pub(crate) events: String,
        pub(crate) turn: i32,
        pub(crate) created_at: TimeDateTimeWithTimeZone,
        pub(crate) created_by: String,
        pub(crate) disabled_at: Option<TimeDateTimeWithTimeZone>,
        pub(crate) disabled_why: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod webhook_delivery {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_delivery")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) webhook_id: Uuid,
        pub(crate) event: String,
        pub(crate) about: String,
        pub(crate) state: String,
        pub(crate) attempts: i32,
        pub(crate) status: Option<i16>,
        pub(crate) reason: Option<String>,
        pub(crate) created_at: TimeDateTimeWithTimeZone,
        pub(crate) attempted_at: Option<TimeDateTimeWithTimeZone>,
        pub(crate) next_at: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}
