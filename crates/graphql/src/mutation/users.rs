//! All users, for those who run the instance.

use async_graphql::{Context, ID, InputObject, Object, Result};
use shirube_access::{InstanceRole, Role as AccessRole};
use shirube_domain::Error;

use super::{payload, settled, user_id};
use crate::{
    query::{scope, service},
    types::{Account, Invitation, Role},
};

#[derive(Default)]
pub(super) struct UserMutation;

/// Invites somebody to a role in the instance.
#[derive(InputObject)]
pub(crate) struct InviteToInstanceInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The e-mail address of the invited.
    email: String,
    /// The name of the invited.
    name: String,
    /// OPERATOR or RESEARCHER.
    role: Role,
}

payload!(InviteToInstancePayload {
    /// The invitation.
    invitation: Invitation,
    /// The link to send to the invited. It is shown once, works once, and within seven days.
    link: String,
});

/// Gives a user a role in the instance.
#[derive(InputObject)]
pub(crate) struct GrantInstanceRoleInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the user.
    user: ID,
    /// OPERATOR or RESEARCHER.
    role: Role,
}

payload!(GrantInstanceRolePayload {
    /// The account.
    account: Account,
});

/// Takes a role in the instance from a user.
#[derive(InputObject)]
pub(crate) struct RevokeInstanceRoleInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the user.
    user: ID,
    /// OPERATOR or RESEARCHER.
    role: Role,
}

payload!(RevokeInstanceRolePayload {
    /// The account.
    account: Account,
});

/// Keeps a user from signing in, and ends their sessions.
#[derive(InputObject)]
pub(crate) struct DisableUserInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the user.
    user: ID,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(DisableUserPayload {
    /// The account.
    account: Account,
});

/// Lets a user sign in again.
#[derive(InputObject)]
pub(crate) struct EnableUserInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the user.
    user: ID,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(EnableUserPayload {
    /// The account.
    account: Account,
});

/// Ends all sessions of a user.
#[derive(InputObject)]
pub(crate) struct EndSessionsInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the user.
    user: ID,
}

payload!(EndSessionsPayload {
    /// How many sessions were ended.
    ended: u64,
});

/// Makes a link with which a user who cannot sign in any more chooses a new password.
#[derive(InputObject)]
pub(crate) struct ResetPasswordInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the user.
    user: ID,
}

payload!(ResetPasswordPayload {
    /// The link to send to the user. It is shown once, works once, and within a day; until then nothing changes.
    link: String,
});

fn instance_role(role: Role) -> Result<InstanceRole, Error> {
    match AccessRole::from(role) {
        AccessRole::Operator => Ok(InstanceRole::Operator),
        AccessRole::Researcher => Ok(InstanceRole::Researcher),
        _ => Err(Error::bad_input("role", "this is not a role in the instance; it is OPERATOR or RESEARCHER")),
    }
}

#[Object]
impl UserMutation {
    /// Invites somebody to a role in the instance. The link in the answer is for them.
    async fn invite_to_instance(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whom to invite, to what.")] input: InviteToInstanceInput,
    ) -> Result<Option<InviteToInstancePayload>> {
        let (app, scope) = (service(context), scope(context));
        let invited = async {
            // Whether one may is asked before anything is said about the input.
            app.may_manage_users(scope)?;
            app.invite_to_instance(scope, &input.email, &input.name, instance_role(input.role)?).await
        };
        let (made, user_errors) = settled(invited.await)?;
        let (invitation, link) = made.map(|made| (Invitation(made.invitation), made.link)).unzip();
        Ok(Some(InviteToInstancePayload {
            client_mutation_id: input.client_mutation_id,
            invitation,
            link,
            user_errors,
        }))
    }

    /// Gives a user a role in the instance.
    async fn grant_instance_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which role, to whom.")] input: GrantInstanceRoleInput,
    ) -> Result<Option<GrantInstanceRolePayload>> {
        let (account, user_errors) = set_role(context, &input.user, input.role, true).await?;
        Ok(Some(GrantInstanceRolePayload { client_mutation_id: input.client_mutation_id, account, user_errors }))
    }

    /// Takes a role in the instance from a user. The last operator stays.
    async fn revoke_instance_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which role, from whom.")] input: RevokeInstanceRoleInput,
    ) -> Result<Option<RevokeInstanceRolePayload>> {
        let (account, user_errors) = set_role(context, &input.user, input.role, false).await?;
        Ok(Some(RevokeInstanceRolePayload { client_mutation_id: input.client_mutation_id, account, user_errors }))
    }

    /// Keeps a user from signing in, and ends their sessions. The last operator stays.
    async fn disable_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whom, and why.")] input: DisableUserInput,
    ) -> Result<Option<DisableUserPayload>> {
        let (account, user_errors) = set_enabled(context, &input.user, false, input.reason).await?;
        Ok(Some(DisableUserPayload { client_mutation_id: input.client_mutation_id, account, user_errors }))
    }

    /// Lets a user sign in again.
    async fn enable_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whom, and why.")] input: EnableUserInput,
    ) -> Result<Option<EnableUserPayload>> {
        let (account, user_errors) = set_enabled(context, &input.user, true, input.reason).await?;
        Ok(Some(EnableUserPayload { client_mutation_id: input.client_mutation_id, account, user_errors }))
    }

    /// Makes a link with which a user who cannot sign in any more chooses a new password. The link in the answer is for them.
    async fn reset_password(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose.")] input: ResetPasswordInput,
    ) -> Result<Option<ResetPasswordPayload>> {
        let (app, scope) = (service(context), scope(context));
        let made = async {
            app.may_manage_users(scope)?;
            app.reset_link(scope, user_id(&input.user, "user")?).await
        };
        let (link, user_errors) = settled(made.await)?;
        Ok(Some(ResetPasswordPayload { client_mutation_id: input.client_mutation_id, link, user_errors }))
    }

    /// Ends all sessions of a user.
    async fn end_sessions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose.")] input: EndSessionsInput,
    ) -> Result<Option<EndSessionsPayload>> {
        let (app, scope) = (service(context), scope(context));
        let ended = async {
            app.may_manage_users(scope)?;
            app.end_sessions(scope, user_id(&input.user, "user")?).await
        };
        let (ended, user_errors) = settled(ended.await)?;
        Ok(Some(EndSessionsPayload { client_mutation_id: input.client_mutation_id, ended, user_errors }))
    }
}

type Changed = (Option<Account>, Vec<super::UserError>);

async fn set_role(context: &Context<'_>, user: &ID, role: Role, has: bool) -> Result<Changed> {
    let (app, scope) = (service(context), scope(context));
    let changed = async {
        app.may_manage_users(scope)?;
        app.set_instance_role(scope, user_id(user, "user")?, instance_role(role)?, has).await
    };
    let (account, user_errors) = settled(changed.await)?;
    Ok((account.map(Account), user_errors))
}

async fn set_enabled(context: &Context<'_>, user: &ID, enabled: bool, reason: Option<String>) -> Result<Changed> {
    let (app, scope) = (service(context), scope(context));
    let changed = async {
        app.may_manage_users(scope)?;
        app.set_user_enabled(scope, user_id(user, "user")?, enabled, reason).await
    };
    let (account, user_errors) = settled(changed.await)?;
    Ok((account.map(Account), user_errors))
}
