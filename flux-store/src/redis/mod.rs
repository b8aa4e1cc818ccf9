//! The volatile ports on Redis.
