//! Databases that are not opened, each with the reason.

use std::error::Error;

use flux_store::mysql::{MySqlConfig, OpenError};
use flux_store::servers::{Durability, MariaDb, MariaDbConfig};
use sqlx::{AssertSqlSafe, Executor};

use crate::support::{bare, config, database, database_at, folder, had, open};
use crate::world::World;

async fn refused(config: MySqlConfig) -> OpenError {
    open(config).await.expect_err("it is refused")
}

async fn run(url: &str, text: &str) {
    bare(url).await.execute(sqlx::raw_sql(AssertSqlSafe(text.to_owned()))).await.unwrap();
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    let url = database().await;
    run(&url, "CREATE TABLE theirs (id INT)").await;
    match refused(config(&url)).await {
        OpenError::NotFlux { table, .. } => assert_eq!(table, "theirs"),
        other => panic!("{other:?}"),
    }
    let tables = bare(&url).await.fetch_all("SHOW TABLES").await.unwrap();
    assert_eq!(tables.len(), 1);
}

#[tokio::test]
async fn a_schema_is_refused_that_is_missing_behind_or_ahead() {
    let url = database().await;
    let strict = || config(&url).without_migrations();
    assert!(matches!(refused(strict()).await, OpenError::NoSchema { .. }));
    assert!(bare(&url).await.fetch_all("SHOW TABLES").await.unwrap().is_empty());

    open(config(&url)).await.unwrap();
    open(strict()).await.unwrap();
    run(&url, "UPDATE flux_schema SET version = 0").await;
    assert!(matches!(refused(strict()).await, OpenError::OldSchema { found: 0, known: 1, .. }));

    run(&url, "UPDATE flux_schema SET version = 99, readable_from = 99").await;
    for config in [strict(), config(&url)] {
        assert!(matches!(refused(config).await, OpenError::NewerSchema { found: 99, known: 1, .. }));
    }
    run(&url, "UPDATE flux_schema SET readable_from = 1").await;
    open(strict()).await.expect("a newer schema that this program can use");
}

#[tokio::test]
async fn a_migration_that_broke_off_is_taken_up_again() {
    let url = database().await;
    open(config(&url)).await.unwrap();
    run(&url, "DELETE FROM flux_schema; DROP TABLE connections; DROP TABLE members").await;
    World::at(&url).await.send("whole again").await.unwrap();
}

#[tokio::test]
async fn a_table_or_column_that_somebody_dropped_is_named() {
    for (drop, expected) in [
        ("DROP TABLE messages", "messages"),
        ("ALTER TABLE accounts DROP COLUMN bio; DROP TABLE jobs", "accounts.bio, jobs"),
    ] {
        let url = database().await;
        open(config(&url)).await.unwrap();
        run(&url, drop).await;
        for config in [config(&url), config(&url).without_migrations()] {
            match refused(config).await {
                OpenError::Incomplete { lacks, .. } => assert_eq!(lacks, expected),
                other => panic!("{drop}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_column_with_another_collation_is_refused() {
    let url = database().await;
    open(config(&url)).await.unwrap();
    let change = "ALTER TABLE accounts MODIFY bio VARCHAR(4096) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL";
    run(&url, change).await;
    match refused(config(&url)).await {
        OpenError::Collation { column, found } => {
            assert_eq!((column.as_str(), found.as_str()), ("accounts.bio", "latin1_swedish_ci"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told_so_without_the_password() {
    let url = database().await;
    let number = url.rsplit_once('/').unwrap().1.to_owned();
    let (_, server) = url.split_once('@').unwrap();
    let user = |name: &str, password: &str| format!("mysql://{name}:{password}@{server}");
    let (nobody, reader) = (format!("n{number}"), format!("r{number}"));

    let denied = refused(config(&user(&nobody, "canary"))).await;
    assert!(matches!(&denied, OpenError::Denied { user, .. } if *user == nobody), "{denied:?}");
    let causes =
        std::iter::successors(Some(&denied as &dyn Error), |error: &&dyn Error| Error::source(*error));
    let shown: Vec<_> = causes.map(|error| format!("{error} {error:?}")).collect();
    let shown = shown.concat();
    assert!(!shown.contains("canary"), "{shown}");

    open(config(&url)).await.unwrap();
    let grant = format!(
        "CREATE USER '{reader}'@'%' IDENTIFIED BY 'secret'; GRANT SELECT, INSERT ON {number}.* TO '{reader}'@'%';"
    );
    run(&url, &grant).await;
    let refusal = refused(config(&user(&reader, "secret"))).await;
    assert!(matches!(refusal, OpenError::MissingPrivilege { doing: "UPDATE rows", .. }), "{refusal:?}");
    run(&url, &format!("GRANT UPDATE, DELETE ON {number}.* TO '{reader}'@'%'")).await;
    World::at(&user(&reader, "secret")).await.send("with what is needed, and no more").await.unwrap();
    run(&url, &format!("DROP USER '{reader}'@'%'")).await;
}

#[tokio::test]
async fn a_database_or_server_that_is_not_there_is_named() {
    let url = database().await;
    let (server, _) = url.rsplit_once('/').unwrap();
    match refused(config(&format!("{server}/no_such_database"))).await {
        OpenError::NoDatabase { database } => assert_eq!(database, "no_such_database"),
        other => panic!("{other:?}"),
    }
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refusal = refused(config(&format!("mysql://root@127.0.0.1:{port}/flux"))).await;
    assert!(matches!(refusal, OpenError::Unreachable { .. }), "{refusal:?}");
}

#[tokio::test]
async fn tls_that_is_asked_for_and_not_to_be_had_is_refused() {
    let url = database().await;
    let refusal = refused(config(&format!("{url}?ssl-mode=VERIFY_IDENTITY"))).await;
    assert!(matches!(refusal, OpenError::Unreachable { .. }), "{refusal:?}");
}

/// On a server of its own, since its settings are everybody's.
#[tokio::test]
async fn a_server_with_other_settings_is_refused_by_the_name_of_the_setting() {
    let setup = MariaDbConfig::new(folder("settings")).with_durability(Durability::Throwaway);
    // What is said last counts.
    let setup = setup.with_setting("--innodb-doublewrite=1");
    let server = had(MariaDb::start(setup).await);
    let url = database_at(server.url().expose()).await;
    let set = async |text: &str| run(&url, &format!("SET GLOBAL {text}")).await;
    let safe = || MySqlConfig::new(&url).unwrap();

    match refused(safe()).await {
        OpenError::UnsafeDurability { name, .. } => assert_eq!(name, "innodb_flush_log_at_trx_commit"),
        other => panic!("{other:?}"),
    }
    open(config(&url)).await.expect("allowed to forget");
    set("innodb_flush_log_at_trx_commit = 1").await;
    open(safe()).await.expect("safe now");

    for (spoil, repair, expected) in [
        ("sql_mode = ''", "sql_mode = DEFAULT", "sql_mode"),
        ("default_storage_engine = MyISAM", "default_storage_engine = InnoDB", "default_storage_engine"),
        ("max_allowed_packet = 1048576", "max_allowed_packet = 16777216", "max_allowed_packet"),
        ("read_only = ON", "read_only = OFF", "read_only"),
    ] {
        set(spoil).await;
        match refused(safe()).await {
            OpenError::Setting { name, .. } => assert_eq!(name, expected),
            other => panic!("{spoil}: {other:?}"),
        }
        set(repair).await;
    }
    open(safe()).await.expect("all in order again");
}
