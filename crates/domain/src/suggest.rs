//! Which standard indicators (標準指標) an indicator may correspond to: suggestions for people, who decide. Nothing is applied by
//! itself.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::{
    quantity::Unit,
    reference::{MeasureKind, StandardIndicator},
    strategy::{Accumulation, Direction, Indicator},
    text::{Bilingual, search_key},
};

/// A standard indicator that an indicator may correspond to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Its place among those that were looked at.
    pub at: usize,
    /// How well it fits, from 0 to 100.
    pub score: u32,
    /// The name or synonym that was found.
    pub name: String,
    /// By what values are multiplied, where only the scale of the unit differs (千人 for 人).
    pub factor: Option<Decimal>,
    /// What speaks for it and against it.
    pub reasons: Vec<Bilingual>,
}

/// What scores less is not suggested.
const LEAST: u32 = 50;
/// How many are suggested at most.
const MOST: usize = 5;
/// What is left of a score, in percent, for each thing that does not fit.
const OTHER_UNIT: u32 = 60;
const OTHER_DIRECTION: u32 = 85;
const OTHER_KIND: u32 = 90;

/// The standard indicators that an indicator may correspond to, the best first.
pub fn suggestions(indicator: &Indicator, standards: &[StandardIndicator]) -> Vec<Suggestion> {
    let label = search_key(&indicator.label);
    let mut found: Vec<Suggestion> =
        standards.iter().enumerate().filter_map(|(at, standard)| suggestion(indicator, &label, at, standard)).collect();
    found.sort_by_key(|suggestion| (std::cmp::Reverse(suggestion.score), suggestion.at));
    found.truncate(MOST);
    found
}

fn suggestion(indicator: &Indicator, label: &str, at: usize, standard: &StandardIndicator) -> Option<Suggestion> {
    let names = [&standard.name.ja].into_iter().chain(&standard.synonyms);
    // Of equals the first, which is the name itself.
    let (mut score, name) = names
        .map(|name| (likeness(label, &search_key(plain(name))), name))
        .fold((0, &standard.name.ja), |best, next| if next.0 > best.0 { next } else { best });
    // Whatever else fits, it cannot become more.
    if score < LEAST {
        return None;
    }
    let mut reasons = vec![if score == 100 {
        both(format!("名称が「{name}」と同じです。"), format!("Its label is “{name}”."))
    } else {
        both(format!("名称が「{name}」に似ています。"), format!("Its label is like “{name}”."))
    }];
    let mut factor = None;
    let wanted = standard.unit.as_deref().and_then(|unit| Unit::parse(unit).ok());
    if let (Some(own), Some(wanted)) = (&indicator.unit, &wanted) {
        if own.symbol() != wanted.symbol() {
            score = score * OTHER_UNIT / 100;
            reasons.push(both(
                format!("単位が「{own}」で、標準指標は「{wanted}」です。"),
                format!("Its unit is {own}, that of the standard indicator {wanted}."),
            ));
        } else if own.exponent() != wanted.exponent() {
            factor = own.factor().checked_div(wanted.factor());
            reasons.push(both(
                format!("単位の桁が違います（{own}、標準指標は{wanted}）。"),
                format!("The scale of the unit differs ({own}; the standard indicator is in {wanted})."),
            ));
        } else {
            reasons.push(both(format!("単位「{own}」が同じです。"), format!("The unit {own} is the same.")));
        }
    }
    let opposite = matches!(
        (indicator.direction, standard.direction),
        (Direction::Higher, Direction::Lower) | (Direction::Lower, Direction::Higher)
    );
    if opposite {
        score = score * OTHER_DIRECTION / 100;
        reasons.push(both("良い方向が逆です。".into(), "The other way is better.".into()));
    }
    let yearly = indicator.statement().map(|statement| statement.accumulation);
    let other_kind = match (yearly, standard.kind) {
        (Some(Accumulation::YearlyAmount | Accumulation::RunningTotal), MeasureKind::Stock) => {
            Some(("各年の量", "残高", "an amount of each year", "a stock"))
        }
        (Some(Accumulation::Level), MeasureKind::Flow) => {
            Some(("水準", "各年の量", "a level", "an amount of each year"))
        }
        (Some(Accumulation::RunningTotal), MeasureKind::Flow) => {
            Some(("累計", "各年の量", "a running total", "an amount of each year"))
        }
        _ => None,
    };
    if let Some((own_ja, wanted_ja, own_en, wanted_en)) = other_kind {
        score = score * OTHER_KIND / 100;
        reasons.push(both(
            format!("{own_ja}を測る指標で、標準指標は{wanted_ja}です。"),
            format!("It measures {own_en}, the standard indicator {wanted_en}."),
        ));
    }
    (score >= LEAST).then(|| Suggestion { at, score, name: name.clone(), factor, reasons })
}

fn both(ja: String, en: String) -> Bilingual {
    Bilingual { ja, en }
}

/// A name without the remark in brackets behind it: 人口減少率（符号反転）.
fn plain(name: &str) -> &str {
    name.split(['（', '(']).next().unwrap_or(name)
}

/// How alike two names are, from 0 to 100. One that holds the other is more like it the less it adds; other names are as alike as
/// the pairs of letters that they share (Dice's coefficient).
fn likeness(one: &str, other: &str) -> u32 {
    if one == other {
        return 100;
    }
    let (long, short) =
        (one.chars().count().max(other.chars().count()), one.chars().count().min(other.chars().count()));
    // One letter is in too many names to say anything.
    if short < 2 {
        return 0;
    }
    let held = if one.contains(other) || other.contains(one) { 50 + share(short, long) / 2 } else { 0 };
    // What is only alike is less than what is the same.
    held.max(dice(one, other)).min(99)
}

fn dice(one: &str, other: &str) -> u32 {
    let pairs = |text: &str| {
        let letters: Vec<char> = text.chars().collect();
        letters.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>()
    };
    let (ones, others) = (pairs(one), pairs(other));
    let mut left: HashMap<(char, char), usize> = HashMap::new();
    for pair in &ones {
        *left.entry(*pair).or_default() += 1;
    }
    let shared = others.iter().filter(|pair| {
        left.get_mut(pair).is_some_and(|count| count.checked_sub(1).map(|less| *count = less).is_some())
    });
    share(2 * shared.count(), ones.len() + others.len())
}

/// A part in percent of a whole, cut off.
fn share(part: usize, whole: usize) -> u32 {
    u32::try_from(part * 100 / whole.max(1)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_as_people_find_them() {
        for (one, other, likeness_of) in [
            ("出生数", "出生数", 100),
            ("観光入込客数", "年間観光入込客数", 87),
            ("出生数", "死亡数", 0),
            ("移住者数", "移住定住者数", 75),
            ("人", "人口", 0),
            ("", "", 100),
        ] {
            assert_eq!(likeness(one, other), likeness_of, "{one} {other}");
            assert_eq!(likeness(other, one), likeness_of, "{other} {one}");
        }
    }
}
