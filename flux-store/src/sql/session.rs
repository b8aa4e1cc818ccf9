//! Sessions.

use flux_core::message::SessionFacts;
use flux_core::session::{EndedSession, SessionEndReason, SessionRecord};
use flux_core::{StoreError, Timestamp};

use super::{Columns, SqlRow, corrupt};

/// Reads user, generation and whether it has ended.
pub(crate) fn facts<R: SqlRow>(columns: &mut Columns<'_, R>) -> Result<SessionFacts, StoreError> {
    Ok(SessionFacts {
        user: columns.id("sessions.user_id")?,
        generation: columns.generation("sessions.generation")?,
        ended: columns.flag("sessions.ended_ms")?,
    })
}

/// Reads why a session ended.
fn reason<R: SqlRow>(columns: &mut Columns<'_, R>) -> Result<SessionEndReason, StoreError> {
    let text = columns.text("sessions.end_reason")?;
    SessionEndReason::parse(&text).ok_or(corrupt("sessions.end_reason"))
}

/// Reads `session_columns!`, generation, and when and why it ended.
pub(crate) fn record<R: SqlRow>(row: &R) -> Result<SessionRecord, StoreError> {
    let mut columns = Columns::of(row);
    let session = columns.session()?;
    let generation = columns.generation("sessions.generation")?;
    let ended = match columns.time_or_null("sessions.ended_ms")? {
        None => None,
        Some(at) => Some((at, reason(&mut columns)?)),
    };
    Ok(SessionRecord { session, generation, ended })
}

/// Reads when a session ended, whose it was, which, and why.
pub(crate) fn revocation<R: SqlRow>(row: &R) -> Result<(Timestamp, EndedSession), StoreError> {
    let mut columns = Columns::of(row);
    let at = columns.time("sessions.ended_ms")?;
    let user = columns.id("sessions.user_id")?;
    let session = columns.id("sessions.session_id")?;
    Ok((at, EndedSession { user, session, reason: reason(&mut columns)? }))
}
