use shirube_domain::{Error, NewIds};
use shirube_exchange::{
    STRATEGIES, municipalities, official_indicators, official_statistics, sample, standard_indicators,
};
use shirube_store::{InitialData, Store};
use time::OffsetDateTime;

/// How many rows [`load_sample`] tells of in all: municipalities, standard and official indicators, official values, and
/// the indicators of both strategies.
pub const SAMPLE_ROWS: usize = 1741 + 65 + 28 + 241_995 + 52 + 67;

/// Loads the real data that ship with the product into an empty database: all municipalities, the standard indicators,
/// the official statistics, and two published strategies. All of it, or nothing; `false` if there were data already.
/// `now` becomes the instant of publication; `progress` hears how many rows have been written.
pub async fn load_sample(
    store: &Store,
    ids: &mut (impl NewIds + Send),
    now: OffsetDateTime,
    progress: impl FnMut(usize) + Send,
) -> Result<bool, Error> {
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
    let series = official_statistics().map_err(Error::Internal)?;
    let series = series.map(|series| series.map(|series| (series.indicator, series.values)));
    let data = InitialData {
        municipalities: &municipalities,
        standard: &standard,
        official: &official,
        series: Box::new(series),
        strategies: &strategies,
    };
    store.load(data, now, progress).await?;
    Ok(true)
}
