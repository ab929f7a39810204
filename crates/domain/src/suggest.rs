//! Which standard indicators (標準指標) an indicator may correspond to: suggestions for people, who decide. Nothing is applied by
//! itself.

use std::cmp::{Ordering, Reverse};

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

/// The names of the standard indicators, made ready once: they are held against every label.
#[derive(Debug)]
pub struct Catalogue(Vec<Vec<(String, Name)>>);

impl Catalogue {
    /// Of standard indicators, which are to be given again when suggestions are asked for.
    pub fn new(standards: &[StandardIndicator]) -> Self {
        let names = |standard: &StandardIndicator| {
            let names = [&standard.name.ja].into_iter().chain(&standard.synonyms);
            names.map(|name| (name.clone(), Name::new(plain(name)))).collect()
        };
        Self(standards.iter().map(names).collect())
    }

    /// The standard indicators that an indicator may correspond to, the best first.
    pub fn suggestions(&self, indicator: &Indicator, standards: &[StandardIndicator]) -> Vec<Suggestion> {
        let label = Name::new(&indicator.label);
        let all = self.0.iter().zip(standards).enumerate();
        let mut found: Vec<Suggestion> = all
            .filter_map(|(at, (names, standard))| {
                // Of equals the first, which is the name itself.
                let best = names.iter().map(|(printed, name)| (label.likeness(name), printed));
                let (score, name) = best.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
                suggestion(indicator, (score, name), at, standard)
            })
            .collect();
        found.sort_by_key(|suggestion| (Reverse(suggestion.score), suggestion.at));
        found.truncate(MOST);
        found
    }
}

fn suggestion(
    indicator: &Indicator,
    (mut score, name): (u32, &str),
    at: usize,
    standard: &StandardIndicator,
) -> Option<Suggestion> {
    // Whatever else fits, it cannot become more.
    if score < LEAST {
        return None;
    }
    let mut reasons = vec![if score == 100 {
        Bilingual::new(format!("名称が「{name}」と同じです。"), format!("Its label is “{name}”."))
    } else {
        Bilingual::new(format!("名称が「{name}」に似ています。"), format!("Its label is like “{name}”."))
    }];
    let mut factor = None;
    let wanted = standard.unit.as_deref().and_then(|unit| Unit::parse(unit).ok());
    if let (Some(own), Some(wanted)) = (&indicator.unit, &wanted) {
        if own.symbol() != wanted.symbol() {
            score = score * OTHER_UNIT / 100;
            reasons.push(Bilingual::new(
                format!("単位が「{own}」で、標準指標は「{wanted}」です。"),
                format!("Its unit is {own}, that of the standard indicator {wanted}."),
            ));
        } else if own.exponent() != wanted.exponent() {
            factor = own.factor().checked_div(wanted.factor());
            reasons.push(Bilingual::new(
                format!("単位の桁が違います（{own}、標準指標は{wanted}）。"),
                format!("The scale of the unit differs ({own}; the standard indicator is in {wanted})."),
            ));
        } else {
            reasons.push(Bilingual::new(format!("単位「{own}」が同じです。"), format!("The unit {own} is the same.")));
        }
    }
    let opposite = matches!(
        (indicator.direction, standard.direction),
        (Direction::Higher, Direction::Lower) | (Direction::Lower, Direction::Higher)
    );
    if opposite {
        score = score * OTHER_DIRECTION / 100;
        reasons.push(Bilingual::new("良い方向が逆です。", "The other way is better."));
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
        reasons.push(Bilingual::new(
            format!("{own_ja}を測る指標で、標準指標は{wanted_ja}です。"),
            format!("It measures {own_en}, the standard indicator {wanted_en}."),
        ));
    }
    (score >= LEAST).then(|| Suggestion { at, score, name: name.to_owned(), factor, reasons })
}

/// A name without the remark in brackets behind it: 人口減少率（符号反転）.
fn plain(name: &str) -> &str {
    name.split(['（', '(']).next().unwrap_or(name)
}

/// A name made ready to be held against others.
#[derive(Debug)]
struct Name {
    /// Folded, so that width, case and kana do not matter.
    key: String,
    letters: usize,
    /// The pairs of letters that follow each other, in order of the alphabet.
    pairs: Vec<(char, char)>,
}

impl Name {
    fn new(text: &str) -> Self {
        let key = search_key(text);
        let letters: Vec<char> = key.chars().collect();
        let mut pairs: Vec<(char, char)> = letters.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.sort_unstable();
        Self { key, letters: letters.len(), pairs }
    }

    /// How alike two names are, from 0 to 100. One that holds the other is more like it the less it adds; other names are as
    /// alike as the pairs of letters that they share (Dice's coefficient).
    fn likeness(&self, other: &Self) -> u32 {
        if self.key == other.key {
            return 100;
        }
        let (long, short) = (self.letters.max(other.letters), self.letters.min(other.letters));
        // One letter is in too many names to say anything.
        if short < 2 {
            return 0;
        }
        let holds = self.key.contains(&other.key) || other.key.contains(&self.key);
        let held = if holds { 50 + share(short, long) / 2 } else { 0 };
        let dice = share(2 * self.shared_pairs(other), self.pairs.len() + other.pairs.len());
        // What is only alike is less than what is the same.
        held.max(dice).min(99)
    }

    /// How many pairs are in both; one that is in a name twice counts twice if it is so in the other.
    fn shared_pairs(&self, other: &Self) -> usize {
        let (mut ones, mut others) = (self.pairs.iter().peekable(), other.pairs.iter().peekable());
        let mut shared = 0;
        while let (Some(one), Some(of)) = (ones.peek(), others.peek()) {
            match one.cmp(of) {
                Ordering::Less => drop(ones.next()),
                Ordering::Greater => drop(others.next()),
                Ordering::Equal => {
                    shared += 1;
                    ones.next();
                    others.next();
                }
            }
        }
        shared
    }
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
            let (first, second) = (Name::new(one), Name::new(other));
            assert_eq!(first.likeness(&second), likeness_of, "{one} {other}");
            assert_eq!(second.likeness(&first), likeness_of, "{other} {one}");
        }
    }
}
