//! Who is not believed, and what those who are believed are told about themselves.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::json;
use shirube_access::{
    Grant, InstanceRole, KeyScope, Origin, Scope,
    table::{Action, Place, ReadInstance, TABLE, TargetKind},
};
use shirube_app::{KeyPlace, Unbelieved};
use shirube_testing::{Backend, TestService, both_backends};
use time::Duration;

use super::house::{HERE, House, Principal, THERE, code};

both_backends!(who_is_not_believed_is_refused_at_the_door);

/// Whether the service believes it. To be in doubt is neither.
async fn believed(service: &TestService, bearer: &str) -> Result<bool> {
    match service.app.scope(Some(bearer), Origin::default()).await {
        Ok(_) => Ok(true),
        Err(Unbelieved::NotBelieved) => Ok(false),
        Err(Unbelieved::Failed(error)) => Err(error.into()),
    }
}

async fn who_is_not_believed_is_refused_at_the_door(backend: Backend) -> Result<()> {
    let house = House::new(backend, true).await?;
    let (service, machine) = (&house.service, Scope::machine());
    let role = [Grant::Instance(InstanceRole::Researcher)];
    let disabled = service.user("disabled@city.example", &role).await?;
    let signed_out = service.user("gone@city.example", &role).await?;
    let user = async |token: &str| {
        let scope = service.scope(Some(token)).await?;
        Ok::<_, anyhow::Error>(scope.user().context("a user signed in")?.id)
    };
    let mut keys = Vec::new();
    for place in [KeyPlace::Municipality(code(HERE)), KeyPlace::User(user(&signed_out).await?)] {
        let scopes = vec![KeyScope::ReadPublished];
        let made = service.app.make_key(&machine, place, "鍵", scopes, house.later).await?;
        keys.push((place, made.key.id, made.secret.reveal().to_owned()));
    }
    let of_disabled = KeyPlace::User(user(&disabled).await?);
    let scopes = vec![KeyScope::ReadPublished];
    let made = service.app.make_key(&machine, of_disabled, "鍵", scopes, house.later).await?;
    let key_of_disabled = made.secret.reveal().to_owned();

    let revoked = keys.iter().map(|(_, _, secret)| secret);
    let later_refused: Vec<&String> = [&disabled, &signed_out, &key_of_disabled].into_iter().chain(revoked).collect();
    for bearer in &later_refused {
        assert!(believed(service, bearer).await?, "{bearer}");
    }
    service.app.set_user_enabled(&machine, user(&disabled).await?, false, None).await?;
    for (place, id, _) in &keys {
        service.app.revoke_key(&machine, *place, *id).await?;
    }
    service.app.end_sessions(&machine, user(&signed_out).await?).await?;
    for bearer in later_refused {
        assert!(!believed(service, bearer).await?, "{bearer}");
        assert!(service.ask_as(Some(bearer), "{ instance { version } }", json!(null)).await.is_err());
    }
    service.app.set_user_enabled(&machine, house.guest, false, None).await?;

    // Time alone ends the rest: tokens within minutes, keys when they say.
    let token = house.principal("operator").bearer.as_deref().context("an operator signs in")?;
    let key = house.principal("a researcher's key").bearer.as_deref().context("a key is shown")?;
    assert!(believed(service, token).await? && believed(service, key).await?);
    service.advance(Duration::minutes(16));
    assert!(!believed(service, token).await? && believed(service, key).await?);
    service.advance(Duration::days(7));
    assert!(!believed(service, token).await? && !believed(service, key).await?);
    Ok(())
}

/// All that the access table lets somebody do where they have something to do with.
fn permitted(of: &Principal, public_read: bool) -> Vec<(String, Option<String>)> {
    let mut places = vec![Place::Instance];
    places.extend(of.user().map(Place::User));
    places.extend([HERE, THERE].map(code).into_iter().filter(|code| of.belongs_to(*code)).map(Place::Municipality));
    let mut all = Vec::new();
    for row in TABLE {
        for place in &places {
            let (kind, code) = match place {
                Place::Instance => (TargetKind::Instance, None),
                Place::User(_) => (TargetKind::Own, None),
                Place::Municipality(code) => (TargetKind::Municipality, Some(code.to_string())),
            };
            if kind == row.target && of.may(row, *place, public_read) {
                all.push((row.action.to_owned(), code));
            }
        }
    }
    all
}

/// Everybody is told that and no more.
pub(super) async fn every_viewer(house: &House) -> Result<()> {
    for of in &house.principals {
        let query = "{ viewer { permissions { action municipality { code } } } }";
        let scope = Arc::new(house.service.scope(of.bearer.as_deref()).await?);
        let answer = house.service.ask_of(&scope, query, json!(null)).await?;
        let expected = permitted(of, house.public_read);
        let known = scope.permissions().into_iter().map(|(row, place)| match place {
            Place::Municipality(code) => (row.action.to_owned(), Some(code.to_string())),
            Place::Instance | Place::User(_) => (row.action.to_owned(), None),
        });
        assert_eq!(known.collect::<Vec<_>>(), expected, "{}", of.name);
        if let Some(code) = of.refusal(&ReadInstance::ROW, Place::Instance, house.public_read) {
            assert_eq!(answer.code(), Some(code), "{}", of.name);
            continue;
        }
        let viewer = answer.data()?["viewer"].take();
        let listed = viewer["permissions"].as_array().context("a list")?.iter().map(|permission| {
            let code = permission["municipality"]["code"].as_str().map(str::to_owned);
            (permission["action"].as_str().unwrap_or_default().to_owned(), code)
        });
        assert_eq!(listed.collect::<Vec<_>>(), expected, "{}", of.name);
    }
    Ok(())
}
