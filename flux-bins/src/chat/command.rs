//! What a person types: a command that starts with a slash, or text for the conversation.

use flux_client::OwnPresence;

/// One line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Nothing.
    Blank,
    /// Text for the conversation that is open.
    Text(String),
    /// Something to do.
    Command(Command),
    /// A command that is none, or lacks something; what would be right.
    Wrong(String),
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Friends,
    Requests,
    Add { name: String, greeting: String },
    Accept(String),
    Reject(String),
    With(String),
    History(usize),
    Status(OwnPresence),
    Remark { name: String, remark: String },
    Block(String),
    Unblock(String),
    Remove(String),
    Search(String),
    Who,
    Sessions,
    Logout,
    Quit,
}

/// Every command: its name, what follows it, what it does.
pub(crate) const COMMANDS: [(&str, &str, &str); 18] = [
    ("friends", "", "your friends, and who is there"),
    ("requests", "", "who asks to be your friend, and whom you asked"),
    ("add", "NAME [GREETING]", "ask somebody to be your friend"),
    ("accept", "NAME", "say yes to them"),
    ("reject", "NAME", "say no to them"),
    ("with", "NAME", "talk with this friend"),
    ("history", "[COUNT]", "older messages of this conversation"),
    ("who", "", "who you are, who is here, what waits"),
    ("status", "online|away|invisible", "how others see you"),
    ("remark", "NAME [TEXT]", "your own name for a friend"),
    ("search", "TEXT", "find people by the start of their name"),
    ("block", "NAME", "no messages and no requests from them"),
    ("unblock", "NAME", "let them write again"),
    ("remove", "NAME", "end a friendship"),
    ("sessions", "", "where you are logged in"),
    ("logout", "", "end this session and leave"),
    ("quit", "", "leave; the session stays for the next time"),
    ("help", "", "this"),
];

/// How many messages `/history` shows by itself.
const PAGE: usize = 20;

/// Understands a line. Two slashes at the start are one slash of a text.
pub(crate) fn parse(line: &str) -> Input {
    let line = line.trim();
    let Some(rest) = line.strip_prefix('/') else {
        return if line.is_empty() { Input::Blank } else { Input::Text(line.to_owned()) };
    };
    if rest.starts_with('/') {
        return Input::Text(rest.to_owned());
    }
    let (word, rest) = split(rest);
    command(word, rest).map_or_else(|| Input::Wrong(advice(word)), Input::Command)
}

fn command(word: &str, rest: &str) -> Option<Command> {
    let name = || (!rest.is_empty() && !rest.contains(char::is_whitespace)).then(|| rest.to_owned());
    let bare = |command| rest.is_empty().then_some(command);
    match word {
        "help" | "h" | "?" => Some(Command::Help),
        "friends" => bare(Command::Friends),
        "requests" => bare(Command::Requests),
        "add" => {
            let (name, greeting) = split(rest);
            (!name.is_empty()).then(|| Command::Add { name: name.to_owned(), greeting: greeting.to_owned() })
        }
        "accept" => name().map(Command::Accept),
        "reject" => name().map(Command::Reject),
        "with" => name().map(Command::With),
        "history" if rest.is_empty() => Some(Command::History(PAGE)),
        "history" => rest.parse().ok().filter(|count| (1..=1_000).contains(count)).map(Command::History),
        "status" => match rest {
            "online" => Some(Command::Status(OwnPresence::Online)),
            "away" => Some(Command::Status(OwnPresence::Away)),
            "invisible" => Some(Command::Status(OwnPresence::Invisible)),
            _ => None,
        },
        "remark" => {
            let (name, remark) = split(rest);
            (!name.is_empty()).then(|| Command::Remark { name: name.to_owned(), remark: remark.to_owned() })
        }
        "block" => name().map(Command::Block),
        "unblock" => name().map(Command::Unblock),
        "remove" => name().map(Command::Remove),
        "search" => (!rest.is_empty()).then(|| Command::Search(rest.to_owned())),
        "who" => bare(Command::Who),
        "sessions" => bare(Command::Sessions),
        "logout" => bare(Command::Logout),
        "quit" | "exit" | "q" => bare(Command::Quit),
        _ => None,
    }
}

fn split(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

/// How the command would be right, or which one may be meant.
fn advice(word: &str) -> String {
    let known = COMMANDS.iter().find(|(name, ..)| *name == word);
    if let Some((name, what, _)) = known {
        return format!("it is /{name} {what}").trim_end().to_owned();
    }
    let near = COMMANDS.iter().map(|(name, ..)| (strsim::damerau_levenshtein(word, name), *name)).min();
    match near {
        Some((far, name)) if far <= 2 => format!("there is no /{word}; /{name}?"),
        _ => format!("there is no /{word}; /help shows what there is"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrong(line: &str) -> String {
        match parse(line) {
            Input::Wrong(advice) => advice,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn text_is_text() {
        assert_eq!(parse("  hello there "), Input::Text("hello there".to_owned()));
        assert_eq!(parse("//help is a command"), Input::Text("/help is a command".to_owned()));
        assert_eq!(parse("   "), Input::Blank);
    }

    #[test]
    fn commands_take_what_follows_them() {
        let add = |name: &str, greeting: &str| {
            Input::Command(Command::Add { name: name.to_owned(), greeting: greeting.to_owned() })
        };
        assert_eq!(parse("/add bob"), add("bob", ""));
        assert_eq!(parse("/add bob  it is me, ada"), add("bob", "it is me, ada"));
        assert_eq!(parse("/with bob"), Input::Command(Command::With("bob".to_owned())));
        assert_eq!(parse("/history"), Input::Command(Command::History(PAGE)));
        assert_eq!(parse("/history 5"), Input::Command(Command::History(5)));
        assert_eq!(parse("/status away"), Input::Command(Command::Status(OwnPresence::Away)));
        assert_eq!(parse("/q"), Input::Command(Command::Quit));
    }

    #[test]
    fn what_is_wrong_is_told_how_it_is_right() {
        assert_eq!(wrong("/add"), "it is /add NAME [GREETING]");
        assert_eq!(wrong("/with bob and ada"), "it is /with NAME");
        assert_eq!(wrong("/history many"), "it is /history [COUNT]");
        assert_eq!(wrong("/status asleep"), "it is /status online|away|invisible");
        assert_eq!(wrong("/freinds"), "there is no /freinds; /friends?");
        assert_eq!(wrong("/dance"), "there is no /dance; /help shows what there is");
    }

    #[test]
    fn every_command_of_the_list_is_one() {
        for (name, what, _) in COMMANDS {
            let line = format!("/{name} {}", what.split('|').next().unwrap_or_default());
            let line = line.replace("COUNT", "5").replace(['[', ']'], "");
            assert!(matches!(parse(&line), Input::Command(_)), "{line}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_understood_or_told(line in "(/{0,2}(help|add|with|history|status|remark|search|[a-z]{0,9}))?[ \t\u{2003}]{0,2}\\PC{0,20}") {
            match parse(&line) {
                Input::Blank => prop_assert_eq!(line.trim(), ""),
                Input::Text(text) => prop_assert!(line.trim().ends_with(&text) && !text.is_empty()),
                Input::Command(Command::With(name)) => prop_assert!(!name.contains(char::is_whitespace)),
                Input::Command(Command::History(count)) => prop_assert!((1..=1_000).contains(&count)),
                Input::Command(_) => prop_assert!(line.trim().starts_with('/')),
                Input::Wrong(advice) => prop_assert!(!advice.is_empty()),
            }
        }
    }
}
