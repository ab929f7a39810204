//! Values that take several columns: amounts, requirements, scopes.

use shirube_domain::{
    quantity::Amount,
    strategy::{Cell, Content, Requirement, Scope},
};

use super::convert::{name, named, parse, unit};
use crate::{StoreError, StoreResult};

/// The columns of an amount: value, unit, bound, approximate.
pub(crate) struct AmountColumns {
    pub(crate) value: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) bound: Option<String>,
    pub(crate) approximate: bool,
}

impl AmountColumns {
    pub(crate) fn of(amount: Option<&Amount>) -> StoreResult<Self> {
        Ok(Self {
            value: amount.map(|amount| amount.value.to_string()),
            unit: amount.and_then(|amount| Some(amount.unit.as_ref()?.printed().to_owned())),
            bound: amount.and_then(|amount| amount.bound).map(name).transpose()?,
            approximate: amount.is_some_and(|amount| amount.approximate),
        })
    }

    pub(crate) fn amount(self) -> StoreResult<Option<Amount>> {
        let Some(value) = self.value else { return Ok(None) };
        Ok(Some(Amount {
            value: parse(&value)?,
            unit: unit(self.unit)?,
            bound: self.bound.map(named).transpose()?,
            approximate: self.approximate,
        }))
    }
}

/// The columns of a cell: printed, status, and those of its amount.
pub(crate) struct CellColumns {
    pub(crate) printed: Option<String>,
    pub(crate) status: String,
    pub(crate) amount: AmountColumns,
}

/// The status of a cell that holds words.
const WORDS: &str = "words";

impl CellColumns {
    pub(crate) fn of(cell: &Cell) -> StoreResult<Self> {
        Ok(Self {
            printed: cell.printed().map(str::to_owned),
            status: match cell.content() {
                Content::Figure { finality, .. } => name(finality)?,
                Content::Absent(absence) => name(absence)?,
                Content::Words => WORDS.to_owned(),
            },
            amount: AmountColumns::of(cell.amount())?,
        })
    }

    pub(crate) fn cell(self) -> StoreResult<Cell> {
        let Self { printed, status, amount } = self;
        let content = match amount.amount()? {
            Some(amount) => Content::Figure { amount, finality: named(status)? },
            None if status == WORDS => Content::Words,
            None => Content::Absent(named(status)?),
        };
        Ok(Cell::from_parts(printed, content))
    }
}

/// The requirement of a target as columns. Growth and rank store their number as the amount.
pub(super) struct RequirementColumns {
    pub(super) kind: String,
    pub(super) amount: AmountColumns,
}

impl RequirementColumns {
    pub(super) fn of(requirement: &Requirement) -> StoreResult<Self> {
        let mut amount = AmountColumns::of(requirement.amount())?;
        let kind = match requirement {
            Requirement::AtLeast(_) => "at_least",
            Requirement::AtMost(_) => "at_most",
            Requirement::Keep(_) => "keep",
            Requirement::KeepAtLeast(_) => "keep_at_least",
            Requirement::KeepAtMost(_) => "keep_at_most",
            Requirement::Zero(_) => "zero",
            Requirement::Increase => "increase",
            Requirement::Decrease => "decrease",
            Requirement::Growth(percent) => {
                amount.value = Some(percent.to_string());
                "growth"
            }
            Requirement::Rank(rank) => {
                amount.value = Some(rank.to_string());
                "rank"
            }
            Requirement::Done => "done",
        };
        Ok(Self { kind: kind.to_owned(), amount })
    }

    pub(super) fn requirement(self) -> StoreResult<Requirement> {
        let Self { kind, amount } = self;
        let value = amount.value.clone();
        let amount = amount.amount()?;
        let missing = || StoreError::corrupt(format!("the requirement {kind} has no value"));
        Ok(match kind.as_str() {
            "at_least" => Requirement::AtLeast(amount.ok_or_else(missing)?),
            "at_most" => Requirement::AtMost(amount.ok_or_else(missing)?),
            "keep" => Requirement::Keep(amount.ok_or_else(missing)?),
            "keep_at_least" => Requirement::KeepAtLeast(amount.ok_or_else(missing)?),
            "keep_at_most" => Requirement::KeepAtMost(amount.ok_or_else(missing)?),
            "zero" => Requirement::Zero(amount.ok_or_else(missing)?),
            "increase" => Requirement::Increase,
            "decrease" => Requirement::Decrease,
            "growth" => Requirement::Growth(parse(&value.ok_or_else(missing)?)?),
            "rank" => Requirement::Rank(parse(&value.ok_or_else(missing)?)?),
            "done" => Requirement::Done,
            _ => return Err(StoreError::corrupt(format!("{kind} is not a requirement"))),
        })
    }
}

/// The stored form of a scope: a name, or the code of its period.
pub(super) fn scope_name(scope: Scope) -> String {
    match scope {
        Scope::EachYear => "each_year".to_owned(),
        Scope::WholePlan => "whole_plan".to_owned(),
        Scope::Unstated => "unstated".to_owned(),
        Scope::In(period) => period.code(),
    }
}

pub(super) fn scope(stored: &str) -> StoreResult<Scope> {
    match stored {
        "each_year" => Ok(Scope::EachYear),
        "whole_plan" => Ok(Scope::WholePlan),
        "unstated" => Ok(Scope::Unstated),
        period => parse(period).map(Scope::In),
    }
}
