//! The example of a configuration that is delivered, held against the settings that there are.

use std::path::PathBuf;

use crate::config::{Config, Loaded, Program, Sources};

const EXAMPLE: &str = include_str!("../../deploy/flux.toml");

/// The sections that only a cluster has.
const SECTIONS: [&str; 8] = ["mysql", "redis", "services", "chat", "status", "verify", "keys", "notify"];

fn load() -> Loaded {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/flux.toml"));
    Loaded::load(&Sources { file: Some(file), ..Sources::default() }).unwrap()
}

#[test]
fn it_is_in_order_but_for_the_secrets() {
    let problems = load().check_for(Program::Chat).unwrap_err();
    let missing: Vec<_> = problems.0.iter().filter_map(|problem| problem.key.as_deref()).collect();
    assert_eq!(missing, ["mysql.url", "redis.url"]);
}

#[test]
fn it_explains_every_setting_of_a_cluster_and_holds_no_secret() {
    let mut section = "";
    let mut explained = Vec::new();
    for line in EXAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some((name, _)) = line.split_once(" = ") {
            explained.push((format!("{section}.{}", name.trim_start_matches('#')), line.starts_with('#')));
        }
    }
    for slot in Config::default().slots() {
        let section = slot.key.split_once('.').map_or("", |(section, _)| section);
        if !SECTIONS.contains(&section) {
            continue;
        }
        // A secret stands there as the file that holds it, for whoever starts the programs in their own way.
        let secret = slot.value.secret();
        let name = if secret { format!("{}_file", slot.key) } else { slot.key };
        assert!(explained.contains(&(name.clone(), secret)), "{name} is missing in deploy/flux.toml");
    }
}

#[test]
fn every_unit_keeps_to_itself() {
    for unit in [
        include_str!("../../deploy/systemd/flux-up.service"),
        include_str!("../../deploy/systemd/flux-gate.service"),
        include_str!("../../deploy/systemd/flux-chat@.service"),
        include_str!("../../deploy/systemd/flux-status.service"),
        include_str!("../../deploy/systemd/flux-verify.service"),
    ] {
        for line in [
            "DynamicUser=yes",
            "ProtectSystem=strict",
            "NoNewPrivileges=yes",
            "CapabilityBoundingSet=",
            "KillSignal=SIGTERM",
        ] {
            assert!(unit.lines().any(|has| has == line), "{line} is missing in\n{unit}");
        }
        let patience: u64 = unit
            .lines()
            .find_map(|line| line.strip_prefix("TimeoutStopSec=")?.strip_suffix('s')?.parse().ok())
            .expect("a time to stop in");
        let own = Config::default().shutdown.drain + crate::process::GIVE_UP;
        assert!(patience > own.as_secs(), "systemd kills before the process has given up by itself");
    }
}
