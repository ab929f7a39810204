//! Rows of users and of what belongs to no municipality.

pub(crate) mod user_account {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_account")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) email: String,
        pub(crate) name: String,
        pub(crate) password: Option<String>,
        pub(crate) operator: bool,
        pub(crate) researcher: bool,
        pub(crate) created_at: TimeDateTimeWithTimeZone,
        pub(crate) disabled_at: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod identity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "identity")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) issuer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) subject: String,
        pub(crate) user_id: Uuid,
        pub(crate) bound_at: TimeDateTimeWithTimeZone,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod session {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) user_id: Uuid,
        pub(crate) created_at: TimeDateTimeWithTimeZone,
        pub(crate) refreshed_at: TimeDateTimeWithTimeZone,
        pub(crate) address: Option<String>,
        pub(crate) ended_at: Option<TimeDateTimeWithTimeZone>,
        pub(crate) ended_by: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod refresh_token {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_token")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) hash: String,
        pub(crate) session_id: Uuid,
        pub(crate) expires_at: TimeDateTimeWithTimeZone,
        pub(crate) used_at: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod sign_in_attempt {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_in_attempt")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) hash: String,
        pub(crate) provider: String,
        pub(crate) state: String,
        pub(crate) nonce: String,
        pub(crate) verifier: String,
        pub(crate) invitation_place: Option<String>,
        pub(crate) invitation: Option<String>,
        pub(crate) expires_at: TimeDateTimeWithTimeZone,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod personal_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "personal_key")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) user_id: Uuid,
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

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod instance_invitation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "instance_invitation")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) hash: String,
        pub(crate) email: Option<String>,
        pub(crate) name: Option<String>,
        pub(crate) role: String,
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

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod instance_audit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "instance_audit")]
    pub(crate) struct Model {
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

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod reset_link {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "reset_link")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) hash: String,
        pub(crate) user_id: Uuid,
        pub(crate) created_at: TimeDateTimeWithTimeZone,
        pub(crate) expires_at: TimeDateTimeWithTimeZone,
        pub(crate) used_at: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}
