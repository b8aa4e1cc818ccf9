//! The parts that programs are put together from: folder, secrets, ports, and settings of services.

mod auth;
mod cluster;
mod data_dir;
mod mail;
mod network;
mod notify;
mod ports;
mod rotation;
mod secrets;
mod settings;

pub use data_dir::{DataDir, DataDirError};
pub use ports::Embedded;
pub use rotation::rotate_keys;
pub use secrets::{SecretError, code_secret, token_keys};

pub(crate) use auth::service_auth;
pub(crate) use cluster::{Backends, Services, code_file, mysql_advice, mysql_settings, ports, token_file};
pub(crate) use data_dir::{database, make_private, private_file};
pub(crate) use mail::{MailOut, smtp};
pub(crate) use network::{chat, chat_url, gate, grpc_limits, listener};
pub(crate) use notify::notices;
pub(crate) use ports::{sqlite, with_advice};
pub(crate) use settings::{cluster_domain, domain, tokens};
