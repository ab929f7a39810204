use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};

/// How long all that one step asks of a provider may take together: somebody is waiting for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer of a provider, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A client for one provider. It follows no redirects: a provider that sends the service elsewhere is not the one that
/// was configured.
pub(super) fn client(https_only: bool) -> reqwest::Result<reqwest::Client> {
    // reqwest has no cryptography of its own and takes the process's. If somebody else has chosen one, that will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).https_only(https_only).build()
}

/// Why a provider gave no answer that can be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebError {
    /// No answer.
    #[error("the provider does not answer")]
    Silent(#[from] reqwest::Error),
    /// No end of it.
    #[error("the provider's answer has more than {LARGEST} bytes")]
    Large,
    /// Not HTTP.
    #[error("the provider's answer is not HTTP")]
    Malformed(#[from] http::Error),
}

/// What asks a provider within one step.
pub(super) struct Web<'a> {
    client: &'a reqwest::Client,
    until: Instant,
}

impl<'a> Web<'a> {
    pub(super) fn new(client: &'a reqwest::Client) -> Self {
        Self { client, until: Instant::now() + PATIENCE }
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, WebError> {
        let mut request = reqwest::Request::try_from(request)?;
        *request.timeout_mut() = Some(self.until.saturating_duration_since(Instant::now()));
        let mut response = self.client.execute(request).await?;
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(WebError::Large);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Web<'_> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, WebError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}
