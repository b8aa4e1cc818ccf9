//! The WebSocket by hand, in binary, by somebody who records everything that they are given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use flux_history::What;
use flux_proto::v1::{self, client_frame::Request, event, read_history, reply, server_frame};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::tape::Tape;
use crate::world::soon;

/// The connection is gone.
#[derive(Debug)]
pub(crate) struct Gone;

/// A connection of a session.
pub(crate) struct Raw {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    tape: Arc<Tape>,
    session: String,
    connection: String,
    user: String,
    next_id: u32,
    /// Replies that came while something else was waited for.
    replies: Vec<v1::Reply>,
    /// The newest seq that was seen of each conversation.
    pub(crate) last: BTreeMap<String, u64>,
    /// Conversations of which there is more.
    behind: BTreeSet<String>,
    /// What was sent and not answered, by the number of the try: the conversation, the message and its text.
    open: BTreeMap<u64, [String; 3]>,
    /// How many receipts came.
    pub(crate) receipts: usize,
    /// Who was said to be there, or not, last.
    pub(crate) presence: BTreeMap<String, bool>,
}

impl Raw {
    /// Connects to `authority`, host and port, as `session`, and says hello.
    pub(crate) async fn hello(
        tape: &Arc<Tape>,
        authority: &str,
        session: &str,
        token: &str,
    ) -> Result<Self, Gone> {
        let mut request = format!("ws://{authority}/v1/chat").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "flux.v1.proto".parse().unwrap());
        let (stream, _) = soon("a connection", connect_async(request)).await.map_err(|_| Gone)?;
        let connection = format!("{session}#{}", tape.number());
        let mut raw = Self {
            stream,
            tape: Arc::clone(tape),
            session: session.to_owned(),
            connection: connection.clone(),
            user: String::new(),
            next_id: 0,
            replies: Vec::new(),
            last: BTreeMap::new(),
            behind: BTreeSet::new(),
            open: BTreeMap::new(),
            receipts: 0,
            presence: BTreeMap::new(),
        };
        tape.note(What::Hello { connection: connection.clone().into(), session: session.to_owned().into() });
        let hello =
            v1::Hello { access_token: token.to_owned(), client: "by hand".into(), ..Default::default() };
        match raw.ask(Request::Hello(hello)).await? {
            reply::Result::Welcome(welcome) => {
                tape.life(&welcome.epoch);
                raw.user = welcome.user_id;
                tape.note(What::Welcome { connection: connection.into() });
                Ok(raw)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Sends a request; its id.
    pub(crate) async fn post(&mut self, request: Request) -> Result<u32, Gone> {
        self.next_id += 1;
        let frame = v1::ClientFrame { request_id: self.next_id, request: Some(request) };
        let message = Message::binary(frame.encode_to_vec());
        soon("a request", self.stream.send(message)).await.map_err(|_| Gone)?;
        Ok(self.next_id)
    }

    /// One request, and its answer.
    pub(crate) async fn ask(&mut self, request: Request) -> Result<reply::Result, Gone> {
        let id = self.post(request).await?;
        self.answer(id).await
    }

    /// The answer to an earlier request.
    pub(crate) async fn answer(&mut self, id: u32) -> Result<reply::Result, Gone> {
        soon("an answer", async {
            loop {
                if let Some(at) = self.replies.iter().position(|reply| reply.request_id == id) {
                    return Ok(self.replies.remove(at).result.unwrap());
                }
                self.step().await?;
            }
        })
        .await
    }

    /// Sends a message and waits for nothing: the numbers of the request and of the try.
    pub(crate) async fn post_send(
        &mut self,
        conversation: &str,
        message: &str,
        text: &str,
    ) -> Result<(u32, u64), (u64, Gone)> {
        let op = self.tape.number();
        self.tape.note(What::Send {
            op,
            session: self.session.clone().into(),
            connection: Some(self.connection.clone().into()),
            lane: Some(self.session.clone().into()),
            conversation: conversation.to_owned().into(),
            message: message.to_owned().into(),
            body: text.to_owned().into(),
        });
        self.open.insert(op, [conversation, message, text].map(str::to_owned));
        let send = v1::Send {
            to: Some(v1::send::To::ConversationId(conversation.to_owned())),
            message_id: message.to_owned(),
            text: text.to_owned(),
        };
        let id = self.post(Request::Send(send)).await.map_err(|gone| (op, gone))?;
        Ok((id, op))
    }

    /// What became of a message; whether it was stored.
    pub(crate) async fn sent(&mut self, (id, op): (u32, u64)) -> Result<bool, Gone> {
        let answer = self.answer(id).await;
        let [conversation, message, text] = self.open.remove(&op).unwrap();
        match &answer {
            Ok(reply::Result::Sent(sent)) => {
                let epoch = self.tape.life(&sent.epoch);
                self.tape.note(What::Acked { op, epoch: epoch.into(), seq: sent.seq });
                // Who is answered with the place has the message, and is not given it again.
                if sent.seq > self.last.get(&conversation).copied().unwrap_or(0) {
                    self.got(v1::Message {
                        conversation_id: conversation,
                        seq: sent.seq,
                        sender_id: self.user.clone(),
                        message_id: message,
                        text,
                        stored_ms: sent.stored_ms,
                    });
                }
            }
            Ok(reply::Result::Error(_)) => self.tape.note(What::Failed { op }),
            Ok(other) => panic!("{other:?}"),
            Err(Gone) => self.tape.note(What::Unknown { op }),
        }
        answer.map(|answer| matches!(answer, reply::Result::Sent(_)))
    }

    /// One message; whether it was stored.
    pub(crate) async fn send(&mut self, conversation: &str, message: &str, text: &str) -> Result<bool, Gone> {
        match self.post_send(conversation, message, text).await {
            Ok(posted) => self.sent(posted).await,
            Err((op, gone)) => {
                self.tape.note(What::Unknown { op });
                Err(gone)
            }
        }
    }

    /// Takes in what comes until `enough`, or until that time has passed; whether it was enough.
    pub(crate) async fn listen(&mut self, patience: Duration, enough: impl Fn(&Self) -> bool) -> bool {
        let heard = tokio::time::timeout(patience, async {
            loop {
                self.catch_up().await?;
                if enough(self) {
                    break;
                }
                self.step().await?;
            }
            Ok::<_, Gone>(())
        });
        matches!(heard.await, Ok(Ok(())))
    }

    /// Reads the whole of a conversation, three by three.
    pub(crate) async fn read(&mut self, conversation: &str) {
        let reading = self.tape.number();
        self.tape.note(What::Reading {
            reading,
            conversation: conversation.to_owned().into(),
            epoch: "1".into(),
        });
        let mut last = 0;
        loop {
            let from = Some(read_history::From::AfterSeq(last));
            let read = v1::ReadHistory { conversation_id: conversation.to_owned(), from, limit: 3 };
            let page = self.ask(Request::ReadHistory(read)).await.unwrap();
            let reply::Result::History(page) = page else { panic!("{page:?}") };
            for message in &page.messages {
                last = message.seq;
                self.tape.note(What::Entry {
                    reading,
                    seq: message.seq,
                    message: message.message_id.clone().into(),
                    sender: message.sender_id.clone().into(),
                    body: message.text.clone().into(),
                });
            }
            if page.messages.is_empty() || last >= page.head_seq {
                self.tape.note(What::Read { reading, head: page.head_seq });
                return;
            }
        }
    }

    /// Reads what it was only told of.
    async fn catch_up(&mut self) -> Result<(), Gone> {
        while let Some(conversation) = self.behind.pop_first() {
            let after = self.last.get(&conversation).copied().unwrap_or(0);
            let from = Some(read_history::From::AfterSeq(after));
            let read = v1::ReadHistory { conversation_id: conversation, from, limit: 0 };
            if let reply::Result::History(page) = self.ask(Request::ReadHistory(read)).await? {
                page.messages.into_iter().for_each(|message| self.got(message));
            }
        }
        Ok(())
    }

    /// Says good-bye.
    pub(crate) async fn close(mut self) {
        let _ = soon("the end of a connection", self.stream.close(None)).await;
    }

    /// Takes the next frame in.
    async fn step(&mut self) -> Result<(), Gone> {
        let frame = match self.stream.next().await {
            Some(Ok(Message::Binary(bytes))) => v1::ServerFrame::decode(bytes).unwrap(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            _ => return Err(Gone),
        };
        match frame.frame {
            Some(server_frame::Frame::Reply(reply)) => self.replies.push(reply),
            Some(server_frame::Frame::Event(v1::Event { event: Some(event), .. })) => self.event(event),
            _ => {}
        }
        Ok(())
    }

    fn event(&mut self, event: event::Event) {
        match event {
            event::Event::Message(message) => self.got(message),
            event::Event::LogChanged(changed) => {
                let Some(v1::log_ref::Log::ConversationId(id)) = changed.log.and_then(|log| log.log) else {
                    return;
                };
                if changed.head_seq > self.last.get(&id).copied().unwrap_or(0) {
                    self.behind.insert(id);
                }
            }
            event::Event::Receipt(receipt) => {
                self.receipts += 1;
                let cursor = receipt.cursor.unwrap();
                self.tape.note(What::Receipt {
                    session: self.session.clone().into(),
                    conversation: receipt.conversation_id.into(),
                    user: cursor.user_id.into(),
                    delivered: cursor.delivered_seq,
                    read: cursor.read_seq,
                });
            }
            event::Event::Presence(presence) => self.presence(&presence),
            _ => {}
        }
    }

    fn got(&mut self, message: v1::Message) {
        let last = self.last.entry(message.conversation_id.clone()).or_default();
        *last = (*last).max(message.seq);
        self.tape.note(What::Got {
            session: self.session.clone().into(),
            epoch: "1".into(),
            conversation: message.conversation_id.into(),
            seq: message.seq,
            message: message.message_id.into(),
            sender: message.sender_id.into(),
            body: message.text.into(),
        });
    }

    /// Records whether somebody is there.
    pub(crate) fn presence(&mut self, presence: &v1::Presence) {
        let online = presence.state != i32::from(v1::PresenceState::Offline);
        self.presence.insert(presence.user_id.clone(), online);
        self.tape.note(What::Presence {
            session: self.session.clone().into(),
            user: presence.user_id.clone().into(),
            online,
        });
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.tape.note(What::Closed { connection: self.connection.clone().into() });
    }
}
