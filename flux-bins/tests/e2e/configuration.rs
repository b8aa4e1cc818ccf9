//! A configuration that is wrong is told, whole, before anything is done.

use crate::harness::{complaint, folder, run, text};

#[tokio::test]
async fn everything_wrong_is_told_before_anything_is_made() {
    let folder = folder();
    std::fs::write(
        folder.path().join("flux.toml"),
        "[http]\nlisen = '127.0.0.1:0'\n[storage]\nbackend = 'cloud'\n[limits]\nfriends = 0\n",
    )
    .unwrap();
    let output = run(folder.path(), &["up"]).await;
    assert!(!output.status.success());
    let told = complaint(&output);
    for part in [
        "flux.toml:2: http.lisen: no such setting; did you mean http.listen?",
        "flux.toml:4: storage.backend: expected one of sqlite, memory",
        "flux.toml:6: limits.friends: must be at least 1",
    ] {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
    assert!(!folder.path().join("flux-data").exists());
    let checked = run(folder.path(), &["config", "check"]).await;
    assert_eq!(complaint(&checked), told);
}

#[tokio::test]
async fn a78_other_machines_are_not_served_in_the_clear() {
    let folder = folder();
    let output = run(folder.path(), &["up", "--listen", "0.0.0.0:0"]).await;
    assert!(!output.status.success());
    let told = complaint(&output);
    assert!(told.contains("in the clear") && told.contains("http.behind_tls_proxy = true"), "{told}");
}

#[cfg(unix)]
#[tokio::test]
async fn a78_keys_that_others_can_read_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let server = crate::harness::Server::start(folder.path()).await;
    server.stop().await;
    let keys = folder.path().join("flux-data/token-keys.pem");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = run(folder.path(), &["up", "--listen", "127.0.0.1:0"]).await;
    assert!(!output.status.success());
    assert!(complaint(&output).contains("chmod 600"), "{}", complaint(&output));
}

#[tokio::test]
async fn what_is_used_is_shown_with_its_source() {
    let folder = folder();
    std::fs::write(folder.path().join("flux.toml"), "[sessions]\nmax = 3\n").unwrap();
    let output = run(folder.path(), &["config", "show", "--sources", "--set", "log.format=json"]).await;
    let shown = text(&output);
    let line =
        |start: &str| shown.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
    assert!(line("max = 3").ends_with("# flux.toml:2"), "{shown}");
    assert!(line("format = \"json\"").ends_with("# --set"), "{shown}");
    assert!(line("listen = \"127.0.0.1:8080\"").ends_with("# default"), "{shown}");
}
