//! What every serving process does alike: it listens, lives until it is told to end, and ends in good order.

mod life;
mod listen;
mod open_files;
mod signal;

pub(crate) use life::{GIVE_UP, Parts, drain_window, live, other_epoch};
pub(crate) use listen::listen;
pub(crate) use open_files::allow;
pub(crate) use signal::Signals;
