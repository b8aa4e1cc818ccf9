//! Nothing acknowledged is lost, doubled or reordered: real processes are killed and cut off at every instant, clients
//! record what they see, and a checker that knows nothing of them reads it. That it sees what it should is shown on
//! processes that break their promises on purpose.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod account;
mod people;
mod raw;
mod tape;
mod world;

mod kills;
mod planted;
mod sweep;
