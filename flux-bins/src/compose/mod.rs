//! The parts that programs are put together from: folder, secrets, ports, and settings of services.

mod data_dir;
mod network;
mod ports;
mod rotation;
mod secrets;
mod settings;

pub use data_dir::{DataDir, DataDirError};
pub use ports::Embedded;
pub use rotation::rotate_keys;
pub use secrets::{SecretError, code_secret, token_keys};

pub(crate) use data_dir::database;
pub(crate) use network::{chat, chat_url, gate, listener};
pub(crate) use ports::{sqlite, with_advice};
pub(crate) use settings::{domain, tokens};
