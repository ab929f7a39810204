use shirube_domain::{
    Error,
    comparison::{Excluded, Exclusion, TrendQuestion, TrendRow, Trends, Variable},
    reference::MeasureKind,
    statistics::{
        summary::sum,
        trend::{Tails, compound_growth, level_change, mann_kendall, ols_by, theil_sen_by},
    },
};

use crate::{
    Frames, Waiting,
    column::{Measured, no_values},
};

/// The fewest years that make a trend.
const YEARS: usize = 3;
/// After so many municipalities it is asked whether anybody still waits.
const BETWEEN_CHECKS: usize = 64;

/// How an indicator moved in the municipalities of a group.
pub(crate) fn trends(frames: &Frames, question: &TrendQuestion, waiting: &Waiting) -> Result<Trends, Error> {
    let members = frames.members(&question.group, "group", waiting)?;
    let subject = frames.subject(&question.indicator, "indicator")?;
    let held = frames.years(&subject);
    let within =
        |year: &i16| question.from.is_none_or(|from| *year >= from) && question.to.is_none_or(|to| *year <= to);
    let years: Vec<i16> = held.iter().copied().filter(within).collect();
    if years.is_empty() && !held.is_empty() {
        return Err(Error::bad_input("fromYear", no_values(&subject, "within these years", &held)));
    }
    let variable = |year| Variable {
        indicator: question.indicator.clone(),
        year,
        per_base: question.per_base,
        base: question.base.clone(),
    };
    let last = frames.variable(&variable(years.last().copied()), "")?;
    let mut answer = Trends {
        measured: last.by.clone(),
        members: members.len(),
        rows: Vec::new(),
        excluded: Vec::new(),
        group: None,
        years,
    };
    if last.is_refused() {
        return Ok(answer);
    }
    let mut columns = Vec::with_capacity(answer.years.len());
    for year in answer.years.split_last().map_or(&[][..], |(_, before)| before) {
        columns.push((*year, frames.variable(&variable(Some(*year)), "")?));
    }
    columns.push((last.by.year, last));
    let tails = Tails::new(question.confidence);
    let mut whole = Vec::with_capacity(members.len());
    answer.rows.reserve(members.len());
    for (at, place) in members.iter().copied().enumerate() {
        if at % BETWEEN_CHECKS == 0 {
            waiting.check()?;
        }
        let value = |measured: &Measured<'_>| {
            if question.per_base { measured.per_base(place) } else { measured.value(place) }
        };
        let mut points = Vec::with_capacity(columns.len());
        points.extend(columns.iter().filter_map(|(year, measured)| Some((*year, value(measured)?))));
        if points.len() == columns.len() {
            whole.push(place);
        }
        if points.len() < YEARS {
            let (why, source) = if points.is_empty() {
                columns[columns.len() - 1].1.why(place)
            } else {
                (Exclusion::TooFewYears, None)
            };
            answer.excluded.push(Excluded { place, why, source, progress: None });
        } else {
            answer.rows.push(row(Some(place), points, &tails));
        }
    }
    let total = |measured: &Measured<'_>| {
        let total = sum(whole.iter().filter_map(|place| measured.value(*place)));
        match (question.per_base, &measured.base) {
            (true, Some(base)) => total / sum(whole.iter().filter_map(|place| measured.base(*place))) * base.per,
            _ => total,
        }
    };
    // Shares of several places do not add up.
    let adds_up = question.per_base || subject.kind.is_none_or(MeasureKind::adds_up);
    if adds_up && !whole.is_empty() && columns.len() >= YEARS {
        let points: Vec<(i16, f64)> = columns.iter().map(|(year, measured)| (*year, total(measured))).collect();
        if points.iter().all(|(_, value)| value.is_finite()) {
            answer.group = Some(row(None, points, &tails));
        }
    }
    Ok(answer)
}

fn row(place: Option<u32>, points: Vec<(i16, f64)>, tails: &Tails) -> TrendRow {
    let at: Vec<(f64, f64)> = points.iter().map(|(year, value)| (f64::from(*year), *value)).collect();
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let (first, last) = (at[0], at[at.len() - 1]);
    let level = level_change(&values).map(|change| (points[change.at].0, change));
    TrendRow {
        place,
        line: ols_by(&at, tails),
        theil_sen: theil_sen_by(&at, tails),
        mann_kendall: mann_kendall(&values),
        growth: compound_growth(first.1, last.1, last.0 - first.0),
        level,
        points,
    }
}
