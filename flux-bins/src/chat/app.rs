//! One session in front of one person: what happens is shown, what is typed is done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use flux_client::{
    ClientError, ConversationId, Event, EventStream, Message, MessageId, Session, TicketStatus, UserId,
};
use tokio::sync::mpsc;

use super::command::{self, Input as Understood};
use super::home::said;
use super::input::{Input, Names, Typed};
use super::people::People;
use super::screen::{Line, Mark, Screen};
use crate::failure::Failure;
use crate::terminal::{Tone, clean};

/// How long what was typed before the end of a pipe may take to reach the server.
const FLUSH: Duration = Duration::from_secs(10);

/// News of tickets that may wait to be shown.
const STATUSES: usize = 64;

/// What became of a message of one's own.
pub(super) struct Step {
    message: MessageId,
    status: TicketStatus,
}

/// A message of one's own that is on the screen.
pub(super) struct Shown {
    pub(super) mark: Mark,
    pub(super) text: String,
    /// Where it is stored, once it is.
    pub(super) place: Option<(ConversationId, u64)>,
}

/// The conversation that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) conversation: ConversationId,
    pub(super) with: UserId,
}

/// Whether to go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    GoOn,
    Leave,
}

/// The terminal client.
pub(crate) struct App {
    pub(super) session: Session,
    pub(super) screen: Screen,
    pub(super) people: People,
    pub(super) names: Names,
    /// What others call the person.
    pub(super) me: String,
    pub(super) open: Option<Open>,
    /// Up to where each conversation was given to this terminal, from its history or as it came. What was typed here may
    /// be stored above it.
    pub(super) shown: BTreeMap<ConversationId, u64>,
    /// From where on it has been shown.
    pub(super) oldest: BTreeMap<ConversationId, u64>,
    /// Up to where the person has read it, here or elsewhere.
    pub(super) seen: BTreeMap<ConversationId, u64>,
    /// How far the other one has got with each conversation: delivered and read.
    pub(super) theirs: BTreeMap<ConversationId, (u64, u64)>,
    /// Messages that were not read yet.
    pub(super) unread: BTreeMap<ConversationId, u64>,
    pub(super) own: BTreeMap<MessageId, Shown>,
    /// Messages that were typed here and have not come back yet, as all messages do.
    typed_here: BTreeSet<MessageId>,
    /// Whether the lists were read at least once.
    pub(super) loaded: bool,
    pub(super) online: bool,
    steps: (mpsc::Sender<Step>, mpsc::Receiver<Step>),
    input: Input,
    prompt: String,
}

impl App {
    /// Of a session, on a screen.
    pub(crate) fn new(session: Session, me: String, screen: Screen, input: Input, names: Names) -> Self {
        Self {
            session,
            screen,
            people: People::default(),
            names,
            me,
            open: None,
            shown: BTreeMap::new(),
            oldest: BTreeMap::new(),
            seen: BTreeMap::new(),
            theirs: BTreeMap::new(),
            unread: BTreeMap::new(),
            own: BTreeMap::new(),
            typed_here: BTreeSet::new(),
            loaded: false,
            online: false,
            steps: mpsc::channel(STATUSES),
            input,
            prompt: String::new(),
        }
    }

    /// Until the person leaves or the session ends. `with` is opened first, if it is a friend.
    pub(crate) async fn run(mut self, with: Option<&str>) -> Result<(), Failure> {
        let mut events = self.session.events();
        self.arrive(with).await?;
        self.ask();
        loop {
            let next = tokio::select! {
                event = events.next() => match event {
                    Some(event) => {
                        let next = self.on_event(event).await?;
                        if self.wanted_prompt() != self.prompt {
                            self.input.renew();
                        }
                        next
                    }
                    None => Next::Leave,
                },
                Some(step) = self.steps.1.recv() => {
                    self.on_step(step)?;
                    Next::GoOn
                }
                typed = self.input.next() => self.on_typed(typed, &mut events).await?,
            };
            if next == Next::Leave {
                break;
            }
        }
        self.session.close().await;
        Ok(())
    }

    /// Asks for the next line, at a prompt that says whom it goes to.
    fn ask(&mut self) {
        self.prompt = self.wanted_prompt();
        self.input.prompt(self.prompt.clone());
    }

    fn wanted_prompt(&self) -> String {
        match self.open {
            Some(open) => format!("{} › ", self.people.name(open.with)),
            None => "› ".to_owned(),
        }
    }

    async fn on_event(&mut self, event: Event) -> Result<Next, Failure> {
        match event {
            Event::Message(message) => {
                self.on_message(message).await?;
                Ok(Next::GoOn)
            }
            other => self.on_news(other).await,
        }
    }

    async fn on_typed(&mut self, typed: Typed, events: &mut EventStream) -> Result<Next, Failure> {
        let (line, ended) = match typed {
            Typed::Text(line) => (line, false),
            Typed::Line(line, at) => {
                let prompt = self.prompt.clone();
                self.screen.typed(&prompt, &line, at)?;
                (line, true)
            }
            Typed::Interrupted => return Ok(Next::Leave),
            Typed::End => {
                self.flush(events).await?;
                return Ok(Next::Leave);
            }
        };
        let next = match command::parse(&line) {
            Understood::Blank => Next::GoOn,
            Understood::Text(text) => {
                self.send(&text).await?;
                Next::GoOn
            }
            Understood::Wrong(advice) => {
                self.warn(&clean::line(&advice))?;
                Next::GoOn
            }
            Understood::Command(command) => match self.obey(command).await {
                Ok(next) => next,
                // What a person asks for may fail; they can ask again.
                Err(Trouble::Refused(error)) => {
                    self.warn(&said(&error))?;
                    Next::GoOn
                }
                Err(Trouble::Failed(failure)) => return Err(failure),
            },
        };
        if next == Next::GoOn && ended {
            self.ask();
        }
        Ok(next)
    }

    /// Waits until what was typed is with the server, showing what happens meanwhile.
    async fn flush(&mut self, events: &mut EventStream) -> Result<(), Failure> {
        let session = self.session.clone();
        let flushed = async move { tokio::time::timeout(FLUSH, session.flushed()).await };
        let mut flushed = std::pin::pin!(flushed);
        loop {
            tokio::select! {
                biased;
                Some(step) = self.steps.1.recv() => self.on_step(step)?,
                Some(event) = events.next() => {
                    if self.on_event(event).await? == Next::Leave {
                        return Ok(());
                    }
                }
                done = &mut flushed => {
                    if done.is_err() {
                        self.warn("the server was not reached; what is queued goes out the next time")?;
                    }
                    break;
                }
            }
        }
        // What the tickets said by now is still on its way here.
        while self.own.values().any(|shown| shown.mark == Mark::Queued && shown.place.is_none()) {
            let Ok(Some(step)) = tokio::time::timeout(Duration::from_secs(1), self.steps.1.recv()).await
            else {
                break;
            };
            self.on_step(step)?;
        }
        Ok(())
    }

    /// Queues a message to the conversation that is open, and shows it.
    pub(super) async fn send(&mut self, text: &str) -> Result<(), Failure> {
        let Some(open) = self.open else {
            return self.warn("whom to? /with NAME opens a conversation, /friends shows your friends");
        };
        let ticket = match self.session.send(open.with, text).await {
            Ok(ticket) => ticket,
            Err(error) => return self.warn(&said(&error)),
        };
        let message = ticket.message();
        self.typed_here.insert(message);
        self.own.insert(message, Shown { mark: Mark::Queued, text: text.to_owned(), place: None });
        self.screen.message(&Line {
            at_ms: now_ms(),
            name: "you",
            tone: Tone::Strong,
            text,
            own: Some((message, Mark::Queued)),
        })?;
        let steps = self.steps.0.clone();
        let mut statuses = ticket.status();
        tokio::spawn(async move {
            while let Some(status) = statuses.next().await {
                if steps.send(Step { message, status }).await.is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    fn on_step(&mut self, step: Step) -> Result<(), Failure> {
        let Step { message, status } = step;
        let mark = match &status {
            TicketStatus::Sent(sent) => {
                if let Some(shown) = self.own.get_mut(&message) {
                    shown.place = Some((sent.conversation, sent.seq));
                }
                let oldest = self.oldest.entry(sent.conversation).or_insert(sent.seq);
                *oldest = sent.seq.min(*oldest);
                Mark::Stored
            }
            TicketStatus::Delivered(_) => Mark::Delivered,
            TicketStatus::Read(_) => Mark::Read,
            TicketStatus::Failed(error) => {
                let why = said(error);
                self.change(message, Mark::Failed)?;
                return self.warn(&format!("not sent: {why}"));
            }
            _ => return Ok(()),
        };
        self.change(message, mark)
    }

    /// Shows that a message got further; marks never go back.
    pub(super) fn change(&mut self, message: MessageId, mark: Mark) -> Result<(), Failure> {
        let Some(shown) = self.own.get_mut(&message) else { return Ok(()) };
        if shown.mark >= mark {
            return Ok(());
        }
        shown.mark = mark;
        let text = shown.text.clone();
        if matches!(mark, Mark::Read | Mark::Failed) {
            self.own.remove(&message);
        }
        Ok(self.screen.mark(message, mark, &text)?)
    }

    /// Shows a message that came, in the conversation that is open or beside it.
    async fn on_message(&mut self, message: Message) -> Result<(), Failure> {
        let shown = self.shown.entry(message.conversation).or_default();
        // What was read from the history is there already.
        if message.seq <= *shown {
            return Ok(());
        }
        // Messages come in their order. What others wrote before one's own was stored may come after its acknowledgement.
        *shown = message.seq;
        let oldest = self.oldest.entry(message.conversation).or_insert(message.seq);
        *oldest = message.seq.min(*oldest);
        if self.typed_here.remove(&message.message) {
            return Ok(());
        }
        self.get_to_know(message.sender).await;
        let own = message.sender == self.session.user();
        if self.open.is_none() && !own {
            self.open = Some(Open { conversation: message.conversation, with: message.sender });
        }
        if self.open.is_some_and(|open| open.conversation == message.conversation) {
            self.show(&message)?;
            if !own {
                self.read_up_to(message.conversation, message.seq).await?;
            }
            return Ok(());
        }
        if own {
            return Ok(());
        }
        *self.unread.entry(message.conversation).or_default() += 1;
        let name = self.people.name(message.sender);
        if matches!(self.screen, Screen::Plain) {
            return self.show(&message);
        }
        let paint = self.screen.paint();
        let preview = crate::terminal::layout::cut(&clean::line(&message.text), 40);
        self.say(&format!(
            "{} {}: {preview}  {}",
            paint.tone(Tone::Warn, "✉"),
            paint.tone(People::tone(message.sender), &name),
            paint.tone(Tone::Dim, format!("/with {name}")),
        ))
    }

    /// Puts a message on the screen as it stands now.
    pub(super) fn show(&mut self, message: &Message) -> Result<(), Failure> {
        let own = message.sender == self.session.user();
        let name = if own { "you".to_owned() } else { self.people.name(message.sender) };
        let mark = own.then(|| {
            let (delivered, read) = self.theirs.get(&message.conversation).copied().unwrap_or_default();
            let mark = match message.seq {
                seq if seq <= read => Mark::Read,
                seq if seq <= delivered => Mark::Delivered,
                _ => Mark::Stored,
            };
            let place = Some((message.conversation, message.seq));
            if mark != Mark::Read {
                self.own.insert(message.message, Shown { mark, text: message.text.clone(), place });
            }
            (message.message, mark)
        });
        let tone = if own { Tone::Strong } else { People::tone(message.sender) };
        let line = Line { at_ms: message.stored_ms, name: &name, tone, text: &message.text, own: mark };
        Ok(self.screen.message(&line)?)
    }

    /// The person has seen everything up to `seq`.
    pub(super) async fn read_up_to(&mut self, conversation: ConversationId, seq: u64) -> Result<(), Failure> {
        self.unread.remove(&conversation);
        self.note_read(conversation, seq);
        match self.session.mark_read(conversation, seq).await {
            // Without a connection it is told later, or with the next one.
            Ok(()) | Err(ClientError::Offline | ClientError::ConnectionLost | ClientError::Timeout) => Ok(()),
            Err(error) => self.warn(&said(&error)),
        }
    }

    /// The person has read up to there.
    pub(super) fn note_read(&mut self, conversation: ConversationId, seq: u64) {
        let seen = self.seen.entry(conversation).or_default();
        *seen = seq.max(*seen);
    }

    /// Learns the name of somebody, if it can be learned now.
    async fn get_to_know(&mut self, user: UserId) {
        if !self.people.knows(user)
            && user != self.session.user()
            && let Ok(profiles) = self.session.profiles(&[user]).await
        {
            for profile in profiles {
                self.people.learn(profile);
            }
        }
    }

    /// Says something that is no message.
    pub(super) fn say(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.screen.say(text)?)
    }

    /// Says something that wants a look.
    pub(super) fn warn(&mut self, text: &str) -> Result<(), Failure> {
        let painted = self.screen.paint().tone(Tone::Warn, format!("! {text}")).to_string();
        self.say(&painted)
    }

    /// Says something by the way.
    pub(super) fn note(&mut self, text: &str) -> Result<(), Failure> {
        let painted = self.screen.paint().tone(Tone::Dim, format!("· {text}")).to_string();
        self.say(&painted)
    }
}

/// Why a command was not done.
pub(super) enum Trouble {
    /// The server or the network said no: the person is told, and goes on.
    Refused(ClientError),
    /// There is no going on.
    Failed(Failure),
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        Self::Refused(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
