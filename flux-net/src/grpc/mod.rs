//! What services say to each other, over gRPC.
