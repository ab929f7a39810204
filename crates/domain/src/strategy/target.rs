use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Baseline, Cell, Direction};
use crate::{
    calendar::{FiscalYear, Period},
    quantity::{Amount, Bound},
    text::normalize,
};

/// A target (目標値): what is required, of what kind of figure, by when, as printed and as meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The statement in force.
    #[serde(flatten)]
    pub statement: TargetStatement,
    /// Statements that were replaced in the middle of the plan, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<SupersededTarget>,
}

/// One statement of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetStatement {
    /// The text as printed: 40.0％（5年間）.
    pub printed: String,
    /// What must hold.
    pub requirement: Requirement,
    /// What kind of figure it is measured on.
    pub accumulation: Accumulation,
    /// The time that the printed text claims for it.
    pub scope: Scope,
}

/// A target that was replaced in the middle of the plan (茨城県: 10,000 → 13,000, H30.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupersededTarget {
    /// What was required before.
    pub statement: TargetStatement,
    /// The yearly targets before.
    pub yearly: Vec<(FiscalYear, Cell)>,
    /// When it was replaced.
    pub replaced: Period,
    /// Why.
    pub reason: String,
}

/// What a target requires of the figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Requirement {
    /// Reach the number or more.
    AtLeast(Amount),
    /// Stay at the number or below (45人以下, 18%以内).
    AtMost(Amount),
    /// Keep the level (3間口 → 3間口).
    Keep(Amount),
    /// Keep the level or more (10団体以上を維持).
    KeepAtLeast(Amount),
    /// Keep the level or less (18%以内の持続).
    KeepAtMost(Amount),
    /// None at all (待機児童 0人).
    Zero(Amount),
    /// More than before, without a number (増加を目指す).
    Increase,
    /// Less than before, without a number (減少を目指す).
    Decrease,
    /// A change against the baseline, in percent (10%増 is 10, 5%減 is −5).
    Growth(Decimal),
    /// A rank or better (県内1位).
    Rank(u32),
    /// Something is done: a plan made, a place opened (計画の策定).
    Done,
}

impl Requirement {
    /// The number that it names, if it names one.
    pub const fn amount(&self) -> Option<&Amount> {
        match self {
            Self::AtLeast(amount)
            | Self::AtMost(amount)
            | Self::Keep(amount)
            | Self::KeepAtLeast(amount)
            | Self::KeepAtMost(amount)
            | Self::Zero(amount) => Some(amount),
            Self::Increase | Self::Decrease | Self::Growth(_) | Self::Rank(_) | Self::Done => None,
        }
    }

    /// What kind of requirement it is.
    pub const fn kind(&self) -> StatedRequirement {
        match self {
            Self::AtLeast(_) => StatedRequirement::AtLeast,
            Self::AtMost(_) => StatedRequirement::AtMost,
            Self::Keep(_) => StatedRequirement::Keep,
            Self::KeepAtLeast(_) => StatedRequirement::KeepAtLeast,
            Self::KeepAtMost(_) => StatedRequirement::KeepAtMost,
            Self::Zero(_) => StatedRequirement::Zero,
            Self::Increase => StatedRequirement::Increase,
            Self::Decrease => StatedRequirement::Decrease,
            Self::Growth(_) => StatedRequirement::Growth,
            Self::Rank(_) => StatedRequirement::Rank,
            Self::Done => StatedRequirement::Done,
        }
    }

    /// Whether it asks to hold a level and not to move.
    pub const fn keeps(&self) -> bool {
        matches!(self, Self::Keep(_) | Self::KeepAtLeast(_) | Self::KeepAtMost(_) | Self::Zero(_))
    }
}

/// What kind of figure a target is measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accumulation {
    /// An amount of each year, which adds up over years (11組 a year, 55組 in 5 years).
    YearlyAmount,
    /// The running total within the plan; each year's figure holds the years before.
    RunningTotal,
    /// A level or stock at a time (36 → 40 %; 41 → 75 事業者).
    Level,
    /// The mean of several years (2020–2024の5年平均).
    MeanOfYears,
}

/// The time that a target's printed text claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// 各年度, 毎年, 単年: in each year.
    EachYear,
    /// 5年間, 計画期間中: over the plan.
    WholePlan,
    /// 令和7年, 令和2年～令和7年: in that period.
    In(Period),
    /// Nothing is printed: by the end of the plan.
    Unstated,
}

/// When a target asks for a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Schedule {
    /// In every year of the plan.
    EveryYear,
    /// In the last year only (census indicators).
    FinalYearOnly,
    /// In the first year only (the program ended).
    FirstYearOnly,
    /// From a later year to the end (a new program).
    FromYear(FiscalYear),
    /// In some years.
    SomeYears,
}

/// What a target's text says by itself; what it leaves open is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetReading {
    /// The number, with its unit and bound.
    pub amount: Option<Amount>,
    /// Whether it asks to keep a level (維持, 持続, 確保 do).
    pub keeps: bool,
    /// A rank (県内1位, 3位以内).
    pub rank: Option<u32>,
    /// A change against the baseline in percent (10%増 is 10, 5％減 is −5).
    pub growth: Option<Decimal>,
    /// The time it claims.
    pub scope: Scope,
    /// Whether it speaks of a mean of years.
    pub mean: bool,
}

/// Words for a scope, before a target or in the bracket behind it; longer ones first.
const SCOPES: [(&str, Scope); 10] = [
    ("計画期間中", Scope::WholePlan),
    ("計画期間", Scope::WholePlan),
    ("各年度", Scope::EachYear),
    ("毎年度", Scope::EachYear),
    ("単年度", Scope::EachYear),
    ("各年", Scope::EachYear),
    ("毎年", Scope::EachYear),
    ("単年", Scope::EachYear),
    ("年間", Scope::EachYear),
    ("累計", Scope::WholePlan),
];

impl TargetReading {
    /// Reads a printed target: 40.0％（5年間）, 計画期間中におおむね100億円以下, 単年12億円以上維持, 県内1位.
    pub fn of(printed: &str) -> Self {
        let normal = normalize(printed);
        let (head, bracket) = match normal.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
            Some((head, bracket)) => (head.trim(), Some(bracket)),
            None => (&*normal, None),
        };
        let mut scope = bracket.map_or(Scope::Unstated, Scope::read);
        let mut rest = head;
        if let Some((found, behind)) = SCOPES.iter().find_map(|(words, found)| Some((found, rest.strip_prefix(words)?)))
        {
            scope = *found;
            rest = behind.trim_start_matches(['に', '、', ',', ' ']);
        }
        let mut keeps = false;
        for word in ["維持", "持続", "確保"] {
            if let Some(before) = rest.strip_suffix(word) {
                keeps = word != "確保";
                rest = before.trim_end_matches(['を', 'の']);
            }
        }
        // 新規5名: the word tells what is counted, not how many.
        rest = rest.strip_prefix("新規").unwrap_or(rest);
        let place = rest.strip_suffix("以内").or_else(|| rest.strip_suffix("以上")).unwrap_or(rest).strip_suffix('位');
        let rank = place.and_then(|text| {
            let digits = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            text[digits..].parse().ok().filter(|rank| *rank > 0)
        });
        let percent = |sign: char, text: &str| {
            let percent = Amount::parse(text.strip_suffix('加').unwrap_or(text).strip_suffix(sign)?)?;
            percent.unit.is_some_and(|unit| unit.symbol() == "%").then_some(percent.value)
        };
        let growth = percent('増', rest).or_else(|| percent('減', rest).map(|percent| -percent));
        Self {
            amount: Amount::parse(rest).filter(|_| rank.is_none()),
            keeps,
            rank,
            growth,
            scope,
            mean: bracket.is_some_and(|text| text.ends_with("平均")),
        }
    }

    /// The requirement that the text and the direction of good make together. A number without a bound is to be
    /// reached from below where more is better and from above where less is; a target that equals its baseline asks
    /// to keep it.
    pub fn requirement(&self, baseline: Option<Decimal>, fewer_is_better: bool) -> Option<Requirement> {
        if let Some(rank) = self.rank {
            return Some(Requirement::Rank(rank));
        }
        if let Some(percent) = self.growth {
            return Some(Requirement::Growth(percent));
        }
        let amount = self.amount.clone()?;
        let at_most = match amount.bound {
            Some(Bound::AtMost | Bound::LessThan) => true,
            Some(Bound::AtLeast | Bound::MoreThan) => false,
            None => fewer_is_better,
        };
        Some(match (self.keeps, at_most) {
            _ if amount.value.is_zero() && amount.bound.is_none() => Requirement::Zero(amount),
            (true, true) => Requirement::KeepAtMost(amount),
            (true, false) => Requirement::KeepAtLeast(amount),
            _ if amount.bound.is_none() && baseline == Some(amount.value) => Requirement::Keep(amount),
            (false, true) => Requirement::AtMost(amount),
            (false, false) => Requirement::AtLeast(amount),
        })
    }
}

impl Scope {
    /// Reads what stands in the bracket behind a target: 5年間, 各年度, 令和7年.
    fn read(text: &str) -> Self {
        let text = text.trim();
        if let Some((_, scope)) = SCOPES.iter().find(|(words, _)| *words == text) {
            return *scope;
        }
        let years = ["の累計", "累計", "の合計", "合計"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
        let count = ["年間", "か年", "カ年", "ヵ年", "ケ年"].iter().find_map(|end| years.strip_suffix(end));
        if years.is_empty() || count.is_some_and(|count| count.parse::<u8>().is_ok()) {
            return Self::WholePlan;
        }
        if let Some((years, _)) = text.split_once("の").filter(|(_, mean)| mean.ends_with("平均"))
            && let Some((first, last)) = years.split_once(['-', '~', '～', '〜', '–'])
            && let (Ok(first), Ok(last)) = (first.parse(), last.parse())
            && let Some(span) = Period::span(crate::calendar::YearKind::Fiscal, first, last)
        {
            return Self::In(span);
        }
        Period::parse(text, None).map_or(Self::Unstated, Self::In)
    }
}

/// The kind of a requirement: the author's word where the text of a target does not tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatedRequirement {
    /// Reach the number or more.
    AtLeast,
    /// Stay at the number or below.
    AtMost,
    /// Keep the level.
    Keep,
    /// Keep the level or more.
    KeepAtLeast,
    /// Keep the level or less.
    KeepAtMost,
    /// None at all.
    Zero,
    /// More than before, without a number.
    Increase,
    /// Less than before, without a number.
    Decrease,
    /// A change against the baseline, in percent.
    Growth,
    /// A rank or better.
    Rank,
    /// Something is done.
    Done,
}

impl StatedRequirement {
    /// The requirement with the number that the text gives; `None` if it needs one that is not there.
    fn with(self, reading: &TargetReading) -> Option<Requirement> {
        let amount = || reading.amount.clone();
        match self {
            Self::AtLeast => amount().map(Requirement::AtLeast),
            Self::AtMost => amount().map(Requirement::AtMost),
            Self::Keep => amount().map(Requirement::Keep),
            Self::KeepAtLeast => amount().map(Requirement::KeepAtLeast),
            Self::KeepAtMost => amount().map(Requirement::KeepAtMost),
            Self::Zero => amount().map(Requirement::Zero),
            Self::Increase => Some(Requirement::Increase),
            Self::Decrease => Some(Requirement::Decrease),
            Self::Growth => reading.growth.map(Requirement::Growth),
            Self::Rank => reading.rank.map(Requirement::Rank),
            Self::Done => Some(Requirement::Done),
        }
    }
}

/// A target as an author gives it: the printed text, and their word where the text does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetText {
    /// The text as printed: 40.0％（5年間）.
    pub printed: String,
    /// What must hold, where the text does not tell.
    pub requirement: Option<StatedRequirement>,
    /// What kind of figure it is measured on; only a mean of years is told by the text.
    pub accumulation: Option<Accumulation>,
}

/// What a target leaves open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnclearTarget {
    /// What must hold.
    #[error(
        "“{0}” does not say how much; state the requirement (increase, decrease, done …), or give a number that can be read"
    )]
    Requirement(String),
    /// What kind of figure it is measured on.
    #[error("is missing; write yearly_amount, running_total, level or mean_of_years")]
    Accumulation,
}

impl TargetText {
    /// What the text and the author's word say together, or everything that they leave open.
    pub fn read(
        self,
        baseline: Option<&Baseline>,
        direction: Direction,
    ) -> Result<TargetStatement, Vec<UnclearTarget>> {
        let Self { printed, requirement, accumulation } = self;
        let reading = TargetReading::of(&printed);
        let requirement = match requirement {
            None => reading.requirement(baseline.and_then(Baseline::value), direction == Direction::Lower),
            Some(stated) => stated.with(&reading),
        };
        let accumulation = accumulation.or_else(|| reading.mean.then_some(Accumulation::MeanOfYears));
        match (requirement, accumulation) {
            (Some(requirement), Some(accumulation)) => {
                Ok(TargetStatement { printed, requirement, accumulation, scope: reading.scope })
            }
            (requirement, accumulation) => Err([
                requirement.is_none().then_some(UnclearTarget::Requirement(printed)),
                accumulation.is_none().then_some(UnclearTarget::Accumulation),
            ]
            .into_iter()
            .flatten()
            .collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, baseline: Option<i64>, fewer: bool) -> (String, Scope) {
        let reading = TargetReading::of(text);
        let requirement = reading.requirement(baseline.map(Decimal::from), fewer);
        let text = match requirement {
            None => "none".into(),
            Some(Requirement::Rank(rank)) => format!("rank {rank}"),
            Some(Requirement::Growth(percent)) => format!("growth {percent}"),
            Some(requirement) => {
                let amount = requirement.amount().unwrap();
                let kind = format!("{requirement:?}");
                let unit = amount.unit.as_ref().map_or("", |unit| unit.printed());
                format!("{} {}{unit}", kind.split('(').next().unwrap(), amount.value)
            }
        };
        (text, reading.scope)
    }

    #[test]
    fn every_target_of_the_two_sample_documents_is_one_of_these() {
        let plan_end = Scope::In("CY2025".parse().unwrap());
        for (text, baseline, fewer, requirement, scope) in [
            ("40.0％（5年間）", Some(36), false, "AtLeast 40.0%", Scope::WholePlan),
            ("6,300人（令和7年）", Some(7740), false, "AtLeast 6300人", plan_end),
            ("3間口（令和7年）", Some(3), false, "Keep 3間口", plan_end),
            ("100％（各年度)", Some(100), false, "Keep 100%", Scope::EachYear),
            ("0人（各年度)", Some(0), true, "Zero 0人", Scope::EachYear),
            ("15組", Some(8), false, "AtLeast 15組", Scope::Unstated),
            ("28歳", Some(33), true, "AtMost 28歳", Scope::Unstated),
            ("50%以上", Some(43), false, "AtLeast 50%", Scope::Unstated),
            ("計画期間中に新規5名", Some(0), false, "AtLeast 5名", Scope::WholePlan),
            ("毎年3名", Some(3), false, "Keep 3名", Scope::EachYear),
            ("70%以上を維持", Some(70), false, "KeepAtLeast 70%", Scope::Unstated),
            ("年間12人を確保", Some(0), false, "AtLeast 12人", Scope::EachYear),
            ("単年12億円以上維持", Some(15), false, "KeepAtLeast 12億円", Scope::EachYear),
            ("計画期間中におおむね100億円以下", Some(86), true, "AtMost 100億円", Scope::WholePlan),
            ("計画期間中に18%以内の持続", Some(9), false, "KeepAtMost 18%", Scope::WholePlan),
            ("計画期間中、1ｋ㎡当たり交付税県内1位", Some(1), true, "rank 1", Scope::WholePlan),
        ] {
            assert_eq!(read(text, baseline, fewer), (requirement.into(), scope), "{text}");
        }
        let mean = TargetReading::of("3.6人（2020-2024の5年平均）");
        assert!(mean.mean);
        assert_eq!(mean.scope, Scope::In("FY2020/FY2024".parse().unwrap()));
        assert_eq!(mean.amount.unwrap().value.to_string(), "3.6");
        assert!(TargetReading::of("おおむね100億円以下").amount.unwrap().approximate);
    }

    #[test]
    fn other_spellings_mean_the_same() {
        for (text, requirement, scope) in [
            ("単年度12億円以上維持", "KeepAtLeast 12億円", Scope::EachYear),
            ("県内3位以内", "rank 3", Scope::Unstated),
            ("55組（５か年）", "AtLeast 55組", Scope::WholePlan),
            ("55組（5年間の累計）", "AtLeast 55組", Scope::WholePlan),
            ("10％増（令和7年度）", "growth 10", Scope::In("FY2025".parse().unwrap())),
            ("5％減", "growth -5", Scope::Unstated),
        ] {
            assert_eq!(read(text, None, false), (requirement.into(), scope), "{text}");
        }
        let mean = TargetReading::of("3.6人（2020〜2024の5年平均）");
        assert_eq!(mean.scope, Scope::In("FY2020/FY2024".parse().unwrap()));
        assert_eq!(TargetReading::of("3人（27-31の5年平均）").scope, Scope::Unstated);
    }

    #[test]
    fn words_without_a_number_require_nothing_by_themselves() {
        assert_eq!(read("減少を目指す", None, false).0, "none");
        assert_eq!(read("", None, false), ("none".into(), Scope::Unstated));
    }
}
