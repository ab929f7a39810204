//! The fields of the query root that compare municipalities. Each counts with what it costs to answer (`limits.rs`), and
//! `spend` bounds how much of it one request can ask for.

use async_graphql::{Context, Object, Result};
use shirube_app::DataVersion;
use shirube_domain::comparison::{
    Catalogue, ComparisonQuestion, CorrelationQuestion, NeighbourQuestion, ProgressQuestion, Question, TrendQuestion,
};

use crate::{
    error::{bad_input, outward},
    limits::spend,
    query::{app, scope, service},
    scalars::FiscalYear,
    types::comparison::{
        BaseInput, ComparisonAnswer, CorrelationAnswer, GroupInput, IndicatorComparability, NeighbourAnswer,
        NeighbourhoodInput, Places, ProgressComparisonAnswer, RankOrder, TrendAnswer, VariableInput,
    },
};

/// What working out one indicator and year over all municipalities counts as, in items of a list.
const WORK: usize = 300;

pub(crate) struct Comparisons;

/// What the questions have in common: who asks, of which data, and that it counts.
async fn ask(context: &Context<'_>, question: Question, version: Option<String>, work: usize) -> Result<Places> {
    let read = |version: String| version.parse::<DataVersion>().map_err(|error| bad_input("dataVersion", error));
    let version = version.map(read).transpose()?;
    spend(context, work)?;
    let app = service(context);
    let answered = app.ask(scope(context), question, version).await.map_err(outward)?;
    Ok(Places::new(app.clone(), answered))
}

fn group(group: Option<GroupInput>, place: &str) -> Result<shirube_domain::comparison::Group> {
    group.unwrap_or_default().domain(place)
}

/// What compares municipalities.
#[Object]
impl Comparisons {
    /// How municipalities compare (自治体間比較) in one or several indicators and years: value, value per base (人口千人当たり …),
    /// change, rank, percentile, z-score, and whether chance alone explains a difference. What cannot be compared honestly is
    /// refused with its reasons, and whoever is left out is listed.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a question")]
    async fn comparison(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The keys of standard indicators or official series; 1 to 10.")] indicators: Vec<String>,
        #[graphql(
            desc = "The years, of the kind that each indicator counts in; the latest of each if absent or empty. At \
                          most 20, and 40 pairs of indicator and year."
        )]
        years: Option<Vec<i16>>,
        #[graphql(desc = "Which municipalities; all of Japan if absent.")] group: Option<GroupInput>,
        #[graphql(desc = "Another base than the indicators' own.")] base: Option<BaseInput>,
        #[graphql(desc = "The year from which the change is told; the one before each year if absent.")] since: Option<
            i16,
        >,
        #[graphql(desc = "Which rank is the first.", default_with = "RankOrder::Largest")] order: RankOrder,
        #[graphql(desc = "How many bars the histograms have, 1 to 100.", default = 10)] bins: u32,
        #[graphql(desc = "The confidence of intervals and verdicts, 0.5 to 0.999.", default = 0.95)] confidence: f64,
        #[graphql(desc = "A version of the data that an answer gave; what is published now if absent.")]
        data_version: Option<String>,
    ) -> Result<ComparisonAnswer> {
        let years = years.unwrap_or_default();
        let work = indicators.len().max(1) * years.len().max(1) * WORK;
        let question = Question::Comparison(ComparisonQuestion {
            indicators,
            years,
            group: self::group(group, "group")?,
            base: base.map(BaseInput::domain),
            since,
            order: order.into(),
            bins,
            confidence,
        });
        Ok(ComparisonAnswer::new(ask(context, question, data_version, work).await?))
    }

    /// How an indicator moved over years (推移): slopes by least squares and by Theil–Sen, the test of Mann and Kendall, compound
    /// growth and the change of level, with confidence.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a question")]
    async fn trends(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The key of a standard indicator or official series.")] indicator: String,
        #[graphql(desc = "From this year on; from the first if absent.")] from_year: Option<i16>,
        #[graphql(desc = "Up to this year; up to the last if absent.")] to_year: Option<i16>,
        #[graphql(desc = "Whether values are divided by their base (人口千人当たり …).", default)] per_base: bool,
        #[graphql(desc = "Another base than the indicator's own.")] base: Option<BaseInput>,
        #[graphql(desc = "Which municipalities; all of Japan if absent.")] group: Option<GroupInput>,
        #[graphql(desc = "The confidence of intervals, 0.5 to 0.999.", default = 0.95)] confidence: f64,
        #[graphql(desc = "A version of the data that an answer gave; what is published now if absent.")]
        data_version: Option<String>,
    ) -> Result<TrendAnswer> {
        let question = Question::Trends(TrendQuestion {
            indicator,
            from: from_year,
            to: to_year,
            per_base,
            base: base.map(BaseInput::domain),
            group: self::group(group, "group")?,
            confidence,
        });
        Ok(TrendAnswer::new(ask(context, question, data_version, 10 * WORK).await?))
    }

    /// Which municipalities are nearest to one (類似自治体), by variables and weights that are stated.
    async fn neighbours(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose neighbours, how many, and by what.")] neighbours: NeighbourhoodInput,
        #[graphql(desc = "Among which municipalities; all of Japan if absent.")] among: Option<GroupInput>,
        #[graphql(desc = "A version of the data that an answer gave; what is published now if absent.")]
        data_version: Option<String>,
    ) -> Result<NeighbourAnswer> {
        let question = Question::Neighbours(NeighbourQuestion {
            neighbourhood: neighbours.domain(),
            among: group(among, "among")?,
        });
        Ok(NeighbourAnswer::new(ask(context, question, data_version, 5 * WORK).await?))
    }

    /// How two indicators go together over municipalities (相関): Pearson, Spearman, the line, and the points.
    async fn correlation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The one.")] x: VariableInput,
        #[graphql(desc = "The other.")] y: VariableInput,
        #[graphql(desc = "Which municipalities; all of Japan if absent.")] group: Option<GroupInput>,
        #[graphql(desc = "The confidence of intervals, 0.5 to 0.999.", default = 0.95)] confidence: f64,
        #[graphql(desc = "A version of the data that an answer gave; what is published now if absent.")]
        data_version: Option<String>,
    ) -> Result<CorrelationAnswer> {
        let question = Question::Correlation(CorrelationQuestion {
            x: x.domain(),
            y: y.domain(),
            group: self::group(group, "group")?,
            confidence,
        });
        Ok(CorrelationAnswer::new(ask(context, question, data_version, 2 * WORK).await?))
    }

    /// How far municipalities have come by their own targets (達成状況の比較), and how much they ask of themselves, in the KPIs
    /// that correspond to one standard indicator.
    async fn progress_comparison(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The key of the standard indicator.")] indicator: String,
        #[graphql(desc = "The fiscal year; the latest with a figure if absent.")] year: Option<FiscalYear>,
        #[graphql(desc = "Which municipalities; all of Japan if absent.")] group: Option<GroupInput>,
        #[graphql(desc = "How many bars the histograms have, 1 to 100.", default = 10)] bins: u32,
        #[graphql(desc = "A version of the data that an answer gave; what is published now if absent.")]
        data_version: Option<String>,
    ) -> Result<ProgressComparisonAnswer> {
        let question = Question::Progress(ProgressQuestion {
            indicator,
            year: year.map(|year| year.0.year()),
            group: self::group(group, "group")?,
            bins,
        });
        Ok(ProgressComparisonAnswer::new(ask(context, question, data_version, 2 * WORK).await?))
    }

    /// Whether two indicators can be compared with each other (比較可能性), and what stands against it: dimension, unit, kind of
    /// year, survey, definition.
    async fn comparability(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The key of the one: a standard indicator or official series.")] one: String,
        #[graphql(desc = "The key of the other.")] other: String,
    ) -> Result<IndicatorComparability> {
        let reference = app(context)?.reference();
        let official = reference.official_indicators();
        let catalogue = Catalogue { standard: reference.standard_indicators(), official: &official };
        IndicatorComparability::of(catalogue, (&one, &other), ("one", "other"))
    }
}
