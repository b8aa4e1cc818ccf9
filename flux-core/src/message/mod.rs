//! Messages: sending by group commit, history, sync and cursors.

mod commit;
mod error;
mod lane;
mod meters;
mod model;
mod plan;
mod service;
mod store;
mod text;

pub use commit::{CommitObserver, CommitSettings, GroupCommit, Queued};
pub use error::{MessageError, SendRefusal};
pub use lane::SendLane;
pub use model::{
    Append, Conversation, ConversationKind, Cursor, CursorMove, Destination, DirectPolicy, History,
    HistoryFrom, Message, MessageText, Sent, Stamp, SyncCursor,
};
pub use plan::{
    ConversationFacts, Facts, MAX_BATCH, MessageKey, Needs, Plan, SessionFacts, StoredFacts, fence, plan,
};
pub use service::{
    CursorTicket, MAX_PAGE, MessageSender, Messages, SendPolicy, SendTicket, SyncPage, SyncPlace,
};
pub use store::{
    ChangePlace, ChangedConversations, ChangedLog, LONGEST_TRANSACTION, MessageStore, Write, WriteRefusal,
    Written,
};
pub use text::InvalidText;
