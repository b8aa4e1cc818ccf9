//! What the parsers of Flux that face the outside must hold, whatever bytes they are given.
//!
//! Each of [`TARGETS`] parses bytes and panics where a promise is broken. Tests run all of them over the kept corpora and
//! over random bytes; `.ci/fuzz` lets libFuzzer look for inputs that nobody thought of. See `fuzz/README.md`.

mod history;
mod people;

/// Parses bytes; panics where a promise is broken.
pub type Body = fn(&[u8]);

/// Every target by its name, which is also that of its corpus.
pub const TARGETS: [(&str, Body); 30] = [
    ("access_token", flux_net::fuzzing::access_token),
    ("chat_cursor", flux_net::fuzzing::chat_cursor),
    ("chat_frame_binary", flux_net::fuzzing::chat_frame_binary),
    ("chat_frame_json", flux_net::fuzzing::chat_frame_json),
    ("chat_origin", flux_net::fuzzing::chat_origin),
    ("chat_upgrade", flux_net::fuzzing::chat_upgrade),
    ("client_address", flux_client::fuzzing::client_address),
    ("client_answer", flux_client::fuzzing::client_answer),
    ("client_frame", flux_client::fuzzing::client_frame),
    ("client_outbox", flux_client::fuzzing::client_outbox),
    ("client_saved", flux_client::fuzzing::client_saved),
    ("display_text", people::display_text),
    ("email", people::email),
    ("forwarded", flux_net::fuzzing::forwarded),
    ("gate_body", flux_net::fuzzing::gate_body),
    ("gate_headers", flux_net::fuzzing::gate_headers),
    ("gate_target", flux_net::fuzzing::gate_target),
    ("grpc_message", flux_net::fuzzing::grpc_message),
    ("grpc_proof", flux_net::fuzzing::grpc_proof),
    ("history", history::history),
    ("http_chunks", flux_net::fuzzing::http_chunks),
    ("http_head", flux_net::fuzzing::http_head),
    ("key_file", flux_net::fuzzing::key_file),
    ("password", people::password),
    ("password_hash", flux_net::fuzzing::password_hash),
    ("redis_cache", flux_store::fuzzing::redis_cache),
    ("redis_entry", flux_store::fuzzing::redis_entry),
    ("redis_reply", flux_store::fuzzing::redis_reply),
    ("redis_url", flux_store::fuzzing::redis_url),
    ("username", people::username),
];

/// Runs the target called `name`.
///
/// # Panics
/// If a promise is broken, or there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, body) = target.expect("a target of this name");
    body(data);
}
