//! The settings of a cluster: its services, and what they stand on.

use std::net::SocketAddr;

use flux_core::Secret;

use super::model::section;
use super::value::{Value, choice};

section! {
    /// The database of a cluster, MySQL or MariaDB.
    pub struct Mysql {
        /// Where it is: mysql://user:password@host:3306/database, with ?ssl-mode=verify_identity beyond this machine.
        pub url: Option<Secret> = None,
        /// How many connections a process holds to it.
        pub pool: u32 = 16,
        /// Takes a server that may lose commits in a power cut, or with the machine: for tests.
        pub allow_unsafe_durability: bool = false,
    }
}

choice! {
    /// How Redis is set up.
    pub enum RedisMode {
        /// One server.
        Standalone = "standalone",
        /// A master and replicas that Sentinel watches.
        Sentinel = "sentinel",
        /// Redis Cluster.
        Cluster = "cluster",
    }
}

section! {
    /// The Redis of a cluster: what may be forgotten.
    pub struct Redis {
        /// Where it is: redis://host:6379, redis://:password@host:6379, or rediss:// for TLS; several, separated by commas, for sentinels or
        /// the nodes of a Redis Cluster.
        pub url: Option<Secret> = None,
        /// standalone, sentinel or cluster.
        pub mode: RedisMode = RedisMode::Standalone,
        /// What the sentinels call the master.
        pub master: String = "flux".to_owned(),
        /// Who logs in to the master that sentinels name; empty for the default user.
        pub user: String = String::new(),
        /// Their password.
        pub password: Option<Secret> = None,
        /// What every key begins with.
        pub prefix: String = "flux".to_owned(),
        /// Keeps profiles, and who is friends with whom, for a minute, so that MySQL is asked less often.
        pub cache: bool = true,
        /// For rediss://, a file with the certificates of the authorities to trust, in PEM, in place of those that browsers
        /// trust.
        pub authority: String = String::new(),
        /// For a Redis that asks for one, a file with a certificate of one's own, in PEM.
        pub certificate: String = String::new(),
        /// A file with its key.
        pub key: String = String::new(),
    }
}

section! {
    /// How services speak to each other.
    pub struct Services {
        /// Where flux-status listens, one or more.
        pub status: Vec<String> = vec!["http://127.0.0.1:50052".to_owned()],
        /// Where flux-verify listens, one or more.
        pub verify: Vec<String> = vec!["http://127.0.0.1:50051".to_owned()],
        /// A secret of at least 32 characters that all services share; `openssl rand -base64 32` makes one.
        pub secret: Option<Secret> = None,
        /// The secret that is on its way out: still taken, no longer used.
        pub former_secret: Option<Secret> = None,
        /// For mutual TLS, a file with this service's certificate in PEM.
        pub certificate: String = String::new(),
        /// A file with its key.
        pub key: String = String::new(),
        /// A file with the certificate of the authority that signs those of all services, and of nobody else.
        pub authority: String = String::new(),
        /// Lets tools with the credentials list the gRPC services; on loopback they may anyway.
        pub reflection: bool = false,
    }
}

section! {
    /// A chat node, flux-chat.
    pub struct Chat {
        /// Where clients come in, by WebSocket.
        pub listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8090)),
        /// The URL that clients reach this node by, such as wss://chat1.example.org, if it is not the address it listens at.
        pub public_url: String = String::new(),
        /// Where other services come in, by gRPC.
        pub peer_listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 50055)),
        /// The URL that other services reach this node by, if it is not the address it listens at.
        pub peer_url: String = String::new(),
    }
}

section! {
    /// flux-status.
    pub struct Status {
        /// Where it listens, for gRPC.
        pub listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 50052)),
    }
}

section! {
    /// flux-verify.
    pub struct Verify {
        /// Where it listens, for gRPC.
        pub listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 50051)),
    }
}

section! {
    /// What the processes of a cluster share besides databases.
    pub struct Keys {
        /// The file of the keys that sign access tokens, the same for all gates and chat nodes; empty for token-keys.pem in
        /// the data folder.
        pub tokens: String = String::new(),
        /// The file of the key of verification codes, the same for all of flux-verify; empty for code-secret in the data
        /// folder.
        pub codes: String = String::new(),
    }
}

section! {
    /// Telling people who are not connected that messages wait.
    pub struct Notify {
        /// Where to post notices, by https or to this machine; empty for nowhere.
        pub webhook: String = String::new(),
        /// What they are signed with: whsec_ and the base64 of 24 to 64 random bytes.
        pub webhook_secret: Option<Secret> = None,
        /// The secret that is on its way out: notices are signed with both.
        pub former_webhook_secret: Option<Secret> = None,
        /// A file of certificates in PEM that the receiver's is checked by, besides the public ones; empty for none.
        pub root_certificates: String = String::new(),
        /// Mails a digest to people for whom messages have waited 15 minutes, at most twice a day.
        pub digest: bool = false,
    }
}

section! {
    /// Traces: which are recorded, and where their spans go.
    pub struct Otel {
        /// An OpenTelemetry collector that takes OTLP over gRPC, such as http://127.0.0.1:4317; empty for none.
        pub endpoint: String = String::new(),
        /// Of a thousand traces so many are recorded: logged from level info on, and sent to the collector.
        pub sample_per_thousand: u32 = 0,
    }
}

section! {
    /// Figures for Prometheus, and health, on a listener of their own.
    pub struct Metrics {
        /// Where; empty for nowhere.
        pub listen: String = String::new(),
    }
}
