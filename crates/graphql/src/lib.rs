//! The schema, and the way of a request through it. The only crate that sees the GraphQL libraries.
//!
//! A request goes through [`Api::execute`]: its text is read to the letter of the grammar, measured against [`limits`] and
//! validated (by apollo-compiler, and by the parts of rules that it leaves out), its variables are coerced, and only then is it
//! executed (by async-graphql). Prepared documents are kept for the next request with the same text. [`Api::subscribe`] goes the
//! same way with what is answered more than once.

mod budget;
mod comparisons;
mod error;
mod id;
pub mod limits;
mod mutation;
mod overlaps;
mod page;
mod positions;
mod prepare;
mod query;
mod roots;
mod scalars;
mod settle;
mod subscription;
mod syntax;
mod types;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use apollo_compiler::{
    Schema as ApolloSchema, ast::OperationType, executable::Operation, request::coerce_variable_values,
    response::JsonMap, validation::Valid,
};
use async_graphql::{
    MergedObject, Request, Response, SDLExportOptions, Schema, SchemaBuilder, ServerError, ValidationMode, Variables,
};
pub use budget::{CostBudget, Overspent, Unlimited, whole_seconds};
pub use error::Code;
use futures_util::{
    FutureExt, StreamExt, future,
    stream::{self, BoxStream},
};
use quick_cache::{Weighter, sync::Cache};
use serde_json::json;
use shirube_access::{Origin, Scope};
use shirube_app::App;

use crate::{
    comparisons::Comparisons,
    error::{complete, early, request_error},
    limits::{Budget, TooComplex},
    mutation::Once,
    prepare::{ERRORS, Prepared, prepare},
    query::Query,
    subscription::{EachEvent, Subscriber, Subscription},
};

/// Everything that can be read: what is published, and the reference data beside it.
#[derive(MergedObject)]
#[graphql(name = "Query")]
struct Root(Query, Comparisons);

type ApiSchema = Schema<Root, Once, Subscription>;

/// Texts of prepared documents that are kept, in bytes. A document takes some thirty times its text.
const PREPARED_BYTES: u64 = 1024 * 1024;

/// A field of introspection that the executor answers and the validator has not heard of.
const ONE_OF: &str = "\nextend type __Type { isOneOf: Boolean }\n";

/// The executable schema.
pub struct Api {
    schema: ApiSchema,
    /// The same, for subscriptions: every event has a budget and a scope of its own.
    live: ApiSchema,
    validation: Valid<ApolloSchema>,
    prepared: Cache<String, Arc<Prepared>, ByText>,
    introspection: bool,
}

/// Weighs a prepared document by its text.
#[derive(Clone)]
struct ByText;

impl Weighter<String, Arc<Prepared>> for ByText {
    fn weight(&self, text: &String, _: &Arc<Prepared>) -> u64 {
        text.len() as u64
    }
}

/// A request as a client sends it.
#[derive(Debug, Default)]
pub struct GraphqlRequest {
    /// The text of the document.
    pub query: String,
    /// Which of its operations, if it has several.
    pub operation_name: Option<String>,
    /// The values of its variables.
    pub variables: serde_json::Map<String, serde_json::Value>,
}

/// Who asks for what is answered more than once: they are asked again for every event.
pub struct Asker {
    /// The token or key that they showed, if they did.
    pub bearer: Option<String>,
    /// Where the request comes from.
    pub origin: Origin,
}

/// Which operations a door lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Queries and mutations, once each.
    All,
    /// Queries, as GET asks for.
    Queries,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was executed; there are data, with or without errors of fields.
    Executed,
    /// It was refused as a whole, for the reason of the code.
    Refused(Code),
    /// Its operation is not let through this door.
    NotAllowed,
}

/// An answer.
#[derive(Debug)]
pub struct GraphqlResponse {
    /// What became of the request.
    pub outcome: Outcome,
    /// The answer as JSON.
    pub body: Vec<u8>,
    /// The name of the operation that was executed, for the log.
    pub operation: Option<String>,
    /// The codes of the errors of fields, for the log and the metrics.
    pub codes: Vec<Code>,
    /// The seconds after which a request may be asked again that was refused as too early.
    pub retry_after: Option<u64>,
}

fn builder() -> SchemaBuilder<Root, Once, Subscription> {
    Schema::build(Root(Query, Comparisons), Once::default(), Subscription::default())
}

/// The SDL of the schema, without what every schema has. It needs no data.
pub fn sdl() -> String {
    let schema = builder().finish();
    let mut schema = validator(&export(&schema)).into_inner();
    schema.directive_definitions.retain(|name, _| !matches!(name.as_str(), "skip" | "include" | "specifiedBy"));
    schema.to_string()
}

fn validator(sdl: &str) -> Valid<ApolloSchema> {
    ApolloSchema::parse_and_validate(sdl, "schema.graphql")
        .unwrap_or_else(|error| panic!("the exported schema is not valid: {}", error.errors))
}

fn export(schema: &ApiSchema) -> String {
    schema.sdl_with_options(
        SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items().include_specified_by(),
    )
}

impl Api {
    /// The schema over an application.
    pub fn new(app: Arc<App>, introspection: bool) -> Self {
        // What this mode leaves out has been checked, and more strictly, before execution.
        let of = |app| builder().data(app).validation_mode(ValidationMode::Fast).limit_recursive_depth(limits::NESTING);
        let live = of(app.clone()).extension(EachEvent).finish();
        let schema = of(app).finish();
        let validation = validator(&(export(&schema) + ONE_OF));
        let prepared = Cache::with_weighter(1_000, PREPARED_BYTES, ByText);
        Self { schema, live, validation, prepared, introspection }
    }

    /// Answers a request of `scope`, who is asking, if the budget grants its cost.
    pub async fn execute(
        &self,
        request: GraphqlRequest,
        allowed: Allowed,
        scope: Arc<Scope>,
        budget: &dyn CostBudget,
    ) -> GraphqlResponse {
        let answered = async {
            let ready = self.ready(request, allowed, budget)?;
            if ready.operation()?.operation_type == OperationType::Subscription {
                return Err(Refusal::of(
                    Code::BadUserInput,
                    "a subscription is answered over a WebSocket to the same address, by the protocol graphql-transport-ws",
                ));
            }
            self.execute_once(ready, scope).await
        };
        answered.await.unwrap_or_else(Refusal::respond)
    }

    /// Answers a request as often as there is something to answer: a query or mutation once, a subscription whenever
    /// something is new, until its caller may not follow it any more. A refusal is the last answer. Nothing is done unless
    /// the stream is polled.
    pub fn subscribe(
        self: &Arc<Self>,
        request: GraphqlRequest,
        asker: Asker,
        scope: Arc<Scope>,
        budget: Arc<dyn CostBudget + Send>,
    ) -> BoxStream<'static, GraphqlResponse> {
        let api = self.clone();
        let answers = async move {
            let ready = api.ready(request, Allowed::All, &*budget)?;
            if ready.operation()?.operation_type != OperationType::Subscription {
                let within = Duration::from_secs(limits::SECONDS);
                let answer =
                    tokio::time::timeout(within, api.execute_once(ready, scope)).await.unwrap_or_else(|_| {
                        Err(Refusal::of(Code::Unavailable, "the request took longer than 10 seconds and was given up"))
                    })?;
                return Ok(stream::once(async { answer }).boxed());
            }
            Ok(api.events(ready, asker, scope, budget))
        };
        let refused = |refusal: Refusal| stream::once(async { refusal.respond() }).boxed();
        stream::once(answers.map(move |answers| answers.unwrap_or_else(refused))).flatten().boxed()
    }

    /// The events of a subscription.
    fn events(
        &self,
        ready: Ready,
        asker: Asker,
        scope: Arc<Scope>,
        budget: Arc<dyn CostBudget + Send>,
    ) -> BoxStream<'static, GraphqlResponse> {
        let Ready { prepared, name, request, cost } = ready;
        let subscriber = Arc::new(Subscriber::new(asker, scope.clone(), budget, cost));
        let responses = self.live.execute_stream(request.data(Budget::new()).data(scope).data(subscriber));
        let answers = AssertUnwindSafe(responses).catch_unwind().map(move |response| {
            let Ok(response) = response else { return Err(panicked(name.as_deref())) };
            // Without data there was no event: it could not begin, or must end.
            if response.data == async_graphql::Value::Null {
                let mut errors = response.errors;
                errors.iter_mut().for_each(complete);
                return Err(Refusal::Errors(errors));
            }
            settled(response, &prepared, name.clone())
        });
        // A refusal is the last answer.
        let until_refused = answers.scan(false, |refused, answer| {
            let before = std::mem::replace(refused, answer.is_err());
            future::ready((!before).then(|| answer.unwrap_or_else(Refusal::respond)))
        });
        until_refused.boxed()
    }

    /// Makes a request ready to be executed, and takes its cost from the budget.
    fn ready(&self, request: GraphqlRequest, allowed: Allowed, budget: &dyn CostBudget) -> Result<Ready, Refusal> {
        let GraphqlRequest { query, operation_name, variables } = request;
        let prepared = self.prepare(&query)?;
        let operation = prepared
            .document
            .operations
            .get(operation_name.as_deref())
            .map_err(|error| Refusal::of(Code::BadUserInput, error.message().to_string()))?;
        if allowed == Allowed::Queries && operation.operation_type != OperationType::Query {
            return Err(Refusal::NotAllowed);
        }
        limits::measure_variables(&variables, operation)
            .map_err(|error| Refusal::of(Code::TooComplex, error.to_string()))?;
        if holds_nul(variables.iter()) {
            return Err(Refusal::of(Code::BadUserInput, prepare::NUL));
        }
        let variables: JsonMap = serde_json::from_value(serde_json::Value::Object(variables))
            .map_err(|error| Refusal::of(Code::BadUserInput, error.to_string()))?;
        let variables = coerce_variable_values(&self.validation, operation, &variables)
            .map_err(|error| Refusal::of(Code::BadUserInput, error.message().to_string()))?;
        let cost = limits::cost(&prepared.document, operation, &variables)
            .map_err(|error: TooComplex| Refusal::of(Code::TooComplex, error.to_string()))?;
        budget.spend(cost).map_err(|overspent| match overspent {
            Overspent::For(time) => Refusal::Early(whole_seconds(time)),
            Overspent::Ever { budget } => Refusal::of(
                Code::TooComplex,
                format!("the query asks for {cost} values by estimate, more than the {budget} of a whole minute"),
            ),
        })?;

        let name = operation.name.as_ref().map(ToString::to_string);
        let variables = Variables::from_json(serde_json::to_value(&*variables).unwrap_or_default());
        let mut executable = prepared.executable.clone();
        if operation.operation_type == OperationType::Mutation {
            roots::merge(&mut executable, name.as_deref(), &variables);
        }
        let mut request = Request::new(query).variables(variables);
        request.set_parsed_query(executable);
        if let Some(name) = &name {
            request = request.operation_name(name);
        }
        Ok(Ready { prepared, name, request, cost })
    }

    /// Executes a query or mutation.
    async fn execute_once(&self, ready: Ready, scope: Arc<Scope>) -> Result<GraphqlResponse, Refusal> {
        let Ready { prepared, name, request, cost: _ } = ready;
        let execution = self.schema.execute(request.data(Budget::new()).data(scope));
        let Ok(response) = AssertUnwindSafe(execution).catch_unwind().await else {
            return Err(panicked(name.as_deref()));
        };
        settled(response, &prepared, name)
    }

    /// The prepared document of a text. What is refused is not kept.
    fn prepare(&self, text: &str) -> Result<Arc<Prepared>, Refusal> {
        if let Some(prepared) = self.prepared.get(text) {
            return Ok(prepared);
        }
        let prepared = Arc::new(prepare(&self.validation, text, self.introspection).map_err(Refusal::Errors)?);
        self.prepared.insert(text.to_owned(), prepared.clone());
        Ok(prepared)
    }

    /// Parses and validates a text, without keeping anything; for measurements.
    pub fn check(&self, text: &str) -> bool {
        prepare(&self.validation, text, self.introspection).is_ok()
    }
}

/// A request that may be executed.
struct Ready {
    prepared: Arc<Prepared>,
    /// The name of its operation, if it has one.
    name: Option<String>,
    /// As the executor takes it, without what it is executed with.
    request: Request,
    /// The estimated number of values in an answer.
    cost: usize,
}

impl Ready {
    fn operation(&self) -> Result<&Operation, Refusal> {
        operation(&self.prepared, self.name.as_deref())
    }
}

/// The operation of a name, which is there if it was found before.
fn operation<'a>(prepared: &'a Prepared, name: Option<&str>) -> Result<&'a Operation, Refusal> {
    let found = prepared.document.operations.get(name);
    found.map(|of| &**of).map_err(|error| Refusal::of(Code::BadUserInput, error.message().to_string()))
}

/// What the executor answered, as it goes out.
fn settled(mut response: Response, prepared: &Prepared, name: Option<String>) -> Result<GraphqlResponse, Refusal> {
    let operation = operation(prepared, name.as_deref())?;
    settle::settle(&mut response.data, &response.errors, &prepared.document, operation);
    response.errors.iter_mut().for_each(complete);
    response.errors.truncate(ERRORS);
    let codes = response.errors.iter().map(Code::of).collect();
    let body = serde_json::to_vec(&response).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written as JSON");
        Refusal::of(Code::Internal, "internal error")
    })?;
    Ok(GraphqlResponse { outcome: Outcome::Executed, body, operation: name, codes, retry_after: None })
}

fn panicked(name: Option<&str>) -> Refusal {
    tracing::error!(operation = name, "a resolver panicked");
    Refusal::of(Code::Internal, "internal error")
}

/// Why a request was not executed.
enum Refusal {
    Errors(Vec<ServerError>),
    /// It may be asked again after these seconds.
    Early(u64),
    NotAllowed,
}

impl Refusal {
    fn of(code: Code, message: impl Into<String>) -> Self {
        Self::Errors(vec![request_error(code, message)])
    }

    fn respond(self) -> GraphqlResponse {
        let refused = |outcome, errors: &[ServerError], retry_after| GraphqlResponse {
            outcome,
            body: errors_body(errors),
            operation: None,
            codes: Vec::new(),
            retry_after,
        };
        match self {
            Self::Errors(errors) => refused(Outcome::Refused(code_of(&errors)), &errors, None),
            Self::Early(seconds) => {
                let error = early(
                    format!("too many values were asked for within a minute; ask again in {seconds} s, or for fewer"),
                    seconds,
                );
                refused(Outcome::Refused(Code::RateLimited), &[error], Some(seconds))
            }
            Self::NotAllowed => {
                let error = request_error(Code::BadUserInput, "only queries can be asked by GET; use POST");
                refused(Outcome::NotAllowed, &[error], None)
            }
        }
    }
}

/// An answer to a request that never came to be a [`GraphqlRequest`].
pub fn refusal(code: Code, message: &str) -> Vec<u8> {
    errors_body(&[request_error(code, message)])
}

/// An answer to a request that its caller asks too early, and in how many seconds it may be asked again.
pub fn refusal_as_early(message: &str, retry_after: u64) -> Vec<u8> {
    errors_body(&[early(message, retry_after)])
}

fn errors_body(errors: &[ServerError]) -> Vec<u8> {
    json!({ "errors": errors }).to_string().into_bytes()
}

/// The code of a request that was refused for these errors.
fn code_of(errors: &[ServerError]) -> Code {
    errors.first().map_or(Code::Internal, Code::of)
}

fn holds_nul<'a>(mut values: impl Iterator<Item = (&'a String, &'a serde_json::Value)>) -> bool {
    fn value_holds(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => text.contains('\0'),
            serde_json::Value::Array(items) => items.iter().any(value_holds),
            serde_json::Value::Object(fields) => holds_nul(fields.iter()),
            _ => false,
        }
    }
    values.any(|(name, value)| name.contains('\0') || value_holds(value))
}
