//! What happens beside messages: receipts, comings and goings, friends, the connection.

use flux_client::{
    Alarm, ConnectionState, DisconnectReason, Event, FeedChange, FriendRequestState, MessageId, Presence,
    PresenceState, Receipt,
};

use super::app::{App, Next, Open};
use super::home::said;
use super::screen::Mark;
use crate::failure::Failure;
use crate::terminal::{Tone, clean};

impl App {
    pub(super) async fn on_news(&mut self, event: Event) -> Result<Next, Failure> {
        match event {
            Event::Receipt(receipt) => self.on_receipt(receipt)?,
            Event::Presence(presence) => self.on_presence(presence)?,
            Event::Feed(entry) => self.on_change(entry.change).await?,
            Event::FeedReset => self.load().await?,
            Event::Connection(state) => return self.on_connection(state).await,
            Event::StoreReset { .. } => {
                self.shown.clear();
                self.oldest.clear();
                self.warn("the server's storage began anew: what was said before may be gone")?;
                self.load().await?;
            }
            Event::Alarm(alarm) => self.on_alarm(alarm)?,
            Event::SessionEnded(reason) => {
                self.warn(&format!("the session has ended: {reason}"))?;
                return Ok(Next::Leave);
            }
            // Typing is not shown: on a terminal it would push everything else away. What was lost is told by what follows.
            _ => {}
        }
        Ok(Next::GoOn)
    }

    fn on_receipt(&mut self, receipt: Receipt) -> Result<(), Failure> {
        let (conversation, cursor) = (receipt.conversation, receipt.cursor);
        if cursor.user == self.session.user() {
            // Read on another device.
            self.unread.remove(&conversation);
            self.note_read(conversation, cursor.read_seq);
            return Ok(());
        }
        let theirs = self.theirs.entry(conversation).or_default();
        *theirs = (theirs.0.max(cursor.delivered_seq), theirs.1.max(cursor.read_seq));
        let (delivered, read) = *theirs;
        let reached = |seq: u64| {
            if seq <= read { Some(Mark::Read) } else { (seq <= delivered).then_some(Mark::Delivered) }
        };
        let changed: Vec<(MessageId, Mark)> = self
            .own
            .iter()
            .filter_map(|(message, shown)| {
                let (place, seq) = shown.place?;
                (place == conversation).then_some(())?;
                Some((*message, reached(seq)?))
            })
            .collect();
        for (message, mark) in changed {
            // Each step is one, even where the other has made two at once.
            self.change(message, Mark::Delivered)?;
            self.change(message, mark)?;
        }
        Ok(())
    }

    fn on_presence(&mut self, presence: Presence) -> Result<(), Failure> {
        if !self.people.see(presence) {
            return Ok(());
        }
        let name = self.people.name(presence.user);
        match presence.state {
            PresenceState::Online => self.note(&format!("{name} is online")),
            PresenceState::Away => self.note(&format!("{name} is away")),
            PresenceState::Offline => self.note(&format!("{name} is offline")),
            _ => Ok(()),
        }
    }

    async fn on_change(&mut self, change: FeedChange) -> Result<(), Failure> {
        match change {
            FeedChange::FriendRequest(request) => {
                let (from, to) = (clean::line(&request.from.username), clean::line(&request.to.username));
                let mine = request.from.user == self.session.user();
                // After an absence the answer may be known before the question is read.
                let settled =
                    self.people.is_friend(request.from.user) || self.people.is_friend(request.to.user);
                match (request.state, mine) {
                    (FriendRequestState::Pending, _) if settled => {}
                    (FriendRequestState::Pending, false) => {
                        self.say_asked(&request)?;
                    }
                    (FriendRequestState::Pending, true) => {
                        self.note(&format!("you asked {to} to be your friend"))?;
                    }
                    (FriendRequestState::Rejected, true) => self.note(&format!("{to} said no"))?,
                    (FriendRequestState::Cancelled, false) => {
                        self.note(&format!("{from} took the request back"))?;
                    }
                    _ => {}
                }
            }
            FeedChange::FriendAdded(friend) => {
                let (user, conversation) = (friend.profile.user, friend.conversation);
                self.people.add(friend);
                self.names.set(self.people.names());
                let name = self.people.name(user);
                let sign = self.screen.paint().tone(Tone::Good, "♥").to_string();
                self.say(&format!("{sign} {name} and you are friends now"))?;
                if self.open.is_none() {
                    self.open = Some(Open { conversation, with: user });
                    self.note(&format!("what you type goes to {name}"))?;
                }
                self.watch(&[user]).await?;
            }
            FeedChange::FriendRemoved(user) => {
                let name = self.people.name(user);
                self.people.remove(user);
                self.names.set(self.people.names());
                self.note(&format!("{name} and you are no longer friends"))?;
            }
            FeedChange::RemarkChanged { friend, remark } => self.people.set_remark(friend, remark),
            FeedChange::Blocked(block) => {
                let name = clean::line(&block.profile.username);
                self.note(&format!("you blocked {name}: neither can write to the other"))?;
            }
            FeedChange::Unblocked(user) => {
                let name = self.people.name(user);
                self.note(&format!("you unblocked {name}"))?;
            }
            FeedChange::ProfileChanged(profile) => self.people.learn(profile),
            FeedChange::SessionOpened(session) if !session.current => {
                let device = clean::line(&session.device.name);
                let on = if device.is_empty() { String::new() } else { format!(" on {device}") };
                self.note(&format!("you logged in{on}; /sessions shows where else"))?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn on_connection(&mut self, state: ConnectionState) -> Result<Next, Failure> {
        match state {
            ConnectionState::Online => {
                if !self.loaded {
                    self.load().await?;
                } else if !self.online {
                    self.note("connected again")?;
                }
                self.online = true;
            }
            ConnectionState::Offline { reason: DisconnectReason::Superseded, .. } => {
                self.warn("this session goes on in another program; log in there, or keep this one elsewhere with --state")?;
                return Ok(Next::Leave);
            }
            // The end of the session follows, and says so.
            ConnectionState::Offline { reason: DisconnectReason::SessionEnded(_), .. } => {}
            ConnectionState::Offline { reason, .. } if self.online => {
                self.online = false;
                let reason = match &reason {
                    DisconnectReason::Failed(error) => said(error).trim_end_matches('.').to_owned(),
                    other => other.to_string(),
                };
                self.warn(&format!("not connected: {reason}; what you write waits here"))?;
            }
            _ => {}
        }
        Ok(Next::GoOn)
    }

    fn on_alarm(&mut self, alarm: Alarm) -> Result<(), Failure> {
        let what = match alarm {
            Alarm::HeadWentBack { known_seq, server_seq, .. } => {
                format!("the newest message here is number {known_seq}, the server has only {server_seq}")
            }
            Alarm::Hole { after_seq, before_seq, .. } => {
                format!("messages are missing between number {after_seq} and {before_seq}")
            }
            _ => "the server knows less than it did".to_owned(),
        };
        self.warn(&format!("the server lost data: {what}; tell whoever runs it"))
    }
}
