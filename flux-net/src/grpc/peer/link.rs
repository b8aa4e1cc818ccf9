//! One link: what keeps it up, and what it carries.

use std::sync::Arc;
use std::time::Duration;

use flux_core::NodeId;
use flux_core::entropy::below;
use flux_proto::v1::{self, link_request, link_response};
use futures_util::TryStreamExt as _;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::PeerSettings;
use super::dial::{LinkAnswers, LinkBroken, PeerDial};
use super::queue::Queue;
use crate::grpc::auth::ServiceAuth;

/// The way to one peer, for as long as it lives.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) node: NodeId,
    pub(super) url: String,
    pub(super) queue: Arc<Queue>,
    pub(super) dial: Arc<dyn PeerDial>,
    pub(super) auth: ServiceAuth,
    pub(super) settings: PeerSettings,
}

/// Why a link does not stand.
#[derive(Debug, Error)]
enum Broken {
    #[error(transparent)]
    Cut(#[from] LinkBroken),
    #[error("no answer in time")]
    Late,
    #[error("ended by the peer")]
    Ended,
    #[error("the peer acknowledges nothing")]
    Stalled,
    #[error("the peer says what cannot be")]
    Nonsense,
}

/// Both directions of a link that stands.
struct Standing {
    out: mpsc::Sender<v1::LinkRequest>,
    answers: LinkAnswers,
}

impl Link {
    /// Keeps the link up until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        // Failures in a row.
        let mut failures = 0;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                healthy = self.once() => failures = if healthy { 0 } else { failures + 1 },
            }
            if failures > 0 {
                // Nobody is to wait for a peer that is away. After a cut they may: it is tried again at once.
                self.queue.close();
            }
            let pause = self.pause(failures);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = sleep(pause) => {}
            }
        }
        self.queue.close();
    }

    /// Makes the link and carries what waits, until it breaks. Returns whether it was of any use.
    async fn once(&self) -> bool {
        let connecting = timeout(self.settings.channel.connect_timeout, self.connect());
        let standing = match connecting.await.unwrap_or(Err(Broken::Late)) {
            Ok(standing) => standing,
            Err(error) => {
                debug!(peer.id = %self.node, %error, "no link to a peer");
                return false;
            }
        };
        info!(peer.id = %self.node, "link to a peer stands");
        let since = Instant::now();
        let (useful, error) = self.carry(standing).await;
        self.queue.disconnected();
        warn!(peer.id = %self.node, %error, "link to a peer broke");
        // One that breaks as soon as it stands is not tried again at once, and not one whose peer does nothing.
        let stood = useful || since.elapsed() >= self.settings.backoff.1;
        stood && !matches!(error, Broken::Stalled | Broken::Nonsense)
    }

    async fn connect(&self) -> Result<Standing, Broken> {
        let (out, requests) = mpsc::channel(1);
        let hello = v1::LinkHello { to_node_id: self.node.to_string() };
        let hello = v1::LinkRequest { frame: Some(link_request::Frame::Hello(hello)) };
        // There is room for one.
        let _ = out.try_send(hello);
        let mut answers = self.dial.dial(self.node, &self.url, requests).await?;
        match answers.try_next().await?.ok_or(Broken::Ended)?.frame {
            Some(link_response::Frame::Welcome(welcome)) if self.queue.resume(welcome) => {
                Ok(Standing { out, answers })
            }
            _ => Err(Broken::Nonsense),
        }
    }

    /// Carries what waits until the link breaks. Returns whether anything was acknowledged, and why it broke.
    async fn carry(&self, Standing { out, mut answers }: Standing) -> (bool, Broken) {
        let mut useful = false;
        // Since when the peer owes an acknowledgement.
        let mut owes: Option<Instant> = None;
        let broken = loop {
            let stalled = owes.map(|since| since + self.settings.acknowledge_within);
            tokio::select! {
                biased;
                answer = answers.try_next() => match answer {
                    Ok(Some(v1::LinkResponse { frame: Some(link_response::Frame::Ack(ack)) })) => {
                        if !self.queue.acknowledge(ack.taken_seq) {
                            break Broken::Nonsense;
                        }
                        useful = true;
                        owes = self.queue.awaits_acknowledgement().then(Instant::now);
                    }
                    // Of a newer release.
                    Ok(Some(_)) => {}
                    Ok(None) => break Broken::Ended,
                    Err(cut) => break cut.into(),
                },
                () = sleep_until(stalled.unwrap_or_else(Instant::now)), if stalled.is_some() => {
                    break Broken::Stalled;
                }
                room = self.room(&out) => {
                    let Some(room) = room else { break Broken::Ended };
                    if let Some(batch) = self.queue.take() {
                        owes = owes.or_else(|| Some(Instant::now()));
                        room.send(v1::LinkRequest { frame: Some(link_request::Frame::Batch(batch)) });
                    }
                }
            }
        };
        (useful, broken)
    }

    /// Waits until there is something to write and room for it; `None` if there never will be.
    async fn room<'a>(
        &self,
        out: &'a mpsc::Sender<v1::LinkRequest>,
    ) -> Option<mpsc::Permit<'a, v1::LinkRequest>> {
        self.queue.filled().await;
        out.reserve().await.ok()
    }

    /// How long to wait before the next attempt: anything up to a bound that doubles (full jitter), so that those who
    /// lost a peer together do not come back together.
    fn pause(&self, failures: u32) -> Duration {
        let (least, most) = self.settings.backoff;
        let bound = least.saturating_mul(1 << failures.min(16)).min(most);
        let bound = u32::try_from(bound.as_millis()).unwrap_or(u32::MAX);
        Duration::from_millis(u64::from(below(self.auth.entropy(), bound.max(1))))
    }
}
