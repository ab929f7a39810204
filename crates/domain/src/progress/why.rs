use crate::{calendar::FiscalYear, strategy::Absence, text::Bilingual};

/// Why nothing can be said about how far an indicator has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WhyNot {
    /// Only the actual is followed (実績値の管理).
    MonitoredOnly,
    /// The year is not one of the plan.
    OutsidePlan,
    /// The year has no target, and no later one has.
    NoTarget,
    /// The target is due in a later year.
    NotDue(FiscalYear),
    /// The actual is still to come.
    NotYetReported,
    /// It could have been measured, and was not.
    NotMeasured,
    /// It cannot be known in this year.
    NotMeasurable,
    /// The document prints that no value belongs here.
    NotApplicable,
    /// The program had not begun.
    NotStarted,
    /// The program had ended.
    Ended,
    /// It is known, and kept back.
    Withheld,
    /// A year before it is missing, so that the total is not known.
    TotalIncomplete(FiscalYear),
    /// There is no baseline, and the method needs one.
    NoBaseline,
    /// The actual or the target is told in words.
    Words,
    /// People judge it, by words that no program should read for them.
    JudgedByPeople,
    /// The numbers are too large or too small to be computed with.
    OutOfRange,
}

/// Why there is no rate, though it is known whether the target is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoRate {
    /// The target, or the level to be kept, is zero.
    ZeroTarget,
    /// The target equals the baseline: there is no way between them.
    TargetIsBaseline,
    /// The actual is zero where less is better: it is better by no finite rate.
    ZeroActual,
    /// A quotient of negative numbers says nothing.
    Negative,
    /// The target names no number.
    WithoutNumber,
}

/// Something that a reader of a rate has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flag {
    /// A figure is provisional (暫定値, 速報値).
    Provisional,
    /// A figure is an expected one (見込).
    Forecast,
    /// The target was computed, and not set.
    GuideValue,
    /// The target lies on the wrong side of the baseline; it was compared by 実績 ÷ 目標 instead.
    WrongSide,
    /// The distance to go is so small that the rate says little; look at the gap.
    TinyDenominator,
    /// A figure carries another unit than the indicator, and was read in the indicator's.
    UnitDiffers,
    /// A figure is said to be about right only (約, おおむね).
    Approximate,
    /// The mean is of some of its years only.
    PartialMean,
}

impl WhyNot {
    /// Of a cell without a value.
    pub(crate) const fn of(absence: Absence) -> Self {
        match absence {
            Absence::NotApplicable => Self::NotApplicable,
            Absence::NotYetReported => Self::NotYetReported,
            Absence::NotMeasurable => Self::NotMeasurable,
            Absence::NotMeasured => Self::NotMeasured,
            Absence::NotStarted => Self::NotStarted,
            Absence::Ended => Self::Ended,
            Absence::Withheld => Self::Withheld,
        }
    }

    /// Its code, without the year that it may name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MonitoredOnly => "monitored_only",
            Self::OutsidePlan => "outside_plan",
            Self::NoTarget => "no_target",
            Self::NotDue(_) => "not_due",
            Self::NotYetReported => "not_yet_reported",
            Self::NotMeasured => "not_measured",
            Self::NotMeasurable => "not_measurable",
            Self::NotApplicable => "not_applicable",
            Self::NotStarted => "not_started",
            Self::Ended => "ended",
            Self::Withheld => "withheld",
            Self::TotalIncomplete(_) => "total_incomplete",
            Self::NoBaseline => "no_baseline",
            Self::Words => "words",
            Self::JudgedByPeople => "judged_by_people",
            Self::OutOfRange => "out_of_range",
        }
    }

    /// A sentence.
    pub fn text(self) -> Bilingual {
        match self {
            Self::MonitoredOnly => Bilingual::new(
                "目標値がなく、実績値のみ管理しています。",
                "It has no target; only the actual is followed.",
            ),
            Self::OutsidePlan => Bilingual::new("計画期間外の年度です。", "The year is not one of the plan."),
            Self::NoTarget => Bilingual::new("この年度の目標値はありません。", "There is no target for this year."),
            Self::NotDue(year) => Bilingual {
                ja: format!("目標値の年度は{}で、まだ評価の時期ではありません。", year.label()),
                en: format!("The target is due in {}, not yet.", english(year)),
            },
            Self::NotYetReported => {
                Bilingual::new("実績値がまだ報告されていません。", "The actual is not reported yet.")
            }
            Self::NotMeasured => Bilingual::new("実績値が把握されていません。", "The actual was not measured."),
            Self::NotMeasurable => {
                Bilingual::new("この年度は実績値を算出できません。", "The actual cannot be known in this year.")
            }
            Self::NotApplicable => {
                Bilingual::new("この年度に実績値はありません（―）。", "No actual belongs in this year (―).")
            }
            Self::NotStarted => Bilingual::new("まだ開始していません。", "It has not started."),
            Self::Ended => Bilingual::new("すでに終了しています。", "It has ended."),
            Self::Withheld => Bilingual::new("実績値は秘匿されています。", "The actual is withheld."),
            Self::TotalIncomplete(year) => Bilingual {
                ja: format!("{}の実績値がないため、累計を算出できません。", year.label()),
                en: format!("The total is not known, since the actual of {} is missing.", english(year)),
            },
            Self::NoBaseline => Bilingual::new(
                "基準値がないため、この方法では算出できません。",
                "This method needs a baseline, and there is none.",
            ),
            Self::Words => Bilingual::new("値が数値ではありません。", "A value is told in words and not as a number."),
            Self::JudgedByPeople => Bilingual::new("人が判断する指標です。", "People judge it."),
            Self::OutOfRange => Bilingual::new(
                "計算できる範囲を超える値です。",
                "The numbers leave the range that can be computed with.",
            ),
        }
    }
}

impl NoRate {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ZeroTarget => "zero_target",
            Self::TargetIsBaseline => "target_is_baseline",
            Self::ZeroActual => "zero_actual",
            Self::Negative => "negative",
            Self::WithoutNumber => "without_number",
        }
    }

    /// A sentence.
    pub fn text(self) -> Bilingual {
        match self {
            Self::ZeroTarget => Bilingual::new(
                "目標が0のため、率はなく達成・未達成のみです。",
                "The target is zero: it is met or not, without a rate.",
            ),
            Self::TargetIsBaseline => Bilingual::new(
                "目標値と基準値が同じため、率はなく達成・未達成のみです。",
                "The target equals the baseline: it is met or not, without a rate.",
            ),
            Self::ZeroActual => Bilingual::new(
                "実績が0のため、率を算出できません。",
                "The actual is zero, of which no rate can be made.",
            ),
            Self::Negative => Bilingual::new(
                "負の値の比は意味をもたないため、率はありません。",
                "A quotient of negative numbers says nothing, so there is no rate.",
            ),
            Self::WithoutNumber => Bilingual::new(
                "数値のない目標のため、達成・未達成のみです。",
                "The target names no number: it is met or not.",
            ),
        }
    }
}

impl Flag {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Forecast => "forecast",
            Self::GuideValue => "guide_value",
            Self::WrongSide => "wrong_side",
            Self::TinyDenominator => "tiny_denominator",
            Self::UnitDiffers => "unit_differs",
            Self::Approximate => "approximate",
            Self::PartialMean => "partial_mean",
        }
    }

    /// A sentence.
    pub fn text(self) -> Bilingual {
        match self {
            Self::Provisional => Bilingual::new("暫定値を含みます。", "It holds a provisional figure."),
            Self::Forecast => Bilingual::new("見込値を含みます。", "It holds an expected figure."),
            Self::GuideValue => {
                Bilingual::new("目標値は計算による目安値です。", "The target is a computed guide value.")
            }
            Self::WrongSide => Bilingual::new(
                "目標値が基準値より後退しているため、実績÷目標で比べました。",
                "The target is worse than the baseline, so actual ÷ target was used.",
            ),
            Self::TinyDenominator => Bilingual::new(
                "基準値と目標値の差が小さいため、率より差を見てください。",
                "Baseline and target are so near that the gap says more than the rate.",
            ),
            Self::UnitDiffers => Bilingual::new(
                "単位の異なる値を、指標の単位で読みました。",
                "A figure carries another unit, and was read in the indicator's.",
            ),
            Self::Approximate => Bilingual::new("おおよその値を含みます。", "It holds an approximate figure."),
            Self::PartialMean => {
                Bilingual::new("平均の年がまだ揃っていません。", "The mean is of some of its years only.")
            }
        }
    }
}

/// A fiscal year in English: FY2025.
pub(super) fn english(year: FiscalYear) -> String {
    format!("FY{}", year.year())
}
