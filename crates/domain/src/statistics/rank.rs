//! The place of values among others.

use super::real;

/// Which value comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// The largest.
    Descending,
    /// The smallest.
    Ascending,
}

/// The ranks of values as competitions give them: equal values share the best rank, and the next one counts all before it
/// (1, 2, 2, 4). What is no number comes last.
pub fn ranks(values: &[f64], order: Order) -> Vec<u32> {
    let mut ranks = vec![0; values.len()];
    for_each_group(values, order, |before, places| {
        let rank = u32::try_from(before + 1).unwrap_or(u32::MAX);
        for place in places {
            ranks[*place] = rank;
        }
    });
    ranks
}

/// The ranks of values from the smallest, with equal values at the mean of the ranks that they take (1, 2.5, 2.5, 4).
pub fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut ranks = vec![0.0; values.len()];
    for_each_group(values, Order::Ascending, |before, places| {
        let rank = real(before) + real(places.len() + 1) / 2.0;
        for place in places {
            ranks[*place] = rank;
        }
    });
    ranks
}

/// How many of a hundred values in ascending order lie below a value, with those that equal it counted half
/// (`scipy.stats.percentileofscore`, kind "mean"); none among no values.
pub fn percentile_of(sorted: &[f64], value: f64) -> Option<f64> {
    if sorted.is_empty() || value.is_nan() {
        return None;
    }
    let below = sorted.partition_point(|other| *other < value);
    let to = sorted.partition_point(|other| *other <= value);
    Some(real(below + to) * 50.0 / real(sorted.len()))
}

/// Takes equal values together, in order: how many values come before them, and where they stand in the list.
fn for_each_group(values: &[f64], order: Order, mut take: impl FnMut(usize, &[usize])) {
    // A negative zero is a zero.
    let key = |place: usize| values[place] + 0.0;
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|a, b| {
        let (a, b) = (key(*a), key(*b));
        a.is_nan().cmp(&b.is_nan()).then_with(|| match order {
            Order::Ascending => a.total_cmp(&b),
            Order::Descending => b.total_cmp(&a),
        })
    });
    let same = |a: usize, b: usize| key(a) == key(b) || (key(a).is_nan() && key(b).is_nan());
    let mut before = 0;
    for equal in places.chunk_by(|a, b| same(*a, *b)) {
        take(before, equal);
        before += equal.len();
    }
}
