use async_graphql::{Enum, Object};
use shirube_domain::{
    calendar, quantity,
    strategy::{self, Scope},
};

use super::{Period, Quantity, figures::Cell};
use crate::scalars::{Decimal, FiscalYear};

/// What a target requires (目標の要件).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "strategy::StatedRequirement")]
pub(crate) enum RequirementKind {
    /// Reach the number or more.
    AtLeast,
    /// Stay at the number or below (以下, 以内).
    AtMost,
    /// Keep the level (維持).
    Keep,
    /// Keep the level or more (以上を維持).
    KeepAtLeast,
    /// Keep the level or less (以内の持続).
    KeepAtMost,
    /// None at all (0人).
    Zero,
    /// More than before, without a number (増加).
    Increase,
    /// Less than before, without a number (減少).
    Decrease,
    /// A change against the baseline, in percent (10%増).
    Growth,
    /// A rank or better (県内1位).
    Rank,
    /// Something is done (策定, 設置).
    Done,
}

/// What kind of figure a target is measured on (集計の種類).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "strategy::Accumulation")]
pub(crate) enum Accumulation {
    /// An amount of each year, which adds up over years (単年).
    YearlyAmount,
    /// The running total within the plan (累計).
    RunningTotal,
    /// A level or stock at a time (水準).
    Level,
    /// The mean of several years (平均).
    MeanOfYears,
}

/// The time that a target's printed text claims (目標の範囲).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetScope {
    /// In each year (各年度).
    EachYear,
    /// Over the plan (5年間, 計画期間中).
    WholePlan,
    /// In the period of `scopePeriod` (令和7年).
    InPeriod,
    /// Nothing is printed: by the end of the plan.
    Unstated,
}

/// When a target asks for a figure (目標の設定年度).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// In every year of the plan.
    EveryYear,
    /// In the last year only.
    FinalYearOnly,
    /// In the first year only.
    FirstYearOnly,
    /// From a later year to the end.
    FromLaterYear,
    /// In some years.
    SomeYears,
}

pub(crate) struct Target<'a> {
    pub(crate) target: &'a strategy::Target,
    pub(crate) indicator: &'a strategy::Indicator,
    pub(crate) schedule: Option<strategy::Schedule>,
}

/// A target (目標値): what is required, of what kind of figure, by when.
#[Object]
impl Target<'_> {
    /// The text as printed: 40.0％（5年間）.
    async fn printed(&self) -> &str {
        &self.target.statement.printed
    }

    /// What must hold.
    async fn requirement(&self) -> RequirementKind {
        requirement(&self.target.statement)
    }

    /// The number that is required; null for requirements without one.
    async fn quantity(&self) -> Option<Quantity<'_>> {
        quantity(&self.target.statement, self.indicator.unit.as_ref())
    }

    /// The required change against the baseline in percent, for GROWTH.
    async fn growth(&self) -> Option<Decimal> {
        match self.target.statement.requirement {
            strategy::Requirement::Growth(percent) => Some(Decimal(percent)),
            _ => None,
        }
    }

    /// The required rank, for RANK.
    async fn rank(&self) -> Option<u32> {
        match self.target.statement.requirement {
            strategy::Requirement::Rank(rank) => Some(rank),
            _ => None,
        }
    }

    /// What kind of figure it is measured on.
    async fn accumulation(&self) -> Accumulation {
        self.target.statement.accumulation.into()
    }

    /// The time that the printed text claims.
    async fn scope(&self) -> TargetScope {
        match self.target.statement.scope {
            Scope::EachYear => TargetScope::EachYear,
            Scope::WholePlan => TargetScope::WholePlan,
            Scope::In(_) => TargetScope::InPeriod,
            Scope::Unstated => TargetScope::Unstated,
        }
    }

    /// The period of the scope, for IN_PERIOD.
    async fn scope_period(&self) -> Option<Period> {
        match self.target.statement.scope {
            Scope::In(period) => Some(Period(period)),
            _ => None,
        }
    }

    /// When it asks for a figure, from the yearly targets.
    async fn schedule(&self) -> Option<Schedule> {
        self.schedule.map(|schedule| match schedule {
            strategy::Schedule::EveryYear => Schedule::EveryYear,
            strategy::Schedule::FinalYearOnly => Schedule::FinalYearOnly,
            strategy::Schedule::FirstYearOnly => Schedule::FirstYearOnly,
            strategy::Schedule::FromYear(_) => Schedule::FromLaterYear,
            strategy::Schedule::SomeYears => Schedule::SomeYears,
        })
    }

    /// Targets that were replaced in the middle of the plan, oldest first.
    async fn superseded(&self) -> Vec<SupersededTarget<'_>> {
        let unit = self.indicator.unit.as_ref();
        self.target.superseded.iter().map(|target| SupersededTarget { target, unit }).collect()
    }
}

fn requirement(statement: &strategy::TargetStatement) -> RequirementKind {
    match statement.requirement {
        strategy::Requirement::AtLeast(_) => RequirementKind::AtLeast,
        strategy::Requirement::AtMost(_) => RequirementKind::AtMost,
        strategy::Requirement::Keep(_) => RequirementKind::Keep,
        strategy::Requirement::KeepAtLeast(_) => RequirementKind::KeepAtLeast,
        strategy::Requirement::KeepAtMost(_) => RequirementKind::KeepAtMost,
        strategy::Requirement::Zero(_) => RequirementKind::Zero,
        strategy::Requirement::Increase => RequirementKind::Increase,
        strategy::Requirement::Decrease => RequirementKind::Decrease,
        strategy::Requirement::Growth(_) => RequirementKind::Growth,
        strategy::Requirement::Rank(_) => RequirementKind::Rank,
        strategy::Requirement::Done => RequirementKind::Done,
    }
}

fn quantity<'a>(statement: &'a strategy::TargetStatement, unit: Option<&'a quantity::Unit>) -> Option<Quantity<'a>> {
    statement.requirement.amount().map(|amount| Quantity { amount, unit })
}

pub(crate) struct SupersededTarget<'a> {
    target: &'a strategy::SupersededTarget,
    unit: Option<&'a quantity::Unit>,
}

/// A target that was replaced in the middle of the plan (目標の見直し).
#[Object]
impl SupersededTarget<'_> {
    /// The text as printed then.
    async fn printed(&self) -> &str {
        &self.target.statement.printed
    }

    /// What had to hold.
    async fn requirement(&self) -> RequirementKind {
        requirement(&self.target.statement)
    }

    /// The number that was required.
    async fn quantity(&self) -> Option<Quantity<'_>> {
        quantity(&self.target.statement, self.unit)
    }

    /// The yearly targets of that time.
    async fn yearly(&self) -> Vec<SupersededYear<'_>> {
        self.target.yearly.iter().map(|(year, cell)| SupersededYear { year: *year, cell, unit: self.unit }).collect()
    }

    /// When it was replaced.
    async fn replaced(&self) -> Period {
        Period(self.target.replaced)
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.target.reason
    }
}

pub(crate) struct SupersededYear<'a> {
    year: calendar::FiscalYear,
    cell: &'a strategy::Cell,
    unit: Option<&'a quantity::Unit>,
}

/// The target of a year, before it was replaced.
#[Object]
impl SupersededYear<'_> {
    /// The fiscal year.
    async fn year(&self) -> FiscalYear {
        FiscalYear(self.year)
    }

    /// The target.
    async fn target(&self) -> Cell<'_> {
        Cell::new(self.cell, self.unit)
    }
}
