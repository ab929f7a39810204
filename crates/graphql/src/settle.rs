//! What becomes of data around an error (section 6.4.4 of the specification): a field that failed is null, and where null
//! may not stand, what holds it is null instead. The executor leaves failed fields out, so that an answer could hold null
//! where the schema forbids it; here the answer is set right. It costs nothing where there are no errors.

use apollo_compiler::{
    ast::Type,
    executable::{ExecutableDocument, Field, Operation, Selection, SelectionSet},
};
use async_graphql::{Name, PathSegment, ServerError, Value};

/// Sets the data right around each error.
pub(crate) fn settle(data: &mut Value, errors: &[ServerError], document: &ExecutableDocument, operation: &Operation) {
    for error in errors {
        match nullable(&error.path, document, &operation.selection_set) {
            0 => *data = Value::Null,
            length => set_null(data, &error.path[..length]),
        }
    }
}

/// How many segments of a path lead to the lowest place that may be null; 0 for the data as a whole.
fn nullable(path: &[PathSegment], document: &ExecutableDocument, root: &SelectionSet) -> usize {
    let mut sets = vec![root];
    let mut current: Option<&Type> = None;
    let mut lowest = 0;
    for (at, segment) in path.iter().enumerate() {
        current = match segment {
            PathSegment::Field(name) => {
                let mut fields = Vec::new();
                for set in sets {
                    find(set, name, document, &mut fields);
                }
                sets = fields.iter().map(|field| &field.selection_set).collect();
                // Validation has seen to it that all of them have the same shape.
                fields.first().map(|field| field.ty())
            }
            PathSegment::Index(_) => current.map(Type::item_type),
        };
        if current.is_none_or(|ty| !ty.is_non_null()) {
            lowest = at + 1;
        }
    }
    lowest
}

/// All fields of a set that answer under a name.
fn find<'a>(set: &'a SelectionSet, name: &str, document: &'a ExecutableDocument, found: &mut Vec<&'a Field>) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => found.extend((field.response_key() == name).then_some(&**field)),
            Selection::InlineFragment(fragment) => find(&fragment.selection_set, name, document, found),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = spread.fragment_def(document) {
                    find(&fragment.selection_set, name, document, found);
                }
            }
        }
    }
}

/// Puts null at a path, unless something above is null already.
fn set_null(data: &mut Value, path: &[PathSegment]) {
    let Some((last, above)) = path.split_last() else { return };
    let mut place = data;
    for segment in above {
        let next = match (place, segment) {
            (Value::Object(fields), PathSegment::Field(name)) => fields.get_mut(name.as_str()),
            (Value::List(items), PathSegment::Index(at)) => items.get_mut(*at),
            _ => None,
        };
        match next {
            Some(next) => place = next,
            None => return,
        }
    }
    match (place, last) {
        (Value::Object(fields), PathSegment::Field(name)) => {
            fields.insert(Name::new(name), Value::Null);
        }
        (Value::List(items), PathSegment::Index(at)) => {
            if let Some(item) = items.get_mut(*at) {
                *item = Value::Null;
            }
        }
        _ => {}
    }
}
