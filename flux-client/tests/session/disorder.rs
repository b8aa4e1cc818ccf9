//! Whatever the network does: every message that was sent is stored once and in order, and the application sees what is
//! stored, all of it, once and in order.

use std::collections::VecDeque;
use std::time::Duration;

use flux_client::{Config, Entropy, Event};
use flux_proto::v1::{self, client_frame::Request, event, reply};
use proptest::prelude::*;
use tokio::time::{Instant, sleep_until, timeout};

use crate::support::*;

/// A server with one conversation that keeps the rules of the protocol and every bad habit of a network.
struct Server {
    dice: Dice,
    log: Vec<v1::Message>,
    /// What the other one still has to say.
    to_say: u64,
    /// Pushes that are late.
    late: VecDeque<v1::Message>,
    /// The send that holds the conversation, on this connection.
    held: Option<String>,
    /// How bad the habits are, in percent.
    bad: u64,
}

enum Next {
    GoOn,
    Cut,
}

impl Server {
    fn roll(&self, sides: u64) -> u64 {
        let mut bytes = [0; 8];
        self.dice.fill(&mut bytes);
        u64::from_be_bytes(bytes) % sides
    }

    fn unlucky(&self) -> bool {
        self.roll(100) < self.bad
    }

    fn head(&self) -> u64 {
        self.log.len().try_into().unwrap()
    }

    fn store(&mut self, message: v1::Message) -> u64 {
        let seq = self.head() + 1;
        self.log.push(v1::Message { seq, ..message });
        seq
    }

    async fn serve(mut self, mut dialed: Dialed) -> Vec<v1::Message> {
        // Until the client has hung up and does not come back.
        while let Some(mut peer) = dialed.within(Duration::from_mins(5)).await {
            if self.unlucky() {
                continue;
            }
            peer.hello().await;
            self.held = None;
            self.late.clear();
            peer.welcome("e1", page(&[known(conversation(), self.head(), 0, (0, 0))], "c1"));
            self.connection(&mut peer).await;
        }
        self.log
    }

    async fn connection(&mut self, peer: &mut Peer) {
        let mut next_word = Instant::now();
        let mut next_repair = Instant::now() + Duration::from_secs(10);
        loop {
            let next = tokio::select! {
                biased;
                frame = peer.try_raw() => match frame {
                    Some(frame) => self.answer(peer, frame.request_id, frame.request.unwrap()),
                    None => Next::Cut,
                },
                () = sleep_until(next_word) => {
                    next_word += Duration::from_millis(self.roll(400));
                    self.say(peer)
                }
                () = sleep_until(next_repair) => {
                    next_repair += Duration::from_secs(10);
                    peer.push(event::Event::LogChanged(v1::LogChanged {
                        log: Some(v1::LogRef {
                            log: Some(v1::log_ref::Log::ConversationId(conversation().to_string())),
                        }),
                        head_seq: self.head(),
                    }));
                    Next::GoOn
                }
            };
            if matches!(next, Next::Cut) {
                return;
            }
        }
    }

    /// The other one says something, and it is pushed, or lost, or doubled, or late.
    fn say(&mut self, peer: &Peer) -> Next {
        if self.to_say > 0 {
            self.to_say -= 1;
            let seq = self.store(message(self.head() + 1));
            let said = self.log[usize::try_from(seq - 1).unwrap()].clone();
            match self.roll(4) {
                0 if self.bad > 0 => {}
                1 if self.bad > 0 => self.late.push_back(said),
                2 if self.bad > 0 => {
                    peer.push(event::Event::Message(said.clone()));
                    peer.push(event::Event::Message(said));
                }
                _ => peer.push(event::Event::Message(said)),
            }
        }
        if self.roll(2) == 0
            && let Some(late) = self.late.pop_back()
        {
            peer.push(event::Event::Message(late));
        }
        if self.bad > 0 && self.roll(200) == 0 { Next::Cut } else { Next::GoOn }
    }

    fn answer(&mut self, peer: &Peer, id: u32, request: Request) -> Next {
        match request {
            Request::Send(send) => return self.send(peer, id, send),
            Request::GiveUp(_) => {
                self.held = None;
                peer.reply(id, reply::Result::Done(v1::Done {}));
            }
            Request::ReadHistory(_) if self.unlucky() => {
                if self.roll(2) == 0 {
                    peer.refuse(id, "unavailable");
                }
            }
            Request::ReadHistory(read) => {
                let Some(v1::read_history::From::AfterSeq(after)) = read.from else { panic!("{read:?}") };
                let messages =
                    self.log.iter().skip(usize::try_from(after).unwrap()).take(7).cloned().collect();
                let conversation_id = conversation().to_string();
                let head_seq = self.head();
                peer.reply(id, reply::Result::History(v1::History { conversation_id, messages, head_seq }));
            }
            Request::MarkDelivered(mark) => {
                assert!(mark.seq <= self.head());
                let cursor = v1::Cursor { user_id: me().to_string(), delivered_seq: mark.seq, read_seq: 0 };
                let conversation_id = mark.conversation_id;
                peer.reply(
                    id,
                    reply::Result::CursorMoved(v1::CursorMoved { conversation_id, cursor: Some(cursor) }),
                );
            }
            Request::Ping(_) => peer.reply(id, reply::Result::Pong(v1::Pong::default())),
            request => panic!("{request:?}"),
        }
        Next::GoOn
    }

    fn send(&mut self, peer: &Peer, id: u32, send: v1::Send) -> Next {
        if self.held.as_ref().is_some_and(|held| *held != send.message_id) {
            peer.refuse(id, "send_held");
            return Next::GoOn;
        }
        self.held = None;
        if self.unlucky() {
            self.held = Some(send.message_id);
            peer.refuse(id, "overloaded");
            return Next::GoOn;
        }
        let known = self.log.iter().find(|message| message.message_id == send.message_id);
        let seq = match known {
            Some(known) => {
                assert_eq!(known.text, send.text);
                known.seq
            }
            None => self.store(v1::Message {
                conversation_id: conversation().to_string(),
                sender_id: me().to_string(),
                message_id: send.message_id,
                text: send.text,
                ..Default::default()
            }),
        };
        if self.unlucky() {
            // Stored, and nobody hears of it.
            return if self.roll(2) == 0 { Next::Cut } else { Next::GoOn };
        }
        peer.sent(id, seq);
        Next::GoOn
    }
}

/// Sends and receives at the mercy of such a server.
async fn survive(seed: u64, bad: u64, sends: u64, says: u64, capacity: usize) {
    let (net, dialed) = Net::new();
    let mut config = Config::default();
    config.event_capacity = capacity;
    let session = net.session(config).await;
    let mut events = session.events();
    let server = Server {
        dice: Dice::new(seed),
        log: Vec::new(),
        to_say: says,
        late: VecDeque::new(),
        held: None,
        bad,
    };
    let server = tokio::spawn(server.serve(dialed));
    let sending = tokio::spawn({
        let session = session.clone();
        async move {
            for n in 0..sends {
                session.send(peer(), n.to_string()).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            session.flushed().await.unwrap();
        }
    });
    let mut seen = Vec::new();
    let all = async {
        while u64::try_from(seen.len()).unwrap() < sends + says {
            match events.next().await.expect("the stream goes on") {
                Event::Message(message) => seen.push((message.seq, message.text)),
                Event::Connection(_) | Event::Lagged(_) | Event::Receipt(_) => {}
                event => panic!("{event:?}"),
            }
        }
    };
    timeout(Duration::from_hours(2), all).await.expect("everything arrives");
    sending.await.unwrap();
    session.close().await;
    let log = server.await.unwrap();
    let stored: Vec<_> = log.iter().map(|message| (message.seq, message.text.clone())).collect();
    assert_eq!(seen, stored);
    let mine = log.iter().filter(|message| message.sender_id == me().to_string());
    let sent: Vec<_> = mine.map(|message| message.text.parse::<u64>().unwrap()).collect();
    assert_eq!(sent, (0..sends).collect::<Vec<_>>());
}

proptest! {
    // A failure takes hours of paused time, and simpler cases are hardly easier to understand.
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 16, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_once_and_in_order(
        seed in any::<u64>(),
        bad in 0_u64..35,
        sends in 0_u64..60,
        says in 0_u64..60,
        capacity in 1_usize..40,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(survive(seed, bad, sends, says, capacity));
    }
}
