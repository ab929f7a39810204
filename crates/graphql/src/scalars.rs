//! Scalars: exact values as strings that any client keeps as they are.

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use shirube_domain::{
    calendar,
    municipality::{CodeError, MunicipalityCode as DomainCode},
};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

pub(crate) struct Decimal(pub(crate) rust_decimal::Decimal);

/// An exact decimal number as a string, such as "36.7" or "-7.77": no binary rounding, no trailing zeros.
#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Ok(Self(rust_decimal::Decimal::from_str_exact(text)?)),
            Value::Number(number) => Ok(Self(rust_decimal::Decimal::from_str_exact(&number.to_string())?)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.normalize().to_string())
    }
}

pub(crate) struct Date(pub(crate) time::Date);

/// A day, as YYYY-MM-DD.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                Ok(Self(time::Date::parse(text, time::macros::format_description!("[year]-[month]-[day]"))?))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        let date = self.0;
        Value::String(format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()))
    }
}

pub(crate) struct DateTime(pub(crate) OffsetDateTime);

/// An instant with its time zone, as in RFC 3339: 2026-11-23T09:30:00Z. Answers are in UTC.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => OffsetDateTime::parse(text, &Rfc3339).map(Self).map_err(|_| {
                InputValueError::custom(format!(
                    "“{text}” is not an instant; write it with its time zone, as 2026-11-23T09:30:00+09:00"
                ))
            }),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default())
    }
}

pub(crate) struct MunicipalityCode(pub(crate) DomainCode);

/// A municipality code (全国地方公共団体コード): six digits. Five are understood too, without the check digit.
#[Scalar]
impl ScalarType for MunicipalityCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text.parse().map(Self).map_err(|error: CodeError| InputValueError::custom(error)),
            _ => Err(InputValueError::custom("a municipality code is a string of 5 or 6 digits, such as \"012262\"")),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// The text of a JSON object that is given as one, or as its text; `what` it is stands in the message.
fn json_text<T: InputType>(value: Value, what: &str) -> Result<String, InputValueError<T>> {
    match value {
        Value::String(text) => Ok(text),
        Value::Object(_) => Ok(value.into_json()?.to_string()),
        _ => Err(InputValueError::custom(format!("{what} is a JSON object, or the text of one"))),
    }
}

pub(crate) struct StrategyDocument(pub(crate) String);

/// A whole strategy (総合戦略) in the sample format `shirube-strategy/1`: a JSON object, or its text as a string. It says what
/// the printed document says; what the texts mean is worked out.
#[Scalar]
impl ScalarType for StrategyDocument {
    fn parse(value: Value) -> InputValueResult<Self> {
        json_text(value, "a strategy").map(Self)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

pub(crate) struct GradingRuleDocument(pub(crate) String);

/// A grading rule (評価基準) as data: a JSON object, or its text as a string. `gradingRules { document }` shows those that are
/// shipped, of a municipality those that it has saved. A rule without a version is the first.
#[Scalar]
impl ScalarType for GradingRuleDocument {
    fn parse(value: Value) -> InputValueResult<Self> {
        json_text(value, "a grading rule").map(Self)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[derive(Clone, Copy)]
pub(crate) struct FiscalYear(pub(crate) calendar::FiscalYear);

/// A fiscal year (年度), 1 April to 31 March, by the year in which it begins: 2021 is 令和３年度. As input, "R3" and
/// "令和3年度" are understood too.
#[Scalar]
impl ScalarType for FiscalYear {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => {
                return Err(InputValueError::custom(
                    "a fiscal year is a number such as 2021, or a string such as \"R3\"",
                ));
            }
        };
        calendar::FiscalYear::parse(&text, None).map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.year().into())
    }
}
