//! What is done to a database by hand.

use std::net::SocketAddr;

use super::WorldError;

/// Host and port in a URL; nothing if there are none.
#[must_use]
pub fn address(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.split_once('/').map_or(rest, |(address, _)| address)
}

/// The same URL with another host and port.
#[must_use]
pub fn at(url: &str, other: SocketAddr) -> String {
    url.replacen(address(url), &other.to_string(), 1)
}

/// Lets the server do something, by the client that comes with it; what it answered.
pub async fn statement(url: &str, sql: &str) -> Result<String, WorldError> {
    let (host, port) = address(url).split_once(':').unwrap_or_default();
    let database = url.rsplit_once('/').map_or("", |(_, database)| database);
    let done = tokio::process::Command::new("mariadb")
        .args(["--no-defaults", "--protocol=tcp", "--batch", "--skip-column-names", "-uroot"])
        .args(["-h", host, "-P", port, "-e", sql, database])
        .kill_on_drop(true)
        .output()
        .await
        .map_err(WorldError::system("run the client of MariaDB"))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let told = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(WorldError::Statement { statement: sql.to_owned(), told })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_in_a_url_is_found_and_replaced() {
        let other = SocketAddr::from(([127, 0, 0, 1], 9));
        for (url, found, replaced) in [
            ("mysql://root@127.0.0.1:3306/flux", "127.0.0.1:3306", "mysql://root@127.0.0.1:9/flux"),
            ("redis://127.0.0.1:6379", "127.0.0.1:6379", "redis://127.0.0.1:9"),
        ] {
            assert_eq!((address(url), at(url, other).as_str()), (found, replaced));
        }
    }
}
