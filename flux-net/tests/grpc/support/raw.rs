//! Calls by hand: any method, any header, as anybody may make them.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http_body::{Body as _, Frame};
use ring::hmac;
use tonic::Code;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::transport::{Channel, Endpoint};
use tower::ServiceExt as _;

pub(crate) async fn channel(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// Which server this is, as it tells everybody who asks for its health.
pub(crate) async fn incarnation(channel: Channel) -> String {
    let response = begin(channel, "/grpc.health.v1.Health/Check", &[]).await;
    response.headers()["flux-incarnation"].to_str().unwrap().to_owned()
}

/// The header of a call at the server `to`, written from its description and not by the code that is tested.
pub(crate) fn header(secret: &str, who: &str, to: &str, at_ms: i64, nonce: u128, path: &str) -> String {
    let nonce = URL_SAFE_NO_PAD.encode(nonce.to_be_bytes());
    let said = format!("Flux2 {who}:{to}:{at_ms}:{nonce}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mac = hmac::sign(&key, format!("{said}\n{path}").as_bytes());
    format!("{said}:{}", URL_SAFE_NO_PAD.encode(mac.as_ref()))
}

/// Makes a call of `path` with one empty message.
async fn begin(channel: Channel, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::post(format!("http://service{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    channel.oneshot(request.body(Body::new(Empty::default())).unwrap()).await.unwrap()
}

/// What comes of a call of `path` with one empty message.
pub(crate) async fn call(channel: Channel, path: &str, headers: &[(&str, &str)]) -> Code {
    let response = begin(channel, path, headers).await;
    if let Some(code) = code(response.headers()) {
        return code;
    }
    let mut body = response.into_body();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        // What is none is an answer.
        if let Ok(trailers) = frame.unwrap().into_trailers() {
            return code(&trailers).unwrap();
        }
    }
    panic!("no status")
}

fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|code| Code::from_bytes(code.as_bytes()))
}

/// One message of no bytes.
#[derive(Default)]
struct Empty {
    sent: bool,
}

impl http_body::Body for Empty {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        let first = !std::mem::replace(&mut self.sent, true);
        Poll::Ready(first.then(|| Ok(Frame::data(Bytes::from_static(&[0; 5])))))
    }
}
