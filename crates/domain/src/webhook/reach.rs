//! Which addresses a webhook may reach: the public ones, and those inside that the operator names. A webhook makes the
//! service send something to where somebody else says, and must not become a way into the network around it.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// An address that a webhook may not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// It is not one of the public internet.
    #[error("it leads to an address that is not a public one")]
    NotPublic,
    /// It is public, and would be reached without encryption.
    #[error("it leads to a public address without encryption; use https")]
    Unencrypted,
}

/// The networks inside that webhooks may reach, beside the public internet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach(Vec<IpNet>);

/// What `true` opens: this machine and the private networks. Not link-local addresses, where clouds keep the credentials
/// of their machines.
const INSIDE: [IpNet; 7] = [
    v4([127, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([172, 16, 0, 0], 12),
    v4([192, 168, 0, 0], 16),
    v4([100, 64, 0, 0], 10),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
    v6(0xfc00_0000, 7),
];

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length))
}

/// A network by the first 32 bits of its address.
const fn v6(begins: u32, length: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::from_bits((begins as u128) << 96), length))
}

impl FromStr for Reach {
    type Err = String;

    /// Reads `true`, `false`, or addresses and networks with commas between them.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" | "false" => Ok(Self::default()),
            "true" => Ok(Self(INSIDE.to_vec())),
            list => {
                let read = |text: &str| {
                    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
                    network.map_err(|_| {
                        format!("“{text}” is neither true nor false, nor a network such as 10.0.0.0/8 or fd00::/8")
                    })
                };
                list.split(',').map(str::trim).map(read).collect::<Result<_, _>>().map(Self)
            }
        }
    }
}

impl Reach {
    /// Whether anything inside may be reached; plain HTTP is for there alone.
    pub const fn reaches_inside(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether an address may be reached, with or without encryption.
    pub fn check(&self, address: IpAddr, encrypted: bool) -> Result<(), Unreachable> {
        let address = plain(address);
        let opened = !address.is_unspecified() && !address.is_multicast();
        if opened && self.0.iter().any(|network| network.contains(&address)) {
            return Ok(());
        }
        match (is_public(address), encrypted) {
            (true, true) => Ok(()),
            (true, false) => Err(Unreachable::Unencrypted),
            (false, _) => Err(Unreachable::NotPublic),
        }
    }
}

/// The IPv4 address that an IPv6 address stands for, if it is one mapped or behind the well-known prefix of NAT64.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, .., high, low] = v6.segments();
    let translated = [a, b] == [0x64, 0xff9b] && v6.segments()[2..6] == [0; 4];
    let [high, low] = [high, low].map(u16::to_be_bytes);
    let within = translated.then(|| Ipv4Addr::new(high[0], high[1], low[0], low[1]));
    v6.to_ipv4_mapped().or(within).map_or(address, IpAddr::V4)
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    const CLOSED: [IpNet; 15] = [
        v4([0, 0, 0, 0], 8),
        v4([10, 0, 0, 0], 8),
        v4([100, 64, 0, 0], 10),
        v4([127, 0, 0, 0], 8),
        v4([169, 254, 0, 0], 16),
        v4([172, 16, 0, 0], 12),
        v4([192, 0, 0, 0], 24),
        v4([192, 0, 2, 0], 24),
        v4([192, 88, 99, 0], 24),
        v4([192, 168, 0, 0], 16),
        v4([198, 18, 0, 0], 15),
        v4([198, 51, 100, 0], 24),
        v4([203, 0, 113, 0], 24),
        // Multicast, and what is reserved behind it, the broadcast address among it.
        v4([224, 0, 0, 0], 4),
        v4([240, 0, 0, 0], 4),
    ];
    // Of IPv6, only what is handed out for the internet, without Teredo and its neighbours, documentation and 6to4.
    const OPEN: IpNet = v6(0x2000_0000, 3);
    const BUT: [IpNet; 4] = [v6(0x2001_0000, 23), v6(0x2001_0db8, 32), v6(0x2002_0000, 16), v6(0x3fff_0000, 20)];
    let within = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
    match address {
        IpAddr::V4(_) => !within(&CLOSED),
        IpAddr::V6(_) => OPEN.contains(&address) && !within(&BUT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reach: &str, address: &str) -> Result<(), Unreachable> {
        reach.parse::<Reach>().unwrap().check(address.parse().unwrap(), true)
    }

    #[test]
    fn public_addresses_are_reached() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.255.255",
            "172.32.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::1",
            "2400::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert_eq!(check("", address), Ok(()), "{address}");
        }
    }

    #[test]
    fn what_is_inside_is_not_in_any_of_its_forms() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:a9fe:a9fe",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert_eq!(check("", address), Err(Unreachable::NotPublic), "{address}");
        }
    }

    #[test]
    fn the_operator_opens_what_is_inside() {
        for address in ["127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "::1"] {
            assert_eq!(check("true", address), Ok(()), "{address}");
        }
        for address in ["169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "203.0.113.1"] {
            assert_eq!(check("true", address), Err(Unreachable::NotPublic), "{address}");
        }
        let some = "10.1.0.0/16, 192.168.0.7,fd00::/8";
        for (address, reached) in
            [("10.1.2.3", true), ("10.2.0.1", false), ("192.168.0.7", true), ("192.168.0.8", false), ("fd00::9", true)]
        {
            assert_eq!(check(some, address).is_ok(), reached, "{address}");
        }
        // Not even by a network that holds everything.
        for address in ["0.0.0.0", "224.0.0.1"] {
            assert_eq!(check("0.0.0.0/0", address), Err(Unreachable::NotPublic), "{address}");
        }
        assert!("10.0.0.0/8,somewhere".parse::<Reach>().is_err_and(|told| told.contains("somewhere")));
    }

    #[test]
    fn without_encryption_only_what_is_inside_is_reached() {
        let reach: Reach = "127.0.0.0/8".parse().unwrap();
        assert_eq!(reach.check("127.0.0.1".parse().unwrap(), false), Ok(()));
        assert_eq!(reach.check("8.8.8.8".parse().unwrap(), false), Err(Unreachable::Unencrypted));
        assert_eq!(reach.check("10.0.0.1".parse().unwrap(), false), Err(Unreachable::NotPublic));
    }
}
