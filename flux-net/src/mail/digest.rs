//! The lines of a digest.

use flux_core::mail::DigestSender;

/// What a digest tells.
pub(super) struct Digest<'m> {
    pub(super) senders: &'m [DigestSender],
    pub(super) others: usize,
    pub(super) messages: u64,
    pub(super) more: bool,
}

impl Digest<'_> {
    /// How much waits, as the beginning of a sentence in English and within one in Chinese.
    pub(super) fn count(&self, language: &str) -> String {
        let messages = self.messages;
        match (language, self.more) {
            ("zh", false) => format!(" {messages} 条未读消息"),
            ("zh", true) => format!("超过 {messages} 条未读消息"),
            (_, true) => format!("More than {messages} messages wait for you"),
            (_, false) if messages == 1 => "A message waits for you".to_owned(),
            (_, false) => format!("{messages} messages wait for you"),
        }
    }

    /// A line for each who wrote, and one for the others.
    pub(super) fn lines(&self, language: &str) -> Vec<String> {
        let mut lines: Vec<_> = self.senders.iter().map(|sender| line(sender, language)).collect();
        match (language, self.others) {
            (_, 0) => {}
            ("zh", others) => lines.push(format!("另有 {others} 人")),
            (_, 1) => lines.push("and one more person".to_owned()),
            (_, others) => lines.push(format!("and {others} more people")),
        }
        lines
    }
}

fn line(sender: &DigestSender, language: &str) -> String {
    let name = sender.name.as_ref().map(|name| without_links(name.as_str()));
    match (language, sender.messages) {
        ("zh", messages) => format!("{}：{messages} 条消息", name.as_deref().unwrap_or("已注销的账号")),
        (_, 1) => format!("{}: 1 message", name.as_deref().unwrap_or("A deleted account")),
        (_, messages) => format!("{}: {messages} messages", name.as_deref().unwrap_or("A deleted account")),
    }
}

/// The name without what mail programs make links of: people choose their names, and a mail of ours is not to carry
/// somebody's address into the reader's mailbox.
fn without_links(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let joins = match c {
            ':' | '/' | '\\' | '@' => true,
            '.' => rest.peek().is_some_and(|next| !next.is_whitespace()),
            _ => false,
        };
        plain.push(if joins { '·' } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use flux_core::account::DisplayName;

    use super::*;

    fn digest(senders: &[DigestSender], others: usize, messages: u64, more: bool) -> Digest<'_> {
        Digest { senders, others, messages, more }
    }

    #[test]
    fn one_and_many_are_told_apart() {
        let of = |messages, more| digest(&[], 0, messages, more);
        assert_eq!(of(1, false).count("en"), "A message waits for you");
        assert_eq!(of(2, false).count("en"), "2 messages wait for you");
        assert_eq!(of(50, true).count("en"), "More than 50 messages wait for you");
        assert_eq!(of(1, false).count("zh"), " 1 条未读消息");
        assert_eq!(of(50, true).count("zh"), "超过 50 条未读消息");
    }

    #[test]
    fn who_is_gone_and_who_is_not_named_are_told_of() {
        let gone = [DigestSender { name: None, messages: 2 }];
        let both = |language| digest(&gone, 1, 3, false).lines(language);
        assert_eq!(both("en"), ["A deleted account: 2 messages", "and one more person"]);
        assert_eq!(both("zh"), ["已注销的账号：2 条消息", "另有 1 人"]);
        assert_eq!(digest(&[], 7, 9, false).lines("en"), ["and 7 more people"]);
    }

    #[test]
    fn names_of_people_stay_as_they_are_and_addresses_fall_apart() {
        for (name, plain) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("Dr. Müller", "Dr. Müller"),
            ("张伟David", "张伟David"),
            ("J.R.R. Tolkien", "J·R·R. Tolkien"),
            ("www.evil.example", "www·evil·example"),
            ("https://evil.example", "https···evil·example"),
        ] {
            let sender = DigestSender { name: Some(DisplayName::new(name).unwrap()), messages: 1 };
            assert_eq!(line(&sender, "en"), format!("{plain}: 1 message"));
        }
    }
}
