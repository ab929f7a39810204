use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::Date;

/// How an indicator of a document corresponds to a standard indicator (標準指標との対応), as somebody decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "MappingParts", into = "MappingParts")]
pub struct Mapping(MappingParts);

/// What a mapping is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingParts {
    /// The id of the standard indicator: `births`.
    pub standard: String,
    /// How far it corresponds.
    pub strength: MappingStrength,
    /// By what its values are multiplied to be those of the standard indicator, for what is convertible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Decimal>,
    /// In what the two differ.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub differences: BTreeSet<MappingDifference>,
    /// Why it was decided so, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who decided it, and when; `None` where nobody kept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decision>,
}

/// Who decided something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The name then of whoever decided it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The day in Japan.
    #[serde(with = "iso_day")]
    pub on: Date,
}

time::serde::format_description!(iso_day, Date, "[year]-[month]-[day]");

/// How far an indicator corresponds to a standard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappingStrength {
    /// The same definition and unit.
    Identical,
    /// The same thing in another unit or scale: times the factor, it is the standard one.
    Convertible,
    /// Close, but not the same thing.
    Similar,
    /// Looked at, and found not to be comparable.
    NotComparable,
}

/// In what an indicator differs from a standard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappingDifference {
    /// What is counted, or the rule by which it is counted (定義).
    Definition,
    /// The unit (単位): households for people, coupons for people.
    Unit,
    /// Of whom or of what (母集団): one facility, one age group, whoever applied to one program.
    Population,
    /// The period that a figure spans (期間): one year or five.
    Period,
    /// A yearly amount or a running total (単年・累計).
    Accumulation,
    /// The wording of a survey (設問).
    SurveyWording,
    /// Calendar or fiscal years (暦年・年度).
    YearKind,
    /// Something else, which the reason tells.
    Other,
}

/// Why the parts of a mapping do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// What is convertible needs one.
    #[error("is missing or 0; what is convertible needs the factor by which its values are multiplied")]
    NoFactor,
    /// What is not convertible has none.
    #[error("belongs to what is convertible; leave it out, or make the strength convertible")]
    NeedlessFactor,
    /// What is identical differs in nothing.
    #[error("what is identical differs in nothing; leave the differences out, or make the strength similar")]
    IdenticalDiffers,
}

impl MappingError {
    /// The part that it is about.
    pub const fn part(self) -> &'static str {
        match self {
            Self::NoFactor | Self::NeedlessFactor => "factor",
            Self::IdenticalDiffers => "differences",
        }
    }
}

impl Mapping {
    /// What is convertible has a factor other than 0, and nothing else has one; what is identical differs in nothing.
    pub fn new(parts: MappingParts) -> Result<Self, MappingError> {
        match (parts.strength, parts.factor) {
            (MappingStrength::Convertible, None) => Err(MappingError::NoFactor),
            (MappingStrength::Convertible, Some(factor)) if factor.is_zero() => Err(MappingError::NoFactor),
            (MappingStrength::Convertible, _) => Ok(Self(parts)),
            (_, Some(_)) => Err(MappingError::NeedlessFactor),
            (MappingStrength::Identical, None) if !parts.differences.is_empty() => Err(MappingError::IdenticalDiffers),
            (_, None) => Ok(Self(parts)),
        }
    }

    /// Everything that it is made of.
    pub const fn parts(&self) -> &MappingParts {
        &self.0
    }

    /// The id of the standard indicator: `births`.
    pub fn standard(&self) -> &str {
        &self.0.standard
    }

    /// How far it corresponds.
    pub const fn strength(&self) -> MappingStrength {
        self.0.strength
    }

    /// By what its values are multiplied to be those of the standard indicator, for what is convertible.
    pub const fn factor(&self) -> Option<Decimal> {
        self.0.factor
    }

    /// Whether it says the same as another one, whoever decided it and whenever.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let undecided = |of: &Self| MappingParts { decided: None, ..of.0.clone() };
        undecided(self) == undecided(other)
    }
}

impl TryFrom<MappingParts> for Mapping {
    type Error = MappingError;
    fn try_from(parts: MappingParts) -> Result<Self, MappingError> {
        Self::new(parts)
    }
}

impl From<Mapping> for MappingParts {
    fn from(mapping: Mapping) -> Self {
        mapping.0
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn births(strength: MappingStrength) -> MappingParts {
        MappingParts {
            standard: "births".into(),
            strength,
            factor: None,
            differences: BTreeSet::new(),
            reason: None,
            decided: None,
        }
    }

    #[test]
    fn a_factor_belongs_to_what_is_convertible() {
        let mapping = |strength, factor: Option<i64>| {
            Mapping::new(MappingParts { factor: factor.map(Decimal::from), ..births(strength) })
                .map(|of| of.parts().factor)
        };
        assert_eq!(mapping(MappingStrength::Convertible, Some(1000)), Ok(Some(Decimal::from(1000))));
        assert_eq!(mapping(MappingStrength::Convertible, None), Err(MappingError::NoFactor));
        assert_eq!(mapping(MappingStrength::Convertible, Some(0)), Err(MappingError::NoFactor));
        assert_eq!(mapping(MappingStrength::Identical, None), Ok(None));
        assert_eq!(mapping(MappingStrength::Similar, Some(2)), Err(MappingError::NeedlessFactor));
    }

    #[test]
    fn what_is_identical_differs_in_nothing() {
        let mapping = |strength| {
            let differences = BTreeSet::from([MappingDifference::YearKind]);
            Mapping::new(MappingParts { differences, ..births(strength) }).map(|_| ())
        };
        assert_eq!(mapping(MappingStrength::Identical), Err(MappingError::IdenticalDiffers));
        assert_eq!(mapping(MappingStrength::Similar), Ok(()));
    }

    #[test]
    fn what_was_stored_before_decisions_were_kept_is_read_and_written_as_it_was() {
        let old = r#"{"standard":"births","strength":"convertible","factor":"1000","reason":"千人単位のため"}"#;
        let mapping: Mapping = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&mapping).unwrap(), old);

        let decided = Some(Decision { by: Some("企画課".into()), on: date!(2026 - 04 - 01) });
        let differences = BTreeSet::from([MappingDifference::Population, MappingDifference::Unit]);
        let parts = MappingParts { differences, decided, ..births(MappingStrength::Similar) };
        let stored = serde_json::to_string(&Mapping::new(parts.clone()).unwrap()).unwrap();
        assert!(
            stored.ends_with(r#""differences":["unit","population"],"decided":{"by":"企画課","on":"2026-04-01"}}"#)
        );
        assert_eq!(serde_json::from_str::<Mapping>(&stored).unwrap().parts(), &parts);
    }
}
