use sea_orm::{
    ColumnTrait, DatabaseTransaction, DeleteMany, EntityTrait, IntoActiveModel, QueryFilter, Select, UpdateMany,
};
use shirube_access::{Actor, Grant, InstanceRole, MunicipalRole, Permit, Role, User, table::Action};
use shirube_domain::{DepartmentId, UserId};
use time::OffsetDateTime;

use crate::{
    StoreError, StoreResult,
    audit::Record,
    events::{self, Announcer},
    performed::remember,
    rows::{
        convert::{named, parse},
        members::membership,
        people::{instance_audit, user_account},
    },
    tenant::{insert_in_chunks, set},
};

/// A table that belongs to no municipality: reference data, users and what is theirs. Each says so for itself.
pub(crate) trait CommonEntity: EntityTrait {}

/// All rows of a table of no municipality.
pub(crate) fn every<E: CommonEntity>() -> Select<E> {
    #[expect(clippy::disallowed_methods, reason = "a table of no municipality")]
    E::find()
}

/// A change of rows of a table of no municipality.
pub(crate) fn changing<E: CommonEntity>() -> UpdateMany<E> {
    #[expect(clippy::disallowed_methods, reason = "a table of no municipality")]
    E::update_many()
}

/// A removal of rows of a table of no municipality.
pub(crate) fn removing<E: CommonEntity>() -> DeleteMany<E> {
    #[expect(clippy::disallowed_methods, reason = "a table of no municipality")]
    E::delete_many()
}

/// The way to what belongs to no municipality: a transaction that was opened by somebody who may do `A`.
#[derive(Debug)]
pub struct Commons<A: Action> {
    transaction: DatabaseTransaction,
    announcer: Announcer,
    permit: Permit<A>,
    at: OffsetDateTime,
}

impl<A: Action> Commons<A> {
    pub(crate) fn over(
        transaction: DatabaseTransaction,
        announcer: &Announcer,
        permit: Permit<A>,
        at: OffsetDateTime,
    ) -> Self {
        Self { transaction, announcer: announcer.clone(), permit, at }
    }

    pub(crate) const fn permit(&self) -> &Permit<A> {
        &self.permit
    }

    /// The instant of what is done.
    pub(crate) const fn at(&self) -> OffsetDateTime {
        self.at
    }

    pub(crate) const fn connection(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// Makes what was written last, together with its line in the audit trail, and tells those who follow it: there is no
    /// other way to.
    pub(crate) async fn commit(self, record: Record) -> StoreResult<()> {
        let actor = self.permit.actor().clone();
        self.commit_as(actor, record).await
    }

    /// The same, when it has come out who did it.
    pub(crate) async fn commit_as(self, actor: Actor, record: Record) -> StoreResult<()> {
        let event = record.event(None);
        let row = record.common_row(&actor, A::ROW.action, self.at);
        self.insert::<instance_audit::Entity>(row).await?;
        remember(&self.transaction, &self.permit, self.at).await?;
        events::commit(self.transaction, &self.announcer, vec![event]).await?;
        self.permit.attempt().inspect(|attempt| attempt.set_done());
        Ok(())
    }

    /// Makes what was written last without a line: for what nobody decided, such as when a key was last used.
    pub(crate) async fn commit_unrecorded(self) -> StoreResult<()> {
        self.transaction.commit().await.map_err(StoreError::from)
    }

    pub(crate) async fn all<E: CommonEntity>(&self, selection: Select<E>) -> StoreResult<Vec<E::Model>> {
        Ok(selection.all(&self.transaction).await?)
    }

    pub(crate) async fn one<E: CommonEntity>(&self, selection: Select<E>) -> StoreResult<Option<E::Model>> {
        Ok(selection.one(&self.transaction).await?)
    }

    pub(crate) async fn insert<E>(&self, row: E::Model) -> StoreResult<()>
    where
        E: CommonEntity,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        insert_in_chunks::<E>(&self.transaction, std::iter::once(row.into_active_model()), None).await
    }

    /// The user of an id.
    pub(crate) async fn account_row(&self, user: UserId) -> StoreResult<Option<user_account::Model>> {
        self.one(every::<user_account::Entity>().filter(user_account::Column::Id.eq(user.uuid()))).await
    }

    /// All that a user may. The rows of memberships are narrowed by the user here, and not by a municipality.
    pub(crate) async fn grants(&self, account: &user_account::Model) -> StoreResult<Vec<Grant>> {
        set(&self.transaction, "shirube.user", &account.id.to_string()).await?;
        #[expect(clippy::disallowed_methods, reason = "narrowed by the user")]
        let own = membership::Entity::find().filter(membership::Column::UserId.eq(account.id));
        let rows = own.all(&self.transaction).await?;
        let instance = [(account.operator, InstanceRole::Operator), (account.researcher, InstanceRole::Researcher)];
        let mut grants: Vec<Grant> =
            instance.into_iter().filter(|(has, _)| *has).map(|(_, role)| Grant::Instance(role)).collect();
        for row in rows {
            let role = municipal_role(row.role, row.department_id)?;
            grants.push(Grant::Municipal(parse(&row.municipality)?, role));
        }
        Ok(grants)
    }
}

/// The role of a stored name and department.
pub(crate) fn municipal_role(role: String, department: Option<sea_orm::prelude::Uuid>) -> StoreResult<MunicipalRole> {
    let role: Role = named(role)?;
    MunicipalRole::new(role, department.map(DepartmentId::from_uuid)).map_err(StoreError::corrupt)
}

/// A user as others see them.
pub(crate) fn user_of(row: &user_account::Model) -> User {
    User { id: UserId::from_uuid(row.id), email: row.email.clone(), name: row.name.clone() }
}
