//! `flux cluster nodes`: what flux-status knows of the chat nodes.

use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use flux_core::routing::NodeInfo;
use flux_net::grpc::{ChannelSettings, Role, ServiceChannel, ServiceIdentity, StatusClient};
use flux_store::system::{SystemClock, SystemEntropy};
use serde_json::json;

use super::args::ClusterSettings;
use super::table::{self, Side};
use crate::compose;
use crate::failure::Failure;
use crate::terminal::{Out, Tone, clean};

/// Asks flux-status which chat nodes live.
///
/// It needs to know where flux-status listens (services.status) and the secret that services share (services.secret), or
/// a certificate. They come from the file of --config; without it from DIR/flux.toml, which `flux cluster up --data DIR`
/// writes; without that, as for every command, from ./flux.toml and FLUX_* variables.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: ClusterSettings,
    /// One JSON array, for programs; with --watch one a line.
    #[arg(long)]
    json: bool,
    /// Go on, showing them again whenever something changes, until Ctrl-C.
    #[arg(long, short)]
    watch: bool,
}

/// How often `--watch` asks.
const LOOK: Duration = Duration::from_secs(1);

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let config = args.settings.of_a_running_one()?.config;
    let name = format!("flux-{}", std::process::id());
    let identity = ServiceIdentity::new(Role::Operator, name)?;
    let (clock, entropy) = (Arc::new(SystemClock::new()) as _, Arc::new(SystemEntropy) as _);
    let auth = compose::service_auth(&config, identity, &clock, &entropy)?;
    let channel = ServiceChannel::new(&config.services.status, &auth, ChannelSettings::default())?;
    let status = StatusClient::new(channel);
    let urls = config.services.status.join(", ");
    let mut shown: Option<Result<Vec<NodeInfo>, String>> = None;
    loop {
        let asked = status.overview().await.map_err(|error| {
            format!(
                "flux-status at {urls} does not answer: {}",
                Failure::from(error).message().unwrap_or_default()
            )
        });
        if !args.watch {
            return show(&asked.map_err(Failure::new)?, args.json);
        }
        if shown.as_ref() != Some(&asked) {
            match &asked {
                Ok(nodes) => show(nodes, args.json)?,
                // For people: a program that reads JSON lines waits for the next.
                Err(words) if !args.json => {
                    let out = Out::new();
                    out.line(format_args!("{}\n", out.paint.tone(Tone::Warn, words)))?;
                }
                Err(_) => {}
            }
        }
        shown = Some(asked);
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

fn show(nodes: &[NodeInfo], as_json: bool) -> Result<(), Failure> {
    let out = Out::new();
    if as_json {
        return Ok(out.line(format_args!("{}", json(nodes)))?);
    }
    if nodes.is_empty() {
        out.line(format_args!("{}\n", out.paint.tone(Tone::Warn, "no chat node lives")))?;
        return Ok(());
    }
    let headings = [
        ("NODE", Side::Left),
        ("STATE", Side::Left),
        ("CONNECTIONS", Side::Right),
        ("CAPACITY", Side::Right),
        ("LOAD", Side::Right),
        ("CLIENTS COME IN AT", Side::Left),
        ("PEERS AT", Side::Left),
    ];
    let rows: Vec<Vec<String>> = nodes.iter().map(row).collect();
    for line in table::lines(&headings, &rows, out.paint) {
        out.line(format_args!("{line}"))?;
    }
    let connections: u64 = nodes.iter().map(|node| u64::from(node.connections)).sum();
    let capacity: u64 = nodes.iter().map(|node| u64::from(node.capacity)).sum();
    let sum = format!("nodes: {}, connections: {connections}, room for {capacity}\n", nodes.len());
    Ok(out.line(format_args!("{}", out.paint.tone(Tone::Dim, sum)))?)
}

fn row(node: &NodeInfo) -> Vec<String> {
    vec![
        node.node.to_string(),
        if node.draining { "draining" } else { "serves" }.to_owned(),
        node.connections.to_string(),
        node.capacity.to_string(),
        format!("{} %", percent(node)),
        // Nodes say of themselves where they are.
        clean::line(&node.client_url),
        clean::line(&node.peer_url),
    ]
}

/// How full it is.
fn percent(node: &NodeInfo) -> u64 {
    if node.capacity == 0 { 100 } else { u64::from(node.connections) * 100 / u64::from(node.capacity) }
}

fn json(nodes: &[NodeInfo]) -> String {
    let nodes = nodes.iter().map(|node| {
        json!({
            "node": node.node.to_string(),
            "draining": node.draining,
            "connections": node.connections,
            "capacity": node.capacity,
            "client_url": node.client_url,
            "peer_url": node.peer_url,
        })
    });
    nodes.collect::<serde_json::Value>().to_string()
}

#[cfg(test)]
mod tests {
    use flux_core::{Entropy, NodeId, Timestamp};

    use super::*;

    struct Same;

    impl Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn node(connections: u32, capacity: u32) -> NodeInfo {
        NodeInfo {
            node: NodeId::generate(Timestamp::from_millis(1_800_000_000_000), &Same),
            client_url: "wss://chat1.example.org/v1/chat".to_owned(),
            peer_url: "http://10.0.0.1:50055\u{1b}[2J".to_owned(),
            capacity,
            connections,
            draining: true,
        }
    }

    #[test]
    fn a_node_that_takes_nobody_is_full() {
        assert_eq!(percent(&node(1, 4)), 25);
        assert_eq!(percent(&node(0, 0)), 100);
    }

    #[test]
    fn what_nodes_say_does_not_act_on_the_terminal_and_stays_whole_for_programs() {
        let node = node(1, 4);
        let row = row(&node);
        assert_eq!(row[1..6], ["draining", "1", "4", "25 %", "wss://chat1.example.org/v1/chat"]);
        assert!(!row[6].contains('\u{1b}'), "{row:?}");
        let read: serde_json::Value = serde_json::from_str(&json(std::slice::from_ref(&node))).unwrap();
        assert_eq!(read[0]["node"], node.node.to_string());
        assert_eq!(read[0]["peer_url"], node.peer_url);
        assert_eq!(read[0]["draining"], true);
    }
}
