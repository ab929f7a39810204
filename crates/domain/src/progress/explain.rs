use rust_decimal::{Decimal, RoundingStrategy};

use super::{Inverse, KeptLevel, Measure, Method, Outcome, Progress, TargetSource, measure::Sense};
use crate::{quantity::print_number, text::Bilingual};

/// A number as it stands in an explanation: to three decimals at most.
fn shown(number: Decimal) -> String {
    print_number(number.round_dp_with_strategy(3, RoundingStrategy::MidpointAwayFromZero).normalize())
}

/// A number in a formula; what is negative stands in brackets.
fn term(number: Decimal) -> String {
    let text = shown(number);
    if number < Decimal::ZERO { format!("({text})") } else { text }
}

impl Progress {
    /// How the answer was found, step by step. The numbers are in the indicator's unit without its scale.
    pub fn steps(&self) -> Vec<Bilingual> {
        let mut steps = Vec::new();
        if let Some(measure) = &self.measure {
            steps.push(compared(measure));
            steps.extend(self.formula(measure));
        }
        match &self.outcome {
            Outcome::Rate { .. } => {}
            Outcome::Verdict { met, why } => {
                steps.push(why.text());
                steps.push(verdict(*met));
            }
            Outcome::Nothing(why) => steps.push(why.text()),
        }
        steps.extend(self.flags.iter().map(|flag| flag.text()));
        steps
    }

    /// The quotient with its numbers.
    fn formula(&self, measure: &Measure) -> Option<Bilingual> {
        let Outcome::Rate { percent, .. } = self.outcome else { return None };
        let Measure { actual, target, sense, .. } = *measure;
        let (actual, target) = (term(actual), term(target));
        let quotient = match self.method {
            Method::ActualToTarget { inverse } => match (sense, inverse) {
                (Sense::Higher, _) => format!("{actual} ÷ {target}"),
                (Sense::Lower, Inverse::TargetToActual) => format!("{target} ÷ {actual}"),
                (Sense::Lower, Inverse::OnePlusGap) => format!("1 + ({target} − {actual}) ÷ {target}"),
            },
            Method::ProgressFromBaseline => {
                let start = term(measure.start?);
                format!("({actual} − {start}) ÷ ({target} − {start})")
            }
            Method::LevelKept { level } => {
                let level = match level {
                    KeptLevel::Target => target,
                    KeptLevel::Baseline => term(measure.before?),
                };
                match sense {
                    Sense::Higher => format!("{actual} ÷ {level}"),
                    Sense::Lower => format!("2 − {actual} ÷ {level}"),
                }
            }
        };
        let rate = self.before_pace.map_or(percent, |(rate, _)| rate);
        let text = match self.before_pace {
            None => format!("{quotient} = {} %", shown(rate)),
            Some((_, share)) => {
                format!("{quotient} = {} %; {} % ÷ {} % = {} %", shown(rate), shown(rate), shown(share), shown(percent))
            }
        };
        Some(Bilingual { ja: text.clone(), en: text })
    }
}

fn compared(measure: &Measure) -> Bilingual {
    let (actual, target) = (shown(measure.actual), shown(measure.target));
    let (ja, en) = match measure.source {
        TargetSource::Year => ("年度の目標値", "target of the year"),
        TargetSource::YearsToDate => ("これまでの目標値の累計", "targets of the years so far"),
        TargetSource::Plan => ("計画の目標値", "target of the plan"),
        TargetSource::StraightLine => ("直線による目安値", "guide value on a straight line"),
    };
    let (more_ja, more_en) = match measure.start {
        Some(start) => (format!("、基準値 {}", shown(start)), format!(", baseline {}", shown(start))),
        None => (String::new(), String::new()),
    };
    Bilingual {
        ja: format!("実績値 {actual}、{ja} {target}{more_ja}"),
        en: format!("actual {actual}, {en} {target}{more_en}"),
    }
}

fn verdict(met: bool) -> Bilingual {
    if met {
        Bilingual::new("達成しています。", "It is met.")
    } else {
        Bilingual::new("達成していません。", "It is not met.")
    }
}
