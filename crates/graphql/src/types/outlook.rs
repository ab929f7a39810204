use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use shirube_app::App;
use shirube_domain::{
    outlook::{self, NoOutlook, Origin},
    progress::{PlanYears, Sense},
    reference::OFFICIAL_ATTRIBUTION,
};

use super::{
    Indicator, OfficialIndicator, Period,
    progress::{Sentence, TargetSource, WhyNot},
};
use crate::{
    error::bad_input,
    limits::spend,
    query::service,
    scalars::{Decimal, FiscalYear},
};

/// Whether an indicator is on track (見通しの判定): by the chance to reach the target, 80 % or more, or below 20 %; with fewer than
/// four observations, by the pace.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "outlook::Verdict")]
pub(crate) enum OutlookVerdict {
    /// The target is met already, and nothing speaks for losing it again (達成済み).
    Met,
    /// It is likely to be met (達成見込み).
    OnTrack,
    /// It may be met or not (要注意).
    AtRisk,
    /// It is unlikely to be met (達成困難).
    OffTrack,
}

/// How the final value is projected.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "outlook::Method")]
pub(crate) enum OutlookMethod {
    /// The pace so far goes on: a straight line from the baseline, or the first observation, through the latest one; the same amount
    /// each year, where years add up.
    PlanLine,
    /// The line of median slope through all observations (Theil and Sen).
    TheilSen,
    /// The latest value stays. Its interval comes from the yearly differences.
    LastValue,
    /// Small yearly counts scatter about their mean (Poisson; negative binomial where they scatter more).
    Count,
}

/// What of the figures is held against the target.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "outlook::Held")]
pub(crate) enum OutlookHeld {
    /// The value of the year in which it is due.
    LastYear,
    /// The total of the years of the plan (累計).
    Total,
    /// The mean of its years (平均).
    Mean,
}

/// Why a method is recommended.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "outlook::Reason")]
pub(crate) enum OutlookReason {
    /// There are fewer than four observations: nothing but the pace can be told.
    FewObservations,
    /// There are fewer than four, and the latest is worse than the baseline or the first one.
    FellBack,
    /// There is a clear trend (Mann and Kendall's test, at 10 %).
    ClearTrend,
    /// They are small yearly counts without a clear trend.
    SmallCounts,
    /// There is no clear trend.
    NoClearTrend,
}

/// Why there is too little to say how an indicator will come out.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutlookWhyNot {
    /// How far it has come cannot be told either: `progressWhyNot` says why.
    NoProgress,
    /// Its target is something to be done (計画の策定), which is no number.
    YesOrNo,
    /// Its target says more or less, without a number (増加を目指す).
    WithoutNumber,
    /// There are fewer than two observations.
    TooFew,
    /// The figure of the year in which the target was due is there: `progress` tells how it came out.
    Due,
}

/// Something that a reader of an outlook has to know.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutlookCaution {
    /// There are fewer than four observations: no interval and no chance, and the verdict is by the pace alone.
    FewObservations,
    /// The observations do not scatter at all: no interval and no chance.
    NeverVaried,
    /// The latest observation is from an earlier year than the one that was asked for.
    LatestEarlier,
    /// A figure is provisional or expected (暫定値, 見込).
    Provisional,
    /// The baseline names no year, and was placed in the year before the plan.
    UndatedBaseline,
    /// Official statistics from before the plan were joined.
    OfficialJoined,
    /// They count other months than the plan does (暦年 and 年度).
    YearKindsDiffer,
    /// They say something else than the baseline, and were left out.
    HistoryDiffers,
    /// Counts scatter at least twice as much as chance alone makes them.
    Overdispersed,
    /// The target is met now, and may be lost again.
    MayBeLost,
    /// Some methods reach the target, and others do not.
    MethodsDisagree,
}

impl OutlookCaution {
    const fn of(caution: outlook::Caution) -> Self {
        use outlook::Caution as Of;
        match caution {
            Of::FewObservations => Self::FewObservations,
            Of::NeverVaried => Self::NeverVaried,
            Of::LatestEarlier(_) => Self::LatestEarlier,
            Of::Provisional => Self::Provisional,
            Of::UndatedBaseline => Self::UndatedBaseline,
            Of::OfficialJoined => Self::OfficialJoined,
            Of::YearKindsDiffer => Self::YearKindsDiffer,
            Of::HistoryDiffers => Self::HistoryDiffers,
            Of::Overdispersed => Self::Overdispersed,
            Of::MayBeLost => Self::MayBeLost,
            Of::MethodsDisagree => Self::MethodsDisagree,
        }
    }
}

/// Where an observation comes from.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObservationOrigin {
    /// An actual of the plan (実績値).
    Figure,
    /// The baseline (基準値).
    Baseline,
    /// An official series, from before the plan (公的統計).
    Official,
}

/// A projection of the final value.
#[derive(SimpleObject)]
pub(crate) struct OutlookProjection {
    /// The method.
    method: OutlookMethod,
    /// The name of the method.
    name: Sentence,
    /// The final value, or the total or mean of the years where the target is one.
    value: Decimal,
    /// The lower end of its interval; null where there is none.
    low: Option<Decimal>,
    /// The upper end of its interval.
    high: Option<Decimal>,
    /// The chance to reach the target, from 0.01 to 0.99; null where there is none.
    chance: Option<f64>,
    /// Whether the projected value reaches the target.
    reaches: bool,
}

impl From<&outlook::Projection> for OutlookProjection {
    fn from(of: &outlook::Projection) -> Self {
        Self {
            method: of.method.into(),
            name: of.method.name().into(),
            value: Decimal(of.value),
            low: of.interval.map(|(low, _)| Decimal(low)),
            high: of.interval.map(|(_, high)| Decimal(high)),
            chance: of.chance,
            reaches: of.reaches,
        }
    }
}

/// The test of the observations for a trend (Mann and Kendall).
#[derive(SimpleObject)]
pub(crate) struct OutlookTrend {
    /// How many pairs of observations rise, less how many fall.
    s: i64,
    /// Kendall's τ-b against time, from −1 to 1; null if nothing varies.
    tau: Option<f64>,
    /// How likely so clear a trend is by chance alone.
    p_value: f64,
}

pub(crate) struct Observation {
    of: outlook::Observation,
    app: Arc<App>,
}

/// Something that was observed: a value, or the amount of a year where years add up.
#[Object(name = "OutlookObservation")]
impl Observation {
    /// When.
    async fn period(&self) -> Period {
        Period(self.of.period)
    }

    /// The year by which it is placed in time.
    async fn year(&self) -> i16 {
        self.of.year
    }

    /// The value, in the indicator's unit without its scale.
    async fn value(&self) -> Decimal {
        Decimal(self.of.value)
    }

    /// Where it comes from.
    async fn origin(&self) -> ObservationOrigin {
        match self.of.origin {
            Origin::Figure => ObservationOrigin::Figure,
            Origin::Baseline => ObservationOrigin::Baseline,
            Origin::Official(_) => ObservationOrigin::Official,
        }
    }

    /// The official series from which it comes.
    async fn official(&self) -> Option<OfficialIndicator> {
        let Origin::Official(id) = &self.of.origin else { return None };
        let at = self.app.reference().official().iter().position(|series| series.indicator.id == *id)?;
        Some(OfficialIndicator { app: self.app.clone(), at })
    }
}

pub(crate) struct Outlook {
    found: std::result::Result<outlook::Outlook, NoOutlook>,
    app: Arc<App>,
}

impl Outlook {
    pub(super) fn new(context: &Context<'_>, of: &Indicator, year: FiscalYear, confidence: f64) -> Result<Self> {
        if !(0.5..=0.99).contains(&confidence) {
            return Err(bad_input("confidence", "this is no confidence; give a number from 0.5 to 0.99, such as 0.9"));
        }
        let app = service(context).clone();
        let (indicator, parts) = (of.domain(), of.strategy.parts());
        let plan = PlanYears::of(of.strategy.domain());
        let history = app.reference().history(indicator, parts.municipality, plan.first);
        // Each observation is looked at.
        spend(context, history.len() + indicator.figures.years().len())?;
        let found = outlook::outlook(indicator, plan, year.0, &history, confidence);
        Ok(Self { found, app })
    }

    fn found(&self) -> Option<&outlook::Outlook> {
        self.found.as_ref().ok()
    }
}

/// Whether an indicator is on track (見通し): what it is likely to come to by the year in which its target is due; or why there is too
/// little to say. Numbers are in the indicator's unit without its scale (千人 as 人).
#[Object]
impl Outlook {
    /// The verdict, by the recommended projection; null where there is too little to say.
    async fn verdict(&self) -> Option<OutlookVerdict> {
        self.found().map(|of| of.verdict.into())
    }

    /// Why there is too little to say; null where something can be said.
    async fn why_not(&self) -> Option<OutlookWhyNot> {
        self.found.as_ref().err().map(|why| match why {
            NoOutlook::Unread(_) => OutlookWhyNot::NoProgress,
            NoOutlook::YesOrNo => OutlookWhyNot::YesOrNo,
            NoOutlook::WithoutNumber => OutlookWhyNot::WithoutNumber,
            NoOutlook::TooFew(_) => OutlookWhyNot::TooFew,
            NoOutlook::Due(_) => OutlookWhyNot::Due,
        })
    }

    /// Why progress cannot be told, where that is the reason.
    async fn progress_why_not(&self) -> Option<WhyNot> {
        match self.found.as_ref().err()? {
            NoOutlook::Unread(why) => Some(WhyNot::of(*why)),
            _ => None,
        }
    }

    /// The year in which the target is due.
    async fn due(&self) -> Option<FiscalYear> {
        match &self.found {
            Ok(of) => Some(FiscalYear(of.due)),
            Err(NoOutlook::Due(year)) => Some(FiscalYear(*year)),
            Err(_) => None,
        }
    }

    /// The target.
    async fn target(&self) -> Option<Decimal> {
        self.found().map(|of| Decimal(of.target))
    }

    /// Whether more is better, as the target means it.
    async fn higher_is_better(&self) -> Option<bool> {
        self.found().map(|of| of.sense == Sense::Higher)
    }

    /// What of the figures is held against the target.
    async fn held(&self) -> Option<OutlookHeld> {
        self.found().map(|of| of.held.into())
    }

    /// What there is so far: the latest value, or the total or mean so far.
    async fn current(&self) -> Option<Decimal> {
        self.found().map(|of| Decimal(of.current))
    }

    /// Where it should be by now: the target of the year, or the point of a straight line from the baseline to the target of the plan.
    async fn expected(&self) -> Option<Decimal> {
        self.found()?.expected.map(|(expected, _)| Decimal(expected))
    }

    /// Where that comes from.
    async fn expected_source(&self) -> Option<TargetSource> {
        self.found()?.expected.map(|(_, source)| source.into())
    }

    /// How much each of the years that are left has to bring: a change, or an amount where the target is a total or a mean (what it
    /// may bring at most, where less is better); zero if nothing more is needed.
    async fn needed_pace(&self) -> Option<Decimal> {
        self.found().map(|of| Decimal(of.needed_pace))
    }

    /// How much a year brought so far, from the baseline or else the first observation.
    async fn pace(&self) -> Option<Decimal> {
        self.found().map(|of| Decimal(of.pace))
    }

    /// What was observed, in the order of time.
    async fn observations(&self, context: &Context<'_>) -> Result<Vec<Observation>> {
        let observations = self.found().map(|of| of.observations.as_slice()).unwrap_or_default();
        spend(context, observations.len())?;
        Ok(observations.iter().map(|of| Observation { of: of.clone(), app: self.app.clone() }).collect())
    }

    /// The attribution to be shown where official statistics are among the observations.
    async fn attribution(&self) -> Option<&str> {
        let official = |of: &outlook::Observation| matches!(of.origin, Origin::Official(_));
        self.found()?.observations.iter().any(official).then_some(OFFICIAL_ATTRIBUTION)
    }

    /// The test of the observations for a trend.
    async fn trend(&self) -> Option<OutlookTrend> {
        let round = |number: f64| (number * 1e4).round() / 1e4;
        let trend = self.found()?.trend;
        Some(OutlookTrend { s: trend.s, tau: trend.tau.map(round), p_value: round(trend.p_value) })
    }

    /// The recommended projection.
    async fn recommended(&self) -> Option<OutlookProjection> {
        self.found().map(|of| of.recommended().into())
    }

    /// Why it is recommended.
    async fn reason(&self) -> Option<OutlookReason> {
        self.found().map(|of| of.reason.into())
    }

    /// The projections of all methods that apply, the recommended one first.
    async fn projections(&self) -> Vec<OutlookProjection> {
        self.found().map(|of| of.projections.iter().map(Into::into).collect()).unwrap_or_default()
    }

    /// What a reader has to know about it.
    async fn cautions(&self) -> Vec<OutlookCaution> {
        self.found().map(|of| of.cautions.iter().map(|of| OutlookCaution::of(*of)).collect()).unwrap_or_default()
    }

    /// How the verdict was found, step by step; or why there is none.
    async fn steps(&self) -> Vec<Sentence> {
        match &self.found {
            Ok(of) => of.steps().into_iter().map(Sentence::from).collect(),
            Err(why) => vec![why.text().into()],
        }
    }
}
