//! Comparing municipalities (比較): what is asked, and what every answer says about itself. The answers are one a file.

mod correlation;
mod indicator;
mod neighbours;
mod progress;
mod summary;
mod trends;

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use shirube_app::{Answered, App, Format};
use shirube_domain::{
    Error,
    comparison::{self as domain, Catalogue},
    municipality::MunicipalityCode as DomainCode,
    reference::OFFICIAL_ATTRIBUTION,
};

pub(crate) use self::{
    correlation::CorrelationAnswer, indicator::ComparisonAnswer, neighbours::NeighbourAnswer,
    progress::ProgressComparisonAnswer, trends::TrendAnswer,
};
use super::{
    MappingStrength, Municipality, OfficialIndicator, StandardIndicator,
    municipality::{MunicipalityKind, prefectures, similar_groups},
    progress::{Sentence, WhyNot},
};
use crate::{
    error::{bad_input, outward},
    id::{GlobalId, StrategyKey},
    limits::spend,
    page::{Page, PageArguments, connection},
    scalars::MunicipalityCode,
};

/// Which municipalities are compared (比較対象). What is absent does not narrow; an empty list finds nobody.
#[derive(InputObject, Default)]
pub(crate) struct GroupInput {
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
    /// These municipalities, by code; at most 2,000.
    municipalities: Option<Vec<MunicipalityCode>>,
    /// The nearest neighbours of a municipality among those that the rest of the group finds, and the municipality itself.
    neighbours: Option<NeighbourhoodInput>,
}

/// The nearest neighbours of a municipality. Each variable is standardised over the group (its mean taken away, divided by its
/// standard deviation, that of all and not of a sample); the distance is the square root of the sum of the weighted squares.
#[derive(InputObject)]
pub(crate) struct NeighbourhoodInput {
    /// Whose neighbours.
    of: MunicipalityCode,
    /// How many, 1 to 1,800.
    #[graphql(default = 20)]
    count: u32,
    /// By what they are near or far; at most 20.
    variables: Vec<WeightedVariableInput>,
}

/// A variable and how much it weighs in a distance.
#[derive(InputObject)]
pub(crate) struct WeightedVariableInput {
    /// The key of a standard indicator or official series.
    indicator: String,
    /// The year, of the kind that the indicator counts in; the latest if absent.
    year: Option<i16>,
    /// Whether it is divided by its base (人口千人当たり …).
    #[graphql(default)]
    per_base: bool,
    /// Another base than its own.
    base: Option<BaseInput>,
    /// The weight of its squared difference: greater than zero.
    #[graphql(default = 1.0)]
    weight: f64,
    /// On which scale it is measured.
    #[graphql(default_with = "VariableScale::Linear")]
    scale: VariableScale,
}

/// The scale on which a variable is measured.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Scale")]
pub(crate) enum VariableScale {
    /// As it is.
    Linear,
    /// Its natural logarithm, for what a few large places would stretch, such as populations.
    Log,
}

/// An indicator in a year.
#[derive(InputObject)]
pub(crate) struct VariableInput {
    /// The key of a standard indicator or official series.
    indicator: String,
    /// The year, of the kind that the indicator counts in; the latest if absent.
    year: Option<i16>,
    /// Whether it is divided by its base (人口千人当たり …).
    #[graphql(default)]
    per_base: bool,
    /// Another base than its own.
    base: Option<BaseInput>,
}

/// The base by which values are divided, where another one is wanted than the indicator's own.
#[derive(InputObject)]
pub(crate) struct BaseInput {
    /// The key of the official series that counts the base; the indicator's own if absent.
    series: Option<String>,
    /// The year of the base; if absent, the year of the value, or the nearest before it, or else the nearest after it.
    year: Option<i16>,
}

/// Which rank is the first.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Order")]
pub(crate) enum RankOrder {
    /// The largest value.
    Largest,
    /// The smallest value.
    Smallest,
    /// The best value: the largest, or the smallest where less is better.
    Best,
}

impl GroupInput {
    /// The group, as it stands at a place of the arguments.
    pub(crate) fn domain(self, place: &str) -> Result<domain::Group> {
        Ok(domain::Group {
            prefectures: prefectures(self.prefectures, place)?,
            kinds: self.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            similar_groups: similar_groups(self.similar_groups, place)?,
            population_from: self.population_from,
            population_to: self.population_to,
            municipalities: self.municipalities.map(|codes| codes.into_iter().map(|code| code.0).collect()),
            neighbours: self.neighbours.map(NeighbourhoodInput::domain),
        })
    }
}

impl NeighbourhoodInput {
    pub(crate) fn domain(self) -> domain::Neighbourhood {
        let variable = |of: WeightedVariableInput| domain::Weighted {
            variable: domain::Variable {
                indicator: of.indicator,
                year: of.year,
                per_base: of.per_base,
                base: of.base.map(BaseInput::domain),
            },
            weight: of.weight,
            scale: of.scale.into(),
        };
        domain::Neighbourhood {
            of: self.of.0,
            count: self.count as usize,
            variables: self.variables.into_iter().map(variable).collect(),
        }
    }
}

impl VariableInput {
    pub(crate) fn domain(self) -> domain::Variable {
        let base = self.base.map(BaseInput::domain);
        domain::Variable { indicator: self.indicator, year: self.year, per_base: self.per_base, base }
    }
}

impl BaseInput {
    pub(crate) fn domain(self) -> domain::Base {
        domain::Base { series: self.series, year: self.year }
    }
}

/// The licence of what is answered.
const LICENCE: &str = "公共データ利用規約（第1.0版）（PDL1.0）";
/// What is said of figures that municipalities published.
const KPI_ATTRIBUTION: &str = "各自治体の公表資料（総合戦略の実績報告）を加工して作成";

/// What it takes to cite an answer, to ask it again, and to have its rows as a file.
pub(crate) struct Citation {
    app: Arc<App>,
    answered: Arc<Answered>,
}

/// What it takes to cite an answer, to ask it again, and to have its rows as a file (引用).
#[Object]
impl Citation {
    /// What the answer is cited by: the question and the version of the data. The same id gives the same rows, whatever is
    /// published later.
    async fn answer_id(&self) -> String {
        self.answered.id.to_string()
    }

    /// The version of the data. Ask again with it, and what was published later takes no part.
    async fn data_version(&self) -> String {
        self.answered.version.to_string()
    }

    /// The licence.
    async fn licence(&self) -> &str {
        LICENCE
    }

    /// The attributions to be shown wherever the rows are.
    async fn attributions(&self) -> Vec<&str> {
        vec![OFFICIAL_ATTRIBUTION, KPI_ATTRIBUTION]
    }

    /// The rows as comma-separated values: where to get them.
    async fn csv(&self) -> String {
        self.url(Format::Csv)
    }

    /// The rows in Apache Parquet: where to get them.
    async fn parquet(&self) -> String {
        self.url(Format::Parquet)
    }

    /// The rows in Apache Arrow's file format: where to get them.
    async fn arrow(&self) -> String {
        self.url(Format::Arrow)
    }
}

impl Citation {
    fn of(app: &Arc<App>, answered: &Arc<Answered>) -> Self {
        Self { app: app.clone(), answered: answered.clone() }
    }

    fn url(&self, format: Format) -> String {
        format!("{}/data/{}.{}", self.app.public_url(), self.answered.id, format.extension())
    }
}

/// Whether like is compared with like.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Verdict")]
pub(crate) enum ComparisonVerdict {
    /// It is.
    Comparable,
    /// Nearly; the reasons say what to look out for.
    WithCare,
    /// It is not, and nothing is answered; the reasons say why.
    NotComparable,
}

/// The code of a reason why something is not compared, or with care only.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ReasonCode")]
pub(crate) enum ComparisonReasonCode {
    /// Each municipality defines the indicator for itself.
    LocalDefinition,
    /// Definitions are similar and not the same.
    SimilarDefinitions,
    /// The catalogue has a note on it.
    Note,
    /// No official series has values of it.
    NoOfficialSeries,
    /// The base is of another year than the value.
    BaseOfAnotherYear,
    /// Another thing is counted.
    DimensionDiffers,
    /// The unit is another one.
    UnitDiffers,
    /// One is counted at a time, the other over a time, or one is a share.
    KindDiffers,
    /// The years are of another kind: fiscal, calendar, census.
    YearKindDiffers,
    /// It is not known of one of them what kind its years are.
    YearKindUnknown,
    /// The survey is another one.
    SourceDiffers,
    /// It is not the same indicator.
    IndicatorDiffers,
}

/// Why something is not compared, or with care only.
#[derive(SimpleObject)]
pub(crate) struct ComparisonReason {
    /// Its code.
    code: ComparisonReasonCode,
    /// A sentence.
    text: Sentence,
}

impl From<&domain::Reason> for ComparisonReason {
    fn from(of: &domain::Reason) -> Self {
        Self { code: of.code.into(), text: of.text.clone().into() }
    }
}

/// What an indicator was measured by in an answer.
pub(crate) struct MeasuredIndicator {
    app: Arc<App>,
    of: domain::MeasuredBy,
}

impl MeasuredIndicator {
    fn new(app: &Arc<App>, of: &domain::MeasuredBy) -> Self {
        Self { app: app.clone(), of: of.clone() }
    }
}

/// What an indicator was measured by in an answer.
#[Object]
impl MeasuredIndicator {
    /// The key that was asked for.
    async fn key(&self) -> &str {
        &self.of.indicator
    }

    /// The standard indicator of the key, if it is one.
    async fn standard_indicator(&self) -> Option<StandardIndicator> {
        StandardIndicator::find(&self.app, &self.of.indicator)
    }

    /// The official series of the key, if it is one and no standard indicator.
    async fn official_indicator(&self) -> Option<OfficialIndicator> {
        if StandardIndicator::find(&self.app, &self.of.indicator).is_some() {
            return None;
        }
        let at = self.app.reference().official().iter().position(|of| of.indicator.id == self.of.indicator)?;
        Some(OfficialIndicator { app: self.app.clone(), at })
    }

    /// The year, of the kind that the indicator counts in.
    async fn year(&self) -> i16 {
        self.of.year
    }

    /// The unit of the values; null of a bare index.
    async fn unit(&self) -> Option<&str> {
        Some(self.of.unit.as_str()).filter(|unit| !unit.is_empty())
    }

    /// How the values are made of official series; null where figures of published strategies are compared.
    async fn formula(&self) -> Option<&str> {
        self.of.formula.as_deref()
    }

    /// The official series that count the base by which values are divided.
    async fn base(&self) -> Option<&str> {
        self.of.base.as_deref()
    }

    /// The year of the base.
    async fn base_year(&self) -> Option<i16> {
        self.of.base_year
    }

    /// The unit of values divided by the base: 人/人口千.
    async fn base_unit(&self) -> Option<&str> {
        self.of.base_unit.as_deref()
    }

    /// Whether like is compared with like.
    async fn verdict(&self) -> ComparisonVerdict {
        self.of.verdict.into()
    }

    /// What to look out for, or why it is refused.
    async fn reasons(&self) -> Vec<ComparisonReason> {
        self.of.reasons.iter().map(Into::into).collect()
    }
}

/// A published KPI from which a value comes.
#[derive(SimpleObject, Clone)]
pub(crate) struct ComparedKpi {
    /// The global id of the indicator, as of its revision; `node` fetches it.
    indicator_id: async_graphql::ID,
    /// Its label as printed.
    label: String,
    /// The revision of the strategy.
    revision: u32,
    /// How far it corresponds to the standard indicator.
    strength: MappingStrength,
    /// Whether the figure is provisional.
    provisional: bool,
}

impl ComparedKpi {
    fn new(municipality: DomainCode, of: &domain::KpiSource) -> Self {
        let key = StrategyKey { municipality, strategy: of.strategy, revision: Some(of.revision) };
        Self {
            indicator_id: GlobalId::Indicator(key, of.indicator).id(),
            label: of.label.clone(),
            revision: of.revision,
            strength: of.strength.into(),
            provisional: of.provisional,
        }
    }
}

/// A municipality that is left out, and why.
#[derive(SimpleObject, Clone)]
pub(crate) struct LeftOut {
    /// The municipality.
    municipality: Municipality,
    /// The code of the reason: `no_value`, `no_base`, `unit_differs` …
    code: &'static str,
    /// A sentence.
    text: Sentence,
    /// The KPI that was looked at.
    kpi: Option<ComparedKpi>,
    /// Why there is no progress to compare.
    why_not: Option<WhyNot>,
}

connection!(LeftOut, LeftOutEdge, LeftOutConnection, "municipalities that are left out (対象外)");

/// An answer, and what tells of the municipalities in it.
#[derive(Clone)]
pub(crate) struct Places {
    app: Arc<App>,
    answered: Arc<Answered>,
}

/// Defines the object of one kind of answer. It is made of an answer to a question of that kind.
macro_rules! answer_object {
    ($object:ident, $kind:ident, $of:ty) => {
        #[doc = concat!("An answer of the kind ", stringify!($kind), ".")]
        #[derive(Clone)]
        pub(crate) struct $object(super::Places);

        impl $object {
            pub(crate) const fn new(places: super::Places) -> Self {
                Self(places)
            }

            fn of(&self) -> async_graphql::Result<&$of> {
                match &self.0.answered.answer {
                    shirube_domain::comparison::Answer::$kind(of) => Ok(of),
                    _ => Err(super::of_another_kind()),
                }
            }
        }
    };
}
use answer_object;

fn of_another_kind() -> async_graphql::Error {
    outward(Error::internal("an answer of another kind"))
}

impl Places {
    pub(crate) const fn new(app: Arc<App>, answered: Arc<Answered>) -> Self {
        Self { app, answered }
    }

    fn municipality(&self, place: u32) -> Municipality {
        Municipality::new(self.app.clone(), place as usize)
    }

    fn code(&self, place: u32) -> DomainCode {
        self.app.reference().municipalities()[place as usize].code
    }

    fn kpi(&self, place: u32, of: &domain::KpiSource) -> ComparedKpi {
        ComparedKpi::new(self.code(place), of)
    }

    /// A page of those who are left out.
    fn left_out(
        &self,
        context: &Context<'_>,
        all: &[domain::Excluded],
        arguments: &PageArguments,
    ) -> Result<LeftOutConnection> {
        let list = "left out";
        let key = |at: usize| format!("{at}");
        let locate = |key: &str| key.parse::<usize>().ok().filter(|at| *at < all.len()).map(|at| at..at + 1);
        let page = Page::of(arguments, list, all.len(), locate).map_err(outward)?;
        let page = LeftOutConnection::new(page, list, all.len(), |at| {
            let of = &all[at];
            let left_out = LeftOut {
                municipality: self.municipality(of.place),
                code: of.why.code(),
                text: of.why.text().into(),
                kpi: of.source.as_ref().map(|source| self.kpi(of.place, source)),
                why_not: of.progress.map(WhyNot::of),
            };
            (left_out, key(at))
        });
        spend(context, page.len())?;
        Ok(page)
    }

    fn citation(&self) -> Citation {
        Citation::of(&self.app, &self.answered)
    }
}

/// Whether two indicators can be compared with each other (比較可能性), and what stands against it.
#[derive(SimpleObject)]
pub(crate) struct IndicatorComparability {
    /// Whether like would be compared with like.
    verdict: ComparisonVerdict,
    /// What stands against it, or is to be looked out for.
    reasons: Vec<ComparisonReason>,
}

impl IndicatorComparability {
    /// Of two indicators, by their keys; `places` says where these stand in the arguments.
    pub(crate) fn of(catalogue: Catalogue<'_>, keys: (&str, &str), places: (&str, &str)) -> Result<Self> {
        let find =
            |key: &str, place: &str| catalogue.find(key).ok_or_else(|| bad_input(place, domain::unknown_subject(key)));
        let reasons = domain::compare(&find(keys.0, places.0)?, &find(keys.1, places.1)?);
        let verdict = domain::Verdict::of(&reasons).into();
        Ok(Self { verdict, reasons: reasons.iter().map(Into::into).collect() })
    }
}
