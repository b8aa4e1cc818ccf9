//! A configuration as a file, for programs that are started with it.

use std::io;
use std::path::PathBuf;

use flux_core::Secret;

use super::Config;

impl Config {
    /// Every setting as it stands in a file. Secrets do not stand there: `keep` puts each, named by its key, into a file of
    /// its own, and says where.
    pub(crate) fn written(
        &self,
        mut keep: impl FnMut(&str, &Secret) -> io::Result<PathBuf>,
    ) -> io::Result<String> {
        let mut config = self.clone();
        let mut text = String::new();
        let mut section = String::new();
        for slot in config.slots() {
            let (head, name) = slot.key.split_once('.').unwrap_or(("", slot.key.as_str()));
            if head != section {
                head.clone_into(&mut section);
                text.extend(["\n[", head, "]\n"]);
            }
            match slot.value.held() {
                Some(secret) => {
                    let path = keep(&slot.key, secret)?;
                    let path = super::value::Value::show(&path);
                    text.extend([name, "_file = ", &path, "\n"]);
                }
                None if slot.value.secret() => {}
                None => text.extend([name, " = ", &slot.value.show(), "\n"]),
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::{Loaded, MailMode, Sources};

    #[test]
    fn what_is_written_reads_the_same_and_shows_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.mail.mode = MailMode::Smtp;
        config.mail.product = "\u{6d41} \"Flux\"".to_owned();
        config.smtp.host = "mail.example.org".to_owned();
        config.smtp.from = "Flux <no-reply@example.org>".to_owned();
        config.smtp.user = "flux".to_owned();
        config.smtp.password = Some(Secret::new("battery-staple\n"));
        config.http.allowed_origins = vec!["https://a.example".to_owned()];
        config.mysql.url = Some(Secret::new("mysql://root:battery-staple@127.0.0.1/flux"));
        let text = config.written(|key, secret| {
            let path = folder.path().join(key);
            std::fs::write(&path, format!("{}\n", secret.expose()))?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
            Ok(path)
        });
        let text = text.unwrap();
        assert!(!text.contains("battery"), "{text}");
        let file = folder.path().join("flux.toml");
        std::fs::write(&file, text).unwrap();
        let read = Loaded::load(&Sources { file: Some(file), ..Sources::default() }).unwrap();
        assert_eq!(read.config, config);
    }
}
