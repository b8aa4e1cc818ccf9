//! Doing what a command says.

use flux_client::{FriendRequest, FriendRequested, OwnPresence, Profile};

use super::app::{App, Next, Open, Trouble};
use super::command::{COMMANDS, Command};
use crate::failure::Failure;
use crate::terminal::layout::left;
use crate::terminal::{Tone, clean, clock};

/// People that a search shows.
const FOUND: u32 = 10;

impl App {
    pub(super) async fn obey(&mut self, command: Command) -> Result<Next, Trouble> {
        match command {
            Command::Help => self.help()?,
            Command::Friends => self.list_friends()?,
            Command::Requests => self.requests().await?,
            Command::Add { name, greeting } => self.add(&name, greeting).await?,
            Command::Accept(name) => match self.request_of(&name).await? {
                Some(request) => self.session.accept_friend(request.request).await?,
                None => self.warn(&format!("{} did not ask you", clean::line(&name)))?,
            },
            Command::Reject(name) => match self.request_of(&name).await? {
                Some(request) => {
                    self.session.reject_friend(request.request).await?;
                    self.note(&format!("you said no to {}", clean::line(&name)))?;
                }
                None => self.warn(&format!("{} did not ask you", clean::line(&name)))?,
            },
            Command::With(name) => {
                if let Some(open) = self.friend(&name)? {
                    self.open_conversation(open).await?;
                }
            }
            Command::History(count) => self.history(count).await?,
            Command::Status(presence) => self.status(presence).await?,
            Command::Remark { name, remark } => {
                if let Some(open) = self.friend(&name)? {
                    self.session.set_remark(open.with, remark.clone()).await?;
                    self.people.set_remark(open.with, remark);
                    let now = self.people.name(open.with);
                    self.note(&format!("you call them {now} now"))?;
                }
            }
            Command::Block(name) => {
                if let Some(somebody) = self.somebody(&name).await? {
                    self.session.block(somebody.user).await?;
                }
            }
            Command::Unblock(name) => {
                let blocks = self.session.blocks().all().await?;
                match blocks.into_iter().find(|block| block.profile.username == name.to_lowercase()) {
                    Some(block) => self.session.unblock(block.profile.user).await?,
                    None => self.warn(&format!("you did not block {}", clean::line(&name)))?,
                }
            }
            Command::Remove(name) => {
                if let Some(open) = self.friend(&name)? {
                    self.session.remove_friend(open.with).await?;
                }
            }
            Command::Search(text) => self.search(&text).await?,
            Command::Who => self.who().await?,
            Command::Sessions => self.sessions().await?,
            Command::Logout => {
                self.session.logout().await?;
                self.note("logged out")?;
                return Ok(Next::Leave);
            }
            Command::Quit => return Ok(Next::Leave),
        }
        Ok(Next::GoOn)
    }

    fn help(&mut self) -> Result<(), Failure> {
        let paint = self.screen.paint();
        for (name, what, does) in COMMANDS {
            let usage = left(&format!("/{name} {what}"), 31);
            self.say(&format!("  {} {does}", paint.tone(Tone::Accent, usage)))?;
        }
        self.say("  anything else goes to the conversation that is open; //text begins with a slash")
    }

    async fn requests(&mut self) -> Result<(), Trouble> {
        let received = self.session.received_requests().all().await?;
        let sent = self.session.sent_requests().all().await?;
        if received.is_empty() && sent.is_empty() {
            self.note("nobody asks, and you ask nobody")?;
        }
        for request in received {
            let (name, greeting) = (clean::line(&request.from.username), clean::line(&request.greeting));
            let greeting = if greeting.is_empty() { greeting } else { format!(": “{greeting}”") };
            self.say(&format!("  {name} wants to be your friend{greeting}"))?;
        }
        for request in sent {
            self.say(&format!("  you asked {}", clean::line(&request.to.username)))?;
        }
        Ok(())
    }

    async fn add(&mut self, name: &str, greeting: String) -> Result<(), Trouble> {
        let Some(somebody) = self.somebody(name).await? else { return Ok(()) };
        // The feed tells what came of it.
        match self.session.request_friend(somebody.user, greeting).await? {
            FriendRequested::Pending(_) | FriendRequested::Friends(_) => Ok(()),
        }
    }

    /// The request of friendship that `name` made.
    async fn request_of(&self, name: &str) -> Result<Option<FriendRequest>, Trouble> {
        let name = name.to_lowercase();
        let requests = self.session.received_requests().all().await?;
        Ok(requests.into_iter().find(|request| request.from.username == name))
    }

    /// The conversation with the friend of that name; says so if there is none.
    fn friend(&mut self, name: &str) -> Result<Option<Open>, Failure> {
        let friend = self.people.friend(name);
        let open = friend.map(|friend| Open { conversation: friend.conversation, with: friend.profile.user });
        if open.is_none() {
            self.warn(&format!("{} is no friend of yours; /friends shows who is", clean::line(name)))?;
        }
        Ok(open)
    }

    /// The user of that name, or with that e-mail address; says so if there is none.
    async fn somebody(&mut self, name: &str) -> Result<Option<Profile>, Trouble> {
        if let Some(friend) = self.people.friend(name) {
            return Ok(Some(friend.profile.clone()));
        }
        let found = self.session.search(name, FOUND).await?;
        let by_address = name.contains('@');
        let exact = found.into_iter().find(|profile| by_address || profile.username == name.to_lowercase());
        if exact.is_none() {
            self.warn(&format!("there is no {}; /search finds people", clean::line(name)))?;
        }
        Ok(exact)
    }

    async fn history(&mut self, count: usize) -> Result<(), Trouble> {
        let Some(open) = self.open else {
            return Ok(self.warn("no conversation is open: /with NAME")?);
        };
        let mut before = self.oldest.get(&open.conversation).copied();
        let mut messages = Vec::new();
        while messages.len() < count && before.is_none_or(|seq| seq > 1) {
            let wanted = u32::try_from(count - messages.len()).unwrap_or(u32::MAX);
            let page = self.session.history_before(open.conversation, before, wanted).await?.messages;
            let Some(first) = page.first() else { break };
            before = Some(first.seq);
            messages.splice(0..0, page);
        }
        let Some(first) = messages.first() else {
            return Ok(self.note("there is nothing older")?);
        };
        self.oldest.insert(open.conversation, first.seq);
        let day = clock::date(first.stored_ms);
        self.note(&format!("{} older messages, from {day} on:", messages.len()))?;
        for message in &messages {
            self.show(message)?;
        }
        self.note("end of the older messages")?;
        Ok(())
    }

    async fn status(&mut self, presence: OwnPresence) -> Result<(), Trouble> {
        self.session.set_presence(presence).await?;
        let seen = match presence {
            OwnPresence::Away => "away",
            OwnPresence::Invisible => "offline",
            _ => "online",
        };
        Ok(self.note(&format!("others see you as {seen}"))?)
    }

    async fn search(&mut self, text: &str) -> Result<(), Trouble> {
        let found = self.session.search(text, FOUND).await?;
        if found.is_empty() {
            self.note("nobody")?;
        }
        for profile in found {
            let (name, called) = (clean::line(&profile.username), clean::line(&profile.display_name));
            let called = if called == name { String::new() } else { format!("  {called}") };
            let name = self.screen.paint().tone(Tone::Accent, name).to_string();
            self.say(&format!("  {name}{called}"))?;
        }
        Ok(())
    }

    async fn who(&mut self) -> Result<(), Trouble> {
        let me = clean::line(&self.me);
        self.say(&format!("  you are {me}, {}", if self.online { "connected" } else { "not connected" }))?;
        match self.open {
            Some(open) => {
                let (name, paint) = (self.people.name(open.with), self.screen.paint());
                let presence = self.people.presence(open.with, paint);
                self.say(&format!("  you talk with {name}  {presence}"))?;
            }
            None => self.say("  you talk with nobody: /with NAME")?,
        }
        let here: Vec<String> = self.people.online().into_iter().map(|user| self.people.name(user)).collect();
        if !here.is_empty() {
            self.say(&format!("  here now: {}", here.join(", ")))?;
        }
        let unsent = self.session.unsent().await?.len();
        if unsent > 0 {
            self.say(&format!("  {unsent} of your messages wait to be sent"))?;
        }
        Ok(())
    }

    async fn sessions(&mut self) -> Result<(), Trouble> {
        for session in self.session.sessions().await? {
            let device = clean::line(&session.device.name);
            let device = if device.is_empty() { session.device.class.as_str().to_owned() } else { device };
            let used = clock::date_and_time(session.last_used_ms);
            let here = if session.current { "  (this one)" } else { "" };
            self.say(&format!("  {device}, last used {used}{here}"))?;
        }
        Ok(())
    }
}
