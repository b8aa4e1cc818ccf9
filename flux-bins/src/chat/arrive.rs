//! Coming in: the lists are read, and the conversation is opened that was last talked in.

use std::time::Duration;

use flux_client::{ClientError, Conversation, FriendRequest, Message, UserId};

use super::app::{App, Open};
use super::home::said;
use super::people::People;
use crate::failure::Failure;
use crate::terminal::{Tone, clean};

/// How long to wait for a connection before going on without one.
const CONNECT: Duration = Duration::from_secs(8);

/// Users that one connection may watch.
const WATCHED: usize = 500;

/// Messages that are shown of a conversation that is opened.
const GLIMPSE: u32 = 10;

/// And at most so many, if they were not read yet.
const CATCH_UP: usize = 200;

impl App {
    /// Shows who is there, and opens a conversation: the one with `with`, or the one that was last talked in.
    pub(super) async fn arrive(&mut self, with: Option<&str>) -> Result<(), Failure> {
        match tokio::time::timeout(CONNECT, self.session.online()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Failure::new(said(&error))),
            Err(_) => return self.warn("not connected; what you write waits here until the server is back"),
        }
        self.online = true;
        self.load().await?;
        let unsent = self.session.unsent().await.map_or(0, |tickets| tickets.len());
        if unsent > 0 {
            self.note(&format!("{unsent} of your messages wait to be sent"))?;
        }
        if let Some(name) = with {
            match self.people.friend(name) {
                Some(friend) => {
                    let open = Open { conversation: friend.conversation, with: friend.profile.user };
                    self.open_conversation(open).await?;
                }
                None => self.warn(&format!("{} is no friend of yours", clean::line(name)))?,
            }
        }
        Ok(())
    }

    /// Reads all lists, and says what is in them the first time.
    pub(super) async fn load(&mut self) -> Result<(), Failure> {
        match self.read_lists().await {
            Ok(conversations) => self.take_in(conversations).await,
            Err(error) => self.warn(&format!("your friends could not be read: {}", said(&error))),
        }
    }

    async fn read_lists(&mut self) -> Result<Vec<Conversation>, ClientError> {
        self.people.set_friends(self.session.friends().all().await?);
        self.names.set(self.people.names());
        self.session.conversations().all().await
    }

    async fn take_in(&mut self, conversations: Vec<Conversation>) -> Result<(), Failure> {
        let first = !std::mem::replace(&mut self.loaded, true);
        let me = self.session.user();
        for conversation in &conversations {
            let others = conversation.cursors.iter().filter(|cursor| cursor.user != me);
            // With more than two, what all of them have got to.
            let delivered = others.clone().map(|cursor| cursor.delivered_seq).min().unwrap_or(0);
            let read = others.map(|cursor| cursor.read_seq).min().unwrap_or(0);
            self.theirs.insert(conversation.conversation, (delivered, read));
            let own = conversation.cursors.iter().find(|cursor| cursor.user == me);
            self.note_read(conversation.conversation, own.map_or(0, |cursor| cursor.read_seq));
        }
        let friends: Vec<UserId> = self.people.friends().iter().map(|friend| friend.profile.user).collect();
        self.watch(&friends).await?;
        if !first {
            return Ok(());
        }
        self.greet().await?;
        let newest = conversations.iter().filter(|c| c.head_seq > 0).max_by_key(|c| c.last_message_ms);
        if self.open.is_none()
            && let Some(newest) = newest
            && let Some(friend) = self.people.in_conversation(newest.conversation)
        {
            let open = Open { conversation: newest.conversation, with: friend.profile.user };
            self.open_conversation(open).await?;
        }
        Ok(())
    }

    async fn greet(&mut self) -> Result<(), Failure> {
        let paint = self.screen.paint();
        let me = paint.tone(Tone::Strong, clean::line(&self.me)).to_string();
        self.say(&format!("you are {me}; {} shows what you can do", paint.tone(Tone::Accent, "/help")))?;
        self.list_friends()?;
        match self.session.received_requests().all().await {
            Ok(requests) => requests.iter().try_for_each(|request| self.say_asked(request)),
            Err(error) => self.warn(&said(&error)),
        }
    }

    /// Says who wants to be a friend, and what to do about it.
    pub(super) fn say_asked(&mut self, request: &FriendRequest) -> Result<(), Failure> {
        let (from, greeting) = (clean::line(&request.from.username), clean::line(&request.greeting));
        let words = if greeting.is_empty() { String::new() } else { format!(": “{greeting}”") };
        let paint = self.screen.paint();
        let hint = paint.tone(Tone::Dim, format!("/accept {from} or /reject {from}"));
        let sign = paint.tone(Tone::Warn, "★");
        self.say(&format!("{sign} {from} wants to be your friend{words}  {hint}"))
    }

    /// Watches friends, and takes in how they are.
    pub(super) async fn watch(&mut self, friends: &[UserId]) -> Result<(), Failure> {
        let friends = &friends[..friends.len().min(WATCHED)];
        if friends.is_empty() {
            return Ok(());
        }
        match self.session.watch(friends).await {
            Ok(presences) => {
                for presence in presences {
                    self.people.see(presence);
                }
                Ok(())
            }
            Err(error) => self.note(&format!("who is there cannot be seen: {}", said(&error))),
        }
    }

    /// Says who the friends are and whether they are there.
    pub(super) fn list_friends(&mut self) -> Result<(), Failure> {
        let paint = self.screen.paint();
        let lines: Vec<String> = self
            .people
            .friends()
            .into_iter()
            .map(|friend| {
                let user = friend.profile.user;
                let name = self.people.name(user);
                let also = clean::line(&friend.profile.username);
                let also = if also == name { String::new() } else { format!(" ({also})") };
                let unread = self.unread.get(&friend.conversation).copied().unwrap_or(0);
                let unread = if unread > 0 {
                    paint.tone(Tone::Warn, format!("  ✉ {unread}")).to_string()
                } else {
                    String::new()
                };
                let presence = self.people.presence(user, paint);
                format!("  {}{also}  {presence}{unread}", paint.tone(People::tone(user), name))
            })
            .collect();
        if lines.is_empty() {
            return self.note("you have no friends here yet: /add NAME asks somebody");
        }
        lines.iter().try_for_each(|line| self.say(line))
    }

    /// Shows the newest of a conversation; what is typed goes there from now on.
    pub(super) async fn open_conversation(&mut self, open: Open) -> Result<(), Failure> {
        self.open = Some(open);
        let name = self.people.name(open.with);
        let history = match self.session.history_before(open.conversation, None, GLIMPSE).await {
            Ok(history) => history,
            Err(error) => return self.warn(&said(&error)),
        };
        let rule = self.screen.paint().tone(Tone::Dim, format!("── {name} ──")).to_string();
        self.say(&rule)?;
        let seen = self.seen.get(&open.conversation).copied().unwrap_or(0);
        let messages = match self.unread_before(open, history.messages, seen).await {
            Ok(messages) => messages,
            Err(error) => return self.warn(&said(&error)),
        };
        match messages.first() {
            Some(oldest) => {
                self.oldest.insert(open.conversation, oldest.seq);
                if oldest.seq > seen + 1 {
                    let more = oldest.seq - seen - 1;
                    self.note(&format!("{more} more that you have not read stand above: /history"))?;
                }
            }
            None => self.note("nothing was said here yet")?,
        }
        for message in &messages {
            self.show(message)?;
        }
        let shown = self.shown.entry(open.conversation).or_default();
        *shown = (*shown).max(history.head_seq);
        if history.head_seq > 0 {
            self.read_up_to(open.conversation, history.head_seq).await?;
        }
        Ok(())
    }

    /// `messages`, with those before them that were not read yet.
    async fn unread_before(
        &self,
        open: Open,
        mut messages: Vec<Message>,
        seen: u64,
    ) -> Result<Vec<Message>, ClientError> {
        while let Some(first) = messages.first().map(|first| first.seq)
            && first > seen + 1
            && messages.len() < CATCH_UP
        {
            let wanted = usize::try_from(first - seen - 1).unwrap_or(CATCH_UP).min(CATCH_UP - messages.len());
            let wanted = u32::try_from(wanted).unwrap_or(GLIMPSE);
            let page = self.session.history_before(open.conversation, Some(first), wanted).await?.messages;
            if page.is_empty() {
                break;
            }
            messages.splice(0..0, page);
        }
        Ok(messages)
    }
}
