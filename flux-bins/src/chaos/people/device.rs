//! A session on a device, which records what it does and is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flux_client::{
    Client, ClientError, Config, ConversationId, DeviceClass, Event, EventStream, PresenceState, Secret,
    Session, SessionId, Start, Ticket, UserId,
};
use flux_history::What;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::Scene;
use super::outbox::{Open, RecordedOutbox};
use super::transport::Connections;

/// The one life of the store that a run sees.
const EPOCH: &str = "1";

/// A session of one user.
#[derive(Clone)]
pub(in crate::chaos) struct Device {
    pub(in crate::chaos) name: String,
    pub(in crate::chaos) session: Session,
    scene: Scene,
    open: Open,
    /// The newest seq that its application was given, by conversation.
    given: watch::Receiver<BTreeMap<ConversationId, u64>>,
    _listening: Arc<AbortOnDropHandle<()>>,
}

impl Device {
    /// Logs `user` in.
    pub(in crate::chaos) async fn log_in(
        scene: &Scene,
        user: UserId,
        username: &str,
        password: &Secret,
    ) -> Result<Self, ClientError> {
        let name = format!("{username}/{}", scene.tape.number());
        let open = Open::default();
        let connections = Arc::new(Connections::new(name.clone(), Arc::clone(&scene.tape)));
        let outbox = RecordedOutbox::new(name.clone(), Arc::clone(&scene.tape), open.clone());
        let mut config = Config::default();
        config.start = Start::Beginning;
        // What is measured is the server: its deadline is 5 s.
        config.request_timeout = Duration::from_secs(8);
        let client = Client::builder(&scene.url)
            .transport(Arc::clone(&connections) as _)
            .outbox(Arc::new(outbox))
            .config(config)
            .build()?;
        // It connects as soon as it is opened.
        scene.tape.note(What::Login { session: name.clone().into(), user: user.to_string().into() });
        let device = flux_client::Device::new("chaos", DeviceClass::Other);
        let session = client.login(username, password, device).await?;
        let (tell, given) = watch::channel(BTreeMap::new());
        let listener = Listener {
            session: session.clone(),
            scene: scene.clone(),
            name: name.clone(),
            connections,
            given: tell,
        };
        let listening = Arc::new(AbortOnDropHandle::new(tokio::spawn(listener.listen(session.events()))));
        Ok(Self { name, session, scene: scene.clone(), open, given, _listening: listening })
    }

    /// Hands a message over.
    pub(in crate::chaos) async fn send(
        &self,
        to: ConversationId,
        text: String,
    ) -> Result<Ticket, ClientError> {
        self.session.send(to, text).await
    }

    /// Waits until it is known what became of a message.
    pub(in crate::chaos) async fn answered(&self, ticket: &Ticket) {
        let sent = ticket.sent().await;
        let Some(op) = self.open.take(ticket.message()) else { return };
        self.scene.tape.note(match sent {
            Ok(sent) => What::Acked { op, epoch: EPOCH.into(), seq: sent.seq },
            Err(ClientError::Refused(_)) => What::Failed { op },
            Err(_) => What::Unknown { op },
        });
    }

    /// Its end is certain.
    pub(in crate::chaos) fn revoked(&self) {
        self.scene.meter.gone(&self.name);
        self.scene.tape.note(What::Revoked { session: self.name.clone().into() });
    }

    /// Watches these users.
    pub(in crate::chaos) async fn watch(&self, users: &[UserId]) {
        for user in users {
            let (session, user) = (self.name.clone().into(), user.to_string().into());
            self.scene.tape.note(What::Watch { session, user });
        }
        for presence in self.timed(self.session.watch(users)).await.unwrap_or_default() {
            told(&self.scene, &self.name, presence.user, presence.state);
        }
    }

    /// The id of its session.
    pub(in crate::chaos) async fn id(&self) -> Option<SessionId> {
        self.session.saved().await.map(|saved| saved.session)
    }

    /// A call, with its time.
    pub(in crate::chaos) async fn timed<F: Future>(&self, call: F) -> F::Output {
        let began = Instant::now();
        let answer = call.await;
        self.scene.meter.call(began.elapsed());
        answer
    }

    /// Waits until its application was given everything up to `seq`.
    pub(in crate::chaos) async fn has(&self, conversation: ConversationId, seq: u64) {
        let mut given = self.given.clone();
        let has = |given: &BTreeMap<_, _>| given.get(&conversation).is_some_and(|last| *last >= seq);
        // If it is over, nothing more comes.
        let _ = given.wait_for(|given| seq == 0 || has(given)).await;
    }

    /// Up to where its application was given a conversation.
    pub(in crate::chaos) fn given(&self, conversation: ConversationId) -> u64 {
        self.given.borrow().get(&conversation).copied().unwrap_or_default()
    }

    /// Reads the whole of a conversation.
    pub(in crate::chaos) async fn read(&self, conversation: ConversationId) -> Result<(), ClientError> {
        let head = self.session.history_before(conversation, None, 1).await?.head_seq;
        let reading = self.scene.tape.number();
        let (name, epoch) = (conversation.to_string().into(), EPOCH.into());
        self.scene.tape.note(What::Reading { reading, conversation: name, epoch });
        let mut last = 0;
        while last < head {
            let page = self.session.history_after(conversation, last, 0).await?;
            let Some(newest) = page.messages.last() else { break };
            last = newest.seq;
            for message in page.messages {
                self.scene.tape.note(What::Entry {
                    reading,
                    seq: message.seq,
                    message: message.message.to_string().into(),
                    sender: message.sender.to_string().into(),
                    body: message.text.into(),
                });
            }
        }
        self.scene.tape.note(What::Read { reading, head });
        Ok(())
    }
}

/// Records what a session is told.
struct Listener {
    session: Session,
    scene: Scene,
    name: String,
    connections: Arc<Connections>,
    given: watch::Sender<BTreeMap<ConversationId, u64>>,
}

impl Listener {
    async fn listen(self, mut events: EventStream) {
        let mut life = 1_u64;
        while let Some(event) = events.next().await {
            match event {
                // One that is gone already was there too shortly to be told of.
                Event::Connection(state) if state.is_online() && self.session.connection().is_online() => {
                    self.connections.welcomed();
                    self.scene.meter.back(&self.name);
                }
                Event::Connection(_) => self.scene.meter.lost(&self.name),
                Event::StoreReset { .. } => life += 1,
                Event::Message(message) => {
                    self.scene.tape.note(What::Got {
                        session: self.name.clone().into(),
                        epoch: life.to_string().into(),
                        conversation: message.conversation.to_string().into(),
                        seq: message.seq,
                        message: message.message.to_string().into(),
                        sender: message.sender.to_string().into(),
                        body: message.text.into(),
                    });
                    self.given.send_modify(|given| {
                        given.insert(message.conversation, message.seq);
                    });
                }
                Event::Receipt(receipt) => self.scene.tape.note(What::Receipt {
                    session: self.name.clone().into(),
                    conversation: receipt.conversation.to_string().into(),
                    user: receipt.cursor.user.to_string().into(),
                    delivered: receipt.cursor.delivered_seq,
                    read: receipt.cursor.read_seq,
                }),
                Event::Presence(presence) => {
                    told(&self.scene, &self.name, presence.user, presence.state);
                }
                Event::Alarm(alarm) => self.scene.tape.alarm(&self.name, &alarm),
                _ => {}
            }
        }
    }
}

/// Who is not known to be there is not believed there.
fn told(scene: &Scene, name: &str, user: UserId, state: PresenceState) {
    let online = !matches!(state, PresenceState::Offline | PresenceState::Unknown);
    scene.meter.seen(user, online);
    let (session, user) = (name.to_owned().into(), user.to_string().into());
    scene.tape.note(What::Presence { session, user, online });
}
