//! `flux-verify`.

use std::sync::Arc;

use flux_core::guard::FallbackLimiter;
use flux_core::verification::{CodeRules, Verification, VerificationPorts};
use flux_net::grpc::{self, verify_service};
use flux_net::health::Health;
use flux_store::memory::MemoryLimiter;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{announce, health};
use crate::compose::{self, Backends, MailOut};
use crate::config::Config;
use crate::failure::Failure;
use crate::process::{GIVE_UP, Parts, Signals, listen, live};

pub(super) async fn serve(config: &Config, signals: &mut Signals) -> Result<(), Failure> {
    let listener = listen(config.verify.listen, "--set verify.listen=").await?;
    let address = listener.local_addr()?;
    let backends = signals.or(Box::pin(Backends::open(config))).await?;
    let auth = backends.auth(config, grpc::Role::Verify)?;
    let secrets = compose::code_file(config);
    if let Some(folder) = secrets.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let secret = compose::code_secret(&secrets, &*backends.entropy)?;
    let mail = MailOut::open(config, &backends.clock, &backends.entropy)?;
    let own_limits = Arc::new(MemoryLimiter::new(Arc::clone(&backends.clock)));
    let verification = Arc::new(Verification::new(
        VerificationPorts {
            codes: Arc::clone(&backends.volatile.codes) as _,
            accounts: Arc::clone(&backends.mysql) as _,
            limiter: Arc::new(FallbackLimiter::new(Arc::clone(&backends.volatile.limiter) as _, own_limits)),
            mailer: mail.mailer(),
            clock: Arc::clone(&backends.clock),
            entropy: Arc::clone(&backends.entropy),
        },
        secret,
        CodeRules::default(),
    ));

    let draining = CancellationToken::new();
    let asked = Health::new(Arc::clone(&backends.clock), draining.clone())
        .with_probe(backends.store_probe(true))
        .with_probe(backends.redis_probe());
    let mut parts = Parts::new();
    let ready = health::watch(&mut parts, asked.clone());
    parts.run(
        "the listener",
        health::grpc(
            listener,
            vec![verify_service(verification, mail.mailer()).ready_when(ready)],
            auth,
            compose::grpc_limits(config),
            parts.stop(),
        ),
    );
    health::serve(config, &mut parts, &asked).await?;
    announce("verify", &format!("http://{address}"))?;
    info!(grpc.addr = %address, "serving");
    // It keeps nothing of the database, in whatever epoch that is.
    live(signals, parts, std::future::pending(), config.shutdown.drain + GIVE_UP, async |parts| {
        draining.cancel();
        parts.finish().await;
        mail.close().await;
        backends.close().await;
    })
    .await
}
