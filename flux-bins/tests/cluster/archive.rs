//! The archive that is delivered.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/package");

fn ran(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn package(programs: &Path, out: &Path) -> PathBuf {
    let mut command = Command::new(PACKAGE);
    let output =
        ran(command.arg("--from").arg(programs).arg("--out").arg(out).env("SOURCE_DATE_EPOCH", "1700000000"));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

#[test]
fn the_archive_has_everything_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let programs = folder.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    for name in ["flux", "flux-chat", "flux-gate", "flux-status", "flux-verify"] {
        let program = programs.join(name);
        std::fs::write(&program, format!("#!/bin/sh\necho {name}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    let archive = package(&programs, &folder.path().join("one"));
    // Later, and by somebody with other habits.
    let again = package(&programs, &folder.path().join("two"));
    assert_eq!(std::fs::read(&archive).unwrap(), std::fs::read(again).unwrap());

    let name = archive.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(concat!("flux-", env!("CARGO_PKG_VERSION"), "-")), "{name}");
    let beside = archive.parent().unwrap();
    ran(Command::new("sha256sum").args(["-c", &format!("{name}.sha256")]).current_dir(beside));
    ran(Command::new("tar").args(["-xzf", name]).current_dir(beside));
    let content = beside.join(name.strip_suffix(".tar.gz").unwrap());
    ran(Command::new("sha256sum").args(["--strict", "-c", "SHA256SUMS"]).current_dir(&content));
    let said = ran(Command::new("./flux").current_dir(&content));
    assert_eq!(said.stdout, b"flux\n");
    for file in [
        "LICENSE-MIT",
        "docs/operations.md",
        "deploy/flux.toml",
        "deploy/make-secrets",
        "deploy/systemd/flux-chat@.service",
    ] {
        assert!(content.join(file).is_file(), "{file}");
    }
}

/// The walk of the README, without cargo.
#[test]
fn the_archives_readme_walks_as_the_projects_does() {
    let project = include_str!("../../../README.md");
    let archive = include_str!("../../deploy/ARCHIVE.md");
    let commands = |text: &str| -> Vec<String> {
        let walk = &text[text.find("## A walk of five minutes").unwrap()..];
        let walk = &walk[..walk[3..].find("\n## ").unwrap_or(walk.len() - 3)];
        let lines = walk.lines().filter_map(|line| line.strip_prefix("    "));
        let lines = lines.map(|line| {
            line.replace("./target/release/flux", "./flux").replace("cargo run --release", "./flux")
        });
        lines.filter(|line| line.starts_with("./flux") || line.starts_with('/')).collect()
    };
    assert!(commands(archive).len() >= 8, "{:?}", commands(archive));
    assert_eq!(commands(project), commands(archive));
    assert!(!archive.contains("cargo"));
}
