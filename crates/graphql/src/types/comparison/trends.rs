use async_graphql::{Context, Object, Result, SimpleObject};
use shirube_domain::{
    comparison::{TrendRow, Trends},
    statistics::trend,
};

use super::{Citation, LeftOutConnection, MeasuredIndicator, Places, answer_object, summary::NumberInterval};
use crate::{
    error::outward,
    limits::spend,
    page::{PageArguments, connection, page_of},
    scalars::MunicipalityCode,
    types::Municipality,
};

answer_object!(TrendAnswer, Trends, Trends);

impl TrendAnswer {
    fn row(&self, row: &TrendRow) -> Trend {
        Trend { places: self.0.clone(), row: row.clone() }
    }
}

/// How an indicator moved over years (推移).
#[Object]
impl TrendAnswer {
    /// How to cite it, to ask it again, and to have its rows as a file.
    async fn citation(&self) -> Citation {
        self.0.citation()
    }

    /// The indicator, how it was measured in the last year, and whether like is compared with like.
    async fn measured(&self) -> Result<MeasuredIndicator> {
        Ok(MeasuredIndicator::new(&self.0.app, &self.of()?.measured))
    }

    /// The years that there are, in order.
    async fn years(&self) -> Result<&[i16]> {
        Ok(&self.of()?.years)
    }

    /// How many municipalities the group has.
    async fn members(&self) -> Result<usize> {
        Ok(self.of()?.members)
    }

    /// The municipalities that have at least three years, by code.
    async fn rows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<TrendConnection> {
        let of = self.of()?;
        let list = "trends";
        let arguments = PageArguments { first, after, last, before };
        let code = |row: &TrendRow| row.place.map(|place| self.0.code(place).to_string()).unwrap_or_default();
        let page = page_of(&of.rows, list, &arguments, code).map_err(outward)?;
        let page = TrendConnection::new(page, list, of.rows.len(), |at| (self.row(&of.rows[at]), code(&of.rows[at])));
        spend(context, page.len() * of.years.len())?;
        Ok(page)
    }

    /// The row of one municipality; null if it has none.
    async fn row_of(
        &self,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
    ) -> Result<Option<Trend>> {
        let place = self.0.app.reference().find(municipality.0);
        let row = self.of()?.rows.iter().find(|row| row.place.map(|of| of as usize) == place);
        Ok(row.map(|row| self.row(row)))
    }

    /// Who is left out, by code, and why.
    async fn left_out(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<LeftOutConnection> {
        self.0.left_out(context, &self.of()?.excluded, &PageArguments { first, after, last, before })
    }

    /// The trend of the group as a whole, over the municipalities that have all years: of the sum of their values, or of that
    /// sum divided by the sum of their bases. Null of what does not add up, such as a share.
    async fn group(&self) -> Result<Option<Trend>> {
        Ok(self.of()?.group.as_ref().map(|row| self.row(row)))
    }
}

/// How one municipality, or a group, moved.
#[derive(Clone)]
pub(crate) struct Trend {
    places: Places,
    row: TrendRow,
}

/// How one municipality, or a group, moved. Slopes are per year.
#[Object]
impl Trend {
    /// The municipality; null of the group.
    async fn municipality(&self) -> Option<Municipality> {
        Some(self.places.municipality(self.row.place?))
    }

    /// Years and values.
    async fn points(&self) -> Vec<TrendPoint> {
        self.row.points.iter().map(|(year, value)| TrendPoint { year: *year, value: *value }).collect()
    }

    /// The line of least squares (最小二乗法).
    async fn line(&self) -> Option<StraightLine> {
        self.row.line.map(Into::into)
    }

    /// The line of the median of all slopes, which outliers do not move (Theil–Sen), with the interval of Sen.
    async fn theil_sen(&self) -> Option<TheilSenLine> {
        let of = self.row.theil_sen?;
        let interval = of.interval.map(Into::into);
        Some(TheilSenLine { slope: of.slope, intercept: of.intercept, slope_interval: interval })
    }

    /// Whether it rises or falls at all (Mann–Kendall).
    async fn mann_kendall(&self) -> Option<MannKendall> {
        let of = self.row.mann_kendall?;
        Some(MannKendall { s: of.s, variance: of.variance, z: of.z, p_value: of.p_value, tau: of.tau })
    }

    /// The yearly growth that leads from the first to the last value, as a share (年平均成長率); null unless both are positive.
    async fn compound_growth(&self) -> Option<f64> {
        self.row.growth
    }

    /// The most likely change of level, by Pettitt's test.
    async fn level_change(&self) -> Option<LevelChange> {
        let (year, of) = self.row.level?;
        Some(LevelChange { year, before: of.before, after: of.after, p_value: of.p_value })
    }
}

connection!(Trend, TrendEdge, TrendConnection, "trends of municipalities");

/// The value of a year.
#[derive(SimpleObject)]
pub(crate) struct TrendPoint {
    /// The year.
    year: i16,
    /// The value.
    value: f64,
}

/// A line of least squares.
#[derive(SimpleObject)]
pub(crate) struct StraightLine {
    /// Its slope.
    slope: f64,
    /// Its value at zero.
    intercept: f64,
    /// The interval of the slope (Student's t); null of two points.
    slope_interval: Option<NumberInterval>,
    /// The share of the variance that it explains.
    r_squared: Option<f64>,
    /// The probability of a slope at least as steep by chance, were there none.
    p_value: Option<f64>,
}

impl From<trend::Line> for StraightLine {
    fn from(of: trend::Line) -> Self {
        Self {
            slope: of.slope,
            intercept: of.intercept,
            slope_interval: of.slope_interval.map(Into::into),
            r_squared: of.r_squared,
            p_value: of.p_value,
        }
    }
}

/// A line by Theil and Sen.
#[derive(SimpleObject)]
pub(crate) struct TheilSenLine {
    /// The median of the slopes of all pairs of points.
    slope: f64,
    /// Its value at zero: the median of the values less the slope times the median of the years.
    intercept: f64,
    /// The interval of the slope.
    slope_interval: Option<NumberInterval>,
}

/// The test of Mann and Kendall.
#[derive(SimpleObject)]
pub(crate) struct MannKendall {
    /// How many pairs rise, less how many fall.
    s: i64,
    /// The variance of that number by chance, ties taken into account.
    variance: f64,
    /// The number in standard deviations, with the correction for continuity.
    z: f64,
    /// The probability of a number at least as far from zero by chance.
    p_value: f64,
    /// Kendall's tau-b against time; null where nothing changes.
    tau: Option<f64>,
}

/// A change of level.
#[derive(SimpleObject)]
pub(crate) struct LevelChange {
    /// The first year of the new level.
    year: i16,
    /// The mean before.
    before: f64,
    /// The mean from then on.
    after: f64,
    /// The probability of a change as large by chance, were there none; an approximation for few years.
    p_value: f64,
}
