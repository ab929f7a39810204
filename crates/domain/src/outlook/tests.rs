use proptest::prelude::{Strategy, *};

use super::*;
use crate::{
    calendar::{Period, YearKind},
    progress::tests::{LEVEL, Printed, plan, year},
    reference::{Aggregation, Comparability, MeasureKind, OfficialIndicator, StandardIndicator},
    strategy::{
        Accumulation, Direction, Lifecycle, Mapping, MappingDifference, MappingParts, MappingStrength, Role,
        StatedRequirement,
    },
    text::Bilingual,
};

fn ask(printed: &Printed<'_>, at: usize) -> Result<Outlook, NoOutlook> {
    outlook(&printed.indicator(), plan(), year(at), &[], 0.9)
}

fn told(printed: &Printed<'_>, at: usize) -> Outlook {
    ask(printed, at).unwrap()
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn by(outlook: &Outlook, method: Method) -> &Projection {
    outlook.projections.iter().find(|of| of.method == method).unwrap()
}

/// 砂川市 チームを構成する事業者数: two observations, and a pace that leads to the target.
const TEAM: Printed<'static> = Printed {
    unit: "事業者",
    baseline: "21事業者（令和元年）",
    target: "75事業者（令和7年）",
    actuals: &["40"],
    ..LEVEL
};

#[test]
fn two_observations_are_judged_by_the_pace_alone() {
    let team = told(&TEAM, 0);
    assert_eq!((team.pace, team.needed_pace), (number("9.5"), number("8.8")));
    assert_eq!((team.verdict, team.recommended().method), (Verdict::OnTrack, Method::PlanLine));
    assert_eq!(
        (team.recommended().value, team.recommended().chance, team.recommended().interval),
        (78.into(), None, None)
    );
    assert!(team.cautions.contains(&Caution::FewObservations));
    assert_eq!(team.observations[0].origin, Origin::Baseline);

    // 地域ブランドの商品数: at two thirds of the needed pace.
    let brand =
        Printed {
            baseline: "22品（令和元年）", target: "50品（令和7年）", actuals: &["29"], unit: "品", ..LEVEL
        };
    assert_eq!(told(&brand, 0).verdict, Verdict::AtRisk);
    let slower = Printed { actuals: &["25"], ..brand };
    assert_eq!(told(&slower, 0).verdict, Verdict::OffTrack);
}

#[test]
fn a_fall_between_two_figures_is_not_drawn_down_to_nothing() {
    let visitors = Printed {
        unit: "千人",
        baseline: "1,625千人（令和元年）",
        target: "1,638千人（令和7年）",
        actuals: &["902.9"],
        accumulation: Accumulation::YearlyAmount,
        ..LEVEL
    };
    let visitors = told(&visitors, 0);
    assert_eq!((visitors.verdict, visitors.reason), (Verdict::OffTrack, Reason::FellBack));
    assert_eq!(visitors.recommended().value, 902_900.into());
}

#[test]
fn a_target_that_is_met_is_met_until_something_speaks_against_it() {
    // 授業理解度
    let met =
        Printed {
            unit: "％", baseline: "85.0％（令和元年）", target: "87.5％（令和7年)", actuals: &["87.8"], ..LEVEL
        };
    let outlook = told(&met, 0);
    assert_eq!((outlook.verdict, outlook.needed_pace), (Verdict::Met, Decimal::ZERO));
    let falling =
        Printed {
            baseline: "115件（令和元年度）", target: "87件（各年度）", actuals: &["95"], unit: "件", ..LEVEL
        };
    let falling = told(&falling, 0);
    assert_eq!(falling.verdict, Verdict::AtRisk);
    assert!(falling.cautions.contains(&Caution::MayBeLost));
}

#[test]
fn years_that_add_up_are_projected_as_the_total_of_the_plan() {
    // 研修終了者数: 35 in five years.
    let total = Printed {
        target: "35人（5年間）",
        accumulation: Accumulation::YearlyAmount,
        targets: &["7", "7", "7", "7", "7"],
        actuals: &["7", "9", "6", "8"],
        ..LEVEL
    };
    let outlook = told(&total, 3);
    assert_eq!(outlook.held, Held::Total);
    assert_eq!((outlook.current, outlook.needed_pace, outlook.pace), (30.into(), 5.into(), number("7.5")));
    assert_eq!(outlook.expected, Some((28.into(), TargetSource::YearsToDate)));
    assert_eq!(by(&outlook, Method::PlanLine).value, number("37.5"));
    assert_eq!(by(&outlook, Method::LastValue).value, 38.into());
    assert_eq!((outlook.recommended().method, outlook.reason), (Method::Count, Reason::SmallCounts));
    // The mean of (30 + ½) ÷ 4 with a negative binomial of variance mean × (1 + ¼): P(N ≥ 5) in scipy is 0.8476.
    assert_eq!((outlook.recommended().value, outlook.recommended().chance), (number("37.6"), Some(0.85)));
    assert_eq!(outlook.verdict, Verdict::OnTrack);

    // A running total of the same amounts is the same.
    let running = Printed {
        accumulation: Accumulation::RunningTotal,
        targets: &["7", "14", "21", "28", "35"],
        actuals: &["7", "16", "22", "30"],
        ..total
    };
    let same = told(&running, 3);
    assert_eq!(
        (same.projections, same.verdict, same.needed_pace),
        (outlook.projections, outlook.verdict, outlook.needed_pace)
    );

    let reached = Printed { target: "25人（5年間）", ..total };
    assert_eq!(told(&reached, 3).verdict, Verdict::Met);
}

#[test]
fn a_clear_trend_is_drawn_on() {
    // 海士町 マリンポートホテルの宿泊客数
    let guests = Printed {
        baseline: "9334",
        target: "10,271人",
        accumulation: Accumulation::YearlyAmount,
        actuals: &["2403", "5624", "8569", "9961"],
        ..LEVEL
    };
    let outlook = told(&guests, 3);
    assert_eq!((outlook.recommended().method, outlook.reason), (Method::TheilSen, Reason::ClearTrend));
    assert_eq!((outlook.verdict, outlook.recommended().chance), (Verdict::OnTrack, Some(0.93)));
    assert!(outlook.cautions.contains(&Caution::UndatedBaseline));
    // Without a trend, the latest value stays.
    let flat = Printed { actuals: &["2403", "8569", "5624", "9961"], ..guests };
    assert_eq!(told(&flat, 3).recommended().method, Method::LastValue);
}

#[test]
fn what_never_varied_has_no_interval() {
    let kept =
        Printed { unit: "％", target: "100％（各年度）", actuals: &["100", "100", "100", "100"], ..LEVEL };
    let outlook = told(&kept, 3);
    assert_eq!((outlook.verdict, outlook.recommended().chance), (Verdict::Met, None));
    assert!(outlook.cautions.contains(&Caution::NeverVaried));
}

#[test]
fn what_is_measured_is_not_counted() {
    let harvest = Printed {
        unit: "t",
        target: "28t",
        accumulation: Accumulation::YearlyAmount,
        actuals: &["9", "10", "14", "9"],
        ..LEVEL
    };
    assert!(told(&harvest, 3).projections.iter().all(|of| of.method != Method::Count));
}

#[test]
fn numbers_are_shown_as_finely_as_they_are_printed() {
    let needed = |unit: &str, target: &str, actuals: &[&str]| {
        told(&Printed { unit, target, actuals, ..LEVEL }, actuals.len() - 1).needed_pace
    };
    assert_eq!(needed("棟", "100棟", &["0", "0"]), number("33"));
    assert_eq!(needed("棟", "60棟", &["0", "10"]), number("16.7"));
    assert_eq!(needed("億円", "4億円", &["2.1", "2.3"]), number("56670000"));
}

#[test]
fn a_mean_is_made_of_the_years_that_are_there_and_those_to_come() {
    // 海士町 70歳未満の死亡数
    let deaths = Printed {
        baseline: "5.2",
        target: "3.6人（2021-2025の5年平均）",
        direction: Direction::Lower,
        accumulation: Accumulation::MeanOfYears,
        actuals: &["2", "5", "1", "5"],
        ..LEVEL
    };
    let outlook = told(&deaths, 3);
    assert_eq!((outlook.held, outlook.current, outlook.needed_pace), (Held::Mean, number("3.25"), 5.into()));
    // (13 + 13.5 ÷ 4) ÷ 5; the last year may bring 5: P(N ≤ 5) is 0.83.
    assert_eq!((outlook.recommended().value, outlook.recommended().chance), (number("3.28"), Some(0.83)));
    assert!(outlook.steps().iter().any(|step| step.ja.contains("残りの各年度は 5 まで")));
}

#[test]
fn a_limit_leaves_its_rest_to_the_years_to_come() {
    let limit = Printed {
        unit: "件",
        target: "20件以下（5年間）",
        direction: Direction::Lower,
        accumulation: Accumulation::YearlyAmount,
        actuals: &["3", "6", "2", "4"],
        ..LEVEL
    };
    let outlook = told(&limit, 3);
    assert_eq!((outlook.current, outlook.needed_pace), (15.into(), 5.into()));
    assert_eq!(outlook.verdict, Verdict::AtRisk);
    // What is over is over.
    let over = Printed { target: "12件以下（5年間）", ..limit };
    assert_eq!((told(&over, 3).verdict, told(&over, 3).recommended().chance), (Verdict::OffTrack, Some(0.01)));
}

#[test]
fn there_is_a_reason_where_nothing_can_be_said() {
    let no = |printed: &Printed<'_>, at| ask(printed, at).unwrap_err().code();
    assert_eq!(no(&Printed { target: "10人", actuals: &["5"], ..LEVEL }, 0), "too_few");
    assert_eq!(no(&Printed { target: "10人", actuals: &[], ..LEVEL }, 0), "too_few");
    assert_eq!(no(&Printed { target: "10人", actuals: &["未達成", "実施"], ..LEVEL }, 1), "words");
    assert_eq!(
        no(&Printed { target: "計画の策定", requirement: Some(StatedRequirement::Done), ..LEVEL }, 0),
        "yes_or_no"
    );
    let more = Printed { target: "増加", requirement: Some(StatedRequirement::Increase), ..LEVEL };
    assert_eq!(no(&Printed { actuals: &["1", "2"], ..more }, 1), "without_number");
    let whole = Printed { target: "10人", actuals: &["5", "6", "7", "8", "9"], ..LEVEL };
    assert_eq!(no(&whole, 4), "due");
    let gap = Printed {
        target: "10人（5年間）",
        accumulation: Accumulation::YearlyAmount,
        actuals: &["1", "未集計", "2"],
        ..LEVEL
    };
    assert_eq!(no(&gap, 2), "total_incomplete");
    assert_eq!(
        outlook(&whole.indicator(), plan(), FiscalYear::new(2026).unwrap(), &[], 0.9).unwrap_err().code(),
        "outside_plan"
    );
    let mut indicator = whole.indicator();
    indicator.role = Role::Monitored { reason: None };
    assert_eq!(outlook(&indicator, plan(), year(1), &[], 0.9).unwrap_err().code(), "monitored_only");
    let mut ended = whole.indicator();
    ended.lifecycle = Lifecycle::new(None, Some(year(1))).unwrap();
    assert_eq!(outlook(&ended, plan(), year(2), &[], 0.9).unwrap_err().code(), "ended");
}

fn births() -> Printed<'static> {
    let accumulation = Accumulation::YearlyAmount;
    Printed {
        unit: "人",
        baseline: "74人（令和元年）",
        target: "108人（令和7年）",
        accumulation,
        actuals: &["72"],
        ..LEVEL
    }
}

fn mapped(printed: &Printed<'_>, strength: MappingStrength, factor: Option<Decimal>) -> Indicator {
    let mut indicator = printed.indicator();
    let (standard, differences) = ("births".into(), BTreeSet::new());
    let parts = MappingParts { standard, strength, factor, differences, reason: None, decided: None };
    indicator.mappings = vec![Mapping::new(parts).unwrap()];
    indicator
}

fn official(indicator: &Indicator, values: &[(i16, i64)]) -> Vec<Observation> {
    let standard = StandardIndicator {
        id: "births".into(),
        name: Bilingual::new("出生数", "Live births"),
        theme: "population".into(),
        unit: Some("人".into()),
        dimension: "people".into(),
        kind: MeasureKind::Flow,
        aggregation: Aggregation::Sum,
        direction: Direction::Higher,
        per_capita_basis: "per_1000_population".into(),
        comparability: Comparability::Official,
        official_source: None,
        synonyms: Vec::new(),
        notes: None,
    };
    let series = OfficialIndicator {
        id: "births".into(),
        name: Bilingual::new("出生数", "Live births"),
        unit: "人".into(),
        year_kind: YearKind::Calendar,
        as_of: "1月1日～12月31日".into(),
        source: "人口動態調査".into(),
        standard_indicator: Some("births".into()),
    };
    let values = values.iter().map(|(year, value)| (*year, Decimal::from(*value))).collect();
    history(indicator, plan().first, &[standard], &[Candidate { series: &series, values }])
}

#[test]
fn official_statistics_from_before_the_plan_join_where_they_are_the_same_thing() {
    let values = [(2005, 180), (2016, 110), (2017, 101), (2018, 90), (2019, 74), (2020, 70), (2021, 66)];
    let indicator = mapped(&births(), MappingStrength::Identical, None);
    let history = official(&indicator, &values);
    assert!(history.iter().all(|of| of.year < 2021));
    let joined = outlook(&indicator, plan(), year(0), &history, 0.9).unwrap();
    assert_eq!(joined.observations.iter().map(|of| of.year).collect::<Vec<_>>(), [2016, 2017, 2018, 2019, 2020, 2021]);
    assert_eq!(joined.observations[0].origin, Origin::Official("births".into()));
    assert_eq!(joined.observations[0].period, Period::Year(YearKind::Calendar, 2016));
    assert!(joined.cautions.contains(&Caution::OfficialJoined));
    // The baseline counts calendar years as well.
    assert!(!joined.cautions.contains(&Caution::YearKindsDiffer));
    assert_eq!((joined.recommended().method, joined.verdict), (Method::TheilSen, Verdict::OffTrack));
    assert_eq!(joined.pace, (-1).into(), "from the baseline");

    // Another definition: the baseline tells.
    let other = official(&indicator, &[(2018, 90), (2019, 80)]);
    let apart = outlook(&indicator, plan(), year(0), &other, 0.9).unwrap();
    assert!(apart.cautions.contains(&Caution::HistoryDiffers));
    assert_eq!(apart.observations.len(), 2);

    // Fiscal years are other months.
    let fiscal = mapped(&Printed { baseline: "74人（令和元年度）", ..births() }, MappingStrength::Identical, None);
    let joined = outlook(&fiscal, plan(), year(0), &official(&fiscal, &values), 0.9).unwrap();
    assert!(joined.cautions.contains(&Caution::YearKindsDiffer));
}

#[test]
fn official_statistics_are_brought_into_the_indicators_own_unit() {
    let hundreds = mapped(&births(), MappingStrength::Convertible, Some(100.into()));
    assert_eq!(official(&hundreds, &[(2018, 9_000)])[0].value, 90.into());
    assert_eq!(official(&mapped(&births(), MappingStrength::Similar, None), &[(2018, 90)]), []);
    assert_eq!(official(&births().indicator(), &[(2018, 90)]), []);
    // What spans other periods is not the same by any factor.
    let mut spans = hundreds;
    let mut parts = spans.mappings[0].parts().clone();
    parts.differences = BTreeSet::from([MappingDifference::Period]);
    spans.mappings = vec![Mapping::new(parts).unwrap()];
    assert_eq!(official(&spans, &[(2018, 9_000)]), []);
}

fn cells() -> impl Strategy<Value = Vec<String>> {
    let cell = prop_oneof![
        (-2_000_i64..20_000).prop_map(|number| number.to_string()),
        (0_i64..20).prop_map(|number| number.to_string()),
        prop::sample::select(vec!["", "―", "未集計", "暫定値43.1", "達成", "99999999999999999999999999"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(cell, 0..6)
}

fn accumulations() -> impl Strategy<Value = Accumulation> {
    use Accumulation::{Level, MeanOfYears, RunningTotal, YearlyAmount};
    prop::sample::select(vec![Level, MeanOfYears, RunningTotal, YearlyAmount])
}

const TARGETS: [&str; 12] = [
    "15人",
    "0人（各年度）",
    "40人（5年間）",
    "40人以下（5年間）",
    "3.6人（2021-2025の5年平均）",
    "10％増",
    "100％（各年度）",
    "10団体以上を維持",
    "県内1位",
    "1,638千人（令和7年）",
    "40人未満",
    "△5.13％（令和2年～令和7年）",
];

proptest! {
    #[test]
    fn there_is_always_an_answer(
        target in prop::sample::select(TARGETS.to_vec()), actuals in cells(), accumulation in accumulations(), at in 0_usize..5,
        direction in prop::sample::select(vec![Direction::Higher, Direction::Lower]), unit in prop::sample::select(vec!["人", "%", ""]),
        baseline in prop::sample::select(vec!["", "0", "30", "△8人（令和元年）", "74人（令和元年）", "5件（第1期6年間）"]),
        confidence in prop_oneof![0.5..0.99_f64, any::<f64>()],
    ) {
        let actuals: Vec<&str> = actuals.iter().map(String::as_str).collect();
        let printed = Printed { target, actuals: &actuals, accumulation, direction, unit, baseline, ..LEVEL };
        match outlook(&printed.indicator(), plan(), year(at), &[], confidence) {
            Err(why) => prop_assert!(!why.text().ja.is_empty() && !why.code().is_empty()),
            Ok(outlook) => {
                prop_assert!(outlook.steps().len() > 4);
                prop_assert!(outlook.observations.len() > 1);
                let few = outlook.observations.len() < ENOUGH;
                for projection in &outlook.projections {
                    prop_assert!(projection.interval.is_none_or(|(low, high)| low <= high), "{:?}", projection);
                    prop_assert!(projection.chance.is_none_or(|chance| (0.0..=1.0).contains(&chance)));
                    prop_assert!(!few || (projection.chance.is_none() && projection.interval.is_none()));
                }
            }
        }
    }

    /// 千人 or 人: the same outlook.
    #[test]
    fn the_scale_of_the_unit_changes_nothing(
        numbers in prop::collection::vec(0_i64..5_000, 6), count in 2_usize..5, accumulation in accumulations(),
        direction in prop::sample::select(vec![Direction::Higher, Direction::Lower]),
    ) {
        let ask = |factor: i64, unit: &str| {
            let cells: Vec<String> = numbers.iter().map(|number| (number * factor).to_string()).collect();
            let actuals: Vec<&str> = cells[..count].iter().map(String::as_str).collect();
            let target = format!("{}{unit}（5年間）", cells[5]);
            let printed = Printed { unit, target: &target, actuals: &actuals, accumulation, direction, ..LEVEL };
            outlook(&printed.indicator(), plan(), year(count - 1), &[], 0.9)
        };
        prop_assert_eq!(ask(1, "千人"), ask(1_000, "人"));
    }

    /// What goes up where more is better is what goes down where less is.
    #[test]
    fn a_mirrored_indicator_has_the_mirrored_outlook(
        numbers in prop::collection::vec(-5_000_i64..5_000, 6), count in 2_usize..5,
    ) {
        // Both signs, so that neither has zero for a bound.
        let numbers: Vec<i64> = numbers.iter().enumerate().map(|(at, number)| if at % 2 == 0 { number.abs() + 1 } else { -number.abs() - 1 }).collect();
        let ask = |sign: i64, direction, bound: &str| {
            let cells: Vec<String> = numbers.iter().map(|number| (number * sign).to_string()).collect();
            let actuals: Vec<&str> = cells[..count].iter().map(String::as_str).collect();
            let target = format!("{}点{bound}", cells[5]);
            let printed = Printed { unit: "点", target: &target, actuals: &actuals, direction, ..LEVEL };
            outlook(&printed.indicator(), plan(), year(count - 1), &[], 0.9).unwrap()
        };
        let (plain, mirrored) = (ask(1, Direction::Higher, "以上"), ask(-1, Direction::Lower, "以下"));
        prop_assert_eq!(plain.verdict, mirrored.verdict);
        prop_assert_eq!(plain.pace, -mirrored.pace);
        for (plain, mirrored) in plain.projections.iter().zip(&mirrored.projections) {
            prop_assert_eq!(plain.method, mirrored.method);
            prop_assert_eq!(plain.value, -mirrored.value);
            prop_assert_eq!(plain.chance, mirrored.chance);
            prop_assert_eq!(plain.interval, mirrored.interval.map(|(low, high)| (-high, -low)));
        }
    }
}
