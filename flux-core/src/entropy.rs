//! The port that chance comes through, so that a test runs it by hand.

/// Unpredictable bytes: ids, verification codes and tokens are made of them.
///
/// # Contract
/// - Outside tests the bytes come from a cryptographically secure source.
/// - It does not fail: where the system's source is broken, the process ends rather than go on guessable.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `buffer`.
    fn fill(&self, buffer: &mut [u8]);
}

/// `N` fresh bytes.
#[must_use]
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut buffer = [0; N];
    entropy.fill(&mut buffer);
    buffer
}

/// A number below `bound`, each as likely as the others (rejection sampling).
#[must_use]
pub fn below(entropy: &dyn Entropy, bound: u32) -> u32 {
    let bound = bound.max(1);
    // The largest multiple of `bound` that fits: what lies above it would favour small numbers.
    let limit = u32::MAX - u32::MAX % bound;
    loop {
        let drawn = u32::from_le_bytes(bytes(entropy));
        if drawn < limit {
            return drawn % bound;
        }
    }
}
