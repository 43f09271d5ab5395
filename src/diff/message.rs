//! A message that is compared: a request, or an answer.

use std::borrow::Cow;

use bytes::Bytes;

use crate::model::{Attempt, Capture, Content, Outcome, Size};

/// What the first line says, a part of it at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct First {
    /// What this part is.
    pub name: &'static str,
    /// What it says.
    pub text: Vec<u8>,
}

/// A header line, or a trailer field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name, as it came.
    pub name: Bytes,
    /// Its value.
    pub value: Bytes,
    /// What is shown in place of the value, where that is a secret.
    pub covered: Option<Bytes>,
}

/// A body, and what is known of how to read it.
#[derive(Clone, Debug)]
pub struct Part {
    /// The bytes.
    pub content: Content,
    /// All header lines, for the type and the coding.
    pub headers: Vec<(Bytes, Bytes)>,
}

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Message {
    /// What it is called on the screen; may hold text from outside.
    pub label: String,
    /// Its first line.
    pub first: Vec<First>,
    /// Its header lines; nothing where there was no answer.
    pub headers: Option<Vec<Field>>,
    /// Its trailer fields.
    pub trailers: Vec<Field>,
    /// Its body; nothing where there was no answer.
    pub body: Option<Part>,
    /// What a reader should know of it, such as that it did not come whole.
    pub notes: Vec<String>,
}

/// Why something cannot be compared, in a sentence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoMessage(pub String);

/// What is shown of the value of a header of that name, where it is covered.
pub type Cover<'a> = &'a dyn Fn(&[u8], &[u8]) -> Option<Vec<u8>>;

/// Covers nothing.
pub const PLAIN: Cover<'static> = &|_, _| None;

impl Message {
    /// The request of a capture.
    pub fn request(capture: &Capture, label: String, cover: Cover<'_>) -> Self {
        let head = &capture.head;
        let first = |name, text: &[u8]| First { name, text: text.to_vec() };
        let pairs: Vec<_> = head.headers().map(|header| (copy(header.name), copy(header.value))).collect();
        Self {
            label,
            first: vec![
                first("method", head.method()),
                first("target", head.target()),
                first("version", head.version().to_string().as_bytes()),
            ],
            headers: Some(fields(&pairs, cover)),
            trailers: fields(&capture.trailers, cover),
            body: Some(Part { content: capture.body.content().clone(), headers: pairs }),
            notes: capture
                .body
                .end()
                .sentence()
                .map(|why| format!("the body is not whole: {why}"))
                .into_iter()
                .collect(),
        }
    }

    /// The answer that the sender of a capture got.
    pub fn answer(capture: &Capture, label: String, cover: Cover<'_>) -> Result<Self, NoMessage> {
        if capture.answer.is_awaited() {
            return Err(NoMessage(format!(
                "{} has not been answered yet, so there is nothing to compare",
                capture.seq
            )));
        }
        let answer = capture.answer.now();
        let headers: Vec<_> =
            answer.headers.iter().map(|(name, value)| (copy(name.as_bytes()), value.clone())).collect();
        let because = answer.because.as_ref().map(|because| format!("creel answered so because {because}"));
        Ok(Self {
            label,
            first: vec![First { name: "status", text: answer.status.to_string().into_bytes() }],
            headers: Some(fields(&headers, cover)),
            trailers: Vec::new(),
            body: Some(Part { content: answer.body.clone().into(), headers }),
            notes: because.into_iter().collect(),
        })
    }

    /// What came of an attempt.
    pub fn outcome(attempt: &Attempt, label: String, cover: Cover<'_>) -> Result<Self, NoMessage> {
        let status = |text: String| vec![First { name: "status", text: text.into_bytes() }];
        let none = |text: String| Self {
            label: label.clone(),
            first: status(text),
            headers: None,
            trailers: Vec::new(),
            body: None,
            notes: vec!["there was no answer, so there are no headers and no body to compare".to_owned()],
        };
        Ok(match &attempt.outcome {
            None => return Err(NoMessage("that attempt is still under way; compare it when it has ended".to_owned())),
            Some(Outcome::Cancelled) => none("cancelled".to_owned()),
            Some(Outcome::Failed(failure)) => none(failure.sentence.clone()),
            Some(Outcome::Replied(reply)) => Self {
                label,
                // The words behind the status are for people, and HTTP/2 has none (RFC 9112 §4).
                first: status(reply.status.to_string()),
                headers: Some(fields(&reply.headers, cover)),
                trailers: Vec::new(),
                body: Some(Part { content: reply.body.clone().into(), headers: reply.headers.clone() }),
                notes: reply
                    .body_cut
                    .iter()
                    .map(|cut| format!("the body is not whole ({} came): {cut}", Size(reply.body_received)))
                    .collect(),
            },
        })
    }

    /// Without the header lines that a connection has and a configured answer has not; for comparing with such an answer.
    #[must_use]
    pub fn without_connection(mut self) -> Self {
        let own = [&b"date"[..], b"content-length", b"connection", b"keep-alive", b"transfer-encoding"];
        if let Some(headers) = &mut self.headers {
            let before = headers.len();
            headers.retain(|field| !own.iter().any(|name| field.name.eq_ignore_ascii_case(name)));
            if headers.len() < before {
                self.notes.push(
                    "without Date, Content-Length and the like, which belong to the connection and are not kept of an answer"
                        .to_owned(),
                );
            }
        }
        self
    }
}

impl Field {
    /// The value as it may be shown.
    pub fn shown(&self) -> &[u8] {
        self.covered.as_ref().unwrap_or(&self.value)
    }
}

impl Part {
    /// The values of all header lines of that name.
    pub fn header(&self, wanted: &str) -> Option<Cow<'_, [u8]>> {
        let is = |name: &Bytes| name.eq_ignore_ascii_case(wanted.as_bytes());
        self.headers.iter().find(|(name, _)| is(name)).map(|(_, value)| Cow::Borrowed(value.as_ref()))
    }
}

fn fields(pairs: &[(Bytes, Bytes)], cover: Cover<'_>) -> Vec<Field> {
    let field = |(name, value): &(Bytes, Bytes)| Field {
        name: name.clone(),
        value: value.clone(),
        covered: cover(name, value).map(Bytes::from),
    };
    pairs.iter().map(field).collect()
}

fn copy(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
