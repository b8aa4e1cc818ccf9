//! The strict reader of HTTP/1.1 against bytes.

use flux_core::ErrorCode;

use super::chunks::{BadChunks, Chunks};
use super::head::{self, Framing, HeadLimits};

const LIMITS: HeadLimits = HeadLimits { target_bytes: 2_048, bytes: 8_192, count: 64 };

/// The head of a request, as it comes in one piece and in two.
pub fn http_head(data: &[u8]) {
    let whole = head::end(data, 0);
    // As a connection asks: what was searched before is not searched again.
    let half = data.len() / 2;
    let in_two = head::end(&data[..half], 0).or_else(|| head::end(data, half));
    assert_eq!(in_two, whole, "where a head ends depends on how it comes");
    let Some(end) = whole else {
        let part = head::check_part(data, &LIMITS);
        assert!(
            part.is_err() || data.len() <= LIMITS.bytes + LIMITS.target_bytes,
            "more is waited for than is taken"
        );
        return;
    };
    let head = &data[..end];
    match head::check(head, &LIMITS) {
        Err(code) => assert!(
            matches!(
                code,
                ErrorCode::Malformed
                    | ErrorCode::UriTooLong
                    | ErrorCode::HeaderTooLarge
                    | ErrorCode::PayloadTooLarge
            ),
            "{code:?}"
        ),
        Ok(framing) => taken(head, framing),
    }
}

/// What must be so of a head that was taken, found in the plainest way.
fn taken(head: &[u8], framing: Framing) {
    for part in [head.len() / 3, head.len() / 2, head.len() - 1] {
        assert_eq!(
            head::check_part(&head[..part], &LIMITS),
            Ok(()),
            "refused at {part} bytes, taken as a whole"
        );
    }
    // Not `str::lines`: it would end a line at a bare line feed.
    let text = String::from_utf8_lossy(head);
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines.iter().all(|line| !line.contains(['\r', '\n', '\0'])), "a line within a line");
    let target = lines[0].split(' ').nth(1).unwrap_or_default();
    assert!(target.starts_with('/') && target.len() <= LIMITS.target_bytes);
    assert!(!target.split('?').next().unwrap_or_default().contains("//"), "an empty segment");
    let named = |name: &str| {
        let field =
            |line: &&&str| line.split(':').next().is_some_and(|found| found.eq_ignore_ascii_case(name));
        lines[1..].iter().filter(field).count()
    };
    assert!(lines.len() - 3 <= LIMITS.count, "more fields than are taken");
    assert!(named("host") <= 1 && named("content-length") <= 1 && named("transfer-encoding") <= 1);
    assert!(named("content-length") + named("transfer-encoding") <= 1, "two answers to where the body ends");
    match framing {
        Framing::Chunked => assert_eq!((named("transfer-encoding"), named("upgrade")), (1, 0)),
        Framing::Upgrade => assert_eq!((named("transfer-encoding"), named("upgrade")), (0, 1)),
        Framing::Length(length) => assert!(length == 0 || named("content-length") == 1),
    }
}

/// A chunked body: however it is cut into pieces, it ends at the same place.
pub fn http_chunks(data: &[u8]) {
    let Some((&step, body)) = data.split_first() else { return };
    let whole = follow(body, body.len().max(1));
    assert_eq!(whole, follow(body, usize::from(step % 7) + 1), "where a body ends depends on how it comes");
    if let Ok(Some(end)) = whole {
        assert!(body[..end].ends_with(b"\r\n"), "a body without an end");
        assert_eq!(follow(&body[..end - 1], 3), Ok(None), "a body that ends before its end");
        assert_eq!(follow(&[&body[..end], b"GET / HTTP/1.1\r\n"].concat(), 64), Ok(Some(end)));
    }
}

/// Where a body that comes in pieces of `step` ends.
fn follow(body: &[u8], step: usize) -> Result<Option<usize>, BadChunks> {
    let mut chunks = Chunks::new();
    let mut before = 0;
    for piece in body.chunks(step) {
        let (taken, done) = chunks.follow(piece)?;
        if done {
            return Ok(Some(before + taken));
        }
        assert_eq!(taken, piece.len(), "bytes that are nobody's");
        before += taken;
    }
    Ok(None)
}
