//! Open data: tables of what is published (`/data/observations…`), and what describes them. Lines are sent as they are made, a
//! strategy after the other, so that a table of the whole nation takes no more memory than one of a village.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use shirube_app::{Columns, DataSet, DataVersion, Format, Metadata, OpenData, Words, open_data_header};
use shirube_domain::{
    Error,
    municipality::{MunicipalityCode, Prefecture},
};
use shirube_graphql::{Code, refusal};

use super::{
    Doors, files, graphql,
    refused::{Refused, answer, bad},
};

/// What each strategy of a table costs of the budget of values.
const PART: usize = 500;
/// Which version of the data a table shows.
pub(super) const VERSION: HeaderName = HeaderName::from_static("shirube-data-version");

pub(super) fn routes() -> Router<Doors> {
    Router::new()
        .route("/data/observations.csv-metadata.json", get(csvw))
        .route("/data/datapackage.json", get(package))
        .route("/data/catalog.jsonld", get(catalog))
        .route("/data/observations.csv", get(async |asked: Asked| everything(asked, Ending::Csv).await))
        .route("/data/observations.sdmx.csv", get(async |asked: Asked| everything(asked, Ending::Sdmx).await))
        .route("/data/observations.parquet", get(async |asked: Asked| everything(asked, Ending::Parquet).await))
        .route("/data/observations.arrow", get(no_arrow))
        .route("/data/observations/{file}", get(of_place))
        .route("/data/observations/{municipality}/{file}", get(of_strategy))
        .route("/data/indicators/{file}", get(of_indicator))
}

/// What a request for a table brings.
type Asked = (State<Doors>, files::Caller, Result<Query<Wanted>, QueryRejection>, Method, HeaderMap);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    bom: Option<bool>,
    since: Option<String>,
}

/// How the name of a table ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Csv,
    Sdmx,
    Parquet,
    Arrow,
}

impl Ending {
    /// Parts the name of a file from its ending.
    fn part(file: &str) -> Result<(&str, Self), Refused> {
        let endings =
            [(".sdmx.csv", Self::Sdmx), (".csv", Self::Csv), (".parquet", Self::Parquet), (".arrow", Self::Arrow)];
        let found = endings.into_iter().find_map(|(ending, of)| Some((file.strip_suffix(ending)?, of)));
        found.ok_or_else(|| bad("a table ends in .csv, .sdmx.csv, .parquet or .arrow"))
    }

    /// In which columns it is, if it is not one of lines.
    const fn columns(self) -> Option<Columns> {
        match self {
            Self::Csv | Self::Sdmx => None,
            Self::Parquet => Some(Columns::Parquet),
            Self::Arrow => Some(Columns::Arrow),
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv | Self::Sdmx => Format::Csv.media_type(),
            Self::Parquet => Format::Parquet.media_type(),
            Self::Arrow => Format::Arrow.media_type(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Sdmx => "sdmx.csv",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }
}

async fn everything(asked: Asked, ending: Ending) -> Result<Response, Refused> {
    table(asked, DataSet::Everything, ending).await
}

/// Arrow's format is written at once, and all of it is held meanwhile.
async fn no_arrow() -> Refused {
    bad(
        "everything is had as .csv, .sdmx.csv or .parquet; .arrow of a prefecture (/data/observations/01.arrow) or of less",
    )
}

/// Of a prefecture by its two digits, or of a municipality by its code.
async fn of_place(Path(file): Path<String>, asked: Asked) -> Result<Response, Refused> {
    let (name, ending) = Ending::part(&file)?;
    let prefecture = (name.len() == 2).then(|| name.parse().ok().and_then(Prefecture::from_number)).flatten();
    let set = match prefecture {
        Some(prefecture) => DataSet::Prefecture(prefecture),
        None => DataSet::Municipality(municipality(name)?),
    };
    table(asked, set, ending).await
}

async fn of_strategy(Path((code, file)): Path<(String, String)>, asked: Asked) -> Result<Response, Refused> {
    let (name, ending) = Ending::part(&file)?;
    let name = name.parse().map_err(|error| wrong("strategy", &error))?;
    table(asked, DataSet::Strategy(municipality(&code)?, name), ending).await
}

async fn of_indicator(Path(file): Path<String>, asked: Asked) -> Result<Response, Refused> {
    let (name, ending) = Ending::part(&file)?;
    table(asked, DataSet::Standard(name.to_owned()), ending).await
}

fn municipality(text: &str) -> Result<MunicipalityCode, Refused> {
    text.parse::<MunicipalityCode>().map(MunicipalityCode::current).map_err(|error| wrong("municipality", &error))
}

fn wrong(place: &str, error: &dyn std::fmt::Display) -> Refused {
    Error::bad_input(place, error.to_string()).into()
}

async fn table(
    (State(doors), (Extension(key), Extension(scope), Extension(left)), wanted, method, headers): Asked,
    set: DataSet,
    ending: Ending,
) -> Result<Response, Refused> {
    let Query(Wanted { bom, since }) = wanted.map_err(|rejection| bad(&rejection.body_text()))?;
    let mark = bom.unwrap_or(false);
    let since = since.as_deref().map(str::parse::<DataVersion>).transpose().map_err(|_| no_version())?;
    let mut found = doors.app.open_data(&scope, set).await.map_err(Refused::from)?;
    if let Some(since) = &since {
        let now = found.version.clone();
        let changes = doors.app.open_data_since(found, since.clone()).await.map_err(Refused::from)?;
        found = changes.ok_or_else(|| not_held(&now))?;
    }
    let found = Arc::new(found);
    // Of changes, two revisions are read; of a file that is still there, none.
    let revisions = match ending.columns() {
        Some(columns) if doors.app.keeps_open_data_file(&found, columns) => 0,
        _ if since.is_some() => 2,
        _ => 1,
    };
    if let Some(too_many) = files::pay(&doors, key, files::COST + PART * revisions * found.parts(), &headers)? {
        return Ok(too_many);
    }
    let version = found.version.to_string();
    let changes = since.map(|since| format!("-since-{since}")).unwrap_or_default();
    let tag = format!("\"{}-{version}{changes}-{mark}.{}\"", env!("CARGO_PKG_VERSION"), ending.name());
    let mut response = if files::holds(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match ending.columns() {
            Some(columns) => {
                let made = doors.app.open_data_file(&found, columns);
                let Ok(made) = tokio::time::timeout(left.0, made).await else {
                    return Ok(graphql::unavailable(&headers));
                };
                let bytes = Bytes::from_owner(made.map_err(Refused::from)?);
                files::send(&method, &headers, &tag, [(header::CONTENT_TYPE, ending.media_type())], bytes)?
            }
            None => lines(doors, found, ending, mark),
        }
    };
    files::keep(&mut response, &headers, &files::UNTIL_ASKED, Some(&tag));
    if let Ok(version) = HeaderValue::from_str(&version) {
        response.headers_mut().insert(VERSION, version);
    }
    Ok(response)
}

/// What follows `since` is no version of the data.
fn no_version() -> Refused {
    bad(
        "since: これはデータの版ではありません。表を取得した際の応答ヘッダー Shirube-Data-Version の値を指定してください。 / this is not a \
         version of the data; write what the header Shirube-Data-Version told when the table was taken, such as \
         20261126T010203004Z-0123456789ab",
    )
}

/// The data were never of the version that follows `since`.
fn not_held(now: &DataVersion) -> Refused {
    let told = format!(
        "since: この版のデータはここにありません（現在の版は {now}）。ここで公表されたことのない版か、公的統計などの参照データが更新される前の版です。\
         表全体を取得し直してください。 / the data of this version are not held here, which are of {now} now: no such version was \
         published here, or the reference data (official statistics) were of another edition then; take the whole table anew"
    );
    answer(StatusCode::NOT_FOUND, Code::NotFound, refusal(Code::NotFound, &told))
}

/// Lines that are made while they are sent. What fails on the way ends the connection: half a table must not look whole.
/// Nobody knows beforehand how long they are, so that no part is had of them.
fn lines(doors: Doors, found: Arc<OpenData>, ending: Ending, mark: bool) -> Response {
    let words = if ending == Ending::Sdmx { Words::Sdmx } else { Words::Plain };
    let of_changes = found.since.is_some();
    let first = stream::once(async move { Ok(open_data_header(words, of_changes, mark)) });
    let parts = stream::iter(0..found.parts()).then(move |part| {
        let (app, found) = (doors.app.clone(), found.clone());
        async move { app.open_data_lines(&found, part, words).await }
    });
    let body = Body::from_stream(first.chain(parts).map_ok(Bytes::from));
    ([(header::CONTENT_TYPE, ending.media_type()), (header::ACCEPT_RANGES, "none")], body).into_response()
}

async fn csvw(asked: Asked) -> Result<Response, Refused> {
    describe(asked, Metadata::Csvw, "application/csvm+json").await
}

async fn package(asked: Asked) -> Result<Response, Refused> {
    describe(asked, Metadata::Package, "application/json").await
}

async fn catalog(asked: Asked) -> Result<Response, Refused> {
    describe(asked, Metadata::Catalog, "application/ld+json").await
}

async fn describe(
    (State(doors), (_, Extension(scope), _), _, _, headers): Asked,
    as_what: Metadata,
    media: &'static str,
) -> Result<Response, Refused> {
    let told = doors.app.describe_open_data(&scope, as_what).await.map_err(Refused::from)?;
    let mut response = ([(header::CONTENT_TYPE, media)], told.to_string()).into_response();
    files::keep(&mut response, &headers, &files::UNTIL_ASKED, None);
    Ok(response)
}
