//! Users as others see them.

use flux_core::account::{Profile, Username};
use flux_proto::v1;

pub(super) fn profile(profile: &Profile) -> v1::Profile {
    v1::Profile {
        user_id: profile.user.to_string(),
        username: profile.username.as_ref().map_or_else(String::new, Username::to_string),
        display_name: profile.display_name.as_str().to_owned(),
        bio: profile.bio.as_str().to_owned(),
        deleted: profile.deleted(),
    }
}
