//! What every SQL database has in common here: how the core's types stand in rows, and how rows become the core's types
//! again. Texts of statements, transactions and errors are each adapter's own.

mod feed;
mod friend;
mod job;
mod message;
mod notice;
mod rows;
mod session;

pub(crate) use self::feed::{encode as feed_text, range as feed_range};
pub(crate) use self::friend::{RequestRow, blocks, friends, requests, side};
pub(crate) use self::job::{Kind as JobKind, Place as JobPlace, nothing_left};
pub(crate) use self::message::{changed_logs, conversations, cursor, direct, history, stored};
pub(crate) use self::notice::{claim as notice_claim, wrote};
pub(crate) use self::rows::{
    Columns, Id, SqlRow, account_columns, corrupt, int, limit, profile_columns, session_columns,
};
pub(crate) use self::session::{facts as session_facts, record, revocation};
