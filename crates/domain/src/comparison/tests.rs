use super::*;
use crate::{
    calendar::YearKind,
    municipality::{Municipality, MunicipalityCode, Prefecture},
    reference::{Aggregation, Comparability, MeasureKind, OfficialIndicator, StandardIndicator},
    strategy::Direction,
    text::Bilingual,
};

fn standard(id: &str, unit: &str, dimension: &str, comparability: Comparability, basis: &str) -> StandardIndicator {
    StandardIndicator {
        id: id.to_owned(),
        name: Bilingual::new(id, id),
        theme: "theme".to_owned(),
        unit: Some(unit.to_owned()),
        dimension: dimension.to_owned(),
        kind: MeasureKind::Flow,
        aggregation: Aggregation::Sum,
        direction: Direction::Higher,
        per_capita_basis: basis.to_owned(),
        comparability,
        official_source: None,
        synonyms: Vec::new(),
        notes: None,
    }
}

fn series(id: &str, unit: &str, standard: Option<&str>) -> OfficialIndicator {
    OfficialIndicator {
        id: id.to_owned(),
        name: Bilingual::new(id, id),
        unit: unit.to_owned(),
        year_kind: YearKind::Calendar,
        as_of: String::new(),
        source: "調査".to_owned(),
        standard_indicator: standard.map(str::to_owned),
    }
}

fn catalogue() -> (Vec<StandardIndicator>, Vec<OfficialIndicator>) {
    let standards = vec![
        standard("births", "人", "people", Comparability::Official, "per_1000_population"),
        standard("net-migration", "人", "people", Comparability::Official, "per_1000_population"),
        standard("tourist-arrivals", "千人", "people_visits", Comparability::ComparableWithCare, "per_capita"),
        standard("overnight-guests", "人泊", "people_nights", Comparability::ComparableWithCare, "per_capita"),
        standard("new-jobs", "人", "people", Comparability::LocalDefinition, "none"),
    ];
    let official = vec![
        series("births", "人", Some("births")),
        series("in_migrants_jp", "人", None),
        series("out_migrants_jp", "人", None),
        series("pop_census", "人", None),
        series("physicians", "人", None),
        series("area_ha", "ha", None),
    ];
    (standards, official)
}

#[test]
fn a_key_names_a_standard_indicator_or_a_series() {
    let (standard, official) = catalogue();
    let catalogue = Catalogue { standard: &standard, official: &official };
    let formula = |key| catalogue.find(key).and_then(|of| of.formula.as_ref().map(Formula::printed));
    assert_eq!(formula("births").as_deref(), Some("births"));
    assert_eq!(formula("net-migration").as_deref(), Some("in_migrants_jp − out_migrants_jp"));
    assert_eq!(formula("tourist-arrivals"), None, "only documents have values");
    assert_eq!(formula("area_ha").as_deref(), Some("area_ha"));
    assert!(catalogue.find("nothing").is_none());

    let base = |key| catalogue.find(key).and_then(|of| of.base).map(|base| base.unit("人"));
    assert_eq!(base("births").as_deref(), Some("人/人口千"));
    assert_eq!(base("tourist-arrivals").as_deref(), Some("人/人口1"));
    assert_eq!(base("physicians").as_deref(), Some("人/人口千"), "what counts people is compared by people");
    assert_eq!((base("pop_census"), base("area_ha"), base("new-jobs")), (None, None, None));
}

#[test]
fn unlike_is_told_from_like() {
    let (standard, official) = catalogue();
    let catalogue = Catalogue { standard: &standard, official: &official };
    let codes = |one, other| -> Vec<ReasonCode> {
        let (one, other) = (catalogue.find(one).unwrap(), catalogue.find(other).unwrap());
        compare(&one, &other).into_iter().map(|of| of.code).collect()
    };
    assert_eq!(codes("births", "births"), []);
    let visits = codes("tourist-arrivals", "overnight-guests");
    assert!(visits.contains(&ReasonCode::DimensionDiffers) && visits.contains(&ReasonCode::UnitDiffers), "{visits:?}");
    assert!(codes("births", "new-jobs").contains(&ReasonCode::LocalDefinition));
    let verdict = |one, other| {
        let (one, other) = (catalogue.find(one).unwrap(), catalogue.find(other).unwrap());
        Verdict::of(&compare(&one, &other))
    };
    assert_eq!(verdict("births", "net-migration"), Verdict::WithCare);
    assert_eq!(verdict("births", "tourist-arrivals"), Verdict::NotComparable);

    let own = |key| Verdict::of(&catalogue.find(key).unwrap().reasons(None));
    assert_eq!(own("births"), Verdict::Comparable);
    assert_eq!(own("tourist-arrivals"), Verdict::WithCare);
    assert_eq!(own("new-jobs"), Verdict::NotComparable);
}

fn question(indicators: &[&str], group: Group) -> Question {
    Question::Comparison(ComparisonQuestion {
        indicators: indicators.iter().map(|key| (*key).to_owned()).collect(),
        years: vec![2023, 2021, 2023],
        group,
        base: None,
        since: None,
        order: Order::Largest,
        bins: 10,
        confidence: 0.95,
    })
}

#[test]
fn the_same_question_has_one_spelling() {
    let codes = |codes: &[&str]| -> Option<Vec<MunicipalityCode>> {
        Some(codes.iter().map(|code| code.parse().unwrap()).collect())
    };
    let one = Group { municipalities: codes(&["012262", "011002", "012262"]), ..Group::default() };
    let other = Group { municipalities: codes(&["011002", "012262"]), ..Group::default() };
    let one = question(&["births", "births"], one).normalise().unwrap();
    assert_eq!(one, question(&["births"], other).normalise().unwrap());
    let Question::Comparison(of) = &one else { panic!("it is of the same kind") };
    assert_eq!(of.years, [2021, 2023]);
    let json = serde_json::to_string(&one).unwrap();
    assert_eq!(serde_json::from_str::<Question>(&json).unwrap(), one);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let variable = Variable { indicator: "births".to_owned(), year: None, per_base: false, base: None };
    let neighbours = Neighbourhood {
        of: "012262".parse().unwrap(),
        count: 0,
        variables: vec![Weighted { variable, weight: f64::NAN, scale: Scale::Linear }],
    };
    let group = Group {
        population_from: Some(2),
        population_to: Some(1),
        municipalities: Some(vec!["012262".parse().unwrap(); MUNICIPALITIES + 1]),
        neighbours: Some(neighbours),
        ..Group::default()
    };
    let mut wrong = question(&[], group);
    if let Question::Comparison(of) = &mut wrong {
        (of.bins, of.confidence) = (0, 1.0);
    }
    let Err(crate::Error::Problems(problems)) = wrong.normalise() else { panic!("it is wrong") };
    let places: Vec<&str> = problems.iter().map(|of| of.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "indicators",
            "bins",
            "confidence",
            "group.populationFrom",
            "group.neighbours.count",
            "group.neighbours.variables[0].weight"
        ],
        "a municipality that is named twice is one"
    );
}

#[test]
fn a_group_narrows_by_all_that_is_given() {
    let municipality = |code: &str, kind: &str, group: &str| Municipality {
        code: code.parse().unwrap(),
        name: code.to_owned(),
        kana: String::new(),
        kind: kind.parse().unwrap(),
        similar_group: group.parse().unwrap(),
        latitude: 0.0,
        longitude: 0.0,
        website: None,
    };
    let all = [
        municipality("011002", "政令指定都市", "政令指定都市"),
        municipality("012262", "市", "都市Ⅰ－３"),
        municipality("022012", "中核市", "中核市"),
        municipality("325252", "町", "町村Ⅰ－２"),
    ];
    let populations = [Some(1_973_395), Some(16_486), Some(275_192), None];
    let members = |group: Group| group.members(&all, |at| populations[at]);
    assert_eq!(members(Group::default()), [0, 1, 2, 3]);
    let hokkaido = Prefecture::from_number(1);
    assert_eq!(members(Group { prefectures: Some(hokkaido.into_iter().collect()), ..Group::default() }), [0, 1]);
    let towns = Group { similar_groups: Some(vec!["町村I-2".parse().unwrap()]), ..Group::default() };
    assert_eq!(members(towns), [3]);
    let small = Group { population_to: Some(20_000), kinds: Some(vec!["市".parse().unwrap()]), ..Group::default() };
    assert_eq!(members(small), [1]);
    assert_eq!(members(Group { population_from: Some(0), ..Group::default() }), [0, 1, 2], "nobody knows of the last");
    assert!(members(Group { kinds: Some(Vec::new()), ..Group::default() }).is_empty());
}
