//! What is suggested for indicators of the sample documents, held against what a person who knows the catalogue would say.

use shirube_domain::suggest::Catalogue;

use crate::{STRATEGIES, sample::tests::strategy, standard_indicators};

/// The best suggestion for each label that has one, with its score.
const EXPECTED: &[&str] = &[
    "就業者数 → employed-persons 100",
    "砂川高校からの市内企業就職率 → local-hiring-rate 75",
    "施設新設等を行った企業の新規雇用者数 → new-jobs 66",
    "研修終了者数 → care-worker-training 60",
    "新規就農者数 → new-farmers 100",
    "地域ブランドの商品数 → local-brand-products 100",
    "創業支援事業に基づく新規創業件数及び事業承継件数 → startups 62",
    "連携取組数 → sixth-industry-projects 100",
    "観光入込客数 → tourist-arrivals 100",
    "お試し暮らしの利用組数 → trial-stay-users 66",
    "補助金交付件数 → housing-subsidies 100",
    "支援金交付件数 → housing-subsidies 66",
    "砂川観光協会ホームページアクセス数 → tourism-web-views 82",
    "施設前の歩行者通行数 → pedestrian-traffic 51",
    "砂川高校入学間口数 → local-high-school-enrolment 60",
    "出生数 → births 100",
    "訪問指導実施率 → infant-home-visit-rate 100",
    "学童保育所待機児童数 → after-school-waiting-children 100",
    "授業理解度 → class-understanding-rate 100",
    "英語検定合格率 → english-proficiency-rate 100",
    "人口増減率 → population-change-rate 100",
    "国保特定健診受診率 → specific-health-checkup-rate 100",
    "保健指導実施率 → infant-home-visit-rate 66",
    "レクリエーション活動等の利用者数 → health-programme-participants 100",
    "乗合タクシーの利用者数 → transit-ridership 84",
    "自主防災組織数 → voluntary-disaster-orgs 100",
    "発行した証明書の件数 → online-services-use 100",
    "マイナンバーカード交付枚数率 → my-number-card-rate 89",
    "結婚した夫婦の数 → marriages 60",
    "１年に生まれる子どもの数 → births 100",
    "海士町の子育てや教育環境に満足している割合 → childrearing-satisfaction 90",
    "福祉事業所の新たな雇用数：諏訪苑 → care-worker-training 52",
    "島内生の島前高校進学率 → local-high-school-enrolment 77",
    "大人の島留学体験参加人数 → trial-stay-users 52",
    "｢ないものはない｣特設ウェブサイトへの年間閲覧数 → tourism-web-views 81",
    "外国人宿泊客数 → foreign-guests 60",
    "ふるさと納税の金額 → furusato-donation-amount 100",
    "ふるさと納税の人数 → furusato-donation-count 60",
    "島内事業所における起業の数 → startups 100",
    "島内事業所における継業の数 → startups 83",
    "実質公債比率 → real-debt-service-ratio 85",
];

#[test]
fn the_sample_documents_are_suggested_what_a_person_would_suggest() {
    let standards = standard_indicators().unwrap();
    let catalogue = Catalogue::new(&standards);
    let mut told = Vec::new();
    for at in 0..STRATEGIES.len() {
        let strategy = strategy(at);
        for indicator in strategy.indicators() {
            if let Some(best) = catalogue.suggestions(indicator, &standards).first() {
                let line = format!("{} → {} {}", indicator.label, standards[best.at].id, best.score);
                if !told.contains(&line) {
                    told.push(line);
                }
            }
        }
    }
    assert_eq!(told, EXPECTED);
}

#[test]
fn a_person_has_decided_on_every_best_suggestion_for_the_sample_documents() {
    let standards = standard_indicators().unwrap();
    let catalogue = Catalogue::new(&standards);
    for at in 0..STRATEGIES.len() {
        for indicator in strategy(at).indicators() {
            let decided = |standard: &str| indicator.mappings.iter().any(|of| of.standard() == standard);
            if let Some(best) = catalogue.suggestions(indicator, &standards).first() {
                assert!(decided(&standards[best.at].id), "{} → {}", indicator.label, standards[best.at].id);
            }
            for mapping in &indicator.mappings {
                let standard = mapping.standard();
                assert!(standards.iter().any(|of| of.id == standard), "{standard} is in the catalogue");
            }
        }
    }
}
