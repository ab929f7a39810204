//! All users, for those who run the instance.

use shirube_access::{
    InstanceRole, Scope,
    table::{Instance, ManageUsers},
};
use shirube_domain::{Error, UserId};
use shirube_store::{ListedUser, RoleChange};

use crate::{App, input};

fn changed(change: RoleChange) -> Result<(), Error> {
    match change {
        RoleChange::Made | RoleChange::Unchanged => Ok(()),
        RoleChange::LastOperator => {
            Err(Error::conflict("id", "this is the last operator of the instance; give somebody else the role first"))
        }
        RoleChange::NoUser => Err(Error::NotFound { what: "the user" }),
    }
}

impl App {
    /// Asks whether the caller may manage users, before anything is said about what they typed.
    pub fn may_manage_users(&self, scope: &Scope) -> Result<(), Error> {
        scope.permit::<ManageUsers>(Instance).map(|_| ())
    }

    /// All users, by e-mail address.
    pub async fn users(&self, scope: &Scope) -> Result<Vec<ListedUser>, Error> {
        let permit = scope.permit::<ManageUsers>(Instance)?;
        Ok(self.store.commons(permit, self.now()).await?.users().await?)
    }

    /// The user of an e-mail address.
    pub async fn user_of_email(&self, scope: &Scope, email: &str) -> Result<ListedUser, Error> {
        let permit = scope.permit::<ManageUsers>(Instance)?;
        let email = input::email("email", email)?;
        let user = self.store.commons(permit, self.now()).await?.user_of_email(&email).await?;
        user.ok_or(Error::NotFound { what: "the user" })
    }

    async fn user(&self, scope: &Scope, user: UserId) -> Result<ListedUser, Error> {
        let permit = scope.permit::<ManageUsers>(Instance)?;
        let user = self.store.commons(permit, self.now()).await?.user(user).await?;
        user.ok_or(Error::NotFound { what: "the user" })
    }

    /// Lets a user sign in, or not.
    pub async fn set_user_enabled(
        &self,
        scope: &Scope,
        user: UserId,
        enabled: bool,
        reason: Option<String>,
    ) -> Result<ListedUser, Error> {
        let permit = scope.permit::<ManageUsers>(Instance)?;
        let reason = input::reason("reason", reason)?;
        let change = self.store.commons(permit, self.now()).await?.set_enabled(user, enabled, reason).await?;
        self.facts.forget();
        changed(change)?;
        self.user(scope, user).await
    }

    /// Gives a user a role in the instance, or takes it.
    pub async fn set_instance_role(
        &self,
        scope: &Scope,
        user: UserId,
        role: InstanceRole,
        has: bool,
    ) -> Result<ListedUser, Error> {
        let permit = scope.permit::<ManageUsers>(Instance)?;
        let change = self.store.commons(permit, self.now()).await?.set_role(user, role, has).await?;
        self.facts.forget();
        changed(change)?;
        self.user(scope, user).await
    }

    /// Ends all sessions of a user; says how many.
    pub async fn end_sessions(&self, scope: &Scope, user: UserId) -> Result<u64, Error> {
        self.user(scope, user).await?;
        let permit = scope.permit::<ManageUsers>(Instance)?;
        let ended = self.store.commons(permit, self.now()).await?.end_sessions_of(user).await?;
        self.facts.forget();
        Ok(ended)
    }
}
