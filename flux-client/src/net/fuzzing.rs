//! Addresses against bytes.

use super::dial::Target;

/// An address that a server names, or an application.
pub fn client_address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for (plain, tls) in [("http", "https"), ("ws", "wss")] {
        match Target::parse(text, plain, tls) {
            Err(error) => assert!(error.is_permanent(), "a wrong address would be tried for ever"),
            Ok(target) => {
                let scheme = if target.tls { tls } else { plain };
                assert!(text.len() > scheme.len() && text[..scheme.len()].eq_ignore_ascii_case(scheme));
                assert!(!target.authority.contains('@'), "credentials in an address");
                assert!(!target.host.is_empty(), "an address of no host");
                // What goes into the head of a request ends no line of it.
                let one_line = |text: &str| !text.contains(|c: char| c.is_ascii_control() || c == ' ');
                assert!(one_line(&target.authority) && one_line(&target.path));
                let again = format!("{scheme}://{}{}", target.authority, target.path);
                assert_eq!(Target::parse(&again, plain, tls).ok(), Some(target));
            }
        }
    }
}
