//! Instants on the way of a message at which a test ends or stops a process: the places that no port lies between.
//!
//! Without the feature `faults` nobody can listen, and passing one of them does nothing at all.

/// Where the way of a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Instant {
    /// A transaction has written all it has to, its rows are locked, and COMMIT is not asked for.
    BeforeCommit,
    /// COMMIT was answered, and nobody knows of it yet.
    AfterCommit,
    /// A send is answered next.
    BeforeAck,
    /// A stored message is pushed to the connections of this process next.
    BeforePush,
    /// It waits to be written to them.
    AfterPush,
}

#[cfg(feature = "faults")]
type Listener = Box<dyn Fn(Instant) + Send + Sync>;

#[cfg(feature = "faults")]
static LISTENER: std::sync::OnceLock<Listener> = std::sync::OnceLock::new();

/// Lets `listener` hear of every instant that this process passes. The first one stays.
#[cfg(feature = "faults")]
pub fn listen(listener: impl Fn(Instant) + Send + Sync + 'static) {
    let _ = LISTENER.set(Box::new(listener));
}

/// The way of a message is at this instant.
#[inline]
pub fn pass(instant: Instant) {
    #[cfg(feature = "faults")]
    if let Some(listener) = LISTENER.get() {
        listener(instant);
    }
    #[cfg(not(feature = "faults"))]
    let _ = instant;
}
