//! Rows of tenants. Each is keyed by its municipality first, and reached through [`crate::Tenant`] alone.

pub(crate) mod department {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "department")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod strategy {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "strategy")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) title: String,
        pub(crate) term: String,
        pub(crate) term_number: i16,
        pub(crate) first_year: i16,
        pub(crate) last_year: i16,
        pub(crate) report_year: i16,
        pub(crate) report_title: String,
        pub(crate) report_label: Option<String>,
        pub(crate) total_heading: Option<String>,
        pub(crate) rate_heading: Option<String>,
        pub(crate) grade_heading: Option<String>,
        pub(crate) goal_remark_heading: Option<String>,
        pub(crate) remark_heading: Option<String>,
        pub(crate) attribution: String,
        pub(crate) terms: String,
        pub(crate) source_notes: String,
        /// Raised with every change of the row, of its levels and of what is said of its previous term.
        pub(crate) version: i32,
        pub(crate) previous_id: Option<Uuid>,
        pub(crate) previous_term: Option<String>,
        pub(crate) previous_term_number: Option<i16>,
        pub(crate) previous_revision: Option<i32>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod level {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "level")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) position: i16,
        pub(crate) name: String,
        pub(crate) kind: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod plan_node {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "plan_node")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) parent_id: Option<Uuid>,
        pub(crate) level: i16,
        pub(crate) position: i32,
        pub(crate) number: Option<String>,
        pub(crate) title: String,
        pub(crate) department_id: Option<Uuid>,
        pub(crate) started: Option<i16>,
        pub(crate) ended: Option<i16>,
        pub(crate) no_indicator_reason: Option<String>,
        pub(crate) no_indicator_mark: Option<String>,
        /// Raised with every change of the row but its place in the document, and of its remarks.
        pub(crate) version: i32,
        pub(crate) continues: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod indicator {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) node_id: Uuid,
        pub(crate) position: i32,
        pub(crate) label: String,
        pub(crate) role: String,
        pub(crate) monitored_reason: Option<String>,
        pub(crate) unit: Option<String>,
        pub(crate) direction: String,
        pub(crate) baseline_printed: Option<String>,
        pub(crate) baseline_value: Option<String>,
        pub(crate) baseline_unit: Option<String>,
        pub(crate) baseline_bound: Option<String>,
        pub(crate) baseline_approximate: bool,
        pub(crate) baseline_period: Option<String>,
        pub(crate) target_printed: Option<String>,
        pub(crate) requirement: Option<String>,
        pub(crate) target_value: Option<String>,
        pub(crate) target_unit: Option<String>,
        pub(crate) target_bound: Option<String>,
        pub(crate) target_approximate: bool,
        pub(crate) accumulation: Option<String>,
        pub(crate) scope: Option<String>,
        pub(crate) department_id: Option<Uuid>,
        pub(crate) started: Option<i16>,
        pub(crate) ended: Option<i16>,
        pub(crate) total_target_printed: Option<String>,
        pub(crate) total_actual_printed: Option<String>,
        /// Raised with every change of the row but its place in the document, and of what hangs on it.
        pub(crate) version: i32,
        pub(crate) continues: Option<Uuid>,
        pub(crate) redefined: bool,
        pub(crate) weight: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod target_revision {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "target_revision")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) indicator_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) number: i16,
        pub(crate) replaced: String,
        pub(crate) reason: String,
        pub(crate) statement: String,
        pub(crate) yearly: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod figure {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "figure")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) indicator_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) fiscal_year: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) row: String,
        pub(crate) printed: Option<String>,
        pub(crate) status: String,
        pub(crate) value: Option<String>,
        pub(crate) unit: Option<String>,
        pub(crate) bound: Option<String>,
        pub(crate) approximate: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod node_remark {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "node_remark")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) node_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) fiscal_year: i16,
        pub(crate) text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod indicator_remark {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_remark")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) indicator_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) fiscal_year: i16,
        pub(crate) text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod indicator_detail {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_detail")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) indicator_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) position: i16,
        pub(crate) heading: String,
        pub(crate) text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}

pub(crate) mod publication {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "publication")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) strategy_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision: i32,
        pub(crate) published_at: TimeDateTimeWithTimeZone,
        pub(crate) report_year: i16,
        pub(crate) hash: String,
        pub(crate) note: Option<String>,
        pub(crate) document: String,
        pub(crate) author: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::tenant::TenantEntity for Entity {
        const MUNICIPALITY: Column = Column::Municipality;
    }
}
