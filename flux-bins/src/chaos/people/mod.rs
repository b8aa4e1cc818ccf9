//! The people of a run: clients that do at random what people do, and record it.

mod device;
mod outbox;
mod transport;
mod user;

use std::sync::Arc;

pub(super) use device::Device;
pub(super) use user::User;

use super::meter::Meter;
use super::tape::Tape;

/// What all of them share.
#[derive(Clone)]
pub(super) struct Scene {
    /// Where the gate is.
    pub(super) url: String,
    pub(super) tape: Arc<Tape>,
    pub(super) meter: Arc<Meter>,
}
