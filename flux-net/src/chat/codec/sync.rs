//! Where a sync ended and where it goes on, as text that is opaque to clients.
//!
//! Base64url of one byte of version and kind, the values, and eight bytes of SHA-256 over both and the user's id. The
//! hash has no key, and needs none: these say only what the client's own next answer may leave out. It tells texts that
//! were cut, mixed up or made for somebody else from those that this server gave.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flux_core::message::{Stamp, SyncCursor, SyncPage, SyncPlace};
use flux_core::{ConversationId, Epoch, ErrorCode, UserId};
use flux_proto::v1;
use ring::digest::{SHA256, digest};

use super::Invalid;
use super::message::conversation;

/// Version 1 of each kind.
pub(super) const CURSOR: u8 = 0x11;
pub(super) const PAGE: u8 = 0x12;

const CHECK: usize = 8;

/// The longest text that can be one of these.
const MAX_TEXT: usize = 160;

/// Not what this server gave to this user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Forged;

/// Reads a sync cursor of `user`; `None` for an empty text.
pub(crate) fn read_cursor(text: &str, user: UserId) -> Result<Option<SyncCursor>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = |bytes: Vec<u8>| {
        let mut reader = Reader(&bytes);
        let cursor = reader.cursor()?;
        reader.end()?;
        Ok(Some(cursor))
    };
    open(text, CURSOR, user).and_then(read).map_err(|Forged| invalid("sync_cursor"))
}

/// Reads where a page of a sync of `user` goes on.
pub(crate) fn read_page(text: &str, user: UserId) -> Result<SyncPlace, Invalid> {
    open(text, PAGE, user).and_then(|bytes| place(&bytes)).map_err(|Forged| invalid("page"))
}

const fn invalid(field: &'static str) -> Invalid {
    Invalid { code: ErrorCode::InvalidPage, field }
}

fn place(bytes: &[u8]) -> Result<SyncPlace, Forged> {
    let mut reader = Reader(bytes);
    let since = match reader.take::<1>()? {
        [0] => None,
        [1] => Some(reader.cursor()?),
        _ => return Err(Forged),
    };
    let cursor = reader.cursor()?;
    let stamp = reader.stamp()?;
    let last = ConversationId::from_slice(&reader.take::<16>()?).map_err(|_| Forged)?;
    reader.end()?;
    Ok(SyncPlace { since, cursor, below: (stamp, last) })
}

pub(super) fn write_cursor(cursor: SyncCursor, user: UserId) -> String {
    let mut bytes = vec![CURSOR];
    put_cursor(&mut bytes, cursor);
    seal(bytes, user)
}

pub(super) fn write_page(place: &SyncPlace, user: UserId) -> String {
    let mut bytes = vec![PAGE, u8::from(place.since.is_some())];
    if let Some(since) = place.since {
        put_cursor(&mut bytes, since);
    }
    put_cursor(&mut bytes, place.cursor);
    bytes.extend(place.below.0.0.to_be_bytes());
    bytes.extend(place.below.1.as_bytes());
    seal(bytes, user)
}

fn put_cursor(bytes: &mut Vec<u8>, cursor: SyncCursor) {
    bytes.extend(cursor.epoch.as_bytes());
    bytes.extend(cursor.until.0.to_be_bytes());
}

fn check(bytes: &[u8], user: UserId) -> [u8; CHECK] {
    let hash = digest(&SHA256, &[b"flux.v1 sync".as_slice(), user.as_bytes(), bytes].concat());
    let mut check = [0; CHECK];
    check.copy_from_slice(&hash.as_ref()[..CHECK]);
    check
}

pub(super) fn seal(mut bytes: Vec<u8>, user: UserId) -> String {
    let check = check(&bytes, user);
    bytes.extend(check);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What was sealed, without its kind.
fn open(text: &str, kind: u8, user: UserId) -> Result<Vec<u8>, Forged> {
    if text.len() > MAX_TEXT {
        return Err(Forged);
    }
    let mut bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Forged)?;
    let body = bytes.len().checked_sub(CHECK).ok_or(Forged)?;
    if bytes[body..] != check(&bytes[..body], user) {
        return Err(Forged);
    }
    bytes.truncate(body);
    if bytes.first() != Some(&kind) {
        return Err(Forged);
    }
    bytes.remove(0);
    Ok(bytes)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Forged> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Forged)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn stamp(&mut self) -> Result<Stamp, Forged> {
        self.take::<8>().map(u64::from_be_bytes).map(Stamp)
    }

    fn cursor(&mut self) -> Result<SyncCursor, Forged> {
        let epoch = Epoch::from_slice(&self.take::<16>()?).map_err(|_| Forged)?;
        Ok(SyncCursor { epoch, until: self.stamp()? })
    }

    fn end(self) -> Result<(), Forged> {
        if self.0.is_empty() { Ok(()) } else { Err(Forged) }
    }
}

pub(super) fn page(page: &SyncPage, user: UserId) -> v1::SyncPage {
    v1::SyncPage {
        conversations: page.conversations.iter().map(conversation).collect(),
        feed_head_seq: page.feed_head.get(),
        feed_floor_seq: page.feed_floor.get(),
        next_page: page.next.as_ref().map_or_else(String::new, |next| write_page(next, user)),
        sync_cursor: write_cursor(page.cursor, user),
    }
}
