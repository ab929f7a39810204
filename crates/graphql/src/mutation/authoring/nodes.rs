//! The nodes of a draft.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use shirube_domain::{
    Error, NodeId,
    edit::{Change, Edit, NewNode, NodeFields},
    lint::Subject,
};
use uuid::Uuid;

use super::{
    Asked, change_of, department_of, draft_node, draft_strategy, edited, inputs::NoIndicatorInput, key_of, node_within,
    year_of,
};
use crate::{
    mutation::payload,
    scalars::FiscalYear,
    types::{PlanNode, Strategy},
};

#[derive(Default)]
pub(super) struct NodeMutation;

/// Adds a node to a draft.
#[derive(InputObject)]
pub(crate) struct CreateNodeInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the draft.
    strategy: ID,
    /// The id of the node above; absent for the top level.
    parent: Option<ID>,
    /// Its level, 0 for the top; the one below its parent's if absent.
    level: Option<usize>,
    /// Its place among its brothers, from 0; the last if absent.
    position: Option<usize>,
    /// The number or mark printed before the title: 1, (1), ①.
    number: Option<String>,
    /// The title.
    title: String,
    /// The id of the department in charge.
    department: Option<ID>,
    /// The first year in which it runs, where it is not the plan's. Without it and `ended`, the years of its parent hold.
    started: Option<FiscalYear>,
    /// The last year in which it runs, where it is not the plan's.
    ended: Option<FiscalYear>,
    /// Why it has no indicator, where the document says so.
    no_indicator: Option<NoIndicatorInput>,
    /// The key of the node of the previous term that it continues.
    continues: Option<String>,
}

payload!(CreateNodePayload {
    /// The node.
    node: PlanNode,
});

/// Changes a node of a draft. What is absent stays as it is; null takes away what may be absent.
#[derive(InputObject)]
pub(crate) struct UpdateNodeInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the node in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The number or mark printed before the title.
    number: MaybeUndefined<String>,
    /// The title.
    title: Option<String>,
    /// The id of the department in charge.
    department: MaybeUndefined<ID>,
    /// The first year in which it runs, where it is not the plan's.
    started: MaybeUndefined<FiscalYear>,
    /// The last year in which it runs, where it is not the plan's.
    ended: MaybeUndefined<FiscalYear>,
    /// Why it has no indicator.
    no_indicator: MaybeUndefined<NoIndicatorInput>,
    /// The key of the node of the previous term that it continues.
    continues: MaybeUndefined<String>,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(UpdateNodePayload {
    /// The node since; or as it is, if it was changed since it was read.
    node: PlanNode,
});

/// Moves a node of a draft, with all below it.
#[derive(InputObject)]
pub(crate) struct MoveNodeInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the node in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The id of the node below which it comes to stand; null for the top level, absent if it stays below the same one.
    parent: MaybeUndefined<ID>,
    /// Its level, 0 for the top; if absent, the one below its new parent's.
    level: Option<usize>,
    /// Its place among its brothers, from 0; the last if absent.
    position: Option<usize>,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(MoveNodePayload {
    /// The node since; or as it is, if it was changed since it was read.
    node: PlanNode,
});

/// Ends a node of a draft, with all below it.
#[derive(InputObject)]
pub(crate) struct EndNodeInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the node in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// Its last year.
    year: FiscalYear,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(EndNodePayload {
    /// The node since; or as it is, if it was changed since it was read.
    node: PlanNode,
});

/// Removes a node of a draft that was never published, with nothing on it or below it.
#[derive(InputObject)]
pub(crate) struct DeleteNodeInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the node in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(DeleteNodePayload {
    /// The draft since; or as it is, if the node was changed since it was read.
    strategy: Strategy,
});

#[Object]
impl NodeMutation {
    /// Adds a node (基本目標, 施策, 事業 …) to a draft.
    async fn create_node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Where, and what.")] input: CreateNodeInput,
    ) -> Result<Option<CreateNodePayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_strategy(context, &input.strategy, "strategy").and_then(|place| {
            let new = NewNode {
                id: NodeId::from_uuid(Uuid::now_v7()),
                parent: input.parent.map(|id| node_within(place, &id, "parent")).transpose()?,
                level: input.level,
                position: input.position,
                fields: NodeFields {
                    number: set(input.number),
                    title: Some(input.title),
                    department: department_of(place, set(input.department))?,
                    started: set(input.started.map(|year| year.0)),
                    ended: set(input.ended.map(|year| year.0)),
                    no_indicator: set(input.no_indicator.map(Into::into)),
                    continues: set(input.continues).read(|key| continued(&key))?,
                },
            };
            Ok(Asked { place, edit: Edit::CreateNode(new), version: None, reason: None })
        });
        let (node, user_errors) = edited(context, asked).await?;
        Ok(Some(CreateNodePayload { client_mutation_id, node, user_errors }))
    }

    /// Changes number, title, department, years and the rest of a node.
    async fn update_node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which node, and what changes.")] input: UpdateNodeInput,
    ) -> Result<Option<UpdateNodePayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_node(context, &input.id, "id").and_then(|(place, id)| {
            let fields = NodeFields {
                number: change_of(input.number),
                title: input.title,
                department: department_of(place, change_of(input.department))?,
                started: year_of(input.started),
                ended: year_of(input.ended),
                no_indicator: change_of(input.no_indicator.map_value(Into::into)),
                continues: change_of(input.continues).read(|key| continued(&key))?,
            };
            let edit = Edit::UpdateNode(id, fields);
            Ok(Asked { place, edit, version: Some(input.version), reason: input.reason })
        });
        let (node, user_errors) = edited(context, asked).await?;
        Ok(Some(UpdateNodePayload { client_mutation_id, node, user_errors }))
    }

    /// Moves a node, with all below it, to another place in the tree.
    async fn move_node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which node, and where.")] input: MoveNodeInput,
    ) -> Result<Option<MoveNodePayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_node(context, &input.id, "id").and_then(|(place, id)| {
            let parent = change_of(input.parent).read(|id| node_within(place, &id, "parent"))?;
            let edit = Edit::MoveNode { id, parent, level: input.level, position: input.position };
            Ok(Asked { place, edit, version: Some(input.version), reason: input.reason })
        });
        let (node, user_errors) = edited(context, asked).await?;
        Ok(Some(MoveNodePayload { client_mutation_id, node, user_errors }))
    }

    /// Ends a node: it runs to this year, and so do the nodes and indicators below it that do not end earlier. It is how
    /// something that was published goes.
    async fn end_node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which node, and its last year.")] input: EndNodeInput,
    ) -> Result<Option<EndNodePayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_node(context, &input.id, "id").map(|(place, id)| {
            let edit = Edit::End(Subject::Node(id), input.year.0);
            Asked { place, edit, version: Some(input.version), reason: input.reason }
        });
        let (node, user_errors) = edited(context, asked).await?;
        Ok(Some(EndNodePayload { client_mutation_id, node, user_errors }))
    }

    /// Removes a node of which nothing was ever published.
    async fn delete_node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which node.")] input: DeleteNodeInput,
    ) -> Result<Option<DeleteNodePayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_node(context, &input.id, "id").map(|(place, id)| {
            let edit = Edit::DeleteNode(id);
            Asked { place, edit, version: Some(input.version), reason: input.reason }
        });
        let (strategy, user_errors) = edited(context, asked).await?;
        Ok(Some(DeleteNodePayload { client_mutation_id, strategy, user_errors }))
    }
}

/// A value of something new: absent where none is given.
pub(super) fn set<T>(given: Option<T>) -> Change<T> {
    given.map_or(Change::Keep, Change::Set)
}

fn continued(key: &str) -> Result<NodeId, Error> {
    key_of("continues", key).map(NodeId::from_uuid)
}
