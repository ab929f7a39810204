use serde_json::Value;
use shirube_domain::{calendar::FiscalYear, grade::preset};

use super::*;
use crate::{STRATEGIES, sample::tests::strategy};

fn year(year: i16) -> FiscalYear {
    FiscalYear::new(year).unwrap()
}

fn sunagawa() -> PrintedReport {
    PrintedReport::of(&strategy(0), year(2021), None)
}

fn ama() -> PrintedReport {
    PrintedReport::of(&strategy(1), year(2024), None)
}

fn entry(line: &Line) -> Option<(&str, &[Row])> {
    match line {
        Line::Heading { .. } => None,
        Line::Entry { name, rows, .. } => Some((name, rows)),
    }
}

/// All rows, in their order.
fn rows(report: &PrintedReport) -> Vec<&Row> {
    let mut all = Vec::new();
    for block in &report.blocks {
        all.extend(&block.targets);
        all.extend(block.lines.iter().filter_map(entry).flat_map(|(_, rows)| rows));
    }
    all
}

/// What the sample document says of each row, in its order: label, targets, actuals and remark.
fn printed(nodes: &[Value], all: &mut Vec<(String, Vec<String>, Vec<String>, String)>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    for node in nodes {
        for of in node["indicators"].as_array().into_iter().flatten() {
            all.push((text(&of["label"]), texts(&of["targets"]), texts(&of["actuals"]), text(&of["remarks"]["R3"])));
        }
        if let Some(reason) = node["no_indicator"]["reason"].as_str() {
            let marks = vec![text(&node["no_indicator"]["mark"]); 5];
            all.push((reason.to_owned(), marks.clone(), marks, text(&node["remarks"]["R3"])));
        }
        printed(node["children"].as_array().map_or(&[], Vec::as_slice), all);
    }
}

#[test]
fn every_row_of_the_document_stands_in_its_report() {
    let document: Value = serde_json::from_str(STRATEGIES[0]).unwrap();
    let mut expected = Vec::new();
    printed(document["plan"].as_array().unwrap(), &mut expected);
    let report = sunagawa();
    let found = rows(&report)
        .into_iter()
        .map(|row| (row.label.clone(), row.targets.clone(), row.actuals.clone(), row.remark.clone()));
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(expected.len(), 56);
}

#[test]
fn headings_and_counts_are_those_of_the_document() {
    let report = sunagawa();
    assert_eq!(report.title, "第２期砂川市まち・ひと・しごと創生総合戦略 数値目標・KPI集計表");
    assert_eq!(report.label.as_deref(), Some("【資料４】"));
    let headings = &report.headings;
    assert_eq!(headings.name, "施策名・事業名");
    assert_eq!(headings.years, ["3年度", "4年度", "5年度", "6年度", "7年度"]);
    assert_eq!(headings.total.as_deref(), Some("5年間の合計"));
    assert_eq!(headings.goal_remark, "令和３年度実績値に対する所見");
    let subtotals: Vec<&str> = report.blocks.iter().map(|block| block.subtotal.as_str()).collect();
    assert_eq!(
        subtotals,
        [
            "小計（事業数：9、ＫＰＩ数：8）",
            "小計（事業数：7、ＫＰＩ数：9）",
            "小計（事業数：16、ＫＰＩ数：15）",
            "小計（事業数：16、ＫＰＩ数：14）"
        ]
    );
    assert_eq!(report.total, "合計（事業数：48、ＫＰＩ数：46）");
    let block = &report.blocks[0];
    assert_eq!(block.heading, "基本目標1　安定した雇用を創出し、地域人材の活躍の場をつくる");
    let begin: Vec<&str> = block.lines[..3]
        .iter()
        .map(|line| match line {
            Line::Heading { text, .. } => text.as_str(),
            Line::Entry { name, .. } => name.as_str(),
        })
        .collect();
    assert_eq!(begin, ["(1) 人材育成・雇用対策", "① 地域人材の就労支援", "豊かな労働環境の充実支援事業"]);
    // A measure without a program has its heading and nothing else.
    let last = report.blocks[3].lines.iter().filter(|line| entry(line).is_none()).count();
    assert!(last > 4, "{last}");
    let statements: Vec<_> = rows(&report).into_iter().map(|row| row.statement().into_owned()).collect();
    assert!(statements.contains(&"施設新設等を行った企業の新規雇用者数／0人（令和元年）→15人（5年間）".to_owned()));
    assert!(statements.contains(&"農作業受託面積\n目標値の設定が困難なため、実績値の管理とする".to_owned()));
}

#[test]
fn a_document_without_yearly_targets_has_one_row_an_indicator() {
    let report = ama();
    assert!(!report.headings.pairs);
    assert_eq!((report.headings.name.as_str(), &report.headings.total), ("政策名", &None));
    assert_eq!(report.headings.years, ["2年度", "3年度", "4年度", "5年度", "6年度"]);
    let all = rows(&report);
    assert_eq!(all.len(), 67);
    let first = (&*all[0].label, &*all[0].baseline, &*all[0].target, all[0].actuals.join(" "));
    assert_eq!(first, ("結婚した夫婦の数", "8", "15組", "8 5 6 1 6".to_owned()));
}

#[test]
fn an_earlier_year_shows_no_later_figure_and_names_itself() {
    let report = PrintedReport::of(&strategy(1), year(2021), None);
    let all = rows(&report);
    assert_eq!(all[0].actuals, ["8", "5", "", "", ""]);
    let later = PrintedReport::of(&strategy(0), year(2022), None);
    assert_eq!(later.headings.remark, "令和４年度実績値の増減理由及び今後の取り組み");
    assert_eq!(rows(&later)[0].remark, "", "nothing is remarked on that year yet");
}

#[test]
fn grades_of_a_rule_stand_beside_the_figures() {
    let report = PrintedReport::of(&strategy(0), year(2021), preset("nagano"));
    assert_eq!(report.headings.grades.len(), 2);
    let graded = rows(&report).into_iter().filter(|row| row.grades[0] != "―").count();
    assert!(graded > 20, "{graded}");
    assert!(rows(&report).iter().all(|row| row.grades.len() == 2));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for report in [sunagawa(), ama()] {
        let first = report.to_xlsx(Paper::A3).unwrap();
        assert_eq!(first, report.to_xlsx(Paper::A3).unwrap());
        assert!(first.starts_with(b"PK"));
    }
}

#[test]
fn csv_has_a_line_for_each_line_of_figures() {
    let bytes = sunagawa().to_csv(true);
    let text = String::from_utf8(bytes).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("Excel is told that it is UTF-8");
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let lines: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(lines.len(), 2 * 56);
    let line = lines.iter().find(|line| &line[4] == "施設新設等を行った企業の新規雇用者数").unwrap();
    let fields: Vec<&str> = line.iter().take(16).collect();
    assert_eq!(fields[0], "基本目標1　安定した雇用を創出し、地域人材の活躍の場をつくる");
    assert_eq!(
        fields[3..],
        [
            "雇用創出事業（企業振興促進対策事業）",
            "施設新設等を行った企業の新規雇用者数",
            "KPI",
            "0人（令和元年）",
            "15人（5年間）",
            "目標値",
            "3",
            "3",
            "3",
            "3",
            "3",
            "15",
            line.get(15).unwrap()
        ]
    );
    assert_eq!(String::from_utf8(ama().to_csv(false)).unwrap().lines().count(), 68);
}

#[test]
fn what_a_label_holds_is_no_formula_and_no_markup() {
    let mut parts = strategy(1).into_parts();
    parts.indicators[0].label = "=HYPERLINK(\"x\")<b>".to_owned();
    let report = PrintedReport::of(&Strategy::new(parts).unwrap(), year(2024), None);
    let csv = String::from_utf8(report.to_csv(false)).unwrap();
    assert!(csv.contains("\"'=HYPERLINK(\"\"x\"\")<b>\""));
    let page = report.to_html(Paper::A4);
    assert!(page.contains("=HYPERLINK(&quot;x&quot;)&lt;b&gt;") && page.contains("size: A4 landscape"));
}
