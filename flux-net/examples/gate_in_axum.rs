//! The gate inside one's own axum router, on memory stores and behind one's own pages:
//!
//!     cargo run -p flux-net --example gate_in_axum
//!
//! Then open the page that it prints.

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use flux_core::{Flux, Ports, Settings};
use flux_net::gate::{self, GateParts};
use flux_net::mail::{OutboxConfig, OutboxMailer};
use flux_net::password::{Argon2Config, Argon2Hasher};
use flux_net::serve::{ServeLimits, serve};
use flux_net::token::{KeyRing, SigningKey, TokenConfig, Tokens};
use flux_store::memory;
use flux_store::system::{SystemClock, SystemEntropy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    let mails = std::env::temp_dir().join("flux-example-mail");
    let ports = Ports {
        hasher: Arc::new(Argon2Hasher::new(&Argon2Config::default())?),
        mailer: Arc::new(OutboxMailer::open(OutboxConfig::new(&mails), clock.clone())?),
        ..memory::ports(clock, entropy.clone())
    };
    let flux = Flux::start(ports, Settings::default());
    let keys = KeyRing::new(SigningKey::generate(&*entropy));
    let tokens = Arc::new(Tokens::new(TokenConfig::default(), keys));

    // Yours, with the gate under a path of its own.
    let router = Router::new()
        .route("/", get(|| async { "my own page" }))
        .nest("/chat", gate::router(GateParts::new(flux, tokens)));

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("try the API: http://{}/chat/docs", listener.local_addr()?);
    println!("codes arrive as files in {}", mails.display());
    serve(listener, router, ServeLimits::default(), CancellationToken::new()).await;
    Ok(())
}
