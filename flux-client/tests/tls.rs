//! TLS: whom the native parts trust.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use flux_client::net::Dialer;
use flux_client::{Client, CodePurpose, TransportError};
use futures_util::{SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;

/// A server for `localhost` with a certificate of an authority of its own.
struct Server {
    ca_pem: String,
    port: u16,
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Server {
    async fn new() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let own = own.signed_by(&key, &authority).unwrap();
        let chain = vec![CertificateDer::from(own.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { ca_pem: authority.pem(), port, listener, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    async fn accept(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let (stream, _) = self.listener.accept().await?;
        self.acceptor.accept(stream).await
    }

    fn trusting(&self) -> Dialer {
        Dialer::builder().add_ca_pem(self.ca_pem.as_bytes()).unwrap().build()
    }
}

// The signature is tungstenite's.
#[expect(clippy::result_large_err, clippy::unnecessary_wraps, reason = "the callback's type is given")]
fn agree(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let wanted = request.headers()[SEC_WEBSOCKET_PROTOCOL].clone();
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, wanted);
    Ok(response)
}

#[tokio::test]
async fn an_authority_that_was_added_is_trusted_for_calls() {
    let server = Server::new().await;
    let url = format!("https://localhost:{}", server.port);
    let client = Client::builder(url).dialer(server.trusting()).build().unwrap();
    let answering = async {
        let mut stream = server.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(br#""purpose":"register"}"#) {
            assert!(stream.read_buf(&mut request).await.unwrap() > 0);
        }
        let body = r#"{"retry_after_ms":1000}"#;
        let answer = format!("HTTP/1.1 202 Accepted\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        String::from_utf8(request).unwrap()
    };
    let (request, asked) =
        tokio::join!(answering, client.request_code("a@example.com", CodePurpose::Register));
    assert_eq!(asked.unwrap().as_secs(), 1);
    assert!(request.starts_with("POST /v1/verification-codes HTTP/1.1\r\n"), "{request}");
}

#[tokio::test]
async fn an_authority_that_was_added_is_trusted_for_the_chat() {
    use flux_client::net::{Frame, Received, Transport};
    let server = Server::new().await;
    let url = format!("wss://localhost:{}/v1/chat", server.port);
    let echoing = async {
        let stream = server.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, agree).await.unwrap();
        let frame = socket.next().await.unwrap().unwrap();
        socket.send(frame).await.unwrap();
    };
    let dialer = server.trusting();
    let talking = async {
        let mut duplex = dialer.connect(&url, "flux.v1.proto").await.unwrap();
        let frame = Frame::Binary(vec![1, 2, 3].into());
        duplex.sink.send(vec![frame.clone()]).await.unwrap();
        assert!(duplex.source.next().await == Received::Frame(frame));
    };
    tokio::join!(echoing, talking);
}

#[tokio::test]
async fn a_stranger_and_a_wrong_name_are_not_trusted() {
    use flux_client::net::Transport;
    let server = Server::new().await;
    for (dialer, host) in [(Dialer::new(), "localhost"), (server.trusting(), "127.0.0.1")] {
        let url = format!("wss://{host}:{}/v1/chat", server.port);
        let (accepted, connected) = tokio::join!(server.accept(), dialer.connect(&url, "flux.v1.proto"));
        assert!(accepted.is_err());
        let error: TransportError = connected.err().unwrap();
        assert_eq!(error.to_string(), "no secure connection");
    }
}
