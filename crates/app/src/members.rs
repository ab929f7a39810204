//! The people of a municipality, and its departments.

use shirube_access::{
    MunicipalRole, Scope,
    table::{ManageDepartments, ManagePeople, ReadDepartments, ReadPeople},
};
use shirube_domain::{DepartmentId, Error, MembershipId, UserId, municipality::MunicipalityCode, strategy::Department};
use shirube_store::{DepartmentChange, Member, MemberChange};

use crate::{App, input};

fn changed(change: MemberChange) -> Result<Member, Error> {
    match change {
        MemberChange::Made(member) => Ok(*member),
        MemberChange::Already => Err(Error::conflict("role", "this person has this role already")),
        MemberChange::LastAdministrator => Err(Error::conflict(
            "id",
            "this is the last administrator of the municipality; give somebody else the role first",
        )),
        MemberChange::NoDepartment => Err(Error::bad_input("department", "there is no such department")),
        MemberChange::NotFound => Err(Error::NotFound { what: "the person" }),
    }
}

fn department(change: DepartmentChange) -> Result<Department, Error> {
    match change {
        DepartmentChange::Made(department) => Ok(department),
        DepartmentChange::NameTaken => Err(Error::conflict("name", "another department has this name")),
        DepartmentChange::InUse => Err(Error::conflict(
            "id",
            "programs, indicators, reports, people or invitations still belong to this department; move them first",
        )),
        DepartmentChange::NotFound => Err(Error::NotFound { what: "the department" }),
    }
}

impl App {
    /// Asks whether the caller may manage the people of a municipality, before anything is said about what they typed.
    pub fn may_manage_people(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<(), Error> {
        scope.permit::<ManagePeople>(municipality).map(|_| ())
    }

    /// Who has which role in a municipality.
    pub async fn members(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<Vec<Member>, Error> {
        let permit = scope.permit::<ReadPeople>(municipality)?;
        Ok(self.store.tenant(permit, self.now()).await?.members().await?)
    }

    /// The departments of a municipality.
    pub async fn departments(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<Vec<Department>, Error> {
        let permit = scope.permit::<ReadDepartments>(municipality)?;
        Ok(self.store.tenant(permit, self.now()).await?.departments().await?)
    }

    /// Gives somebody who belongs to a municipality another role in it.
    pub async fn grant_role(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        user: UserId,
        role: MunicipalRole,
    ) -> Result<Member, Error> {
        let permit = scope.permit::<ManagePeople>(municipality)?;
        let granted = self.store.tenant(permit, self.now()).await?.grant(user, role).await;
        self.facts.forget();
        changed(granted.map_err(input::taken("role", "this person has this role already"))?)
    }

    /// Takes a role in a municipality away.
    pub async fn revoke_role(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        membership: MembershipId,
        reason: Option<String>,
    ) -> Result<Member, Error> {
        let permit = scope.permit::<ManagePeople>(municipality)?;
        let reason = input::reason("reason", reason)?;
        let revoked = self.store.tenant(permit, self.now()).await?.revoke(membership, reason).await?;
        self.facts.forget();
        changed(revoked)
    }

    /// Adds a department.
    pub async fn add_department(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        name: &str,
    ) -> Result<Department, Error> {
        let permit = scope.permit::<ManageDepartments>(municipality)?;
        let name = input::name("name", name)?;
        let added = self.store.tenant(permit, self.now()).await?.add(name).await;
        department(added.map_err(input::taken("name", "another department has this name"))?)
    }

    /// Renames a department.
    pub async fn rename_department(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: DepartmentId,
        name: &str,
    ) -> Result<Department, Error> {
        let permit = scope.permit::<ManageDepartments>(municipality)?;
        let name = input::name("name", name)?;
        let renamed = self.store.tenant(permit, self.now()).await?.rename(id, name).await;
        department(renamed.map_err(input::taken("name", "another department has this name"))?)
    }

    /// Removes a department to which nothing and nobody belongs.
    pub async fn remove_department(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: DepartmentId,
    ) -> Result<Department, Error> {
        let permit = scope.permit::<ManageDepartments>(municipality)?;
        department(self.store.tenant(permit, self.now()).await?.remove(id).await?)
    }
}
