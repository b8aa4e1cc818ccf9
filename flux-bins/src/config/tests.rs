use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// A folder with a file in it.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flux.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn flags(pairs: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let own = |(key, value): &(&str, &str)| ("--set".to_owned(), (*key).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

fn problems(sources: &Sources) -> Vec<String> {
    let Problems(problems) = Loaded::load(sources).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[cfg(unix)]
fn chmod(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn nothing_said_is_the_defaults() {
    let missing = Sources { default_file: Some("/nonexistent/flux.toml".into()), ..Sources::default() };
    for sources in [Sources::default(), missing] {
        assert_eq!(Loaded::load(&sources).unwrap().config, Config::default());
    }
}

#[test]
fn flags_win_over_variables_over_the_file_over_the_defaults() {
    let (_folder, path) = file(
        "data_dir = 'kept'\n[http]\nlisten = '127.0.0.1:1'\n[sessions]\nmax = 1\naccess_token = '1m'\n[mail]\nmode = 'outbox'\n",
    );
    let sources = Sources {
        file: Some(path.clone()),
        variables: variables(&[
            ("FLUX_HTTP_LISTEN", "127.0.0.1:2"),
            ("FLUX_SESSIONS_MAX", "2"),
            ("HOME", "/"),
        ]),
        flags: flags(&[("http.listen", "127.0.0.1:3")]),
        ..Sources::default()
    };
    let loaded = Loaded::load(&sources).unwrap();
    assert_eq!(loaded.config.http.listen.port(), 3);
    assert_eq!(loaded.config.sessions.max, 2);
    assert_eq!(loaded.config.sessions.access_token, Duration::from_mins(1));
    assert_eq!(loaded.config.data_dir, PathBuf::from("kept"));
    assert_eq!(loaded.config.sessions.issuer, "flux");

    let shown = loaded.show(true);
    let line = |start: &str| shown.lines().find(|line| line.starts_with(start)).unwrap();
    assert!(line("listen =").ends_with("# --set"), "{shown}");
    assert!(line("max =").ends_with("# $FLUX_SESSIONS_MAX"), "{shown}");
    assert!(line("access_token =").ends_with(&format!("# {}:6", path.display())), "{shown}");
    assert!(line("issuer =").ends_with("# default"), "{shown}");
}

#[test]
fn what_is_shown_can_be_read_again() {
    let shown = Loaded::load(&Sources::default()).unwrap().show(false);
    let (_folder, path) = file(&shown);
    #[cfg(unix)]
    chmod(&path, 0o600);
    let sources = Sources { file: Some(path), ..Sources::default() };
    assert_eq!(Loaded::load(&sources).unwrap().config, Config::default());
}

#[test]
fn every_setting_has_a_variable_of_its_own() {
    let mut config = Config::default();
    let names: std::collections::BTreeSet<String> =
        config.slots().iter().map(|slot| sources::variable(&slot.key)).collect();
    assert_eq!(names.len(), config.slots().len());
    assert!(names.contains("FLUX_HTTP_TRUSTED_PROXIES"));
}

#[test]
fn everything_wrong_is_told_at_once_with_its_place() {
    let (_folder, path) = file(
        "dat_dir = 'x'\n[http]\nlisten = 8080\nlistne = '127.0.0.1:1'\n[storge]\nbackend = 'sqlite'\nmore = 1\n[log]\nformat = 'loud'\n",
    );
    let place = |line: usize| format!("{}:{line}: ", path.display());
    let sources = Sources {
        file: Some(path.clone()),
        variables: variables(&[("FLUX_SESSIONS_MAX", "many"), ("FLUX_HTTP_LISTN", "x"), ("FLUX_KAFKA", "x")]),
        flags: flags(&[("http.port", "1")]),
        ..Sources::default()
    };
    assert_eq!(
        problems(&sources),
        [
            format!("{}dat_dir: no such setting; did you mean data_dir?", place(1)),
            format!("{}http.listen: expected an address with a port, found a number", place(3)),
            format!("{}http.listne: no such setting; did you mean http.listen?", place(4)),
            format!("{}storge: no such section; did you mean storage?", place(6)),
            format!("{}log.format: expected one of auto, pretty, json", place(9)),
            "$FLUX_HTTP_LISTN: no setting has this variable; did you mean FLUX_HTTP_LISTEN?".to_owned(),
            "$FLUX_KAFKA: no setting has this variable".to_owned(),
            "$FLUX_SESSIONS_MAX: sessions.max: expected a whole number from 0 to 4294967295".to_owned(),
            "--set: http.port: no such setting; did you mean smtp.port?".to_owned(),
        ]
    );
}

#[test]
fn broken_toml_is_told_with_its_line_and_without_its_content() {
    let (_folder, path) = file("[smtp]\nuser = 'x'\npassword = hunter2\n");
    let sources = Sources { file: Some(path.clone()), ..Sources::default() };
    let problems = problems(&sources);
    assert!(problems[0].starts_with(&format!("{}:3: ", path.display())), "{problems:?}");
    assert!(!problems.concat().contains("hunter2"), "{problems:?}");
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let sources = Sources { file: Some("/nonexistent/flux.toml".into()), ..Sources::default() };
    assert!(
        problems(&sources)[0].starts_with("/nonexistent/flux.toml cannot be read"),
        "{:?}",
        problems(&sources)
    );
}

#[test]
fn variables_of_others_are_left_alone() {
    let sources = Sources {
        variables: variables(&[
            ("FLUX_TEST_MYSQL_URL", "mysql://root@127.0.0.1/flux"),
            ("FLUX_GATE_SERVICE_HOST", "10.0.0.1"),
            ("FLUX_GATE_SERVICE_PORT_HTTP", "80"),
            ("FLUX_GATE_PORT", "tcp://10.0.0.1:80"),
            ("FLUX_GATE_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("FLUX_SERVER", "http://127.0.0.1:8080"),
        ]),
        ..Sources::default()
    };
    assert_eq!(Loaded::load(&sources).unwrap().config, Config::default());
}

#[cfg(unix)]
mod secrets {
    use super::*;

    #[test]
    fn a_secret_comes_from_a_file_that_only_its_owner_reads() {
        let (folder, _) = file("");
        let path = folder.path().join("smtp-password");
        fs::write(&path, "kept between us\n").unwrap();
        chmod(&path, 0o640);
        let sources = Sources {
            variables: variables(&[
                ("FLUX_SMTP_PASSWORD_FILE", path.to_str().unwrap()),
                ("FLUX_SMTP_USER", "flux"),
            ]),
            ..Sources::default()
        };
        let loaded = Loaded::load(&sources).unwrap();
        assert_eq!(loaded.config.smtp.password.as_ref().unwrap().expose(), "kept between us");
        for shown in [loaded.show(true), loaded.show(false), format!("{loaded:?}")] {
            assert!(!shown.contains("kept between us"), "{shown}");
        }

        chmod(&path, 0o644);
        let told = problems(&sources).concat();
        assert!(told.contains("everybody on this machine can read") && told.contains("chmod 600"), "{told}");
    }

    #[test]
    fn a78_a_file_with_a_secret_that_everybody_reads_is_refused() {
        let (_folder, path) = file("[smtp]\npassword = 'kept between us'\nuser = 'flux'\n");
        let sources = Sources { file: Some(path.clone()), ..Sources::default() };
        chmod(&path, 0o644);
        let told = problems(&sources).concat();
        assert!(told.contains("this file holds a secret") && told.contains("chmod 600"), "{told}");
        assert!(!told.contains("kept between us"), "{told}");
        chmod(&path, 0o600);
        assert!(Loaded::load(&sources).is_ok());
    }

    #[test]
    fn a_secret_does_not_go_on_the_command_line() {
        let sources = Sources { flags: flags(&[("smtp.password", "kept between us")]), ..Sources::default() };
        let told = problems(&sources).concat();
        assert!(told.contains("every process can read it") && !told.contains("kept between us"), "{told}");
    }

    #[test]
    fn a_secret_is_said_once() {
        let (folder, _) = file("");
        let path = folder.path().join("smtp-password");
        fs::write(&path, "one").unwrap();
        chmod(&path, 0o600);
        let sources = Sources {
            variables: variables(&[
                ("FLUX_SMTP_PASSWORD_FILE", path.to_str().unwrap()),
                ("FLUX_SMTP_PASSWORD", "two"),
                ("FLUX_SMTP_USER", "flux"),
            ]),
            ..Sources::default()
        };
        let told = problems(&sources).concat();
        assert!(told.contains("set twice in the same place"), "{told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Keys that name files of secrets are left out: they would be opened.
    #[test]
    fn whatever_a_file_and_a_variable_say_is_taken_or_told(
        lines in prop::collection::vec(
            "(\\[(http|sessions|smtp|mysql|redis|chat|nowhere)\\]|(listen|max|password|url|access_token|mode) ?= ?(-?[0-9]{1,20}|true|'[^'_\n]{0,20}'|\\[[0-9,]{0,9}\\])|[^_]{0,20})",
            0..8,
        ),
        value in "[^\0]{0,20}",
    ) {
        let text = lines.join("\n");
        let (_folder, path) = file(&text);
        let names = ["FLUX_HTTP_LISTEN", "FLUX_SESSIONS_MAX", "FLUX_MYSQL_URL", "FLUX_SESSIONS_ACCESS_TOKEN"];
        for name in names {
            let secret = format!("canary-{value}");
            let sources = Sources {
                file: Some(path.clone()),
                variables: variables(&[(name, &value), ("FLUX_SMTP_PASSWORD", &secret)]),
                ..Sources::default()
            };
            match Loaded::load(&sources) {
                Ok(loaded) => prop_assert!(!loaded.show(true).contains("canary-")),
                Err(problems) => {
                    let told = problems.to_string();
                    prop_assert!(!problems.0.is_empty() && !told.contains("canary-"), "{told}");
                }
            }
        }
    }
}
