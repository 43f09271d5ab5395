//! A head taken apart without being written again, so that a journal gives back exactly what it was given.
//!
//! Reading the bytes again would not do: a head that was put together from parts may hold a value in which a reader would
//! see two lines.

use bytes::Bytes;

use super::{Fidelity, Head, Span, Version};

/// Where in its bytes the parts of a head lie, as offsets: start and end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spans {
    /// The method.
    pub method: (u32, u32),
    /// The request target.
    pub target: (u32, u32),
    /// Name and value of each header line.
    pub headers: Vec<((u32, u32), (u32, u32))>,
}

fn plain(span: Span) -> (u32, u32) {
    (span.start, span.end)
}

impl Head {
    /// Where its parts lie.
    pub fn spans(&self) -> Spans {
        Spans {
            method: plain(self.method),
            target: plain(self.target),
            headers: self.headers.iter().map(|(name, value)| (plain(*name), plain(*value))).collect(),
        }
    }

    /// Puts a head together from its bytes and where its parts lie; nothing where they lie outside.
    pub fn of_spans(bytes: Bytes, spans: &Spans, version: Version, fidelity: Fidelity) -> Option<Self> {
        let within =
            |(start, end): (u32, u32)| (start <= end && end as usize <= bytes.len()).then_some(Span { start, end });
        let headers = spans.headers.iter().map(|(name, value)| Some((within(*name)?, within(*value)?)));
        Some(Self {
            method: within(spans.method)?,
            target: within(spans.target)?,
            version,
            headers: headers.collect::<Option<_>>()?,
            fidelity,
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_taken_apart_is_the_same_again() {
        let odd = Head::from_parts(
            b"P ST",
            b"/",
            Version::Http11,
            [(b"A".as_slice(), b" x\r\nB: y".as_slice())],
            Fidelity::Exact,
        );
        let read = Head::parse(Bytes::from_static(b"\r\nGET / HTTP/1.0\nA : b\r\n c\r\n\r\n")).unwrap();
        for head in [odd, read] {
            let again = Head::of_spans(head.bytes().clone(), &head.spans(), head.version(), head.fidelity());
            assert_eq!(again, Some(head));
        }
    }

    #[test]
    fn spans_that_lie_outside_are_no_head() {
        let head = Head::parse(Bytes::from_static(b"GET / HTTP/1.1\r\nA: b\r\n\r\n")).unwrap();
        let of = |spans: &Spans| Head::of_spans(head.bytes().clone(), spans, Version::Http11, Fidelity::Exact);
        for spans in [
            Spans { method: (0, 1000), ..head.spans() },
            Spans { target: (5, 4), ..head.spans() },
            Spans { headers: vec![((0, 1), (1, u32::MAX))], ..head.spans() },
        ] {
            assert_eq!(of(&spans), None);
        }
    }
}
