use super::{CLEAR_TREND, ENOUGH, SMALL_COUNT};
use crate::{calendar::FiscalYear, progress::WhyNot, strategy::Requirement, text::Bilingual};

/// Why there is too little to say how an indicator will come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoOutlook {
    /// How far it has come cannot be told either.
    Unread(WhyNot),
    /// Its target is something to be done, which is no number.
    YesOrNo,
    /// Its target says more or less, without a number.
    WithoutNumber,
    /// There are fewer than two observations: so many.
    TooFew(usize),
    /// There is a figure for the year in which the target was due, so that it is known how it came out.
    Due(FiscalYear),
}

impl NoOutlook {
    /// Of a target that names no number.
    pub(super) const fn without_number(requirement: &Requirement) -> Self {
        match requirement {
            Requirement::Done => Self::YesOrNo,
            _ => Self::WithoutNumber,
        }
    }

    /// Its code, without the year that it may name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unread(why) => why.code(),
            Self::YesOrNo => "yes_or_no",
            Self::WithoutNumber => "without_number",
            Self::TooFew(_) => "too_few",
            Self::Due(_) => "due",
        }
    }

    /// A sentence.
    pub fn text(self) -> Bilingual {
        match self {
            Self::Unread(why) => why.text(),
            Self::YesOrNo => Bilingual::new(
                "実施の有無をみる指標のため、見通しはありません。",
                "It is done or not: there is nothing to project.",
            ),
            Self::WithoutNumber => Bilingual::new(
                "数値のない目標のため、見通しを算出できません。",
                "The target names no number to be projected to.",
            ),
            Self::TooFew(0) => Bilingual::new(
                "観測値がまだないため、見通しを算出できません（2時点以上必要）。",
                "There is no observation yet; an outlook needs two.",
            ),
            Self::TooFew(count) => Bilingual {
                ja: format!("観測値が{count}時点しかないため、見通しを算出できません（2時点以上必要）。"),
                en: format!("There is {count} observation only; an outlook needs two."),
            },
            Self::Due(year) => Bilingual {
                ja: format!("目標年度（{}）の実績値があり、結果が出ています。", year.label()),
                en: format!("The target was due in FY{}, and the figure of that year is there.", year.year()),
            },
        }
    }
}

/// Why a method is recommended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// There are too few observations for anything but the pace.
    FewObservations,
    /// There are few observations, and the latest is worse than the baseline or the first one.
    FellBack,
    /// There is a clear trend.
    ClearTrend,
    /// They are small yearly counts without a clear trend.
    SmallCounts,
    /// There is no clear trend.
    NoClearTrend,
}

impl Reason {
    /// A sentence.
    pub fn text(self) -> Bilingual {
        let percent = CLEAR_TREND * 100.0;
        match self {
            Self::FewObservations => Bilingual {
                ja: format!("観測値が{ENOUGH}時点に満たないため、これまでのペースだけで見ます。"),
                en: format!("There are fewer than {ENOUGH} observations, so only the pace so far is looked at."),
            },
            Self::FellBack => Bilingual {
                ja: format!(
                    "観測値が{ENOUGH}時点に満たず、基準値（または最初の値）より後退しているため、その変化は延ばさず直近の値で見ます。"
                ),
                en: format!(
                    "There are fewer than {ENOUGH} observations, and the latest is worse than the baseline or the first one: the latest value is looked at, and the change is not drawn on."
                ),
            },
            Self::ClearTrend => Bilingual {
                ja: format!(
                    "明らかな増減の傾向があるため（マン・ケンドール検定、有意水準{percent}％）、中央値の傾きの直線を延ばします。"
                ),
                en: format!(
                    "There is a clear trend (Mann and Kendall, at {percent} %), so the line of median slope is drawn on."
                ),
            },
            Self::SmallCounts => Bilingual {
                ja: format!(
                    "年間の件数が少なく（平均{SMALL_COUNT}未満）明らかな傾向がないため、平均のまわりの偶然のばらつきとして見ます。"
                ),
                en: format!(
                    "They are small yearly counts (a mean below {SMALL_COUNT}) without a clear trend, so they are taken to scatter about their mean."
                ),
            },
            Self::NoClearTrend => Bilingual::new(
                "明らかな傾向がないため、直近の値が続くものと見ます。",
                "There is no clear trend, so the latest value is taken to stay.",
            ),
        }
    }
}

/// Something that a reader of an outlook has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Caution {
    /// There are fewer than four observations: no interval and no chance, and the verdict is by the pace alone.
    FewObservations,
    /// The observations do not scatter at all, so that nothing tells how far they may: no interval and no chance.
    NeverVaried,
    /// The latest observation is from an earlier year: that one.
    LatestEarlier(i16),
    /// A figure is provisional or expected.
    Provisional,
    /// The baseline names no year, and was placed in the year before the plan.
    UndatedBaseline,
    /// Official statistics from before the plan were joined.
    OfficialJoined,
    /// They count other months than the plan does.
    YearKindsDiffer,
    /// They say something else than the baseline, and were left out.
    HistoryDiffers,
    /// Counts scatter by twice as much as chance alone makes them, or more.
    Overdispersed,
    /// The target is met now, and may be lost again.
    MayBeLost,
    /// Some methods reach the target, and others do not.
    MethodsDisagree,
}

impl Caution {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FewObservations => "few_observations",
            Self::NeverVaried => "never_varied",
            Self::LatestEarlier(_) => "latest_earlier",
            Self::Provisional => "provisional",
            Self::UndatedBaseline => "undated_baseline",
            Self::OfficialJoined => "official_joined",
            Self::YearKindsDiffer => "year_kinds_differ",
            Self::HistoryDiffers => "history_differs",
            Self::Overdispersed => "overdispersed",
            Self::MayBeLost => "may_be_lost",
            Self::MethodsDisagree => "methods_disagree",
        }
    }

    /// A sentence.
    pub fn text(self) -> Bilingual {
        match self {
            Self::FewObservations => Bilingual {
                ja: format!("観測値が{ENOUGH}時点に満たないため、区間と達成の確率は示しません。"),
                en: format!("With fewer than {ENOUGH} observations, no interval and no chance is given."),
            },
            Self::NeverVaried => Bilingual::new(
                "観測値にばらつきがないため、区間と達成の確率は示しません。",
                "The observations do not scatter at all, so no interval and no chance is given.",
            ),
            Self::LatestEarlier(year) => Bilingual {
                ja: format!("直近の観測値は{year}年のものです。"),
                en: format!("The latest observation is of {year}."),
            },
            Self::Provisional => {
                Bilingual::new("暫定値または見込値を含みます。", "It holds a provisional or expected figure.")
            }
            Self::UndatedBaseline => Bilingual::new(
                "基準値に年がないため、計画の前年の値と見ました。",
                "The baseline names no year, and was taken for the year before the plan.",
            ),
            Self::OfficialJoined => Bilingual::new(
                "計画前の値に公的統計を用いました。",
                "Official statistics from before the plan were joined.",
            ),
            Self::YearKindsDiffer => Bilingual::new(
                "公的統計の年（暦年・調査年など）は計画の年度と異なります。",
                "The official statistics count other months than the plan does.",
            ),
            Self::HistoryDiffers => Bilingual::new(
                "公的統計が基準値と異なるため、用いませんでした。",
                "The official statistics say something else than the baseline, and were left out.",
            ),
            Self::Overdispersed => Bilingual::new(
                "件数のばらつきが、偶然だけの場合の2倍以上あります。",
                "The counts scatter at least twice as much as chance alone makes them.",
            ),
            Self::MayBeLost => Bilingual::new(
                "現在は達成していますが、目標の年度に下回るおそれがあります。",
                "The target is met now, and may be lost again by the year in which it is due.",
            ),
            Self::MethodsDisagree => Bilingual::new(
                "方法によって、達成するかどうかの見込みが分かれます。",
                "The methods do not agree on whether the target will be met.",
            ),
        }
    }
}
