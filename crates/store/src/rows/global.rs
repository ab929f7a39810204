//! Rows of reference data, the same for all.

pub(crate) mod prefecture {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "prefecture")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) code: String,
        pub(crate) name: String,
        pub(crate) name_en: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod municipality {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "municipality")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) code: String,
        pub(crate) prefecture_code: String,
        pub(crate) name: String,
        pub(crate) kana: String,
        pub(crate) kind: String,
        pub(crate) similar_group: String,
        pub(crate) latitude: f64,
        pub(crate) longitude: f64,
        pub(crate) website: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod standard_indicator {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "standard_indicator")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) position: i32,
        pub(crate) name: String,
        pub(crate) name_en: String,
        pub(crate) theme: String,
        pub(crate) unit: Option<String>,
        pub(crate) dimension: String,
        pub(crate) kind: String,
        pub(crate) aggregation: String,
        pub(crate) direction: String,
        pub(crate) per_capita_basis: String,
        pub(crate) comparability: String,
        pub(crate) official_source: Option<String>,
        pub(crate) synonyms: String,
        pub(crate) notes: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod official_indicator {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "official_indicator")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) name: String,
        pub(crate) name_en: String,
        pub(crate) unit: String,
        pub(crate) year_kind: String,
        pub(crate) as_of: String,
        pub(crate) source: String,
        pub(crate) standard_indicator_id: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}

pub(crate) mod official_observation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "official_observation")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) indicator_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) year: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) municipality: String,
        pub(crate) value: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::commons::CommonEntity for Entity {}
}
