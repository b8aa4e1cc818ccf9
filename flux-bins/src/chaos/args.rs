//! What `flux chaos` takes.

use std::fmt::Display;
use std::path::PathBuf;

use clap::Args as ClapArgs;

/// Runs clients over a server of its own while breaking it, and checks all that they saw.
///
/// Clients send, read, come and go; processes, databases and connections are killed, stopped, cut off and restarted, by a
/// schedule that is drawn from the seed. Ends with 0 if nothing was found, 1 if something was, 2 if it could not run.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Args {
    /// What everything that is drawn is drawn from; a new one each time, unless given.
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How long faults go on.
    #[arg(long, value_name = "M", default_value_t = 1.0, conflicts_with_all = ["kills", "messages"])]
    pub(super) minutes: f64,
    /// Until so many faults were done instead.
    #[arg(long, value_name = "K", conflicts_with = "messages")]
    pub(super) kills: Option<u64>,
    /// Until so many messages were acknowledged instead.
    #[arg(long, value_name = "N")]
    pub(super) messages: Option<u64>,
    /// How many sessions there are all the time; two for each user.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(super) clients: usize,
    /// Over a cluster with so many chat nodes. It needs MariaDB and Redis.
    #[arg(long, value_name = "M", conflicts_with = "up", value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(super) chat: Option<u8>,
    /// Over `flux up`, as without --chat.
    #[arg(long)]
    pub(super) up: bool,
    /// all, none, or some of them with commas between: an unknown one shows the list.
    #[arg(long, value_name = "LIST", default_value = "all")]
    pub(super) faults: String,
    /// The longest that something stands still or is cut off, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 6.0)]
    pub(super) longest: f64,
    /// Over a server that runs already, by the URL of its gate; what is broken is broken by your own hand.
    #[arg(long, value_name = "URL", requires = "users", conflicts_with_all = ["up", "chat"])]
    pub(super) target: Option<String>,
    /// Who they are there: a line for each user, name and password with a space between.
    #[arg(long, value_name = "FILE", requires = "target")]
    pub(super) users: Option<PathBuf>,
    /// Where the history is written; by default into the folder of the run.
    #[arg(long, value_name = "FILE")]
    pub(super) history: Option<PathBuf>,
    /// The result as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Keep the folder of the run, with all logs and data; it is kept anyway when something was found.
    #[arg(long)]
    pub(super) keep: bool,
}

impl Args {
    /// What does the same once more.
    pub(super) fn again(&self, seed: u64) -> String {
        let mut words = format!("chaos --seed {seed}");
        let mut add = |name: &str, value: &dyn Display| {
            words.extend([" --", name, " ", &value.to_string()]);
        };
        match (&self.target, &self.users, self.chat) {
            (Some(target), Some(users), _) => {
                add("target", &shell(target));
                add("users", &shell(&users.display().to_string()));
            }
            (_, _, Some(chats)) => add("chat", &chats),
            _ => {}
        }
        match (self.kills, self.messages) {
            (Some(kills), _) => add("kills", &kills),
            (_, Some(messages)) => add("messages", &messages),
            _ => add("minutes", &self.minutes),
        }
        add("clients", &self.clients);
        add("faults", &self.faults);
        add("longest", &self.longest);
        words
    }
}

/// One word for a shell.
fn shell(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./:@".contains(char);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Whole {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn what_is_told_to_do_it_again_says_all_that_matters() {
        for words in [
            "chaos --seed 7 --chat 3 --kills 9 --clients 12 --faults kill-node,rolling --longest 3",
            "chaos --seed 7 --messages 500 --clients 16 --faults all --longest 6",
            "chaos --seed 7 --minutes 0.5 --clients 16 --faults none --longest 6",
            "chaos --seed 7 --target http://localhost:8080 --users u/list --minutes 1 --clients 16 --faults all --longest 6",
        ] {
            let args = Whole::parse_from(words.split(' ')).args;
            assert_eq!(args.again(7), words);
        }
        assert_eq!(shell("it's mine"), r"'it'\''s mine'");
    }
}
