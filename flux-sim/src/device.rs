//! A device of a user: a client program that is used, ended, started again, logged out and in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flux_client::{
    Client, Config, ConversationId, Event, EventStream, PresenceState, Session, Start, UserId,
};
use flux_core::session::{Actor, Device as About, DeviceClass, DeviceName};
use flux_history::What;

use crate::chance::Chance;
use crate::cluster::Cluster;
use crate::gate::Gate;
use crate::history::{History, Tap};
use crate::network::Place;
use crate::parts::{Disk, Kept, Parts};
use crate::time::ProcessClock;

/// One run of the program.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) gate: Arc<Gate>,
    pub(crate) session: Session,
    taps: Arc<Mutex<Vec<Arc<Tap>>>>,
}

pub(crate) struct Device {
    pub(crate) number: usize,
    pub(crate) user: flux_core::UserId,
    pub(crate) chance: Chance,
    cluster: Arc<Cluster>,
    history: Arc<History>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    actor: Option<Actor>,
    disk: Arc<Disk>,
    run: Option<Run>,
    /// The newest message of each conversation that the application was given.
    got: BTreeMap<ConversationId, u64>,
    /// Up to where a program that was started again may be given things that an earlier run was given: it was ended
    /// before it had noted them.
    again: BTreeMap<ConversationId, u64>,
    /// Whom the application wants to be told of.
    watched: BTreeSet<UserId>,
}

pub(crate) fn client_id(user: flux_core::UserId) -> UserId {
    UserId::from(*user.as_bytes())
}

impl Device {
    pub(crate) fn new(
        number: usize,
        user: flux_core::UserId,
        chance: Chance,
        cluster: Arc<Cluster>,
        history: Arc<History>,
    ) -> Self {
        Self { number, user, chance, cluster, history, state: Mutex::default() }
    }

    pub(crate) const fn place(&self) -> Place {
        Place::Device(self.number)
    }

    /// The run of the program, if there is one.
    pub(crate) fn run(&self) -> Option<Run> {
        self.state().run.clone()
    }

    pub(crate) fn session(&self) -> Option<flux_core::SessionId> {
        self.state().actor.map(|actor| actor.session)
    }

    pub(crate) fn got(&self) -> BTreeMap<ConversationId, u64> {
        self.state().got.clone()
    }

    /// Opens a session, with nothing of an earlier one. `false` if that did not succeed.
    pub(crate) async fn log_in(&self) -> bool {
        let about = About { name: DeviceName::empty(), class: DeviceClass::Desktop };
        self.cluster.network.reach(self.place(), Place::Gate).await;
        let Ok(opened) = self.cluster.front.sessions.open(self.user, &about).await else { return false };
        let session = opened.session.session;
        self.history
            .see(What::Login { session: session.to_string().into(), user: self.user.to_string().into() });
        let actor = Actor { user: self.user, session, generation: None };
        *self.state() = State { actor: Some(actor), ..State::default() };
        true
    }

    /// Starts the program, if a session is open and none runs.
    pub(crate) async fn start(self: &Arc<Self>) {
        let (actor, disk) = {
            let state = self.state();
            match (&state.actor, &state.run) {
                (Some(actor), None) => (*actor, Arc::clone(&state.disk)),
                _ => return,
            }
        };
        let gate = Arc::new(Gate::default());
        let clock = Arc::new(ProcessClock::new(self.cluster.origin, Arc::clone(&gate)));
        let taps = Arc::new(Mutex::default());
        let parts = Arc::new(Parts {
            cluster: Arc::clone(&self.cluster),
            history: Arc::clone(&self.history),
            gate: Arc::clone(&gate),
            place: self.place(),
            actor,
            user: client_id(self.user),
            taps: Arc::clone(&taps),
        });
        let kept = Arc::new(Kept { disk, gate: Arc::clone(&gate) });
        let mut config = Config::default();
        config.start = Start::Beginning;
        let client = Client::builder("http://gate")
            .config(config)
            .runtime(clock)
            .entropy(Arc::new(self.chance.fork()))
            .transport(Arc::clone(&parts) as _)
            .http(Arc::clone(&parts) as _)
            .outbox(Arc::clone(&kept) as _)
            .state_store(kept)
            .build()
            .expect("all parts are given");
        let Ok(session) = client.resume_with(client_id(self.user), parts).await else { return };
        let run = Run { gate, session, taps };
        self.cluster.network.trace.step("device", &[self.number as u64], &[]);
        tokio::spawn(Arc::clone(self).listen(run.clone(), run.session.events()));
        let watched = {
            let mut state = self.state();
            state.run = Some(run.clone());
            state.watched.iter().copied().collect::<Vec<_>>()
        };
        if !watched.is_empty() {
            tokio::spawn(Arc::clone(self).watch_again(run, watched));
        }
    }

    /// What an earlier run of the program watched, this one watches too.
    async fn watch_again(self: Arc<Self>, run: Run, watched: Vec<UserId>) {
        let watching = async {
            while !self.watch(&run, &watched).await {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            biased;
            () = run.gate.over() => {}
            () = watching => {}
        }
    }

    /// Ends the program at once. What it has sent is on its way; its system closes its connections.
    pub(crate) fn kill(&self, keeps_state: bool) {
        let mut state = self.state();
        let Some(run) = state.run.take() else { return };
        self.cluster.network.trace.step("kill device", &[self.number as u64, u64::from(keeps_state)], &[]);
        run.gate.end();
        if keeps_state {
            state.again = state.got.clone();
        } else {
            state.disk.lose_state();
            state.got.clear();
            state.again.clear();
        }
        let session = state.actor.map(|actor| actor.session.to_string());
        drop(state);
        self.cluster.network.lose(self.place(), false);
        for tap in run.taps.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            tap.close();
        }
        if let Some(session) = session.filter(|_| !keeps_state) {
            self.history.see(What::StartedOver { session: session.into() });
        }
    }

    /// The session has ended: the next start needs another one.
    fn is_logged_out(&self, run: &Run) {
        let mut state = self.state();
        if state.run.as_ref().is_some_and(|now| Arc::ptr_eq(&now.gate, &run.gate)) {
            *state = State::default();
        }
    }

    async fn listen(self: Arc<Self>, run: Run, mut events: EventStream) {
        loop {
            let event = tokio::select! {
                biased;
                () = run.gate.over() => return,
                event = async { run.gate.open().await; events.next().await } => event,
            };
            match event {
                Some(Event::SessionEnded(_)) | None => break,
                Some(event) => self.take(event),
            }
        }
        self.is_logged_out(&run);
    }

    fn take(&self, event: Event) {
        let Some(session) = self.session() else { return };
        let session = session.to_string();
        match event {
            Event::Message(message) => {
                let mut state = self.state();
                let again = state.again.get(&message.conversation).is_some_and(|last| message.seq <= *last);
                if !again {
                    state.got.insert(message.conversation, message.seq);
                }
                drop(state);
                if !again {
                    let epoch = flux_core::message::MessageStore::epoch(&*self.cluster.memory);
                    self.history.see(What::Got {
                        session: session.into(),
                        epoch: epoch.to_string().into(),
                        conversation: message.conversation.to_string().into(),
                        seq: message.seq,
                        message: message.message.to_string().into(),
                        sender: message.sender.to_string().into(),
                        body: message.text.into(),
                    });
                }
            }
            Event::Receipt(receipt) => self.history.see(What::Receipt {
                session: session.into(),
                conversation: receipt.conversation.to_string().into(),
                user: receipt.cursor.user.to_string().into(),
                delivered: receipt.cursor.delivered_seq,
                read: receipt.cursor.read_seq,
            }),
            Event::Presence(presence) => self.saw(&presence),
            Event::Alarm(alarm) => self.history.broke(format!("an alarm: {alarm:?}")),
            event => self.cluster.network.trace.value("  device was told", &event),
        }
    }

    fn saw(&self, presence: &flux_client::Presence) {
        let Some(session) = self.session() else { return };
        self.history.see(What::Presence {
            session: session.to_string().into(),
            user: presence.user.to_string().into(),
            online: matches!(presence.state, PresenceState::Online | PresenceState::Away),
        });
    }

    /// Watches `users`; `false` if that was not answered.
    pub(crate) async fn watch(&self, run: &Run, users: &[UserId]) -> bool {
        let Some(session) = self.session() else { return true };
        let session = session.to_string();
        self.state().watched.extend(users);
        for user in users {
            self.history.see(What::Watch { session: session.as_str().into(), user: user.to_string().into() });
        }
        let seen = run.session.watch(users).await;
        for presence in seen.iter().flatten() {
            self.saw(presence);
        }
        // A session that has ended needs no answer.
        seen.is_ok() || self.session().is_none_or(|now| now.to_string() != session)
    }

    /// Logs out; if that is not answered, nobody knows.
    pub(crate) async fn log_out(&self, run: &Run) {
        let Some(session) = self.session() else { return };
        if run.session.logout().await.is_ok() {
            self.history.see(What::Revoked { session: session.to_string().into() });
        }
    }

    /// Ends the session of another device of the same user.
    pub(crate) async fn end_other(&self, run: &Run, other: &Self) {
        let Some(session) = other.session() else { return };
        let id = flux_client::SessionId::from(*session.as_bytes());
        if run.session.end_session(id).await.is_ok() {
            self.history.see(What::Revoked { session: session.to_string().into() });
        }
    }

    /// Whether the device is as it is to be: connected, with nothing left to send.
    pub(crate) async fn is_settled(&self) -> bool {
        let Some(run) = self.run() else { return false };
        if !run.session.connection().is_online() {
            return false;
        }
        tokio::time::timeout(Duration::from_millis(1), run.session.flushed()).await.is_ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
