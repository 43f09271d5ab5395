//! Multipart bodies (RFC 2046 §5.1, RFC 7578): the headers of each part, and its content in the view that fits it.
//!
//! Decided: at most [`PARTS`] parts are taken apart, and [`HEAD`] bytes of the headers of each, in one pass over the body;
//! what is more shows as text. Contents in base64 and quoted-printable are decoded. Boundaries may stand after a bare LF,
//! and the last one may be missing, which is said: a reader wants to see what came.
//!
//! Refused: a file name that leads anywhere. [`Part::filename`](super::Part::filename) is the last component of what the
//! sender said, or nothing.

use base64::{Engine as _, alphabet, engine};
use bytes::Bytes;
use memchr::memmem;

use super::{
    Built, Cancelled, Part, Subject,
    compose::{Compose, TEXT, part},
    fields,
    lines::Stop,
    media_type::parameter,
    parts::safe_name,
};
use crate::model::Size;

/// How many parts are taken apart.
const PARTS: usize = 1000;
/// How many bytes the headers of a part may have.
const HEAD: usize = 16 * 1024;
/// How long a boundary may be (RFC 2046 §5.1.1).
const BOUNDARY: usize = 70;

/// The parts of a body.
pub(super) fn build(subject: &Subject, cancelled: &Cancelled) -> Result<Built, Stop> {
    let bytes = subject.bytes.as_ref();
    let boundary = boundary(subject)?;
    let mut parts = Vec::new();
    let mut compose = Compose::default();
    let mut delimiters = Delimiters { bytes, finder: memmem::Finder::new(&boundary), at: 0 };
    let Some(mut last) = delimiters.next() else {
        return Err(Stop::Not { at: 0, why: "its boundary is nowhere, not even" });
    };
    let before = bytes.get(..last.start).unwrap_or_default();
    if !before.trim_ascii().is_empty() {
        compose.title("before the first part", cancelled)?;
        compose.walk(before, TEXT, 0, cancelled)?;
        compose.gap(cancelled)?;
    }
    let mut note = None;
    while !last.closes {
        if cancelled.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        let begin = last.end;
        if parts.len() == PARTS {
            note = Some(format!("the first {PARTS} parts are taken apart"));
            compose.title("what follows", cancelled)?;
            compose.walk(bytes.get(begin..).unwrap_or_default(), TEXT, 0, cancelled)?;
            break;
        }
        let next = delimiters.next();
        let end = next.as_ref().map_or(bytes.len(), |next| next.start);
        show(&mut compose, subject, begin..end.max(begin), &mut parts, cancelled)?;
        let Some(next) = next else {
            note = Some("the last boundary is missing".to_owned());
            break;
        };
        last = next;
    }
    if last.closes {
        let after = bytes.get(last.end..).unwrap_or_default();
        if !after.trim_ascii().is_empty() {
            compose.title("behind the last part", cancelled)?;
            compose.walk(after, TEXT, 0, cancelled)?;
        } else if parts.is_empty() {
            compose.title("no parts", cancelled)?;
        }
    }
    Ok(Built { parts, note, ..compose.built() })
}

/// What stands between parts: two dashes and the boundary that the type names.
fn boundary(subject: &Subject) -> Result<Vec<u8>, Stop> {
    let content_type = subject.content_type.as_deref().unwrap_or_default();
    match parameter(content_type, "boundary") {
        Some(boundary) if boundary.is_empty() => Err(Stop::Not { at: 0, why: "its type names an empty boundary," }),
        Some(boundary) if boundary.len() > BOUNDARY => {
            Err(Stop::Not { at: 0, why: "its type names a boundary longer than 70 bytes," })
        }
        Some(boundary) => Ok([b"--", boundary.as_ref()].concat()),
        None => Err(Stop::Not { at: 0, why: "its type names no boundary," }),
    }
}

/// A boundary and what belongs to it.
struct Delimiter {
    /// Where it begins, with the line end before it.
    start: usize,
    /// Where what follows begins.
    end: usize,
    /// Whether it is the last.
    closes: bool,
}

struct Delimiters<'a, 'b> {
    bytes: &'a [u8],
    finder: memmem::Finder<'b>,
    at: usize,
}

impl Delimiters<'_, '_> {
    fn next(&mut self) -> Option<Delimiter> {
        loop {
            let found = self.at + self.finder.find(self.bytes.get(self.at..)?)?;
            let behind = found + self.finder.needle().len();
            self.at = behind;
            let before = self.bytes.get(..found)?;
            if !before.is_empty() && !before.ends_with(b"\n") {
                continue;
            }
            let rest = self.bytes.get(behind..)?;
            let closes = rest.starts_with(b"--");
            let tail = if closes { rest.get(2..)? } else { rest };
            let blanks = tail.iter().take(256).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let line_end = match tail.get(blanks..)? {
                [] => 0,
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                // Only the beginning of a longer line.
                _ if !closes => continue,
                _ => 0,
            };
            let end = self.bytes.len() - tail.len() + blanks + line_end;
            self.at = end;
            let before = before.strip_suffix(b"\n").unwrap_or(before);
            let start = before.strip_suffix(b"\r").unwrap_or(before).len();
            return Some(Delimiter { start, end, closes });
        }
    }
}

fn show(
    compose: &mut Compose,
    subject: &Subject,
    range: std::ops::Range<usize>,
    parts: &mut Vec<Part>,
    cancelled: &Cancelled,
) -> Result<(), Stop> {
    let all = subject.bytes.get(range.clone()).unwrap_or_default();
    let (head, body) = split(all);
    let header = |wanted: &str| {
        let mut lines = head.split(|byte| *byte == b'\n');
        lines.find_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            let (name, value) = line.split_at_checked(colon)?;
            name.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()).then(|| value.get(1..).map(<[u8]>::trim_ascii))?
        })
    };
    let disposition = header("content-disposition").unwrap_or_default();
    let text = |name: &str| Some(String::from_utf8_lossy(&parameter(disposition, name)?).into_owned());
    let content_type = header("content-type").map(Bytes::copy_from_slice);
    let start = range.start + all.len() - body.len();
    let range = start..start + body.len();
    let came = subject.bytes.slice(range.clone());
    let coding = header("content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
    let bytes = decoded(&coding, &came).unwrap_or_else(|| came.clone());
    let found = Part {
        name: text("name"),
        filename: text("filename*")
            .and_then(|name| extended(&name))
            .or_else(|| text("filename"))
            .and_then(|name| safe_name(&name)),
        content_type: content_type.clone(),
        range,
        bytes: bytes.clone(),
    };
    let choice = part(&subject.part(bytes, content_type), cancelled)?;
    let number = parts.len() + 1;
    let mut title = format!("part {number} · {} · {}", Size(came.len() as u64), choice.view.label);
    if let Some(why) = &choice.why {
        title.push_str(" · ");
        title.push_str(&why.sentence);
    }
    if number > 1 {
        compose.gap(cancelled)?;
    }
    compose.title(&title, cancelled)?;
    if !head.is_empty() {
        compose.walk(head, fields::WAY, 0, cancelled)?;
    }
    if !choice.taken.is_empty() {
        compose.gap(cancelled)?;
        compose.choice(choice, 1);
    }
    parts.push(found);
    Ok(())
}

/// Head and body of a part. Without an empty line within [`HEAD`] bytes there is no head.
fn split(all: &[u8]) -> (&[u8], &[u8]) {
    if let Some(body) = all.strip_prefix(b"\r\n").or_else(|| all.strip_prefix(b"\n")) {
        return (&[], body);
    }
    let seen = all.get(..HEAD).unwrap_or(all);
    let found = memchr::memchr_iter(b'\n', seen).find_map(|at| match seen.get(at + 1..)? {
        [b'\n', ..] => Some((at + 1, at + 2)),
        [b'\r', b'\n', ..] => Some((at + 1, at + 3)),
        _ => None,
    });
    match found {
        Some((head, body)) => (all.get(..head).unwrap_or_default(), all.get(body..).unwrap_or_default()),
        // Headers and nothing behind them.
        None if all.len() <= HEAD && memchr::memchr(b':', all).is_some() => (all, &[]),
        None => (&[], all),
    }
}

/// The content without its transfer coding (RFC 2045 §6); nothing where it has none, or is not what it says.
fn decoded(coding: &[u8], bytes: &Bytes) -> Option<Bytes> {
    match coding {
        b"base64" => {
            const LENIENT: engine::GeneralPurpose = engine::GeneralPurpose::new(
                &alphabet::STANDARD,
                engine::GeneralPurposeConfig::new()
                    .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent)
                    .with_decode_allow_trailing_bits(true),
            );
            let packed: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            LENIENT.decode(packed).ok().map(Bytes::from)
        }
        b"quoted-printable" => Some(unquoted(bytes).into()),
        _ => None,
    }
}

/// Quoted-printable undone (RFC 2045 §6.7); a `=` that begins nothing stays.
fn unquoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'=', rest) {
        let (plain, coded) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        rest = match coded {
            [_, b'\r', b'\n', rest @ ..] | [_, b'\n', rest @ ..] => rest,
            [_, high, low, rest @ ..] if digit(high).is_some() && digit(low).is_some() => {
                out.push((digit(high).unwrap_or(0) << 4 | digit(low).unwrap_or(0)) as u8);
                rest
            }
            _ => {
                out.push(b'=');
                coded.get(1..).unwrap_or_default()
            }
        };
    }
    out.extend_from_slice(rest);
    out
}

/// An extended value (RFC 8187): `UTF-8''na%C3%AFve`.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, text) = rest.split_once('\'')?;
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes())?;
    Some(encoding.decode_without_bom_handling(&bytes).0.into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::properties::{chosen, shown, typed};
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=\"x y\"";

    #[test]
    fn parts_show_in_the_view_that_fits() {
        let body = b"preamble\r\n--x y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--x yz\r\n--x y \t\r\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"../../etc/x.json\"\r\nContent-Type: application/json\r\n\r\n[1]\r\n\
            --x y\r\nContent-Type: application/octet-stream\r\n\r\n\0\x01AB\r\n--x y--\r\nepilogue";
        let (view, rows, note) = chosen(body, TYPE);
        assert_eq!((view, note), ("multipart", None));
        let expected = [
            "before the first part",
            "preamble",
            "",
            "part 1 · 11 B · text",
            "Content-Disposition: form-data; name=\"a\"",
            "",
            "  one",
            "  --x yz",
            "",
            "part 2 · 3 B · JSON",
            "Content-Disposition: form-data; name=\"f\"; filename=\"../../etc/x.json\"",
            "Content-Type: application/json",
            "",
            "  [",
            "    1",
            "  ]",
            "",
            "part 3 · 4 B · hex",
            "Content-Type: application/octet-stream",
            "",
            "  00 01 41 42                                       ..AB",
            "behind the last part",
            "epilogue",
        ];
        assert_eq!(rows, expected);
        let document = typed(body, "multipart", TYPE);
        let parts: Vec<_> = document
            .parts()
            .iter()
            .map(|part| (part.name.as_deref(), part.filename.as_deref(), &part.bytes[..]))
            .collect();
        let expected: [(Option<&str>, Option<&str>, &[u8]); 3] =
            [(Some("a"), None, b"one\r\n--x yz"), (Some("f"), Some("x.json"), b"[1]"), (None, None, b"\0\x01AB")];
        assert_eq!(parts, expected);
        for part in document.parts() {
            assert_eq!(&body[part.range.clone()], &part.bytes[..]);
        }
    }

    #[test]
    fn names_lead_nowhere() {
        for (said, expected) in [
            ("filename=\"../../../root/.ssh/authorized_keys\"", Some("authorized_keys")),
            ("filename=\"C:\\fakepath\\a.png\"", Some("a.png")),
            ("filename=\"..\"", None),
            ("filename=\"a\"; filename*=UTF-8''..%2F..%2Fna%C3%AFve.txt", Some("naïve.txt")),
            ("filename*=bad; filename=\"b\"", Some("b")),
            ("name=\"n\"", None),
        ] {
            let body = format!("--x y\r\nContent-Disposition: form-data; {said}\r\n\r\n1\r\n--x y--");
            let document = typed(body.as_bytes(), "multipart", TYPE);
            assert_eq!(document.parts()[0].filename.as_deref(), expected, "{said}");
        }
    }

    #[test]
    fn what_is_coded_is_decoded() {
        let body = b"--x y\nContent-Transfer-Encoding: base64\nContent-Type: application/json\n\nWyJh\nIl0=\n--x y\n\
            Content-Transfer-Encoding: Quoted-Printable\n\na=3D=\nb=zz\n--x y--";
        let document = typed(body, "multipart", TYPE);
        assert_eq!(
            document.parts().iter().map(|part| &part.bytes[..]).collect::<Vec<_>>(),
            [b"[\"a\"]".as_slice(), b"a=b=zz"]
        );
        assert!(shown(&document, 80).contains(&"    \"a\"".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(chosen(b"--x y\r\n\r\n1", TYPE).2.as_deref(), Some("the last boundary is missing"));
        let note = |content_type: &str| chosen(b"abc", content_type).2.unwrap();
        assert!(note(TYPE).starts_with("not multipart: its boundary is nowhere"));
        assert!(note("multipart/mixed").starts_with("not multipart: its type names no boundary"));
        assert!(note(&format!("multipart/mixed; boundary={}", "b".repeat(71))).contains("longer than 70 bytes"));
        assert_eq!(chosen(b"--x y--", TYPE).1, ["no parts"]);
    }

    #[test]
    fn parts_in_parts_and_many_of_them_are_bounded() {
        let mut body = b"core".to_vec();
        for level in 0..9 {
            body = [
                format!("--{level}\nContent-Type: multipart/mixed; boundary={}\n\n", level - 1).into_bytes(),
                body,
                format!("\n--{level}--").into_bytes(),
            ]
            .concat();
        }
        let document = typed(&body, "multipart", "multipart/mixed; boundary=8");
        let text = shown(&document, 80).join("\n");
        assert!(text.contains("part 1") && text.contains("core"));
        assert!(text.matches("part 1 ·").count() <= 6, "{text}");
        let body = "--x y\n\n1\n".repeat(5000);
        let document = typed(body.as_bytes(), "multipart", TYPE);
        assert_eq!((document.parts().len(), document.note()), (PARTS, Some("the first 1000 parts are taken apart")));
        let traps = "--x y\r\n".repeat(50_000) + &"-".repeat(100_000);
        assert_eq!(typed(traps.as_bytes(), "multipart", TYPE).view().name, "multipart");
    }
}
