//! URLs on the command line.

use flux_core::Secret;

use crate::failure::Failure;

/// Takes a URL from the command line, where every process can read it; one with a password belongs into `variable`.
pub(crate) fn url_without_password(url: &str, flag: &str, variable: &str) -> Result<Secret, Failure> {
    let after = url.split_once("://").map_or("", |(_, after)| after);
    let login = after.split('/').next().and_then(|authority| authority.rsplit_once('@'));
    if login.is_some_and(|(login, _)| login.contains(':')) {
        return Err(Failure::new(format!(
            "{flag}: a password does not go on the command line, where every process can read it. Put the URL into the \
             variable {variable}, or into a file that {variable}_FILE names"
        )));
    }
    Ok(Secret::new(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a76_a_password_is_not_taken_from_the_command_line() {
        let take = |url: &str| url_without_password(url, "--redis", "FLUX_REDIS_URL");
        for url in ["mysql://root@127.0.0.1:3306/flux", "redis://10.0.0.1:6379", "mysql://[::1]:3306/flux"] {
            assert_eq!(take(url).unwrap().expose(), url);
        }
        for url in ["mysql://root:hunter2@127.0.0.1/flux", "redis://:hunter2@127.0.0.1:6379"] {
            let refused = take(url).unwrap_err();
            let told = refused.message().unwrap();
            assert!(told.contains("FLUX_REDIS_URL_FILE") && !told.contains("hunter2"), "{told}");
        }
    }
}
