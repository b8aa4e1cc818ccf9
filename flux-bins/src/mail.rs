//! `flux mail`: the mail that was captured instead of being sent, and whether mail gets through.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use flux_core::account::Email;
use flux_net::mail::{CapturedMail, OutboxError, TrialError, read_outbox, try_out};
use flux_store::system::{SystemClock, SystemEntropy};

use crate::cli::SettingsArgs;
use crate::cluster::DEFAULT_FOLDER;
use crate::compose;
use crate::config::Loaded;
use crate::failure::Failure;
use crate::terminal::{Out, Tone, clean, clock};

/// What to do about mail.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show captured mails with their codes, the newest last: those of ./flux-data and ./flux-cluster, unless --data or
    /// the configuration names a folder.
    Outbox(Outbox),
    /// Send a test mail through the configured SMTP server at once, and show what the server says.
    Test(Test),
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

#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Whom to send it to.
    #[arg(long, value_name = "ADDRESS")]
    to: String,
}

/// Where captured mail lies below the data folder.
pub(crate) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("outbox")
}

/// Where captured mail may lie: where the configuration says, and if it does not, where `flux up` and `flux cluster up`
/// put it.
pub(crate) fn folders(loaded: &Loaded) -> Vec<PathBuf> {
    let mut folders = vec![folder(&loaded.config.data_dir)];
    if loaded.is_default("data_dir") {
        folders.push(folder(Path::new(DEFAULT_FOLDER)));
    }
    folders
}

/// The mails in all of `folders`, oldest first.
pub(crate) fn read_all(folders: &[PathBuf]) -> Result<Vec<CapturedMail>, OutboxError> {
    let mut mails = Vec::new();
    for folder in folders {
        mails.extend(read_outbox(folder)?);
    }
    // Those of one moment stay in their order.
    mails.sort_by_key(|mail| mail.at_ms);
    Ok(mails)
}

/// How often `--follow` looks. There is nothing to be notified by that works on every system.
const LOOK: Duration = Duration::from_millis(300);

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Outbox(args) => outbox(args).await,
        Command::Test(args) => test(args).await,
    }
}

async fn outbox(args: Outbox) -> Result<(), Failure> {
    let folders = folders(&args.settings.load(Vec::new())?);
    let out = Out::new();
    let mut shown = read_all(&folders)?;
    for mail in &shown {
        show(out, mail, args.json)?;
    }
    if !args.follow {
        if shown.is_empty() && !args.json {
            let places: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
            let words = format!("no mail was captured in {} yet", places.join(" or "));
            out.line(format_args!("{}", out.paint.tone(Tone::Dim, words)))?;
        }
        return Ok(());
    }
    loop {
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = read_all(&folders)?;
        for mail in unseen(&shown, &now) {
            show(out, mail, args.json)?;
        }
        shown = now;
    }
}

async fn test(args: Test) -> Result<(), Failure> {
    let config = args.settings.config()?;
    let Ok(to) = Email::new(&args.to) else {
        return Err(Failure::new(format!("--to: {:?} is no e-mail address", args.to)));
    };
    if config.smtp.host.is_empty() {
        return Err(Failure::new(
            "no SMTP server is configured: set smtp.host and smtp.from, and what it wants besides (`flux config show`)",
        ));
    }
    let smtp = compose::smtp(&config)?;
    let port = smtp.port.unwrap_or(smtp.security.default_port());
    let server = format!("{}:{port}", smtp.host);
    let out = Out::new();
    let done = try_out(smtp, &to, Arc::new(SystemClock::new()), Arc::new(SystemEntropy)).await;
    match done {
        Ok(answer) => {
            let taken =
                format!("{server} has taken a mail to {}, and says: {}", args.to, clean::line(&answer));
            Ok(out.line(format_args!("{}", out.paint.tone(Tone::Good, taken)))?)
        }
        Err(error) => Err(Failure::new(format!("{server}: {}", explained(error)))),
    }
}

/// What the server or the system says, and what is most often the matter.
fn explained(error: TrialError) -> String {
    let hint = match &error {
        TrialError::Said { code, .. } if matches!(code.as_str(), "530" | "534" | "535" | "538") => {
            "; see smtp.user and smtp.password"
        }
        TrialError::Said { code, .. } if code.starts_with('4') => "; it may take the mail later",
        TrialError::Broken { kind: "tls", .. } => {
            "; see smtp.security (tls or starttls), smtp.host (the name in the certificate) and smtp.root_certificates"
        }
        TrialError::Broken { kind: "connection" | "timeout", .. } => {
            "; see smtp.host and smtp.port, and whether a firewall is in between"
        }
        _ => "",
    };
    let failure = Failure::from(error);
    format!("{}{hint}", clean::line(failure.message().unwrap_or_default()))
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
    fn what_is_most_often_the_matter_is_told() {
        let said =
            |code: &str| TrialError::Said { code: code.to_owned(), words: "5.7.8 no\u{1b}[2J".to_owned() };
        let told = explained(said("535"));
        assert!(told.contains("535 5.7.8 no") && told.contains("smtp.password"), "{told}");
        assert!(!told.contains('\u{1b}'), "{told:?}");
        assert!(explained(said("451")).contains("later"));
        let broken = |kind| TrialError::Broken { kind, cause: "certificate not valid for name".into() };
        assert!(explained(broken("tls")).contains("certificate not valid for name; see smtp.security"));
        assert!(explained(broken("timeout")).contains("smtp.port"));
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
