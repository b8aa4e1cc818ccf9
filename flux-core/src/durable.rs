//! The durable store as a whole.

use crate::account::AccountStore;
use crate::feed::FeedStore;
use crate::friend::FriendStore;
use crate::job::JobStore;
use crate::message::MessageStore;
use crate::notify::NoticeStore;
use crate::session::SessionStore;

/// Every durable port of one backend. Transactions cross subjects (accepting a friend writes the friendship, the
/// conversation's row and two feeds), so these are views of one store and are replaced together.
///
/// # Contract
/// - What a method answered is on disk, where the backend has one: the loss of the process at any instant after
///   loses nothing of it.
/// - A method that fails has changed all it had to, or nothing.
pub trait DurableStore:
    AccountStore + SessionStore + FriendStore + MessageStore + FeedStore + JobStore + NoticeStore
{
    /// Whether what was answered survives the end of the process. Memory says no.
    fn durable(&self) -> bool;
}
