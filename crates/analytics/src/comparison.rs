use shirube_domain::{
    Error,
    comparison::{Comparison, ComparisonQuestion, Excluded, Exclusion, Row, Subject, Summary, Variable},
    municipality::Prefecture,
    statistics::summary::weighted_mean,
};

use crate::{
    Frames, Waiting,
    chance::Chance,
    column::{Measured, finite, no_values},
    standing::{Sorted, is_descending},
};

/// Compares the municipalities of a group in each indicator and year.
pub(crate) fn comparison(
    frames: &Frames,
    question: &ComparisonQuestion,
    waiting: &Waiting,
) -> Result<Vec<Comparison>, Error> {
    let members = frames.members(&question.group, "group", waiting)?;
    let mut answers = Vec::new();
    let years: Vec<Option<i16>> = match question.years.as_slice() {
        [] => vec![None],
        years => years.iter().map(|year| Some(*year)).collect(),
    };
    for (at, indicator) in question.indicators.iter().enumerate() {
        let subject = frames.subject(indicator, &format!("indicators[{at}]"))?;
        for year in &years {
            waiting.check()?;
            let variable = Variable {
                indicator: indicator.clone(),
                year: *year,
                per_base: false,
                base: question.base.clone().filter(|_| subject.base.is_some() || question.base_is_named()),
            };
            let measured = frames.variable(&variable, "")?;
            answers.push(compare(frames, question, &subject, measured, &members)?);
        }
    }
    Ok(answers)
}

/// Compares in one indicator and year.
fn compare(
    frames: &Frames,
    question: &ComparisonQuestion,
    subject: &Subject<'_>,
    measured: Measured<'_>,
    members: &[u32],
) -> Result<Comparison, Error> {
    let refused = measured.is_refused();
    let since = if refused { None } else { since(frames, question, subject, measured.by.year)? };
    // A change is one of values, whatever they are divided by.
    let then = since.map(|year| frames.values(subject, year));
    let mut comparison = Comparison {
        since,
        members: members.len(),
        rows: Vec::new(),
        excluded: Vec::new(),
        summary: Summary::default(),
        per_base: None,
        by_prefecture: Vec::new(),
        measured: measured.by.clone(),
    };
    if refused {
        return Ok(comparison);
    }
    let (mut places, mut values) = (Vec::with_capacity(members.len()), Vec::with_capacity(members.len()));
    for place in members {
        match measured.value(*place) {
            Some(value) => {
                places.push(*place);
                values.push(value);
            }
            None => {
                let (why, source) = measured.why(*place);
                comparison.excluded.push(Excluded { place: *place, why, source, progress: None });
            }
        }
    }
    let weights = Weights::new(frames, &measured);
    let descending = is_descending(question.order, subject.direction);
    let sorted = Sorted::new(&values);
    let standings = sorted.standings(descending);
    comparison.summary = sorted.summary(members.len(), weights.mean(&places, &values), question.bins);
    comparison.by_prefecture = by_prefecture(frames, members, &places, &values, &weights);

    let per_base: Vec<Option<f64>> = places.iter().map(|place| measured.per_base(*place)).collect();
    let (with_base, divided): (Vec<usize>, Vec<f64>) =
        per_base.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?))).unzip();
    let mut base_standings = vec![None; places.len()];
    if measured.base.is_some() {
        let sorted = Sorted::new(&divided);
        for (at, standing) in with_base.iter().zip(sorted.standings(descending)) {
            base_standings[*at] = Some(standing);
        }
        let of: Vec<u32> = with_base.iter().map(|at| places[*at]).collect();
        comparison.per_base = Some(sorted.summary(members.len(), weights.mean(&of, &divided), question.bins));
        for (place, _) in places.iter().zip(&per_base).filter(|(_, value)| value.is_none()) {
            let source = measured.kpis.as_ref().and_then(|kpis| kpis.source(*place));
            comparison.excluded.push(Excluded { place: *place, why: Exclusion::NoBase, source, progress: None });
        }
    }
    comparison.excluded.sort_by_key(|of| of.place);

    let chance = Chance::new(frames, subject, &measured, &places, &values, question.confidence);
    // Rows are large: they are made in their order, not moved into it.
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_unstable_by_key(|at| (standings[*at].rank, places[*at]));
    comparison.rows = order
        .into_iter()
        .map(|at| {
            let (place, value) = (places[at], values[at]);
            let before = then.as_ref().and_then(|(then, _)| finite(then, place));
            let change = before.map(|before| value - before).filter(|change| change.is_finite());
            let percent = before.filter(|before| *before > 0.0).and_then(|before| Some(change? / before * 100.0));
            let (interval, differs) = chance.as_ref().map_or((None, None), |chance| chance.of(&measured, place, value));
            Row {
                place,
                value: standings[at],
                per_base: base_standings[at],
                change,
                change_percent: percent.filter(|percent| percent.is_finite()),
                interval,
                differs,
                source: measured.kpis.as_ref().and_then(|kpis| kpis.source(place)),
            }
        })
        .collect();
    Ok(comparison)
}

/// The year from which the change is told: the one that was asked for, or the last one before.
fn since(
    frames: &Frames,
    question: &ComparisonQuestion,
    subject: &Subject<'_>,
    year: i16,
) -> Result<Option<i16>, Error> {
    let years = frames.years(subject);
    let Some(asked) = question.since else {
        return Ok(years.into_iter().rfind(|of| *of < year));
    };
    if years.contains(&asked) {
        return Ok(Some(asked));
    }
    Err(Error::bad_input("since", no_values(subject, &format!("of {asked}"), &years)))
}

/// What a mean is weighted by.
struct Weights<'a> {
    measured: &'a Measured<'a>,
    populations: Vec<f64>,
}

impl<'a> Weights<'a> {
    fn new(frames: &Frames, measured: &'a Measured<'a>) -> Self {
        let populations = if measured.base.is_some() { Vec::new() } else { frames.world.populations() };
        Self { measured, populations }
    }

    fn mean(&self, places: &[u32], values: &[f64]) -> Option<f64> {
        let weight = |place: u32| match self.measured.base {
            Some(_) => self.measured.base(place),
            None => self.populations.get(place as usize).copied().filter(|of| *of > 0.0),
        };
        weighted_mean(places.iter().zip(values).filter_map(|(place, value)| Some((*value, weight(*place)?))))
    }
}

/// Summaries of the prefectures of a group. Municipalities come by code, so that those of a prefecture lie together.
fn by_prefecture(
    frames: &Frames,
    members: &[u32],
    places: &[u32],
    values: &[f64],
    weights: &Weights<'_>,
) -> Vec<(Prefecture, Summary)> {
    let prefecture = |place: &u32| frames.world.municipalities()[*place as usize].prefecture();
    let mut at = 0;
    members
        .chunk_by(|one, other| prefecture(one) == prefecture(other))
        .map(|members| {
            let of = prefecture(&members[0]);
            let from = at;
            at += places[from..].iter().take_while(|place| prefecture(place) == of).count();
            let sorted = Sorted::new(&values[from..at]);
            (of, sorted.summary(members.len(), weights.mean(&places[from..at], &values[from..at]), 0))
        })
        .collect()
}
