//! The calls over HTTP: JSON in, JSON or a problem document out.

pub(crate) mod dto;

use std::sync::Arc;
use std::time::Duration;

use flux_proto::{ErrorCode, Retry};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{ClientError, Refusal};
use crate::net::{Http, HttpRequest, HttpResponse};
use crate::runtime::{Runtime, within};
use crate::secret::Secret;
use crate::token::AccessToken;

/// One gate.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) runtime: Arc<dyn Runtime>,
    /// Without a slash at the end.
    pub(crate) base_url: String,
    pub(crate) timeout: Duration,
}

impl Api {
    /// A call that is answered with a body.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        path: &str,
        bearer: Option<&AccessToken>,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, ClientError> {
        let response = self.call(method, path, bearer, body).await?;
        // The cause of a JSON error may quote the body, which may hold tokens.
        serde_json::from_slice(&response.body)
            .map_err(|_| ClientError::Protocol("an HTTP answer that cannot be read"))
    }

    /// A call whose answer has no body, or one that does not matter.
    pub(crate) async fn tell(
        &self,
        method: &'static str,
        path: &str,
        bearer: Option<&AccessToken>,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<(), ClientError> {
        self.call(method, path, bearer, body).await.map(drop)
    }

    async fn call(
        &self,
        method: &'static str,
        path: &str,
        bearer: Option<&AccessToken>,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<HttpResponse, ClientError> {
        let json = match body {
            Some(body) => Some(Secret::from(
                serde_json::to_string(body)
                    .map_err(|_| ClientError::Invalid("this cannot be written as JSON"))?,
            )),
            None => None,
        };
        let bearer = bearer.map(|token| token.0.clone());
        let request = HttpRequest { method, url: format!("{}{path}", self.base_url), bearer, json };
        let response = within(&*self.runtime, self.timeout, self.http.call(request)).await??;
        if (200..300).contains(&response.status) { Ok(response) } else { Err(refusal(&response).into()) }
    }
}

/// What an answer that is no success says.
pub(crate) fn refusal(response: &HttpResponse) -> Refusal {
    let problem: dto::Problem = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = ErrorCode::parse(&problem.code);
    let by_status = match response.status {
        408 | 425 | 429 | 500.. => Retry::Later,
        _ => Retry::Never,
    };
    let hint = problem.retry_after_ms.filter(|ms| *ms != 0).map(Duration::from_millis);
    Refusal {
        code,
        text: if problem.code.is_empty() { format!("http_{}", response.status) } else { problem.code },
        detail: problem.detail,
        field: problem.field,
        retry: code.map_or(by_status, ErrorCode::retry),
        retry_after: hint.or(response.retry_after),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, body: &'static str) -> Refusal {
        let retry_after = Some(Duration::from_secs(3));
        refusal(&HttpResponse { status, retry_after, body: Bytes::from_static(body.as_bytes()) })
    }

    #[test]
    fn a_problem_document_is_read() {
        let refusal = answer(
            422,
            r#"{"type":"about:blank","title":"x","status":422,"code":"weak_password","detail":"too short","field":"password"}"#,
        );
        assert_eq!(refusal.code, Some(ErrorCode::WeakPassword));
        assert_eq!((refusal.detail.as_str(), refusal.field.as_deref()), ("too short", Some("password")));
        assert_eq!(refusal.retry, Retry::Never);
    }

    #[test]
    fn a_page_of_a_proxy_is_read_by_its_status() {
        let refusal = answer(502, "<html>");
        assert_eq!((refusal.code, refusal.text.as_str()), (None, "http_502"));
        assert_eq!((refusal.retry, refusal.retry_after), (Retry::Later, Some(Duration::from_secs(3))));
    }

    #[test]
    fn the_hint_in_the_document_is_the_finer_one() {
        let refusal = answer(429, r#"{"code":"rate_limited","retry_after_ms":2500}"#);
        assert_eq!(refusal.retry_after, Some(Duration::from_millis(2_500)));
    }
}
