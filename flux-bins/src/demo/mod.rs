//! `flux demo`: two friends in one terminal, one of them the person, the other a script.

mod friend;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args as ClapArgs;
use flux_client::{
    Client, ClientError, CodePurpose, Event, FeedChange, FriendRequested, Registration, Secret, Session,
};
use flux_core::Entropy as _;
use flux_store::system::SystemEntropy;

use crate::chat::{App, Home, ServerArgs, device, explain, surroundings};
use crate::cli::{SettingsArgs, invocation};
use crate::failure::Failure;
use crate::mail;
use crate::terminal::{Out, Tone};

/// What `flux demo` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Folder to keep the two sessions in [default: the user's state folder].
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// How long a captured mail may take to be there.
const MAIL: Duration = Duration::from_secs(10);

/// How long becoming friends may take.
const FRIENDS: Duration = Duration::from_secs(10);

/// How often the outbox is looked at until then.
const LOOK: Duration = Duration::from_millis(50);

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let server = args.server.server.as_str();
    let outboxes = mail::folders(&args.settings.load(Vec::new())?);
    let out = Out::new();
    let paint = out.paint;
    let password = Secret::from(letters(4).join("-"));
    let suffix = letters(1).concat();
    let (mine, theirs) = (format!("ada-{suffix}"), format!("bob-{suffix}"));

    let stage = Stage { server, outboxes: &outboxes, state: args.state.as_deref(), password: &password };
    let ada = stage.enter(&mine).await?;
    let bob = stage.enter(&theirs).await?;
    let done = |what: String| out.line(format_args!("{} {what}", paint.tone(Tone::Good, "✓")));
    done(format!("registered {mine} and {theirs}, with codes from the captured mail"))?;
    befriend(server, &ada, &bob).await?;
    done(format!("{theirs} asked, {mine} accepted: they are friends"))?;
    out.line(format_args!(
        "\nYou are {}. {} is a script that reads and answers. Say hello: beside your\n\
         words you see them stored (the server has them for good), delivered (a device\n\
         of the other has them) and read. /help shows more, /quit ends it.\n",
        paint.tone(Tone::Strong, &mine),
        paint.tone(Tone::Strong, &theirs),
    ))?;

    let script = tokio::spawn(friend::play(bob.clone()));
    let (screen, input, names) = surroundings()?;
    let talked = App::new(ada, mine.clone(), screen, input, names).run(Some(&theirs)).await;
    script.abort();
    bob.close().await;
    talked?;

    let more = if server == "http://127.0.0.1:8080" { String::new() } else { format!(" --server {server}") };
    out.line(format_args!("\nGo on in two terminals, each as one of them:\n"))?;
    for name in [&mine, &theirs] {
        let state =
            args.state.as_deref().map_or_else(String::new, |state| format!(" --state {}", state.display()));
        let command = format!("{} chat --as {name}{more}{state}", invocation());
        out.line(format_args!("    {}", paint.tone(Tone::Accent, command)))?;
    }
    let note = format!("\nThey are logged in already; elsewhere their password is {}", password.expose());
    out.line(format_args!("{}", paint.tone(Tone::Dim, note)))?;
    Ok(())
}

/// Where accounts are made.
struct Stage<'s> {
    server: &'s str,
    outboxes: &'s [PathBuf],
    state: Option<&'s Path>,
    password: &'s Secret,
}

impl Stage<'_> {
    /// Registers and logs in.
    async fn enter(&self, name: &str) -> Result<Session, Failure> {
        let client = Home::open(self.state, self.server, name)?.client(self.server)?;
        let email = format!("{name}@demo.example");
        let sent = client.request_code(&email, CodePurpose::Register).await;
        sent.map_err(|error| explain(self.server, &error))?;
        let registration = Registration {
            code: self.code(&email).await?,
            email,
            username: name.to_owned(),
            display_name: None,
            password: self.password.clone(),
        };
        let registered = client.register(&registration).await;
        registered.map_err(|error| explain(self.server, &error))?;
        self.log_in(&client, name).await
    }

    async fn log_in(&self, client: &Client, name: &str) -> Result<Session, Failure> {
        let session = client.login(name, self.password, device()).await;
        let session = session.map_err(|error| explain(self.server, &error))?;
        session.online().await.map_err(|error| explain(self.server, &error))?;
        Ok(session)
    }

    /// The code that was mailed to `email`, once it is in the outbox.
    async fn code(&self, email: &str) -> Result<Secret, Failure> {
        let search = async {
            loop {
                let mails = mail::read_all(self.outboxes)?;
                let code =
                    mails.iter().rev().filter(|mail| mail.to == email).find_map(|mail| mail.code.as_deref());
                if let Some(code) = code {
                    return Ok(Secret::from(code));
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(MAIL, search).await.unwrap_or_else(|_| {
            let places: Vec<_> = self.outboxes.iter().map(|place| place.display().to_string()).collect();
            Err(Failure::new(format!(
                "the server at {} does not capture its mail in {}: run the demo in the folder where `flux up` runs, \
                 or name its data folder with --data",
                self.server,
                places.join(" or ")
            )))
        })
    }
}

async fn befriend(server: &str, ada: &Session, bob: &Session) -> Result<(), Failure> {
    let outcome = async {
        let mut events = ada.events();
        let asked = bob.request_friend(ada.user(), "It is me, the script").await?;
        if let FriendRequested::Pending(request) = asked {
            ada.accept_friend(request.request).await?;
        }
        // Taken here, so that the person does not read of it as news.
        while let Some(event) = events.next().await {
            if let Event::Feed(entry) = event
                && let FeedChange::FriendAdded(_) = entry.change
            {
                break;
            }
        }
        Ok(())
    };
    let outcome = tokio::time::timeout(FRIENDS, outcome).await.unwrap_or(Err(ClientError::Timeout));
    outcome.map_err(|error| explain(server, &error))
}

/// `count` groups of four letters and digits that are not taken for one another.
fn letters(count: usize) -> Vec<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let group = || {
        let mut bytes = [0; 4];
        SystemEntropy.fill(&mut bytes);
        bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
    };
    (0..count).map(|_| group()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_of_letters_that_can_be_typed() {
        let groups = letters(4);
        assert_eq!(groups.len(), 4);
        assert!(
            groups.iter().all(|group| group.len() == 4 && group.chars().all(|c| c.is_ascii_alphanumeric()))
        );
        assert_ne!(groups, letters(4));
    }
}
