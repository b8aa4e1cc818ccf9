//! People whose programs are the typed client, and who record everything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_bins::chaos::world::until;
use flux_client::{
    Client, ClientBuilder, Config, ConversationId, Destination, Device, DeviceClass, Event, MemoryOutbox,
    MessageId, OutboxChange, OutboxStore, QueuedSend, Secret, Session, Start, StoreError, Ticket, UserId,
};
use flux_history::What;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use crate::tape::Tape;
use crate::world::{PASSWORD, PATIENCE, soon};

/// The numbers of the sends that are not answered.
type Open = Arc<Mutex<BTreeMap<MessageId, u64>>>;

/// A session that records what it does and sees.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) session: Session,
    tape: Arc<Tape>,
    open: Open,
    /// The newest seq that its application was given, by conversation.
    given: watch::Receiver<BTreeMap<ConversationId, u64>>,
    _listening: Arc<AbortOnDropHandle<()>>,
}

impl Person {
    /// Logs `user` in on a device of its own, at the server at `url`.
    pub(crate) async fn log_in(tape: &Arc<Tape>, url: &str, user: &str, device: &str) -> Self {
        Self::log_in_by(tape, Client::builder(url), user, device).await
    }

    /// The same, with a client of one's own.
    pub(crate) async fn log_in_by(tape: &Arc<Tape>, client: ClientBuilder, user: &str, device: &str) -> Self {
        let name = format!("{user}/{device}");
        let open = Open::default();
        let outbox = RecordedOutbox {
            inner: MemoryOutbox::new(),
            session: name.clone(),
            tape: Arc::clone(tape),
            open: Arc::clone(&open),
        };
        let mut config = Config::default();
        config.start = Start::Beginning;
        // Who has to prove something in a minute does not wait for half of it.
        config.backoff_base = Duration::from_millis(5);
        config.backoff_cap = Duration::from_millis(200);
        config.request_timeout = Duration::from_secs(2);
        let client = client.outbox(Arc::new(outbox)).config(config).build().unwrap();
        let device = Device::new(device, DeviceClass::Other);
        let session = client.login(user, &Secret::from(PASSWORD), device).await.unwrap();
        tape.note(What::Login { session: name.clone().into(), user: session.user().to_string().into() });
        let (tell, given) = watch::channel(BTreeMap::new());
        let listening = tokio::spawn(listen(session.clone(), Arc::clone(tape), name, tell));
        soon("a connection", session.online()).await.unwrap();
        let listening = Arc::new(AbortOnDropHandle::new(listening));
        Self { session, tape: Arc::clone(tape), open, given, _listening: listening }
    }

    /// Makes friends; their conversation.
    pub(crate) async fn befriend(&self, other: &Self) -> ConversationId {
        self.session.request_friend(other.session.user(), "it is me").await.unwrap();
        let requests = other.session.received_requests().all().await.unwrap();
        other.session.accept_friend(requests[0].request).await.unwrap();
        let users: [UserId; 2] = [self.session.user(), other.session.user()];
        let conversation = ConversationId::direct(users[0], users[1]);
        self.tape.note(What::Members {
            conversation: conversation.to_string().into(),
            users: users.map(|user| user.to_string().into()).to_vec(),
        });
        conversation
    }

    /// Hands a message over. What becomes of it is recorded when [`Self::answered`] is asked.
    pub(crate) async fn send(&self, to: ConversationId, text: String) -> Ticket {
        self.session.send(to, text).await.unwrap()
    }

    /// Waits until it is known what became of a message.
    pub(crate) async fn answered(&self, ticket: &Ticket) {
        let sent = ticket.sent().await;
        let Some(op) = self.open.lock().unwrap().remove(&ticket.message()) else { return };
        self.tape.note(match sent {
            Ok(sent) => {
                What::Acked { op, epoch: self.tape.life(&sent.epoch.to_string()).into(), seq: sent.seq }
            }
            Err(_) => What::Failed { op },
        });
    }

    /// Waits until its application was given everything up to `seq`.
    pub(crate) async fn has(&self, conversation: ConversationId, seq: u64) {
        let mut given = self.given.clone();
        let what = format!("{} being given {conversation} up to {seq}", self.session.user());
        let has = given.wait_for(|given| given.get(&conversation).is_some_and(|last| *last >= seq));
        let _ = soon(&what, has).await.unwrap();
    }

    /// Reads the whole of a conversation; its newest seq.
    pub(crate) async fn read(&self, conversation: ConversationId) -> u64 {
        let reading = self.tape.number();
        self.tape.note(What::Reading {
            reading,
            conversation: conversation.to_string().into(),
            epoch: "1".into(),
        });
        let mut last = 0;
        loop {
            // Who has much to read is told to wait now and then.
            let page = until(PATIENCE, "a page", async || {
                match self.session.history_after(conversation, last, 0).await {
                    Err(error) if error.retryable() => None,
                    page => Some(page.unwrap()),
                }
            });
            let page = page.await.unwrap();
            for message in &page.messages {
                last = message.seq;
                self.tape.note(What::Entry {
                    reading,
                    seq: message.seq,
                    message: message.message.to_string().into(),
                    sender: message.sender.to_string().into(),
                    body: message.text.clone().into(),
                });
            }
            if page.messages.is_empty() || last >= page.head_seq {
                self.tape.note(What::Read { reading, head: page.head_seq });
                return page.head_seq;
            }
        }
    }
}

/// Records what a session is told.
async fn listen(
    session: Session,
    tape: Arc<Tape>,
    name: String,
    given: watch::Sender<BTreeMap<ConversationId, u64>>,
) {
    let mut events = session.events();
    let mut connection: Option<String> = None;
    let mut life = 1_u64;
    let mut number = 0;
    drop(session);
    while let Some(event) = events.next().await {
        match event {
            Event::Connection(state) => match (state.is_online(), connection.take()) {
                (true, None) => {
                    number += 1;
                    let own = format!("{name}#{number}");
                    let (session, connected) = (name.clone().into(), own.clone().into());
                    tape.note(What::Hello { connection: connected, session });
                    tape.note(What::Welcome { connection: own.clone().into() });
                    connection = Some(own);
                }
                (true, own) => connection = own,
                (false, Some(own)) => tape.note(What::Closed { connection: own.into() }),
                (false, None) => {}
            },
            Event::StoreReset { .. } => life += 1,
            Event::Message(message) => {
                tape.note(What::Got {
                    session: name.clone().into(),
                    epoch: life.to_string().into(),
                    conversation: message.conversation.to_string().into(),
                    seq: message.seq,
                    message: message.message.to_string().into(),
                    sender: message.sender.to_string().into(),
                    body: message.text.into(),
                });
                given.send_modify(|given| {
                    given.insert(message.conversation, message.seq);
                });
            }
            Event::Receipt(receipt) => tape.note(What::Receipt {
                session: name.clone().into(),
                conversation: receipt.conversation.to_string().into(),
                user: receipt.cursor.user.to_string().into(),
                delivered: receipt.cursor.delivered_seq,
                read: receipt.cursor.read_seq,
            }),
            _ => {}
        }
    }
}

/// An outbox that records a message before anybody can send it.
struct RecordedOutbox {
    inner: MemoryOutbox,
    session: String,
    tape: Arc<Tape>,
    open: Open,
}

impl RecordedOutbox {
    fn note(&self, send: &QueuedSend) {
        let Destination::Conversation(conversation) = send.to else { panic!("sent to a conversation") };
        let op = self.tape.number();
        self.open.lock().unwrap().insert(send.message, op);
        self.tape.note(What::Send {
            op,
            session: self.session.clone().into(),
            connection: None,
            lane: Some(self.session.clone().into()),
            conversation: conversation.to_string().into(),
            message: send.message.to_string().into(),
            body: send.text.clone().into(),
        });
    }
}

#[async_trait]
impl OutboxStore for RecordedOutbox {
    async fn load(&self, sender: UserId) -> Result<Vec<QueuedSend>, StoreError> {
        self.inner.load(sender).await
    }

    async fn apply(&self, changes: Vec<OutboxChange>) -> Result<(), StoreError> {
        for change in &changes {
            if let OutboxChange::Put(send) = change {
                self.note(send);
            }
        }
        self.inner.apply(changes).await
    }
}
