//! Private database servers as child processes: on loopback, on a free port, in a folder of their own, ended with their
//! owner. For tests, and for clusters on one machine.
//!
//! The programs are those of the system: where one is not installed, [`ServerError::NotInstalled`] names the Debian
//! package that brings it.

mod mariadb;
mod process;
mod redis;
mod redis_cluster;
mod sentinel;

pub use self::mariadb::{Durability, MariaDb, MariaDbConfig};
pub use self::process::ServerError;
pub use self::redis::{RedisServer, RedisServerConfig};
pub use self::redis_cluster::RedisCluster;
pub use self::sentinel::RedisSentinel;
