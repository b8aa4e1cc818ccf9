//! What people call themselves, and how they prove who they are.

use flux_core::account::{DisplayName, Email, Password, Username, UsernamePrefix};
use flux_core::friend::{Greeting, Remark};
use flux_core::message::MessageText;

/// A username, and the start of one.
pub(crate) fn username(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(name) = Username::new(text) {
        assert!((3..=32).contains(&name.as_str().chars().count()));
        assert!(!name.as_str().contains(|c: char| c == '@' || c.is_control() || c.is_whitespace()));
        assert_eq!(Username::new(name.as_str()).as_ref(), Ok(&name), "a name that is not its own");
        assert!(!name.skeleton().is_empty(), "a name that looks like nothing");
    }
    if let Some(prefix) = UsernamePrefix::new(text)
        && let Some(bound) = prefix.upper_bound()
    {
        assert!(bound.as_str() > prefix.as_str());
    }
}

/// An e-mail address.
pub(crate) fn email(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(email) = Email::new(text) else { return };
    assert_eq!(Email::new(email.as_str()).as_ref(), Ok(&email), "an address that is not its own");
    let unsafe_in_mail = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | '"');
    assert!(!email.as_str().contains(unsafe_in_mail), "an address that is more than one");
}

/// Free text of every kind.
pub(crate) fn display_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    macro_rules! lines {
        ($($kind:ident),+) => {$(
            if let Ok(line) = $kind::new(text) {
                assert!(line.as_str().chars().count() <= $kind::LIMIT);
                assert!(!line.as_str().contains(char::is_control));
                assert_eq!($kind::new(line.as_str()).as_ref(), Ok(&line));
                assert!(text.len() < 16 || !format!("{line:?}").contains(line.as_str()), "a text shows");
            }
        )+};
    }
    lines!(DisplayName, Greeting, Remark);
    if let Ok(message) = MessageText::new(text) {
        assert_eq!(message.as_str(), text, "a message that was changed");
        assert!(text.len() <= MessageText::LIMIT_BYTES);
    }
}

/// A password that somebody chooses, whatever is known about them.
pub(crate) fn password(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let chosen = Password::chosen(text, &["ann", "ann@example.org"]);
    let told = format!("{chosen:?}");
    assert!(text.len() < 12 || !told.contains(text), "a password shows");
    if let Ok(password) = chosen {
        assert_eq!(password.expose(), text, "a password that was changed");
        assert!((8..=256).contains(&text.chars().count()));
        assert!(Password::presented(text).is_ok(), "chosen, and not to log in with");
    }
}
