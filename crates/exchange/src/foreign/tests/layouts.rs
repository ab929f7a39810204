//! Layouts of other municipalities, in small.

use super::*;

#[test]
fn one_indicator_a_row_with_baseline_target_and_years() {
    let rows = [
        vec![TITLE],
        vec![
            "基本目標",
            "施策",
            "重要業績評価指標（KPI）",
            "単位",
            "基準値（R1）",
            "目標値（R6）",
            "R2",
            "R3",
            "R4",
            "R5",
            "R6",
            "担当課",
            "備考",
        ],
        vec!["1 しごとをつくる", "企業立地", "新規雇用者数", "人", "3", "50", "5", "7", "12", "", "", "商工課", ""],
        vec!["", "", "市内総生産額", "億円", "1,200", "1,300", "1,210", "1,180", "―", "", "", "商工課", "速報"],
        vec!["", "創業支援", "創業件数（累計）", "件", "0", "10", "1", "3", "4", "", "", "", ""],
        vec!["2 ひとの流れ", "移住", "転入超過数", "人", "△25", "0", "△30", "▲12", "5", "", "", "企画課", ""],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    assert_eq!(
        told(&proposal),
        [
            "新規雇用者数 Kpi [人] 3（令和元年度） → 50（令和6年度） YearlyAmount ,,,, | 5,7,12,,",
            "市内総生産額 Kpi [億円] 1,200（令和元年度） → 1,300（令和6年度） YearlyAmount ,,,, | 1,210,1,180,―,,",
            "創業件数（累計） Kpi [件] 0（令和元年度） → 10（令和6年度） RunningTotal ,,,, | 1,3,4,,",
            "転入超過数 Kpi [人] △25（令和元年度） → 0（令和6年度） YearlyAmount ,,,, | △30,▲12,5,,",
        ]
    );
    let strategy = &proposal.strategy;
    assert_eq!(strategy["plan"][0]["number"], "1");
    assert_eq!(strategy["plan"][0]["children"][0]["title"], "企業立地");
    assert_eq!(strategy["plan"][0]["children"][0]["indicators"].as_array().unwrap().len(), 2);
    assert_eq!(strategy["plan"][0]["children"][0]["indicators"][1]["details"][0]["text"], "速報");
    assert_eq!(strategy["plan"][1]["children"][0]["indicators"][0]["department"], "企画課");
    assert_eq!(strategy["report"]["year"], "R4");
}

#[test]
fn two_rows_of_headings_tell_targets_actuals_rates_and_grades_apart() {
    let rows = [
        vec![TITLE],
        vec!["基本目標", "KPI", "単位", "令和２年度", "", "", "", "令和３年度", "", "", "", "今後の取組"],
        vec!["", "", "", "目標値", "実績値", "達成率", "評価", "目標値", "実績値", "達成率", "評価", ""],
        vec!["①しごと", "雇用者数", "人", "10", "8", "80%", "B", "10", "12", "120%", "A", "続ける"],
        vec!["②ひと", "移住者数", "人", "5", "5", "100%", "A", "6", "調査中", "―", "―", ""],
    ];
    for merged in [true, false] {
        let mut table = sheet("KPI", rows.clone());
        if merged {
            let area = |from: u32| book::Area { first: (1, from), last: (1, from + 3) };
            table.merged.extend([area(3), area(7)]);
        }
        let said = Layout { first_year: Some("R2".into()), last_year: Some("R3".into()), ..Layout::default() };
        let proposal = corrected(&[table], &said);
        assert_eq!(
            told(&proposal),
            ["雇用者数 Kpi [人]  → 10 YearlyAmount 10,10 | 8,12", "移住者数 Kpi [人]  → 6 YearlyAmount 5,6 | 5,調査中",]
        );
        let of = &proposal.strategy["plan"][0]["indicators"][0];
        assert_eq!(of["rates"], serde_json::json!(["80%", "120%"]));
        assert_eq!(of["grades"], serde_json::json!(["B", "A"]));
        assert_eq!(of["remarks"]["R3"], "続ける");
    }
}

#[test]
fn sheets_may_be_goals() {
    let rows = |label: &str, value: &str| {
        vec![
            vec!["施策".to_owned(), "指標".into(), "目標値".into(), "R2年度".into(), "R3年度".into()],
            vec!["施策Ａ".to_owned(), label.into(), "100人".into(), value.into(), String::new()],
        ]
    };
    let cover = sheet("表紙", [[TITLE]]);
    let proposal = proposed(&[
        cover,
        sheet("基本目標1 しごと", rows("雇用者数", "8")),
        sheet("基本目標2 ひと", rows("移住者数", "9")),
    ]);
    assert_eq!(told(&proposal).len(), 2);
    let plan = &proposal.strategy["plan"];
    assert_eq!((&plan[0]["number"], &plan[0]["title"]), (&"1".into(), &"しごと".into()));
    assert_eq!(plan[1]["children"][0]["indicators"][0]["label"], "移住者数");
    assert_eq!(proposal.strategy["levels"][1]["name"], "施策");
}

#[test]
fn running_totals_in_brackets_stand_beside_the_figures_of_the_years() {
    let rows = [
        vec![TITLE],
        vec!["基本目標", "指標", "目標値", "R2", "R3", "R4", "R5", "R6"],
        vec!["しごと", "創業件数", "50件", "5", "10（15）", "8（累計24）"],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    assert_eq!(told(&proposal), ["創業件数 Kpi [件]  → 50件 YearlyAmount ,,,, | 5,10,8,,"]);
    let of: Vec<(&str, Confidence)> = proposal
        .guesses
        .iter()
        .filter(|guess| guess.subject == Subject::Figure)
        .map(|guess| (guess.at.as_str(), guess.confidence))
        .collect();
    assert_eq!(of, [("KPI!F3", Confidence::Unsure), ("KPI!E3", Confidence::Sure)], "5 + 10 + 8 is 23 and not 24");
    assert_eq!(proposal.strategy["plan"][0]["indicators"][0]["details"][1]["text"], "24");
}

#[test]
fn pairs_of_rows_without_a_word_are_targets_and_actuals() {
    let rows = [
        vec![TITLE],
        vec!["事業名", "KPI", "R2", "R3", "R4", "R5", "R6", "5年間の合計", "所見"],
        vec!["基本目標１　しごと"],
        vec!["雇用事業", "雇用者数／0人（R1）→15人（5年間）", "3", "3", "3", "3", "3", "15", "よい"],
        vec!["", "", "2", "4", "", "", "", "6"],
        vec!["小計（事業数：1、ＫＰＩ数：1）"],
        vec!["※　数値は年度末"],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    assert_eq!(told(&proposal), ["雇用者数 Kpi [人] 0人（R1） → 15人（5年間） YearlyAmount 3,3,3,3,3 | 2,4,,,"]);
    assert_eq!(proposal.strategy["source"]["notes"], serde_json::json!(["※　数値は年度末"]));
    assert!(
        proposal.strategy["plan"][0]["children"][0]["indicators"][0].get("total").is_none(),
        "the totals are the sums"
    );
}

#[test]
fn what_is_not_understood_is_told_with_its_place() {
    let rows = [
        vec![TITLE, "", "何かの印"],
        vec!["基本目標", "指標", "単位", "目標値", "R2", "R3", ""],
        vec!["しごと", "雇用者数", "人ほど３", "10", "おおむね良好", "8", ""],
        vec!["", "", "", "", "", "", "欄外"],
    ];
    let proposal = proposed(&[sheet("表", rows)]);
    let unread: Vec<(&str, &str)> = proposal.unread.iter().map(|of| (of.at.as_str(), of.text.as_str())).collect();
    assert_eq!(unread, [("表!G4", "欄外"), ("表!C3", "人ほど３")]);
    let words: Vec<&str> =
        proposal.guesses.iter().filter(|of| of.subject == Subject::Figure).map(|of| of.at.as_str()).collect();
    assert_eq!(words, ["表!E3"]);
}

#[test]
fn a_year_above_results_is_not_the_year_of_the_report() {
    let rows = [
        vec![TITLE],
        vec![
            "基本目標",
            "指標",
            "単位",
            "基準値",
            "令和２年度実績値",
            "令和３年度実績値",
            "令和４年度実績値",
            "目標値",
            "達成率",
            "評価",
        ],
        vec!["1 稼ぐ", "事業所数", "所", "100", "99", "98", "97", "105", "92.4%", "B"],
    ];
    let strategy = proposed(&[sheet("KPI", rows)]).strategy;
    assert_eq!(strategy["report"]["year"], "R4");
    let of = &strategy["plan"][0]["indicators"][0];
    assert_eq!(of["rates"], serde_json::json!([null, null, "92.4%", null, null]));
    assert_eq!(of["grades"][2], "B");
}

#[test]
fn of_columns_that_say_the_same_one_is_taken_and_the_others_are_kept() {
    let rows = [
        vec![TITLE],
        vec![
            "基本目標",
            "指標種別",
            "指標名",
            "計画策定時(H30)",
            "現状値（R4）",
            "当初目標値",
            "見直し後目標値",
            "R2",
            "自己評価",
            "外部評価",
        ],
        vec!["1 働く", "主指標", "事業所数", "100", "103", "110", "120", "101", "A", "B"],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    assert_eq!(told(&proposal), ["事業所数 Kpi [] 100（平成30年度） → 120 Level ,,,, | 101,,103,,"]);
    let of = &proposal.strategy["plan"][0]["indicators"][0];
    let details: Vec<(&str, &str)> = of["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (of["heading"].as_str().unwrap(), of["text"].as_str().unwrap()))
        .collect();
    assert_eq!(details, [("指標種別", "主指標"), ("当初目標値", "110"), ("外部評価", "B")]);
    assert_eq!(of["grades"][2], "A");
}

#[test]
fn lines_that_are_no_indicators_are_none() {
    let rows = [
        vec![TITLE],
        vec!["基本目標2", "ひとをよぶ"],
        vec!["指標", "基準値", "目標値", "R2", "R3"],
        vec!["【数値目標】"],
        vec!["農家数", "12戸", "15戸", "11戸", "9戸"],
        vec!["KPI"],
        vec!["施策(1) 商業の振興"],
        vec!["商店数", "200店", "210店", "201店", "202店"],
        vec!["◎：目標達成　○：概ね達成"],
        vec!["総合政策課"],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    let lines = told(&proposal);
    assert!(lines[0].starts_with("農家数 GoalTarget [戸]") && lines[1].starts_with("商店数 Kpi [店]"), "{lines:?}");
    assert_eq!(lines.len(), 2);
    let goal = &proposal.strategy["plan"][0];
    assert_eq!((&goal["number"], &goal["title"]), (&"2".into(), &"ひとをよぶ".into()));
    assert_eq!(goal["children"][0]["title"], "商業の振興");
    let unread: Vec<&str> = proposal.unread.iter().map(|of| of.at.as_str()).collect();
    assert_eq!(unread, ["KPI!A9", "KPI!A10"]);
}

#[test]
fn three_rows_of_headings_and_rows_of_rates() {
    let rows = [
        vec![TITLE],
        vec!["基本目標", "指標", "進捗状況", "", "", "", "目標値"],
        vec!["", "", "令和2年度", "", "令和3年度", "", ""],
        vec!["", "", "目標", "実績(人)", "目標", "実績(人)", ""],
        vec!["1 働く", "雇用者数", "10", "8", "10", "12", "50人"],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    assert_eq!(told(&proposal), ["雇用者数 Kpi [人]  → 50人 YearlyAmount 10,10,,, | 8,12,,,"]);
    let rows = [
        vec![TITLE],
        vec!["基本目標", "指標", "区分", "R2", "R3"],
        vec!["1 働く", "雇用者数", "目標", "10", "10"],
        vec!["", "", "実績", "8", "12"],
        vec!["", "", "達成率", "80%", "120%"],
        vec!["", "", "評価", "B", "A"],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    let of = &proposal.strategy["plan"][0]["indicators"][0];
    assert_eq!((&of["rates"][1], &of["grades"][0]), (&"120%".into(), &"B".into()));
}

#[test]
fn a_sheet_for_each_year_is_one_strategy() {
    let year = |year: &str, value: &str, grade: &str| {
        let head =
            ["基本目標", "指標", "単位", &format!("{year}目標値"), &format!("{year}実績値"), "評価"].map(str::to_owned);
        sheet(&format!("{year}評価"), [head, ["1 働く", "雇用者数", "人", "10", value, grade].map(str::to_owned)])
    };
    let said = Layout { municipality: Some("012262".into()), ..Layout::default() };
    let proposal = corrected(&[year("R2", "8", "B"), year("R3", "12", "A")], &said);
    assert_eq!(told(&proposal), ["雇用者数 Kpi [人]  → 10 YearlyAmount 10,10 | 8,12"]);
    assert_eq!(proposal.strategy["plan"][0]["indicators"][0]["grades"], serde_json::json!(["B", "A"]));
}

#[test]
fn what_is_hidden_or_broken_is_told_and_not_taken() {
    let rows =
        [vec![TITLE], vec!["基本目標", "指標", "目標値", "R2", "R3"], vec!["1 働く", "雇用者数", "10人", "8", ""]];
    let mut shown = sheet("KPI", rows.clone());
    shown.cells.insert((2, 4), Value::Fault("#DIV/0!".into()));
    let hidden = Sheet { hidden: true, ..sheet("作業用", rows) };
    let proposal = proposed(&[shown, hidden]);
    assert_eq!(told(&proposal).len(), 1);
    let unread: Vec<(&str, &str)> = proposal.unread.iter().map(|of| (of.at.as_str(), of.text.as_str())).collect();
    assert_eq!(unread, [("KPI!E3", "#DIV/0!"), ("作業用", "")]);
}

#[test]
fn what_is_one_cell_for_several_rows_is_said_of_each() {
    let rows = [
        vec![TITLE],
        vec!["施策", "指標", "目標値", "R2", "担当課"],
        vec!["雇用", "雇用者数", "10人", "8", "商工課"],
        vec!["", "求人数", "20件", "18", ""],
    ];
    let mut table = sheet("KPI", rows);
    table.merged.push(book::Area { first: (2, 4), last: (3, 4) });
    let plan = proposed(&[table]).strategy["plan"].clone();
    assert_eq!(plan[0]["indicators"][1]["department"], "商工課");
}

#[test]
fn rows_that_say_something_else_are_no_pair() {
    let rows = [
        vec![TITLE],
        vec!["基本目標", "指標", "性別", "単位", "目標値", "R2", "R3"],
        vec!["1 健康", "健康寿命", "男性", "歳", "81", "80.1", "80.5"],
        vec!["", "", "女性", "歳", "86", "84.3", "85"],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    let labels: Vec<String> = told(&proposal).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(labels, ["健康寿命", "健康寿命（女性）"]);
}

#[test]
fn a_table_without_indicators_is_not_ready() {
    let rows = [vec![TITLE], vec!["基本目標", "指標", "目標値", "R2"], vec!["しごと"]];
    let proposal = proposed(&[sheet("KPI", rows)]);
    assert!(!proposal.is_ready());
    let rows = [
        vec![TITLE],
        vec!["基本目標", "指標", "目標値", "R2"],
        vec!["1 しごと", "計画", "策定する", "―"],
        vec!["", "満足度", "増加", "50%"],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    assert_eq!(proposal.problems, []);
    assert_eq!(proposal.strategy["plan"][0]["indicators"][0]["requirement"], "done");
    assert_eq!(proposal.strategy["plan"][0]["indicators"][1]["requirement"], "increase");
}

#[test]
fn a_line_above_a_table_says_what_its_indicators_are() {
    let head = vec!["指標", "目標値", "R2"];
    let rows = [
        vec![TITLE],
        vec!["基本目標1　しごと"],
        vec!["数値目標"],
        head.clone(),
        vec!["就業者数", "10人", "8"],
        head,
        vec!["雇用者数", "5人", "3"],
        vec!["名前だけ"],
    ];
    let mut said = Layout::default();
    let table = sheet("KPI", rows);
    let proposal = proposed(std::slice::from_ref(&table));
    let roles: Vec<bool> = told(&proposal).iter().map(|line| line.contains("GoalTarget")).collect();
    assert_eq!(roles, [true, false]);
    assert_eq!(proposal.unread[0].at, "KPI!A8");
    // Somebody knows better.
    said.rows.insert("KPI!8".to_owned(), RowKind::Figures);
    let of = corrected(&[table], &said);
    assert_eq!((of.counts.indicators, of.unread.len()), (3, 0));
}

#[test]
fn a_share_without_its_format_is_doubted() {
    let doubts = |value| {
        let head = vec!["基本目標", "指標", "単位", "目標値", "R2", "R3"];
        let rows = [vec![TITLE], head, vec!["1 しごと", "就職率", "%", "40%", "0.371", value]];
        let proposal = proposed(&[sheet("KPI", rows)]);
        proposal.guesses.iter().filter(|of| of.subject == Subject::Figure).count()
    };
    assert_eq!((doubts("0.38"), doubts("38")), (1, 0));
}

#[test]
fn a_summary_below_a_table_is_no_part_of_it() {
    let rows = [
        vec![TITLE],
        vec!["数値目標"],
        vec!["基本目標", "指標", "単位", "現状値（R3）", "策定時(H30)", "目標値(R6)", "評価"],
        vec!["1 働く", "雇用者数", "人", "8", "5", "10", "A"],
        vec![],
        vec!["", "評価", "件数", "割合"],
        vec!["", "A", "1", "100%"],
    ];
    let proposal = proposed(&[sheet("KPI", rows)]);
    assert_eq!(
        told(&proposal),
        ["雇用者数 GoalTarget [人] 5（平成30年度） → 10（令和6年度） YearlyAmount ,,,, | ,8,,,"]
    );
    let unread: Vec<&str> = proposal.unread.iter().map(|of| of.at.as_str()).collect();
    assert_eq!(unread, ["KPI!B6", "KPI!C6", "KPI!D6", "KPI!B7", "KPI!C7", "KPI!D7"]);
    assert_eq!(proposal.strategy["plan"][0]["indicators"][0]["grades"][1], "A");
}
