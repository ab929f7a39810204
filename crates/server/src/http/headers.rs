use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What every answer says to a browser, where it says nothing else: load nothing, frame nothing, keep nothing, tell nobody.
const CLOSED: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (OPENER_POLICY, "same-origin"),
    (
        PERMISSIONS_POLICY,
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
         magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
];

/// Who may embed what is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Embedding {
    /// Pages of this origin.
    SameOrigin,
    /// Pages of any origin; whether they may read it is another question.
    CrossOrigin,
}

/// Sets the headers that close what a browser would leave open.
pub(crate) async fn close(State(embedding): State<Embedding>, mut response: Response) -> Response {
    let embedding = match embedding {
        Embedding::SameOrigin => "same-origin",
        Embedding::CrossOrigin => "cross-origin",
    };
    for (name, value) in CLOSED.into_iter().chain([(RESOURCE_POLICY, embedding)]) {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
