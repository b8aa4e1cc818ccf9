//! Two chat nodes with clients, over one set of memory stores.

use std::sync::Arc;

use flux_core::Clock;
use flux_core::session::Actor;
use flux_net::chat::{ChatConfig, ChatParts, ChatServer, Format};
use flux_net::serve::{ServeLimits, serve};
use flux_net::token::{KeyRing, SigningKey, TokenConfig, Tokens};
use flux_proto::v1::event::Event;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{Cluster, Node};
use crate::wire::Client;

/// Two chat nodes, with a friend on each.
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) nodes: [Node; 2],
    pub(crate) clients: [Client; 2],
    pub(crate) actors: [Actor; 2],
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) conversation: flux_core::ConversationId,
    stop: CancellationToken,
}

impl World {
    pub(crate) async fn new() -> Self {
        let cluster = Cluster::new();
        let nodes = [cluster.node().await, cluster.node().await];
        cluster.meet(&[&nodes[0], &nodes[1]]).await;
        let (alice, bobby, conversation) = cluster.friends(&nodes[0]).await;
        let keys = KeyRing::new(SigningKey::generate(&*cluster.entropy));
        let tokens = Arc::new(Tokens::new(TokenConfig::default(), keys));
        let stop = CancellationToken::new();
        let mut clients = Vec::new();
        for (node, actor) in nodes.iter().zip([alice, bobby]) {
            let parts = ChatParts { flux: node.flux.clone(), tokens: Arc::clone(&tokens) };
            let chat = ChatServer::new(parts, ChatConfig::default());
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(serve(listener, chat.router(), ServeLimits::default(), stop.clone()));
            let mut client = Client::open(address, Format::Proto).await;
            client.welcomed(token(&cluster, &tokens, actor)).await;
            clients.push(client);
        }
        let Ok(clients) = clients.try_into() else { unreachable!("two were made") };
        Self { cluster, nodes, clients, actors: [alice, bobby], tokens, conversation, stop }
    }

    /// Alice writes to Bobby, who is on the other node.
    pub(crate) async fn say(&mut self, text: &str) {
        let message = self.cluster.message_id();
        self.clients[0].send(self.conversation, message, text).await;
        let arrived = self.clients[1].event_of(|event| match event {
            Event::Message(message) => Some(message.text),
            _ => None,
        });
        assert_eq!(arrived.await, text);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) fn token(cluster: &Cluster, tokens: &Tokens, actor: Actor) -> String {
    tokens.issue(actor.user, actor.session, cluster.clock.now()).token.expose().to_owned()
}
