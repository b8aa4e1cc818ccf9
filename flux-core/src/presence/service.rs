//! Watching who is there. Changes are coalesced for a second; a reconnect within the grace tells nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use thiserror::Error;
use tracing::warn;

use super::doubt::Doubt;
use super::{OwnPresence, Presence, PresenceReader, PresenceState};
use crate::ErrorCode;
use crate::account::AccountStore;
use crate::cache::{CacheKey, UserCache};
use crate::error::{ActError, StoreError};
use crate::friend::FriendStore;
use crate::id::{Generation, SessionId, UserId};
use crate::routing::{
    Event, Hub, Located, NodeRegistry, Notice, Outbox, Push, RelationObserver, Router, SessionDirectory,
};
use crate::session::Actor;
use crate::time::{Clock, DeadlineExceeded, Timestamp, within};

/// How presence behaves.
#[derive(Debug, Clone)]
pub struct PresenceSettings {
    /// How many users one connection may watch: 500.
    pub watched: usize,
    /// For how long changes are gathered before they are told: 1 s.
    pub coalesce: Duration,
    /// How long somebody may be gone without anybody being told: 5 s.
    pub grace: Duration,
    /// In this time every node that is there says so, and whom it holds: a renewal of its lease, and some; 3 s. Changes
    /// with [`LeaseSettings::interval`](crate::routing::LeaseSettings::interval).
    pub settle: Duration,
    /// Every call ends within this: 5 s.
    pub deadline: Duration,
}

impl Default for PresenceSettings {
    fn default() -> Self {
        Self {
            watched: 500,
            coalesce: Duration::from_secs(1),
            grace: Duration::from_secs(5),
            settle: Duration::from_secs(3),
            deadline: Duration::from_secs(5),
        }
    }
}

/// Why an operation on presence failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PresenceError {
    /// The connection would watch more users than one may.
    #[error("more than {limit} users watched")]
    TooMany {
        /// How many one may.
        limit: usize,
    },
    /// No answer in time.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The session may not act, or the store failed.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl From<StoreError> for PresenceError {
    fn from(error: StoreError) -> Self {
        Self::Act(error.into())
    }
}

impl PresenceError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::TooMany { .. } => ErrorCode::WatchLimit,
            Self::Deadline(_) => ErrorCode::Timeout,
            Self::Act(error) => error.code(),
        }
    }
}

/// What presence stands on.
pub struct PresencePorts {
    /// Who wants to be seen, and when they were last there.
    pub accounts: Arc<dyn AccountStore>,
    /// Who may see whom.
    pub friends: Arc<dyn FriendStore>,
    /// Who is connected where.
    pub directory: Arc<dyn SessionDirectory>,
    /// Where this node is announced. A registry that does not know it has been lost, and the directory with it.
    pub registry: Arc<dyn NodeRegistry>,
    /// What is read of users.
    pub cache: Arc<UserCache>,
    /// The way to other nodes.
    pub router: Arc<Router>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// A connection that watches: one session under one claim.
type Watcher = (UserId, SessionId, Generation);

/// Presence: the service of the subject.
pub struct PresenceService {
    ports: PresencePorts,
    reader: PresenceReader,
    hub: Arc<Hub>,
    settings: PresenceSettings,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Who watches whom.
    watchers: BTreeMap<UserId, BTreeMap<Watcher, Arc<Outbox>>>,
    /// Whom each connection watches.
    watching: BTreeMap<Watcher, BTreeSet<UserId>>,
    /// What watchers were last told.
    told: BTreeMap<UserId, Presence>,
    /// Who has to be looked at again.
    dirty: BTreeSet<UserId>,
    /// How often two have parted, as far as is known here.
    partings: u64,
    /// When (monotonic) everybody who is watched has to be looked at once more.
    all_again: Option<Duration>,
    /// Whose last connection here ended, and until when (monotonic) they count as there.
    leaving: BTreeMap<UserId, (Duration, Timestamp)>,
    /// Who is not found, and not taken for gone.
    doubt: Doubt,
}

impl PresenceService {
    /// Over its ports.
    pub fn new(ports: PresencePorts, settings: PresenceSettings) -> Arc<Self> {
        let reader = PresenceReader::new(Arc::clone(&ports.accounts), Arc::clone(&ports.directory))
            .through(Arc::clone(&ports.cache));
        let hub = Arc::clone(ports.router.hub());
        let service = Arc::new(Self { ports, reader, hub, settings, state: Mutex::default() });
        let observer: Weak<Self> = Arc::downgrade(&service);
        service.ports.router.observe_relations(observer);
        service
    }

    /// Adds to what a connection watches, and answers with the present state of each, in the order asked for. Whoever
    /// is no friend, or blocks the watcher, is offline and stays so: the answer does not tell why.
    pub async fn watch(
        &self,
        actor: &Actor,
        outbox: &Arc<Outbox>,
        users: &[UserId],
    ) -> Result<Vec<Presence>, PresenceError> {
        let watcher = watcher(actor);
        let limit = self.settings.watched;
        let wanted: BTreeSet<UserId> = users.iter().copied().collect();
        let now_watched = self.state().watching.get(&watcher).map_or(0, |w| w.union(&wanted).count());
        if wanted.len() > limit || now_watched > limit {
            return Err(PresenceError::TooMany { limit });
        }
        let asked: Vec<UserId> = wanted.iter().copied().collect();
        let reads = async {
            let visible = loop {
                let partings = self.state().partings;
                let visible =
                    self.ports.cache.mutual_friends(&*self.ports.friends, actor.user, &asked).await?;
                let visible: BTreeSet<_> = visible.into_iter().collect();
                // Registered before the state is read: a change in between is told, perhaps twice, never missed.
                if self.register(watcher, outbox, &visible, partings) {
                    break visible;
                }
            };
            let seen: Vec<UserId> = visible.iter().copied().collect();
            Ok::<_, StoreError>(self.look_up(&seen).await)
        };
        let seen = within(&*self.ports.clock, self.settings.deadline, reads).await??;
        let mut state = self.state();
        for presence in seen.values() {
            state.answered(*presence);
        }
        drop(state);
        let offline = |user| Presence { user, state: PresenceState::Offline, last_seen: None };
        Ok(users.iter().map(|user| seen.get(user).copied().unwrap_or_else(|| offline(*user))).collect())
    }

    /// Takes users out of what a connection watches.
    pub fn unwatch(&self, actor: &Actor, users: &[UserId]) {
        let mut state = self.state();
        for user in users {
            state.remove(watcher(actor), *user);
        }
    }

    /// Forgets all that a connection watched.
    pub fn forget(&self, actor: &Actor) {
        let mut state = self.state();
        for user in state.watching.remove(&watcher(actor)).unwrap_or_default() {
            state.remove_watcher(watcher(actor), user);
        }
    }

    /// Sets what the actor is to be seen as.
    pub async fn set(&self, actor: &Actor, presence: OwnPresence) -> Result<(), PresenceError> {
        let invisible = presence == OwnPresence::Invisible;
        let writes = async {
            let known = [CacheKey::Visibility(actor.user)];
            let set = self.ports.accounts.set_invisible(actor, invisible);
            self.ports.cache.changing(&known, set, |()| known.to_vec()).await?;
            if let Some(generation) = actor.generation {
                let away = presence == OwnPresence::Away;
                let Actor { user, session, .. } = *actor;
                self.hub.set_away(user, session, away);
                let entry = Located { user, session, generation, node: self.ports.router.node(), away };
                self.ports.directory.claim(entry).await?;
            }
            Ok::<_, ActError>(())
        };
        within(&*self.ports.clock, self.settings.deadline, writes).await??;
        self.changed(actor.user);
        Ok(())
    }

    /// A connection of `user` stands.
    pub fn arrived(&self, user: UserId) {
        self.state().leaving.remove(&user);
        self.changed(user);
    }

    /// The last connection of `user` on this node has ended.
    pub fn left(&self, user: UserId) {
        let until = self.ports.clock.monotonic() + self.settings.grace;
        self.state().leaving.insert(user, (until, self.ports.clock.now()));
    }

    /// Something about `user` may look different now: here and on other nodes it is looked at.
    pub fn changed(&self, user: UserId) {
        self.look_again(user);
        self.ports.router.tell_peers(Notice::PresenceChanged(user));
    }

    /// Looks at `user` again at the next turn, because another node says so.
    pub fn changed_elsewhere(&self, user: UserId) {
        self.ports.cache.changed_elsewhere(CacheKey::Visibility(user));
        self.look_again(user);
    }

    /// Looks at `user` again at the next turn.
    fn look_again(&self, user: UserId) {
        let mut state = self.state();
        if state.watchers.contains_key(&user) {
            state.dirty.insert(user);
        }
    }

    /// Looks at everybody who is watched here, at the next turn and once more: a node has gone, and its users with it; or
    /// one is back, and it takes some time until it has said whom it holds.
    pub fn look_at_all(&self) {
        let mut state = self.state();
        state.all_again = Some(self.ports.clock.monotonic() + self.settings.settle);
        state.all_dirty();
    }

    /// The registry does not know this node any more, and is told next: the directory may have forgotten who is where. It
    /// takes some time until all nodes have said that again.
    pub fn directory_was_lost(&self) {
        let now = self.ports.clock.monotonic();
        self.state().doubt.noticed(now, self.settings.settle);
        self.look_at_all();
    }

    /// Turns for ever.
    pub async fn run(self: Arc<Self>) {
        loop {
            self.ports.clock.sleep(self.settings.coalesce).await;
            self.turn().await;
        }
    }

    /// Ends graces that are over, and tells watchers what has changed.
    pub async fn turn(&self) {
        self.end_graces().await;
        self.state().look_once_more(self.ports.clock.monotonic());
        let dirty: Vec<UserId> = std::mem::take(&mut self.state().dirty).into_iter().collect();
        for users in dirty.chunks(500) {
            let Ok(seen) = within(&*self.ports.clock, self.settings.deadline, self.look_up(users)).await
            else {
                self.state().dirty.extend(users);
                continue;
            };
            let mut state = self.state();
            for presence in seen.into_values() {
                state.tell(presence);
                state.look_until_known(presence);
            }
        }
    }

    async fn end_graces(&self) {
        let now = self.ports.clock.monotonic();
        let gone: Vec<(UserId, Timestamp)> = {
            let mut state = self.state();
            let over: Vec<UserId> =
                state.leaving.iter().filter(|(_, (until, _))| *until <= now).map(|(user, _)| *user).collect();
            over.into_iter()
                .filter_map(|user| state.leaving.remove(&user).map(|(_, at)| (user, at)))
                .collect()
        };
        if gone.is_empty() {
            return;
        }
        let known: Vec<_> = gone.iter().map(|(user, _)| CacheKey::Visibility(*user)).collect();
        let write = self.ports.accounts.touch_last_seen(&gone);
        let write = self.ports.cache.changing(&known, write, |()| known.clone());
        if !matches!(within(&*self.ports.clock, self.settings.deadline, write).await, Ok(Ok(()))) {
            warn!(users = gone.len(), "last seen not recorded");
        }
        for (user, _) in gone {
            self.changed(user);
        }
    }

    /// What friends see of each of `users`. Who is connected here is there, though the directory may lag; and so is who
    /// left within the grace. Who is not found because the directory may be lost is as before, and looked at again at the
    /// next turn.
    async fn look_up(&self, users: &[UserId]) -> BTreeMap<UserId, Presence> {
        let mut absent = Vec::new();
        let here = |user| {
            let here = self.hub.is_connected(user) || self.state().leaving.contains_key(&user);
            if !here {
                absent.push(user);
            }
            here
        };
        let mut seen = self.reader.look(users, here).await;
        let before = self.state().not_offline(&absent);
        let in_doubt = !before.is_empty() && self.directory_may_be_lost().await;
        let (now, limit) = (self.ports.clock.monotonic(), self.settings.settle * 2);
        let mut state = self.state();
        for (user, presence) in &mut seen {
            match before.get(user) {
                Some(before) if in_doubt && state.doubt.holds(*user, now, limit) => {
                    *presence = *before;
                    state.dirty.insert(*user);
                }
                _ => state.doubt.believes(*user),
            }
        }
        seen
    }

    /// Whether the directory may have been lost before this was asked, and not have been told everything since: this node
    /// has noticed it lately; or has not yet, but is not in the registry either.
    async fn directory_may_be_lost(&self) -> bool {
        let settling = || self.state().doubt.is_settling(self.ports.clock.monotonic());
        if settling() {
            return true;
        }
        let node = self.ports.router.node();
        let announced =
            self.ports.registry.live().await.is_ok_and(|live| live.iter().any(|info| info.node == node));
        // It may have noticed, and announced itself, just now; it notices first.
        !announced || settling()
    }

    /// Does nothing, and says so, if any two have parted since there were `partings`: they may be among those who were
    /// still found to be friends, and would see each other.
    fn register(
        &self,
        watcher: Watcher,
        outbox: &Arc<Outbox>,
        users: &BTreeSet<UserId>,
        partings: u64,
    ) -> bool {
        let mut state = self.state();
        if state.partings != partings {
            return false;
        }
        for user in users {
            state.watchers.entry(*user).or_default().insert(watcher, Arc::clone(outbox));
        }
        state.watching.entry(watcher).or_default().extend(users);
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RelationObserver for PresenceService {
    fn parted(&self, one: UserId, other: UserId) {
        let mut state = self.state();
        state.partings += 1;
        for (watched, by) in [(one, other), (other, one)] {
            let outboxes = state.watchers.get(&watched).into_iter().flatten();
            let gone: Vec<_> = outboxes
                .filter(|((user, ..), _)| *user == by)
                .map(|(watcher, outbox)| (*watcher, Arc::clone(outbox)))
                .collect();
            for (watcher, outbox) in gone {
                state.remove(watcher, watched);
                let offline = Presence { user: watched, state: PresenceState::Offline, last_seen: None };
                outbox.push(&Push::new(Event::Presence(offline)), None);
            }
        }
    }
}

impl State {
    /// Somebody was answered so. Where others were last told something else, all are told at the next turn.
    fn answered(&mut self, presence: Presence) {
        let user = presence.user;
        if *self.told.entry(user).or_insert(presence) != presence {
            self.told.remove(&user);
            self.dirty.insert(user);
        }
        self.look_until_known(presence);
    }

    /// What watchers were last told of each of `users`, if that is anything but that they are offline.
    fn not_offline(&self, users: &[UserId]) -> BTreeMap<UserId, Presence> {
        let told = users.iter().filter_map(|user| self.told.get(user));
        let told = told.filter(|presence| presence.state != PresenceState::Offline);
        told.map(|presence| (presence.user, *presence)).collect()
    }

    fn all_dirty(&mut self) {
        self.dirty.extend(self.watchers.keys().copied());
    }

    fn look_once_more(&mut self, now: Duration) {
        if self.all_again.take_if(|at| *at <= now).is_some() {
            self.all_dirty();
        }
    }

    /// Nobody says so when the directory is back: it is asked again at each turn until it answers.
    fn look_until_known(&mut self, presence: Presence) {
        if presence.state == PresenceState::Unknown && self.watchers.contains_key(&presence.user) {
            self.dirty.insert(presence.user);
        }
    }

    fn tell(&mut self, presence: Presence) {
        let user = presence.user;
        let Some(watchers) = self.watchers.get(&user) else {
            self.told.remove(&user);
            return;
        };
        if self.told.insert(user, presence) == Some(presence) {
            return;
        }
        let push = Push::new(Event::Presence(presence));
        for outbox in watchers.values() {
            outbox.push(&push, None);
        }
    }

    fn remove(&mut self, watcher: Watcher, user: UserId) {
        if let Some(watching) = self.watching.get_mut(&watcher) {
            watching.remove(&user);
            if watching.is_empty() {
                self.watching.remove(&watcher);
            }
        }
        self.remove_watcher(watcher, user);
    }

    fn remove_watcher(&mut self, watcher: Watcher, user: UserId) {
        if let Some(watchers) = self.watchers.get_mut(&user) {
            watchers.remove(&watcher);
            if watchers.is_empty() {
                self.watchers.remove(&user);
                self.told.remove(&user);
                self.doubt.believes(user);
            }
        }
    }
}

fn watcher(actor: &Actor) -> Watcher {
    (actor.user, actor.session, actor.generation.unwrap_or_default())
}
