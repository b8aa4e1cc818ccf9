//! What the programs do not start with: each says why, and what to do.

use std::path::Path;

use flux_bins::chaos::world::{Kind, Program, port};

use crate::harness::soon;
use crate::servers;
use crate::world::site;

/// Every program of a cluster.
const ALL: [Kind; 4] = [Kind::Gate, Kind::Chat, Kind::Status, Kind::Verify];
const UNSAFE: &str = "mysql.allow_unsafe_durability=true";

/// What `flux serve KIND` says that does not start.
async fn complaint(folder: &Path, kind: Kind, settings: &[&str], env: &[(&str, &str)]) -> String {
    let settings = settings.iter().map(|setting| (*setting).to_owned());
    let env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut command = Program::new(&site(folder), kind, kind.name(), port(), settings, &env).command();
    let output = soon("the end of a program that refuses to start", command.output()).await.unwrap();
    assert!(!output.status.success());
    assert_eq!(output.stdout, b"", "it did not say that it serves");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a78_beyond_loopback_nothing_starts_without_a_secret_or_with_a_sample() {
    let folder = tempfile::tempdir().unwrap();
    let urls =
        [("FLUX_MYSQL_URL", "mysql://root@127.0.0.1:1/flux"), ("FLUX_REDIS_URL", "redis://127.0.0.1:1")];
    for (kind, setting) in [
        (Kind::Verify, "verify.listen=0.0.0.0:0"),
        (Kind::Status, "status.listen=0.0.0.0:0"),
        (Kind::Chat, "chat.peer_listen=0.0.0.0:0"),
    ] {
        let told = complaint(folder.path(), kind, &[setting, "chat.peer_url=http://10.0.0.1:5"], &urls).await;
        let key = setting.split_once('=').unwrap().0;
        for part in [key, "services.secret", "openssl rand -base64 32", "services.certificate"] {
            assert!(told.contains(part), "{kind:?} lacks {part}: {told}");
        }
    }
    for sample in ["changeme-changeme-changeme-changeme", "q0Jp7Vd3yH9sXw2L"] {
        let env = [urls[0], urls[1], ("FLUX_SERVICES_SECRET", sample)];
        for kind in ALL {
            let told = complaint(folder.path(), kind, &[], &env).await;
            assert!(told.contains("services.secret") && !told.contains(sample), "{kind:?}: {told}");
        }
    }
    for (kind, setting) in [(Kind::Gate, "http.listen=0.0.0.0:0"), (Kind::Chat, "chat.listen=0.0.0.0:0")] {
        let told = complaint(folder.path(), kind, &[setting], &urls).await;
        assert!(told.contains("TLS") && told.contains("http.behind_tls_proxy"), "{kind:?}: {told}");
    }
}

#[tokio::test]
async fn f31_nothing_starts_on_a_database_of_somebody_else_or_of_a_later_release() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = servers::database().await;
    servers::statement(&theirs, "CREATE TABLE theirs (id INT)").await;
    let later = servers::database().await;
    // As a later release leaves it: made by this one, then marked.
    let mut status = Program::new(
        &site(folder.path()),
        Kind::Status,
        "status",
        port(),
        [UNSAFE.to_owned()],
        &[("FLUX_MYSQL_URL", later.as_str()), ("FLUX_REDIS_URL", "redis://127.0.0.1:1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    status.start().await.unwrap();
    status.stop().await.unwrap();
    servers::statement(&later, "UPDATE flux_schema SET version = 99, readable_from = 99").await;
    for kind in ALL {
        let env = |url| [("FLUX_MYSQL_URL", url), ("FLUX_REDIS_URL", "redis://127.0.0.1:1")];
        let told = complaint(folder.path(), kind, &[UNSAFE], &env(&theirs)).await;
        assert!(told.contains("theirs"), "{kind:?}: {told}");
        let told = complaint(folder.path(), kind, &[UNSAFE], &env(&later)).await;
        assert!(told.contains("99") && told.contains("release"), "{kind:?}: {told}");
    }
    assert_eq!(servers::statement(&theirs, "SHOW TABLES").await, "theirs\n", "it was left as it was");
}

#[tokio::test]
async fn nothing_starts_on_a_server_that_may_lose_commits_unless_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let url = servers::database().await;
    for kind in ALL {
        let env = [("FLUX_MYSQL_URL", url.as_str()), ("FLUX_REDIS_URL", "redis://127.0.0.1:1")];
        let told = complaint(folder.path(), kind, &[], &env).await;
        assert!(told.contains("innodb_flush_log_at_trx_commit"), "{kind:?}: {told}");
        assert!(told.contains("mysql.allow_unsafe_durability"), "{kind:?}: {told}");
    }
}
