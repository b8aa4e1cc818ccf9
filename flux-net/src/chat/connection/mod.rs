//! One connection, from the upgrade to its end: a state machine in one task, on the core's clock.
//!
//! Everything a connection holds is bounded: what waits to be written (then nothing more is asked for), the requests
//! that wait for answers (then they are refused), what it may ask for in a time (then it is told to wait, and cut off
//! if it does not). A handler that panics ends its own connection and no other.

mod call;
mod greeting;
mod inbound;
mod lease;
mod live;
mod rates;
mod requests;
mod sends;
mod timer;
mod wire;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use flux_core::ErrorCode;
use flux_proto::CloseCode;
use flux_proto::v1::client_frame::Request as WireRequest;
use futures_util::FutureExt;
use tracing::{Instrument, debug, error, info_span};

use super::FrameSocket;
use super::admission::Permit;
use super::codec::{Format, Hello, Invalid, Rejection, Requested};
use super::drain::DrainWatch;
use super::server::Inner;
use greeting::{Greeted, greet};
use inbound::Inbound;
use live::Live;
use rates::Rates;
use wire::{End, Io, Wire};

/// Serves a connection to its end.
pub(super) async fn serve<S: FrameSocket>(server: Arc<Inner>, permit: Permit, socket: S, format: Format) {
    let id = server.next_connection();
    let span = info_span!(
        "connection",
        conn.id = id,
        node.id = %server.flux().router.node(),
        user.id = tracing::field::Empty,
        session.id = tracing::field::Empty,
    );
    let serve = async move {
        let mut wire = Wire::new(socket, format, server.meters().written());
        let mut connection = Connection { id, server: Arc::clone(&server), permit };
        let driven = AssertUnwindSafe(connection.drive(&mut wire)).catch_unwind().await;
        let end = driven.unwrap_or_else(|_| {
            error!("connection ended by a panic");
            End::close(CloseCode::InternalError)
        });
        server.meters().closed(end.code.map(CloseCode::as_str));
        debug!(close = end.code.map(CloseCode::as_str), "connection ends");
        wire.finish(end, server.clock(), server.config().close_within).await;
    };
    serve.instrument(span).await;
}

/// A connection, whoever it is.
#[derive(Debug)]
struct Connection {
    id: u64,
    server: Arc<Inner>,
    permit: Permit,
}

impl Connection {
    async fn drive<S: FrameSocket>(&mut self, wire: &mut Wire<S>) -> End {
        let drain = self.server.drain_watch();
        let mut rates = Rates::new(&self.server.config().rates);
        match self.meet(wire, &mut rates, &drain).await {
            Ok(lease) => {
                let live = Live::new(&self.server, self.id, self.permit.client(), lease, rates);
                live.run(wire, drain).await
            }
            Err(end) => end,
        }
    }

    /// Waits for `hello` and answers it. One that failed can be repeated as long as there is time.
    async fn meet<S: FrameSocket>(
        &mut self,
        wire: &mut Wire<S>,
        rates: &mut Rates,
        drain: &DrainWatch,
    ) -> Result<lease::Lease, End> {
        let server = Arc::clone(&self.server);
        let mut too_late = server.clock().sleep(server.config().hello_within);
        loop {
            let room = wire.may_read();
            let io = tokio::select! {
                biased;
                () = server.killed() => Io::Ended(End::close(CloseCode::ServiceRestart)),
                _ = drain.begun() => Io::Ended(End::close(CloseCode::ServiceRestart)),
                () = &mut too_late => Io::Ended(End::close(CloseCode::TimedOut)),
                io = wire.io(room) => io,
            };
            let message = match io {
                Io::Received(message) => message,
                Io::Flushed => continue,
                Io::Ended(end) => return Err(end),
            };
            server.meters().received(message.len());
            let now = server.clock().monotonic();
            let limited = rates.frame(now);
            if limited.is_err() && rates.strike(now).is_err() {
                return Err(End::close(CloseCode::TooManyRequests));
            }
            let (request_id, request) = match inbound::read(wire.format(), &message) {
                Inbound::Frame { request_id: 0, .. } => {
                    (0, Err(Rejection::from(Invalid::argument("request_id"))))
                }
                Inbound::Frame { request_id, request } => {
                    (request_id, request.ok_or(ErrorCode::Malformed.into()))
                }
                Inbound::Malformed { request_id } => (request_id, Err(ErrorCode::Malformed.into())),
                Inbound::Close(code) => return Err(End::close(code)),
                Inbound::Control => continue,
            };
            let answer = match (limited, request) {
                (Err(wait), _) => Err(Rejection::rate_limited(wait)),
                (Ok(()), Err(rejection)) => Err(rejection),
                (Ok(()), Ok(WireRequest::Hello(hello))) => self.hello(hello).await,
                (Ok(()), Ok(_)) => Err(ErrorCode::HelloExpected.into()),
            };
            match answer {
                Ok(Greeted { lease, welcome }) => {
                    self.permit.known();
                    wire.reply(request_id, &Ok(Requested::Welcome(Box::new(welcome))));
                    return Ok(lease);
                }
                Err(rejection) => {
                    wire.reply(request_id, &Err(rejection));
                    if let Some(code) = rejection.closes() {
                        return Err(End::close(code));
                    }
                }
            }
        }
    }

    async fn hello(&self, hello: flux_proto::v1::Hello) -> Result<Greeted, Rejection> {
        let greeted = match Hello::try_from(hello) {
            Ok(hello) => greet(&self.server, self.permit.client(), hello).await,
            Err(invalid) => Err(invalid.into()),
        };
        let outcome = greeted.as_ref().map_or_else(|rejection| rejection.code.as_str(), |_| "welcome");
        self.server.meters().hello(outcome);
        greeted
    }
}
