//! From an answer to the response that hyper sends: framed rightly for every method, status and version.
//!
//! Decided: a response to `HEAD` says the length and sends nothing (RFC 9110 §9.3.2); one to `CONNECT` with a 2xx says
//! no length (§9.3.6); 204, 205 and 304 have no body (§15). What the connection needs (`Date`, `Content-Length`,
//! `Connection`) is added here or by hyper and is no part of an [`Answer`].

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, header};
use http_body_util::Full;

use super::{admission::RETRY_AFTER, relay::Sent};
use crate::model::{Answer, Rate};

/// An answer with its parts read already, so that sending it costs no parsing.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) answer: Arc<Answer>,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// To whom a reply goes.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) version: Version,
    /// Whether the sender waits to be told to go on before it sends the body (RFC 9110 §10.1.1).
    pub(super) expects: bool,
}

impl Reply {
    /// Reads an answer. A status or header line that HTTP cannot carry becomes 500 or is left out.
    pub(super) fn new(answer: Arc<Answer>) -> Self {
        let headers = answer.headers.iter().filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let framing = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION].contains(&name);
            (!framing).then_some((name, HeaderValue::from_bytes(value).ok()?))
        });
        Self {
            status: StatusCode::from_u16(answer.status)
                .ok()
                .filter(|status| !status.is_informational())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: headers.collect(),
            answer,
        }
    }

    /// The response, which closes an HTTP/1 connection when `close` is set.
    pub(super) fn to(&self, asked: &Asked, close: bool) -> Response<Sent> {
        let Asked { method, version, .. } = asked;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        // HTTP/2 has no such header (RFC 9113 §8.2.2).
        if close && *version != Version::HTTP_2 {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let tunnel = *method == Method::CONNECT && self.status.is_success();
        let bare = matches!(self.status.as_u16(), 204 | 205 | 304);
        let body = if tunnel || bare {
            Bytes::new()
        } else if *method == Method::HEAD {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.answer.body.len()));
            Bytes::new()
        } else {
            self.answer.body.clone()
        };
        let mut response = Response::new(Sent::Whole(Full::new(body)));
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

/// What a sender is told, case by case.
#[derive(Debug)]
pub(super) struct Replies {
    pub(super) configured: Reply,
    pub(super) too_large: Reply,
    pub(super) overloaded: Reply,
    /// The connection was one too many.
    pub(super) crowded: Reply,
    /// The request was over the rate.
    pub(super) limited: Reply,
    pub(super) over_spool: Reply,
    pub(super) spool_full: Reply,
    pub(super) disk_failed: Reply,
    /// It could not be written to the inbox, which its sender was to wait for.
    pub(super) not_on_disk: Reply,
    pub(super) late: Reply,
    pub(super) closed_early: Reply,
    pub(super) malformed: Reply,
    /// For the record only: the connection was gone before anything could be said.
    pub(super) unanswered: Reply,
    /// For the record only: creel stopped before anything could be said.
    pub(super) abandoned: Reply,
    /// The request had been sent on, and creel stopped before its target answered.
    pub(super) stopped: Reply,
}

impl Replies {
    /// The configured answer and those that stand in for it.
    pub(super) fn new(configured: Arc<Answer>, max_body: u64, rate: Option<Rate>) -> Self {
        let next = rate.map_or(Duration::ZERO, Rate::interval);
        // Whole seconds, rounded up (RFC 9110 §10.2.3).
        let next = next.as_secs() + u64::from(next.subsec_nanos() > 0);
        let reply = |status, because: &'static str, body: String| {
            let mut answer =
                Answer { status, headers: Vec::new(), body: Bytes::from(body), because: Some(because.into()) };
            if !answer.body.is_empty() {
                answer.headers.push(("content-type".to_owned(), Bytes::from_static(b"text/plain; charset=utf-8")));
            }
            if status == 429 {
                answer.headers.push(("retry-after".to_owned(), Bytes::from(next.to_string())));
            }
            if status == 503 {
                answer.headers.push(("retry-after".to_owned(), Bytes::from_static(RETRY_AFTER.as_bytes())));
            }
            Reply::new(Arc::new(answer))
        };
        let say = |status, because: &'static str| reply(status, because, format!("{because}\n"));
        Self {
            configured: Reply::new(configured),
            too_large: reply(
                413,
                "the body is larger than --max-body",
                format!("the body is larger than the limit of {max_body} bytes\n"),
            ),
            overloaded: say(503, "too many bytes are being received at once"),
            crowded: say(503, "too many connections are open"),
            limited: say(429, "more requests came than --rate lets in"),
            over_spool: say(413, "the body is larger than all that large bodies may take (--spool-bytes)"),
            spool_full: say(507, "large bodies take all the disk that they may (--spool-bytes)"),
            disk_failed: say(507, "the disk does not take the body"),
            not_on_disk: say(503, "the request could not be written to the disk"),
            late: say(408, "the body did not come in time"),
            closed_early: say(400, "the connection ended before the body was whole"),
            malformed: say(400, "the framing of the body is wrong"),
            unanswered: reply(499, "the connection ended before an answer could be sent", String::new()),
            stopped: say(503, "creel was stopped before the target answered"),
            abandoned: reply(503, "creel was stopped before the body was whole", String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::answers::answer;
    use http_body::Body;

    fn respond(method: Method, status: u16, body: &'static str) -> (HeaderMap, Option<u64>) {
        let body = (!body.is_empty()).then(|| Bytes::from_static(body.as_bytes()));
        let reply = Reply::new(Arc::new(answer(status, body, None).unwrap()));
        let response = reply.to(&Asked { method, version: Version::HTTP_11, expects: false }, false);
        let length = response.body().size_hint().exact();
        (response.into_parts().0.headers, length)
    }

    #[test]
    fn a_head_request_is_told_the_length_and_sent_nothing() {
        let (headers, length) = respond(Method::HEAD, 200, "four");
        assert_eq!((headers[header::CONTENT_LENGTH].as_bytes(), length), (b"4".as_slice(), Some(0)));
        assert_eq!(headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    }

    #[test]
    fn a_tunnel_and_a_bare_status_carry_no_length() {
        for (method, status, body) in [(Method::CONNECT, 200, "x"), (Method::GET, 204, ""), (Method::HEAD, 304, "")] {
            let (headers, length) = respond(method.clone(), status, body);
            assert_eq!((headers.get(header::CONTENT_LENGTH), length), (None, Some(0)), "{method} {status}");
        }
        assert_eq!(respond(Method::CONNECT, 404, "x").1, Some(1));
    }

    #[test]
    fn an_answer_that_http_cannot_carry_is_no_panic() {
        let headers = vec![("a b".to_owned(), Bytes::new()), ("Content-Length".to_owned(), Bytes::from_static(b"9"))];
        let answer = Answer { status: 99, headers, body: Bytes::new(), because: None };
        let reply = Reply::new(Arc::new(answer));
        let response = reply.to(&Asked { method: Method::GET, version: Version::HTTP_2, expects: false }, true);
        assert_eq!(response.status(), 500);
        assert!(response.headers().is_empty());
    }
}
