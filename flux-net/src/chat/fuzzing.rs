//! What holds for frames, cursors and handshakes: see [`crate::fuzzing`].

pub use super::codec::fuzzing::*;
pub use super::upgrade::fuzzing::*;
