//! Making connections to each kind of topology.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    Pipeline, ProtocolVersion, PushInfo, PushKind, RedisConnectionInfo, TlsCertificates, Value,
};

use super::config::{RedisConfig, RedisConfigError, RedisLogin, RedisTls, RedisTopology, RedisUrl};
use super::failure::{Failure, exposed};

/// How many commands may wait for the connection to take them.
const PIPELINE_BUFFER: usize = 1_024;
/// How many commands to a Cluster are under way at once for one call.
const AT_ONCE: usize = 64;

/// What a connection calls when it is lost.
pub(super) type OnLost = Arc<dyn Fn() + Send + Sync>;

/// Knows the way to the servers.
pub(super) struct Connector {
    route: Route,
    certificates: Option<TlsCertificates>,
    response_timeout: Duration,
    connect_timeout: Duration,
}

enum Route {
    Standalone(ConnectionInfo),
    Sentinel { sentinels: Vec<ConnectionInfo>, master: String, login: RedisLogin },
    Cluster(Box<ClusterClient>),
}

/// A connection that clones share.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connection {
    pub(super) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// The answer to one command.
    pub(super) async fn ask(&mut self, command: &Cmd) -> Result<Value, Failure> {
        let answer = match self {
            Self::One(connection) => connection.req_packed_command(command).await,
            Self::Cluster(connection) => connection.req_packed_command(command).await,
        };
        Ok(answer.and_then(Value::extract_error)?)
    }

    /// The answers to commands that each concern one key: in one go, or, where keys lie on different servers, at once.
    pub(super) async fn ask_each(&mut self, commands: &[Cmd]) -> Result<Vec<Value>, Failure> {
        match self {
            Self::One(connection) => {
                let mut pipeline = Pipeline::with_capacity(commands.len());
                for command in commands {
                    pipeline.add_command(command.clone());
                }
                let answers = connection.req_packed_commands(&pipeline, 0, commands.len()).await?;
                Ok(answers.into_iter().map(Value::extract_error).collect::<Result<_, _>>()?)
            }
            Self::Cluster(connection) => {
                let mut asked = FuturesOrdered::new();
                let mut answers = Vec::with_capacity(commands.len());
                for command in commands {
                    if asked.len() == AT_ONCE
                        && let Some(answer) = asked.next().await
                    {
                        answers.push(answer?);
                    }
                    let mut connection = connection.clone();
                    asked.push_back(async move {
                        connection.req_packed_command(command).await.and_then(Value::extract_error)
                    });
                }
                while let Some(answer) = asked.next().await {
                    answers.push(answer?);
                }
                Ok(answers)
            }
        }
    }
}

impl Connector {
    pub(super) fn new(config: &RedisConfig) -> Result<Self, RedisConfigError> {
        choose_cryptography();
        let certificates = certificates(&config.tls);
        let tcp = |url: &RedisUrl| settled(url.0.clone());
        let route = match &config.topology {
            RedisTopology::Standalone { url } => Route::Standalone(tcp(url)),
            RedisTopology::Sentinel { sentinels, master, login } => Route::Sentinel {
                sentinels: sentinels.iter().map(tcp).collect(),
                master: master.clone(),
                login: login.clone(),
            },
            RedisTopology::Cluster { nodes } => {
                let client = cluster(nodes.iter().map(tcp), certificates.as_ref(), config);
                Route::Cluster(Box::new(client.map_err(refused)?))
            }
        };
        let connector = Self {
            route,
            certificates,
            response_timeout: config.response_timeout.min(config.deadline),
            connect_timeout: config.connect_timeout,
        };
        // Certificates are read when a client is made: better now than at the first connection.
        match &connector.route {
            Route::Standalone(info) => connector.client(info.clone()).map(|_| ()),
            Route::Sentinel { sentinels, .. } => {
                sentinels.iter().try_for_each(|info| connector.client(info.clone()).map(|_| ()))
            }
            Route::Cluster(_) => Ok(()),
        }
        .map_err(refused)?;
        Ok(connector)
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self.route, Route::Cluster(_))
    }

    /// A connection to a server that takes writes, as far as that can be known.
    pub(super) async fn connect(&self, on_lost: &OnLost) -> Result<Connection, Failure> {
        let mut connection = match &self.route {
            Route::Standalone(info) => self.dial(info.clone(), Some(on_lost)).await?,
            Route::Sentinel { sentinels, master, login } => {
                let info = self.master(sentinels, master, login).await?;
                let mut connection = self.dial(info, Some(on_lost)).await?;
                if !is_master(&mut connection).await? {
                    return Err(Failure::NotMaster);
                }
                connection
            }
            // One server that is missing is no reason not to use the others.
            Route::Cluster(client) => return Ok(Connection::Cluster(client.get_async_connection().await?)),
        };
        // A server that is still loading takes connections, and says so here.
        connection.req_packed_command(&redis::cmd("PING")).await.and_then(Value::extract_error)?;
        Ok(Connection::One(connection))
    }

    /// Where the sentinels say that the master is. All are asked at once; what more than half of them say is believed
    /// without waiting for the rest, so that one that has not heard of a failover leads nobody to the old master.
    async fn master(
        &self,
        sentinels: &[ConnectionInfo],
        name: &str,
        login: &RedisLogin,
    ) -> Result<ConnectionInfo, Failure> {
        let mut answers: FuturesUnordered<_> =
            sentinels.iter().map(|info| self.ask_sentinel(info.clone(), name)).collect();
        let mut named: Vec<((String, u16), usize)> = Vec::new();
        let mut failure = Failure::NoMaster(name.to_owned());
        while let Some(answer) = answers.next().await {
            let address = match answer {
                Ok(address) => address,
                Err(error) => {
                    failure = error;
                    continue;
                }
            };
            match named.iter_mut().find(|(other, _)| *other == address) {
                Some((_, times)) => *times += 1,
                None => named.push((address, 1)),
            }
            if named.iter().any(|(_, times)| *times > sentinels.len() / 2) {
                break;
            }
        }
        let most = named.into_iter().max_by_key(|(_, times)| *times);
        let ((host, port), _) = most.ok_or(failure)?;
        let address = if login.tls {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, port)
        };
        let mut redis = RedisConnectionInfo::default().set_db(login.database);
        if let Some(username) = &login.username {
            redis = redis.set_username(username);
        }
        if let Some(password) = exposed(login.password.as_ref()) {
            redis = redis.set_password(password);
        }
        Ok(settled(address.into_connection_info()?.set_redis_settings(redis)))
    }

    async fn ask_sentinel(&self, info: ConnectionInfo, name: &str) -> Result<(String, u16), Failure> {
        let mut sentinel = self.dial(info, None).await?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
        let address: Option<_> = question.query_async(&mut sentinel).await?;
        address.ok_or_else(|| Failure::NoMaster(name.to_owned()))
    }

    async fn dial(
        &self,
        info: ConnectionInfo,
        on_lost: Option<&OnLost>,
    ) -> Result<MultiplexedConnection, Failure> {
        let mut config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(Some(self.response_timeout))
            .set_pipeline_buffer_size(PIPELINE_BUFFER);
        if let Some(on_lost) = on_lost {
            let on_lost = Arc::clone(on_lost);
            config = config.set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    on_lost();
                }
                Ok::<(), redis::aio::SendError>(())
            });
        }
        let client = self.client(info)?;
        Ok(client.get_multiplexed_async_connection_with_config(&config).await?)
    }

    fn client(&self, info: ConnectionInfo) -> redis::RedisResult<Client> {
        match (&self.certificates, info.addr()) {
            (Some(certificates), ConnectionAddr::TcpTls { .. }) => {
                Client::build_with_tls(info, certificates.clone())
            }
            _ => Client::open(info),
        }
    }
}

/// The driver takes the cryptography that the process has chosen, and panics where it has not and cannot tell. A program
/// that wants another one than ring installs it first.
fn choose_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody else may have been quicker: then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Without Nagle's delay, and in the protocol that tells of a lost connection before the next command finds out.
fn settled(info: ConnectionInfo) -> ConnectionInfo {
    let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    info.set_tcp_settings(TcpSettings::default().set_nodelay(true)).set_redis_settings(redis)
}

/// Whether it is a master. Where the user may not ask, what the sentinels say has to do.
async fn is_master(connection: &mut MultiplexedConnection) -> Result<bool, Failure> {
    match connection.req_packed_command(&redis::cmd("ROLE")).await.and_then(Value::extract_error) {
        Ok(Value::Array(role)) => {
            Ok(matches!(role.first(), Some(Value::BulkString(role)) if role == b"master"))
        }
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("NOPERM") => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn cluster(
    nodes: impl Iterator<Item = ConnectionInfo>,
    certificates: Option<&TlsCertificates>,
    config: &RedisConfig,
) -> redis::RedisResult<ClusterClient> {
    let mut builder = ClusterClientBuilder::new(nodes)
        .connection_timeout(config.connect_timeout)
        .response_timeout(config.response_timeout.min(config.deadline))
        .overall_response_timeout(Some(config.deadline))
        // Enough for a slot that moves, too few to wait for a server that is gone: the deadline is short.
        .retries(4)
        .min_retry_wait(10)
        .max_retry_wait(100)
        .use_protocol(ProtocolVersion::RESP3)
        .tcp_settings(TcpSettings::default().set_nodelay(true));
    if let Some(certificates) = certificates {
        builder = builder.certs(certificates.clone());
    }
    builder.build()
}

fn certificates(tls: &RedisTls) -> Option<TlsCertificates> {
    let client_tls = tls.identity.as_ref().map(|(certificate, key)| ClientTlsConfig {
        client_cert: certificate.clone(),
        client_key: key.expose().as_bytes().to_vec(),
    });
    (client_tls.is_some() || tls.roots.is_some())
        .then(|| TlsCertificates { client_tls, root_cert: tls.roots.clone() })
}

fn refused(error: redis::RedisError) -> RedisConfigError {
    RedisConfigError::Refused(Failure::from(error).to_string())
}
