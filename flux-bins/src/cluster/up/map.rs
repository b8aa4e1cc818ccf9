//! What a person sees when the cluster is up.

use std::io;
use std::path::Path;

use super::keep::Serving;
use super::service::Kind;
use crate::cli::invocation;
use crate::cluster::args::DEFAULT_FOLDER;
use crate::cluster::url;
use crate::config::{Config, MailMode};
use crate::terminal::{Out, Tone};

/// Says where everything is. The first line ends in the URL of the gate, for scripts that took port 0.
pub(super) fn print(
    running: &[Serving],
    config: &Config,
    folder: &Path,
    named: &Path,
    private: [bool; 2],
) -> io::Result<()> {
    let out = Out::new();
    let paint = out.paint;
    let gate = running.iter().find(|one| one.service.kind == Kind::Gate);
    let url = gate.map(|gate| gate.service.url()).unwrap_or_default();
    out.line(format_args!(
        "{} {} serves at {}",
        paint.tone(Tone::Strong, "flux cluster"),
        env!("CARGO_PKG_VERSION"),
        paint.tone(Tone::Accent, &url)
    ))?;
    out.line(format_args!(""))?;
    let mut rows = vec![("API page".to_owned(), format!("{url}/docs"))];
    // Those that people ask first come first.
    let kinds = [Kind::Gate, Kind::Chat, Kind::Status, Kind::Verify];
    for Serving { service, pid } in
        kinds.iter().flat_map(|kind| running.iter().filter(move |one| one.service.kind == *kind))
    {
        let what = match service.kind {
            Kind::Verify | Kind::Status => "  (gRPC)",
            Kind::Chat | Kind::Gate => "",
        };
        rows.push((service.name().to_owned(), format!("{}{what}  pid {pid}", service.url())));
    }
    let [own_mysql, own_redis] = private;
    for (name, url, own, subfolder) in [
        (if own_mysql { "MariaDB" } else { "MySQL" }, &config.mysql.url, own_mysql, "mariadb"),
        ("Redis", &config.redis.url, own_redis, "redis"),
    ] {
        let at = url.as_ref().and_then(|url| url::place(url.expose())).unwrap_or_default();
        let whose =
            if own { format!("  (its own, in {})", folder.join(subfolder).display()) } else { String::new() };
        rows.push((name.to_owned(), format!("{at}{whose}")));
    }
    let flux = invocation();
    let command = |words: &str| paint.tone(Tone::Accent, format!("{flux} {words}")).to_string();
    // What is found without a word needs none.
    let data =
        if named == Path::new(DEFAULT_FOLDER) { String::new() } else { format!(" --data {}", quoted(named)) };
    let mail = match config.mail.mode {
        MailMode::Outbox => format!("captured; see it with  {}", command(&format!("mail outbox{data}"))),
        MailMode::Smtp => format!("sent through {}", config.smtp.host),
    };
    let server = if url == "http://127.0.0.1:8080" { String::new() } else { format!(" --server {url}") };
    rows.extend([
        ("data".to_owned(), folder.display().to_string()),
        ("mail".to_owned(), mail),
        ("nodes".to_owned(), command(&format!("cluster nodes{data}"))),
        ("try it".to_owned(), format!("in another terminal:  {}", command(&format!("demo{data}{server}")))),
    ]);
    for (name, value) in rows {
        out.line(format_args!("  {} {value}", paint.tone(Tone::Dim, format!("{name:<10}"))))?;
    }
    out.line(format_args!(""))?;
    let ends = "Ctrl-C stops all of it. What ends by itself is started again.";
    out.line(format_args!("{}", paint.tone(Tone::Dim, ends)))?;
    out.line(format_args!(""))
}

/// As a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_typed() {
        assert_eq!(quoted(Path::new("./flux-cluster")), "./flux-cluster");
        assert_eq!(quoted(Path::new("/tmp/it's here")), r"'/tmp/it'\''s here'");
    }
}
