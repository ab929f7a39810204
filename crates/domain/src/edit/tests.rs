//! Each edit by example, on a plan of three levels.

use LineageKind::{Continued, Dropped, New, Redefined, Renamed};
use time::macros::date;
use uuid::Uuid;

use super::*;
use crate::{
    municipality::MunicipalityCode,
    strategy::{
        Absence, Accumulation, Direction, Level, LevelKind, LineageKind, MappingStrength, NextTerm, ObservationStatus,
        Requirement, Role, RoleKind, Term,
    },
};

fn year(year: i16) -> FiscalYear {
    FiscalYear::new(year).unwrap()
}

fn node(at: u128) -> NodeId {
    NodeId::from_uuid(Uuid::from_u128(at))
}

fn indicator(at: u128) -> IndicatorId {
    IndicatorId::from_uuid(Uuid::from_u128(100 + at))
}

fn frame() -> NewStrategy {
    let level = |name: &str, kind| LevelEdit { level: Level { name: name.into(), kind }, was: None };
    NewStrategy {
        id: crate::StrategyId::from_uuid(Uuid::from_u128(1)),
        municipality: "012262".parse::<MunicipalityCode>().unwrap(),
        title: "第３期総合戦略".into(),
        term: Term { printed: "第３期".into(), number: 3 },
        first_year: year(2026),
        last_year: year(2030),
        levels: vec![
            level("基本目標", LevelKind::Goal),
            level("施策", LevelKind::Measure),
            level("事業", LevelKind::Program),
        ],
        more: FrameEdit::default(),
    }
}

fn decided(by: &str) -> Decision {
    Decision { by: Some(by.into()), on: date!(2026 - 04 - 01) }
}

fn today() -> Decision {
    decided("企画課")
}

fn titled(title: &str) -> NodeFields {
    NodeFields { title: Some(title.into()), ..NodeFields::default() }
}

fn new_node(at: u128, parent: Option<u128>, position: Option<usize>) -> Edit {
    let fields = titled(&format!("{at}"));
    Edit::CreateNode(NewNode { id: node(at), parent: parent.map(node), level: None, position, fields })
}

fn target(printed: &str) -> TargetText {
    TargetText { printed: printed.into(), requirement: None, accumulation: Some(Accumulation::Level) }
}

fn kpi(at: u128, on: u128) -> NewIndicator {
    let fields = IndicatorFields {
        label: Some(format!("指標{at}")),
        role: Some(RoleKind::Kpi),
        direction: Some(Direction::Higher),
        baseline: Change::Set("8件（令和6年度）".into()),
        target: Some(target("10件（令和12年度）")),
        ..IndicatorFields::default()
    };
    NewIndicator { id: indicator(at), node: node(on), position: None, fields, figures: Vec::new(), total: None }
}

/// Goals 1 and 2; measures 11 and 12 below the first, with a program 111 and its KPI.
fn plan() -> Strategy {
    let edits = [
        new_node(1, None, None),
        new_node(2, None, None),
        new_node(11, Some(1), None),
        new_node(12, Some(1), None),
        new_node(111, Some(11), None),
        Edit::CreateIndicator(Box::new(kpi(0, 111))),
    ];
    edits.into_iter().fold(frame().make().unwrap(), |strategy, edit| edit.apply(strategy, &[], &today()).unwrap())
}

fn order(strategy: &Strategy) -> Vec<(u128, usize)> {
    strategy.nodes().iter().map(|node| (node.id.uuid().as_u128(), node.level)).collect()
}

/// Where an edit of the plan is refused.
fn refusal(edit: Edit) -> String {
    match edit.apply(plan(), &[], &today()).unwrap_err() {
        Error::BadInput(of) => of.place,
        Error::Conflict(of) => format!("conflict {}", of.place),
        Error::NotFound { what } => format!("no {what}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nodes_come_to_stand_where_they_are_told_to() {
    let start = [(1, 0), (11, 1), (111, 2), (12, 1), (2, 0)];
    assert_eq!(order(&plan()), start);
    let to = |id, parent, level, position| {
        order(&Edit::MoveNode { id: node(id), parent, level, position }.apply(plan(), &[], &today()).unwrap())
    };
    assert_eq!(to(12, Change::Keep, None, Some(0)), [(1, 0), (12, 1), (11, 1), (111, 2), (2, 0)]);
    assert_eq!(to(11, Change::Set(node(2)), None, None), [(1, 0), (12, 1), (2, 0), (11, 1), (111, 2)]);
    assert_eq!(to(111, Change::Clear, None, Some(1)), [(1, 0), (11, 1), (12, 1), (111, 0), (2, 0)]);
    assert_eq!(to(12, Change::Keep, Some(2), None), [(1, 0), (11, 1), (111, 2), (12, 2), (2, 0)]);
    assert_eq!(to(2, Change::Keep, None, Some(9)), start, "the last there is");
    let within = Edit::MoveNode { id: node(1), parent: Change::Set(node(111)), level: None, position: None };
    assert_eq!(refusal(within), "parent");
    let too_deep = Edit::MoveNode { id: node(11), parent: Change::Set(node(12)), level: None, position: None };
    assert_eq!(refusal(too_deep), "parent");
    assert_eq!(refusal(new_node(5, Some(111), None)), "level");
    assert_eq!(refusal(new_node(5, Some(6), None)), "no the node");
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let fields = NodeFields { number: Change::Set("①".into()), ..NodeFields::default() };
    let numbered = Edit::UpdateNode(node(111), fields).apply(plan(), &[], &today()).unwrap();
    let at = numbered.node_at(node(111)).unwrap();
    assert_eq!((numbered.nodes()[at].number.as_deref(), numbered.nodes()[at].title.as_str()), (Some("①"), "111"));
    let fields = NodeFields { number: Change::Clear, ..titled("別の題名") };
    let renamed = Edit::UpdateNode(node(111), fields).apply(numbered, &[], &today()).unwrap();
    assert_eq!((renamed.nodes()[at].number.as_deref(), renamed.nodes()[at].title.as_str()), (None, "別の題名"));
    let same = Edit::UpdateNode(node(111), NodeFields::default()).apply(renamed.clone(), &[], &today()).unwrap();
    assert_eq!(same, renamed);
}

#[test]
fn only_what_holds_nothing_is_removed() {
    assert_eq!(refusal(Edit::DeleteNode(node(11))), "conflict id");
    assert_eq!(refusal(Edit::DeleteNode(node(111))), "conflict id");
    let without = Edit::DeleteIndicator(indicator(0)).apply(plan(), &[], &today()).unwrap();
    let without = Edit::DeleteNode(node(111)).apply(without, &[], &today()).unwrap();
    assert_eq!(order(&without), [(1, 0), (11, 1), (12, 1), (2, 0)]);
    assert_eq!(refusal(Edit::DeleteIndicator(indicator(7))), "no the indicator");
}

#[test]
fn levels_keep_their_nodes_and_go_only_without() {
    let level = |name: &str, was| LevelEdit { level: Level { name: name.into(), kind: LevelKind::Other }, was };
    let between = vec![level("柱", Some(0)), level("方向", None), level("施策", Some(1)), level("事業", Some(2))];
    let set = Edit::Levels(between).apply(plan(), &[], &today()).unwrap();
    assert_eq!(order(&set), [(1, 0), (11, 2), (111, 3), (12, 2), (2, 0)]);
    assert_eq!(refusal(Edit::Levels(vec![level("柱", Some(0)), level("施策", Some(1))])), "conflict levels");
    let twice = vec![level("柱", Some(0)), level("柱", Some(0))];
    assert_eq!(refusal(Edit::Levels(twice)), "levels[1].was");
    let upside_down = vec![level("事業", Some(2)), level("施策", Some(1)), level("柱", Some(0))];
    assert_eq!(refusal(Edit::Levels(upside_down)), "levels");
}

#[test]
fn a_role_asks_for_its_target() {
    let change = |fields: IndicatorFields| Edit::UpdateIndicator(indicator(0), Box::new(fields));
    let monitored = IndicatorFields { role: Some(RoleKind::Monitored), ..IndicatorFields::default() };
    let followed = change(monitored.clone()).apply(plan(), &[], &today()).unwrap();
    assert_eq!(followed.indicators()[0].role, Role::Monitored { reason: None });
    let again = IndicatorFields { role: Some(RoleKind::Kpi), ..IndicatorFields::default() };
    let error = change(again.clone()).apply(followed.clone(), &[], &today()).unwrap_err();
    assert!(matches!(error, Error::BadInput(of) if of.place == "target"));
    let fewer = IndicatorFields { direction: Some(Direction::Lower), target: Some(target("3件")), ..again };
    let kpi = change(fewer).apply(followed, &[], &today()).unwrap();
    let statement = kpi.indicators()[0].statement().unwrap();
    assert!(matches!(statement.requirement, Requirement::AtMost(_)), "less is better");
    let both = IndicatorFields { target: Some(target("3件")), ..monitored };
    assert_eq!(refusal(change(both)), "target");
}

#[test]
fn cells_are_read_as_they_are_printed() {
    let cells = |year, target: Option<&str>, actual: Change<String>, absence| YearEdit {
        year,
        target: target.map_or(Change::Keep, |text| Change::Set(text.into())),
        actual,
        absence,
        rate: Change::Keep,
        grade: Change::Keep,
    };
    let years = vec![
        cells(year(2026), Some(""), Change::Set("暫定値43.1".into()), None),
        cells(year(2027), Some("1,250"), Change::Set("―".into()), Some(Absence::NotMeasurable)),
        cells(year(2028), None, Change::Clear, None),
        cells(year(2025), None, Change::Set("7".into()), None),
    ];
    let set = Edit::Figures { id: indicator(0), years, total: Change::Keep }.apply(plan(), &[], &today()).unwrap();
    let figures = &set.indicators()[0].figures;
    let status = |of| figures.year(year(of)).unwrap().actual.status();
    assert_eq!(status(2025), ObservationStatus::Reported, "a year before the plan");
    assert_eq!(status(2026), ObservationStatus::Provisional);
    assert_eq!(status(2027), ObservationStatus::Absent(Absence::NotMeasurable));
    assert_eq!(status(2028), ObservationStatus::Absent(Absence::NotMeasured));
    assert_eq!(status(2029), ObservationStatus::Absent(Absence::NotYetReported));
    let blank = figures.year(year(2026)).unwrap().target.as_ref().unwrap();
    assert_eq!(blank.status(), ObservationStatus::Absent(Absence::NotApplicable));

    let gone = vec![cells(year(2025), None, Change::Clear, None)];
    let cleared =
        Edit::Figures { id: indicator(0), years: gone, total: Change::Keep }.apply(set.clone(), &[], &today()).unwrap();
    assert!(cleared.indicators()[0].figures.year(year(2025)).is_none());
    let far = vec![cells(year(2041), None, Change::Keep, None)];
    assert_eq!(refusal(Edit::Figures { id: indicator(0), years: far, total: Change::Keep }), "figures[0].year");
}

#[test]
fn what_the_document_makes_of_a_year_is_kept_as_printed_and_goes_when_it_is_taken_away() {
    let judged = |strategy: Strategy, rate: Change<&str>, grade: Change<&str>| {
        let owned = |change: Change<&str>| change.read(|text| Ok::<_, ()>(text.to_owned())).unwrap();
        let (rate, grade) = (owned(rate), owned(grade));
        let said =
            YearEdit { year: year(2025), target: Change::Keep, actual: Change::Keep, absence: None, rate, grade };
        let edit = Edit::Figures { id: indicator(0), years: vec![said], total: Change::Keep };
        assert!(edit.reports().is_empty(), "it is no report");
        edit.apply(strategy, &[], &today()).unwrap()
    };
    let of = |strategy: &Strategy| strategy.indicators()[0].figures.year(year(2025))?.published.clone();
    let both = judged(plan(), Change::Set("129.0％"), Change::Set("Ａ"));
    let published = of(&both).unwrap();
    assert_eq!(published.rate().unwrap().amount().unwrap().value.to_string(), "129.0");
    assert_eq!(published.grade().unwrap().printed(), Some("Ａ"));
    let stored = serde_json::to_string(&both).unwrap();
    assert_eq!(serde_json::from_str::<Strategy>(&stored).unwrap(), both);

    let grade_alone = judged(both, Change::Clear, Change::Keep);
    assert!(of(&grade_alone).is_some_and(|of| of.rate().is_none() && of.grade().is_some()));
    assert_eq!(judged(grade_alone, Change::Keep, Change::Clear), plan(), "nothing is kept of a year before the plan");
}

#[test]
fn what_ends_takes_along_what_is_below_it() {
    let ended = Edit::End(Subject::Node(node(11)), year(2027)).apply(plan(), &[], &today()).unwrap();
    let of = |id| ended.nodes()[ended.node_at(node(id)).unwrap()].lifecycle.ended();
    assert_eq!([of(11), of(111), of(12), of(1)], [Some(year(2027)), Some(year(2027)), None, None]);
    let actual = |of| ended.indicators()[0].figures.year(year(of)).unwrap().actual.status();
    assert_eq!(actual(2027), ObservationStatus::Absent(Absence::NotYetReported));
    assert_eq!(actual(2028), ObservationStatus::Absent(Absence::Ended));
    let later = Edit::End(Subject::Node(node(1)), year(2029)).apply(ended, &[], &today()).unwrap();
    assert_eq!(later.nodes()[1].lifecycle.ended(), Some(year(2027)), "what ends earlier stays so");
}

#[test]
fn a_longer_plan_has_cells_for_its_years_and_a_shorter_one_keeps_what_was_said() {
    let to = |last, strategy| {
        let frame = FrameEdit { last_year: Some(year(last)), ..FrameEdit::default() };
        Edit::Frame(frame).apply(strategy, &[], &today()).unwrap()
    };
    let years = |strategy: &Strategy| -> Vec<i16> {
        strategy.indicators()[0].figures.years().iter().map(|figures| figures.year.year()).collect()
    };
    assert_eq!(years(&to(2032, plan())), (2026..=2032).collect::<Vec<_>>());
    let said = YearEdit {
        year: year(2030),
        target: Change::Keep,
        actual: Change::Set("5".into()),
        absence: None,
        rate: Change::Keep,
        grade: Change::Keep,
    };
    let told = Edit::Figures { id: indicator(0), years: vec![said], total: Change::Keep }
        .apply(plan(), &[], &today())
        .unwrap();
    assert_eq!(years(&to(2028, told)), [2026, 2027, 2028, 2030]);
    let before = FrameEdit { last_year: Some(year(2020)), ..FrameEdit::default() };
    assert_eq!(refusal(Edit::Frame(before)), "lastYear");
}

#[test]
fn the_next_term_remembers_what_the_last_one_held() {
    let ended = Edit::End(Subject::Node(node(2)), year(2027)).apply(plan(), &[], &today()).unwrap();
    let next = NextTerm {
        title: "第４期総合戦略".into(),
        term: Term { printed: "第４期".into(), number: 4 },
        first_year: year(2031),
        last_year: year(2035),
        targets: true,
    };
    let mut last = 1_000_u128;
    let mut ids = move || {
        last += 1;
        Uuid::from_u128(last)
    };
    let copy = next.copy(&ended, Some(3), &mut ids).unwrap();
    let kinds = |strategy: &Strategy| -> Vec<LineageKind> { strategy.lineage().iter().map(|of| of.kind).collect() };
    assert_eq!(kinds(&copy), [Continued, Continued, Continued, Continued, Continued, Dropped]);
    assert_eq!(copy.lineage()[5].ancestor.unwrap().dropped.as_deref(), Some("令和9年度で終了"));

    let (first, of) = (copy.nodes()[0].id, copy.indicators()[0].id);
    let renamed = Edit::UpdateNode(first, titled("別の目標")).apply(copy, &[], &today()).unwrap();
    let unit = IndicatorFields { unit: Change::Set("社".into()), ..IndicatorFields::default() };
    let redefined = Edit::UpdateIndicator(of, Box::new(unit)).apply(renamed, &[], &today()).unwrap();
    assert_eq!(kinds(&redefined), [Renamed, Continued, Continued, Continued, Redefined, Dropped]);
    let anew = IndicatorFields { continues: Change::Clear, ..IndicatorFields::default() };
    let new = Edit::UpdateIndicator(of, Box::new(anew)).apply(redefined, &[], &today()).unwrap();
    assert_eq!(kinds(&new), [Renamed, Continued, Continued, Continued, New, Dropped, Dropped]);
    let explained =
        Edit::ExplainDropped(indicator(0).uuid(), Some("統合".into())).apply(new.clone(), &[], &today()).unwrap();
    assert_eq!(explained.lineage()[6].ancestor.unwrap().dropped.as_deref(), Some("統合"));

    // It goes through the stored form, and a plan that was made anew is stored as ever.
    let stored = serde_json::to_string(&explained).unwrap();
    assert_eq!(serde_json::from_str::<Strategy>(&stored).unwrap(), explained);
    let bare = serde_json::to_string(&plan()).unwrap();
    for field in ["lineage", "continues", "redefined", "mappings"] {
        assert!(!bare.contains(field), "{field}");
    }
}

#[test]
fn a_mapping_keeps_who_decided_it_until_it_says_something_else() {
    let mapping = |standard: &str, reason: &str| MappingEdit {
        standard: standard.into(),
        strength: MappingStrength::Similar,
        factor: None,
        differences: [].into(),
        reason: Some(reason.into()),
    };
    let set = |strategy, by, mappings: [MappingEdit; 2]| {
        Edit::Mappings(indicator(0), mappings.into()).apply(strategy, &[], &decided(by)).unwrap()
    };
    let first = set(plan(), "企画課", [mapping("births", "年度"), mapping("marriages", "年度")]);
    let second = set(first, "財政課", [mapping("marriages", "年度"), mapping("births", "暦年")]);
    let by: Vec<_> = second.indicators()[0].mappings.iter().map(|of| of.parts().decided.clone().unwrap()).collect();
    assert_eq!(by, [decided("企画課"), decided("財政課")]);
    let twice = vec![mapping("births", "年度"), mapping("births", "年度")];
    assert_eq!(refusal(Edit::Mappings(indicator(0), twice)), "mappings[1].standardIndicator");
}
