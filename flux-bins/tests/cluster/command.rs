//! The command line of a cluster, as far as it needs none.

use crate::harness::{complaint, run};

#[tokio::test]
async fn what_cannot_be_done_is_told_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    for (args, told) in [
        (&["cluster", "up", "--listen", "0.0.0.0:8080"][..], "behind_tls_proxy"),
        (&["cluster", "up", "--mysql", "mysql://root:hunter2@127.0.0.1/flux"], "FLUX_MYSQL_URL_FILE"),
        (&["cluster", "up", "--chat", "0"], "1..=32"),
        (&["cluster", "nodes", "--data", "elsewhere"], "no cluster was started in elsewhere"),
        (&["db", "info", "--database", "mysql://root:hunter2@127.0.0.1/flux"], "FLUX_MYSQL_URL_FILE"),
        (&["db", "info", "--database", "postgres://root@127.0.0.1/flux"], "not of the form mysql://"),
        (&["db", "new-epoch", "--database", "mysql://root@127.0.0.1:1/flux"], "127.0.0.1:1"),
        (&["db", "new-epoch", "--database", "mysql://root@127.0.0.1/flux", "--data", "here"], "--data"),
        (&["db", "info"], "there is no database"),
        (&["mail", "test", "--to", "ada@example.org"], "smtp.host"),
        (&["mail", "test", "--to", "nobody", "--set", "smtp.host=127.0.0.1"], "no e-mail address"),
    ] {
        let refused = run(folder.path(), args).await;
        assert!(!refused.status.success(), "{args:?}");
        let complaint = complaint(&refused);
        assert!(complaint.contains(told), "{args:?}: {complaint}");
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }
    // Nothing was made.
    assert!(!folder.path().join("flux-cluster").exists());
}

#[tokio::test]
async fn a_mail_server_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let port = format!("smtp.port={port}");
    let args = ["mail", "test", "--to", "ada@example.org", "--set", "smtp.host=127.0.0.1", "--set", &port];
    let security = ["--set", "smtp.security=none", "--set", "smtp.from=flux@example.org"];
    let failed = run(folder.path(), &args.iter().chain(&security).copied().collect::<Vec<_>>()).await;
    assert!(!failed.status.success());
    let told = complaint(&failed);
    assert!(told.contains("127.0.0.1") && told.contains("refused") && told.contains("smtp.port"), "{told}");
}
