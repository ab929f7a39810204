//! Three municipalities full of marked texts, everybody who may ask, and what the model knows of them.

use std::{collections::HashMap, sync::Arc, time::SystemTime};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use shirube_access::{Grant, InstanceRole, KeyScope, MunicipalRole, Origin, Role, Scope, table::EditStrategy};
use shirube_app::{KeyPlace, NewOpinion, Unbelieved};
use shirube_domain::{
    DepartmentId, MembershipId, NodeId, StrategyId, UserId,
    calendar::day_in_japan,
    lint::Subject,
    municipality::MunicipalityCode,
    round::Round,
    strategy::{
        Ancestor, Decision, Department, Detail, Lineage, Mapping, MappingDifference, MappingParts, MappingStrength,
        NoIndicator, Remark, Role as IndicatorRole, Strategy, SupersededTarget,
    },
    webhook::Event,
};
use shirube_exchange::{STRATEGIES, sample};
use shirube_testing::{PASSWORD, Sql, TestService};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::model::{KeyRights, Kind, Mark, Model, Rights, Who};

/// How every mark begins. What follows is 32 characters that nobody guesses.
pub(super) const MARK: &str = "cnry";
/// The municipalities: two with published strategies, and one that has only a draft.
pub(super) const CODES: [&str; 3] = ["012262", "325252", "011002"];

/// A person, beside what the model knows.
struct Person {
    email: String,
    /// What they have at first.
    grants: Vec<Grant>,
    token: String,
}

struct Key {
    place: KeyPlace,
    name: String,
    secret: String,
}

/// Everything.
pub(super) struct World {
    pub(super) service: TestService,
    /// Past the locks, to see what there is.
    pub(super) sql: Sql,
    pub(super) codes: Vec<MunicipalityCode>,
    pub(super) marks: HashMap<String, Mark>,
    pub(super) model: Model,
    people: Vec<Person>,
    keys: Vec<Key>,
    /// What must never be in a log.
    pub(super) secrets: Vec<String>,
}

pub(super) fn now() -> OffsetDateTime {
    SystemTime::now().into()
}

/// A text with a mark at its end.
fn marked(text: &str, mark: &str) -> String {
    format!("{text} {mark}")
}

/// A small plan of a municipality in which every text is marked.
fn draft(code: MunicipalityCode, mark: &str, department: &str) -> Result<Strategy> {
    let file = STRATEGIES[usize::from(code.to_string() == CODES[1])];
    let read = sample::read(file, &mut Uuid::now_v7).ok().context("the sample is read by its own tests")?;
    let mut parts = read.into_parts();
    parts.id = StrategyId::from_uuid(Uuid::now_v7());
    parts.municipality = code;
    parts.term.number = 9;
    let mark_all = |texts: &mut [&mut String]| texts.iter_mut().for_each(|text| **text = marked(text, mark));
    let (report, source) = (&mut parts.report, &mut parts.source);
    mark_all(&mut [&mut parts.title, &mut parts.term.printed, &mut report.title, &mut source.attribution]);
    mark_all(&mut [&mut source.terms]);
    mark_all(&mut parts.levels.iter_mut().map(|level| &mut level.name).collect::<Vec<_>>());
    let owner = DepartmentId::from_uuid(Uuid::now_v7());
    parts.departments = vec![Department { id: owner, name: department.to_owned() }];
    // The nodes stand each before those below it, so that the first of them are a tree.
    parts.nodes.truncate(10);
    let remark = Remark { year: parts.first_year, text: mark.to_owned() };
    for node in &mut parts.nodes {
        node.title = marked(&node.title, mark);
        node.department = Some(owner);
        node.remarks = vec![remark.clone()];
        if let Some(NoIndicator { reason, .. }) = &mut node.no_indicator {
            *reason = marked(reason, mark);
        }
    }
    parts.indicators.retain(|indicator| parts.nodes.iter().any(|node| node.id == indicator.node));
    let ancestor = Ancestor {
        subject: Subject::Node(NodeId::from_uuid(Uuid::now_v7())),
        name: marked("前期の施策", mark),
        role: None,
        unit: None,
        direction: None,
        dropped: Some(mark.to_owned()),
    };
    let (previous, term) = (StrategyId::from_uuid(Uuid::now_v7()), parts.term.clone());
    parts.lineage = Some(Lineage { previous, term, revision: None, ancestors: vec![ancestor] });
    for indicator in &mut parts.indicators {
        indicator.mappings = vec![Mapping::new(MappingParts {
            standard: "births".to_owned(),
            strength: MappingStrength::Similar,
            factor: None,
            differences: [MappingDifference::Other].into(),
            reason: Some(mark.to_owned()),
            decided: Some(Decision { by: Some(mark.to_owned()), on: day_in_japan(now()) }),
        })?];
        indicator.label = marked(&indicator.label, mark);
        indicator.department = Some(owner);
        indicator.remarks = vec![remark.clone()];
        indicator.details = vec![Detail { heading: marked("定義", mark), text: mark.to_owned() }];
        if let Some(baseline) = &mut indicator.baseline {
            baseline.printed = marked(&baseline.printed, mark);
        }
        match &mut indicator.role {
            IndicatorRole::Kpi(target) | IndicatorRole::GoalTarget(target) => {
                target.statement.printed = marked(&target.statement.printed, mark);
                target.superseded = vec![SupersededTarget {
                    statement: target.statement.clone(),
                    yearly: Vec::new(),
                    replaced: "2022-03".parse()?,
                    reason: mark.to_owned(),
                }];
            }
            IndicatorRole::Monitored { reason } => *reason = Some(mark.to_owned()),
        }
    }
    Ok(Strategy::new(parts)?)
}

impl World {
    /// Fills the database of a service.
    pub(super) async fn new(service: TestService) -> Result<Self> {
        let sql = Sql::connect(&service.database.superuser_url()?).await?;
        let codes = CODES.into_iter().map(|code| Ok(code.parse()?)).collect::<Result<Vec<MunicipalityCode>>>()?;
        let mut world = Self {
            service,
            sql,
            codes: codes.clone(),
            marks: HashMap::new(),
            model: Model::default(),
            people: Vec::new(),
            keys: Vec::new(),
            secrets: vec![PASSWORD.to_owned(), "throw-away".to_owned()],
        };
        for code in &codes {
            world.fill(*code).await?;
        }
        for role in [InstanceRole::Operator, InstanceRole::Operator, InstanceRole::Researcher] {
            world.person(vec![Grant::Instance(role)]).await?;
        }
        let (operator, researcher) = (world.people.len() - 2, world.people.len() - 1);
        world
            .person(vec![
                Grant::Municipal(codes[0], MunicipalRole::Administrator),
                Grant::Municipal(codes[1], MunicipalRole::Reviewer),
            ])
            .await?;
        for owner in [operator, researcher] {
            world.key(Err(owner), vec![KeyScope::ReadPublished, KeyScope::Bulk]).await?;
        }
        let mark = world.mint(Kind::Instance, None, None);
        let email = format!("{mark}@example.jp");
        world.service.app.invite_to_instance(&Scope::machine(), &email, &mark, InstanceRole::Researcher).await?;
        world.sync().await?;
        Ok(world)
    }

    async fn fill(&mut self, code: MunicipalityCode) -> Result<()> {
        let machine = Scope::machine();
        let mut departments = Vec::new();
        for _ in 0..3 {
            departments.push(self.department(code).await?);
        }
        let (mark, department) =
            (self.mint(Kind::Draft, Some(code), None), self.mint(Kind::Department, Some(code), None));
        let strategy = draft(code, &mark, &department)?;
        let store = self.service.database.store().await?;
        let permit = machine.permit::<EditStrategy>(code)?;
        store.tenant(permit, now()).await?.create_draft(&strategy).await?;
        let parts = strategy.parts();
        let (of, year) = (parts.id, parts.first_year);
        let due = year.last_day();
        let round = Round { strategy: of, year, due, dues: vec![(departments[0], due)] };
        let view = self.service.app.open_round(&machine, code, round).await?;
        let subject = view.tasks().first().context("a task")?.task.subject;
        let new = NewOpinion { year, subject, text: format!("意見{mark}"), public: false };
        self.service.app.give_opinion(&machine, code, of, new).await?;
        let roles = [
            MunicipalRole::Administrator,
            MunicipalRole::Administrator,
            MunicipalRole::Planner,
            MunicipalRole::Reporter(departments[0]),
            MunicipalRole::Reporter(departments[1]),
            MunicipalRole::Reviewer,
        ];
        let administrator = Who::Person(self.people.len());
        for role in roles {
            self.person(vec![Grant::Municipal(code, role)]).await?;
        }
        self.remembered(code, administrator).await?;
        for at in 0..3 {
            let mark = self.mint(Kind::Invitation, Some(code), None);
            let (email, role) = (format!("{mark}@city.example.jp"), MunicipalRole::Planner);
            let invited = self.service.app.invite(&machine, code, &email, &format!("氏{mark}"), role).await?;
            self.secrets.extend(invited.link.split_once('#').map(|(_, secret)| secret.to_owned()));
            if at == 0 {
                self.service.app.cancel_invitation(&machine, Some(code), invited.invitation.id).await?;
            }
        }
        for scopes in [vec![KeyScope::ReadDrafts, KeyScope::ReportFigures], vec![KeyScope::ReadPublished]] {
            self.key(Ok(code), scopes).await?;
        }
        self.webhook(code).await?;
        self.grading_rules(code).await?;
        // A reason stands in the audit trail alone.
        let mark = self.mint(Kind::Reason, Some(code), None);
        let user = self.model.people.last().context("somebody")?.id;
        let granted = self.service.app.grant_role(&machine, code, user, MunicipalRole::Planner).await?;
        self.service.app.revoke_role(&machine, code, granted.id, Some(format!("理由{mark}"))).await?;
        Ok(())
    }

    async fn department(&mut self, code: MunicipalityCode) -> Result<DepartmentId> {
        let mark = self.mint(Kind::Department, Some(code), None);
        Ok(self.service.app.add_department(&Scope::machine(), code, &format!("課{mark}")).await?.id)
    }

    /// A mutation of which the answer is kept, for whoever sends it again.
    async fn remembered(&mut self, code: MunicipalityCode, who: Who) -> Result<()> {
        let mark = self.mint(Kind::Department, Some(code), None);
        let made = format!(
            "mutation {{ createDepartment(input: {{ municipality: \"{code}\", name: \"課{mark}\", \
             clientMutationId: \"{code}\" }}) {{ department {{ name }} }} }}"
        );
        let scope = self.scope(who).await?;
        self.service.ask_of(&scope, &made, Value::Null).await?.data().map(|_| ())
    }

    /// Rules that were saved, one of them retired and one the default; the others have rules of the same keys.
    async fn grading_rules(&self, code: MunicipalityCode) -> Result<()> {
        let (app, machine) = (&self.service.app, Scope::machine());
        let mut rule =
            shirube_domain::grade::GradingRule::clone(shirube_domain::grade::preset("uda").context("a rule")?);
        for key in ["x", "births"] {
            rule.key = key.to_owned();
            app.save_rule(&machine, code, &serde_json::to_string(&rule)?, None, Some("初版".to_owned())).await?;
        }
        app.retire_rule(&machine, code, "births", 1, None).await?;
        app.set_default_rule(&machine, code, Some("x".to_owned())).await?;
        Ok(())
    }

    /// A webhook that has something to deliver.
    async fn webhook(&mut self, code: MunicipalityCode) -> Result<()> {
        let url = format!("https://hooks.invalid/{}", self.mint(Kind::Webhook, Some(code), None));
        let (app, machine) = (&self.service.app, Scope::machine());
        let made = app.make_webhook(&machine, code, &url, vec![Event::Published]).await?;
        app.try_webhook(&machine, code, made.webhook.id).await?;
        self.secrets.push(made.secret.reveal());
        Ok(())
    }

    /// A fresh mark.
    pub(super) fn mint(&mut self, kind: Kind, place: Option<MunicipalityCode>, owner: Option<usize>) -> String {
        let text = format!("{MARK}{}", Uuid::now_v7().simple());
        let mark = Mark { kind, places: place.into_iter().collect(), owner, key: None, published: false };
        self.marks.insert(text.clone(), mark);
        text
    }

    /// A person with roles, whose name and address are marked.
    async fn person(&mut self, grants: Vec<Grant>) -> Result<()> {
        let mark = self.mint(Kind::Person, None, Some(self.people.len()));
        let email = format!("{mark}@people.example.jp");
        let token = self.service.user(&email, &grants).await?;
        let found =
            self.sql.texts(&format!("SELECT {} FROM user_account WHERE email = '{email}'", self.hex("id"))).await?;
        let id = UserId::from_uuid(found.first().context("an account")?.parse()?);
        self.secrets.push(token.clone());
        self.people.push(Person { email, grants, token });
        self.model.people.push(Rights { id, roles: Vec::new(), places: Vec::new(), ran_instance: false });
        Ok(())
    }

    async fn key(&mut self, owner: Result<MunicipalityCode, usize>, scopes: Vec<KeyScope>) -> Result<()> {
        let (place, kind) = match owner {
            Ok(code) => (KeyPlace::Municipality(code), Kind::Key),
            Err(person) => (KeyPlace::User(self.model.people[person].id), Kind::OwnKey),
        };
        let name = self.mint(kind, owner.ok(), owner.err());
        self.marks.get_mut(&name).context("just made")?.key = Some(self.keys.len());
        self.keys.push(Key { place, name, secret: String::new() });
        self.model.keys.push(KeyRights { owner, scopes });
        self.make_key(self.keys.len() - 1).await
    }

    /// Makes a key, anew if it was revoked.
    async fn make_key(&mut self, at: usize) -> Result<()> {
        let (key, scopes) = (&mut self.keys[at], self.model.keys[at].scopes.clone());
        let ends = now() + Duration::days(90);
        let made = self.service.app.make_key(&Scope::machine(), key.place, &key.name, scopes, ends).await?;
        made.secret.reveal().clone_into(&mut key.secret);
        self.secrets.push(key.secret.clone());
        Ok(())
    }

    /// The expression that spells a UUID, which SQLite keeps as bytes.
    fn hex(&self, column: &str) -> String {
        let sqlite = self.service.database.url().starts_with("sqlite:");
        if sqlite { format!("lower(hex({column}))") } else { format!("replace({column}::text, '-', '')") }
    }

    /// Everybody who may ask.
    pub(super) fn principals(&self) -> Vec<Who> {
        let people = (0..self.people.len()).map(Who::Person);
        people.chain((0..self.keys.len()).map(Who::Key)).chain([Who::Anonymous, Who::Anonymous]).collect()
    }

    /// Those who run the instance or a municipality.
    pub(super) fn powerful(&self) -> Vec<Who> {
        let runs = |at: &usize| {
            let roles = &self.model.people[*at].roles;
            roles.iter().any(|(_, role)| matches!(role, Role::Operator | Role::Administrator))
        };
        (0..self.people.len()).filter(runs).map(Who::Person).collect()
    }

    /// The addresses of people whose names may stand in a municipality.
    pub(super) fn emails_of(&self, code: MunicipalityCode) -> Vec<&str> {
        let here = self.people.iter().zip(&self.model.people).filter(|(_, rights)| rights.places.contains(&code));
        here.map(|(person, _)| person.email.as_str()).collect()
    }

    /// Everybody's address.
    pub(super) fn emails(&self) -> Vec<String> {
        self.people.iter().map(|person| person.email.clone()).collect()
    }

    /// The secrets of all keys.
    pub(super) fn key_secrets(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.secret.clone()).collect()
    }

    /// Who asks, with the token or key of today. Somebody who was signed out signs in again.
    pub(super) async fn scope(&mut self, who: Who) -> Result<Arc<Scope>> {
        for _ in 0..2 {
            let bearer = match who {
                Who::Anonymous => None,
                Who::Person(at) => Some(self.people[at].token.as_str()),
                Who::Key(at) => Some(self.keys[at].secret.as_str()),
            };
            match self.service.app.scope(bearer, Origin::default()).await {
                Ok(scope) => return Ok(Arc::new(scope)),
                Err(Unbelieved::Failed(error)) => return Err(error.into()),
                Err(Unbelieved::NotBelieved) => match who {
                    Who::Anonymous => bail!("nobody is believed to be nobody"),
                    Who::Person(at) => self.sign_in(at).await?,
                    Who::Key(at) => {
                        // A key of somebody who may not sign in is as good as revoked.
                        if let Err(owner) = self.model.keys[at].owner {
                            self.sign_in(owner).await?;
                        }
                        self.make_key(at).await?;
                    }
                },
            }
        }
        bail!("{who:?} is not believed")
    }

    async fn sign_in(&mut self, at: usize) -> Result<()> {
        let id = self.model.people[at].id;
        self.service.app.set_user_enabled(&Scope::machine(), id, true, None).await?;
        let signed_in = self.service.app.sign_in(&self.people[at].email, PASSWORD, Origin::default()).await;
        let signed_in = signed_in.map_err(|error| anyhow::anyhow!("cannot sign in: {error:?}"))?;
        self.secrets.push(signed_in.access_token.clone());
        self.people[at].token = signed_in.access_token;
        Ok(())
    }

    /// Reads the roles that everybody has from the rows themselves.
    pub(super) async fn sync(&mut self) -> Result<()> {
        let at: HashMap<String, usize> = self
            .model
            .people
            .iter()
            .enumerate()
            .map(|(at, rights)| (rights.id.uuid().simple().to_string(), at))
            .collect();
        self.model.people.iter_mut().for_each(|rights| rights.roles.clear());
        let published = format!(
            "SELECT document FROM publication WHERE document LIKE '%{MARK}%' \
             UNION ALL SELECT note FROM publication WHERE note LIKE '%{MARK}%'"
        );
        for document in self.sql.texts(&published).await? {
            for (at, _) in document.match_indices(MARK) {
                let mark = self.marks.get_mut(&document[at..at + MARK.len() + 32]).context("a mark")?;
                mark.published = true;
            }
        }
        let users = format!(
            "SELECT {}, CASE WHEN operator THEN 'operator' END, \
                     CASE WHEN researcher THEN 'researcher' END, NULL FROM user_account \
                     UNION ALL SELECT {}, role, NULL, municipality FROM membership",
            self.hex("id"),
            self.hex("user_id")
        );
        for row in self.sql.rows(&users).await? {
            let [Some(user), one, other, code] = row.as_slice() else { bail!("a user without an id") };
            let Some(rights) = at.get(user).map(|at| &mut self.model.people[*at]) else { continue };
            let code = code.as_ref().map(|code| code.parse()).transpose()?;
            for name in [one, other].into_iter().flatten() {
                let role = Role::ALL.into_iter().find(|role| role.name() == name).context("a role")?;
                rights.roles.push((code, role));
                rights.ran_instance |= role == Role::Operator;
            }
            rights.places.extend(code.filter(|code| !rights.places.contains(code)));
        }
        Ok(())
    }

    /// Gives everybody the roles back that they had at first, and takes others away.
    pub(super) async fn repair(&mut self) -> Result<()> {
        self.sync().await?;
        let machine = Scope::machine();
        for at in 0..self.people.len() {
            let (id, grants) = (self.model.people[at].id, self.people[at].grants.clone());
            let has = |code: Option<MunicipalityCode>, role: Role, roles: &[(Option<MunicipalityCode>, Role)]| {
                roles.contains(&(code, role))
            };
            let roles = self.model.people[at].roles.clone();
            for grant in &grants {
                match *grant {
                    Grant::Instance(role) if !has(None, role.role(), &roles) => {
                        self.service.app.set_instance_role(&machine, id, role, true).await?;
                    }
                    Grant::Municipal(code, role) if !has(Some(code), role.role(), &roles) => {
                        let role = match role {
                            // The department may be gone.
                            MunicipalRole::Reporter(_) => {
                                let known = self.service.app.departments(&machine, code).await?.first().map(|of| of.id);
                                MunicipalRole::Reporter(match known {
                                    Some(id) => id,
                                    None => self.department(code).await?,
                                })
                            }
                            other => other,
                        };
                        self.service.app.set_user_enabled(&machine, id, true, None).await?;
                        let token = self.service.user(&self.people[at].email, &[Grant::Municipal(code, role)]).await?;
                        self.secrets.push(token.clone());
                        self.people[at].token = token;
                    }
                    _ => {}
                }
            }
            for (code, role) in roles {
                let meant = grants.iter().any(|grant| match *grant {
                    Grant::Instance(of) => code.is_none() && of.role() == role,
                    Grant::Municipal(of, had) => code == Some(of) && had.role() == role,
                });
                if meant {
                    continue;
                }
                match code {
                    Some(code) => {
                        let found = format!(
                            "SELECT {} FROM membership WHERE municipality = '{code}' AND role = '{role}' \
                             AND {} = '{}'",
                            self.hex("id"),
                            self.hex("user_id"),
                            id.uuid().simple()
                        );
                        for id in self.sql.texts(&found).await? {
                            let id = MembershipId::from_uuid(id.parse()?);
                            self.service.app.revoke_role(&machine, code, id, None).await?;
                        }
                    }
                    None => {
                        let role = InstanceRole::named(role.name()).context("a role in the instance")?;
                        self.service.app.set_instance_role(&machine, id, role, false).await?;
                    }
                }
            }
        }
        self.sync().await
    }
}
