//! `flux up`: everything in one process.

mod banner;
mod open_files;
mod signal;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use flux_core::{Clock, Entropy, Flux};
use flux_net::chat::{ChatParts, ChatServer};
use flux_net::gate::{self, GateParts};
use flux_net::serve::serve;
use flux_net::token::Tokens;
use flux_store::system::{SystemClock, SystemEntropy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::cli::SettingsArgs;
use crate::compose::{self, DataDir, Embedded};
use crate::config::Config;
use crate::failure::Failure;
use crate::telemetry;
use signal::Signals;

/// What `flux up` takes.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Address to listen at [default: 127.0.0.1:8080]; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Keep accounts and messages in memory: they are gone when the process ends.
    #[arg(long)]
    memory: bool,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let mut flags = Vec::new();
    if let Some(listen) = args.listen {
        flags.push(("--listen", "http.listen", listen));
    }
    if args.memory {
        flags.push(("--memory", "storage.backend", "memory".to_owned()));
    }
    let config = args.settings.load(flags)?.config;
    telemetry::init(&config.log)?;
    // From here on a signal ends the process in good order.
    let mut signals = Signals::listen()?;
    let listener = listen(config.http.listen).await?;
    let address = listener.local_addr()?;
    let data = DataDir::open(&config.data_dir)?;
    open_files::allow(config.limits.connections);
    let server = Server::open(&config, &data).await?;
    banner::print(&config, address)?;
    info!(http.addr = %address, "serving");
    server.serve(listener, &config, &data, &mut signals).await
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::new(format!(
            "port {port} is taken: another program, perhaps another flux, listens at {address}. \
             Choose another port, such as `flux up --listen {ip}:{next}`, or 0 for any that is free",
            port = address.port(),
            ip = address.ip(),
            next = address.port().checked_add(1).unwrap_or(8_081),
        )),
        io::ErrorKind::PermissionDenied => Failure::new(format!(
            "this user may not listen at {address}; ports from 1024 on need no permission: --listen {}:8080",
            address.ip()
        )),
        _ => Failure::new(format!("cannot listen at {address}: {error}")),
    })
}

/// All services of the process, before and while they are served.
struct Server {
    embedded: Embedded,
    flux: Flux,
    tokens: Arc<Tokens>,
    chat: ChatServer,
}

impl Server {
    async fn open(config: &Config, data: &DataDir) -> Result<Self, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let keys = compose::token_keys(&data.token_keys(), &*entropy)?;
        let code_secret = compose::code_secret(&data.code_secret(), &*entropy)?;
        let embedded = Embedded::open(config, data, clock, entropy).await?;
        let settings = compose::domain(config, code_secret, compose::chat_url(config));
        let flux = Flux::start(embedded.ports.clone(), settings);
        let tokens = Arc::new(Tokens::new(compose::tokens(config), keys));
        let parts = ChatParts { flux: flux.clone(), tokens: Arc::clone(&tokens) };
        let chat = ChatServer::new(parts, compose::chat(config));
        Ok(Self { embedded, flux, tokens, chat })
    }

    /// Serves until a signal comes, then lets everybody leave. Another signal ends it at once.
    async fn serve(
        self,
        listener: TcpListener,
        config: &Config,
        data: &DataDir,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let draining = CancellationToken::new();
        let stop = CancellationToken::new();
        let parts = GateParts::new(self.flux.clone(), Arc::clone(&self.tokens))
            .with_config(compose::gate(config))
            .with_draining(draining.clone());
        let router = gate::router(parts).merge(self.chat.router());
        let mut serving = tokio::spawn(serve(listener, router, compose::listener(config), stop.clone()));
        let keys = data.token_keys();
        let rotation = compose::rotate_keys(
            Arc::clone(&self.tokens),
            &keys,
            config.sessions.key_rotation,
            Arc::clone(&self.embedded.ports.clock),
            Arc::clone(&self.embedded.ports.entropy),
        );
        tokio::select! {
            signal = signals.next() => info!(signal, "stopping"),
            // It ends when it is told to, or by a fault of its own; then there is no use in going on.
            _ = &mut serving => return Err(Failure::new("the listener ended by itself; the log says why")),
            () = rotation => {}
        }
        let end = async {
            draining.cancel();
            let window = window(config.shutdown.drain, self.chat.status().connections);
            self.chat.drain(window).await;
            stop.cancel();
            // A panic of the listener has been logged, and there is nothing left to serve.
            let _ = serving.await;
            self.flux.stop();
            self.embedded.close().await;
            info!("stopped");
        };
        tokio::select! {
            biased;
            ended = in_time(config.shutdown.drain + GIVE_UP, end) => ended,
            signal = signals.next() => {
                Err(Failure::new(format!("{signal} came twice: stopped at once; what was acknowledged is kept")))
            }
        }
    }
}

/// Waits for the end, but not for ever: what hangs then is left behind.
async fn in_time(limit: Duration, end: impl Future<Output = ()>) -> Result<(), Failure> {
    tokio::time::timeout(limit, end).await.map_err(|_| {
        Failure::new("stopping took too long; stopped at once, and what was acknowledged is kept")
    })
}

/// How long after the drain window everything has to be over: connections that do not answer, requests that are open and
/// the store's last write have their own deadlines within this.
const GIVE_UP: Duration = Duration::from_secs(30);

/// In what time `connections` leave: a hundred in a second, so that where they go is not overrun, and no longer than
/// the configuration says. A handful is gone at once.
fn window(most: Duration, connections: usize) -> Duration {
    let millis = u64::try_from(connections).unwrap_or(u64::MAX).saturating_mul(10);
    most.min(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_end_that_hangs_is_given_up() {
        let began = tokio::time::Instant::now();
        let limit = Duration::from_secs(50);
        assert!(in_time(limit, std::future::pending()).await.is_err());
        assert_eq!(began.elapsed(), limit);
        assert!(in_time(limit, async {}).await.is_ok());
    }

    #[test]
    fn a_few_leave_at_once_and_many_over_the_whole_window() {
        let most = Duration::from_secs(20);
        assert_eq!(window(most, 0), Duration::ZERO);
        assert_eq!(window(most, 2), Duration::from_millis(20));
        assert_eq!(window(most, 10_000), most);
    }
}
