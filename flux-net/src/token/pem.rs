//! PEM (RFC 7468) of Ed25519 keys (RFC 8410), as `openssl genpkey -algorithm ed25519` writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// PKCS #8, version 1: all but the 32 bytes of the seed, which follow.
pub(super) const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// SubjectPublicKeyInfo: all but the 32 bytes of the point, which follow.
pub(super) const SPKI_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// One block of a PEM file.
pub(super) struct Block {
    /// What stands between `BEGIN` and the dashes.
    pub(super) label: String,
    /// The lines before it, which PEM leaves to people.
    pub(super) comment: String,
    /// What is inside.
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// Writes one block.
pub(super) fn write(label: &str, der: &[u8], into: &mut String) {
    let text = Zeroizing::new(STANDARD.encode(der));
    into.push_str("-----BEGIN ");
    into.push_str(label);
    into.push_str("-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        into.push_str(line);
        into.push('\n');
        rest = tail;
    }
    into.push_str("-----END ");
    into.push_str(label);
    into.push_str("-----\n");
}

/// Reads all blocks; `None` if one is broken or there is none.
pub(super) fn read(text: &str) -> Option<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut comment = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(label) = line.trim_end().strip_prefix("-----BEGIN ").and_then(|l| l.strip_suffix("-----"))
        else {
            comment.push_str(line);
            comment.push('\n');
            continue;
        };
        let end = format!("-----END {label}-----");
        let mut body = Zeroizing::new(String::new());
        loop {
            let line = lines.next()?.trim();
            if line == end {
                break;
            }
            body.push_str(line);
        }
        let der = Zeroizing::new(STANDARD.decode(body.as_bytes()).ok()?);
        blocks.push(Block { label: label.to_owned(), comment: std::mem::take(&mut comment), der });
    }
    (!blocks.is_empty()).then_some(blocks)
}
