//! Envelopes.

use std::sync::Arc;

use flux_core::Generation;
use flux_core::routing::{Delivery, Envelope, Notice};
use flux_core::session::EndedSession;
use flux_proto::v1::{self, peer_notice::Notice as Wire};
use tracing::debug;

use super::people::read_end_reason;
use super::{Unreadable, event, needed, read_id, read_ids};
use crate::wire::end_reason;

/// Leaves out what this wire has no words for.
pub(in crate::grpc) fn envelope(envelope: &Envelope) -> v1::PeerEnvelope {
    let notices = envelope.notices.iter().filter_map(notice);
    v1::PeerEnvelope { notices: notices.map(|notice| v1::PeerNotice { notice: Some(notice) }).collect() }
}

/// Passes over what cannot be read: it is of a newer release, and repair tells of it.
pub(in crate::grpc) fn read_envelope(envelope: v1::PeerEnvelope) -> Envelope {
    let notices = envelope.notices.into_iter().filter_map(|notice| match read_notice(notice) {
        Ok(notice) => Some(notice),
        Err(error) => {
            debug!(%error, "notice passed over");
            None
        }
    });
    Envelope { notices: notices.collect() }
}

fn notice(notice: &Notice) -> Option<Wire> {
    Some(match notice {
        Notice::Deliver(delivery) => Wire::Deliver(v1::PeerDelivery {
            user_ids: delivery.users.iter().map(ToString::to_string).collect(),
            except_session_id: delivery.except.map_or_else(String::new, |session| session.to_string()),
            event: Some(event::event(&delivery.event, &delivery.users)?),
            traceparent: delivery.trace.map_or_else(String::new, |trace| trace.to_string()),
        }),
        &Notice::Disconnect { user, session, reason } => Wire::Disconnect(v1::PeerDisconnect {
            user_id: user.to_string(),
            session_id: session.to_string(),
            reason: end_reason(reason).into(),
        }),
        Notice::Supersede { user, session, generation } => Wire::Supersede(v1::PeerSupersede {
            user_id: user.to_string(),
            session_id: session.to_string(),
            generation: generation.get(),
        }),
        Notice::PresenceChanged(user) => {
            Wire::PresenceChanged(v1::PeerPresenceChanged { user_id: user.to_string() })
        }
        Notice::Parted(one, other) => {
            Wire::Parted(v1::PeerParted { one_id: one.to_string(), other_id: other.to_string() })
        }
        _ => return None,
    })
}

fn read_notice(notice: v1::PeerNotice) -> Result<Notice, Unreadable> {
    Ok(match needed(notice.notice, "notice")? {
        Wire::Deliver(v1::PeerDelivery { user_ids, except_session_id, event, traceparent }) => {
            let except = match except_session_id.as_str() {
                "" => None,
                text => Some(read_id(text, "except_session_id")?),
            };
            let users = read_ids(&user_ids, "user_ids")?.into();
            let event = event::read_event(needed(event, "event")?)?;
            // A trace is nothing that anybody relies on: one that cannot be read is none.
            let trace = traceparent.parse().ok();
            Notice::Deliver(Arc::new(Delivery { users, except, event, trace }))
        }
        Wire::Disconnect(disconnect) => {
            let EndedSession { user, session, reason } = read_disconnect(&disconnect)?;
            Notice::Disconnect { user, session, reason }
        }
        Wire::Supersede(v1::PeerSupersede { user_id, session_id, generation }) => Notice::Supersede {
            user: read_id(&user_id, "user_id")?,
            session: read_id(&session_id, "session_id")?,
            generation: Generation::new(generation),
        },
        Wire::PresenceChanged(changed) => Notice::PresenceChanged(read_id(&changed.user_id, "user_id")?),
        Wire::Parted(v1::PeerParted { one_id, other_id }) => {
            Notice::Parted(read_id(&one_id, "one_id")?, read_id(&other_id, "other_id")?)
        }
    })
}

pub(in crate::grpc) fn read_disconnect(disconnect: &v1::PeerDisconnect) -> Result<EndedSession, Unreadable> {
    Ok(EndedSession {
        user: read_id(&disconnect.user_id, "user_id")?,
        session: read_id(&disconnect.session_id, "session_id")?,
        reason: read_end_reason(disconnect.reason()),
    })
}
