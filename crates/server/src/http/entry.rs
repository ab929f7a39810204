//! The workbook in which results are entered (実績入力用ブック): taken from `/rounds/…/entry.xlsx`, and sent back to
//! `/rounds/…/entry`, where it is looked at first.

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use shirube_app::{BOOK_BYTES, CellRemark, EntryReview, Part, Severity};
use shirube_domain::{Error, StrategyId, calendar::FiscalYear, municipality::MunicipalityCode};
use uuid::Uuid;

use super::{
    Doors, files, graphql,
    refused::{Refused, bad},
};

/// What a form is longer than its file.
const FORM: usize = 64 * 1024;

pub(super) fn routes() -> Router<Doors> {
    Router::new()
        .route("/rounds/{municipality}/{strategy}/{year}/entry.xlsx", get(take))
        .route("/rounds/{municipality}/{strategy}/{year}/entry", post(give))
        .layer(DefaultBodyLimit::max(BOOK_BYTES + FORM))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    department: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    confirm: Option<String>,
}

/// Which round an address names.
fn part((municipality, strategy, year): (String, String, String)) -> Result<Part, Refused> {
    let wrong = |place: &str, told: String| Refused::from(Error::bad_input(place, told));
    let municipality: MunicipalityCode =
        municipality.parse().map_err(|error| wrong("municipality", format!("{error}")))?;
    let strategy = Uuid::parse_str(&strategy)
        .map_err(|_| wrong("strategy", "name the strategy by its key, as `key` gives it".to_owned()))?;
    let year = FiscalYear::parse(&year, None).map_err(|error| wrong("year", error.to_string()))?;
    Ok(Part { municipality: municipality.current(), strategy: StrategyId::from_uuid(strategy), year })
}

async fn take(
    State(doors): State<Doors>,
    (Extension(key), Extension(scope), Extension(left)): files::Caller,
    Path(path): Path<(String, String, String)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let Query(Wanted { department }) = wanted.map_err(|rejection| bad(&rejection.body_text()))?;
    let of = part(path)?;
    if let Some(too_many) = files::pay(&doors, key, files::COST, &headers)? {
        return Ok(too_many);
    }
    let work = doors.app.entry_book(&scope, of, department);
    let Ok(done) = tokio::time::timeout(left.0, work).await else { return Ok(graphql::unavailable(&headers)) };
    let name = format!("attachment; filename=\"entry-{}-{}.xlsx\"", of.municipality, of.year.year());
    let told = [(header::CONTENT_TYPE, files::WORKBOOK.to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((told, done.map_err(Refused::from)?).into_response())
}

async fn give(
    State(doors): State<Doors>,
    (Extension(key), Extension(scope), Extension(left)): files::Caller,
    Path(path): Path<(String, String, String)>,
    sent: Result<Query<Sent>, QueryRejection>,
    request: Request,
) -> Result<Response, Refused> {
    let Query(Sent { confirm }) = sent.map_err(|rejection| bad(&rejection.body_text()))?;
    let of = part(path)?;
    // Who may not report is told so before anything is read.
    doors.app.may_report(&scope, of.municipality).map_err(Refused::from)?;
    let headers = request.headers().clone();
    if let Some(too_many) = files::pay(&doors, key, files::COST, &headers)? {
        return Ok(too_many);
    }
    let work = async {
        let mut form = files::form(request, BOOK_BYTES + FORM, "the workbook").await?;
        let bytes = form.remove("file").ok_or_else(|| bad("the form has no field `file`; send the workbook in it"))?;
        doors.app.take_entry_book(&scope, of, bytes, confirm.as_deref()).await.map_err(Refused::from)
    };
    let Ok(done) = tokio::time::timeout(left.0, work).await else { return Ok(graphql::unavailable(&headers)) };
    let review = done?;
    let status = if confirm.is_some() && !review.applied { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Json(told(&review))).into_response())
}

fn told(review: &EntryReview) -> Value {
    let remarks = |severity| -> Vec<Value> {
        let remark = |of: &CellRemark| json!({ "place": of.place, "code": of.code, "message": { "ja": of.text.ja, "en": of.text.en } });
        review.remarks.iter().filter(|of| of.severity == severity).map(remark).collect()
    };
    let changes: Vec<Value> = review
        .changes
        .iter()
        .map(|of| {
            json!({ "place": format!("実績!{}", of.cell), "label": of.label, "field": of.field, "before": of.before, "after": of.after })
        })
        .collect();
    json!({
        "applied": review.applied,
        "confirm": review.is_well().then_some(&review.digest),
        "unchanged": review.unchanged,
        "changes": changes,
        "errors": remarks(Severity::Error),
        "warnings": remarks(Severity::Warning),
    })
}
