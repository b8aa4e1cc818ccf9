//! Answering commands.

use std::sync::Arc;

use flux_core::friend::PageToken;
use flux_core::guard::ClientAddr;
use flux_core::message::{Conversation, MAX_PAGE};
use flux_core::routing::Connected;
use flux_core::session::Actor;
use flux_core::{ErrorCode, LogId, Seq, UserId};
use tracing::{error, warn};

use crate::chat::codec::{self, Answer, Ask, AskFriends, Invalid, Rejection, ReplyResult, Requested};
use crate::chat::server::Inner;

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub(super) server: Arc<Inner>,
    pub(super) connected: Connected,
    pub(super) client: ClientAddr,
}

/// What the peer is told of a failure, which is logged here once if somebody has to look at it.
pub(super) fn refused<E>(error: E) -> Rejection
where
    E: std::error::Error,
    for<'e> Rejection: From<&'e E>,
{
    let rejection = Rejection::from(&error);
    match rejection.code {
        ErrorCode::Internal => error!(error = %error, cause = ?error.source(), "request failed"),
        ErrorCode::Unavailable | ErrorCode::Timeout => {
            warn!(error = %error, cause = ?error.source(), "request not carried out");
        }
        _ => {}
    }
    rejection
}

impl Asker {
    fn actor(&self) -> &Actor {
        &self.connected.actor
    }

    /// Looks up or does what was asked.
    pub(super) async fn answer(&self, ask: Ask) -> ReplyResult {
        let flux = self.server.flux();
        let actor = self.actor();
        Ok(match ask {
            Ask::History { conversation, from, limit } => {
                let history =
                    flux.messages.history(actor, conversation, from, limit).await.map_err(refused)?;
                self.told(LogId::Conversation(conversation), history.head);
                Requested::History { conversation, history }
            }
            Ask::Feed { after, limit } => {
                let range = flux.messages.feed(actor, after, limit).await.map_err(refused)?;
                self.told(LogId::Feed(actor.user), range.head);
                Requested::Feed(range)
            }
            Ask::Sync { cursor, page } => self.sync(&cursor, &page).await?,
            Ask::SetTyping { conversation, typing } => {
                flux.messages.set_typing(actor, conversation, typing).await.map_err(refused)?;
                Requested::Done
            }
            Ask::SetPresence(presence) => {
                flux.presence.set(actor, presence).await.map_err(refused)?;
                Requested::Done
            }
            Ask::WatchPresence(users) => {
                let watched = flux.presence.watch(actor, &self.connected.outbox, &users).await;
                Requested::Presences(watched.map_err(refused)?)
            }
            Ask::UnwatchPresence(users) => {
                flux.presence.unwatch(actor, &users);
                Requested::Done
            }
            Ask::SearchUsers { query, limit } => {
                let found = flux.accounts.search(actor, query.expose(), limit, &self.client).await;
                Requested::Profiles(found.map_err(refused)?)
            }
            Ask::GetProfiles(users) => self.profiles(&users).await?,
            Ask::ListSessions => {
                let sessions = flux.sessions.list(actor).await.map_err(refused)?;
                Requested::Sessions { sessions, current: actor.session }
            }
            Ask::Logout { session } => {
                match session {
                    Some(session) => flux.sessions.end(actor, session).await,
                    None => flux.sessions.logout(actor).await,
                }
                .map_err(refused)?;
                Requested::Done
            }
            Ask::Friends(ask) => return self.friends(ask).await,
        })
    }

    async fn friends(&self, ask: AskFriends) -> ReplyResult {
        let friends = &self.server.flux().friends;
        let actor = self.actor();
        let done = match ask {
            AskFriends::Request { to, greeting } => {
                let asked = friends.request(actor, to, greeting).await.map_err(refused)?;
                return Ok(Requested::Asked(Box::new(asked)));
            }
            AskFriends::Requests { direction, page } => {
                let listed = friends.requests(actor, direction, token(&page)?, MAX_PAGE).await;
                return Ok(Requested::Requests(listed.map_err(refused)?));
            }
            AskFriends::List { page } => {
                let listed = friends.friends(actor, token(&page)?, MAX_PAGE).await;
                return Ok(Requested::Friends(listed.map_err(refused)?));
            }
            AskFriends::Blocks { page } => {
                let listed = friends.blocks(actor, token(&page)?, MAX_PAGE).await;
                return Ok(Requested::Blocks(listed.map_err(refused)?));
            }
            AskFriends::Answer { request, answer: Answer::Accept } => {
                friends.accept(actor, request).await.map(drop)
            }
            AskFriends::Answer { request, answer: Answer::Reject } => friends.reject(actor, request).await,
            AskFriends::Answer { request, answer: Answer::Cancel } => friends.cancel(actor, request).await,
            AskFriends::Remove(friend) => friends.remove(actor, friend).await,
            AskFriends::SetRemark { friend, remark } => friends.set_remark(actor, friend, remark).await,
            AskFriends::Block(user) => friends.block(actor, user).await,
            AskFriends::Unblock(user) => friends.unblock(actor, user).await,
        };
        done.map(|()| Requested::Done).map_err(refused)
    }

    async fn sync(&self, cursor: &str, page: &str) -> ReplyResult {
        let messages = &self.server.flux().messages;
        let actor = self.actor();
        let synced = if page.is_empty() {
            messages.sync(actor, codec::read_cursor(cursor, actor.user)?, MAX_PAGE).await
        } else {
            messages.sync_next(actor, codec::read_page(page, actor.user)?, MAX_PAGE).await
        };
        let page = synced.map_err(refused)?;
        self.told_of(&page.conversations, page.feed_head);
        Ok(Requested::Sync { user: actor.user, page })
    }

    async fn profiles(&self, users: &[UserId]) -> ReplyResult {
        let profiles = self.server.flux().accounts.shown_profiles(users).await;
        profiles.map(Requested::Profiles).map_err(refused)
    }

    /// The connection is being told how far a log goes: repair need not tell it again.
    fn told(&self, log: LogId, head: Seq) {
        self.connected.outbox.told(log, head);
    }

    pub(super) fn told_of(&self, conversations: &[Conversation], feed: Seq) {
        for conversation in conversations {
            self.told(LogId::Conversation(conversation.conversation), conversation.head);
        }
        self.told(LogId::Feed(self.actor().user), feed);
    }
}

/// The page that a text names; `None` for an empty one, which is the first.
fn token(text: &str) -> Result<Option<PageToken>, Rejection> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = text.parse().map_err(|_| Invalid { code: ErrorCode::InvalidPage, field: "page" });
    Ok(parsed.map(Some)?)
}
