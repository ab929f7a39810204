//! A report as a web page for printing. It needs nothing from elsewhere, and runs nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Block, Headings, Line, PrintedReport, Row, page::Paper};

const STYLE: &str = include_str!("report.css");

pub(super) fn write(report: &PrintedReport, paper: Paper) -> String {
    let style = format!("@page {{ size: {} landscape; margin: 12mm; }}\n{STYLE}", paper.name());
    let page = html! {
        (DOCTYPE)
        html lang="ja" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (report.title) }
                style { (PreEscaped(style)) }
            }
            body {
                header {
                    h1 { (report.title) }
                    @if let Some(label) = &report.label { p { (label) } }
                }
                @for (at, block) in report.blocks.iter().enumerate() {
                    (goal(&report.headings, block, (at + 1 == report.blocks.len()).then_some(&report.total)))
                }
                footer { "出典：" (report.source[0]) "（" (report.source[1]) "）" }
            }
        }
    };
    page.into_string()
}

fn goal(headings: &Headings, block: &Block, total: Option<&String>) -> Markup {
    html! {
        section {
            h2 { (block.heading) }
            @if let Some(remark) = &block.remark { p { (remark) } }
            @if !block.targets.is_empty() {
                table {
                    thead { tr {
                        th scope="col" { "数値目標" } th scope="col" { "基準値" } th scope="col" { "目標値" }
                        (columns(headings, &headings.goal_remark))
                    } }
                    @for row in &block.targets {
                        tbody {
                            (pair(headings, row, &html! {
                                th scope="rowgroup" rowspan=[span(headings)] { (row.label) }
                                td rowspan=[span(headings)] { (row.baseline) }
                                td rowspan=[span(headings)] { (row.target) }
                            }))
                        }
                    }
                }
            }
            @if !block.lines.is_empty() {
                table {
                    thead { tr {
                        th scope="col" { (headings.name) } th scope="col" { "重要業績評価指標（KPI）" }
                        @if !headings.pairs { th scope="col" { "基準値" } th scope="col" { "目標値" } }
                        (columns(headings, &headings.remark))
                    } }
                    @for line in &block.lines { (below(headings, line)) }
                }
            }
            p.count { (block.subtotal) }
            @if let Some(total) = total { p.count { (total) } }
        }
    }
}

fn columns(headings: &Headings, remark: &str) -> Markup {
    html! {
        @if headings.pairs { th scope="col" { "区分" } }
        @for heading in headings.years.iter().chain(&headings.total).chain(&headings.grades).chain(&headings.details) {
            th scope="col" { (heading) }
        }
        th.remark scope="col" { (remark) }
    }
}

fn below(headings: &Headings, line: &Line) -> Markup {
    let width = (if headings.pairs { 3 } else { 4 })
        + headings.years.len()
        + usize::from(headings.total.is_some())
        + headings.grades.len()
        + headings.details.len()
        + 1;
    match line {
        Line::Heading { text, remark, .. } => html! {
            tbody.heading {
                tr { th scope="rowgroup" colspan=(width) { (text) } }
                @if let Some(remark) = remark { tr { td colspan=(width) { (remark) } } }
            }
        },
        Line::Entry { name, rows, .. } => {
            let high = rows.len() * if headings.pairs { 2 } else { 1 };
            html! {
                tbody {
                    @for (at, row) in rows.iter().enumerate() {
                        (pair(headings, row, &html! {
                            @if at == 0 { th scope="rowgroup" rowspan=(high) { (name) } }
                            @if headings.pairs {
                                td rowspan="2" { (row.statement()) }
                            } @else {
                                td { (row.label) } td { (row.baseline) } td { (row.target) }
                            }
                        }))
                    }
                }
            }
        }
    }
}

/// How many rows what stands once for an indicator spans.
fn span(headings: &Headings) -> Option<u8> {
    headings.pairs.then_some(2)
}

/// The rows of an indicator, behind the cells that say which it is.
fn pair(headings: &Headings, row: &Row, first: &Markup) -> Markup {
    let figures = |figures: &[String], total: &str| {
        html! {
            @for figure in figures { td.figure { (figure) } }
            @if headings.total.is_some() { td.figure { (total) } }
        }
    };
    let beside = html! {
        @for grade in &row.grades { td.figure rowspan=[span(headings)] { (grade) } }
        @for detail in &row.details { td rowspan=[span(headings)] { (detail) } }
        td.remark rowspan=[span(headings)] { (row.remark) }
    };
    html! {
        @if headings.pairs {
            tr { (first) td.figure { "目標値" } (figures(&row.targets, &row.totals[0])) (beside) }
            tr { td.figure { "実績値" } (figures(&row.actuals, &row.totals[1])) }
        } @else {
            tr { (first) (figures(&row.actuals, &row.totals[1])) (beside) }
        }
    }
}
