use std::fmt;

/// Stands in debug output for what must not be in it.
pub(super) struct Redacted {
    bytes: usize,
}

impl Redacted {
    pub(super) fn new(text: &str) -> Self {
        Self { bytes: text.len() }
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.bytes)
    }
}
