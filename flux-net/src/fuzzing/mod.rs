//! What holds for each parser of this crate that faces the outside, whatever bytes it is given.
//!
//! A body takes bytes, parses them, and panics where a promise is broken: that nothing panics, that what was taken is
//! read again as it was, that limits are kept, and that no refusal shows a secret. The crate `flux-fuzz` runs them.

mod forwarded;

pub use crate::chat::fuzzing::*;
pub use crate::gate::fuzzing::*;
pub use crate::grpc::fuzzing::*;
pub use crate::password::fuzzing::*;
pub use crate::serve::fuzzing::*;
pub use crate::token::fuzzing::*;
pub use forwarded::forwarded;

/// The first line, and what follows it.
pub(crate) fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// Headers, one a line: `name: value`. Lines that are none are passed over.
pub(crate) fn headers(lines: &[u8]) -> axum::http::HeaderMap {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};
    let mut headers = HeaderMap::new();
    // More than servers take.
    for line in lines.split(|&byte| byte == b'\n').take(200) {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}
