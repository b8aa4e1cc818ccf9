//! What proxies say, and what clients say in their place.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::{HeaderMap, HeaderValue, header};

use crate::proxy::{ForwardedHeader, Network, TrustedProxies};

/// Trusted.
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

/// Not trusted.
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

/// The two headers, one value a line, and a network in the first line.
pub fn forwarded(data: &[u8]) {
    let mut lines = data.split(|&byte| byte == b'\n');
    let network =
        lines.next().and_then(|line| std::str::from_utf8(line).ok()).and_then(|line| line.parse().ok());
    if let Some(network) = network {
        holds_its_own(network, data);
    }
    let values: Vec<HeaderValue> = lines.filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    for (header, name, hop) in [
        (ForwardedHeader::XForwardedFor, header::HeaderName::from_static("x-forwarded-for"), "203.0.113.9"),
        (ForwardedHeader::Forwarded, header::FORWARDED, "for=203.0.113.9"),
    ] {
        let own = "10.0.0.0/8".parse().into_iter().chain(network);
        let proxies = TrustedProxies { networks: own.collect(), header };
        let mut headers = HeaderMap::new();
        for value in &values {
            headers.append(name.clone(), value.clone());
        }
        let found = proxies.client(PROXY, &headers);
        assert_eq!(found, found.to_canonical(), "an IPv4 address stays in IPv6 dress");
        if !proxies.trusts(STRANGER) {
            assert_eq!(proxies.client(STRANGER, &headers), STRANGER, "a stranger is believed");
            // Whatever a client wrote, the proxy that appends whom it heard from is believed.
            headers.append(name, HeaderValue::from_static(hop));
            assert_eq!(proxies.client(PROXY, &headers), STRANGER, "a client chose its own address");
        }
    }
}

/// A network holds addresses that start like one that it holds.
fn holds_its_own(network: Network, data: &[u8]) {
    let mut bytes = [0; 16];
    let tail = data.len().min(16);
    bytes[..tail].copy_from_slice(&data[data.len() - tail..]);
    let address = IpAddr::from(bytes);
    assert_eq!(network.contains(address), network.contains(address.to_canonical()));
}
