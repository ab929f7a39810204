use std::fmt;

use time::{Date, macros::date};

/// An era (元号) of the modern calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// 明治, from 1868-01-25.
    Meiji,
    /// 大正, from 1912-07-30.
    Taisho,
    /// 昭和, from 1926-12-25.
    Showa,
    /// 平成, from 1989-01-08.
    Heisei,
    /// 令和, from 2019-05-01.
    Reiwa,
}

/// What is known of an era.
struct Row {
    era: Era,
    name: &'static str,
    /// The letter of short forms such as R3.
    letter: char,
    first_day: Date,
    /// The Gregorian year of the first day.
    first_year: i16,
}

const fn row(era: Era, name: &'static str, letter: char, first_year: i16, first_day: Date) -> Row {
    Row { era, name, letter, first_day, first_year }
}

const ERAS: [Row; 5] = [
    row(Era::Meiji, "明治", 'M', 1868, date!(1868 - 01 - 25)),
    row(Era::Taisho, "大正", 'T', 1912, date!(1912 - 07 - 30)),
    row(Era::Showa, "昭和", 'S', 1926, date!(1926 - 12 - 25)),
    row(Era::Heisei, "平成", 'H', 1989, date!(1989 - 01 - 08)),
    row(Era::Reiwa, "令和", 'R', 2019, date!(2019 - 05 - 01)),
];

impl Era {
    const fn row(self) -> &'static Row {
        &ERAS[self as usize]
    }

    /// The era's name in Japanese.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The letter of short forms: the R of R3.
    pub const fn letter(self) -> char {
        self.row().letter
    }

    /// The first day of the era.
    pub const fn first_day(self) -> Date {
        self.row().first_day
    }

    /// The era of a day; `None` before 明治.
    pub fn of(day: Date) -> Option<Self> {
        ERAS.iter().rev().find(|row| row.first_day <= day).map(|row| row.era)
    }

    /// Reads an era's name or letter at the start of a normalised text, and gives the rest.
    pub(super) fn strip(text: &str) -> Option<(Self, &str)> {
        ERAS.iter().find_map(|&Row { era, name, letter, .. }| {
            let rest = text
                .strip_prefix(name)
                .or_else(|| text.strip_prefix(letter))
                .or_else(|| text.strip_prefix(letter.to_ascii_lowercase()))?;
            Some((era, rest))
        })
    }
}

/// A year counted in an era: 令和3, 平成元, and also 平成32, as plans printed it before the era changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EraYear {
    /// The era.
    pub era: Era,
    /// The year in it, from 1 (元年).
    pub year: u8,
}

impl EraYear {
    /// The Gregorian year.
    pub fn gregorian(self) -> i16 {
        self.era.row().first_year + i16::from(self.year) - 1
    }

    /// The era year of a day: 1989-01-07 is 昭和64年. `None` before 明治.
    pub fn of_day(day: Date) -> Option<Self> {
        let era = Era::of(day)?;
        let year = i16::try_from(day.year()).ok()? - era.row().first_year + 1;
        Some(Self { era, year: u8::try_from(year).ok()? })
    }

    /// The era year in which a Gregorian year ends, as documents count a whole year: 2019 is 令和元年.
    /// `None` before 1868.
    pub fn of_gregorian(year: i16) -> Option<Self> {
        let row = ERAS.iter().rev().find(|row| row.first_year <= year)?;
        Some(Self { era: row.era, year: u8::try_from(year - row.first_year + 1).ok()? })
    }
}

impl fmt::Display for EraYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.era.name())?;
        if self.year == 1 { f.write_str("元") } else { write!(f, "{}", self.year) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eras_begin_on_their_first_day() {
        for Row { era, first_day, first_year, .. } in ERAS {
            assert_eq!(first_day.year(), i32::from(first_year));
            assert_eq!(Era::of(first_day), Some(era));
            assert_ne!(Era::of(first_day.previous_day().unwrap()), Some(era));
        }
        assert_eq!(Era::of(date!(1867 - 12 - 31)), None);
    }

    #[test]
    fn gregorian_years() {
        assert_eq!(EraYear { era: Era::Heisei, year: 32 }.gregorian(), 2020);
        assert_eq!(EraYear::of_gregorian(2019).unwrap().to_string(), "令和元");
        assert_eq!(EraYear::of_gregorian(2015).unwrap().to_string(), "平成27");
        assert_eq!(EraYear::of_gregorian(1800), None);
    }
}
