//! Rows of reporting rounds. Each is keyed by its municipality first, and reached through [`crate::Tenant`] alone.

pub(crate) mod reporting_round {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "reporting_round")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) fiscal_year: i16,
        pub(crate) due: TimeDate,
        pub(crate) opened_at: TimeDateTimeWithTimeZone,
        pub(crate) version: i32,
        pub(crate) overdue_told: Option<TimeDate>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod due_date {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "due_date")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) fiscal_year: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) department_id: Uuid,
        pub(crate) due: TimeDate,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod reporting_task {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "reporting_task")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) fiscal_year: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) subject_id: Uuid,
        pub(crate) indicator_id: Option<Uuid>,
        pub(crate) node_id: Option<Uuid>,
        pub(crate) department_id: Option<Uuid>,
        pub(crate) version: i32,
        pub(crate) state: String,
        pub(crate) printed: Option<String>,
        pub(crate) status: Option<String>,
        pub(crate) value: Option<String>,
        pub(crate) unit: Option<String>,
        pub(crate) bound: Option<String>,
        pub(crate) approximate: bool,
        pub(crate) remark: Option<String>,
        pub(crate) causes: String,
        pub(crate) confirmation: Option<String>,
        pub(crate) returned: Option<String>,
        pub(crate) published: bool,
        pub(crate) correction: Option<String>,
        pub(crate) on_behalf: bool,
        pub(crate) entered_by: Option<String>,
        pub(crate) entered_at: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod opinion {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "opinion")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) fiscal_year: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) indicator_id: Option<Uuid>,
        pub(crate) node_id: Option<Uuid>,
        pub(crate) version: i32,
        pub(crate) text: String,
        pub(crate) public: bool,
        pub(crate) author_id: Option<Uuid>,
        pub(crate) author: String,
        pub(crate) given_at: TimeDateTimeWithTimeZone,
        pub(crate) answer: Option<String>,
        pub(crate) answered_by: Option<String>,
        pub(crate) answered_at: Option<TimeDateTimeWithTimeZone>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}
