use sea_orm::{IntoActiveModel, PaginatorTrait, QueryOrder};
use serde_json::json;
use shirube_access::{
    Permit, Scope,
    table::{EditStrategy, Effect, LoadReference, Publish},
};
use shirube_domain::{
    municipality::{Municipality, MunicipalityCode, Prefecture},
    reference::{OfficialIndicator, OfficialValue, StandardIndicator},
    strategy::Strategy,
    text::Bilingual,
};
use time::OffsetDateTime;

use crate::{
    Commons, Store, StoreError, StoreResult, Tenant,
    audit::Record,
    commons::every,
    draft::created,
    publication::published,
    rows::{
        convert::{name, named, parse},
        global::{municipality, official_indicator, official_observation, prefecture, standard_indicator},
    },
    tenant::insert_in_chunks,
};

/// A first set of data.
pub struct InitialData<'a> {
    /// All municipalities.
    pub municipalities: &'a [Municipality],
    /// The catalogue of standard indicators.
    pub standard: &'a [StandardIndicator],
    /// The official series.
    pub official: &'a [OfficialIndicator],
    /// The official values, a series and year at a time.
    pub series: Box<dyn Iterator<Item = SeriesResult> + Send + 'a>,
    /// Strategies to be published as they are.
    pub strategies: &'a [Strategy],
}

/// The id of an official series and its values of one year, or why they cannot be read.
pub type SeriesResult = Result<(String, Vec<OfficialValue>), Box<dyn std::error::Error + Send + Sync>>;

impl Store {
    /// Whether no reference data have been loaded yet.
    pub async fn is_empty(&self) -> StoreResult<bool> {
        Ok(every::<municipality::Entity>().count(&self.connection).await? == 0)
    }

    /// Writes a first set of data, all of it or nothing: the reference data, and strategies as draft and first revision,
    /// published at `at`, each by a permit of `scope`.
    pub async fn load(
        &self,
        permit: Permit<LoadReference>,
        scope: &Scope,
        data: InitialData<'_>,
        at: OffsetDateTime,
        mut progress: impl FnMut(usize),
    ) -> StoreResult<()> {
        let InitialData { municipalities, standard, official, series, strategies } = data;
        let transaction = self.begin(Effect::Writes).await?;
        let prefectures = Prefecture::all().map(|of| {
            let row =
                prefecture::Model { code: of.code(), name: of.name().to_owned(), name_en: of.english().to_owned() };
            row.into_active_model()
        });
        insert_in_chunks::<prefecture::Entity>(&transaction, prefectures, None).await?;
        let rows = municipalities.iter().map(|of| municipality_row(of).into_active_model());
        insert_in_chunks::<municipality::Entity>(&transaction, rows, None).await?;
        let rows: Vec<_> =
            standard.iter().enumerate().map(|(position, of)| standard_row(position, of)).collect::<StoreResult<_>>()?;
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        insert_in_chunks::<standard_indicator::Entity>(&transaction, rows, None).await?;
        let rows: Vec<_> = official.iter().map(official_row).collect::<StoreResult<_>>()?;
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        insert_in_chunks::<official_indicator::Entity>(&transaction, rows, None).await?;
        progress(municipalities.len() + standard.len() + official.len());
        for series in series {
            let (indicator, values) = series.map_err(StoreError::Corrupt)?;
            let written = values.len();
            let rows = values.into_iter().map(|of| {
                official_observation::Model {
                    indicator_id: indicator.clone(),
                    year: of.year,
                    municipality: of.municipality.to_string(),
                    value: of.value.to_string(),
                }
                .into_active_model()
            });
            insert_in_chunks::<official_observation::Entity>(&transaction, rows, None).await?;
            progress(written);
        }
        let mut open = transaction;
        for strategy in strategies {
            let municipality = strategy.parts().municipality;
            let editing = scope.permit::<EditStrategy>(municipality).map_err(StoreError::corrupt)?;
            let tenant = Tenant::over(open, &self.announcer, editing, at).await?;
            tenant.write_draft(strategy).await?;
            open = tenant.into_transaction(created(strategy)).await?;
            let publishing = scope.permit::<Publish>(municipality).map_err(StoreError::corrupt)?;
            let tenant = Tenant::over(open, &self.announcer, publishing, at).await?;
            let revision = tenant.write_publication(strategy, None).await?;
            open = tenant.into_transaction(published(strategy, &revision)).await?;
            progress(strategy.indicators().len());
        }
        let record =
            Record::new("reference_loaded", "instance").after(json!({ "municipalities": municipalities.len() }));
        Commons::over(open, &self.announcer, permit, at).commit(record).await
    }

    /// All municipalities, by code.
    pub async fn municipalities(&self) -> StoreResult<Vec<Municipality>> {
        let rows =
            every::<municipality::Entity>().order_by_asc(municipality::Column::Code).all(&self.connection).await?;
        rows.into_iter()
            .map(|row| {
                let municipality::Model {
                    code,
                    prefecture_code: _,
                    name,
                    kana,
                    kind,
                    similar_group,
                    latitude,
                    longitude,
                    website,
                } = row;
                Ok(Municipality {
                    code: parse(&code)?,
                    name,
                    kana,
                    kind: parse(&kind)?,
                    similar_group: parse(&similar_group)?,
                    latitude,
                    longitude,
                    website,
                })
            })
            .collect()
    }

    /// The standard indicators, in the order of the catalogue.
    pub async fn standard_indicators(&self) -> StoreResult<Vec<StandardIndicator>> {
        let rows = every::<standard_indicator::Entity>()
            .order_by_asc(standard_indicator::Column::Position)
            .all(&self.connection)
            .await?;
        rows.into_iter()
            .map(|row| {
                let standard_indicator::Model {
                    id,
                    position: _,
                    name,
                    name_en,
                    theme,
                    unit,
                    dimension,
                    kind,
                    aggregation,
                    direction,
                    per_capita_basis,
                    comparability,
                    official_source,
                    synonyms,
                    notes,
                } = row;
                Ok(StandardIndicator {
                    id,
                    name: Bilingual { ja: name, en: name_en },
                    theme,
                    unit,
                    dimension,
                    kind: named(kind)?,
                    aggregation: named(aggregation)?,
                    direction: named(direction)?,
                    per_capita_basis,
                    comparability: named(comparability)?,
                    official_source,
                    synonyms: serde_json::from_str(&synonyms).map_err(StoreError::corrupt)?,
                    notes,
                })
            })
            .collect()
    }

    /// The official series, by id.
    pub async fn official_indicators(&self) -> StoreResult<Vec<OfficialIndicator>> {
        let rows = every::<official_indicator::Entity>()
            .order_by_asc(official_indicator::Column::Id)
            .all(&self.connection)
            .await?;
        rows.into_iter()
            .map(|row| {
                let official_indicator::Model {
                    id,
                    name,
                    name_en,
                    unit,
                    year_kind,
                    as_of,
                    source,
                    standard_indicator_id,
                } = row;
                Ok(OfficialIndicator {
                    id,
                    name: Bilingual { ja: name, en: name_en },
                    unit,
                    year_kind: named(year_kind)?,
                    as_of,
                    source,
                    standard_indicator: standard_indicator_id,
                })
            })
            .collect()
    }

    /// All official values, by series, year and municipality.
    pub async fn official_values(&self) -> StoreResult<Vec<(String, OfficialValue)>> {
        use official_observation::Column;
        use sea_orm::QuerySelect;
        let rows: Vec<(String, i16, String, String)> = every::<official_observation::Entity>()
            .select_only()
            .columns([Column::IndicatorId, Column::Year, Column::Municipality, Column::Value])
            .order_by_asc(Column::IndicatorId)
            .order_by_asc(Column::Year)
            .order_by_asc(Column::Municipality)
            .into_tuple()
            .all(&self.connection)
            .await?;
        rows.into_iter()
            .map(|(indicator, year, municipality, value)| {
                let municipality: MunicipalityCode = parse(&municipality)?;
                Ok((indicator, OfficialValue { municipality, year, value: parse(&value)? }))
            })
            .collect()
    }
}

fn municipality_row(of: &Municipality) -> municipality::Model {
    let Municipality { code, name, kana, kind, similar_group, latitude, longitude, website } = of;
    municipality::Model {
        code: code.to_string(),
        prefecture_code: code.prefecture().code(),
        name: name.clone(),
        kana: kana.clone(),
        kind: kind.name().to_owned(),
        similar_group: similar_group.to_string(),
        latitude: *latitude,
        longitude: *longitude,
        website: website.clone(),
    }
}

fn standard_row(position: usize, of: &StandardIndicator) -> StoreResult<standard_indicator::Model> {
    let StandardIndicator {
        id,
        name: Bilingual { ja, en },
        theme,
        unit,
        dimension,
        kind,
        aggregation,
        direction,
        per_capita_basis,
        comparability,
        official_source,
        synonyms,
        notes,
    } = of;
    Ok(standard_indicator::Model {
        id: id.clone(),
        position: i32::try_from(position).map_err(StoreError::corrupt)?,
        name: ja.clone(),
        name_en: en.clone(),
        theme: theme.clone(),
        unit: unit.clone(),
        dimension: dimension.clone(),
        kind: name(kind)?,
        aggregation: name(aggregation)?,
        direction: name(direction)?,
        per_capita_basis: per_capita_basis.clone(),
        comparability: name(comparability)?,
        official_source: official_source.clone(),
        synonyms: serde_json::to_string(synonyms).map_err(StoreError::corrupt)?,
        notes: notes.clone(),
    })
}

fn official_row(of: &OfficialIndicator) -> StoreResult<official_indicator::Model> {
    let OfficialIndicator { id, name: Bilingual { ja, en }, unit, year_kind, as_of, source, standard_indicator } = of;
    Ok(official_indicator::Model {
        id: id.clone(),
        name: ja.clone(),
        name_en: en.clone(),
        unit: unit.clone(),
        year_kind: name(year_kind)?,
        as_of: as_of.clone(),
        source: source.clone(),
        standard_indicator_id: standard_indicator.clone(),
    })
}
