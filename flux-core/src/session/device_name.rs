//! What a user calls a device.

use crate::text::line_text;

line_text! {
    /// The name of a device; may be empty.
    DeviceName, 64
}
