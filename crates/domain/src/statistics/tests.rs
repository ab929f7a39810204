use proptest::prelude::*;
use serde_json::Value;

use super::{
    correlation::{pearson, spearman},
    distribution as d, interval,
    rank::{Order, mean_ranks, percentile_of, ranks},
    real, sorted,
    summary::{Summary, histogram, quantile, weighted_mean},
    trend::{compound_growth, level_change, mann_kendall, ols, theil_sen},
};

/// What numpy and scipy make of the same cases.
fn reference() -> Value {
    serde_json::from_str(include_str!("../../../../tests/reference/statistics.json")).unwrap()
}

/// The numbers of a series: as they are given, or made by the formula that `statistics.py` describes.
fn series(reference: &Value, name: &Value) -> Vec<f64> {
    let series = &reference["series"][name.as_str().unwrap()];
    if let Value::Array(values) = &series["values"] {
        return values.iter().map(number).collect();
    }
    let part = |name: &str| series["formula"][name].as_u64().unwrap();
    let mut state = part("seed");
    let value = |_| {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        let whole = i32::try_from(state / 65_536 % (2 * part("span") + 1)).unwrap();
        f64::from(whole - i32::try_from(part("span")).unwrap()) / f64::from(u32::try_from(part("divisor")).unwrap())
    };
    (0..part("n")).map(value).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("not a count: {value}"))
}

/// Compares to 1e-9 of the value, and what should be zero to 1e-9 of `size`.
#[track_caller]
fn same_beside(found: f64, expected: &Value, size: f64, what: &str) {
    let expected = number(expected);
    let room = if expected.abs() < 1e-9 * size { size } else { expected.abs() } * 1e-9;
    assert!((found - expected).abs() <= room, "{what}: {found:e} instead of {expected:e}");
}

#[track_caller]
fn same(found: f64, expected: &Value, what: &str) {
    same_beside(found, expected, f64::MIN_POSITIVE, what);
}

#[track_caller]
fn same_option(found: Option<f64>, expected: &Value, what: &str) {
    assert_eq!(found.is_none(), expected.is_null(), "{what}: {found:?} instead of {expected}");
    if let Some(found) = found {
        same(found, expected, what);
    }
}

#[track_caller]
fn same_interval(found: Option<(f64, f64)>, expected: &Value, size: f64, what: &str) {
    assert_eq!(found.is_none(), expected.is_null(), "{what}: {found:?} instead of {expected}");
    if let Some((low, high)) = found {
        same_beside(low, &expected[0], size, what);
        same_beside(high, &expected[1], size, what);
    }
}

fn cases<'a>(reference: &'a Value, name: &str) -> &'a [Value] {
    reference[name].as_array().unwrap()
}

#[test]
fn summaries_quantiles_and_histograms_are_numpys() {
    let reference = reference();
    for case in cases(&reference, "summary") {
        let values = series(&reference, &case["series"]);
        let name = case["series"].as_str().unwrap();
        let summary = Summary::of(&values).unwrap();
        assert_eq!(summary.n, values.len());
        same(summary.mean, &case["mean"], name);
        same_option(summary.sd, &case["sd"], name);
        same(summary.min, &case["min"], name);
        same(summary.max, &case["max"], name);
        let sorted = sorted(&values);
        for (place, expected) in cases(&reference, "quantile_places").iter().zip(cases(case, "quantiles")) {
            same(quantile(&sorted, number(place)).unwrap(), expected, name);
        }
        for expected in case["histograms"].as_array().into_iter().flatten() {
            let counts = cases(expected, "counts");
            let bins = histogram(&sorted, counts.len());
            let found: Vec<_> = bins.iter().map(|bin| Value::from(bin.count)).collect();
            assert_eq!(found, counts, "{name}");
            let edges = cases(expected, "edges");
            let size = summary.max - summary.min;
            for (bin, edges) in bins.iter().zip(edges.windows(2)) {
                same_beside(bin.from, &edges[0], size, name);
                same_beside(bin.to, &edges[1], size, name);
            }
        }
    }
    for case in cases(&reference, "weighted_mean") {
        let weights: Vec<_> = cases(case, "weights").iter().map(number).collect();
        let found = weighted_mean(series(&reference, &case["series"]).into_iter().zip(weights));
        same_option(found, &case["mean"], &case["series"].to_string());
    }
}

#[test]
fn ranks_are_scipys() {
    let reference = reference();
    for case in cases(&reference, "rank") {
        let values = series(&reference, &case["series"]);
        let of = |order| ranks(&values, order).into_iter().map(f64::from).collect();
        let found: [(&str, Vec<f64>); 3] =
            [("descending", of(Order::Descending)), ("ascending", of(Order::Ascending)), ("mean", mean_ranks(&values))];
        for (kind, ranks) in found {
            match &case[kind] {
                Value::Array(expected) => assert_eq!(ranks, expected.iter().map(number).collect::<Vec<_>>(), "{case}"),
                sum => same(ranks.iter().enumerate().map(|(place, rank)| real(place + 1) * rank).sum(), sum, kind),
            }
        }
        for expected in cases(case, "percentiles") {
            same(percentile_of(&sorted(&values), number(&expected[0])).unwrap(), &expected[1], &case.to_string());
        }
    }
}

#[test]
fn lines_and_tests_for_a_trend_are_scipys() {
    let reference = reference();
    for case in cases(&reference, "trend") {
        let (name, confidence) = (case["series"].as_str().unwrap(), number(&case["confidence"]));
        let values = series(&reference, &case["series"]);
        let start = number(&case["start"]);
        let points: Vec<_> = values.iter().enumerate().map(|(place, value)| (start + real(place), *value)).collect();
        // A slope is small or large beside the values, an intercept beside the way back to the year 0.
        let size = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));

        let (line, expected) = (ols(&points, confidence).unwrap(), &case["ols"]);
        same_beside(line.slope, &expected["slope"], size, name);
        same_beside(line.intercept, &expected["intercept"], size, name);
        same_interval(line.slope_interval, &expected["slope_interval"], size, name);
        same_option(line.r_squared, &expected["r_squared"], name);
        if name == "rising" {
            assert!(line.p_value.unwrap() < 1e-20 && line.residual_sd.unwrap() < 1e-12, "a perfect line: {line:?}");
        } else {
            same_option(line.p_value, &expected["p_value"], name);
            same_option(line.residual_sd, &expected["residual_sd"], name);
        }

        if let Some(expected) = case.get("theil_sen") {
            let line = theil_sen(&points, confidence).unwrap();
            same(line.slope, &expected["slope"], name);
            same_beside(line.intercept, &expected["intercept"], size, name);
            same_interval(line.interval, &expected["interval"], size, name);
        }

        let (test, expected) = (mann_kendall(&values).unwrap(), &case["mann_kendall"]);
        assert_eq!(Value::from(test.s), expected["s"], "{name}");
        same(test.variance, &expected["variance"], name);
        same(test.z, &expected["z"], name);
        same(test.p_value, &expected["p_value"], name);
        same_option(test.tau, &expected["tau"], name);

        let (change, expected) = (level_change(&values), &case["level_change"]);
        assert_eq!(change.is_none(), expected.is_null(), "{name}");
        if let Some(change) = change {
            assert_eq!(Value::from(change.at), expected["at"], "{name}");
            same_beside(change.before, &expected["before"], size, name);
            same_beside(change.after, &expected["after"], size, name);
            same(change.p_value, &expected["p_value"], name);
        }
    }
    for case in cases(&reference, "growth") {
        let part = |name: &str| number(&case[name]);
        let found = compound_growth(part("first"), part("last"), part("periods"));
        same_option(found, &case["growth"], &case.to_string());
    }
}

#[test]
fn correlations_are_scipys() {
    let reference = reference();
    for case in cases(&reference, "correlation") {
        let (x, y) = (series(&reference, &case["x"]), series(&reference, &case["y"]));
        let confidence = number(&case["confidence"]);
        for (kind, found) in [("pearson", pearson(&x, &y, confidence)), ("spearman", spearman(&x, &y, confidence))] {
            let (found, expected, what) = (found.unwrap(), &case[kind], case.to_string());
            same(found.r, &expected["r"], &what);
            if found.r.abs() > 1.0 - 1e-12 {
                assert!(found.interval.is_none_or(|(low, high)| high - low < 1e-12), "perfect: {what}");
                assert!(found.p_value.is_none_or(|value| value < 1e-20), "perfect: {what}");
            } else {
                same_option(found.p_value, &expected["p_value"], &what);
                same_interval(found.interval, &expected["interval"], 1.0, &what);
            }
        }
    }
}

#[test]
fn intervals_and_exact_tests_are_scipys() {
    let reference = reference();
    for case in cases(&reference, "poisson") {
        let found = interval::poisson(whole(&case["count"]), number(&case["confidence"]));
        same_interval(found, &case["interval"], f64::MIN_POSITIVE, &case.to_string());
    }
    for case in cases(&reference, "wilson") {
        let found = interval::wilson(whole(&case["successes"]), whole(&case["n"]), number(&case["confidence"]));
        same_interval(found, &case["interval"], 1.0, &case.to_string());
    }
    for case in cases(&reference, "poisson_rate_differs") {
        let found = interval::poisson_rate_differs(whole(&case["count"]), number(&case["expected"]));
        same_option(found, &case["p_value"], &case.to_string());
    }
    for case in cases(&reference, "proportion_differs") {
        let found = interval::proportion_differs(whole(&case["successes"]), whole(&case["n"]), number(&case["p0"]));
        same_option(found, &case["p_value"], &case.to_string());
    }
}

#[test]
fn tails_and_quantiles_are_scipys() {
    for case in cases(&reference(), "tails") {
        let argument = |place: usize| number(&case[1][place]);
        let found = match case[0].as_str().unwrap() {
            "normal_above" => d::normal_above(argument(0)),
            "normal_tail" => d::normal_tail(argument(0)),
            "student_tail" => d::student_tail(argument(0), argument(1)),
            "student_above" => d::student_above(argument(0), argument(1)),
            "poisson_at_least" => d::poisson_at_least(whole(&case[1][0]), argument(1)),
            "negative_binomial_at_least" => d::negative_binomial_at_least(whole(&case[1][0]), argument(1), argument(2)),
            other => panic!("{other} is not compared"),
        };
        same_beside(found, &case[2], 1e-6, &case.to_string());
    }
}

#[test]
fn nothing_is_said_where_there_is_nothing_to_say() {
    assert_eq!(Summary::of(&[]), None);
    assert_eq!(Summary::of(&[1.0, f64::NAN]), None);
    assert_eq!(Summary::of(&[1.0]).unwrap().sd, None);
    assert_eq!(quantile(&[], 0.5), None);
    assert_eq!(quantile(&[1.0], 1.5), None);
    assert_eq!(weighted_mean([(1.0, 0.0)].into_iter()), None);
    assert_eq!(weighted_mean([(1.0, 2.0), (1.0, -1.0)].into_iter()), None);
    assert_eq!(histogram(&[2.0, 2.0], 10).len(), 1);
    assert_eq!(percentile_of(&[], 1.0), None);
    assert_eq!(ols(&[(1.0, 1.0), (1.0, 2.0)], 0.9), None);
    assert_eq!(theil_sen(&[(1.0, 1.0)], 0.9), None);
    assert_eq!(mann_kendall(&[1.0]), None);
    assert_eq!(compound_growth(0.0, 5.0, 2.0), None);
    assert_eq!(level_change(&[3.0, 3.0, 3.0]), None);
    assert_eq!(pearson(&[1.0, 2.0], &[1.0], 0.9), None);
    assert_eq!(pearson(&[1.0, 2.0, 3.0], &[4.0, 4.0, 4.0], 0.9), None);
    assert_eq!(interval::poisson(3, 1.0), None);
    assert_eq!(interval::wilson(3, 2, 0.9), None);
    assert_eq!(interval::proportion_differs(0, 0, 0.5), None);
    assert_eq!(interval::poisson_rate_differs(3, f64::NAN), None);
    assert_eq!(interval::poisson_rate_differs(3, 0.0), Some(0.0));
}

#[test]
fn equal_values_share_the_best_rank() {
    assert_eq!(ranks(&[5.0, 9.0, 5.0, 1.0], Order::Descending), [2, 1, 2, 4]);
    assert_eq!(ranks(&[5.0, 9.0, 5.0, 1.0], Order::Ascending), [2, 4, 2, 1]);
    assert_eq!(ranks(&[0.0, -0.0, f64::NAN], Order::Descending), [1, 1, 3]);
}

/// Any number there is, infinite ones and NaN among them.
fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -1e3..1e3_f64,
        prop::sample::select(vec![
            0.0,
            -0.0,
            1.0,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            f64::INFINITY,
            f64::NAN,
            5e-324
        ])
    ]
}

fn fine(number: f64) -> bool {
    number.is_finite()
}

fn fine_interval((low, high): (f64, f64)) -> bool {
    fine(low) && fine(high) && low <= high
}

/// Numbers like those of plans: with two decimals, some of them equal.
fn measured() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-20_000_i32..20_000).prop_map(|hundredths| f64::from(hundredths) / 100.0), 4..20)
}

fn near(a: f64, b: f64, size: f64) -> bool {
    (a - b).abs() <= 1e-9 * size.max(a.abs())
}

proptest! {
    #[test]
    fn any_input_gives_finite_numbers_or_nothing(
        values in prop::collection::vec(anything(), 0..12),
        others in prop::collection::vec(anything(), 0..12),
        p in anything(),
        confidence in prop_oneof![anything(), 0.0..1.0_f64],
        (count, n) in (any::<u64>(), any::<u64>()),
    ) {
        if let Some(summary) = Summary::of(&values) {
            prop_assert!(fine(summary.mean) && summary.sd.is_none_or(fine));
            prop_assert!(summary.min <= summary.max);
        }
        let ordered = sorted(&values);
        prop_assert!(quantile(&ordered, p).is_none_or(fine));
        prop_assert!(percentile_of(&ordered, p).is_none_or(|place| (0.0..=100.0).contains(&place)));
        let bins = histogram(&ordered, 7);
        prop_assert!(bins.iter().all(|bin| fine(bin.from) && fine(bin.to)));
        prop_assert!(bins.is_empty() || bins.iter().map(|bin| bin.count).sum::<usize>() == values.len());
        prop_assert!(ranks(&values, Order::Descending).iter().all(|rank| (1..=12).contains(rank)));
        prop_assert!(mean_ranks(&values).into_iter().all(fine));
        let points: Vec<_> = values.iter().copied().zip(others.iter().copied()).collect();
        prop_assert!(weighted_mean(points.iter().copied()).is_none_or(fine));
        if let Some(line) = ols(&points, confidence) {
            prop_assert!(fine(line.slope) && fine(line.intercept), "{line:?}");
            prop_assert!(line.slope_interval.is_none_or(fine_interval), "{line:?}");
            prop_assert!([line.r_squared, line.p_value].into_iter().flatten().all(|share| (0.0..=1.0).contains(&share)), "{line:?}");
            prop_assert!(line.residual_sd.is_none_or(fine), "{line:?}");
        }
        if let Some(line) = theil_sen(&points, confidence) {
            prop_assert!(fine(line.slope) && fine(line.intercept) && line.interval.is_none_or(fine_interval), "{line:?}");
        }
        if let Some(test) = mann_kendall(&values) {
            prop_assert!(fine(test.z) && (0.0..=1.0).contains(&test.p_value) && test.tau.is_none_or(fine), "{test:?}");
        }
        if let Some(change) = level_change(&values) {
            prop_assert!(fine(change.before) && fine(change.after) && (0.0..=1.0).contains(&change.p_value));
            prop_assert!(change.at > 0 && change.at < values.len());
        }
        for found in [pearson(&values, &others, confidence), spearman(&values, &others, confidence)].into_iter().flatten() {
            prop_assert!(found.r.abs() <= 1.0 && found.interval.is_none_or(fine_interval), "{found:?}");
            prop_assert!(found.p_value.is_none_or(|value| (0.0..=1.0).contains(&value)), "{found:?}");
        }
        prop_assert!(compound_growth(p, confidence, 3.0).is_none_or(fine));
        prop_assert!(interval::poisson(count, confidence).is_none_or(fine_interval));
        prop_assert!(interval::wilson(count.min(n), n, confidence).is_none_or(fine_interval));
        let share = |value: f64| (0.0..=1.0).contains(&value);
        prop_assert!(interval::poisson_rate_differs(count, p.abs()).is_none_or(share));
        prop_assert!(interval::proportion_differs(count.min(n), n, confidence).is_none_or(share));
        prop_assert!(interval::proportion_differs(count.min(n) % 1000, n % 1000, confidence).is_none_or(share));
    }

    #[test]
    fn a_shift_and_a_scale_pass_through(values in measured(), shift in -1e4..1e4_f64, power in -30..30_i32) {
        let size = 1e5;
        let factor = 2.0_f64.powi(power);
        let moved: Vec<_> = values.iter().map(|value| (value + shift) * factor).collect();
        let (plain, other) = (Summary::of(&values).unwrap(), Summary::of(&moved).unwrap());
        prop_assert!(near((plain.mean + shift) * factor, other.mean, size * factor));
        prop_assert!(near(plain.sd.unwrap() * factor, other.sd.unwrap(), size * factor));
        let points = |values: &[f64]| values.iter().enumerate().map(|(place, value)| (real(place), *value)).collect::<Vec<_>>();
        let (plain, other) = (ols(&points(&values), 0.9).unwrap(), ols(&points(&moved), 0.9).unwrap());
        prop_assert!(near(plain.slope * factor, other.slope, size * factor));
        prop_assert!(near((plain.intercept + shift) * factor, other.intercept, size * factor));
        let (plain, other) = (theil_sen(&points(&values), 0.9).unwrap(), theil_sen(&points(&moved), 0.9).unwrap());
        prop_assert!(near(plain.slope * factor, other.slope, size * factor));
        prop_assert_eq!(plain.interval.is_some(), other.interval.is_some());
    }

    #[test]
    fn scaling_by_a_power_of_two_changes_no_rank_and_no_test(values in measured(), power in -30..30_i32) {
        let scaled: Vec<_> = values.iter().map(|value| value * 2.0_f64.powi(power)).collect();
        prop_assert_eq!(ranks(&values, Order::Descending), ranks(&scaled, Order::Descending));
        prop_assert_eq!(mann_kendall(&values), mann_kendall(&scaled));
        let at = |values: &[f64]| level_change(values).map(|change| (change.at, change.p_value));
        prop_assert_eq!(at(&values), at(&scaled));
    }

    #[test]
    fn turning_values_around_turns_the_slope(values in measured()) {
        let turned: Vec<_> = values.iter().map(|value| -value).collect();
        let (plain, other) = (mann_kendall(&values).unwrap(), mann_kendall(&turned).unwrap());
        prop_assert_eq!(plain.s, -other.s);
        prop_assert_eq!(plain.p_value, other.p_value);
    }
}
