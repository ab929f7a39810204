use proptest::prelude::*;

use super::*;
use crate::{
    progress::tests::{JOBS, LEVEL, Printed, plan, year},
    strategy::{Accumulation, Cell, Direction, Weight},
};

fn told(rule: &Arc<GradingRule>, printed: &Printed<'_>, at: usize) -> String {
    let indicator = printed.indicator();
    let grade = grade(rule, &indicator, plan(), year(at));
    assert!(grade.steps().len() >= 2, "{grade:?}");
    let rate = grade.printed_rate().unwrap_or_else(|| "–".into());
    match grade.band() {
        Ok(band) => format!("{} {rate}", band.grade),
        Err(why) => format!("({}) {}", why.code(), grade.mark().map_or("", |mark| &mark.grade)).trim_end().to_owned(),
    }
}

fn by(key: &str, printed: &Printed<'_>, at: usize) -> String {
    told(preset(key).unwrap(), printed, at)
}

#[test]
fn the_shipped_rules_grade_as_their_bodies_do() {
    let nagano = |baseline, guide: &str, actual: &str| {
        by("nagano", &Printed { baseline, target: "99999人", targets: &[guide], actuals: &[actual], ..LEVEL }, 0)
    };
    assert_eq!(nagano("1.54", "1.62", "1.56"), "C 25.0%");
    assert_eq!(nagano("△3,703", "△2,700", "△2,530"), "A 116.9%");
    assert_eq!(nagano("8,012", "8,137", "7,612"), "C -320.0%");
    assert_eq!(nagano("59.5", "59.8", "61.2"), "A 566.7%");

    assert_eq!([0, 1, 2].map(|at| by("ibaraki", &JOBS, at)), ["A 137.4%", "A 129.0%", "A 117.9%"]);

    let uda = Printed {
        direction: Direction::Lower,
        target: "150人",
        actuals: &["385", "245", "205", "調査中", "100"],
        ..LEVEL
    };
    assert_eq!(
        [0, 1, 2, 3, 4].map(|at| by("uda", &uda, at)),
        ["D 39.0%", "C 61.2%", "C 73.2%", "(not_yet_reported) X", "A 150.0%"]
    );

    // 多摩市: 20/40/60/80/100 %.
    let half = Printed { target: "100人", actuals: &["20", "30", "35"], ..LEVEL };
    assert_eq!([0, 1, 2].map(|at| by("tama", &half, at)), ["① 20.0%", "② 30.0%", "③ 35.0%"]);
    // 宮城県: the printed rate is capped, and the grade is of the pace.
    let way = Printed { baseline: "100", target: "200人", actuals: &["118", "90", "230"], ..LEVEL };
    assert_eq!([0, 1, 2].map(|at| by("miyagi", &way, at)), ["B 18.0%", "D 0%未満", "A 100%超"]);
    let kept = Printed { baseline: "95", target: "95人", actuals: &["94"], ..LEVEL };
    assert_eq!(by("miyagi", &kept, 0), "B 98.9%");

    assert_eq!(by("sano", &Printed { target: "100人（各年度）", actuals: &["64"], ..LEVEL }, 0), "3 64.0%");
    let of_sano = grade(preset("sano").unwrap(), &half.indicator(), plan(), year(0));
    assert_eq!(of_sano.band().unwrap().points, Some(crate::quantity::Number(Decimal::ONE)));

    let standing = Printed { baseline: "100", target: "150人", actuals: &["151", "150", "109", "111", "89"], ..LEVEL };
    let all = |key| [0, 1, 2, 3, 4].map(|at| by(key, &standing, at).chars().next().unwrap());
    assert_eq!(all("nagayo"), ['S', 'A', 'B', 'A', 'C']);
    assert_eq!(all("ino"), ['◎', '○', '△', '△', '×']);
    assert_eq!(all("tagawa"), ['A', 'A', 'B', 'B', 'C']);
    assert_eq!(all("fukuoka-welfare"), ['a', 'a', 'b', 'b', 'c']);
    let survey =
        Printed {
            label: "市民アンケートの割合", baseline: "100", target: "150人", actuals: &["98", "96"], ..LEVEL
        };
    assert_eq!([0, 1].map(|at| by("fukuoka-welfare", &survey, at).chars().next().unwrap()), ['b', 'c']);
    let cabinet: Vec<String> = (0..5).map(|at| by("cabinet-office", &standing, at)).collect();
    assert_eq!(
        cabinet,
        [
            "非常に効果的 100.7%",
            "非常に効果的 100.0%",
            "相当程度効果があった 72.7%",
            "相当程度効果があった 74.0%",
            "効果がなかった 59.3%"
        ]
    );
    assert_eq!(
        by("fuji", &Printed { baseline: "100", target: "200人", targets: &["150"], actuals: &["125"], ..LEVEL }, 0),
        "50%以上80%未満 50.0%"
    );
    assert_eq!(by("fuji", &half, 0), "(not_due) その他");
    assert_eq!(
        by("chiba", &Printed { baseline: "100", target: "200人", actuals: &["112"], ..LEVEL }, 0),
        "概ね進展 60.0%"
    );
    assert_eq!(by("osaka-library", &Printed { target: "100人（各年度）", actuals: &["110"], ..LEVEL }, 0), "A 110.0%");
    assert_eq!(by("ako", &half, 0), "(judged_by_people)");
    assert_eq!(presets().len(), 16);
}

#[test]
fn what_has_no_rate_is_graded_by_whether_it_is_met() {
    let zero = Printed { direction: Direction::Lower, target: "0人（各年度）", actuals: &["0", "3"], ..LEVEL };
    assert_eq!([0, 1].map(|at| by("uda", &zero, at)), ["A –", "D –"]);
    let negative = Printed { baseline: "△7", target: "△5人（令和7年）", actuals: &["△6"], ..LEVEL };
    assert_eq!(by("uda", &negative, 0), "(negative)");
    assert_eq!(by("cabinet-office", &Printed { actuals: &["△4"], ..negative }, 0), "非常に効果的 –");
}

/// Four kinds of rate, bands of the pace, caps: nothing but data.
const PREFECTURE: &str = r#"{
    "key": "prefecture", "version": 3, "name": { "ja": "県の評価", "en": "A prefecture" },
    "source": { "body": "県", "title": "成果と評価" }, "valid": { "from": 2021, "until": 2024 },
    "rounding": { "decimals": 1, "mode": "cut_off", "bands": "exact" }, "caps": { "above": 100, "below": 0 },
    "provisional": "hold",
    "cases": [
        { "when": { "indicators": ["救急搬送時間"] }, "name": { "ja": "現状維持型Ⅱ", "en": "level kept, less is better" },
          "question": { "toward": "final", "method": { "kind": "level_kept", "level": "baseline" } },
          "bands": [{ "grade": "A", "when": [{ "rate_at_least": 100 }] }, { "grade": "B", "when": [{ "rate_at_least": "80" }] }, { "grade": "C" }] },
        { "when": { "keeps": true }, "question": { "toward": "final", "method": { "kind": "level_kept" } },
          "bands": [{ "grade": "A", "when": [{ "rate_at_least": 100 }] }, { "grade": "B" }] },
        { "when": { "accumulation": ["running_total"] },
          "question": { "toward": "final", "method": { "kind": "actual_to_target" }, "pace": { "kind": "table", "shares": [25, 50, 75, 100] } },
          "bands": [{ "grade": "A", "when": [{ "rate_at_least": 100 }] }, { "grade": "B" }] },
        { "question": { "toward": "final", "method": { "kind": "progress_from_baseline" }, "pace": { "kind": "elapsed" } },
          "bands": [{ "grade": "A", "when": [{ "rate_at_least": 100 }] }, { "grade": "B", "when": [{ "rate_at_least": 80 }] }, { "grade": "C" }] }
    ]
}"#;

#[test]
fn a_rule_is_data() {
    let rule = Arc::new(GradingRule::read(PREFECTURE).unwrap());
    let ambulance = Printed {
        label: "救急搬送時間",
        direction: Direction::Lower,
        baseline: "40",
        target: "39人",
        actuals: &["42", "40"],
        ..LEVEL
    };
    assert_eq!([0, 1].map(|at| told(&rule, &ambulance, at)), ["B 95.0%", "A 100.0%"]);
    let kept = Printed { baseline: "30", target: "30人", actuals: &["29.99"], ..LEVEL };
    assert_eq!(told(&rule, &kept, 0), "B 99.9%");
    let total =
        Printed { target: "400人", accumulation: Accumulation::RunningTotal, actuals: &["100", "199"], ..LEVEL };
    assert_eq!([0, 1].map(|at| told(&rule, &total, at)), ["A 25.0%", "B 49.7%"]);
    let way =
        Printed {
            baseline: "100", target: "200人", actuals: &["119.9", "140（速報値）", "", "", "200"], ..LEVEL
        };
    assert_eq!(
        [0, 1, 2, 4].map(|at| told(&rule, &way, at)),
        ["B 19.9%", "(provisional)", "(not_yet_reported)", "(not_valid)"]
    );
    assert_eq!(GradingRule::read(&serde_json::to_string(&*rule).unwrap()).unwrap(), *rule);
}

#[test]
fn the_rule_in_the_guide_is_one() {
    let guide = include_str!("../../../../schema/grading-rules.md");
    let json = guide.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
    assert_eq!(GradingRule::read(json).unwrap().grades(), ["A", "B", "C"]);
}

#[test]
fn what_is_wrong_with_a_rule_is_told_at_once() {
    let mut rule: serde_json::Value = serde_json::from_str(PREFECTURE).unwrap();
    rule["key"] = "Ken 1".into();
    rule["version"] = 0.into();
    rule["caps"]["below"] = 100.into();
    rule["cases"][2]["question"]["pace"]["shares"] = serde_json::json!([0]);
    rule["cases"][3]["bands"] = serde_json::json!([]);
    let places: Vec<String> =
        GradingRule::read(&rule.to_string()).unwrap_err().into_iter().map(|problem| problem.place).collect();
    assert_eq!(places, ["key", "version", "caps.below", "cases[2].question.pace.shares", "cases[3].bands"]);
    let unknown = GradingRule::read(r#"{ "keys": 1 }"#).unwrap_err();
    assert!(unknown[0].message.contains("keys"), "{unknown:?}");
}

#[test]
fn grades_are_counted() {
    let rule = preset("sano").unwrap();
    let indicators: Vec<_> = ["100", "95", "94", "", "30"]
        .map(|actual| Printed { target: "100人（各年度）", actuals: &[actual], ..LEVEL }.indicator())
        .into();
    let grades: Vec<Grade> = indicators.iter().map(|indicator| grade(rule, indicator, plan(), year(0))).collect();
    let rollup = Rollup::of(&rule.grades(), &grades);
    assert_eq!((rollup.all, rollup.graded), (5, 4));
    let counts: Vec<usize> = rollup.grades.iter().map(|grade| grade.count).collect();
    assert_eq!(counts, [1, 2, 0, 0, 0, 0, 1]);
    assert_eq!(rollup.grades[1].share, Some("50.0".parse().unwrap()));
    assert_eq!(rollup.mean_points, Some(5.into()));
    assert_eq!(rollup.without, [(Ungraded::Progress(WhyNot::NotYetReported), 1)]);
    let nobody = Rollup::of(&rule.grades(), []);
    assert_eq!((nobody.all, nobody.mean_points, nobody.grades[0].share), (0, None, None));
}

#[test]
fn the_printed_grade_is_held_against_the_label_of_the_computed_one() {
    let differs = |key: &str, at: usize, printed: Option<&str>| {
        let published = PublishedGrade::new(printed.map(Cell::read), Some(Cell::read("129.0%"))).unwrap();
        grade(preset(key).unwrap(), &JOBS.indicator(), plan(), year(at)).differs_from(&published)
    };
    assert_eq!(by("ibaraki", &JOBS, 1), "A 129.0%");
    for (printed, differs_then) in [
        (Some("A"), Some(false)),
        (Some("Ａ "), Some(false)),
        (Some("B"), Some(true)),
        (Some("―"), Some(true)),
        (None, None),
    ] {
        assert_eq!(differs("ibaraki", 1, printed), differs_then, "{printed:?}");
    }
    // Nothing is computed for a year without figures: the mark stands there, or nothing.
    assert_eq!(by("uda", &JOBS, 4), "(not_yet_reported) X");
    assert_eq!(differs("uda", 4, Some("X")), Some(false));
    assert_eq!(differs("uda", 4, Some("―")), Some(false));
    assert_eq!(differs("uda", 4, Some("A")), Some(true));
}

#[test]
fn weights_move_the_shares_and_the_mean() {
    let rule = preset("sano").unwrap();
    let grades: Vec<Grade> = ["100", "95", "", "30"]
        .map(|actual| Printed { target: "100人（各年度）", actuals: &[actual], ..LEVEL }.indicator())
        .iter()
        .map(|indicator| grade(rule, indicator, plan(), year(0)))
        .collect();
    let weighted = |weights: [Option<i64>; 4]| {
        let weight = |weight: Option<i64>| weight.map(|weight| Weight::new(weight.into()).unwrap());
        WeightedRollup::of(&rule.grades(), grades.iter().zip(weights.map(weight)))
    };
    assert_eq!(weighted([None; 4]), None, "nobody has set any");
    // 7, 6 and 1 points. What is not graded weighs nothing, and what has no weight counts 1.
    let of = weighted([Some(3), None, Some(100), None]).unwrap();
    assert_eq!(of.mean_points, Some("5.6".parse().unwrap()));
    let shares: Vec<String> = of.shares.iter().map(|share| share.unwrap().normalize().to_string()).collect();
    assert_eq!(shares, ["60", "20", "0", "0", "0", "0", "20"]);
    let none = WeightedRollup::of(&rule.grades(), [(&grades[2], Some(Weight::ONE))]).unwrap();
    assert_eq!((none.mean_points, none.shares[0]), (None, None), "nothing was graded");
}

proptest! {
    #[test]
    fn equal_weights_change_nothing(actuals in prop::collection::vec(0_u32..200, 0..12), weight in 1_i64..10_000_000) {
        let rule = preset("sano").unwrap();
        let texts: Vec<String> = actuals.iter().map(ToString::to_string).collect();
        let of = |text: &String| {
            let actual: &[&str] = &[text];
            let printed = Printed { target: "100人（各年度）", actuals: actual, ..LEVEL };
            grade(rule, &printed.indicator(), plan(), year(0))
        };
        let grades: Vec<Grade> = texts.iter().map(of).collect();
        let weight = Weight::new(Decimal::new(weight, 4)).ok();
        let plain = Rollup::of(&rule.grades(), &grades);
        let weighted = WeightedRollup::of(&rule.grades(), grades.iter().map(|grade| (grade, weight)));
        let Some(weighted) = weighted else {
            prop_assert!(grades.is_empty());
            return Ok(());
        };
        prop_assert_eq!(weighted.mean_points, plain.mean_points);
        prop_assert_eq!(weighted.shares, plain.grades.iter().map(|grade| grade.share).collect::<Vec<_>>());
    }
}

#[test]
fn grades_differ_in_what_they_say_and_not_in_the_rate_behind_it() {
    let indicator = Printed { target: "100人", actuals: &["80", "調査中"], ..LEVEL }.indicator();
    let graded = |rule: &Arc<GradingRule>, at| grade(rule, &indicator, plan(), year(at));
    let uda = preset("uda").unwrap();
    let mut coarse = GradingRule::clone(uda);
    coarse.rounding.decimals = 0;
    let mut strict = GradingRule::clone(uda);
    for case in &mut strict.cases {
        case.bands.clear();
    }
    let mut other_years = GradingRule::clone(uda);
    other_years.valid.until = year(0).previous();
    let [coarse, strict, other_years] = [coarse, strict, other_years].map(Arc::new);
    assert!(!graded(uda, 0).differs(&graded(&coarse, 0)));
    assert!(graded(uda, 0).differs(&graded(&strict, 0)), "no band in the place of one");
    assert!(!graded(uda, 1).differs(&graded(&coarse, 1)), "not reported for either");
    assert!(graded(uda, 1).differs(&graded(&other_years, 1)), "another reason");
}

#[test]
fn a_rule_that_counts_no_versions_is_the_first() {
    let mut written = serde_json::to_value(&**preset("uda").unwrap()).unwrap();
    written.as_object_mut().unwrap().remove("version");
    assert_eq!(GradingRule::read(&written.to_string()).unwrap().version, 1);
}
