use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Month};

use super::{Era, EraYear, period::YearText};
use crate::text::normalize;

/// A fiscal year (年度): 1 April of the year that names it to 31 March. 令和３年度 is 2021.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i16", into = "i16")]
pub struct FiscalYear(i16);

/// A text or number that is not a fiscal year between 1868 and 2117 (令和99).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a fiscal year; write 2021, R3, 令和3年度 or FY2021")]
pub struct FiscalYearError(String);

impl FiscalYear {
    /// The fiscal year that begins on 1 April of `year`.
    pub fn new(year: i16) -> Result<Self, FiscalYearError> {
        if (1868..=2117).contains(&year) { Ok(Self(year)) } else { Err(FiscalYearError(year.to_string())) }
    }

    /// The fiscal year in which a day lies; `None` out of range.
    pub fn of(day: Date) -> Option<Self> {
        let year = if day.month() as u8 >= 4 { day.year() } else { day.year() - 1 };
        Self::new(i16::try_from(year).ok()?).ok()
    }

    /// Reads 令和3年度, 令和３, R3, 平成32年度, 2021, 2021年度, FY2021; and, where `era` says which era the document
    /// speaks of, 3年度 and 元年度.
    pub fn parse(text: &str, era: Option<Era>) -> Result<Self, FiscalYearError> {
        let fail = || FiscalYearError(text.to_owned());
        let normal = normalize(text);
        let body = normal.strip_prefix("FY").unwrap_or(&normal);
        let (year, rest) = YearText::strip(body, era).ok_or_else(fail)?;
        if matches!(rest, "" | "年度" | "年") { Self::new(year).map_err(|_| fail()) } else { Err(fail()) }
    }

    /// The year in which it begins.
    pub const fn year(self) -> i16 {
        self.0
    }

    /// 1 April.
    pub fn first_day(self) -> Date {
        day(self.0, Month::April, 1)
    }

    /// 31 March of the next year.
    pub fn last_day(self) -> Date {
        day(self.0 + 1, Month::March, 31)
    }

    /// The year counted in its era. A fiscal year takes the era that holds most of it: 2019 is 令和元年度.
    pub fn era_year(self) -> EraYear {
        EraYear::of_gregorian(self.0).unwrap_or(EraYear { era: Era::Meiji, year: 1 })
    }

    /// 令和3年度.
    pub fn label(self) -> String {
        format!("{}年度", self.era_year())
    }

    /// R3.
    pub fn short(self) -> String {
        let EraYear { era, year } = self.era_year();
        format!("{}{year}", era.letter())
    }

    /// The fiscal year before; `None` at the edge of the range.
    pub fn previous(self) -> Option<Self> {
        Self::new(self.0 - 1).ok()
    }
}

fn day(year: i16, month: Month, day: u8) -> Date {
    Date::from_calendar_date(i32::from(year), month, day).expect("a first or last day of a month that exists")
}

impl fmt::Display for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FY{}", self.0)
    }
}

impl TryFrom<i16> for FiscalYear {
    type Error = FiscalYearError;
    fn try_from(year: i16) -> Result<Self, FiscalYearError> {
        Self::new(year)
    }
}

impl From<FiscalYear> for i16 {
    fn from(year: FiscalYear) -> Self {
        year.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    #[test]
    fn every_spelling_of_a_fiscal_year() {
        for (text, year) in [
            ("令和3年度", 2021),
            ("令和３年度", 2021),
            ("令和元年度", 2019),
            ("平成31年度", 2019),
            ("平成32年", 2020),
            ("R3", 2021),
            ("r3", 2021),
            ("Ｈ２７", 2015),
            ("2021", 2021),
            ("２０２１年度", 2021),
            ("FY2021", 2021),
        ] {
            assert_eq!(FiscalYear::parse(text, None).map(FiscalYear::year), Ok(year), "{text}");
        }
        assert_eq!(FiscalYear::parse("３年度", Some(Era::Reiwa)).unwrap().year(), 2021);
        assert_eq!(FiscalYear::parse("元年", Some(Era::Reiwa)).unwrap().year(), 2019);
        for text in ["", "年度", "3年度", "R", "R0", "令和3年10月", "12345", "abc", "２０２１年度末"] {
            assert!(FiscalYear::parse(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn a_fiscal_year_runs_from_april_to_march() {
        let year = FiscalYear::new(2021).unwrap();
        assert_eq!((year.first_day(), year.last_day()), (date!(2021 - 04 - 01), date!(2022 - 03 - 31)));
        assert_eq!(FiscalYear::of(date!(2022 - 03 - 31)), Some(year));
        assert_eq!(FiscalYear::of(date!(2022 - 04 - 01)).unwrap().year(), 2022);
        assert_eq!((year.label().as_str(), year.short().as_str()), ("令和3年度", "R3"));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(year in 1868_i16..=2117) {
            let year = FiscalYear::new(year).unwrap();
            for text in [year.label(), year.short(), year.to_string(), year.year().to_string()] {
                prop_assert_eq!(FiscalYear::parse(&text, None), Ok(year));
            }
        }
    }
}
