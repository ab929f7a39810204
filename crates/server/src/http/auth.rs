//! Signing in and out (`/auth`), the keys that verify access tokens, and the pages on which an invitation is accepted and a
//! sign-in with another provider ends. One request is one attempt.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};
use shirube_access::{Grant, Origin, Scope, oidc::Answer};
use shirube_app::{Invitation, SignInError, SignedIn};
use shirube_graphql::{Code, limits, refusal, refusal_as_early, whole_seconds};

use super::{
    Doors,
    address::ClientAddress,
    body::read_json,
    identity::{TimeLeft, origin},
    observe::RequestId,
    refused::{Refused, answer, bad},
};

/// The largest body.
const BODY_BYTES: usize = 16 * 1024;
/// How long whoever signs in waits at most; passwords are compared a few at a time.
const TIMEOUT: Duration = Duration::from_secs(limits::SECONDS);

/// What can be asked without saying who one is.
pub(super) fn open_routes() -> Router<Doors> {
    Router::new()
        .route("/auth/sign-in", post(sign_in))
        .route("/auth/refresh", post(refresh))
        .route("/auth/sign-out", post(sign_out))
        .route("/auth/invitation", post(invitation))
        .route("/auth/invitation/accept", post(accept))
        .route("/auth/reset", post(reset))
        .route("/auth/providers", get(providers))
        .route("/auth/providers/{id}/start", post(start))
        .route("/auth/finish", post(finish))
        .route("/.well-known/jwks.json", get(keys))
}

/// What is asked by whoever signed in.
pub(super) fn own_routes() -> Router<Doors> {
    Router::new()
        .route("/auth/sign-out-everywhere", post(sign_out_everywhere))
        .route("/auth/password", post(change_password))
}

/// Where a request comes from.
type Whence = (Extension<ClientAddress>, Extension<RequestId>);

fn whence((Extension(address), Extension(id)): Whence) -> Origin {
    origin(address, id)
}

/// The fields of a request.
struct Fields(Map<String, Value>);

impl Fields {
    async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Refused> {
        match read_json(headers, body, BODY_BYTES).await? {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(bad("send a JSON object")),
        }
    }

    fn optional(&mut self, name: &'static str) -> Result<Option<String>, Refused> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.contains('\0') => Ok(Some(text)),
            Some(_) => Err(bad(&format!("{name}: write a text, without the character NUL"))),
        }
    }

    fn required(&mut self, name: &'static str) -> Result<String, Refused> {
        self.optional(name)?.ok_or_else(|| bad(&format!("{name}: this is missing")))
    }
}

impl From<SignInError> for Refused {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => {
                metrics::counter!("shirube_sign_ins_refused_total").increment(1);
                let told = "this is not right, or not good any more";
                answer(StatusCode::UNAUTHORIZED, Code::Unauthenticated, refusal(Code::Unauthenticated, told))
            }
            SignInError::Throttled(wait) => {
                metrics::counter!("shirube_sign_ins_throttled_total").increment(1);
                let seconds = whole_seconds(wait);
                let body = refusal_as_early(&format!("too many attempts; try again in {seconds} s"), seconds);
                let mut refused = answer(StatusCode::TOO_MANY_REQUESTS, Code::RateLimited, body);
                refused.0.headers_mut().insert(header::RETRY_AFTER, seconds.into());
                refused
            }
            SignInError::BadInput(problem) => bad(&problem.to_string()),
            SignInError::Failed(error) => error.into(),
        }
    }
}

type Answered = Result<Response, Refused>;

/// Gives up on what takes too long.
fn timely<T, E: Into<Refused>>(work: impl Future<Output = Result<T, E>>) -> impl Future<Output = Result<T, Refused>> {
    within(TIMEOUT, work)
}

/// The same with another time. On the heap: what signs in asks for much on its way.
fn within<T, E: Into<Refused>>(
    time: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Pin<Box<impl Future<Output = Result<T, Refused>>>> {
    Box::pin(async move {
        match tokio::time::timeout(time, work).await {
            Ok(done) => done.map_err(E::into),
            Err(_) => {
                let told = "it took longer than 10 seconds and was given up";
                Err(answer(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, refusal(Code::Unavailable, told)))
            }
        }
    })
}

fn tokens(signed_in: &SignedIn) -> Response {
    Json(json!({
        "tokenType": "Bearer",
        "accessToken": signed_in.access_token,
        "expiresIn": signed_in.expires_in,
        "refreshToken": signed_in.refresh_token.reveal(),
    }))
    .into_response()
}

async fn sign_in(State(doors): State<Doors>, from: Whence, headers: HeaderMap, body: Body) -> Answered {
    let mut fields = Fields::read(&headers, body).await?;
    let (email, password) = (fields.required("email")?, fields.required("password")?);
    Ok(tokens(&timely(doors.app.sign_in(&email, &password, whence(from))).await?))
}

async fn refresh(State(doors): State<Doors>, from: Whence, headers: HeaderMap, body: Body) -> Answered {
    let token = Fields::read(&headers, body).await?.required("refreshToken")?;
    Ok(tokens(&timely(doors.app.refresh_tokens(&token, whence(from))).await?))
}

async fn sign_out(State(doors): State<Doors>, from: Whence, headers: HeaderMap, body: Body) -> Answered {
    let token = Fields::read(&headers, body).await?.required("refreshToken")?;
    timely(doors.app.sign_out(&token, whence(from))).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn sign_out_everywhere(
    State(doors): State<Doors>,
    Extension(scope): Extension<Arc<Scope>>,
    Extension(left): Extension<TimeLeft>,
) -> Answered {
    let ended = within(left.0, doors.app.sign_out_everywhere(&scope)).await?;
    Ok(Json(json!({ "sessionsEnded": ended })).into_response())
}

async fn change_password(
    State(doors): State<Doors>,
    Extension(scope): Extension<Arc<Scope>>,
    Extension(left): Extension<TimeLeft>,
    headers: HeaderMap,
    body: Body,
) -> Answered {
    let mut fields = Fields::read(&headers, body).await?;
    let (old, new) = (fields.required("password")?, fields.required("newPassword")?);
    within(left.0, doors.app.change_password(&scope, &old, &new)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What an invitation is to, for whoever has its link.
fn shown(doors: &Doors, invitation: &Invitation) -> Value {
    let municipality = match invitation.grant {
        Grant::Municipal(code, _) => {
            let reference = doors.app.reference();
            let name = reference.find(code).map(|at| reference.municipalities()[at].name.clone());
            json!({ "code": code.to_string(), "name": name })
        }
        Grant::Instance(_) => Value::Null,
    };
    let role = invitation.grant.role();
    json!({
        "email": invitation.email,
        "name": invitation.name,
        "role": role.name(),
        "roleJa": role.japanese(),
        "municipality": municipality,
        "invitedBy": invitation.invited_by,
    })
}

async fn invitation(State(doors): State<Doors>, from: Whence, headers: HeaderMap, body: Body) -> Answered {
    let secret = Fields::read(&headers, body).await?.required("invitation")?;
    let invitation = timely(doors.app.invitation(&secret, whence(from))).await?;
    Ok(Json(shown(&doors, &invitation)).into_response())
}

async fn accept(State(doors): State<Doors>, from: Whence, headers: HeaderMap, body: Body) -> Answered {
    let mut fields = Fields::read(&headers, body).await?;
    let (secret, password) = (fields.required("invitation")?, fields.required("password")?);
    let (email, name) = (fields.optional("email")?, fields.optional("name")?);
    let accepting = doors.app.accept_invitation(&secret, &password, email.as_deref(), name.as_deref(), whence(from));
    Ok(tokens(&timely(accepting).await?))
}

/// A new password by a link of those who run the instance.
async fn reset(State(doors): State<Doors>, from: Whence, headers: HeaderMap, body: Body) -> Answered {
    let mut fields = Fields::read(&headers, body).await?;
    let (secret, password) = (fields.required("link")?, fields.required("password")?);
    Ok(tokens(&timely(doors.app.reset_password(&secret, &password, whence(from))).await?))
}

async fn providers(State(doors): State<Doors>) -> Response {
    let all: Vec<Value> = doors.app.providers().map(|of| json!({ "id": of.id, "name": of.name })).collect();
    Json(all).into_response()
}

async fn start(
    State(doors): State<Doors>,
    from: Whence,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answered {
    let invitation = Fields::read(&headers, body).await?.optional("invitation")?;
    let begun = timely(doors.app.begin_with_provider(&id, invitation, whence(from))).await?;
    Ok(Json(json!({ "url": begun.url, "attempt": begun.attempt.reveal() })).into_response())
}

async fn finish(State(doors): State<Doors>, from: Whence, headers: HeaderMap, body: Body) -> Answered {
    let mut fields = Fields::read(&headers, body).await?;
    let attempt = fields.required("attempt")?;
    let answer =
        Answer { state: fields.required("state")?, code: fields.required("code")?, issuer: fields.optional("iss")? };
    Ok(tokens(&timely(doors.app.finish_with_provider(&attempt, &answer, whence(from))).await?))
}

/// The public keys with which anybody can verify an access token (RFC 7517).
async fn keys(State(doors): State<Doors>) -> Response {
    let headers = [(header::CACHE_CONTROL, "public, max-age=30"), (header::CONTENT_TYPE, "application/jwk-set+json")];
    (headers, doors.app.jwks().to_string()).into_response()
}
