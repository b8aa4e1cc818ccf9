//! The head of a request, read strictly: everything that two readers of HTTP/1.1 might understand differently is
//! refused before anybody acts on it (RFC 9112, section 11.2).

use flux_core::ErrorCode;

/// How large a head may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeadLimits {
    pub(crate) target_bytes: usize,
    pub(crate) bytes: usize,
    pub(crate) count: usize,
}

/// How the body follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// This many bytes; often none.
    Length(u64),
    /// In chunks.
    Chunked,
    /// No body, and after a 101 something else than HTTP.
    Upgrade,
}

/// Where in `buffer` the head ends, if it does; `from` is what was searched before.
pub(crate) fn end(buffer: &[u8], from: usize) -> Option<usize> {
    let from = from.saturating_sub(3);
    buffer[from..].windows(4).position(|four| four == b"\r\n\r\n").map(|at| from + at + 4)
}

/// What is wrong with a head that has not ended yet: then it need not be waited for.
pub(crate) fn check_part(part: &[u8], limits: &HeadLimits) -> Result<(), ErrorCode> {
    check_lines(part)?;
    let line = part.iter().position(|&b| b == b'\n');
    // Method and version are short; a target that has not ended by here is too long in any case.
    if line.is_none() && part.len() > limits.target_bytes + 64 {
        return Err(ErrorCode::UriTooLong);
    }
    if part.len() > limits.bytes + limits.target_bytes {
        return Err(ErrorCode::HeaderTooLarge);
    }
    Ok(())
}

/// Checks a whole head, and says how its body follows.
pub(crate) fn check(head: &[u8], limits: &HeadLimits) -> Result<Framing, ErrorCode> {
    check_lines(head)?;
    let head = head.strip_suffix(b"\r\n\r\n").ok_or(ErrorCode::Malformed)?;
    let mut lines = head.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let version = check_request_line(lines.next().unwrap_or_default(), limits)?;
    let mut fields = Fields::default();
    let (mut bytes, mut count) = (0, 0);
    for line in lines {
        bytes += line.len() + 2;
        count += 1;
        if bytes > limits.bytes || count > limits.count {
            return Err(ErrorCode::HeaderTooLarge);
        }
        fields.take(line)?;
    }
    fields.framing(version)
}

/// Lines end in CR LF, and hold nothing that ends them for some readers only.
fn check_lines(bytes: &[u8]) -> Result<(), ErrorCode> {
    for (at, &byte) in bytes.iter().enumerate() {
        let fine = match byte {
            b'\n' => at > 0 && bytes[at - 1] == b'\r',
            // The last byte of a part may wait for its line feed.
            b'\r' => bytes.get(at + 1).is_none_or(|&next| next == b'\n'),
            b'\t' => true,
            _ => byte >= 0x20 && byte != 0x7f,
        };
        if !fine {
            return Err(ErrorCode::Malformed);
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

fn check_request_line(line: &[u8], limits: &HeadLimits) -> Result<Version, ErrorCode> {
    let mut parts = line.split(|&b| b == b' ');
    let (method, target, version) = (parts.next(), parts.next(), parts.next());
    let (Some(method), Some(target), Some(version), None) = (method, target, version, parts.next()) else {
        return Err(ErrorCode::Malformed);
    };
    if method.is_empty() || method.len() > 32 || !method.iter().all(|&b| is_token(b)) {
        return Err(ErrorCode::Malformed);
    }
    if target.len() > limits.target_bytes {
        return Err(ErrorCode::UriTooLong);
    }
    check_target(target)?;
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        _ => Err(ErrorCode::Malformed),
    }
}

/// Checks a target in origin form (RFC 9112, section 3.2.1): a path that means the same to everybody who takes it
/// apart. No absolute URI, no empty, `.` or `..` segment, no broken escape, no escaped control character or text that
/// is not UTF-8.
pub(crate) fn check_target(target: &[u8]) -> Result<(), ErrorCode> {
    let wrong = Err(ErrorCode::Malformed);
    let (path, query) = match target.iter().position(|&b| b == b'?') {
        Some(at) => (&target[..at], &target[at + 1..]),
        None => (target, &[][..]),
    };
    let Some(segments) = path.strip_prefix(b"/") else { return wrong };
    if !target.iter().all(|&b| b.is_ascii_graphic() && !matches!(b, b'#' | b'\\' | b'"' | b'<' | b'>')) {
        return wrong;
    }
    let (Some(segments), Some(_)) = (unescape(segments), unescape(query)) else { return wrong };
    let mut segments = segments.split(|&b| b == b'/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if matches!(segment, b"." | b"..") || (segment.is_empty() && !last) || segment.contains(&b'\\') {
            return wrong;
        }
    }
    Ok(())
}

fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || bytes.next().and_then(|&b| char::from(b).to_digit(16));
            let (high, low) = (digit()?, digit()?);
            plain.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            plain.push(byte);
        }
    }
    let text = std::str::from_utf8(&plain).ok()?;
    (!text.chars().any(char::is_control)).then_some(plain)
}

/// What decides how the body follows and whom the request is for.
#[derive(Default)]
struct Fields {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
    upgrade: bool,
}

impl Fields {
    fn take(&mut self, line: &[u8]) -> Result<(), ErrorCode> {
        let wrong = ErrorCode::Malformed;
        // A line that starts with a space would continue the one before (obs-fold): it has no name.
        let colon = line.iter().position(|&b| b == b':').ok_or(wrong)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || !name.iter().all(|&b| is_token(b)) {
            return Err(wrong);
        }
        if name.eq_ignore_ascii_case(b"host") {
            self.hosts += 1;
            if self.hosts > 1 || !is_host(value) {
                return Err(wrong);
            }
        } else if name.eq_ignore_ascii_case(b"content-length") {
            if self.length.is_some() || value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                return Err(wrong);
            }
            let length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            // What does not fit into 64 bits is too long for everybody.
            self.length = Some(length.ok_or(ErrorCode::PayloadTooLarge)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(wrong);
            }
            self.chunked = true;
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            if self.upgrade {
                return Err(wrong);
            }
            self.upgrade = true;
        }
        Ok(())
    }

    fn framing(&self, version: Version) -> Result<Framing, ErrorCode> {
        let wrong = Err(ErrorCode::Malformed);
        if self.hosts == 0 && version == Version::Http11 {
            return wrong;
        }
        match (self.chunked, self.length) {
            (true, Some(_)) => wrong,
            (true, None) if version == Version::Http10 || self.upgrade => wrong,
            (true, None) => Ok(Framing::Chunked),
            (false, None | Some(0)) if self.upgrade => Ok(Framing::Upgrade),
            (false, Some(_)) if self.upgrade => wrong,
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A name or address, with or without a port: nothing that could be more than a host to anybody.
fn is_host(value: &[u8]) -> bool {
    !value.is_empty()
        && value.len() <= 255
        && value.iter().all(|&b| b.is_ascii_alphanumeric() || b"-._~:[]%".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits { target_bytes: 100, bytes: 1_000, count: 10 };

    fn read(head: &str) -> Result<Framing, ErrorCode> {
        check(head.as_bytes(), &LIMITS)
    }

    fn get(target: &str) -> Result<Framing, ErrorCode> {
        read(&format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"))
    }

    fn post(fields: &str) -> Result<Framing, ErrorCode> {
        read(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n"))
    }

    #[test]
    fn plain_heads_are_read() {
        assert_eq!(get("/"), Ok(Framing::Length(0)));
        assert_eq!(get("/v1/users?query=a%20b&x=%E4%BD%A0"), Ok(Framing::Length(0)));
        assert_eq!(get("/docs/"), Ok(Framing::Length(0)));
        assert_eq!(post("Content-Length: 12"), Ok(Framing::Length(12)));
        assert_eq!(post("Transfer-Encoding: chunked"), Ok(Framing::Chunked));
        assert_eq!(post("X-Any: \u{e9}t\u{e9}\tx"), Ok(Framing::Length(0)));
        assert_eq!(read("GET / HTTP/1.0\r\n\r\n"), Ok(Framing::Length(0)));
        assert_eq!(post("Connection: Upgrade\r\nUpgrade: websocket"), Ok(Framing::Upgrade));
        assert_eq!(post("Upgrade: websocket\r\nContent-Length: 0"), Ok(Framing::Upgrade));
    }

    #[test]
    fn a18_what_two_readers_may_read_differently_is_refused() {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5, 5",
            "Content-Length: +5",
            "Content-Length: 0x5",
            "Content-Length: -1",
            "Content-Length:",
            "Content-Length: 5 5",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding : chunked",
            " Transfer-Encoding: chunked",
            "X-Any: a\r\n folded",
            "X-Any: a\r\n\tfolded",
            "X-Any: a\nX-Other: b",
            "X-Any: a\rX-Other: b",
            "X-Any: a\0b",
            "X-Any\0: b",
            "no colon",
            ": no name",
            "Host: b",
            "Upgrade: websocket\r\nUpgrade: websocket",
            "Upgrade: websocket\r\nContent-Length: 5",
            "Upgrade: websocket\r\nTransfer-Encoding: chunked",
        ] {
            assert_eq!(post(fields), Err(ErrorCode::Malformed), "{fields:?}");
        }
        assert_eq!(post("Content-Length: 99999999999999999999"), Err(ErrorCode::PayloadTooLarge));
    }

    #[test]
    fn a18_targets_mean_the_same_to_everybody() {
        for target in [
            "http://a/",
            "https://a/v1",
            "*",
            "a:443",
            "",
            "v1",
            "//",
            "//evil.example/",
            "/v1//users",
            "/v1/./users",
            "/v1/../users",
            "/..",
            "/.",
            "/%2e%2e/x",
            "/%2E/x",
            "/a%2f..%2fb",
            "/%00",
            "/a%0d%0aX: y",
            "/%zz",
            "/%",
            "/%4",
            "/%ff",
            "/%c0%af",
            "/a\\b",
            "/a%5cb",
            "/a?x=%00",
            "/a?x=%zz",
            "/a#b",
            "/\u{e9}",
            "/<x>",
        ] {
            assert_eq!(get(target), Err(ErrorCode::Malformed), "{target:?}");
        }
    }

    #[test]
    fn a18_request_lines_have_three_words_and_a_known_version() {
        for line in [
            "GET /",
            "GET  / HTTP/1.1",
            "GET /  HTTP/1.1",
            "GET\t/\tHTTP/1.1",
            " GET / HTTP/1.1",
            "GET / HTTP/1.1 x",
            "GET / HTTP/2.0",
            "GET / HTTP/0.9",
            "GET / http/1.1",
            "GET / HTTP/1.10",
            "G(T / HTTP/1.1",
            "",
            "PRI * HTTP/2.0",
        ] {
            assert_eq!(read(&format!("{line}\r\nHost: a\r\n\r\n")), Err(ErrorCode::Malformed), "{line:?}");
        }
        for host in ["", "a b", "a/b", "a@b", "a,b", "a\"b"] {
            let head = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert_eq!(read(&head), Err(ErrorCode::Malformed), "{host:?}");
        }
        assert_eq!(read("GET / HTTP/1.1\r\n\r\n"), Err(ErrorCode::Malformed), "no host");
    }

    #[test]
    fn a21_what_is_too_long_is_refused_before_it_has_ended() {
        assert_eq!(get(&format!("/{}", "a".repeat(99))), Ok(Framing::Length(0)));
        assert_eq!(get(&format!("/{}", "a".repeat(100))), Err(ErrorCode::UriTooLong));
        let part = format!("GET /{}", "a".repeat(200));
        assert_eq!(check_part(part.as_bytes(), &LIMITS), Err(ErrorCode::UriTooLong));
        let part = format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(2_000));
        assert_eq!(check_part(part.as_bytes(), &LIMITS), Err(ErrorCode::HeaderTooLarge));
        assert_eq!(post(&format!("X: {}", "a".repeat(1_000))), Err(ErrorCode::HeaderTooLarge));
        assert_eq!(post(&["A: b"; 9].join("\r\n")), Ok(Framing::Length(0)));
        assert_eq!(post(&["A: b"; 10].join("\r\n")), Err(ErrorCode::HeaderTooLarge));
    }

    #[test]
    fn the_end_of_a_head_is_found_wherever_it_was_cut() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
        for searched in 0..head.len() - 4 {
            assert_eq!(end(head, searched), Some(head.len() - 4), "{searched}");
            assert_eq!(end(&head[..searched], 0), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn a18_no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(0_u8..=255, 0..200)) {
            let _ = check_part(&bytes, &LIMITS);
            let _ = check(&[&bytes[..], b"\r\n\r\n"].concat(), &LIMITS);
            let _ = check_target(&bytes);
        }

        #[test]
        fn a18_a_part_of_a_good_head_is_never_refused(cut in 0_usize..80) {
            let head = b"POST /v1/users?query=a HTTP/1.1\r\nHost: a.example:8080\r\nContent-Length: 3\r\n\r\n";
            proptest::prop_assert_eq!(check(head, &LIMITS), Ok(Framing::Length(3)));
            proptest::prop_assert_eq!(check_part(&head[..cut.min(head.len())], &LIMITS), Ok(()));
        }
    }
}
