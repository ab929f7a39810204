use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Date, macros::date};

use super::Prefecture;
use crate::text::normalize;

/// A municipality code (全国地方公共団体コード): prefecture (2 digits, JIS X 0401), municipality (3 digits,
/// JIS X 0402) and a check digit. Five or six digits are read, six are printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MunicipalityCode(u32);

/// Why a text is not a municipality code, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not five or six digits.
    #[error("“{0}” is not a municipality code: write 5 digits, or 6 with the check digit, such as 01226 or 012262")]
    Shape(String),
    /// The sixth digit does not follow from the first five.
    #[error("“{code}” has a wrong check digit: {expected} was expected; check the code for a typing mistake")]
    CheckDigit {
        /// The code as it was given.
        code: String,
        /// The digit that the first five ask for.
        expected: u32,
    },
    /// The first two digits name no prefecture, or the rest is that of a prefecture.
    #[error(
        "“{0}” is not the code of a municipality: it begins with a prefecture 01–47, and 000 stands for the prefecture itself"
    )]
    Area(String),
}

impl MunicipalityCode {
    /// From the five digits without the check digit.
    pub fn from_five_digits(digits: u32) -> Result<Self, CodeError> {
        let fail = || CodeError::Area(format!("{digits:05}"));
        if digits > 99_999 || digits.is_multiple_of(1000) || Prefecture::from_number(digits / 1000).is_none() {
            return Err(fail());
        }
        Ok(Self(digits))
    }

    /// The five digits without the check digit, as a number: 1226 for 砂川市.
    pub const fn five_digits(self) -> u32 {
        self.0
    }

    /// The prefecture.
    pub fn prefecture(self) -> Prefecture {
        Prefecture::from_number(self.0 / 1000).expect("the constructor admits prefectures only")
    }

    /// The check digit.
    pub fn check_digit(self) -> u32 {
        check_digit(self.0)
    }
}

/// The check digit of five digits: weights 6, 5, 4, 3, 2, then (11 − S mod 11) mod 10.
pub(super) fn check_digit(five: u32) -> u32 {
    let sum: u32 =
        (2..=6).zip(std::iter::successors(Some(five), |rest| Some(rest / 10))).map(|(w, d)| w * (d % 10)).sum();
    (11 - sum % 11) % 10
}

impl FromStr for MunicipalityCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let digits = normalize(text);
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| CodeError::Shape(text.to_owned()));
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::Shape(text.to_owned()));
        }
        let area = |_| CodeError::Area(text.to_owned());
        match digits.len() {
            5 => Self::from_five_digits(number(&digits)?).map_err(area),
            6 => {
                let (five, check) = digits.split_at(5);
                let code = Self::from_five_digits(number(five)?).map_err(area)?;
                let expected = code.check_digit();
                if number(check)? == expected {
                    Ok(code)
                } else {
                    Err(CodeError::CheckDigit { code: text.to_owned(), expected })
                }
            }
            _ => Err(CodeError::Shape(text.to_owned())),
        }
    }
}

impl fmt::Display for MunicipalityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05}{}", self.0, self.check_digit())
    }
}

impl fmt::Debug for MunicipalityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for MunicipalityCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MunicipalityCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A code that was given up, and the municipality that goes on with it.
#[derive(Debug, Clone, Copy)]
pub struct Succession {
    /// The five digits of the old code.
    pub former: u32,
    /// The name under the old code.
    pub former_name: &'static str,
    /// The five digits of the code in use since.
    pub successor: u32,
    /// The first day of the new code.
    pub since: Date,
}

/// Codes that old documents and statistics still carry: 那珂川町 became a city in 2018.
pub const SUCCESSIONS: [Succession; 1] =
    [Succession { former: 40305, former_name: "那珂川町", successor: 40231, since: date!(2018 - 10 - 01) }];

impl MunicipalityCode {
    /// The code in use today for this one.
    #[must_use]
    pub fn current(self) -> Self {
        SUCCESSIONS.iter().find(|row| row.former == self.0).map_or(self, |row| Self(row.successor))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn five_and_six_digits_are_one_code() {
        for text in ["01226", "012262", "０１２２６２", " 012262 "] {
            assert_eq!(text.parse::<MunicipalityCode>().unwrap().to_string(), "012262", "{text}");
        }
        assert_eq!("325252".parse::<MunicipalityCode>().unwrap().prefecture().name(), "島根県");
    }

    #[test]
    fn wrong_codes_say_what_is_wrong() {
        let error = |text: &str| text.parse::<MunicipalityCode>().unwrap_err();
        assert_eq!(error("012263"), CodeError::CheckDigit { code: "012263".into(), expected: 2 });
        for text in ["", "0122", "0122622", "abcde", "12-26", "砂川市"] {
            assert_eq!(error(text), CodeError::Shape(text.into()));
        }
        for text in ["00226", "48201", "010006", "01000"] {
            assert_eq!(error(text), CodeError::Area(text.into()));
        }
    }

    #[test]
    fn a_former_code_leads_to_its_successor() {
        assert_eq!("40305".parse::<MunicipalityCode>().unwrap().current().five_digits(), 40231);
        assert_eq!("01226".parse::<MunicipalityCode>().unwrap().current().five_digits(), 1226);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back_and_a_changed_digit_is_noticed(pref in 1_u32..=47, rest in 1_u32..1000, at in 0_usize..5, by in 1_u8..10) {
            let code = MunicipalityCode::from_five_digits(pref * 1000 + rest).unwrap();
            let text = code.to_string();
            prop_assert_eq!(text.parse(), Ok(code));
            let mut digits = text.into_bytes();
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            let changed = String::from_utf8(digits).unwrap().parse::<MunicipalityCode>();
            // mod 11 folded to one digit maps 10 and 0 together: a changed digit may pass, but never as the same code.
            prop_assert_ne!(changed, Ok(code));
        }
    }
}
