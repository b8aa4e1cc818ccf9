//! Problem details (RFC 9457): how every refusal over HTTP looks.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flux_core::ErrorCode;
use flux_proto::Language;
use serde::Serialize;

/// The content type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was refused, without anything of the inside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Problem {
    code: ErrorCode,
    detail: Option<Cow<'static, str>>,
    field: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
}

/// What travels.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Problem {
    /// A problem of this kind.
    pub const fn new(code: ErrorCode) -> Self {
        Self { code, detail: None, field: None, retry_after: None }
    }

    /// Says more for developers: a lowercase fragment.
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names the field of the request that is at fault.
    pub fn with_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says when to try again.
    pub const fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// What happened.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The status that goes with it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The document, in JSON.
    #[must_use]
    pub fn document(&self, language: Language, request_id: Option<&str>) -> String {
        let text = flux_proto::ErrorCode::parse(self.code.as_str()).map(|code| code.text(language));
        let document = Document {
            r#type: format!("urn:flux:error:{}", self.code.as_str()),
            title: text.unwrap_or(self.code.message()),
            status: self.code.http_status(),
            code: self.code.as_str(),
            detail: self.detail.as_deref(),
            field: self.field.as_deref(),
            retry_after_ms: self.hint().map(|hint| u64::try_from(hint.as_millis()).unwrap_or(u64::MAX)),
            request_id,
        };
        // Strings and numbers always serialise.
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// The answer, in the language that the request prefers.
    #[must_use]
    pub fn response(&self, language: Language, request_id: Option<&str>) -> Response {
        let mut response = (self.status(), self.document(language, request_id)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        let tag = match language {
            Language::Chinese => "zh",
            _ => "en",
        };
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(tag));
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
        if let Some(hint) = self.hint() {
            // Whole seconds, rounded up: who waits that long has waited long enough.
            let seconds = hint.as_secs() + u64::from(hint.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == ErrorCode::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    fn hint(&self) -> Option<Duration> {
        let busy = matches!(
            self.code,
            ErrorCode::Overloaded | ErrorCode::Unavailable | ErrorCode::Draining | ErrorCode::RateLimited
        );
        self.retry_after.or(busy.then_some(Duration::from_secs(1)))
    }
}

/// In English; the layers of the gate put it into the language of the request.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.response(Language::English, None);
        response.extensions_mut().insert(self);
        response
    }
}

/// The language that a request prefers, of those there are: the one with the greatest weight in `Accept-Language`
/// (RFC 9110, section 12.5.4), English if none is asked for.
#[must_use]
pub fn language(headers: &HeaderMap) -> Language {
    let mut best = (Language::English, 0_u16);
    let asked = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    for range in asked.flat_map(|value| value.split(',')).take(32) {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default().split('-').next().unwrap_or_default();
        let language = match tag.to_ascii_lowercase().as_str() {
            "zh" => Language::Chinese,
            "en" | "*" => Language::English,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1_000), thousandths);
        if let Some(weight) = weight.filter(|weight| *weight > best.1) {
            best = (language, weight);
        }
    }
    best.0
}

/// `0.8` as 800.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    if part.len() > 3 {
        return None;
    }
    let value = format!("{whole}{part:0<3}").parse::<u16>().ok()?;
    (value <= 1_000).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(value).unwrap());
        language(&headers)
    }

    #[test]
    fn the_language_with_the_greatest_weight_is_taken() {
        for chinese in ["zh", "zh-CN,zh;q=0.9,en;q=0.8", "fr, en;q=0.5, zh-TW;q=0.6", "en;q=0, zh;q=0.001"] {
            assert_eq!(asked(chinese), Language::Chinese, "{chinese}");
        }
        for english in
            ["", "en", "fr", "*", "en-GB, zh;q=0.9", "zh;q=0", "zh;q=7", "zh;q=0.12345", "zhongwen"]
        {
            assert_eq!(asked(english), Language::English, "{english}");
        }
        assert_eq!(language(&HeaderMap::new()), Language::English);
    }

    #[test]
    fn every_code_is_a_problem_of_its_status_in_both_languages() {
        for code in ErrorCode::ALL {
            let problem = Problem::new(code);
            assert_eq!(problem.status().as_u16(), code.http_status());
            let texts = [Language::English, Language::Chinese].map(|language| {
                let document: serde_json::Value =
                    serde_json::from_str(&problem.document(language, Some("abc"))).unwrap();
                assert_eq!(document["code"], code.as_str());
                assert_eq!(document["status"], code.http_status());
                assert_eq!(document["type"], format!("urn:flux:error:{}", code.as_str()));
                assert_eq!(document["request_id"], "abc");
                document["title"].as_str().unwrap().to_owned()
            });
            assert_eq!(texts[0], code.message());
            assert_ne!(texts[0], texts[1]);
        }
    }

    #[test]
    fn a_hint_is_given_in_milliseconds_and_in_seconds_rounded_up() {
        let problem = Problem::new(ErrorCode::RateLimited).with_retry_after(Duration::from_millis(1_001));
        let response = problem.response(Language::English, None);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert!(problem.document(Language::English, None).contains(r#""retry_after_ms":1001"#));
        // Who is told to come back is told when.
        assert!(
            Problem::new(ErrorCode::Overloaded).into_response().headers().contains_key(header::RETRY_AFTER)
        );
        assert!(
            !Problem::new(ErrorCode::NotFound).into_response().headers().contains_key(header::RETRY_AFTER)
        );
    }

    #[test]
    fn what_is_refused_for_want_of_a_token_says_how_to_bring_one() {
        let response = Problem::new(ErrorCode::Unauthenticated).into_response();
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
        assert_eq!(response.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
    }
}
