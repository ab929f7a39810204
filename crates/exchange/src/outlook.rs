//! The outlook of every indicator of the sample documents, with the official statistics that ship, a row each with its reason, for people to read and agree with; and,
//! where the target's year has come, how it came out. `cargo test -p shirube-exchange` compares it to what is committed. Where
//! a change is meant, run it with UPDATE=1 and read the difference.

use std::fmt::Write as _;

use shirube_domain::{
    calendar::FiscalYear,
    municipality::MunicipalityCode,
    outlook::{self, Candidate, NoOutlook, Outlook, Projection, Verdict},
    progress::{Inverse, Method, PlanYears, Question, Toward, progress},
    quantity::print_number,
    reference::{OfficialIndicator, OfficialValue, StandardIndicator},
    strategy::{Indicator, Strategy},
};

use crate::{
    STRATEGIES,
    reference::{official_indicators, official_statistics, standard_indicators},
    sample::tests::strategy,
    snapshot,
};

const CONFIDENCE: f64 = 0.9;

/// The reference data that ship, of one municipality.
struct Reference {
    standard: Vec<StandardIndicator>,
    official: Vec<(OfficialIndicator, Vec<OfficialValue>)>,
}

impl Reference {
    fn of(municipality: MunicipalityCode) -> Self {
        let mut official: Vec<_> =
            official_indicators().unwrap().into_iter().map(|series| (series, Vec::new())).collect();
        for series in official_statistics().unwrap().map(Result::unwrap) {
            let own = series.values.iter().find(|of| of.municipality == municipality);
            if let (Some((_, values)), Some(of)) = (official.iter_mut().find(|(of, _)| of.id == series.indicator), own)
            {
                values.push(*of);
            }
        }
        Self { standard: standard_indicators().unwrap(), official }
    }

    fn outlook(&self, indicator: &Indicator, plan: PlanYears, as_of: FiscalYear) -> Result<Outlook, NoOutlook> {
        let years = |values: &[OfficialValue]| values.iter().map(|of| (of.year, of.value)).collect();
        let candidates: Vec<_> =
            self.official.iter().map(|(series, values)| Candidate { series, values: years(values) }).collect();
        let history = outlook::history(indicator, plan.first, &self.standard, &candidates);
        outlook::outlook(indicator, plan, as_of, &history, CONFIDENCE)
    }
}

#[test]
fn what_every_indicator_of_the_sample_documents_is_likely_to_come_to() {
    for at in 0..STRATEGIES.len() {
        let strategy = strategy(at);
        let parts = strategy.parts();
        snapshot::compare(
            "outlook",
            &format!("{}-{}.tsv", parts.municipality, parts.term.number),
            &table(&strategy, &Reference::of(parts.municipality)),
        );
    }
}

/// What was said of 海士町's indicators one, two and three years before their targets were due, against how they came out: how
/// many of how many were met.
#[test]
fn verdicts_are_borne_out_by_the_end_of_the_plan() {
    let strategy = strategy(1);
    let plan = PlanYears::of(&strategy);
    let reference = Reference::of(strategy.parts().municipality);
    let met = |years: i16, verdict: Verdict| {
        let as_of = FiscalYear::new(plan.last.year() - years).unwrap();
        let said = strategy.indicators().iter().filter(|indicator| {
            reference.outlook(indicator, plan, as_of).is_ok_and(|outlook| outlook.verdict == verdict)
        });
        let came: Vec<bool> = said.filter_map(|indicator| came_out(indicator, plan)).collect();
        (came.iter().filter(|met| **met).count(), came.len())
    };
    let verdicts = [Verdict::Met, Verdict::OnTrack, Verdict::AtRisk, Verdict::OffTrack];
    assert_eq!(verdicts.map(|verdict| met(1, verdict)), [(6, 6), (3, 3), (11, 13), (2, 37)]);
    assert_eq!(verdicts.map(|verdict| met(2, verdict)), [(7, 7), (6, 9), (2, 7), (7, 36)]);
    assert_eq!(verdicts.map(|verdict| met(3, verdict)), [(5, 7), (8, 11), (4, 10), (5, 31)]);
}

/// As of each year for which the document holds figures, but the one in which the targets are due.
fn table(strategy: &Strategy, reference: &Reference) -> String {
    let plan = PlanYears::of(strategy);
    let heading = "label\tas_of\tbaseline\ttarget\tactuals\tverdict\tchance\tprojected\tothers\tcame_to\treason\n";
    let mut table = String::from(heading);
    for (at, _) in strategy.nodes().iter().enumerate() {
        for indicator in &strategy.indicators()[strategy.own_indicators(at)] {
            for as_of in strategy.years().filter(|year| *year <= strategy.parts().report.year) {
                row(&mut table, indicator, &reference.outlook(indicator, plan, as_of), plan, as_of);
            }
        }
    }
    table
}

fn row(
    table: &mut String,
    indicator: &Indicator,
    found: &Result<Outlook, NoOutlook>,
    plan: PlanYears,
    as_of: FiscalYear,
) {
    let actuals: Vec<_> = indicator
        .figures
        .years()
        .iter()
        .filter(|figures| figures.year <= as_of)
        .map(|figures| figures.actual.printed().unwrap_or_default())
        .collect();
    let (verdict, chance, projected, others, reason) = match found {
        Ok(outlook) => (
            verdict(outlook).to_owned(),
            outlook.recommended().chance.map(|chance| format!("{chance:.2}")).unwrap_or_default(),
            told(outlook.recommended()),
            outlook.projections[1..].iter().map(told).collect::<Vec<_>>().join(" / "),
            outlook.steps().into_iter().map(|step| step.ja).collect::<Vec<_>>().join(" / "),
        ),
        Err(why) => (format!("({})", why.code()), String::new(), String::new(), String::new(), why.text().ja),
    };
    let came = match came_out(indicator, plan) {
        Some(true) => "達成",
        Some(false) => "未達成",
        None => "",
    };
    writeln!(
        table,
        "{}\t{}\t{}\t{}\t{}\t{verdict}\t{chance}\t{projected}\t{others}\t{came}\t{reason}",
        indicator.label,
        as_of.short(),
        indicator.baseline.as_ref().map(|of| of.printed.as_str()).unwrap_or_default(),
        indicator.statement().map(|statement| statement.printed.as_str()).unwrap_or_default(),
        actuals.join(", "),
    )
    .unwrap();
}

/// Whether the target was met in the last year of the plan, where that is known.
fn came_out(indicator: &Indicator, plan: PlanYears) -> Option<bool> {
    let method = Method::ActualToTarget { inverse: Inverse::TargetToActual };
    progress(indicator, plan, plan.last, &Question::new(Toward::Final, method)).met()
}

fn verdict(outlook: &Outlook) -> &'static str {
    match outlook.verdict {
        Verdict::Met => "met",
        Verdict::OnTrack => "on_track",
        Verdict::AtRisk => "at_risk",
        Verdict::OffTrack => "off_track",
    }
}

fn told(projection: &Projection) -> String {
    let name = projection.method.name().ja;
    let value = print_number(projection.value);
    match projection.interval {
        Some((low, high)) => format!("{name} {value} [{}, {}]", print_number(low), print_number(high)),
        None => format!("{name} {value}"),
    }
}
