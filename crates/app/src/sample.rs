use shirube_access::{Scope, table};
use shirube_domain::{Error, NewIds};
use shirube_exchange::{
    OfficialSeries, STRATEGIES, municipalities, official_indicators, official_statistics, sample, standard_indicators,
};
use shirube_store::{InitialData, Store};
use time::OffsetDateTime;

/// Loads the real data that ship with the product into an empty database: all municipalities, the standard indicators,
/// the official statistics, and two published strategies. All of it, or nothing; `false` if there were data already.
/// `now` becomes the instant of publication; `progress` hears how many rows have been written, and of how many.
pub async fn load_sample(
    store: &Store,
    scope: &Scope,
    ids: &mut (impl NewIds + Send),
    now: OffsetDateTime,
    mut progress: impl FnMut(usize, usize) + Send,
) -> Result<bool, Error> {
    let permit = scope.permit::<table::LoadReference>(table::Instance)?;
    if !store.is_empty().await? {
        return Ok(false);
    }
    let strategies: Vec<_> = STRATEGIES
        .iter()
        .map(|file| {
            sample::read(file, ids).map_err(|problems| {
                let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Error::internal(told.join("; "))
            })
        })
        .collect::<Result<_, _>>()?;
    let (municipalities, standard, official) = (
        municipalities().map_err(Error::Internal)?,
        standard_indicators().map_err(Error::Internal)?,
        official_indicators().map_err(Error::Internal)?,
    );
    let series: Vec<_> = official_statistics().and_then(Iterator::collect).map_err(Error::Internal)?;
    let values: usize = series.iter().map(|series: &OfficialSeries| series.values.len()).sum();
    let indicators: usize = strategies.iter().map(|strategy| strategy.indicators().len()).sum();
    let rows = municipalities.len() + standard.len() + official.len() + values + indicators;
    let series = series.into_iter().map(|series| Ok((series.indicator, series.values)));
    let data = InitialData {
        municipalities: &municipalities,
        standard: &standard,
        official: &official,
        series: Box::new(series),
        strategies: &strategies,
    };
    store.load(permit, scope, data, now, |written| progress(written, rows)).await?;
    Ok(true)
}
