//! The two pages that a person sees who is invited, or signs in with another provider. They need nothing from elsewhere.

use axum::{extract::Path, response::Response};

use super::graphiql::{CSS, File, JAVASCRIPT, serve_file, serve_page};

const INVITATION: &str = include_str!("../../page/invitation.html");
const SIGNED_IN: &str = include_str!("../../page/signed-in.html");
const FILES: &[File] = &[
    ("invitation.js", JAVASCRIPT, include_bytes!("../../page/invitation.js")),
    ("signed-in.js", JAVASCRIPT, include_bytes!("../../page/signed-in.js")),
    ("pages.css", CSS, include_bytes!("../../page/pages.css")),
];

/// What the pages may load and do: their own files, and requests to their own server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// `/invitation#shi_…`: where an invitation is accepted.
pub(crate) async fn invitation() -> Response {
    serve_page(INVITATION, POLICY)
}

/// `/signed-in`: where a sign-in with another provider ends.
pub(crate) async fn signed_in() -> Response {
    serve_page(SIGNED_IN, POLICY)
}

pub(crate) async fn file(Path(name): Path<String>) -> Response {
    serve_file(FILES, &name)
}
