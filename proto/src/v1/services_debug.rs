// Generated from proto/flux/v1/*.proto: FLUX_REGENERATE=1 cargo test -p flux-proto --test generated
use std::fmt;

use super::services::{
    MailDigestSender,
    RedeemCodeRequest,
    RedeemedCode,
    RequestCodeRequest,
    SendMailRequest,
};
use super::redacted::Redacted;

impl fmt::Debug for RequestCodeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestCodeRequest")
            .field("purpose", &self.purpose())
            .field("email", &Redacted::new(&self.email))
            .field("client", &Redacted::new(&self.client))
            .finish()
    }
}

impl fmt::Debug for RedeemCodeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedeemCodeRequest")
            .field("purpose", &self.purpose())
            .field("email", &Redacted::new(&self.email))
            .field("code", &Redacted::new(&self.code))
            .field("client", &Redacted::new(&self.client))
            .finish()
    }
}

impl fmt::Debug for RedeemedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedeemedCode")
            .field("purpose", &self.purpose())
            .field("email", &Redacted::new(&self.email))
            .field("mac", &Redacted::new(&self.mac))
            .field("remaining_ms", &self.remaining_ms)
            .field("tries_left", &self.tries_left)
            .finish()
    }
}

impl fmt::Debug for SendMailRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMailRequest")
            .field("email", &Redacted::new(&self.email))
            .field("content", &self.content)
            .field("lasting", &self.lasting)
            .finish()
    }
}

impl fmt::Debug for MailDigestSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailDigestSender")
            .field("display_name", &Redacted::new(&self.display_name))
            .field("messages", &self.messages)
            .finish()
    }
}
