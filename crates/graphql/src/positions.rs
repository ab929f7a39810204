//! The rules "All Variable Usages Are Allowed" and "All Variable Uses Defined" (sections 5.8.5 and 5.8.3 of the
//! specification), where the validator stops short: it does not look into lists and input objects, nor into the literals of
//! custom scalars, and takes a default of null for a value.

use apollo_compiler::{
    Node, Schema,
    ast::{self, Type, Value, VariableDefinition},
    executable::{Argument, ExecutableDocument, Operation, Selection, SelectionSet},
    schema::ExtendedType,
    validation::Valid,
};

/// The first variable that stands where its type does not fit.
pub(crate) fn check(schema: &Valid<Schema>, document: &Valid<ExecutableDocument>) -> Option<String> {
    document.operations.iter().find_map(|operation| {
        let mut walk = Walk { schema, document, operation, spread: Vec::new(), nulls: 0 };
        walk.set(&operation.selection_set)
    })
}

/// How many nulls stand in list literals of custom scalars that must not be null themselves. The validator takes each for
/// the scalar's own value and refuses it; what a custom scalar makes of such a list is its own affair.
pub(crate) fn nulls_in_scalars(schema: &Schema, document: &ExecutableDocument) -> usize {
    let count = |operation: &Operation| {
        let mut walk = Walk { schema, document, operation, spread: Vec::new(), nulls: 0 };
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                walk.value(default, &variable.ty, false);
            }
        }
        walk.set(&operation.selection_set);
        walk.nulls
    };
    document.operations.iter().map(|operation| count(operation)).sum()
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    operation: &'a Operation,
    /// Fragments that have been looked into for this operation.
    spread: Vec<&'a str>,
    /// Nulls in list literals of custom scalars that must not be null.
    nulls: usize,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Option<String> {
        set.selections.iter().find_map(|selection| match selection {
            Selection::Field(field) => {
                let wrong = self.arguments(&field.arguments, &field.definition.arguments);
                wrong.or_else(|| self.directives(&field.directives)).or_else(|| self.set(&field.selection_set))
            }
            Selection::InlineFragment(fragment) => {
                self.directives(&fragment.directives).or_else(|| self.set(&fragment.selection_set))
            }
            Selection::FragmentSpread(spread) => {
                if let Some(wrong) = self.directives(&spread.directives) {
                    return Some(wrong);
                }
                let name = spread.fragment_name.as_str();
                if self.spread.contains(&name) {
                    return None;
                }
                self.spread.push(name);
                let fragment = spread.fragment_def(self.document)?;
                self.set(&fragment.selection_set)
            }
        })
    }

    fn directives(&mut self, directives: &ast::DirectiveList) -> Option<String> {
        directives.iter().find_map(|directive| {
            let definition = self.schema.directive_definitions.get(&directive.name)?;
            self.arguments(&directive.arguments, &definition.arguments)
        })
    }

    fn arguments(&mut self, given: &[Node<Argument>], known: &[Node<ast::InputValueDefinition>]) -> Option<String> {
        given.iter().find_map(|argument| {
            let definition = known.iter().find(|definition| definition.name == argument.name)?;
            self.value(&argument.value, &definition.ty, definition.default_value.is_some())
        })
    }

    /// `has_default` tells of the place where the value stands.
    fn value(&mut self, value: &Value, expected: &Type, has_default: bool) -> Option<String> {
        match value {
            Value::Variable(name) => {
                let Some(variable) = self.operation.variables.iter().find(|variable| variable.name == *name) else {
                    return Some(format!("Variable \"${name}\" is not defined."));
                };
                (!fits(variable, expected, has_default)).then(|| {
                    format!(
                        "Variable \"${name}\" of type \"{}\" used in position expecting type \"{expected}\".",
                        variable.ty
                    )
                })
            }
            Value::List(items) if expected.is_list() => {
                items.iter().find_map(|value| self.value(value, expected.item_type(), false))
            }
            // A list where none is expected: the literal of a custom scalar.
            Value::List(items) => {
                if expected.is_non_null() {
                    self.nulls += nulls(items);
                }
                let expected = expected.clone().nullable();
                items.iter().find_map(|value| self.value(value, &expected, false))
            }
            Value::Object(fields) => {
                let ExtendedType::InputObject(object) = self.schema.types.get(expected.inner_named_type())? else {
                    return fields.iter().find_map(|(_, value)| self.undefined(value));
                };
                fields.iter().find_map(|(name, value)| {
                    let field = object.fields.get(name)?;
                    self.value(value, &field.ty, field.default_value.is_some())
                })
            }
            _ => None,
        }
    }

    /// The first variable in a literal without a type that the operation does not define.
    fn undefined(&self, value: &Value) -> Option<String> {
        match value {
            Value::Variable(name) => {
                let defined = self.operation.variables.iter().any(|variable| variable.name == *name);
                (!defined).then(|| format!("Variable \"${name}\" is not defined."))
            }
            Value::List(items) => items.iter().find_map(|value| self.undefined(value)),
            Value::Object(fields) => fields.iter().find_map(|(_, value)| self.undefined(value)),
            _ => None,
        }
    }
}

/// The nulls of a list and of the lists in it.
fn nulls(items: &[Node<Value>]) -> usize {
    let count = |value: &Node<Value>| match &**value {
        Value::Null => 1,
        Value::List(items) => nulls(items),
        _ => 0,
    };
    items.iter().map(count).sum()
}

/// `IsVariableUsageAllowed()` of the specification.
fn fits(variable: &VariableDefinition, expected: &Type, has_default: bool) -> bool {
    if expected.is_non_null() && !variable.ty.is_non_null() {
        let default = variable.default_value.as_ref().is_some_and(|value| !value.is_null());
        return (default || has_default) && variable.ty.is_assignable_to(&expected.clone().nullable());
    }
    variable.ty.is_assignable_to(expected)
}
