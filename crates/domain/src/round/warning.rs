use rust_decimal::Decimal;

use crate::{
    calendar::FiscalYear,
    quantity::{Amount, print_number},
    strategy::{Accumulation, Cell, Content, Indicator},
    text::Bilingual,
};

/// Something about a figure that looks wrong, and may be right: the reporter says so with a word of reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What kind of thing.
    pub kind: WarningKind,
    /// What a careful colleague would say.
    pub message: Bilingual,
}

/// What looks wrong about a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// About 1,000 times the figure before, or a thousandth: 人 for 千人.
    UnitJump,
    /// 10 times the figure before or more, or a tenth or less.
    TenTimes,
    /// The other sign than the figure before.
    SignChanged,
    /// A running total that is smaller than the year before.
    RunningTotalFell,
    /// Words where numbers stood before.
    NotANumber,
    /// Another unit than the indicator's.
    UnitDiffers,
}

/// From this ratio on, a change is one of the unit.
const UNIT_JUMP: u32 = 500;
const TEN: u32 = 10;

/// What looks wrong about an actual of a year, held against the last figure before it, or else the baseline, or else the
/// target: of a first figure that has neither, no more is known than its order.
pub fn warnings(indicator: &Indicator, year: FiscalYear, actual: &Cell) -> Vec<Warning> {
    let (since, before, aimed) = reference(indicator, year);
    let amount = match (actual.content(), before) {
        (Content::Figure { amount, .. }, _) => amount,
        (Content::Words, Some(before)) => {
            let printed = actual.printed().unwrap_or_default();
            return vec![Warning {
                kind: WarningKind::NotANumber,
                message: Bilingual {
                    ja: format!("「{printed}」は数値ではありません（{since}は{}）", print_number(before.value)),
                    en: format!("“{printed}” is not a number; the figure before ({since}) is {}", before.value),
                },
            }];
        }
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut tell = |kind, ja: String, en: String| found.push(Warning { kind, message: Bilingual { ja, en } });
    if let (Some(unit), Some(own)) = (&amount.unit, &indicator.unit)
        && unit != own
    {
        let (printed, expected) = (unit.printed(), own.printed());
        tell(
            WarningKind::UnitDiffers,
            format!("単位が「{printed}」ですが、指標の単位は「{expected}」です"),
            format!("the unit is “{printed}”, and the indicator's is “{expected}”"),
        );
    }
    let Some(before) = before else { return found };
    let (Some(new), Some(old)) = (in_base(indicator, amount), in_base(indicator, before)) else { return found };
    let (shown, was) = (print_number(amount.value), print_number(before.value));
    if !new.is_zero() && !old.is_zero() {
        if !aimed && new.is_sign_negative() != old.is_sign_negative() {
            tell(
                WarningKind::SignChanged,
                format!("符号が変わりました（{since}は{was}、今回は{shown}）"),
                format!("the sign changed: {was} ({since}), now {shown}"),
            );
        }
        let times = |factor: u32| {
            let (new, old, factor) = (new.abs(), old.abs(), Decimal::from(factor));
            // The larger of two finite numbers, divided: it overflows only where it is far above any factor.
            let ratio = if new >= old { new.checked_div(old) } else { old.checked_div(new) };
            ratio.is_none_or(|ratio| ratio >= factor)
        };
        if times(UNIT_JUMP) {
            tell(
                WarningKind::UnitJump,
                format!("桁が大きく違います（{since}は{was}、今回は{shown}）。単位を確かめてください"),
                format!("the figure is of another order: {was} ({since}), now {shown}; check the unit"),
            );
        } else if !aimed && times(TEN) {
            tell(
                WarningKind::TenTimes,
                format!("{since}の{was}に対して10倍以上または10分の1以下です（今回は{shown}）"),
                format!("ten times or a tenth of the figure before: {was} ({since}), now {shown}"),
            );
        }
    }
    let running = indicator.statement().is_some_and(|of| of.accumulation == Accumulation::RunningTotal);
    if running && new < old && indicator.figures.actuals().any(|(of, _)| of < year) {
        tell(
            WarningKind::RunningTotalFell,
            format!("累計が減りました（{since}は{was}、今回は{shown}）"),
            format!("the running total fell: {was} ({since}), now {shown}"),
        );
    }
    found
}

/// What a figure is held against: what it is called, the number, and whether it is only aimed at.
fn reference(indicator: &Indicator, year: FiscalYear) -> (String, Option<&Amount>, bool) {
    if let Some((of, amount)) = indicator.figures.actuals().take_while(|(of, _)| *of < year).last() {
        return (of.label(), Some(amount), false);
    }
    if let Some(amount) = indicator.baseline.as_ref().and_then(|baseline| baseline.amount.as_ref()) {
        return ("基準値".to_owned(), Some(amount), false);
    }
    let of_year = indicator.figures.year(year).and_then(|figures| figures.target.as_ref()?.amount());
    ("目標値".to_owned(), of_year.or_else(|| indicator.statement()?.requirement.amount()), true)
}

/// The number in the base unit, so that 902.9千人 and 902,900人 compare.
fn in_base(indicator: &Indicator, amount: &Amount) -> Option<Decimal> {
    indicator.unit_of(amount).map_or(Some(amount.value), |unit| unit.to_base(amount.value))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        IndicatorId, NodeId,
        quantity::Unit,
        strategy::{
            Baseline, Direction, Figures, Lifecycle, Requirement, Role, Scope, Target, TargetStatement, YearFigures,
        },
    };

    fn indicator(accumulation: Accumulation, unit: &str, last: Option<&str>, baseline: &str) -> Indicator {
        let years = last.map(|text| YearFigures {
            year: FiscalYear::new(2021).unwrap(),
            target: None,
            actual: Cell::read(text),
            published: None,
        });
        Indicator {
            id: IndicatorId::from_uuid(Uuid::nil()),
            node: NodeId::from_uuid(Uuid::nil()),
            label: "指標".into(),
            role: Role::Kpi(Target {
                statement: TargetStatement {
                    printed: "増加".into(),
                    requirement: Requirement::AtLeast(Amount::parse("100").unwrap()),
                    accumulation,
                    scope: Scope::Unstated,
                },
                superseded: Vec::new(),
            }),
            unit: Unit::parse(unit).ok(),
            direction: Direction::Higher,
            baseline: Some(Baseline::read(baseline)),
            figures: Figures::new(years.into_iter().collect(), None).unwrap(),
            remarks: Vec::new(),
            department: None,
            lifecycle: Lifecycle::default(),
            details: Vec::new(),
            mappings: Vec::new(),
            weight: None,
            continues: None,
            redefined: false,
        }
    }

    #[test]
    fn figures_that_look_wrong() {
        use Accumulation::{Level, RunningTotal};
        use WarningKind as W;
        for (kind, unit, last, text, expected) in [
            (Level, "人", Some("41"), "43", &[][..]),
            (Level, "人", Some("41"), "41,000", &[W::UnitJump]),
            (Level, "千人", Some("902.9"), "902,900人", &[W::UnitDiffers]),
            (Level, "千人", Some("902.9"), "902900", &[W::UnitJump]),
            (Level, "人", Some("41"), "410", &[W::TenTimes]),
            (Level, "人", Some("41"), "4.1", &[W::TenTimes]),
            (Level, "人", Some("41"), "0", &[]),
            (Level, "人", Some("0"), "41", &[]),
            (Level, "％", Some("△7.77"), "7.5", &[W::SignChanged]),
            (RunningTotal, "件", Some("12"), "11", &[W::RunningTotalFell]),
            (RunningTotal, "件", Some("12"), "12", &[]),
            (RunningTotal, "件", None, "12", &[W::TenTimes]),
            (Level, "人", None, "5", &[W::TenTimes]),
            (Level, "人", Some("41"), "1,05", &[W::NotANumber]),
            (Level, "人", Some("41"), "―", &[]),
            (Level, "人", Some("0.0000000000000000000000000001"), "79228162514264337593543950335", &[W::UnitJump]),
        ] {
            let year = FiscalYear::new(2022).unwrap();
            let found = warnings(&indicator(kind, unit, last, "500人（令和元年度）"), year, &Cell::read(text));
            let kinds: Vec<_> = found.iter().map(|of| of.kind).collect();
            assert_eq!(kinds, expected, "{last:?} {text}");
        }
    }

    #[test]
    fn a_first_figure_is_held_against_the_target() {
        let year = FiscalYear::new(2022).unwrap();
        for (text, expected) in [
            ("5", &[][..]),
            ("1200", &[]),
            ("△3", &[]),
            ("100,000", &[WarningKind::UnitJump]),
            ("1,23,4", &[WarningKind::NotANumber]),
        ] {
            let found =
                warnings(&indicator(Accumulation::Level, "件", None, "－件（令和元年度）"), year, &Cell::read(text));
            assert_eq!(found.iter().map(|of| of.kind).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
