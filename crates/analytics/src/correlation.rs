use shirube_domain::{
    Error,
    comparison::{Correlated, CorrelationQuestion, Correlations, Excluded, Exclusion, Variable},
    statistics::{
        correlation::{pearson, spearman},
        trend::ols,
    },
};

use crate::{Frames, Waiting, column::Measured};

/// How two variables go together over the municipalities of a group.
pub(crate) fn correlation(
    frames: &Frames,
    question: &CorrelationQuestion,
    waiting: &Waiting,
) -> Result<Correlations, Error> {
    let members = frames.members(&question.group, "group", waiting)?;
    let x = frames.variable(&question.x, "x")?;
    let y = frames.variable(&question.y, "y")?;
    let mut answer = Correlations {
        verdict: x.by.verdict.max(y.by.verdict),
        members: members.len(),
        rows: Vec::with_capacity(members.len()),
        excluded: Vec::new(),
        pearson: None,
        spearman: None,
        line: None,
        x: x.by.clone(),
        y: y.by.clone(),
    };
    if x.is_refused() || y.is_refused() {
        return Ok(answer);
    }
    for place in members {
        match (value(&x, &question.x, place), value(&y, &question.y, place)) {
            (Ok(x), Ok(y)) => answer.rows.push(Correlated { place, x, y }),
            (Err(why), _) | (_, Err(why)) => {
                answer.excluded.push(Excluded { place, why, source: None, progress: None });
            }
        }
    }
    let xs: Vec<f64> = answer.rows.iter().map(|row| row.x).collect();
    let ys: Vec<f64> = answer.rows.iter().map(|row| row.y).collect();
    let points: Vec<(f64, f64)> = answer.rows.iter().map(|row| (row.x, row.y)).collect();
    answer.pearson = pearson(&xs, &ys, question.confidence);
    answer.spearman = spearman(&xs, &ys, question.confidence);
    answer.line = ols(&points, question.confidence);
    Ok(answer)
}

fn value(measured: &Measured<'_>, variable: &Variable, place: u32) -> Result<f64, Exclusion> {
    let value = measured.value(place).ok_or_else(|| measured.why(place).0)?;
    if variable.per_base { measured.per_base(place).ok_or(Exclusion::NoBase) } else { Ok(value) }
}
