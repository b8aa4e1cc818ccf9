//! Whether a session may still act, by its durable row.

use super::{Actor, SessionStore};
use crate::error::{ActError, Fenced};
use crate::message::{SessionFacts, fence};

/// Says no to an actor whose session has ended or was taken over. For operations whose own transaction does not
/// compare it.
pub(crate) async fn standing(store: &dyn SessionStore, actor: &Actor) -> Result<(), ActError> {
    let record = store.session(actor.session).await?.ok_or(Fenced::SessionEnded)?;
    let facts = SessionFacts {
        user: record.session.user,
        generation: record.generation,
        ended: record.ended.is_some(),
    };
    Ok(fence(Some(&facts), *actor)?)
}
