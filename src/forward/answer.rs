//! What goes back to a sender: the target's answer without what belongs to the target's connection, or a few words of
//! creel's own.
//!
//! Decided: header lines keep their order among lines of one name, and their repeats; names reach the sender in lower case,
//! as in all of creel's answers. Dropped are the headers of RFC 9110 §7.6.1, those that `Connection` names among them, and
//! a `Content-Length` beside `Transfer-Encoding` (RFC 9112 §6.3).

use bytes::Bytes;

use crate::capture::onward::{Relayed, RelayedBody};
use crate::model::Answer;

/// Headers that belong to one connection, in lower case (RFC 9110 §7.6.1 and §11.7).
pub const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The header lines that pass.
pub fn passing(headers: &[(Bytes, Bytes)]) -> Vec<(Bytes, Bytes)> {
    let is = |name: &Bytes, other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    let named: Vec<Vec<u8>> = headers
        .iter()
        .filter(|(name, _)| is(name, "connection"))
        .flat_map(|(_, value)| value.split(|byte| *byte == b','))
        .map(|name| name.trim_ascii().to_ascii_lowercase())
        .collect();
    let chunked = headers.iter().any(|(name, _)| is(name, "transfer-encoding"));
    let mut lengths = 0;
    let passes = |(name, _): &&(Bytes, Bytes)| {
        let lower = name.to_ascii_lowercase();
        if lower == b"content-length" {
            lengths += 1;
            return !chunked && lengths == 1;
        }
        !named.contains(&lower) && !HOP_BY_HOP.iter().any(|hop| hop.as_bytes() == lower)
    };
    headers.iter().filter(passes).cloned().collect()
}

/// An answer of creel's own, for that reason, which its body says.
pub fn of_creel(status: u16, because: &str) -> Answer {
    Answer {
        status,
        headers: vec![("content-type".to_owned(), Bytes::from_static(b"text/plain; charset=utf-8"))],
        body: format!("{because}\n").into(),
        because: Some(because.to_owned().into()),
    }
}

/// The answer where the target gave none. The sentence stays here; the sender is told that there was none.
pub fn failure(sentence: &str) -> Relayed {
    let plain = Bytes::from_static(b"text/plain; charset=utf-8");
    Relayed {
        status: 502,
        headers: vec![(Bytes::from_static(b"content-type"), plain)],
        because: Some(sentence.to_owned()),
        body: RelayedBody::Whole(Bytes::from_static(b"the target gave no answer\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(lines: &[(&str, &str)]) -> Vec<String> {
        let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let lines: Vec<_> = lines.iter().map(|(name, value)| (bytes(name), bytes(value))).collect();
        passing(&lines).iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect()
    }

    #[test]
    fn what_belongs_to_the_connection_stays_behind() {
        let lines = [
            ("Connection", "close, X-Foo"),
            ("X-foo", "1"),
            ("Set-Cookie", "a"),
            ("KEEP-ALIVE", "1"),
            ("Set-Cookie", "b"),
            ("Upgrade", "h2c"),
            ("Content-Length", "3"),
            ("Content-Length", "3"),
        ];
        assert_eq!(passed(&lines), ["Set-Cookie", "Set-Cookie", "Content-Length"]);
        assert_eq!(passed(&[("Transfer-Encoding", "chunked"), ("Content-Length", "3"), ("A", "b")]), ["A"]);
    }
}
