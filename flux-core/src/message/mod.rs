//! Messages: sending by group commit, history, sync and cursors.

mod error;
mod model;
mod plan;
mod store;
mod text;

pub use error::{MessageError, SendRefusal};
pub use model::{
    Append, Conversation, ConversationKind, Cursor, CursorMove, Destination, DirectPolicy, History,
    HistoryFrom, Message, MessageText, Sent, Stamp, SyncCursor,
};
pub use plan::{
    ConversationFacts, Facts, MAX_BATCH, MessageKey, Needs, Plan, SessionFacts, StoredFacts, fence, plan,
};
pub use store::{
    ChangePlace, ChangedConversations, ChangedLog, LONGEST_TRANSACTION, MessageStore, Write, WriteRefusal,
    Written,
};
pub use text::InvalidText;
