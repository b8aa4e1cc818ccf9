//! flux
fn main() {}
