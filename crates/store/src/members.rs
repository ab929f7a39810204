//! The people of a municipality, and its departments.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, Select, prelude::Expr};
use serde_json::{Value, json};
use shirube_access::{
    MunicipalRole, Role, User, leaves_an_administrator,
    table::{Action, ManageDepartments, ManagePeople, ReadDepartments, ReadPeople},
};
use shirube_domain::{DepartmentId, MembershipId, UserId, municipality::MunicipalityCode, strategy::Department};
use time::OffsetDateTime;

use crate::{
    StoreError, StoreResult, Tenant,
    audit::{Record, fresh_id},
    commons::{municipal_role, user_of},
    rows::{
        members::{invitation, membership},
        people::user_account,
        round::reporting_task,
        tenant::{department, indicator, plan_node},
    },
    sign_in::accounts,
};

/// The most departments of a municipality.
const DEPARTMENTS: usize = 500;
/// The most roles that the people of a municipality have.
const MEMBERSHIPS: usize = 5_000;

/// A role that somebody has in a municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The membership.
    pub id: MembershipId,
    /// The municipality.
    pub municipality: MunicipalityCode,
    /// Who.
    pub user: User,
    /// Whether they may sign in at all.
    pub enabled: bool,
    /// The role.
    pub role: MunicipalRole,
    /// The department of a reporter.
    pub department: Option<Department>,
    /// Since when.
    pub granted_at: OffsetDateTime,
}

/// What became of a change of a role in a municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// It is made.
    Made(Box<Member>),
    /// The user has this role already.
    Already,
    /// The municipality would have no administrator any more.
    LastAdministrator,
    /// There is no such membership, or no such user among the people of the municipality.
    NotFound,
    /// There is no such department.
    NoDepartment,
}

/// What became of a change of a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepartmentChange {
    /// It is made.
    Made(Department),
    /// Another department has this name.
    NameTaken,
    /// Programs, indicators or people still belong to it.
    InUse,
    /// There is no such department.
    NotFound,
}

fn place(role: MunicipalRole) -> Value {
    json!({ "role": role.role().name(), "department": role.department().map(|id| id.to_string()) })
}

fn department_of(row: department::Model) -> Department {
    let department::Model { municipality: _, id, name } = row;
    Department { id: DepartmentId::from_uuid(id), name }
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    async fn member_rows(&self) -> StoreResult<Vec<Member>> {
        self.members_of(self.rows::<membership::Entity>()).await
    }

    async fn members_of(&self, selection: Select<membership::Entity>) -> StoreResult<Vec<Member>> {
        let rows = self.all(selection.order_by_asc(membership::Column::Id)).await?;
        let of = rows.iter().map(|row| row.user_id).collect::<Vec<_>>();
        let users = accounts(of).all(self.connection()).await?;
        let users: HashMap<_, user_account::Model> = users.into_iter().map(|row| (row.id, row)).collect();
        let departments = self.department_rows().await?;
        rows.into_iter()
            .map(|row| {
                let membership::Model { municipality: _, id, user_id, role, department_id, granted_at } = row;
                let user = users.get(&user_id).ok_or_else(|| StoreError::corrupt("a membership without a user"))?;
                Ok(Member {
                    id: MembershipId::from_uuid(id),
                    municipality: self.municipality(),
                    user: user_of(user),
                    enabled: user.disabled_at.is_none(),
                    role: municipal_role(role, department_id)?,
                    department: departments.iter().find(|of| Some(of.id.uuid()) == department_id).cloned(),
                    granted_at,
                })
            })
            .collect()
    }

    pub(crate) async fn department_rows(&self) -> StoreResult<Vec<Department>> {
        let rows = self.all(self.rows::<department::Entity>().order_by_asc(department::Column::Name)).await?;
        Ok(rows.into_iter().map(department_of).collect())
    }

    pub(crate) async fn has_department(&self, department: DepartmentId) -> StoreResult<bool> {
        let found = self.rows::<department::Entity>().filter(department::Column::Id.eq(department.uuid()));
        Ok(self.one(found).await?.is_some())
    }

    /// Writes a membership; the caller has seen to it that there is none such.
    pub(crate) async fn write_membership(&self, user: UserId, role: MunicipalRole) -> StoreResult<MembershipId> {
        let id = fresh_id(self.at());
        let row = membership::Model {
            municipality: self.municipality().to_string(),
            id,
            user_id: user.uuid(),
            role: role.role().name().to_owned(),
            department_id: role.department().map(DepartmentId::uuid),
            granted_at: self.at(),
        };
        self.insert::<membership::Entity>(vec![row]).await?;
        Ok(MembershipId::from_uuid(id))
    }

    /// The roles that a user has here.
    pub(crate) async fn roles_of(&self, user: UserId) -> StoreResult<Vec<MunicipalRole>> {
        let found = self.rows::<membership::Entity>().filter(membership::Column::UserId.eq(user.uuid()));
        self.all(found).await?.into_iter().map(|row| municipal_role(row.role, row.department_id)).collect()
    }
}

impl Tenant<ReadPeople> {
    /// Who has which role here, in the order in which they were given.
    pub async fn members(&self) -> StoreResult<Vec<Member>> {
        self.member_rows().await
    }
}

impl Tenant<ReadDepartments> {
    /// The departments, by name.
    pub async fn departments(&self) -> StoreResult<Vec<Department>> {
        self.department_rows().await
    }
}

impl Tenant<ManagePeople> {
    /// Gives somebody who belongs to the municipality already another role in it.
    pub async fn grant(self, user: UserId, role: MunicipalRole) -> StoreResult<MemberChange> {
        let members = self.member_rows().await?;
        let Some(known) = members.iter().find(|member| member.user.id == user) else {
            return Ok(MemberChange::NotFound);
        };
        if members.iter().any(|member| member.user.id == user && member.role == role) {
            return Ok(MemberChange::Already);
        }
        let departments = self.department_rows().await?;
        let department = departments.into_iter().find(|of| Some(of.id) == role.department());
        if role.department().is_some() && department.is_none() {
            return Ok(MemberChange::NoDepartment);
        }
        if members.len() >= MEMBERSHIPS {
            return Err(StoreError::TooMany { what: "roles", most: MEMBERSHIPS });
        }
        let id = self.write_membership(user, role).await?;
        let made = Member { id, role, department, granted_at: self.at(), ..known.clone() };
        let mut after = place(role);
        after["user"] = user.to_string().into();
        self.commit(Record::new("role_granted", "membership").subject(id).after(after)).await?;
        Ok(MemberChange::Made(Box::new(made)))
    }

    /// Takes a role away. The last administrator who may sign in stays.
    pub async fn revoke(self, membership: MembershipId, reason: Option<String>) -> StoreResult<MemberChange> {
        // Locked: of two who take the last two administrators' roles at once, one sees what the other did.
        let members = self.members_of(self.rows::<membership::Entity>().lock_exclusive()).await?;
        let Some(going) = members.iter().find(|member| member.id == membership).cloned() else {
            return Ok(MemberChange::NotFound);
        };
        let others = members.iter().filter(|member| member.id != membership && member.enabled);
        if going.role.role() == Role::Administrator && !leaves_an_administrator(others.map(|member| member.role)) {
            return Ok(MemberChange::LastAdministrator);
        }
        self.delete::<membership::Entity>()
            .filter(membership::Column::Id.eq(membership.uuid()))
            .exec(self.connection())
            .await?;
        // Nor does a former administrator come back by a link of their own making.
        if going.role.role() == Role::Administrator {
            self.update::<invitation::Entity>()
                .col_expr(invitation::Column::CancelledAt, Expr::value(self.at()))
                .filter(invitation::Column::InviterId.eq(going.user.id.uuid()))
                .filter(invitation::Column::AcceptedAt.is_null())
                .filter(invitation::Column::CancelledAt.is_null())
                .exec(self.connection())
                .await?;
        }
        let mut before = place(going.role);
        before["user"] = going.user.id.to_string().into();
        let mut record = Record::new("role_revoked", "membership").subject(membership).before(before);
        if let Some(reason) = reason {
            record = record.reason(reason);
        }
        self.commit(record).await?;
        Ok(MemberChange::Made(Box::new(going)))
    }
}

impl Tenant<ManageDepartments> {
    /// Adds a department.
    pub async fn add(self, name: String) -> StoreResult<DepartmentChange> {
        let all = self.department_rows().await?;
        if all.len() >= DEPARTMENTS {
            return Err(StoreError::TooMany { what: "departments", most: DEPARTMENTS });
        }
        if all.iter().any(|of| of.name == name) {
            return Ok(DepartmentChange::NameTaken);
        }
        let made = Department { id: DepartmentId::from_uuid(fresh_id(self.at())), name };
        let row = department::Model {
            municipality: self.municipality().to_string(),
            id: made.id.uuid(),
            name: made.name.clone(),
        };
        self.insert::<department::Entity>(vec![row]).await?;
        let record = Record::new("department_added", "department").subject(made.id);
        self.commit(record.after(json!({ "name": made.name }))).await?;
        Ok(DepartmentChange::Made(made))
    }

    /// Renames a department.
    pub async fn rename(self, id: DepartmentId, name: String) -> StoreResult<DepartmentChange> {
        let all = self.department_rows().await?;
        let Some(old) = all.iter().find(|of| of.id == id) else { return Ok(DepartmentChange::NotFound) };
        if all.iter().any(|of| of.id != id && of.name == name) {
            return Ok(DepartmentChange::NameTaken);
        }
        self.update::<department::Entity>()
            .col_expr(department::Column::Name, Expr::value(name.clone()))
            .filter(department::Column::Id.eq(id.uuid()))
            .exec(self.connection())
            .await?;
        let record = Record::new("department_renamed", "department").subject(id);
        self.commit(record.before(json!({ "name": old.name })).after(json!({ "name": name }))).await?;
        Ok(DepartmentChange::Made(Department { id, name }))
    }

    /// Removes a department to which nothing and nobody belongs.
    pub async fn remove(self, id: DepartmentId) -> StoreResult<DepartmentChange> {
        let found = self.department_rows().await?.into_iter().find(|of| of.id == id);
        let Some(old) = found else { return Ok(DepartmentChange::NotFound) };
        let people = self.rows::<membership::Entity>().filter(membership::Column::DepartmentId.eq(id.uuid()));
        let nodes = self.rows::<plan_node::Entity>().filter(plan_node::Column::DepartmentId.eq(id.uuid()));
        let indicators = self.rows::<indicator::Entity>().filter(indicator::Column::DepartmentId.eq(id.uuid()));
        let invited = self
            .rows::<invitation::Entity>()
            .filter(invitation::Column::DepartmentId.eq(id.uuid()))
            .filter(invitation::Column::AcceptedAt.is_null())
            .filter(invitation::Column::CancelledAt.is_null())
            .filter(invitation::Column::ExpiresAt.gt(self.at()));
        let tasks = self.rows::<reporting_task::Entity>().filter(reporting_task::Column::DepartmentId.eq(id.uuid()));
        let used = self.one(tasks).await?.is_some()
            || self.one(people).await?.is_some()
            || self.one(nodes).await?.is_some()
            || self.one(indicators).await?.is_some()
            || self.one(invited).await?.is_some();
        if used {
            return Ok(DepartmentChange::InUse);
        }
        self.delete::<department::Entity>()
            .filter(department::Column::Id.eq(id.uuid()))
            .exec(self.connection())
            .await?;
        let record = Record::new("department_removed", "department").subject(id);
        self.commit(record.before(json!({ "name": old.name }))).await?;
        Ok(DepartmentChange::Made(old))
    }
}
