//! Random documents, made from the schema that the service itself tells, so that a new field is asked for from its first
//! day.

use std::{collections::HashMap, fmt::Write as _};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use shirube_domain::municipality::MunicipalityCode;
use shirube_testing::TestService;

use super::{pool::Pool, random::Random};

const INTROSPECTION: &str = "
    { __schema { types {
        kind name
        fields { name args { name type { ...T } } type { ...T } }
        inputFields { name type { ...T } }
        enumValues { name }
        possibleTypes { name }
    } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// How deep a selection goes at most.
const DEPTH: usize = 7;

/// How many values a list is thought to hold, and how many a selection may come to.
const LIST: usize = 50;
const VALUES: usize = 2_500;

/// The member of a JSON object that stands for a value of an enum.
const ENUM: &str = "enum";

/// What the schema says of a type.
#[derive(Debug, Default)]
struct Type {
    kind: String,
    fields: Vec<Field>,
    inputs: Vec<Input>,
    values: Vec<String>,
    possible: Vec<String>,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    arguments: Vec<Input>,
    of: String,
    list: bool,
}

#[derive(Debug, Clone)]
struct Input {
    name: String,
    of: Reference,
}

#[derive(Debug, Clone)]
enum Reference {
    Required(Box<Reference>),
    List(Box<Reference>),
    Named(String),
}

impl Reference {
    fn read(value: &Value) -> Result<Self> {
        Ok(match value["kind"].as_str() {
            Some("NON_NULL") => Self::Required(Box::new(Self::read(&value["ofType"])?)),
            Some("LIST") => Self::List(Box::new(Self::read(&value["ofType"])?)),
            _ => Self::Named(text(&value["name"])?),
        })
    }

    fn is_list(&self) -> bool {
        match self {
            Self::Required(of) => of.is_list(),
            Self::List(_) => true,
            Self::Named(_) => false,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Required(of) | Self::List(of) => of.name(),
            Self::Named(name) => name,
        }
    }
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().with_context(|| format!("{value} is no text"))?.to_owned())
}

fn each<T>(list: &Value, read: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    list.as_array().into_iter().flatten().map(read).collect()
}

fn input(value: &Value) -> Result<Input> {
    Ok(Input { name: text(&value["name"])?, of: Reference::read(&value["type"])? })
}

/// The schema.
pub(super) struct Schema(HashMap<String, Type>);

impl Schema {
    /// Asks the service.
    pub(super) async fn read(service: &TestService) -> Result<Self> {
        let answer = service.ask(INTROSPECTION, Value::Null).await?.data()?;
        let types = each(&answer["__schema"]["types"], |of| {
            let fields = each(&of["fields"], |field| {
                let (arguments, of) = (each(&field["args"], input)?, Reference::read(&field["type"])?);
                Ok(Field { name: text(&field["name"])?, arguments, list: of.is_list(), of: of.name().to_owned() })
            })?;
            let of_type = Type {
                kind: text(&of["kind"])?,
                fields,
                inputs: each(&of["inputFields"], input)?,
                values: each(&of["enumValues"], |value| text(&value["name"]))?,
                possible: each(&of["possibleTypes"], |value| text(&value["name"]))?,
            };
            Ok((text(&of["name"])?, of_type))
        })?;
        Ok(Self(types.into_iter().collect()))
    }

    fn of(&self, name: &str) -> &Type {
        self.0.get(name).unwrap_or_else(|| panic!("the schema has a type {name}"))
    }

    fn is_leaf(&self, name: &str) -> bool {
        matches!(self.of(name).kind.as_str(), "SCALAR" | "ENUM")
    }

    /// The names of the fields of a root.
    pub(super) fn roots(&self, root: &str) -> Vec<&str> {
        self.of(root).fields.iter().map(|field| field.name.as_str()).collect()
    }
}

/// A field of the root that is asked for, with its arguments.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) alias: String,
    pub(super) field: String,
    pub(super) arguments: Map<String, Value>,
    selection: String,
}

/// A document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) mutation: bool,
    pub(super) asked: Vec<Asked>,
}

impl Document {
    /// The document's text.
    pub(super) fn text(&self) -> String {
        let mut text = String::from(if self.mutation { "mutation {" } else { "{" });
        for Asked { alias, field, arguments, selection } in &self.asked {
            let _ = write!(text, " {alias}: {field}{} {selection}", spelled_arguments(arguments));
        }
        text + " }"
    }
}

fn spelled_arguments(arguments: &Map<String, Value>) -> String {
    let spelled: Vec<String> = arguments.iter().map(|(name, value)| format!("{name}: {}", spelled(value))).collect();
    if spelled.is_empty() { String::new() } else { format!("({})", spelled.join(", ")) }
}

/// A value as GraphQL spells it.
fn spelled(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spelled).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => match fields.get(ENUM).and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name}: {}", spelled(value))).collect();
                format!("{{{}}}", fields.join(", "))
            }
        },
        other => other.to_string(),
    }
}

/// Makes documents.
pub(super) struct Generator<'a> {
    pub(super) schema: &'a Schema,
    pub(super) random: &'a mut Random,
    pub(super) pool: &'a Pool,
    /// The municipality of which it mostly speaks.
    pub(super) focus: MunicipalityCode,
}

impl Generator<'_> {
    /// A document: a mutation, or a query of up to three fields; of one field if that is said.
    pub(super) fn document(&mut self, wanted: Option<&str>) -> Document {
        let schema = self.schema;
        let mutation = match wanted {
            Some(wanted) => schema.roots("Mutation").contains(&wanted),
            None => self.random.chance(40),
        };
        let fields = &schema.of(if mutation { "Mutation" } else { "Query" }).fields;
        let count = if mutation || wanted.is_some() { 1 } else { *self.random.pick(&[1, 1, 1, 2, 3]) };
        let asked = (0..count)
            .map(|at| {
                let wanted = fields.iter().find(|field| wanted == Some(field.name.as_str()));
                let field = wanted.unwrap_or_else(|| self.random.pick(fields)).clone();
                let mut arguments = self.arguments(&field, 50);
                // The root's own lists are asked for with and without a municipality.
                if arguments.get("municipality").is_none() && self.random.chance(50) {
                    let of = field.arguments.iter().find(|argument| argument.name == "municipality");
                    arguments.extend(of.map(|_| ("municipality".to_owned(), self.municipality())));
                }
                let kind = arguments.values().find_map(|value| self.pool.kind(value));
                let selection = self.selection(&field.of, (0, 1), kind.as_deref());
                Asked { alias: format!("a{at}"), field: field.name, arguments, selection }
            })
            .collect();
        Document { mutation, asked }
    }

    fn arguments(&mut self, field: &Field, optional: usize) -> Map<String, Value> {
        let mut arguments = Map::new();
        for Input { name, of } in &field.arguments {
            if matches!(of, Reference::Required(_)) || self.random.chance(optional / 2) {
                arguments.insert(name.clone(), self.value(&field.name, name, of));
            }
        }
        // Both together are refused, which is soon known.
        if arguments.contains_key("first") && self.random.chance(90) {
            arguments.remove("last");
        }
        arguments
    }

    fn value(&mut self, field: &str, name: &str, of: &Reference) -> Value {
        match of {
            Reference::Required(of) => self.value(field, name, of),
            Reference::List(of) => (0..=self.random.below(3)).map(|_| self.value(field, name, of)).collect(),
            Reference::Named(of) => self.named(field, name, of),
        }
    }

    fn named(&mut self, field: &str, name: &str, of: &str) -> Value {
        match of {
            "ID" => self.pool.id(self.random, self.focus, wanted(field, name)).into(),
            "MunicipalityCode" => self.municipality(),
            // A year that official statistics have, so that what compares municipalities is answered now and then.
            "Int" if matches!(name, "year" | "years" | "since" | "fromYear" | "toYear") => {
                json!(*self.random.pick(&[2020, 2020, 2020, 1]))
            }
            "Int" => json!(self.random.pick(&[1, 1, 2, 3, 5, 10, 50, 100, 0, -1, i32::MAX, 2, 9])),
            "Float" => json!(*self.random.pick(&[0.9, 0.9, 1.5])),
            "Boolean" => self.random.chance(50).into(),
            "FiscalYear" => json!(2020 + self.random.below(6)),
            "Decimal" => json!("1.5"),
            "Date" => json!(*self.random.pick(&["2023-05-31", "2026-05-31", "1900-01-01"])),
            "StrategyDocument" => json!("@document"),
            "GradingRuleDocument" => json!(*self.random.pick(&["{}", RULE])),
            "DateTime" => {
                let instants = ["2026-01-01T00:00:00Z", "2027-03-01T00:00:00+09:00", "1999-12-31T23:59:59Z"];
                // Keys of a valid length come from the one that lies ahead of the clock.
                if name == "expiresAt" { self.pool.soon.clone().into() } else { json!(*self.random.pick(&instants)) }
            }
            "String" => match name {
                "after" | "before" => self.pool.cursor(self.random, field, self.focus).into(),
                "preset" => json!(*self.random.pick(&["nagano", "uda", "miyagi", "x"])),
                "indicator" | "indicators" | "one" | "other" => {
                    json!(*self.random.pick(&["births", "births", "births", "births", "deaths", "x"]))
                }
                "subjectKey" => self.pool.key(self.random).into(),
                "subjectKind" => {
                    json!(*self.random.pick(&["membership", "department", "invitation", "api_key", "strategy", "user"]))
                }
                "action" => json!(self.random.pick(shirube_access::table::TABLE).action),
                "name" | "email" | "reason" | "url" => format!("@{name}").into(),
                // What is searched for may be the beginning of every mark; what is written may not.
                "text" if !self.schema.roots("Mutation").contains(&field) => {
                    json!(*self.random.pick(&["cnry", "市", "町"]))
                }
                _ => json!(*self.random.pick(&["births", "01", "都市Ⅰ－３", "x"])),
            },
            of => {
                let schema = self.schema;
                let of_type = schema.of(of);
                if of_type.kind == "ENUM" {
                    return json!({ ENUM: self.random.pick(&of_type.values) });
                }
                assert_eq!(
                    of_type.kind, "INPUT_OBJECT",
                    "say in tests/product/tenants/generate.rs how a {of} is written"
                );
                let inputs = of_type.inputs.iter().filter(|input| input.name != "clientMutationId");
                let mut value = Map::new();
                for input in inputs {
                    if matches!(input.of, Reference::Required(_)) || self.random.chance(35) {
                        value.insert(input.name.clone(), self.value(field, &input.name, &input.of));
                    }
                }
                value.into()
            }
        }
    }

    fn municipality(&mut self) -> Value {
        match self.random.below(20) {
            0 => json!(*self.random.pick(&["999999", "", "０１", "012263"])),
            1 => json!("131016"),
            2..=5 => self.random.pick(&self.pool.codes).to_string().into(),
            _ => self.focus.to_string().into(),
        }
    }

    /// A selection so deep, and made so many times; `kind` is that of the global id that is asked for.
    fn selection(&mut self, of: &str, (depth, values): (usize, usize), kind: Option<&str>) -> String {
        let schema = self.schema;
        let of_type = schema.of(of);
        if schema.is_leaf(of) {
            return String::new();
        }
        let mut text = String::from("{ __typename");
        if matches!(of_type.kind.as_str(), "INTERFACE" | "UNION") {
            let guess = kind.and_then(type_of_kind).filter(|guess| of_type.possible.iter().any(|of| of == guess));
            let concrete = match guess {
                Some(guess) if self.random.chance(90) => guess.to_owned(),
                _ => self.random.pick(&of_type.possible).clone(),
            };
            let inner = self.selection(&concrete, (depth, values), None);
            let _ = write!(text, " id ... on {concrete} {inner} }}");
            return text;
        }
        let deeper = [60, 35, 25, 20, 15, 10][depth.min(5)];
        for field in &of_type.fields {
            let leaf = schema.is_leaf(&field.of);
            let page = of.ends_with("Connection") || of.ends_with("Edge");
            let values = if field.list && !leaf { values * LIST } else { values };
            if !leaf && (depth >= DEPTH || values > VALUES || !(page || self.random.chance(deeper))) {
                continue;
            }
            let arguments = spelled_arguments(&self.arguments(field, 30));
            let inner = self.selection(&field.of, (depth + 1, values), None);
            let _ = write!(text, " {}{arguments} {inner}", field.name);
        }
        text + " }"
    }
}

/// A rule of the key that the rules of all municipalities have.
const RULE: &str = r#"{"key":"x","name":{"ja":"基準","en":"rule"},"source":{"body":"市","title":"戦略"},"cases":[{"bands":[{"grade":"A"}]}]}"#;

/// The kind of global id that an argument asks for.
fn wanted(field: &str, name: &str) -> Option<&'static str> {
    match (name, field) {
        ("department", _) | ("id", "renameDepartment" | "deleteDepartment") => Some("department"),
        ("user", _) => Some("user"),
        ("apiKey", _) | ("id", "revokeApiKey") => Some("key"),
        ("id", "revokeRole") => Some("membership"),
        ("id", "cancelInvitation") => Some("invitation"),
        ("round", _) => Some("round"),
        ("task", _) | ("subject", "giveOpinion") => Some("task"),
        ("id", "answerOpinion") => Some("opinion"),
        ("id", "updateWebhook" | "deleteWebhook" | "rotateWebhookSecret" | "testWebhook") => Some("webhook"),
        ("id", "redeliver") => Some("delivery"),
        ("strategy", _)
        | (
            "id",
            "publishStrategy" | "deleteStrategy" | "updateStrategy" | "setLevels" | "copyStrategy" | "explainDropped",
        ) => Some("strategy"),
        ("parent" | "node", _) | ("id", "updateNode" | "moveNode" | "endNode" | "deleteNode") => Some("node"),
        (
            "id",
            "updateIndicator" | "moveIndicator" | "endIndicator" | "deleteIndicator" | "setFigures" | "setRemark"
            | "reviseTarget" | "setMappings",
        ) => Some("indicator"),
        _ => None,
    }
}

/// The type to which a kind of global id leads.
fn type_of_kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "prefecture" => "Prefecture",
        "municipality" => "Municipality",
        "strategy" => "Strategy",
        "node" => "PlanNode",
        "indicator" => "Indicator",
        "standard" => "StandardIndicator",
        "official" => "OfficialIndicator",
        "department" => "Department",
        "user" => "User",
        "account" => "Account",
        "audit" => "AuditEntry",
        "membership" => "Membership",
        "invitation" => "Invitation",
        "key" => "ApiKey",
        "round" => "Round",
        "task" => "Task",
        "opinion" => "Opinion",
        "webhook" => "Webhook",
        "delivery" => "WebhookDelivery",
        _ => return None,
    })
}
