//! The messages of package `flux.v1`; what each means stands in the `.proto` files.
//!
//! Import the module and write `v1::Send`, not the names in it: some of them are also names of the standard library.
//! Printing a message with `Debug` shows neither access tokens nor what people wrote, only how long it is.

#[rustfmt::skip]
mod debug;
#[cfg(feature = "json")]
#[rustfmt::skip]
#[expect(clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "generated")]
mod json;
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated; what a name does not say stands in the .proto files")]
mod messages;
mod redacted;

pub use messages::*;
