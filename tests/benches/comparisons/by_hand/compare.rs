//! Comparisons and progress.

use shirube_domain::statistics::interval::{poisson, poisson_rate_differs};

use super::{
    Table,
    statistics::{Sorted, real},
};
use crate::columns::Columns;

/// What is compared, a value for each municipality.
struct Compared<'a> {
    values: &'a [f64],
    base: &'a [f64],
    per: f64,
    before: &'a [f64],
    /// Whether events are counted, which chance moves.
    events: bool,
    /// For each municipality the KPI, where figures of KPIs are compared.
    kpis: &'a [u32],
}

pub(super) fn official(columns: &Columns) -> Table<18> {
    let net = |year| -> Vec<f64> {
        let (came, went) = (columns.of("in_migrants_jp", year), columns.of("out_migrants_jp", year));
        came.iter().zip(went).map(|(came, went)| came - went).collect()
    };
    let base = columns.of("pop_juki_jan1", 2022);
    compare(columns, &Compared { values: &net(2023), base, per: 1_000.0, before: &net(2022), events: false, kpis: &[] })
}

pub(super) fn events(columns: &Columns) -> Table<18> {
    let of = |year| columns.of("births", year);
    let base = columns.of("pop_juki_jan1", 2022);
    compare(columns, &Compared { values: of(2023), base, per: 1_000.0, before: of(2022), events: true, kpis: &[] })
}

pub(super) fn reported(columns: &Columns) -> Table<18> {
    let standard = columns.standard("vacant-house-bank-contracts");
    let best = |year| {
        let figures = &columns.figures;
        let (mut values, mut taken) = (vec![f64::NAN; columns.codes.len()], vec![u8::MAX; columns.codes.len()]);
        let mut kpis = vec![0; columns.codes.len()];
        for at in figures.stretch(standard, year) {
            let place = figures.place[at] as usize;
            // The identical one goes before what is converted, the first before the second.
            if figures.compared[at] && figures.strength[at] < taken[place] {
                values[place] = figures.value[at];
                taken[place] = figures.strength[at];
                kpis[place] = figures.kpi[at];
            }
        }
        (values, kpis)
    };
    let ((now, kpis), (before, _)) = (best(2023), best(2022));
    let base = columns.of("households", 2020);
    compare(columns, &Compared { values: &now, base, per: 1_000.0, before: &before, events: false, kpis: &kpis })
}

fn compare(columns: &Columns, of: &Compared<'_>) -> Table<18> {
    let places: Vec<usize> = (0..columns.codes.len()).filter(|place| of.values[*place].is_finite()).collect();
    let values: Vec<f64> = places.iter().map(|place| of.values[*place]).collect();
    let sorted = Sorted::new(&values);
    let standings = sorted.standings();
    let with_base: Vec<usize> = (0..places.len()).filter(|at| of.base[places[*at]] > 0.0).collect();
    let divided: Vec<f64> = with_base.iter().map(|at| values[*at] / of.base[places[*at]] * of.per).collect();
    let sorted_divided = Sorted::new(&divided);
    let mut base_standings = vec![[f64::NAN; 5]; places.len()];
    for (at, standing) in with_base.iter().zip(sorted_divided.standings()) {
        base_standings[*at] = standing;
    }

    let mut summary = sorted.summary(weighted(of, &places, &values));
    let divided_places: Vec<usize> = with_base.iter().map(|at| places[*at]).collect();
    summary.extend(sorted_divided.summary(weighted(of, &divided_places, &divided)));
    let mut from = 0;
    for prefecture in columns.prefectures.chunk_by(|one, other| one == other) {
        let to = from + places[from..].iter().take_while(|at| columns.prefectures[**at] == prefecture[0]).count();
        let own = Sorted::new(&values[from..to]);
        summary.extend(own.summary(weighted(of, &places[from..to], &values[from..to])));
        from = to;
    }
    summary.extend(sorted.bars());
    summary.extend(sorted_divided.bars());

    let (mut all, mut base) = (0.0, 0.0);
    for at in &with_base {
        (all, base) = (all + values[*at], base + of.base[places[*at]]);
    }
    let rate = all / base;
    let mut rows: Vec<[f64; 18]> = Vec::with_capacity(places.len());
    for (at, place) in places.iter().enumerate() {
        let (value, before, base) = (values[at], of.before[*place], of.base[*place]);
        let change = value - before;
        let mut row = [f64::NAN; 18];
        row[0] = real(*place);
        row[1..6].copy_from_slice(&standings[at]);
        row[6..11].copy_from_slice(&base_standings[at]);
        row[11] = change;
        row[12] = if before > 0.0 { change / before * 100.0 } else { f64::NAN };
        if of.events && base > 0.0 {
            row[13..18].copy_from_slice(&chance(value, base, of.per, rate));
        }
        rows.push(row);
    }
    rows.sort_unstable_by(|one, other| one[2].total_cmp(&other[2]).then(one[0].total_cmp(&other[0])));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a place")]
    let kpi = |row: &[f64; 18]| of.kpis.get(row[0] as usize).map(|at| columns.kpis[*at as usize].clone());
    let sources = rows.iter().filter_map(kpi).collect();
    Table { rows, summary, sources }
}

/// The interval of a rate, the number that is expected, the chance of one that is as far from it, and the side.
fn chance(value: f64, base: f64, per: f64, rate: f64) -> [f64; 5] {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "births are counted")]
    let count = value as u64;
    let (low, high) = poisson(count, 0.95).unwrap_or((f64::NAN, f64::NAN));
    let expected = rate * base;
    let p = poisson_rate_differs(count, expected).unwrap_or(f64::NAN);
    let side = if p < 0.05 { (value - expected).signum() } else { 0.0 };
    [low * per / base, high * per / base, expected, p, side]
}

fn weighted(of: &Compared<'_>, places: &[usize], values: &[f64]) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (place, value) in places.iter().zip(values) {
        let weight = of.base[*place];
        if weight > 0.0 {
            (sum, weights) = (sum + value * weight, weights + weight);
        }
    }
    sum / weights
}

pub(super) fn progress(columns: &Columns) -> Table<7> {
    let figures = &columns.figures;
    let years = columns.years("births");
    let births: Vec<&[f64]> = years.iter().map(|year| columns.of("births", *year)).collect();
    // The yearly change of the ten years before a plan, in percent of their mean.
    let history = |place: usize, first_year: i16| {
        let (mut n, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (year, values) in years.iter().zip(&births) {
            let value = values[place];
            if (first_year - 10..first_year).contains(year) && value.is_finite() {
                let year = f64::from(*year - first_year);
                (n, x, y, xx, xy) = (n + 1.0, x + year, y + value, xx + year * year, xy + year * value);
            }
        }
        let slope = (n * xy - x * y) / (n * xx - x * x);
        if n < 3.0 || y == 0.0 { f64::NAN } else { slope / (y / n).abs() * 100.0 }
    };
    let (mut rows, mut sources) = (Vec::new(), Vec::new());
    let mut asked = Vec::new();
    let (mut achievements, mut from_baselines) = (Vec::new(), Vec::new());
    let mut met = 0.0;
    for at in figures.stretch(columns.standard("births"), 2023) {
        if figures.strength[at] == 3 || !figures.progressed[at] {
            continue;
        }
        let is_met = if figures.met[at] == 2 { f64::NAN } else { f64::from(figures.met[at]) };
        met += f64::from(u8::from(figures.met[at] == 1));
        let (achievement, from_baseline) = (figures.achievement[at], figures.from_baseline[at]);
        achievements.extend(Some(achievement).filter(|of| of.is_finite()));
        from_baselines.extend(Some(from_baseline).filter(|of| of.is_finite()));
        let mut row =
            [real(figures.place[at] as usize), achievement, from_baseline, is_met, f64::NAN, f64::NAN, f64::NAN];
        if figures.ambition[at].is_finite() {
            row[4] = figures.ambition[at];
            row[5] = history(figures.place[at] as usize, figures.first_year[at]);
            asked.push(figures.ambition[at]);
        }
        rows.push(row);
        sources.push(columns.kpis[figures.kpi[at] as usize].clone());
    }
    let sorted = Sorted::new(&asked);
    let mut standings = sorted.standings().into_iter();
    for row in rows.iter_mut().filter(|row| row[4].is_finite()) {
        row[6] = standings.next().map_or(f64::NAN, |of| of[2]);
    }
    let distributions = [Sorted::new(&achievements), Sorted::new(&from_baselines), sorted];
    let mut summary = vec![met];
    for of in &distributions {
        summary.extend(of.summary(f64::NAN));
    }
    for of in &distributions {
        summary.extend(of.bars());
    }
    Table { rows, summary, sources }
}
