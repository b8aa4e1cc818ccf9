//! Which web pages may connect.

use crate::chat::Origins;

/// Whether a page of `origin` may open a connection to `host`, both as they stand in their headers.
pub(super) fn allowed(origins: &Origins, origin: &str, host: &str) -> bool {
    let Some(origin) = Origin::parse(origin) else { return false };
    if origins.same_host && origin.is_at(host) {
        return true;
    }
    origins.allowed.iter().filter_map(|allowed| Origin::parse(allowed)).any(|allowed| allowed == origin)
}

/// Scheme, host and port (RFC 6454, section 4). The opaque origin `null` is none: it is everybody's.
#[derive(Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let default = match scheme.to_ascii_lowercase().as_str() {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        let (host, port) = authority_parts(authority)?;
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            host: host.to_ascii_lowercase(),
            port: port.unwrap_or(default),
        })
    }

    /// Whether `authority`, a `Host` header, names the same host and port. Without a port it means that of the scheme
    /// by which the page was loaded.
    fn is_at(&self, authority: &str) -> bool {
        let default = if self.scheme == "https" { 443 } else { 80 };
        authority_parts(authority).is_some_and(|(host, port)| {
            host.eq_ignore_ascii_case(&self.host) && port.unwrap_or(default) == self.port
        })
    }
}

/// Host and port; `None` where there is anything else, such as a path or a name of a user.
fn authority_parts(authority: &str) -> Option<(&str, Option<u16>)> {
    let inside_brackets = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
    let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let (host, rest) = if let Some(rest) = authority.strip_prefix('[') {
        let end = rest.find(']')?;
        if !rest[..end].chars().all(inside_brackets) {
            return None;
        }
        authority.split_at(end + 2)
    } else {
        let end = authority.find(':').unwrap_or(authority.len());
        if !authority[..end].chars().all(in_name) {
            return None;
        }
        authority.split_at(end)
    };
    if host.is_empty() {
        return None;
    }
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some((host, None)),
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => Some((host, Some(port.parse().ok()?))),
        _ => None,
    }
}

/// Whether a `Host` header names a host at all.
pub(super) fn is_host(authority: &str) -> bool {
    authority_parts(authority).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Origins {
        Origins {
            same_host: true,
            allowed: vec!["https://good.com".to_owned(), "http://[::1]:5173".to_owned()],
        }
    }

    #[test]
    fn a11_pages_of_listed_origins_and_of_the_same_host_may_connect() {
        for (origin, host) in [
            ("https://good.com", "chat.example"),
            ("https://GOOD.com", "chat.example"),
            ("https://good.com:443", "chat.example"),
            ("http://[::1]:5173", "chat.example"),
            ("https://chat.example", "chat.example"),
            ("https://chat.example", "chat.example:443"),
            ("https://chat.example:8443", "Chat.Example:8443"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert!(allowed(&listed(), origin, host), "{origin} at {host}");
        }
    }

    #[test]
    fn a11_other_pages_may_not() {
        for origin in [
            "https://evil.com",
            "null",
            "",
            "https://good.com.evil",
            "https://evilgood.com",
            "https://good.com.",
            "http://good.com",
            "https://good.com:8443",
            "https://good.com@evil.com",
            "https://good.com/x",
            "https://good.com#",
            "https://evil.com\\good.com",
            "file://",
            "https://",
            "good.com",
            "chrome-extension://good.com",
            "https://chat.example.evil",
            "https://chat.example:444",
            "http://chat.example:443",
            "https://good.com:",
            "https://good.com:99999",
            "https://good.com https://evil.com",
        ] {
            assert!(!allowed(&listed(), origin, "chat.example"), "{origin}");
        }
        let strict = Origins { same_host: false, ..listed() };
        assert!(!allowed(&strict, "https://chat.example", "chat.example"));
    }
}
