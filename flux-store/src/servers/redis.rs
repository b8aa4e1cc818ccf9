//! A private Redis server.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use flux_core::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::ServerError;
use super::process::{Process, Program, again, free_port};

const SERVER: Program = Program { name: "redis-server", package: "redis-server" };
/// How many ports are tried, should somebody else take each before the server does.
const PORTS: usize = 5;

/// How a private Redis runs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RedisServerConfig {
    /// Where its settings, its log and, if it keeps any, its data are; made if there is none.
    pub folder: PathBuf,
    /// Whether it keeps its data over a restart; otherwise it comes back empty, which is the default.
    pub keeps: bool,
    /// The port on loopback; a free one by default.
    pub port: Option<u16>,
    /// The password of the default user; none by default, so that whoever may use this machine may use the server.
    /// Letters, digits, `-` and `_` only.
    pub password: Option<Secret>,
    /// More lines for its configuration file: `maxmemory 100mb`.
    pub settings: Vec<String>,
    /// How long it may take to start: 10 s.
    pub patience: Duration,
}

impl RedisServerConfig {
    /// In `folder`, everything else as it is by default.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            keeps: false,
            port: None,
            password: None,
            settings: Vec::new(),
            patience: Duration::from_secs(10),
        }
    }

    /// One that [`keeps`](Self::keeps) its data.
    #[must_use]
    pub fn keeping(mut self) -> Self {
        self.keeps = true;
        self
    }

    /// On this [`port`](Self::port).
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// With a [`password`](Self::password).
    #[must_use]
    pub fn with_password(mut self, password: Secret) -> Self {
        self.password = Some(password);
        self
    }

    /// With one more of the [`settings`](Self::settings).
    #[must_use]
    pub fn with_setting(mut self, line: impl Into<String>) -> Self {
        self.settings.push(line.into());
        self
    }
}

/// A private Redis server on loopback. It ends with this value, and with this process.
///
/// # Example
/// ```no_run
/// # async fn example() -> Result<(), flux_store::servers::ServerError> {
/// use flux_store::servers::{RedisServer, RedisServerConfig};
///
/// let mut server = RedisServer::start(RedisServerConfig::new("data/redis")).await?;
/// println!("{}", server.url().expose());
/// server.stop(std::time::Duration::from_secs(5)).await
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the server ends when this is dropped"]
pub struct RedisServer {
    config: RedisServerConfig,
    port: u16,
    mode: Mode,
    process: Process,
}

/// What the program is run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Server,
    Sentinel,
}

impl RedisServer {
    /// Starts it, and waits until it serves.
    ///
    /// # Errors
    /// [`ServerError::NotInstalled`] where there is no Redis on this machine.
    pub async fn start(config: RedisServerConfig) -> Result<Self, ServerError> {
        Self::start_as(Mode::Server, config).await
    }

    pub(super) async fn start_as(mode: Mode, config: RedisServerConfig) -> Result<Self, ServerError> {
        SERVER.find()?;
        fs::create_dir_all(&config.folder).map_err(file("make", &config.folder))?;
        let mut tries = 0;
        loop {
            let port = config.port.map_or_else(free_port, Ok)?;
            tries += 1;
            write_settings(mode, &config, port)?;
            match launch(mode, &config, port).await {
                Ok(process) => return Ok(Self { config, port, mode, process }),
                // Most likely it was the port.
                Err(ServerError::Ended { .. }) if config.port.is_none() && tries < PORTS => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it is, password and all.
    #[must_use]
    pub fn url(&self) -> Secret {
        let mut url = String::from("redis://");
        if let Some(password) = &self.config.password {
            // Writing to a string does not fail.
            let _ = write!(url, ":{}@", password.expose());
        }
        let _ = write!(url, "{}:{}", Ipv4Addr::LOCALHOST, self.port);
        Secret::new(url)
    }

    /// Its port on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it says is written here.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        log(&self.config)
    }

    /// Waits until it has ended, by itself or by somebody else's hand; returns how. For whoever starts it
    /// [again](Self::start_again) then. It may be dropped at any time.
    ///
    /// # Errors
    /// [`ServerError::System`] if the system does not tell.
    pub async fn ended(&mut self) -> Result<ExitStatus, ServerError> {
        self.process.wait().await
    }

    /// Ends it in good order (SIGTERM); kills it if that takes longer than `deadline`.
    pub async fn stop(&mut self, deadline: Duration) -> Result<(), ServerError> {
        self.process.stop(deadline).await
    }

    /// Ends it at once (SIGKILL).
    pub async fn kill(&mut self) -> Result<(), ServerError> {
        self.process.kill().await
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill): on the same port, with the data that it
    /// [keeps](RedisServerConfig::keeps), if any.
    pub async fn start_again(&mut self) -> Result<(), ServerError> {
        self.process.kill().await?;
        self.process = again(self.config.patience, || launch(self.mode, &self.config, self.port)).await?;
        Ok(())
    }

    /// Lets it stand still (SIGSTOP).
    pub fn pause(&self) -> Result<(), ServerError> {
        self.process.pause()
    }

    /// Lets it go on after [`pause`](Self::pause) (SIGCONT).
    pub fn resume(&self) -> Result<(), ServerError> {
        self.process.resume()
    }

    /// What it answers to one command.
    pub(super) async fn ask(&self, words: &[&str]) -> io::Result<String> {
        ask(self.port, self.config.password.as_ref(), words).await
    }

    /// Waits until its answer to a command is good.
    pub(super) async fn until(
        &mut self,
        words: &[&str],
        good: impl Fn(&str) -> bool,
    ) -> Result<(), ServerError> {
        let (port, password) = (self.port, self.config.password.clone());
        let answered =
            || async { ask(port, password.as_ref(), words).await.is_ok_and(|answer| good(&answer)) };
        self.process.until_ready(self.config.patience, answered).await
    }
}

fn log(config: &RedisServerConfig) -> PathBuf {
    config.folder.join("redis.log")
}

fn settings(config: &RedisServerConfig) -> PathBuf {
    config.folder.join("redis.conf")
}

fn file(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> ServerError {
    ServerError::system(format!("{doing} {}", path.display()))
}

/// A value for the configuration file.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes the configuration file. The server may change it later: a sentinel does, and so does a server that it gave
/// another role.
fn write_settings(mode: Mode, config: &RedisServerConfig, port: u16) -> Result<(), ServerError> {
    let folder = config.folder.canonicalize().map_err(file("find", &config.folder))?;
    let mut lines = vec![
        format!("bind {}", Ipv4Addr::LOCALHOST),
        format!("port {port}"),
        format!("dir {}", quoted(&folder.to_string_lossy())),
    ];
    if mode == Mode::Server {
        lines.push("save \"\"".to_owned());
        lines.push(format!("appendonly {}", if config.keeps { "yes" } else { "no" }));
    }
    if let Some(password) = &config.password {
        lines.push(format!("requirepass {}", quoted(password.expose())));
        lines.push(format!("masterauth {}", quoted(password.expose())));
    }
    lines.extend(config.settings.iter().cloned());
    lines.push(String::new());
    let path = settings(config);
    let mut options = OpenOptions::new();
    // It may hold a password.
    options.create(true).write(true).truncate(true).mode(0o600);
    let written = options.open(&path).and_then(|mut file| file.write_all(lines.join("\n").as_bytes()));
    written.map_err(file("write", &path))
}

async fn launch(mode: Mode, config: &RedisServerConfig, port: u16) -> Result<Process, ServerError> {
    let mut arguments = vec![settings(config).into_os_string()];
    if mode == Mode::Sentinel {
        arguments.push("--sentinel".into());
    }
    let mut process = Process::start(SERVER, arguments, &log(config))?;
    let password = config.password.as_ref();
    let answers =
        || async move { ask(port, password, &["PING"]).await.is_ok_and(|answer| answer == "+PONG\r\n") };
    process.until_ready(config.patience, answers).await?;
    Ok(process)
}

/// What a server answers to one command, as it comes over the wire.
async fn ask(port: u16, password: Option<&Secret>, words: &[&str]) -> io::Result<String> {
    let mut request = Vec::new();
    let mut commands = Vec::new();
    if let Some(password) = password {
        commands.push(vec!["AUTH", password.expose()]);
    }
    commands.push(words.to_vec());
    for words in &commands {
        request.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
        for word in words {
            request.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
        }
    }
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    server.write_all(&request).await?;
    // When it has answered it closes the connection, too. (Sentinels do not know QUIT.)
    server.shutdown().await?;
    let mut answers = String::new();
    server.read_to_string(&mut answers).await?;
    let login = if password.is_some() { "+OK\r\n" } else { "" };
    answers.strip_prefix(login).map(str::to_owned).ok_or_else(|| io::Error::other("login refused"))
}
