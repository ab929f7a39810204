//! Japanese time: eras, fiscal years, and the periods that strategies print.

mod era;
mod fiscal_year;
mod period;

pub use era::{Era, EraYear};
pub use fiscal_year::{FiscalYear, FiscalYearError};
pub use period::{Period, PeriodError, YearKind};
