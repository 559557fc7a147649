//! Where a request comes from: who has connected or, behind a proxy that is trusted, whom that names. Not who may come.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// A network, as `10.0.0.0/8`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    prefix_bits: u8,
}

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    #[error("'{0}' is no IP address; write a network as 10.0.0.0/8 or fd00::/8, or one address")]
    Address(String),
    #[error("'{given}' is no length of a network: a number from 0 to {most} is")]
    Prefix { given: String, most: u8 },
    #[error(
        "{address}/{prefix_bits} has bits behind its first {prefix_bits}: the network is {network}/{prefix_bits}"
    )]
    Host {
        address: IpAddr,
        prefix_bits: u8,
        network: IpAddr,
    },
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = text.trim().split_once('/').unwrap_or((text.trim(), ""));
        let first: IpAddr = address
            .parse()
            .map_err(|_| NetworkError::Address(address.to_owned()))?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            "" => Some(most),
            bits => bits.parse().ok().filter(|bits| *bits <= most),
        };
        let prefix_bits = prefix_bits.ok_or_else(|| NetworkError::Prefix {
            given: prefix.to_owned(),
            most,
        })?;
        let network = masked(first, prefix_bits);
        if network != first {
            return Err(NetworkError::Host {
                address: first,
                prefix_bits,
                network,
            });
        }
        Ok(Self { first, prefix_bits })
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && masked(address, self.prefix_bits) == self.first
    }
}

fn masked(address: IpAddr, prefix_bits: u8) -> IpAddr {
    let bits = u32::from(prefix_bits);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

/// Whether this is the address of a proxy that is trusted.
pub(crate) fn is_trusted(trusted: &[Network], address: IpAddr) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// The client's address. Proxies write whom they were connected by at the end of the header, so it is read from there
/// for as long as a trusted one has written it; what stands further left anybody can have sent.
pub(crate) fn client(headers: &HeaderMap, peer: IpAddr, trusted: &[Network]) -> IpAddr {
    let peer = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let mut named = lines
        .flat_map(|line| line.to_str().unwrap_or_default().rsplit(','))
        .map(address);
    let mut last = peer;
    while is_trusted(trusted, last) {
        match named.next() {
            Some(Some(address)) => last = address,
            // What cannot be read leads no further.
            Some(None) | None => break,
        }
    }
    last
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let alone = text.parse().ok();
    let found = alone.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    found.map(|address| address.to_canonical())
}

/// Whether it was said that a proxy seems to be there which was not named.
#[derive(Default)]
pub(crate) struct Hint(AtomicBool);

impl Hint {
    /// Says so once.
    pub(crate) fn note(&self, headers: &HeaderMap, peer: IpAddr, trusted: &[Network]) {
        let is_one =
            peer.is_loopback() && trusted.is_empty() && headers.contains_key(FORWARDED_FOR);
        if is_one && !self.0.swap(true, Ordering::Relaxed) {
            tracing::warn!(%peer, "requests come through a proxy that is not named: all its clients count as one; name it with --trusted-proxy");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_network_is_an_address_and_how_much_of_it_counts() {
        let inside = |network: &str, address: &str| {
            let network: Network = network.parse().unwrap();
            network.contains(address.parse().unwrap())
        };
        assert!(inside("10.0.0.0/8", "10.255.0.1"));
        assert!(inside("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(!inside("10.0.0.0/8", "11.0.0.1"));
        assert!(inside("127.0.0.1", "127.0.0.1"));
        assert!(!inside("127.0.0.1", "127.0.0.2"));
        assert!(inside("0.0.0.0/0", "203.0.113.9"));
        assert!(!inside("0.0.0.0/0", "2001:db8::1"));
        assert!(inside("fd00::/8", "fdab::1"));
        assert!(!inside("fd00::/8", "fe80::1"));
        for (wrong, told) in [
            (
                "proxy",
                "'proxy' is no IP address; write a network as 10.0.0.0/8 or fd00::/8, or one address",
            ),
            (
                "10.0.0.0/33",
                "'33' is no length of a network: a number from 0 to 32 is",
            ),
            (
                "::1/x",
                "'x' is no length of a network: a number from 0 to 128 is",
            ),
            (
                "10.1.0.0/8",
                "10.1.0.0/8 has bits behind its first 8: the network is 10.0.0.0/8",
            ),
        ] {
            assert_eq!(wrong.parse::<Network>().unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn only_what_trusted_proxies_wrote_counts() {
        let read = |peer: &str, lines: &[&str], trusted: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, line.parse().unwrap());
            }
            client(&headers, peer.parse().unwrap(), &networks(trusted)).to_string()
        };
        let proxies = ["127.0.0.1", "10.0.0.0/8"];
        assert_eq!(read("127.0.0.1", &["192.0.2.1"], &[]), "127.0.0.1");
        assert_eq!(
            read("198.51.100.7", &["192.0.2.1"], &proxies),
            "198.51.100.7"
        );
        assert_eq!(read("127.0.0.1", &[], &proxies), "127.0.0.1");
        assert_eq!(read("127.0.0.1", &["192.0.2.1"], &proxies), "192.0.2.1");
        // The client has sent a header of its own; two proxies have added to it.
        assert_eq!(
            read("127.0.0.1", &["9.9.9.9, 192.0.2.1", "10.1.1.1"], &proxies),
            "192.0.2.1"
        );
        assert_eq!(
            read("127.0.0.1", &["9.9.9.9, nobody"], &proxies),
            "127.0.0.1"
        );
        assert_eq!(
            read("::ffff:127.0.0.1", &["[2001:db8::7]:4711"], &proxies),
            "2001:db8::7"
        );
        assert_eq!(read("127.0.0.1", &["192.0.2.1:80"], &proxies), "192.0.2.1");
    }
}
