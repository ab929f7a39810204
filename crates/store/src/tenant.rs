use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, Insert, IntoActiveModel, Iterable, QueryFilter,
    Select, SelectGetableTuple, Selector, TryGetableMany,
};
use shirube_domain::municipality::MunicipalityCode;

use crate::error::{StoreError, StoreResult};

/// A table of tenants: which of its columns says whose a row is.
pub(crate) trait TenantEntity: EntityTrait {
    /// The column of the municipality, the first of the primary key.
    const MUNICIPALITY: Self::Column;
}

/// How many bound values one statement may carry: SQLite takes 32,766, PostgreSQL 65,535.
pub(crate) const BINDS: usize = 32_000;

/// The one way to the rows of a municipality: a transaction that was opened for it. It owns its connection privately,
/// and every statement starts from it already narrowed.
#[derive(Debug)]
pub struct Tenant {
    transaction: DatabaseTransaction,
    municipality: MunicipalityCode,
}

impl Tenant {
    pub(crate) const fn new(transaction: DatabaseTransaction, municipality: MunicipalityCode) -> Self {
        Self { transaction, municipality }
    }

    /// Whose rows it reaches.
    pub const fn municipality(&self) -> MunicipalityCode {
        self.municipality
    }

    /// Makes what was written last.
    pub async fn commit(self) -> StoreResult<()> {
        self.transaction.commit().await.map_err(StoreError::from)
    }

    /// Gives the transaction back, to be opened for the next municipality.
    pub(crate) fn into_transaction(self) -> DatabaseTransaction {
        self.transaction
    }

    /// The rows of this municipality in a table.
    pub(crate) fn rows<E: TenantEntity>(&self) -> Select<E> {
        E::find().filter(E::MUNICIPALITY.eq(self.municipality.to_string()))
    }

    /// Runs a narrowed selection.
    pub(crate) async fn all<E: TenantEntity>(&self, selection: Select<E>) -> StoreResult<Vec<E::Model>> {
        Ok(selection.all(&self.transaction).await?)
    }

    /// The first value of a narrowed selection.
    pub(crate) async fn first<V>(&self, selection: Selector<SelectGetableTuple<V>>) -> StoreResult<Option<V>>
    where
        V: TryGetableMany + Send + Sync,
    {
        Ok(selection.one(&self.transaction).await?)
    }

    /// Refuses a strategy of another municipality.
    pub(crate) fn check_owner(&self, municipality: MunicipalityCode) -> StoreResult<()> {
        if municipality == self.municipality {
            Ok(())
        } else {
            Err(StoreError::corrupt(format!(
                "a strategy of {municipality} cannot be written for {}",
                self.municipality
            )))
        }
    }

    /// Inserts rows, in as few statements as their number of values allows. The municipality is set here, whatever the
    /// rows say.
    pub(crate) async fn insert<E>(&self, rows: Vec<E::Model>) -> StoreResult<()>
    where
        E: TenantEntity,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        let mine = rows.into_iter().map(|row| {
            let mut row = row.into_active_model();
            row.set(E::MUNICIPALITY, self.municipality.to_string().into());
            row
        });
        insert_in_chunks::<E>(&self.transaction, mine).await
    }
}

/// Inserts many rows, in as few statements as the number of bound values allows.
pub(crate) async fn insert_in_chunks<E>(
    connection: &impl sea_orm::ConnectionTrait,
    rows: impl Iterator<Item = E::ActiveModel>,
) -> StoreResult<()>
where
    E: EntityTrait,
    E::ActiveModel: Send,
{
    let size = BINDS / E::Column::iter().count();
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        Insert::many(rows.by_ref().take(size)).exec_without_returning(connection).await?;
    }
    Ok(())
}
