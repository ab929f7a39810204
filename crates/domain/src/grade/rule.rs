use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    BadInput,
    calendar::FiscalYear,
    progress::{Pace, Question},
    quantity::Number,
    strategy::{Accumulation, Baseline, Direction, Indicator, RoleKind, StatedRequirement, TargetStatement},
    text::{Bilingual, normalize},
};

/// A grading rule (評価基準): how a body makes grades of figures. It is data, so that a municipality can have its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradingRule {
    /// Its name in a URL: small letters, digits and hyphens.
    pub key: String,
    /// Its version; a changed rule is a new version. Where a rule is kept, whoever keeps it counts; the first is 1.
    #[serde(default = "first")]
    pub version: u32,
    /// Its name.
    pub name: Bilingual,
    /// Whose it is and where it is printed.
    pub source: RuleSource,
    /// The fiscal years for which it is meant; all if not given.
    #[serde(default)]
    pub valid: Validity,
    /// What is done with which kind of indicator: the first case that fits goes.
    pub cases: Vec<Case>,
    /// How rates are rounded.
    #[serde(default)]
    pub rounding: Rounding,
    /// From where on a rate is printed as “more than” or “less than”.
    #[serde(default)]
    pub caps: Caps,
    /// What is done with provisional figures.
    #[serde(default)]
    pub provisional: FigurePolicy,
    /// What is done with expected figures.
    #[serde(default = "FigurePolicy::hold")]
    pub forecast: FigurePolicy,
    /// What is printed in the place of a grade.
    #[serde(default)]
    pub without: Vec<Mark>,
}

const fn first() -> u32 {
    1
}

/// Whose rule it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSource {
    /// The body: 茨城県.
    pub body: String,
    /// The document or plan for which it is used.
    pub title: String,
    /// What was read into it that the document leaves open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Bilingual>,
}

/// The fiscal years for which a rule is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// The first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<FiscalYear>,
    /// The last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<FiscalYear>,
}

impl Validity {
    /// Whether it is meant for a year.
    pub fn holds(self, year: FiscalYear) -> bool {
        self.from.is_none_or(|from| from <= year) && self.until.is_none_or(|until| year <= until)
    }
}

/// What is done with a kind of indicator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Which indicators.
    #[serde(default, skip_serializing_if = "Condition::is_empty")]
    pub when: Condition,
    /// What the body calls it: 現状維持型Ⅰ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Bilingual>,
    /// What is asked of them; nothing where people judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Question>,
    /// The bands, best first: the first that fits goes.
    pub bands: Vec<Band>,
}

/// Which indicators a case is for: those to which everything applies that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Their targets require one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<Vec<StatedRequirement>>,
    /// Their targets are measured on one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accumulation: Option<Vec<Accumulation>>,
    /// This way is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Vec<Direction>>,
    /// They have one of these roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Vec<RoleKind>>,
    /// Whether they are to keep a level: the target says so, or equals the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps: Option<bool>,
    /// Whether they have a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<bool>,
    /// Whether the year has a target of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year_target: Option<bool>,
    /// Their label or what is printed about them holds one of these words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentions: Option<Vec<String>>,
    /// They are these, by label or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicators: Option<Vec<String>>,
}

impl Condition {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it applies to an indicator in a year.
    pub fn applies(&self, indicator: &Indicator, year: FiscalYear) -> bool {
        let Self { requirement, accumulation, direction, role, keeps, baseline, year_target, mentions, indicators } =
            self;
        let statement = indicator.statement();
        let before = indicator.baseline.as_ref().and_then(Baseline::value);
        let stays = |statement: &TargetStatement| {
            let level = statement.requirement.amount().map(|amount| amount.value);
            statement.requirement.keeps() || (level.is_some() && level == before)
        };
        let has_target =
            || indicator.figures.year(year).and_then(|figures| figures.target.as_ref()?.amount()).is_some();
        one_of(requirement.as_deref(), || statement.map(|statement| statement.requirement.kind()))
            && one_of(accumulation.as_deref(), || statement.map(|statement| statement.accumulation))
            && one_of(direction.as_deref(), || Some(indicator.direction))
            && one_of(role.as_deref(), || Some(indicator.role.kind()))
            && keeps.is_none_or(|keeps| statement.is_some_and(stays) == keeps)
            && baseline.is_none_or(|has| before.is_some() == has)
            && year_target.is_none_or(|has| has_target() == has)
            && mentions.as_ref().is_none_or(|words| mentions_one(indicator, words))
            && indicators.as_ref().is_none_or(|named| is_named(indicator, named))
    }
}

fn one_of<T: PartialEq>(wanted: Option<&[T]>, found: impl FnOnce() -> Option<T>) -> bool {
    wanted.is_none_or(|wanted| found().is_some_and(|found| wanted.contains(&found)))
}

fn mentions_one(indicator: &Indicator, words: &[String]) -> bool {
    let texts = || indicator.details.iter().map(|detail| detail.text.as_str()).chain([indicator.label.as_str()]);
    words.iter().any(|word| texts().any(|text| text.contains(word.as_str())))
}

fn is_named(indicator: &Indicator, named: &[String]) -> bool {
    let (label, id) = (normalize(&indicator.label), indicator.id.uuid().to_string());
    named.iter().any(|name| normalize(name) == label || *name == id)
}

/// A class of the grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The grade as printed: A, 順調, ◎.
    pub grade: String,
    /// What it means, where the print alone does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Bilingual>,
    /// What must hold for it, all of it; nothing for the class of the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Test>,
    /// The points that it gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Number>,
}

/// Something that must hold for a grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The rate, in percent, is this or more.
    RateAtLeast(Number),
    /// The rate, in percent, is more than this.
    RateAbove(Number),
    /// The actual stands so to the target.
    Target(Comparison),
    /// The actual stands so to the baseline.
    Baseline(Comparison),
}

/// How the actual is to stand to something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// In one of these ways.
    pub is: Vec<Standing>,
    /// What still counts as the same, in percent of what it is compared to.
    #[serde(default, skip_serializing_if = "Number::is_zero")]
    pub tolerance: Number,
}

/// How an actual stands to a target or baseline, on the way that is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Better.
    Better,
    /// The same, within the tolerance.
    Same,
    /// Worse.
    Worse,
}

/// How rates are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// To how many decimals.
    pub decimals: u32,
    /// Which way.
    #[serde(default)]
    pub mode: RoundingMode,
    /// Which rate the bands look at.
    #[serde(default)]
    pub bands: BandRate,
}

impl Default for Rounding {
    fn default() -> Self {
        Self { decimals: 1, mode: RoundingMode::default(), bands: BandRate::default() }
    }
}

/// Which way a rate is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundingMode {
    /// 四捨五入.
    #[default]
    HalfUp,
    /// 切り捨て.
    CutOff,
    /// 切り上げ.
    Up,
}

/// Which rate the bands look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BandRate {
    /// The rounded one, which is printed.
    #[default]
    Rounded,
    /// The exact one.
    Exact,
}

/// From where on a rate is printed as “more than” or “less than” (100%超, 0%未満). The bands look at the rate itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// The largest that is printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Number>,
    /// The smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Number>,
}

/// What is done with figures that are not final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigurePolicy {
    /// They are graded, and the grade carries the flag.
    #[default]
    Grade,
    /// There is no grade before they are final.
    Hold,
}

impl FigurePolicy {
    const fn hold() -> Self {
        Self::Hold
    }
}

/// What is printed in the place of a grade: X 実績なし.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The mark.
    pub grade: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Bilingual>,
    /// For which reasons, by their codes; for every reason if none is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
}

/// How many cases a rule may have.
const CASES: usize = 50;
/// How many bands a case may have.
const BANDS: usize = 20;
/// How many words, labels or shares a list may hold.
const WORDS: usize = 500;
/// How long a text may be.
const TEXT: usize = 500;
/// How many decimals a rate may be printed with.
const DECIMALS: u32 = 6;

impl GradingRule {
    /// Reads a rule from JSON, and checks it.
    pub fn read(json: &str) -> Result<Self, Vec<BadInput>> {
        let rule: Self = serde_json::from_str(json).map_err(|error| {
            vec![BadInput { place: String::new(), message: format!("this is not a grading rule: {error}") }]
        })?;
        let problems = rule.problems();
        if problems.is_empty() { Ok(rule) } else { Err(problems) }
    }

    /// The place of the case that is for an indicator.
    pub(super) fn case_of(&self, indicator: &Indicator, year: FiscalYear) -> Option<usize> {
        self.cases.iter().position(|case| case.when.applies(indicator, year))
    }

    /// All grades that it may give, best first as far as its cases tell, each once.
    pub fn grades(&self) -> Vec<&str> {
        let mut grades = Vec::new();
        for band in self.cases.iter().flat_map(|case| &case.bands) {
            if !grades.contains(&band.grade.as_str()) {
                grades.push(&band.grade);
            }
        }
        grades
    }

    fn problems(&self) -> Vec<BadInput> {
        let mut found = Vec::new();
        let mut tell = |place: String, message: &str| found.push(BadInput { place, message: message.to_owned() });
        let key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.key.is_empty() || self.key.len() > 60 || !self.key.chars().all(key) {
            tell("key".into(), "write up to 60 small letters, digits and hyphens");
        }
        if self.version == 0 {
            tell("version".into(), "versions count from 1");
        }
        if self.rounding.decimals > DECIMALS {
            tell("rounding.decimals".into(), "a rate is printed with at most 6 decimals");
        }
        if let (Some(below), Some(above)) = (self.caps.below, self.caps.above)
            && below >= above
        {
            tell("caps.below".into(), "must be less than caps.above");
        }
        if let Validity { from: Some(from), until: Some(until) } = self.valid
            && until < from
        {
            tell("valid.until".into(), "must not be before valid.from");
        }
        if self.cases.is_empty() || self.cases.len() > CASES {
            tell("cases".into(), "give from 1 to 50 cases");
        }
        for (at, case) in self.cases.iter().take(CASES).enumerate() {
            let place = |part: &str| format!("cases[{at}].{part}");
            let lists = [&case.when.mentions, &case.when.indicators];
            if lists.into_iter().flatten().any(|list| list.len() > WORDS) {
                tell(place("when"), "name at most 500 words or indicators");
            }
            if let Some(Pace::Table { shares }) = case.question.as_ref().and_then(|question| question.pace.as_ref())
                && (shares.is_empty() || shares.len() > 100 || shares.iter().any(|share| share.0 <= Decimal::ZERO))
            {
                tell(place("question.pace.shares"), "give from 1 to 100 shares in percent, each more than 0");
            }
            if case.bands.is_empty() || case.bands.len() > BANDS {
                tell(place("bands"), "give from 1 to 20 bands, the best first");
            }
            for (band_at, band) in case.bands.iter().take(BANDS).enumerate() {
                let place = |part: &str| format!("cases[{at}].bands[{band_at}].{part}");
                if band.grade.trim().is_empty() || band.grade.chars().count() > 40 {
                    tell(place("grade"), "write the grade as it is printed, up to 40 characters");
                }
                let tolerances = band.when.iter().filter_map(|test| match test {
                    Test::Target(of) | Test::Baseline(of) => Some(of.tolerance),
                    Test::RateAtLeast(_) | Test::RateAbove(_) => None,
                });
                if tolerances.into_iter().any(|tolerance| tolerance.0 < Decimal::ZERO) {
                    tell(place("when"), "a tolerance is a percentage from 0 up");
                }
            }
        }
        let texts = [
            ("name.ja", &self.name.ja),
            ("name.en", &self.name.en),
            ("source.body", &self.source.body),
            ("source.title", &self.source.title),
        ];
        for (place, text) in texts {
            if text.trim().is_empty() || text.chars().count() > TEXT {
                tell(place.into(), "write something, up to 500 characters");
            }
        }
        found
    }
}
