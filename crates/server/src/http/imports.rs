//! Documents of a municipality's own become strategies: sent to `/imports/{municipality}`, answered with a proposal. Nothing is
//! written; the strategy of the proposal is given to the mutation `createStrategy`.

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use shirube_app::BOOK_BYTES;
use shirube_domain::{Error, municipality::MunicipalityCode};

use super::{
    Doors, files, graphql,
    refused::{Refused, bad},
};

/// What a form is longer than its file: corrections name each column of each table.
const FORM: usize = 1 << 20;
/// What reading a document costs of the budget of values: it may hold a strategy of any size.
const COST: usize = 5 * files::COST;

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/imports/{municipality}", post(propose)).layer(DefaultBodyLimit::max(BOOK_BYTES + FORM))
}

async fn propose(
    State(doors): State<Doors>,
    (Extension(key), Extension(scope), Extension(left)): files::Caller,
    Path(municipality): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let wrong = |error| Refused::from(Error::bad_input("municipality", error));
    let code = municipality.parse::<MunicipalityCode>().map_err(wrong)?.current();
    // Who may not is told so before anything is read.
    doors.app.may_edit(&scope, code).map_err(Refused::from)?;
    let headers = request.headers().clone();
    if let Some(too_many) = files::pay(&doors, key, COST, &headers)? {
        return Ok(too_many);
    }
    let work = async {
        let mut form = files::form(request, BOOK_BYTES + FORM, "the document").await?;
        let file = form.remove("file").ok_or_else(|| bad("the form has no field `file`; send the document in it"))?;
        let layout = form.remove("layout").map(String::from_utf8).transpose();
        let layout = layout.map_err(|_| bad("the field `layout` is not UTF-8"))?;
        doors.app.propose_strategy(&scope, code, file, layout.as_deref()).await.map_err(Refused::from)
    };
    let Ok(done) = tokio::time::timeout(left.0, work).await else { return Ok(graphql::unavailable(&headers)) };
    Ok(Json(done?).into_response())
}
