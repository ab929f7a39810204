//! Trends, neighbours and correlations.

#![expect(clippy::float_cmp, reason = "equal values are ties, and places are whole numbers")]

use super::{
    Table,
    statistics::{NORMAL, correlation as pearson, line, normal_beyond, ranks, real, student_tail},
};
use crate::columns::Columns;

pub(super) fn trends(columns: &Columns) -> Table<20> {
    let years = columns.years("births");
    let births: Vec<&[f64]> = years.iter().map(|year| columns.of("births", *year)).collect();
    let tails: Vec<f64> = (0..=years.len()).map(|n| if n > 2 { student_tail(n - 2) } else { f64::NAN }).collect();
    let mut totals = vec![0.0; years.len()];
    let mut rows = Vec::with_capacity(columns.codes.len());
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for place in 0..columns.codes.len() {
        xs.clear();
        ys.clear();
        for (year, values) in years.iter().zip(&births) {
            if values[place].is_finite() {
                xs.push(f64::from(*year));
                ys.push(values[place]);
            }
        }
        if ys.len() == years.len() {
            totals.iter_mut().zip(&ys).for_each(|(total, value)| *total += value);
        }
        if ys.len() >= 3 {
            rows.push(trend(real(place), &xs, &ys, tails[ys.len()]));
        }
    }
    let xs: Vec<f64> = years.iter().copied().map(f64::from).collect();
    Table { rows, summary: trend(f64::NAN, &xs, &totals, tails[xs.len()])[1..].to_vec(), sources: Vec::new() }
}

fn trend(place: f64, xs: &[f64], ys: &[f64], tail: f64) -> [f64; 20] {
    let n = ys.len();
    let (mut slopes, mut s) = (Vec::with_capacity(n * (n - 1) / 2), 0.0);
    for from in 0..n {
        for to in from + 1..n {
            slopes.push((ys[to] - ys[from]) / (xs[to] - xs[from]));
            s += f64::from(i8::from(ys[to] > ys[from]) - i8::from(ys[to] < ys[from]));
        }
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    let median = if slopes.len() % 2 == 1 { slopes[middle] } else { f64::midpoint(slopes[middle - 1], slopes[middle]) };

    // The variance of S, corrected for ties.
    let mut sorted = ys.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let share = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let pairs = |n: f64| n * (n - 1.0) / 2.0;
    let (mut variance, mut untied) = (share(real(n)), pairs(real(n)));
    for ties in sorted.chunk_by(|one, other| one == other) {
        variance -= share(real(ties.len()));
        untied -= pairs(real(ties.len()));
    }
    variance /= 18.0;
    let half = NORMAL * variance.sqrt();
    let count = real(slopes.len());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is held within the list")]
    let slope = |place: f64| slopes[place.clamp(0.0, count - 1.0) as usize];
    let z = if variance > 0.0 { (s - s.signum() * f64::from(u8::from(s != 0.0))) / variance.sqrt() } else { 0.0 };
    let tau = if untied > 0.0 { s / (pairs(real(n)).sqrt() * untied.sqrt()) } else { f64::NAN };
    let (first, last) = (ys[0], ys[n - 1]);
    let growth =
        if first > 0.0 && last > 0.0 { (last / first).powf(1.0 / (xs[n - 1] - xs[0])) - 1.0 } else { f64::NAN };

    let mut row = [f64::NAN; 20];
    (row[0], row[1]) = (place, real(n));
    row[2..8].copy_from_slice(&line(xs, ys, tail));
    row[8] = median;
    row[9] = slope(f64::midpoint(count, -half).round_ties_even() - 1.0);
    row[10] = slope(f64::midpoint(count, half).round_ties_even());
    row[11..15].copy_from_slice(&[s, z, normal_beyond(z), tau]);
    row[15] = growth;
    row[16..20].copy_from_slice(&level(xs, ys));
    row
}

/// The year with which a new level began, the means before and after, and the chance of it (Pettitt 1979).
fn level(xs: &[f64], ys: &[f64]) -> [f64; 4] {
    let n = ys.len();
    let (mut u, mut most, mut at) = (0.0_f64, 0.0, 0);
    for (place, value) in ys.iter().enumerate() {
        for other in ys {
            u += f64::from(i8::from(other > value) - i8::from(other < value));
        }
        if u.abs() > most {
            (most, at) = (u.abs(), place + 1);
        }
    }
    if at == 0 {
        return [f64::NAN; 4];
    }
    let mean = |of: &[f64]| of.iter().sum::<f64>() / real(of.len());
    let n = real(n);
    let p = (2.0 * (-6.0 * most * most / (n * n * n + n * n)).exp()).min(1.0);
    [xs[at], mean(&ys[..at]), mean(&ys[at..]), p]
}

pub(super) fn neighbours(columns: &Columns) -> Table<5> {
    let population = columns.of("pop_census", 2020);
    let (births, registered) = (columns.of("births", 2022), columns.of("pop_juki_jan1", 2022));
    let (employed, working, old) =
        (columns.of("employed", 2020), columns.of("pop_15_64", 2020), columns.of("pop_65plus", 2020));
    let own = columns.codes.iter().position(|code| code == "012262").unwrap_or_default();
    let mut rows: Vec<[f64; 5]> = Vec::with_capacity(columns.codes.len());
    let mut of = [f64::NAN; 3];
    for place in 0..columns.codes.len() {
        let values = [
            population[place].ln(),
            births[place] / registered[place] * 1_000.0,
            employed[place] / (working[place] + old[place]) * 100.0,
        ];
        if place == own {
            of = values;
        }
        if values.iter().all(|value| value.is_finite()) {
            rows.push([real(place), 0.0, values[0], values[1], values[2]]);
        }
    }
    let mut summary = Vec::with_capacity(6);
    for (at, own) in of.iter().enumerate() {
        let n = real(rows.len());
        let mean = rows.iter().map(|row| row[2 + at]).sum::<f64>() / n;
        let sd = (rows.iter().map(|row| (row[2 + at] - mean).powi(2)).sum::<f64>() / n).sqrt();
        for row in &mut rows {
            row[1] += ((row[2 + at] - own) / sd).powi(2);
        }
        summary.extend([mean, sd]);
    }
    rows.retain(|row| row[0] != real(own));
    for row in &mut rows {
        row[1] = row[1].sqrt();
    }
    let nearer = |one: &[f64; 5], other: &[f64; 5]| one[1].total_cmp(&other[1]).then(one[0].total_cmp(&other[0]));
    rows.select_nth_unstable_by(20, nearer);
    rows.truncate(20);
    rows.sort_unstable_by(nearer);
    Table { rows, summary, sources: Vec::new() }
}

pub(super) fn correlation(columns: &Columns) -> Table<3> {
    let (births, registered) = (columns.of("births", 2022), columns.of("pop_juki_jan1", 2022));
    let (came, went) = (columns.of("in_migrants_jp", 2022), columns.of("out_migrants_jp", 2022));
    let (mut rows, mut xs, mut ys) = (Vec::new(), Vec::new(), Vec::new());
    for place in 0..columns.codes.len() {
        let x = births[place] / registered[place] * 1_000.0;
        let y = (came[place] - went[place]) / registered[place] * 1_000.0;
        if x.is_finite() && y.is_finite() {
            rows.push([real(place), x, y]);
            xs.push(x);
            ys.push(y);
        }
    }
    let mut summary = pearson(&xs, &ys, |_| 1.0).to_vec();
    summary.extend(pearson(&ranks(&xs), &ranks(&ys), |r| 1.0 + r * r / 2.0));
    summary.extend(line(&xs, &ys, student_tail(xs.len() - 2)));
    Table { rows, summary, sources: Vec::new() }
}
