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

/// An era, its name, its letter in short forms such as R3, and its first day.
const ERAS: [(Era, &str, char, Date); 5] = [
    (Era::Meiji, "明治", 'M', date!(1868 - 01 - 25)),
    (Era::Taisho, "大正", 'T', date!(1912 - 07 - 30)),
    (Era::Showa, "昭和", 'S', date!(1926 - 12 - 25)),
    (Era::Heisei, "平成", 'H', date!(1989 - 01 - 08)),
    (Era::Reiwa, "令和", 'R', date!(2019 - 05 - 01)),
];

impl Era {
    const fn row(self) -> &'static (Self, &'static str, char, Date) {
        &ERAS[self as usize]
    }

    /// The era's name in Japanese.
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    /// The letter of short forms: the R of R3.
    pub const fn letter(self) -> char {
        self.row().2
    }

    /// The first day of the era.
    pub const fn first_day(self) -> Date {
        self.row().3
    }

    /// The era of a day; `None` before 明治.
    pub fn of(day: Date) -> Option<Self> {
        ERAS.iter().rev().find(|row| row.3 <= day).map(|row| row.0)
    }

    /// Reads an era's name or letter at the start of a normalised text, and gives the rest.
    pub(super) fn strip(text: &str) -> Option<(Self, &str)> {
        ERAS.iter().find_map(|&(era, name, letter, _)| {
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
        self.era.first_day().year() as i16 + i16::from(self.year) - 1
    }

    /// The era year in which a Gregorian year ends, as documents count a whole year: 2019 is 令和元年.
    /// `None` before 1868.
    pub fn of_gregorian(year: i16) -> Option<Self> {
        let (era, .., first) = ERAS.iter().rev().find(|row| row.3.year() <= i32::from(year))?;
        Some(Self { era: *era, year: u8::try_from(i32::from(year) - first.year() + 1).ok()? })
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
        for (era, _, _, first) in ERAS {
            assert_eq!(Era::of(first), Some(era));
            assert_ne!(Era::of(first.previous_day().unwrap()), Some(era));
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
