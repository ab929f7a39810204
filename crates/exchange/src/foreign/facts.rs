//! What a document says about itself: whose strategy it is, its title, its term, its years.

use std::collections::BTreeSet;

use shirube_domain::{
    calendar::{Era, FiscalYear},
    municipality::{Municipality, MunicipalityCode},
    text::{Bilingual, is_dash, normalize},
};

use super::{
    Confidence, Layout, Notes, Subject,
    headings::{self, folded},
    tables::place,
};
use crate::book::{Sheet, Value};

/// How many rows below the top a title is looked for, in how many cells, and in how many letters of each.
const TOP: usize = 12;
const TOP_CELLS: usize = 200;
const TOP_LETTERS: usize = 300;
/// What is said about the document as a whole.
pub(super) struct Facts {
    pub(super) municipality: Option<(MunicipalityCode, String)>,
    pub(super) title: Option<String>,
    /// The title as the document prints it, with what stands behind the strategy's.
    pub(super) document: Option<String>,
    /// The label in its corner: 【資料４】.
    pub(super) label: Option<String>,
    pub(super) term: Option<(String, u8)>,
    pub(super) era: Era,
    pub(super) report_year: Option<FiscalYear>,
    /// The years of the plan, where a text names both.
    pub(super) span: Option<(FiscalYear, FiscalYear)>,
    /// The first and the last year, where somebody said it.
    pub(super) said: [Option<FiscalYear>; 2],
}

impl Facts {
    pub(super) fn of(
        sheets: &[Sheet],
        corrections: &Layout,
        municipalities: &[Municipality],
        notes: &mut Notes,
    ) -> Self {
        let texts = || sheets.iter().flat_map(|sheet| sheet.cells.values().map(ToString::to_string));
        let era = if texts().any(|text| text.contains("令和") || folded(&text).starts_with(['R', 'r']))
            || !texts().any(|text| text.contains("平成"))
        {
            Era::Reiwa
        } else {
            Era::Heisei
        };
        let mut top: Vec<(String, String)> = Vec::new();
        for sheet in sheets {
            let rows = sheet.rows();
            let last = rows.get(TOP).copied().unwrap_or(u32::MAX);
            let cells = sheet.cells.range(..(last, 0)).take(TOP_CELLS);
            let text = |value: &Value| value.to_string().chars().take(TOP_LETTERS).collect::<String>();
            top.extend(cells.map(|(at, value)| (place(sheet, *at), text(value))));
        }
        let mut it = Self {
            municipality: None,
            title: None,
            document: None,
            label: None,
            term: None,
            era,
            report_year: None,
            span: None,
            said: [None; 2],
        };
        it.title(&top, corrections, notes);
        it.municipality(&top, corrections, municipalities, notes);
        it.years(texts(), &top, corrections, notes);
        it
    }

    fn title(&mut self, top: &[(String, String)], corrections: &Layout, notes: &mut Notes) {
        let titled = top.iter().find(|(_, text)| text.contains("総合戦略") || text.contains("総合計画"));
        if let Some((at, text)) = titled {
            let text = text.trim().trim_start_matches(['#', '＃', '■', '○', '●']).trim();
            self.label = text
                .find('【')
                .and_then(|from| Some(text[from..from + text[from..].find('】')? + '】'.len_utf8()].to_owned()));
            let document = self.label.as_ref().map_or(text.to_owned(), |label| text.replace(label.as_str(), ""));
            let document = document.trim().to_owned();
            let end = document
                .find("総合戦略")
                .or_else(|| document.find("総合計画"))
                .map_or(document.len(), |at| at + "総合戦略".len());
            let start = term(&document[..end]).map_or(0, |(from, _, _)| from);
            let title = document[start..end].trim_start_matches(['、', '，', ' ', '　', ')', '）']).to_owned();
            notes.guess(
                at,
                Subject::Title,
                &title,
                Confidence::Likely,
                Bilingual::new("「総合戦略」までを計画の名称としました", "the text up to “総合戦略” is the title"),
            );
            (self.title, self.document) = (Some(title), Some(document));
        }
        if self.label.is_none() {
            let labelled = top
                .iter()
                .map(|(_, text)| text.trim())
                .find(|text| text.starts_with('【') && text.ends_with('】') && text.contains("資料"));
            self.label = labelled.map(str::to_owned);
        }
        if corrections.title.is_some() {
            self.title.clone_from(&corrections.title);
        }
        let found = top.iter().map(|(_, text)| text).chain(self.title.as_ref()).find_map(|text| term(text));
        let printed = corrections.term.clone().or_else(|| found.as_ref().map(|(_, printed, _)| printed.clone()));
        let told = corrections.term.as_deref().and_then(term).or(found).map(|(_, _, number)| number);
        let number = corrections.term_number.or(told);
        self.term = number.map(|number| (printed.unwrap_or_else(|| format!("第{number}期")), number));
    }

    fn municipality(
        &mut self,
        top: &[(String, String)],
        corrections: &Layout,
        municipalities: &[Municipality],
        notes: &mut Notes,
    ) {
        let named = |of: &Municipality| (of.code, of.name.clone());
        if let Some(text) = &corrections.municipality {
            let code = text.parse::<MunicipalityCode>().map(MunicipalityCode::current);
            match code.map(|code| municipalities.iter().find(|of| of.code == code)) {
                Ok(Some(of)) => self.municipality = Some(named(of)),
                Ok(None) => notes.problems.push(("municipality", format!("“{text}” is the code of no municipality"))),
                Err(error) => notes.problems.push(("municipality", error.to_string())),
            }
            return;
        }
        let found: BTreeSet<(usize, MunicipalityCode)> = municipalities
            .iter()
            .filter_map(|of| Some((top.iter().position(|(_, text)| text.contains(&of.name))?, of.code)))
            .collect();
        // 東村 stands within 東村山市: the longest name of the first text that holds one.
        let first = found.first().map(|(at, _)| *at);
        let held = municipalities.iter().filter(|of| first.is_some_and(|at| found.contains(&(at, of.code))));
        let longest = held.clone().map(|of| of.name.len()).max();
        let held: Vec<&Municipality> = held.filter(|of| Some(of.name.len()) == longest).collect();
        match (held.as_slice(), first) {
            ([of], Some(at)) => {
                self.municipality = Some(named(of));
                notes.guess(
                    &top[at].0,
                    Subject::Municipality,
                    format!("{} {}", of.code, of.name),
                    Confidence::Likely,
                    Bilingual::new("この名前があります", "this name stands there"),
                );
            }
            ([], _) => {
                notes.problems.push(("municipality", "the document names no municipality; give its code".to_owned()));
            }
            (several, _) => {
                let codes: Vec<String> = several.iter().map(|of| of.code.to_string()).collect();
                notes.problems.push((
                    "municipality",
                    format!(
                        "{} municipalities are called {}; give the code of one: {}",
                        several.len(),
                        several[0].name,
                        codes.join(", ")
                    ),
                ));
            }
        }
    }

    fn years(
        &mut self,
        texts: impl Iterator<Item = String>,
        top: &[(String, String)],
        corrections: &Layout,
        notes: &mut Notes,
    ) {
        let mut read = |place: &'static str, text: &Option<String>| {
            let year = FiscalYear::parse(text.as_deref()?, None);
            year.map_err(|error| notes.problems.push((place, error.to_string()))).ok()
        };
        self.said = [read("first_year", &corrections.first_year), read("last_year", &corrections.last_year)];
        let report = read("report_year", &corrections.report_year);
        self.span = top.iter().find_map(|(_, text)| span(text, self.era));
        // 令和２年度実績値 above a column names that column.
        let headings = texts.filter(|text| headings::year(text, self.era).is_none());
        self.report_year = report.or_else(|| headings.filter_map(|text| reported(&text)).max());
    }
}

/// The term that a text names, and where: 第２期.
fn term(text: &str) -> Option<(usize, String, u8)> {
    for (from, _) in text.match_indices('第') {
        let behind = &text[from + '第'.len_utf8()..];
        let Some(end) = behind.char_indices().take(4).find(|(_, c)| *c == '期').map(|(at, _)| at) else { continue };
        let number = normalize(&behind[..end]);
        let number = match &*number {
            "一" => Some(1),
            "二" => Some(2),
            "三" => Some(3),
            digits => digits.parse().ok(),
        };
        if let Some(number) = number {
            return Some((from, text[from..from + '第'.len_utf8() + end + '期'.len_utf8()].to_owned(), number));
        }
    }
    None
}

/// The year of whose results a heading speaks: 令和３年度実績値に対する所見.
fn reported(text: &str) -> Option<FiscalYear> {
    let text = folded(text);
    let before = &text[..text.find("年度実績").or_else(|| text.find("年度の実績"))?];
    let from = before.rfind("令和").or_else(|| before.rfind("平成"))?;
    FiscalYear::parse(&before[from..], None).ok()
}

/// The years between which a plan runs: 令和3年度～令和7年度, 2020–2024.
fn span(text: &str, era: Era) -> Option<(FiscalYear, FiscalYear)> {
    let text = folded(text);
    let year_letters = |c: char| c.is_ascii_digit() || "令和平成元年度RHFY".contains(c);
    for (at, dash) in text.char_indices().filter(|(_, c)| is_dash(*c) || "~～〜".contains(*c) || *c == 'か') {
        let behind = &text[at + dash.len_utf8()..];
        let behind = behind.strip_prefix("ら").unwrap_or(behind);
        let before = &text[..at];
        let start =
            before.char_indices().rev().take_while(|(_, c)| year_letters(*c)).last().map_or(at, |(from, _)| from);
        let end = behind.find(|c| !year_letters(c)).unwrap_or(behind.len());
        let says_so = |text: &str| text.chars().count() >= 4 || text.contains(|c: char| !c.is_ascii_digit());
        if !says_so(&before[start..]) {
            continue;
        }
        let [first, last] = [&before[start..], &behind[..end]].map(|text| FiscalYear::parse(text, Some(era)));
        if let (Ok(first), Ok(last)) = (first, last)
            && (2..=12).contains(&(last.year() - first.year()))
            && first.year() > 1990
        {
            return Some((first, last));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_and_spans_are_found_in_titles() {
        assert_eq!(term("第２期砂川市総合戦略"), Some((0, "第２期".to_owned(), 2)));
        assert_eq!(
            term("海士町 第2期海士町創生総合戦略").map(|(_, text, number)| (text, number)),
            Some(("第2期".to_owned(), 2))
        );
        assert_eq!(term("第1回会議"), None);
        let years = |text| span(text, Era::Reiwa).map(|(first, last)| (first.year(), last.year()));
        assert_eq!(years("計画期間 2020–2024年度"), Some((2020, 2024)));
        assert_eq!(years("（令和３年度～令和７年度）"), Some((2021, 2025)));
        assert_eq!(years("3-5"), None);
        assert_eq!(reported("令和３年度実績値に対する所見").map(FiscalYear::year), Some(2021));
        assert_eq!(reported("実績"), None);
    }
}
