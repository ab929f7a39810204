//! Rows of the people of a municipality, their keys and what they did. Keyed by the municipality first, and reached
//! through [`crate::Tenant`] alone.

pub(crate) mod membership {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "membership")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) user_id: Uuid,
        pub(crate) role: String,
        pub(crate) department_id: Option<Uuid>,
        pub(crate) granted_at: TimeDateTimeWithTimeZone,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod invitation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "invitation")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) hash: String,
        pub(crate) email: String,
        pub(crate) name: String,
        pub(crate) role: String,
        pub(crate) department_id: Option<Uuid>,
        pub(crate) invited_by: String,
        pub(crate) inviter_id: Option<Uuid>,
        pub(crate) created_at: TimeDateTimeWithTimeZone,
        pub(crate) expires_at: TimeDateTimeWithTimeZone,
        pub(crate) accepted_at: Option<TimeDateTimeWithTimeZone>,
        pub(crate) cancelled_at: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod municipal_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "municipal_key")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) name: String,
        pub(crate) hash: String,
        pub(crate) scopes: String,
        pub(crate) created_at: TimeDateTimeWithTimeZone,
        pub(crate) expires_at: TimeDateTimeWithTimeZone,
        pub(crate) used_at: Option<TimeDateTimeWithTimeZone>,
        pub(crate) revoked_at: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod audit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) at: TimeDateTimeWithTimeZone,
        pub(crate) actor_kind: String,
        pub(crate) actor_id: Option<Uuid>,
        pub(crate) actor_name: String,
        pub(crate) address: Option<String>,
        pub(crate) request_id: Option<String>,
        pub(crate) action: String,
        pub(crate) event: String,
        pub(crate) subject_kind: String,
        pub(crate) subject: Option<String>,
        pub(crate) before: Option<String>,
        pub(crate) after: Option<String>,
        pub(crate) reason: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}
