//! flux-client
