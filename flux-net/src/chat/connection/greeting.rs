//! The first words: who comes, and what they missed.

use std::collections::BTreeMap;
use std::sync::Arc;

use flux_core::guard::ClientAddr;
use flux_core::message::{MAX_PAGE, SyncPage};
use flux_core::session::Actor;
use flux_core::{ErrorCode, LogId, Seq};
use tracing::{Span, debug, error};

use super::lease::Lease;
use super::requests::{Asker, refused};
use crate::chat::codec::{self, Hello, KnownHeads, Rejection, Welcome};
use crate::chat::server::Inner;

/// A connection that stands, and what it is told first.
pub(super) struct Greeted {
    pub(super) lease: Lease,
    pub(super) welcome: Welcome,
}

/// Answers `hello`: verifies the token, claims the session, and reads what changed since the client was here. The
/// claim comes before the read, so that what happens in between waits in the outbox.
pub(super) async fn greet(
    server: &Arc<Inner>,
    client: ClientAddr,
    hello: Hello,
) -> Result<Greeted, Rejection> {
    let flux = server.flux();
    let now = server.clock().now();
    let claims = server.tokens().verify(hello.token.expose(), now).map_err(|error| {
        debug!(error = %error, "access token refused");
        Rejection::new(ErrorCode::Unauthenticated)
    })?;
    let cursor = codec::read_cursor(&hello.cursor, claims.user)?;
    let span = Span::current();
    span.record("user.id", tracing::field::display(claims.user));
    span.record("session.id", tracing::field::display(claims.session));
    let lease = Lease::claim(server, claims.user, claims.session).await.map_err(refused)?;
    let connected = lease.connected().clone();
    let actor = connected.actor;
    let mut page = flux.messages.sync(&actor, cursor, MAX_PAGE).await.map_err(refused)?;
    if let Some(heads) = hello.heads.filter(|heads| heads.epoch == flux.messages.epoch()) {
        compare(server, &actor, &heads, cursor.is_some(), &mut page).await?;
    }
    let asker = Asker { server: Arc::clone(server), connected, client };
    asker.told_of(&page.conversations, page.feed_head);
    debug!(client = %hello.client, "welcome");
    let config = server.config();
    let welcome = Welcome {
        actor,
        node: flux.router.node(),
        epoch: flux.messages.epoch(),
        heartbeat: config.heartbeat,
        frame_bytes: config.frame_bytes,
        watched_users: config.watched_users,
        open_requests: config.open_requests,
        now: server.clock().now(),
        sync: page,
    };
    Ok(Greeted { lease, welcome })
}

/// Adds the conversations whose heads are not as the client knows them. Without a cursor the pages hold every
/// conversation, and there is nothing to add.
///
/// A head that the client knows and the store has not reached means that the store has lost what it had confirmed.
async fn compare(
    server: &Arc<Inner>,
    actor: &Actor,
    heads: &KnownHeads,
    partial: bool,
    page: &mut SyncPage,
) -> Result<(), Rejection> {
    let known: BTreeMap<LogId, Seq> =
        heads.conversations.iter().map(|(id, head)| (LogId::Conversation(*id), *head)).collect();
    let differing = server.flux().messages.compare_heads(actor, &known).await.map_err(refused)?;
    let ahead = |id, head: Seq| heads.conversations.get(&id).is_some_and(|known| *known > head);
    let lost = differing.iter().find(|found| ahead(found.conversation, found.head));
    if let Some(lost) = lost {
        error!(
            alarm = "epoch_ahead", conversation.id = %lost.conversation, head = %lost.head,
            "a client knows entries that the store has lost"
        );
        return Err(ErrorCode::EpochAhead.into());
    }
    if heads.feed.is_some_and(|known| known > page.feed_head) {
        error!(alarm = "epoch_ahead", head = %page.feed_head, "a client knows feed entries that the store has lost");
        return Err(ErrorCode::EpochAhead.into());
    }
    if partial {
        let listed = |id| page.conversations.iter().any(|listed| listed.conversation == id);
        let missing: Vec<_> = differing.into_iter().filter(|found| !listed(found.conversation)).collect();
        page.conversations.extend(missing);
    }
    Ok(())
}
