use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName},
    middleware::Next,
    response::Response,
};
use ipnet::{IpNet, Ipv4Net};

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client behind a request, an extension of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// The networks of the proxies whose word on a client's address is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        list.split(',').map(str::trim).filter(|network| !network.is_empty()).map(read_network).collect()
    }
}

impl FromIterator<IpNet> for TrustedProxies {
    fn from_iter<T: IntoIterator<Item = IpNet>>(networks: T) -> Self {
        Self(networks.into_iter().collect())
    }
}

fn read_network(text: &str) -> Result<IpNet, String> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text
            .parse()
            .map_err(|_| format!("“{text}” is neither an address nor a network such as 10.0.0.0/8 or fd00::/8"))?,
    };
    // A mapped IPv4 network is that network, as a mapped address is that address.
    Ok(match network {
        IpNet::V6(mapped) if mapped.prefix_len() >= 96 => {
            let address = mapped.addr().to_ipv4_mapped();
            let ipv4 = address.and_then(|address| Ipv4Net::new(address, mapped.prefix_len() - 96).ok());
            ipv4.map_or(network, IpNet::V4)
        }
        _ => network,
    })
}

impl TrustedProxies {
    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind a connection. Each proxy adds the address that it saw at the right end of the list, so that it is
    /// read from there, as far as those who wrote it are trusted; what stands further left is anybody's claim.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let values = headers.get_all(FORWARDED).iter().rev();
        let mut told = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        while self.trust(client)
            && let Some(address) = told.next().and_then(read_address)
        {
            client = address;
        }
        client
    }
}

/// An address as proxies write it: bare, or with the port of the connection.
fn read_address(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?.trim();
    let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|of| of.ip())).ok()?;
    Some(address.to_canonical())
}

/// Tells each request whose it is.
pub(crate) async fn tell(
    State(trusted): State<Arc<TrustedProxies>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = trusted.client(peer.ip(), request.headers());
    request.extensions_mut().insert(ClientAddress(client));
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        trusted.parse::<TrustedProxies>().unwrap().client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_peer_that_is_not_trusted_is_the_client() {
        assert_eq!(client("", "192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.0/8", "192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
    }

    #[test]
    fn the_right_most_address_that_is_not_trusted_is_the_client() {
        let behind = |forwarded: &[&str]| client("10.0.0.0/8, 127.0.0.1,fd00::/8", "10.0.0.1", forwarded);
        assert_eq!(behind(&[]), "10.0.0.1");
        assert_eq!(behind(&["198.51.100.1"]), "198.51.100.1");
        assert_eq!(behind(&["203.0.113.9, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(behind(&["203.0.113.9, 198.51.100.1", "127.0.0.1", "fd00::1,10.0.0.2"]), "198.51.100.1");
        assert_eq!(behind(&["10.0.0.3 , 10.0.0.2"]), "10.0.0.3", "all are trusted: the first that was told");
        assert_eq!(behind(&["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(behind(&["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(client("192.0.2.1", "192.0.2.1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn what_cannot_be_read_ends_the_list() {
        let behind = |forwarded: &[&str]| client("10.0.0.0/8", "10.0.0.1", forwarded);
        for garbage in ["", "x", "unknown", "_hidden", "198.51.100.1 198.51.100.2", "198.51.100.256", "1e4", "\u{ff11}"]
        {
            assert_eq!(behind(&[garbage]), "10.0.0.1", "{garbage}");
            assert_eq!(behind(&["198.51.100.1", garbage, "10.0.0.2"]), "10.0.0.2", "{garbage}");
            assert_eq!(behind(&[&format!("198.51.100.1,{garbage},10.0.0.2")]), "10.0.0.2", "{garbage}");
        }
    }

    #[test]
    fn a_mapped_address_is_the_one_that_it_maps() {
        assert_eq!(client("", "::ffff:192.0.2.1", &[]), "192.0.2.1");
        assert_eq!(client("10.0.0.0/8", "::ffff:10.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.1", "10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.0/104", "10.9.9.9", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("::/0", "10.0.0.1", &["198.51.100.1"]), "10.0.0.1", "no network of IPv6 holds IPv4");
    }

    #[test]
    fn networks_are_read_or_refused() {
        let read = str::parse::<TrustedProxies>;
        assert_eq!(read(""), Ok(TrustedProxies::default()));
        assert_eq!(read(" 10.0.0.1 ,, fd00::/8 ").unwrap().0.len(), 2);
        for wrong in ["nonsense", "10.0.0.1/33", "10.0.0", "10.0.0.1;10.0.0.2", "proxy.example"] {
            assert!(read(wrong).unwrap_err().contains(&format!("“{wrong}” is neither")), "{wrong}");
        }
    }
}
