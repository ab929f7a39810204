use std::cmp::Ordering;

use shirube_domain::{
    Error,
    comparison::{Excluded, Exclusion, Neighbour, NeighbourQuestion, Neighbourhood, Neighbours, Scale},
};

use crate::{Frames, Waiting, column::Measured, standing::scale};

/// The nearest neighbours of a municipality among a group.
pub(crate) fn neighbours(
    frames: &Frames,
    question: &NeighbourQuestion,
    waiting: &Waiting,
) -> Result<Neighbours, Error> {
    let members = frames.members(&question.among, "among", waiting)?;
    nearest(frames, &question.neighbourhood, &members, "neighbours", waiting)
}

/// The nearest among some municipalities: each variable is standardised over those of them that have all variables, with the
/// municipality itself; the distance is Euclid's, with each square weighted.
pub(crate) fn nearest(
    frames: &Frames,
    asked: &Neighbourhood,
    members: &[u32],
    place: &str,
    waiting: &Waiting,
) -> Result<Neighbours, Error> {
    let own = frames.world.place(asked.of).and_then(|at| u32::try_from(at).ok());
    let of =
        own.ok_or_else(|| Error::bad_input(format!("{place}.of"), format!("there is no municipality {}", asked.of)))?;
    let mut measured = Vec::with_capacity(asked.variables.len());
    for (at, weighted) in asked.variables.iter().enumerate() {
        waiting.check()?;
        let at = format!("{place}.variables[{at}].variable");
        let one = frames.variable(&weighted.variable, &at)?;
        if one.is_refused() {
            let why = one.by.reasons.first().map_or("it is not comparable", |of| of.text.en.as_str()).to_owned();
            return Err(Error::bad_input(at, why));
        }
        measured.push(one);
    }
    let value = |at: usize, place: u32| -> Result<f64, Exclusion> {
        let (one, weighted): (&Measured<'_>, _) = (&measured[at], &asked.variables[at]);
        let plain = one.value(place).ok_or_else(|| one.why(place).0)?;
        let value = if weighted.variable.per_base { one.per_base(place).ok_or(Exclusion::NoBase)? } else { plain };
        match weighted.scale {
            Scale::Linear => Ok(value),
            Scale::Log if value > 0.0 => Ok(value.ln()),
            Scale::Log => Err(Exclusion::NotPositive),
        }
    };
    let all = |place: u32| (0..measured.len()).map(|at| value(at, place)).collect::<Result<Vec<f64>, _>>();
    let own = all(of).map_err(|why| {
        let message = format!("{} has no value of one of the variables: {}", asked.of, why.text().en);
        Error::bad_input(format!("{place}.of"), message)
    })?;
    // For each variable a column, with a place for each municipality that has all of them; the first is the municipality's own.
    let mut columns: Vec<Vec<f64>> = own.iter().map(|own| vec![*own]).collect();
    let mut places = vec![of];
    let mut excluded = Vec::new();
    for place in members.iter().copied().filter(|place| *place != of) {
        let put = columns.iter_mut().enumerate().try_for_each(|(at, column)| {
            column.push(value(at, place)?);
            Ok(())
        });
        match put {
            Ok(()) => places.push(place),
            Err(why) => {
                for column in &mut columns {
                    column.truncate(places.len());
                }
                excluded.push(Excluded { place, why, source: None, progress: None });
            }
        }
    }
    let scales: Vec<(f64, f64)> = columns.iter().map(|column| scale(column)).collect();
    let mut squares = vec![0.0; places.len()];
    for (((column, own), (_, sd)), weighted) in columns.iter().zip(&own).zip(&scales).zip(&asked.variables) {
        // What is the same everywhere keeps nobody apart.
        if *sd > 0.0 {
            let differences = column.iter().map(|value| (value - own) / sd);
            squares.iter_mut().zip(differences).for_each(|(sum, of)| *sum += weighted.weight * of * of);
        }
    }
    let mut near: Vec<usize> = (1..places.len()).collect();
    let nearer = |one: &usize, other: &usize| -> Ordering {
        squares[*one].total_cmp(&squares[*other]).then(places[*one].cmp(&places[*other]))
    };
    if asked.count < near.len() {
        near.select_nth_unstable_by(asked.count, nearer);
        near.truncate(asked.count);
    }
    near.sort_unstable_by(nearer);
    let neighbour = |at: &usize| Neighbour {
        place: places[*at],
        distance: squares[*at].sqrt(),
        values: columns.iter().map(|column| column[*at]).collect(),
    };
    let rows = near.iter().map(neighbour).collect();
    Ok(Neighbours {
        of,
        measured: measured.into_iter().map(|one| one.by).collect(),
        own,
        scales,
        members: members.len(),
        rows,
        excluded,
    })
}
