use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use shirube_app::App;
use shirube_domain::{calendar, reference::OFFICIAL_ATTRIBUTION};

use super::{Period, StandardIndicator};
use crate::{id::GlobalId, limits::spend, scalars::Decimal};

#[derive(Clone)]
pub(crate) struct OfficialIndicator {
    pub(crate) app: Arc<App>,
    pub(crate) at: usize,
}

impl OfficialIndicator {
    fn domain(&self) -> &shirube_domain::reference::OfficialIndicator {
        &self.app.reference().official()[self.at].indicator
    }
}

/// A series of the official statistics (公的統計).
#[Object]
impl OfficialIndicator {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::OfficialIndicator(self.domain().id.clone()).id()
    }

    /// Its stable key: births.
    async fn key(&self) -> &str {
        &self.domain().id
    }

    /// The Japanese name.
    async fn name(&self) -> &str {
        &self.domain().name.ja
    }

    /// The English name.
    async fn name_en(&self) -> &str {
        &self.domain().name.en
    }

    /// The unit of its values.
    async fn unit(&self) -> &str {
        &self.domain().unit
    }

    /// The day or days of the year that a value speaks of.
    async fn as_of(&self) -> &str {
        &self.domain().as_of
    }

    /// The survey.
    async fn source(&self) -> &str {
        &self.domain().source
    }

    /// The attribution to be shown wherever its values are.
    async fn attribution(&self) -> &str {
        OFFICIAL_ATTRIBUTION
    }

    /// The standard indicator that it measures.
    async fn standard_indicator(&self) -> Option<StandardIndicator> {
        StandardIndicator::find(&self.app, self.domain().standard_indicator.as_deref()?)
    }
}

pub(crate) struct OfficialSeries {
    pub(crate) app: Arc<App>,
    pub(crate) at: usize,
    pub(crate) municipality: usize,
    pub(crate) from_year: Option<i16>,
    pub(crate) to_year: Option<i16>,
}

/// A series of the official statistics for one municipality.
#[Object]
impl OfficialSeries {
    /// The series.
    async fn indicator(&self) -> OfficialIndicator {
        OfficialIndicator { app: self.app.clone(), at: self.at }
    }

    /// Its values, in order of years. Years without a value are left out.
    async fn values(&self, context: &Context<'_>) -> Result<Vec<OfficialValue>> {
        let series = &self.app.reference().official()[self.at];
        spend(context, series.values(self.municipality).count())?;
        let kind = series.indicator.year_kind;
        let values = series
            .values(self.municipality)
            .filter(|(year, _)| self.from_year.is_none_or(|from| *year >= from))
            .filter(|(year, _)| self.to_year.is_none_or(|to| *year <= to))
            .map(|(year, value)| OfficialValue {
                year,
                period: Period(calendar::Period::Year(kind, year)),
                value: Decimal(value),
            });
        Ok(values.collect())
    }
}

/// A value of an official series.
#[derive(SimpleObject)]
pub(crate) struct OfficialValue {
    /// The year, of the kind in which the source counts.
    year: i16,
    /// The year with its kind: calendar, fiscal, census or school year.
    period: Period,
    /// The value, in the unit of the series.
    value: Decimal,
}
