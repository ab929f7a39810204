//! `shirube user`, `key` and `token`: what the API does, for somebody who has the machine.

use std::sync::Arc;

use shirube_access::{Grant, InstanceRole, KeyScope, MunicipalRole, Role, Scope};
use shirube_app::{App, KeyPlace, SignInError};
use shirube_domain::{ApiKeyId, Error, municipality::MunicipalityCode};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    Failure, Settings,
    serve::{application, clock, open, public_url},
    settings::{KeyCommand, KeyOwnerArgs, RoleArgs, TokenCommand, UserCommand},
};

pub(crate) async fn app(settings: &Settings) -> Result<App, Failure> {
    let store = open(&settings.store()).await?;
    application(settings, store, public_url(settings, settings.listen), clock()).await
}

pub(crate) fn code(text: &str) -> Result<MunicipalityCode, Failure> {
    Ok(text.parse::<MunicipalityCode>()?.current())
}

fn instant(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

/// `shirube user …`
pub(crate) async fn user(settings: &Settings, command: UserCommand) -> Result<(), Failure> {
    let (app, scope) = (app(settings).await?, Scope::machine());
    match command {
        UserCommand::Invite { email, name, role: name_of_role, municipality, department } => {
            let of = (municipality.as_deref(), department.as_deref());
            let link = match role(&app, &scope, &name_of_role, of.0, of.1).await? {
                Grant::Instance(role) => app.invite_to_instance(&scope, &email, &name, role).await?,
                Grant::Municipal(code, role) => app.invite(&scope, code, &email, &name, role).await?,
            }
            .link;
            println!("Send this link to {email}; it works once, within seven days:\n  {link}");
        }
        UserCommand::List { municipality: Some(municipality) } => {
            for member in app.members(&scope, code(&municipality)?).await? {
                let department = member.department.map(|of| format!(" ({})", of.name)).unwrap_or_default();
                let disabled = if member.enabled { "" } else { ", disabled" };
                println!("{} {}: {}{department}{disabled}", member.user.email, member.user.name, member.role.role());
            }
        }
        UserCommand::List { municipality: None } => {
            for of in app.users(&scope).await? {
                let roles: Vec<&str> = of.roles.iter().map(|role| role.role().name()).collect();
                let roles = if roles.is_empty() { String::new() } else { format!(": {}", roles.join(", ")) };
                let disabled = if of.disabled_at.is_some() { ", disabled" } else { "" };
                println!("{} {}{roles}{disabled}", of.user.email, of.user.name);
            }
        }
        UserCommand::Disable { email, reason } => {
            let of = app.user_of_email(&scope, &email).await?;
            app.set_user_enabled(&scope, of.user.id, false, reason).await?;
            println!("{} may not sign in any more; all sessions were ended.", of.user.email);
        }
        UserCommand::Enable { email, reason } => {
            let of = app.user_of_email(&scope, &email).await?;
            app.set_user_enabled(&scope, of.user.id, true, reason).await?;
            println!("{} may sign in.", of.user.email);
        }
        UserCommand::Grant(args) => set_role(&app, &scope, args, true).await?,
        UserCommand::Revoke(args) => set_role(&app, &scope, args, false).await?,
        UserCommand::Reset { email } => {
            let of = app.user_of_email(&scope, &email).await?;
            let link = app.reset_link(&scope, of.user.id).await?;
            println!("Send this link to {}; it works once, within a day:\n  {link}", of.user.email);
        }
        UserCommand::SignOut { email } => {
            let of = app.user_of_email(&scope, &email).await?;
            let ended = app.end_sessions(&scope, of.user.id).await?;
            println!("{ended} sessions of {} were ended.", of.user.email);
        }
    }
    Ok(())
}

/// A role that somebody typed: in the instance, or in a municipality.
async fn role(
    app: &App,
    scope: &Scope,
    role: &str,
    municipality: Option<&str>,
    department: Option<&str>,
) -> Result<Grant, Failure> {
    let role = Role::ALL.into_iter().find(|of| of.name() == role).ok_or_else(|| {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("“{role}” is not a role; it is one of {}", names.join(", "))
    })?;
    let Some(municipality) = municipality else {
        let role = InstanceRole::named(role.name()).ok_or("name the municipality of this role with --municipality")?;
        return Ok(Grant::Instance(role));
    };
    let code = code(municipality)?;
    let department = match department {
        Some(name) => {
            let all = app.departments(scope, code).await?;
            let found = all.into_iter().find(|of| of.name == name);
            Some(found.ok_or_else(|| format!("{code} has no department “{name}”"))?.id)
        }
        None => None,
    };
    Ok(Grant::Municipal(code, MunicipalRole::new(role, department)?))
}

/// Gives a user a role, or takes it.
async fn set_role(app: &App, scope: &Scope, args: RoleArgs, has: bool) -> Result<(), Failure> {
    let RoleArgs { email, role: name, municipality, department } = args;
    let user = app.user_of_email(scope, &email).await?.user;
    match role(app, scope, &name, municipality.as_deref(), department.as_deref()).await? {
        Grant::Instance(role) => {
            app.set_instance_role(scope, user.id, role, has).await?;
        }
        Grant::Municipal(code, role) if has => {
            app.grant_role(scope, code, user.id, role).await.map_err(|error| match error {
                Error::NotFound { .. } => {
                    format!("{} has no role in {code} yet; invite them with `shirube user invite`", user.email).into()
                }
                other => Failure::from(other),
            })?;
        }
        Grant::Municipal(code, role) => {
            let members = app.members(scope, code).await?;
            let held = members.into_iter().find(|of| of.user.id == user.id && of.role == role);
            let held = held.ok_or_else(|| format!("{} has no such role", user.email))?;
            app.revoke_role(scope, code, held.id, None).await?;
        }
    }
    println!("{} {} the role {name}.", user.email, if has { "has" } else { "has no longer" });
    Ok(())
}

async fn place(app: &App, scope: &Scope, owner: &KeyOwnerArgs) -> Result<KeyPlace, Failure> {
    Ok(match (&owner.municipality, &owner.email) {
        (Some(municipality), _) => KeyPlace::Municipality(code(municipality)?),
        (None, email) => {
            let email = email.as_deref().unwrap_or_default();
            KeyPlace::User(app.user_of_email(scope, email).await?.user.id)
        }
    })
}

/// `shirube key …`
pub(crate) async fn key(settings: &Settings, command: KeyCommand) -> Result<(), Failure> {
    let (app, scope) = (app(settings).await?, Scope::machine());
    match command {
        KeyCommand::Create { owner, name, scope: names, days } => {
            let read = |name: &String| {
                let known: Vec<&str> = KeyScope::ALL.iter().map(|scope| scope.name()).collect();
                KeyScope::named(name)
                    .ok_or_else(|| format!("“{name}” is not a scope; it is one of {}", known.join(", ")))
            };
            let scopes = names.iter().map(read).collect::<Result<_, _>>()?;
            let expires_at = (clock().now() + Duration::days(days.into())).truncate_to_second();
            let place = place(&app, &scope, &owner).await?;
            let made = app.make_key(&scope, place, &name, scopes, expires_at).await?;
            println!(
                "The key is good until {}. Its secret is shown this once; send it as `Authorization: Bearer …`:\n  {}",
                instant(made.key.expires_at),
                made.secret.reveal()
            );
        }
        KeyCommand::List { owner } => {
            let place = place(&app, &scope, &owner).await?;
            for key in app.keys(&scope, place).await? {
                let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
                let used = key.used_at.map_or("never used".to_owned(), |at| format!("last used {}", instant(at)));
                let end = match key.revoked_at {
                    Some(at) => format!("revoked {}", instant(at)),
                    None => format!("good until {}", instant(key.expires_at)),
                };
                println!("{} {}: {}; {used}; {end}", key.id, key.name, scopes.join(", "));
            }
        }
        KeyCommand::Revoke { owner, id } => {
            let place = place(&app, &scope, &owner).await?;
            let id =
                Uuid::parse_str(&id).map_err(|_| format!("“{id}” is not the id of a key; see `shirube key list`"))?;
            let key = app.revoke_key(&scope, place, ApiKeyId::from_uuid(id)).await?;
            println!("The key “{}” is revoked; it stops within seconds.", key.name);
        }
    }
    Ok(())
}

/// `shirube token …`
pub(crate) async fn token(settings: &Settings, command: TokenCommand) -> Result<(), Failure> {
    let folder = shirube_access::KeyFolder::new(settings.keys.clone());
    let now = clock().now();
    match command {
        TokenCommand::Rotate { revoke_old } => {
            let ring = folder.rotate(now, revoke_old)?;
            match ring.keys().last() {
                Some(newest) if revoke_old => {
                    println!("{} signs from now on; access tokens of before are void.", newest.kid());
                }
                Some(newest) => println!("{} is published, and signs in a minute. Nobody is signed out.", newest.kid()),
                None => {}
            }
        }
        TokenCommand::Keys => {
            let ring = folder.open(now)?;
            let signing = ring.signing(now).kid();
            for key in ring.keys() {
                let signs = if key.kid() == signing { ", signs" } else { "" };
                println!("{} made {}{signs}", key.kid(), instant(key.made()));
            }
        }
        TokenCommand::Issue { email } => {
            let issued = Arc::new(app(settings).await?).issue_tokens(&Scope::machine(), &email).await;
            let tokens = issued.map_err(|error| match error {
                SignInError::Failed(error) => error,
                SignInError::BadInput(problem) => Error::BadInput(problem),
                SignInError::Refused | SignInError::Throttled(_) => Error::NotFound { what: "the user" },
            })?;
            println!("{}", tokens.access_token);
            eprintln!(
                "It is good for {} seconds. The refresh token: {}",
                tokens.expires_in,
                tokens.refresh_token.reveal()
            );
        }
    }
    Ok(())
}
