//! The progress of every figure of the sample documents, a row each with its reason, for people to read and agree with.
//! `cargo test -p shirube-exchange` compares it to what is committed. Where a change is meant, run it with UPDATE=1
//! and read the difference.

use std::fmt::Write as _;

use shirube_domain::{
    calendar::FiscalYear,
    progress::{Inverse, Method, Outcome, PlanYears, Progress, Question, Toward, progress},
    quantity::print_number,
    strategy::{Cell, Indicator, NoIndicator, Strategy},
};

use crate::{STRATEGIES, sample::tests::strategy, snapshot};

const ACTUAL_TO_TARGET: Method = Method::ActualToTarget { inverse: Inverse::TargetToActual };

#[test]
fn what_every_figure_of_the_sample_documents_says() {
    for at in 0..STRATEGIES.len() {
        let strategy = strategy(at);
        let parts = strategy.parts();
        let name = format!("{}-{}.tsv", parts.municipality, parts.term.number);
        snapshot::compare("progress", &name, &table(&strategy));
    }
}

/// The rows of the document in its order: those of indicators, and those that are printed for a program without one.
fn table(strategy: &Strategy) -> String {
    let heading =
        "label\tyear\tbaseline\ttarget\tyear_target\tactual\tof_the_year\tof_the_plan\tfrom_baseline\treason\n";
    let mut table = String::from(heading);
    let years = || strategy.years().filter(|year| *year <= strategy.parts().report.year);
    for (at, node) in strategy.nodes().iter().enumerate() {
        for indicator in &strategy.indicators()[strategy.own_indicators(at)] {
            for year in years() {
                row(&mut table, indicator, PlanYears::of(strategy), year);
            }
        }
        if let Some(NoIndicator { reason, mark: Some(mark) }) = &node.no_indicator {
            for year in years() {
                let none = "(no_indicator)";
                let title = &node.title;
                let year = year.short();
                writeln!(table, "{title}\t{year}\t\t\t{mark}\t{mark}\t{none}\t{none}\t{none}\t{reason}").unwrap();
            }
        }
    }
    table
}

fn row(table: &mut String, indicator: &Indicator, plan: PlanYears, of: FiscalYear) {
    let ask = |toward, method| progress(indicator, plan, of, &Question::new(toward, method));
    let year = ask(Toward::Year, ACTUAL_TO_TARGET);
    let final_ = ask(Toward::Final, ACTUAL_TO_TARGET);
    let baseline = ask(Toward::Final, Method::ProgressFromBaseline);
    let figures = indicator.figures.year(of);
    let printed = |cell: Option<&Cell>| cell.and_then(Cell::printed).unwrap_or_default().to_owned();
    writeln!(
        table,
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
        indicator.label,
        of.short(),
        indicator.baseline.as_ref().map(|of| of.printed.as_str()).unwrap_or_default(),
        target(indicator),
        printed(figures.and_then(|figures| figures.target.as_ref())),
        printed(figures.map(|figures| &figures.actual)),
        told(&year),
        told(&final_),
        told(&baseline),
        reason([&year, &final_, &baseline]),
    )
    .unwrap();
}

fn target(indicator: &Indicator) -> &str {
    indicator.statement().map(|statement| statement.printed.as_str()).unwrap_or_default()
}

fn told(progress: &Progress) -> String {
    match &progress.outcome {
        Outcome::Rate { percent, met } => {
            format!("{}% {}", print_number(percent.round_dp(1)), if *met { "達成" } else { "未達成" })
        }
        Outcome::Verdict { met, .. } => if *met { "達成" } else { "未達成" }.to_owned(),
        Outcome::Nothing(why) => format!("({})", why.code()),
    }
}

/// How each of the three was found, without saying anything twice.
fn reason(of: [&Progress; 3]) -> String {
    let mut steps: Vec<String> = Vec::new();
    for step in of.into_iter().flat_map(Progress::steps) {
        if !steps.contains(&step.ja) {
            steps.push(step.ja);
        }
    }
    steps.join(" / ")
}
