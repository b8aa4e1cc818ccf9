//! What a person sees when the server is up.

use std::io;
use std::net::SocketAddr;

use crate::cli::invocation;
use crate::compose::database;
use crate::config::{Backend, Config, MailMode};
use crate::terminal::{Out, Tone};

/// Says where everything is. The first line ends in the URL, for scripts that took port 0.
pub(super) fn print(config: &Config, address: SocketAddr) -> io::Result<()> {
    let out = Out::new();
    let paint = out.paint;
    let version = env!("CARGO_PKG_VERSION");
    let url = format!("http://{address}");
    out.line(format_args!(
        "{} {version} serves at {}",
        paint.tone(Tone::Strong, "flux"),
        paint.tone(Tone::Accent, &url)
    ))?;
    out.line(format_args!(""))?;
    let flux = invocation();
    let command = |words: &str| paint.tone(Tone::Accent, format!("{flux} {words}")).to_string();
    let kept = match config.storage.backend {
        Backend::Sqlite => database(&config.data_dir).display().to_string(),
        Backend::Memory => "in memory: gone when this ends".to_owned(),
    };
    let mail = match config.mail.mode {
        MailMode::Outbox => format!("captured; see it with  {}", command("mail outbox")),
        MailMode::Smtp => format!("sent through {}", config.smtp.host),
    };
    let mut rows = vec![
        ("API page", format!("{url}/docs")),
        ("WebSocket", format!("ws://{address}/v1/chat")),
        ("data", kept),
        ("mail", mail),
        ("try it", format!("in another terminal:  {}", command("demo"))),
    ];
    if !config.http.public_url.is_empty() {
        rows.insert(0, ("public", config.http.public_url.clone()));
    }
    for (name, value) in rows {
        out.line(format_args!("  {} {value}", paint.tone(Tone::Dim, format!("{name:<10}"))))?;
    }
    out.line(format_args!(""))?;
    out.line(format_args!("{}", paint.tone(Tone::Dim, "Ctrl-C stops it.")))
}
