//! Figures of the process itself, read when somebody asks.

use std::fmt::{Display, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use flux_core::observe::{Metric, MetricKind};

use super::metric;

/// Adds them to a page. What this system does not tell is left out.
pub(super) fn write(page: &mut String, started: SystemTime) {
    let version = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    add(page, &metric::BUILD, &version, Some(1));
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        let runtime = runtime.metrics();
        add(page, &metric::TASKS, "", Some(runtime.num_alive_tasks()));
        add(page, &metric::TASK_QUEUE, "", Some(runtime.global_queue_depth()));
        add(page, &metric::WORKERS, "", Some(runtime.num_workers()));
    }
    let started = started.duration_since(UNIX_EPOCH).map(|since| since.as_secs_f64());
    add(page, &metric::STARTED, "", started.ok());
    add(page, &metric::CPU, "", cpu_seconds());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    add(page, &metric::RESIDENT, "", kibibytes(&status, "VmRSS:"));
    add(page, &metric::VIRTUAL, "", kibibytes(&status, "VmSize:"));
    add(page, &metric::OPEN_FDS, "", std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count));
    add(page, &metric::MAX_FDS, "", most_files());
}

fn add(page: &mut String, metric: &Metric, labels: &str, value: Option<impl Display>) {
    let Some(value) = value else { return };
    let Metric { name, help, .. } = metric;
    let kind = if metric.kind == MetricKind::Counter { "counter" } else { "gauge" };
    // Writing to a string does not fail.
    let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name}{labels} {value}\n\n");
}

/// The bytes of a line such as `VmRSS:     1234 kB`.
fn kibibytes(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}

#[cfg(unix)]
fn cpu_seconds() -> Option<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let times = [usage.user_time(), usage.system_time()];
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds and microseconds of processor time are below 2^52"
    )]
    let seconds = times.map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6);
    Some(seconds.iter().sum())
}

#[cfg(unix)]
fn most_files() -> Option<u64> {
    use nix::sys::resource::{Resource, getrlimit};
    getrlimit(Resource::RLIMIT_NOFILE).ok().map(|(soft, _)| soft)
}

#[cfg(not(unix))]
fn cpu_seconds() -> Option<f64> {
    None
}

#[cfg(not(unix))]
fn most_files() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tflux\nVmSize:\t  204800 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(kibibytes(status, "VmRSS:"), Some(10_485_760));
        assert_eq!(kibibytes(status, "VmSwap:"), None);
    }
}
