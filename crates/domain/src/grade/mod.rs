//! Grades (評価): what a body's rule makes of how far an indicator has come.
//!
//! The formula decides the grade, and every body has its own; so a rule is data ([`GradingRule`]), and every [`Grade`] tells
//! how it was found. The rules that some bodies print are shipped ([`presets()`]).

mod presets;
mod rollup;
mod rule;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rust_decimal::{Decimal, RoundingStrategy};

pub use presets::{preset, presets};
pub use rollup::{GradeCount, Rollup, WeightedRollup};
pub use rule::{
    Band, BandRate, Caps, Case, Comparison, Condition, FigurePolicy, GradingRule, Mark, Rounding, RoundingMode,
    RuleSource, Standing, Test, Validity,
};

use crate::{
    calendar::FiscalYear,
    progress::{Flag, Measure, NoRate, Outcome, PlanYears, Progress, WhyNot, progress},
    strategy::{Content, Indicator, PublishedGrade},
    text::{Bilingual, normalize},
};

/// What a rule says of an indicator in a year, with everything that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// The rule.
    pub rule: Arc<GradingRule>,
    /// The place of its case that is for the indicator.
    case: Option<usize>,
    /// How far the indicator has come, as the case asks.
    pub progress: Option<Progress>,
    /// The rate as the rule prints it, in percent: rounded, and before it is held against the pace.
    pub rate: Option<Decimal>,
    /// The rate at which the bands look, in percent.
    pub judged_rate: Option<Decimal>,
    /// The place of the band in the case, or why there is none.
    band: Result<usize, Ungraded>,
}

/// Why there is no grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ungraded {
    /// There is nothing to say about the progress.
    Progress(WhyNot),
    /// The bands look at a rate, and none can be made.
    NoRate(NoRate),
    /// The rule has no case for such an indicator.
    NoCase,
    /// No band fits.
    NoBand,
    /// The rule waits for the final figure.
    Held(Flag),
    /// The rule is not meant for the year.
    NotValid,
}

impl Ungraded {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Progress(why) => why.code(),
            Self::NoRate(why) => why.code(),
            Self::NoCase => "no_case",
            Self::NoBand => "no_band",
            Self::Held(flag) => flag.code(),
            Self::NotValid => "not_valid",
        }
    }

    /// A sentence.
    pub fn text(self) -> Bilingual {
        match self {
            Self::Progress(why) => why.text(),
            Self::NoRate(why) => why.text(),
            Self::NoCase => {
                Bilingual::new("この基準はこの種の指標を評価しません。", "The rule does not grade such an indicator.")
            }
            Self::NoBand => Bilingual::new("どの区分にも当てはまりません。", "No band fits."),
            Self::Held(_) => {
                Bilingual::new("この基準は確定値を待って評価します。", "The rule waits for the final figure.")
            }
            Self::NotValid => {
                Bilingual::new("この基準の対象年度ではありません。", "The rule is not meant for this year.")
            }
        }
    }
}

/// Grades an indicator in a year by a rule.
pub fn grade(rule: &Arc<GradingRule>, indicator: &Indicator, plan: PlanYears, year: FiscalYear) -> Grade {
    let mut grade = Grade {
        rule: rule.clone(),
        case: None,
        progress: None,
        rate: None,
        judged_rate: None,
        band: Err(Ungraded::NotValid),
    };
    if !rule.valid.holds(year) {
        return grade;
    }
    grade.case = rule.case_of(indicator, year);
    let Some(case) = grade.case.map(|at| &rule.cases[at]) else {
        // Of what has no target, that is what there is to say, and not that the rule forgot it.
        let monitored = indicator.target().is_none();
        grade.band = Err(if monitored { Ungraded::Progress(WhyNot::MonitoredOnly) } else { Ungraded::NoCase });
        return grade;
    };
    let Some(question) = &case.question else {
        grade.band = Err(Ungraded::Progress(WhyNot::JudgedByPeople));
        return grade;
    };
    let progress = progress(indicator, plan, year, question);
    (grade.rate, grade.judged_rate) = rates(rule, &progress);
    grade.band = judge(rule, case, &progress, grade.judged_rate);
    grade.progress = Some(progress);
    grade
}

/// The rate that is printed and the rate at which the bands look.
fn rates(rule: &GradingRule, progress: &Progress) -> (Option<Decimal>, Option<Decimal>) {
    let exact = match progress.outcome {
        Outcome::Rate { percent, .. } => percent,
        // What is met or not without a rate counts as all of the way or none of it.
        Outcome::Verdict { why: NoRate::Negative, .. } | Outcome::Nothing(_) => return (None, None),
        Outcome::Verdict { met, .. } => return (None, Some(if met { Decimal::ONE_HUNDRED } else { Decimal::ZERO })),
    };
    let strategy = match rule.rounding.mode {
        RoundingMode::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        RoundingMode::CutOff => RoundingStrategy::ToZero,
        RoundingMode::Up => RoundingStrategy::AwayFromZero,
    };
    let rounded = |rate: Decimal| rate.round_dp_with_strategy(rule.rounding.decimals, strategy);
    let printed = rounded(progress.before_pace.map_or(exact, |(rate, _)| rate));
    let judged = match (rule.rounding.bands, progress.before_pace) {
        (BandRate::Exact, _) => Some(exact),
        (BandRate::Rounded, None) => Some(printed),
        (BandRate::Rounded, Some((_, share))) => {
            printed.checked_mul(Decimal::ONE_HUNDRED).and_then(|rate| rate.checked_div(share))
        }
    };
    (Some(printed), judged)
}

/// The place of the first band that fits.
fn judge(rule: &GradingRule, case: &Case, progress: &Progress, rate: Option<Decimal>) -> Result<usize, Ungraded> {
    if let Outcome::Nothing(why) = progress.outcome {
        return Err(Ungraded::Progress(why));
    }
    for (flag, policy) in [(Flag::Provisional, rule.provisional), (Flag::Forecast, rule.forecast)] {
        if policy == FigurePolicy::Hold && progress.flags.contains(&flag) {
            return Err(Ungraded::Held(flag));
        }
    }
    for (at, band) in case.bands.iter().enumerate() {
        if fits(band, progress, rate)? {
            return Ok(at);
        }
    }
    Err(Ungraded::NoBand)
}

/// Whether every test of a band holds; they are asked in their order, up to the first that does not.
fn fits(band: &Band, progress: &Progress, rate: Option<Decimal>) -> Result<bool, Ungraded> {
    for test in &band.when {
        let holds = match test {
            Test::RateAtLeast(least) => rate.ok_or_else(|| no_rate(progress))? >= least.0,
            Test::RateAbove(bound) => rate.ok_or_else(|| no_rate(progress))? > bound.0,
            Test::Target(comparison) => against_target(progress, comparison),
            Test::Baseline(comparison) => {
                let numbers = progress.measure.as_ref().and_then(|measure| Some((measure, measure.before?)));
                numbers.is_some_and(|(measure, before)| stands(measure, before, comparison))
            }
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

fn no_rate(progress: &Progress) -> Ungraded {
    match progress.outcome {
        Outcome::Verdict { why, .. } => Ungraded::NoRate(why),
        Outcome::Nothing(why) => Ungraded::Progress(why),
        Outcome::Rate { .. } => Ungraded::Progress(WhyNot::OutOfRange),
    }
}

/// How the actual stands to the target; what names no number is met, and so the same, or worse.
fn against_target(progress: &Progress, comparison: &Comparison) -> bool {
    match &progress.measure {
        Some(measure) => stands(measure, measure.target, comparison),
        None => progress
            .met()
            .is_some_and(|met| comparison.is.contains(if met { &Standing::Same } else { &Standing::Worse })),
    }
}

/// Whether the actual stands to a number as a comparison asks.
fn stands(measure: &Measure, to: Decimal, comparison: &Comparison) -> bool {
    let within = to
        .abs()
        .checked_mul(comparison.tolerance.0)
        .and_then(|width| width.checked_div(Decimal::ONE_HUNDRED))
        .zip(measure.actual.checked_sub(to))
        .is_some_and(|(width, distance)| distance.abs() <= width);
    let standing = if within || measure.actual == to {
        Standing::Same
    } else if measure.sense.better(measure.actual, to) {
        Standing::Better
    } else {
        Standing::Worse
    };
    comparison.is.contains(&standing)
}

impl Grade {
    /// The case of the rule that is for the indicator.
    pub fn case(&self) -> Option<&Case> {
        self.case.map(|at| &self.rule.cases[at])
    }

    /// The grade, or why there is none.
    pub fn band(&self) -> Result<&Band, Ungraded> {
        let case = self.case().ok_or(Ungraded::NoCase);
        self.band.and_then(|at| case.map(|case| &case.bands[at]))
    }

    /// Whether another grade of the same indicator says something else: another grade, or none for another reason.
    pub fn differs(&self, other: &Self) -> bool {
        let told = |of: &Self| of.band().map(|band| band.grade.clone());
        told(self) != told(other)
    }

    /// The mark that the rule prints in the place of a grade, if it has one for the reason.
    pub fn mark(&self) -> Option<&Mark> {
        let why = self.band.err()?.code();
        self.rule.without.iter().find(|mark| mark.why.is_empty() || mark.why.iter().any(|of| of == why))
    }

    /// The rate as the body prints it: 96.3%, 100%超, 0%未満.
    pub fn printed_rate(&self) -> Option<String> {
        let rate = self.rate?;
        let decimals = self.rule.rounding.decimals as usize;
        let Caps { above, below } = self.rule.caps;
        Some(match (above.filter(|above| rate > above.0), below.filter(|below| rate < below.0)) {
            (Some(above), _) => format!("{}%超", above.0.normalize()),
            (_, Some(below)) => format!("{}%未満", below.0.normalize()),
            (None, None) => format!("{rate:.decimals$}%"),
        })
    }

    /// Whether the grade that the document prints is another one, by its label or name; `None` where it prints none. A dash
    /// or blank is the same as no grade.
    pub fn differs_from(&self, published: &PublishedGrade) -> Option<bool> {
        let cell = published.grade()?;
        let printed = match cell.content() {
            Content::Absent(_) => None,
            Content::Figure { .. } | Content::Words => cell.printed().map(|text| normalize(text).into_owned()),
        };
        let band = self.band().ok();
        let label = band.map(|band| &band.grade).or_else(|| self.mark().map(|mark| &mark.grade));
        let name = band.and_then(|band| band.name.as_ref()).map(|name| &name.ja);
        let labels: Vec<String> = label.into_iter().chain(name).map(|label| normalize(label).into_owned()).collect();
        Some(match printed {
            Some(printed) => !labels.contains(&printed),
            None => band.is_some(),
        })
    }

    /// How the grade was found, step by step: the rule, what was compared, the rate, the band.
    pub fn steps(&self) -> Vec<Bilingual> {
        let rule = &self.rule;
        let version = rule.version;
        let mut steps = vec![Bilingual {
            ja: format!("{}（第{version}版、{}）による評価", rule.name.ja, rule.source.body),
            en: format!("by {} (version {version}, {})", rule.name.en, rule.source.body),
        }];
        if let Some(Case { name: Some(name), .. }) = self.case() {
            steps.push(Bilingual {
                ja: format!("指標の種別: {}", name.ja),
                en: format!("kind of indicator: {}", name.en),
            });
        }
        if let Some(progress) = &self.progress {
            steps.extend(progress.steps());
        }
        if let (Some(printed), Some(exact)) = (self.printed_rate(), self.rate) {
            let (ja, en) = match rule.rounding.mode {
                RoundingMode::HalfUp => ("四捨五入", "rounded half up"),
                RoundingMode::CutOff => ("切り捨て", "cut off"),
                RoundingMode::Up => ("切り上げ", "rounded up"),
            };
            let capped = format!("{exact:.0$}%", rule.rounding.decimals as usize) != printed;
            let (capped_ja, capped_en) =
                if capped { ("（上限・下限で表示）", " (capped)") } else { ("", "") };
            steps.push(Bilingual {
                ja: format!("小数第{}位まで{ja}: {printed}{capped_ja}", rule.rounding.decimals),
                en: format!("{en} to {} decimals: {printed}{capped_en}", rule.rounding.decimals),
            });
        }
        steps.push(match self.band() {
            Ok(band) => Bilingual {
                ja: format!("評価: {}", named(&band.grade, band.name.as_ref().map(|name| name.ja.as_str()))),
                en: format!("grade: {}", named(&band.grade, band.name.as_ref().map(|name| name.en.as_str()))),
            },
            Err(why) => {
                let Bilingual { ja, en } = why.text();
                Bilingual { ja: format!("評価なし: {ja}"), en: format!("no grade: {en}") }
            }
        });
        steps
    }
}

fn named(grade: &str, name: Option<&str>) -> String {
    match name.filter(|name| *name != grade) {
        Some(name) => format!("{grade} ({name})"),
        None => grade.to_owned(),
    }
}
