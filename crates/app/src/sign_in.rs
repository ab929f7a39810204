//! Signing in and out, refreshing, changing one's password.

use std::{net::IpAddr, time::Duration};

use shirube_access::{
    ACCESS_SECONDS, Caller, Origin, Permit, Scope, User,
    password::{self, PasswordError, Verdict},
    secret::{self, Secret, SecretKind},
    table::{Instance, ManageOwnAccount, ManageUsers, SignIn},
};
use shirube_domain::{BadInput, Error, SessionId, UserId};
use shirube_store::{Account, ListedSession, Refreshed, Rehashed, StoreError};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::App;

/// How many passwords are compared at a time: each takes 19 MiB and a core.
static COMPARING: Semaphore = Semaphore::const_new(2);

/// Somebody signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The access token.
    pub access_token: String,
    /// For how many seconds it is good.
    pub expires_in: i64,
    /// The refresh token, good once.
    pub refresh_token: Secret,
    /// Who.
    pub user: UserId,
}

/// Why somebody did not sign in.
#[derive(Debug)]
pub enum SignInError {
    /// What was shown is not good. There is one such answer, whatever is wrong.
    Refused,
    /// Too many attempts; the next one may come after so long.
    Throttled(Duration),
    /// What was typed can be mended.
    BadInput(BadInput),
    /// Something else.
    Failed(Error),
}

impl From<Error> for SignInError {
    fn from(error: Error) -> Self {
        match error {
            Error::BadInput(problem) | Error::Conflict(problem) => Self::BadInput(problem),
            other => Self::Failed(other),
        }
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

/// Does work that takes a core for a while off the async threads, a few at a time. Whoever gives up waiting does not make room
/// for another before the work is done.
async fn at_work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let turn = COMPARING.acquire().await.map_err(Error::internal)?;
    let work = move || {
        let done = work();
        drop(turn);
        done
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// Compares a password with a stored hash.
pub(crate) async fn compare(password: String, stored: Option<String>) -> Result<Verdict, Error> {
    at_work(move || password::verify(&password, stored.as_deref())).await
}

/// Checks a new password of somebody with this e-mail address and name, and hashes it.
pub(crate) async fn hash_new(place: &'static str, password: &str, user: [&str; 2]) -> Result<String, Error> {
    let (password, user) = (password.to_owned(), user.map(str::to_owned));
    let work = move || {
        password::check(&password, &[&user[0], &user[1]])?;
        Ok(password::hash(&password))
    };
    at_work(work).await?.map_err(|error: PasswordError| Error::bad_input(place, error))
}

impl App {
    fn asking(origin: Origin) -> Result<Permit<SignIn>, Error> {
        Scope::anonymous(origin, true).permit::<SignIn>(Instance)
    }

    /// Signs in with e-mail address and password. An unknown account, a wrong password and a disabled user are one answer,
    /// after the same work.
    pub async fn sign_in(&self, email: &str, password: &str, origin: Origin) -> Result<SignedIn, SignInError> {
        let email = shirube_access::normalize_email(email).unwrap_or_else(|| email.chars().take(254).collect());
        let address = origin.address;
        let attempt = self.throttles.password(address, &email).map_err(SignInError::Throttled)?;
        let permit = Self::asking(origin)?;
        let account = self.store.commons(permit.clone(), self.now()).await?.account(&email).await?;
        self.count_anywhere(permit.clone(), &email, account.as_ref(), address).await?;
        let stored = account.as_ref().filter(|account| account.enabled).and_then(|account| account.password.clone());
        let verdict = compare(password.to_owned(), stored).await?;
        let (account, anew) = match (account, verdict) {
            (Some(account), Verdict::Right) => (account, None),
            (Some(account), Verdict::RightAnew(new)) => {
                let rehashed = account.password.clone().map(|old| Rehashed { old, new });
                (account, rehashed)
            }
            _ => return Err(SignInError::Refused),
        };
        attempt.succeeded();
        self.begin_session(permit, &account.user, "password", anew).await
    }

    /// Counts an attempt on an account as a whole. The owner, at a place where they have been before, passes.
    pub(crate) async fn count_anywhere(
        &self,
        permit: Permit<SignIn>,
        email: &str,
        account: Option<&Account>,
        address: Option<IpAddr>,
    ) -> Result<(), SignInError> {
        let Err(wait) = self.throttles.anywhere(email) else { return Ok(()) };
        let known = match (account, address) {
            (Some(account), Some(address)) => {
                let commons = self.store.commons(permit, self.now()).await?;
                commons.knows_address(account.user.id, address).await?
            }
            _ => false,
        };
        if known { Ok(()) } else { Err(SignInError::Throttled(wait)) }
    }

    /// Begins a session of a user who proved who they are.
    pub(crate) async fn begin_session(
        &self,
        permit: Permit<SignIn>,
        user: &User,
        method: &'static str,
        rehashed: Option<Rehashed>,
    ) -> Result<SignedIn, SignInError> {
        let refresh = Secret::new(SecretKind::Refresh, None);
        let commons = self.store.commons(permit, self.now()).await?;
        let session = commons.begin_session(user, method, &refresh.hash(), rehashed).await?;
        Ok(self.signed_in(user.id, session, refresh))
    }

    /// A link with which a user who cannot sign in any more chooses a new password; shown once.
    pub async fn reset_link(&self, scope: &Scope, user: UserId) -> Result<String, Error> {
        let permit = scope.permit::<ManageUsers>(Instance)?;
        let secret = Secret::new(SecretKind::Reset, None);
        let made = self.store.commons(permit, self.now()).await?.make_reset_link(user, &secret.hash()).await?;
        if made { Ok(self.link(&secret)) } else { Err(Error::NotFound { what: "the user" }) }
    }

    /// Chooses a new password with the link of one who runs the instance. All sessions of the user end.
    pub async fn reset_password(&self, secret: &str, new: &str, origin: Origin) -> Result<SignedIn, SignInError> {
        let attempt = self.throttles.link(origin.address).map_err(SignInError::Throttled)?;
        let shown = secret::read(SecretKind::Reset, secret).ok_or(SignInError::Refused)?;
        let permit = Self::asking(origin)?;
        let account = self.store.commons(permit.clone(), self.now()).await?.account_of_reset_link(&shown.hash).await?;
        let user = account.ok_or(SignInError::Refused)?.user;
        attempt.succeeded();
        let hash = hash_new("password", new, [&user.email, &user.name]).await?;
        let used = self.store.commons(permit.clone(), self.now()).await?.use_reset_link(&shown.hash, hash).await?;
        self.facts.forget();
        if used { self.begin_session(permit, &user, "reset", None).await } else { Err(SignInError::Refused) }
    }

    fn signed_in(&self, user: UserId, session: SessionId, refresh_token: Secret) -> SignedIn {
        let access_token = self.tokens.issue(&self.keyring.load(), user, session, Uuid::now_v7(), self.now());
        SignedIn { access_token, expires_in: ACCESS_SECONDS, refresh_token, user }
    }

    /// Gives new tokens for a refresh token, which is good once. One that was used before ends its session.
    pub async fn refresh_tokens(&self, token: &str, origin: Origin) -> Result<SignedIn, SignInError> {
        let address = origin.address;
        let attempt = self.throttles.refresh(address).map_err(SignInError::Throttled)?;
        let shown = secret::read(SecretKind::Refresh, token).ok_or(SignInError::Refused)?;
        let next = Secret::new(SecretKind::Refresh, None);
        let commons = self.store.commons(Self::asking(origin)?, self.now()).await?;
        match commons.refresh(&shown.hash, &next.hash()).await? {
            Refreshed::Renewed(user, session) => {
                attempt.succeeded();
                Ok(self.signed_in(user, session, next))
            }
            Refreshed::Reused(session) => {
                self.facts.forget_session(session);
                tracing::warn!(%session, "a refresh token was used twice; its session was ended");
                Err(SignInError::Refused)
            }
            Refreshed::Unknown => Err(SignInError::Refused),
        }
    }

    /// Ends the session of a refresh token. What is not good has no session to end, which is as well.
    pub async fn sign_out(&self, token: &str, origin: Origin) -> Result<(), SignInError> {
        let attempt = self.throttles.refresh(origin.address).map_err(SignInError::Throttled)?;
        let Some(shown) = secret::read(SecretKind::Refresh, token) else { return Ok(()) };
        let commons = self.store.commons(Self::asking(origin)?, self.now()).await?;
        if let Some(session) = commons.sign_out(&shown.hash).await? {
            attempt.succeeded();
            self.facts.forget_session(session);
        }
        Ok(())
    }

    /// The user who is asking, for what is their own.
    pub fn own(scope: &Scope) -> Result<(UserId, SessionId), Error> {
        match scope.caller() {
            Caller::User(facts) => Ok((facts.user.id, facts.session)),
            Caller::Key(_) => Err(Error::Forbidden { needs: "a user who signed in; no API key may do it".to_owned() }),
            Caller::Anonymous | Caller::Machine => Err(Error::Unauthenticated),
        }
    }

    fn own_account(scope: &Scope) -> Result<(Permit<ManageOwnAccount>, SessionId), Error> {
        let (user, session) = Self::own(scope)?;
        Ok((scope.permit(user)?, session))
    }

    /// Begins a session of a user for whoever has the machine.
    pub async fn issue_tokens(&self, scope: &Scope, email: &str) -> Result<SignedIn, SignInError> {
        let user = self.user_of_email(scope, email).await?.user;
        self.begin_session(scope.permit::<SignIn>(Instance)?, &user, "machine", None).await
    }

    /// Ends all sessions of the caller; says how many.
    pub async fn sign_out_everywhere(&self, scope: &Scope) -> Result<u64, Error> {
        let (permit, _) = Self::own_account(scope)?;
        let ended = self.store.commons(permit, self.now()).await?.sign_out_everywhere().await?;
        self.facts.forget();
        Ok(ended)
    }

    /// The caller's sessions that go on.
    pub async fn sessions(&self, scope: &Scope) -> Result<Vec<ListedSession>, Error> {
        let (permit, _) = Self::own_account(scope)?;
        Ok(self.store.commons(permit, self.now()).await?.sessions().await?)
    }

    /// Replaces the caller's password, and ends the other sessions.
    pub async fn change_password(&self, scope: &Scope, old: &str, new: &str) -> Result<(), SignInError> {
        let (permit, session) = Self::own_account(scope)?;
        let account: Option<Account> = self.store.commons(permit.clone(), self.now()).await?.own().await?;
        let Some(account) = account else { return Err(SignInError::Refused) };
        let address = scope.origin().address;
        let attempt = self.throttles.password(address, &account.user.email).map_err(SignInError::Throttled)?;
        let asking = scope.permit::<SignIn>(Instance)?;
        self.count_anywhere(asking, &account.user.email, Some(&account), address).await?;
        if compare(old.to_owned(), account.password).await? == Verdict::Wrong {
            return Err(SignInError::Refused);
        }
        attempt.succeeded();
        let hash = hash_new("newPassword", new, [&account.user.email, &account.user.name]).await?;
        self.store.commons(permit, self.now()).await?.change_password(hash, session).await?;
        self.facts.forget();
        Ok(())
    }
}
