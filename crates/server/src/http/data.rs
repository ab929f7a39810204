//! The rows of answers as files (`/data`): the id that an answer gave, and the format as its ending. The same address gives
//! the same bytes, so that it can be kept by whoever passes it on.

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use shirube_app::Format;
use shirube_graphql::{Code, refusal};

use super::{
    Doors,
    files::{A_DAY, COST, Caller, holds, keep, pay, send},
    graphql,
    refused::{Refused, answer},
};

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/data/{file}", get(file))
}

async fn file(
    State(doors): State<Doors>,
    (Extension(key), Extension(scope), Extension(left)): Caller,
    Path(file): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let named = file.rsplit_once('.');
    let format = named.and_then(|(_, ending)| Format::ALL.into_iter().find(|of| of.extension() == ending));
    let (Some((id, _)), Some(format)) = (named, format) else {
        let told = "there is no such file; write the id of an answer and .csv, .parquet or .arrow";
        return Err(answer(StatusCode::NOT_FOUND, Code::NotFound, refusal(Code::NotFound, told)));
    };
    if let Some(too_many) = pay(&doors, key, COST, &headers)? {
        return Ok(too_many);
    }
    let work = async {
        let answered = doors.app.ask_again(&scope, id).await?;
        // Another release may write the same rows in other bytes.
        let tag = format!("\"{}-{}.{}\"", answered.id.tag(), env!("CARGO_PKG_VERSION"), format.extension());
        if holds(&headers, &tag) {
            return Ok((tag, None));
        }
        Ok((tag, Some(doors.app.file(answered, format).await?)))
    };
    let (tag, bytes) = match tokio::time::timeout(left.0, work).await {
        Ok(done) => done.map_err(|error: shirube_domain::Error| Refused::from(error))?,
        Err(_) => return Ok(graphql::unavailable(&headers)),
    };
    let mut response = match bytes {
        Some(bytes) => {
            let name = format!(
                "attachment; filename=\"shirube-{}.{}\"",
                tag.get(1..9).unwrap_or_default(),
                format.extension()
            );
            let told = [(header::CONTENT_TYPE, format.media_type()), (header::CONTENT_DISPOSITION, &name)];
            send(&method, &headers, &tag, told, bytes.into())?
        }
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    keep(&mut response, &headers, &A_DAY, Some(&tag));
    Ok(response)
}
