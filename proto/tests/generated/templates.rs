//! The parts of the generated files that do not depend on the catalogue.

pub(crate) const PROTO_TYPES: &str = r"/// Whether to send the same request again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It will fail again.
    Never,
    /// It may succeed later, and repeating it is safe.
    Later,
}

impl From<Retry> for v1::Retry {
    fn from(retry: Retry) -> Self {
        match retry {
            Retry::Never => Self::Never,
            Retry::Later => Self::Later,
        }
    }
}

/// The languages that the catalogue has texts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

";

pub(crate) const PROTO_METHODS: &str = r"    /// The code of this text, as it stands in a problem document or an error frame; `None` if this release does
    /// not know it, and then what the answer itself says about retrying holds.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == code)
    }

    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The code as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().code
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn retry(self) -> Retry {
        self.row().retry
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        self.row().status
    }

    /// The code with which a WebSocket is closed after this error; `None` if the connection goes on.
    #[must_use]
    pub const fn closes(self) -> Option<CloseCode> {
        self.row().closes
    }

    /// A sentence for the person in front of the screen.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        match language {
            Language::English => self.row().english,
            Language::Chinese => self.row().chinese,
        }
    }
}
";

pub(crate) const CORE_METHODS: &str = r"    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The code as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().code
    }

    /// Whether the same request may succeed later; repeating it is safe then.
    #[must_use]
    pub const fn retryable(self) -> bool {
        self.row().retryable
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        self.row().status
    }

    /// A sentence in English, which tells nothing of the inside.
    #[must_use]
    pub const fn message(self) -> &'static str {
        self.row().message
    }
}
";

pub(crate) const DISPLAY: &str = r"
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
";

pub(crate) const PROTO_ROW: &str = r"
struct Row {
    code: &'static str,
    status: u16,
    retry: Retry,
    closes: Option<CloseCode>,
    english: &'static str,
    chinese: &'static str,
}
";

pub(crate) const CORE_ROW: &str = r"
struct Row {
    code: &'static str,
    status: u16,
    retryable: bool,
    message: &'static str,
}
";

pub(crate) const CLOSE_METHODS: &str = r"    ];

    /// The code of this number; `None` if this release does not know it, and then [`Reconnect::BackOff`] is right,
    /// as it is when the connection broke without a close frame.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.number() == number)
    }

    /// What stands in the close frame.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// What it is called in logs and docs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
";

pub(crate) const CLOSE_TAIL: &str = r#"        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.as_str())
    }
}
"#;

pub(crate) const PAGE_HEAD: &str = r"# Errors

<!-- Generated from proto/errors.toml: FLUX_REGENERATE=1 cargo test -p flux-proto --test generated -->

Every answer that says no carries one of these codes: as `code` of an RFC 9457 problem document
(`application/problem+json`) over HTTP, and as `code` of an `Error` frame over WebSocket. Programs go by the code; the
`message` beside it is for developers and may change. A code never changes its meaning. New ones may be added: a client
that meets one it does not know goes by the HTTP status, or by `retry` of the frame.

## Codes

`never`: the same request will fail again. `later`: it may succeed later, and repeating it is safe; if a time to wait
comes with the answer (`Retry-After`, `retryAfterMs`), wait at least as long.

| code | HTTP | retry | meaning | English | Chinese |
| --- | --- | --- | --- | --- | --- |
";

pub(crate) const PAGE_CLOSES: &str = r"
## WebSocket close codes

Each says whether to connect again. A connection that breaks without a close frame, or is closed with a code that is
not listed, is treated as `back_off`.

";
