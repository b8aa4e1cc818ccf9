//! `flux cluster up`: a whole cluster on one machine, as the processes that it would be on several.

mod backoff;
mod child;
mod databases;
mod folder;
mod keep;
mod log;
mod map;
mod ports;
mod service;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use flux_store::system::SystemEntropy;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::databases::Databases;
use self::folder::Folder;
use self::keep::{Keeper, Serving};
use self::log::Log;
use self::service::{Kind, Service};
use super::args::ClusterSettings;
use crate::cli::url_without_password;
use crate::config::{Config, LogFormat};
use crate::failure::Failure;
use crate::process::{GIVE_UP, Signals};

/// Runs a cluster on this machine, until Ctrl-C.
///
/// It starts MariaDB and Redis of its own, which must be installed, unless --mysql and --redis name others; then
/// flux-verify, flux-status, the chat nodes and a gate, each as a process of its own. Accounts and messages stay in the
/// folder of the cluster from one start to the next.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// How many chat nodes.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=32))]
    chat: u8,
    /// How many gates. The first listens at --listen, the others where a port is free.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    gates: u8,
    /// How many instances of flux-status.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    status: u8,
    /// MySQL or MariaDB that is there already. One with a password goes into FLUX_MYSQL_URL, or into a file that
    /// FLUX_MYSQL_URL_FILE names.
    #[arg(long, value_name = "URL")]
    mysql: Option<String>,
    /// Redis that is there already. One with a password goes into FLUX_REDIS_URL, or into a file that FLUX_REDIS_URL_FILE
    /// names.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Address of the gate [default: 127.0.0.1:8080]; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    #[command(flatten)]
    settings: ClusterSettings,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    // From here on a signal ends everything in good order.
    let mut signals = Signals::listen()?;
    let mut cluster = Cluster::plan(&args)?;
    let started = tokio::select! {
        started = cluster.start() => Some(started.and_then(|()| cluster.show())),
        signal = signals.next() => {
            cluster.log.news(format!("{signal}: stopping before all of it was started"));
            None
        }
    };
    let ended = match started {
        Some(Ok(())) => {
            let signal = signals.next().await;
            cluster.log.news(format!("{signal}: stopping; once more to stop at once"));
            Ok(())
        }
        Some(Err(failure)) => Err(failure),
        None => Ok(()),
    };
    let stopped = tokio::select! {
        biased;
        () = cluster.stop() => ended,
        signal = signals.next() => {
            cluster.kill().await;
            Err(Failure::new(format!("{signal} came twice: stopped at once; what was acknowledged is kept")))
        }
    };
    cluster.log.finish().await;
    stopped
}

/// Everything that runs, and what it was started from.
struct Cluster {
    config: Config,
    folder: Folder,
    /// The folder as the person called it.
    named: PathBuf,
    planned: [Vec<Service>; 4],
    log: Log,
    running: Vec<Serving>,
    private: [bool; 2],
    /// In the order of their start.
    groups: Vec<Group>,
}

/// Processes that are started and stopped together.
struct Group {
    name: &'static str,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Group {
    fn new(name: &'static str) -> Self {
        Self { name, stop: CancellationToken::new(), tasks: JoinSet::new() }
    }
}

impl Cluster {
    /// Reads the settings, takes the folder and chooses ports. Nothing is started yet.
    fn plan(args: &Args) -> Result<Self, Failure> {
        let listen = args.listen.clone().map(|listen| ("--listen", "http.listen", listen));
        let (loaded, named) = args.settings.of_a_new_one(listen.into_iter().collect())?;
        let mut config = loaded.config;
        if !config.http.listen.ip().is_loopback() {
            return Err(Failure::new(format!(
                "http.listen: {} can be reached from other machines, and chat nodes started here cannot; `flux cluster up` \
                 is for one machine. For several, start `flux serve` on each",
                config.http.listen
            )));
        }
        for (given, flag, variable, url) in [
            (&args.mysql, "--mysql", "FLUX_MYSQL_URL", &mut config.mysql.url),
            (&args.redis, "--redis", "FLUX_REDIS_URL", &mut config.redis.url),
        ] {
            if let Some(given) = given {
                *url = Some(url_without_password(given, flag, variable)?);
            }
        }
        let folder = Folder::open(&named)?;
        let kinds = [
            (Kind::Verify, 1, None),
            (Kind::Status, args.status, None),
            (Kind::Chat, args.chat, None),
            (Kind::Gate, args.gates, Some(gate_address(config.http.listen)?)),
        ];
        let mut colour = 0;
        let mut planned: [Vec<Service>; 4] = Default::default();
        for (services, (kind, count, first)) in planned.iter_mut().zip(kinds) {
            for number in 1..=count {
                let listen = first.filter(|_| number == 1);
                services.push(Service::new(kind, number, count, colour, listen)?);
                colour = (colour + 1) % 8;
            }
        }
        let width = planned.iter().flatten().map(|service| service.name().len()).max().unwrap_or(0);
        let private = [config.mysql.url.is_none(), config.redis.url.is_none()];
        settle(&mut config, &folder, &planned);
        Ok(Self {
            config,
            folder,
            named,
            planned,
            log: Log::new(width.max("MariaDB".len())),
            running: Vec::new(),
            private,
            groups: Vec::new(),
        })
    }

    /// Starts everything in order, and returns once all of it serves.
    async fn start(&mut self) -> Result<(), Failure> {
        let entropy = &SystemEntropy;
        if self.config.services.secret.is_none() && self.config.services.certificate.is_empty() {
            self.config.services.secret = Some(self.folder.secret("services.secret", entropy)?);
        }
        folder::make_keys(&self.config, entropy)?;
        let count = self.planned.iter().map(Vec::len).sum::<usize>();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if self.private.contains(&true) {
            self.log.news("starting the databases; the first time takes a few seconds");
        }
        let databases = Databases::start(&mut self.config, &self.folder, count, entropy).await?;
        if let Some(server) = databases.mariadb {
            self.log.news(format!("MariaDB runs with pid {}", server.pid()));
            let mut group = Group::new("MariaDB");
            group.tasks.spawn(Keeper::keep_server(self.log.clone(), "MariaDB", server, group.stop.clone()));
            self.groups.push(group);
        }
        if let Some(server) = databases.redis {
            self.log.news(format!("Redis runs with pid {}", server.pid()));
            let mut group = Group::new("Redis");
            group.tasks.spawn(Keeper::keep_server(self.log.clone(), "Redis", server, group.stop.clone()));
            self.groups.push(group);
        }
        let [verify, status, chat, gate] = std::mem::take(&mut self.planned);
        let verify = self.start_group("flux-verify", verify).await?;
        let status = self.start_group("flux-status", status).await?;
        // Where they are in the end: one may have had to evade.
        self.config.services.verify = urls(&verify);
        self.config.services.status = urls(&status);
        let chat = self.start_group("the chat nodes", chat).await?;
        let gate = self.start_group("the gate", gate).await?;
        self.running = [verify, status, chat, gate].concat();
        Ok(())
    }

    /// Starts `services`, all at once, and waits for all of them.
    async fn start_group(
        &mut self,
        name: &'static str,
        services: Vec<Service>,
    ) -> Result<Vec<Serving>, Failure> {
        self.log.news(format!("starting {name}"));
        let keeper = Keeper {
            file: self.folder.write(&self.config)?,
            log: self.log.clone(),
            // They give up by themselves before that.
            deadline: self.config.shutdown.drain + GIVE_UP + Duration::from_secs(5),
        };
        let mut group = Group::new(name);
        let mut waiting = Vec::new();
        for service in services {
            let (tell, started) = oneshot::channel();
            group.tasks.spawn(keeper.clone().keep(service, group.stop.clone(), tell));
            waiting.push(started);
        }
        // Whatever happens next, they are stopped with all others.
        self.groups.push(group);
        let mut started = Vec::new();
        for waiting in waiting {
            let serving = waiting.await.unwrap_or_else(|_| Err(format!("{name} did not start")));
            started.push(serving.map_err(Failure::new)?);
        }
        Ok(started)
    }

    /// Prints the map, and from then on what the processes say.
    fn show(&self) -> Result<(), Failure> {
        map::print(&self.running, &self.config, &self.folder.path, &self.named, self.private)?;
        Ok(self.log.show()?)
    }

    /// Stops everything, the last started first, each in good order.
    async fn stop(&mut self) {
        while let Some(group) = self.groups.last_mut() {
            self.log.news(format!("stopping {}", group.name));
            group.stop.cancel();
            while group.tasks.join_next().await.is_some() {}
            self.groups.pop();
        }
        self.log.news("stopped");
    }

    /// Stops everything at once.
    async fn kill(&mut self) {
        for group in self.groups.iter_mut().rev() {
            // What a task holds is killed when it is dropped.
            group.tasks.shutdown().await;
        }
    }
}

fn urls(running: &[Serving]) -> Vec<String> {
    running.iter().map(|serving| serving.service.url()).collect()
}

/// Puts into `config` what every process of the cluster has to know.
fn settle(config: &mut Config, folder: &Folder, planned: &[Vec<Service>; 4]) {
    let [verify, status, _, gates] = planned;
    config.data_dir.clone_from(&folder.path);
    config.services.verify = verify.iter().map(Service::url).collect();
    config.services.status = status.iter().map(Service::url).collect();
    // A page of the gate opens a WebSocket to a node, which is another origin.
    for gate in gates {
        for host in [gate.listen.to_string(), format!("localhost:{}", gate.listen.port())] {
            config.http.allowed_origins.push(format!("http://{host}"));
        }
    }
    // What they say goes through this process, which is read by a person.
    if config.log.format == LogFormat::Auto {
        config.log.format = LogFormat::Pretty;
    }
}

/// Where the first gate listens; a free port instead of 0.
fn gate_address(wanted: SocketAddr) -> Result<SocketAddr, Failure> {
    if wanted.port() != 0 {
        if ports::is_taken(wanted) {
            return Err(Failure::new(format!(
                "port {port} is taken: another program, perhaps another flux, listens at {wanted}. Choose another port, \
                 such as --listen {ip}:{next}, or 0 for any that is free",
                port = wanted.port(),
                ip = wanted.ip(),
                next = wanted.port().checked_add(1).unwrap_or(8_081),
            )));
        }
        return Ok(wanted);
    }
    let [free] = ports::free()?;
    Ok(SocketAddr::new(wanted.ip(), free.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_of_the_gate_is_told_before_anything_is_started() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let refused = gate_address(address).unwrap_err();
        assert!(refused.message().unwrap().contains("--listen"), "{refused:?}");
        let free = gate_address("127.0.0.1:0".parse().unwrap()).unwrap();
        assert_ne!(free.port(), 0);
    }
}
