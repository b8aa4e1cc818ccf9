//! flux-net
