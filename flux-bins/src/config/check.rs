//! What settings must be to each other, checked before a port is bound.

mod program;

use std::net::IpAddr;
use std::time::Duration;

use flux_net::proxy::Network;
use tracing_subscriber::EnvFilter;

use super::model::{Config, MailMode, SmtpSecurity};

pub use program::Program;
pub(super) use program::check_for;

/// Passwords that stand in examples.
const SAMPLES: [&str; 9] =
    ["changeme", "change-me", "change_me", "secret", "password", "passw0rd", "example", "sample", "test"];

/// Secrets of webhooks that stand in the documentation of Flux and of Standard Webhooks: everybody has them.
const SAMPLE_WEBHOOK_SECRETS: [&str; 1] = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];

/// Everything that is wrong, as `(key, message)`.
pub(super) fn check(config: &Config) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    http(config, &mut wrong);
    mail(config, &mut wrong);
    numbers(config, &mut wrong);
    if !config.notify.webhook.is_empty() && config.notify.webhook_secret.is_none() {
        let message = "notify.webhook needs it: whsec_ and the base64 of 24 to 64 random bytes, as \
                       `echo whsec_$(openssl rand -base64 32)` prints, best through a file that notify.webhook_secret_file names";
        wrong.push(("notify.webhook_secret", message.to_owned()));
    }
    let webhook_secrets = [
        ("notify.webhook_secret", &config.notify.webhook_secret),
        ("notify.former_webhook_secret", &config.notify.former_webhook_secret),
    ];
    for (key, secret) in webhook_secrets {
        if secret.as_ref().is_some_and(|secret| SAMPLE_WEBHOOK_SECRETS.contains(&secret.expose())) {
            let message =
                "this is a secret out of an example; `echo whsec_$(openssl rand -base64 32)` makes one";
            wrong.push((key, message.to_owned()));
        }
    }
    if let Err(error) = EnvFilter::try_new(&config.log.filter) {
        wrong.push((
            "log.filter",
            format!("not a filter such as \"info\" or \"warn,flux_net=debug\": {error}"),
        ));
    }
    // Of every program, so that it is heard before a cluster is started with it.
    if config.mysql.pool == 0 {
        wrong.push(("mysql.pool", "must be at least 1".to_owned()));
    }
    otel(config, &mut wrong);
    wrong
}

fn otel(config: &Config, wrong: &mut Wrong) {
    let otel = &config.otel;
    if !otel.endpoint.is_empty() && !cfg!(feature = "otel") {
        let message = "this program was built without the feature `otel`, and sends nothing to a collector";
        wrong.push(("otel.endpoint", message.to_owned()));
    }
    if otel.sample_per_thousand > 1_000 {
        wrong.push(("otel.sample_per_thousand", "must be at most 1000".to_owned()));
    }
}

type Wrong = Vec<(&'static str, String)>;

fn http(config: &Config, wrong: &mut Wrong) {
    let http = &config.http;
    if !http.listen.ip().is_loopback() && !http.behind_tls_proxy {
        wrong.push((
            "http.listen",
            format!(
                "{} can be reached from other machines, and Flux does not end TLS itself: passwords and messages \
                 would cross the network in the clear. Put a proxy that ends TLS in front and set \
                 http.behind_tls_proxy = true, or listen at 127.0.0.1",
                http.listen
            ),
        ));
    }
    if !http.public_url.is_empty() && !is_origin(&http.public_url) {
        wrong.push((
            "http.public_url",
            "expected a URL without a path, such as https://chat.example.org".to_owned(),
        ));
    }
    if !http.allowed_origins.iter().all(|origin| is_origin(origin)) {
        wrong.push((
            "http.allowed_origins",
            "expected origins such as https://app.example.org, each with its scheme and without a path; \
             there is no \"*\", because any page could then act for whoever visits it"
                .to_owned(),
        ));
    }
    if let Some(bad) = http.trusted_proxies.iter().find(|proxy| proxy.parse::<Network>().is_err()) {
        wrong.push(("http.trusted_proxies", format!("{bad:?} is no address or network such as 10.0.0.0/8")));
    }
}

/// `scheme://host[:port]`, of HTTP.
fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(authority) = rest else { return false };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let host_is_one = match host.strip_prefix('[') {
        Some(v6) => v6.strip_suffix(']').is_some_and(|v6| v6.parse::<std::net::Ipv6Addr>().is_ok()),
        None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')),
    };
    host_is_one && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn mail(config: &Config, wrong: &mut Wrong) {
    let smtp = &config.smtp;
    if config.mail.mode == MailMode::Outbox {
        return;
    }
    if smtp.host.is_empty() {
        wrong.push(("smtp.host", "mail.mode is \"smtp\": name the server".to_owned()));
    }
    let address =
        smtp.from.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(&smtp.from);
    if flux_core::account::Email::new(address).is_err() {
        wrong.push(("smtp.from", "mail.mode is \"smtp\": give the address that mail comes from".to_owned()));
    }
    if smtp.user.is_empty() != smtp.password.is_none() {
        wrong.push(("smtp.user", "a user needs a password, and a password needs a user".to_owned()));
    }
    if !smtp.root_certificates.is_empty() && !std::path::Path::new(&smtp.root_certificates).is_file() {
        wrong.push(("smtp.root_certificates", "there is no such file".to_owned()));
    }
    let local =
        smtp.host == "localhost" || smtp.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if smtp.security == SmtpSecurity::None && !local && !smtp.host.is_empty() {
        wrong.push((
            "smtp.security",
            "codes would cross the network in the clear; use \"tls\" or \"starttls\", or a server on this machine"
                .to_owned(),
        ));
    }
    if let Some(password) = &smtp.password
        && SAMPLES.contains(&password.expose().to_lowercase().as_str())
    {
        wrong.push(("smtp.password", "this is a password out of an example; set the real one".to_owned()));
    }
}

fn numbers(config: &Config, wrong: &mut Wrong) {
    let Config { sessions, limits, shutdown, .. } = config;
    let token = Duration::from_secs(30)..=Duration::from_hours(1);
    if !token.contains(&sessions.access_token) {
        wrong.push(("sessions.access_token", "expected a time from 30s to 1h".to_owned()));
    }
    if sessions.idle <= sessions.access_token {
        wrong.push(("sessions.idle", "must be longer than sessions.access_token".to_owned()));
    }
    if sessions.key_rotation < sessions.access_token {
        wrong.push(("sessions.key_rotation", "must not be shorter than sessions.access_token".to_owned()));
    }
    if sessions.issuer.is_empty() {
        wrong.push(("sessions.issuer", "must not be empty".to_owned()));
    }
    let counts = [
        ("sessions.max", sessions.max),
        ("limits.connections", limits.connections),
        ("limits.connections_per_address", limits.connections_per_address),
        ("limits.friends", limits.friends),
        ("limits.pending_requests", limits.pending_requests),
    ];
    for (key, _) in counts.into_iter().filter(|(_, count)| *count == 0) {
        wrong.push((key, "must be at least 1".to_owned()));
    }
    if limits.password_workers > 1_024 {
        wrong.push(("limits.password_workers", "each takes 19 MiB of memory; at most 1024".to_owned()));
    }
    if shutdown.drain > Duration::from_mins(10) {
        wrong.push(("shutdown.drain", "at most 10m".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use flux_core::Secret;

    use super::super::model::Backend;
    use super::*;

    fn keys(config: &Config) -> Vec<&'static str> {
        check(config).into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn the_defaults_are_in_order() {
        assert_eq!(check(&Config::default()), []);
        let mut memory = Config::default();
        memory.storage.backend = Backend::Memory;
        assert_eq!(check(&memory), []);
    }

    #[test]
    fn a78_beyond_loopback_needs_tls_in_front_and_real_mail() {
        let mut config = Config::default();
        config.http.listen = "0.0.0.0:8080".parse().unwrap();
        let wrong = check(&config);
        let keys_of_all: Vec<_> = keys(&config)
            .into_iter()
            .chain(check_for(&config, Program::Up).into_iter().map(|(key, _)| key))
            .collect();
        assert_eq!(keys_of_all, ["http.listen", "mail.mode"]);
        // It says why and what to do.
        assert!(
            wrong[0].1.contains("in the clear") && wrong[0].1.contains("http.behind_tls_proxy"),
            "{wrong:?}"
        );
        config.http.behind_tls_proxy = true;
        config.mail.mode = MailMode::Smtp;
        config.smtp.host = "mail.example.org".to_owned();
        config.smtp.from = "flux@example.org".to_owned();
        assert_eq!(check(&config), []);
        assert_eq!(check_for(&config, Program::Up), []);
    }

    #[test]
    fn a78_a_sample_password_is_refused() {
        let mut config = Config::default();
        config.mail.mode = MailMode::Smtp;
        config.smtp.host = "mail.example.org".to_owned();
        config.smtp.from = "flux@example.org".to_owned();
        config.smtp.user = "flux".to_owned();
        config.smtp.password = Some(Secret::new("ChangeMe"));
        assert_eq!(keys(&config), ["smtp.password"]);
        config.smtp.password = Some(Secret::new("kept between us"));
        assert_eq!(check(&config), []);
    }

    /// The texts that begin with `whsec_` and go on like a secret, in every file of the folder and below it.
    fn webhook_secrets_in(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                webhook_secrets_in(&path, found);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let secrets = text.split("whsec_").skip(1).map(|rest| {
                    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c));
                    &rest[..end.unwrap_or(rest.len())]
                });
                found.extend(secrets.filter(|rest| rest.len() >= 32).map(|rest| format!("whsec_{rest}")));
            }
        }
    }

    #[test]
    fn a78_every_webhook_secret_that_the_documentation_shows_is_refused() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut shown = Vec::new();
        for folder in [root.join("../docs"), root.join("deploy")] {
            webhook_secrets_in(&folder, &mut shown);
        }
        assert!(!shown.is_empty(), "there is an example in the documentation");
        let mut config = Config::default();
        config.notify.webhook = "https://push.example.org/flux".to_owned();
        for secret in shown {
            config.notify.webhook_secret = Some(Secret::new(secret.as_str()));
            config.notify.former_webhook_secret = Some(Secret::new(secret.as_str()));
            assert_eq!(
                keys(&config),
                ["notify.webhook_secret", "notify.former_webhook_secret"],
                "{secret} stands in the documentation"
            );
        }
        config.notify.webhook_secret = Some(Secret::new("whsec_rGo3vnBHKBl0tKxFWl8K1mEHJzTqQkSd"));
        config.notify.former_webhook_secret = None;
        assert_eq!(check(&config), []);
    }

    #[test]
    fn smtp_says_all_that_it_lacks_and_keeps_codes_off_the_open_wire() {
        let mut config = Config::default();
        config.mail.mode = MailMode::Smtp;
        assert_eq!(keys(&config), ["smtp.host", "smtp.from"]);
        config.smtp.host = "mail.example.org".to_owned();
        config.smtp.from = "flux@example.org".to_owned();
        config.smtp.user = "flux".to_owned();
        config.smtp.security = SmtpSecurity::None;
        assert_eq!(keys(&config), ["smtp.user", "smtp.security"]);
        config.smtp.host = "127.0.0.1".to_owned();
        assert_eq!(keys(&config), ["smtp.user"]);
    }

    #[test]
    fn origins_are_exact() {
        for good in ["https://a.example", "http://localhost:3000", "https://[::1]:8443", "http://127.0.0.1"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "*",
            "null",
            "a.example",
            "https://",
            "https://a.example/",
            "https://a.example/x",
            "ftp://a.example",
            "https://a.example:port",
            "https://user@a.example",
            "https://[a.example]",
            "https://a b",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn a_proxy_that_is_no_address_is_named() {
        let mut config = Config::default();
        config.http.trusted_proxies = vec!["10.0.0.0/8".to_owned(), "proxy.example".to_owned()];
        let wrong = check(&config);
        assert_eq!(keys(&config), ["http.trusted_proxies"]);
        assert!(wrong[0].1.contains("\"proxy.example\""), "{wrong:?}");
    }

    #[test]
    fn numbers_out_of_range_are_all_told() {
        let mut config = Config::default();
        config.sessions.access_token = Duration::from_secs(1);
        config.sessions.idle = Duration::ZERO;
        config.sessions.max = 0;
        config.sessions.key_rotation = Duration::ZERO;
        config.limits.connections = 0;
        config.shutdown.drain = Duration::from_hours(1);
        config.log.filter = "flux=loud=very".to_owned();
        assert_eq!(
            keys(&config),
            [
                "sessions.access_token",
                "sessions.idle",
                "sessions.key_rotation",
                "sessions.max",
                "limits.connections",
                "shutdown.drain",
                "log.filter"
            ]
        );
    }
}
