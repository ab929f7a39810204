//! Invitations: made by those who manage people, accepted by whoever has the link.

use shirube_access::{
    InstanceRole, MunicipalRole, Origin, Scope,
    password::Verdict,
    secret::{self, Secret, SecretKind, Shown},
    table::{AcceptInvitation, Instance, ManagePeople, ManageUsers, ReadPeople, SignIn},
};
use shirube_domain::{Error, InvitationId, municipality::MunicipalityCode};
use shirube_store::{Accepting, Account, Credential, Invitation, InvitationState, NewInvitation};
use time::Duration;

use crate::{
    App, SignInError, SignedIn, input,
    sign_in::{compare, hash_new},
};

/// For how long an invitation can be accepted.
const OPEN: Duration = Duration::days(7);

/// An invitation and its link, which is shown once.
#[derive(Debug)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// The link to send to the invited.
    pub link: String,
}

impl App {
    /// The link of an invitation, or to a new password. The secret stands behind the `#`, which browsers do not send and
    /// servers do not log.
    pub(crate) fn link(&self, secret: &Secret) -> String {
        format!("{}/invitation#{}", self.public_url(), secret.reveal())
    }

    /// Invites somebody to a role in a municipality.
    pub async fn invite(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        email: &str,
        name: &str,
        role: MunicipalRole,
    ) -> Result<Invited, Error> {
        let permit = scope.permit::<ManagePeople>(municipality)?;
        if self.reference().find(municipality).is_none() {
            return Err(Error::bad_input("municipality", format!("there is no municipality {municipality}")));
        }
        let secret = Secret::new(SecretKind::Invitation, Some(municipality));
        let new = NewInvitation {
            hash: secret.hash(),
            email: Some(input::email("email", email)?),
            name: Some(input::name("name", name)?),
            expires_at: self.now() + OPEN,
        };
        let invited = self.store.tenant(permit, self.now()).await?.invite(new, role).await?;
        let invitation = invited.ok_or_else(|| Error::bad_input("department", "there is no such department"))?;
        Ok(Invited { invitation, link: self.link(&secret) })
    }

    /// Invites somebody to a role in the instance.
    pub async fn invite_to_instance(
        &self,
        scope: &Scope,
        email: &str,
        name: &str,
        role: InstanceRole,
    ) -> Result<Invited, Error> {
        let permit = scope.permit::<ManageUsers>(Instance)?;
        let secret = Secret::new(SecretKind::Invitation, None);
        let new = NewInvitation {
            hash: secret.hash(),
            email: Some(input::email("email", email)?),
            name: Some(input::name("name", name)?),
            expires_at: self.now() + OPEN,
        };
        let invitation = self.store.commons(permit, self.now()).await?.invite(new, role).await?;
        Ok(Invited { invitation, link: self.link(&secret) })
    }

    /// A link for whoever is to run a new instance; `None` if somebody runs it already. An earlier link is taken back.
    pub async fn first_operator(&self) -> Result<Option<String>, Error> {
        let scope = Scope::machine();
        let permit = scope.permit::<ManageUsers>(Instance)?;
        let commons = async || self.store.commons(permit.clone(), self.now()).await;
        if commons().await?.has_operator().await? {
            return Ok(None);
        }
        // A statement of its own: the head of a loop would keep its transaction open, and SQLite has room for one writer.
        let all = commons().await?.invitations().await?;
        for earlier in all {
            if earlier.state == InvitationState::Open && earlier.email.is_none() {
                commons().await?.cancel_invitation(earlier.id).await?;
            }
        }
        let secret = Secret::new(SecretKind::Invitation, None);
        let new = NewInvitation { hash: secret.hash(), email: None, name: None, expires_at: self.now() + OPEN };
        commons().await?.invite(new, InstanceRole::Operator).await?;
        Ok(Some(self.link(&secret)))
    }

    /// The invitations of a municipality, the latest first.
    pub async fn invitations(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<Vec<Invitation>, Error> {
        let permit = scope.permit::<ReadPeople>(municipality)?;
        Ok(self.store.tenant(permit, self.now()).await?.invitations().await?)
    }

    /// The invitations to the instance, the latest first.
    pub async fn instance_invitations(&self, scope: &Scope) -> Result<Vec<Invitation>, Error> {
        let permit = scope.permit::<ManageUsers>(Instance)?;
        Ok(self.store.commons(permit, self.now()).await?.invitations().await?)
    }

    /// Takes an open invitation back: one to a municipality, or to the instance.
    pub async fn cancel_invitation(
        &self,
        scope: &Scope,
        municipality: Option<MunicipalityCode>,
        id: InvitationId,
    ) -> Result<Invitation, Error> {
        let cancelled = match municipality {
            Some(code) => {
                let permit = scope.permit::<ManagePeople>(code)?;
                self.store.tenant(permit, self.now()).await?.cancel_invitation(id).await?
            }
            None => {
                let permit = scope.permit::<ManageUsers>(Instance)?;
                self.store.commons(permit, self.now()).await?.cancel_invitation(id).await?
            }
        };
        cancelled.ok_or(Error::NotFound { what: "the open invitation" })
    }

    pub(crate) fn shown(secret: &str) -> Result<Shown, SignInError> {
        secret::read(SecretKind::Invitation, secret).ok_or(SignInError::Refused)
    }

    async fn open_invitation(
        &self,
        scope: &Scope,
        shown: &Shown,
    ) -> Result<(Invitation, Option<Account>), SignInError> {
        let found = match shown.municipality {
            Some(code) => {
                let permit = scope.permit::<AcceptInvitation>(code)?;
                self.store.tenant(permit, self.now()).await?.invitation(&shown.hash).await?
            }
            None => {
                let permit = scope.permit::<SignIn>(Instance)?;
                self.store.commons(permit, self.now()).await?.invitation(&shown.hash).await?
            }
        };
        found.ok_or(SignInError::Refused)
    }

    /// The open invitation of a link, for whoever has it.
    pub async fn invitation(&self, secret: &str, origin: Origin) -> Result<Invitation, SignInError> {
        let attempt = self.throttles.link(origin.address).map_err(SignInError::Throttled)?;
        let (invitation, _) = self.open_invitation(&Scope::anonymous(origin, true), &Self::shown(secret)?).await?;
        attempt.succeeded();
        Ok(invitation)
    }

    /// Accepts an invitation with a password: a new one for somebody new, their own for somebody who has an account. `email`
    /// and `name` are asked of whoever accepts one that is for nobody by name.
    pub async fn accept_invitation(
        &self,
        secret: &str,
        password: &str,
        email: Option<&str>,
        name: Option<&str>,
        origin: Origin,
    ) -> Result<SignedIn, SignInError> {
        let address = origin.address;
        let attempt = self.throttles.link(address).map_err(SignInError::Throttled)?;
        let shown = Self::shown(secret)?;
        let scope = Scope::anonymous(origin, true);
        let (invitation, mut account) = self.open_invitation(&scope, &shown).await?;
        let email = match invitation.email.clone() {
            Some(email) => email,
            None => {
                let email = input::email("email", email.unwrap_or_default())?;
                let permit = scope.permit::<SignIn>(Instance)?;
                account = self.store.commons(permit, self.now()).await?.account(&email).await?;
                email
            }
        };
        let name = match invitation.name.clone() {
            Some(name) => name,
            None => input::name("name", name.unwrap_or_default())?,
        };
        // First of all, and for everybody: what is said of a password must not tell whether there is an account.
        let hash = hash_new("password", password, [&email, &name]).await?;
        let accepting = match account {
            // The link alone does not open somebody's account: whoever made it has seen it, too.
            Some(account) => {
                let attempt = self.throttles.password(address, &email).map_err(SignInError::Throttled)?;
                let permit = scope.permit::<SignIn>(Instance)?;
                self.count_anywhere(permit, &email, Some(&account), address).await?;
                let stored = account.password.clone().filter(|_| account.enabled);
                if compare(password.to_owned(), stored).await? == Verdict::Wrong {
                    return Err(SignInError::Refused);
                }
                attempt.succeeded();
                Accepting::Known(account.user)
            }
            None => Accepting::New { email, name, credential: Credential::Password(hash) },
        };
        attempt.succeeded();
        self.finish_accepting(&scope, &shown, accepting, "invitation").await
    }

    /// Accepts an invitation as a user of another provider: bound from now on, or to an account already.
    pub(crate) async fn accept_as(
        &self,
        scope: &Scope,
        shown: &Shown,
        bound: Option<Account>,
        issuer: String,
        subject: String,
    ) -> Result<SignedIn, SignInError> {
        let (invitation, account) = self.open_invitation(scope, shown).await?;
        let accepting = match (bound, account, invitation.email, invitation.name) {
            (Some(bound), account, ..)
                if bound.enabled && account.as_ref().is_none_or(|account| account.user.id == bound.user.id) =>
            {
                Accepting::Known(bound.user)
            }
            (None, None, Some(email), Some(name)) => {
                Accepting::New { email, name, credential: Credential::Identity { issuer, subject } }
            }
            // Somebody else's account, or nobody's name: not to be had by a link.
            _ => return Err(SignInError::Refused),
        };
        self.finish_accepting(scope, shown, accepting, "oidc").await
    }

    async fn finish_accepting(
        &self,
        scope: &Scope,
        shown: &Shown,
        accepting: Accepting,
        method: &'static str,
    ) -> Result<SignedIn, SignInError> {
        let accepted = match shown.municipality {
            Some(code) => {
                let permit = scope.permit::<AcceptInvitation>(code)?;
                self.store.tenant(permit, self.now()).await?.accept(&shown.hash, accepting).await
            }
            None => {
                let permit = scope.permit::<SignIn>(Instance)?;
                self.store.commons(permit, self.now()).await?.accept(&shown.hash, accepting).await
            }
        };
        let taken = input::taken("email", "somebody has this e-mail address already; sign in, and open the link again");
        let user = accepted.map_err(taken)?.ok_or(SignInError::Refused)?;
        self.facts.forget();
        self.begin_session(scope.permit::<SignIn>(Instance)?, &user, method, None).await
    }
}
