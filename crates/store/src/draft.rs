use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use shirube_access::table::{EditStrategy, ReadDraft};
use shirube_domain::{StrategyId, strategy::Strategy};

use crate::{
    StoreResult, Tenant,
    audit::Record,
    rows::{
        convert::DraftRows,
        tenant::{
            department, figure, indicator, indicator_detail, indicator_remark, level, node_remark, plan_node, strategy,
            target_revision,
        },
    },
    tenant::TenantEntity,
};

impl Tenant<ReadDraft> {
    /// Loads a draft: ten statements, whatever its size. `None` if this municipality has no such strategy.
    pub async fn draft(&self, id: StrategyId) -> StoreResult<Option<Strategy>> {
        let rows = DraftRows {
            strategy: self.all(self.rows::<strategy::Entity>().filter(strategy::Column::Id.eq(id.uuid()))).await?,
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
        };
        rows.into_strategy()
    }

    async fn of_strategy<E: TenantEntity>(&self, id: StrategyId, column: E::Column) -> StoreResult<Vec<E::Model>> {
        self.all(self.rows::<E>().filter(column.eq(id.uuid()))).await
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
        self.write_draft(strategy).await?;
        self.commit(created(strategy)).await
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
        self.insert::<indicator_detail::Entity>(rows.details).await
    }
}

/// The line in the audit trail of a new strategy. It names the strategy and tells nothing of it: those who run the instance
/// read the trail, and no drafts.
pub(crate) fn created(strategy: &Strategy) -> Record {
    Record::new("strategy_created", "strategy").subject(strategy.parts().id)
}
