use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Date, Month};

use super::{Era, EraYear, FiscalYear};
use crate::text::normalize;

/// What a year in a period counts: the same number means different months, and different people counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YearKind {
    /// 年度, April to March.
    Fiscal,
    /// 年 (暦年), January to December.
    Calendar,
    /// A census year (国勢調査), as of 1 October.
    Census,
    /// 学年度, April to March of a school year.
    School,
}

impl YearKind {
    /// The prefix in a period's code.
    const fn code(self) -> &'static str {
        match self {
            Self::Fiscal => "FY",
            Self::Calendar => "CY",
            Self::Census => "CENSUS",
            Self::School => "SY",
        }
    }

    /// What it is called, in Japanese and English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Fiscal => ("年度", "fiscal years"),
            Self::Calendar => ("暦年", "calendar years"),
            Self::Census => ("国勢調査年", "census years"),
            Self::School => ("学年度", "school years"),
        }
    }

    /// What follows the year in Japanese.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Fiscal => "年度",
            Self::Calendar => "年",
            Self::Census => "年国勢調査",
            Self::School => "学年度",
        }
    }

    fn of_suffix(text: &str) -> Option<Self> {
        match text {
            "年度" => Some(Self::Fiscal),
            "年" => Some(Self::Calendar),
            "年国勢調査" | "年国調" | "国調" | "国勢調査" => Some(Self::Census),
            "学年度" | "年度(学年)" => Some(Self::School),
            _ => None,
        }
    }
}

/// The time that a value speaks of. Never a bare integer: 令和3年 and 令和３年度 differ by a quarter of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// One year of a kind: 令和３年度, 平成27年, 令和２年国勢調査.
    Year(YearKind, i16),
    /// From a year to a later one of the same kind, both included: 平成27年～令和２年.
    Span(YearKind, Years),
    /// A calendar month: H30.3.
    Month(i16, Month),
    /// A day: 令和３年10月１日.
    Day(Date),
    /// From a day to a later one: R2.10.1～R3.9.30.
    Days(Days),
    /// The same day every year, its year not printed: 10/1, 3/31.
    EveryYearOn(MonthDay),
    /// A term of the plan and its length, where the document names no years: 第1期6年間.
    Term {
        /// The number of the term.
        number: u8,
        /// Its length in years.
        years: u8,
    },
}

/// A first and a later last year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Years {
    first: i16,
    last: i16,
}

impl Years {
    /// The last year.
    pub const fn last(self) -> i16 {
        self.last
    }
}

/// A first and a later last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Days {
    first: Date,
    last: Date,
}

/// A day of a month that exists in a leap year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MonthDay {
    month: Month,
    day: u8,
}

/// A text that is not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a period; write 令和3年度, 令和3年, 平成27年～令和2年, 令和3年10月1日, or a code such as FY2021")]
pub struct PeriodError(String);

impl Period {
    /// From `first` to `last`, both of one kind; `None` if the last is not the later one, or no year of ours.
    pub fn span(kind: YearKind, first: i16, last: i16) -> Option<Self> {
        (first < last && plausible(first) && plausible(last)).then_some(Self::Span(kind, Years { first, last }))
    }

    /// From a day to a later one.
    pub fn days(first: Date, last: Date) -> Option<Self> {
        (first < last).then_some(Self::Days(Days { first, last }))
    }

    /// The same day of every year.
    pub fn every_year_on(month: Month, day: u8) -> Option<Self> {
        (1..=month.length(2000)).contains(&day).then_some(Self::EveryYearOn(MonthDay { month, day }))
    }

    /// Reads a period as documents print it, or its code. `era` is the era of years printed without one (３年度).
    pub fn parse(text: &str, era: Option<Era>) -> Result<Self, PeriodError> {
        let normal = normalize(text);
        read(&normal, era).or_else(|| from_code(&normal)).ok_or_else(|| PeriodError(text.to_owned()))
    }

    /// The first day, where the period tells it.
    pub fn first_day(self) -> Option<Date> {
        match self {
            Self::Year(kind, year) => year_start(kind, year),
            Self::Span(kind, years) => year_start(kind, years.first),
            Self::Month(year, month) => Date::from_calendar_date(i32::from(year), month, 1).ok(),
            Self::Day(day) => Some(day),
            Self::Days(days) => Some(days.first),
            Self::EveryYearOn(_) | Self::Term { .. } => None,
        }
    }

    /// The last day, where the period tells it.
    pub fn last_day(self) -> Option<Date> {
        match self {
            Self::Year(kind, year) => year_end(kind, year),
            Self::Span(kind, years) => year_end(kind, years.last),
            Self::Month(year, month) => {
                Date::from_calendar_date(i32::from(year), month, month.length(i32::from(year))).ok()
            }
            Self::Day(day) => Some(day),
            Self::Days(days) => Some(days.last),
            Self::EveryYearOn(_) | Self::Term { .. } => None,
        }
    }

    /// What its years are, where it counts years.
    pub const fn year_kind(self) -> Option<YearKind> {
        match self {
            Self::Year(kind, _) | Self::Span(kind, _) => Some(kind),
            Self::Month(..) | Self::Day(_) | Self::Days(_) | Self::EveryYearOn(_) | Self::Term { .. } => None,
        }
    }

    /// How many years it counts, where it counts years; 1 for anything shorter.
    pub fn years(self) -> u16 {
        match self {
            Self::Span(_, years) => u16::try_from(i32::from(years.last) - i32::from(years.first) + 1).unwrap_or(1),
            Self::Term { years, .. } => u16::from(years.max(1)),
            Self::Year(..) | Self::Month(..) | Self::Day(_) | Self::Days(_) | Self::EveryYearOn(_) => 1,
        }
    }

    /// A label in English: `FY2021`, `2015–2020`, `2020 census`.
    pub fn english(self) -> String {
        let year_label = |kind, year| match kind {
            YearKind::Fiscal => format!("FY{year}"),
            YearKind::Calendar => format!("{year}"),
            YearKind::Census => format!("{year} census"),
            YearKind::School => format!("school year {year}"),
        };
        match self {
            Self::Year(kind, year) => year_label(kind, year),
            Self::Span(kind, Years { first, last }) => {
                format!("{}–{}", year_label(kind, first), year_label(kind, last))
            }
            Self::Month(year, month) => format!("{month} {year}"),
            Self::Day(day) => day_english(day),
            Self::Days(Days { first, last }) => format!("{} – {}", day_english(first), day_english(last)),
            Self::EveryYearOn(MonthDay { month, day }) => format!("{day} {month} of each year"),
            Self::Term { number, years } => format!("the {years} years of term {number}"),
        }
    }

    /// The code: `FY2021`, `CY2015/CY2020`, `2021-10-01`, `--10-01`, `TERM1/6`. It is read back by [`FromStr`].
    pub fn code(self) -> String {
        match self {
            Self::Year(kind, year) => format!("{}{year}", kind.code()),
            Self::Span(kind, Years { first, last }) => format!("{0}{first}/{0}{last}", kind.code()),
            Self::Month(year, month) => format!("{year:04}-{:02}", month as u8),
            Self::Day(day) => day_code(day),
            Self::Days(Days { first, last }) => format!("{}/{}", day_code(first), day_code(last)),
            Self::EveryYearOn(MonthDay { month, day }) => format!("--{:02}-{day:02}", month as u8),
            Self::Term { number, years } => format!("TERM{number}/{years}"),
        }
    }
}

/// 平成27年～令和2年, in the era of each year.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let year = |year: i16| EraYear::of_gregorian(year).map_or_else(|| year.to_string(), |year| year.to_string());
        // A day belongs to the era of its time: 平成31年3月31日.
        let dated = |day: Date| EraYear::of_day(day).map_or_else(|| day.year().to_string(), |year| year.to_string());
        let day = |day: Date| format!("{}年{}月{}日", dated(day), u8::from(day.month()), day.day());
        match *self {
            Self::Year(kind, y) => write!(f, "{}{}", year(y), kind.suffix()),
            Self::Span(kind, Years { first, last }) => {
                write!(f, "{}{}～{}{}", year(first), kind.suffix(), year(last), kind.suffix())
            }
            Self::Month(y, month) => match self.last_day() {
                Some(last) => write!(f, "{}年{}月", dated(last), month as u8),
                None => write!(f, "{y}年{}月", month as u8),
            },
            Self::Day(d) => f.write_str(&day(d)),
            Self::Days(Days { first, last }) => write!(f, "{}～{}", day(first), day(last)),
            Self::EveryYearOn(MonthDay { month, day }) => write!(f, "{}月{day}日", month as u8),
            Self::Term { number, years } => write!(f, "第{number}期{years}年間"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;
    fn from_str(code: &str) -> Result<Self, PeriodError> {
        from_code(code).ok_or_else(|| PeriodError(code.to_owned()))
    }
}

impl From<FiscalYear> for Period {
    fn from(year: FiscalYear) -> Self {
        Self::Year(YearKind::Fiscal, year.year())
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.code())
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

/// Years are kept to the range of fiscal years, so that no arithmetic on them can overflow.
fn plausible(year: i16) -> bool {
    FiscalYear::new(year).is_ok()
}

fn year_start(kind: YearKind, year: i16) -> Option<Date> {
    let month = match kind {
        YearKind::Fiscal | YearKind::School => Month::April,
        YearKind::Calendar => Month::January,
        YearKind::Census => Month::October,
    };
    Date::from_calendar_date(i32::from(year), month, 1).ok()
}

fn year_end(kind: YearKind, year: i16) -> Option<Date> {
    match kind {
        YearKind::Fiscal | YearKind::School => FiscalYear::new(year).ok().map(FiscalYear::last_day),
        YearKind::Calendar => Date::from_calendar_date(i32::from(year), Month::December, 31).ok(),
        YearKind::Census => year_start(kind, year),
    }
}

fn day_code(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

fn day_english(day: Date) -> String {
    format!("{} {} {}", day.day(), day.month(), day.year())
}

/// A year at the start of a text.
pub(super) struct YearText;

impl YearText {
    /// Reads 令和3, R3, 平成元, 2021 and, in a document of a known era, 3 or 元; gives the Gregorian year and the rest.
    pub(super) fn strip(text: &str, era: Option<Era>) -> Option<(i16, &str)> {
        if let Some((era, rest)) = Era::strip(text)
            && let Some((year, rest)) = Self::strip_count(rest)
        {
            return Some((EraYear { era, year }.gregorian(), rest));
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 4 {
            let (year, rest) = text.split_at(4);
            return Some((year.parse().ok()?, rest));
        }
        let (year, rest) = Self::strip_count(text)?;
        Some((EraYear { era: era?, year }.gregorian(), rest))
    }

    /// Reads 元 or one or two digits that are not 0.
    fn strip_count(text: &str) -> Option<(u8, &str)> {
        let text = text.trim_start();
        if let Some(rest) = text.strip_prefix('元') {
            return Some((1, rest));
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=2).contains(&digits) {
            return None;
        }
        let (year, rest) = text.split_at(digits);
        year.parse().ok().filter(|year| *year > 0).map(|year| (year, rest))
    }
}

/// One end of a period, or a whole one.
fn read(text: &str, era: Option<Era>) -> Option<Period> {
    if let Some(term) = read_term(text) {
        return Some(term);
    }
    if let Some((first, last)) = text.split_once(['～', '~', '〜']) {
        // 平成27～31年度: the era stands once, at the start.
        let last = read_one(last.trim(), Era::strip(first.trim()).map(|(era, _)| era).or(era))?;
        // 平成27～令和2年: the kind stands once, at the end.
        let first = first.trim();
        let first = read_one(first, era).or_else(|| match last {
            Period::Year(kind, _) => read_one(&format!("{first}{}", kind.suffix()), era),
            _ => None,
        })?;
        return match (first, last) {
            (Period::Year(kind, first), Period::Year(other, last)) if kind == other => Period::span(kind, first, last),
            (Period::Day(first), Period::Day(last)) => Period::days(first, last),
            _ => None,
        };
    }
    read_one(text, era)
}

/// 第1期6年間.
fn read_term(text: &str) -> Option<Period> {
    let (number, years) = text.strip_prefix('第')?.strip_suffix("年間")?.split_once('期')?;
    let (number, years) = (number.parse().ok()?, years.parse().ok()?);
    (number > 0 && years > 0).then_some(Period::Term { number, years })
}

fn read_one(text: &str, era: Option<Era>) -> Option<Period> {
    // 10/1 is a day of an unnamed year, and never January of year 10 of the document's era.
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits) && text[digits..].starts_with(['/', '月']) {
        return read_month_day(text);
    }
    let (year, rest) = YearText::strip(text, era).filter(|(year, _)| plausible(*year))?;
    let rest = rest.trim();
    if let Some(kind) = YearKind::of_suffix(rest) {
        return Some(Period::Year(kind, year));
    }
    // 10月1日, .10.1, /10/1, -10-01 after the year; the same without the day.
    let rest = rest.trim_start_matches(['年', '.', '/', '-']);
    if rest.is_empty() || rest.len() == text.len() {
        return None;
    }
    let mut parts = rest.trim_end_matches('日').trim_end_matches('月').split(['月', '.', '/', '-']);
    let month = Month::try_from(parts.next()?.trim().parse::<u8>().ok()?).ok()?;
    let period = match parts.next() {
        None => Period::Month(year, month),
        Some(day) => Period::Day(Date::from_calendar_date(i32::from(year), month, day.trim().parse().ok()?).ok()?),
    };
    parts.next().is_none().then_some(period)
}

/// 10/1, 3月31日.
fn read_month_day(text: &str) -> Option<Period> {
    let (month, day) = text.strip_suffix('日').unwrap_or(text).split_once(['/', '月'])?;
    Period::every_year_on(Month::try_from(month.parse::<u8>().ok()?).ok()?, day.parse().ok()?)
}

fn from_code(code: &str) -> Option<Period> {
    if let Some(term) = code.strip_prefix("TERM") {
        let (number, years) = term.split_once('/')?;
        return Some(Period::Term { number: number.parse().ok()?, years: years.parse().ok()? });
    }
    if let Some(month_day) = code.strip_prefix("--") {
        let (month, day) = month_day.split_once('-')?;
        return Period::every_year_on(Month::try_from(month.parse::<u8>().ok()?).ok()?, day.parse().ok()?);
    }
    if let Some((first, last)) = code.split_once('/') {
        return match (from_code(first)?, from_code(last)?) {
            (Period::Year(kind, first), Period::Year(other, last)) if kind == other => Period::span(kind, first, last),
            (Period::Day(first), Period::Day(last)) => Period::days(first, last),
            _ => None,
        };
    }
    let kinds = [YearKind::Fiscal, YearKind::Calendar, YearKind::Census, YearKind::School];
    if let Some((kind, year)) = kinds.iter().find_map(|kind| Some((*kind, code.strip_prefix(kind.code())?))) {
        return year.parse().ok().filter(|year| plausible(*year)).map(|year| Period::Year(kind, year));
    }
    read_one(code, None).filter(|period| matches!(period, Period::Day(_) | Period::Month(..)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> Option<String> {
        Period::parse(text, Some(Era::Reiwa)).ok().map(Period::code)
    }

    #[test]
    fn every_period_that_documents_print() {
        for (text, expected) in [
            ("令和元年", "CY2019"),
            ("令和元年度", "FY2019"),
            ("平成27年", "CY2015"),
            ("平成32年", "CY2020"),
            ("R3年度", "FY2021"),
            ("３年度", "FY2021"),
            ("2021年度", "FY2021"),
            ("2021年", "CY2021"),
            ("平成27年～令和２年", "CY2015/CY2020"),
            ("平成２７年〜令和2年", "CY2015/CY2020"),
            ("令和２～令和7年度", "FY2020/FY2025"),
            ("第1期6年間", "TERM1/6"),
            ("令和２年国勢調査", "CENSUS2020"),
            ("令和3学年度", "SY2021"),
            ("令和3年10月1日", "2021-10-01"),
            ("R3.10.1", "2021-10-01"),
            ("2021/10/1", "2021-10-01"),
            ("H30.3", "2018-03"),
            ("平成30年3月", "2018-03"),
            ("R2.10.1～R3.9.30", "2020-10-01/2021-09-30"),
            ("平成27～31年度", "FY2015/FY2019"),
            ("H27～31年", "CY2015/CY2019"),
            ("10/1", "--10-01"),
            ("3月31日", "--03-31"),
        ] {
            assert_eq!(code(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_period_is_refused() {
        for text in [
            "",
            "3",
            "2021",
            "年",
            "令和",
            "令和2年～平成27年",
            "令和3年13月",
            "令和3年2月30日",
            "13/1",
            "CY",
            "FY99999",
        ] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_printed_in_the_era_of_its_time() {
        for text in ["平成31年3月31日", "令和元年5月1日", "平成31年4月", "令和元年5月", "昭和64年1月7日"]
        {
            assert_eq!(Period::parse(text, None).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_span_of_calendar_years_has_days() {
        let span = Period::parse("平成27年～令和2年", None).unwrap();
        assert_eq!(span.first_day().unwrap().to_string(), "2015-01-01");
        assert_eq!(span.last_day().unwrap().to_string(), "2020-12-31");
        assert_eq!(span.english(), "2015–2020");
    }

    fn periods() -> impl Strategy<Value = Period> {
        let kind = prop_oneof![
            Just(YearKind::Fiscal),
            Just(YearKind::Calendar),
            Just(YearKind::Census),
            Just(YearKind::School)
        ];
        let day = (1868_i32..2100, 1_u16..=365).prop_map(|(year, day)| Date::from_ordinal_date(year, day).unwrap());
        prop_oneof![
            (kind.clone(), 1868_i16..=2117).prop_map(|(kind, year)| Period::Year(kind, year)),
            (kind, 1868_i16..2100, 1_i16..10).prop_map(|(k, y, n)| Period::span(k, y, y + n).unwrap()),
            (1868_i16..=2117, 1_u8..=12).prop_map(|(y, m)| Period::Month(y, Month::try_from(m).unwrap())),
            day.clone().prop_map(Period::Day),
            (day, 1_i64..1000).prop_map(|(d, n)| Period::days(d, d + time::Duration::days(n)).unwrap()),
            (1_u8..=12, 1_u8..=29).prop_map(|(m, d)| Period::every_year_on(Month::try_from(m).unwrap(), d).unwrap()),
            (1_u8..10, 1_u8..10).prop_map(|(number, years)| Period::Term { number, years }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(period in periods()) {
            prop_assert_eq!(Period::parse(&period.to_string(), None), Ok(period));
            prop_assert_eq!(period.code().parse(), Ok(period));
            prop_assert_eq!(Period::parse(&period.code(), None), Ok(period));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,24}") {
            let _ = Period::parse(&text, Some(Era::Reiwa));
        }
    }
}
