use std::collections::HashMap;

use shirube_domain::{
    Error,
    comparison::{
        Ambition, Excluded, Exclusion, Formula, KpiProgress, ProgressQuestion, Progresses, Reason, ReasonCode, Subject,
    },
    statistics::trend::ols,
    strategy::{Direction, MappingStrength},
};

use crate::{Frames, Waiting, standing::Sorted};

/// How far the history before a plan reaches back.
const HISTORY: i16 = 10;

/// How far the KPIs that correspond to a standard indicator have come.
pub(crate) fn progress(frames: &Frames, question: &ProgressQuestion, waiting: &Waiting) -> Result<Progresses, Error> {
    let members = frames.members(&question.group, "group", waiting)?;
    let subject = frames.subject(&question.indicator, "indicator")?;
    let Some(standard) = subject.standard else {
        let message = format!("“{}” is an official series; targets are set in standard indicators", subject.key);
        return Err(Error::bad_input("indicator", message));
    };
    let years = frames.reported.years(standard);
    if let Some(year) = question.year.filter(|year| !years.contains(year)) {
        let held = years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let held = if held.is_empty() { "of no year".to_owned() } else { format!("of {held}") };
        let message =
            format!("nothing published says anything about “{}” in {year}; there are figures {held}", subject.key);
        return Err(Error::bad_input("year", message));
    }
    let with_figures = |year: &&i16| frames.reported.slice(standard, **year).states.iter().any(|of| of.met.is_some());
    let latest = years.iter().rev().find(with_figures).or(years.last());
    let year = question.year.or(latest.copied()).unwrap_or_default();
    let slice = frames.reported.slice(standard, year);
    let histories = Histories::new(frames, &subject);
    let (mut rows, mut excluded) = (Vec::new(), Vec::new());
    let mut seen = vec![false; members.len()];
    for at in 0..slice.len() {
        if at % 256 == 0 {
            waiting.check()?;
        }
        let place = frames.place(slice.municipality(at)).and_then(|place| u32::try_from(place).ok());
        let Some(place) = place else { continue };
        let Ok(member) = members.binary_search(&place) else { continue };
        seen[member] = true;
        let state = slice.states[at];
        let source = slice.source(at);
        let out = |why, progress| Excluded { place, why, source: Some(source.clone()), progress };
        if state.strength == MappingStrength::NotComparable {
            excluded.push(out(Exclusion::NotTheSame, None));
        } else if let Some(why) = state.why {
            excluded.push(out(Exclusion::NoProgress, Some(why)));
        } else {
            let finite = |value: f64| Some(value).filter(|value| value.is_finite());
            let ambition = finite(slice.ambitions[at]).map(|required| Ambition {
                required,
                history: histories.before(place, slice.first_year(at)),
                percentile: 0.0,
            });
            rows.push(KpiProgress {
                place,
                achievement: finite(slice.achievements[at]),
                from_baseline: finite(slice.from_baselines[at]),
                met: state.met,
                ambition,
                source,
            });
        }
    }
    let silent = members.iter().zip(seen).filter(|(_, seen)| !seen);
    excluded.extend(silent.map(|(place, _)| Excluded {
        place: *place,
        why: Exclusion::NoIndicator,
        source: None,
        progress: None,
    }));
    excluded.sort_by_key(|of| of.place);

    let ambitions: Vec<f64> = rows.iter().filter_map(|row| Some(row.ambition?.required)).collect();
    let sorted = Sorted::new(&ambitions);
    let mut standings = sorted.standings(true).into_iter();
    for ambition in rows.iter_mut().filter_map(|row| row.ambition.as_mut()) {
        ambition.percentile = standings.next().map_or(0.0, |standing| standing.percentile);
    }
    let distribution = |of: fn(&KpiProgress) -> Option<f64>| {
        let values: Vec<f64> = rows.iter().filter_map(of).collect();
        Sorted::new(&values).summary(rows.len(), None, question.bins)
    };
    Ok(Progresses {
        indicator: subject.key.to_owned(),
        year,
        unit: "%".to_owned(),
        reasons: reasons(&subject, frames.world.note(subject.standard)),
        members: members.len(),
        met: rows.iter().filter(|row| row.met == Some(true)).count(),
        achievement: distribution(|row| row.achievement),
        from_baseline: distribution(|row| row.from_baseline),
        ambition: sorted.summary(rows.len(), None, question.bins),
        rows,
        excluded,
    })
}

/// What to look out for. Each municipality is held against its own target, so that another definition forbids nothing.
fn reasons(subject: &Subject<'_>, note: Option<&str>) -> Vec<Reason> {
    let mut reasons = subject.reasons(note);
    for reason in reasons.iter_mut().filter(|of| of.code == ReasonCode::LocalDefinition) {
        *reason = Reason::new(
            ReasonCode::LocalDefinition,
            format!("「{}」は自治体ごとに定義が異なります。自らの目標に対する達成率だけを比べます。", subject.name.ja),
            format!(
                "Each municipality defines “{}” for itself; only the rates by their own targets are compared.",
                subject.name.en
            ),
        );
    }
    reasons.retain(|of| of.code != ReasonCode::NoOfficialSeries);
    reasons
}

/// How the official series of an indicator moved before plans began.
struct Histories<'a> {
    columns: Vec<(i16, std::borrow::Cow<'a, [f64]>)>,
    lower_is_better: bool,
    memo: std::cell::RefCell<HashMap<(u32, i16), Option<f64>>>,
}

impl<'a> Histories<'a> {
    fn new(frames: &'a Frames, subject: &Subject<'_>) -> Self {
        let columns = subject.formula.iter().flat_map(|formula: &Formula<'_>| {
            let years = frames.world.years(formula);
            years.into_iter().filter_map(|year| Some((year, frames.world.values(formula, year)?)))
        });
        let lower_is_better = subject.direction == Direction::Lower;
        Self { columns: columns.collect(), lower_is_better, memo: std::cell::RefCell::default() }
    }

    /// The yearly change before a year in percent of the mean, positive where it was for the better.
    fn before(&self, place: u32, first_year: i16) -> Option<f64> {
        *self.memo.borrow_mut().entry((place, first_year)).or_insert_with(|| self.slope(place, first_year))
    }

    fn slope(&self, place: u32, first_year: i16) -> Option<f64> {
        let before = self.columns.iter().filter(|(year, _)| (first_year - HISTORY..first_year).contains(year));
        let points = before.filter_map(|(year, values)| {
            let value = values.get(place as usize).copied().filter(|value| value.is_finite())?;
            Some((f64::from(*year), value))
        });
        let points: Vec<(f64, f64)> = points.collect();
        if points.len() < 3 {
            return None;
        }
        let mean = points.iter().map(|(_, value)| value).sum::<f64>() / crate::standing::count(points.len());
        let slope = ols(&points, 0.95)?.slope / mean.abs() * 100.0;
        Some(if self.lower_is_better { -slope } else { slope }).filter(|slope| slope.is_finite())
    }
}
