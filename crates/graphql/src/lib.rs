//! The schema, and the way of a request through it. The only crate that sees the GraphQL libraries.
//!
//! A request goes through [`Api::execute`]: its text is read to the letter of the grammar, measured against [`limits`] and
//! validated (by apollo-compiler, and by the parts of rules that it leaves out), its variables are coerced, and only then is it
//! executed (by async-graphql). Prepared documents are kept for the next request with the same text.

mod budget;
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
mod syntax;
mod types;

use std::{panic::AssertUnwindSafe, sync::Arc};

use apollo_compiler::{
    Schema as ApolloSchema, ast::OperationType, request::coerce_variable_values, response::JsonMap, validation::Valid,
};
use async_graphql::{EmptySubscription, Request, SDLExportOptions, Schema, ServerError, ValidationMode, Variables};
pub use budget::{CostBudget, Overspent, Unlimited, whole_seconds};
pub use error::Code;
use futures_util::FutureExt;
use quick_cache::{Weighter, sync::Cache};
use serde_json::json;
use shirube_access::Scope;
use shirube_app::App;

use crate::{
    error::{complete, early, request_error},
    limits::{Budget, TooComplex},
    mutation::Once,
    prepare::{ERRORS, Prepared, prepare},
    query::Query,
};

type ApiSchema = Schema<Query, Once, EmptySubscription>;

/// Texts of prepared documents that are kept, in bytes. A document takes some thirty times its text.
const PREPARED_BYTES: u64 = 1024 * 1024;

/// A field of introspection that the executor answers and the validator has not heard of.
const ONE_OF: &str = "\nextend type __Type { isOneOf: Boolean }\n";

/// The executable schema.
pub struct Api {
    schema: ApiSchema,
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

/// Which operations a door lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Queries and mutations.
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

/// The SDL of the schema, without what every schema has. It needs no data.
pub fn sdl() -> String {
    let schema = Schema::build(Query, Once::default(), EmptySubscription).finish();
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
        let schema = Schema::build(Query, Once::default(), EmptySubscription)
            .data(app)
            // What this mode leaves out has been checked, and more strictly, before execution.
            .validation_mode(ValidationMode::Fast)
            .limit_recursive_depth(limits::NESTING)
            .finish();
        let validation = validator(&(export(&schema) + ONE_OF));
        let prepared = Cache::with_weighter(1_000, PREPARED_BYTES, ByText);
        Self { schema, validation, prepared, introspection }
    }

    /// Answers a request of `scope`, who is asking, if the budget grants its cost.
    pub async fn execute(
        &self,
        request: GraphqlRequest,
        allowed: Allowed,
        scope: Arc<Scope>,
        budget: &dyn CostBudget,
    ) -> GraphqlResponse {
        let refused = |outcome, errors: &[ServerError], retry_after| GraphqlResponse {
            outcome,
            body: errors_body(errors),
            operation: None,
            codes: Vec::new(),
            retry_after,
        };
        match self.try_execute(request, allowed, scope, budget).await {
            Ok(response) => response,
            Err(Refusal::Errors(errors)) => refused(Outcome::Refused(code_of(&errors)), &errors, None),
            Err(Refusal::Early(seconds)) => {
                let error = early(
                    format!("too many values were asked for within a minute; ask again in {seconds} s, or for fewer"),
                    seconds,
                );
                refused(Outcome::Refused(Code::RateLimited), &[error], Some(seconds))
            }
            Err(Refusal::NotAllowed) => {
                let error = request_error(Code::BadUserInput, "only queries can be asked by GET; use POST");
                refused(Outcome::NotAllowed, &[error], None)
            }
        }
    }

    async fn try_execute(
        &self,
        request: GraphqlRequest,
        allowed: Allowed,
        scope: Arc<Scope>,
        budget: &dyn CostBudget,
    ) -> Result<GraphqlResponse, Refusal> {
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
        let mut execution = Request::new(query).variables(variables).data(Budget::new()).data(scope);
        execution.set_parsed_query(executable);
        if let Some(name) = &name {
            execution = execution.operation_name(name);
        }
        let Ok(mut response) = AssertUnwindSafe(self.schema.execute(execution)).catch_unwind().await else {
            tracing::error!(operation = name, "a resolver panicked");
            return Err(Refusal::of(Code::Internal, "internal error"));
        };
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
