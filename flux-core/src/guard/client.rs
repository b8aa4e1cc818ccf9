//! Where a request comes from.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The address of a client, as far as limits tell clients apart: an IPv4 address as it is, of an IPv6 address the
/// first 64 bits, because whoever has one of those has all that start so. An IPv4 address in IPv6 dress is that IPv4
/// address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientAddr(IpAddr);

impl ClientAddr {
    /// Of a client whose connection, or whose trusted proxy, names this address.
    pub fn new(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(IpAddr::V4(v4)),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Self(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
            }
        }
    }
}

impl From<IpAddr> for ClientAddr {
    fn from(address: IpAddr) -> Self {
        Self::new(address)
    }
}

/// What limits are kept under.
impl fmt::Display for ClientAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => v4.fmt(f),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str) -> String {
        ClientAddr::new(address.parse().unwrap()).to_string()
    }

    #[test]
    fn clients_are_told_apart_by_what_they_cannot_change() {
        assert_eq!(shown("192.0.2.7"), "192.0.2.7");
        assert_eq!(shown("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(shown("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(shown("2001:db8:1:2:ffff::"), shown("2001:db8:1:2::1"));
        assert_ne!(shown("2001:db8:1:2::1"), shown("2001:db8:1:3::1"));
    }
}
