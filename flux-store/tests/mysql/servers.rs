//! The private server itself.

use std::time::Duration;

use flux_core::Secret;
use flux_core::message::MessageStore;
use flux_store::mysql::OpenError;
use flux_store::servers::{Durability, MariaDb, MariaDbConfig, ServerError};

use crate::support::{PATIENCE, config, folder, had, open};
use crate::world::World;

#[tokio::test]
async fn a_private_server_lets_in_who_has_its_password_and_keeps_its_folder() {
    let setup = || {
        let config = MariaDbConfig::new(folder("password")).with_durability(Durability::Throwaway);
        config.with_password(Secret::new("a-secret_1"))
    };
    let mut server = had(MariaDb::start(setup()).await);
    let url = server.url().expose().to_owned();
    assert_eq!(url, format!("mysql://root:a-secret_1@127.0.0.1:{}/flux", server.port()));
    assert!(!format!("{server:?}").contains("a-secret_1"));
    let refused = open(config(&url.replace("a-secret_1", "another"))).await;
    assert!(matches!(refused, Err(OpenError::Denied { .. })), "{refused:?}");
    let refused = open(config(&url.replace(":a-secret_1", ""))).await;
    assert!(matches!(refused, Err(OpenError::Denied { .. })), "{refused:?}");

    World::at(&url).await.send("kept").await.unwrap();
    let epoch = open(config(&url)).await.unwrap().epoch();
    server.stop(PATIENCE).await.unwrap();
    assert!(server.log().is_file());
    drop(server);
    let mut server = had(MariaDb::start(setup().with_port(free())).await);
    assert_eq!(open(config(server.url().expose())).await.unwrap().epoch(), epoch);
    server.stop(Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn a_password_that_would_need_quoting_is_refused() {
    let config = MariaDbConfig::new(folder("quoted")).with_password(Secret::new("it's; DROP"));
    let refused = MariaDb::start(config).await;
    let error = match refused {
        Err(missing @ ServerError::NotInstalled { .. }) => return had(Err(missing)),
        refused => refused.expect_err("it is refused"),
    };
    assert!(!format!("{error} {error:?}").contains("DROP"), "{error:?}");
}

/// A port that nobody uses.
fn free() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
