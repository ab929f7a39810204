//! Quantities as documents print them: an exact number, a unit with its scale, a bound, and the printed text beside.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::text::{circled_number, is_minus, normalize};

/// Powers of ten that stand in Japanese before a unit (千人, 万個, 億円) or inside a number (2億396万円),
/// longest first.
const SCALES: [(&str, u32); 7] = [("百万", 6), ("千万", 7), ("十億", 9), ("兆", 12), ("億", 8), ("万", 4), ("千", 3)];

/// A unit with its scale, such as 千人: thousands of 人. Two units are equal when symbol and scale are, however they
/// are printed (％ and %).
#[derive(Debug, Clone)]
pub struct Unit {
    printed: Box<str>,
    symbol: Box<str>,
    exponent: u32,
}

/// A text that is not a unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a unit; a unit is a short word without spaces or numbers, such as 人, 千人, ％ or 人/日")]
pub struct UnitError(String);

impl Unit {
    /// Reads a unit as printed.
    pub fn parse(printed: &str) -> Result<Self, UnitError> {
        let normal = normalize(printed);
        if !is_unit(&normal) {
            return Err(UnitError(printed.to_owned()));
        }
        // 千億円: the scales multiply.
        let (mut symbol, mut exponent) = (&*normal, 0);
        while let Some((behind, scale)) = strip_scale(symbol).filter(|(behind, _)| is_unit(behind)) {
            (symbol, exponent) = (behind, exponent + scale);
        }
        Ok(Self { symbol: symbol.into(), exponent, printed: printed.trim().into() })
    }

    /// The unit as printed: 千人, ％.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// The unit without its scale, normalised: 人, %.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The scale as a power of ten: 3 for 千人.
    pub const fn exponent(&self) -> u32 {
        self.exponent
    }

    /// How many of the base unit one of this unit is: 1,000 for 千人.
    pub fn factor(&self) -> Decimal {
        Decimal::from_i128_with_scale(10_i128.pow(self.exponent), 0)
    }

    /// A value in this unit, in the base unit; `None` where it leaves the range of decimals.
    pub fn to_base(&self, value: Decimal) -> Option<Decimal> {
        value.checked_mul(self.factor()).map(|value| value.normalize())
    }
}

/// Units that hold a digit.
const WITH_DIGITS: [&str; 6] = ["m2", "m3", "km2", "cm2", "cm3", "CO2"];

/// Words behind which no unit stands: what carries them is a statement (2022年度策定済み, 3件減), and is kept as words.
const NO_UNITS: [&str; 13] =
    ["増", "減", "達成", "策定", "済", "実施", "予定", "目標", "暫定", "速報", "見込", "年度", "未"];

/// Whether a normalised text can be a unit.
fn is_unit(text: &str) -> bool {
    let bare = WITH_DIGITS.iter().fold(text.to_owned(), |text, unit| text.replace(unit, "m"));
    bare.starts_with(|c: char| c.is_alphabetic() || "%‰°".contains(c))
        && bare.chars().count() <= 12
        && bare.chars().all(|c| (c.is_alphanumeric() && !c.is_numeric()) || "%‰/・°-".contains(c))
        && !NO_UNITS.iter().any(|word| bare.contains(word))
}

/// Reads a scale at the start of a text.
fn strip_scale(text: &str) -> Option<(&str, u32)> {
    SCALES.iter().find_map(|(name, exponent)| Some((text.strip_prefix(name)?, *exponent)))
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.symbol == other.symbol && self.exponent == other.exponent
    }
}

impl Eq for Unit {}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.printed)
    }
}

impl Serialize for Unit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.printed)
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let printed = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&printed).map_err(serde::de::Error::custom)
    }
}

/// A number in data that people write: 80, 12.5 or "12.5", which are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[serde(transparent)]
pub struct Number(pub Decimal);

impl Number {
    /// Whether it is zero.
    pub const fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl serde::de::Visitor<'_> for Written {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number such as 80 or 12.5")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number.into()))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number.into()))
            }

            // The shortest text of a float is what was written.
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Number, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
                let wrong = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
                Decimal::from_str_exact(text).map(Number).map_err(|_| wrong())
            }
        }
        deserializer.deserialize_any(Written)
    }
}

/// A bound printed with a number (75%以上).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// 以上: the number or more.
    AtLeast,
    /// 以下, 以内: the number or less.
    AtMost,
    /// 超: more than the number.
    MoreThan,
    /// 未満: less than the number.
    LessThan,
}

/// Suffixes that bound a number.
const BOUNDS: [(&str, Bound); 6] = [
    ("以上", Bound::AtLeast),
    ("以下", Bound::AtMost),
    ("以内", Bound::AtMost),
    ("未満", Bound::LessThan),
    ("超過", Bound::MoreThan),
    ("超", Bound::MoreThan),
];

/// A number as printed: 36.7％, おおむね100億円以下, △7.77％.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The number, in the unit with its scale; it keeps the printed number of decimals.
    pub value: Decimal,
    /// The unit, where one is printed with the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The bound, where one is printed with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// Whether it is said to be about right only (約, おおむね).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approximate: bool,
}

/// How sure a reported number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finality {
    /// 確定値.
    #[default]
    Final,
    /// 暫定値, 速報値: measured, and to be revised.
    Provisional,
    /// 見込: expected, not yet measured.
    Forecast,
}

/// Marks that make a number less than final, longest first.
const FINALITIES: [(&str, Finality); 7] = [
    ("暫定値", Finality::Provisional),
    ("速報値", Finality::Provisional),
    ("見込値", Finality::Forecast),
    ("見込み", Finality::Forecast),
    ("暫定", Finality::Provisional),
    ("速報", Finality::Provisional),
    ("見込", Finality::Forecast),
];

impl Amount {
    /// A bare number.
    pub const fn of(value: Decimal) -> Self {
        Self { value, unit: None, bound: None, approximate: false }
    }

    /// Reads a number as printed. `None` for anything else.
    pub fn parse(printed: &str) -> Option<Self> {
        Self::parse_with_finality(printed).map(|(amount, _)| amount)
    }

    /// Reads a number together with a mark such as 暫定値 before it, or behind it with or without a bracket.
    pub fn parse_with_finality(printed: &str) -> Option<(Self, Finality)> {
        // NFKC would make ①5件 read 15件.
        if printed.chars().any(|c| circled_number(c).is_some()) {
            return None;
        }
        let normal = normalize(printed);
        let mut rest: &str = &normal;
        let mut finality = Finality::Final;
        let mut approximate = false;
        loop {
            rest = rest.trim_start_matches([' ', ':']);
            if let Some((mark, found)) = FINALITIES.iter().find(|(mark, _)| rest.starts_with(mark)) {
                (rest, finality) = (&rest[mark.len()..], *found);
            } else if let Some(mark) = ["約", "おおむね", "概ね", "およそ"].iter().find(|mark| rest.starts_with(**mark))
            {
                (rest, approximate) = (&rest[mark.len()..], true);
            } else {
                break;
            }
        }
        let bare = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')).filter(|(_, mark)| is_finality(mark));
        let marked = bare.or_else(|| {
            let (mark, _) = FINALITIES.iter().find(|(mark, _)| rest.ends_with(mark))?;
            Some((&rest[..rest.len() - mark.len()], *mark))
        });
        if let Some((head, mark)) = marked {
            rest = head.trim_end();
            finality = FINALITIES.iter().find(|(text, _)| *text == mark).map_or(finality, |(_, found)| *found);
        }
        let mut bound = None;
        if let Some((suffix, found)) = BOUNDS.iter().find(|(suffix, _)| rest.ends_with(suffix)) {
            (rest, bound) = (&rest[..rest.len() - suffix.len()], Some(*found));
        }
        let (value, unit) = signed(rest)?;
        let unit = match unit.trim() {
            "" => None,
            unit => Some(Unit::parse(unit).ok()?),
        };
        Some((Self { value, unit, bound, approximate }, finality))
    }
}

fn is_finality(text: &str) -> bool {
    FINALITIES.iter().any(|(mark, _)| *mark == text)
}

/// Reads a signed number and gives the text behind it.
fn signed(text: &str) -> Option<(Decimal, &str)> {
    let mut chars = text.chars();
    let negative = chars.next().is_some_and(is_minus);
    let digits = if negative { chars.as_str() } else { text.strip_prefix('+').unwrap_or(text) };
    let (value, unit) = kanji_number(digits.trim_start())?;
    Some((if negative { -value } else { value }, unit))
}

/// Reads 1,050 or 902.9 or 2億396万. One scale before a unit stays with it (15.3 万個); several scales, and one without a
/// unit, are multiplied out. Scales that grow again (2千5百万円) are not understood.
fn kanji_number(text: &str) -> Option<(Decimal, &str)> {
    let (mut part, mut rest) = plain_number(text)?;
    let mut total = Decimal::ZERO;
    let mut smallest = None;
    while let Some((behind, exponent)) = strip_scale(rest) {
        let grows = smallest.is_some_and(|smallest| exponent >= smallest);
        let next = plain_number(behind);
        let alone = next.is_none() && smallest.is_none() && !behind.trim().is_empty();
        if grows {
            return None;
        }
        if alone {
            return Some((part, rest));
        }
        total = total.checked_add(part.checked_mul(Decimal::from(10_u64.pow(exponent)))?)?;
        (part, rest) = next.unwrap_or((Decimal::ZERO, behind));
        smallest = Some(exponent);
        if next.is_none() {
            break;
        }
    }
    Some((total.checked_add(part)?, rest))
}

/// Reads digits with thousands separators and decimals.
fn plain_number(text: &str) -> Option<(Decimal, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.')).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let mut grouped = false;
    let well_grouped = groups.all(|group| {
        grouped = true;
        group.len() == 3
    });
    let plausible = !first.is_empty()
        && well_grouped
        && (!grouped || first.len() <= 3)
        && fraction.is_none_or(|fraction| !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()));
    if !plausible {
        return None;
    }
    let digits: String = number.chars().filter(|c| *c != ',').collect();
    Decimal::from_str_exact(&digits).ok().map(|value| (value, rest))
}

/// Prints a number as documents do: 1,250, 36.6, △7.77.
pub fn print_number(value: Decimal) -> String {
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut printed = String::from(if value.is_sign_negative() && !value.is_zero() { "△" } else { "" });
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            printed.push(',');
        }
        printed.push(digit);
    }
    if let Some(fraction) = fraction {
        printed.push('.');
        printed.push_str(fraction);
    }
    printed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `value unit` of a printed number, with the scale as a power of ten.
    fn read(text: &str) -> Option<(String, String, u32)> {
        let amount = Amount::parse(text)?;
        let unit = amount.unit.as_ref();
        Some((
            amount.value.to_string(),
            unit.map(|unit| unit.symbol().to_owned()).unwrap_or_default(),
            unit.map_or(0, Unit::exponent),
        ))
    }

    #[test]
    fn every_number_that_documents_print() {
        for (text, value, unit, exponent) in [
            ("36.7％", "36.7", "%", 0),
            ("△7.77％", "-7.77", "%", 0),
            ("▲3", "-3", "", 0),
            ("−3", "-3", "", 0),
            ("－3人", "-3", "人", 0),
            ("1,625千人", "1625", "人", 3),
            ("21,866件", "21866", "件", 0),
            ("273人/日", "273", "人/日", 0),
            ("2億396万円", "203960000", "円", 0),
            ("2億", "200000000", "", 0),
            ("1億2千5円", "100002005", "円", 0),
            ("3千億円", "3", "円", 11),
            ("12.5km2", "12.5", "km2", 0),
            ("3.5t-CO2", "3.5", "t-CO2", 0),
            ("15.3万個", "15.3", "個", 4),
            ("100億円", "100", "円", 8),
            ("3百万円", "3", "円", 6),
            ("１，０５０", "1050", "", 0),
            ("75%以上", "75", "%", 0),
            ("18%以内", "18", "%", 0),
            ("おおむね100億円以下", "100", "円", 8),
            ("約3,000L", "3000", "L", 0),
            ("暫定値43.1", "43.1", "", 0),
            ("40.0", "40.0", "", 0),
        ] {
            assert_eq!(read(text), Some((value.into(), unit.into(), exponent)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in [
            "",
            "―",
            "－件",
            "－",
            "調査中",
            "1,05",
            "1.2.3",
            "12,34,567",
            ".5",
            "5.",
            "3 人 4",
            "99999999999999999999999999999999",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn marks_of_finality_before_and_behind() {
        for (text, expected) in [
            ("暫定値43.1", Finality::Provisional),
            ("43.1（暫定値）", Finality::Provisional),
            ("速報値 7,077", Finality::Provisional),
            ("43.1暫定値", Finality::Provisional),
            ("5件見込み", Finality::Forecast),
            ("見込み 5件", Finality::Forecast),
            ("43.1", Finality::Final),
        ] {
            let (amount, finality) = Amount::parse_with_finality(text).unwrap();
            assert_eq!(finality, expected, "{text}");
            assert!(amount.bound.is_none());
        }
    }

    #[test]
    fn thousands_of_people_are_people() {
        let unit = Unit::parse("千人").unwrap();
        assert_eq!(unit.to_base("902.9".parse().unwrap()).unwrap().to_string(), "902900");
        assert_eq!(Unit::parse("％").unwrap(), Unit::parse("%").unwrap());
        assert_ne!(Unit::parse("千人").unwrap(), Unit::parse("人").unwrap());
        for text in ["", "3人", "人 日", "人,日"] {
            assert!(Unit::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(mantissa in -10_i64.pow(15)..10_i64.pow(15), scale in 0_u32..6) {
            let value = Decimal::new(mantissa, scale);
            prop_assert_eq!(Amount::parse(&print_number(value)).map(|amount| amount.value), Some(value));
        }

        #[test]
        fn no_text_panics(text in "[0-9億万千,.△－ 人%以上約\\PC]{0,24}") {
            let _ = Amount::parse_with_finality(&text);
            let _ = Unit::parse(&text);
        }
    }
}
