//! What has changed between two revisions: each edit is found, and nothing else.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use proptest::{prelude::*, strategy::Strategy as _};
use serde_json::{Value, json};
use shirube_access::{Scope, table::Publish};
use shirube_domain::{
    BadInput, NodeId,
    calendar::FiscalYear,
    changes::{Change, ChangeKind, Part, Subject, changes},
    quantity::{Amount, Finality},
    strategy::{
        Absence, Baseline, Cell, Content, Detail, Direction, Figures, Lifecycle, Mapping, MappingDifference,
        MappingParts, MappingStrength, ObservationStatus, PlanNode, PublishedGrade, Remark, Requirement, Role,
        Strategy, StrategyParts, Weight, YearFigures,
    },
};
use shirube_exchange::{STRATEGIES, sample};
use shirube_testing::{Backend, TestService, both_backends};
use time::Duration;
use uuid::Uuid;

both_backends!(two_revisions_are_told_apart_cell_by_cell,);

fn sample_strategy(at: usize) -> Strategy {
    let told = |problems: Vec<BadInput>| panic!("the sample is right: {problems:?}");
    sample::read(STRATEGIES[at], &mut Uuid::now_v7).unwrap_or_else(told)
}

/// An edit of a strategy: which kind, where, and what is put there.
#[derive(Debug, Clone)]
struct Edit {
    kind: usize,
    at: usize,
    text: String,
}

fn edits() -> impl proptest::strategy::Strategy<Value = Edit> {
    (0..KINDS, any::<usize>(), "[あ-ん]{1,4}").prop_map(|(kind, at, text)| Edit { kind, at, text })
}

const KINDS: usize = 27;

/// The years of an indicator with one of them changed; which one.
fn year(figures: &mut Figures, at: usize, change: impl FnOnce(&mut YearFigures)) -> Option<FiscalYear> {
    let mut years = figures.years().to_vec();
    let year = years.get_mut(at % figures.years().len().max(1))?;
    change(year);
    let changed = year.year;
    *figures = Figures::new(years, figures.printed_total().cloned()).ok()?;
    Some(changed)
}

impl Edit {
    /// Makes the edit; says where it is to be found, if it could be made.
    fn make(&self, parts: &mut StrategyParts) -> Option<(Subject, Part)> {
        match self.kind {
            0..=7 => self.of_strategy_or_node(parts),
            8..=19 | 24.. => self.of_indicator(parts),
            _ => self.of_structure(parts),
        }
    }

    fn of_strategy_or_node(&self, parts: &mut StrategyParts) -> Option<(Subject, Part)> {
        let Self { kind, at, text } = self;
        let (first_year, nodes) = (parts.first_year, parts.nodes.len());
        let node = &mut parts.nodes[at % nodes];
        let on_node = Subject::Node(node.id);
        Some(match kind {
            0 => {
                parts.title.clone_from(text);
                (Subject::Strategy, Part::Title)
            }
            1 => {
                parts.source.notes.push(text.clone());
                (Subject::Strategy, Part::Source)
            }
            2 => {
                parts.report.label = Some(text.clone());
                (Subject::Strategy, Part::Report)
            }
            3 => {
                parts.levels[0].name.clone_from(text);
                (Subject::Strategy, Part::Levels)
            }
            4 => {
                node.title.clone_from(text);
                (on_node, Part::Title)
            }
            5 => {
                node.number = Some(text.clone());
                (on_node, Part::Number)
            }
            6 => {
                node.remarks = vec![Remark { year: first_year, text: text.clone() }];
                (on_node, Part::Remark(first_year))
            }
            _ => {
                node.lifecycle = Lifecycle::new(Some(first_year), Some(first_year)).ok()?;
                (on_node, Part::Lifecycle)
            }
        })
    }

    fn of_indicator(&self, parts: &mut StrategyParts) -> Option<(Subject, Part)> {
        let Self { kind, at, text } = self;
        let (first_year, indicators) = (parts.first_year, parts.indicators.len());
        let indicator = &mut parts.indicators[at % indicators];
        let on_indicator = Subject::Indicator(indicator.id);
        Some(match kind {
            8 => {
                indicator.label.clone_from(text);
                (on_indicator, Part::Title)
            }
            9 => {
                indicator.unit = shirube_domain::quantity::Unit::parse("千世帯").ok();
                (on_indicator, Part::Unit)
            }
            10 => {
                let other = if indicator.direction == Direction::Lower { Direction::Higher } else { Direction::Lower };
                indicator.direction = other;
                (on_indicator, Part::Direction)
            }
            11 => {
                indicator.baseline = Some(Baseline::read(text));
                (on_indicator, Part::Baseline)
            }
            12 => {
                let set = |figures: &mut YearFigures| figures.target = Some(Cell::read(text));
                (on_indicator, Part::YearTarget(year(&mut indicator.figures, *at, set)?))
            }
            13 => {
                let set = |figures: &mut YearFigures| figures.actual = Cell::read(text);
                (on_indicator, Part::YearActual(year(&mut indicator.figures, *at, set)?))
            }
            14 => {
                // The same figure, of another state.
                let amount = indicator.figures.years().get(at % indicator.figures.years().len().max(1))?;
                let amount = amount.actual.amount()?.clone();
                let set = |figures: &mut YearFigures| {
                    let printed = figures.actual.printed().map(str::to_owned);
                    let finality = match figures.actual.status() {
                        ObservationStatus::Provisional => Finality::Final,
                        _ => Finality::Provisional,
                    };
                    figures.actual = Cell::from_parts(printed, Content::Figure { amount, finality });
                };
                (on_indicator, Part::YearActual(year(&mut indicator.figures, *at, set)?))
            }
            15 => {
                indicator.remarks = vec![Remark { year: first_year, text: text.clone() }];
                (on_indicator, Part::Remark(first_year))
            }
            16 => {
                indicator.details.push(Detail { heading: "定義".to_owned(), text: text.clone() });
                (on_indicator, Part::Details)
            }
            17 => {
                let (Role::Kpi(target) | Role::GoalTarget(target)) = &mut indicator.role else { return None };
                target.statement.printed.clone_from(text);
                (on_indicator, Part::Target)
            }
            18 => {
                // What is printed stays.
                let (Role::Kpi(target) | Role::GoalTarget(target)) = &mut indicator.role else { return None };
                target.statement.requirement = Requirement::Keep(Amount::parse("12,345人")?);
                (on_indicator, Part::Target)
            }
            26 => {
                indicator.weight = Weight::new(shirube_domain::quantity::Amount::parse("2.5")?.value).ok();
                (on_indicator, Part::Weight)
            }
            24 => {
                let grade = Some(Cell::read(text));
                let set = |figures: &mut YearFigures| figures.published = PublishedGrade::new(grade, None);
                (on_indicator, Part::YearGrade(year(&mut indicator.figures, *at, set)?))
            }
            25 => {
                indicator.mappings = vec![
                    Mapping::new(MappingParts {
                        standard: "births".into(),
                        strength: MappingStrength::Similar,
                        factor: None,
                        differences: [MappingDifference::Other].into(),
                        reason: Some(text.clone()),
                        decided: None,
                    })
                    .ok()?,
                ];
                (on_indicator, Part::Mappings)
            }
            _ => {
                let set = |figures: &mut YearFigures| figures.actual = Cell::unprinted(Absence::Withheld);
                (on_indicator, Part::YearActual(year(&mut indicator.figures, *at, set)?))
            }
        })
    }

    fn of_structure(&self, parts: &mut StrategyParts) -> Option<(Subject, Part)> {
        let (nodes, indicators) = (parts.nodes.len(), parts.indicators.len());
        Some(match self.kind {
            20 => {
                let id = parts.indicators[self.at % indicators].id;
                parts.indicators.retain(|of| of.id != id);
                (Subject::Indicator(id), Part::Whole)
            }
            21 => {
                let node = PlanNode { id: NodeId::from_uuid(Uuid::now_v7()), ..parts.nodes[0].clone() };
                let made = node.id;
                parts.nodes.push(PlanNode { parent: None, ..node });
                (Subject::Node(made), Part::Whole)
            }
            22 => {
                // The last of several brothers becomes the first.
                let of = parts.indicators[self.at % indicators].node;
                let last = parts.indicators.iter().rposition(|other| other.node == of)?;
                let first = parts.indicators.iter().position(|other| other.node == of)?;
                let moved = parts.indicators.remove(last);
                let subject = Subject::Indicator(moved.id);
                parts.indicators.insert(first, moved);
                (subject, Part::Place)
            }
            _ => {
                let to = parts.nodes[self.at % nodes].id;
                parts.indicators[0].node = to;
                (Subject::Indicator(parts.indicators[0].id), Part::Place)
            }
        })
    }
}

/// A strategy as it would be published: what is the same in this is the same.
fn document(strategy: &Strategy) -> String {
    serde_json::to_string(strategy).expect("a strategy can be written")
}

/// A change that tells nothing would be as good as none.
fn is_told(change: &Change) -> bool {
    (&change.before, change.before_status) != (&change.after, change.after_status)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_edit_is_found_and_nothing_else(
        of in 0..STRATEGIES.len(),
        edits in proptest::collection::vec(edits(), 0..6),
    ) {
        let old = sample_strategy(of);
        let mut parts = old.parts().clone();
        let made: Vec<(Subject, Part)> = edits.iter().filter_map(|edit| edit.make(&mut parts)).collect();
        let new = Strategy::new(parts).expect("edits leave a strategy");
        for (old, new) in [(&old, &new), (&new, &old)] {
            let found = changes(old, new);
            prop_assert_eq!(found.is_empty(), document(old) == document(new));
            prop_assert!(found.iter().all(is_told), "{:?}", found);
            // Of several moves, some others may explain the new order as well.
            let moved = made.iter().any(|(_, part)| *part == Part::Place);
            for change in &found {
                let known = made.contains(&(change.subject, change.part)) || (moved && change.part == Part::Place);
                prop_assert!(known, "nobody made {:?}", change);
            }
        }
        prop_assert_eq!(changes(&new, &new), []);
        // One edit by itself is always found, unless it put there what was there.
        for edit in &edits {
            let mut parts = old.parts().clone();
            let Some(made) = edit.make(&mut parts) else { continue };
            let new = Strategy::new(parts).expect("an edit leaves a strategy");
            let places: Vec<_> = changes(&old, &new).iter().map(|change| (change.subject, change.part)).collect();
            let expected = if document(&old) == document(&new) { vec![] } else { vec![made] };
            prop_assert_eq!(places, expected);
        }
    }
}

#[test]
fn changes_stand_in_the_order_of_the_document() {
    let old = sample_strategy(0);
    let mut parts = old.parts().clone();
    let [gone, edited, renamed] = [3, 5, 8].map(|at| parts.indicators[at].id);
    parts.indicators[8].label.push('改');
    let actual = year(&mut parts.indicators[5].figures, 0, |of| of.actual = Cell::read("暫定値12"));
    parts.indicators.remove(3);
    parts.title.push('改');
    let new = Strategy::new(parts).expect("a strategy");
    let found = changes(&old, &new);
    let places: Vec<_> = found.iter().map(|of| (of.kind, of.subject, of.part)).collect();
    assert_eq!(
        places,
        [
            (ChangeKind::Changed, Subject::Strategy, Part::Title),
            (ChangeKind::Removed, Subject::Indicator(gone), Part::Whole),
            (ChangeKind::Changed, Subject::Indicator(edited), Part::YearActual(actual.expect("a year"))),
            (ChangeKind::Changed, Subject::Indicator(renamed), Part::Title),
        ]
    );
    assert_eq!(found[2].after.as_deref(), Some("暫定値12"));
    assert_eq!(found[2].after_status, Some(ObservationStatus::Provisional));
}

/// Publishes another revision past the API, as another process would; the API sees it.
async fn publish(service: &TestService, strategy: &Strategy) -> Result<()> {
    let code = strategy.parts().municipality;
    let latest = service.app.strategies(code).first().context("a strategy")?.latest().clone();
    let at = latest.revision().context("a revision")?.published_at + Duration::hours(1);
    let permit = Scope::machine().permit::<Publish>(code)?;
    service.database.store().await?.tenant(permit, at).await?.publish(strategy, None).await?;
    service.advance(Duration::hours(1));
    assert!(service.app.refresh().await?);
    Ok(())
}

const CHANGES: &str =
    "query($from: Int!, $to: Int!) { strategy(municipality: \"012262\") { changes(from: $from, to: $to) {
  kind part year before after beforeStatus afterStatus reason node { title } indicator { label } } } }";

async fn two_revisions_are_told_apart_cell_by_cell(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let first = service.app.strategies("012262".parse()?).first().context("a strategy")?.latest().clone();
    let mut parts = first.strategy().parts().clone();
    let at = parts.indicators.iter().position(|of| of.figures.years()[0].actual.amount().is_some());
    let indicator = &mut parts.indicators[at.context("an actual")?];
    let printed = indicator.figures.years()[0].actual.printed().context("printed")?.to_owned();
    let label = indicator.label.clone();
    year(&mut indicator.figures, 0, |of| {
        let amount = of.actual.amount().cloned().expect("an amount");
        let content = Content::Figure { amount, finality: Finality::Provisional };
        of.actual = Cell::from_parts(of.actual.printed().map(str::to_owned), content);
    });
    let removed = parts.nodes.iter().rposition(|node| {
        let id = node.id;
        parts.indicators.iter().all(|of| of.node != id) && parts.nodes.iter().all(|of| of.parent != Some(id))
    });
    let removed = parts.nodes.remove(removed.context("a node with nothing on it")?);
    parts.title = "改訂版".into();
    publish(&service, &Strategy::new(parts)?).await?;

    let ask = async |from: i32, to: i32| service.ask(CHANGES, json!({ "from": from, "to": to })).await;
    let told = ask(1, 2).await?.data()?["strategy"]["changes"].clone();
    let told = told.as_array().context("changes")?;
    assert_eq!(told.len(), 3, "{told:?}");
    let title = &first.strategy().parts().title;
    assert_eq!(
        told[0],
        json!({
            "kind": "CHANGED", "part": "TITLE", "year": null, "before": title, "after": "改訂版", "beforeStatus": null,
            "afterStatus": null, "reason": null, "node": null, "indicator": null,
        })
    );
    let kinds: BTreeSet<_> = told[1..].iter().map(|of| of["kind"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, BTreeSet::from(["CHANGED", "REMOVED"]));
    let cell = told.iter().find(|of| of["part"] == "YEAR_ACTUAL").context("the cell")?;
    assert_eq!((&cell["beforeStatus"], &cell["afterStatus"]), (&json!("REPORTED"), &json!("PROVISIONAL")), "{cell}");
    assert_eq!(cell["indicator"], json!({ "label": label }));
    for (side, state) in [("before", "確定値"), ("after", "暫定値")] {
        let text = cell[side].as_str().unwrap_or_default();
        assert!(text.starts_with(&printed) && text.contains(state), "the same text with another meaning: {cell}");
    }
    let gone = told.iter().find(|of| of["kind"] == "REMOVED").context("the node")?;
    assert_eq!((&gone["before"], &gone["after"]), (&json!(removed.title), &Value::Null));
    assert_eq!(gone["node"], json!({ "title": removed.title }), "what is gone is told as it was");

    let back = ask(2, 1).await?.data()?["strategy"]["changes"].clone();
    assert_eq!(back[0]["after"], json!(title));
    assert_eq!(ask(2, 2).await?.data()?["strategy"]["changes"], json!([]));
    for (from, to) in [(1, 3), (0, 1), (7, 8)] {
        assert_eq!(ask(from, to).await?.code(), Some("BAD_USER_INPUT"), "{from} to {to}");
    }
    Ok(())
}
