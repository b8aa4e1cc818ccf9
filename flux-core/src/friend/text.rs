//! What people write about and to each other.

use crate::text::line_text;

line_text! {
    /// What somebody says when they ask for friendship; may be empty.
    Greeting, 200
}
line_text! {
    /// A private name for a friend; empty for none.
    Remark, 64
}
