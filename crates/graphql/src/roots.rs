//! Fields of a mutation's root that have one name in the answer are one field (section 6.3.2 of the specification): it is done
//! once, and answers all that is selected of it. The executor would do it once for each time that it stands there, which for a
//! query costs time and for a mutation is a second change.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet,
    },
};

/// Merges the fields of the root of an operation. Its size was measured before, and its validity seen to.
pub(crate) fn merge(document: &mut ExecutableDocument, name: Option<&str>, variables: &Variables) {
    let operation = match &mut document.operations {
        DocumentOperations::Single(operation) => Some(operation),
        DocumentOperations::Multiple(operations) => name.and_then(|name| operations.get_mut(name)),
    };
    let Some(operation) = operation else { return };
    let set = &mut operation.node.selection_set.node;
    let mut roots = Roots { fragments: &document.fragments, variables, fields: Vec::new() };
    roots.collect(std::mem::take(&mut set.items));
    set.items = roots
        .fields
        .into_iter()
        .map(|field| {
            let pos = field.pos;
            Positioned::new(Selection::Field(field), pos)
        })
        .collect();
}

struct Roots<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    fields: Vec<Positioned<Field>>,
}

impl Roots<'_> {
    fn collect(&mut self, selections: Vec<Positioned<Selection>>) {
        for selection in selections {
            match selection.node {
                Selection::Field(field) if self.wanted(&field.node.directives) => self.add(field),
                Selection::InlineFragment(fragment) if self.wanted(&fragment.node.directives) => {
                    self.collect(fragment.node.selection_set.node.items);
                }
                Selection::FragmentSpread(spread) if self.wanted(&spread.node.directives) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.collect(fragment.node.selection_set.node.items.clone());
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, mut field: Positioned<Field>) {
        let key = field.node.response_key().node.clone();
        match self.fields.iter_mut().find(|of| of.node.response_key().node == key) {
            Some(first) => {
                let SelectionSet { items } = &mut first.node.selection_set.node;
                items.append(&mut field.node.selection_set.node.items);
            }
            None => {
                // They were asked already.
                field.node.directives.clear();
                self.fields.push(field);
            }
        }
    }

    /// What @skip and @include say.
    fn wanted(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let put_in = |name: Name| self.variables.get(&name).cloned().ok_or(());
            let said = directive.node.get_argument("if").map(|value| value.node.clone().into_const_with(put_in));
            let said = said == Some(Ok(Value::Boolean(true)));
            match directive.node.name.node.as_str() {
                "skip" => !said,
                "include" => said,
                _ => true,
            }
        })
    }
}
