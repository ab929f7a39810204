//! Nothing that a document can say needs a document: the samples are written again, node by node and indicator by
//! indicator.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole, Scope};
use shirube_domain::{
    DepartmentId, IndicatorId, NodeId, StrategyId,
    calendar::FiscalYear,
    strategy::{Mapping, MappingParts, Strategy, StrategyParts},
};
use shirube_exchange::{STRATEGIES, sample};
use shirube_testing::{Backend, TestServer, both_backends};
use uuid::Uuid;

use super::made;
use crate::published_grades;

both_backends!(the_samples_are_written_again_edit_by_edit);

/// The fields of an object that are given, under the names of the API; names of values are spelled as the API does.
fn renamed(of: &Value, names: &[(&str, &str)]) -> Value {
    let field = |(from, to): &(&str, &str)| of.get(*from).map(|value| ((*to).to_owned(), value.clone()));
    Value::Object(names.iter().filter_map(field).collect())
}

fn upper(value: &Value) -> Value {
    value.as_str().map_or(Value::Null, |name| name.to_uppercase().into())
}

struct Writer<'a> {
    server: &'a TestServer,
    bearer: &'a str,
    municipality: Value,
    strategy: Value,
    years: Vec<i16>,
    /// The ids of departments, by name.
    departments: HashMap<String, Value>,
}

impl Writer<'_> {
    async fn node(&mut self, parent: &Value, node: &Value) -> Result<()> {
        let mut input = renamed(
            node,
            &[
                ("number", "number"),
                ("title", "title"),
                ("level", "level"),
                ("started", "started"),
                ("ended", "ended"),
                ("no_indicator", "noIndicator"),
            ],
        );
        input["strategy"] = self.strategy.clone();
        input["parent"] = parent.clone();
        if let Some(name) = node["department"].as_str() {
            input["department"] = self.department(name).await?;
        }
        let written = made(self.server, self.bearer, "createNode", input, "node { id version }").await?["node"].clone();
        self.remarks(&written, node).await?;
        for indicator in node["indicators"].as_array().into_iter().flatten() {
            self.indicator(&written["id"], indicator).await?;
        }
        for child in node["children"].as_array().into_iter().flatten() {
            Box::pin(self.node(&written["id"], child)).await?;
        }
        Ok(())
    }

    /// A department, which is added when it is first named.
    async fn department(&mut self, name: &str) -> Result<Value> {
        if !self.departments.contains_key(name) {
            let input = json!({ "municipality": self.municipality, "name": name });
            let added = made(self.server, self.bearer, "createDepartment", input, "department { id }").await?;
            self.departments.insert(name.to_owned(), added["department"]["id"].clone());
        }
        Ok(self.departments[name].clone())
    }

    async fn indicator(&self, node: &Value, of: &Value) -> Result<()> {
        let mut input = renamed(
            of,
            &[
                ("label", "label"),
                ("reason", "monitoredReason"),
                ("unit", "unit"),
                ("baseline", "baseline"),
                ("details", "details"),
                ("weight", "weight"),
                ("started", "started"),
                ("ended", "ended"),
            ],
        );
        input["node"] = node.clone();
        (input["role"], input["direction"]) = (upper(&of["role"]), upper(&of["direction"]));
        if let Some(printed) = of.get("target") {
            let (requirement, accumulation) = (upper(&of["requirement"]), upper(&of["accumulation"]));
            input["target"] = json!({ "printed": printed, "requirement": requirement, "accumulation": accumulation });
        }
        if let Some([target, actual]) = of["total"].as_array().map(Vec::as_slice) {
            input["total"] = json!({ "target": target, "actual": actual });
        }
        let absences: HashMap<i16, Value> = of["absences"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(year, absence)| Ok((FiscalYear::parse(year, None)?.year(), upper(absence))))
            .collect::<Result<_>>()?;
        let figures = self.years.iter().enumerate().map(|(at, year)| {
            let mut cells = json!({ "year": year, "actual": of["actuals"][at], "absence": absences.get(year) });
            for (row, cell) in [("targets", "target"), ("rates", "rate"), ("grades", "grade")] {
                if let Some(printed) = of[row].get(at) {
                    cells[cell] = printed.clone();
                }
            }
            cells
        });
        input["figures"] = figures.collect();
        let written = made(self.server, self.bearer, "createIndicator", input, "indicator { id version }").await?;
        let written = self.mappings(written["indicator"].clone(), of).await?;
        self.remarks(&written, of).await
    }

    async fn mappings(&self, on: Value, of: &Value) -> Result<Value> {
        let Some(mappings) = of["mappings"].as_array() else { return Ok(on) };
        let mapping = |of: &Value| {
            let names = [("standard", "standardIndicator"), ("factor", "factor"), ("reason", "reason")];
            let mut input = renamed(of, &names);
            input["strength"] = upper(&of["strength"]);
            input["differences"] = of["differences"].as_array().into_iter().flatten().map(upper).collect();
            input
        };
        let mappings: Value = mappings.iter().map(mapping).collect();
        let input = json!({ "id": on["id"], "version": on["version"], "mappings": mappings });
        let mapped = made(self.server, self.bearer, "setMappings", input, "indicator { id version }").await?;
        Ok(mapped["indicator"].clone())
    }

    async fn remarks(&self, on: &Value, of: &Value) -> Result<()> {
        // Each remark raises the version.
        let versions = on["version"].as_i64().context("a version")?..;
        for ((year, text), version) in of["remarks"].as_object().into_iter().flatten().zip(versions) {
            let input = json!({ "id": on["id"], "version": version, "year": year, "text": text });
            made(self.server, self.bearer, "setRemark", input, "").await?;
        }
        Ok(())
    }
}

/// The same strategy with ids that tell the places of things, whoever decided on its mappings.
fn placed(strategy: Strategy) -> StrategyParts {
    let mut parts = strategy.into_parts();
    let id = |at: usize| Uuid::from_u128(at as u128);
    let nodes: HashMap<NodeId, NodeId> =
        parts.nodes.iter().enumerate().map(|(at, node)| (node.id, NodeId::from_uuid(id(at)))).collect();
    let departments: HashMap<DepartmentId, DepartmentId> =
        parts.departments.iter().enumerate().map(|(at, of)| (of.id, DepartmentId::from_uuid(id(at)))).collect();
    parts.id = StrategyId::from_uuid(id(0));
    for department in &mut parts.departments {
        department.id = departments[&department.id];
    }
    for node in &mut parts.nodes {
        (node.id, node.parent) = (nodes[&node.id], node.parent.map(|parent| nodes[&parent]));
        node.department = node.department.map(|of| departments[&of]);
    }
    for (at, of) in parts.indicators.iter_mut().enumerate() {
        (of.id, of.node) = (IndicatorId::from_uuid(id(at)), nodes[&of.node]);
        of.department = of.department.map(|of| departments[&of]);
        for mapping in &mut of.mappings {
            let undecided = MappingParts { decided: None, ..mapping.parts().clone() };
            *mapping = Mapping::new(undecided).expect("it was a mapping before");
        }
    }
    parts
}

/// Writes a document of the sample format as a draft, edit by edit; gives its id and key.
pub(crate) async fn written(server: &TestServer, bearer: &str, document: &Value) -> Result<Value> {
    let mut frame = renamed(
        document,
        &[
            ("title", "title"),
            ("term", "term"),
            ("term_number", "termNumber"),
            ("first_year", "firstYear"),
            ("last_year", "lastYear"),
            ("source", "source"),
        ],
    );
    let levels = document["levels"].as_array().context("levels")?.iter();
    frame["levels"] = levels.map(|of| json!({ "name": of["name"], "kind": upper(&of["kind"]) })).collect();
    frame["report"] = renamed(
        &document["report"],
        &[
            ("year", "year"),
            ("title", "title"),
            ("label", "label"),
            ("total_heading", "totalHeading"),
            ("rate_heading", "rateHeading"),
            ("grade_heading", "gradeHeading"),
            ("goal_remark_heading", "goalRemarkHeading"),
            ("remark_heading", "remarkHeading"),
        ],
    );
    let input = json!({ "municipality": document["municipality"], "frame": frame });
    let begun = made(server, bearer, "createStrategy", input, "strategy { id key }").await?["strategy"].clone();
    let year =
        |name: &str| -> Result<i16> { Ok(FiscalYear::parse(document[name].as_str().context("a year")?, None)?.year()) };
    let mut writer = Writer {
        server,
        bearer,
        municipality: document["municipality"].clone(),
        strategy: begun["id"].clone(),
        years: (year("first_year")?..=year("last_year")?).collect(),
        departments: HashMap::new(),
    };
    for node in document["plan"].as_array().context("a plan")? {
        writer.node(&Value::Null, node).await?;
    }
    Ok(begun)
}

async fn the_samples_are_written_again_edit_by_edit(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    // What neither sample holds is in a document that was made up.
    let samples: Vec<Value> = STRATEGIES.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
    for (at, mut document) in samples.into_iter().chain([published_grades::document()]).enumerate() {
        (document["term"], document["term_number"]) = (format!("第{}期", 7 + at).into(), (7 + at).into());
        let wanted = sample::read(&document.to_string(), &mut Uuid::now_v7);
        let wanted = wanted.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;

        let code = wanted.parts().municipality;
        let bearer =
            server.user(&format!("planner{at}@{code}.test"), &[Grant::Municipal(code, MunicipalRole::Planner)]).await?;
        let begun = written(&server, &bearer, &document).await?;

        let id = StrategyId::from_uuid(begun["key"].as_str().context("a key")?.parse()?);
        let stored = server.app().draft(&Scope::machine(), code, id).await?.context("a draft")?;
        let (stored, wanted) = (placed(stored.strategy().clone()), placed(wanted));
        for (one, other) in stored.indicators.iter().zip(&wanted.indicators) {
            assert_eq!(one, other);
        }
        assert_eq!(stored, wanted);
    }
    Ok(())
}
