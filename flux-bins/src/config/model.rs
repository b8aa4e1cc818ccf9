//! Every setting, with its default and what it is for.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use flux_core::Secret;

use super::cluster::{Chat, Keys, Metrics, Mysql, Notify, Otel, Redis, Services, Status, Verify};
use super::value::{Value, choice};

/// One setting, to be read into or shown.
pub(crate) struct Slot<'c> {
    /// `section.name`, or the name alone.
    pub(crate) key: String,
    pub(crate) doc: &'static str,
    pub(crate) value: &'c mut dyn Value,
}

/// Makes a struct of settings that knows their names, docs and defaults, from one list.
macro_rules! section {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[doc = $doc:literal])+ pub $field:ident: $type:ty = $default:expr,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name { $($(#[doc = $doc])+ pub $field: $type,)+ }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $name {
            /// Its settings, as `(name, doc, value)`.
            pub(in crate::config) fn slots(&mut self) -> Vec<(&'static str, &'static str, &mut dyn Value)> {
                vec![$((stringify!($field), concat!($($doc),+).trim_ascii_start(), &mut self.$field as &mut dyn Value),)+]
            }
        }
    };
}
pub(super) use section;

section! {
    /// Where people come in.
    pub struct Http {
        /// The address to listen at; port 0 takes a free one.
        pub listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// The URL that people reach this server by, if it is not the address it listens at.
        pub public_url: String = String::new(),
        /// Set it where a proxy in front ends TLS: without it Flux listens on loopback only.
        pub behind_tls_proxy: bool = false,
        /// Proxies whose word about the client's address is taken: addresses or networks such as 10.0.0.0/8.
        pub trusted_proxies: Vec<String> = Vec::new(),
        /// Origins of web pages that may call the API and open the WebSocket, besides our own.
        pub allowed_origins: Vec<String> = Vec::new(),
    }
}

choice! {
    /// Where accounts, friendships and messages are kept.
    pub enum Backend {
        /// One SQLite file in the data folder.
        Sqlite = "sqlite",
        /// In memory: gone when the process ends.
        Memory = "memory",
    }
}

choice! {
    /// When a commit counts as written.
    pub enum Sync {
        /// Once the disk has it: it survives a power cut.
        Full = "full",
        /// Once the operating system has it: it survives the end of the process.
        Normal = "normal",
    }
}

section! {
    /// What is kept, and how.
    pub struct Storage {
        /// sqlite: one file in the data folder. memory: nothing is kept.
        pub backend: Backend = Backend::Sqlite,
        /// full: every commit waits for the disk. normal: a power cut may lose the last ones.
        pub synchronous: Sync = Sync::Full,
    }
}

choice! {
    /// Where mail goes.
    pub enum MailMode {
        /// Into the data folder, for `flux mail outbox` to show.
        Outbox = "outbox",
        /// To the people, through an SMTP server.
        Smtp = "smtp",
    }
}

choice! {
    /// Which language mails are in.
    pub enum MailLanguage {
        /// Both, one below the other.
        Both = "both",
        /// English.
        English = "english",
        /// Chinese.
        Chinese = "chinese",
    }
}

section! {
    /// Mail.
    pub struct Mail {
        /// outbox: captured in the data folder. smtp: sent through the server of section smtp.
        pub mode: MailMode = MailMode::Outbox,
        /// both, english or chinese.
        pub language: MailLanguage = MailLanguage::Both,
        /// What the service calls itself in mails.
        pub product: String = "Flux".to_owned(),
    }
}

choice! {
    /// How the SMTP connection is protected.
    pub enum SmtpSecurity {
        /// TLS from the first byte.
        Tls = "tls",
        /// TLS by STARTTLS, and nothing without it.
        Starttls = "starttls",
        /// Not at all: for a server on the same machine.
        None = "none",
    }
}

section! {
    /// The SMTP server that mail is sent through.
    pub struct Smtp {
        /// Its name.
        pub host: String = String::new(),
        /// Its port; 0 takes the usual one: 465 for tls, 587 for starttls, 25 for none.
        pub port: u16 = 0,
        /// tls, starttls or none.
        pub security: SmtpSecurity = SmtpSecurity::Tls,
        /// Who logs in there; empty for nobody.
        pub user: String = String::new(),
        /// Their password.
        pub password: Option<Secret> = None,
        /// Who the mail is from: an address, or a name and an address, such as Flux <no-reply@example.org>.
        pub from: String = String::new(),
        /// What we call ourselves in EHLO; empty for the name of this machine.
        pub helo: String = String::new(),
        /// A file of certificates in PEM that are trusted besides the public ones; empty for none.
        pub root_certificates: String = String::new(),
    }
}

choice! {
    /// How many sessions one user may have.
    pub enum SessionsPolicy {
        /// As many as `sessions.max`; the one not used for longest gives way.
        Many = "many",
        /// One on each kind of device.
        OnePerDeviceClass = "one_per_device_class",
        /// One.
        One = "one",
    }
}

section! {
    /// Logins.
    pub struct Sessions {
        /// many, one_per_device_class or one.
        pub policy: SessionsPolicy = SessionsPolicy::Many,
        /// How many a user may have under the policy many.
        pub max: u32 = 16,
        /// After this long without use a session expires.
        pub idle: Duration = Duration::from_hours(60 * 24),
        /// How long an access token is good.
        pub access_token: Duration = Duration::from_mins(10),
        /// After this long access tokens are signed with a new key.
        pub key_rotation: Duration = Duration::from_hours(30 * 24),
        /// What access tokens name as their issuer.
        pub issuer: String = "flux".to_owned(),
    }
}

section! {
    /// How much of what one may have.
    pub struct Limits {
        /// WebSocket connections of this process.
        pub connections: u32 = 10_000,
        /// WebSocket connections from one address.
        pub connections_per_address: u32 = 256,
        /// Friends of one user.
        pub friends: u32 = 5_000,
        /// Open friend requests of one user, each way.
        pub pending_requests: u32 = 500,
        /// Passwords hashed at once, 19 MiB each; 0 for as many as there are cores.
        pub password_workers: u32 = 0,
    }
}

choice! {
    /// What log lines look like.
    pub enum LogFormat {
        /// pretty on a terminal, json elsewhere.
        Auto = "auto",
        /// For people.
        Pretty = "pretty",
        /// For programs, one object a line.
        Json = "json",
    }
}

section! {
    /// Log lines, on standard error.
    pub struct Log {
        /// auto, pretty or json.
        pub format: LogFormat = LogFormat::Auto,
        /// What is logged, such as "info" or "warn,flux_net=debug".
        pub filter: String = "info".to_owned(),
    }
}

section! {
    /// How the process ends.
    pub struct Shutdown {
        /// How long clients have to leave; over this time they are told to come back.
        pub drain: Duration = Duration::from_secs(20),
    }
}

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The folder for everything that is kept: database, keys, captured mail.
    pub data_dir: PathBuf,
    /// Where people come in.
    pub http: Http,
    /// What is kept, and how.
    pub storage: Storage,
    /// Mail.
    pub mail: Mail,
    /// The SMTP server that mail is sent through.
    pub smtp: Smtp,
    /// Logins.
    pub sessions: Sessions,
    /// How much of what one may have.
    pub limits: Limits,
    /// The database of a cluster.
    pub mysql: Mysql,
    /// The Redis of a cluster.
    pub redis: Redis,
    /// How services speak to each other.
    pub services: Services,
    /// A chat node.
    pub chat: Chat,
    /// flux-status.
    pub status: Status,
    /// flux-verify.
    pub verify: Verify,
    /// Keys that processes share.
    pub keys: Keys,
    /// Offline notification.
    pub notify: Notify,
    /// Figures for Prometheus.
    pub metrics: Metrics,
    /// Traces.
    pub otel: Otel,
    /// Log lines.
    pub log: Log,
    /// How the process ends.
    pub shutdown: Shutdown,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./flux-data"),
            http: Http::default(),
            storage: Storage::default(),
            mail: Mail::default(),
            smtp: Smtp::default(),
            sessions: Sessions::default(),
            limits: Limits::default(),
            mysql: Mysql::default(),
            redis: Redis::default(),
            services: Services::default(),
            chat: Chat::default(),
            status: Status::default(),
            verify: Verify::default(),
            keys: Keys::default(),
            notify: Notify::default(),
            metrics: Metrics::default(),
            otel: Otel::default(),
            log: Log::default(),
            shutdown: Shutdown::default(),
        }
    }
}

impl Config {
    /// Every setting, in the order of the documentation.
    pub(crate) fn slots(&mut self) -> Vec<Slot<'_>> {
        let doc = "The folder for everything that is kept: database, keys, captured mail.";
        let mut slots = vec![Slot { key: "data_dir".to_owned(), doc, value: &mut self.data_dir }];
        let sections = [
            ("http", self.http.slots()),
            ("storage", self.storage.slots()),
            ("mail", self.mail.slots()),
            ("smtp", self.smtp.slots()),
            ("sessions", self.sessions.slots()),
            ("limits", self.limits.slots()),
            ("mysql", self.mysql.slots()),
            ("redis", self.redis.slots()),
            ("services", self.services.slots()),
            ("chat", self.chat.slots()),
            ("status", self.status.slots()),
            ("verify", self.verify.slots()),
            ("keys", self.keys.slots()),
            ("notify", self.notify.slots()),
            ("metrics", self.metrics.slots()),
            ("otel", self.otel.slots()),
            ("log", self.log.slots()),
            ("shutdown", self.shutdown.slots()),
        ];
        for (section, fields) in sections {
            slots.extend(fields.into_iter().map(|(name, doc, value)| Slot {
                key: format!("{section}.{name}"),
                doc,
                value,
            }));
        }
        slots
    }
}
