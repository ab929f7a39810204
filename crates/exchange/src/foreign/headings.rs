//! What the words above columns and before titles say.

use shirube_domain::{
    calendar::{Era, FiscalYear, Period},
    quantity::Amount,
    strategy::LevelKind,
    text::{circled_number, is_dash, normalize},
};

use super::{Column, Part, meaning::is_usual};

/// A text without its blanks, in its ordinary letters.
pub(super) fn folded(text: &str) -> String {
    normalize(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// Words for what a figure is, longer ones first.
const PARTS: [(&str, Part); 18] = [
    ("目標達成率", Part::Rate),
    ("達成率", Part::Rate),
    ("進捗率", Part::Rate),
    ("達成状況", Part::Grade),
    ("進捗状況", Part::Grade),
    ("達成度", Part::Grade),
    ("評価", Part::Grade),
    ("判定", Part::Grade),
    ("目標値", Part::Target),
    ("計画値", Part::Target),
    ("目標", Part::Target),
    ("計画", Part::Target),
    ("target", Part::Target),
    ("実績見込", Part::Actual),
    ("実績値", Part::Actual),
    ("実績", Part::Actual),
    ("actual", Part::Actual),
    ("見込", Part::Actual),
];

/// What a cell that says 目標値 or 実績値 says, alone or with a few letters around it: 実績値（累計）.
pub(super) fn part(text: &str) -> Option<Part> {
    let text = without_brackets(&folded(text).to_lowercase());
    let (word, part) = PARTS.iter().find(|(word, _)| text.contains(word))?;
    let rest = text.replacen(word, "", 1).replace(['%', '‰'], "");
    let rest =
        ["値", "累計", "単年", "年度", "KPI", "kpi", "数"].iter().fold(rest, |rest, word| rest.replace(word, ""));
    rest.chars().all(|c| "()[]【】・/:".contains(c)).then_some(*part)
}

/// A text without what stands in round brackets in it: 達成率（％）.
fn without_brackets(text: &str) -> String {
    match (text.find('('), text.rfind(')')) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &text[..from], &text[to + 1..]),
        _ => text.to_owned(),
    }
}

/// The fiscal year that a heading names, and what of it the column holds: 令和3年度, 3年度実績値, R3（目標）, 2021.
pub(super) fn year(text: &str, era: Era) -> Option<(FiscalYear, Option<Part>)> {
    let whole = folded(text).to_lowercase();
    // Of headings above each other the lowest says what a column holds.
    let mut lines = text.lines().rev().map(|line| folded(line).to_lowercase());
    let said = |line: String| PARTS.iter().find(|(word, _)| line.contains(word)).map(|(_, part)| *part);
    let part = lines.find_map(said);
    let mut bare = PARTS.iter().fold(whole, |text, (word, _)| text.replace(word, ""));
    for (word, instead) in
        [("累計", ""), ("単年", ""), ("時点", ""), ("年度末", "年度"), ("決算", ""), ("値", ""), ("kpi", "")]
    {
        bare = bare.replace(word, instead);
    }
    // R2（2020）, 1年目（R2）, R2（人）: outside of the brackets, inside, or both are one.
    let outside = without_brackets(&bare);
    let ordinal = outside.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches("年目").is_empty();
    let inside = bare.split_once('(').and_then(|(_, rest)| rest.split_once(')')).filter(|_| ordinal);
    let inside = inside.map(|(inside, _)| inside.to_owned());
    let readings = [Some(bare), Some(outside), inside];
    let found = readings.into_iter().flatten().find_map(|text| alone(&text, era))?;
    Some((found, part))
}

/// The fiscal year that a text is, and nothing else: R3, 2021年度, H31/R1.
fn alone(text: &str, era: Era) -> Option<FiscalYear> {
    let text: String = text.chars().filter(|c| !"()[]【】「」・:_".contains(*c)).collect::<String>().to_uppercase();
    if let Some((one, other)) = text.split_once('/') {
        let (one, other) = (alone(one, era)?, alone(other, era)?);
        return (one == other).then_some(one);
    }
    // 3 is a number before it is a year.
    let says_so = text.contains('年') || text.starts_with(|c: char| c.is_ascii_alphabetic()) || is_four_digits(&text);
    let found = FiscalYear::parse(&text, Some(era)).ok().filter(|_| says_so)?;
    (1990..=2100).contains(&found.year()).then_some(found)
}

/// The fiscal year that stands in a heading beside other words: 基準値\nH30, 目標値（令和6年度）, H30基準値.
pub(super) fn year_beside(text: &str, era: Era) -> Option<FiscalYear> {
    let words = [
        "基準値",
        "基準",
        "現状値",
        "現状",
        "当初値",
        "策定時",
        "計画",
        "最終",
        "中間",
        "目標数値",
        "当初",
        "見直し後",
        "変更後",
        "到達",
    ];
    let bare = words.iter().fold(folded(text), |text, word| text.replace(word, ""));
    year(&bare, era).map(|(year, _)| year)
}

fn is_four_digits(text: &str) -> bool {
    text.trim_end_matches("年度").trim_end_matches('年').len() == 4
}

/// The period that a heading of a baseline or target names: 基準値（令和元年度）, 目標\nR6, H30基準値.
pub(super) fn period(text: &str, era: Era) -> Option<String> {
    bracketed(text).or_else(|| year_beside(text, era).map(FiscalYear::label))
}

fn bracketed(text: &str) -> Option<String> {
    let (_, behind) = text.rsplit_once(['(', '（'])?;
    let inside = behind.trim_end().strip_suffix([')', '）'])?.trim();
    // R1 is short for a heading; behind a figure it is spelled out.
    let year = FiscalYear::parse(inside, None).ok().filter(|_| !inside.contains('年')).map(FiscalYear::label);
    year.or_else(|| Period::parse(inside, None).ok().map(|_| inside.to_owned()))
}

/// Words above columns, in the order in which they are looked for.
const COLUMNS: [(&[&str], Column); 15] = [
    (&["合計", "累計", "total"], Column::Total),
    (
        &[
            "所見",
            "増減理由",
            "今後の取",
            "理由",
            "要因",
            "分析",
            "課題",
            "コメント",
            "取組状況",
            "取り組み状況",
            "remark",
        ],
        Column::Remark,
    ),
    (&["単位", "unit"], Column::Unit),
    (&["担当", "所管", "主管", "部署", "department"], Column::Department),
    (&["達成率", "進捗率", "rate"], Column::Year(Part::Rate, None)),
    (&["基準年", "現状年", "基準時点"], Column::BaselinePeriod),
    (&["目標年", "目標時点", "目標時期"], Column::TargetPeriod),
    (&["基準値", "現状値", "当初値", "策定時", "初期値", "現状", "基準", "baseline", "base"], Column::Baseline),
    (&["数値目標"], Column::GoalTarget),
    (&["目標値", "目標数値", "最終目標", "到達目標", "計画値", "target"], Column::Target),
    (&["重要業績評価", "指標", "kpi", "indicator"], Column::Indicator),
    (&["評価", "判定", "達成度", "達成状況", "進捗状況", "grade"], Column::Year(Part::Grade, None)),
    (&["実績", "actual"], Column::Year(Part::Actual, None)),
    (&["区分", "section"], Column::Section),
    (&["役割", "role"], Column::Role),
];

/// Words that make of a column something that the model has no word for, whatever else stands in its heading.
const DETAILS: [&str; 17] = [
    "予算",
    "決算",
    "費",
    "概要",
    "内容",
    "説明",
    "定義",
    "算出",
    "出典",
    "出所",
    "意見",
    "備考",
    "順位",
    "財源",
    "確認",
    "見通し",
    "主な",
];

/// What a heading says that its column holds; years aside.
pub(super) fn column(text: &str) -> Option<Column> {
    let text = folded(text).to_lowercase();
    if text.is_empty() {
        return None;
    }
    if matches!(text.as_str(), "no" | "no." | "№" | "番号" | "#" | "通番" | "連番") {
        return Some(Column::Number);
    }
    if DETAILS.iter().any(|word| text.contains(word)) {
        return Some(Column::Detail);
    }
    // 重要業績評価指標 holds the word for a grade, and 基本目標 the word for a target.
    let known = COLUMNS.iter().find(|(words, _)| words.iter().any(|word| text.contains(word)));
    known.map(|(_, column)| *column).or_else(|| level(&text).map(|_| Column::Level(1)))
}

/// Words for levels of a plan.
const LEVELS: [(&str, LevelKind); 17] = [
    ("基本目標", LevelKind::Goal),
    ("重点目標", LevelKind::Goal),
    ("重点項目", LevelKind::Goal),
    ("政策目標", LevelKind::Goal),
    ("基本的方向", LevelKind::Direction),
    ("基本方向", LevelKind::Direction),
    ("方向", LevelKind::Direction),
    ("政策", LevelKind::Policy),
    ("分野", LevelKind::Policy),
    ("施策", LevelKind::Measure),
    ("事業", LevelKind::Program),
    ("プロジェクト", LevelKind::Program),
    ("取組", LevelKind::Program),
    ("取り組み", LevelKind::Program),
    ("目標", LevelKind::Goal),
    ("goal", LevelKind::Goal),
    ("柱", LevelKind::Goal),
];

/// Words of other languages for levels.
const FOREIGN: [(&str, LevelKind); 4] = [
    ("policy", LevelKind::Policy),
    ("measure", LevelKind::Measure),
    ("program", LevelKind::Program),
    ("project", LevelKind::Program),
];

/// The level that a heading names, and what it is. Of 施策名・事業名 it is the lowest.
pub(super) fn level(heading: &str) -> Option<(String, LevelKind)> {
    let text = folded(heading).to_lowercase();
    let last = text.rsplit(['・', '/', '／']).find(|part| !part.is_empty())?;
    let name = last.trim_end_matches('名').trim_end_matches(|c: char| c.is_ascii_digit());
    let all = LEVELS.iter().chain(&FOREIGN);
    let (_, kind) = all.clone().find(|(word, _)| last.contains(word))?;
    let name = if name.is_ascii() { kind_name(*kind).to_owned() } else { name.to_owned() };
    Some((name, *kind))
}

/// The usual name of a level.
pub(super) const fn kind_name(kind: LevelKind) -> &'static str {
    match kind {
        LevelKind::Goal => "基本目標",
        LevelKind::Direction => "基本的方向",
        LevelKind::Policy => "政策",
        LevelKind::Measure => "施策",
        LevelKind::Program => "事業",
        LevelKind::Other => "項目",
    }
}

/// How headings are numbered: what is numbered alike is of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Style {
    /// 基本目標１, 目標2, 政策1: a word and a number.
    Word,
    /// 第1章, 第１節.
    Ordinal(char),
    /// Ⅰ.
    Roman,
    /// 1, 1.
    Plain,
    /// 1-1, １－２, 1.2: as deep as it has parts.
    Parts(u8),
    /// (1).
    Brackets,
    /// ①.
    Circled,
    /// ア, (ア), a.
    Letter,
}

/// A numbered heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) style: Style,
    /// The word for the level, where one is printed: 基本目標.
    pub(super) word: Option<String>,
    /// The mark as printed: 1, (1), ①.
    pub(super) number: String,
    /// What stands behind it.
    pub(super) title: String,
}

/// Takes a heading apart: 基本目標１　安定した雇用を創出する, (1) 人材育成, ①地域人材の就労支援, 1住みよいまち.
pub(super) fn marked(text: &str) -> Option<Marked> {
    let text = text.trim();
    let first = text.chars().next()?;
    let with = |style, word: Option<String>, number: &str, rest: &str| {
        let title = rest.trim_start_matches(|c: char| c.is_whitespace() || "．.、：:】」".contains(c)).trim();
        (!title.is_empty()).then(|| Marked { style, word, number: normal_number(number), title: title.to_owned() })
    };
    if circled_number(first).is_some() {
        return with(Style::Circled, None, &first.to_string(), &text[first.len_utf8()..]);
    }
    if ('Ⅰ'..='ⅿ').contains(&first) {
        let end = text.find(|c: char| !('Ⅰ'..='ⅿ').contains(&c)).unwrap_or(text.len());
        return with(Style::Roman, None, &text[..end], &text[end..]);
    }
    if matches!(first, '(' | '（') {
        let end = text.find([')', '）'])?;
        let inside = &text[first.len_utf8()..end];
        let behind = &text[end..];
        let rest = &behind[behind.chars().next()?.len_utf8()..];
        let digits = normalize(inside);
        if !digits.is_empty() && digits.len() <= 2 && digits.chars().all(|c| c.is_ascii_digit()) {
            return with(Style::Brackets, None, &format!("({digits})"), rest);
        }
        return (inside.chars().count() == 1).then(|| with(Style::Letter, None, inside, rest)).flatten();
    }
    // A word for a level, then its number: 【基本目標１】, 基本目標1　….
    let bare = text.trim_start_matches(['【', '「', '[', '■', '◆', '●', '○', '◎']);
    let words =
        LEVELS.iter().map(|(word, _)| *word).filter(|word| bare.starts_with(word)).max_by_key(|word| word.len());
    if let Some(word) = words {
        let rest = bare[word.len()..].trim_start();
        // 施策(1), 基本目標①.
        let circled = rest.chars().next().filter(|c| circled_number(*c).is_some());
        if let Some(letter) = circled {
            return with(Style::Word, Some(word.to_owned()), &letter.to_string(), &rest[letter.len_utf8()..]);
        }
        let open = rest.trim_start_matches(['(', '（']);
        let (number, behind) = digits(open)?;
        let closed = if open.len() < rest.len() { behind.strip_prefix([')', '）'])? } else { behind };
        return with(Style::Word, Some(word.to_owned()), number, closed);
    }
    if let Some(rest) = bare.strip_prefix('第') {
        let (number, rest) = digits(rest)?;
        let kind = rest.chars().next().filter(|c| "章節項柱".contains(*c))?;
        return with(Style::Ordinal(kind), None, number, &rest[kind.len_utf8()..]);
    }
    let (number, rest) = digits(text)?;
    let parts = number.split(|c: char| is_dash(c) || c == '.' || c == '．').count();
    let style = if parts > 1 { Style::Parts(u8::try_from(parts).ok()?) } else { Style::Plain };
    // 1人 is a figure, 3年度 a year, 70歳未満の死亡数 a label.
    let unit = rest.starts_with(|c: char| c.is_whitespace() || "．.、：:".contains(c));
    if !unit
        && (Amount::parse(text).is_some_and(|of| of.unit.is_none_or(|unit| is_usual(&unit)))
            || rest.starts_with(['年', '歳', '人', '次', '期', '回', '割', '%', '％']))
    {
        return None;
    }
    with(style, None, number, rest)
}

/// A number as it is kept: in half-width digits, its bracket too.
fn normal_number(number: &str) -> String {
    if number.chars().any(|c| circled_number(c).is_some() || ('Ⅰ'..='ⅿ').contains(&c)) {
        return number.to_owned();
    }
    normalize(number).trim_end_matches(['.', '．']).to_owned()
}

/// Digits at the start of a text, with the dashes and dots between them.
fn digits(text: &str) -> Option<(&str, &str)> {
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let mut end = 0;
    for (at, letter) in text.char_indices() {
        let next_is_digit = text[at + letter.len_utf8()..].starts_with(is_digit);
        let between = end > 0 && next_is_digit && (is_dash(letter) || matches!(letter, '.' | '．'));
        if !(is_digit(letter) || between) {
            break;
        }
        end = at + letter.len_utf8();
    }
    (end > 0 && end <= 12).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_read_however_they_are_written() {
        for (text, expected) in [
            ("3年度", Some((2021, None))),
            ("令和３年度", Some((2021, None))),
            ("R3", Some((2021, None))),
            ("R3実績値", Some((2021, Some(Part::Actual)))),
            ("令和3年度（目標）", Some((2021, Some(Part::Target)))),
            ("令和3年度目標値", Some((2021, Some(Part::Target)))),
            ("2020", Some((2020, None))),
            ("2020年度\n達成率", Some((2020, Some(Part::Rate)))),
            ("H31 評価", Some((2019, Some(Part::Grade)))),
            ("元年度", Some((2019, None))),
            ("R2(2020)", Some((2020, None))),
            ("1年目\n(R2)", Some((2020, None))),
            ("R2（人）", Some((2020, None))),
            ("H31/R1", Some((2019, None))),
            ("進捗状況\n令和2年度\n目標", Some((2020, Some(Part::Target)))),
            ("H31/R2", None),
            ("5年間の合計", None),
            ("令和３年度実績値に対する所見", None),
            ("3", None),
            ("目標値", None),
            ("36.7", None),
        ] {
            let read = year(text, Era::Reiwa).map(|(year, part)| (year.year(), part));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn columns_are_told_by_their_words() {
        for (text, expected) in [
            ("重要業績評価指標（ＫＰＩ）", Some(Column::Indicator)),
            ("数値目標", Some(Column::GoalTarget)),
            ("KPI目標値", Some(Column::Target)),
            ("基準値\n（R1）", Some(Column::Baseline)),
            ("施策名・事業名", Some(Column::Level(1))),
            ("基本目標", Some(Column::Level(1))),
            ("令和３年度実績値の増減理由及び今後の取り組み", Some(Column::Remark)),
            ("5年間の\n合計", Some(Column::Total)),
            ("単位", Some(Column::Unit)),
            ("評価", Some(Column::Year(Part::Grade, None))),
            ("事業概要", Some(Column::Detail)),
            ("予算額（千円）", Some(Column::Detail)),
            ("№", Some(Column::Number)),
            ("", None),
            ("砂川", None),
        ] {
            assert_eq!(column(text), expected, "{text}");
        }
    }

    #[test]
    fn headings_are_taken_apart() {
        for (text, style, number, title) in [
            ("基本目標１　安定した雇用を創出する", Style::Word, "1", "安定した雇用を創出する"),
            ("【基本目標２】新しいひとの流れ", Style::Word, "2", "新しいひとの流れ"),
            ("(1) 人材育成・雇用対策", Style::Brackets, "(1)", "人材育成・雇用対策"),
            ("（２）産業の競争力強化", Style::Brackets, "(2)", "産業の競争力強化"),
            ("①地域人材の就労支援", Style::Circled, "①", "地域人材の就労支援"),
            ("1住みよいまち", Style::Plain, "1", "住みよいまち"),
            ("1-2 産業", Style::Parts(2), "1-2", "産業"),
            ("施策(1) 商業の振興", Style::Word, "1", "商業の振興"),
            ("基本目標①\nしごと", Style::Word, "①", "しごと"),
            ("Ⅱ　活力", Style::Roman, "Ⅱ", "活力"),
            ("第２章　しごと", Style::Ordinal('章'), "2", "しごと"),
            ("ア", Style::Letter, "", ""),
        ] {
            match marked(text) {
                Some(found) => {
                    assert_eq!(
                        (found.style, found.number.as_str(), found.title.as_str()),
                        (style, number, title),
                        "{text}"
                    );
                }
                None => assert_eq!(title, "", "{text}"),
            }
        }
        for text in ["70歳未満の死亡数", "3年度", "1人", "12億円", "就業者数", "(男)", "36.7", "令和3年度"]
        {
            assert_eq!(marked(text), None, "{text}");
        }
    }
}
