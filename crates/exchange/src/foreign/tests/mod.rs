mod layouts;

use shirube_domain::strategy::{Indicator, Role, Strategy};
use uuid::Uuid;

use super::*;
use crate::{
    STRATEGIES, book,
    book::Value,
    report::{Paper, PrintedReport},
};

const SUNAGAWA: usize = 0;
const AMA: usize = 1;

fn sample(which: usize) -> Strategy {
    sample::read(STRATEGIES[which], &mut Uuid::now_v7).unwrap()
}

fn proposed(sheets: &[Sheet]) -> Proposal {
    corrected(sheets, &Layout::default())
}

fn corrected(sheets: &[Sheet], corrections: &Layout) -> Proposal {
    recognise(sheets.to_vec(), corrections, &crate::municipalities().unwrap(), &mut Uuid::now_v7)
}

/// A sheet of rows; a blank text is an empty cell.
fn sheet<R: AsRef<[S]>, S: AsRef<str>>(name: &str, rows: impl IntoIterator<Item = R>) -> Sheet {
    let mut sheet = Sheet { name: name.to_owned(), ..Sheet::default() };
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(cells.as_ref()) {
            if !text.as_ref().is_empty() {
                sheet.cells.insert((row, column), Value::Text(text.as_ref().to_owned()));
            }
        }
    }
    sheet
}

/// What two strategies have to share, line by line: everything that a table prints.
fn printed(strategy: &Strategy) -> Vec<String> {
    let parts = strategy.parts();
    let mut lines = vec![
        format!("{} {} {} {}", parts.municipality, parts.title, parts.term.printed, parts.term.number),
        format!("{} {} {}", parts.first_year.label(), parts.last_year.label(), parts.report.year.label()),
        format!("{:?}", parts.levels.iter().map(|level| (&level.name, level.kind)).collect::<Vec<_>>()),
    ];
    for (at, node) in strategy.nodes().iter().enumerate() {
        lines.push(format!(
            "{} {:?} {} {:?} {:?} {:?}",
            node.level, node.number, node.title, node.lifecycle, node.no_indicator, node.remarks
        ));
        for of in &strategy.indicators()[strategy.own_indicators(at)] {
            lines.push(line(of));
        }
    }
    lines
}

fn line(of: &Indicator) -> String {
    let role = match &of.role {
        Role::Monitored { reason } => format!("monitored {reason:?}"),
        Role::GoalTarget(target) | Role::Kpi(target) => format!(
            "{:?} {} {:?} {:?}",
            of.role.kind(),
            target.statement.printed,
            target.statement.requirement,
            target.statement.accumulation
        ),
    };
    let unit = of.unit.as_ref().map(|unit| unit.printed().to_owned());
    let baseline = of.baseline.as_ref().map(|of| of.printed.clone());
    let total = of.plan_total();
    format!(
        "  {} | {role} | {unit:?} {:?} | {baseline:?} | {:?} | {} {} | {:?}",
        of.label,
        of.direction,
        of.figures.years(),
        total.target_printed,
        total.actual_printed,
        of.remarks
    )
}

/// Nothing has to be mended, and everything that a table prints is the same.
fn assert_same(proposal: &Proposal, strategy: &Strategy) {
    assert_eq!(proposal.problems, []);
    let read = sample::read(&proposal.strategy.to_string(), &mut Uuid::now_v7).unwrap();
    let (read, expected) = (printed(&read), printed(strategy));
    let differences: Vec<String> = expected
        .iter()
        .zip(&read)
        .filter(|(one, other)| one != other)
        .map(|(one, other)| format!("expected {one}\n    read {other}"))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(read.len(), expected.len());
}

fn year_texts(of: &Indicator, what: impl Fn(&shirube_domain::strategy::YearFigures) -> String) -> Vec<String> {
    of.figures.years().iter().map(what).collect()
}

fn actual(of: &shirube_domain::strategy::YearFigures) -> String {
    of.actual.printed().unwrap_or_default().to_owned()
}

fn target(of: &shirube_domain::strategy::YearFigures) -> String {
    of.target.as_ref().and_then(|cell| cell.printed()).unwrap_or_default().to_owned()
}

/// 砂川市's table as it is printed: headings, and a pair of rows for each indicator.
fn sunagawa_rows(strategy: &Strategy) -> Vec<Vec<String>> {
    let parts = strategy.parts();
    let years: Vec<String> = strategy.years().map(|year| format!("{}年度", year.era_year().year)).collect();
    let head = |first: [&str; 2], remark: &Option<String>| {
        let cells = first.map(str::to_owned).into_iter().chain(["区分".to_owned()]).chain(years.clone());
        cells.chain(parts.report.total_heading.clone()).chain(remark.clone()).collect::<Vec<_>>()
    };
    let mut rows = vec![vec![parts.report.title.clone(), parts.report.label.clone().unwrap()]];
    for root in strategy.roots() {
        let goal = &strategy.nodes()[root];
        rows.push(vec![format!("基本目標{}　{}", goal.number.as_deref().unwrap(), goal.title)]);
        rows.push(head(["数値目標", ""], &parts.report.goal_remark_heading));
        for of in &strategy.indicators()[strategy.own_indicators(root)] {
            pair(&mut rows, ["", &statement(of)], of);
            let label = rows.len() - 2;
            rows[label].swap(0, 1);
        }
        rows.push(head(["施策名・事業名", "重要業績評価指標（ＫＰＩ）"], &parts.report.remark_heading));
        for at in strategy.subtree(root).skip(1) {
            let node = &strategy.nodes()[at];
            let own = &strategy.indicators()[strategy.own_indicators(at)];
            if node.level < 3 {
                rows.push(vec![format!("{} {}", node.number.as_deref().unwrap(), node.title)]);
            } else if let Some(none) = &node.no_indicator {
                let mark = none.mark.clone().unwrap();
                for (row, word) in ["目標値", "実績値"].into_iter().enumerate() {
                    let first = if row == 0 { [node.title.clone(), none.reason.clone()] } else { Default::default() };
                    let cells = first.into_iter().chain([word.to_owned()]).chain((0..6).map(|_| mark.clone()));
                    rows.push(
                        cells.chain(node.remarks.iter().filter(|_| row == 0).map(|of| of.text.clone())).collect(),
                    );
                }
            } else {
                for (row, of) in own.iter().enumerate() {
                    pair(&mut rows, [if row == 0 { &node.title } else { "" }, &statement(of)], of);
                }
            }
        }
        rows.push(vec![String::new(), String::new(), "小計（事業数：９、ＫＰＩ数：８）".to_owned()]);
    }
    rows
}

fn statement(of: &Indicator) -> String {
    match &of.role {
        Role::Monitored { reason } => format!("{}{}", of.label, reason.as_deref().unwrap_or_default()),
        Role::GoalTarget(target) | Role::Kpi(target) => {
            format!("{}／{}→{}", of.label, of.baseline.as_ref().unwrap().printed, target.statement.printed)
        }
    }
}

fn pair(rows: &mut Vec<Vec<String>>, first: [&str; 2], of: &Indicator) {
    let total = of.plan_total();
    let remark = of.remarks.first().map(|of| of.text.clone()).unwrap_or_default();
    let targets = year_texts(of, target).into_iter().chain([total.target_printed, remark]);
    rows.push(first.map(str::to_owned).into_iter().chain(["目標値".to_owned()]).chain(targets).collect());
    let actuals = year_texts(of, actual).into_iter().chain([total.actual_printed]);
    rows.push(["", "", "実績値"].map(str::to_owned).into_iter().chain(actuals).collect());
}

/// 海士町's table: one row an indicator, and a column for each year.
fn ama_rows(strategy: &Strategy, head: &[&str], title: bool) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    if title {
        rows.push(vec![format!("海士町　{}　ＫＰＩ一覧", strategy.parts().title)]);
    }
    rows.push(
        head.iter()
            .map(|text| (*text).to_owned())
            .chain(strategy.years().map(|year| format!("{}", year.year())))
            .collect(),
    );
    for (at, node) in strategy.nodes().iter().enumerate() {
        for of in &strategy.indicators()[strategy.own_indicators(at)] {
            let goal = &strategy.nodes()[strategy.roots().filter(|root| *root <= at).last().unwrap()];
            let name = |node: &shirube_domain::strategy::PlanNode| {
                format!("{}{}", node.number.as_deref().unwrap(), node.title)
            };
            let way = if of.direction == shirube_domain::strategy::Direction::Lower { "down" } else { "up" };
            let cells = head.iter().map(|column| match *column {
                "基本目標" | "goal" => name(goal),
                "政策" | "policy" => name(node),
                "KPI" | "kpi" => of.label.clone(),
                "単位" | "unit" => of.unit.as_ref().unwrap().printed().to_owned(),
                "direction" => way.to_owned(),
                "現状値" | "base" => of.baseline.as_ref().unwrap().printed.clone(),
                "目標" | "target_label" => of.statement().unwrap().printed.clone(),
                "target" => {
                    of.statement().unwrap().requirement.amount().map_or("1".to_owned(), |of| of.value.to_string())
                }
                other => panic!("{other}"),
            });
            rows.push(cells.chain(year_texts(of, actual)).collect());
        }
    }
    rows
}

#[test]
fn sunagawas_table_is_recognised_without_correction() {
    let strategy = sample(SUNAGAWA);
    let proposal = proposed(&[sheet("集計表", sunagawa_rows(&strategy))]);
    assert_same(&proposal, &strategy);
    assert_eq!(proposal.unread, []);
}

#[test]
fn amas_table_is_recognised_without_correction() {
    let strategy = sample(AMA);
    for head in [
        ["基本目標", "政策", "KPI", "単位", "direction", "現状値", "目標"].as_slice(),
        &["goal", "policy", "kpi", "unit", "direction", "base", "target", "target_label"],
    ] {
        let proposal = proposed(&[sheet("KPI", ama_rows(&strategy, head, true))]);
        assert_same(&proposal, &strategy);
        assert_eq!(proposal.unread, []);
    }
}

#[test]
fn what_a_document_does_not_say_is_told_by_its_words() {
    // Without a column for it, “18%以内” says that less is better, where the original marks more.
    let strategy = sample(AMA);
    let head = ["基本目標", "政策", "KPI", "単位", "現状値", "目標"];
    let proposal = proposed(&[sheet("KPI", ama_rows(&strategy, &head, true))]);
    assert_eq!(proposal.problems, []);
    let read = sample::read(&proposal.strategy.to_string(), &mut Uuid::now_v7).unwrap();
    let pairs = strategy.indicators().iter().zip(read.indicators());
    let other: Vec<&str> =
        pairs.filter(|(one, other)| line(one) != line(other)).map(|(of, _)| of.label.as_str()).collect();
    assert_eq!(other, ["実質公債比率"]);
}

/// As Excel writes it in a Japanese office.
fn office_csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).unwrap();
    }
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    let (bytes, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy, "every letter is one of CP932");
    bytes.into_owned()
}

#[test]
fn both_tables_are_recognised_as_csv_of_an_office() {
    let strategy = sample(SUNAGAWA);
    let bytes = office_csv(&sunagawa_rows(&strategy));
    assert_same(&proposed(&book::read_any(&bytes).unwrap()), &strategy);

    let strategy = sample(AMA);
    let head = ["基本目標", "政策", "KPI", "単位", "direction", "現状値", "目標"];
    let bytes = office_csv(&ama_rows(&strategy, &head, true));
    assert_same(&proposed(&book::read_any(&bytes).unwrap()), &strategy);
}

#[test]
fn the_products_own_reports_are_recognised() {
    for which in [SUNAGAWA, AMA] {
        let strategy = sample(which);
        let parts = strategy.parts();
        let report = PrintedReport::of(&strategy, parts.report.year, None);
        let said = Layout { municipality: Some(parts.municipality.to_string()), ..Layout::default() };
        let proposal = corrected(&book::read_any(&report.to_xlsx(Paper::A3).unwrap()).unwrap(), &said);
        assert_eq!(proposal.problems, []);
        assert_eq!(proposal.counts.indicators, strategy.indicators().len(), "{:?}", proposal.unread);
        let read = sample::read(&proposal.strategy.to_string(), &mut Uuid::now_v7).unwrap();
        for (one, other) in strategy.indicators().iter().zip(read.indicators()) {
            assert_eq!(one.label, other.label);
            assert_eq!(year_texts(one, actual), year_texts(other, actual), "{}", one.label);
            assert_eq!(year_texts(one, target), year_texts(other, target), "{}", one.label);
        }
    }
}

/// The indicators of a proposal, a line each: label, role, unit, baseline, target, kind of figure, targets and actuals.
fn told(proposal: &Proposal) -> Vec<String> {
    assert_eq!(proposal.problems, []);
    let read = sample::read(&proposal.strategy.to_string(), &mut Uuid::now_v7).unwrap();
    let texts = |of: &Indicator| (year_texts(of, target).join(","), year_texts(of, actual).join(","));
    let tell = |of: &Indicator| {
        let (targets, actuals) = texts(of);
        let unit = of.unit.as_ref().map_or("", |unit| unit.printed());
        let baseline = of.baseline.as_ref().map_or("", |of| &of.printed);
        let (goal, kind) = of
            .statement()
            .map_or((String::new(), String::new()), |of| (of.printed.clone(), format!("{:?}", of.accumulation)));
        format!("{} {:?} [{unit}] {baseline} → {goal} {kind} {targets} | {actuals}", of.label, of.role.kind())
    };
    read.indicators().iter().map(tell).collect()
}

const TITLE: &str = "第２期砂川市総合戦略（令和２年度～令和６年度）";

#[test]
fn what_has_to_be_mended_is_told_with_its_cell() {
    let rows = [
        vec![TITLE],
        vec!["基本目標", "指標", "基準値", "目標値", "R2"],
        vec!["1 しごと", "雇用者数", "8人", "10人", "9"],
        vec!["", "満足度", "5の4", "良好な状態", "―"],
        vec!["2 ひと", "移住者数", "5人", "二十人", "3"],
    ];
    let proposal = proposed(&[sheet("表", rows)]);
    let told: Vec<(&str, Option<&str>)> =
        proposal.problems.iter().map(|of| (of.place.as_str(), of.at.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("plan[0].indicators[1].baseline", Some("表!B4")),
            ("plan[0].indicators[1].target", Some("表!B4")),
            ("plan[1].indicators[0].target", Some("表!B5")),
        ]
    );
}

#[test]
fn each_correction_counts_for_itself() {
    let rows = [
        vec![TITLE],
        vec!["基本目標", "指標", "目標値", "R1", "R2", "R3"],
        vec!["1 しごと", "雇用者数", "10人", "7", "8", "9"],
    ];
    let years = |said: &Layout| {
        let strategy = corrected(&[sheet("KPI", rows.clone())], said).strategy;
        let text = |name: &str| strategy[name].as_str().unwrap().to_owned();
        (text("first_year"), text("last_year"), text("term"), strategy["term_number"].clone())
    };
    let of = |first: &str, last: &str, term: &str, number: u8| (first.into(), last.into(), term.into(), number.into());
    assert_eq!(years(&Layout::default()), of("R1", "R6", "第２期", 2));
    assert_eq!(years(&Layout { first_year: Some("R2".into()), ..Layout::default() }), of("R2", "R6", "第２期", 2));
    assert_eq!(years(&Layout { last_year: Some("R3".into()), ..Layout::default() }), of("R1", "R3", "第２期", 2));
    assert_eq!(years(&Layout { term: Some("第３期".into()), ..Layout::default() }), of("R1", "R6", "第３期", 3));
    assert_eq!(years(&Layout { term_number: Some(3), ..Layout::default() }), of("R1", "R6", "第２期", 3));
}

#[test]
fn corrections_go_before_every_guess() {
    let rows = [
        vec!["名称", "現在", "これから", "いま"],
        vec!["雇用者数", "8人", "10人", "9人"],
        vec!["見なくてよい行", "", "", "1"],
    ];
    let table = sheet("表", rows);
    let proposal = proposed(std::slice::from_ref(&table));
    let places: Vec<&str> = proposal.problems.iter().map(|problem| problem.place.as_str()).collect();
    assert_eq!(places, ["municipality", "first_year", "plan"]);
    let said: Layout = serde_json::from_value(serde_json::json!({
        "municipality": "012262", "title": "砂川市総合戦略", "term": "第３期", "term_number": 3,
        "first_year": "R8", "last_year": "R12", "report_year": "R8",
        "tables": [{ "headings": "表!1", "columns": { "A": "indicator", "B": "baseline", "C": "target", "D": "actual R8" } }],
        "rows": { "表!1": "headings", "表!3": "skip" },
    }))
    .unwrap();
    let proposal = corrected(std::slice::from_ref(&table), &said);
    assert_eq!(told(&proposal), ["雇用者数 Kpi [人] 8人 → 10人 YearlyAmount ,,,, | 9人,,,,"]);
    // What came back says it all: given again, it gives the same.
    assert_eq!(corrected(&[table], &proposal.layout).strategy, proposal.strategy);
}

#[test]
fn whatever_a_workbook_holds_is_answered() {
    use proptest::prelude::*;
    let cell = prop::sample::select(vec![
        "",
        "",
        "",
        "基本目標１　しごと",
        "(1) 人",
        "①",
        "指標",
        "KPI",
        "目標値",
        "実績値",
        "区分",
        "R3",
        "3年度",
        "令和99年度",
        "2020",
        "100%",
        "△5",
        "―",
        "雇用者数／0人→5人",
        "→",
        "／",
        "3（5）",
        "小計",
        "※",
        "単位",
        "人",
        "合計",
        "所見",
        "（",
        "第期",
        "第２期総合戦略",
        "～",
        "2020～2099",
        "砂川市",
        "総合戦略",
        "1",
        "null",
        "\n",
        "ア",
        "(",
        "5億3",
        "1-1-1-1 深い",
    ]);
    let rows = prop::collection::vec(prop::collection::vec(cell, 0..9), 0..14);
    let municipalities = crate::municipalities().unwrap();
    proptest!(ProptestConfig::with_cases(400), |(rows in rows)| {
        let table = sheet("表", rows);
        let proposal = recognise(vec![table.clone()], &Layout::default(), &municipalities, &mut Uuid::now_v7);
        let again = recognise(vec![table], &proposal.layout, &municipalities, &mut Uuid::now_v7);
        prop_assert!(proposal.is_ready() == sample::read(&proposal.strategy.to_string(), &mut Uuid::now_v7).is_ok() || !proposal.is_ready());
        prop_assert!(again.counts.figures >= proposal.counts.figures || !again.problems.is_empty());
    });
}
