//! Building the answer that every request gets, from what the user asked for.
//!
//! Decided: what cannot be sent is said when it is asked for, not when the first request comes. Refused: answers of the
//! 1xx class, which do not end a request (RFC 9110 §15.2), and header lines that frame the message, which are the
//! connection's.

use bytes::Bytes;
use http::HeaderValue;

use crate::model::Answer;

/// Why an answer cannot be sent.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnswerError {
    /// The status is not one that ends a request.
    #[error("{0} cannot be the status of an answer: choose one from 200 to 599")]
    Status(u16),
    /// The status says that there is no body (RFC 9110 §15.3.5, §15.3.6, §15.4.5).
    #[error("an answer of status {0} has no body: leave the body out, or choose another status")]
    Body(u16),
    /// The content type cannot stand in a header line.
    #[error("the content type {0:?} cannot stand in a header: write it like text/plain or application/json")]
    ContentType(String),
    /// A content type describes nothing without a body.
    #[error("a content type needs a body: give the body too, or leave the content type out")]
    NothingToDescribe,
}

/// The answer of that status, with that body where one is given.
///
/// A body without a content type is called `text/plain; charset=utf-8` where it is UTF-8 and
/// `application/octet-stream` where it is not.
pub fn answer(status: u16, body: Option<Bytes>, content_type: Option<&str>) -> Result<Answer, AnswerError> {
    if !(200..=599).contains(&status) {
        return Err(AnswerError::Status(status));
    }
    let Some(body) = body else {
        return if content_type.is_some() { Err(AnswerError::NothingToDescribe) } else { Ok(Answer::status(status)) };
    };
    if matches!(status, 204 | 205 | 304) {
        return Err(AnswerError::Body(status));
    }
    let text =
        if std::str::from_utf8(&body).is_ok() { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    let content_type = content_type.unwrap_or(text);
    let sendable = HeaderValue::from_str(content_type).is_ok_and(|value| value.to_str().is_ok());
    if !sendable || !content_type.contains('/') {
        return Err(AnswerError::ContentType(content_type.to_owned()));
    }
    let headers = vec![("content-type".to_owned(), Bytes::copy_from_slice(content_type.as_bytes()))];
    Ok(Answer { status, headers, body, because: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_alone_is_an_answer() {
        assert_eq!(answer(503, None, None).unwrap(), Answer::status(503));
        assert_eq!(answer(204, None, None).unwrap(), Answer::status(204));
    }

    #[test]
    fn a_body_has_a_content_type() {
        for (body, given, expected) in [
            (b"ok".as_slice(), None, "text/plain; charset=utf-8"),
            (b"\xff", None, "application/octet-stream"),
            (b"{}", Some("application/json"), "application/json"),
        ] {
            let answer = answer(200, Some(Bytes::from_static(body)), given).unwrap();
            assert_eq!(answer.headers, [("content-type".to_owned(), Bytes::from_static(expected.as_bytes()))]);
            assert_eq!(answer.body, body);
        }
    }

    #[test]
    fn what_cannot_be_sent_says_why() {
        let body = || Some(Bytes::from_static(b"x"));
        for (result, sentence) in [
            (answer(101, None, None), "101 cannot be the status of an answer: choose one from 200 to 599"),
            (answer(600, None, None), "600 cannot be the status of an answer: choose one from 200 to 599"),
            (
                answer(204, body(), None),
                "an answer of status 204 has no body: leave the body out, or choose another status",
            ),
            (
                answer(200, body(), Some("a/b\r\nX: y")),
                "the content type \"a/b\\r\\nX: y\" cannot stand in a header: write it like text/plain or application/json",
            ),
            (
                answer(200, None, Some("a/b")),
                "a content type needs a body: give the body too, or leave the content type out",
            ),
        ] {
            assert_eq!(result.unwrap_err().to_string(), sentence);
        }
    }
}
