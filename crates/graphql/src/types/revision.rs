use async_graphql::{Context, Enum, Object};
use shirube_access::table::ReadDraft;
use shirube_domain::{
    lint::{self, Part, Subject},
    municipality::MunicipalityCode,
    strategy,
};

use super::{Indicator, PlanNode, Strategy};
use crate::{
    query::scope,
    scalars::{DateTime, FiscalYear},
};

pub(crate) struct Revision {
    pub(crate) municipality: MunicipalityCode,
    pub(crate) of: strategy::Revision,
}

/// A revision of a strategy as published (公表): immutable, numbered, hashed.
#[Object]
impl Revision {
    /// Its number, from 1.
    async fn number(&self) -> u32 {
        self.of.number
    }

    /// When it was published.
    async fn published_at(&self) -> DateTime {
        DateTime(self.of.published_at)
    }

    /// The fiscal year up to which it reports.
    async fn report_year(&self) -> FiscalYear {
        FiscalYear(self.of.report_year)
    }

    /// SHA-256 of the published document, in hexadecimal.
    async fn hash(&self) -> &str {
        &self.of.hash
    }

    /// The name of whoever published it, for those who may read the municipality's drafts; null for everybody else.
    async fn author(&self, context: &Context<'_>) -> Option<&str> {
        let may = scope(context).permit::<ReadDraft>(self.municipality).is_ok();
        self.of.author.as_deref().filter(|_| may)
    }

    /// What was said of it when it was published.
    async fn note(&self) -> Option<&str> {
        self.of.note.as_deref()
    }
}

/// A rule by which a careful reader goes (点検の規則).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "lint::LintRule")]
pub(crate) enum LintRule {
    /// Baseline, target or a cell carry another unit than the indicator (525件 → 670枚).
    UnitDiffers,
    /// The target is worse than the baseline.
    TargetBehindBaseline,
    /// A year's target is worse than the baseline, though the final one is not.
    YearTargetBehindBaseline,
    /// A year's target is worse than that of the year before.
    YearTargetsGoBack,
    /// The yearly targets do not lead to the stated target.
    FinalContradictsYears,
    /// The printed total is not the sum of the years.
    TotalContradictsYears,
    /// Two indicators carry the same figures.
    SameFigureTwice,
    /// Different indicators carry the same label.
    SameLabel,
    /// A target for the final year that is the same in every year.
    FlatTarget,
    /// A node with nothing on it or below it, and no reason for it.
    EmptyNode,
    /// The scope printed with the target does not fit its row.
    ScopeDoesNotFit,
    /// The direction of good and the bound of the target contradict each other.
    DirectionContradictsTarget,
    /// A level is to be kept that the baseline does not reach.
    NotKeptAtBaseline,
    /// Baseline and target are totals of a different number of years.
    BaselineSpanDiffers,
    /// The first year goes beyond its target by more than a fifth: the target may have been set too low.
    BeatenInFirstYear,
    /// The target is due after the plan has ended, and cannot be measured in it.
    DueAfterPlan,
    /// No department owns it, though others are owned.
    NoOwner,
}

/// The part of a node or indicator that a finding is about.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FindingPart {
    /// All of it.
    Whole,
    /// The label.
    Label,
    /// The baseline.
    Baseline,
    /// The target as stated.
    Target,
    /// The direction of good.
    Direction,
    /// The target of the year in `year`.
    YearTarget,
    /// The actual of the year in `year`.
    YearActual,
    /// The total column.
    Total,
}

pub(crate) struct Finding {
    pub(crate) strategy: Strategy,
    pub(crate) at: usize,
}

impl Finding {
    fn domain(&self) -> &lint::Finding {
        &self.strategy.version.findings()[self.at]
    }
}

/// What a careful reader would notice, with its place (点検結果). It is a remark; what is printed stays as printed.
#[Object]
impl Finding {
    /// The rule that found it.
    async fn rule(&self) -> LintRule {
        self.domain().rule.into()
    }

    /// The node that it is about, if it is about one.
    async fn node(&self) -> Option<PlanNode> {
        match self.domain().subject {
            Subject::Node(id) => self.strategy.domain().node_at(id).map(|at| self.strategy.node(at)),
            Subject::Indicator(_) => None,
        }
    }

    /// The indicator that it is about, if it is about one.
    async fn indicator(&self) -> Option<Indicator> {
        match self.domain().subject {
            Subject::Indicator(id) => self.strategy.domain().indicator_at(id).map(|at| self.strategy.indicator(at)),
            Subject::Node(_) => None,
        }
    }

    /// The part of it.
    async fn part(&self) -> FindingPart {
        match self.domain().part {
            Part::Whole => FindingPart::Whole,
            Part::Label => FindingPart::Label,
            Part::Baseline => FindingPart::Baseline,
            Part::Target => FindingPart::Target,
            Part::Direction => FindingPart::Direction,
            Part::YearTarget(_) => FindingPart::YearTarget,
            Part::YearActual(_) => FindingPart::YearActual,
            Part::Total => FindingPart::Total,
        }
    }

    /// The fiscal year, for YEAR_TARGET and YEAR_ACTUAL.
    async fn year(&self) -> Option<FiscalYear> {
        match self.domain().part {
            Part::YearTarget(year) | Part::YearActual(year) => Some(FiscalYear(year)),
            _ => None,
        }
    }

    /// What a reader would say, in Japanese.
    async fn message_ja(&self) -> &str {
        &self.domain().message.ja
    }

    /// What a reader would say, in English.
    async fn message_en(&self) -> &str {
        &self.domain().message.en
    }
}
