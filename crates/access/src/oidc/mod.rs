//! Signing in with other providers, by OpenID Connect: authorization code, PKCE (S256), state and nonce.
//!
//! [`Providers::start`] says where to send the browser, and what to remember; [`Providers::finish`] takes what the
//! browser brings back and says who it is. In between, the [`Attempt`] is the caller's: it is kept where only the
//! browser that started can lead to it, is good for one answer, and for some minutes.

mod claims;
mod settings;
mod web;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    ConfigurationError, CsrfToken, DiscoveryError, EndUserEmail, EndUserName, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, JsonWebKeySet, LocalizedClaim, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadata, RedirectUrl, Scope, SignatureVerificationError, StandardErrorResponse,
    UserInfoError,
    core::{
        CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
        CoreErrorResponseType, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreRequestTokenError, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType, CoreUserInfoClaims,
    },
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::{
    claims::{Expected, believe},
    web::{Web, WebError},
};

pub use self::settings::ProviderSettings;

/// How long what a provider says about itself is taken for granted.
const KNOWN: Duration = Duration::from_hours(1);
/// The random bytes of a state and of a nonce.
const RANDOM: u32 = 32;
/// The longest e-mail address or name that is passed on, in characters.
const LONGEST: usize = 320;

/// Why somebody cannot sign in with a provider.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OidcError {
    /// No provider has this id.
    #[error("no sign-in provider has this id")]
    UnknownProvider,
    /// The answer is not believed: its state, nonce, signature, issuer, audience or code. Sign in again.
    #[error("the answer of the sign-in provider is not believed")]
    Refused(#[source] Cause),
    /// The provider cannot be reached or answers nonsense. It may work later.
    #[error("the sign-in provider cannot be reached or answers nonsense")]
    Unreachable(#[source] Cause),
    /// The configuration is wrong, here or at the provider. It says how to mend it.
    #[error("{0}")]
    Settings(String),
}

/// What lies behind an error, for the log. It holds no code, token or secret.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

fn refused(cause: impl Into<Cause>) -> OidcError {
    OidcError::Refused(cause.into())
}

fn unreachable(cause: impl Into<Cause>) -> OidcError {
    OidcError::Unreachable(cause.into())
}

/// Where to send the browser, and what to remember of it.
pub struct Start {
    /// The provider's page.
    pub url: String,
    /// What [`Providers::finish`] needs.
    pub attempt: Attempt,
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// What must be remembered between start and finish, known to nobody else until then.
#[derive(Clone)]
pub struct Attempt {
    /// The id of the provider.
    pub provider: String,
    /// What the answer repeats.
    pub state: String,
    /// What the ID token repeats.
    pub nonce: String,
    /// What proves to the provider that the code comes back from where it was asked for.
    pub verifier: String,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// What the browser brings back to the redirect URI.
#[derive(Clone)]
pub struct Answer {
    /// `state`.
    pub state: String,
    /// `code`.
    pub code: String,
    /// `iss` (RFC 9207), if it is there.
    pub issuer: Option<String>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Who it is: the issuer and the subject, and nothing else. An e-mail address changes, and is given to somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer, as configured.
    pub issuer: String,
    /// The subject: 1 to 255 printable characters of ASCII, never given to anybody else by this issuer.
    pub subject: String,
    /// An e-mail address to write to. None if the provider knows that it is not verified.
    pub email: Option<String>,
    /// A name to call them by.
    pub name: Option<String>,
}

/// What a provider says about itself, with what RFC 9207 adds to it.
type Metadata = ProviderMetadata<
    Announced,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

#[derive(Debug, Clone, Deserialize, Serialize)]
struct Announced {
    /// Each answer has `iss`.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Announced {}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The providers with whom somebody can sign in.
#[derive(Debug)]
pub struct Providers {
    providers: Vec<Provider>,
    redirect: RedirectUrl,
}

#[derive(Debug)]
struct Provider {
    settings: ProviderSettings,
    issuer: IssuerUrl,
    web: reqwest::Client,
    known: Mutex<Option<Known>>,
}

#[derive(Debug, Clone)]
struct Known {
    asked: Instant,
    metadata: Arc<Metadata>,
}

impl Providers {
    /// Takes the settings; asks nobody yet. `redirect` is the redirect URI that is registered with each provider.
    pub fn new(settings: Vec<ProviderSettings>, redirect: &str) -> Result<Self, OidcError> {
        ProviderSettings::check_all(&settings).map_err(OidcError::Settings)?;
        let target = RedirectUrl::new(redirect.to_owned()).ok();
        let target = target.filter(|target| settings::is_safe(target.url()) && target.url().fragment().is_none());
        let redirect = target.ok_or_else(|| {
            OidcError::Settings(format!(
                "the address {redirect:?} cannot be a redirect URI; make it https (http will do on this machine alone), without #"
            ))
        })?;
        let providers = settings.into_iter().map(Provider::new).collect::<Result<_, _>>()?;
        Ok(Self { providers, redirect })
    }

    /// The providers, as configured.
    pub fn list(&self) -> impl Iterator<Item = &ProviderSettings> {
        self.providers.iter().map(|provider| &provider.settings)
    }

    /// Begins to sign in with a provider. It takes 10 s at most, as [`Self::finish`] does.
    pub async fn start(&self, provider: &str) -> Result<Start, OidcError> {
        let provider = self.named(provider)?;
        let metadata = provider.metadata(&Web::new(&provider.web)).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(provider, &metadata);
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            || CsrfToken::new_random_len(RANDOM),
            || Nonce::new_random_len(RANDOM),
        );
        let scopes = ["email", "profile"].map(|scope| Scope::new(scope.to_owned()));
        let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        if !settings::is_safe(&url) {
            return Err(unreachable("its page is not https"));
        }
        let attempt = Attempt {
            provider: provider.settings.id.clone(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        };
        Ok(Start { url: url.into(), attempt })
    }

    /// Says who it is that comes back from a provider. An attempt is good for one call, whatever comes of it.
    pub async fn finish(&self, attempt: &Attempt, answer: &Answer) -> Result<Identity, OidcError> {
        let provider = self.named(&attempt.provider)?;
        // Hashes are compared, so that the time it takes tells nothing of the state.
        if Sha256::digest(&answer.state) != Sha256::digest(&attempt.state) {
            return Err(refused("the answer to another question (state)"));
        }
        let web = Web::new(&provider.web);
        let metadata = provider.metadata(&web).await?;
        let named = match &answer.issuer {
            Some(issuer) => *issuer == provider.settings.issuer,
            // One that names itself in each answer has not sent this one.
            None => !metadata.additional_metadata().authorization_response_iss_parameter_supported,
        };
        if !named {
            return Err(refused("the answer of another provider (iss)"));
        }

        let client = self.client(provider, &metadata);
        let code = client.exchange_code(AuthorizationCode::new(answer.code.clone())).map_err(incomplete)?;
        let code = code.set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()));
        let token = code.request_async(&web).await.map_err(|error| provider.exchange_error(error))?;
        let id_token = token.extra_fields().id_token().ok_or_else(|| unreachable("it gives no ID token"))?;
        let expected = Expected {
            client: client.client_id(),
            nonce: &Nonce::new(attempt.nonce.clone()),
            access: token.access_token(),
            now: SystemTime::now(),
        };
        let claims = match believe(id_token, &metadata, &expected) {
            // It has a new key since we asked, perhaps.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                believe(id_token, &*provider.metadata_with_new_keys(&metadata, &web).await?, &expected)
            }
            other => other,
        };
        let claims = claims.map_err(refused)?;
        let subject = claims.subject().as_str();
        if !(1..=255).contains(&subject.len()) || !subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(refused("the subject is not 1 to 255 printable characters of ASCII"));
        }
        let mut identity = Identity {
            issuer: provider.settings.issuer.clone(),
            subject: subject.to_owned(),
            email: email(claims.email(), claims.email_verified()),
            name: name(claims.name()),
        };
        if (claims.email().is_none() || claims.name().is_none()) && metadata.userinfo_endpoint().is_some() {
            // Most providers tell them only there.
            let request = client.user_info(token.access_token().clone(), Some(claims.subject().clone()));
            let told: CoreUserInfoClaims =
                request.map_err(incomplete)?.request_async(&web).await.map_err(user_info_error)?;
            if claims.email().is_none() {
                identity.email = email(told.email(), told.email_verified());
            }
            identity.name = identity.name.or_else(|| name(told.name()));
        }
        Ok(identity)
    }

    fn named(&self, id: &str) -> Result<&Provider, OidcError> {
        self.providers.iter().find(|provider| provider.settings.id == id).ok_or(OidcError::UnknownProvider)
    }

    fn client(&self, provider: &Provider, metadata: &Metadata) -> Client {
        let settings = &provider.settings;
        let secret = settings.client_secret.clone().map(ClientSecret::new);
        let id = ClientId::new(settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret);
        // Without a word about it, a provider takes the secret in the header.
        let header = match metadata.token_endpoint_auth_methods_supported() {
            Some(methods) => methods.contains(&CoreClientAuthMethod::ClientSecretBasic),
            None => true,
        };
        let client = client.set_auth_type(if header { AuthType::BasicAuth } else { AuthType::RequestBody });
        client.set_redirect_uri(self.redirect.clone())
    }
}

impl Provider {
    fn new(settings: ProviderSettings) -> Result<Self, OidcError> {
        let issuer = IssuerUrl::new(settings.issuer.clone()).expect("the issuer was checked to be an address");
        // All that a provider on https refers to is on https, too.
        let web = web::client(issuer.url().scheme() == "https").map_err(|error| {
            let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            OidcError::Settings(format!(
                "the service cannot speak TLS: {why}; install the certificates of authorities (ca-certificates)"
            ))
        })?;
        Ok(Self { settings, issuer, web, known: Mutex::new(None) })
    }

    /// What the provider says about itself, asked once in a while.
    async fn metadata(&self, web: &Web<'_>) -> Result<Arc<Metadata>, OidcError> {
        let asked = Instant::now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| asked.duration_since(known.asked) < KNOWN) {
            return Ok(known.metadata);
        }
        let metadata = Metadata::discover_async(self.issuer.clone(), web).await.map_err(discovery_error)?;
        Ok(self.know(metadata, asked))
    }

    async fn metadata_with_new_keys(&self, old: &Metadata, web: &Web<'_>) -> Result<Arc<Metadata>, OidcError> {
        let asked = Instant::now();
        let keys = JsonWebKeySet::fetch_async(old.jwks_uri(), web).await.map_err(discovery_error)?;
        Ok(self.know(old.clone().set_jwks(keys), asked))
    }

    fn know(&self, metadata: Metadata, asked: Instant) -> Arc<Metadata> {
        let metadata = Arc::new(metadata);
        let known = Known { asked, metadata: metadata.clone() };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        metadata
    }

    fn exchange_error(&self, error: CoreRequestTokenError<WebError>) -> OidcError {
        use openidconnect::RequestTokenError as E;
        match error {
            E::ServerResponse(answer) => self.code_error(&answer),
            E::Request(error) => unreachable(error),
            // What was to be read has tokens in it: only the place is told.
            E::Parse(error, _) => unreachable(format!("its answer about the code cannot be read at {}", error.path())),
            E::Other(why) => unreachable(why),
        }
    }

    fn code_error(&self, answer: &StandardErrorResponse<CoreErrorResponseType>) -> OidcError {
        match answer.error() {
            CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                OidcError::Settings(format!(
                    "the sign-in provider {} refuses this service ({answer}); compare clientId and clientSecret with \
                     what is registered there",
                    self.settings.id
                ))
            }
            CoreErrorResponseType::Extension(kind) if kind == "server_error" || kind == "temporarily_unavailable" => {
                unreachable(answer.to_string())
            }
            _ => refused(answer.to_string()),
        }
    }
}

fn incomplete(error: ConfigurationError) -> OidcError {
    unreachable(error)
}

fn discovery_error(error: DiscoveryError<WebError>) -> OidcError {
    match error {
        DiscoveryError::Request(error) => unreachable(error),
        DiscoveryError::Parse(error) => unreachable(format!("what it says about itself cannot be read: {error}")),
        DiscoveryError::Validation(why) => unreachable(format!("{why}; configure the issuer as it spells it itself")),
        other => unreachable(other.to_string()),
    }
}

fn user_info_error(error: UserInfoError<WebError>) -> OidcError {
    match error {
        UserInfoError::ClaimsVerification(error) => refused(error),
        UserInfoError::Request(error) => unreachable(error),
        UserInfoError::Parse(error) => unreachable(format!("its word on the user cannot be read at {}", error.path())),
        other => unreachable(other.to_string()),
    }
}

fn email(email: Option<&EndUserEmail>, verified: Option<bool>) -> Option<String> {
    email.filter(|_| verified != Some(false)).and_then(|email| printable(email.as_str()))
}

fn name(name: Option<&LocalizedClaim<EndUserName>>) -> Option<String> {
    let name = name?;
    let (_, name) = name.get(None).map(|name| (None, name)).or_else(|| name.iter().next())?;
    printable(name.as_str())
}

/// A text, if it can be shown and stored.
fn printable(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= LONGEST && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}
