use std::fmt;

/// Stands in debug output for what must not be in it.
pub(super) struct Redacted {
    bytes: usize,
}

impl Redacted {
    pub(super) fn new(content: impl AsRef<[u8]>) -> Self {
        Self { bytes: content.as_ref().len() }
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.bytes)
    }
}
