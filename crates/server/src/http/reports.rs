//! Printed reports of strategies (集計表) as files: `/reports/012262/current.xlsx`.

use axum::{
    Extension, Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use shirube_app::{At, Paper, ReportFormat, ReportQuestion, State as Which};
use shirube_domain::{Error, calendar::FiscalYear, municipality::MunicipalityCode};

use super::{
    Doors, files, graphql,
    refused::{Refused, bad},
};

/// What the page may load: its own style, which it carries.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/// What can be asked of a report.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    revision: Option<String>,
    year: Option<String>,
    rule: Option<String>,
    paper: Option<String>,
    bom: Option<bool>,
}

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/reports/{municipality}/{file}", get(file))
}

async fn file(
    State(doors): State<Doors>,
    (Extension(key), Extension(scope), Extension(left)): files::Caller,
    Path((municipality, file)): Path<(String, String)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let Query(wanted) = wanted.map_err(|rejection| bad(&rejection.body_text()))?;
    let (question, format, ending) = read(&municipality, &file, &wanted)?;
    let municipality = question.municipality;
    if let Some(refused) = files::pay(&doors, key, files::COST, &headers)? {
        return Ok(refused);
    }
    let work = async {
        let found = doors.app.find_report(&scope, question).await?;
        let tag = found.tag().map(|tag| format!("\"{tag}-{}\"", shape(format)));
        if tag.as_deref().is_some_and(|tag| files::holds(&headers, tag)) {
            return Ok((tag, None, String::new()));
        }
        let state = found.revision().map_or("draft".to_owned(), |number| format!("r{number}"));
        let name = format!("report-{municipality}-{}-{state}.{ending}", found.year.year());
        Ok((tag, Some(doors.app.write_report(found, format).await?), name))
    };
    let (tag, bytes, name) = match tokio::time::timeout(left.0, work).await {
        Ok(done) => done.map_err(|error: Error| Refused::from(error))?,
        Err(_) => return Ok(graphql::unavailable(&headers)),
    };
    let mut response = match bytes {
        Some(bytes) => {
            let shown = if matches!(format, ReportFormat::Html(_)) { "inline" } else { "attachment" };
            let told = [
                (header::CONTENT_TYPE, media_type(format).to_owned()),
                (header::CONTENT_DISPOSITION, format!("{shown}; filename=\"{name}\"")),
            ];
            // Nobody could tell whether two parts of a draft are of one file: it has no tag.
            match &tag {
                Some(tag) => files::send(&method, &headers, tag, told, bytes.into())?,
                None => (told, bytes).into_response(),
            }
        }
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    if matches!(format, ReportFormat::Html(_)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    // A draft is kept by nobody.
    if let Some(tag) = tag {
        files::keep(&mut response, &headers, &files::UNTIL_ASKED, Some(&tag));
    }
    Ok(response)
}

/// What an address asks for.
fn read<'a>(
    municipality: &str,
    file: &'a str,
    wanted: &Wanted,
) -> Result<(ReportQuestion, ReportFormat, &'a str), Refused> {
    let wrong = |place: &str, error: &dyn std::fmt::Display| Refused::from(Error::bad_input(place, error.to_string()));
    let paper = match wanted.paper.as_deref() {
        None | Some("A3" | "a3") => Paper::A3,
        Some("A4" | "a4") => Paper::A4,
        Some(_) => return Err(wrong("paper", &"write A3 or A4")),
    };
    let named = file.rsplit_once('.').and_then(|(name, ending)| {
        let format = match ending {
            "xlsx" => ReportFormat::Xlsx(paper),
            "html" => ReportFormat::Html(paper),
            "csv" => ReportFormat::Csv { mark: wanted.bom.unwrap_or(false) },
            _ => return None,
        };
        Some((name, ending, format))
    });
    let Some((name, ending, format)) = named else {
        return Err(wrong("file", &"a report ends in .xlsx, .html or .csv"));
    };
    let state = match wanted.revision.as_deref() {
        None => Which::Published(At::Latest),
        Some("draft") => Which::Draft,
        Some(number) => {
            let number = number.parse().map_err(|_| wrong("revision", &"write the number of a revision, or draft"))?;
            Which::Published(At::Revision(number))
        }
    };
    let year = |text: &String| FiscalYear::parse(text, None).map_err(|error| wrong("year", &error));
    let question = ReportQuestion {
        municipality: municipality
            .parse::<MunicipalityCode>()
            .map_err(|error| wrong("municipality", &error))?
            .current(),
        strategy: name.parse().map_err(|error| wrong("strategy", &error))?,
        state,
        year: wanted.year.as_ref().map(year).transpose()?,
        rule: wanted.rule.as_ref().map(|text| text.parse()).transpose().map_err(|error| wrong("rule", &error))?,
    };
    Ok((question, format, ending))
}

/// What of a format makes another file of the same report.
fn shape(format: ReportFormat) -> String {
    match format {
        ReportFormat::Xlsx(paper) => format!("{paper:?}.xlsx"),
        ReportFormat::Html(paper) => format!("{paper:?}.html"),
        ReportFormat::Csv { mark } => format!("{mark}.csv"),
    }
}

const fn media_type(format: ReportFormat) -> &'static str {
    match format {
        ReportFormat::Xlsx(_) => files::WORKBOOK,
        ReportFormat::Html(_) => "text/html; charset=utf-8",
        ReportFormat::Csv { .. } => "text/csv; charset=utf-8",
    }
}
