//! Sending to where somebody else says. A name is looked up here, and the connection is made to the very addresses that
//! were checked: a name that leads elsewhere a moment later leads nowhere.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use shirube_domain::webhook::{Reach, Unreachable, WebhookUrl};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long everything may take together.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of an answer is read, in bytes. Nothing is done with it; a receiver that is cut off in the middle of a short
/// answer would take that for a failure.
const READ: usize = 64 * 1024;

/// Why nothing was sent, or no answer came: a few words for whoever looks at the delivery.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// It leads where nothing is sent.
    #[error("{0}")]
    Unreachable(#[from] Unreachable),
    /// The name is unknown.
    #[error("the name cannot be looked up")]
    Unknown,
    /// No answer in time.
    #[error("no answer within {} seconds", PATIENCE.as_secs())]
    Late,
    /// No connection, or none that is encrypted as it should be.
    #[error("no connection can be made")]
    NoConnection,
    /// The client cannot be made: the machine has no certificates of authorities.
    #[error("the service cannot make encrypted connections")]
    NoClient(#[source] reqwest::Error),
    /// Something else is spoken there.
    #[error("the answer is not one of HTTP")]
    NotHttp,
}

/// What sends.
#[derive(Debug)]
pub(crate) struct Sender {
    reach: Reach,
    encrypted: OnceLock<Client>,
    plain: OnceLock<Client>,
}

impl Sender {
    pub(crate) const fn new(reach: Reach) -> Self {
        Self { reach, encrypted: OnceLock::new(), plain: OnceLock::new() }
    }

    /// What may be reached.
    pub(crate) const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// A client, made when it is first used: a machine without certificates can do everything else.
    fn client(&self, encrypted: bool) -> Result<&Client, SendError> {
        let place = if encrypted { &self.encrypted } else { &self.plain };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        // reqwest has no cryptography of its own and takes the process's. If somebody else has chosen one, that will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            // A proxy would look up names by itself.
            .no_proxy()
            // A small answer that unpacks to a large one is not unpacked.
            .no_gzip()
            .https_only(encrypted)
            // Each delivery looks up the name anew.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            .user_agent(concat!("Shirube/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Checked { reach: self.reach.clone(), encrypted }))
            .build()
            .map_err(SendError::NoClient)?;
        Ok(place.get_or_init(|| client))
    }

    /// Posts JSON; gives the status of the answer.
    pub(crate) async fn post(
        &self,
        url: &WebhookUrl,
        headers: [(&'static str, String); 3],
        body: String,
    ) -> Result<u16, SendError> {
        // The connector makes no look-up of an address, so that the resolver does not see it.
        if let Some(address) = url.literal() {
            self.reach.check(address, url.encrypted())?;
        }
        let mut request = self.client(url.encrypted())?.post(url.url().clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let sent = request.header("content-type", "application/json").body(body).send().await;
        let mut answer = sent.map_err(|error| reason(&error))?;
        let mut read = 0;
        while let Ok(Some(part)) = answer.chunk().await {
            read += part.len();
            if read > READ {
                break;
            }
        }
        Ok(answer.status().as_u16())
    }
}

/// What went wrong, without anything that was found out on the way.
fn reason(error: &reqwest::Error) -> SendError {
    let causes = std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |cause| cause.source());
    for cause in causes {
        match cause.downcast_ref::<SendError>() {
            Some(SendError::Unreachable(why)) => return (*why).into(),
            Some(SendError::Unknown) => return SendError::Unknown,
            _ => {}
        }
    }
    if error.is_timeout() {
        SendError::Late
    } else if error.is_connect() {
        SendError::NoConnection
    } else {
        SendError::NotHttp
    }
}

/// Looks up names, and gives addresses only if all of them may be reached.
struct Checked {
    reach: Reach,
    encrypted: bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, encrypted) = (self.reach.clone(), self.encrypted);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| SendError::Unknown)?;
            let addresses: Vec<SocketAddr> = found.collect();
            if addresses.is_empty() {
                return Err(SendError::Unknown.into());
            }
            for address in &addresses {
                reach.check(address.ip(), encrypted).map_err(SendError::from)?;
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
