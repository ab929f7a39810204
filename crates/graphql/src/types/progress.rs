use std::borrow::Cow;

use async_graphql::{Enum, InputObject, Object, SimpleObject};
use shirube_domain::{
    progress::{self, Guide, Inverse, Method, Outcome, Pace, PlanYears, Question},
    strategy::Indicator,
    text::Bilingual,
};

use crate::scalars::{Decimal, FiscalYear};

/// Which target an actual is held against.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "progress::Toward")]
pub(crate) enum ProgressToward {
    /// The target of the fiscal year (年度目標).
    Year,
    /// The target of the plan (最終目標).
    Final,
    /// The target of the fiscal year; in a year that has none, that of the plan.
    YearOrFinal,
}

/// How a rate is made (算出方法).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressMethod {
    /// 実績 ÷ 目標; where less is better, 目標 ÷ 実績.
    ActualToTarget,
    /// 実績 ÷ 目標; where less is better, 1 + (目標 − 実績) ÷ 目標.
    ActualToTargetOnePlusGap,
    /// (実績 − 基準) ÷ (目標 − 基準).
    ProgressFromBaseline,
    /// 実績 ÷ the target that is to be kept; where less is better, 2 − 実績 ÷ target (現状維持型).
    TargetKept,
    /// The same of the baseline.
    BaselineKept,
}

impl ProgressMethod {
    const fn domain(self) -> Method {
        match self {
            Self::ActualToTarget => Method::ActualToTarget { inverse: Inverse::TargetToActual },
            Self::ActualToTargetOnePlusGap => Method::ActualToTarget { inverse: Inverse::OnePlusGap },
            Self::ProgressFromBaseline => Method::ProgressFromBaseline,
            Self::TargetKept => Method::LevelKept { level: progress::KeptLevel::Target },
            Self::BaselineKept => Method::LevelKept { level: progress::KeptLevel::Baseline },
        }
    }

    const fn of(method: Method) -> Self {
        match method {
            Method::ActualToTarget { inverse: Inverse::TargetToActual } => Self::ActualToTarget,
            Method::ActualToTarget { inverse: Inverse::OnePlusGap } => Self::ActualToTargetOnePlusGap,
            Method::ProgressFromBaseline => Self::ProgressFromBaseline,
            Method::LevelKept { level: progress::KeptLevel::Target } => Self::TargetKept,
            Method::LevelKept { level: progress::KeptLevel::Baseline } => Self::BaselineKept,
        }
    }
}

/// What is compared of an indicator whose years add up. Kept as yearly amounts or as a running total, it is the same.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "progress::Basis")]
pub(crate) enum ProgressBasis {
    /// The total since the plan began, with the yearly targets added up likewise (累計).
    ToDate,
    /// What the year itself added (単年).
    YearAlone,
}

/// How progress is asked for.
#[derive(InputObject)]
pub(crate) struct ProgressQuestion {
    /// Which target.
    #[graphql(default_with = "ProgressToward::Year")]
    toward: ProgressToward,
    /// How the rate is made.
    #[graphql(default_with = "ProgressMethod::ActualToTarget")]
    method: ProgressMethod,
    /// What is compared where years add up.
    #[graphql(default_with = "ProgressBasis::ToDate")]
    basis: ProgressBasis,
    /// Whether a point of the straight line from the baseline to the target of the plan (目安値) stands in for a missing
    /// target of the year.
    #[graphql(default)]
    guide: bool,
    /// Whether the rate is held against the share of the plan's years that have passed.
    #[graphql(default)]
    pace: bool,
}

impl ProgressQuestion {
    pub(super) fn domain(&self) -> Question {
        Question {
            toward: self.toward.into(),
            method: self.method.domain(),
            basis: self.basis.into(),
            guide: self.guide.then_some(Guide::StraightLine { decimals: None }),
            pace: self.pace.then_some(Pace::Elapsed),
        }
    }
}

impl Default for ProgressQuestion {
    fn default() -> Self {
        Self {
            toward: ProgressToward::Year,
            method: ProgressMethod::ActualToTarget,
            basis: ProgressBasis::ToDate,
            guide: false,
            pace: false,
        }
    }
}

/// Why nothing can be said about the progress of an indicator.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhyNot {
    /// Only the actual is followed (実績値の管理).
    MonitoredOnly,
    /// The year is not one of the plan.
    OutsidePlan,
    /// The year has no target, and no later one has.
    NoTarget,
    /// The target is due in a later year.
    NotDue,
    /// The actual is still to come (調査中, blank).
    NotYetReported,
    /// It could have been measured, and was not (未把握).
    NotMeasured,
    /// It cannot be known in this year (算出不可).
    NotMeasurable,
    /// The document prints that no value belongs here (―).
    NotApplicable,
    /// The program had not begun.
    NotStarted,
    /// The program had ended.
    Ended,
    /// It is known, and kept back (秘匿).
    Withheld,
    /// A year before is missing, so that the total is not known.
    TotalIncomplete,
    /// There is no baseline, and the method needs one.
    NoBaseline,
    /// A value is told in words.
    Words,
    /// People judge it.
    JudgedByPeople,
    /// The numbers leave the range that can be computed with.
    OutOfRange,
}

impl WhyNot {
    pub(super) const fn of(why: progress::WhyNot) -> Self {
        use progress::WhyNot as Of;
        match why {
            Of::MonitoredOnly => Self::MonitoredOnly,
            Of::OutsidePlan => Self::OutsidePlan,
            Of::NoTarget => Self::NoTarget,
            Of::NotDue(_) => Self::NotDue,
            Of::NotYetReported => Self::NotYetReported,
            Of::NotMeasured => Self::NotMeasured,
            Of::NotMeasurable => Self::NotMeasurable,
            Of::NotApplicable => Self::NotApplicable,
            Of::NotStarted => Self::NotStarted,
            Of::Ended => Self::Ended,
            Of::Withheld => Self::Withheld,
            Of::TotalIncomplete(_) => Self::TotalIncomplete,
            Of::NoBaseline => Self::NoBaseline,
            Of::Words => Self::Words,
            Of::JudgedByPeople => Self::JudgedByPeople,
            Of::OutOfRange => Self::OutOfRange,
        }
    }
}

/// Why there is no rate, though it is known whether the target is met.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "progress::NoRate")]
pub(crate) enum NoRate {
    /// The target, or the level to be kept, is zero.
    ZeroTarget,
    /// The target equals the baseline: there is no way between them.
    TargetIsBaseline,
    /// The actual is zero where less is better.
    ZeroActual,
    /// A quotient of negative numbers says nothing.
    Negative,
    /// The target names no number.
    WithoutNumber,
}

/// Something that a reader of a rate has to know.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "progress::Flag")]
pub(crate) enum ProgressFlag {
    /// A figure is provisional (暫定値).
    Provisional,
    /// A figure is an expected one (見込).
    Forecast,
    /// The target was computed, and not set (目安値).
    GuideValue,
    /// The target lies on the wrong side of the baseline; 実績 ÷ 目標 was used instead.
    WrongSide,
    /// The distance to go is so small that the gap says more than the rate.
    TinyDenominator,
    /// A figure carries another unit than the indicator, and was read in the indicator's.
    UnitDiffers,
    /// A figure is said to be about right only (約, おおむね).
    Approximate,
    /// The mean is of some of its years only.
    PartialMean,
}

/// Where a target comes from.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "progress::TargetSource")]
pub(crate) enum TargetSource {
    /// The cell of the year.
    Year,
    /// The cells of the years so far, added up.
    YearsToDate,
    /// The target of the plan.
    Plan,
    /// A straight line from the baseline to the target of the plan.
    StraightLine,
}

/// A sentence in both languages.
#[derive(SimpleObject, Clone)]
pub(crate) struct Sentence {
    /// Japanese.
    ja: String,
    /// English.
    en: String,
}

impl From<Bilingual> for Sentence {
    fn from(Bilingual { ja, en }: Bilingual) -> Self {
        Self { ja, en }
    }
}

pub(crate) struct Progress<'a>(pub(super) Cow<'a, progress::Progress>);

impl Progress<'_> {
    pub(super) fn new(indicator: &Indicator, plan: PlanYears, year: FiscalYear, question: &Question) -> Self {
        Self(Cow::Owned(progress::progress(indicator, plan, year.0, question)))
    }

    fn measure(&self) -> Option<&progress::Measure> {
        self.0.measure.as_ref()
    }
}

/// How far an indicator has come in a fiscal year (達成率, 進捗率): a rate; or, where no rate can be made, whether the target is
/// met; or why nothing can be said. Numbers are in the indicator's unit without its scale (千人 as 人).
#[Object]
impl Progress<'_> {
    /// The rate in percent, exact to twelve decimals; null where there is none.
    async fn percent(&self) -> Option<Decimal> {
        self.0.percent().map(Decimal)
    }

    /// Whether the target is met; null where that is not known.
    async fn met(&self) -> Option<bool> {
        self.0.met()
    }

    /// Why nothing can be said; null where something can.
    async fn why_not(&self) -> Option<WhyNot> {
        match self.0.outcome {
            Outcome::Nothing(why) => Some(WhyNot::of(why)),
            _ => None,
        }
    }

    /// The year in which a target that is not due yet is due.
    async fn due(&self) -> Option<FiscalYear> {
        match self.0.outcome {
            Outcome::Nothing(progress::WhyNot::NotDue(year)) => Some(FiscalYear(year)),
            _ => None,
        }
    }

    /// Why there is no rate, though it is known whether the target is met.
    async fn no_rate(&self) -> Option<NoRate> {
        match self.0.outcome {
            Outcome::Verdict { why, .. } => Some(why.into()),
            _ => None,
        }
    }

    /// How the numbers were compared: as was asked, unless a flag says otherwise.
    async fn method(&self) -> ProgressMethod {
        ProgressMethod::of(self.0.method)
    }

    /// The actual that was compared: the total so far, where years add up.
    async fn actual(&self) -> Option<Decimal> {
        self.measure().map(|measure| Decimal(measure.actual))
    }

    /// The target that it was compared to.
    async fn target(&self) -> Option<Decimal> {
        self.measure().map(|measure| Decimal(measure.target))
    }

    /// Where that target comes from.
    async fn target_source(&self) -> Option<TargetSource> {
        self.measure().map(|measure| measure.source.into())
    }

    /// Where the way to the target begins: the baseline, or zero where years add up.
    async fn start(&self) -> Option<Decimal> {
        self.measure()?.start.map(Decimal)
    }

    /// How far the actual is beyond the target, on the way that is good; negative while it falls short.
    async fn gap(&self) -> Option<Decimal> {
        self.measure()?.gap().map(Decimal)
    }

    /// The rate before it was held against the pace, in percent; null without a pace.
    async fn before_pace(&self) -> Option<Decimal> {
        self.0.before_pace.map(|(rate, _)| Decimal(rate))
    }

    /// The share of the plan that had passed, in percent; null without a pace.
    async fn share_passed(&self) -> Option<Decimal> {
        self.0.before_pace.map(|(_, share)| Decimal(share))
    }

    /// What a reader has to know about it.
    async fn flags(&self) -> Vec<ProgressFlag> {
        self.0.flags.iter().map(|flag| (*flag).into()).collect()
    }

    /// How the answer was found, step by step.
    async fn steps(&self) -> Vec<Sentence> {
        self.0.steps().into_iter().map(Sentence::from).collect()
    }
}
