//! All services over one set of ports.

mod ports;
mod settings;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::task::JoinHandle;
use tracing::warn;

pub use self::ports::Ports;
pub use self::settings::{Role, Settings};
use crate::account::{AccountPorts, Accounts};
use crate::cache::{CachePorts, CacheSettings, UserCache};
use crate::friend::{FriendPorts, Friends};
use crate::id::NodeId;
use crate::job::JobRunner;
use crate::message::{CommitObserver, GroupCommit, MessageSender, Messages};
use crate::notify::{NoticeChannel, NoticePorts, NoticeRunner};
use crate::observe::Tracer;
use crate::presence::{PresencePorts, PresenceService};
use crate::routing::{
    Balancer, Connections, EventSink, Hub, LeaseParts, NeighbourParts, Neighbours, NodeChooser, NodeInfo,
    NodeLease, Repair, Router, RouterParts,
};
use crate::session::{Announcer, RevocationWatch, SessionPorts, Sessions};
use crate::time::Clock;
use crate::verification::{CodeSecret, Codes, Verification, VerificationPorts, Verifier};

/// The whole domain: every service of one process. Cheap to clone.
#[derive(Clone)]
pub struct Flux {
    /// Accounts.
    pub accounts: Arc<Accounts>,
    /// E-mail codes.
    pub verification: Arc<dyn Verifier>,
    /// Logins.
    pub sessions: Arc<Sessions>,
    /// Friends.
    pub friends: Arc<Friends>,
    /// Messages.
    pub messages: Arc<Messages>,
    /// What is read of users.
    pub cache: Arc<UserCache>,
    /// Messages of calls, that come over no connection.
    pub sender: Arc<dyn MessageSender>,
    /// Where clients should connect.
    pub chooser: Arc<dyn NodeChooser>,
    /// Who is there.
    pub presence: Arc<PresenceService>,
    /// Connections in and out.
    pub connections: Arc<Connections>,
    /// From commits to connections.
    pub router: Arc<Router>,
    /// Who may no longer act.
    pub revocations: Arc<RevocationWatch>,
    /// The nodes that this process reaches.
    pub neighbours: Arc<Neighbours>,
    /// This node in the registry.
    pub lease: Arc<NodeLease>,
    /// Durable jobs.
    pub jobs: Arc<JobRunner>,
    /// Who is away is told, one for each channel.
    pub notices: Vec<Arc<NoticeRunner>>,
    /// Begins the traces of what comes in.
    pub tracer: Arc<Tracer>,
    /// What it stands on.
    pub ports: Ports,
    tasks: Arc<Tasks>,
}

/// What runs in the background, ended with the last clone.
#[derive(Debug, Default)]
struct Tasks(Mutex<Vec<JoinHandle<()>>>);

impl Tasks {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(tokio::spawn(task));
    }

    fn abort(&self) {
        for task in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.abort();
    }
}

impl Flux {
    /// Puts the services together on the current runtime, and starts what runs in the background: group commit,
    /// routing, the read of revocations, and what the [`Role`] takes.
    #[must_use]
    pub fn start(ports: Ports, settings: Settings) -> Self {
        let flux = Self::assemble(ports, settings.clone());
        let (tasks, clock) = (&flux.tasks, &flux.ports.clock);
        let revocations = Arc::clone(&flux.revocations);
        tasks.spawn(async move { revocations.run().await });
        tasks.spawn(mute_when_blind(
            Arc::clone(&flux.revocations),
            Arc::clone(flux.router.hub()),
            Arc::clone(clock),
            settings.revocations.interval,
        ));
        tasks.spawn(Arc::clone(&flux.cache).run());
        let neighbours = Arc::clone(&flux.neighbours);
        tasks.spawn(async move { neighbours.end_leftovers().await });
        if settings.role == Role::Front {
            let neighbours = Arc::clone(&flux.neighbours);
            tasks.spawn(async move { neighbours.run(settings.lease.interval).await });
            return flux;
        }
        tasks.spawn(Arc::clone(&flux.presence).run());
        tasks.spawn(Arc::clone(&flux.lease).run());
        tasks.spawn(Arc::clone(&flux.jobs).run());
        for runner in &flux.notices {
            let runner = Arc::clone(runner);
            tasks.spawn(async move { runner.run().await });
        }
        let hub = Arc::clone(flux.router.hub());
        tasks.spawn(Repair::new(flux.ports.durable.clone(), hub, Arc::clone(clock), settings.repair).run());
        flux
    }

    /// Puts the services together; only group commit and routing run.
    fn assemble(ports: Ports, settings: Settings) -> Self {
        let node = settings.node.unwrap_or_else(|| NodeId::generate(ports.clock.now(), &*ports.entropy));
        let hub = Arc::new(Hub::new());
        let parts = RouterParts {
            node,
            hub,
            directory: Arc::clone(&ports.directory),
            peers: Arc::clone(&ports.peers),
            clock: Arc::clone(&ports.clock),
        };
        let router = Router::start(parts, settings.remote_queue);
        // Services tell the watch, the watch tells the router: so this process refuses an ended session at once.
        let revocations = Arc::new(RevocationWatch::new(
            ports.durable.clone(),
            Arc::clone(&ports.clock),
            Arc::clone(&router) as Arc<dyn Announcer>,
            settings.revocations,
        ));
        let announcer = Arc::clone(&revocations) as Arc<dyn Announcer>;
        let commit = GroupCommit::start(
            ports.durable.clone(),
            Arc::clone(&router) as Arc<dyn CommitObserver>,
            Arc::clone(&ports.clock),
            settings.commit,
        );
        let cache = user_cache(&ports, settings.cache);
        // It hears who has parted before presence does, which asks it again.
        let parting: Weak<UserCache> = Arc::downgrade(&cache);
        router.observe_relations(parting);
        let presence = PresenceService::new(
            PresencePorts {
                accounts: ports.durable.clone(),
                friends: ports.durable.clone(),
                directory: Arc::clone(&ports.directory),
                registry: Arc::clone(&ports.registry),
                cache: Arc::clone(&cache),
                router: Arc::clone(&router),
                clock: Arc::clone(&ports.clock),
            },
            settings.presence,
        );
        let code_secret =
            settings.code_secret.unwrap_or_else(|| CodeSecret::new(crate::entropy::bytes(&*ports.entropy)));
        let verification: Arc<dyn Verifier> = match &ports.codes {
            Codes::Elsewhere(verifier) => Arc::clone(verifier),
            Codes::Here(codes) => Arc::new(Verification::new(
                VerificationPorts {
                    codes: Arc::clone(codes),
                    accounts: ports.durable.clone(),
                    limiter: Arc::clone(&ports.limiter),
                    mailer: Arc::clone(&ports.mailer),
                    clock: Arc::clone(&ports.clock),
                    entropy: Arc::clone(&ports.entropy),
                },
                code_secret,
                settings.codes,
            )),
        };
        let accounts = Accounts::new(
            AccountPorts {
                accounts: ports.durable.clone(),
                sessions: ports.durable.clone(),
                hasher: Arc::clone(&ports.hasher),
                limiter: Arc::clone(&ports.limiter),
                cache: Arc::clone(&cache),
                mailer: Arc::clone(&ports.mailer),
                clock: Arc::clone(&ports.clock),
                entropy: Arc::clone(&ports.entropy),
                announcer: Arc::clone(&announcer),
            },
            Arc::clone(&verification),
            settings.accounts,
        );
        let friends = Friends::new(
            FriendPorts {
                friends: ports.durable.clone(),
                limiter: Arc::clone(&ports.limiter),
                cache: Arc::clone(&cache),
                clock: Arc::clone(&ports.clock),
                entropy: Arc::clone(&ports.entropy),
                announcer: Arc::clone(&announcer),
            },
            settings.friends,
        );
        let messages = Messages::new(
            ports.durable.clone(),
            ports.durable.clone(),
            commit.clone(),
            Arc::clone(&router) as Arc<dyn EventSink>,
            ports.send_policy.clone(),
            Arc::clone(&ports.clock),
        );
        let sessions = Sessions::new(
            SessionPorts {
                sessions: ports.durable.clone(),
                accounts: ports.durable.clone(),
                hasher: Arc::clone(&ports.hasher),
                limiter: Arc::clone(&ports.limiter),
                clock: Arc::clone(&ports.clock),
                entropy: Arc::clone(&ports.entropy),
            },
            Arc::clone(&revocations),
            settings.sessions,
        );
        let info = NodeInfo {
            node,
            client_url: settings.client_url,
            peer_url: settings.peer_url,
            capacity: settings.capacity,
            connections: 0,
            draining: false,
        };
        let messages = Arc::new(messages);
        let sender = ports.sender.clone().unwrap_or_else(|| Arc::clone(&messages) as _);
        let chooser = ports.chooser.clone().unwrap_or_else(|| {
            let (registry, clock) = (Arc::clone(&ports.registry), Arc::clone(&ports.clock));
            Arc::new(Balancer::new(registry, clock, settings.balance))
        });
        let neighbours = Arc::new(Neighbours::new(NeighbourParts {
            registry: Arc::clone(&ports.registry),
            peers: Arc::clone(&ports.peers),
            router: Arc::clone(&router),
            presence: Arc::clone(&presence),
            lost: ports.lost_nodes.clone(),
            clock: Arc::clone(&ports.clock),
        }));
        let lease = NodeLease::new(
            LeaseParts {
                registry: Arc::clone(&ports.registry),
                directory: Arc::clone(&ports.directory),
                router: Arc::clone(&router),
                neighbours: Arc::clone(&neighbours),
                revocations: Arc::clone(&revocations),
                loads: ports.loads.clone(),
                clock: Arc::clone(&ports.clock),
            },
            settings.lease,
            info,
        );
        let connections = Connections::new(
            commit,
            Arc::clone(&router),
            Arc::clone(&ports.directory),
            Arc::clone(&presence),
            Arc::clone(&revocations),
            Arc::clone(&ports.clock),
            settings.outbox,
        );
        let sessions = Arc::new(sessions);
        let jobs = JobRunner::new(
            ports.durable.clone(),
            Arc::clone(&ports.locks),
            announcer,
            Arc::clone(&sessions),
            Arc::clone(&cache),
            Arc::clone(&ports.clock),
            settings.jobs,
        );
        let notices = notice_runners(&ports);
        Self {
            accounts: Arc::new(accounts),
            verification,
            sessions,
            friends: Arc::new(friends),
            messages,
            cache,
            sender,
            chooser,
            presence,
            connections: Arc::new(connections),
            router,
            revocations,
            neighbours,
            lease: Arc::new(lease),
            jobs: Arc::new(jobs),
            notices,
            tracer: Arc::new(Tracer::new(settings.traces, &*ports.entropy)),
            ports,
            tasks: Arc::default(),
        }
    }

    /// Waits until the durable store is found to have begun another epoch: see
    /// [`RevocationWatch::other_epoch`]. It takes as long as the interval of its reads. A program ends then, as on a
    /// signal, and is started again; or makes a new `Flux` over a store that it opens anew, and has every client come back
    /// to that.
    pub async fn other_epoch(&self) {
        self.revocations.other_epoch().await;
    }

    /// Ends what runs in the background. What is answered stays answered; what waits in queues is lost, as in a crash.
    pub fn stop(&self) {
        self.tasks.abort();
    }
}

/// Over the port, if there is one.
fn user_cache(ports: &Ports, settings: CacheSettings) -> Arc<UserCache> {
    let cache = ports.cache.clone().map(|cache| {
        let (clock, entropy) = (Arc::clone(&ports.clock), Arc::clone(&ports.entropy));
        UserCache::new(CachePorts { cache, clock, entropy }, settings)
    });
    Arc::new(cache.unwrap_or_default())
}

/// One for each channel.
fn notice_runners(ports: &Ports) -> Vec<Arc<NoticeRunner>> {
    let parts = NoticePorts {
        logs: ports.durable.clone(),
        notices: ports.durable.clone(),
        accounts: ports.durable.clone(),
        locks: Arc::clone(&ports.locks),
        clock: Arc::clone(&ports.clock),
        entropy: Arc::clone(&ports.entropy),
    };
    let runner = |channel: &NoticeChannel| Arc::new(NoticeRunner::new(parts.clone(), channel.clone()));
    ports.notices.iter().map(runner).collect()
}

/// While the revocations cannot be read, nothing that people wrote is pushed: who reads it may have been cut off.
async fn mute_when_blind(
    watch: Arc<RevocationWatch>,
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    interval: Duration,
) {
    let mut seen = false;
    loop {
        let fresh = watch.is_fresh();
        if seen && !fresh {
            warn!("revocations have not been read for too long; content is held back");
        }
        seen = fresh;
        hub.mute(!fresh);
        clock.sleep(interval).await;
    }
}
