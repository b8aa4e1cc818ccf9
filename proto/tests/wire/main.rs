//! The messages of `flux.v1`, binary and in JSON, as they stand on the wire.

mod binary;
mod frames;
#[cfg(feature = "json")]
mod golden;
#[cfg(feature = "json")]
mod json;
mod redacted;

use std::path::Path;

use protox::prost_reflect::DescriptorPool;

/// The `.proto` files, to find out what there is.
fn pool() -> DescriptorPool {
    let mut compiler =
        protox::Compiler::new([Path::new(env!("CARGO_MANIFEST_DIR"))]).expect("the folder is there");
    compiler.open_files(["flux/v1/chat.proto"]).expect("the .proto files compile");
    compiler.descriptor_pool()
}
