//! The people of a run: clients that do at random what people do, and record it.

mod device;
mod outbox;
mod transport;
mod user;

use std::sync::Arc;

use flux_client::UserId;
use flux_history::What;

pub(super) use device::Device;
pub(super) use user::{DEVICES, User};

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

impl Scene {
    /// All sessions of a user are over for sure, and none begins before they come.
    fn left(&self, user: UserId) {
        self.tape.note(What::Left { user: user.to_string().into() });
        self.meter.left(user);
    }

    /// A user is about to connect again.
    fn came(&self, user: UserId) {
        self.meter.came(user);
        self.tape.note(What::Came { user: user.to_string().into() });
    }
}
