use std::io::{Error, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use super::*;

/// A proxy, who listens behind it, and a connection through it.
async fn wired() -> (Proxy, TcpListener, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::new(listener.local_addr().unwrap().to_string()).await.unwrap();
    let (client, server) = connected(&proxy, &listener).await;
    (proxy, listener, client, server)
}

async fn connected(proxy: &Proxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let client = TcpStream::connect(proxy.address).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

async fn reads(stream: &mut TcpStream, expected: &[u8]) {
    let mut read = vec![0; expected.len()];
    stream.read_exact(&mut read).await.unwrap();
    assert_eq!(read, expected);
}

/// All up to the end, and how that was.
async fn rest(stream: &mut TcpStream) -> (Vec<u8>, Option<ErrorKind>) {
    let mut read = Vec::new();
    let ended = stream.read_to_end(&mut read).await;
    (read, ended.err().as_ref().map(Error::kind))
}

#[tokio::test]
async fn exactly_so_many_bytes_pass_and_then_the_connection_ends() {
    for end in [End::Close, End::Reset] {
        for after in 1..=5 {
            let (proxy, _listener, mut client, mut server) = wired().await;
            client.write_all(b"before").await.unwrap();
            reads(&mut server, b"before").await;
            proxy.set_present(Wire::to_server(Flow::Truncated { after, wait: Duration::ZERO, end }));
            client.write_all(b"12345").await.unwrap();
            let mut passed = vec![0; usize::try_from(after).unwrap()];
            // What has been read is there whatever comes after it.
            let whole = server.read_exact(&mut passed).await;
            if whole.is_ok() {
                assert_eq!(passed, b"12345"[..passed.len()]);
            } else {
                assert_eq!(end, End::Reset, "only a reset takes back what was passed");
            }
            let (more, error) = rest(&mut server).await;
            assert_eq!(more, b"");
            if end == End::Close {
                assert_eq!(error, None);
            }
            assert_eq!(*proxy.truncated().borrow(), 1);
        }
    }
}

#[tokio::test]
async fn of_nothing_that_may_pass_nothing_passes_and_later_connections_do() {
    let (proxy, listener, mut client, mut server) = wired().await;
    let none = Flow::Truncated { after: 0, wait: Duration::ZERO, end: End::Close };
    proxy.set_present(Wire::to_client(none));
    server.write_all(b"lost").await.unwrap();
    assert_eq!(rest(&mut client).await.0, b"");
    let (mut client, mut server) = connected(&proxy, &listener).await;
    server.write_all(b"here").await.unwrap();
    reads(&mut client, b"here").await;
    assert_eq!(proxy.accepted(), 2);
}

#[tokio::test]
async fn one_way_waits_while_the_other_passes_and_nothing_is_lost() {
    let (proxy, _listener, mut client, mut server) = wired().await;
    proxy.set(Wire::to_server(Flow::Stalled));
    client.write_all(b"question").await.unwrap();
    server.write_all(b"news").await.unwrap();
    reads(&mut client, b"news").await;
    let mut byte = [0];
    assert!(timeout(Duration::from_millis(50), server.read(&mut byte)).await.is_err());
    proxy.set(Wire::OPEN);
    reads(&mut server, b"question").await;
}

#[tokio::test]
async fn a_stalled_wire_hides_even_an_end() {
    let (proxy, _listener, client, mut server) = wired().await;
    proxy.set(Wire::STALLED);
    drop(client);
    let mut byte = [0];
    assert!(timeout(Duration::from_millis(50), server.read(&mut byte)).await.is_err());
    proxy.set(Wire::OPEN);
    assert_eq!(rest(&mut server).await.0, b"");
}

#[tokio::test]
async fn a_reset_is_no_close() {
    let (proxy, listener, mut client, mut server) = wired().await;
    // Who listens is connected before the proxy knows of it.
    client.write_all(b"here").await.unwrap();
    reads(&mut server, b"here").await;
    proxy.set(Wire::RESET);
    assert_eq!(rest(&mut client).await.1, Some(ErrorKind::ConnectionReset));
    assert_eq!(rest(&mut server).await.1, Some(ErrorKind::ConnectionReset));
    proxy.set(Wire::CUT);
    let mut late = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(rest(&mut late).await, (Vec::new(), None));
    proxy.set(Wire::OPEN);
    let (mut client, mut server) = connected(&proxy, &listener).await;
    client.write_all(b"again").await.unwrap();
    reads(&mut server, b"again").await;
}

#[tokio::test]
async fn what_is_slow_comes_late_in_order_and_whole() {
    for flow in [
        Flow::Delayed { by: Duration::from_millis(60), jitter: Duration::from_millis(20) },
        Flow::Trickle { bytes_per_second: 40 },
    ] {
        let (proxy, _listener, mut client, mut server) = wired().await;
        proxy.set(Wire::to_server(flow));
        let began = Instant::now();
        client.write_all(b"0123456789").await.unwrap();
        reads(&mut server, b"0123456789").await;
        assert!(began.elapsed() >= Duration::from_millis(60), "{flow:?}");
    }
}

#[tokio::test]
async fn where_nobody_listens_a_connection_breaks() {
    let (proxy, listener, ..) = wired().await;
    drop(listener);
    let mut client = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(rest(&mut client).await.1, Some(ErrorKind::ConnectionReset));
}
