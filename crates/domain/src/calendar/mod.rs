//! Japanese time: eras, fiscal years, and the periods that strategies print.

mod era;
mod fiscal_year;
mod period;

pub use era::{Era, EraYear};
pub use fiscal_year::{FiscalYear, FiscalYearError};
pub use period::{Period, PeriodError, YearKind};
use time::{Date, OffsetDateTime, UtcOffset, macros::offset};

/// Where days are counted.
const JAPAN: UtcOffset = offset!(+9);

/// Which day it is in Japan at an instant.
pub fn day_in_japan(at: OffsetDateTime) -> Date {
    at.to_offset(JAPAN).date()
}

/// The instant at which a day begins in Japan.
pub fn begins_in_japan(day: Date) -> OffsetDateTime {
    day.midnight().assume_offset(JAPAN).to_offset(UtcOffset::UTC)
}
