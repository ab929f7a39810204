//! Inviting people to a municipality, and giving and taking their roles in it.

use async_graphql::{Context, ID, InputObject, Object, Result};
use shirube_access::MunicipalRole;
use shirube_domain::{DepartmentId, Error, municipality::MunicipalityCode as DomainCode};

use super::{department_id, invitation_id, membership_id, payload, settled, user_id};
use crate::{
    query::{scope, service},
    scalars::MunicipalityCode,
    types::{Invitation, Membership, Role},
};

#[derive(Default)]
pub(super) struct PeopleMutation;

/// Invites somebody to a municipality.
#[derive(InputObject)]
pub(crate) struct InvitePersonInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The municipality.
    municipality: MunicipalityCode,
    /// The e-mail address of the invited.
    email: String,
    /// The name of the invited.
    name: String,
    /// The role that the invited gets.
    role: Role,
    /// The id of the department, for a REPORTER.
    department: Option<ID>,
}

payload!(InvitePersonPayload {
    /// The invitation.
    invitation: Invitation,
    /// The link to send to the invited. It is shown once, works once, and within seven days.
    link: String,
});

/// Takes an open invitation back.
#[derive(InputObject)]
pub(crate) struct CancelInvitationInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the invitation.
    id: ID,
}

payload!(CancelInvitationPayload {
    /// The invitation.
    invitation: Invitation,
});

/// Gives somebody who belongs to a municipality already another role in it.
#[derive(InputObject)]
pub(crate) struct GrantRoleInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The municipality.
    municipality: MunicipalityCode,
    /// The id of the user.
    user: ID,
    /// The role.
    role: Role,
    /// The id of the department, for a REPORTER.
    department: Option<ID>,
}

payload!(GrantRolePayload {
    /// The role that was given.
    membership: Membership,
});

/// Takes a role in a municipality away.
#[derive(InputObject)]
pub(crate) struct RevokeRoleInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the membership.
    id: ID,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(RevokeRolePayload {
    /// The role that was taken.
    membership: Membership,
});

/// A role and a department of a municipality, put together.
fn municipal_role(code: DomainCode, role: Role, department: Option<&ID>) -> Result<MunicipalRole, Error> {
    let department: Option<DepartmentId> = match department {
        Some(id) => {
            let (of, id) = department_id(id, "department")?;
            // Of another municipality, or of none: the same to this one.
            if of != code {
                return Err(Error::bad_input("department", "there is no such department"));
            }
            Some(id)
        }
        None => None,
    };
    MunicipalRole::new(role.into(), department).map_err(|error| Error::bad_input("role", error))
}

#[Object]
impl PeopleMutation {
    /// Invites somebody to a role in a municipality (招待). The link in the answer is for them.
    async fn invite_person(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whom to invite, to what.")] input: InvitePersonInput,
    ) -> Result<Option<InvitePersonPayload>> {
        let code = input.municipality.0.current();
        let (app, scope) = (service(context), scope(context));
        let invited = async {
            // Whether one may is asked before anything is said about the input.
            app.may_manage_people(scope, code)?;
            let role = municipal_role(code, input.role, input.department.as_ref())?;
            app.invite(scope, code, &input.email, &input.name, role).await
        };
        let (made, user_errors) = settled(invited.await)?;
        let (invitation, link) = made.map(|made| (Invitation(made.invitation), made.link)).unzip();
        Ok(Some(InvitePersonPayload { client_mutation_id: input.client_mutation_id, invitation, link, user_errors }))
    }

    /// Takes an open invitation back, to a municipality or to the instance.
    async fn cancel_invitation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: CancelInvitationInput,
    ) -> Result<Option<CancelInvitationPayload>> {
        let cancelled = async {
            let (place, id) = invitation_id(&input.id, "id")?;
            service(context).cancel_invitation(scope(context), place, id).await
        };
        let (invitation, user_errors) = settled(cancelled.await)?;
        let invitation = invitation.map(Invitation);
        Ok(Some(CancelInvitationPayload { client_mutation_id: input.client_mutation_id, invitation, user_errors }))
    }

    /// Gives somebody who belongs to a municipality already another role in it.
    async fn grant_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which role, to whom.")] input: GrantRoleInput,
    ) -> Result<Option<GrantRolePayload>> {
        let code = input.municipality.0.current();
        let (app, scope) = (service(context), scope(context));
        let granted = async {
            app.may_manage_people(scope, code)?;
            let role = municipal_role(code, input.role, input.department.as_ref())?;
            app.grant_role(scope, code, user_id(&input.user, "user")?, role).await
        };
        let (membership, user_errors) = settled(granted.await)?;
        let membership = membership.map(Membership);
        Ok(Some(GrantRolePayload { client_mutation_id: input.client_mutation_id, membership, user_errors }))
    }

    /// Takes a role in a municipality away. The last administrator stays.
    async fn revoke_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which role.")] input: RevokeRoleInput,
    ) -> Result<Option<RevokeRolePayload>> {
        let revoked = async {
            let (code, id) = membership_id(&input.id, "id")?;
            service(context).revoke_role(scope(context), code, id, input.reason).await
        };
        let (membership, user_errors) = settled(revoked.await)?;
        let membership = membership.map(Membership);
        Ok(Some(RevokeRolePayload { client_mutation_id: input.client_mutation_id, membership, user_errors }))
    }
}
