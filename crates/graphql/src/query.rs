//! The root of all queries.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use shirube_access::{
    Scope,
    table::{Instance as AtInstance, ReadInstance},
};
use shirube_app::{App, At, KeyPlace, Part, PublishedStrategy};
use shirube_domain::{Error, StrategyId, grade, municipality, municipality::MunicipalityCode as DomainCode};
use time::OffsetDateTime;

use crate::{
    error::{bad_input, outward},
    id::{GlobalId, RoundKey, StrategyKey},
    limits::{look_up, spend},
    page::{PAGE_LIMIT, PageArguments, page_of},
    scalars::{DateTime, FiscalYear, MunicipalityCode},
    types::{
        Account, AccountConnection, ApiKey, AuditEntry, AuditEntryConnection, AuditFilter, Department, GradingRule,
        Instance, Invitation, InvitationConnection, Membership, MembershipConnection, Municipality,
        MunicipalityConnection, MunicipalityFilter, MunicipalityOrder, Node, OfficialIndicator, Opinion, Prefecture,
        Round, StandardIndicator, StandardIndicatorConnection, StandardIndicatorFilter, Strategy, User, Viewer,
        Webhook, WebhookDelivery, audit, municipalities, standard_indicators,
    },
};

pub(crate) struct Query;

/// The service, without having asked anything.
pub(crate) fn service<'a>(context: &Context<'a>) -> &'a Arc<App> {
    context.data_unchecked()
}

/// Who is asking.
pub(crate) fn scope<'a>(context: &Context<'a>) -> &'a Arc<Scope> {
    context.data_unchecked()
}

/// The service, for whoever may read what is published.
pub(crate) fn app<'a>(context: &Context<'a>) -> Result<&'a Arc<App>> {
    let app = service(context);
    app.may_read(scope(context)).map_err(outward)?;
    Ok(app)
}

/// What is published, and the reference data beside it. The name is never seen: the root is called Query.
#[Object(name = "Reading")]
impl Query {
    /// The thing of a global id; null if there is none, or none that the caller may see.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A global id that an answer gave.")] id: ID,
    ) -> Result<Option<Node>> {
        find(context, &id, "id").await
    }

    /// The things of several global ids (100 at most), in their order, with null for those that are not there.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Global ids that answers gave.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > PAGE_LIMIT {
            return Err(bad_input("ids", format!("{} ids; ask for {PAGE_LIMIT} at most", ids.len())));
        }
        let mut nodes = Vec::with_capacity(ids.len());
        for id in &ids {
            nodes.push(find(context, id, "ids").await?);
        }
        Ok(nodes)
    }

    /// What this instance is: version, attributions, limits.
    async fn instance(&self, context: &Context<'_>) -> Result<Instance> {
        scope(context).permit::<ReadInstance>(AtInstance).map_err(outward)?;
        Ok(Instance(service(context).clone()))
    }

    /// Who is asking (自分), and what they may do.
    async fn viewer(&self, context: &Context<'_>) -> Result<Viewer> {
        scope(context).permit::<ReadInstance>(AtInstance).map_err(outward)?;
        Ok(Viewer(scope(context).clone()))
    }

    /// All 47 prefectures (都道府県), from north to south.
    async fn prefectures(&self, context: &Context<'_>) -> Result<Vec<Prefecture>> {
        app(context)?;
        Ok(municipality::Prefecture::all().map(Prefecture).collect())
    }

    /// The grading rules (評価基準) that are shipped, each as its body prints it.
    async fn grading_rules(&self, context: &Context<'_>) -> Result<Vec<GradingRule>> {
        app(context)?;
        spend(context, grade::presets().len())?;
        Ok(grade::presets().iter().cloned().map(GradingRule::unsaved).collect())
    }

    /// The municipality (自治体) of a code; null if there is none. A code that was given up leads to its successor.
    async fn municipality(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code, with or without its check digit.")] code: MunicipalityCode,
    ) -> Result<Option<Municipality>> {
        let app = app(context)?;
        Ok(app.reference().find(code.0).map(|at| Municipality::new(app.clone(), at)))
    }

    /// Municipalities (自治体), by code unless ordered otherwise.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn municipalities(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which municipalities; all if absent.")] filter: Option<MunicipalityFilter>,
        #[graphql(desc = "Their order.")] order_by: Option<MunicipalityOrder>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<MunicipalityConnection> {
        let arguments = PageArguments { first, after, last, before };
        let page = municipalities(app(context)?, filter.unwrap_or_default(), order_by, &arguments)?;
        spend(context, page.len())?;
        Ok(page)
    }

    /// A strategy (総合戦略) as published: the municipality's current one in its latest revision unless said otherwise.
    /// Null if none is published, or was at that time.
    async fn strategy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
        #[graphql(desc = "The number of a term, for another than the current strategy.")] term: Option<u8>,
        #[graphql(desc = "The number of a revision, for another than the latest.")] revision: Option<u32>,
        #[graphql(desc = "An instant: what was published then. Not together with `revision`.")] as_of: Option<DateTime>,
    ) -> Result<Option<Strategy>> {
        strategy(app(context)?, municipality.0.current(), term, revision, as_of.map(|instant| instant.0)).await
    }

    /// The standard indicator (標準指標) of a key; null if there is none.
    async fn standard_indicator(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its key, such as births.")] key: String,
    ) -> Result<Option<StandardIndicator>> {
        Ok(StandardIndicator::find(app(context)?, &key))
    }

    /// The catalogue of standard indicators (標準指標).
    async fn standard_indicators(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicators; all if absent.")] filter: Option<StandardIndicatorFilter>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<StandardIndicatorConnection> {
        let arguments = PageArguments { first, after, last, before };
        let page = standard_indicators(app(context)?, filter.unwrap_or_default(), &arguments)?;
        spend(context, page.len())?;
        Ok(page)
    }

    /// The series of the official statistics (公的統計).
    async fn official_indicators(&self, context: &Context<'_>) -> Result<Vec<OfficialIndicator>> {
        let app = app(context)?;
        Ok((0..app.reference().official().len()).map(|at| OfficialIndicator { app: app.clone(), at }).collect())
    }

    /// The drafts (策定中の戦略) of a municipality, the earliest term first, for its own people.
    async fn drafts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
    ) -> Result<Option<Vec<Strategy>>> {
        let (app, code) = (service(context), municipality.0.current());
        look_up(context)?;
        let mut drafts = Vec::new();
        for id in app.draft_ids(scope(context), code).await.map_err(outward)? {
            spend(context, 1)?;
            look_up(context)?;
            drafts.extend(draft(app, scope(context), code, id).await?);
        }
        Ok(Some(drafts))
    }

    /// The reporting rounds (年度の実績報告) of a municipality, the earliest year first, for its own people.
    async fn rounds(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
        #[graphql(desc = "Only of this fiscal year.")] year: Option<FiscalYear>,
    ) -> Result<Option<Vec<Round>>> {
        let (app, scope, municipality) = (service(context), scope(context), municipality.0.current());
        look_up(context)?;
        let mut rounds = Vec::new();
        for strategy in app.draft_ids(scope, municipality).await.map_err(outward)? {
            look_up(context)?;
            for round in app.rounds(scope, municipality, strategy).await.map_err(outward)? {
                if year.as_ref().is_none_or(|year| year.0 == round.year) {
                    rounds.push(Part { municipality, strategy, year: round.year });
                }
            }
        }
        rounds.sort_by_key(|round| round.year);
        let mut views = Vec::with_capacity(rounds.len());
        for round in rounds {
            spend(context, 1)?;
            look_up(context)?;
            let view = app.round(scope, round).await.map_err(outward)?;
            views.extend(view.map(|view| Round::new(app, municipality, view)));
        }
        Ok(Some(views))
    }

    /// The roles (役割) that people have in a municipality, in the order in which they were given.
    async fn memberships(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<Option<MembershipConnection>> {
        let code = municipality.0.current();
        look_up(context)?;
        let members = service(context).members(scope(context), code).await.map_err(outward)?;
        let arguments = PageArguments { first, after, last, before };
        let list = format!("memberships:{code}");
        let page = page_of(&members, &list, &arguments, |of| of.id.to_string()).map_err(outward)?;
        let page = MembershipConnection::new(page, &list, members.len(), |at| {
            (Membership(members[at].clone()), members[at].id.to_string())
        });
        spend(context, page.len())?;
        Ok(Some(page))
    }

    /// The departments (担当課) of a municipality, by name.
    async fn departments(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
    ) -> Result<Option<Vec<Department>>> {
        let code = municipality.0.current();
        look_up(context)?;
        let departments = service(context).departments(scope(context), code).await.map_err(outward)?;
        spend(context, departments.len())?;
        Ok(Some(departments.into_iter().map(|of| Department { municipality: code, of }).collect()))
    }

    /// The invitations (招待) to a municipality, or to the instance, the latest first.
    async fn invitations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality; absent for invitations to the instance.")] municipality: Option<
            MunicipalityCode,
        >,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<Option<InvitationConnection>> {
        look_up(context)?;
        let (app, scope) = (service(context), scope(context));
        let invitations = match &municipality {
            Some(code) => app.invitations(scope, code.0.current()).await,
            None => app.instance_invitations(scope).await,
        };
        let invitations = invitations.map_err(outward)?;
        let arguments = PageArguments { first, after, last, before };
        let list = municipality.map_or("invitations".to_owned(), |code| format!("invitations:{}", code.0.current()));
        let page = page_of(&invitations, &list, &arguments, |of| of.id.to_string()).map_err(outward)?;
        let page = InvitationConnection::new(page, &list, invitations.len(), |at| {
            (Invitation(invitations[at].clone()), invitations[at].id.to_string())
        });
        spend(context, page.len())?;
        Ok(Some(page))
    }

    /// The API keys of a municipality, the latest first.
    async fn api_keys(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
    ) -> Result<Option<Vec<ApiKey>>> {
        look_up(context)?;
        let keys = service(context)
            .keys(scope(context), KeyPlace::Municipality(municipality.0.current()))
            .await
            .map_err(outward)?;
        spend(context, keys.len())?;
        Ok(Some(keys.into_iter().map(ApiKey).collect()))
    }

    /// The webhooks (Webhook通知) of a municipality, in the order in which they were made.
    async fn webhooks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
    ) -> Result<Option<Vec<Webhook>>> {
        look_up(context)?;
        let all = service(context).webhooks(scope(context), municipality.0.current()).await.map_err(outward)?;
        spend(context, all.len())?;
        Ok(Some(all.into_iter().map(Webhook).collect()))
    }

    /// The audit trail (監査記録) of a municipality, or of the instance, newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn audit(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality; absent for the trail of the instance.")] municipality: Option<
            MunicipalityCode,
        >,
        #[graphql(desc = "Which lines; all if absent.")] filter: Option<AuditFilter>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<Option<AuditEntryConnection>> {
        let arguments = PageArguments { first, after, last, before };
        let code = municipality.map(|code| code.0.current());
        let filter = filter.unwrap_or_default();
        look_up(context)?;
        let page = audit(service(context), scope(context), code, filter, &arguments).await?;
        spend(context, page.len())?;
        Ok(Some(page))
    }

    /// All accounts (利用者), by e-mail address, for those who run the instance.
    async fn accounts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<Option<AccountConnection>> {
        look_up(context)?;
        let users = service(context).users(scope(context)).await.map_err(outward)?;
        let arguments = PageArguments { first, after, last, before };
        let page = page_of(&users, "accounts", &arguments, |of| of.user.id.to_string()).map_err(outward)?;
        let page = AccountConnection::new(page, "accounts", users.len(), |at| {
            (Account(users[at].clone()), users[at].user.id.to_string())
        });
        spend(context, page.len())?;
        Ok(Some(page))
    }
}

/// A draft of a municipality, with what is published of it.
async fn draft(app: &Arc<App>, scope: &Scope, code: DomainCode, id: StrategyId) -> Result<Option<Strategy>> {
    let version = app.draft(scope, code, id).await.map_err(outward)?;
    Ok(version.map(|version| Strategy { history: app.strategy(code, id), version }))
}

/// A published strategy of a municipality.
pub(crate) async fn strategy(
    app: &Arc<App>,
    municipality: DomainCode,
    term: Option<u8>,
    number: Option<u32>,
    as_of: Option<OffsetDateTime>,
) -> Result<Option<Strategy>> {
    if number.is_some() && as_of.is_some() {
        return Err(both_given());
    }
    let all = app.strategies(municipality);
    let found = match term {
        // The current strategy of that time, and not the one that came later.
        None => all.into_iter().find(|of| as_of.is_none_or(|instant| of.existed_at(instant))),
        Some(term) => all.into_iter().find(|of| of.latest().strategy().parts().term.number == term),
    };
    match found {
        None => Ok(None),
        Some(history) => revision(app, history, number, as_of).await,
    }
}

/// A strategy in one of its revisions.
pub(crate) async fn revision(
    app: &Arc<App>,
    history: Arc<PublishedStrategy>,
    number: Option<u32>,
    as_of: Option<OffsetDateTime>,
) -> Result<Option<Strategy>> {
    let at = match (number, as_of) {
        (None, None) => At::Latest,
        (Some(number), None) => At::Revision(number),
        (None, Some(instant)) => At::Instant(instant),
        (Some(_), Some(_)) => return Err(both_given()),
    };
    let found = app.revision(&history, at).await.map_err(outward)?;
    Ok(found.map(|version| Strategy { history: Some(history), version }))
}

fn both_given() -> async_graphql::Error {
    bad_input("asOf", "give revision or asOf, not both")
}

/// The thing of a global id.
async fn find(context: &Context<'_>, id: &str, argument: &str) -> Result<Option<Node>> {
    let app = app(context)?;
    Ok(match GlobalId::parse(id, argument).map_err(outward)? {
        GlobalId::Prefecture(prefecture) => Some(Node::Prefecture(Prefecture(prefecture))),
        GlobalId::Municipality(code) => {
            app.reference().find(code).map(|at| Node::Municipality(Municipality::new(app.clone(), at)))
        }
        GlobalId::Strategy(key) => find_strategy(context, key).await?.map(Node::Strategy),
        GlobalId::PlanNode(key, id) => find_strategy(context, key).await?.and_then(|strategy| {
            let at = strategy.domain().node_at(id)?;
            Some(Node::PlanNode(strategy.node(at)))
        }),
        GlobalId::Indicator(key, id) => find_strategy(context, key).await?.and_then(|strategy| {
            let at = strategy.domain().indicator_at(id)?;
            Some(Node::Indicator(strategy.indicator(at)))
        }),
        GlobalId::StandardIndicator(key) => StandardIndicator::find(app, &key).map(Node::StandardIndicator),
        GlobalId::OfficialIndicator(key) => {
            let at = app.reference().official().iter().position(|of| of.indicator.id == key);
            at.map(|at| Node::OfficialIndicator(OfficialIndicator { app: app.clone(), at }))
        }
        id => {
            look_up(context)?;
            find_people(app, scope(context), id).await?
        }
    })
}

/// What is there for those who may see it: to everybody else it is not.
fn seen<T>(found: Result<T, Error>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::Unauthenticated | Error::Forbidden { .. } | Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(outward(error)),
    }
}

/// The thing of a global id that has to do with people, or that people have not published yet.
async fn find_people(app: &Arc<App>, scope: &Scope, id: GlobalId) -> Result<Option<Node>> {
    Ok(match id {
        GlobalId::Department(municipality, id) => {
            let all = seen(app.departments(scope, municipality).await)?.unwrap_or_default();
            let found = all.into_iter().find(|of| of.id == id);
            found.map(|of| Node::Department(Department { municipality, of }))
        }
        GlobalId::User(id) => match scope.user() {
            Some(user) if user.id == id => Some(Node::User(User(user.clone()))),
            _ => {
                let all = seen(app.users(scope).await)?.unwrap_or_default();
                all.into_iter().find(|of| of.user.id == id).map(|of| Node::User(User(of.user)))
            }
        },
        GlobalId::Account(id) => {
            let all = seen(app.users(scope).await)?.unwrap_or_default();
            all.into_iter().find(|of| of.user.id == id).map(|of| Node::Account(Account(of)))
        }
        GlobalId::Membership(municipality, id) => {
            let all = seen(app.members(scope, municipality).await)?.unwrap_or_default();
            all.into_iter().find(|of| of.id == id).map(|of| Node::Membership(Membership(of)))
        }
        GlobalId::Invitation(place, id) => {
            let all = match place {
                Some(municipality) => app.invitations(scope, municipality).await,
                None => app.instance_invitations(scope).await,
            };
            let found = seen(all)?.unwrap_or_default().into_iter().find(|of| of.id == id);
            found.map(|of| Node::Invitation(Invitation(of)))
        }
        GlobalId::ApiKey(place, id) => {
            let place = match place {
                Some(municipality) => Some(KeyPlace::Municipality(municipality)),
                None => seen(App::own(scope))?.map(|(user, _)| KeyPlace::User(user)),
            };
            let Some(place) = place else { return Ok(None) };
            let all = seen(app.keys(scope, place).await)?.unwrap_or_default();
            all.into_iter().find(|of| of.id == id).map(|of| Node::ApiKey(ApiKey(of)))
        }
        GlobalId::AuditEntry(municipality, id) => {
            let filter = shirube_app::AuditFilter { id: Some(id), limit: 1, ..shirube_app::AuditFilter::default() };
            let page = seen(app.audit(scope, municipality, filter).await)?;
            let found = page.and_then(|page| page.entries.into_iter().next());
            found.map(|of| Node::AuditEntry(AuditEntry { municipality, of: Box::new(of) }))
        }
        GlobalId::Round(key) => find_round(app, scope, key).await?.map(Node::Round),
        GlobalId::Task(key, subject) => {
            find_round(app, scope, key).await?.and_then(|round| round.find(subject)).map(Node::Task)
        }
        GlobalId::Opinion(key, id) => {
            let round = find_round(app, scope, key).await?;
            let found = round.and_then(|round| {
                let of = round.view.opinions().iter().find(|of| of.id == id)?.clone();
                Some(Opinion { round, of })
            });
            found.map(Node::Opinion)
        }
        GlobalId::Webhook(municipality, id) => {
            seen(app.webhook(scope, municipality, id).await)?.map(|of| Node::Webhook(Webhook(of)))
        }
        GlobalId::WebhookDelivery(municipality, id) => seen(app.delivery(scope, municipality, id).await)?
            .map(|of| Node::WebhookDelivery(WebhookDelivery { municipality, of })),
        _ => None,
    })
}

async fn find_round(app: &Arc<App>, scope: &Scope, key: RoundKey) -> Result<Option<Round>> {
    let RoundKey { municipality, strategy, year } = key;
    let view = seen(app.round(scope, Part { municipality, strategy, year }).await)?.flatten();
    Ok(view.map(|view| Round::new(app, municipality, view)))
}

async fn find_strategy(context: &Context<'_>, key: StrategyKey) -> Result<Option<Strategy>> {
    let app = service(context);
    let Some(number) = key.revision else {
        look_up(context)?;
        let version = seen(app.draft(scope(context), key.municipality, key.strategy).await)?.flatten();
        let history = app.strategy(key.municipality, key.strategy);
        return Ok(version.map(|version| Strategy { history, version }));
    };
    let Some(history) = app.strategy(key.municipality, key.strategy) else { return Ok(None) };
    let found: Result<_, Error> = app.revision(&history, At::Revision(number)).await;
    Ok(found.map_err(outward)?.map(|version| Strategy { history: Some(history), version }))
}
