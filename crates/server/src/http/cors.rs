use std::{str::FromStr, time::Duration};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, Uri, header, uri::Scheme},
};
use tower_http::cors::CorsLayer;

use super::{Doors, observe::REQUEST_ID, open_data, rate};

/// How long a browser may remember what it was allowed.
const MAX_AGE: Duration = Duration::from_mins(10);

/// The headers of answers that foreign pages may read, besides those that every page may.
const EXPOSED: [HeaderName; 8] = [
    REQUEST_ID,
    header::RETRY_AFTER,
    rate::LIMIT,
    rate::POLICY,
    header::ETAG,
    header::ACCEPT_RANGES,
    header::CONTENT_RANGE,
    open_data::VERSION,
];

/// The origins whose pages may read the answers of the API. None by default: the door is closed to foreign pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsOrigins(Vec<HeaderValue>);

impl FromStr for CorsOrigins {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        let origins = list.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        origins.map(read_origin).collect::<Result<_, _>>().map(Self)
    }
}

/// An origin as a browser sends it: in lower case, without a path and without the port that goes without saying. Another
/// spelling would never be met, so it is refused rather than kept.
fn read_origin(text: &str) -> Result<HeaderValue, String> {
    if text == "*" {
        return Err("“*” would open the API to every page; name the origins, such as https://example.org".to_owned());
    }
    let origin = text.parse::<Uri>().ok().and_then(|uri| {
        let scheme = uri.scheme().filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme))?;
        let authority = uri.authority()?;
        let default = if *scheme == Scheme::HTTP { 80 } else { 443 };
        let port = authority.port_u16().filter(|port| *port != default).map(|port| format!(":{port}"));
        Some(format!("{scheme}://{}{}", authority.host().to_ascii_lowercase(), port.unwrap_or_default()))
    });
    let exact = origin.as_deref() == Some(text) && !text.contains('*');
    let value = HeaderValue::from_str(text).ok().filter(|_| exact);
    value.ok_or_else(|| match origin {
        Some(meant) if meant.len() > "https://".len() && !text.contains('*') => {
            format!("“{text}” is not an origin as browsers send it; write {meant}")
        }
        _ => {
            format!("“{text}” is not an origin; write scheme://host or scheme://host:port, such as https://example.org")
        }
    })
}

impl CorsOrigins {
    /// Whether no foreign page may read anything.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an origin is one of them.
    pub(crate) fn allow(&self, origin: &HeaderValue) -> bool {
        self.0.contains(origin)
    }

    /// Opens routes to the pages of these origins. No cookie carries authority here, so none is let through.
    pub(crate) fn open(&self, routes: Router<Doors>) -> Router<Doors> {
        if self.is_empty() {
            return routes;
        }
        routes.route_layer(
            CorsLayer::new()
                .allow_origin(self.0.clone())
                .allow_methods([Method::GET, Method::POST])
                .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
                .expose_headers(EXPOSED)
                .max_age(MAX_AGE)
                .vary([header::ORIGIN]),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_exact() {
        let read = str::parse::<CorsOrigins>;
        assert_eq!(read(" , "), Ok(CorsOrigins::default()));
        let several = read("https://example.org, http://localhost:5173,https://[2001:db8::1]:8443").unwrap();
        assert_eq!(several.0, ["https://example.org", "http://localhost:5173", "https://[2001:db8::1]:8443"]);
        assert!(read("https://example.org,*").unwrap_err().contains("would open the API to every page"));
        for (wrong, meant) in [
            ("https://example.org/", "https://example.org"),
            ("https://example.org:443", "https://example.org"),
            ("http://example.org:80", "http://example.org"),
            ("https://Example.org/page?x", "https://example.org"),
            ("https://me@example.org:8443", "https://example.org:8443"),
        ] {
            assert!(read(wrong).unwrap_err().ends_with(&format!("write {meant}")), "{wrong}");
        }
        for wrong in
            ["example.org", "null", "ftp://example.org", "https://", "https://*.example.org", "https://例え.jp"]
        {
            assert!(read(wrong).unwrap_err().contains("is not an origin; write scheme://host"), "{wrong}");
        }
    }
}
