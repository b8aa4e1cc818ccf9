//! Links by hand: what a node takes, and from whom.

use flux_core::UserId;
use flux_proto::v1::chat_peer_service_client::ChatPeerServiceClient;
use flux_proto::v1::{self, link_request, link_response};
use futures_util::stream::{StreamExt as _, once, pending};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming};

use super::support::raw::{self, header};
use super::support::{Cluster, Node, SECRET, received, soon};

const LINK: &str = "/flux.v1.ChatPeerService/Link";

/// One link of the node `from`.
struct Link {
    out: mpsc::Sender<v1::LinkRequest>,
    answers: Streaming<v1::LinkResponse>,
}

impl Link {
    async fn of(cluster: &Cluster, node: &Node, from: &str, nonce: u128) -> Self {
        use flux_core::Clock as _;
        let (out, requests) = mpsc::channel(10);
        let mut request = Request::new(ReceiverStream::new(requests));
        let channel = raw::channel(node.server.address).await;
        let this = raw::incarnation(channel.clone()).await;
        let (who, now) = (format!("chat:{from}"), cluster.clock.now().as_millis());
        let header = header(SECRET, &who, &this, now, nonce, LINK);
        request.metadata_mut().insert("authorization", header.parse().unwrap());
        let mut client = ChatPeerServiceClient::new(channel);
        let answers = soon(client.link(request)).await.unwrap().into_inner();
        Self { out, answers }
    }

    async fn say(&self, frame: link_request::Frame) {
        self.out.send(v1::LinkRequest { frame: Some(frame) }).await.unwrap();
    }

    async fn hello(&mut self, to: impl ToString) -> Result<v1::LinkWelcome, Status> {
        self.say(link_request::Frame::Hello(v1::LinkHello { to_node_id: to.to_string() })).await;
        match soon(self.answers.message()).await?.and_then(|answer| answer.frame) {
            Some(link_response::Frame::Welcome(welcome)) => Ok(welcome),
            other => panic!("{other:?}"),
        }
    }

    async fn batch(&self, first_seq: u64, envelopes: &[Vec<u8>]) {
        let envelopes = envelopes.iter().cloned().map(Into::into).collect();
        self.say(link_request::Frame::Batch(v1::LinkBatch { first_seq, envelopes })).await;
    }

    /// Waits for the acknowledgement of everything up to `seq`.
    async fn taken(&mut self, seq: u64) {
        loop {
            match soon(self.answers.message()).await.unwrap().and_then(|answer| answer.frame) {
                Some(link_response::Frame::Ack(ack)) if ack.taken_seq == seq => return,
                Some(link_response::Frame::Ack(ack)) => assert!(ack.taken_seq < seq),
                other => panic!("{other:?}"),
            }
        }
    }

    async fn end(&mut self) -> Code {
        loop {
            match soon(self.answers.message()).await {
                Ok(Some(_)) => {}
                Ok(None) => return Code::Ok,
                Err(status) => return status.code(),
            }
        }
    }
}

/// A message for `user`, as it travels.
fn told(user: UserId, seq: u64) -> Vec<u8> {
    let message = v1::Message {
        conversation_id: uuid::Uuid::from_u128(1).to_string(),
        seq,
        sender_id: user.to_string(),
        message_id: uuid::Uuid::from_u128(2).to_string(),
        text: "hello".to_owned(),
        stored_ms: 1,
    };
    let delivery = v1::PeerDelivery {
        user_ids: vec![user.to_string()],
        event: Some(v1::peer_delivery::Event::Message(message)),
        ..Default::default()
    };
    let notice = v1::PeerNotice { notice: Some(v1::peer_notice::Notice::Deliver(delivery)) };
    v1::PeerEnvelope { notices: vec![notice] }.encode_to_vec()
}

#[tokio::test]
async fn a_second_link_of_a_node_takes_the_place_of_the_first() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let reader = node.connect(cluster.person(&node, "reader").await).await;
    let (from, user) = (cluster.node_id().to_string(), reader.actor.user);
    let mut first = Link::of(&cluster, &node, &from, 1).await;
    assert!(!first.hello(node.id).await.unwrap().known);
    first.batch(1, &[told(user, 1), told(user, 2)]).await;
    first.taken(2).await;

    let mut second = Link::of(&cluster, &node, &from, 2).await;
    assert_eq!(second.hello(node.id).await.unwrap(), v1::LinkWelcome { known: true, taken_seq: 2 });
    // Not even what is on its way.
    let _ = first.out.try_send(v1::LinkRequest {
        frame: Some(link_request::Frame::Batch(v1::LinkBatch {
            first_seq: 3,
            envelopes: vec![told(user, 99).into()],
        })),
    });
    assert_eq!(first.end().await, Code::Aborted);
    // What was taken before is passed over, what was not is taken.
    second.batch(2, &[told(user, 2), told(user, 3)]).await;
    second.taken(3).await;
    assert_eq!(received(&reader.outbox), [1, 2, 3]);

    let mut other = Link::of(&cluster, &node, &cluster.node_id().to_string(), 3).await;
    assert!(!other.hello(node.id).await.unwrap().known, "another node is another");
    second.batch(4, &[told(user, 4)]).await;
    second.taken(4).await;
}

#[tokio::test]
async fn what_breaks_the_rules_ends_the_link_and_what_is_unknown_does_not() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let reader = node.connect(cluster.person(&node, "reader").await).await;
    let (from, user) = (cluster.node_id().to_string(), reader.actor.user);

    let mut silent = Link::of(&cluster, &node, &from, 1).await;
    silent.batch(1, &[told(user, 1)]).await;
    assert_eq!(silent.end().await, Code::InvalidArgument, "no hello");
    let mut astray = Link::of(&cluster, &node, &from, 2).await;
    assert_eq!(astray.hello(cluster.node_id()).await.unwrap_err().code(), Code::FailedPrecondition);
    let mut hole = Link::of(&cluster, &node, &from, 3).await;
    hole.hello(node.id).await.unwrap();
    hole.batch(2, &[told(user, 2)]).await;
    assert_eq!(hole.end().await, Code::Aborted);

    let mut link = Link::of(&cluster, &node, &from, 4).await;
    link.hello(node.id).await.unwrap();
    link.out.send(v1::LinkRequest { frame: None }).await.unwrap();
    // Neither an envelope that is none nor a frame of a newer release.
    link.batch(1, &[told(user, 1), vec![0xff; 7], told(user, 3)]).await;
    link.taken(3).await;
    assert_eq!(received(&reader.outbox), [1, 3]);
}

#[tokio::test]
async fn sessions_that_ended_elsewhere_are_cut_off_by_whoever_may() {
    use flux_core::Clock as _;
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let reader = node.connect(cluster.person(&node, "reader").await).await;
    let path = "/flux.v1.ChatPeerService/Disconnect";
    let end = |user: String, session: String| v1::PeerDisconnect {
        user_id: user,
        session_id: session,
        reason: v1::SessionEndReason::Revoked.into(),
    };
    let here = end(reader.actor.user.to_string(), reader.actor.session.to_string());
    let nowhere = end(reader.actor.user.to_string(), uuid::Uuid::from_u128(9).to_string());
    for (nonce, sessions, outcome) in [
        (1, vec![here.clone(); 1_001], Err(Code::InvalidArgument)),
        (2, vec![end("x".to_owned(), "y".to_owned())], Err(Code::InvalidArgument)),
        (3, vec![nowhere, here], Ok(1)),
    ] {
        let mut request = Request::new(v1::DisconnectRequest { sessions });
        let channel = raw::channel(node.server.address).await;
        let this = raw::incarnation(channel.clone()).await;
        let header = header(SECRET, "operator:me", &this, cluster.clock.now().as_millis(), nonce, path);
        request.metadata_mut().insert("authorization", header.parse().unwrap());
        let mut client = ChatPeerServiceClient::new(channel);
        let answer = soon(client.disconnect(request)).await;
        let answer = answer.map(|answer| answer.into_inner().disconnected).map_err(|status| status.code());
        assert_eq!(answer, outcome);
    }
    let reason = flux_core::session::SessionEndReason::Revoked;
    assert_eq!(
        super::support::closed(&reader.outbox).await,
        flux_core::routing::CloseReason::SessionEnded(reason)
    );
}

#[tokio::test]
async fn reflection_tells_which_services_there_are() {
    use flux_core::Clock as _;
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let ask = async |nonce, what| {
        let question = ServerReflectionRequest { message_request: Some(what), ..Default::default() };
        // The stream stays open: the server answers while it is.
        let mut request = Request::new(once(std::future::ready(question)).chain(pending()));
        let channel = raw::channel(node.server.address).await;
        let this = raw::incarnation(channel.clone()).await;
        let header = header(SECRET, "operator:me", &this, cluster.clock.now().as_millis(), nonce, path);
        request.metadata_mut().insert("authorization", header.parse().unwrap());
        let mut client = ServerReflectionClient::new(channel);
        let mut answers = client.server_reflection_info(request).await.unwrap().into_inner();
        soon(answers.message()).await.unwrap().unwrap().message_response.unwrap()
    };
    let MessageResponse::ListServicesResponse(list) =
        ask(1, MessageRequest::ListServices(String::new())).await
    else {
        panic!("no list");
    };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    assert!(names.contains(&"flux.v1.ChatPeerService".to_owned()), "{names:?}");
    assert!(!names.contains(&"flux.v1.StatusService".to_owned()), "it is not served here");
    let symbol = MessageRequest::FileContainingSymbol("flux.v1.ChatPeerService".to_owned());
    assert!(matches!(ask(2, symbol).await, MessageResponse::FileDescriptorResponse(_)));
}
