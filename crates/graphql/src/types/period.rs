use async_graphql::Object;
use shirube_domain::calendar;

use crate::scalars::Date;

pub(crate) struct Period(pub(crate) calendar::Period);

/// The time that a value speaks of: a fiscal, calendar, census or school year, a span, a day, a term.
#[Object]
impl Period {
    /// A code that tells the kinds apart: `FY2021` (年度), `CY2015/CY2020` (年), `CENSUS2020`, `SY2021`, `2021-10-01`,
    /// `TERM1/6` (第1期6年間).
    async fn code(&self) -> String {
        self.0.code()
    }

    /// In Japanese: 平成27年～令和2年.
    async fn label(&self) -> String {
        self.0.to_string()
    }

    /// In English.
    async fn label_en(&self) -> String {
        self.0.english()
    }

    /// The first day, where the period tells it.
    async fn first_day(&self) -> Option<Date> {
        self.0.first_day().map(Date)
    }

    /// The last day, where the period tells it.
    async fn last_day(&self) -> Option<Date> {
        self.0.last_day().map(Date)
    }
}
