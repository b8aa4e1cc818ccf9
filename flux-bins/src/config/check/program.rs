//! What each program of a cluster needs.

use std::net::SocketAddr;
use std::path::Path;

use flux_core::Secret;
use flux_net::grpc::SharedSecret;

use super::super::model::{Config, MailMode};
use super::super::secret_file;
use super::{Wrong, is_origin};

/// A program that reads the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Program {
    /// Everything in one process, on embedded storage.
    Up,
    /// The HTTP gate of a cluster.
    Gate,
    /// A chat node.
    Chat,
    /// Balance and presence.
    Status,
    /// Verification codes and mail.
    Verify,
}

/// Everything that is missing or wrong for `program`, as `(key, message)`.
pub(in crate::config) fn check_for(config: &Config, program: Program) -> Wrong {
    let mut wrong = Vec::new();
    captured_mail(config, program, &mut wrong);
    if program == Program::Up {
        return wrong;
    }
    let needs = |key, value: &Option<Secret>, example: &str, wrong: &mut Wrong| {
        if value.is_none() {
            wrong.push((
                key,
                format!("a cluster needs it: {example}, best through a file that {key}_file names"),
            ));
        }
    };
    needs("mysql.url", &config.mysql.url, "mysql://user:password@host:3306/flux", &mut wrong);
    needs("redis.url", &config.redis.url, "redis://host:6379", &mut wrong);
    redis(config, &mut wrong);
    services(config, program, &mut wrong);
    if matches!(program, Program::Gate | Program::Chat) {
        keys(config, &mut wrong);
    }
    if program == Program::Chat {
        chat(config, &mut wrong);
    }
    wrong
}

/// What is captured on a machine that others reach is read by nobody whom it is for. A gate and a chat node send no mail
/// themselves.
fn captured_mail(config: &Config, program: Program, wrong: &mut Wrong) {
    let listen = match program {
        Program::Up => config.http.listen,
        Program::Verify => config.verify.listen,
        Program::Gate | Program::Chat | Program::Status => return,
    };
    if config.mail.mode == MailMode::Outbox && !listen.ip().is_loopback() {
        wrong.push((
            "mail.mode",
            "codes would be captured in the data folder and reach nobody, while people from other machines can \
             register: set mail.mode = \"smtp\" and fill in [smtp]"
                .to_owned(),
        ));
    }
}

fn redis(config: &Config, wrong: &mut Wrong) {
    let redis = &config.redis;
    if redis.certificate.is_empty() != redis.key.is_empty() {
        wrong.push((
            "redis.certificate",
            "a certificate needs its key, and a key its certificate: redis.certificate and redis.key"
                .to_owned(),
        ));
    }
    file("redis.authority", &redis.authority, wrong);
    file("redis.certificate", &redis.certificate, wrong);
    private_key("redis.key", &redis.key, wrong);
}

/// A file that is named is there.
fn file(key: &'static str, path: &str, wrong: &mut Wrong) {
    if !path.is_empty() && !Path::new(path).is_file() {
        wrong.push((key, "there is no such file".to_owned()));
    }
}

/// And kept from strangers.
fn private_key(key: &'static str, path: &str, wrong: &mut Wrong) {
    file(key, path, wrong);
    let path = Path::new(path);
    if path.is_file()
        && let Err(exposed) = secret_file::private(path)
    {
        wrong.push((key, exposed));
    }
}

/// Who speaks gRPC beyond this machine proves who it is, and whoever only has a sample of a secret has none.
fn services(config: &Config, program: Program, wrong: &mut Wrong) {
    let services = &config.services;
    let tls = [&services.certificate, &services.key, &services.authority];
    let some = tls.iter().filter(|path| !path.is_empty()).count();
    if some != 0 && some != tls.len() {
        wrong.push((
            "services.certificate",
            "mutual TLS needs all three: services.certificate, services.key and services.authority"
                .to_owned(),
        ));
    }
    file("services.certificate", &services.certificate, wrong);
    file("services.authority", &services.authority, wrong);
    private_key("services.key", &services.key, wrong);
    for (key, secret) in
        [("services.secret", &services.secret), ("services.former_secret", &services.former_secret)]
    {
        let Some(secret) = secret else { continue };
        if let Err(weak) = SharedSecret::new(secret) {
            wrong.push((key, format!("{weak}: `openssl rand -base64 32` makes a good one")));
        }
    }
    let proven = services.secret.is_some() || some == tls.len();
    let listens: &[(&'static str, SocketAddr)] = match program {
        Program::Chat => &[("chat.peer_listen", config.chat.peer_listen)],
        Program::Status => &[("status.listen", config.status.listen)],
        Program::Verify => &[("verify.listen", config.verify.listen)],
        Program::Gate | Program::Up => &[],
    };
    for (key, address) in listens {
        if !address.ip().is_loopback() && !proven {
            wrong.push((
                key,
                format!(
                    "{address} can be reached from other machines, and whoever reaches it could pass for a service: \
                     give all services the same services.secret (`openssl rand -base64 32` makes one), or certificates \
                     of their own in services.certificate, services.key and services.authority"
                ),
            ));
        }
    }
    let wanted: &[(&'static str, &Vec<String>)] = match program {
        Program::Gate => &[("services.status", &services.status), ("services.verify", &services.verify)],
        Program::Chat => &[("services.status", &services.status)],
        _ => &[],
    };
    for (key, urls) in wanted {
        if urls.is_empty() {
            wrong.push((key, "name at least one, such as http://127.0.0.1:50052".to_owned()));
        }
        if let Some(bad) = urls.iter().find(|url| !is_origin(url)) {
            wrong.push((key, format!("expected a URL such as http://10.0.0.1:50052, found {bad:?}")));
        }
    }
}

fn keys(config: &Config, wrong: &mut Wrong) {
    for (key, path) in [("keys.tokens", &config.keys.tokens)] {
        if !path.is_empty() && !Path::new(path).is_file() {
            wrong.push((
                key,
                "there is no such file: copy the one that the first gate made, token-keys.pem in its data folder, so \
                 that all processes take each other's tokens"
                    .to_owned(),
            ));
        }
    }
}

fn chat(config: &Config, wrong: &mut Wrong) {
    let chat = &config.chat;
    if !chat.listen.ip().is_loopback() && !config.http.behind_tls_proxy {
        wrong.push((
            "chat.listen",
            format!(
                "{} can be reached from other machines, and Flux does not end TLS itself: put a proxy that ends TLS in \
                 front and set http.behind_tls_proxy = true, or listen at 127.0.0.1",
                chat.listen
            ),
        ));
    }
    let socket = chat.public_url.strip_prefix("ws").map(|rest| format!("http{rest}"));
    if !chat.public_url.is_empty() && !socket.is_some_and(|url| is_origin(&url)) {
        wrong.push((
            "chat.public_url",
            "expected a WebSocket URL without a path, such as wss://chat1.example.org".to_owned(),
        ));
    }
    if !chat.peer_url.is_empty() && !is_origin(&chat.peer_url) {
        wrong.push(("chat.peer_url", "expected a URL such as http://10.0.0.1:50055".to_owned()));
    }
    if chat.listen.ip().is_unspecified() && chat.public_url.is_empty() {
        wrong.push((
            "chat.public_url",
            "the node listens at every address: say by which one clients reach it, such as wss://chat1.example.org"
                .to_owned(),
        ));
    }
    if chat.peer_listen.ip().is_unspecified() && chat.peer_url.is_empty() {
        wrong.push((
            "chat.peer_url",
            "the node listens at every address: say by which one services reach it, such as http://10.0.0.1:50055"
                .to_owned(),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(config: &Config, program: Program) -> Vec<&'static str> {
        check_for(config, program).into_iter().map(|(key, _)| key).collect()
    }

    fn cluster() -> Config {
        let mut config = Config::default();
        config.mysql.url = Some(Secret::new("mysql://flux:pw@127.0.0.1/flux"));
        config.redis.url = Some(Secret::new("redis://127.0.0.1"));
        config
    }

    const STRONG: &str = "q0Jp7Vd3yH9sXw2LkB5nRt8ZfC1mGe4U";

    #[test]
    fn on_loopback_a_cluster_needs_its_databases_and_no_more() {
        for program in [Program::Gate, Program::Chat, Program::Status, Program::Verify] {
            assert_eq!(keys_of(&Config::default(), program), ["mysql.url", "redis.url"], "{program:?}");
            assert_eq!(check_for(&cluster(), program), [], "{program:?}");
        }
        assert_eq!(keys_of(&Config::default(), Program::Up), [""; 0]);
    }

    #[test]
    fn a78_beyond_loopback_services_need_a_secret_or_tls() {
        let open = "0.0.0.0:5000".parse().unwrap();
        let mut config = cluster();
        (config.chat.peer_listen, config.status.listen, config.verify.listen) = (open, open, open);
        config.chat.peer_url = "http://10.0.0.1:5000".to_owned();
        config.mail.mode = MailMode::Smtp;
        for (program, key) in [
            (Program::Chat, "chat.peer_listen"),
            (Program::Status, "status.listen"),
            (Program::Verify, "verify.listen"),
        ] {
            let wrong = check_for(&config, program);
            assert_eq!(wrong.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [key]);
            assert!(wrong[0].1.contains("services.secret") && wrong[0].1.contains("openssl"), "{wrong:?}");
        }
        config.services.secret = Some(Secret::new(STRONG));
        for program in [Program::Chat, Program::Status, Program::Verify] {
            assert_eq!(check_for(&config, program), [], "{program:?}");
        }
    }

    #[test]
    fn a78_short_and_sample_secrets_are_refused() {
        let mut config = cluster();
        for weak in
            ["short", "changeme-changeme-changeme-changeme", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            config.services.secret = Some(Secret::new(weak));
            assert_eq!(keys_of(&config, Program::Status), ["services.secret"], "{weak}");
        }
        config.services.secret = Some(Secret::new(STRONG));
        config.services.former_secret = Some(Secret::new("short"));
        assert_eq!(keys_of(&config, Program::Status), ["services.former_secret"]);
    }

    #[test]
    fn mutual_tls_needs_three_files_that_are_there() {
        let mut config = cluster();
        config.services.certificate = "/nonexistent/flux.pem".to_owned();
        assert_eq!(keys_of(&config, Program::Status), ["services.certificate", "services.certificate"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_private_key_that_strangers_may_read_is_refused() {
        use std::fs::{Permissions, set_permissions, write};
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("flux.pem");
        write(&file, "").unwrap();
        let path = file.to_str().unwrap().to_owned();
        let mut config = cluster();
        for part in
            [&mut config.services.certificate, &mut config.services.key, &mut config.services.authority]
        {
            part.clone_from(&path);
        }
        config.redis.certificate.clone_from(&path);
        config.redis.key.clone_from(&path);
        set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(keys_of(&config, Program::Status), ["redis.key", "services.key"]);
        set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(check_for(&config, Program::Status), []);
    }

    #[test]
    fn what_redis_is_to_be_shown_is_whole() {
        let mut config = cluster();
        config.redis.key = "/nonexistent/redis.pem".to_owned();
        assert_eq!(keys_of(&config, Program::Gate), ["redis.certificate", "redis.key"]);
    }

    #[test]
    fn a_node_says_where_it_is_reached() {
        let mut config = cluster();
        config.chat.public_url = "https://chat.example.org".to_owned();
        config.chat.peer_url = "10.0.0.1:50055".to_owned();
        assert_eq!(keys_of(&config, Program::Chat), ["chat.public_url", "chat.peer_url"]);
        config.chat.public_url = "wss://chat.example.org".to_owned();
        config.chat.peer_url = String::new();
        config.chat.peer_listen = "0.0.0.0:50055".parse().unwrap();
        config.services.secret = Some(Secret::new(STRONG));
        assert_eq!(keys_of(&config, Program::Chat), ["chat.peer_url"]);
    }

    #[test]
    fn captured_mail_is_for_this_machine() {
        let mut config = cluster();
        config.services.secret = Some(Secret::new(STRONG));
        assert_eq!(check_for(&config, Program::Verify), []);
        config.verify.listen = "10.0.0.1:50051".parse().unwrap();
        assert_eq!(keys_of(&config, Program::Verify), ["mail.mode"]);
    }
}
