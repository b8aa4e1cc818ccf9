//! A private MariaDB server.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use flux_core::Secret;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::ServerError;
use super::process::{Process, Program, again, free_port};

const SERVER: Program = Program { name: "mariadbd", package: "mariadb-server" };
const INSTALLER: Program = Program { name: "mariadb-install-db", package: "mariadb-server" };
/// How many ports are tried, should somebody else take each before the server does.
const PORTS: usize = 5;
/// How long making the system tables may take.
const INSTALL: Duration = Duration::from_mins(1);

/// What a commit of the server is worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// Every commit waits for the disk, as it has to where anything matters.
    #[default]
    Safe,
    /// Nothing waits for the disk: for tests. What was committed survives the end of a client, but neither that of the
    /// server nor a power cut. A store takes it only where its configuration allows unsafe durability.
    Throwaway,
}

/// How a private MariaDB runs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MariaDbConfig {
    /// Where its data, its log and its settings are; made if there is none. A folder that it had before is taken up as
    /// it was left.
    pub folder: PathBuf,
    /// What a commit is worth: [`Durability::Safe`].
    pub durability: Durability,
    /// The port on loopback; a free one by default.
    pub port: Option<u16>,
    /// The password of its one user; none by default, so that whoever may use this machine may use the server. Letters,
    /// digits, `-` and `_` only.
    pub password: Option<Secret>,
    /// More settings, as `mariadbd` takes them on its command line: `--max-connections=20`.
    pub settings: Vec<String>,
    /// How long it may take to start: 30 s. After a crash it goes through its log first.
    pub patience: Duration,
}

impl MariaDbConfig {
    /// In `folder`, everything else as it is by default.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            durability: Durability::default(),
            port: None,
            password: None,
            settings: Vec::new(),
            patience: Duration::from_secs(30),
        }
    }

    /// With another [`durability`](Self::durability).
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
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
    pub fn with_setting(mut self, setting: impl Into<String>) -> Self {
        self.settings.push(setting.into());
        self
    }
}

/// A private MariaDB server: on loopback, with one user, `root`, and an empty database, `flux`. It ends with this
/// value, and with this process.
///
/// # Example
/// ```no_run
/// # async fn example() -> Result<(), flux_store::servers::ServerError> {
/// use flux_store::servers::{MariaDb, MariaDbConfig};
///
/// let mut server = MariaDb::start(MariaDbConfig::new("data/mariadb")).await?;
/// println!("{}", server.url().expose());
/// server.stop(std::time::Duration::from_secs(10)).await
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the server ends when this is dropped"]
pub struct MariaDb {
    config: MariaDbConfig,
    port: u16,
    process: Process,
}

impl MariaDb {
    /// Starts it, and waits until it serves. The system tables are made first where there are none.
    ///
    /// # Errors
    /// [`ServerError::NotInstalled`] where there is no MariaDB on this machine.
    pub async fn start(config: MariaDbConfig) -> Result<Self, ServerError> {
        prepare(&config).await?;
        let mut tries = 0;
        loop {
            let port = config.port.map_or_else(free_port, Ok)?;
            tries += 1;
            match launch(&config, port).await {
                Ok(process) => return Ok(Self { config, port, process }),
                // Most likely it was the port.
                Err(ServerError::Ended { .. }) if config.port.is_none() && tries < PORTS => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where a store finds it, password and all.
    #[must_use]
    pub fn url(&self) -> Secret {
        self.url_of("flux")
    }

    /// The same for another database of the server.
    #[must_use]
    pub fn url_of(&self, database: &str) -> Secret {
        let mut url = String::from("mysql://root");
        if let Some(password) = &self.config.password {
            url.push(':');
            url.push_str(password.expose());
        }
        // Writing to a string does not fail.
        let _ = write!(url, "@{}:{}/{database}", Ipv4Addr::LOCALHOST, self.port);
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

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill): on the same port, with the same data.
    pub async fn start_again(&mut self) -> Result<(), ServerError> {
        self.process.kill().await?;
        self.process = again(self.config.patience, || launch(&self.config, self.port)).await?;
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
}

fn log(config: &MariaDbConfig) -> PathBuf {
    config.folder.join("mariadb.log")
}

fn file(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> ServerError {
    ServerError::system(format!("{doing} {}", path.display()))
}

/// The server refuses to run as root unless it is told to.
fn as_root() -> Option<&'static str> {
    rustix::process::geteuid().is_root().then_some("--user=root")
}

/// Makes the folder, what the server does first of all, and the system tables.
async fn prepare(config: &MariaDbConfig) -> Result<(), ServerError> {
    SERVER.find()?;
    let folder = &config.folder;
    fs::create_dir_all(folder.join("tmp")).map_err(file("make", folder))?;
    let first = first_statements(config)?;
    let path = folder.join("first.sql");
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true);
    // It may hold a password.
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&path).and_then(|mut file| file.write_all(first.as_bytes()));
    written.map_err(file("write", &path))?;
    if folder.join("data/mysql").is_dir() {
        return Ok(());
    }
    install(config).await
}

/// What the server does before it serves: the database, and the password of its user.
fn first_statements(config: &MariaDbConfig) -> Result<String, ServerError> {
    let mut first =
        String::from("CREATE DATABASE IF NOT EXISTS flux CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n");
    if let Some(password) = &config.password {
        let password = password.expose();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if password.is_empty() || !password.chars().all(plain) {
            return Err(ServerError::system("set the password")("it has other letters than A-Z a-z 0-9 - _"));
        }
        for host in ["localhost", "127.0.0.1", "::1"] {
            // Writing to a string does not fail.
            let _ = writeln!(first, "ALTER USER IF EXISTS 'root'@'{host}' IDENTIFIED BY '{password}';");
        }
    }
    Ok(first)
}

/// Makes the system tables, in a folder that becomes the server's only when they are complete.
async fn install(config: &MariaDbConfig) -> Result<(), ServerError> {
    let (half, whole) = (config.folder.join("data.new"), config.folder.join("data"));
    if half.exists() {
        fs::remove_dir_all(&half).map_err(file("remove", &half))?;
    }
    // Two at once take each other's temporary tables away where they share a folder.
    let tmp = config.folder.join("tmp");
    let tmp = tmp.canonicalize().map_err(file("find", &tmp))?;
    let mut arguments = vec![
        "--no-defaults".into(),
        option("--datadir=", &half),
        "--auth-root-authentication-method=normal".into(),
        "--skip-test-db".into(),
        "--skip-name-resolve".into(),
    ];
    arguments.extend(as_root().map(OsString::from));
    // With all that it starts in turn: whoever stops waiting leaves nobody behind who writes there.
    let log = config.folder.join("install.log");
    let installer = Process::start_with(INSTALLER, arguments, Some(("TMPDIR", &tmp)), &log)?;
    installer.done(INSTALL).await?;
    fs::rename(&half, &whole).map_err(file("make", &whole))
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}

/// Starts the server and waits until it serves.
async fn launch(config: &MariaDbConfig, port: u16) -> Result<Process, ServerError> {
    let folder = config.folder.canonicalize().map_err(file("find", &config.folder))?;
    let mut arguments: Vec<OsString> = vec![
        "--no-defaults".into(),
        option("--datadir=", &folder.join("data")),
        option("--tmpdir=", &folder.join("tmp")),
        option("--pid-file=", &folder.join("mariadb.pid")),
        option("--init-file=", &folder.join("first.sql")),
        // From the data folder, so that the path is short enough for a socket wherever that is.
        "--socket=../s".into(),
        "--bind-address=127.0.0.1".into(),
        format!("--port={port}").into(),
    ];
    let always = [
        "--skip-name-resolve",
        "--skip-log-bin",
        // Clients that go away without a word are in order.
        "--log-warnings=1",
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_bin",
        "--innodb-buffer-pool-size=64M",
        "--innodb-log-file-size=32M",
        // Kernels of containers may forbid it.
        "--innodb-use-native-aio=0",
    ];
    arguments.extend(always.map(OsString::from));
    let durability: &[&str] = match config.durability {
        Durability::Safe => &["--innodb-flush-log-at-trx-commit=1", "--innodb-doublewrite=1"],
        Durability::Throwaway => &[
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0",
            "--innodb-flush-method=nosync",
            "--innodb-file-per-table=0",
        ],
    };
    arguments.extend(durability.iter().map(OsString::from));
    arguments.extend(as_root().map(OsString::from));
    arguments.extend(config.settings.iter().map(OsString::from));
    let mut process = Process::start(SERVER, arguments, &log(config))?;
    process.until_ready(config.patience, || serves(port)).await?;
    Ok(process)
}

/// Whether a server of MySQL's protocol greets on `port`: it does so only when it is ready for statements.
async fn serves(port: u16) -> bool {
    let greeting = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let mut start = [0; 5];
        stream.read_exact(&mut start).await?;
        io::Result::Ok(start)
    };
    // Four bytes of length and number, then the version of the protocol.
    matches!(timeout(Duration::from_secs(1), greeting).await, Ok(Ok([_, _, _, 0, 10])))
}
