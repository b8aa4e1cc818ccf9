//! The words of each mail, in each language.

use flux_core::mail::MailContent;
use flux_core::verification::Purpose;

/// What one mail says in one language. `{product}`, `{minutes}` and `{count}` are filled in.
pub(super) struct Words {
    pub(super) language: &'static str,
    pub(super) subject: &'static str,
    /// Above the code, where there is one.
    pub(super) before: &'static str,
    /// Below it.
    pub(super) after: &'static str,
    pub(super) signature: &'static str,
}

/// What is known of a mail's kind; `None` for a kind that this version has no words for.
pub(super) struct Telling {
    pub(super) english: Words,
    pub(super) chinese: Words,
}

const ENGLISH_AFTER_CODE: &str = "The code is good for {minutes} minutes and works once. Do not pass it on: nobody who \
                                  works for {product} will ever ask for it. If it was not you who asked, ignore this \
                                  mail; without the code nothing happens.";
const CHINESE_AFTER_CODE: &str = "验证码在 {minutes} 分钟内有效，仅可使用一次。请勿告诉任何人，{product} 的工作人员不会向您索要验证码。如果不是您本人操作，请忽略本邮件；没有验证码，什么都不会发生。";

const fn english(subject: &'static str, before: &'static str, after: &'static str) -> Words {
    Words {
        language: "en",
        subject,
        before,
        after,
        signature: "This mail was sent by {product}. Please do not reply to it.",
    }
}

const fn chinese(subject: &'static str, before: &'static str, after: &'static str) -> Words {
    Words {
        language: "zh", subject, before, after, signature: "本邮件由 {product} 自动发送，请勿回复。"
    }
}

/// What a digest says before and after who wrote.
const DIGEST: [[&str; 3]; 2] = [
    [
        "Messages wait for you on {product}",
        "{count} on {product}:",
        "Open {product} to read them. You get a mail like this only after you have been away for a while, and not \
         again for some hours.",
    ],
    [
        "您在 {product} 上有未读消息",
        "您在 {product} 上有{count}：",
        "打开 {product} 即可查看。仅当您离开一段时间后才会收到此类邮件，之后数小时内不会再次发送。",
    ],
];

/// What a mail says that only tries out whether mail gets through.
pub(super) const fn trial() -> Telling {
    Telling {
        english: english(
            "Test mail from {product}",
            "Somebody who runs {product} tries out whether its mail gets through. It does: here it is.",
            "There is nothing to do.",
        ),
        chinese: chinese(
            "{product} 测试邮件",
            "{product} 的运营人员正在测试邮件发送功能。您收到了这封邮件，说明发送正常。",
            "您无需进行任何操作。",
        ),
    }
}

pub(super) fn telling(content: &MailContent) -> Option<Telling> {
    let code = |subject: [&'static str; 2], before: [&'static str; 2]| Telling {
        english: english(subject[0], before[0], ENGLISH_AFTER_CODE),
        chinese: chinese(subject[1], before[1], CHINESE_AFTER_CODE),
    };
    let notice = |subject: [&'static str; 2], before: [&'static str; 2], after: [&'static str; 2]| Telling {
        english: english(subject[0], before[0], after[0]),
        chinese: chinese(subject[1], before[1], after[1]),
    };
    Some(match content {
        MailContent::Code { purpose: Purpose::Register, .. } => code(
            ["Your code for {product}", "{product} 注册验证码"],
            ["Welcome. Enter this code to make your account:", "欢迎使用。请输入以下验证码完成注册："],
        ),
        MailContent::Code { purpose: Purpose::ResetPassword, .. } => code(
            ["Choose a new password for {product}", "{product} 重置密码验证码"],
            ["Enter this code to choose a new password:", "请输入以下验证码设置新密码："],
        ),
        MailContent::Code { purpose: Purpose::ChangeEmail, .. } => code(
            ["Confirm your new address for {product}", "{product} 更换邮箱验证码"],
            [
                "Enter this code to use this address for your account from now on:",
                "请输入以下验证码，将此邮箱设为您账号的新邮箱：",
            ],
        ),
        MailContent::AlreadyRegistered => notice(
            ["You have an account with {product} already", "您已拥有 {product} 账号"],
            [
                "Somebody asked to register with this address, and there is an account with it already.",
                "有人使用此邮箱申请注册，但此邮箱已有账号。",
            ],
            [
                "If it was you, log in, or choose a new password if you forgot yours. If not, there is nothing to do: \
                 your account was not touched.",
                "如果是您本人操作，请直接登录；若忘记密码，可以重置密码。如果不是，您无需处理，您的账号没有任何变动。",
            ],
        ),
        MailContent::PasswordChanged => notice(
            ["Your password for {product} was changed", "您的 {product} 密码已更改"],
            [
                "The password of your account was changed, and your other devices were signed out.",
                "您的账号密码已更改，其他设备已退出登录。",
            ],
            [
                "If it was not you, ask for a new password at once, and change the password of this mailbox.",
                "如果不是您本人操作，请立即重置密码，并更改此邮箱的密码。",
            ],
        ),
        MailContent::EmailChanged => notice(
            ["Your address for {product} was changed", "您的 {product} 邮箱已更换"],
            [
                "Your account has another mail address from now on; this one no longer belongs to it.",
                "您的账号已更换邮箱，此邮箱不再与账号关联。",
            ],
            [
                "If it was not you, somebody else can get into your account. Tell those who run {product} at once.",
                "如果不是您本人操作，说明他人能够进入您的账号，请立即联系 {product} 的运营人员。",
            ],
        ),
        MailContent::AccountDeleted => notice(
            ["Your account with {product} was deleted", "您的 {product} 账号已注销"],
            [
                "Your account was deleted, and all of your devices were signed out.",
                "您的账号已注销，所有设备已退出登录。",
            ],
            ["You can register with this address again at any time.", "您可以随时使用此邮箱重新注册。"],
        ),
        MailContent::Digest { .. } => {
            let [[subject, before, after], [its_subject, its_before, its_after]] = DIGEST;
            notice([subject, its_subject], [before, its_before], [after, its_after])
        }
        _ => return None,
    })
}
