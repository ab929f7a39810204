use std::sync::Arc;

use async_graphql::{Object, SimpleObject};
use shirube_app::App;
use shirube_domain::reference::OFFICIAL_ATTRIBUTION;

use crate::{limits, page};

pub(crate) struct Instance(pub(crate) Arc<App>);

/// What this instance is.
#[Object]
impl Instance {
    /// The version of the software.
    async fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    /// How many municipalities it knows.
    async fn municipality_count(&self) -> usize {
        self.0.reference().municipalities().len()
    }

    /// How many strategies are published in it.
    async fn strategy_count(&self) -> usize {
        self.0.strategy_count()
    }

    /// Where its reference data come from, to be shown wherever they are. Strategies carry their own source.
    async fn attributions(&self) -> Vec<Attribution> {
        vec![
            Attribution {
                what: "Official statistics and population figures (公的統計)",
                attribution: OFFICIAL_ATTRIBUTION,
                terms: "公共データ利用規約（第1.0版）",
            },
            Attribution {
                what: "Municipality codes, readings, coordinates and web sites",
                attribution: "localgovjp",
                terms: "CC0 1.0",
            },
            Attribution {
                what: "Classes of similar municipalities (類似団体)",
                attribution: "総務省「都道府県別団体名一覧表」を加工して作成",
                terms: "公共データ利用規約（第1.0版）",
            },
        ]
    }

    /// What a request may ask for at most.
    async fn limits(&self) -> Limits {
        Limits {
            query_characters: limits::CHARACTERS,
            tokens: limits::TOKENS,
            depth: limits::DEPTH,
            aliases: limits::ALIASES,
            directives: limits::DIRECTIVES,
            root_fields: limits::ROOT_FIELDS,
            selections: limits::SELECTIONS,
            cost: limits::COST,
            items: limits::ITEMS,
            look_ups: limits::LOOK_UPS,
            variable_values: limits::VARIABLE_VALUES,
            variable_characters: limits::VARIABLE_CHARACTERS,
            document_values: limits::DOCUMENT_VALUES,
            document_characters: limits::DOCUMENT_CHARACTERS,
            page_size: page::PAGE_LIMIT,
            body_bytes: limits::BODY_BYTES,
            seconds: limits::SECONDS,
        }
    }
}

/// Where data come from, and under which terms (出典と利用条件).
#[derive(SimpleObject)]
pub(crate) struct Attribution {
    /// The data.
    what: &'static str,
    /// The attribution to be shown.
    attribution: &'static str,
    /// The terms of use.
    terms: &'static str,
}

/// What a request may ask for at most. More is refused: with QUERY_TOO_COMPLEX, a page size with BAD_USER_INPUT, a body by
/// the HTTP status 413, and a request that takes too long with UNAVAILABLE.
#[derive(SimpleObject)]
pub(crate) struct Limits {
    /// Characters of the query's text.
    query_characters: usize,
    /// Tokens of the query.
    tokens: usize,
    /// Nested fields.
    depth: usize,
    /// Aliases.
    aliases: usize,
    /// Directives.
    directives: usize,
    /// Fields of the top level.
    root_fields: usize,
    /// Selections, with every fragment counted wherever it is spread.
    selections: usize,
    /// The estimated number of values in the answer: fields, multiplied by the sizes of the lists above them.
    cost: usize,
    /// Items that the lists of one answer may hold in all.
    items: usize,
    /// Looks at what is not published that one answer may take.
    look_ups: usize,
    /// Values in the variables of a request.
    variable_values: usize,
    /// Characters in the variables of a request.
    variable_characters: usize,
    /// Values in the variables that hold a whole strategy.
    document_values: usize,
    /// Characters in the variables that hold a whole strategy.
    document_characters: usize,
    /// Items of a page.
    page_size: usize,
    /// Bytes of the request's body.
    body_bytes: usize,
    /// Seconds until a request is given up.
    seconds: u64,
}
