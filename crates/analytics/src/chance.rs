//! What chance alone does to small numbers.

use std::borrow::Cow;

use shirube_domain::{
    comparison::{Differs, Formula, Interval, Subject},
    statistics::{
        interval::{poisson, poisson_rate_differs, proportion_differs, wilson},
        summary::sum,
    },
};

use crate::{Frames, column::Measured};

/// How the numbers of a comparison come about, as far as chance takes part.
pub(crate) struct Chance<'a> {
    kind: Kind<'a>,
    confidence: f64,
}

enum Kind<'a> {
    /// Events, with those of the group for each of its base; `None` without a base.
    Events(Option<f64>),
    /// A share of a number of people, with that of the group.
    Share { of: Cow<'a, [f64]>, among: Cow<'a, [f64]>, group: f64 },
}

impl<'a> Chance<'a> {
    /// `None` of what neither counts events nor is a share of a count.
    pub(crate) fn new(
        frames: &'a Frames,
        subject: &Subject<'_>,
        measured: &Measured<'_>,
        places: &[u32],
        values: &[f64],
        confidence: f64,
    ) -> Option<Self> {
        if let Some(Formula::Share(of, among)) = &subject.formula {
            let year = measured.by.year;
            let (of, among) = (frames.world.sum(of, year)?, frames.world.sum(among, year)?);
            let total = |column: &[f64]| sum(places.iter().map(|place| column[*place as usize]));
            let group = total(&of) / total(&among);
            return Some(Self { kind: Kind::Share { of, among, group }, confidence });
        }
        if !subject.counts_events() || values.iter().any(|value| as_count(*value).is_none()) {
            return None;
        }
        let both = || places.iter().zip(values).filter_map(|(place, value)| Some((*value, measured.base(*place)?)));
        let rate = sum(both().map(|(value, _)| value)) / sum(both().map(|(_, base)| base));
        Some(Self { kind: Kind::Events(Some(rate).filter(|rate| rate.is_finite())), confidence })
    }

    /// The interval of a municipality's value, and whether it differs from its group.
    pub(crate) fn of(&self, measured: &Measured<'_>, place: u32, value: f64) -> (Option<Interval>, Option<Differs>) {
        match &self.kind {
            Kind::Events(rate) => self.events(*rate, measured, place, value),
            Kind::Share { of, among, group } => {
                let at = place as usize;
                let counts = as_count(of[at]).zip(as_count(among[at]));
                counts.map_or((None, None), |(of, among)| self.share(of, among, *group))
            }
        }
    }

    fn events(
        &self,
        rate: Option<f64>,
        measured: &Measured<'_>,
        place: u32,
        value: f64,
    ) -> (Option<Interval>, Option<Differs>) {
        let Some(count) = as_count(value) else { return (None, None) };
        let base = measured.base(place);
        let scale = match (&measured.base, base) {
            (Some(column), Some(base)) => column.per / base,
            (Some(_), None) => return (None, None),
            (None, _) => 1.0,
        };
        let interval = poisson(count, self.confidence);
        let expected = rate.zip(base).map(|(rate, base)| rate * base);
        let differs =
            expected.and_then(|expected| Some(self.differs(value, expected, poisson_rate_differs(count, expected)?)));
        (interval.map(|(low, high)| Interval { low: low * scale, high: high * scale }), differs)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2⁵³")]
    fn share(&self, of: u64, among: u64, group: f64) -> (Option<Interval>, Option<Differs>) {
        let interval = wilson(of, among, self.confidence);
        let differs = proportion_differs(of, among, group);
        (
            interval.map(|(low, high)| Interval { low: low * 100.0, high: high * 100.0 }),
            differs.map(|p_value| self.differs(of as f64, group * among as f64, p_value)),
        )
    }

    fn differs(&self, count: f64, expected: f64, p_value: f64) -> Differs {
        let significant = p_value < 1.0 - self.confidence;
        let side = if !significant {
            0
        } else if count > expected {
            1
        } else {
            -1
        };
        Differs { expected, p_value, side }
    }
}

/// A value as a number of events; `None` if it is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 2⁵³")]
fn as_count(value: f64) -> Option<u64> {
    ((0.0..9e15).contains(&value) && value.fract() == 0.0).then_some(value as u64)
}
