//! The people of a municipality: invited, given roles, taken roles, disabled; and accounts that nobody takes over.

use anyhow::{Context, Result};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_testing::{Backend, PASSWORD, TestServer, both_backends};

use super::{
    OPERATOR, RESEARCHER, SAPPORO, SUNAGAWA, Tokens, VIEWER, accept, administrator, ask, believed, change, changed,
    code, invited, mended, post, refresh, secret, seen, server, sign_in, signed_in, somebody, trail,
};

both_backends!(
    a_municipality_gets_its_people,
    the_last_one_stays,
    one_person_in_several_municipalities,
    a_link_takes_over_nobodys_account,
    a_disabled_user_is_out,
    who_lost_a_password_gets_a_link,
);

const MAYOR: &str = "machi@city.sunagawa.lg.jp";
const NEW: &str = "a different horse, and another battery";

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("no text: {value}"))
}

/// Invites somebody by the API and accepts the link.
async fn joined(server: &TestServer, by: &str, input: Value) -> Result<Tokens> {
    let made = changed(server, by, "invitePerson", input, "link").await?;
    Tokens::of(accept(server, &secret(text(&made["link"])?)?, PASSWORD).await?).await
}

/// The code of the error with which somebody's question is answered.
async fn refusal(server: &TestServer, bearer: &str, query: &str) -> Result<String> {
    let answer = server.ask_as(Some(bearer), query, json!({})).await?;
    answer.code().map(str::to_owned).with_context(|| format!("not refused: {answer:?}"))
}

async fn a_municipality_gets_its_people(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let operator = somebody(&server, "unyo@example.jp", OPERATOR).await?.access;
    let foreign = somebody(&server, "sapporo@example.jp", administrator(SAPPORO)?).await?.access;
    let person =
        |email: &str, role: &str| json!({ "municipality": SUNAGAWA, "email": email, "name": email, "role": role });
    let admin = joined(&server, &operator, person(MAYOR, "ADMINISTRATOR")).await?.access;

    let names = |name: &str| json!({ "municipality": SUNAGAWA, "name": name });
    let gives = "department { id key name }";
    let department = changed(&server, &admin, "createDepartment", names("政策調整課（試験）"), gives).await?;
    let department = department["department"].clone();
    assert_eq!(mended(&server, &admin, "createDepartment", names("政策調整課（試験）")).await?, "CONFLICT name");
    assert_eq!(mended(&server, &admin, "createDepartment", names(" ")).await?, "BAD_USER_INPUT name");

    let invite = person("tanto@example.jp", "REPORTER");
    assert_eq!(
        mended(&server, &admin, "invitePerson", invite.clone()).await?,
        "BAD_USER_INPUT role",
        "which department?"
    );
    let mut invite = invite;
    invite["department"] = department["id"].clone();
    let reporter = joined(&server, &admin, invite).await?.access;
    let viewer = ask(&server, &reporter, VIEWER, json!({})).await?["viewer"].clone();
    let role = |role: &str, department: &Value| json!({ "role": role, "municipality": { "code": SUNAGAWA }, "departmentKey": department });
    assert_eq!(viewer["roles"], json!([role("REPORTER", &department["key"])]));
    assert_eq!(mended(&server, &admin, "deleteDepartment", json!({ "id": department["id"] })).await?, "CONFLICT id");

    // What each may and may not.
    let drafts = "{ drafts(municipality: \"012262\") { id } }";
    let people = "{ memberships(municipality: \"012262\", first: 9) { nodes { id role user { id email } } } }";
    ask(&server, &reporter, drafts, json!({})).await?;
    assert_eq!(refusal(&server, &reporter, people).await?, "FORBIDDEN");
    assert_eq!(refusal(&server, &foreign, drafts).await?, "NOT_FOUND", "a stranger learns of nothing");
    assert_eq!(refusal(&server, &foreign, people).await?, "NOT_FOUND");
    let invite = "mutation { invitePerson(input: { municipality: \"012262\", email: \"x@example.jp\", name: \"X\", \
         role: ADMINISTRATOR }) { link } }";
    assert_eq!(refusal(&server, &reporter, invite).await?, "FORBIDDEN");
    assert_eq!(refusal(&server, &foreign, invite).await?, "NOT_FOUND");
    assert_eq!(refusal(&server, &admin, "{ audit(first: 1) { nodes { id } } }").await?, "FORBIDDEN");

    // A role more, and one less: at once, with the token that is there.
    let members = ask(&server, &admin, people, json!({})).await?["memberships"]["nodes"].clone();
    assert_eq!(members[1]["user"]["email"], "tanto@example.jp");
    let grant = json!({ "municipality": SUNAGAWA, "user": members[1]["user"]["id"], "role": "PLANNER" });
    let planner = changed(&server, &admin, "grantRole", grant.clone(), "membership { id role }").await?;
    assert_eq!(mended(&server, &admin, "grantRole", grant).await?, "CONFLICT role");
    let viewer = ask(&server, &reporter, VIEWER, json!({})).await?["viewer"].clone();
    assert_eq!(viewer["roles"], json!([role("REPORTER", &department["key"]), role("PLANNER", &Value::Null)]));
    changed(&server, &reporter, "createDepartment", names("planners may"), "").await?;
    for membership in [&planner["membership"]["id"], &members[1]["id"]] {
        let input = json!({ "id": membership, "reason": "異動" });
        changed(&server, &admin, "revokeRole", input, "membership { role }").await?;
    }
    assert_eq!(refusal(&server, &reporter, drafts).await?, "NOT_FOUND", "a stranger again");
    assert!(believed(&server, &reporter).await?, "and still a user");
    // The invitation that was accepted keeps no department from going.
    changed(&server, &admin, "deleteDepartment", json!({ "id": department["id"] }), "").await?;

    assert_eq!(
        trail(&server, &admin, Some(SUNAGAWA)).await?,
        [
            "MACHINE strategy_created strategy".to_owned(),
            "MACHINE published strategy".to_owned(),
            "unyo@example.jp invited invitation".to_owned(),
            format!("{MAYOR} invitation_accepted invitation"),
            format!("{MAYOR} department_added department"),
            format!("{MAYOR} invited invitation"),
            "tanto@example.jp invitation_accepted invitation".to_owned(),
            format!("{MAYOR} role_granted membership"),
            "tanto@example.jp department_added department".to_owned(),
            format!("{MAYOR} role_revoked membership"),
            format!("{MAYOR} role_revoked membership"),
            format!("{MAYOR} department_removed department"),
        ]
    );
    let reasons = "{ audit(municipality: \"012262\", first: 2, filter: { action: \"ManagePeople\" }) { nodes { reason before } } }";
    let reasons = ask(&server, &admin, reasons, json!({})).await?["audit"]["nodes"].clone();
    assert_eq!(reasons[0]["reason"], "異動");
    assert!(text(&reasons[0]["before"])?.contains("reporter"), "{reasons}");
    Ok(())
}

async fn the_last_one_stays(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let operator = somebody(&server, "unyo@example.jp", OPERATOR).await?.access;
    let admin = somebody(&server, MAYOR, administrator(SUNAGAWA)?).await?.access;
    let people = "{ memberships(municipality: \"012262\", first: 9) { nodes { id role user { id } } } }";
    let member = ask(&server, &admin, people, json!({})).await?["memberships"]["nodes"][0].clone();
    let revoke = json!({ "id": member["id"] });
    for by in [&admin, &operator] {
        assert_eq!(mended(&server, by, "revokeRole", revoke.clone()).await?, "CONFLICT id");
    }
    // One who may not sign in is none to rely on.
    somebody(&server, "second@example.jp", administrator(SUNAGAWA)?).await?;
    let second = ask(&server, &admin, people, json!({})).await?["memberships"]["nodes"][1]["user"]["id"].clone();
    changed(&server, &operator, "disableUser", json!({ "user": second }), "").await?;
    assert_eq!(mended(&server, &admin, "revokeRole", revoke.clone()).await?, "CONFLICT id");
    changed(&server, &operator, "enableUser", json!({ "user": second }), "").await?;
    changed(&server, &admin, "revokeRole", revoke, "").await?;

    let me = ask(&server, &operator, VIEWER, json!({})).await?["viewer"]["user"]["id"].clone();
    let role = json!({ "user": me, "role": "OPERATOR" });
    assert_eq!(mended(&server, &operator, "revokeInstanceRole", role.clone()).await?, "CONFLICT id");
    assert_eq!(mended(&server, &operator, "disableUser", json!({ "user": me })).await?, "CONFLICT id");
    // Of two operators who take each other's role at once, one stays.
    let other = somebody(&server, "other@example.jp", OPERATOR).await?.access;
    let of_other = ask(&server, &other, VIEWER, json!({})).await?["viewer"]["user"]["id"].clone();
    let role_of_other = json!({ "user": of_other, "role": "OPERATOR" });
    let (one, two) = tokio::join!(
        change(&server, &other, "revokeInstanceRole", role, ""),
        change(&server, &operator, "revokeInstanceRole", role_of_other, "")
    );
    let done = [one, two].iter().filter(|of| of.as_ref().is_ok_and(|of| of["userErrors"] == json!([]))).count();
    assert_eq!(done, 1);
    assert_eq!(server.app().first_operator().await?, None, "somebody runs it");
    Ok(())
}

async fn one_person_in_several_municipalities(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    somebody(&server, MAYOR, administrator(SUNAGAWA)?).await?;
    let foreign = somebody(&server, "sapporo@example.jp", administrator(SAPPORO)?).await?.access;
    let input =
        json!({ "municipality": SAPPORO, "email": "Machi@city.sunagawa.lg.jp", "name": "Another", "role": "REVIEWER" });
    let made = changed(&server, &foreign, "invitePerson", input, "link").await?;
    let link = secret(text(&made["link"])?)?;
    // Whoever has an account proves that it is theirs; the link stays good meanwhile, and the password what it was.
    assert_eq!(accept(&server, &link, "a password of my choosing").await?.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(accept(&server, &link, "").await?.status(), StatusCode::BAD_REQUEST, "as where there is no account");
    let both = Tokens::of(accept(&server, &link, PASSWORD).await?).await?.access;
    let viewer = ask(&server, &both, VIEWER, json!({})).await?["viewer"].clone();
    assert_eq!(viewer["user"]["name"], MAYOR, "the name is theirs, not the one on the link");
    let places: Vec<_> = viewer["roles"]
        .as_array()
        .context("roles")?
        .iter()
        .map(|of| (&of["role"], &of["municipality"]["code"]))
        .collect();
    assert_eq!(places, [(&json!("ADMINISTRATOR"), &json!(SUNAGAWA)), (&json!("REVIEWER"), &json!(SAPPORO))]);
    let of = |code: &str| format!("{{ memberships(municipality: \"{code}\", first: 9) {{ nodes {{ id role }} }} }}");
    ask(&server, &both, &of(SUNAGAWA), json!({})).await?;
    assert_eq!(refusal(&server, &both, &of(SAPPORO)).await?, "FORBIDDEN", "an administrator of one, not of the other");
    // What one municipality takes away is nothing to the other.
    let members = ask(&server, &foreign, &of(SAPPORO), json!({})).await?["memberships"]["nodes"].clone();
    changed(&server, &foreign, "revokeRole", json!({ "id": members[1]["id"] }), "").await?;
    assert_eq!(refusal(&server, &both, &of(SAPPORO)).await?, "NOT_FOUND");
    ask(&server, &both, &of(SUNAGAWA), json!({})).await?;
    Ok(())
}

async fn a_link_takes_over_nobodys_account(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    // The link of a new instance is for whoever has it; whoever has it has not everybody's account.
    let first = secret(&server.app().first_operator().await?.context("a link")?)?;
    let victim = somebody(&server, MAYOR, RESEARCHER).await?.access;
    let admin = somebody(&server, "mallory@example.jp", administrator(SUNAGAWA)?).await?.access;
    let invite = json!({ "municipality": SUNAGAWA, "email": MAYOR, "name": "Mallory", "role": "PLANNER" });
    let made = changed(&server, &admin, "invitePerson", invite, "link").await?;
    let made = secret(text(&made["link"])?)?;
    let take = |secret: &str, email: &str| {
        let body =
            json!({ "invitation": secret, "password": "a password of my choosing", "email": email, "name": "M" });
        post(&server, "/auth/invitation/accept", body)
    };
    for (link, email) in
        [(&made, MAYOR), (&made, "mallory@example.jp"), (&first, MAYOR), (&first, " ＭＡＣＨＩ@city.sunagawa.lg.jp")]
    {
        assert_eq!(take(link, email).await?.status(), StatusCode::UNAUTHORIZED, "{email}");
    }
    let roles = ask(&server, &victim, VIEWER, json!({})).await?["viewer"]["roles"].clone();
    assert_eq!(roles, json!([{ "role": "RESEARCHER", "municipality": null, "departmentKey": null }]));
    signed_in(&server, MAYOR).await?;
    assert_eq!(sign_in(&server, MAYOR, "a password of my choosing").await?.status(), StatusCode::UNAUTHORIZED);

    // Nor is the account's password guessed by way of a link from many addresses.
    let mut last = StatusCode::UNAUTHORIZED;
    for _ in 0..60 {
        last = take(&made, MAYOR).await?.status();
        if last != StatusCode::UNAUTHORIZED {
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    Ok(())
}

async fn a_disabled_user_is_out(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let operator = somebody(&server, "unyo@example.jp", OPERATOR).await?.access;
    let planner = Grant::Municipal(code(SUNAGAWA)?, MunicipalRole::Planner);
    let tokens = somebody(&server, MAYOR, planner).await?;
    let open = invited(&server, MAYOR, administrator(SAPPORO)?).await?;
    let user = ask(&server, &tokens.access, VIEWER, json!({})).await?["viewer"]["user"]["id"].clone();
    let input = json!({ "user": user, "reason": "退職" });
    changed(&server, &operator, "disableUser", input, "account { disabledAt }").await?;
    assert!(!believed(&server, &tokens.access).await?, "at once");
    let never = seen(sign_in(&server, "nobody@example.jp", PASSWORD).await?).await?;
    assert_eq!(seen(sign_in(&server, MAYOR, PASSWORD).await?).await?, never);
    assert_eq!(seen(refresh(&server, &tokens.refresh).await?).await?, never);
    assert_eq!(seen(accept(&server, &open, PASSWORD).await?).await?, never, "not by a link either");
    changed(&server, &operator, "enableUser", json!({ "user": user }), "account { disabledAt }").await?;
    assert!(!believed(&server, &tokens.access).await?, "what has ended does not begin again");
    let tokens = signed_in(&server, MAYOR).await?;
    let ended = changed(&server, &operator, "endSessions", json!({ "user": user }), "ended").await?;
    assert_eq!(ended["ended"], 1);
    assert!(!believed(&server, &tokens.access).await?);
    let trail = trail(&server, &operator, None).await?;
    for event in ["user_disabled", "user_enabled", "signed_out_everywhere"] {
        assert!(trail.contains(&format!("unyo@example.jp {event} user")), "{event}: {trail:#?}");
    }
    Ok(())
}

async fn who_lost_a_password_gets_a_link(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let operator = somebody(&server, "unyo@example.jp", OPERATOR).await?.access;
    let tokens = somebody(&server, MAYOR, administrator(SUNAGAWA)?).await?;
    let user = ask(&server, &tokens.access, VIEWER, json!({})).await?["viewer"]["user"]["id"].clone();
    let link = async || -> Result<String> {
        let made = changed(&server, &operator, "resetPassword", json!({ "user": user }), "link").await?;
        secret(text(&made["link"])?)
    };
    let choose = async |link: &str, password: &str| {
        post(&server, "/auth/reset", json!({ "link": link, "password": password })).await
    };
    let refused = seen(choose("nonsense", NEW).await?).await?;
    assert_eq!(refused.0, StatusCode::UNAUTHORIZED);

    // Nothing has changed yet, and a bad password leaves the link good.
    let (first, second) = (link().await?, link().await?);
    ask(&server, &tokens.access, VIEWER, json!({})).await?;
    assert_eq!(choose(&first, "password").await?.status(), StatusCode::BAD_REQUEST);
    let anew = Tokens::of(choose(&first, NEW).await?).await?;
    assert!(believed(&server, &anew.access).await?);
    assert!(!believed(&server, &tokens.access).await?, "whoever was signed in is signed out");
    assert_eq!(refresh(&server, &tokens.refresh).await?.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&server, MAYOR, PASSWORD).await?.status(), StatusCode::UNAUTHORIZED);
    Tokens::of(sign_in(&server, MAYOR, NEW).await?).await?;
    // It works once, and takes others with it.
    for used in [&first, &second] {
        assert_eq!(seen(choose(used, PASSWORD).await?).await?, refused);
    }

    // Not for ever, and not for one who may not sign in.
    let late = link().await?;
    server.advance(time::Duration::hours(25));
    assert_eq!(seen(choose(&late, PASSWORD).await?).await?, refused);
    let operator = Tokens::of(sign_in(&server, "unyo@example.jp", PASSWORD).await?).await?.access;
    let made = changed(&server, &operator, "resetPassword", json!({ "user": user }), "link").await?;
    changed(&server, &operator, "disableUser", json!({ "user": user }), "").await?;
    assert_eq!(seen(choose(&secret(text(&made["link"])?)?, PASSWORD).await?).await?, refused);
    let trail = trail(&server, &operator, None).await?;
    let told = |line: &str| trail.iter().filter(|told| *told == line).count();
    assert_eq!(told("unyo@example.jp reset_link_made user"), 4);
    assert_eq!(told(&format!("{MAYOR} password_reset user")), 1, "{trail:?}");
    Ok(())
}
