//! The figures of an indicator as they are read: in one unit, without its scale.

use rust_decimal::Decimal;

use crate::{
    calendar::FiscalYear,
    quantity::{Amount, Unit},
    strategy::Indicator,
    text::normalize,
};

/// The unit in which an indicator is read: its own, or that of its target, or that of its baseline.
pub(crate) fn unit(indicator: &Indicator) -> Option<&Unit> {
    let target = indicator.statement().and_then(|statement| statement.requirement.amount());
    let units = [
        indicator.unit.as_ref(),
        target.and_then(|amount| amount.unit.as_ref()),
        indicator.baseline.as_ref().and_then(|baseline| baseline.unit.as_ref()),
    ];
    units.into_iter().flatten().next()
}

/// Whether an amount carries another unit than the one in which it is read.
pub(super) fn differs(amount: &Amount, unit: Option<&Unit>) -> bool {
    amount.unit.as_ref().zip(unit).is_some_and(|(own, unit)| own.symbol() != unit.symbol())
}

/// A number without the scale of its unit; one of another unit is read as if it were in this one. `None` where it leaves the
/// range of decimals.
pub(super) fn number(amount: &Amount, unit: Option<&Unit>) -> Option<Decimal> {
    let unit = if differs(amount, unit) { unit } else { amount.unit.as_ref().or(unit) };
    unit.map_or(Some(amount.value), |unit| unit.to_base(amount.value))
}

/// The actuals up to a year.
pub(crate) fn actuals(indicator: &Indicator, until: FiscalYear) -> impl Iterator<Item = (FiscalYear, Decimal)> {
    let unit = unit(indicator);
    let so_far = indicator.figures.actuals().take_while(move |(year, _)| *year <= until);
    so_far.filter_map(move |(year, amount)| Some((year, number(amount, unit)?)))
}

/// The baseline.
pub(crate) fn baseline(indicator: &Indicator) -> Option<Decimal> {
    number(indicator.baseline.as_ref()?.amount.as_ref()?, unit(indicator))
}

/// A number printed in the indicator's own unit, such as one of another source, as its actuals are read.
pub(crate) fn printed(indicator: &Indicator, value: Decimal) -> Option<Decimal> {
    unit(indicator).map_or(Some(value), |unit| unit.to_base(value))
}

/// What says that something is not done; asked first, since 未達成 holds 達成.
const NOT_DONE: [&str; 12] = ["未", "×", "✕", "中", "検討", "準備", "調整", "予定", "無", "なし", "不", "遅"];
/// What says that it is.
const DONE: [&str; 13] = ["済", "達成", "完了", "実施", "策定", "設置", "開設", "開始", "導入", "締結", "有", "○", "◎"];

/// Whether words say that something is done; `None` where people have to read them.
pub(super) fn is_done(printed: &str) -> Option<bool> {
    let text = normalize(printed);
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&NOT_DONE) { Some(false) } else { says(&DONE).then_some(true) }
}
