//! Free text about a user.

use crate::text::line_text;

line_text! {
    /// What a user calls themselves; anything to see, up to 64 characters. Empty only for a deleted account.
    DisplayName, 64
}
line_text! {
    /// A few words about a user; may be empty.
    Bio, 256
}

impl DisplayName {
    /// The name of somebody who has chosen none.
    pub fn of(username: &super::Username) -> Self {
        Self::from_store(username.as_str().to_owned())
    }
}
