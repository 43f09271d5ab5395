//! What is made of what is edited: the draft; and the other way round, what a request that was written elsewhere says of what
//! was changed.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    Editor,
    lines::{self, HeaderLine},
};
use crate::model::{Answer, Body, Capture, CaptureId, Fidelity, Head, Header, Origin, Seq, Timing, Version, Wire};

impl Editor {
    /// The draft, made at that time. What was not touched is what it was, byte for byte; a `Content-Length` that was not
    /// touched says how long a changed body is.
    pub fn draft(&self, now: Timestamp) -> Capture {
        let base = &self.base;
        let body = self.body.changed(&base.body);
        let wire = match &body {
            // Those are the chunks of another body.
            Some(_) => Wire::default(),
            None => Wire::new(base.wire.chunks.clone(), None),
        };
        Capture {
            id: CaptureId::at(now),
            seq: Seq(0),
            received_at: now,
            remote: None,
            head: self.head(body.as_ref().map(Bytes::len)),
            body: body.map_or_else(|| base.body.clone(), Body::complete),
            trailers: base.trailers.clone(),
            answer: Arc::new(Answer { because: Some(Origin::UNANSWERED.into()), ..Answer::default() }).into(),
            timing: Timing::default(),
            wire,
            origin: Some(Origin { of: self.of.map(|(_, id)| id) }),
        }
    }

    /// Whether `Content-Length` in this line follows the body: it stands there once, and nobody wrote in it.
    pub(super) fn follows_body(&self, line: &HeaderLine) -> bool {
        let is = |line: &HeaderLine| line.name.bytes().eq_ignore_ascii_case(b"content-length");
        is(line)
            && line.is_same(&self.base.head)
            && self.lines.iter().filter(|line| !line.removed && is(line)).count() == 1
    }

    /// The head with the lines that stay, with that length of the body where it is another than it was.
    fn head(&self, length: Option<usize>) -> Head {
        let base = &self.base.head;
        let length = length.map(|length| length.to_string());
        let kept: Vec<&HeaderLine> = self.lines.iter().filter(|line| !line.removed).collect();
        let value = |line: &HeaderLine| match &length {
            Some(length) if self.follows_body(line) => length.as_bytes().to_vec(),
            _ => line.value.bytes().to_vec(),
        };
        let pairs: Vec<(&[u8], Vec<u8>)> = kept.iter().map(|line| (line.name.bytes(), value(line))).collect();
        let fields = || pairs.iter().map(|(name, value)| (*name, value.as_slice()));
        let (method, target) = (self.method.bytes(), self.target.bytes());
        let fidelity = if base.fidelity() == Fidelity::Exact { Fidelity::Fields } else { base.fidelity() };
        let plain = Head::from_parts(method, target, base.version(), fields(), fidelity);
        if base.fidelity() != Fidelity::Exact || base.version() == Version::Http2 {
            return plain;
        }
        // The lines that were not touched, with their white space and their line ends.
        let mut bytes = if self.method_changed() || self.target_changed() {
            [method, b" ", target, b" ", base.version().as_str().as_bytes(), b"\r\n"].concat()
        } else {
            base.request_line().to_vec()
        };
        for (line, (name, value)) in kept.iter().zip(&pairs) {
            match line.from {
                Some(at) if line.is_same(base) && value == line.value.bytes() => bytes.extend_from_slice(base.line(at)),
                _ => bytes.extend_from_slice(&[*name, b": ", value, b"\r\n"].concat()),
            }
        }
        let end = base.end_line();
        bytes.extend_from_slice(if end.is_empty() { b"\r\n" } else { end });
        Head::parse(bytes.into()).ok().filter(|exact| exact.has_parts_of(&plain)).unwrap_or(plain)
    }

    /// The request as a text to be edited elsewhere, as far as its body is in memory. Lines end in line feeds, since editors
    /// show anything else at each line; what was not touched gets its own line ends back.
    pub fn written(&self) -> Vec<u8> {
        let head = self.head(None);
        let mut text = [head.method(), b" ", head.target(), b" ", head.version().as_str().as_bytes(), b"\n"].concat();
        for header in head.headers() {
            text.extend_from_slice(&[header.name, b": ", header.value, b"\n"].concat());
        }
        text.push(b'\n');
        let body = self.body.changed(&self.base.body).or_else(|| self.base.body.bytes().cloned());
        text.extend_from_slice(&body.unwrap_or_default());
        text
    }

    /// Takes in a request that was edited elsewhere: each header line is held against those that there were.
    pub fn take(&mut self, head: &Head, body: &Bytes) {
        self.remember();
        self.method.replace(head.method());
        self.target.replace(head.target());
        self.lines = aligned(&self.base.head, head);
        self.take_body(body);
        self.settle_field();
    }

    /// Takes in a body that was edited elsewhere.
    pub fn take_body(&mut self, body: &Bytes) {
        self.body.replace(body, &self.base.body);
        self.top = 0;
        self.check();
    }
}

/// The lines of `head`, each with the line of `base` that it was: first those that say the same in the same order, then those
/// that say it elsewhere, then those of the same name. What none was is removed.
fn aligned(base: &Head, head: &Head) -> Vec<HeaderLine> {
    let was: Vec<Header<'_>> = base.headers().collect();
    let now: Vec<Header<'_>> = head.headers().collect();
    let mut from: Vec<Option<usize>> = vec![None; now.len()];
    let mut taken = vec![false; was.len()];
    let same = |one: &Header<'_>, other: &Header<'_>| one.name == other.name && one.value == other.value;
    let named = |one: &Header<'_>, other: &Header<'_>| one.name.eq_ignore_ascii_case(other.name);
    let mut behind = 0;
    for (line, from) in now.iter().zip(&mut from) {
        if let Some(at) = (behind..was.len()).find(|at| was.get(*at).is_some_and(|was| same(was, line))) {
            *from = Some(at);
            behind = at + 1;
            if let Some(taken) = taken.get_mut(at) {
                *taken = true;
            }
        }
    }
    for matches in [&same as &dyn Fn(&Header<'_>, &Header<'_>) -> bool, &named] {
        for (line, from) in now.iter().zip(&mut from).filter(|(_, from)| from.is_none()) {
            let free = was.iter().zip(&mut taken).enumerate().find(|(_, (was, taken))| !**taken && matches(was, line));
            if let Some((at, (_, taken))) = free {
                (*from, *taken) = (Some(at), true);
            }
        }
    }
    let mut lines: Vec<HeaderLine> = now.iter().zip(from).map(|(line, from)| HeaderLine::new(line, from)).collect();
    for (at, (header, _)) in was.iter().zip(taken).enumerate().filter(|(_, (_, taken))| !*taken) {
        let place = lines.iter().rposition(|line| line.from.is_some_and(|from| from < at)).map_or(0, |place| place + 1);
        lines.insert(place, HeaderLine { removed: true, ..HeaderLine::new(header, Some(at)) });
    }
    lines::mark_moved(&mut lines);
    lines
}
