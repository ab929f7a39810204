use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How an indicator of a document corresponds to a standard indicator (標準指標との対応). Somebody decided it; the audit trail
/// tells who and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "MappingParts", into = "MappingParts")]
pub struct Mapping {
    standard: String,
    strength: MappingStrength,
    factor: Option<Decimal>,
    reason: Option<String>,
}

/// The stored form of [`Mapping`].
#[derive(Serialize, Deserialize)]
struct MappingParts {
    standard: String,
    strength: MappingStrength,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    factor: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

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

/// Why a factor does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// What is convertible needs one.
    #[error("is missing or 0; what is convertible needs the factor by which its values are multiplied")]
    NoFactor,
    /// What is not convertible has none.
    #[error("belongs to what is convertible; leave it out, or make the strength convertible")]
    NeedlessFactor,
}

impl Mapping {
    /// What is convertible has a factor other than 0, and nothing else has one.
    pub fn new(
        standard: String,
        strength: MappingStrength,
        factor: Option<Decimal>,
        reason: Option<String>,
    ) -> Result<Self, MappingError> {
        match (strength, factor) {
            (MappingStrength::Convertible, None) => Err(MappingError::NoFactor),
            (MappingStrength::Convertible, Some(factor)) if factor.is_zero() => Err(MappingError::NoFactor),
            (MappingStrength::Convertible, _) | (_, None) => Ok(Self { standard, strength, factor, reason }),
            (_, Some(_)) => Err(MappingError::NeedlessFactor),
        }
    }

    /// The id of the standard indicator: `births`.
    pub fn standard(&self) -> &str {
        &self.standard
    }

    /// How far it corresponds.
    pub const fn strength(&self) -> MappingStrength {
        self.strength
    }

    /// By what its values are multiplied to be those of the standard indicator, for what is convertible.
    pub const fn factor(&self) -> Option<Decimal> {
        self.factor
    }

    /// Why it was decided so.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

impl TryFrom<MappingParts> for Mapping {
    type Error = MappingError;
    fn try_from(MappingParts { standard, strength, factor, reason }: MappingParts) -> Result<Self, MappingError> {
        Self::new(standard, strength, factor, reason)
    }
}

impl From<Mapping> for MappingParts {
    fn from(Mapping { standard, strength, factor, reason }: Mapping) -> Self {
        Self { standard, strength, factor, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_belongs_to_what_is_convertible() {
        let mapping = |strength, factor: Option<i64>| {
            Mapping::new("births".into(), strength, factor.map(Decimal::from), None).map(|of| of.factor())
        };
        assert_eq!(mapping(MappingStrength::Convertible, Some(1000)), Ok(Some(Decimal::from(1000))));
        assert_eq!(mapping(MappingStrength::Convertible, None), Err(MappingError::NoFactor));
        assert_eq!(mapping(MappingStrength::Convertible, Some(0)), Err(MappingError::NoFactor));
        assert_eq!(mapping(MappingStrength::Identical, None), Ok(None));
        assert_eq!(mapping(MappingStrength::Similar, Some(2)), Err(MappingError::NeedlessFactor));
    }
}
