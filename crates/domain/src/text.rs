//! Printed Japanese text: what NFKC folds for us, and the four things that it gets wrong.
//!
//! NFKC turns full-width letters, digits and brackets and half-width kana into their ordinary forms. It leaves
//! △ ▲ ― − as they are, turns ① into 1 and －人 into -人: hence [`circled_number`], [`is_dash`] and
//! [`is_minus`], which are asked before or after it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfkc};

/// A sentence for people in both languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// The sentence in both.
    pub fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }
}

/// Trims and folds a printed text to its ordinary forms (NFKC).
pub fn normalize(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if is_nfkc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect::<String>().trim().to_owned()) }
}

/// Whether a character is one of the dashes that stand for "no value" when they stand alone: ― － - — – − ‐ ー ─.
pub const fn is_dash(c: char) -> bool {
    matches!(
        c,
        '\u{2015}' | '\u{FF0D}' | '-' | '\u{2014}' | '\u{2013}' | '\u{2212}' | '\u{2010}' | '\u{30FC}' | '\u{2500}'
    )
}

/// Whether a character before a number makes it negative: △ ▲ − － - and their kin.
pub const fn is_minus(c: char) -> bool {
    matches!(c, '△' | '▲' | '\u{2212}' | '\u{FF0D}' | '-' | '\u{2010}' | '\u{2013}')
}

/// The number of a circled digit, ① to ⑳, which NFKC would confuse with a plain 1 to 20.
pub fn circled_number(c: char) -> Option<u32> {
    ('①'..='⑳').contains(&c).then(|| u32::from(c) - u32::from('①') + 1)
}

/// Folds a text for searching: NFKC, lower case, katakana to hiragana, no white space.
/// スナガワ, ｽﾅｶﾞﾜ and すながわ become one.
pub fn search_key(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            // The katakana block lies 0x60 above the hiragana block, in the same order.
            'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_folds_kana_width_and_case() {
        for text in ["スナガワ", "ｽﾅｶﾞﾜ", "すながわ", " すな がわ"] {
            assert_eq!(search_key(text), "すながわ");
        }
        assert_eq!(search_key("ＫＰＩ"), "kpi");
    }

    #[test]
    fn circled_numbers_are_read_before_nfkc_makes_them_plain() {
        assert_eq!(circled_number('①'), Some(1));
        assert_eq!(circled_number('⑳'), Some(20));
        assert_eq!(circled_number('1'), None);
    }
}
