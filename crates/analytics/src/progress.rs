use std::collections::BTreeMap;

use shirube_domain::{
    Error,
    comparison::{
        Ambition, Excluded, Exclusion, KpiProgress, ProgressQuestion, Progresses, Reason, ReasonCode, Subject,
    },
    strategy::MappingStrength,
};

use crate::{Frames, Waiting, column::listed, standing::Sorted};

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
        let held = if years.is_empty() { "of no year".to_owned() } else { format!("of {}", listed(&years)) };
        let message =
            format!("nothing published says anything about “{}” in {year}; there are figures {held}", subject.key);
        return Err(Error::bad_input("year", message));
    }
    let with_figures = |year: &&i16| frames.reported.slice(standard, **year).states.iter().any(|of| of.met.is_some());
    let latest = years.iter().rev().find(with_figures).or(years.last());
    let year = question.year.or(latest.copied()).unwrap_or_default();
    let slice = frames.reported.slice(standard, year);
    let mut histories = BTreeMap::new();
    let mut history = |place: u32, first_year: i16| {
        let all = histories.entry(first_year).or_insert_with(|| frames.world.history(&subject, first_year));
        all.get(place as usize).copied().filter(|history| history.is_finite())
    };
    let (mut rows, mut excluded) = (Vec::with_capacity(slice.len()), Vec::new());
    let mut seen = vec![false; members.len()];
    for at in 0..slice.len() {
        if at % 256 == 0 {
            waiting.check()?;
        }
        let place = slice.municipalities[at];
        let Ok(member) = members.binary_search(&place) else { continue };
        seen[member] = true;
        let state = slice.states[at];
        let source = slice.source(at);
        let out = |source, why, progress| Excluded { place, why, source: Some(source), progress };
        if state.strength == MappingStrength::NotComparable {
            excluded.push(out(source, Exclusion::NotTheSame, None));
        } else if let Some(why) = state.why {
            excluded.push(out(source, Exclusion::NoProgress, Some(why)));
        } else {
            let finite = |value: f64| Some(value).filter(|value| value.is_finite());
            let ambition = finite(slice.ambitions[at]).map(|required| Ambition {
                required,
                history: history(place, slice.first_year(at)),
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
