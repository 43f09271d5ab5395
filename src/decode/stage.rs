//! What stands between the bytes that came and a view: content codings off, and text into UTF-8.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::{
    Cancelled, Subject, Takes, charset,
    coding::{self, Limits},
};

/// A body without content codings and as UTF-8 where it says that it is in another charset, as far as limits allow; as it
/// came where it cannot be decoded. Waits for the disk where it is in a file. Nothing only when cancelled.
pub fn plain(subject: &Subject, cancelled: &Cancelled) -> Option<Bytes> {
    plain_and_why(subject, cancelled).map(|(bytes, _)| bytes)
}

/// The same, and what went wrong on the way, in a few words.
pub fn plain_and_why(subject: &Subject, cancelled: &Cancelled) -> Option<(Bytes, Option<String>)> {
    Stage::of(subject, None, cancelled).map(|stage| (stage.subject(Takes::Text).bytes.clone(), stage.why))
}

/// A body, as far as it had to be decoded for its views.
#[derive(Debug)]
pub(super) struct Stage {
    /// As it came.
    wire: Subject,
    /// Without content codings, which is mostly the same.
    plain: Subject,
    /// As UTF-8, where it says that it is in another charset.
    text: Option<Subject>,
    /// What was done to come here, a few words each.
    pub done: Vec<String>,
    /// What went wrong on the way.
    pub why: Option<String>,
    /// Whether undoing the content codings was stopped at a limit.
    pub stopped: bool,
}

impl Stage {
    /// Decodes a body for the views that take it so. Waits for the disk where it is in a file. Nothing only when
    /// cancelled.
    pub(super) fn of(subject: &Subject, takes: Option<Takes>, cancelled: &Cancelled) -> Option<Self> {
        let (wire, mut why) = subject.read(cancelled)?;
        let mut stage = Self { plain: wire.clone(), wire, text: None, done: Vec::new(), why: None, stopped: false };
        if takes != Some(Takes::Wire) {
            let (body, value) = (&stage.wire.bytes, subject.content_encoding.as_deref());
            if value.is_some() {
                let limits = if subject.raised { Limits::RAISED } else { Limits::USUAL };
                let decoded = catch_unwind(AssertUnwindSafe(|| coding::decode(body, value, limits, cancelled)));
                match decoded {
                    Ok(decoded) => {
                        let decoded = decoded?;
                        stage.plain = stage.wire.with_bytes(decoded.bytes);
                        stage.done.extend(decoded.done);
                        stage.stopped = decoded.stopped;
                        why = decoded.why.or(why);
                    }
                    Err(_) => why = Some("undoing the content coding failed, which is a fault in creel".to_owned()),
                }
            }
            if takes != Some(Takes::Bytes) {
                stage.recode(cancelled);
            }
        }
        stage.why = why;
        (!cancelled.is_cancelled() || stage.text.is_none()).then_some(stage)
    }

    fn recode(&mut self, cancelled: &Cancelled) {
        let (bytes, content_type) = (&self.plain.bytes, self.plain.content_type.as_deref());
        if let Some((text, name)) = charset::to_utf8(bytes, content_type, cancelled) {
            self.text = Some(self.plain.with_bytes(text.into()));
            self.done.push(format!("from {name}"));
        }
    }

    /// The body as it came.
    pub(super) fn body(&self) -> &Bytes {
        &self.wire.bytes
    }

    /// What a view takes.
    pub(super) fn subject(&self, takes: Takes) -> &Subject {
        match takes {
            Takes::Wire => &self.wire,
            Takes::Bytes => &self.plain,
            Takes::Text => self.text.as_ref().unwrap_or(&self.plain),
        }
    }
}
