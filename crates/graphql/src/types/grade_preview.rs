//! What another rule would change.

use async_graphql::{Context, Result, SimpleObject};

use super::{
    Strategy,
    grade::{self, Grade, GradeSummary},
    grading_rule::{GradingRule, GradingRuleChoice},
};
use crate::{limits::spend, scalars::FiscalYear};

/// The grades of a strategy by two rules, side by side (評価基準の見直しの影響).
#[derive(SimpleObject)]
pub(crate) struct GradePreview {
    /// The fiscal year.
    year: FiscalYear,
    /// The grades by the rule that is compared with, counted.
    before: GradeSummary,
    /// The grades by the other rule, counted.
    after: GradeSummary,
    /// How many indicators have the same grade by both, or none for the same reason.
    unchanged: usize,
    /// The others, in the order of the document.
    changed: Vec<GradeChange>,
}

/// An indicator that two rules grade otherwise.
#[derive(SimpleObject)]
pub(crate) struct GradeChange {
    /// Its grade by the rule that is compared with.
    before: Grade,
    /// Its grade by the other rule.
    after: Grade,
}

/// Grades all indicators of a strategy by two rules, each once.
pub(super) async fn preview(
    context: &Context<'_>,
    strategy: &Strategy,
    year: FiscalYear,
    rule: GradingRuleChoice,
    against: Option<GradingRuleChoice>,
) -> Result<GradePreview> {
    let municipality = strategy.parts().municipality;
    let rule = GradingRule::chosen(context, Some(rule), municipality, "rule").await?;
    let against = GradingRule::chosen(context, against, municipality, "against").await?;
    let count = strategy.domain().indicators().len();
    spend(context, count.saturating_mul(2))?;
    let before = grade::all(strategy, 0..count, &against, year);
    let after = grade::all(strategy, 0..count, &rule, year);
    let changed: Vec<GradeChange> = before
        .iter()
        .zip(&after)
        .enumerate()
        .filter(|(_, (before, after))| after.differs(before))
        .map(|(at, (before, after))| GradeChange {
            before: Grade::given(before.clone(), &against, strategy.indicator(at), year),
            after: Grade::given(after.clone(), &rule, strategy.indicator(at), year),
        })
        .collect();
    Ok(GradePreview {
        year,
        unchanged: count - changed.len(),
        changed,
        before: GradeSummary::of(against, year, &before, strategy.domain().indicators()),
        after: GradeSummary::of(rule, year, &after, strategy.domain().indicators()),
    })
}
