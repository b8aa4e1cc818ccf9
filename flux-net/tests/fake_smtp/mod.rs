//! An SMTP server that says what a test wants it to say, and remembers what it was told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// One mail that was taken.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) hello: String,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) data: String,
}

pub(crate) struct FakeSmtp {
    pub(crate) port: u16,
    lines: Arc<Mutex<Vec<String>>>,
    received: AsyncMutex<mpsc::UnboundedReceiver<Received>>,
    task: JoinHandle<()>,
}

/// What to say instead of yes: asked with the number of the mail that this is the try of, and the command.
type Script = fn((usize, &str)) -> Option<&'static str>;

/// How the server is protected.
#[derive(Clone)]
pub(crate) enum Protection {
    Nothing,
    /// Offered after EHLO.
    StartTls(TlsAcceptor),
    /// From the first byte.
    Tls(TlsAcceptor),
}

impl FakeSmtp {
    pub(crate) async fn start(script: Script) -> Self {
        Self::start_on(0, script).await
    }

    pub(crate) async fn start_on(port: u16, script: Script) -> Self {
        Self::start_protected(port, Protection::Nothing, script).await
    }

    pub(crate) async fn start_protected(port: u16, protection: Protection, script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (taken, received) = mpsc::unbounded_channel();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&lines);
        let tries = Arc::new(Mutex::new(0));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let talk = Talk {
                    script,
                    lines: Arc::clone(&remembered),
                    tries: Arc::clone(&tries),
                    taken: taken.clone(),
                };
                let protection = protection.clone();
                connections.spawn(async move {
                    // The client may hang up at any moment, and refuse a certificate.
                    let _ = talk.over(socket, protection).await;
                });
            }
        });
        Self { port, lines, received: AsyncMutex::new(received), task }
    }

    /// Accepts and says nothing.
    pub(crate) async fn silent() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (_, received) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((socket, _)) = listener.accept().await {
                kept.push(socket);
            }
        });
        Self { port, lines: Arc::default(), received: AsyncMutex::new(received), task }
    }

    /// The next mail that is taken.
    pub(crate) async fn next(&self) -> Received {
        let mut received = self.received.lock().await;
        tokio::time::timeout(Duration::from_secs(20), received.recv()).await.unwrap().unwrap()
    }

    /// How often a command was given.
    pub(crate) fn said(&self, command: &str) -> usize {
        self.lines(command).len()
    }

    /// The lines that start with a command.
    pub(crate) fn lines(&self, command: &str) -> Vec<String> {
        self.lines.lock().unwrap().iter().filter(|line| line.starts_with(command)).cloned().collect()
    }

    /// Closes the port.
    pub(crate) async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// What a conversation needs.
struct Talk {
    script: Script,
    lines: Arc<Mutex<Vec<String>>>,
    tries: Arc<Mutex<usize>>,
    taken: mpsc::UnboundedSender<Received>,
}

impl Talk {
    async fn over<IO>(&self, io: IO, protection: Protection) -> std::io::Result<()>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        match protection {
            Protection::Nothing => self.talk(io, "220 fake ESMTP\r\n", false).await.map(drop),
            Protection::Tls(tls) => {
                self.talk(tls.accept(io).await?, "220 fake ESMTP\r\n", false).await.map(drop)
            }
            Protection::StartTls(tls) => match self.talk(io, "220 fake ESMTP\r\n", true).await? {
                Some(io) => self.talk(tls.accept(io).await?, "", false).await.map(drop),
                None => Ok(()),
            },
        }
    }

    /// Talks until the client has gone, or wants to go on in secret: then the connection is given back.
    async fn talk<IO>(&self, io: IO, greeting: &str, starttls: bool) -> std::io::Result<Option<IO>>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let mut io = BufReader::new(io);
        io.get_mut().write_all(greeting.as_bytes()).await?;
        let mut mail =
            Received { hello: String::new(), from: String::new(), to: Vec::new(), data: String::new() };
        loop {
            let mut line = String::new();
            if io.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            let line = line.trim_end().to_owned();
            self.lines.lock().unwrap().push(line.clone());
            let command = line.split([' ', ':']).next().unwrap_or_default().to_owned();
            if command == "MAIL" {
                *self.tries.lock().unwrap() += 1;
            }
            let number = *self.tries.lock().unwrap();
            let rest = line.split_once(':').map_or("", |(_, rest)| rest);
            let address = rest.split(' ').next().unwrap_or_default().to_owned();
            if let Some(refusal) = (self.script)((number, &command)) {
                io.get_mut().write_all(format!("{refusal}\r\n").as_bytes()).await?;
                if refusal.starts_with("421") {
                    return Ok(None);
                }
                continue;
            }
            let answer = match command.as_str() {
                "EHLO" => {
                    line[5..].clone_into(&mut mail.hello);
                    if starttls {
                        "250-fake\r\n250 STARTTLS"
                    } else {
                        "250-fake\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN"
                    }
                }
                "STARTTLS" if starttls => {
                    io.get_mut().write_all(b"220 2.0.0 go on\r\n").await?;
                    return Ok(Some(io.into_inner()));
                }
                "AUTH" => "235 2.7.0 welcome",
                "MAIL" => {
                    mail.from = address;
                    mail.to.clear();
                    "250 2.1.0 ok"
                }
                "RCPT" => {
                    mail.to.push(address);
                    "250 2.1.5 ok"
                }
                "DATA" => {
                    io.get_mut().write_all(b"354 go on\r\n").await?;
                    mail.data.clear();
                    loop {
                        let mut line = String::new();
                        if io.read_line(&mut line).await? == 0 {
                            return Ok(None);
                        }
                        if line == ".\r\n" {
                            break;
                        }
                        mail.data.push_str(&line);
                    }
                    let _ = self.taken.send(Received {
                        hello: mail.hello.clone(),
                        from: mail.from.clone(),
                        to: mail.to.clone(),
                        data: mail.data.clone(),
                    });
                    "250 2.0.0 taken"
                }
                "QUIT" => {
                    io.get_mut().write_all(b"221 2.0.0 bye\r\n").await?;
                    return Ok(None);
                }
                "NOOP" | "RSET" => "250 2.0.0 ok",
                _ => "502 5.5.2 what",
            };
            io.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }
}
