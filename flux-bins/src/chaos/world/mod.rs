//! Real processes over real servers, to be killed, stopped, cut off and restarted: what the tests of faults and
//! `flux chaos` run on.
//!
//! A [`Plan`] says what is wanted: [`Plan::chats`] a cluster, [`Single`] one process with all of it. Everything lies in one
//! folder, listens on loopback, and ends with its value.

mod balancer;
mod cluster;
mod databases;
mod error;
mod health;
mod plan;
mod ports;
mod program;
pub mod proxy;
mod single;
mod wait;

pub use balancer::Balancer;
pub use cluster::Cluster;
pub use databases::{address, at, statement};
pub use error::WorldError;
pub use health::{Readiness, lacks_nothing, readiness};
pub use plan::{Papers, Plan, Proof};
pub use ports::port;
pub use program::{Kind, Paused, Program, Site};
pub use proxy::{Proxy, Wire};
pub use single::Single;
pub use wait::{until, within};
