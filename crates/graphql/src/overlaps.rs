//! The rule "Field Selection Merging" (section 5.3.2 of the specification) where the validator stops short: it takes two lists
//! of different length for equal arguments when one begins with the other.

use std::collections::HashMap;

use apollo_compiler::{
    Node, Schema,
    ast::Value,
    executable::{ExecutableDocument, Field, Selection, SelectionSet},
    validation::Valid,
};

/// A document that needs more steps than this is of a size that the limits refuse anyway.
const STEPS: usize = 50_000;

/// The response name of the first two fields that cannot be merged for their arguments.
pub(crate) fn check(schema: &Valid<Schema>, document: &Valid<ExecutableDocument>) -> Option<String> {
    let mut merger = Merger { schema, document, steps: 0 };
    document.operations.iter().find_map(|operation| merger.sets(&[&operation.selection_set])).map(|name| {
        format!("Fields \"{name}\" conflict because they have differing arguments. Use different aliases on the fields to fetch both.")
    })
}

struct Merger<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    steps: usize,
}

type Occurrence<'a> = (&'a str, &'a Field);

impl<'a> Merger<'a> {
    /// Looks at sets that are merged into one.
    fn sets(&mut self, sets: &[&'a SelectionSet]) -> Option<String> {
        let mut by_name: HashMap<&str, Vec<Occurrence<'a>>> = HashMap::new();
        for set in sets {
            self.collect(set, &mut by_name, &mut Vec::new());
        }
        let several =
            by_name.into_iter().filter(|(_, fields)| fields.len() > 1 || !fields[0].1.selection_set.is_empty());
        for (name, fields) in several.collect::<Vec<_>>() {
            // Fields of two different objects never stand in one answer; those of interfaces stand beside any.
            let mut objects: Vec<&str> = fields.iter().map(|(of, _)| *of).filter(|of| self.is_object(of)).collect();
            objects.sort_unstable();
            objects.dedup();
            let groups = if objects.is_empty() { vec![None] } else { objects.into_iter().map(Some).collect() };
            for object in groups {
                let together = |(of, _): &&Occurrence<'a>| Some(*of) == object || !self.is_object(of);
                let group: Vec<&Field> = fields.iter().filter(together).map(|(_, field)| *field).collect();
                self.steps += group.len();
                if self.steps > STEPS {
                    return None;
                }
                if group.iter().any(|field| field.name == group[0].name && !same_arguments(field, group[0])) {
                    return Some(name.to_owned());
                }
                let below: Vec<&SelectionSet> = group.iter().map(|field| &field.selection_set).collect();
                if let Some(wrong) = self.sets(&below) {
                    return Some(wrong);
                }
            }
        }
        None
    }

    fn is_object(&self, name: &str) -> bool {
        self.schema.get_object(name).is_some()
    }

    fn collect(
        &self,
        set: &'a SelectionSet,
        found: &mut HashMap<&'a str, Vec<Occurrence<'a>>>,
        spread: &mut Vec<&'a str>,
    ) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    found.entry(field.response_key().as_str()).or_default().push((set.ty.as_str(), field));
                }
                Selection::InlineFragment(fragment) => self.collect(&fragment.selection_set, found, spread),
                Selection::FragmentSpread(of) => {
                    let name = of.fragment_name.as_str();
                    if !spread.contains(&name) {
                        spread.push(name);
                        if let Some(fragment) = of.fragment_def(self.document) {
                            self.collect(&fragment.selection_set, found, spread);
                        }
                    }
                }
            }
        }
    }
}

fn same_arguments(one: &Field, other: &Field) -> bool {
    one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|argument| {
            let twin = other.arguments.iter().find(|of| of.name == argument.name);
            twin.is_some_and(|twin| same(&argument.value, &twin.value))
        })
}

/// Whether two literals are the same; the fields of an object may stand in any order.
fn same(one: &Node<Value>, other: &Node<Value>) -> bool {
    match (&**one, &**other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.iter().any(|(of, twin)| of == name && same(value, twin)))
        }
        (one, other) => one == other,
    }
}
