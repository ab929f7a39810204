use std::borrow::Cow;

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use shirube_domain::{
    grade::{self, Ungraded},
    progress::PlanYears,
};

use super::{
    Indicator, Strategy,
    figures::PublishedGrade,
    grading_rule::{GradingRule, GradingRuleChoice},
    progress::{Progress, ProgressFlag, Sentence, WhyNot},
};
use crate::{
    limits::spend,
    scalars::{Decimal, FiscalYear},
};

/// Why there is no grade.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Without {
    /// Nothing can be said about the progress; `progress.whyNot` tells why.
    Progress,
    /// The bands look at a rate, and none can be made.
    NoRate,
    /// The rule has no case for such an indicator.
    NoCase,
    /// No band fits.
    NoBand,
    /// The rule waits for the final figure.
    Held,
    /// The rule is not meant for the year.
    NotValid,
}

impl From<Ungraded> for Without {
    fn from(why: Ungraded) -> Self {
        match why {
            Ungraded::Progress(_) => Self::Progress,
            Ungraded::NoRate(_) => Self::NoRate,
            Ungraded::NoCase => Self::NoCase,
            Ungraded::NoBand => Self::NoBand,
            Ungraded::Held(_) => Self::Held,
            Ungraded::NotValid => Self::NotValid,
        }
    }
}

pub(crate) struct Grade {
    of: grade::Grade,
    rule: GradingRule,
    indicator: Indicator,
    year: FiscalYear,
}

impl Grade {
    pub(super) fn new(rule: &GradingRule, indicator: Indicator, year: FiscalYear) -> Self {
        let plan = PlanYears::of(indicator.strategy.domain());
        Self::given(grade::grade(rule.domain(), indicator.domain(), plan, year.0), rule, indicator, year)
    }

    /// A grade that was found already.
    pub(super) fn given(of: grade::Grade, rule: &GradingRule, indicator: Indicator, year: FiscalYear) -> Self {
        Self { of, rule: rule.clone(), indicator, year }
    }

    fn band(&self) -> Option<&grade::Band> {
        self.of.band().ok()
    }
}

/// The grade (評価) of an indicator in a fiscal year by a rule, and how it was found.
#[Object]
impl Grade {
    /// The indicator.
    async fn indicator(&self) -> &Indicator {
        &self.indicator
    }

    /// The fiscal year.
    async fn year(&self) -> FiscalYear {
        FiscalYear(self.year.0)
    }

    /// The rule.
    async fn rule(&self) -> &GradingRule {
        &self.rule
    }

    /// The grade as the rule prints it: A, 順調, ◎; null where there is none.
    async fn grade(&self) -> Option<&str> {
        self.band().map(|band| band.grade.as_str())
    }

    /// What the grade means, where the print alone does not say it.
    async fn name(&self) -> Option<Sentence> {
        self.band()?.name.clone().map(Sentence::from)
    }

    /// The points that it gives; null where the rule gives none.
    async fn points(&self) -> Option<Decimal> {
        self.band()?.points.map(|points| Decimal(points.0))
    }

    /// The rate in percent, rounded as the rule says; before it is held against a pace.
    async fn rate(&self) -> Option<Decimal> {
        self.of.rate.map(Decimal)
    }

    /// The rate as the body prints it: 96.3%, 100%超, 0%未満.
    async fn printed_rate(&self) -> Option<String> {
        self.of.printed_rate()
    }

    /// The rate at which the bands look, in percent: after the pace; 100 or 0 for what is met or not without a rate.
    async fn judged_rate(&self) -> Option<Decimal> {
        self.of.judged_rate.map(Decimal)
    }

    /// Why there is no grade; null where there is one.
    async fn without(&self) -> Option<Without> {
        self.of.band().err().map(Without::from)
    }

    /// Why nothing can be said about the progress, where that is why there is no grade.
    async fn why_not(&self) -> Option<WhyNot> {
        match self.of.band() {
            Err(Ungraded::Progress(why)) => Some(WhyNot::of(why)),
            _ => None,
        }
    }

    /// What the rule prints in the place of a grade: X (実績なし).
    async fn mark(&self) -> Option<&str> {
        self.of.mark().map(|mark| mark.grade.as_str())
    }

    /// What the body calls such an indicator: 現状維持型Ⅰ.
    async fn case(&self) -> Option<Sentence> {
        self.of.case()?.name.clone().map(Sentence::from)
    }

    /// How far the indicator has come, as the rule asks; null where it asks nothing.
    async fn progress(&self) -> Option<Progress<'_>> {
        self.of.progress.as_ref().map(|of| Progress(Cow::Borrowed(of)))
    }

    /// What a reader has to know about it.
    async fn flags(&self) -> Vec<ProgressFlag> {
        self.of.progress.iter().flat_map(|of| &of.flags).map(|flag| (*flag).into()).collect()
    }

    /// What the document itself prints of the year, and whether its grade differs from this one; null where it prints nothing.
    async fn published(&self) -> Option<PublishedGrade<'_>> {
        let of = self.indicator.domain().figures.year(self.year.0)?.published.as_ref()?;
        Some(PublishedGrade { of, differs: self.of.differs_from(of) })
    }

    /// How it was found, step by step: the rule, what was compared, the rate and its rounding, the grade.
    async fn steps(&self) -> Vec<Sentence> {
        self.of.steps().into_iter().map(Sentence::from).collect()
    }
}

/// How many indicators have a grade.
#[derive(SimpleObject)]
pub(crate) struct GradeCount {
    /// The grade.
    grade: String,
    /// How many have it.
    count: usize,
    /// Their share of what was graded, in percent, to one decimal; null where nothing was graded.
    share: Option<Decimal>,
    /// Their share in the weight of what was graded, likewise; null where no weights are set.
    weighted_share: Option<Decimal>,
}

/// How many indicators have no grade for one reason.
#[derive(SimpleObject)]
pub(crate) struct WithoutCount {
    /// Why there is no grade.
    without: Without,
    /// Why nothing can be said about the progress, where that is the reason.
    why_not: Option<WhyNot>,
    /// How many.
    count: usize,
}

/// The grades of many indicators, counted (集計).
#[derive(SimpleObject)]
pub(crate) struct GradeSummary {
    /// The rule.
    rule: GradingRule,
    /// The fiscal year.
    year: FiscalYear,
    /// How many indicators there are.
    total: usize,
    /// How many were graded.
    graded: usize,
    /// How many have each grade, best first; grades that none has, too.
    grades: Vec<GradeCount>,
    /// How many have none for each reason, the most frequent first.
    without: Vec<WithoutCount>,
    /// The mean of the points (平均点) to two decimals, where the rule gives points.
    mean_points: Option<Decimal>,
    /// The mean of the points by the weights of the indicators (加重平均), likewise; null where no weights are set.
    weighted_mean_points: Option<Decimal>,
}

/// Which indicators are graded, and how.
#[derive(InputObject)]
pub(crate) struct Grading {
    /// The fiscal year.
    year: FiscalYear,
    /// By which rule; if absent, by the municipality's default.
    rule: Option<GradingRuleChoice>,
}

/// Grades a range of the indicators of a strategy.
pub(super) async fn grades(
    context: &Context<'_>,
    strategy: &Strategy,
    range: std::ops::Range<usize>,
    grading: Grading,
) -> Result<Vec<Grade>> {
    let rule = GradingRule::chosen(context, grading.rule, strategy.parts().municipality, "rule").await?;
    spend(context, range.len())?;
    Ok(range.map(|at| Grade::new(&rule, strategy.indicator(at), FiscalYear(grading.year.0))).collect())
}

/// Counts the grades of a range of the indicators of a strategy.
pub(super) async fn summary(
    context: &Context<'_>,
    strategy: &Strategy,
    range: std::ops::Range<usize>,
    grading: Grading,
) -> Result<GradeSummary> {
    let rule = GradingRule::chosen(context, grading.rule, strategy.parts().municipality, "rule").await?;
    // Each is graded, as in a list of them.
    spend(context, range.len())?;
    let given = all(strategy, range.clone(), &rule, grading.year);
    Ok(GradeSummary::of(rule, grading.year, &given, &strategy.domain().indicators()[range]))
}

/// The grades of a range of the indicators of a strategy.
pub(super) fn all(
    strategy: &Strategy,
    range: std::ops::Range<usize>,
    rule: &GradingRule,
    year: FiscalYear,
) -> Vec<grade::Grade> {
    let plan = PlanYears::of(strategy.domain());
    let of = &strategy.domain().indicators()[range];
    of.iter().map(|indicator| grade::grade(rule.domain(), indicator, plan, year.0)).collect()
}

impl GradeSummary {
    /// Counts grades that were given by a rule to some indicators, in their order.
    pub(super) fn of(
        rule: GradingRule,
        year: FiscalYear,
        given: &[grade::Grade],
        indicators: &[shirube_domain::strategy::Indicator],
    ) -> Self {
        let labels = rule.domain().grades();
        let grade::Rollup { all, graded, grades, without, mean_points } = grade::Rollup::of(&labels, given);
        let weights = indicators.iter().map(|indicator| indicator.weight);
        let weighted = grade::WeightedRollup::of(&labels, given.iter().zip(weights));
        let weighted_share = |at: usize| weighted.as_ref().and_then(|of| of.shares[at]).map(Decimal);
        let count = |(at, grade::GradeCount { grade, count, share })| GradeCount {
            grade,
            count,
            share: share.map(Decimal),
            weighted_share: weighted_share(at),
        };
        Self {
            year,
            total: all,
            graded,
            grades: grades.into_iter().enumerate().map(count).collect(),
            without: without
                .into_iter()
                .map(|(why, count)| WithoutCount {
                    without: why.into(),
                    why_not: if let Ungraded::Progress(why) = why { Some(WhyNot::of(why)) } else { None },
                    count,
                })
                .collect(),
            mean_points: mean_points.map(Decimal),
            weighted_mean_points: weighted.as_ref().and_then(|of| of.mean_points).map(Decimal),
            rule,
        }
    }
}
