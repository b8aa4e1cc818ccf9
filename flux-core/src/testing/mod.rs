//! For tests: a clock driven by hand, chance from a seed, and the contract of every port as a suite.

pub mod contract;

mod clock;
mod entropy;

pub use clock::ManualClock;
pub use entropy::SeededEntropy;
