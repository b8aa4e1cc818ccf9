//! The programs of Flux, as a library: what each binary puts together lies here, so that a binary fits on one screen.
//!
//! [`config`] reads and checks settings, [`compose`] opens what they name, and each command of `flux` is a module that
//! [`cli`] calls. [`chaos`] runs them as processes to break them.

pub mod chaos;
pub mod cli;
pub mod compose;
pub mod config;
pub mod failure;
pub mod observe;
pub mod service;
pub mod telemetry;

mod chat;
mod cluster;
mod db;
mod demo;
#[cfg(feature = "faults")]
mod faults;
mod mail;
mod process;
mod register;
mod terminal;
mod up;
