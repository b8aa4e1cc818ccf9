//! The programs of Flux, as a library: what each binary puts together lies here, so that a binary fits on one screen.

pub mod config;
