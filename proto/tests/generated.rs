//! What is committed as generated is what its source generates.
//!
//! `FLUX_REGENERATE=1 cargo test -p flux-proto --test generated` writes the files instead of comparing them.

#![expect(clippy::unwrap_used, reason = "a generator of source text that fails must fail the test")]

#[path = "generated/catalogue.rs"]
mod catalogue;
#[path = "generated/messages.rs"]
mod messages;
#[path = "generated/templates.rs"]
mod templates;

use std::path::{Path, PathBuf};

use catalogue::Catalogue;
use messages::Messages;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

fn is_current(file: &str, generated: impl AsRef<[u8]>) {
    let (path, generated) = (workspace().join(file), generated.as_ref());
    let committed = std::fs::read(&path).unwrap_or_default();
    if committed == generated {
        return;
    }
    if std::env::var_os("FLUX_REGENERATE").is_some() {
        std::fs::write(&path, generated).expect("the generated file can be written");
        return;
    }
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (lines(&committed), lines(generated));
    let line = old.iter().zip(&new).take_while(|(old, new)| old == new).count() + 1;
    panic!(
        "{file} differs from what its source generates, first in line {line}; \
         run FLUX_REGENERATE=1 cargo test -p flux-proto --test generated"
    );
}

#[test]
fn the_error_catalogue_is_current() {
    let source =
        std::fs::read_to_string(workspace().join("proto/errors.toml")).expect("errors.toml is there");
    let catalogue = Catalogue::parse(&source);
    is_current("proto/src/error_code.rs", catalogue.proto_error_code());
    is_current("proto/src/close_code.rs", catalogue.close_code());
    is_current("flux-core/src/error_code.rs", catalogue.core_error_code());
    is_current("docs/errors.md", catalogue.page());
}

#[test]
fn the_messages_are_current() {
    let messages = Messages::of_clients(&workspace().join("proto"));
    is_current("proto/src/v1/messages.rs", messages.rust());
    is_current("proto/src/v1/json.rs", messages.json());
    is_current("proto/src/v1/debug.rs", messages.debug());
}

#[test]
fn the_services_are_current() {
    let services = Messages::of_services(&workspace().join("proto"));
    is_current("proto/src/v1/services.rs", services.rust());
    is_current("proto/src/v1/services_debug.rs", services.debug());
    is_current("proto/src/v1/services.bin", Messages::descriptors(&workspace().join("proto")));
}
