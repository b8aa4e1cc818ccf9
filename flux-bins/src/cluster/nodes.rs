//! `flux cluster nodes`: what flux-status knows of the chat nodes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use flux_core::routing::NodeInfo;
use flux_net::grpc::{self, ChannelSettings, Role, ServiceChannel, ServiceIdentity, StatusClient};
use flux_store::system::{SystemClock, SystemEntropy};
use serde_json::json;

use super::args::ClusterSettings;
use super::table::{self, Side};
use super::url;
use crate::compose;
use crate::config::{Config, Services};
use crate::failure::Failure;
use crate::process::Signals;
use crate::terminal::{Out, Paint, Tone, clean};

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

/// Moves to the corner of a terminal and clears it.
const ANEW: &str = "\x1b[H\x1b[2J";

/// How much of an id is shown: its end, for it begins with the time at which the node was started.
const SHORT: usize = 8;

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let mut asker = Asker::new(args.settings.of_a_running_one()?.config)?;
    if !args.watch {
        return show(&asker.ask().await?, args.json, "");
    }
    // While it waits for an answer as well.
    let mut signals = Signals::listen()?;
    tokio::select! {
        _ = signals.next() => Ok(()),
        ended = watch(&args, &mut asker) => ended,
    }
}

/// Shows them whenever something changes: in the same place where that can be done, else one after the other.
async fn watch(args: &Args, asker: &mut Asker) -> Result<(), Failure> {
    let out = Out::new();
    let before = if !args.json && out.redraws() { ANEW } else { "" };
    let mut shown: Option<Result<Vec<NodeInfo>, String>> = None;
    loop {
        let asked = asker.ask_anew(&args.settings).await;
        let asked = asked.map_err(|failure| failure.message().unwrap_or_default().to_owned());
        if shown.as_ref() != Some(&asked) {
            match &asked {
                Ok(nodes) => show(nodes, args.json, before)?,
                // For people: a program that reads JSON lines waits for the next.
                Err(words) if !args.json => {
                    out.line(format_args!("{before}{}\n", out.paint.tone(Tone::Warn, words)))?;
                }
                Err(_) => {}
            }
        }
        shown = Some(asked);
        tokio::time::sleep(LOOK).await;
    }
}

/// The way to flux-status.
struct Asker {
    services: Services,
    status: StatusClient,
}

impl Asker {
    fn new(config: Config) -> Result<Self, Failure> {
        let name = format!("flux-{}", std::process::id());
        let identity = ServiceIdentity::new(Role::Operator, name)?;
        let (clock, entropy) = (Arc::new(SystemClock::new()) as _, Arc::new(SystemEntropy) as _);
        let auth = compose::service_auth(&config, identity, &clock, &entropy)?;
        let channel = ServiceChannel::new(&config.services.status, &auth, ChannelSettings::default())?;
        Ok(Self { services: config.services, status: StatusClient::new(channel) })
    }

    async fn ask(&self) -> Result<Vec<NodeInfo>, Failure> {
        self.status.overview().await.map_err(|failure| Failure::new(why(&self.services, &failure)))
    }

    /// The same, by the settings as they are now: a cluster that is started again listens elsewhere.
    async fn ask_anew(&mut self, settings: &ClusterSettings) -> Result<Vec<NodeInfo>, Failure> {
        let config = settings.of_a_running_one()?.config;
        if config.services != self.services {
            *self = Self::new(config)?;
        }
        self.ask().await
    }
}

/// Why there is no answer, and what can be done about it.
fn why(services: &Services, failure: &grpc::Failure) -> String {
    let urls = services.status.join(", ");
    if !failure.refused {
        return format!("flux-status at {urls} does not answer: {failure}");
    }
    let what = match (&services.secret, services.certificate.is_empty()) {
        (None, true) => {
            "it wants a secret, and services.secret is not set here. Say --data DIR for the folder of a cluster that \
             `flux cluster up` started, or give the secret of its services in the file of --config or in a file that \
             FLUX_SERVICES_SECRET_FILE names"
        }
        (Some(_), true) => {
            "services.secret is not the secret that its services share, or the clocks of the two machines are minutes apart"
        }
        (_, false) => {
            "services.secret has to be the one that its services share, if they do, and services.certificate good for \
             urn:flux:role:operator"
        }
    };
    format!("flux-status at {urls} does not take the credentials of this command: {what}")
}

/// Writes all of it at once, after `before`.
fn show(nodes: &[NodeInfo], as_json: bool, before: &str) -> Result<(), Failure> {
    let out = Out::new();
    let text = if as_json { json(nodes) } else { table(nodes, out.paint) };
    Ok(out.line(format_args!("{before}{text}"))?)
}

/// For people.
fn table(nodes: &[NodeInfo], paint: Paint) -> String {
    if nodes.is_empty() {
        return format!("{}\n", paint.tone(Tone::Warn, "no chat node lives"));
    }
    let headings = [
        ("NODE", Side::Left),
        ("STATE", Side::Left),
        ("CONNECTIONS", Side::Right),
        ("CAPACITY", Side::Right),
        ("LOAD", Side::Right),
        ("ADDRESS", Side::Left),
    ];
    let ids: Vec<String> = nodes.iter().map(|node| node.node.to_string()).collect();
    let rows: Vec<Vec<String>> = nodes.iter().zip(short(&ids)).map(|(node, id)| row(node, id)).collect();
    let mut lines = table::lines(&headings, &rows, paint);
    let connections: u64 = nodes.iter().map(|node| u64::from(node.connections)).sum();
    let capacity: u64 = nodes.iter().map(|node| u64::from(node.capacity)).sum();
    let sum = format!("nodes: {}, connections: {connections}, room for {capacity}\n", nodes.len());
    lines.push(paint.tone(Tone::Dim, sum).to_string());
    lines.join("\n")
}

fn row(node: &NodeInfo, id: &str) -> Vec<String> {
    vec![
        id.to_owned(),
        if node.draining { "draining" } else { "serves" }.to_owned(),
        node.connections.to_string(),
        node.capacity.to_string(),
        format!("{} %", percent(node)),
        // Nodes say of themselves where they are.
        clean::line(url::place(&node.client_url).unwrap_or(&node.client_url)),
    ]
}

/// The ends of ids if they tell them apart, else all of them.
fn short(ids: &[String]) -> Vec<&str> {
    let ends: Vec<&str> = ids
        .iter()
        .map(|id| id.len().checked_sub(SHORT).and_then(|from| id.get(from..)).unwrap_or(id))
        .collect();
    let differ = ends.iter().collect::<BTreeSet<_>>().len() == ids.len();
    if differ { ends } else { ids.iter().map(String::as_str).collect() }
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
    use std::net::TcpListener;

    use flux_core::{Entropy, ErrorCode, NodeId, Secret, Timestamp};

    use super::*;
    use crate::cluster::args::FILE;
    use crate::terminal::layout;

    struct Same(u8);

    impl Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn node(number: u8, connections: u32, capacity: u32) -> NodeInfo {
        NodeInfo {
            node: NodeId::generate(Timestamp::from_millis(1_800_000_000_000), &Same(number)),
            client_url: format!("ws://127.0.0.1:4000{number}/v1/chat"),
            peer_url: "http://10.0.0.1:50055\u{1b}[2J".to_owned(),
            capacity,
            connections,
            draining: number == 2,
        }
    }

    #[test]
    fn a_node_that_takes_nobody_is_full() {
        assert_eq!(percent(&node(1, 1, 4)), 25);
        assert_eq!(percent(&node(1, 0, 0)), 100);
    }

    #[test]
    fn who_holds_somebody_and_where_it_is_stands_on_one_row() {
        let shown = table(&[node(1, 1, 10_000), node(2, 0, 10_000)], Paint::plain());
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines,
            [
                "NODE      STATE     CONNECTIONS  CAPACITY  LOAD  ADDRESS",
                "01010101  serves              1     10000   0 %  127.0.0.1:40001",
                "02020202  draining            0     10000   0 %  127.0.0.1:40002",
                "nodes: 2, connections: 1, room for 20000",
            ]
        );
        let wide =
            NodeInfo { client_url: "wss://chat-12.eu.example.org:65535/v1/chat".to_owned(), ..node(1, 1, 4) };
        let shown = table(&[wide, node(2, u32::MAX, u32::MAX)], Paint::plain());
        assert!(shown.lines().all(|line| layout::width(line) <= 80), "{shown}");
        assert_eq!(table(&[], Paint::plain()), "no chat node lives\n");
    }

    #[test]
    fn ids_that_end_alike_are_shown_whole() {
        let ids = ["a-00000001".to_owned(), "b-00000001".to_owned()];
        assert_eq!(short(&ids), ["a-00000001", "b-00000001"]);
        assert_eq!(short(&ids[..1]), ["00000001"]);
        assert_eq!(short(&["é0000000".to_owned(), "1".to_owned()]), ["é0000000", "1"]);
    }

    #[test]
    fn what_nodes_say_does_not_act_on_the_terminal_and_stays_whole_for_programs() {
        let node = NodeInfo { client_url: "ws://\u{1b}[2Jhere".to_owned(), ..node(2, 1, 4) };
        let row = row(&node, "2");
        assert_eq!(row, ["2", "draining", "1", "4", "25 %", "␛[2Jhere"]);
        let read: serde_json::Value = serde_json::from_str(&json(std::slice::from_ref(&node))).unwrap();
        assert_eq!(read[0]["node"], node.node.to_string());
        assert_eq!(read[0]["client_url"], node.client_url);
        assert_eq!(read[0]["peer_url"], node.peer_url);
        assert_eq!(read[0]["draining"], true);
    }

    #[test]
    fn credentials_that_are_not_taken_are_no_silence() {
        let failure = |refused| {
            let (code, field) = (ErrorCode::Unavailable, String::new());
            grpc::Failure { code, field, retry_after: None, refused }
        };
        let mut services = Services::default();
        assert!(why(&services, &failure(false)).ends_with("does not answer: unavailable"));
        let missing = why(&services, &failure(true));
        assert!(missing.contains("services.secret is not set") && missing.contains("--data"), "{missing}");
        services.secret = Some(Secret::new("hunter2"));
        let wrong = why(&services, &failure(true));
        assert!(wrong.contains("services.secret is not the secret"), "{wrong}");
        assert!(!wrong.contains("hunter2") && !wrong.contains("does not answer"), "{wrong}");
        services.certificate = "operator.pem".to_owned();
        let certified = why(&services, &failure(true));
        assert!(certified.contains("urn:flux:role:operator"), "{certified}");
    }

    #[tokio::test]
    async fn a_cluster_that_is_started_again_is_asked_where_it_is_then() {
        let folder = tempfile::tempdir().unwrap();
        let settings = ClusterSettings::of_the_folder(folder.path());
        let closed = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}", listener.local_addr().unwrap())
        };
        let mut asker: Option<Asker> = None;
        for _ in 0..2 {
            let url = closed();
            std::fs::write(folder.path().join(FILE), format!("[services]\nstatus = [\"{url}\"]\n")).unwrap();
            let asker = match &mut asker {
                Some(asker) => asker,
                None => asker.insert(Asker::new(settings.of_a_running_one().unwrap().config).unwrap()),
            };
            let told = asker.ask_anew(&settings).await.unwrap_err();
            assert!(told.message().unwrap().contains(&url), "{told:?}");
        }
    }
}
