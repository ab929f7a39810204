//! Yearly figures from and to domain values.

use shirube_domain::{
    IndicatorId, StrategyId,
    calendar::FiscalYear,
    strategy::{Cell, Figures, PrintedTotal, PublishedGrade, YearFigures},
};

use super::{
    columns::{AmountColumns, CellColumns},
    convert::{Owner, year},
    tenant::figure,
};
use crate::{StoreError, StoreResult};

const TARGET_ROW: &str = "target";
pub(crate) const ACTUAL_ROW: &str = "actual";
const GRADE_ROW: &str = "grade";
const RATE_ROW: &str = "rate";

/// The rows of an indicator's years.
pub(super) fn figure_rows(owner: &Owner, indicator: IndicatorId, figures: &Figures) -> StoreResult<Vec<figure::Model>> {
    let cells = figures.years().iter().flat_map(|YearFigures { year, target, actual, published }| {
        let printed = published.iter().flat_map(|of| [(GRADE_ROW, of.grade()), (RATE_ROW, of.rate())]);
        let cells = [(TARGET_ROW, target.as_ref()), (ACTUAL_ROW, Some(actual))].into_iter().chain(printed);
        cells.filter_map(|(row, cell)| Some((*year, row, cell?)))
    });
    cells.map(|(year, row, cell)| figure_row(owner, indicator, year, row, cell)).collect()
}

fn figure_row(
    owner: &Owner,
    indicator: IndicatorId,
    year: FiscalYear,
    row: &str,
    cell: &Cell,
) -> StoreResult<figure::Model> {
    let CellColumns { printed, status, amount } = CellColumns::of(cell)?;
    let AmountColumns { value, unit, bound, approximate } = amount;
    Ok(figure::Model {
        municipality: owner.municipality.clone(),
        strategy_id: owner.strategy,
        indicator_id: indicator.uuid(),
        fiscal_year: year.year(),
        row: row.to_owned(),
        printed,
        status,
        value,
        unit,
        bound,
        approximate,
    })
}

/// The row of an actual. The municipality is set when it is inserted.
pub(crate) fn actual_row(
    strategy: StrategyId,
    indicator: IndicatorId,
    year: FiscalYear,
    cell: &Cell,
) -> StoreResult<figure::Model> {
    figure_row(&Owner { municipality: String::new(), strategy: strategy.uuid() }, indicator, year, ACTUAL_ROW, cell)
}

fn cell(row: figure::Model) -> StoreResult<Cell> {
    let figure::Model {
        municipality: _,
        strategy_id: _,
        indicator_id: _,
        fiscal_year: _,
        row: _,
        printed,
        status,
        value,
        unit,
        bound,
        approximate,
    } = row;
    CellColumns { printed, status, amount: AmountColumns { value, unit, bound, approximate } }.cell()
}

pub(super) fn figures(mut rows: Vec<figure::Model>, total: Option<PrintedTotal>) -> StoreResult<Figures> {
    // All other rows stand behind that of actuals in the alphabet.
    rows.sort_by(|one, other| (one.fiscal_year, &one.row).cmp(&(other.fiscal_year, &other.row)));
    let mut years: Vec<YearFigures> = Vec::new();
    for row in rows {
        let of = year(row.fiscal_year)?;
        if row.row == ACTUAL_ROW {
            years.push(YearFigures { year: of, target: None, actual: cell(row)?, published: None });
            continue;
        }
        let Some(figures) = years.last_mut().filter(|figures| figures.year == of) else {
            return Err(StoreError::corrupt(format!("{of} has a {} without a cell for its actual", row.row)));
        };
        match row.row.as_str() {
            TARGET_ROW => figures.target = Some(cell(row)?),
            GRADE_ROW => figures.published = PublishedGrade::new(Some(cell(row)?), None),
            RATE_ROW => {
                let grade = figures.published.take().and_then(|of| of.grade().cloned());
                figures.published = PublishedGrade::new(grade, Some(cell(row)?));
            }
            other => return Err(StoreError::corrupt(format!("{other} is not a row of figures"))),
        }
    }
    Figures::new(years, total).map_err(StoreError::corrupt)
}
