use async_graphql::{Context, Enum, Object};
use shirube_access::table::ReadDraft;
use shirube_domain::{
    lint::Subject,
    municipality::MunicipalityCode,
    strategy::{self, Ancestor},
    suggest::Suggestion,
};

use super::{Direction, Indicator, IndicatorRole, PlanNode, StandardIndicator, Strategy, progress::Sentence};
use crate::{
    query::{scope, service},
    scalars::{Date, Decimal},
};

/// What became of something from one term to the next (前期からの推移).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "strategy::LineageKind")]
pub(crate) enum LineageKind {
    /// It goes on as it was (継続).
    Continued,
    /// It goes on under another name (名称変更).
    Renamed,
    /// It goes on, and measures something else: its unit, its direction or what is measured changed (定義変更).
    Redefined,
    /// It was not there before (新規).
    New,
    /// It was there before, and nothing continues it (廃止).
    Dropped,
}

/// What became of a node or indicator from the previous term to this one.
pub(crate) struct Lineage {
    pub(super) strategy: Strategy,
    pub(super) kind: strategy::LineageKind,
    pub(super) subject: Option<Subject>,
    pub(super) ancestor: Option<Ancestor>,
}

impl Lineage {
    pub(super) fn new(strategy: &Strategy, entry: strategy::LineageEntry<'_>) -> Self {
        let strategy::LineageEntry { kind, subject, ancestor } = entry;
        Self { strategy: strategy.clone(), kind, subject, ancestor: ancestor.cloned() }
    }
}

/// What became of a node or indicator from the previous term to this one.
#[Object]
impl Lineage {
    /// What became of it.
    async fn kind(&self) -> LineageKind {
        self.kind.into()
    }

    /// The node of this term, if it is a node.
    async fn node(&self) -> Option<PlanNode> {
        match self.subject? {
            Subject::Node(id) => self.strategy.domain().node_at(id).map(|at| self.strategy.node(at)),
            Subject::Indicator(_) => None,
        }
    }

    /// The indicator of this term, if it is an indicator.
    async fn indicator(&self) -> Option<Indicator> {
        match self.subject? {
            Subject::Indicator(id) => self.strategy.domain().indicator_at(id).map(|at| self.strategy.indicator(at)),
            Subject::Node(_) => None,
        }
    }

    /// Its key in the previous term (UUID); null for what is new.
    async fn previous_key(&self) -> Option<String> {
        Some(match self.ancestor.as_ref()?.subject {
            Subject::Node(id) => id.to_string(),
            Subject::Indicator(id) => id.to_string(),
        })
    }

    /// Its title or label in the previous term.
    async fn previous_name(&self) -> Option<&str> {
        self.ancestor.as_ref().map(|of| of.name.as_str())
    }

    /// The role that an indicator had in the previous term; null for nodes.
    async fn previous_role(&self) -> Option<IndicatorRole> {
        self.ancestor.as_ref()?.role.map(Into::into)
    }

    /// The unit that an indicator had in the previous term, as printed.
    async fn previous_unit(&self) -> Option<&str> {
        self.ancestor.as_ref()?.unit.as_ref().map(shirube_domain::quantity::Unit::printed)
    }

    /// Which way was better in the previous term; null for nodes.
    async fn previous_direction(&self) -> Option<Direction> {
        self.ancestor.as_ref()?.direction.map(Into::into)
    }

    /// Why it was dropped; null where nobody said so.
    async fn reason(&self) -> Option<&str> {
        let dropped = self.kind == strategy::LineageKind::Dropped;
        self.ancestor.as_ref().filter(|_| dropped)?.dropped.as_deref()
    }
}

pub(crate) struct PreviousTerm<'a>(pub(super) &'a strategy::Lineage);

/// The strategy of the previous term from which a strategy was made (前期の戦略).
#[Object]
impl PreviousTerm<'_> {
    /// The key of that strategy (UUID).
    async fn key(&self) -> String {
        self.0.previous.to_string()
    }

    /// Its term as printed.
    async fn term(&self) -> &str {
        &self.0.term.printed
    }

    /// The number of its term.
    async fn term_number(&self) -> u8 {
        self.0.term.number
    }

    /// The number of the revision from which it was made; null if it was a draft.
    async fn revision(&self) -> Option<u32> {
        self.0.revision
    }
}

/// How far an indicator corresponds to a standard one (対応の程度).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "strategy::MappingStrength")]
pub(crate) enum MappingStrength {
    /// The same definition and unit.
    Identical,
    /// The same thing in another unit or scale: times the factor, it is the standard one.
    Convertible,
    /// Close, but not the same thing.
    Similar,
    /// Looked at, and found not to be comparable.
    NotComparable,
}

/// In what an indicator differs from a standard one (相違点).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "strategy::MappingDifference")]
pub(crate) enum MappingDifference {
    /// What is counted, or the rule by which it is counted (定義).
    Definition,
    /// The unit (単位): households for people, coupons for people.
    Unit,
    /// Of whom or of what (母集団): one facility, one age group, whoever applied to one program.
    Population,
    /// The period that a figure spans (期間): one year or five.
    Period,
    /// A yearly amount or a running total (単年・累計).
    Accumulation,
    /// The wording of a survey (設問).
    SurveyWording,
    /// Calendar or fiscal years (暦年・年度).
    YearKind,
    /// Something else, which the reason tells.
    Other,
}

pub(crate) struct Mapping<'a> {
    of: &'a strategy::MappingParts,
    municipality: MunicipalityCode,
}

impl<'a> Mapping<'a> {
    /// The mappings of an indicator of a strategy.
    pub(super) fn all(strategy: &'a Strategy, indicator: &'a strategy::Indicator) -> Vec<Self> {
        let municipality = strategy.parts().municipality;
        indicator.mappings.iter().map(|of| Self { of: of.parts(), municipality }).collect()
    }

    /// Whether it is to a standard indicator, by its key.
    pub(super) fn is_to(&self, key: &str) -> bool {
        self.of.standard == key
    }
}

/// How an indicator corresponds to a standard indicator (標準指標との対応), as somebody decided it.
#[Object]
impl Mapping<'_> {
    /// The key of the standard indicator: births.
    async fn standard_indicator_key(&self) -> &str {
        &self.of.standard
    }

    /// The standard indicator.
    async fn standard_indicator(&self, context: &Context<'_>) -> Option<StandardIndicator> {
        StandardIndicator::find(service(context), &self.of.standard)
    }

    /// How far it corresponds.
    async fn strength(&self) -> MappingStrength {
        self.of.strength.into()
    }

    /// By what its values are multiplied to be those of the standard indicator; for CONVERTIBLE.
    async fn factor(&self) -> Option<Decimal> {
        self.of.factor.map(Decimal)
    }

    /// In what the two differ; empty where they differ in nothing, or nobody said in what.
    async fn differences(&self) -> Vec<MappingDifference> {
        self.of.differences.iter().map(|of| (*of).into()).collect()
    }

    /// Why it was decided so.
    async fn reason(&self) -> Option<&str> {
        self.of.reason.as_deref()
    }

    /// The name of whoever decided it, for those who may read the municipality's drafts; null for everybody else.
    async fn decided_by(&self, context: &Context<'_>) -> Option<&str> {
        let may = scope(context).permit::<ReadDraft>(self.municipality).is_ok();
        self.of.decided.as_ref()?.by.as_deref().filter(|_| may)
    }

    /// The day on which it was decided; null where nobody kept it.
    async fn decided_on(&self) -> Option<Date> {
        self.of.decided.as_ref().map(|of| Date(of.on))
    }
}

pub(crate) struct MappingSuggestion<'a> {
    pub(super) standard: StandardIndicator,
    pub(super) of: Suggestion,
    pub(super) decided: Option<Mapping<'a>>,
}

/// A standard indicator to which an indicator may correspond (対応の候補). It is for people to decide.
#[Object]
impl MappingSuggestion<'_> {
    /// The standard indicator.
    async fn standard_indicator(&self) -> &StandardIndicator {
        &self.standard
    }

    /// How well it fits, from 50 to 100; what fits less is not suggested.
    async fn score(&self) -> u32 {
        self.of.score
    }

    /// The name or synonym that was found.
    async fn matched_name(&self) -> &str {
        &self.of.name
    }

    /// By what values are to be multiplied, where only the scale of the unit differs (千人 for 人).
    async fn factor(&self) -> Option<Decimal> {
        self.of.factor.map(Decimal)
    }

    /// What speaks for it and against it.
    async fn reasons(&self) -> Vec<Sentence> {
        self.of.reasons.iter().cloned().map(Sentence::from).collect()
    }

    /// What was decided on it already; null if nothing was.
    async fn decided(&self) -> Option<&Mapping<'_>> {
        self.decided.as_ref()
    }
}
