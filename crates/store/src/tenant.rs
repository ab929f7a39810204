use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DeleteMany, EntityTrait, Insert,
    IntoActiveModel, Iterable, QueryFilter, Select, SelectGetableTuple, Selector, Statement, TryGetableMany,
    UpdateMany,
};
use shirube_access::{Permit, table::Action};
use shirube_domain::municipality::MunicipalityCode;
use time::OffsetDateTime;

use crate::{
    audit::Record,
    commons::CommonEntity,
    error::{StoreError, StoreResult},
    events::{self, Announcer},
};

/// A table of tenants: which of its columns says whose a row is.
pub(crate) trait TenantEntity: EntityTrait {
    /// The column of the municipality, the first of the primary key.
    const MUNICIPALITY: Self::Column;
}

/// How many bound values one statement may carry: SQLite takes 32,766, PostgreSQL 65,535.
pub(crate) const BINDS: usize = 32_000;

/// The one way to the rows of a municipality: a transaction that was opened for it by somebody who may do `A` there. It
/// owns its connection privately, every statement starts from it already narrowed, and what can be done with it depends
/// on `A`. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub struct Tenant<A: Action<Target = MunicipalityCode>> {
    transaction: DatabaseTransaction,
    announcer: Announcer,
    permit: Permit<A>,
    at: OffsetDateTime,
    /// Test builds can take this lock away, to see that the database's own holds by itself.
    #[cfg(debug_assertions)]
    narrowed: bool,
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// Opens the rows of the permit's municipality in a transaction.
    pub(crate) async fn over(
        transaction: DatabaseTransaction,
        announcer: &Announcer,
        permit: Permit<A>,
        at: OffsetDateTime,
    ) -> StoreResult<Self> {
        set(&transaction, "shirube.municipality", &permit.target().to_string()).await?;
        Ok(Self {
            transaction,
            announcer: announcer.clone(),
            permit,
            at,
            #[cfg(debug_assertions)]
            narrowed: true,
        })
    }

    /// Takes the narrowing of statements away.
    #[cfg(debug_assertions)]
    pub(crate) fn with_narrowing(mut self, narrowed: bool) -> Self {
        self.narrowed = narrowed;
        self
    }

    #[cfg(debug_assertions)]
    const fn narrowed(&self) -> bool {
        self.narrowed
    }

    #[cfg(not(debug_assertions))]
    #[expect(clippy::unused_self, reason = "test builds have a choice")]
    const fn narrowed(&self) -> bool {
        true
    }

    /// Whose rows it reaches.
    pub fn municipality(&self) -> MunicipalityCode {
        *self.permit.target()
    }

    /// The instant of what is done.
    pub(crate) const fn at(&self) -> OffsetDateTime {
        self.at
    }

    pub(crate) const fn permit(&self) -> &Permit<A> {
        &self.permit
    }

    /// The connection, for statements on tables of no municipality.
    pub(crate) const fn connection(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// Makes what was written last, together with its line in the audit trail, and tells those who follow it: there is no
    /// other way to.
    pub(crate) async fn commit(self, record: Record) -> StoreResult<()> {
        let actor = self.permit.actor().clone();
        self.commit_lines(&actor, vec![record]).await
    }

    /// The same, when it has come out who did it.
    pub(crate) async fn commit_as(self, actor: shirube_access::Actor, record: Record) -> StoreResult<()> {
        self.commit_lines(&actor, vec![record]).await
    }

    /// Writes a line for each thing that was changed, makes all of it last, and tells of each.
    async fn commit_lines(self, actor: &shirube_access::Actor, records: Vec<Record>) -> StoreResult<()> {
        let events = records.iter().map(|record| record.event(Some(self.municipality()))).collect();
        self.record(actor, records).await?;
        events::commit(self.transaction, &self.announcer, events).await
    }

    /// Makes what was written last without a line: for what nobody decided, such as when a key was last used.
    pub(crate) async fn commit_unrecorded(self) -> StoreResult<()> {
        self.transaction.commit().await.map_err(StoreError::from)
    }

    async fn record(&self, actor: &shirube_access::Actor, records: Vec<Record>) -> StoreResult<()> {
        let row = |record: Record| record.tenant_row(self.municipality(), actor, A::ROW.action, self.at);
        let rows = records.into_iter().map(row).collect();
        self.insert::<crate::rows::members::audit::Entity>(rows).await
    }

    /// Writes the line in the audit trail and gives the transaction back, to be opened for the next municipality. Nobody
    /// is told: what is written so are the first data of a database.
    pub(crate) async fn into_transaction(self, record: Record) -> StoreResult<DatabaseTransaction> {
        let actor = self.permit.actor().clone();
        self.record(&actor, vec![record]).await?;
        Ok(self.transaction)
    }

    fn mine<E: TenantEntity>(&self) -> sea_orm::Condition {
        let all = sea_orm::Condition::all();
        if self.narrowed() { all.add(E::MUNICIPALITY.eq(self.municipality().to_string())) } else { all }
    }

    /// The rows of this municipality in a table.
    pub(crate) fn rows<E: TenantEntity>(&self) -> Select<E> {
        #[expect(clippy::disallowed_methods, reason = "narrowed right here")]
        E::find().filter(self.mine::<E>())
    }

    /// A change of rows of this municipality.
    pub(crate) fn update<E: TenantEntity>(&self) -> UpdateMany<E> {
        #[expect(clippy::disallowed_methods, reason = "narrowed right here")]
        E::update_many().filter(self.mine::<E>())
    }

    /// A removal of rows of this municipality.
    pub(crate) fn delete<E: TenantEntity>(&self) -> DeleteMany<E> {
        #[expect(clippy::disallowed_methods, reason = "narrowed right here")]
        E::delete_many().filter(self.mine::<E>())
    }

    /// Runs a narrowed selection.
    pub(crate) async fn all<E: TenantEntity>(&self, selection: Select<E>) -> StoreResult<Vec<E::Model>> {
        Ok(selection.all(&self.transaction).await?)
    }

    /// The first row of a narrowed selection.
    pub(crate) async fn one<E: TenantEntity>(&self, selection: Select<E>) -> StoreResult<Option<E::Model>> {
        Ok(selection.one(&self.transaction).await?)
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
        if municipality == self.municipality() {
            Ok(())
        } else {
            Err(StoreError::corrupt(format!(
                "a strategy of {municipality} cannot be written for {}",
                self.municipality()
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
            row.set(E::MUNICIPALITY, self.municipality().to_string().into());
            row
        });
        insert_in_chunks::<E>(&self.transaction, mine).await
    }

    /// Inserts a row into a table of no municipality, in the same transaction.
    pub(crate) async fn insert_common<E>(&self, row: E::Model) -> StoreResult<()>
    where
        E: CommonEntity,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        insert_in_chunks::<E>(&self.transaction, std::iter::once(row.into_active_model())).await
    }
}

/// Tells PostgreSQL for whom the transaction works; SQLite has no such lock.
pub(crate) async fn set(transaction: &DatabaseTransaction, setting: &str, value: &str) -> StoreResult<()> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT set_config($1, $2, true)";
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [setting.into(), value.into()]);
        transaction.query_one_raw(statement).await?;
    }
    Ok(())
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
