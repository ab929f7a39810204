//! A report as CSV: a line for each line of figures, with the whole way from the top in each.

use super::{Line, PrintedReport, Row};
use crate::style::MARK;

pub(super) fn write(report: &PrintedReport, mark: bool) -> Vec<u8> {
    let headings = &report.headings;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(if mark {
        MARK.to_vec()
    } else {
        Vec::new()
    });
    let mut put = |fields: &mut dyn Iterator<Item = &str>| {
        writer
            .write_record(fields.map(|text| harmless(text).into_owned()))
            .expect("memory takes what is written, and each line is as long");
    };
    let first = headings.levels.iter().map(String::as_str).chain(["指標", "役割", "基準値", "目標値", "区分"]);
    let years = headings.years.iter().chain(&headings.total).chain(&headings.grades).chain(&headings.details);
    put(&mut first.chain(years.map(String::as_str)).chain([headings.remark.as_str()]));
    let mut path = vec![String::new(); headings.levels.len()];
    let mut row = |path: &[String], row: &Row| {
        let role = row.role.map_or("", |role| match role {
            shirube_domain::strategy::RoleKind::GoalTarget => "数値目標",
            shirube_domain::strategy::RoleKind::Kpi => "KPI",
            shirube_domain::strategy::RoleKind::Monitored => "実績値の管理",
        });
        let sections = [("目標値", &row.targets, &row.totals[0]), ("実績値", &row.actuals, &row.totals[1])];
        for (section, figures, total) in sections.into_iter().skip(usize::from(!headings.pairs)) {
            let first = [&row.label, role, &row.baseline, &row.target, section];
            let total = headings.total.iter().map(|_| total);
            let rest = figures.iter().chain(total).chain(&row.grades).chain(&row.details).chain([&row.remark]);
            put(&mut path.iter().map(String::as_str).chain(first).chain(rest.map(String::as_str)));
        }
    };
    for block in &report.blocks {
        path.fill(String::new());
        path[0].clone_from(&block.heading);
        for of in &block.targets {
            row(&path, of);
        }
        for line in &block.lines {
            let (level, name) = match line {
                Line::Heading { level, text, .. } => (*level, text),
                Line::Entry { level, name, .. } => (*level, name),
            };
            if !name.is_empty() {
                path[level..].fill(String::new());
                path[level].clone_from(name);
            }
            if let Line::Entry { rows, .. } = line {
                for of in rows {
                    row(&path, of);
                }
            }
        }
    }
    writer.into_inner().expect("memory takes what is written")
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    let mut letters = text.chars();
    let formula = match letters.next() {
        Some('=' | '@' | '+' | '\t' | '\r') => true,
        Some('-') => letters.next().is_some_and(|next| !next.is_ascii_digit()),
        _ => false,
    };
    if formula { format!("'{text}").into() } else { text.into() }
}
