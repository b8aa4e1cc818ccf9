//! `flux mail`: the mail that was captured instead of being sent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use flux_net::mail::{CapturedMail, read_outbox};

use crate::cli::SettingsArgs;
use crate::failure::Failure;
use crate::terminal::{Out, Tone, clean, clock};

/// What to do with captured mail.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show captured mails with their codes, the newest last.
    Outbox(Outbox),
}

#[derive(Debug, Args)]
pub(crate) struct Outbox {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Go on showing mails as they come, until Ctrl-C.
    #[arg(long, short)]
    follow: bool,
    /// One JSON object a line, with everything in it.
    #[arg(long)]
    json: bool,
}

/// Where captured mail lies below the data folder.
pub(crate) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("outbox")
}

/// How often `--follow` looks. There is nothing to be notified by that works on every system.
const LOOK: Duration = Duration::from_millis(300);

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    let Command::Outbox(args) = command;
    let config = args.settings.config()?;
    let folder = folder(&config.data_dir);
    let out = Out::new();
    let mut shown = read_outbox(&folder)?;
    for mail in &shown {
        show(out, mail, args.json)?;
    }
    if !args.follow {
        if shown.is_empty() && !args.json {
            let words = format!("no mail was captured in {} yet", folder.display());
            out.line(format_args!("{}", out.paint.tone(Tone::Dim, words)))?;
        }
        return Ok(());
    }
    loop {
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = read_outbox(&folder)?;
        for mail in unseen(&shown, &now) {
            show(out, mail, args.json)?;
        }
        shown = now;
    }
}

/// The mails of `now` that come after the newest of `before`. The oldest may have given way meanwhile.
fn unseen<'m>(before: &[CapturedMail], now: &'m [CapturedMail]) -> &'m [CapturedMail] {
    let newest = before.last().and_then(|last| now.iter().rposition(|mail| mail == last));
    newest.map_or(now, |at| &now[at + 1..])
}

fn show(out: Out, mail: &CapturedMail, json: bool) -> Result<(), Failure> {
    if json {
        return Ok(out.line(format_args!("{}", serde_json::to_string(mail)?))?);
    }
    let paint = out.paint;
    let time = clock::date_and_time(mail.at_ms);
    let code =
        mail.code.as_deref().map_or_else(String::new, |code| format!("  {}", paint.tone(Tone::Good, code)));
    out.line(format_args!(
        "{}  {}{code}  {}",
        paint.tone(Tone::Dim, time),
        paint.tone(Tone::Accent, clean::line(&mail.to)),
        clean::line(&mail.subject),
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(at_ms: i64) -> CapturedMail {
        let text = String::new();
        CapturedMail { at_ms, to: text.clone(), subject: text.clone(), code: None, html: text.clone(), text }
    }

    #[test]
    fn following_shows_each_mail_once() {
        let mails: Vec<_> = (0..5).map(mail).collect();
        assert_eq!(unseen(&[], &mails), &mails[..]);
        assert_eq!(unseen(&mails[..3], &mails), &mails[3..]);
        // The oldest gave way.
        assert_eq!(unseen(&mails[..3], &mails[2..]), &mails[3..]);
        assert_eq!(unseen(&mails, &mails), &[]);
    }
}
