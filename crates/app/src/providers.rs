//! Signing in with another provider (OpenID Connect).

use shirube_access::{
    Origin, Scope,
    oidc::{Answer, Attempt, OidcError, ProviderSettings},
    secret::{self, Secret, SecretKind},
    table::{Instance, SignIn},
};
use shirube_domain::Error;
use shirube_store::StoredAttempt;

use crate::{App, SignInError, SignedIn};

/// A sign-in that begins.
#[derive(Debug)]
pub struct Begun {
    /// Where to send the browser.
    pub url: String,
    /// What the page keeps until the browser comes back, so that nobody else can finish.
    pub attempt: Secret,
}

impl From<OidcError> for SignInError {
    fn from(error: OidcError) -> Self {
        match error {
            OidcError::UnknownProvider => Self::Failed(Error::NotFound { what: "the sign-in provider" }),
            OidcError::Refused(cause) => {
                tracing::info!(%cause, "the answer of a sign-in provider is not believed");
                Self::Refused
            }
            OidcError::Unreachable(cause) => Self::Failed(Error::Unavailable(cause)),
            other => Self::Failed(Error::internal(other)),
        }
    }
}

impl App {
    /// The providers with which one can sign in.
    pub fn providers(&self) -> impl Iterator<Item = &ProviderSettings> {
        self.options.providers.list()
    }

    /// Begins to sign in with a provider, or to accept an invitation as its user.
    pub async fn begin_with_provider(
        &self,
        provider: &str,
        invitation: Option<String>,
        origin: Origin,
    ) -> Result<Begun, SignInError> {
        let throttled = self.throttles.link(origin.address).map_err(SignInError::Throttled)?;
        let invitation = invitation.map(|secret| Self::shown(&secret)).transpose()?;
        let start = self.options.providers.start(provider).await?;
        let Attempt { provider, state, nonce, verifier } = start.attempt;
        let attempt = Secret::new(SecretKind::Attempt, None);
        let stored = StoredAttempt { provider, state, nonce, verifier, invitation };
        let permit = Scope::anonymous(origin, true).permit::<SignIn>(Instance)?;
        self.store.commons(permit, self.now()).await?.remember_attempt(&attempt.hash(), stored).await?;
        throttled.succeeded();
        Ok(Begun { url: start.url, attempt })
    }

    /// Finishes what was begun, once, when the browser has come back. First contact is by invitation alone: a user whom
    /// nobody invited is refused like one who is not believed.
    pub async fn finish_with_provider(
        &self,
        attempt: &str,
        answer: &Answer,
        origin: Origin,
    ) -> Result<SignedIn, SignInError> {
        let throttled = self.throttles.link(origin.address).map_err(SignInError::Throttled)?;
        let shown = secret::read(SecretKind::Attempt, attempt).ok_or(SignInError::Refused)?;
        let scope = Scope::anonymous(origin, true);
        let permit = scope.permit::<SignIn>(Instance)?;
        let taken = self.store.commons(permit.clone(), self.now()).await?.take_attempt(&shown.hash).await?;
        let StoredAttempt { provider, state, nonce, verifier, invitation } = taken.ok_or(SignInError::Refused)?;
        let attempt = Attempt { provider, state, nonce, verifier };
        let identity = self.options.providers.finish(&attempt, answer).await?;
        let commons = self.store.commons(permit.clone(), self.now()).await?;
        let account = commons.account_of_identity(&identity.issuer, &identity.subject).await?;
        drop(commons);
        throttled.succeeded();
        match (invitation, account) {
            (Some(invitation), account) => {
                self.accept_as(&scope, &invitation, account, identity.issuer, identity.subject).await
            }
            (None, Some(account)) if account.enabled => self.begin_session(permit, &account.user, "oidc", None).await,
            (None, _) => Err(SignInError::Refused),
        }
    }
}
