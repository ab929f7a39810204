//! From a text to a document that may be executed: parsed, measured, validated to the letter of the specification.

use apollo_compiler::{
    Node, Schema as ApolloSchema, ast,
    executable::ExecutableDocument,
    parser::Parser,
    response::GraphQLError,
    validation::{DiagnosticList, Valid},
};
use async_graphql::{Pos, ServerError};

use crate::{
    error::{Code, request_error, set_code},
    limits::{self, TooComplex},
    overlaps, positions,
    syntax::{self, Plain, SyntaxError},
};

/// How many errors an answer lists.
pub(crate) const ERRORS: usize = 5;

/// A document that may be executed.
pub(crate) struct Prepared {
    /// As the validation knows it.
    pub(crate) document: Valid<ExecutableDocument>,
    /// As the executor knows it.
    pub(crate) executable: async_graphql::parser::types::ExecutableDocument,
}

/// Prepares a text, or says what is wrong with it.
pub(crate) fn prepare(
    schema: &Valid<ApolloSchema>,
    text: &str,
    introspection: bool,
) -> Result<Prepared, Vec<ServerError>> {
    let refused = |error: TooComplex| vec![request_error(Code::TooComplex, error.to_string())];
    let Plain { text, defines_types } = syntax::plain(text).map_err(|error| vec![syntax_error(error)])?;
    let ast = Parser::new().parse_ast(&text, "query").map_err(|failed| listed(&failed.errors, Code::ParseFailed))?;
    if let Some((line, column)) = defines_types {
        let message = "a request holds operations and fragments; it cannot define types";
        return Err(vec![placed(Code::ValidationFailed, message, line, column)]);
    }
    limits::measure(&ast).map_err(refused)?;
    let document = ast.to_executable_validate(schema).or_else(|failed| {
        let excused = positions::nulls_in_scalars(schema, &failed.partial);
        let excusable = |error: &GraphQLError| error.message.ends_with("found null");
        let all = failed.errors.len() == excused && failed.errors.iter().all(|error| excusable(&error.to_json()));
        if all { Ok(Valid::assume_valid(failed.partial)) } else { Err(listed(&failed.errors, Code::ValidationFailed)) }
    })?;
    let left_out = positions::check(schema, &document).or_else(|| overlaps::check(schema, &document));
    if let Some(error) = left_out {
        return Err(vec![request_error(Code::ValidationFailed, error)]);
    }
    if let Some(error) = check_values(&ast) {
        return Err(vec![error]);
    }
    if !introspection && asks_for_the_schema(&ast) {
        let message = "introspection is switched off on this instance";
        return Err(vec![request_error(Code::ValidationFailed, message)]);
    }
    let executable = async_graphql::parser::parse_query(&text)
        .map_err(|error| vec![request_error(Code::ParseFailed, error.to_string())])?;
    Ok(Prepared { document, executable })
}

fn syntax_error(error: SyntaxError) -> ServerError {
    match error {
        SyntaxError::At { line, column, message } => {
            placed(Code::ParseFailed, &format!("syntax error: {message}"), line, column)
        }
        SyntaxError::TooComplex(error) => request_error(Code::TooComplex, error.to_string()),
    }
}

fn placed(code: Code, message: &str, line: usize, column: usize) -> ServerError {
    let mut error = ServerError::new(message, Some(Pos { line, column }));
    set_code(&mut error, code);
    error
}

/// The first errors of a list, with their places.
fn listed(errors: &DiagnosticList, code: Code) -> Vec<ServerError> {
    let error =
        |diagnostic: apollo_compiler::diagnostic::Diagnostic<'_, apollo_compiler::validation::DiagnosticData>| {
            let json = diagnostic.to_json();
            let place = json.locations.first().map(|place| Pos { line: place.line, column: place.column });
            let mut error = ServerError::new(json.message, place);
            set_code(&mut error, code);
            error
        };
    errors.iter().take(ERRORS).map(error).collect()
}

/// What the validation leaves open: fields that stand twice in an input object (a rule of the specification), and NUL
/// characters, which no database column takes.
fn check_values(document: &ast::Document) -> Option<ServerError> {
    document.definitions.iter().find_map(|definition| match definition {
        ast::Definition::OperationDefinition(operation) => {
            let defaults = operation.variables.iter().filter_map(|variable| variable.default_value.as_ref());
            let directives = directive_values(&operation.directives)
                .chain(operation.variables.iter().flat_map(|variable| directive_values(&variable.directives)));
            defaults.chain(directives).find_map(check_value).or_else(|| check_set(&operation.selection_set))
        }
        ast::Definition::FragmentDefinition(fragment) => {
            directive_values(&fragment.directives).find_map(check_value).or_else(|| check_set(&fragment.selection_set))
        }
        _ => None,
    })
}

fn directive_values(directives: &ast::DirectiveList) -> impl Iterator<Item = &Node<ast::Value>> {
    directives.iter().flat_map(|directive| directive.arguments.iter().map(|argument| &argument.value))
}

fn check_set(set: &[ast::Selection]) -> Option<ServerError> {
    set.iter().find_map(|selection| {
        let below = match selection {
            ast::Selection::Field(field) => {
                let wrong = field.arguments.iter().find_map(|argument| check_value(&argument.value));
                wrong.or_else(|| check_set(&field.selection_set))
            }
            ast::Selection::InlineFragment(fragment) => check_set(&fragment.selection_set),
            ast::Selection::FragmentSpread(_) => None,
        };
        below.or_else(|| directive_values(limits::directives(selection)).find_map(check_value))
    })
}

fn check_value(value: &Node<ast::Value>) -> Option<ServerError> {
    match &**value {
        ast::Value::String(text) if text.contains('\0') => Some(request_error(Code::BadUserInput, NUL)),
        ast::Value::List(items) => items.iter().find_map(check_value),
        ast::Value::Object(fields) => {
            let twice =
                fields.iter().enumerate().find(|(at, (name, _))| fields[..*at].iter().any(|(of, _)| of == name));
            match twice {
                Some((_, (name, _))) => Some(request_error(
                    Code::ValidationFailed,
                    format!("There can be only one input field named \"{name}\"."),
                )),
                None => fields.iter().find_map(|(_, value)| check_value(value)),
            }
        }
        _ => None,
    }
}

/// Why a text with a NUL is refused.
pub(crate) const NUL: &str = "a text holds the character NUL (U+0000); leave it out";

fn asks_for_the_schema(document: &ast::Document) -> bool {
    fn in_set(set: &[ast::Selection]) -> bool {
        set.iter().any(|selection| match selection {
            ast::Selection::Field(field) => {
                matches!(field.name.as_str(), "__schema" | "__type") || in_set(&field.selection_set)
            }
            ast::Selection::InlineFragment(fragment) => in_set(&fragment.selection_set),
            ast::Selection::FragmentSpread(_) => false,
        })
    }
    document.definitions.iter().any(|definition| match definition {
        ast::Definition::OperationDefinition(operation) => in_set(&operation.selection_set),
        ast::Definition::FragmentDefinition(fragment) => in_set(&fragment.selection_set),
        _ => false,
    })
}
