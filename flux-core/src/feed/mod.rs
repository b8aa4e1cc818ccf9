//! Feeds: the log of one reader, telling of requests, friendships, profiles and sessions.

mod model;
mod store;

pub use model::{FeedChange, FeedEntry, FeedRange};
pub use store::FeedStore;
