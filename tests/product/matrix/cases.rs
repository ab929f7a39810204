//! The cases: every root field, with the action that it asks for.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shirube_access::{
    InstanceRole, KeyScope, MunicipalRole, Scope,
    table::{
        Action, AnswerOpinion, EditStrategy, GiveOpinion, MakeOwnKeys, ManageDepartments, ManageGradingRules,
        ManageMunicipalKeys, ManageOwnAccount, ManagePeople, ManageRounds, ManageUsers, ManageWebhooks, Place, Publish,
        ReadAudit, ReadDepartments, ReadDraft, ReadInstance, ReadInstanceAudit, ReadPeople, ReadPublished,
        ReportFigures, Row,
    },
};
use shirube_app::{KeyPlace, WebhookEdit};
use shirube_domain::{DeliveryId, UserId, WebhookId, municipality::MunicipalityCode, webhook::Event};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::house::{House, fresh};
use crate::authoring::small;

/// A query: the field, what it asks for, and how it is written. CODE stands for a municipality, NODE for its global id.
pub(super) const QUERIES: &[(&str, Row, &str)] = &[
    ("accounts", ManageUsers::ROW, "accounts { nodes { id } }"),
    ("apiKeys", ManageMunicipalKeys::ROW, r#"apiKeys(municipality: "CODE") { id }"#),
    ("audit", ReadAudit::ROW, r#"audit(municipality: "CODE") { nodes { id } }"#),
    ("audit", ReadInstanceAudit::ROW, "audit { nodes { id } }"),
    ("departments", ReadDepartments::ROW, r#"departments(municipality: "CODE") { id }"#),
    ("drafts", ReadDraft::ROW, r#"drafts(municipality: "CODE") { id }"#),
    ("instance", ReadInstance::ROW, "instance { version }"),
    ("comparability", ReadPublished::ROW, "comparability(one: \"births\", other: \"deaths\") { verdict }"),
    ("comparison", ReadPublished::ROW, "comparison(indicators: [\"births\"]) { citation { licence } }"),
    (
        "correlation",
        ReadPublished::ROW,
        "correlation(x: { indicator: \"births\" }, y: { indicator: \"deaths\" }) { verdict }",
    ),
    ("gradingRules", ReadPublished::ROW, "gradingRules { key }"),
    ("invitations", ReadPeople::ROW, r#"invitations(municipality: "CODE") { nodes { id } }"#),
    ("invitations", ManageUsers::ROW, "invitations { nodes { id } }"),
    ("memberships", ReadPeople::ROW, r#"memberships(municipality: "CODE") { nodes { id } }"#),
    ("municipalities", ReadPublished::ROW, "municipalities(first: 1) { nodes { id } }"),
    ("municipality", ReadPublished::ROW, r#"municipality(code: "CODE") { id }"#),
    (
        "neighbours",
        ReadPublished::ROW,
        r#"neighbours(neighbours: { of: "012262", count: 1, variables: [{ indicator: "births" }] }) { members }"#,
    ),
    ("node", ReadPublished::ROW, r#"node(id: "NODE") { id }"#),
    ("nodes", ReadPublished::ROW, r#"nodes(ids: ["NODE"]) { id }"#),
    ("officialIndicators", ReadPublished::ROW, "officialIndicators { id }"),
    ("prefectures", ReadPublished::ROW, "prefectures { id }"),
    ("progressComparison", ReadPublished::ROW, r#"progressComparison(indicator: "births") { members }"#),
    ("rounds", ReadDraft::ROW, r#"rounds(municipality: "CODE") { id }"#),
    ("standardIndicator", ReadPublished::ROW, r#"standardIndicator(key: "births") { id }"#),
    ("standardIndicators", ReadPublished::ROW, "standardIndicators { nodes { id } }"),
    ("strategy", ReadPublished::ROW, r#"strategy(municipality: "CODE") { id }"#),
    ("trends", ReadPublished::ROW, r#"trends(indicator: "births") { members }"#),
    ("viewer", ReadInstance::ROW, "viewer { kind }"),
    ("webhooks", ManageWebhooks::ROW, r#"webhooks(municipality: "CODE") { id deliveries { nodes { id } } }"#),
];

/// A subscription: the field, what it asks for, and how it is written. CODE stands for a municipality, DRAFT for the id of a
/// draft of it.
pub(super) const SUBSCRIPTIONS: &[(&str, Row, &str)] = &[
    ("draftChanged", ReadDraft::ROW, r#"draftChanged(strategy: "DRAFT") { event strategy { id } }"#),
    ("roundProgressed", ReadDraft::ROW, r#"roundProgressed(round: "ROUND") { id counts { draft } }"#),
    ("taskChanged", ReadDraft::ROW, r#"taskChanged(task: "TASK") { id remark }"#),
    ("strategyPublished", ReadPublished::ROW, r#"strategyPublished(municipality: "CODE") { id }"#),
];

/// A mutation: the field, and what it asks for. Two cases where it is done to a municipality or to something else.
pub(super) const MUTATIONS: &[(&str, Row)] = &[
    ("answerOpinion", AnswerOpinion::ROW),
    ("approveFigures", ManageRounds::ROW),
    ("cancelInvitation", ManagePeople::ROW),
    ("cancelInvitation", ManageUsers::ROW),
    ("carryForwardRemarks", ReportFigures::ROW),
    ("changeRound", ManageRounds::ROW),
    ("createApiKey", ManageMunicipalKeys::ROW),
    ("createApiKey", MakeOwnKeys::ROW),
    ("createDepartment", ManageDepartments::ROW),
    ("createStrategy", EditStrategy::ROW),
    ("deleteDepartment", ManageDepartments::ROW),
    ("deleteStrategy", EditStrategy::ROW),
    ("disableUser", ManageUsers::ROW),
    ("enableUser", ManageUsers::ROW),
    ("resetPassword", ManageUsers::ROW),
    ("endSessions", ManageUsers::ROW),
    ("giveOpinion", GiveOpinion::ROW),
    ("grantInstanceRole", ManageUsers::ROW),
    ("grantRole", ManagePeople::ROW),
    ("invitePerson", ManagePeople::ROW),
    ("inviteToInstance", ManageUsers::ROW),
    ("openCorrections", ManageRounds::ROW),
    ("openRound", ManageRounds::ROW),
    ("publishStrategy", Publish::ROW),
    ("renameDepartment", ManageDepartments::ROW),
    ("reportFigures", ReportFigures::ROW),
    ("returnFigures", ManageRounds::ROW),
    ("revokeApiKey", ManageMunicipalKeys::ROW),
    ("revokeApiKey", ManageOwnAccount::ROW),
    ("revokeInstanceRole", ManageUsers::ROW),
    ("revokeRole", ManagePeople::ROW),
    ("submitFigures", ReportFigures::ROW),
    ("createWebhook", ManageWebhooks::ROW),
    ("deleteWebhook", ManageWebhooks::ROW),
    ("redeliver", ManageWebhooks::ROW),
    ("rotateWebhookSecret", ManageWebhooks::ROW),
    ("testWebhook", ManageWebhooks::ROW),
    ("updateWebhook", ManageWebhooks::ROW),
    ("copyStrategy", EditStrategy::ROW),
    ("createIndicator", EditStrategy::ROW),
    ("createNode", EditStrategy::ROW),
    ("deleteIndicator", EditStrategy::ROW),
    ("deleteNode", EditStrategy::ROW),
    ("endIndicator", EditStrategy::ROW),
    ("endNode", EditStrategy::ROW),
    ("explainDropped", EditStrategy::ROW),
    ("moveIndicator", EditStrategy::ROW),
    ("moveNode", EditStrategy::ROW),
    ("reviseTarget", EditStrategy::ROW),
    ("retireGradingRule", ManageGradingRules::ROW),
    ("saveGradingRule", ManageGradingRules::ROW),
    ("setDefaultGradingRule", ManageGradingRules::ROW),
    ("setFigures", EditStrategy::ROW),
    ("setLevels", EditStrategy::ROW),
    ("setMappings", EditStrategy::ROW),
    ("setRemark", EditStrategy::ROW),
    ("updateIndicator", EditStrategy::ROW),
    ("updateNode", EditStrategy::ROW),
    ("updateStrategy", EditStrategy::ROW),
];

/// The part of a global id that is a UUID.
pub(super) fn short(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

/// A global id of its parts. Clients take ids as answers give them; a test must make some of things that are not there.
pub(super) fn global_id(parts: &[&str]) -> Value {
    URL_SAFE_NO_PAD.encode(parts.join(":")).into()
}

/// The same id with another part.
fn with_part(id: &Value, change: impl FnOnce(&mut Vec<String>)) -> Result<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(id.as_str().context("an id is a string")?)?;
    let text = String::from_utf8(bytes)?;
    let mut parts: Vec<String> = text.split(':').map(str::to_owned).collect();
    change(&mut parts);
    Ok(URL_SAFE_NO_PAD.encode(parts.join(":")).into())
}

/// The id of a thing of the same kind and place that is not there.
pub(super) fn missing(id: &Value) -> Result<Value> {
    with_part(id, |parts| {
        let thing = parts.iter_mut().rfind(|part| *part != "draft").expect("an id has parts");
        *thing = short(Uuid::now_v7());
    })
}

/// The same thing under another municipality, if its id names one.
pub(super) fn moved(id: &Value, to: MunicipalityCode) -> Result<Value> {
    with_part(id, |parts| {
        if parts.len() > 2 {
            parts[1] = to.to_string();
        }
    })
}

impl House {
    async fn users_email(&self, user: UserId) -> Result<String> {
        let users = self.service.app.users(&Scope::machine()).await?;
        Ok(users.into_iter().find(|of| of.user.id == user).context("the user is there")?.user.email)
    }

    /// Valid input of a mutation on things that were made for it, such that it changes something.
    pub(super) async fn input(&self, field: &str, place: Place) -> Result<Value> {
        match place {
            Place::Municipality(code) => self.municipal_input(field, code).await,
            Place::Instance => self.instance_input(field).await,
            Place::User(user) => self.own_input(field, user).await,
        }
    }

    async fn municipal_input(&self, field: &str, code: MunicipalityCode) -> Result<Value> {
        let (app, machine, text) = (&self.service.app, Scope::machine(), code.to_string());
        let of = |kind: &str, id: Uuid| global_id(&[kind, &text, &short(id)]);
        let member = self.town(code).member;
        let department = match field {
            "invitePerson" | "grantRole" | "revokeRole" | "renameDepartment" | "deleteDepartment" => {
                self.department(code).await?
            }
            _ => self.some_department(code).await?,
        };
        Ok(match field {
            "invitePerson" => json!({
                "municipality": text, "email": format!("{}@city.example", fresh()), "name": "招かれた人",
                "role": "REPORTER", "department": of("department", department.uuid()),
            }),
            "cancelInvitation" => {
                let email = format!("{}@city.example", fresh());
                let made = app.invite(&machine, code, &email, "招かれた人", MunicipalRole::Reviewer).await?;
                json!({ "id": of("invitation", made.invitation.id.uuid()) })
            }
            "grantRole" => json!({
                "municipality": text, "user": global_id(&["user", &short(member.uuid())]),
                "role": "REPORTER", "department": of("department", department.uuid()),
            }),
            "revokeRole" => {
                let role = MunicipalRole::Reporter(department);
                json!({ "id": of("membership", app.grant_role(&machine, code, member, role).await?.id.uuid()) })
            }
            "createDepartment" => json!({ "municipality": text, "name": fresh() }),
            "renameDepartment" => json!({ "id": of("department", department.uuid()), "name": fresh() }),
            "deleteDepartment" => json!({ "id": of("department", department.uuid()) }),
            "createStrategy" => json!({ "municipality": text, "document": self.document(code).await? }),
            "publishStrategy" | "deleteStrategy" => {
                let document = self.document(code).await?.to_string();
                let id = app.create_strategy(&machine, code, &document).await?.strategy().parts().id;
                json!({ "id": global_id(&["strategy", &text, &short(id.uuid()), "draft"]) })
            }
            "createApiKey" => json!({
                "municipality": text, "name": "鍵", "scopes": ["READ_DRAFTS"],
                "expiresAt": self.later.format(&Rfc3339)?,
            }),
            "revokeApiKey" => {
                let (place, scopes) = (KeyPlace::Municipality(code), vec![KeyScope::ReadDrafts]);
                let made = app.make_key(&machine, place, "鍵", scopes, self.later).await?;
                json!({ "id": of("key", made.key.id.uuid()) })
            }
            "createWebhook" => {
                json!({ "municipality": text, "url": self.webhook_url(code).await?, "events": ["OVERDUE"] })
            }
            "updateWebhook" => json!({ "id": of("webhook", self.webhook(code).await?.uuid()), "enabled": false }),
            "deleteWebhook" | "rotateWebhookSecret" | "testWebhook" => {
                json!({ "id": of("webhook", self.webhook(code).await?.uuid()) })
            }
            "redeliver" => {
                let webhook = self.webhook(code).await?;
                json!({ "id": of("delivery", self.failed_delivery(code, webhook).await?.uuid()) })
            }
            "saveGradingRule" => {
                let (version, document) = self.grading_rule(code).await?;
                json!({ "municipality": text, "document": document, "version": version })
            }
            "retireGradingRule" => {
                app.set_default_rule(&machine, code, None).await?;
                let (version, document) = self.grading_rule(code).await?;
                app.save_rule(&machine, code, &document, version, None).await?;
                json!({ "municipality": text, "key": "cases", "version": version.unwrap_or(0) + 1 })
            }
            "setDefaultGradingRule" => {
                let (version, document) = self.grading_rule(code).await?;
                app.save_rule(&machine, code, &document, version, None).await?;
                app.set_default_rule(&machine, code, None).await?;
                json!({ "municipality": text, "key": "cases" })
            }
            _ => match self.editing_input(field, code).await? {
                Some(input) => input,
                None => super::rounds::input(self, field, code).await?,
            },
        })
    }

    /// Input of an edit of a draft.
    async fn editing_input(&self, field: &str, code: MunicipalityCode) -> Result<Option<Value>> {
        let (app, machine, text) = (&self.service.app, Scope::machine(), code.to_string());
        let mut document = self.document(code).await?;
        let kpi = |label: &str| {
            json!({
                "label": label, "role": "kpi", "direction": "higher", "target": "5件", "accumulation": "level",
                "actuals": ["", "", "", "", ""],
            })
        };
        let children = json!([{ "title": "施策の一", "indicators": [kpi("一"), kpi("二")] }, { "title": "施策の二" }]);
        document["plan"][0]["children"] = children;
        document["levels"] = json!([{ "name": "目標", "kind": "goal" }, { "name": "施策", "kind": "measure" }]);
        let mut made = app.create_strategy(&machine, code, &document.to_string()).await?;
        let mut dropped = Value::Null;
        if field == "explainDropped" {
            // A next term in which nothing continues what was there.
            let next = shirube_domain::strategy::NextTerm {
                title: "次期".to_owned(),
                term: shirube_domain::strategy::Term { printed: "次期".to_owned(), number: 99 },
                first_year: made.strategy().parts().first_year,
                last_year: made.strategy().parts().last_year,
                targets: true,
            };
            self.remove_term(code, 99).await?;
            let first = made.strategy().parts().id;
            made = app.copy_strategy(&machine, code, first, None, next).await?;
            let (id, last) = (made.strategy().parts().id, &made.strategy().nodes()[2]);
            dropped = last.continues.context("what it continues")?.to_string().into();
            let edit = shirube_domain::edit::Edit::DeleteNode(last.id);
            app.edit_strategy(&machine, code, id, edit, None, None).await?;
        }
        let within = made.strategy();
        let strategy = short(within.parts().id.uuid());
        let draft = global_id(&["strategy", &text, &strategy, "draft"]);
        let in_draft = |kind: &str, id: Uuid| global_id(&[kind, &text, &strategy, "draft", &short(id)]);
        let node = |at: usize| in_draft("node", within.nodes()[at].id.uuid());
        let on_strategy = json!({ "id": draft, "version": 1 });
        let on_node = |at: usize| json!({ "id": node(at), "version": 1 });
        let on_indicator = json!({ "id": in_draft("indicator", within.indicators()[0].id.uuid()), "version": 1 });
        let with = |mut input: Value, more: Value| {
            input.as_object_mut().into_iter().for_each(|of| of.extend(more.as_object().cloned().unwrap_or_default()));
            input
        };
        let target = json!({ "printed": "6件", "accumulation": "LEVEL" });
        let department = global_id(&["department", &text, &short(self.some_department(code).await?.uuid())]);
        Ok(Some(match field {
            "updateStrategy" => with(on_strategy, json!({ "title": "別の題名" })),
            "setLevels" => {
                let levels = json!([{ "name": "柱", "kind": "GOAL", "was": 0 }, { "name": "施策", "kind": "MEASURE", "was": 1 }]);
                with(on_strategy, json!({ "levels": levels }))
            }
            "copyStrategy" => {
                self.remove_term(code, 98).await?;
                json!({
                    "id": draft, "title": "次期", "term": "次期", "termNumber": 98, "firstYear": 2030, "lastYear": 2034,
                })
            }
            "explainDropped" => with(on_strategy, json!({ "key": dropped, "reason": "終わった" })),
            "createNode" => {
                json!({ "strategy": draft, "parent": node(0), "title": "新しい施策", "department": department })
            }
            "updateNode" => with(on_node(1), json!({ "title": "別の題名", "department": department })),
            "moveNode" => with(on_node(1), json!({ "parent": node(0), "position": 1 })),
            "endNode" => with(on_node(1), json!({ "year": "R5" })),
            "deleteNode" => on_node(2),
            "createIndicator" => json!({
                "node": node(2), "label": "新しい指標", "role": "MONITORED", "direction": "HIGHER",
                "department": department,
            }),
            "updateIndicator" => with(on_indicator, json!({ "label": "別の名前", "department": department })),
            "moveIndicator" => with(on_indicator, json!({ "node": node(2) })),
            "endIndicator" => with(on_indicator, json!({ "year": "R5" })),
            "deleteIndicator" => on_indicator,
            "setFigures" => with(on_indicator, json!({ "figures": [{ "year": "R3", "actual": "4" }] })),
            "setRemark" => with(on_indicator, json!({ "year": "R3", "text": "所見" })),
            "reviseTarget" => with(on_indicator, json!({ "target": target, "replaced": "FY2022", "reason": "見直し" })),
            "setMappings" => {
                with(on_indicator, json!({ "mappings": [{ "standardIndicator": "births", "strength": "SIMILAR" }] }))
            }
            _ => return Ok(None),
        }))
    }

    /// Removes the draft of a term, if there is one.
    async fn remove_term(&self, code: MunicipalityCode, number: u8) -> Result<()> {
        let (app, machine) = (&self.service.app, Scope::machine());
        for id in app.draft_ids(&machine, code).await? {
            let draft = app.draft(&machine, code, id).await?.context("a draft")?;
            if draft.strategy().parts().term.number == number {
                app.delete_strategy(&machine, code, id).await?;
            }
        }
        Ok(())
    }

    /// A small strategy of a term of which there is none; the drafts of cases before it go.
    pub(super) async fn document(&self, code: MunicipalityCode) -> Result<Value> {
        let (app, machine) = (&self.service.app, Scope::machine());
        let mut taken = HashSet::new();
        for id in app.draft_ids(&machine, code).await? {
            let draft = app.draft(&machine, code, id).await?.context("a draft")?;
            let number = draft.strategy().parts().term.number;
            if number < 100 || app.delete_strategy(&machine, code, id).await.is_err() {
                taken.insert(number);
            }
        }
        let number = (100..=u8::MAX).find(|number| !taken.contains(number)).context("a term")?;
        Ok(small(code, number.into(), "試し"))
    }

    /// A URL for a webhook; those of cases before it go, since a municipality has not many.
    async fn webhook_url(&self, code: MunicipalityCode) -> Result<&'static str> {
        let (app, machine) = (&self.service.app, Scope::machine());
        for old in app.webhooks(&machine, code).await?.into_iter().rev().skip(10) {
            app.remove_webhook(&machine, code, old.id).await?;
        }
        Ok("https://hooks.invalid/")
    }

    /// The last version of the rule of these cases, if there is one, and another rule of its key.
    async fn grading_rule(&self, code: MunicipalityCode) -> Result<(Option<u32>, String)> {
        let last = self.service.app.saved_rule(code, "cases", None).await?;
        let shipped = shirube_domain::grade::preset("uda").context("a rule")?;
        let mut document = serde_json::to_value(&**shipped)?;
        (document["key"], document["name"]["ja"]) = ("cases".into(), fresh().into());
        Ok((last.map(|last| last.stored.version.number), document.to_string()))
    }

    /// A new webhook.
    pub(super) async fn webhook(&self, code: MunicipalityCode) -> Result<WebhookId> {
        let (url, wanted) = (self.webhook_url(code).await?, vec![Event::Overdue]);
        Ok(self.service.app.make_webhook(&Scope::machine(), code, url, wanted).await?.webhook.id)
    }

    /// A delivery of a webhook that was given up.
    pub(super) async fn failed_delivery(&self, code: MunicipalityCode, webhook: WebhookId) -> Result<DeliveryId> {
        let (app, machine) = (&self.service.app, Scope::machine());
        let delivery = app.try_webhook(&machine, code, webhook).await?.id;
        for enabled in [false, true] {
            let edit = WebhookEdit { enabled: Some(enabled), ..WebhookEdit::default() };
            app.change_webhook(&machine, code, webhook, edit).await?;
        }
        Ok(delivery)
    }

    async fn instance_input(&self, field: &str) -> Result<Value> {
        let (app, machine) = (&self.service.app, Scope::machine());
        let guest = global_id(&["user", &short(self.guest.uuid())]);
        let role = async |has| app.set_instance_role(&machine, self.guest, InstanceRole::Researcher, has).await;
        let enabled = async |enabled| app.set_user_enabled(&machine, self.guest, enabled, None).await;
        let email = format!("{}@city.example", fresh());
        Ok(match field {
            "inviteToInstance" => json!({ "email": email, "name": "招かれた人", "role": "RESEARCHER" }),
            "cancelInvitation" => {
                let made = app.invite_to_instance(&machine, &email, "招かれた人", InstanceRole::Researcher).await?;
                json!({ "id": global_id(&["invitation", "instance", &short(made.invitation.id.uuid())]) })
            }
            "grantInstanceRole" => {
                role(false).await?;
                json!({ "user": guest, "role": "RESEARCHER" })
            }
            "revokeInstanceRole" => {
                role(true).await?;
                json!({ "user": guest, "role": "RESEARCHER" })
            }
            "disableUser" => {
                enabled(true).await?;
                json!({ "user": guest, "reason": "退職" })
            }
            "enableUser" => {
                enabled(false).await?;
                json!({ "user": guest, "reason": "復職" })
            }
            "resetPassword" => json!({ "user": guest }),
            "endSessions" => {
                enabled(true).await?;
                let begun = app.issue_tokens(&machine, &self.users_email(self.guest).await?).await;
                begun.map_err(|error| anyhow::anyhow!("no session: {error:?}"))?;
                json!({ "user": guest })
            }
            _ => bail!("no input for {field} in the instance"),
        })
    }

    async fn own_input(&self, field: &str, user: UserId) -> Result<Value> {
        let scopes = vec![KeyScope::ReadPublished];
        Ok(match field {
            "createApiKey" => {
                json!({ "name": "鍵", "scopes": ["READ_PUBLISHED"], "expiresAt": self.later.format(&Rfc3339)? })
            }
            "revokeApiKey" => {
                let place = KeyPlace::User(user);
                let made = self.service.app.make_key(&Scope::machine(), place, "鍵", scopes, self.later).await?;
                json!({ "id": global_id(&["key", "instance", &short(made.key.id.uuid())]) })
            }
            _ => bail!("no input for {field} of one's own"),
        })
    }
}

/// The type of a mutation's input.
pub(super) fn input_type(field: &str) -> String {
    let mut letters = field.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter();
    first.chain(letters).chain("Input".chars()).collect()
}

/// The fields of a type of the schema, with their types.
pub(super) fn fields(sdl: &str, head: &str) -> HashMap<String, String> {
    let mut described = false;
    let body = sdl.lines().skip_while(|line| *line != format!("{head} {{")).skip(1).take_while(|line| *line != "}");
    let mut fields = HashMap::new();
    // The last name on the level of fields; arguments stand deeper, their end gives the type.
    let mut name = String::new();
    for line in body {
        let quotes = line.matches("\"\"\"").count();
        if quotes == 1 {
            described = !described;
        }
        if described || quotes > 0 {
            continue;
        }
        let Some(text) = line.strip_prefix("  ").filter(|text| !text.starts_with(' ')) else { continue };
        if !text.starts_with(')') {
            name = text.chars().take_while(|letter| letter.is_alphanumeric()).collect();
        }
        if let Some((_, of)) = text.rsplit_once(": ") {
            fields.insert(name.clone(), of.to_owned());
        }
    }
    fields
}
