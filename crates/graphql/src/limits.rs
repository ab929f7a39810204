//! What a request may ask for at most, measured before anything is executed.
//!
//! Two walks over the document, each of at most [`SELECTIONS`] steps: `measure` on the bare syntax, before validation
//! (which is itself worth protecting), and `cost` on the validated operation, with the sizes of lists multiplied in.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use apollo_compiler::{
    ast,
    executable::{ExecutableDocument, Field, Operation, Selection, SelectionSet},
    response::{JsonMap, JsonValue},
};

use async_graphql::Context;
use serde_json::{Map, Value};

use crate::{
    error::{Code, coded},
    page::{PAGE_DEFAULT, PAGE_LIMIT},
};

/// Characters of the query's text.
pub const CHARACTERS: usize = 20_000;
/// Tokens of the query's text.
pub const TOKENS: usize = 5_000;
/// Nested brackets.
pub const NESTING: usize = 64;
/// Nested fields; the standard introspection query needs 14.
pub const DEPTH: usize = 16;
/// Aliases.
pub const ALIASES: usize = 100;
/// Directives.
pub const DIRECTIVES: usize = 50;
/// Fields of the top level.
pub const ROOT_FIELDS: usize = 50;
/// Selections, with every fragment counted wherever it is spread.
pub const SELECTIONS: usize = 2_000;
/// Nested lists of introspection (`fields`, `interfaces`, `possibleTypes`, `inputFields`), as graphql-js counts them.
pub const INTROSPECTION_LISTS: usize = 3;
/// The estimated number of values in the answer.
pub const COST: usize = 300_000;
/// Items that the lists of one answer may hold in all. The cost is an estimate from the query alone; this is counted while
/// it is answered, so that walking a plan up and down and up again ends.
pub const ITEMS: usize = 50_000;
/// Looks into the database of one request, for what is not held in memory: each is a handful of statements.
pub const LOOK_UPS: usize = 100;
/// Values in the variables of a request, those of lists and objects counted.
pub const VARIABLE_VALUES: usize = 1_000;
/// Characters in the variables of a request.
pub const VARIABLE_CHARACTERS: usize = 20_000;
/// The types of variables that hold a whole strategy. They fit nowhere but into a field of the root, so that they are not
/// copied for each of many selections as others might be.
const DOCUMENT_TYPES: [&str; 2] = ["StrategyDocument", "CreateStrategyInput"];
/// Values in the variables that hold a whole strategy.
pub const DOCUMENT_VALUES: usize = 50_000;
/// Characters in the variables that hold a whole strategy.
pub const DOCUMENT_CHARACTERS: usize = 500_000;
/// Bytes of the request's body.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Seconds until a request is given up.
pub const SECONDS: u64 = 10;

/// The sizes at which lists without paging are reckoned, where they are not small. They are those of a large strategy.
const LIST_SIZES: [(&str, &str, usize); 20] = [
    ("Strategy", "changes", 150),
    ("Strategy", "nodes", 150),
    ("Strategy", "lineage", 200),
    ("GradePreview", "changed", 30),
    ("Indicator", "mappings", 2),
    ("Outlook", "observations", 10),
    ("Strategy", "findings", 30),
    ("Municipality", "officialStatistics", 28),
    ("Query", "officialIndicators", 28),
    ("Query", "prefectures", 47),
    ("Query", "webhooks", 20),
    ("PlanNode", "indicators", 2),
    ("PlanNode", "remarks", 2),
    ("Indicator", "remarks", 2),
    ("IndicatorComparison", "byPrefecture", 47),
    ("GroupSummary", "quantiles", 7),
    ("GroupSummary", "histogram", 10),
    ("Trend", "points", 10),
    ("TrendAnswer", "years", 10),
    ("ComparisonAnswer", "comparability", 10),
];
/// What fields cost beside what they answer, in values: those that look at all municipalities.
const WORK: [(&str, &str, usize); 5] = [
    ("Query", "comparison", 3_000),
    ("Query", "trends", 10_000),
    ("Query", "neighbours", 5_000),
    ("Query", "correlation", 3_000),
    ("Query", "progressComparison", 3_000),
];
/// The size at which all other lists are reckoned.
const LIST_SIZE: usize = 6;

/// What is left of [`ITEMS`] and [`LOOK_UPS`] for one request.
pub(crate) struct Budget {
    items: AtomicUsize,
    look_ups: AtomicUsize,
}

impl Budget {
    pub(crate) const fn new() -> Self {
        Self { items: AtomicUsize::new(ITEMS), look_ups: AtomicUsize::new(LOOK_UPS) }
    }
}

/// Takes a look into the database from the request's budget.
pub(crate) fn look_up(context: &Context<'_>) -> async_graphql::Result<()> {
    let look_ups = &context.data_unchecked::<Budget>().look_ups;
    take(look_ups, 1).ok_or_else(|| {
        let message = format!("the answer takes more than {LOOK_UPS} looks into the database; ask for less at once");
        coded(message, Code::TooComplex)
    })
}

/// Takes the items of a list from the request's budget, before the list is made.
pub(crate) fn spend(context: &Context<'_>, items: usize) -> Result<(), async_graphql::Error> {
    take(&context.data_unchecked::<Budget>().items, items).ok_or_else(|| {
        coded(format!("the answer holds more than {ITEMS} items; ask for fewer at once"), Code::TooComplex)
    })
}

/// Takes from what is left. Once it is spent, nothing more is given.
fn take(left: &AtomicUsize, count: usize) -> Option<()> {
    let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count));
    if taken.is_err() {
        left.store(0, Ordering::Relaxed);
    }
    taken.ok().map(|_| ())
}

/// Measures the variables of a request.
pub(crate) fn measure_variables(variables: &Map<String, Value>, operation: &Operation) -> Result<(), TooComplex> {
    let (mut plain, mut documents) = ((0, 0), (0, 0));
    for (name, value) in variables {
        let declared = operation.variables.iter().find(|of| of.name == name.as_str());
        let document = declared.is_some_and(|of| DOCUMENT_TYPES.contains(&of.ty.inner_named_type().as_str()));
        weigh(value, if document { &mut documents } else { &mut plain });
    }
    TooComplex::check("values in variables", plain.0, VARIABLE_VALUES)?;
    TooComplex::check("characters in variables", plain.1, VARIABLE_CHARACTERS)?;
    TooComplex::check("values in a strategy", documents.0, DOCUMENT_VALUES)?;
    TooComplex::check("characters in a strategy", documents.1, DOCUMENT_CHARACTERS)
}

/// Counts values and characters.
fn weigh(value: &Value, counts: &mut (usize, usize)) {
    counts.0 += 1;
    match value {
        Value::String(text) => counts.1 += text.chars().count(),
        Value::Array(items) => items.iter().for_each(|value| weigh(value, counts)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            counts.1 += name.chars().count();
            weigh(value, counts);
        }),
        _ => {}
    }
}

/// What a document asks too much of, and the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the query asks for too much: {found} {what}, the limit is {limit}")]
pub(crate) struct TooComplex {
    what: &'static str,
    found: usize,
    limit: usize,
}

impl TooComplex {
    pub(crate) const fn check(what: &'static str, found: usize, limit: usize) -> Result<(), Self> {
        if found > limit { Err(Self { what, found, limit }) } else { Ok(()) }
    }
}

/// Measures a parsed document, valid or not.
pub(crate) fn measure(document: &ast::Document) -> Result<(), TooComplex> {
    let mut fragments = HashMap::new();
    for definition in &document.definitions {
        if let ast::Definition::FragmentDefinition(fragment) = definition {
            fragments.insert(fragment.name.as_str(), fragment);
        }
    }
    let mut measure = Measure { fragments, spreading: Vec::new(), selections: 0, aliases: 0, directives: 0 };
    for definition in &document.definitions {
        if let ast::Definition::OperationDefinition(operation) = definition {
            measure.directives += operation.directives.len();
            measure.walk(&operation.selection_set, 1, 0)?;
            let mut roots = 0;
            measure.count_roots(&operation.selection_set, &mut roots);
            TooComplex::check("fields of the top level", roots, ROOT_FIELDS)?;
        }
    }
    Ok(())
}

struct Measure<'a> {
    fragments: HashMap<&'a str, &'a apollo_compiler::Node<ast::FragmentDefinition>>,
    /// The fragments that are being spread; one that spreads itself is left to the validation.
    spreading: Vec<&'a str>,
    selections: usize,
    aliases: usize,
    directives: usize,
}

impl<'a> Measure<'a> {
    /// `depth` is that of the fields of the set; `lists` counts the lists of introspection above it.
    fn walk(&mut self, set: &'a [ast::Selection], depth: usize, lists: usize) -> Result<(), TooComplex> {
        TooComplex::check("nested fields", depth, DEPTH + 1)?;
        for selection in set {
            self.selections += 1;
            self.directives += directives(selection).len();
            TooComplex::check("selections", self.selections, SELECTIONS)?;
            TooComplex::check("directives", self.directives, DIRECTIVES)?;
            match selection {
                ast::Selection::Field(field) => {
                    TooComplex::check("nested fields", depth, DEPTH)?;
                    self.aliases += usize::from(field.alias.is_some());
                    TooComplex::check("aliases", self.aliases, ALIASES)?;
                    let lists = match field.name.as_str() {
                        "__schema" | "__type" => 1,
                        "fields" | "interfaces" | "possibleTypes" | "inputFields" if lists > 0 => lists + 1,
                        _ => lists,
                    };
                    TooComplex::check("nested lists of introspection", lists, INTROSPECTION_LISTS)?;
                    self.walk(&field.selection_set, depth + 1, lists)?;
                }
                ast::Selection::InlineFragment(fragment) => self.walk(&fragment.selection_set, depth, lists)?,
                ast::Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.enter(&spread.fragment_name) {
                        TooComplex::check("nested fragments", self.spreading.len(), NESTING)?;
                        self.walk(&fragment.selection_set, depth, lists)?;
                        self.spreading.pop();
                    }
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, name: &'a str) -> Option<&'a ast::FragmentDefinition> {
        let fragment = self.fragments.get(name).filter(|_| !self.spreading.contains(&name))?;
        self.spreading.push(name);
        Some(fragment)
    }

    /// Counts the fields of the top level; the walk before has bounded the work.
    fn count_roots(&mut self, set: &'a [ast::Selection], roots: &mut usize) {
        for selection in set {
            match selection {
                ast::Selection::Field(_) => *roots += 1,
                ast::Selection::InlineFragment(fragment) => self.count_roots(&fragment.selection_set, roots),
                ast::Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.enter(&spread.fragment_name) {
                        self.count_roots(&fragment.selection_set, roots);
                        self.spreading.pop();
                    }
                }
            }
        }
    }
}

/// The directives of a selection.
pub(crate) fn directives(selection: &ast::Selection) -> &ast::DirectiveList {
    match selection {
        ast::Selection::Field(field) => &field.directives,
        ast::Selection::InlineFragment(fragment) => &fragment.directives,
        ast::Selection::FragmentSpread(spread) => &spread.directives,
    }
}

/// The estimated number of values in the answer of an operation. Pages count with the size that is asked for.
pub(crate) fn cost(
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &JsonMap,
) -> Result<usize, TooComplex> {
    let cost = Reckoner { document, variables }.set(&operation.selection_set, 1);
    TooComplex::check("values by estimate (ask for fewer fields or smaller pages)", cost, COST)?;
    Ok(cost)
}

struct Reckoner<'a> {
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
}

impl Reckoner<'_> {
    /// `page` is the size of the page, for a set of a connection.
    fn set(&self, set: &SelectionSet, page: usize) -> usize {
        let cost = |selection: &Selection| match selection {
            Selection::Field(field) => {
                let times = if field.ty().is_list() { self.list(set.ty.as_str(), field, page) } else { 1 };
                let page = if field.ty().inner_named_type().ends_with("Connection") { self.page(field) } else { 1 };
                let work = WORK.iter().find(|(of, name, _)| *of == set.ty.as_str() && *name == field.name.as_str());
                let own = 1 + work.map_or(0, |(_, _, work)| *work);
                self.set(&field.selection_set, page).saturating_add(own).saturating_mul(times)
            }
            Selection::InlineFragment(fragment) => self.set(&fragment.selection_set, page),
            Selection::FragmentSpread(spread) => {
                spread.fragment_def(self.document).map_or(0, |fragment| self.set(&fragment.selection_set, page))
            }
        };
        set.selections.iter().map(cost).fold(0, usize::saturating_add)
    }

    fn list(&self, parent: &str, field: &Field, page: usize) -> usize {
        if parent.ends_with("Connection") {
            return page;
        }
        if let Some(given) = field.specified_argument_by_name("ids") {
            return match &**given {
                ast::Value::List(ids) => ids.len(),
                ast::Value::Variable(name) => {
                    self.variables.get(name.as_str()).and_then(JsonValue::as_array).map_or(0, Vec::len)
                }
                _ => 1,
            };
        }
        let known = LIST_SIZES.iter().find(|(of, name, _)| *of == parent && *name == field.name.as_str());
        known.map_or(LIST_SIZE, |(_, _, size)| *size)
    }

    /// The size of the page that a connection asks for; a wrong one is refused when it is resolved.
    fn page(&self, field: &Field) -> usize {
        let given = |name| {
            let size = match &**field.specified_argument_by_name(name)? {
                ast::Value::Int(size) => size.try_to_i32().ok().map(i64::from),
                ast::Value::Variable(name) => self.variables.get(name.as_str())?.as_i64(),
                _ => None,
            };
            usize::try_from(size?).ok()
        };
        given("first").or_else(|| given("last")).unwrap_or(PAGE_DEFAULT).min(PAGE_LIMIT)
    }
}
