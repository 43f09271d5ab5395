//! The head of an answer as it came: names with their case, lines in their order, repeats where they stood.
//!
//! hyper decides what is an answer; this only finds the same head again in the bytes that were read. Where the two do not
//! agree, hyper's form of it is shown.

use bytes::Bytes;

/// Status line and header lines (RFC 9112 §4 and §5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplyHead {
    /// The status code.
    pub status: u16,
    /// The words after it; bytes that are not UTF-8 are replaced.
    pub reason: String,
    /// Names as written, values without the white space around them.
    pub headers: Vec<(Bytes, Bytes)>,
}

impl ReplyHead {
    /// The head of the final answer in what was read, interim answers (1xx, but not 101, which is final; RFC 9110 §15.2)
    /// left out. Nothing where there is no whole head.
    pub fn find(read: &Bytes) -> Option<Self> {
        let mut at = 0;
        loop {
            let head = Self::parse(read, &mut at)?;
            if head.status == 101 || head.status >= 200 {
                return Some(head);
            }
        }
    }

    /// The head as the HTTP library understood it.
    pub fn of<T>(response: &http::Response<T>) -> Self {
        Self {
            status: response.status().as_u16(),
            reason: response.status().canonical_reason().unwrap_or_default().to_owned(),
            headers: response
                .headers()
                .iter()
                .map(|(name, value)| {
                    (Bytes::copy_from_slice(name.as_str().as_bytes()), Bytes::copy_from_slice(value.as_bytes()))
                })
                .collect(),
        }
    }

    /// Reads one head at `at`, which is moved behind it.
    fn parse(read: &Bytes, at: &mut usize) -> Option<Self> {
        let first = loop {
            let line = next_line(read, at)?;
            if !line.is_empty() {
                break line;
            }
        };
        let mut parts = first.splitn(3, |byte| *byte == b' ');
        let version = parts.next()?;
        let status: u16 = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
        if !version.starts_with(b"HTTP/1.") || !(100..=999).contains(&status) {
            return None;
        }
        let reason = String::from_utf8_lossy(parts.next().unwrap_or_default().trim_ascii()).into_owned();
        let mut headers: Vec<(Bytes, Bytes)> = Vec::new();
        loop {
            let line = next_line(read, at)?;
            if line.is_empty() {
                return Some(Self { status, reason, headers });
            }
            if matches!(line.first(), Some(b' ' | b'\t')) {
                // A folded line is shown as part of the value before it, with one space (RFC 9112 §5.2).
                let (_, value) = headers.last_mut()?;
                *value = [value, line.trim_ascii()].join(b" ".as_slice()).into();
                continue;
            }
            let colon = memchr::memchr(b':', line)?;
            let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
            headers.push((read.slice_ref(name.trim_ascii_end()), read.slice_ref(value.trim_ascii())));
        }
    }
}

/// The line at `at` without its end; nothing where it has none yet.
fn next_line<'a>(bytes: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let rest = bytes.get(*at..)?;
    let end = memchr::memchr(b'\n', rest)?;
    *at += end + 1;
    let line = rest.get(..end)?;
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn find(text: &str) -> Option<ReplyHead> {
        ReplyHead::find(&Bytes::copy_from_slice(text.as_bytes()))
    }

    fn lines(head: &ReplyHead) -> Vec<String> {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        head.headers.iter().map(|(name, value)| format!("{}={}", text(name), text(value))).collect()
    }

    #[test]
    fn case_order_and_repeats_are_kept() {
        let head = find("HTTP/1.1 200 Very  OK \r\nX-A: 1\r\nx-b:2\r\nX-a:\t3\r\nFold: a\r\n  b\r\n\r\nbody").unwrap();
        assert_eq!((head.status, head.reason.as_str()), (200, "Very  OK"));
        assert_eq!(lines(&head), ["X-A=1", "x-b=2", "X-a=3", "Fold=a b"]);
    }

    #[test]
    fn interim_answers_are_passed_over() {
        let head =
            find("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204\r\nA: b\r\n\r\n");
        assert_eq!(head.map(|head| (head.status, lines(&head))), Some((204, vec!["A=b".to_owned()])));
        assert_eq!(find("HTTP/1.1 101 Switching\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").unwrap().status, 101);
    }

    #[test]
    fn what_is_no_whole_head_is_none() {
        for text in
            ["", "HTTP/1.1 200 OK\r\n", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200\r\nnope\r\n\r\n"]
        {
            assert_eq!(find(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200), head in any::<bool>()) {
            let start: &[u8] = if head { b"HTTP/1.1 200 OK\r\n" } else { b"" };
            let _ = ReplyHead::find(&[start, &bytes, b"\r\n\r\n"].concat().into());
        }
    }
}
