use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How much an indicator counts among others (重み), as the municipality sets it. What has none counts 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Weight(Decimal);

/// A number that is not a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not a weight; give a number above 0 and up to 1000 with at most 4 decimals; what has no weight counts 1"
)]
pub struct NotAWeight(Decimal);

impl Weight {
    /// What an indicator counts that has none.
    pub const ONE: Self = Self(Decimal::ONE);

    /// A weight is above 0 and at most 1000, and has at most four decimals. 2 and 2.0 are the same.
    pub fn new(value: Decimal) -> Result<Self, NotAWeight> {
        let weight = value.normalize();
        let fits = weight > Decimal::ZERO && weight <= Decimal::ONE_THOUSAND && weight.scale() <= 4;
        if fits { Ok(Self(weight)) } else { Err(NotAWeight(value)) }
    }

    /// The number.
    pub const fn value(self) -> Decimal {
        self.0
    }
}

impl TryFrom<Decimal> for Weight {
    type Error = NotAWeight;
    fn try_from(value: Decimal) -> Result<Self, NotAWeight> {
        Self::new(value)
    }
}

impl From<Weight> for Decimal {
    fn from(weight: Weight) -> Self {
        weight.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_positive_and_bounded() {
        for (text, is_one) in [
            ("1", true),
            ("0.5", true),
            ("1000", true),
            ("0.0001", true),
            ("0", false),
            ("-1", false),
            ("1000.1", false),
            ("0.00001", false),
            ("79228162514264337593543950335", false),
        ] {
            assert_eq!(Weight::new(text.parse().unwrap()).is_ok(), is_one, "{text}");
        }
        assert_eq!(Weight::new("2.00".parse().unwrap()), Weight::new(Decimal::TWO));
        assert!(serde_json::from_str::<Weight>("\"0\"").is_err(), "nor is it read from what is stored");
    }
}
