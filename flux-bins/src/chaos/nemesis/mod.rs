//! What is done to the servers: faults, each with its end.

mod fault;
mod strike;

pub(super) use fault::Fault;
pub(super) use strike::strike;
