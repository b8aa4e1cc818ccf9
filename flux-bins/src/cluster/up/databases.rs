//! MariaDB and Redis of the cluster's own, where no others are named.

use std::fmt::Write as _;

use flux_core::Entropy;
use flux_store::servers::{Durability, MariaDb, MariaDbConfig, RedisServer, RedisServerConfig, ServerError};

use super::folder::Folder;
use crate::config::Config;
use crate::failure::Failure;

/// What was started.
#[derive(Debug)]
pub(super) struct Databases {
    pub(super) mariadb: Option<MariaDb>,
    pub(super) redis: Option<RedisServer>,
}

impl Databases {
    /// Starts what `config` does not name, for `processes`, and names it there.
    pub(super) async fn start(
        config: &mut Config,
        folder: &Folder,
        processes: u32,
        entropy: &dyn Entropy,
    ) -> Result<Self, Failure> {
        let mysql = match config.mysql.url {
            Some(_) => None,
            None => Some(mariadb(config, folder, processes, entropy)?),
        };
        let redis = match config.redis.url {
            Some(_) => None,
            None => Some(
                RedisServerConfig::new(folder.path.join("redis"))
                    .with_password(folder.secret("redis.password", entropy)?),
            ),
        };
        let (mysql, redis) = tokio::join!(
            async {
                Ok(match mysql {
                    Some(config) => Some(MariaDb::start(config).await?),
                    None => None,
                })
            },
            async {
                Ok(match redis {
                    Some(config) => Some(RedisServer::start(config).await?),
                    None => None,
                })
            },
        );
        let (mysql, redis) = both(mysql, redis)?;
        if let Some(server) = &mysql {
            config.mysql.url = Some(server.url());
        }
        if let Some(server) = &redis {
            config.redis.url = Some(server.url());
        }
        Ok(Self { mariadb: mysql, redis })
    }
}

fn mariadb(
    config: &Config,
    folder: &Folder,
    processes: u32,
    entropy: &dyn Entropy,
) -> Result<MariaDbConfig, Failure> {
    // A few for people who want to look.
    let connections = processes.saturating_mul(config.mysql.pool).saturating_add(20);
    let durability =
        if config.mysql.allow_unsafe_durability { Durability::Throwaway } else { Durability::Safe };
    Ok(MariaDbConfig::new(folder.path.join("mariadb"))
        .with_durability(durability)
        .with_password(folder.secret("mysql.password", entropy)?)
        .with_setting(format!("--max-connections={connections}")))
}

/// Both, or why not; of what is not installed, all at once.
fn both<M, R>(
    mysql: Result<Option<M>, ServerError>,
    redis: Result<Option<R>, ServerError>,
) -> Result<(Option<M>, Option<R>), Failure> {
    let missing = |error: Option<&ServerError>| matches!(error, Some(ServerError::NotInstalled { .. }));
    let no_mariadb = missing(mysql.as_ref().err());
    let no_redis = missing(redis.as_ref().err());
    if no_mariadb || no_redis {
        return Err(not_installed(no_mariadb, no_redis));
    }
    Ok((mysql?, redis?))
}

fn not_installed(mariadb: bool, redis: bool) -> Failure {
    let absent = [
        (mariadb, "MariaDB", "mariadb-server", "mariadb", "--mysql mysql://USER@HOST:3306/DATABASE"),
        (redis, "Redis", "redis-server", "redis", "--redis redis://HOST:6379"),
    ];
    let absent = absent.iter().filter(|(absent, ..)| *absent);
    let all = |what: fn(&(bool, &'static str, &'static str, &'static str, &'static str)) -> &'static str| {
        absent.clone().map(what).collect::<Vec<_>>()
    };
    let mut words = format!("not installed on this machine: {}\n", all(|one| one.1).join(", "));
    // Writing to a text does not fail.
    let _ = writeln!(words, "  Debian, Ubuntu:  sudo apt-get install {}", all(|one| one.2).join(" "));
    let _ = writeln!(words, "  macOS:           brew install {}", all(|one| one.3).join(" "));
    let _ =
        write!(words, "  or name servers that are there:  flux cluster up {}", all(|one| one.4).join(" "));
    Failure::new(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_installed_is_told_at_once_with_the_way_to_get_it() {
        let missing = |program, package| Err(ServerError::NotInstalled { program, package });
        let told =
            both::<(), ()>(missing("mariadbd", "mariadb-server"), missing("redis-server", "redis-server"));
        let told = told.unwrap_err().message().unwrap().to_owned();
        for part in [
            "MariaDB, Redis",
            "apt-get install mariadb-server redis-server",
            "brew install mariadb redis",
            "--mysql",
            "--redis",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let told = both(Ok(Some(())), missing("redis-server", "redis-server") as Result<Option<()>, _>);
        let told = told.unwrap_err().message().unwrap().to_owned();
        assert!(told.contains("apt-get install redis-server") && !told.contains("mariadb"), "{told}");
    }
}
