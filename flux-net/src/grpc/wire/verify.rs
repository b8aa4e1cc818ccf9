//! Codes and mail.

use std::net::IpAddr;
use std::time::Duration;

use flux_core::ErrorCode;
use flux_core::account::{DisplayName, Email};
use flux_core::guard::ClientAddr;
use flux_core::mail::{DigestSender, Mail, MailContent};
use flux_core::verification::{CodeKey, CodeMac, Purpose, RedeemedCode, Redemption};
use flux_proto::v1::{self, send_mail_request::Content};

use super::{Failure, Unreadable, needed, read_variant};

/// `None` for what this wire has no words for.
pub(in crate::grpc) const fn purpose(purpose: Purpose) -> Option<v1::CodePurpose> {
    Some(match purpose {
        Purpose::Register => v1::CodePurpose::Register,
        Purpose::ResetPassword => v1::CodePurpose::ResetPassword,
        Purpose::ChangeEmail => v1::CodePurpose::ChangeEmail,
        _ => return None,
    })
}

pub(in crate::grpc) fn read_purpose(raw: i32) -> Result<Purpose, Unreadable> {
    read_variant(raw, "purpose", |purpose| match purpose {
        v1::CodePurpose::Register => Some(Purpose::Register),
        v1::CodePurpose::ResetPassword => Some(Purpose::ResetPassword),
        v1::CodePurpose::ChangeEmail => Some(Purpose::ChangeEmail),
        v1::CodePurpose::Unspecified => None,
    })
}

pub(in crate::grpc) fn read_email(text: &str) -> Result<Email, Failure> {
    Email::new(text).map_err(|error| Failure { field: "email".to_owned(), ..Failure::new(error.code()) })
}

/// As [`ClientAddr`] shows itself.
pub(in crate::grpc) fn read_client(text: &str) -> Result<ClientAddr, Unreadable> {
    let address: Result<IpAddr, _> = text.strip_suffix("/64").unwrap_or(text).parse();
    address.map(ClientAddr::new).map_err(|_| Unreadable("client"))
}

pub(in crate::grpc) fn redemption(redemption: &Redemption) -> Option<v1::RedeemedCode> {
    let Redemption { key: CodeKey { email, purpose: of }, code } = redemption;
    Some(v1::RedeemedCode {
        purpose: purpose(*of)?.into(),
        email: email.as_str().to_owned(),
        mac: code.mac.as_bytes().to_vec(),
        remaining_ms: u64::try_from(code.remaining.as_millis()).unwrap_or(u64::MAX),
        tries_left: code.tries_left,
    })
}

pub(in crate::grpc) fn read_redemption(redeemed: v1::RedeemedCode) -> Result<Redemption, Unreadable> {
    let mac = redeemed.mac.as_slice().try_into().map_err(|_| Unreadable("mac"))?;
    Ok(Redemption {
        // In the form that codes are kept under, which need not be one that mail is sent to.
        key: CodeKey { email: Email::from_store(redeemed.email), purpose: read_purpose(redeemed.purpose)? },
        code: RedeemedCode {
            mac: CodeMac::new(mac),
            remaining: Duration::from_millis(redeemed.remaining_ms),
            tries_left: redeemed.tries_left,
        },
    })
}

/// `None` for codes, which are mailed where they are made, and for what this wire has no words for.
pub(in crate::grpc) fn mail(mail: &Mail, lasting: bool) -> Option<v1::SendMailRequest> {
    let notice = |notice: v1::MailNotice| Content::Notice(notice.into());
    let content = match &mail.content {
        MailContent::AlreadyRegistered => notice(v1::MailNotice::AlreadyRegistered),
        MailContent::PasswordChanged => notice(v1::MailNotice::PasswordChanged),
        MailContent::EmailChanged => notice(v1::MailNotice::EmailChanged),
        MailContent::AccountDeleted => notice(v1::MailNotice::AccountDeleted),
        MailContent::Digest { senders, others, messages, more } => Content::Digest(v1::MailDigest {
            senders: senders.iter().map(digest_sender).collect(),
            others: u32::try_from(*others).unwrap_or(u32::MAX),
            messages: *messages,
            more: *more,
        }),
        _ => return None,
    };
    Some(v1::SendMailRequest { email: mail.to.as_str().to_owned(), content: Some(content), lasting })
}

fn digest_sender(sender: &DigestSender) -> v1::MailDigestSender {
    v1::MailDigestSender {
        display_name: sender.name.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
        messages: sender.messages,
    }
}

pub(in crate::grpc) fn read_mail(request: v1::SendMailRequest) -> Result<Mail, Failure> {
    let to = read_email(&request.email)?;
    let content = match needed(request.content, "content")? {
        Content::Notice(raw) => read_variant(raw, "notice", |notice| match notice {
            v1::MailNotice::AlreadyRegistered => Some(MailContent::AlreadyRegistered),
            v1::MailNotice::PasswordChanged => Some(MailContent::PasswordChanged),
            v1::MailNotice::EmailChanged => Some(MailContent::EmailChanged),
            v1::MailNotice::AccountDeleted => Some(MailContent::AccountDeleted),
            v1::MailNotice::Unspecified => None,
        })?,
        Content::Digest(digest) => MailContent::Digest {
            senders: digest.senders.into_iter().map(read_digest_sender).collect(),
            others: usize::try_from(digest.others).map_err(|_| Failure::new(ErrorCode::InvalidArgument))?,
            messages: digest.messages,
            more: digest.more,
        },
    };
    Ok(Mail { to, content })
}

fn read_digest_sender(sender: v1::MailDigestSender) -> DigestSender {
    let v1::MailDigestSender { display_name, messages } = sender;
    let name = (!display_name.is_empty()).then(|| DisplayName::from_store(display_name));
    DigestSender { name, messages }
}
