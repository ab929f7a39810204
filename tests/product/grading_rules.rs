//! A municipality's own grading rules: saved in versions that stay, tried out before they are saved, named as the default.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole, Scope, table::ManageGradingRules};
use shirube_app::RuleChange;
use shirube_domain::grade::{GradingRule, preset};
use shirube_testing::{Backend, TestService, both_backends};
use time::macros::datetime;

both_backends!(
    a_rule_is_saved_in_versions_that_stay,
    every_strategy_is_graded_by_a_saved_rule_without_asking_the_database,
    what_a_rule_would_change_is_seen_before_it_is_saved,
    a_retired_rule_is_offered_no_more_and_stays_readable,
    strategies_are_graded_by_the_default_unless_another_rule_is_named,
    what_is_wrong_is_told_with_its_place,
    there_are_not_more_rules_and_versions_than_may_be,
    of_two_who_save_at_once_one_wins,
    what_another_process_saves_is_heard,
    the_page_on_rules_can_be_followed_step_by_step,
);

const SUNAGAWA: &str = "012262";
const AMA: &str = "325252";

/// 茨城県's rule under a key of one's own, with another bound for an A.
fn rule(key: &str, best: u32) -> Value {
    let mut rule = serde_json::to_value(&**preset("ibaraki").expect("it is shipped")).expect("it is data");
    (rule["key"], rule["name"]["ja"]) = (key.into(), "本市の評価".into());
    rule["cases"][0]["bands"][0]["when"][0]["rate_at_least"] = best.into();
    rule
}

async fn planner(service: &TestService, municipality: &str) -> Result<String> {
    let email = format!("kikaku@{municipality}.test");
    service.user(&email, &[Grant::Municipal(municipality.parse()?, MunicipalRole::Planner)]).await
}

/// Runs a mutation; gives its payload.
async fn change(service: &TestService, bearer: &str, field: &str, input: Value) -> Result<Value> {
    let (first, rest) = field.split_at(1);
    let query = format!(
        "mutation($input: {}{rest}Input!) {{ {field}(input: $input) {{ clientMutationId userErrors {{ code message path }} \
         gradingRule {{ key version saved {{ note savedBy retiredAt }} }} }} }}",
        first.to_uppercase()
    );
    Ok(service.ask_as(Some(bearer), &query, json!({ "input": input })).await?.data()?[field].clone())
}

/// Saves a rule of 砂川市; gives the version.
async fn save(service: &TestService, bearer: &str, document: &Value, version: Option<u32>) -> Result<u64> {
    let input = json!({ "municipality": SUNAGAWA, "document": document, "version": version });
    let payload = change(service, bearer, "saveGradingRule", input).await?;
    ensure!(payload["userErrors"] == json!([]), "{payload}");
    payload["gradingRule"]["version"].as_u64().context("a version")
}

/// What is to be mended: `CODE input.path`, each.
fn mistakes(payload: &Value) -> Vec<String> {
    let told = |error: &Value| {
        let path: Vec<&str> = error["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        format!("{} {}", error["code"].as_str().unwrap_or_default(), path.join("."))
    };
    payload["userErrors"].as_array().into_iter().flatten().map(told).collect()
}

fn own(key: &str, version: Option<u32>) -> Value {
    json!({ "own": { "municipality": SUNAGAWA, "key": key, "version": version } })
}

/// How many indicators of a municipality's strategy have an A in 令和３年度, and the version that says so.
async fn best(service: &TestService, municipality: &str, rule: &Value) -> Result<(u64, u64)> {
    let query = "query($code: MunicipalityCode!, $rule: GradingRuleChoice) { strategy(municipality: $code) {
        gradeSummary(grading: { year: 2021, rule: $rule }) { rule { version } grades { grade count } } } }";
    let answer = service.ask(query, json!({ "code": municipality, "rule": rule })).await?.data()?;
    let summary = &answer["strategy"]["gradeSummary"];
    let count = summary["grades"][0]["count"].as_u64().context("a count")?;
    Ok((count, summary["rule"]["version"].as_u64().context("a version")?))
}

async fn lines(service: &TestService) -> Result<usize> {
    let of_rules = "SELECT event FROM audit WHERE subject_kind = 'grading_rule'";
    Ok(service.database.texts(of_rules).await?.len())
}

const RULES: &str = "query($code: MunicipalityCode!) { municipality(code: $code) { gradingRules { key version name
    saved { municipality { code } savedAt savedBy note retiredAt versions { version document saved { note } } } } } }";

async fn a_rule_is_saved_in_versions_that_stay(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let bearer = planner(&service, SUNAGAWA).await?;
    // Whatever version the document names, the first is 1.
    let mut first = rule("ours", 100);
    first["version"] = json!(7);
    let input = json!({
        "municipality": SUNAGAWA, "document": first, "note": "令和３年度から", "clientMutationId": "first",
    });
    let saved = change(&service, &bearer, "saveGradingRule", input.clone()).await?;
    let told = json!({ "note": "令和３年度から", "savedBy": "kikaku@012262.test", "retiredAt": null });
    assert_eq!(saved["gradingRule"], json!({ "key": "ours", "version": 1, "saved": told }));
    assert_eq!(change(&service, &bearer, "saveGradingRule", input).await?, saved, "sent again, it is done once");
    assert_eq!(lines(&service).await?, 1);

    assert_eq!(save(&service, &bearer, &rule("ours", 100), Some(1)).await?, 1, "it says that already");
    assert_eq!(lines(&service).await?, 1, "and nothing was written");
    assert_eq!(save(&service, &bearer, &rule("ours", 90), Some(1)).await?, 2);
    assert_eq!(save(&service, &bearer, &rule("other", 80), None).await?, 1);
    let trail =
        "query($code: MunicipalityCode!) { audit(municipality: $code, filter: { action: \"ManageGradingRules\" }) {
        nodes { event subjectKind subjectKey after } } }";
    let grants = [Grant::Municipal(SUNAGAWA.parse()?, MunicipalRole::Administrator)];
    let administrator = service.user("kanri@012262.test", &grants).await?;
    let trail = service.ask_as(Some(&administrator), trail, json!({ "code": SUNAGAWA })).await?.data()?;
    let events: Vec<Value> = trail["audit"]["nodes"].as_array().into_iter().flatten().rev().cloned().collect();
    let subjects: Vec<&Value> = events.iter().map(|of| &of["subjectKey"]).collect();
    assert_eq!(subjects, ["ours", "ours", "other"]);
    assert_eq!(events[1]["event"], "grading_rule_saved");

    // Everybody reads it; who saved it, the municipality's own people.
    service.statements();
    let public = service.ask(RULES, json!({ "code": SUNAGAWA })).await?.data()?["municipality"]["gradingRules"].clone();
    assert_eq!(service.statements(), 2, "one for the versions of each rule");
    let keys: Vec<(&Value, &Value)> =
        public.as_array().into_iter().flatten().map(|of| (&of["key"], &of["version"])).collect();
    assert_eq!(keys, [(&json!("other"), &json!(1)), (&json!("ours"), &json!(2))]);
    let ours = &public[1]["saved"];
    assert_eq!((&ours["savedBy"], &ours["municipality"]["code"]), (&Value::Null, &json!(SUNAGAWA)));
    let versions: Vec<&Value> =
        ours["versions"].as_array().into_iter().flatten().map(|of| &of["saved"]["note"]).collect();
    assert_eq!(versions, [&Value::Null, &json!("令和３年度から")], "the last one first");
    for (at, version) in [(0, 2), (1, 1)] {
        let document: Value = serde_json::from_str(ours["versions"][at]["document"].as_str().context("a text")?)?;
        assert_eq!((&document["version"], &document["key"]), (&json!(version), &json!("ours")));
    }
    let one = "{ municipality(code: \"012262\") {
        first: gradingRule(key: \"ours\", version: 1) { version } last: gradingRule(key: \"ours\") { version }
        none: gradingRule(key: \"ours\", version: 3) { version } nobody: gradingRule(key: \"x\") { version } } }";
    let one = service.ask(one, Value::Null).await?.data()?["municipality"].clone();
    assert_eq!(
        one,
        json!({ "first": { "version": 1 }, "last": { "version": 2 }, "none": null, "nobody": null }),
        "what is not there is null"
    );
    Ok(())
}

async fn every_strategy_is_graded_by_a_saved_rule_without_asking_the_database(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let bearer = planner(&service, SUNAGAWA).await?;
    save(&service, &bearer, &rule("ours", 100), None).await?;
    save(&service, &bearer, &rule("ours", 0), Some(1)).await?;
    // A page of indicators costs what one of them does, and a version that was read once is held.
    let page = "query($rule: GradingRuleChoice) { strategy(municipality: \"012262\") { indicators(first: 52) { nodes {
        grade(year: 2021, rule: $rule) { grade rule { version saved { note } } } } } } }";
    for (version, statements) in [(None, 0), (Some(1), 1), (Some(1), 0), (Some(2), 0)] {
        service.statements();
        let answer = service.ask(page, json!({ "rule": own("ours", version) })).await?.data()?;
        assert_eq!(service.statements(), statements, "{version:?}");
        assert_eq!(answer["strategy"]["indicators"]["nodes"].as_array().map(Vec::len), Some(52));
    }
    for municipality in [SUNAGAWA, AMA] {
        let (strict, lenient) = (own("ours", Some(1)), own("ours", None));
        let document = json!({ "document": rule("ours", 100) });
        let (by_first, version) = best(&service, municipality, &strict).await?;
        assert_eq!((by_first, version), best(&service, municipality, &document).await?, "as if given as data");
        service.statements();
        let (by_last, version) = best(&service, municipality, &lenient).await?;
        assert_eq!((version, service.statements()), (2, 0), "it is held in memory");
        assert!(by_last >= by_first, "{by_last} {by_first}");
    }
    Ok(())
}

const PREVIEW: &str = "gradePreview(year: 2021, rule: $rule, against: $against) { unchanged
    before { total graded rule { version } grades { grade count } } after { total rule { version } grades { grade count } }
    changed { before { grade without rate rule { key version } indicator { label } } after { grade rate without rule { version } } } }";

async fn what_a_rule_would_change_is_seen_before_it_is_saved(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let bearer = planner(&service, SUNAGAWA).await?;
    save(&service, &bearer, &rule("ours", 100), None).await?;
    let query = format!(
        "query($rule: GradingRuleChoice!, $against: GradingRuleChoice) {{ strategy(municipality: \"012262\") {{ {PREVIEW} }}
         drafts(municipality: \"012262\") {{ {PREVIEW} }} }}"
    );
    let mut tried = rule("ours", 90);
    tried["version"] = json!(2);
    let input = json!({ "rule": { "document": tried }, "against": own("ours", None) });
    let answer = service.ask_as(Some(&bearer), &query, input).await?.data()?;
    let preview = &answer["strategy"]["gradePreview"];
    assert_eq!(*preview, answer["drafts"][0]["gradePreview"], "the draft says the same as what is published of it");
    let changed = preview["changed"].as_array().context("a list")?;
    assert!(!changed.is_empty() && changed.len() < 52, "{preview}");
    for (before, after) in changed.iter().map(|of| (&of["before"], &of["after"])) {
        assert_eq!((before["grade"].as_str(), after["grade"].as_str()), (Some("B+"), Some("A")), "{before} {after}");
        assert_eq!(before["rate"], after["rate"], "the figures are the same");
        assert_eq!(before["rule"], json!({ "key": "ours", "version": 1 }));
        assert_eq!(after["rule"]["version"], 2);
    }
    assert_eq!(preview["unchanged"], 52 - changed.len());
    let best = |of: &str| preview[of]["grades"][0]["count"].as_u64().unwrap_or_default();
    assert_eq!(best("after") - best("before"), changed.len() as u64, "the sums tell the same");
    assert_eq!((&preview["before"]["total"], &preview["after"]["total"]), (&json!(52), &json!(52)));

    // A rule that is not meant for the year gives no grade, and says why.
    tried["valid"] = json!({ "from": 2030 });
    let input = json!({ "rule": { "document": tried }, "against": own("ours", Some(1)) });
    let answer = service.ask_as(Some(&bearer), &query, input).await?.data()?;
    let changed = answer["strategy"]["gradePreview"]["changed"].as_array().context("a list")?;
    assert_eq!(changed.len(), 52, "each has another reason, or none in the place of a grade");
    assert!(changed.iter().all(|of| of["after"]["without"] == "NOT_VALID"));

    let same = json!({ "rule": own("ours", None), "against": own("ours", Some(1)) });
    let answer = service.ask_as(Some(&bearer), &query, same).await?.data()?;
    assert_eq!(answer["strategy"]["gradePreview"]["changed"], json!([]));
    assert_eq!(answer["strategy"]["gradePreview"]["unchanged"], 52);

    // What is wrong with either is told.
    for (rule, against, told) in [
        (own("ours", None), json!({ "preset": "nowhere" }), "against.preset"),
        (json!({ "document": "{}" }), own("ours", None), "rule.document"),
        (own("ours", None), Value::Null, "against: say which"),
    ] {
        let answer = service.ask_as(Some(&bearer), &query, json!({ "rule": rule, "against": against })).await?;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{:#}", answer.0);
        assert!(answer.message().is_some_and(|message| message.contains(told)), "{:#}", answer.0);
    }
    Ok(())
}

async fn a_retired_rule_is_offered_no_more_and_stays_readable(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let bearer = planner(&service, SUNAGAWA).await?;
    save(&service, &bearer, &rule("ours", 100), None).await?;
    save(&service, &bearer, &rule("ours", 90), Some(1)).await?;
    let before = best(&service, SUNAGAWA, &own("ours", None)).await?;
    let retire =
        |version: u32| json!({ "municipality": SUNAGAWA, "key": "ours", "version": version, "reason": "統合" });
    let stale = change(&service, &bearer, "retireGradingRule", retire(1)).await?;
    assert_eq!(mistakes(&stale), ["CONFLICT input.version"]);
    assert_eq!(stale["gradingRule"]["version"], 2, "the last version is told");
    let retired = change(&service, &bearer, "retireGradingRule", retire(2)).await?;
    assert!(retired["gradingRule"]["saved"]["retiredAt"].is_string(), "{retired}");
    let written = lines(&service).await?;
    assert_eq!(change(&service, &bearer, "retireGradingRule", retire(2)).await?, retired);
    assert_eq!(lines(&service).await?, written, "it was retired already");

    let offered = "query($retired: Boolean) { municipality(code: \"012262\") {
        gradingRules(retired: $retired) { key version saved { versions { version } } } } }";
    let answer = service.ask(offered, json!({})).await?.data()?;
    assert_eq!(answer["municipality"]["gradingRules"], json!([]));
    let answer = service.ask(offered, json!({ "retired": true })).await?.data()?;
    assert_eq!(answer["municipality"]["gradingRules"][0]["saved"]["versions"].as_array().map(Vec::len), Some(2));
    assert_eq!(best(&service, SUNAGAWA, &own("ours", Some(2))).await?, before, "what it graded it explains");
    let query = "query($rule: GradingRuleChoice) { strategy(municipality: \"012262\") {
        gradeSummary(grading: { year: 2021, rule: $rule }) { graded } } }";
    let answer = service.ask(query, json!({ "rule": own("ours", None) })).await?;
    assert_eq!(answer.code(), Some("BAD_USER_INPUT"));
    assert!(answer.message().is_some_and(|told| told.contains("retired") && told.contains('2')), "{:#}", answer.0);

    // Saved anew, it is offered again, even if it says what it said.
    assert_eq!(save(&service, &bearer, &rule("ours", 90), Some(2)).await?, 3);
    assert_eq!(best(&service, SUNAGAWA, &own("ours", None)).await?, (before.0, 3));
    Ok(())
}

async fn strategies_are_graded_by_the_default_unless_another_rule_is_named(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let bearer = planner(&service, SUNAGAWA).await?;
    let query = "{ strategy(municipality: \"012262\") { municipality { defaultGradingRule { key version } }
        gradeSummary(grading: { year: 2021 }) { rule { key version } }
        grades(grading: { year: 2021 }) { rule { key } } roots { gradeSummary(grading: { year: 2021 }) { rule { key } } }
        indicators(first: 1) { nodes { grade(year: 2021) { rule { key } } } } } }";
    let answer = service.ask(query, Value::Null).await?;
    assert_eq!(answer.code(), Some("BAD_USER_INPUT"));
    assert!(answer.message().is_some_and(|told| told.starts_with("rule: say which")), "{:#}", answer.0);

    save(&service, &bearer, &rule("ours", 100), None).await?;
    save(&service, &bearer, &rule("other", 100), None).await?;
    let name = |key: Value| json!({ "municipality": SUNAGAWA, "key": key });
    let named = change(&service, &bearer, "setDefaultGradingRule", name("ours".into())).await?;
    assert_eq!(named["gradingRule"]["key"], "ours", "{named}");
    let written = lines(&service).await?;
    change(&service, &bearer, "setDefaultGradingRule", name("ours".into())).await?;
    assert_eq!(lines(&service).await?, written, "it was so already");
    save(&service, &bearer, &rule("ours", 90), Some(1)).await?;

    service.statements();
    let answer = service.ask(query, Value::Null).await?.data()?["strategy"].clone();
    assert_eq!(service.statements(), 0);
    assert_eq!(answer["municipality"]["defaultGradingRule"], json!({ "key": "ours", "version": 2 }));
    assert_eq!(answer["gradeSummary"]["rule"], json!({ "key": "ours", "version": 2 }), "always the last version");
    for of in [&answer["grades"][0], &answer["roots"][0]["gradeSummary"], &answer["indicators"]["nodes"][0]["grade"]] {
        assert_eq!(of["rule"]["key"], "ours");
    }
    assert_eq!(best(&service, SUNAGAWA, &json!({ "preset": "ibaraki" })).await?.1, 1, "another one is named");
    let theirs = "{ strategy(municipality: \"325252\") { gradeSummary(grading: { year: 2021 }) { graded } } }";
    assert_eq!(service.ask(theirs, Value::Null).await?.code(), Some("BAD_USER_INPUT"), "the neighbours named none");

    // What is the default is not retired, and what is retired is not the default.
    let retire = |key: &str, version: u32| json!({ "municipality": SUNAGAWA, "key": key, "version": version });
    let refused = change(&service, &bearer, "retireGradingRule", retire("ours", 2)).await?;
    assert_eq!(mistakes(&refused), ["CONFLICT input.key"]);
    change(&service, &bearer, "retireGradingRule", retire("other", 1)).await?;
    let refused = change(&service, &bearer, "setDefaultGradingRule", name("other".into())).await?;
    assert_eq!(mistakes(&refused), ["CONFLICT input.key"]);
    let none = change(&service, &bearer, "setDefaultGradingRule", name(Value::Null)).await?;
    assert_eq!((&none["gradingRule"], &none["userErrors"]), (&Value::Null, &json!([])));
    assert_eq!(service.ask(query, Value::Null).await?.code(), Some("BAD_USER_INPUT"));
    Ok(())
}

async fn what_is_wrong_is_told_with_its_place(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let bearer = planner(&service, SUNAGAWA).await?;
    save(&service, &bearer, &rule("ours", 100), None).await?;
    let mut wrong = rule("Ours!", 100);
    wrong["cases"][0]["bands"][2]["grade"] = "".into();
    wrong["source"]["body"] = "".into();
    let mut long = rule("long", 100);
    long["without"] = json!([{ "grade": "X", "why": vec!["not_yet_reported"; 1_200] }]);
    let long = long.to_string();
    for (document, version, expected) in [
        (
            wrong,
            None,
            vec![
                "BAD_USER_INPUT input.document.key",
                "BAD_USER_INPUT input.document.cases.0.bands.2.grade",
                "BAD_USER_INPUT input.document.source.body",
            ],
        ),
        (json!("not JSON"), None, vec!["BAD_USER_INPUT input.document"]),
        (rule("ours", 90), None, vec!["CONFLICT input.version"]),
        (rule("ours", 90), Some(2), vec!["CONFLICT input.version"]),
        (rule("new", 90), Some(1), vec!["BAD_USER_INPUT input.version"]),
    ] {
        let input = json!({ "municipality": SUNAGAWA, "document": document, "version": version });
        let payload = change(&service, &bearer, "saveGradingRule", input).await?;
        assert_eq!(mistakes(&payload), expected, "{payload}");
    }
    let machine = Scope::machine();
    let refused = service.app.save_rule(&machine, SUNAGAWA.parse()?, &long, None, None).await;
    let told = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(told.starts_with("document: a rule has at most 20000 characters"), "{told}");

    // A rule that is not there, and somebody else's municipality.
    let not_there = json!({ "municipality": SUNAGAWA, "key": "x", "version": 1 });
    let theirs = json!({ "municipality": AMA, "key": "ours", "version": 1 });
    for (field, input, code) in [
        ("retireGradingRule", &not_there, "NOT_FOUND"),
        ("retireGradingRule", &theirs, "NOT_FOUND"),
        ("retireGradingRule", &json!({ "municipality": SUNAGAWA, "key": "\0", "version": 1 }), "BAD_USER_INPUT"),
        ("setDefaultGradingRule", &json!({ "municipality": SUNAGAWA, "key": "x" }), "NOT_FOUND"),
        ("saveGradingRule", &json!({ "municipality": AMA, "document": rule("ours", 1) }), "NOT_FOUND"),
        ("saveGradingRule", &json!({ "municipality": AMA, "document": "not JSON" }), "NOT_FOUND"),
    ] {
        let (first, rest) = field.split_at(1);
        let query = format!(
            "mutation($input: {}{rest}Input!) {{ {field}(input: $input) {{ userErrors {{ code }} }} }}",
            first.to_uppercase()
        );
        let answer = service.ask_as(Some(&bearer), &query, json!({ "input": input })).await?;
        assert_eq!(answer.code(), Some(code), "{field}: {:#}", answer.0);
    }
    let query = "query($rule: GradingRuleChoice) { strategy(municipality: \"012262\") {
        gradeSummary(grading: { year: 2021, rule: $rule }) { graded } } }";
    let elsewhere = json!({ "own": { "municipality": AMA, "key": "ours" } });
    for rule in [own("x", None), own("ours", Some(2)), own("ours", Some(0)), elsewhere] {
        let answer = service.ask(query, json!({ "rule": rule })).await?;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{:#}", answer.0);
        assert!(answer.message().is_some_and(|told| told.starts_with("rule.own: ")), "{:#}", answer.0);
    }
    Ok(())
}

async fn there_are_not_more_rules_and_versions_than_may_be(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let (app, machine, code) = (&service.app, Scope::machine(), SUNAGAWA.parse()?);
    for number in 0..50 {
        app.save_rule(&machine, code, &rule(&format!("r{number}"), 100).to_string(), None, None).await?;
    }
    let told = async |key: &str, best: u32, version: Option<u32>| {
        let saved = app.save_rule(&machine, code, &rule(key, best).to_string(), version, None).await;
        saved.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(told("one-more", 100, None).await.contains("there are 50 rules already"));
    assert_eq!(told("r0", 90, Some(1)).await, "", "a version more is not a rule more");
    // As many versions as may be.
    let many = "INSERT INTO grading_rule SELECT municipality, key, n, saved_at, saved_by, note, document FROM grading_rule, \
                (WITH RECURSIVE c(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM c WHERE n < 200) SELECT n FROM c) AS k \
                WHERE key = 'r0' AND version = 2";
    service.database.execute(many).await?;
    assert!(told("r0", 80, Some(200)).await.contains("this rule has 200 versions"));
    Ok(())
}

async fn of_two_who_save_at_once_one_wins(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let (app, code) = (&service.app, SUNAGAWA.parse()?);
    for round in 0..5_u32 {
        let read = (round > 0).then_some(round);
        let mut saving = tokio::task::JoinSet::new();
        for at in 0..4 {
            let (app, document) = (app.clone(), rule("ours", 10 * round + at).to_string());
            saving.spawn(async move { app.save_rule(&Scope::machine(), code, &document, read, None).await });
        }
        let (mut done, mut stale) = (0, 0);
        while let Some(saved) = saving.join_next().await {
            match saved?? {
                RuleChange::Done(rule) => {
                    assert_eq!(rule.stored.version.number, round + 1);
                    done += 1;
                }
                RuleChange::Stale(last) => {
                    assert_eq!(last.stored.version.number, round + 1, "what the other one saved is told");
                    stale += 1;
                }
            }
        }
        assert_eq!((done, stale), (1, 3));
    }
    assert_eq!(service.database.texts("SELECT key FROM grading_rule").await?.len(), 5);
    Ok(())
}

async fn what_another_process_saves_is_heard(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let (machine, code) = (Scope::machine(), SUNAGAWA.parse()?);
    let store = service.database.store().await?;
    let permit = machine.permit::<ManageGradingRules>(code)?;
    let ours: GradingRule = serde_json::from_value(rule("ours", 100))?;
    store.tenant(permit, datetime!(2026-11-26 09:00 UTC)).await?.save_rule(ours, None, None).await?;
    assert!(service.app.saved_rules(code, false).is_empty(), "not seen yet");
    assert!(service.app.refresh().await?);
    assert!(!service.app.refresh().await?, "nothing new");
    assert_eq!(best(&service, AMA, &own("ours", None)).await?.1, 1);
    Ok(())
}

async fn the_page_on_rules_can_be_followed_step_by_step(backend: Backend) -> Result<()> {
    let page = std::fs::read_to_string("../schema/grading-rules.md")?;
    let blocks = |language: &str| {
        let opening = format!("```{language}\n");
        page.split(&opening)
            .skip(1)
            .filter_map(|block| block.split("```").next())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (documents, steps) = (blocks("json"), blocks("graphql"));
    ensure!((documents.len(), steps.len()) == (1, 5), "{} and {}", documents.len(), steps.len());
    let service = TestService::sample(backend).await?;
    let bearer = planner(&service, SUNAGAWA).await?;
    let mut answers = Vec::new();
    for step in steps {
        let variables = json!({ "document": documents[0] });
        answers.push(service.ask_as(Some(&bearer), &step, variables).await?.data().context(step)?);
    }
    assert!(answers[0]["strategy"]["gradePreview"]["after"]["graded"].as_u64() > Some(0), "{}", answers[0]);
    let ours = json!({ "key": "our-city", "version": 1 });
    assert_eq!(answers[1]["saveGradingRule"], json!({ "gradingRule": ours, "userErrors": [] }));
    assert_eq!(answers[2]["strategy"]["gradeSummary"]["rule"]["saved"]["municipality"]["name"], "砂川市");
    assert_eq!(answers[3]["setDefaultGradingRule"], json!({ "gradingRule": ours, "userErrors": [] }));
    assert_eq!(answers[4]["strategy"]["gradeSummary"]["rule"], ours);
    Ok(())
}
