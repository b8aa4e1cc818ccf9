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
#[cfg(feature = "grpc")]
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated; what a name does not say stands in the .proto files")]
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::default_trait_access,
    clippy::large_enum_variant,
    reason = "generated"
)]
mod services;
#[cfg(feature = "grpc")]
#[rustfmt::skip]
mod services_debug;

pub use messages::*;
#[cfg(feature = "grpc")]
pub use services::*;

/// The `.proto` files of the package, compiled: a `FileDescriptorSet` for reflection.
#[cfg(feature = "grpc")]
pub const DESCRIPTORS: &[u8] = include_bytes!("v1/services.bin");
