use std::{ops::Range, sync::Arc};

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use shirube_app::{App, OrderBy};
use shirube_domain::{
    Error,
    municipality::{self, MunicipalityCode as DomainCode, SUCCESSIONS, SimilarGroup},
};

use super::{GradingRule, OfficialSeries, Strategy};
use crate::{
    error::{bad_input, outward},
    id::GlobalId,
    limits::spend,
    page::{Page, PageArguments, connection},
    scalars::{DateTime, MunicipalityCode},
};

#[derive(Clone)]
pub(crate) struct Prefecture(pub(crate) municipality::Prefecture);

/// A prefecture (都道府県).
#[Object]
impl Prefecture {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Prefecture(self.0).id()
    }

    /// The six-digit code: 010006.
    async fn code(&self) -> String {
        self.0.code()
    }

    /// The Japanese name: 北海道.
    async fn name(&self) -> &str {
        self.0.name()
    }

    /// The English name: Hokkaido.
    async fn name_en(&self) -> &str {
        self.0.english()
    }
}

/// The kind of a municipality (市町村の区分).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "municipality::MunicipalityKind")]
pub(crate) enum MunicipalityKind {
    /// 政令指定都市.
    DesignatedCity,
    /// 中核市.
    CoreCity,
    /// 施行時特例市.
    SpecialCity,
    /// 特別区, of Tokyo.
    SpecialWard,
    /// 市.
    City,
    /// 町.
    Town,
    /// 村.
    Village,
}

#[derive(Clone)]
pub(crate) struct Municipality {
    app: Arc<App>,
    at: usize,
}

impl Municipality {
    pub(crate) const fn new(app: Arc<App>, at: usize) -> Self {
        Self { app, at }
    }

    /// The municipality of a strategy, which is always there.
    pub(crate) fn of(context: &Context<'_>, code: DomainCode) -> Result<Self> {
        let app: &Arc<App> = context.data_unchecked();
        let at = app.reference().find(code).ok_or_else(|| outward(Error::NotFound { what: "the municipality" }))?;
        Ok(Self::new(app.clone(), at))
    }

    fn domain(&self) -> &municipality::Municipality {
        &self.app.reference().municipalities()[self.at]
    }
}

/// A municipality (自治体).
#[Object]
impl Municipality {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Municipality(self.domain().code).id()
    }

    /// The code (全国地方公共団体コード), six digits with the check digit.
    async fn code(&self) -> MunicipalityCode {
        MunicipalityCode(self.domain().code)
    }

    /// The name with its suffix: 砂川市.
    async fn name(&self) -> &str {
        &self.domain().name
    }

    /// The reading in hiragana: すながわし.
    async fn kana(&self) -> &str {
        &self.domain().kana
    }

    /// The kind.
    async fn kind(&self) -> MunicipalityKind {
        self.domain().kind.into()
    }

    /// The prefecture.
    async fn prefecture(&self) -> Prefecture {
        Prefecture(self.domain().prefecture())
    }

    /// The ministry's class of similar municipalities (類似団体), on the census of 2020: 都市Ⅰ－３.
    async fn similar_group(&self) -> String {
        self.domain().similar_group.to_string()
    }

    /// The population at the latest census (国勢調査).
    async fn population(&self) -> Option<i64> {
        self.app.reference().population(self.at)
    }

    /// Latitude of the main office, in degrees north.
    async fn latitude(&self) -> f64 {
        self.domain().latitude
    }

    /// Longitude of the main office, in degrees east.
    async fn longitude(&self) -> f64 {
        self.domain().longitude
    }

    /// The web site.
    async fn website(&self) -> Option<&str> {
        self.domain().website.as_deref()
    }

    /// Codes that it carried before, as old documents and statistics have them.
    async fn former_codes(&self) -> Vec<MunicipalityCode> {
        let own = self.domain().code.five_digits();
        let former = SUCCESSIONS.iter().filter(|row| row.successor == own);
        former.filter_map(|row| DomainCode::from_five_digits(row.former).ok()).map(MunicipalityCode).collect()
    }

    /// Its strategies of which a revision is published, the latest plan first.
    async fn strategies(&self, context: &Context<'_>) -> Result<Vec<Strategy>> {
        let strategies = self.app.strategies(self.domain().code);
        spend(context, strategies.len())?;
        Ok(strategies.into_iter().map(Strategy::latest).collect())
    }

    /// Its current strategy: the published one with the latest plan. Null if none is published, or was at that time.
    async fn strategy(
        &self,
        #[graphql(desc = "The number of a term, for another than the current strategy.")] term: Option<u8>,
        #[graphql(desc = "The number of a revision, for another than the latest.")] revision: Option<u32>,
        #[graphql(desc = "An instant: what was published then. Not together with `revision`.")] as_of: Option<DateTime>,
    ) -> Result<Option<Strategy>> {
        crate::query::strategy(&self.app, self.domain().code, term, revision, as_of.map(|instant| instant.0)).await
    }

    /// The grading rules (評価基準) that it has saved, each in its last version, by key.
    async fn grading_rules(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Also those that were retired; they are left out if absent.")] retired: Option<bool>,
    ) -> Result<Vec<GradingRule>> {
        let rules = self.app.saved_rules(self.domain().code, retired.unwrap_or(false));
        spend(context, rules.len())?;
        Ok(rules.into_iter().map(GradingRule::from).collect())
    }

    /// A grading rule (評価基準) that it has saved, whether it was retired or not; null if there is none.
    async fn grading_rule(
        &self,
        #[graphql(desc = "Its key.")] key: String,
        #[graphql(desc = "Its version; the last one if absent.")] version: Option<u32>,
    ) -> Result<Option<GradingRule>> {
        let saved = self.app.saved_rule(self.domain().code, &key, version).await.map_err(outward)?;
        Ok(saved.map(GradingRule::from))
    }

    /// The grading rule by which its strategies are graded unless another is named (標準の評価基準); null if it has named none.
    async fn default_grading_rule(&self) -> Option<GradingRule> {
        self.app.default_rule(self.domain().code).map(GradingRule::from)
    }

    /// Official statistics (公的統計) of this municipality.
    async fn official_statistics(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "Only these series, by their key; all if absent. They come in the order of the keys' alphabet."
        )]
        keys: Option<Vec<String>>,
        #[graphql(desc = "From this year on.")] from_year: Option<i16>,
        #[graphql(desc = "Up to this year.")] to_year: Option<i16>,
    ) -> Result<Vec<OfficialSeries>> {
        let all = self.app.reference().official();
        if let Some(unknown) = keys.iter().flatten().find(|key| all.iter().all(|of| of.indicator.id != **key)) {
            let message = format!("“{unknown}” is not an official series; officialIndicators lists them");
            return Err(bad_input("keys", message));
        }
        let wanted = |at: &usize| keys.as_ref().is_none_or(|keys| keys.contains(&all[*at].indicator.id));
        let found: Vec<usize> = (0..all.len()).filter(wanted).collect();
        spend(context, found.len())?;
        let series = |at| OfficialSeries { app: self.app.clone(), at, municipality: self.at, from_year, to_year };
        Ok(found.into_iter().map(series).collect())
    }
}

connection!(Municipality, MunicipalityEdge, MunicipalityConnection, "municipalities (自治体)");

/// Which municipalities. What is absent does not narrow; an empty list finds nothing.
#[derive(InputObject, Default)]
pub(crate) struct MunicipalityFilter {
    /// Of these prefectures, by code: "01" or "010006".
    prefectures: Option<Vec<String>>,
    /// Of these kinds.
    kinds: Option<Vec<MunicipalityKind>>,
    /// Of these classes of similar municipalities (類似団体): "都市Ⅰ－３" or "都市I-3".
    similar_groups: Option<Vec<String>>,
    /// With at least so many people at the latest census.
    population_from: Option<i64>,
    /// With at most so many people at the latest census.
    population_to: Option<i64>,
    /// Whose name or reading holds this text; width, case and kana do not matter.
    text: Option<String>,
    /// With, or without, a published strategy.
    has_strategy: Option<bool>,
}

impl MunicipalityFilter {
    fn into_app(self) -> Result<shirube_app::MunicipalityFilter> {
        Ok(shirube_app::MunicipalityFilter {
            prefectures: prefectures(self.prefectures, "filter")?,
            kinds: self.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            similar_groups: similar_groups(self.similar_groups, "filter")?,
            population_from: self.population_from,
            population_to: self.population_to,
            text: self.text,
            has_strategy: self.has_strategy,
        })
    }
}

/// Reads the prefectures of a filter or group that stands at a place of the arguments.
pub(super) fn prefectures(codes: Option<Vec<String>>, place: &str) -> Result<Option<Vec<municipality::Prefecture>>> {
    let place = format!("{place}.prefectures");
    codes.map(|codes| codes.iter().map(|code| prefecture(code, &place)).collect()).transpose()
}

/// Reads the classes of similar municipalities of a filter or group that stands at a place of the arguments.
pub(super) fn similar_groups(names: Option<Vec<String>>, place: &str) -> Result<Option<Vec<SimilarGroup>>> {
    let place = format!("{place}.similarGroups");
    let read = |name: &String| name.parse().map_err(|error| bad_input(&place, error));
    names.map(|names| names.iter().map(read).collect()).transpose()
}

/// Reads 01, 1, 010006, which stands at a place of the arguments.
fn prefecture(code: &str, place: &str) -> Result<municipality::Prefecture> {
    let number = code.get(..2).filter(|_| matches!(code.len(), 2 | 6)).unwrap_or(code);
    let read = number.parse().ok().and_then(municipality::Prefecture::from_number);
    read.filter(|of| code.len() != 6 || of.code() == code).ok_or_else(|| {
        bad_input(place, format!("“{code}” is not a prefecture; write 01 to 47, or a code such as 010006"))
    })
}

/// The value by which municipalities are ordered. Equal ones are ordered by code.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MunicipalityOrderField {
    /// The code: from north to south.
    Code,
    /// The reading, in the order of the kana.
    Kana,
    /// The population at the latest census.
    Population,
}

/// A direction of order.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderDirection {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// An order of municipalities.
#[derive(InputObject, Clone, Copy)]
pub(crate) struct MunicipalityOrder {
    /// The value by which to order.
    field: MunicipalityOrderField,
    /// The direction.
    #[graphql(default_with = "OrderDirection::Asc")]
    direction: OrderDirection,
}

/// A page of municipalities.
pub(crate) fn municipalities(
    app: &Arc<App>,
    filter: MunicipalityFilter,
    order: Option<MunicipalityOrder>,
    arguments: &PageArguments,
) -> Result<MunicipalityConnection> {
    let by = match order.map(|order| order.field) {
        None | Some(MunicipalityOrderField::Code) => OrderBy::Code,
        Some(MunicipalityOrderField::Kana) => OrderBy::Kana,
        Some(MunicipalityOrderField::Population) => OrderBy::Population,
    };
    let descending = order.is_some_and(|order| order.direction == OrderDirection::Desc);
    let order = shirube_app::MunicipalityOrder { by, descending };
    let found = app.municipalities(&filter.into_app()?, order);
    let list = format!("municipalities {by:?} {descending}");
    let reference = app.reference();
    let locate = |key: &str| -> Option<Range<usize>> {
        let at = reference.find(key.parse().ok()?)?;
        let before = |of: &usize| order.compare(reference, *of, at).is_lt();
        let until = |of: &usize| order.compare(reference, *of, at).is_le();
        Some(found.partition_point(before)..found.partition_point(until))
    };
    let page = Page::of(arguments, &list, found.len(), locate).map_err(outward)?;
    Ok(MunicipalityConnection::new(page, &list, found.len(), |place| {
        let at = found[place];
        (Municipality::new(app.clone(), at), reference.municipalities()[at].code.to_string())
    }))
}
