//! What holds for messages between services and their credentials: see [`crate::fuzzing`].

pub use super::auth::fuzzing::*;
pub use super::wire::fuzzing::*;
