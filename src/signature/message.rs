//! What a signature is checked against: a request as it came, or as it is going to be sent.

use std::time::Duration;

use jiff::Timestamp;

use super::urls;
use crate::model::{Capture, Content, Header};
use crate::provider::top_level::Value;

/// How many bytes of a body are looked at for fields in it.
pub const LOOKED_AT: usize = 1 << 20;

/// A request, borrowed.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// Its method.
    pub method: &'a [u8],
    /// Its target: path and query, as a rule.
    pub target: &'a [u8],
    /// Its header lines in order.
    pub headers: Vec<Header<'a>>,
    /// Its body as it was signed: without transfer coding, with its content codings. It may be in a file.
    pub body: Content,
    /// Whether all of the body is here.
    pub whole: bool,
    /// When it came: by this its age is judged.
    pub received_at: Timestamp,
    /// What the sender may have called it by, the likeliest first.
    pub urls: Vec<String>,
}

impl<'a> Message<'a> {
    /// A capture. `public` are the URLs under which creel can be reached, as far as they are known.
    pub fn of(capture: &'a Capture, public: &[String]) -> Self {
        let mut message = Self {
            method: capture.head.method(),
            target: capture.head.target(),
            headers: capture.head.headers().collect(),
            body: capture.body.content().clone(),
            whole: !capture.body.is_truncated(),
            received_at: capture.received_at,
            urls: Vec::new(),
        };
        message.urls = urls::candidates(&message, public);
        message
    }

    /// The value of the first header of that name, case aside.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|header| header.is(name)).map(|header| header.value)
    }

    /// The values of all headers of that name.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        self.headers.iter().filter(move |header| header.is(name)).map(|header| header.value)
    }

    /// The JSON of the body, as far as fields in it are looked for.
    pub fn json(&self) -> Option<Value<'_>> {
        Value::within(self.body.first(), LOOKED_AT)
    }

    /// The path of the target, without its query.
    pub fn path(&self) -> &'a [u8] {
        self.target.split(|byte| *byte == b'?').next().unwrap_or_default()
    }
}

/// How the age of a signature is judged.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Age {
    /// As the provider's own libraries do.
    #[default]
    Scheme,
    /// Not at all.
    Off,
    /// This far to either side.
    Within(Duration),
}
