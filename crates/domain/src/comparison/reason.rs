use super::Subject;
use crate::{reference::Comparability, text::Bilingual};

/// Whether like is compared with like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is.
    Comparable,
    /// Nearly; the reasons say what to look out for.
    WithCare,
    /// It is not; the reasons say why.
    NotComparable,
}

/// Why something is not compared, or with care only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Its code.
    pub code: ReasonCode,
    /// A sentence.
    pub text: Bilingual,
}

/// The code of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasonCode {
    /// Each municipality defines the indicator for itself.
    LocalDefinition,
    /// Definitions are similar and not the same.
    SimilarDefinitions,
    /// The catalogue has a note on it.
    Note,
    /// No official series has values of it.
    NoOfficialSeries,
    /// The base is of another year than the value.
    BaseOfAnotherYear,
    /// Another thing is counted.
    DimensionDiffers,
    /// The unit is another one.
    UnitDiffers,
    /// One is counted at a time, the other over a time, or one is a share.
    KindDiffers,
    /// The years are of another kind: fiscal, calendar, census.
    YearKindDiffers,
    /// It is not known of one of them what kind its years are.
    YearKindUnknown,
    /// The survey is another one.
    SourceDiffers,
    /// It is not the same indicator.
    IndicatorDiffers,
}

impl ReasonCode {
    /// Whether it forbids the comparison.
    const fn forbids(self) -> bool {
        matches!(self, Self::LocalDefinition | Self::DimensionDiffers | Self::UnitDiffers | Self::KindDiffers)
    }
}

impl Reason {
    /// A reason with its sentence in both languages.
    pub fn new(code: ReasonCode, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, text: Bilingual { ja: ja.into(), en: en.into() } }
    }
}

impl Verdict {
    /// The verdict of some reasons.
    pub fn of(reasons: &[Reason]) -> Self {
        match reasons.iter().any(|of| of.code.forbids()) {
            true => Self::NotComparable,
            false if reasons.is_empty() => Self::Comparable,
            false => Self::WithCare,
        }
    }
}

impl Subject<'_> {
    /// What there is to say about comparing municipalities in it; `note` is that of the catalogue.
    pub fn reasons(&self, note: Option<&str>) -> Vec<Reason> {
        let name = self.name;
        let mut reasons = Vec::new();
        match self.comparability {
            Comparability::Official => {}
            Comparability::ComparableWithCare => reasons.push(Reason::new(
                ReasonCode::SimilarDefinitions,
                format!("「{}」の定義は自治体間で似ていますが、同じではありません。", name.ja),
                format!("Municipalities define “{}” in similar ways, not in the same way.", name.en),
            )),
            Comparability::LocalDefinition => reasons.push(Reason::new(
                ReasonCode::LocalDefinition,
                format!("「{}」は自治体ごとに定義が異なり、順位を付けても比較になりません。", name.ja),
                format!(
                    "Each municipality defines “{}” for itself; a ranking would compare unlike with unlike.",
                    name.en
                ),
            )),
        }
        if self.formula.is_none() && self.comparability == Comparability::Official {
            reasons.push(Reason::new(
                ReasonCode::NoOfficialSeries,
                format!("「{}」の公的統計はこのサービスに収録されていません。各自治体の公表値を比較します。", name.ja),
                format!(
                    "The service holds no official series of “{}”; what municipalities published is compared.",
                    name.en
                ),
            ));
        }
        if let Some(note) = note.filter(|_| self.comparability != Comparability::Official) {
            reasons.push(Reason::new(
                ReasonCode::Note,
                format!("標準指標の注記：{note}"),
                format!("Note of the catalogue (in Japanese): {note}"),
            ));
        }
        reasons
    }
}

/// What the catalogue calls a dimension, in words; one that it may get later is left as it is.
fn dimension(code: &str) -> (&str, &str) {
    match code {
        "people" => ("人数", "people"),
        "people_visits" => ("訪問者数（入込）", "visits of people"),
        "people_nights" => ("宿泊数（人×泊）", "nights of people"),
        "people_trips" => ("利用回数（人×回）", "trips of people"),
        "cases" => ("件数", "cases"),
        "groups" => ("組数", "groups"),
        "organisations" => ("団体・事業所の数", "organisations"),
        "items" => ("品目数", "items"),
        "views" => ("閲覧数", "views"),
        "money" => ("金額", "money"),
        "mass" => ("質量", "mass"),
        "mass_rate" => ("一人一日当たりの質量", "mass per person and day"),
        "ratio" => ("割合", "a share"),
        "rate" => ("一日当たりの数", "a number a day"),
        "index" => ("指数", "an index"),
        "years" => ("年数", "years"),
        other => (other, other),
    }
}

/// A name in Japanese and English.
type Names<'a> = (&'a str, &'a str);

/// What stands against comparing the values of one subject with those of another.
pub fn compare(one: &Subject<'_>, other: &Subject<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let names = |code, (ja, en): Names<'_>, of: Names<'_>, than: Names<'_>| {
        Reason::new(
            code,
            format!("{ja}が異なります：「{}」は{}、「{}」は{}。", one.name.ja, of.0, other.name.ja, than.0),
            format!("{en}: “{}”: {}; “{}”: {}.", one.name.en, of.1, other.name.en, than.1),
        )
    };
    if one.key == other.key {
        return reasons;
    }
    if one.standard != other.standard {
        reasons.push(Reason::new(
            ReasonCode::IndicatorDiffers,
            format!("別の指標です：「{}」と「{}」。", one.name.ja, other.name.ja),
            format!("They are different indicators: “{}” and “{}”.", one.name.en, other.name.en),
        ));
    }
    if let (Some(of), Some(than)) = (one.dimension, other.dimension)
        && of != than
    {
        let what = ("数えるもの", "They count different things");
        reasons.push(names(ReasonCode::DimensionDiffers, what, dimension(of), dimension(than)));
    }
    if one.unit != other.unit {
        let (of, than) = (one.unit.unwrap_or("―"), other.unit.unwrap_or("―"));
        reasons.push(names(ReasonCode::UnitDiffers, ("単位", "Their units differ"), (of, of), (than, than)));
    }
    if let (Some(of), Some(than)) = (one.kind, other.kind)
        && of != than
    {
        let what = ("量の種類", "They are different kinds of measure");
        reasons.push(names(ReasonCode::KindDiffers, what, of.names(), than.names()));
    }
    match (one.year_kind, other.year_kind) {
        (Some(of), Some(than)) if of != than => {
            let what = ("年の数え方", "Their years differ in kind");
            reasons.push(names(ReasonCode::YearKindDiffers, what, of.names(), than.names()));
        }
        (Some(_), Some(_)) => {}
        _ => reasons.push(Reason::new(
            ReasonCode::YearKindUnknown,
            "一方の年が年度か暦年かは標準指標からは分かりません。原典を確認してください。",
            "The catalogue does not say of one of them whether its years are fiscal or calendar years; look into its source.",
        )),
    }
    if let (Some(of), Some(than)) = (one.source, other.source)
        && of != than
    {
        let what = ("調査", "They come from different surveys");
        reasons.push(names(ReasonCode::SourceDiffers, what, (of, of), (than, than)));
    }
    for of in [one, other] {
        if of.comparability == Comparability::LocalDefinition {
            reasons.extend(of.reasons(None).into_iter().filter(|reason| reason.code == ReasonCode::LocalDefinition));
        }
    }
    reasons
}

/// Why a municipality is not among those that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exclusion {
    /// There is no value of that year.
    NoValue,
    /// There is no value of the base.
    NoBase,
    /// A variable has no logarithm, since it is not positive.
    NotPositive,
    /// It has no published strategy with an indicator that corresponds.
    NoIndicator,
    /// Its indicator is only similar to the standard one, or was found not to be comparable.
    NotTheSame,
    /// The unit of its indicator is another one than the standard's, and nobody gave a factor.
    UnitDiffers,
    /// Its figures speak of several years, and what the year itself gave cannot be told.
    SeveralYears,
    /// There is too little to tell a trend.
    TooFewYears,
    /// Another indicator of the municipality stands for it already.
    AnotherStands,
    /// Nothing can be said about its progress; the reason stands beside.
    NoProgress,
}

impl Exclusion {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoValue => "no_value",
            Self::NoBase => "no_base",
            Self::NotPositive => "not_positive",
            Self::NoIndicator => "no_indicator",
            Self::NotTheSame => "not_the_same",
            Self::UnitDiffers => "unit_differs",
            Self::SeveralYears => "several_years",
            Self::TooFewYears => "too_few_years",
            Self::AnotherStands => "another_stands",
            Self::NoProgress => "no_progress",
        }
    }

    /// A sentence.
    pub fn text(self) -> Bilingual {
        match self {
            Self::NoValue => Bilingual::new("その年の値がありません。", "There is no value of that year."),
            Self::NoBase => Bilingual::new("基準となる人口等の値がありません。", "There is no value of the base."),
            Self::NotPositive => Bilingual::new(
                "正の値ではないため、対数を取れません。",
                "A value that is not positive has no logarithm.",
            ),
            Self::NoIndicator => Bilingual::new(
                "この標準指標に対応する公表済みの指標がありません。",
                "No published indicator corresponds to the standard one.",
            ),
            Self::NotTheSame => Bilingual::new(
                "標準指標と類似にとどまるか、比較できないと判断された指標です。",
                "The indicator is only similar to the standard one, or was found not to be comparable.",
            ),
            Self::UnitDiffers => Bilingual::new(
                "標準指標と単位が異なり、換算係数がありません。",
                "The unit differs from the standard one, and there is no factor.",
            ),
            Self::SeveralYears => Bilingual::new(
                "複数年の累計または平均で、その年だけの値が分かりません。",
                "The figures are totals or means of several years; what the year itself gave cannot be told.",
            ),
            Self::TooFewYears => Bilingual::new(
                "傾向を求めるには年数が足りません（3年以上必要）。",
                "There are too few years for a trend; it takes three.",
            ),
            Self::AnotherStands => {
                Bilingual::new("同じ自治体の別の指標を用いています。", "Another indicator of the municipality is used.")
            }
            Self::NoProgress => Bilingual::new("進捗を求められません。", "Nothing can be said about its progress."),
        }
    }
}
