use proptest::prelude::{Strategy, *};

use super::*;
use crate::{
    DepartmentId, IndicatorId, NodeId,
    quantity::Unit,
    strategy::{
        Accumulation, Baseline, Cell, Direction, Figures, Lifecycle, Role, StatedRequirement, Target, TargetText,
        YearFigures,
    },
};

const ACTUAL: Method = Method::ActualToTarget { inverse: Inverse::TargetToActual };
const ONE_PLUS_GAP: Method = Method::ActualToTarget { inverse: Inverse::OnePlusGap };
const BASELINE: Method = Method::ProgressFromBaseline;
const KEPT: Method = Method::LevelKept { level: KeptLevel::Target };

/// An indicator as a document prints it, in a plan of five years from 令和3年度.
#[derive(Clone)]
pub(crate) struct Printed<'a> {
    pub(crate) label: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) direction: Direction,
    pub(crate) baseline: &'a str,
    pub(crate) target: &'a str,
    pub(crate) requirement: Option<StatedRequirement>,
    pub(crate) accumulation: Accumulation,
    pub(crate) targets: &'a [&'a str],
    pub(crate) actuals: &'a [&'a str],
}

pub(crate) const LEVEL: Printed<'static> = Printed {
    label: "指標",
    unit: "人",
    direction: Direction::Higher,
    baseline: "",
    target: "",
    requirement: None,
    accumulation: Accumulation::Level,
    targets: &[],
    actuals: &[],
};

/// 茨城県 雇用創出数: expected values that are running totals.
pub(crate) const JOBS: Printed<'static> = Printed {
    target: "10,000人",
    accumulation: Accumulation::RunningTotal,
    targets: &["2,000", "4,000", "6,000"],
    actuals: &["2,748", "5,163", "7,077（速報値）"],
    ..LEVEL
};

pub(crate) fn year(at: usize) -> FiscalYear {
    FiscalYear::new(2021 + i16::try_from(at).unwrap()).unwrap()
}

pub(crate) fn plan() -> PlanYears {
    PlanYears { first: year(0), last: year(4) }
}

impl Printed<'_> {
    pub(crate) fn indicator(&self) -> Indicator {
        let baseline = (!self.baseline.is_empty()).then(|| Baseline::read(self.baseline));
        let text = TargetText {
            printed: self.target.into(),
            requirement: self.requirement,
            accumulation: Some(self.accumulation),
        };
        let statement = text.read(baseline.as_ref(), self.direction).unwrap();
        let years = (0..self.targets.len().max(self.actuals.len())).map(|at| YearFigures {
            year: year(at),
            target: self.targets.get(at).map(|text| Cell::read_target(text, None)),
            actual: Cell::read_actual(Some(self.actuals.get(at).copied().unwrap_or_default()), None, None),
            published: None,
        });
        Indicator {
            id: IndicatorId::from_uuid(uuid::Uuid::nil()),
            node: NodeId::from_uuid(uuid::Uuid::nil()),
            label: self.label.into(),
            role: Role::Kpi(Target { statement, superseded: Vec::new() }),
            unit: (!self.unit.is_empty()).then(|| Unit::parse(self.unit).unwrap()),
            direction: self.direction,
            baseline,
            figures: Figures::new(years.collect(), None).unwrap(),
            remarks: Vec::new(),
            department: None::<DepartmentId>,
            lifecycle: Lifecycle::default(),
            details: Vec::new(),
            mappings: Vec::new(),
            weight: None,
            continues: None,
            redefined: false,
        }
    }

    fn ask(&self, at: usize, question: &Question) -> Progress {
        progress(&self.indicator(), plan(), year(at), question)
    }

    /// The rate to so many decimals, or what there is instead.
    fn tell(&self, at: usize, toward: Toward, method: Method) -> String {
        told(&self.ask(at, &Question::new(toward, method)))
    }
}

fn told(progress: &Progress) -> String {
    match &progress.outcome {
        Outcome::Rate { percent, .. } => {
            let rounded = percent.round_dp_with_strategy(1, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
            format!("{rounded:.1}")
        }
        Outcome::Verdict { met, why } => format!("{} ({})", if *met { "met" } else { "missed" }, why.code()),
        Outcome::Nothing(why) => why.code().to_owned(),
    }
}

#[test]
fn rates_that_prefectures_and_cities_print() {
    use Toward::{Final, Year};
    let year_of = |baseline, target, actual, direction| Printed {
        baseline,
        target: if direction == Direction::Lower { "1人" } else { "99999人" },
        targets: target,
        actuals: actual,
        direction,
        ..LEVEL
    };
    let higher = |baseline, target, actual| year_of(baseline, target, actual, Direction::Higher);
    let lower = |baseline, target, actual| year_of(baseline, target, actual, Direction::Lower);

    // 長野県 合計特殊出生率, 社会増減, 労働生産性, 就業率 (H29, H27).
    let births = higher("1.54", &["1.62"], &["1.56"]);
    assert_eq!(births.tell(0, Year, ACTUAL), "96.3");
    assert_eq!(births.tell(0, Year, BASELINE), "25.0");
    let migration = higher("△3,703", &["△2,700"], &["△2,530"]);
    assert_eq!(migration.tell(0, Year, ACTUAL), "met (negative)");
    assert_eq!(migration.tell(0, Year, BASELINE), "116.9");
    let productivity = higher("8,012", &["8,137"], &["7,612"]);
    assert_eq!(productivity.tell(0, Year, ACTUAL), "93.5");
    assert_eq!(productivity.tell(0, Year, BASELINE), "-320.0");
    let employment = higher("59.5", &["59.8"], &["61.2"]);
    assert_eq!(employment.tell(0, Year, ACTUAL), "102.3");
    assert_eq!(employment.tell(0, Year, BASELINE), "566.7");

    // 茨城県 雇用創出数: 129.075 is printed cut off, as 129.0.
    assert_eq!(JOBS.tell(0, Year, ACTUAL), "137.4");
    let second = JOBS.ask(1, &Question::new(Year, ACTUAL));
    assert_eq!(second.percent(), Some("129.075".parse().unwrap()));
    let third = JOBS.ask(2, &Question::new(Year, ACTUAL));
    assert_eq!(third.percent(), Some("117.95".parse().unwrap()));
    assert!(third.flags.contains(&Flag::Provisional));

    // 砂川市 観光入込客数, 市内企業就職率, 出生数 (R3).
    let visitors = Printed { unit: "千人", ..higher("1,625千人（令和元年）", &["1,627"], &["902.9"]) };
    assert_eq!(visitors.tell(0, Year, ACTUAL), "55.5");
    let told_of = visitors.ask(0, &Question::new(Year, BASELINE));
    assert_eq!(told(&told_of), "-36105.0");
    assert!(told_of.flags.contains(&Flag::TinyDenominator));
    assert_eq!(told_of.measure.unwrap().gap(), Some("-724100".parse().unwrap()), "in persons");
    let school = Printed {
        unit: "％",
        baseline: "36.7％（令和元年）",
        target: "40.0％（5年間）",
        targets: &["36.0", "37.0", "38.0", "39.0", "40.0"],
        actuals: &["36.6"],
        ..LEVEL
    };
    assert_eq!(school.tell(0, Year, ACTUAL), "101.7");
    let fallen_back = school.ask(0, &Question::new(Year, BASELINE));
    assert_eq!(told(&fallen_back), "101.7", "the year allows a setback");
    assert!(fallen_back.flags.contains(&Flag::WrongSide));
    assert_eq!(school.tell(0, Final, BASELINE), "-3.0");
    let newborn = Printed {
        baseline: "74人（令和元年）",
        target: "108人（令和7年）",
        accumulation: Accumulation::YearlyAmount,
        targets: &["―", "―", "―", "―", "108"],
        actuals: &["72"],
        ..LEVEL
    };
    assert_eq!(newborn.tell(0, Year, ACTUAL), "not_due");
    assert_eq!(newborn.tell(0, Final, BASELINE), "-5.9");
    assert_eq!(newborn.tell(0, Toward::YearOrFinal, BASELINE), "-5.9");

    // Lower is better.
    let near = lower("100", &["80"], &["90"]);
    assert_eq!(near.tell(0, Year, ACTUAL), "88.9");
    assert_eq!(near.tell(0, Year, ONE_PLUS_GAP), "87.5");
    assert_eq!(near.tell(0, Year, BASELINE), "50.0");
    let past = lower("100", &["80"], &["70"]);
    assert_eq!(past.tell(0, Year, ACTUAL), "114.3");
    assert_eq!(past.tell(0, Year, ONE_PLUS_GAP), "112.5");
    assert_eq!(past.tell(0, Year, BASELINE), "150.0");
    let uda = lower("", &["150", "150", "150"], &["385", "245", "205"]);
    assert_eq!([0, 1, 2].map(|at| uda.tell(at, Year, ACTUAL)), ["39.0", "61.2", "73.2"]);
}

#[test]
fn what_has_no_rate_has_an_answer() {
    use Toward::{Final, Year};
    let zero = Printed { direction: Direction::Lower, target: "0人（各年度）", actuals: &["0", "3"], ..LEVEL };
    assert_eq!(zero.tell(0, Year, ACTUAL), "met (zero_target)");
    assert_eq!(zero.tell(1, Year, ACTUAL), "missed (zero_target)");
    assert_eq!(zero.tell(2, Year, ACTUAL), "not_yet_reported");

    let kept = Printed { baseline: "3人", target: "3人（各年度）", actuals: &["3", "2"], ..LEVEL };
    assert_eq!(kept.tell(0, Year, BASELINE), "met (target_is_baseline)");
    assert_eq!(kept.tell(1, Year, BASELINE), "missed (target_is_baseline)");
    assert_eq!(kept.tell(1, Year, KEPT), "66.7");

    let debt = Printed {
        direction: Direction::Lower,
        baseline: "86人",
        target: "計画期間中におおむね100人以下",
        actuals: &["91", "101"],
        ..LEVEL
    };
    assert_eq!(debt.tell(0, Final, KEPT), "109.0");
    assert_eq!(debt.tell(1, Final, KEPT), "99.0");
    assert_eq!(debt.tell(0, Final, BASELINE), "109.9", "a ceiling above the baseline");
    assert_eq!(debt.tell(0, Year, ACTUAL), "109.9", "a limit for the whole plan holds in every year");
    let happy = Printed { unit: "%", baseline: "70", target: "70%以上を維持", actuals: &["77"], ..LEVEL };
    assert_eq!(happy.tell(0, Year, KEPT), "110.0", "and so does what is to be kept");

    let plan = Printed {
        unit: "",
        target: "計画の策定",
        requirement: Some(StatedRequirement::Done),
        actuals: &["策定中", "策定済み", "効果あり", "未策定", "未策定"],
        ..LEVEL
    };
    let all = [0, 1, 2, 3, 4].map(|at| plan.tell(at, Final, ACTUAL));
    assert_eq!(all, ["not_due", "met (without_number)", "judged_by_people", "not_due", "missed (without_number)"]);

    let fewer = Printed {
        direction: Direction::Lower,
        baseline: "50人",
        target: "減少を目指す",
        requirement: Some(StatedRequirement::Decrease),
        actuals: &["40", "60", "", "", "60"],
        ..LEVEL
    };
    let all = [0, 1, 2, 4].map(|at| fewer.tell(at, Final, ACTUAL));
    assert_eq!(all, ["met (without_number)", "not_due", "not_yet_reported", "missed (without_number)"]);

    let grown = Printed {
        baseline: "200人",
        target: "10％増",
        requirement: Some(StatedRequirement::Growth),
        actuals: &["210"],
        ..LEVEL
    };
    assert_eq!(grown.tell(0, Final, BASELINE), "50.0");
    let rank =
        Printed { unit: "位", direction: Direction::Lower, target: "県内3位以内", actuals: &["6"], ..LEVEL };
    assert_eq!(rank.tell(0, Final, ACTUAL), "50.0");

    let nothing = Printed { target: "5人（各年度）", actuals: &["0", "実施", "―", "調査中"], ..LEVEL };
    let all = [0, 1, 2, 3].map(|at| nothing.tell(at, Year, ACTUAL));
    assert_eq!(all, ["0.0", "words", "not_applicable", "not_yet_reported"]);
    assert_eq!(nothing.tell(0, Year, BASELINE), "no_baseline");
}

#[test]
fn years_that_add_up_are_added_up() {
    use Toward::{Final, Year};
    let yearly = Printed {
        baseline: "7人（令和元年）",
        target: "55人（5年間）",
        accumulation: Accumulation::YearlyAmount,
        targets: &["11", "11", "11", "11", "11"],
        actuals: &["2", "20", "", "11"],
        ..LEVEL
    };
    assert_eq!(yearly.tell(0, Year, ACTUAL), "18.2");
    assert_eq!(yearly.tell(1, Year, ACTUAL), "100.0");
    assert_eq!(yearly.tell(1, Final, ACTUAL), "40.0");
    assert_eq!(yearly.tell(1, Final, BASELINE), "40.0", "a total begins with nothing");
    assert_eq!(yearly.tell(3, Year, ACTUAL), "total_incomplete");
    let alone = Question { basis: Basis::YearAlone, ..Question::new(Year, ACTUAL) };
    assert_eq!(told(&yearly.ask(1, &alone)), "181.8");
    assert_eq!(told(&yearly.ask(3, &alone)), "100.0");
    let paced = Question { pace: Some(Pace::Elapsed), ..Question::new(Final, ACTUAL) };
    let answer = yearly.ask(1, &paced);
    assert_eq!((told(&answer).as_str(), answer.before_pace), ("100.0", Some((40.into(), 40.into()))));
    let table = Pace::Table { shares: vec![Number(10.into()), Number(80.into())] };
    let answer = yearly.ask(1, &Question { pace: Some(table), ..Question::new(Final, ACTUAL) });
    assert_eq!(told(&answer), "50.0");

    let once = Printed {
        target: "100人（5年間）",
        accumulation: Accumulation::YearlyAmount,
        targets: &["100", "―", "―", "―", "―"],
        actuals: &["40", "―", "―", "―", "―"],
        ..LEVEL
    };
    assert_eq!([0, 1, 4].map(|at| once.tell(at, Year, ACTUAL)), ["40.0", "no_target", "40.0"]);

    let mean = Printed {
        direction: Direction::Lower,
        baseline: "5.2",
        target: "3人（2021-2025の5年平均）",
        accumulation: Accumulation::MeanOfYears,
        actuals: &["2", "5", "1", "5", "2"],
        ..LEVEL
    };
    assert_eq!(mean.tell(4, Year, ACTUAL), "100.0");
    let second = mean.ask(1, &Question::new(Final, ACTUAL));
    assert_eq!(told(&second), "85.7");
    assert!(second.flags.contains(&Flag::PartialMean));
}

#[test]
fn a_guide_value_stands_in_for_a_missing_target() {
    let line =
        |decimals| Question { guide: Some(Guide::StraightLine { decimals }), ..Question::new(Toward::Year, BASELINE) };
    let rate = Printed { baseline: "1.54", target: "1.68", actuals: &["", "", "1.56"], ..LEVEL };
    let exact = rate.ask(2, &line(None));
    assert_eq!(told(&exact), "23.8");
    assert_eq!(exact.measure.unwrap().target, "1.624".parse().unwrap());
    assert!(exact.flags.contains(&Flag::GuideValue));
    assert_eq!(told(&rate.ask(2, &line(Some(2)))), "25.0");
    // A limit is the same in every year.
    let limit = Printed { baseline: "7,740", target: "6,300人（令和7年）", actuals: &["7,000"], ..LEVEL };
    assert_eq!(limit.ask(0, &line(None)).measure.unwrap().target, 6300.into());
}

fn accumulations() -> impl Strategy<Value = Accumulation> {
    use Accumulation::{Level, MeanOfYears, RunningTotal, YearlyAmount};
    prop::sample::select(vec![YearlyAmount, RunningTotal, Level, MeanOfYears])
}

fn cells() -> impl Strategy<Value = Vec<String>> {
    let cell = prop_oneof![
        3 => (-2000_i64..2000, 0_u32..4).prop_map(|(value, scale)| Decimal::new(value, scale).to_string()),
        1 => prop::sample::select(vec!["", "―", "0", "達成", "未集計", "79228162514264337593543950335", "0.0000000000000000000000000001"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(cell, 0..6)
}

fn questions() -> impl Strategy<Value = Question> {
    let toward = prop::sample::select(vec![Toward::Year, Toward::Final, Toward::YearOrFinal]);
    let kept = Method::LevelKept { level: KeptLevel::Baseline };
    let method = prop::sample::select(vec![ACTUAL, ONE_PLUS_GAP, BASELINE, KEPT, kept]);
    let basis = prop::sample::select(vec![Basis::ToDate, Basis::YearAlone]);
    let guide = prop::sample::select(vec![None, Some(Guide::StraightLine { decimals: None })]);
    let pace = prop::sample::select(vec![
        None,
        Some(Pace::Elapsed),
        Some(Pace::Table { shares: vec![Number(Decimal::ZERO)] }),
    ]);
    (toward, method, basis, guide, pace).prop_map(|(toward, method, basis, guide, pace)| Question {
        toward,
        method,
        basis,
        guide,
        pace,
    })
}

fn directions() -> impl Strategy<Value = Direction> {
    prop::sample::select(vec![Direction::Higher, Direction::Lower, Direction::Unstated])
}

const TEXTS: [&str; 10] = [
    "30人（各年度）",
    "30人（5年間）",
    "0人",
    "△5人（令和7年）",
    "30人以上を維持",
    "30人以下",
    "30人超",
    "10％増",
    "県内1位",
    "79228162514264337593543950335人",
];

proptest! {
    #[test]
    fn there_is_always_an_answer(
        text in prop::sample::select(TEXTS.to_vec()), baseline in prop::sample::select(vec!["", "0", "30", "△8", "－件", "5件（第1期6年間）"]),
        accumulation in accumulations(), direction in directions(), targets in cells(), actuals in cells(),
        at in 0_usize..5, question in questions(),
    ) {
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let actuals: Vec<&str> = actuals.iter().map(String::as_str).collect();
        let printed = Printed { baseline, target: text, accumulation, direction, targets: &targets, actuals: &actuals, ..LEVEL };
        let progress = printed.ask(at, &question);
        prop_assert!(!progress.steps().is_empty(), "{progress:?}");
        if let (Some(measure), Outcome::Rate { met, .. }) = (progress.measure, &progress.outcome) {
            prop_assert_eq!(measure.is_met(), *met);
        }
    }

    /// 千人 or 人: the same rate.
    #[test]
    fn the_scale_of_the_unit_changes_nothing(
        numbers in prop::collection::vec(0_i64..5_000, 7), at in 0_usize..5, question in questions(), direction in directions(),
        accumulation in accumulations(),
    ) {
        let print = |factor: i64, unit: &str| -> (Vec<String>, String, String) {
            let cells = numbers.iter().map(|number| (number * factor).to_string()).collect::<Vec<_>>();
            let (baseline, target) = (format!("{}{unit}", cells[5]), format!("{}{unit}（5年間）", cells[6]));
            (cells, baseline, target)
        };
        let ask = |factor, unit: &str| {
            let (cells, baseline, target) = print(factor, unit);
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            Printed {
                unit, direction, accumulation, baseline: &baseline, target: &target, targets: &cells[..4], actuals: &cells[..5], ..LEVEL
            }
            .ask(at, &question)
            .outcome
        };
        prop_assert_eq!(ask(1, "千人"), ask(1_000, "人"));
    }

    /// What is kept as yearly amounts and what is kept as a running total is the same.
    #[test]
    fn yearly_amounts_and_a_running_total_agree(
        targets in prop::collection::vec(0_i64..100, 5), actuals in prop::collection::vec(0_i64..100, 5), at in 0_usize..5,
        question in questions(), direction in directions(),
    ) {
        let yearly = |numbers: &[i64]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>();
        let running = |numbers: &[i64]| {
            numbers.iter().scan(0, |sum, number| { *sum += number; Some(sum.to_string()) }).collect::<Vec<_>>()
        };
        let target = format!("{}人（5年間）", targets.iter().sum::<i64>());
        let ask = |accumulation, targets: Vec<String>, actuals: Vec<String>| {
            let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
            let actuals: Vec<&str> = actuals.iter().map(String::as_str).collect();
            let printed = Printed { baseline: "7人", target: &target, direction, accumulation, targets: &targets, actuals: &actuals, ..LEVEL };
            printed.ask(at, &question).outcome
        };
        prop_assert_eq!(
            ask(Accumulation::YearlyAmount, yearly(&targets), yearly(&actuals)),
            ask(Accumulation::RunningTotal, running(&targets), running(&actuals))
        );
    }

    /// What is better when more, turned over, is better when less, by as much.
    #[test]
    fn a_mirrored_indicator_has_a_mirrored_result(
        baseline in 1_i64..1_000, target in 1_i64..1_000, actual in 1_i64..1_000,
    ) {
        let turn = |number: i64| (2_000 - number).to_string();
        let ask = |numbers: [String; 3], direction, requirement| {
            let [baseline, target, actual] = &numbers;
            let printed = Printed {
                baseline, target: &format!("{target}人（令和7年）"), direction, requirement: Some(requirement), targets: &["", "", "", "", target],
                actuals: &["", "", "", "", actual], ..LEVEL
            };
            printed.ask(4, &Question::new(Toward::Year, BASELINE))
        };
        let plain = ask([baseline, target, actual].map(|number| number.to_string()), Direction::Higher, StatedRequirement::AtLeast);
        let mirrored = ask([baseline, target, actual].map(turn), Direction::Lower, StatedRequirement::AtMost);
        prop_assert_eq!(plain.met(), mirrored.met());
        prop_assert_eq!(plain.flags.contains(&Flag::WrongSide), mirrored.flags.contains(&Flag::WrongSide));
        if !plain.flags.contains(&Flag::WrongSide) {
            prop_assert_eq!(plain.percent(), mirrored.percent());
        }
    }
}
