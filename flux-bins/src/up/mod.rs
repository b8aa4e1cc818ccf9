//! `flux up`: everything in one process.

mod banner;

use std::sync::Arc;

use clap::Args as ClapArgs;
use flux_core::{Clock, Entropy, Flux};
use flux_net::chat::{ChatParts, ChatServer};
use flux_net::gate::{self, GateParts};
use flux_net::health::Health;
use flux_net::serve::serve;
use flux_net::token::Tokens;
use flux_store::system::{SystemClock, SystemEntropy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::cli::SettingsArgs;
use crate::compose::{self, DataDir, Embedded};
use crate::config::{Config, Program};
use crate::failure::Failure;
use crate::process::{GIVE_UP, Parts, Signals, allow, drain_window, listen, live};
use crate::service::serve_figures;
use crate::telemetry;

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
    /// Ends in good order when standard input does, as on a signal: for a process that lives with whoever started it.
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let mut flags = Vec::new();
    if let Some(listen) = args.listen {
        flags.push(("--listen", "http.listen", listen));
    }
    if args.memory {
        flags.push(("--memory", "storage.backend", "memory".to_owned()));
    }
    let loaded = args.settings.load(flags)?;
    loaded.check_for(Program::Up)?;
    let config = loaded.config;
    let telemetry = telemetry::init(&config, "flux")?;
    // From here on a signal ends the process in good order.
    let mut signals = Signals::listen()?;
    if args.until_stdin_closes {
        signals = signals.with_standard_input()?;
    }
    let listener = listen(config.http.listen, "--listen ").await?;
    let address = listener.local_addr()?;
    let data = DataDir::open(&config.data_dir)?;
    allow(config.limits.connections);
    let server = Server::open(&config, &data).await?;
    banner::print(&config, address)?;
    info!(http.addr = %address, "serving");
    let served = server.serve(listener, &config, &data, &mut signals).await;
    telemetry.finish().await;
    served
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
        telemetry::name_node(flux.router.node());
        let tokens = Arc::new(Tokens::new(compose::tokens(config), keys));
        let parts = ChatParts { flux: flux.clone(), tokens: Arc::clone(&tokens) };
        let chat = ChatServer::new(parts, compose::chat(config));
        Ok(Self { embedded, flux, tokens, chat })
    }

    /// Serves until a signal comes, then lets everybody leave.
    async fn serve(
        self,
        listener: TcpListener,
        config: &Config,
        data: &DataDir,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let draining = CancellationToken::new();
        let router = GateParts::new(self.flux.clone(), Arc::clone(&self.tokens))
            .with_config(compose::gate(config))
            .with_draining(draining.clone());
        let router = gate::router(router).merge(self.chat.router());
        let mut parts = Parts::new();
        serve_figures(config, &mut parts, &Health::of(&self.flux, draining.clone())).await?;
        parts.run("the listener", serve(listener, router, compose::listener(config), parts.stop()));
        let ports = &self.embedded.ports;
        parts.keep(
            "the rotation of keys",
            compose::rotate_keys(
                Arc::clone(&self.tokens),
                data.token_keys(),
                config.sessions.key_rotation,
                Arc::clone(&ports.clock),
                Arc::clone(&ports.entropy),
            ),
        );
        let end = async |parts: Parts| {
            draining.cancel();
            self.chat.drain(drain_window(config.shutdown.drain, self.chat.status().connections)).await;
            parts.finish().await;
            self.flux.stop();
            self.embedded.close().await;
        };
        // Nobody else has the database.
        live(signals, parts, std::future::pending(), config.shutdown.drain + GIVE_UP, end).await
    }
}
