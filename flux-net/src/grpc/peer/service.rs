//! The side of a node that others speak to.

use std::sync::Arc;
use std::time::Duration;

use flux_core::routing::Envelope;
use flux_core::{ErrorCode, Flux, NodeId};
use flux_proto::v1::chat_peer_service_server::{ChatPeerService, ChatPeerServiceServer, SERVICE_NAME};
use flux_proto::v1::{self, link_request, link_response};
use futures_util::FutureExt as _;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _, once, unfold};
use prost::Message as _;
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming, async_trait};
use tracing::{debug, info};

use super::dial::{LinkAnswers, LinkBroken};
use super::taken::{Claim, NotTaken, Senders};
use crate::grpc::auth::Caller;
use crate::grpc::failure::Failure;
use crate::grpc::server::Service;
use crate::grpc::wire;

/// How long a link may say nothing before its hello.
const HELLO_WITHIN: Duration = Duration::from_secs(5);

/// How many batches are taken before they are acknowledged, if they are there.
const BATCHES_PER_ACK: usize = 16;

/// How many sessions one call may disconnect.
const MOST_DISCONNECTS: usize = 1_000;

/// What other nodes and gates tell the node `flux`, and ask of it.
pub fn chat_peer_service(flux: Flux) -> Service {
    Service::new(SERVICE_NAME, move |routes, limits| {
        let service =
            ChatPeerServiceServer::new(PeerLinks::new(flux)).max_decoding_message_size(limits.message_bytes);
        routes.add_service(service);
    })
}

/// The links that other nodes have to one: what is taken from each, once and in order.
#[derive(Clone)]
pub struct PeerLinks {
    flux: Flux,
    senders: Arc<Senders>,
}

type Requests = BoxStream<'static, Result<v1::LinkRequest, Status>>;

type Answers = BoxStream<'static, Result<v1::LinkResponse, Status>>;

impl PeerLinks {
    /// To the node `flux`, without links.
    #[must_use]
    pub fn new(flux: Flux) -> Self {
        Self { flux, senders: Arc::default() }
    }

    /// Serves a link from the node `from`, which has proved who it is.
    #[must_use]
    pub fn link(
        &self,
        from: NodeId,
        requests: BoxStream<'static, Result<v1::LinkRequest, LinkBroken>>,
    ) -> LinkAnswers {
        let requests = requests.map_err(|broken| Status::unavailable(broken.to_string())).boxed();
        self.serve(from, requests).map_err(LinkBroken::from).boxed()
    }

    fn serve(&self, node: NodeId, mut requests: Requests) -> Answers {
        let (flux, senders) = (self.flux.clone(), Arc::clone(&self.senders));
        let answers = async move {
            let said = timeout(HELLO_WITHIN, requests.try_next()).await;
            let said = said.map_err(|_| Status::deadline_exceeded("no hello"))??.and_then(|said| said.frame);
            let Some(link_request::Frame::Hello(hello)) = said else {
                return Err(Status::invalid_argument("no hello"));
            };
            if hello.to_node_id != flux.router.node().to_string() {
                return Err(Status::failed_precondition("another node is here now"));
            }
            let (claim, known) = senders.hello(node);
            info!(peer.id = %node, "link from a peer stands");
            let welcome = v1::LinkWelcome { known: known.is_some(), taken_seq: known.unwrap_or_default() };
            let welcome = answer(link_response::Frame::Welcome(welcome));
            let acknowledgements = unfold(Some((flux, claim, requests)), |link| async move {
                let (flux, claim, mut requests) = link?;
                match acknowledge(&flux, &claim, &mut requests).await {
                    Ok(Some(ack)) => Some((Ok(ack), Some((flux, claim, requests)))),
                    Ok(None) => None,
                    Err(status) => Some((Err(status), None)),
                }
            });
            Ok(once(std::future::ready(Ok(welcome))).chain(acknowledgements))
        };
        let answers = once(answers).flat_map(|begun| match begun {
            Ok(answers) => answers.boxed(),
            Err(status) => once(std::future::ready(Err(status))).boxed(),
        });
        answers.boxed()
    }
}

#[async_trait]
impl ChatPeerService for PeerLinks {
    type LinkStream = Answers;

    async fn link(&self, request: Request<Streaming<v1::LinkRequest>>) -> Result<Response<Answers>, Status> {
        let node = Caller::node(request.extensions())?;
        Ok(Response::new(self.serve(node, request.into_inner().boxed())))
    }

    async fn submit(
        &self,
        request: Request<v1::SubmitRequest>,
    ) -> Result<Response<v1::SubmitResponse>, Status> {
        let v1::SubmitRequest { actor, send } = request.into_inner();
        let read = || {
            let actor = wire::read_actor(&wire::needed(actor, "actor")?)?;
            let (to, message, text) = wire::read_send(&wire::needed(send, "send")?)?;
            Ok::<_, Failure>((actor, to, message, text))
        };
        let (actor, to, message, text) = read().map_err(Failure::into_status)?;
        match self.flux.messages.send(actor, to, message, text).await {
            Ok(sent) => Ok(Response::new(v1::SubmitResponse { sent: Some(wire::sent(&sent)) })),
            Err(error) => {
                debug!(%error, "submit refused");
                Err(Failure::new(error.code()).into_status())
            }
        }
    }

    async fn disconnect(
        &self,
        request: Request<v1::DisconnectRequest>,
    ) -> Result<Response<v1::DisconnectResponse>, Status> {
        let sessions = request.into_inner().sessions;
        if sessions.len() > MOST_DISCONNECTS {
            let failure =
                Failure { field: "sessions".to_owned(), ..Failure::new(ErrorCode::InvalidArgument) };
            return Err(failure.into_status());
        }
        let ended = sessions.iter().map(wire::read_disconnect).collect::<Result<Vec<_>, _>>();
        let ended = ended.map_err(|error| Failure::from(error).into_status())?;
        let hub = self.flux.router.hub();
        let connected = ended.iter().filter(|end| hub.end_session(end.user, end.session, end.reason)).count();
        let disconnected = u32::try_from(connected).unwrap_or(u32::MAX);
        Ok(Response::new(v1::DisconnectResponse { disconnected }))
    }
}

/// Waits for a batch, takes it and those that have come with it, and says up to where. `None` when the peer hangs up.
async fn acknowledge(
    flux: &Flux,
    claim: &Claim,
    requests: &mut Requests,
) -> Result<Option<v1::LinkResponse>, Status> {
    let mut taken = None;
    for _ in 0..BATCHES_PER_ACK {
        let next = if taken.is_none() {
            tokio::select! {
                biased;
                () = claim.replaced() => return Err(Status::aborted(NotTaken::Replaced.to_string())),
                next = requests.try_next() => next,
            }
        } else {
            match requests.try_next().now_or_never() {
                Some(next) => next,
                None => break,
            }
        };
        let batch = match next {
            Ok(Some(v1::LinkRequest { frame: Some(link_request::Frame::Batch(batch)) })) => batch,
            // Of a newer release.
            Ok(Some(_)) => continue,
            // What was taken before is acknowledged first; the end comes again.
            Ok(None) | Err(_) if taken.is_some() => break,
            Ok(None) => return Ok(None),
            Err(status) => return Err(status),
        };
        let seq = claim.take(batch.first_seq, batch.envelopes, |envelope| receive(flux, &envelope));
        taken = Some(seq.map_err(|error| Status::aborted(error.to_string()))?);
    }
    let taken_seq = match taken {
        Some(taken_seq) => taken_seq,
        // Nothing but what a newer release says: nothing new to acknowledge.
        None => claim.take(1, [], |()| {}).map_err(|error| Status::aborted(error.to_string()))?,
    };
    Ok(Some(answer(link_response::Frame::Ack(v1::LinkAck { taken_seq }))))
}

/// One envelope. What cannot be read is passed over: repair tells of it.
fn receive(flux: &Flux, envelope: &[u8]) {
    let envelope = match v1::PeerEnvelope::decode(envelope) {
        Ok(envelope) => wire::read_envelope(envelope),
        Err(error) => {
            debug!(%error, "envelope passed over");
            Envelope::default()
        }
    };
    for user in flux.router.receive(envelope) {
        flux.presence.changed_elsewhere(user);
    }
}

fn answer(frame: link_response::Frame) -> v1::LinkResponse {
    v1::LinkResponse { frame: Some(frame) }
}
