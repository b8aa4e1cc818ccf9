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

fn is_current(file: &str, generated: &str) {
    let path = workspace().join(file);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if committed == generated {
        return;
    }
    if std::env::var_os("FLUX_REGENERATE").is_some() {
        std::fs::write(&path, generated).expect("the generated file can be written");
        return;
    }
    let line = committed.lines().zip(generated.lines()).take_while(|(old, new)| old == new).count() + 1;
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
    is_current("proto/src/error_code.rs", &catalogue.proto_error_code());
    is_current("proto/src/close_code.rs", &catalogue.close_code());
    is_current("flux-core/src/error_code.rs", &catalogue.core_error_code());
    is_current("docs/errors.md", &catalogue.page());
}

#[test]
fn the_messages_are_current() {
    let messages = Messages::parse(&workspace().join("proto"));
    is_current("proto/src/v1/messages.rs", &messages.rust());
    is_current("proto/src/v1/json.rs", &messages.json());
    is_current("proto/src/v1/debug.rs", &messages.debug());
}
