//! What an indicator means, where its document does not say: told by the words of its label, by its unit and by its figures.

use rust_decimal::Decimal;
use shirube_domain::{
    quantity::{Amount, Bound, Unit},
    strategy::{Accumulation, Baseline, Direction, Scope, StatedRequirement, TargetReading},
    text::{Bilingual, is_dash, normalize},
};

use super::{Confidence, headings::folded};

/// A label with its baseline and target, as they stand in one cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Statement {
    pub(super) label: String,
    pub(super) baseline: Option<String>,
    pub(super) target: Option<String>,
    /// Why there is no target: 目標値の設定が困難なため、実績値の管理とする.
    pub(super) reason: Option<String>,
}

/// How many bytes a cell may have that is taken apart.
const LABEL: usize = 3_000;

/// How sentences begin that say why there is no target.
const REASONS: [&str; 8] = [
    "目標値の設定",
    "数値目標の設定",
    "KPIの設定",
    "ＫＰＩの設定",
    "指標の設定",
    "目標の設定",
    "目標値は設定",
    "実績値の管理",
];

impl Statement {
    /// Takes a cell apart: 新規雇用者数／0人（令和元年）→15人（5年間）.
    pub(super) fn read(cell: &str) -> Self {
        let cell = cell.trim();
        // What is as long as a page is no label.
        if cell.len() > LABEL {
            return Self { label: joined(cell), ..Self::default() };
        }
        if let Some(at) = REASONS.iter().filter_map(|words| cell.find(words)).min() {
            let (label, reason) = cell.split_at(at);
            return Self { label: label.trim().to_owned(), reason: Some(joined(reason)), ..Self::default() };
        }
        let arrow = cell.char_indices().find(|(_, c)| matches!(c, '→' | '⇒' | '➡' | '➔'));
        if let Some((at, letter)) = arrow {
            let (before, target) = (&cell[..at], &cell[at + letter.len_utf8()..]);
            let (label, baseline) = parted(before);
            let baseline = Some(joined(baseline)).filter(|text| !text.is_empty());
            return Self { label: joined(label), baseline, target: Some(joined(target)), reason: None };
        }
        // 人材育成数／35人（5年間): a target without a baseline.
        if let Some((label, target)) = cell.rsplit_once('／')
            && TargetReading::of(target).amount.is_some()
        {
            return Self { label: joined(label), target: Some(joined(target)), ..Self::default() };
        }
        Self { label: joined(cell), ..Self::default() }
    }
}

/// Where a label ends and its baseline begins. A unit may hold the same stroke: 273人/日.
fn parted(before: &str) -> (&str, &str) {
    let at = before.find('／').or_else(|| {
        let strokes = before.char_indices().filter(|(_, c)| matches!(c, '/' | '\n' | ':' | '：'));
        strokes.map(|(at, _)| at).find(|at| {
            let baseline = Baseline::read(before[*at..].trim_start_matches(['/', '\n', ':', '：', '　', ' ']));
            let dashed = baseline.printed.starts_with(is_dash) && baseline.period.is_some();
            baseline.amount.is_some() || dashed
        })
    });
    let Some(at) = at else { return (before, "") };
    let stroke = before[at..].chars().next().map_or(0, char::len_utf8);
    (&before[..at], &before[at + stroke..])
}

/// A text that was broken into lines to fit its cell.
pub(super) fn joined(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let mut whole = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if latin(whole.chars().next_back()) && latin(line.chars().next()) {
            whole.push(' ');
        }
        whole.push_str(line);
    }
    whole.trim().to_owned()
}

/// The words of a guess.
pub(super) struct Told<T> {
    pub(super) value: T,
    pub(super) confidence: Confidence,
    pub(super) because: Bilingual,
}

fn told<T>(value: T, confidence: Confidence, ja: impl Into<String>, en: impl Into<String>) -> Told<T> {
    Told { value, confidence, because: Bilingual::new(ja, en) }
}

/// What less of is better.
const FEWER: &[&str] = &[
    "待機児童",
    "死亡",
    "自殺",
    "転出超過",
    "焼却量",
    "ごみ",
    "ゴミ",
    "廃棄物",
    "排出量",
    "灯油使用",
    "燃料使用",
    "電力使用",
    "温室効果",
    "赤字",
    "未収",
    "滞納",
    "負債",
    "地方債",
    "債務残高",
    "借入",
    "離職率",
    "離職者",
    "空き店舗",
    "事故",
    "火災",
    "犯罪",
    "不登校",
    "いじめ",
    "平均年齢",
    "高齢化率",
    "認定率",
    "喫煙",
    "未婚率",
    "荒廃",
];

/// What is spent: neither more nor less of it is better by itself.
const SPENT: &[&str] = &["助成額", "補助額", "支給額", "給付額", "１人当たりの経費"];

/// Which way is better, by a cell that says it.
pub(super) fn stated_direction(text: &str) -> Option<Direction> {
    let text = folded(text).to_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if starts(&["up", "higher", "増", "上", "↑", "↗", "高", "+", "プラス"]) {
        Some(Direction::Higher)
    } else if starts(&["down", "lower", "減", "下", "↓", "↘", "低", "-", "マイナス"]) {
        Some(Direction::Lower)
    } else if starts(&["維持", "→", "none", "なし"]) {
        Some(Direction::Unstated)
    } else {
        None
    }
}

/// Which way is better, where nothing says it.
pub(super) fn direction(label: &str, baseline: Option<&Baseline>, target: Option<&str>) -> Told<Direction> {
    let reading = target.map(TargetReading::of);
    if reading.as_ref().is_some_and(|of| of.rank.is_some()) {
        return told(Direction::Lower, Confidence::Sure, "目標が順位です", "the target is a rank");
    }
    match reading.as_ref().and_then(|of| of.amount.as_ref()).and_then(|amount| amount.bound) {
        Some(Bound::AtLeast | Bound::MoreThan) => {
            return told(Direction::Higher, Confidence::Sure, "目標に「以上」とあります", "the target says “at least”");
        }
        Some(Bound::AtMost | Bound::LessThan) => {
            return told(
                Direction::Lower,
                Confidence::Sure,
                "目標に「以下」「以内」とあります",
                "the target says “at most”",
            );
        }
        None => {}
    }
    let label = normalize(label);
    let word = |words: &[&'static str]| words.iter().copied().find(|word| label.contains(&*normalize(word)));
    if let Some(word) = word(SPENT) {
        let (ja, en) = (format!("「{word}」は支出です"), format!("“{word}” is what is spent"));
        return told(Direction::Unstated, Confidence::Unsure, ja, en);
    }
    let growth = reading.as_ref().and_then(|of| of.growth);
    if let Some(word) = word(FEWER) {
        let (ja, en) = (format!("「{word}」は少ないほどよいものです"), format!("less of “{word}” is better"));
        return told(Direction::Lower, Confidence::Likely, ja, en);
    }
    let decrease = target.and_then(requirement) == Some(StatedRequirement::Decrease);
    if decrease || growth.is_some_and(|growth| growth.is_sign_negative()) {
        return told(Direction::Lower, Confidence::Likely, "目標が減少です", "the target is a decrease");
    }
    let goal = reading.and_then(|of| of.amount).map(|amount| amount.value);
    if let (Some(from), Some(to)) = (baseline.and_then(Baseline::value), goal)
        && to < from
    {
        return told(
            Direction::Higher,
            Confidence::Unsure,
            "目標が基準値を下回りますが、減らすとは書かれていません",
            "the target lies below the baseline, and nothing says that less is better",
        );
    }
    told(Direction::Higher, Confidence::Likely, "逆とする語がありません", "no word says otherwise")
}

/// Words for what comes anew in each year.
const FLOWS: &[&str] = &[
    "新規",
    "件数",
    "利用者",
    "利用組数",
    "利用回数",
    "利用人数",
    "参加",
    "来場",
    "来館",
    "来訪",
    "入込",
    "宿泊客",
    "宿泊者",
    "客数",
    "アクセス",
    "閲覧",
    "出生",
    "生まれる子ども",
    "婚姻",
    "結婚した夫婦の数",
    "交付件数",
    "交付枚数",
    "申請",
    "使用枚数",
    "発行",
    "出荷",
    "売上",
    "販売額",
    "生産量",
    "生産額",
    "収穫",
    "水揚",
    "納税",
    "寄附",
    "寄付",
    "受講",
    "修了",
    "終了者",
    "掲載",
    "移住者",
    "移住世帯",
    "転入",
    "創業",
    "起業",
    "開業",
    "継業",
    "承継",
    "開催",
    "導入した",
    "実施した",
    "実施回数",
    "支援を受けた",
    "相談",
    "焼却量",
    "使用量",
    "排出量",
    "死亡数",
    "就職者",
    "出願",
    "申し込み",
    "申込",
    "講師を務めた",
    "活用団体数",
    "把握に努めた",
    "発注額",
    "成立",
    "登録件数",
    "製造品出荷",
    "取扱高",
    "漁獲",
    "投資額",
    "雇用者数",
    "雇用数",
    "観光客",
    "乗車",
    "輸送人員",
    "組数",
];

/// Words for what is there at a time.
const STOCKS: &[&str] = &[
    "就業者数",
    "従業者",
    "従事者数",
    "事業者数",
    "組織数",
    "職員",
    "人材の数",
    "維持",
    "人口",
    "世帯数",
    "会員数",
    "登録者数",
    "残高",
    "面積",
    "商品数",
    "品目数",
    "待機",
    "間口",
    "施設数",
    "店舗数",
    "事業所数",
    "企業数",
    "住宅等物件数",
    "物件数",
    "組合員",
    "クラブ数",
    "通行数",
    "歩行者",
    "設置数",
    "箇所数",
    "学級",
];

/// Words for shares and other quotients.
const QUOTIENTS: &[&str] =
    &["率", "割合", "比率", "平均", "当たり", "あたり", "満足度", "理解度", "指数", "順位", "1人当"];

/// What a target without a number requires.
pub(super) fn requirement(target: &str) -> Option<StatedRequirement> {
    let reading = TargetReading::of(target);
    if reading.amount.is_some() || reading.rank.is_some() || reading.growth.is_some() {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|word| target.contains(word));
    if has(&["増加", "向上", "上昇", "拡大", "増やす"]) {
        Some(StatedRequirement::Increase)
    } else if has(&["減少", "低下", "縮小", "抑制", "減らす"]) {
        Some(StatedRequirement::Decrease)
    } else if has(&["策定", "実施", "完了", "開設", "設置", "整備", "導入", "達成", "開始", "作成"])
    {
        Some(StatedRequirement::Done)
    } else {
        None
    }
}

/// What kind of figure it is, by a cell that says it.
pub(super) fn stated_accumulation(text: &str) -> Option<Accumulation> {
    let text = folded(text).to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["累計", "累積", "running"]) {
        Some(Accumulation::RunningTotal)
    } else if has(&["単年", "各年", "年間", "フロー", "yearly"]) {
        Some(Accumulation::YearlyAmount)
    } else if has(&["平均", "mean"]) {
        Some(Accumulation::MeanOfYears)
    } else if has(&["時点", "ストック", "年度末", "level"]) {
        Some(Accumulation::Level)
    } else {
        None
    }
}

/// What is known of an indicator whose kind of figure is to be told.
pub(super) struct Known<'a> {
    pub(super) label: &'a str,
    pub(super) unit: Option<&'a Unit>,
    pub(super) baseline: Option<&'a Baseline>,
    pub(super) target: &'a str,
    /// The total of the yearly targets that is printed.
    pub(super) total: Option<Decimal>,
    pub(super) targets: &'a [Decimal],
    pub(super) actuals: &'a [Decimal],
}

/// What kind of figure it is, where nothing says it.
pub(super) fn accumulation(of: &Known<'_>) -> Told<Accumulation> {
    use Accumulation::{Level, MeanOfYears, RunningTotal, YearlyAmount};
    let reading = TargetReading::of(of.target);
    if reading.mean {
        return told(MeanOfYears, Confidence::Sure, "目標に「平均」とあります", "the target says “mean”");
    }
    let sum: Decimal = of.targets.iter().sum();
    if of.targets.len() > 1 && of.total == Some(sum) {
        return told(
            YearlyAmount,
            Confidence::Sure,
            "各年度の目標値の和が合計欄にあります",
            "the years add up to the printed total",
        );
    }
    let whole = reading.amount.as_ref().filter(|_| reading.scope == Scope::WholePlan).map(|amount| amount.value);
    if of.targets.len() > 1 && whole == Some(sum) {
        return told(
            YearlyAmount,
            Confidence::Sure,
            "各年度の目標値の和が計画の目標です",
            "the years add up to the target of the plan",
        );
    }
    let label = normalize(of.label);
    let word = |words: &[&'static str]| words.iter().copied().find(|word| label.contains(&*normalize(word)));
    let says = |word: &str| (format!("「{word}」とあります"), format!("it says “{word}”"));
    let symbol = of.unit.map(Unit::symbol);
    if let Some(symbol) =
        symbol.filter(|symbol| matches!(*symbol, "%" | "‰" | "歳" | "位" | "点" | "倍" | "ha" | "m2" | "km2" | "km"))
        && reading.growth.is_none()
    {
        let (ja, en) = (format!("単位が{symbol}です"), format!("the unit is {symbol}"));
        return told(Level, Confidence::Sure, ja, en);
    }
    if symbol.is_some_and(|symbol| symbol.contains('/')) {
        return told(Level, Confidence::Likely, "単位が割り算です", "the unit is a quotient");
    }
    let from = of.baseline.and_then(Baseline::value);
    let from_nothing = from.is_none_or(|from| from.is_zero());
    let grows = of.actuals.len() > 2 && of.actuals.windows(2).all(|pair| pair[0] <= pair[1]);
    if label.contains("累計") || label.contains("累積") || label.contains("延べ") && grows && from_nothing {
        let (ja, en) = says("累計");
        return if from_nothing {
            told(RunningTotal, Confidence::Likely, ja, en)
        } else {
            told(Level, Confidence::Likely, ja, en)
        };
    }
    if let Some(word) = word(QUOTIENTS) {
        let (ja, en) = says(word);
        return told(Level, Confidence::Likely, ja, en);
    }
    let [flow, stock] = [word(FLOWS), word(STOCKS)];
    match (flow, stock) {
        // The word nearer to the end of a Japanese label says what is counted.
        (Some(flow), Some(stock)) if label.rfind(&*normalize(stock)) > label.rfind(&*normalize(flow)) => {
            let (ja, en) = says(stock);
            return told(Level, Confidence::Likely, ja, en);
        }
        (Some(flow), _) => {
            let (ja, en) = says(flow);
            return told(YearlyAmount, Confidence::Likely, ja, en);
        }
        (None, Some(stock)) => {
            let (ja, en) = says(stock);
            return told(Level, Confidence::Likely, ja, en);
        }
        (None, None) => {}
    }
    if from_nothing && grows && of.actuals.first() != of.actuals.last() {
        return told(
            RunningTotal,
            Confidence::Unsure,
            "0から減らずに増えています",
            "it grows from nothing and never falls",
        );
    }
    let climbs = of.targets.len() > 2
        && of.targets.windows(2).all(|pair| pair[0] <= pair[1])
        && of.targets.first() != of.targets.last();
    if climbs {
        return told(Level, Confidence::Unsure, "目標値が年々増えます", "the yearly targets climb");
    }
    if reading.scope == Scope::EachYear && !of.targets.is_empty() {
        return told(YearlyAmount, Confidence::Unsure, "目標が各年度の値です", "the target is one for each year");
    }
    if symbol.is_some_and(|symbol| matches!(symbol, "円" | "t" | "kg" | "L" | "回" | "個")) {
        return told(YearlyAmount, Confidence::Unsure, "単位は量を数えるものです", "the unit counts amounts");
    }
    told(Level, Confidence::Unsure, "手がかりがありません", "nothing tells")
}

/// The unit of an indicator that prints one with its baseline, its target or its label. Two that differ are a misprint or a slip.
pub(super) fn unit(
    label: &str,
    baseline: Option<&Baseline>,
    target: Option<&str>,
    others: &[Unit],
) -> Option<Told<Unit>> {
    let of_baseline = baseline.and_then(|of| of.unit.clone());
    let of_target = target.and_then(|text| TargetReading::of(text).amount).and_then(|amount| amount.unit);
    let sure =
        |unit| Some(told(unit, Confidence::Sure, "目標値・基準値の単位です", "it is printed with target and baseline"));
    match (of_baseline, of_target) {
        (Some(one), Some(other)) if one == other => sure(other),
        (None, Some(unit)) => sure(unit),
        (Some(unit), None) => {
            Some(told(unit, Confidence::Likely, "基準値の単位です", "it is printed with the baseline"))
        }
        (Some(one), Some(other)) => {
            let in_label = |unit: &Unit| label.contains(unit.symbol());
            let elsewhere = |unit: &Unit| others.contains(unit);
            let first = elsewhere(&one) && !elsewhere(&other) || in_label(&one) && !in_label(&other);
            let (ja, en) =
                (format!("基準値は{one}、目標は{other}です"), format!("the baseline says {one}, the target {other}"));
            Some(told(if first { one } else { other }, Confidence::Unsure, ja, en))
        }
        (None, None) => {
            let (_, behind) = label.rsplit_once(['（', '('])?;
            let inside = behind.trim_end().strip_suffix(['）', ')'])?;
            let unit =
                Unit::parse(inside.strip_prefix("単位").unwrap_or(inside).trim_start_matches(['：', ':'])).ok()?;
            is_usual(&unit).then(|| {
                told(unit, Confidence::Likely, "名称の括弧内にあります", "it stands in brackets behind the label")
            })
        }
    }
}

/// The unit in the letters in which a text prints it: ％ and not %.
pub(super) fn as_printed(unit: Unit, texts: &[&str]) -> Unit {
    let spelled = texts.iter().filter(|text| text.len() < LABEL).find_map(|text| {
        let head = text.find(['(', '（']).map_or(*text, |at| &text[..at]);
        let ends = head.char_indices().map(|(at, _)| head[at..].trim());
        ends.filter(|end| normalize(end) == unit.printed()).find_map(|end| Unit::parse(end).ok())
    });
    spelled.unwrap_or(unit)
}

/// Units that may stand in brackets behind a label, where other words do, too: （男）, （累計）.
const UNITS: &[&str] = &[
    "人", "件", "%", "世帯", "組", "円", "戸", "社", "団体", "店", "店舗", "回", "名", "家族", "品", "頭", "棟", "枚",
    "t", "kg", "ha", "L", "個", "歳", "位", "箇所", "カ所", "か所", "人/日", "人泊", "台", "校",
];

/// Whether a word is a unit wherever it stands.
pub(super) fn is_usual(unit: &Unit) -> bool {
    UNITS.contains(&unit.symbol())
}

/// The figure of a year that has its running total in brackets: 3（15）, 3（累計15）.
pub(super) fn with_running_total(text: &str) -> Option<(&str, Decimal)> {
    let text = text.trim();
    let inner = text.strip_suffix([')', '）'])?;
    let (head, inside) = inner.rsplit_once(['(', '（'])?;
    let inside = inside.trim().trim_start_matches("累計").trim_start_matches(['：', ':', ' ', '　']);
    let total = Amount::parse(inside)?.value;
    Amount::parse(head.trim())?;
    Some((head.trim(), total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_baseline_and_target_part_in_one_cell() {
        for (cell, label, baseline, target) in [
            ("新規雇用者数／0人（令和元年）→15人（5年間）", "新規雇用者数", "0人（令和元年）", "15人（5年間）"),
            ("ハウス数\n／0棟（令和元年）→100棟（5年間）", "ハウス数", "0棟（令和元年）", "100棟（5年間）"),
            (
                "施設前の歩行者通行数／273人/日（令和元年）→327人/日（令和7年）",
                "施設前の歩行者通行数",
                "273人/日（令和元年）",
                "327人/日（令和7年）",
            ),
            ("歩行者/273人/日(R1)→327人/日(R7)", "歩行者", "273人/日(R1)", "327人/日(R7)"),
            ("施設の整備/\n管理の割合\n50％（令和元年）⇒60％", "施設の整備/管理の割合", "50％（令和元年）", "60％"),
            ("割合／－（令和元年）→13％（令和7年）", "割合", "－（令和元年）", "13％（令和7年）"),
        ] {
            let read = Statement::read(cell);
            let expected = (label, Some(baseline), Some(target));
            assert_eq!((read.label.as_str(), read.baseline.as_deref(), read.target.as_deref()), expected, "{cell}");
        }
        let read = Statement::read("農作業受託面積目標値の設定が困難なため、実績値の管理とする");
        assert_eq!(
            (read.label.as_str(), read.reason.as_deref()),
            ("農作業受託面積", Some("目標値の設定が困難なため、実績値の管理とする"))
        );
        let read = Statement::read("KPIの設定が困難なため設定しない");
        assert_eq!((read.label.as_str(), read.reason.as_deref()), ("", Some("KPIの設定が困難なため設定しない")));
        assert_eq!(Statement::read("就業者数"), Statement { label: "就業者数".into(), ..Statement::default() });
    }

    #[test]
    fn a_running_total_in_brackets_is_taken_apart() {
        assert_eq!(with_running_total("3（15）"), Some(("3", Decimal::from(15))));
        assert_eq!(with_running_total("1,050人（累計 2,100人）"), Some(("1,050人", Decimal::from(2100))));
        for text in ["3", "（15）", "暫定値（43.1）", "7人（令和元年）", "―"] {
            assert_eq!(with_running_total(text), None, "{text}");
        }
    }
}
