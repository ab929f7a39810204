//! A mutation that is sent again with its `clientMutationId` is done once. This stands before every field of the root, so that
//! no mutation needs to think of it.

use std::{borrow::Cow, convert::Infallible, fmt::Write as _, sync::Arc};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, ObjectType, OutputType, Positioned, ServerResult, Value,
    parser::types::{Directive, Field, Selection, SelectionSet, TypeCondition},
    registry::Registry,
    resolver_utils::resolve_container_serial,
};
use shirube_access::Attempt;
use shirube_app::Recalled;
use shirube_domain::Error;

use super::Mutation;
use crate::{
    error::{Code, coded, outward},
    query::{scope, service},
};

/// The longest id, in bytes.
const ID: usize = 255;

/// Mutations whose answers hold a secret that is shown once: they are never kept.
const SECRET: [&str; 6] =
    ["createApiKey", "createWebhook", "invitePerson", "inviteToInstance", "resetPassword", "rotateWebhookSecret"];

/// The root of all mutations, each of which is done once.
#[derive(Default)]
pub(crate) struct Once(Mutation);

impl ContainerType for Once {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let placed = |error: async_graphql::Error| context.set_error_path(error.into_server_error(context.item.pos));
        let Some(attempt) = attempt(context).map_err(placed)? else { return self.0.resolve_field(context).await };
        let recalled = service(context).recall(scope(context), &attempt).await;
        if let Some(earlier) = recalled.map_err(outward).and_then(|of| given_again(context, of)).map_err(placed)? {
            return Ok(Some(earlier));
        }
        let errors = error_count(context);
        scope(context).set_attempt(Some(attempt.clone()));
        let result = self.0.resolve_field(context).await;
        scope(context).set_attempt(None);
        if !attempt.is_done() {
            // The same may have been sent twice at once, and the other one was quicker.
            let Ok(recalled) = service(context).recall(scope(context), &attempt).await else { return result };
            return match given_again(context, recalled).map_err(placed)? {
                Some(earlier) => Ok(Some(earlier)),
                None => result,
            };
        }
        if let Ok(Some(answer)) = &result
            && error_count(context) == errors
            && !SECRET.contains(&context.item.node.name.node.as_str())
        {
            keep(context, &attempt, answer).await;
        }
        result
    }
}

impl OutputType for Once {
    fn type_name() -> Cow<'static, str> {
        <Mutation as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Mutation as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container_serial(context, self).await
    }
}

impl ObjectType for Once {}

/// The attempt that a field of the root is, if it carries an id and its caller is somebody.
fn attempt(context: &Context<'_>) -> async_graphql::Result<Option<Arc<Attempt>>> {
    let input = context.field().arguments().ok().and_then(|all| all.into_iter().find(|(name, _)| name == "input"));
    let Some((_, Value::Object(input))) = input else { return Ok(None) };
    let Some(Value::String(id)) = input.get("clientMutationId") else { return Ok(None) };
    if id.len() > ID {
        let told = format!("an id has at most {ID} bytes of UTF-8");
        return Err(outward(Error::bad_input("input.clientMutationId", told)));
    }
    let mut sent = Sent { context, text: String::new() };
    sent.field(&context.item.node);
    Ok(scope(context).attempt(id, &sent.text))
}

/// What somebody hears who sends again what was done; `None` if nothing was.
fn given_again(context: &Context<'_>, recalled: Recalled) -> async_graphql::Result<Option<Value>> {
    let told = match recalled {
        Recalled::Nothing => return Ok(None),
        Recalled::Answer(answer) => {
            let answer = serde_json::from_str(&answer).map_err(|error| outward(Error::internal(error)))?;
            return Ok(Some(answer));
        }
        Recalled::Done if SECRET.contains(&context.item.node.name.node.as_str()) => {
            "this was done already, and its secret was shown once; if it is lost, take back what was made and make another \
             with a new clientMutationId"
        }
        Recalled::Done => {
            "this was done already, and its first answer cannot be given again; read anew what it changed"
        }
        Recalled::AnotherMutation => {
            "clientMutationId: within a day this id was used for another mutation, input or selection; take a new one"
        }
    };
    Err(coded(told.to_owned(), Code::Conflict))
}

/// Keeps an answer. What was done is done, whether its answer can be kept or not.
async fn keep(context: &Context<'_>, attempt: &Attempt, answer: &Value) {
    let kept = match serde_json::to_string(answer) {
        Ok(answer) => service(context).keep_answer(attempt, answer).await,
        Err(error) => Err(Error::internal(error)),
    };
    if let Err(error) = kept {
        tracing::warn!(error = %error, "the answer to a mutation cannot be kept");
    }
}

fn error_count(context: &Context<'_>) -> usize {
    context.query_env.errors.lock().map_or(0, |errors| errors.len())
}

/// Writes what a field asks for in one way, however it was spelled: variables and fragments are put in, arguments and the
/// members of objects are in order.
struct Sent<'a> {
    context: &'a Context<'a>,
    text: String,
}

impl Sent<'_> {
    /// A field without its alias, which says nothing of its answer.
    fn field(&mut self, field: &Field) {
        // A field and a directive are alike: a name and arguments.
        self.called(Directive { name: field.name.clone(), arguments: field.arguments.clone() });
        self.directives(&field.directives);
        self.set(&field.selection_set.node);
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        for directive in directives {
            self.text.push('@');
            self.called(directive.node.clone());
        }
    }

    fn called(&mut self, called: Directive) {
        let variables = &self.context.query_env.variables;
        let put_in = |name: Name| Ok::<_, Infallible>(variables.get(&name).cloned().unwrap_or_default());
        let mut arguments = called.arguments;
        arguments.sort_by(|(one, _), (other, _)| one.node.cmp(&other.node));
        self.text.push_str(&called.name.node);
        self.text.push('(');
        for (name, value) in arguments {
            let Ok(value) = value.node.into_const_with(put_in);
            self.text.push_str(&name.node);
            self.text.push(':');
            self.value(value);
            self.text.push(',');
        }
        self.text.push(')');
    }

    fn value(&mut self, value: Value) {
        match value {
            Value::List(items) => {
                self.text.push('[');
                for item in items {
                    self.value(item);
                    self.text.push(',');
                }
                self.text.push(']');
            }
            Value::Object(members) => {
                let mut members: Vec<(Name, Value)> = members.into_iter().collect();
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                self.text.push('{');
                for (name, value) in members {
                    // Within a document, a name may hold anything.
                    self.value(Value::String(name.to_string()));
                    self.text.push(':');
                    self.value(value);
                    self.text.push(',');
                }
                self.text.push('}');
            }
            // In a variable, the value of an enumeration is a string.
            Value::Enum(name) => self.value(Value::String(name.to_string())),
            plain => {
                let _ = write!(self.text, "{plain}");
            }
        }
    }

    fn set(&mut self, set: &SelectionSet) {
        self.text.push('{');
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    if let Some(alias) = &field.node.alias {
                        self.text.push_str(&alias.node);
                        self.text.push(':');
                    }
                    self.field(&field.node);
                }
                Selection::InlineFragment(fragment) => {
                    self.spread(fragment.node.type_condition.as_ref(), &fragment.node.directives);
                    self.set(&fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.context.query_env.fragments.get(&spread.node.fragment_name.node) {
                        self.spread(Some(&fragment.node.type_condition), &spread.node.directives);
                        self.set(&fragment.node.selection_set.node);
                    }
                }
            }
        }
        self.text.push('}');
    }

    fn spread(&mut self, on: Option<&Positioned<TypeCondition>>, directives: &[Positioned<Directive>]) {
        self.text.push_str("...");
        if let Some(on) = on {
            self.text.push_str(&on.node.on.node);
        }
        self.directives(directives);
    }
}
