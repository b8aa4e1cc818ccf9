//! Where URLs point.

/// The host of `url` and its port, without the login, the path and what comes after; `None` if it is no URL.
pub(super) fn place(url: &str) -> Option<&str> {
    let (_, after) = url.split_once("://")?;
    let authority = after.split(['/', '?', '#']).next()?;
    Some(authority.rsplit_once('@').map_or(authority, |(_, host)| host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a76_where_a_database_is_shows_no_password() {
        for (url, at) in [
            ("mysql://root:hunter2@127.0.0.1:3306/flux?ssl-mode=required", Some("127.0.0.1:3306")),
            ("redis://127.0.0.1:6379", Some("127.0.0.1:6379")),
            ("redis://:hunter2@localhost", Some("localhost")),
            ("wss://chat1.example.org/v1/chat", Some("chat1.example.org")),
            ("hunter2", None),
        ] {
            assert_eq!(place(url), at);
        }
    }
}
