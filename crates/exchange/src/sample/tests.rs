use shirube_domain::{
    lint::{LintRule, Subject, lint},
    strategy::ObservationStatus,
};

use super::*;

fn ids() -> impl NewIds {
    let mut next = 0_u128;
    move || {
        next += 1;
        uuid::Uuid::from_u128(next)
    }
}

/// A strategy that ships with the product.
pub(crate) fn strategy(at: usize) -> Strategy {
    read(crate::STRATEGIES[at], &mut ids()).unwrap()
}

/// The findings on a strategy: rule and the name of what it is about.
fn findings(strategy: &Strategy) -> Vec<(LintRule, &str)> {
    let name = |subject| match subject {
        Subject::Node(id) => &*strategy.nodes()[strategy.node_at(id).unwrap()].title,
        Subject::Indicator(id) => &*strategy.indicators()[strategy.indicator_at(id).unwrap()].label,
    };
    lint(strategy).into_iter().map(|finding| (finding.rule, name(finding.subject))).collect()
}

#[test]
fn a_careful_reader_of_sunagawa_finds_these_and_nothing_else() {
    assert_eq!(
        findings(&strategy(0)),
        [
            (LintRule::TargetBehindBaseline, "就業者数"),
            (LintRule::ScopeDoesNotFit, "砂川高校からの市内企業就職率"),
            (LintRule::YearTargetBehindBaseline, "砂川高校からの市内企業就職率"),
            (LintRule::BaselineSpanDiffers, "新規就農者数"),
            (LintRule::BeatenInFirstYear, "創業支援事業に基づく新規創業件数及び事業承継件数"),
            (LintRule::ScopeDoesNotFit, "機器を導入したハウス数"),
            (LintRule::UnitDiffers, "観光入込客数"),
            (LintRule::BeatenInFirstYear, "ふるさと応援寄附者の情報メール新規登録件数"),
            (LintRule::YearTargetsGoBack, "施設前の歩行者通行数"),
            (LintRule::UnitDiffers, "妊婦健康診査補助券使用枚数"),
            (LintRule::FlatTarget, "クーポンを利用した世帯の割合"),
            (LintRule::FlatTarget, "英語検定合格率"),
            (LintRule::BeatenInFirstYear, "英語検定合格率"),
            (LintRule::FlatTarget, "事業所が参照したデータ件数"),
            (LintRule::BeatenInFirstYear, "事業所が参照したデータ件数"),
            (LintRule::FlatTarget, "国保特定健診受診率"),
            (LintRule::FlatTarget, "保健指導実施率"),
            (LintRule::BeatenInFirstYear, "SNS砂川市公式アカウント登録率"),
            (LintRule::TargetBehindBaseline, "補助金交付件数"),
            (LintRule::TargetBehindBaseline, "補助金交付件数"),
            (LintRule::EmptyNode, "市民が主体的に地域づくりに参画することができる環境・仕組みづくり"),
            (LintRule::SameFigureTwice, "観光入込客数"),
            (LintRule::SameLabel, "補助金交付件数"),
            (LintRule::SameLabel, "補助金交付件数"),
        ]
    );
}

#[test]
fn a_careful_reader_of_ama_finds_these_and_nothing_else() {
    assert_eq!(
        findings(&strategy(1)),
        [
            (LintRule::NotKeptAtBaseline, "地域の一員であるという感覚をもつ住民の割合"),
            (
                LintRule::TargetBehindBaseline,
                "しゃん山（農産物直売所）に新規登録した生産者の数（計画期間中に年間50万円未満）"
            ),
            (LintRule::DirectionContradictsTarget, "実質公債比率"),
            (LintRule::SameFigureTwice, "結婚した夫婦の平均年齢（女）"),
        ]
    );
}

#[test]
fn targets_that_nobody_can_be_held_to_are_found() {
    let found = |from: &str, to: &str| {
        let changed = crate::STRATEGIES[0].replacen(from, to, 1);
        assert_ne!(changed, crate::STRATEGIES[0], "the sample holds {from}");
        findings(&read(&changed, &mut ids()).unwrap()).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>()
    };
    assert!(found("6,300人（令和7年）", "6,300人（令和12年）").contains(&LintRule::DueAfterPlan));
    let owned = found("\"label\": \"就業者数\"", "\"department\": \"商工労働課\", \"label\": \"就業者数\"");
    assert_eq!(
        owned.iter().filter(|rule| **rule == LintRule::NoOwner).count(),
        49,
        "of what has a target, but that one"
    );
}

#[test]
fn counts_are_those_of_the_document() {
    let sunagawa = strategy(0);
    let counts: Vec<_> = sunagawa
        .roots()
        .map(|goal| sunagawa.counts(goal))
        .map(|counts| (counts.programs.unwrap(), counts.kpis))
        .collect();
    assert_eq!(counts, [(9, 8), (7, 9), (16, 15), (16, 14)]);
    let total = sunagawa.total_counts();
    assert_eq!((total.programs, total.kpis, total.goal_targets, total.monitored), (Some(48), 46, 4, 2));
    let ama = strategy(1).total_counts();
    assert_eq!((ama.programs, ama.kpis), (None, 67));
}

#[test]
fn years_outside_a_program_are_explained() {
    let sunagawa = strategy(0);
    let statuses = |label: &str| -> Vec<ObservationStatus> {
        let indicator = sunagawa.indicators().iter().find(|of| of.label == label).unwrap();
        indicator.figures.years().iter().map(|figures| figures.actual.status()).collect()
    };
    let absent = ObservationStatus::Absent;
    let open = absent(Absence::NotYetReported);
    let ended = absent(Absence::Ended);
    assert_eq!(statuses("機器を導入したハウス数"), [ObservationStatus::Reported, ended, ended, ended, ended]);
    assert_eq!(statuses("支援金交付件数"), [absent(Absence::NotStarted), open, open, open, open]);
    assert_eq!(statuses("就業者数"), [absent(Absence::NotMeasurable), open, open, open, open]);
    assert_eq!(statuses("国保特定健診受診率"), [ObservationStatus::Provisional, open, open, open, open]);
}

#[test]
fn a_stored_strategy_is_read_back_as_it_was() {
    for at in 0..crate::STRATEGIES.len() {
        let strategy = strategy(at);
        let stored = serde_json::to_string(&strategy).unwrap();
        assert_eq!(serde_json::from_str::<Strategy>(&stored).unwrap(), strategy);
    }
}

/// The problems of the first sample file after a change of its text.
fn problems(from: &str, to: &str) -> Vec<String> {
    let changed = crate::STRATEGIES[0].replacen(from, to, 1);
    assert_ne!(changed, crate::STRATEGIES[0], "the sample holds {from}");
    read(&changed, &mut ids()).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let first = "plan[0].indicators[0]";
    for (from, to, told) in [
        ("\"012262\"", "\"012263\"", "municipality: “012263” has a wrong check digit"),
        ("\"R7\"", "\"R1\"", "last_year: the plan ends before it begins"),
        (
            "\"7,740人（平成27年）\"",
            "\"7,74人（平成27年）\"",
            &format!("{first}.baseline: “7,74人（平成27年）” holds a number"),
        ),
        ("\"R3\": \"not_measurable\"", "\"R13\": \"not_measurable\"", &format!("{first}.absences: 令和13年度 is not")),
        ("\"就業者数\"", "\" \"", &format!("{first}.label: is blank")),
        ("\"人\"", "\"3人\"", &format!("{first}.unit: “3人” is not a unit")),
        ("6,300人（令和7年）", "増やす", &format!("{first}.target: “増やす” does not say how much")),
        ("\"goal_target\"", "\"monitored\"", &format!("{first}.target: an indicator that is only monitored")),
        ("\"label\": \"就業者数\"", "\"lable\": \"就業者数\"", &format!("{first}.lable: unknown field")),
        ("[\"―\", \"\", \"\", \"\", \"\"]", "[\"―\"]", &format!("{first}.actuals: holds 1 cells")),
        (
            "\"standard\": \"employed-persons\", \"strength\": \"identical\"",
            "\"standard\": \"employed-persons\", \"strength\": \"convertible\"",
            &format!("{first}.mappings[0].factor: is missing"),
        ),
        (
            "\"label\": \"就業者数\"",
            "\"weight\": 0, \"label\": \"就業者数\"",
            &format!("{first}.weight: 0 is not a weight"),
        ),
        ("shirube-strategy/1", "shirube-strategy/9", "format: “shirube-strategy/9” is not a format"),
    ] {
        let problems = problems(from, to);
        assert!(problems.iter().any(|problem| problem.starts_with(told)), "{told}\n{problems:#?}");
    }
}
