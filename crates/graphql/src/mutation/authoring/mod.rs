//! Drafts edited bit by bit. Every input that changes something says which version of it was read, so that nothing is
//! overwritten unseen.

mod indicators;
mod inputs;
mod nodes;
mod strategy;

use async_graphql::{Context, ID, MaybeUndefined, MergedObject, Result};
use shirube_app::Edited;
use shirube_domain::{
    DepartmentId, Error, IndicatorId, NodeId, StrategyId,
    edit::{Change, Edit},
    lint::Subject,
    municipality::MunicipalityCode,
};
use uuid::Uuid;

pub(super) use self::inputs::StrategyFrameInput;
use super::{UserError, UserErrorCode, department_id, settled};
use crate::{
    id::{GlobalId, StrategyKey},
    query::{scope, service},
    scalars::FiscalYear,
    types::{Indicator, PlanNode, Strategy},
};

/// The mutations of drafts.
#[derive(MergedObject, Default)]
pub(super) struct AuthoringMutation(
    strategy::FrameMutation,
    nodes::NodeMutation,
    indicators::IndicatorMutation,
    indicators::FigureMutation,
);

/// A draft of a municipality.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) municipality: MunicipalityCode,
    pub(super) strategy: StrategyId,
}

fn draft(key: StrategyKey, place: &str) -> Result<Place, Error> {
    match key {
        StrategyKey { municipality, strategy, revision: None } => Ok(Place { municipality, strategy }),
        StrategyKey { .. } => {
            Err(Error::bad_input(place, "this is an id in a revision, which never changes; give the draft's"))
        }
    }
}

/// A draft that the caller may edit: whether they may is asked before anything is said about the rest of the input.
fn editable(context: &Context<'_>, key: StrategyKey, place: &str) -> Result<Place, Error> {
    let draft = draft(key, place)?;
    service(context).may_edit(scope(context), draft.municipality)?;
    Ok(draft)
}

fn draft_strategy(context: &Context<'_>, id: &ID, place: &str) -> Result<Place, Error> {
    editable(context, super::strategy_key(id, place)?, place)
}

/// The key of the strategy of a node, and the node.
fn node_key(id: &ID, place: &str) -> Result<(StrategyKey, NodeId), Error> {
    match GlobalId::parse(id, place)? {
        GlobalId::PlanNode(key, node) => Ok((key, node)),
        _ => Err(Error::bad_input(place, "this is not the id of a node")),
    }
}

fn draft_node(context: &Context<'_>, id: &ID, place: &str) -> Result<(Place, NodeId), Error> {
    let (key, node) = node_key(id, place)?;
    Ok((editable(context, key, place)?, node))
}

fn draft_indicator(context: &Context<'_>, id: &ID, place: &str) -> Result<(Place, IndicatorId), Error> {
    match GlobalId::parse(id, place)? {
        GlobalId::Indicator(key, indicator) => Ok((editable(context, key, place)?, indicator)),
        _ => Err(Error::bad_input(place, "this is not the id of an indicator")),
    }
}

/// A node or indicator.
fn draft_part(context: &Context<'_>, id: &ID, place: &str) -> Result<(Place, Subject), Error> {
    match GlobalId::parse(id, place)? {
        GlobalId::PlanNode(key, node) => Ok((editable(context, key, place)?, Subject::Node(node))),
        GlobalId::Indicator(key, indicator) => Ok((editable(context, key, place)?, Subject::Indicator(indicator))),
        _ => Err(Error::bad_input(place, "this is not the id of a node or an indicator")),
    }
}

/// A node of the draft that is edited; one of another draft is not there.
fn node_within(of: Place, id: &ID, place: &str) -> Result<NodeId, Error> {
    let (key, node) = node_key(id, place)?;
    if draft(key, place)? == of { Ok(node) } else { Err(Error::NotFound { what: "the node" }) }
}

/// A department of the municipality whose draft is edited; whether it is there is looked up with the rest.
fn department_of(draft: Place, change: Change<ID>) -> Result<Change<DepartmentId>, Error> {
    change.read(|id| match department_id(&id, "department")? {
        (municipality, department) if municipality == draft.municipality => Ok(department),
        _ => Err(Error::bad_input("department", "this municipality has no such department")),
    })
}

/// Absent leaves a value as it is, null takes it away.
pub(super) fn change_of<T>(given: MaybeUndefined<T>) -> Change<T> {
    match given {
        MaybeUndefined::Undefined => Change::Keep,
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Value(value) => Change::Set(value),
    }
}

/// The same of a fiscal year.
fn year_of(given: MaybeUndefined<FiscalYear>) -> Change<shirube_domain::calendar::FiscalYear> {
    change_of(given.map_value(|year| year.0))
}

/// The key of something of the previous term.
fn key_of(place: &str, key: &str) -> Result<Uuid, Error> {
    Uuid::parse_str(key).map_err(|_| Error::bad_input(place, "this is not a key; give one that `lineage` tells"))
}

/// Something that is edited.
trait Part: Sized {
    /// The part of a draft that an edit was about; `None` if it is not there any more.
    fn of(strategy: Strategy, subject: Option<Subject>) -> Option<Self>;
}

impl Part for Strategy {
    fn of(strategy: Strategy, _: Option<Subject>) -> Option<Self> {
        Some(strategy)
    }
}

impl Part for PlanNode {
    fn of(strategy: Strategy, subject: Option<Subject>) -> Option<Self> {
        let Some(Subject::Node(id)) = subject else { return None };
        strategy.domain().node_at(id).map(|at| strategy.node(at))
    }
}

impl Part for Indicator {
    fn of(strategy: Strategy, subject: Option<Subject>) -> Option<Self> {
        let Some(Subject::Indicator(id)) = subject else { return None };
        strategy.domain().indicator_at(id).map(|at| strategy.indicator(at))
    }
}

/// What somebody asks to have done.
struct Asked {
    place: Place,
    edit: Edit,
    /// The version that was read of what is there already.
    version: Option<i32>,
    reason: Option<String>,
}

/// An edit and what it was about, as it is since; or what is to be mended. If somebody else was first, it tells what it is
/// about as it is now.
async fn edited<P: Part>(context: &Context<'_>, asked: Result<Asked, Error>) -> Result<(Option<P>, Vec<UserError>)> {
    let app = service(context);
    let (mut subject, mut place) = (None, None);
    let outcome = async {
        let Asked { place: at, edit, version, reason } = asked?;
        (subject, place) = (edit.subject(), Some(at));
        app.edit_strategy(scope(context), at.municipality, at.strategy, edit, version, reason).await
    };
    let (outcome, mut errors) = settled(outcome.await)?;
    let (Some(outcome), Some(Place { municipality, strategy })) = (outcome, place) else { return Ok((None, errors)) };
    let version = match outcome {
        Edited::Made(version) => version,
        Edited::Stale(version) => {
            let message =
                "it has been changed since you read it; look at it as it is now, and try again with its version";
            errors.push(UserError {
                code: UserErrorCode::Conflict,
                message: message.to_owned(),
                path: ["input", "version"].map(str::to_owned).to_vec(),
            });
            version
        }
    };
    let strategy = Strategy { history: app.strategy(municipality, strategy), version };
    Ok((P::of(strategy, subject), errors))
}
