//! What is read of users again and again, kept beside the store that all processes share: cards, what may be seen of
//! people's presence, and who is friends with whom.
//!
//! [`UserCache`] is what services read through, [`CacheStore`] the port that keeps. Reading goes beside the durable
//! store ("cache-aside"): who misses is given a lease, reads the store, and fills the place if the lease still stands
//! (Nishtala et al., *Scaling Memcache at Facebook*, NSDI 2013, section 3.2.1). A write takes what it changed out of the
//! cache, leases and all, after its commit and before anybody is told of it. So a read from before the commit never
//! fills a place after it.
//!
//! Nothing here decides: appends, fencing and the rules of friendship read in the transaction that writes. Message text,
//! addresses and secrets are not kept. Whatever the cache does not answer at once, the store does.

mod breaker;
mod changes;
mod doubts;
mod meters;
mod port;
mod shared;
mod users;

pub(crate) use changes::relations_in;
pub use port::{CacheKey, CacheStore, CacheValue, FriendSet, LeaseToken, Looked};
pub use users::{CachePorts, CacheSettings, UserCache};
