//! The page on which queries are tried, with completion and docs. It needs nothing from elsewhere.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// A file of the page: its name, media type and content.
pub(super) type File = (&'static str, &'static str, &'static [u8]);

pub(super) const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
pub(super) const CSS: &str = "text/css; charset=utf-8";

#[cfg(graphiql)]
const PAGE: &str = include_str!("../../page/graphiql.html");
#[cfg(graphiql)]
const FILES: &[File] = &[
    ("react.js", JAVASCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/react.js"))),
    ("react-dom.js", JAVASCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/react-dom.js"))),
    ("graphiql.js", JAVASCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/graphiql.js"))),
    ("graphiql.css", CSS, include_bytes!(concat!(env!("OUT_DIR"), "/graphiql.css"))),
    ("start.js", JAVASCRIPT, include_bytes!("../../page/graphiql.js")),
    ("start.css", CSS, include_bytes!("../../page/graphiql.css")),
];

#[cfg(not(graphiql))]
const PAGE: &str = include_str!("../../page/small.html");
#[cfg(not(graphiql))]
const FILES: &[File] = &[
    ("small.js", JAVASCRIPT, include_bytes!("../../page/small.js")),
    ("small.css", CSS, include_bytes!("../../page/small.css")),
];

/// What the page may load and do: its own files, and requests to its own server. GraphiQL sets styles on elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
     img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(crate) async fn page() -> Response {
    serve_page(PAGE, POLICY)
}

pub(crate) async fn file(Path(name): Path<String>) -> Response {
    serve_file(FILES, &name)
}

/// A page, with what it may load and do.
pub(super) fn serve_page(page: &'static str, policy: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, page).into_response()
}

/// A file of a page.
pub(super) fn serve_file(files: &[File], name: &str) -> Response {
    match files.iter().find(|(of, ..)| *of == name) {
        Some((_, media, content)) => {
            let headers = [(header::CONTENT_TYPE, *media), (header::CACHE_CONTROL, "public, max-age=3600")];
            (headers, *content).into_response()
        }
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}
