use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;
use shirube_access::table::{Action, EditStrategy, ReadDraft};
use shirube_domain::{StrategyId, municipality::MunicipalityCode, strategy::Strategy};

use crate::{
    Draft, StoreError, StoreResult, Tenant,
    audit::Record,
    rows::{
        authoring::{ancestor, mapping},
        convert::DraftRows,
        tenant::{
            department, figure, indicator, indicator_detail, indicator_remark, level, node_remark, plan_node, strategy,
            target_revision,
        },
    },
    tenant::TenantEntity,
};

/// How many strategies a municipality may have: there is one for five years.
const DRAFTS: usize = 50;

/// What became of a draft that was to be removed.
#[derive(Debug)]
pub enum DraftDeletion {
    /// It is gone; this is what it was.
    Deleted(Box<Strategy>),
    /// Some of it was published, and stays.
    Published,
    /// This municipality has no such strategy.
    NotFound,
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// Loads a draft for somebody who writes, and keeps other writers of it waiting: a dozen statements, whatever its size.
    pub(crate) async fn load_draft(&self, id: StrategyId) -> StoreResult<Option<Strategy>> {
        let row = self.lock_strategy(id).await?;
        self.draft_rows(id, row).await?.into_strategy()
    }

    /// All rows of a draft, with the one of the strategy itself that was read before.
    pub(crate) async fn draft_rows(&self, id: StrategyId, strategy: Vec<strategy::Model>) -> StoreResult<DraftRows> {
        Ok(DraftRows {
            strategy,
            departments: self.all(self.rows::<department::Entity>().order_by_asc(department::Column::Name)).await?,
            levels: self.of_strategy::<level::Entity>(id, level::Column::StrategyId).await?,
            nodes: self.of_strategy::<plan_node::Entity>(id, plan_node::Column::StrategyId).await?,
            indicators: self.of_strategy::<indicator::Entity>(id, indicator::Column::StrategyId).await?,
            target_revisions: self
                .of_strategy::<target_revision::Entity>(id, target_revision::Column::StrategyId)
                .await?,
            figures: self.of_strategy::<figure::Entity>(id, figure::Column::StrategyId).await?,
            node_remarks: self.of_strategy::<node_remark::Entity>(id, node_remark::Column::StrategyId).await?,
            indicator_remarks: self
                .of_strategy::<indicator_remark::Entity>(id, indicator_remark::Column::StrategyId)
                .await?,
            details: self.of_strategy::<indicator_detail::Entity>(id, indicator_detail::Column::StrategyId).await?,
            mappings: self.of_strategy::<mapping::Entity>(id, mapping::Column::StrategyId).await?,
            ancestors: self.of_strategy::<ancestor::Entity>(id, ancestor::Column::StrategyId).await?,
        })
    }

    async fn of_strategy<E: TenantEntity>(&self, id: StrategyId, column: E::Column) -> StoreResult<Vec<E::Model>> {
        self.all(self.rows::<E>().filter(column.eq(id.uuid()))).await
    }
}

impl Tenant<ReadDraft> {
    /// Loads a draft: a dozen statements, whatever its size. `None` if this municipality has no such strategy.
    pub async fn draft(&self, id: StrategyId) -> StoreResult<Option<Draft>> {
        let row = self.rows::<strategy::Entity>().filter(strategy::Column::Id.eq(id.uuid()));
        let row = self.all(row).await?;
        let rows = self.draft_rows(id, row).await?;
        let versions = rows.versions();
        Ok(rows.into_strategy()?.map(|strategy| Draft { strategy, versions }))
    }

    /// The ids of this municipality's drafts, by term.
    pub async fn drafts(&self) -> StoreResult<Vec<StrategyId>> {
        let rows = self.all(self.rows::<strategy::Entity>().order_by_asc(strategy::Column::TermNumber)).await?;
        Ok(rows.into_iter().map(|row| StrategyId::from_uuid(row.id)).collect())
    }
}

impl Tenant<EditStrategy> {
    /// Writes a new strategy as a draft, all of it or nothing. A statement a table, more only where a table has more
    /// values than one statement may carry.
    pub async fn create_draft(self, strategy: &Strategy) -> StoreResult<()> {
        let drafts = self.rows::<strategy::Entity>().count(self.connection()).await?;
        if drafts >= DRAFTS as u64 {
            return Err(StoreError::TooMany { what: "strategies", most: DRAFTS });
        }
        self.write_draft(strategy).await?;
        self.commit(created(strategy)).await
    }

    /// Removes a draft of which nothing was ever published.
    pub async fn delete_draft(self, id: StrategyId) -> StoreResult<DraftDeletion> {
        let Some(old) = self.load_draft(id).await? else { return Ok(DraftDeletion::NotFound) };
        if self.last_revision(id).await?.is_some() {
            return Ok(DraftDeletion::Published);
        }
        self.delete_of::<ancestor::Entity>(id, ancestor::Column::StrategyId).await?;
        self.delete_of::<mapping::Entity>(id, mapping::Column::StrategyId).await?;
        self.delete_of::<indicator_detail::Entity>(id, indicator_detail::Column::StrategyId).await?;
        self.delete_of::<indicator_remark::Entity>(id, indicator_remark::Column::StrategyId).await?;
        self.delete_of::<node_remark::Entity>(id, node_remark::Column::StrategyId).await?;
        self.delete_of::<figure::Entity>(id, figure::Column::StrategyId).await?;
        self.delete_of::<target_revision::Entity>(id, target_revision::Column::StrategyId).await?;
        self.delete_of::<indicator::Entity>(id, indicator::Column::StrategyId).await?;
        self.delete_of::<plan_node::Entity>(id, plan_node::Column::StrategyId).await?;
        self.delete_of::<level::Entity>(id, level::Column::StrategyId).await?;
        self.delete_of::<strategy::Entity>(id, strategy::Column::Id).await?;
        self.commit(Record::new("strategy_deleted", "strategy").subject(id)).await?;
        Ok(DraftDeletion::Deleted(Box::new(old)))
    }

    async fn delete_of<E: TenantEntity>(&self, id: StrategyId, column: E::Column) -> StoreResult<()> {
        self.delete::<E>().filter(column.eq(id.uuid())).exec(self.connection()).await?;
        Ok(())
    }

    pub(crate) async fn write_draft(&self, strategy: &Strategy) -> StoreResult<()> {
        self.check_owner(strategy.parts().municipality)?;
        let mut rows = DraftRows::of(strategy)?;
        // Departments are the municipality's: one that another of its strategies names already keeps its id.
        let known = self.all(self.rows::<department::Entity>()).await?;
        rows.adopt_departments(&known);
        self.insert::<department::Entity>(rows.departments).await?;
        self.insert::<strategy::Entity>(rows.strategy).await?;
        self.insert::<level::Entity>(rows.levels).await?;
        self.insert::<plan_node::Entity>(rows.nodes).await?;
        self.insert::<indicator::Entity>(rows.indicators).await?;
        self.insert::<target_revision::Entity>(rows.target_revisions).await?;
        self.insert::<figure::Entity>(rows.figures).await?;
        self.insert::<node_remark::Entity>(rows.node_remarks).await?;
        self.insert::<indicator_remark::Entity>(rows.indicator_remarks).await?;
        self.insert::<indicator_detail::Entity>(rows.details).await?;
        self.insert::<mapping::Entity>(rows.mappings).await?;
        self.insert::<ancestor::Entity>(rows.ancestors).await
    }
}

/// The line in the audit trail of a new strategy. It names the strategy, and the one from which it was made.
pub(crate) fn created(strategy: &Strategy) -> Record {
    let record = Record::new("strategy_created", "strategy").subject(strategy.parts().id);
    match &strategy.parts().lineage {
        Some(of) => record.after(json!({ "previous": of.previous, "revision": of.revision })),
        None => record,
    }
}
