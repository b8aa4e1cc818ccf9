//! Reading single fields.

use std::str::FromStr;

use flux_core::message::InvalidText;
use flux_core::{ErrorCode, InvalidId, Seq};
use thiserror::Error;

/// What is wrong with a request that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{field}: {code}")]
pub(crate) struct Invalid {
    /// In the words of the catalogue.
    pub(crate) code: ErrorCode,
    /// Where, as the field is called in the `.proto` file.
    pub(crate) field: &'static str,
}

impl Invalid {
    /// A value that is not allowed.
    pub(crate) const fn argument(field: &'static str) -> Self {
        Self { code: ErrorCode::InvalidArgument, field }
    }

    /// A value that is not what it has to be.
    pub(crate) const fn malformed(field: &'static str) -> Self {
        Self { code: ErrorCode::Malformed, field }
    }

    /// A text that is not taken. That of a message has codes of its own.
    pub(super) const fn text(error: InvalidText, field: &'static str) -> Self {
        let code = match error {
            InvalidText::Control => ErrorCode::TextNotAllowed,
            _ => ErrorCode::InvalidArgument,
        };
        Self { code, field }
    }
}

pub(super) fn id<T>(text: &str, field: &'static str) -> Result<T, Invalid>
where
    T: FromStr<Err = InvalidId>,
{
    text.parse().map_err(|_| Invalid::malformed(field))
}

/// An id that may be left out.
pub(super) fn optional_id<T>(text: &str, field: &'static str) -> Result<Option<T>, Invalid>
where
    T: FromStr<Err = InvalidId>,
{
    if text.is_empty() { Ok(None) } else { id(text, field).map(Some) }
}

pub(super) fn ids<T>(texts: &[String], limit: usize, field: &'static str) -> Result<Vec<T>, Invalid>
where
    T: FromStr<Err = InvalidId>,
{
    if texts.len() > limit {
        return Err(Invalid::argument(field));
    }
    texts.iter().map(|text| id(text, field)).collect()
}

pub(super) fn seq(raw: u64, field: &'static str) -> Result<Seq, Invalid> {
    Seq::new(raw).ok_or(Invalid::argument(field))
}

/// How many: 0 stands for as many as there may be, and more than that is that.
pub(super) fn limit(raw: u32, most: usize) -> usize {
    match usize::try_from(raw) {
        Ok(0) | Err(_) => most,
        Ok(limit) => limit.min(most),
    }
}

/// The number of an enum; that of no variant, and the unspecified one, is refused.
pub(super) fn variant<E, T>(
    raw: i32,
    field: &'static str,
    read: impl FnOnce(E) -> Option<T>,
) -> Result<T, Invalid>
where
    E: TryFrom<i32>,
{
    E::try_from(raw).ok().and_then(read).ok_or(Invalid::argument(field))
}
