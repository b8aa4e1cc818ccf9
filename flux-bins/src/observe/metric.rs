//! The metrics of a process: its own, and those of the crates that it is made of.

use flux_core::observe::Metric;

flux_core::metrics! {
    BUILD: Gauge "flux_build_info" ["version"] "always 1; the version stands in the label";
    TASKS: Gauge "flux_runtime_tasks" [] "tasks that the runtime holds";
    TASK_QUEUE: Gauge "flux_runtime_queue_tasks" [] "tasks that wait for a thread of the runtime";
    WORKERS: Gauge "flux_runtime_workers" [] "threads of the runtime";
    SPANS: Counter "flux_spans_total" ["outcome"] "spans of recorded traces, by whether they were sent to the collector";
    CPU: Counter "process_cpu_seconds_total" [] "processor time that the process used, in user and system mode";
    RESIDENT: Gauge "process_resident_memory_bytes" [] "memory of the process that is in RAM";
    VIRTUAL: Gauge "process_virtual_memory_bytes" [] "address space of the process";
    OPEN_FDS: Gauge "process_open_fds" [] "files and sockets that are open";
    MAX_FDS: Gauge "process_max_fds" [] "files and sockets that may be open";
    STARTED: Gauge "process_start_time_seconds" [] "when the process started, in seconds since 1970";
}

/// Every metric that a process may show.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    let lists = [
        flux_core::observe::metric::ALL,
        flux_net::observe::metric::ALL,
        flux_store::observe::metric::ALL,
        ALL,
    ];
    lists.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use flux_core::observe::MetricKind;

    use super::*;

    fn workspace() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace")
    }

    fn documentation() -> String {
        fs::read_to_string(workspace().join("docs/metrics.md")).expect("docs/metrics.md is there")
    }

    /// The cells of every row of a table whose first cell is code.
    fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
        page.lines()
            .filter(|line| line.starts_with("| "))
            .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
    }

    #[test]
    fn every_metric_is_documented_with_its_kind_and_labels_and_nothing_else_is() {
        let page = documentation();
        let documented: BTreeMap<&str, &str> = rows(&page)
            .filter_map(|cells| Some((cells.first()?.strip_prefix('`')?.strip_suffix('`')?, *cells.get(1)?)))
            .filter(|(name, _)| name.starts_with("flux_") || name.starts_with("process_"))
            .filter(|(name, _)| !name.contains(['(', ' ', '{']))
            .collect();
        let known: BTreeMap<&str, String> = all()
            .map(|metric| {
                let kind = match metric.kind {
                    MetricKind::Counter => "counter",
                    MetricKind::Gauge => "gauge",
                    MetricKind::Histogram => "histogram",
                };
                let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
                (metric.name, format!("{kind} {}", labels.join(", ")).trim_end().to_owned())
            })
            .collect();
        let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(names(documented.keys().copied().collect()), names(known.keys().copied().collect()));
        for (name, kind) in known {
            assert_eq!(documented[name], kind, "{name}");
        }
    }

    fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("sources are there") {
            let path = entry.expect("sources can be read").path();
            if path.is_dir() {
                sources(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }

    #[test]
    fn every_documented_log_line_is_one_that_is_logged() {
        let mut files = Vec::new();
        for part in ["flux-core/src", "flux-net/src", "flux-store/src", "flux-bins/src"] {
            sources(&workspace().join(part), &mut files);
        }
        let code: Vec<String> =
            files.iter().map(|path| fs::read_to_string(path).expect("sources can be read")).collect();
        let page = documentation();
        let (_, lines) = page.split_once("## Log lines").expect("log lines are documented");
        let messages: Vec<_> = rows(lines)
            .filter(|cells| matches!(cells.first(), Some(&("error" | "warn" | "info"))))
            .filter_map(|cells| cells.get(1)?.strip_prefix('`')?.strip_suffix('`'))
            .collect();
        assert!(messages.len() > 30, "{messages:?}");
        for message in messages {
            let quoted = format!("\"{message}\"");
            assert!(code.iter().any(|code| code.contains(&quoted)), "nobody logs {quoted}");
        }
    }
}
