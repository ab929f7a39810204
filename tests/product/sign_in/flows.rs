//! The first operator, sessions from sign-in to sign-out, passwords, invitations.

use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};
use shirube_access::Scope;
use shirube_testing::{Backend, PASSWORD, TestServer, both_backends};
use time::Duration;

use super::{
    OPERATOR, RESEARCHER, SUNAGAWA, Tokens, VIEWER, accept, administrator, ask, believed, changed, invited, post,
    post_as, refresh, secret, seen, server, sign_in, signed_in, somebody, trail,
};

both_backends!(
    a_new_instance_gets_its_operator_by_a_link,
    a_session_goes_on_until_it_is_ended,
    a_stolen_refresh_token_ends_the_session,
    a_new_password_ends_the_other_sessions,
    whoever_is_not_let_in_hears_one_answer,
    an_invitation_works_once_and_in_time,
);

const MAYOR: &str = "machi@city.sunagawa.lg.jp";

async fn a_new_instance_gets_its_operator_by_a_link(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let link = async || server.app().first_operator().await;
    let first = secret(&link().await?.expect("nobody runs it yet"))?;
    let second = secret(&link().await?.expect("still nobody"))?;
    let show = async |secret: &str| post(&server, "/auth/invitation", json!({ "invitation": secret })).await;
    assert_eq!(show(&first).await?.status(), StatusCode::UNAUTHORIZED, "a new link takes the old one back");
    assert_eq!(
        show(&second).await?.json::<Value>().await?,
        json!({
            "email": null, "name": null, "role": "operator", "roleJa": "運用者", "municipality": null,
            "invitedBy": "machine",
        })
    );

    let with = async |password: &str, email: Value, name: Value| {
        let body = json!({ "invitation": second, "password": password, "email": email, "name": name });
        post(&server, "/auth/invitation/accept", body).await
    };
    let (email, name) = (json!(" Machi＠City.Sunagawa.lg.jp"), json!(" 街 花子 "));
    for (response, told) in [
        (with(PASSWORD, Value::Null, name.clone()).await?, "email: "),
        (with(PASSWORD, json!("machi"), name.clone()).await?, "email: "),
        (with(PASSWORD, email.clone(), Value::Null).await?, "name: "),
        (with(PASSWORD, email.clone(), json!("a\nb")).await?, "name: "),
        (with(PASSWORD, json!(7), name.clone()).await?, "email: "),
        (with("too short", email.clone(), name.clone()).await?, "password: "),
        (with("sunagawa1234", email.clone(), name.clone()).await?, "password: "),
    ] {
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{told}");
        let answer: Value = response.json().await?;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        assert!(answer["errors"][0]["message"].as_str().is_some_and(|message| message.contains(told)), "{answer}");
    }
    // What was mistyped has not used the link up.
    let tokens = Tokens::of(with(PASSWORD, email, name).await?).await?;
    let viewer = ask(&server, &tokens.access, VIEWER, json!({})).await?["viewer"].clone();
    assert_eq!(viewer["kind"], "USER");
    assert_eq!(viewer["user"]["name"], "街 花子");
    assert_eq!(viewer["user"]["email"], MAYOR);
    assert_eq!(viewer["roles"], json!([{ "role": "OPERATOR", "municipality": null, "departmentKey": null }]));
    assert_eq!(link().await?, None, "somebody runs it");
    assert_eq!(
        trail(&server, &tokens.access, None).await?,
        [
            "MACHINE reference_loaded instance",
            "MACHINE invited invitation",
            "MACHINE invitation_cancelled invitation",
            "MACHINE invited invitation",
            "街 花子 invitation_accepted invitation",
            "街 花子 signed_in session",
        ]
    );
    Ok(())
}

async fn a_session_goes_on_until_it_is_ended(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    somebody(&server, MAYOR, OPERATOR).await?;
    // An address is compared in one form, however it is typed.
    for spelled in
        [MAYOR, "Machi@CITY.sunagawa.lg.jp", "  machi@city.sunagawa.lg.jp\t", "ｍａｃｈｉ＠city.sunagawa.lg.jp"]
    {
        signed_in(&server, spelled).await?;
    }
    let desk = signed_in(&server, MAYOR).await?;
    let phone = signed_in(&server, MAYOR).await?;
    let sessions = ask(&server, &desk.access, VIEWER, json!({})).await?["viewer"]["sessions"].clone();
    assert_eq!(sessions.as_array().map(Vec::len), Some(7));

    // An access token is good for a quarter of an hour, and a refresh token gives a new one.
    server.advance(Duration::minutes(14));
    assert!(believed(&server, &desk.access).await?);
    server.advance(Duration::minutes(2));
    assert!(!believed(&server, &desk.access).await?);
    let desk = Tokens::of(refresh(&server, &desk.refresh).await?).await?;
    let phone = Tokens::of(refresh(&server, &phone.refresh).await?).await?;
    assert!(believed(&server, &desk.access).await?);

    let sign_out = async |token: &str| post(&server, "/auth/sign-out", json!({ "refreshToken": token })).await;
    assert_eq!(sign_out(&desk.refresh).await?.status(), StatusCode::NO_CONTENT);
    assert!(!believed(&server, &desk.access).await?, "at once");
    assert_eq!(refresh(&server, &desk.refresh).await?.status(), StatusCode::UNAUTHORIZED);
    assert!(believed(&server, &phone.access).await?, "another session goes on");
    for nothing_to_end in [desk.refresh.as_str(), "", "nonsense"] {
        assert_eq!(sign_out(nothing_to_end).await?.status(), StatusCode::NO_CONTENT);
    }

    let everywhere = "/auth/sign-out-everywhere";
    assert_eq!(post(&server, everywhere, json!({})).await?.status(), StatusCode::UNAUTHORIZED);
    assert!(believed(&server, &phone.access).await?);
    let ended = post_as(&server, &phone.access, everywhere, json!({})).await?;
    assert_eq!(ended.json::<Value>().await?, json!({ "sessionsEnded": 6 }));
    assert!(!believed(&server, &phone.access).await?);
    assert_eq!(refresh(&server, &phone.refresh).await?.status(), StatusCode::UNAUTHORIZED);

    // A session that nobody refreshes ends after two weeks, and any after three months.
    let idle = signed_in(&server, MAYOR).await?;
    server.advance(Duration::days(14));
    assert_eq!(refresh(&server, &idle.refresh).await?.status(), StatusCode::UNAUTHORIZED);
    let mut busy = signed_in(&server, MAYOR).await?;
    for _ in 0..6 {
        server.advance(Duration::days(13));
        busy = Tokens::of(refresh(&server, &busy.refresh).await?).await?;
    }
    server.advance(Duration::days(12));
    assert_eq!(refresh(&server, &busy.refresh).await?.status(), StatusCode::UNAUTHORIZED);

    let tokens = signed_in(&server, MAYOR).await?;
    let trail = trail(&server, &tokens.access, None).await?;
    let count = |event: &str| trail.iter().filter(|line| **line == format!("{MAYOR} {event}")).count();
    assert_eq!(count("signed_in session"), 10, "{trail:#?}");
    assert_eq!(count("refreshed session"), 8, "{trail:#?}");
    assert_eq!(count("signed_out session"), 1, "{trail:#?}");
    assert_eq!(count("signed_out_everywhere user"), 1, "{trail:#?}");
    Ok(())
}

async fn a_stolen_refresh_token_ends_the_session(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let other = somebody(&server, MAYOR, OPERATOR).await?;
    let old = signed_in(&server, MAYOR).await?;
    let new = Tokens::of(refresh(&server, &old.refresh).await?).await?;
    assert!(believed(&server, &old.access).await? && believed(&server, &new.access).await?);
    assert_eq!(refresh(&server, &old.refresh).await?.status(), StatusCode::UNAUTHORIZED, "it is good once");
    assert_eq!(refresh(&server, &new.refresh).await?.status(), StatusCode::UNAUTHORIZED, "one of the two is a thief");
    assert!(!believed(&server, &old.access).await? && !believed(&server, &new.access).await?);
    assert!(believed(&server, &other.access).await?, "another session is not concerned");

    // Of several at once one is first, and it is told to the audit trail.
    let old = signed_in(&server, MAYOR).await?;
    let (first, second, third) =
        tokio::join!(refresh(&server, &old.refresh), refresh(&server, &old.refresh), refresh(&server, &old.refresh));
    let mut granted = Vec::new();
    for response in [first?, second?, third?] {
        match response.status() {
            StatusCode::OK => granted.push(Tokens::of(response).await?),
            status => assert_eq!(status, StatusCode::UNAUTHORIZED),
        }
    }
    assert_eq!(granted.len(), 1);
    assert_eq!(refresh(&server, &granted[0].refresh).await?.status(), StatusCode::UNAUTHORIZED);
    assert!(!believed(&server, &granted[0].access).await? && !believed(&server, &old.access).await?);
    let trail = trail(&server, &other.access, None).await?;
    let reused = format!("{MAYOR} refresh_token_reused session");
    assert_eq!(trail.iter().filter(|line| **line == reused).count(), 2, "{trail:#?}");
    Ok(())
}

async fn a_new_password_ends_the_other_sessions(backend: Backend) -> Result<()> {
    const NEW: &str = "雪だるま 切手 海苔 自転車 灯台";
    let server = server(backend).await?;
    let here = somebody(&server, MAYOR, OPERATOR).await?;
    let there = signed_in(&server, MAYOR).await?;
    let change = async |bearer: &str, old: &str, new: &str| {
        post_as(&server, bearer, "/auth/password", json!({ "password": old, "newPassword": new })).await
    };
    assert_eq!(change(&here.access, "not the password", NEW).await?.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(change(&here.refresh, PASSWORD, NEW).await?.status(), StatusCode::UNAUTHORIZED);
    let anonymous = json!({ "password": PASSWORD, "newPassword": NEW });
    assert_eq!(post(&server, "/auth/password", anonymous).await?.status(), StatusCode::UNAUTHORIZED);
    let long = "長い".repeat(101);
    for weak in ["", "elevenchars", "passwordpassword", "machi@city.sunagawa.lg.jp", "123456789012", &long] {
        let response = change(&here.access, PASSWORD, weak).await?;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{weak}");
        assert!(response.text().await?.contains("newPassword: the password"), "{weak}");
    }
    assert!(believed(&server, &there.access).await?, "nothing has changed yet");

    assert_eq!(change(&here.access, PASSWORD, NEW).await?.status(), StatusCode::NO_CONTENT);
    assert!(believed(&server, &here.access).await?);
    assert!(!believed(&server, &there.access).await?);
    assert_eq!(refresh(&server, &there.refresh).await?.status(), StatusCode::UNAUTHORIZED);
    Tokens::of(refresh(&server, &here.refresh).await?).await?;
    assert_eq!(sign_in(&server, MAYOR, PASSWORD).await?.status(), StatusCode::UNAUTHORIZED);
    Tokens::of(sign_in(&server, MAYOR, NEW).await?).await?;
    let trail = trail(&server, &here.access, None).await?;
    assert!(trail.contains(&format!("{MAYOR} password_changed user")), "{trail:#?}");
    Ok(())
}

async fn whoever_is_not_let_in_hears_one_answer(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    somebody(&server, MAYOR, OPERATOR).await?;
    somebody(&server, "gone@example.jp", RESEARCHER).await?;
    let (app, machine) = (server.app(), Scope::machine());
    let gone = app.user_of_email(&machine, "gone@example.jp").await?.user.id;
    app.set_user_enabled(&machine, gone, false, None).await?;

    let wrong = seen(sign_in(&server, MAYOR, "not the password").await?).await?;
    assert_eq!(wrong.0, StatusCode::UNAUTHORIZED);
    let error: Value = serde_json::from_str(&wrong.2)?;
    assert_eq!(error["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let long = "x".repeat(10_000);
    for (email, password) in [
        (MAYOR, ""),
        (MAYOR, long.as_str()),
        (MAYOR, "correct horse battery stapl"),
        ("nobody@example.jp", PASSWORD),
        ("gone@example.jp", PASSWORD),
        ("gone@example.jp", "not the password"),
        ("no address", PASSWORD),
        ("", ""),
        (long.as_str(), PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ] {
        let told = seen(sign_in(&server, email, password).await?).await?;
        assert_eq!(told, wrong, "{email:.40} {password:.40}");
    }
    // The same where another secret is shown.
    for (path, body) in [
        ("/auth/refresh", json!({ "refreshToken": "nonsense" })),
        ("/auth/invitation", json!({ "invitation": "nonsense" })),
        ("/auth/invitation/accept", json!({ "invitation": "nonsense", "password": PASSWORD })),
        ("/auth/finish", json!({ "attempt": "nonsense", "state": "x", "code": "x" })),
    ] {
        assert_eq!(seen(post(&server, path, body).await?).await?, wrong, "{path}");
    }
    app.set_user_enabled(&machine, gone, true, None).await?;
    signed_in(&server, "gone@example.jp").await?;
    requests_that_are_none(&server).await
}

async fn requests_that_are_none(server: &TestServer) -> Result<()> {
    for body in [
        json!({}),
        json!([]),
        json!({ "email": MAYOR }),
        json!({ "email": MAYOR, "password": 7 }),
        json!({ "email": [MAYOR], "password": PASSWORD }),
        json!({ "email": MAYOR, "password": "a\0b" }),
    ] {
        let response = post(server, "/auth/sign-in", body.clone()).await?;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
    }
    let huge = json!({ "email": MAYOR, "password": "x".repeat(20_000) });
    assert_eq!(post(server, "/auth/sign-in", huge).await?.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let form = server.client().post(server.url("/auth/sign-in")).header("content-type", "text/plain").body("{}");
    assert_eq!(form.send().await?.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "no form of a foreign page");
    let got = server.client().get(server.url("/auth/sign-in")).send().await?;
    assert_eq!(got.status(), StatusCode::METHOD_NOT_ALLOWED);
    Ok(())
}

async fn an_invitation_works_once_and_in_time(backend: Backend) -> Result<()> {
    let server = server(backend).await?;
    let operator = somebody(&server, MAYOR, OPERATOR).await?;
    let never = seen(accept(&server, "nonsense", PASSWORD).await?).await?;
    let dead = async |secret: &str, why: &str| {
        let told = seen(accept(&server, secret, PASSWORD).await?).await?;
        assert_eq!(told, never, "{why}");
        let told = post(&server, "/auth/invitation", json!({ "invitation": secret })).await?;
        assert_eq!(seen(told).await?, never, "{why}");
        Ok::<_, anyhow::Error>(())
    };
    let used = invited(&server, "used@example.jp", administrator(SUNAGAWA)?).await?;
    let other = used.replace(SUNAGAWA, "011002");
    dead(&other, "a link to one municipality opens no other").await?;
    Tokens::of(accept(&server, &used, PASSWORD).await?).await?;
    dead(&used, "used").await?;

    let input = json!({ "municipality": SUNAGAWA, "email": "c@example.jp", "name": "C", "role": "PLANNER" });
    let made = changed(&server, &operator.access, "invitePerson", input, "link invitation { id state }").await?;
    assert_eq!(made["invitation"]["state"], "OPEN");
    let cancel = json!({ "id": made["invitation"]["id"] });
    let cancelled =
        changed(&server, &operator.access, "cancelInvitation", cancel, "invitation { state invitedBy }").await?;
    assert_eq!(cancelled["invitation"], json!({ "state": "CANCELLED", "invitedBy": MAYOR }));
    dead(&secret(made["link"].as_str().unwrap_or_default())?, "cancelled").await?;

    // Of several at once one is first.
    let raced = invited(&server, "raced@example.jp", administrator(SUNAGAWA)?).await?;
    let go = || accept(&server, &raced, PASSWORD);
    let (first, second, third) = tokio::join!(go(), go(), go());
    let statuses = [first?.status(), second?.status(), third?.status()];
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| !status.is_server_error()), "{statuses:?}");

    let late = invited(&server, "late@example.jp", administrator(SUNAGAWA)?).await?;
    server.advance(Duration::days(7) - Duration::minutes(1));
    let open = post(&server, "/auth/invitation", json!({ "invitation": late })).await?;
    assert_eq!(
        open.json::<Value>().await?["municipality"],
        json!({ "code": SUNAGAWA, "name": "砂川市" }),
        "seven days long"
    );
    server.advance(Duration::minutes(2));
    dead(&late, "expired").await?;
    let operator = signed_in(&server, MAYOR).await?;
    let query = "query($of: MunicipalityCode) { invitations(municipality: $of, first: 10) { nodes { email state } } }";
    let all = ask(&server, &operator.access, query, json!({ "of": SUNAGAWA })).await?;
    let states: Vec<(&str, &str)> = all["invitations"]["nodes"].as_array().map_or(Vec::new(), |nodes| {
        nodes.iter().filter_map(|of| Some((of["email"].as_str()?, of["state"].as_str()?))).collect()
    });
    assert_eq!(
        states,
        [
            ("late@example.jp", "EXPIRED"),
            ("raced@example.jp", "ACCEPTED"),
            ("c@example.jp", "CANCELLED"),
            ("used@example.jp", "ACCEPTED"),
        ]
    );
    Ok(())
}
