//! What a history is made of.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// An id, or a text, as whoever recorded it wrote it. The checker only compares.
pub type Text<'t> = Cow<'t, str>;

/// One thing that a client did or saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event<'t> {
    /// When, in microseconds of one clock that does not jump. Events of a history are in the order of this clock; what was
    /// *asked* is recorded before it is asked, what was *seen* after it was seen.
    pub at: u64,
    /// What.
    #[serde(borrow)]
    pub what: What<'t>,
}

/// What a client did or saw. All that has an answer has a number (`op`, `reading`) of its own, used once in a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What<'t> {
    /// Whose conversation it is from now on. Before the first of these nobody may write or read it.
    Members {
        /// Which.
        #[serde(borrow)]
        conversation: Text<'t>,
        /// All of them.
        #[serde(borrow)]
        users: Vec<Text<'t>>,
    },
    /// A session was opened.
    Login {
        /// Its name.
        #[serde(borrow)]
        session: Text<'t>,
        /// Whose.
        #[serde(borrow)]
        user: Text<'t>,
    },
    /// The end of a session is certain: whoever asked for it was answered.
    Revoked {
        /// Which.
        #[serde(borrow)]
        session: Text<'t>,
    },
    /// A connection asks to be the session's.
    Hello {
        /// Its name, used once.
        #[serde(borrow)]
        connection: Text<'t>,
        /// Whose it is.
        #[serde(borrow)]
        session: Text<'t>,
    },
    /// It is.
    Welcome {
        /// Which.
        #[serde(borrow)]
        connection: Text<'t>,
    },
    /// The client has heard, or made sure, that the connection is gone.
    Closed {
        /// Which.
        #[serde(borrow)]
        connection: Text<'t>,
    },
    /// A message is about to be sent; a repeated send is another `op` with the same message.
    Send {
        /// The number of this try.
        op: u64,
        /// Who sends.
        #[serde(borrow)]
        session: Text<'t>,
        /// Over which connection, where there is one.
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        connection: Option<Text<'t>>,
        /// What the client sends in order: messages of one lane are in the conversation in the order of their first try.
        /// Without one no order was promised.
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        lane: Option<Text<'t>>,
        /// Where to.
        #[serde(borrow)]
        conversation: Text<'t>,
        /// Its id, chosen by the sender.
        #[serde(borrow)]
        message: Text<'t>,
        /// What it says, or a hash of it.
        #[serde(borrow)]
        body: Text<'t>,
    },
    /// The server said that the message is stored.
    Acked {
        /// Which try.
        op: u64,
        /// In which life of the store.
        #[serde(borrow)]
        epoch: Text<'t>,
        /// Where in the conversation.
        seq: u64,
    },
    /// The server said that it has not stored the message, and will not because of this try.
    Failed {
        /// Which try.
        op: u64,
    },
    /// Nobody knows what became of this try.
    Unknown {
        /// Which.
        op: u64,
    },
    /// The application of a session was given a message. It is given each one once, in order, without holes, from wherever
    /// it began.
    Got {
        /// To whom.
        #[serde(borrow)]
        session: Text<'t>,
        /// In which life of the store.
        #[serde(borrow)]
        epoch: Text<'t>,
        /// Which conversation.
        #[serde(borrow)]
        conversation: Text<'t>,
        /// Where in it.
        seq: u64,
        /// Its id.
        #[serde(borrow)]
        message: Text<'t>,
        /// Who sent it, as the server says.
        #[serde(borrow)]
        sender: Text<'t>,
        /// What it says.
        #[serde(borrow)]
        body: Text<'t>,
    },
    /// The session's program lost what it knew, so its application is given things anew.
    StartedOver {
        /// Which.
        #[serde(borrow)]
        session: Text<'t>,
    },
    /// The application of a session was told how far a member has got.
    Receipt {
        /// Who was told.
        #[serde(borrow)]
        session: Text<'t>,
        /// Of which conversation.
        #[serde(borrow)]
        conversation: Text<'t>,
        /// Of whom.
        #[serde(borrow)]
        user: Text<'t>,
        /// All up to here is delivered.
        delivered: u64,
        /// All up to here is read.
        read: u64,
    },
    /// A full reading of a conversation begins.
    Reading {
        /// Its number.
        reading: u64,
        /// Of which.
        #[serde(borrow)]
        conversation: Text<'t>,
        /// In which life of the store.
        #[serde(borrow)]
        epoch: Text<'t>,
    },
    /// What it found.
    Entry {
        /// Which reading.
        reading: u64,
        /// Where in the conversation.
        seq: u64,
        /// Its id.
        #[serde(borrow)]
        message: Text<'t>,
        /// Who sent it, as the server says.
        #[serde(borrow)]
        sender: Text<'t>,
        /// What it says.
        #[serde(borrow)]
        body: Text<'t>,
    },
    /// The reading is over, and was whole.
    Read {
        /// Which.
        reading: u64,
        /// The newest entry, by what the server said before the reading.
        head: u64,
    },
    /// The operator began a new life of the store on purpose: what was acknowledged in others may be gone.
    NewEpoch {
        /// Its name.
        #[serde(borrow)]
        epoch: Text<'t>,
    },
    /// A session asks to be told of a user's coming and going.
    Watch {
        /// Who asks.
        #[serde(borrow)]
        session: Text<'t>,
        /// Of whom.
        #[serde(borrow)]
        user: Text<'t>,
    },
    /// The last connection of a user is gone, and none comes before `Came`.
    Left {
        /// Who.
        #[serde(borrow)]
        user: Text<'t>,
    },
    /// A user connects again.
    Came {
        /// Who.
        #[serde(borrow)]
        user: Text<'t>,
    },
    /// The application of a session was told whether a user is there.
    Presence {
        /// Who was told.
        #[serde(borrow)]
        session: Text<'t>,
        /// Of whom.
        #[serde(borrow)]
        user: Text<'t>,
        /// Whether they were said to be there.
        online: bool,
    },
    /// Something is being broken on purpose: what is promised within a time is not, until `Calm`.
    Storm,
    /// Everything works again.
    Calm,
    /// The clients had all the time they needed: whoever is connected has all that was acknowledged.
    Quiet,
}
