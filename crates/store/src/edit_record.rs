//! What the audit trail is told of an edit: the fields that changed, from what to what, and nothing else.

use serde_json::{Map, Value, json};
use shirube_domain::{
    lint::Subject,
    strategy::{Indicator, PlanNode, Strategy, StrategyParts},
};

use crate::{StoreError, StoreResult, audit::Record};

/// The line of an edit; `None` if nothing changed. With `below`, it tells what else changed with the subject, too.
pub(crate) fn edited(
    event: &'static str,
    subject: Option<Subject>,
    old: &Strategy,
    new: &Strategy,
    below: bool,
) -> StoreResult<Option<Record>> {
    let strategy = new.parts().id;
    let (kind, id) = match subject {
        None => ("strategy", strategy.to_string()),
        Some(part) => (part.kind(), part.uuid().to_string()),
    };
    let (mut before, mut after) = differing(told(old, subject)?, told(new, subject)?);
    if below {
        let others = others(old, new, subject)?;
        if !others.is_empty() {
            let (old, new): (Map<_, _>, Map<_, _>) =
                others.into_iter().map(|(id, (old, new))| ((id.clone(), old), (id, new))).unzip();
            before.insert("below".to_owned(), old.into());
            after.insert("below".to_owned(), new.into());
        }
    }
    if before.is_empty() && after.is_empty() {
        return Ok(None);
    }
    let mut record = Record::new(event, kind).subject(id);
    let within = |mut fields: Map<String, Value>| {
        if subject.is_some() {
            fields.insert("strategy".to_owned(), strategy.to_string().into());
        }
        Value::from(fields)
    };
    // What is new was nothing before, and what is gone is nothing since.
    if !before.is_empty() {
        record = record.before(within(before));
    }
    if !after.is_empty() {
        record = record.after(within(after));
    }
    Ok(Some(record))
}

/// What changed in other nodes and indicators, by their ids.
fn others(old: &Strategy, new: &Strategy, subject: Option<Subject>) -> StoreResult<Vec<(String, (Value, Value))>> {
    let nodes = new.nodes().iter().zip(old.nodes()).filter(|(now, was)| now != was);
    let nodes = nodes.map(|(now, _)| (now.id.to_string(), Subject::Node(now.id)));
    let indicators = new.indicators().iter().zip(old.indicators()).filter(|(now, was)| now != was);
    let indicators = indicators.map(|(now, _)| (now.id.to_string(), Subject::Indicator(now.id)));
    nodes
        .chain(indicators)
        .filter(|(_, of)| Some(*of) != subject)
        .map(|(id, of)| {
            let (old, new) = differing(told(old, Some(of))?, told(new, Some(of))?);
            Ok((id, (old.into(), new.into())))
        })
        .collect()
}

/// A part of a strategy as the trail tells it; nothing if it is not there.
fn told(strategy: &Strategy, subject: Option<Subject>) -> StoreResult<Map<String, Value>> {
    let value = match subject {
        None => Some(frame(strategy.parts())),
        Some(Subject::Node(id)) => strategy.node_at(id).map(|at| {
            let node = &strategy.nodes()[at];
            let brothers = strategy.nodes().iter().filter(|of| of.parent == node.parent);
            with_position(node_told(node), brothers.map(|of| of.id).position(|of| of == id))
        }),
        Some(Subject::Indicator(id)) => strategy.indicator_at(id).map(|at| {
            let of = &strategy.indicators()[at];
            let brothers = strategy.indicators().iter().filter(|other| other.node == of.node);
            with_position(indicator_told(of), brothers.map(|of| of.id).position(|of| of == id))
        }),
    };
    match value.transpose().map_err(StoreError::corrupt)? {
        Some(Value::Object(fields)) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

fn with_position(told: serde_json::Result<Value>, position: Option<usize>) -> serde_json::Result<Value> {
    told.map(|mut value| {
        value["position"] = position.into();
        value
    })
}

/// A strategy without its nodes and indicators.
fn frame(parts: &StrategyParts) -> serde_json::Result<Value> {
    let bare = StrategyParts { nodes: Vec::new(), indicators: Vec::new(), departments: Vec::new(), ..parts.clone() };
    let mut value = serde_json::to_value(bare)?;
    if let Some(ancestors) = value.pointer_mut("/lineage/ancestors") {
        *ancestors = keyed(ancestors.take(), |ancestor| ancestor["subject"].to_string());
    }
    Ok(value)
}

fn node_told(node: &PlanNode) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(node)?;
    value["remarks"] = keyed(value["remarks"].take(), |remark| remark["year"].to_string());
    Ok(value)
}

fn indicator_told(indicator: &Indicator) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(indicator)?;
    value["remarks"] = keyed(value["remarks"].take(), |remark| remark["year"].to_string());
    value["figures"]["years"] = keyed(value["figures"]["years"].take(), |figures| figures["year"].to_string());
    Ok(value)
}

/// A list as an object by a key of its items, so that only those that differ are told.
fn keyed(list: Value, key: fn(&Value) -> String) -> Value {
    let Value::Array(items) = list else { return json!({}) };
    items.into_iter().map(|item| (key(&item), item)).collect::<Map<_, _>>().into()
}

/// The fields that differ, on both sides; objects are looked into.
fn differing(mut old: Map<String, Value>, new: Map<String, Value>) -> (Map<String, Value>, Map<String, Value>) {
    let (mut before, mut after) = (Map::new(), Map::new());
    for (name, now) in new {
        match (old.remove(&name), now) {
            (Some(was), now) if was == now => {}
            (Some(Value::Object(was)), Value::Object(now)) => {
                let (was, now) = differing(was, now);
                before.insert(name.clone(), was.into());
                after.insert(name, now.into());
            }
            (was, now) => {
                before.extend(was.map(|was| (name.clone(), was)));
                after.insert(name, now);
            }
        }
    }
    before.extend(old);
    (before, after)
}
