//! Charsets: text that says that it is not UTF-8 becomes UTF-8 to be shown.
//!
//! Decided: what says so is, in this order, a byte order mark (WHATWG Encoding §6.1), the `charset` of `Content-Type`, and
//! the declaration that XML and HTML may have in themselves. Nothing is guessed from the letters: a guess that is wrong shows
//! another text than the one that was sent. What is not decodable stays as its bytes, which every view shows as escapes. A
//! body that is ASCII throughout is left as it is, whatever it says.

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::{
    Cancelled,
    media_type::{claims_opaque, claims_xml, essence, parameter},
};

/// How far a declaration is looked for, in bytes: HTML's own limit (WHATWG HTML §4.2.5.5).
const DECLARED: usize = 1024;
/// How many bytes are decoded between two looks at whether to stop.
const STEP: usize = 64 * 1024;

/// The body as UTF-8, and which charset it was in; nothing where it is UTF-8 as far as anyone says, or is not text.
pub(super) fn to_utf8(
    bytes: &[u8],
    content_type: Option<&[u8]>,
    cancelled: &Cancelled,
) -> Option<(Vec<u8>, &'static str)> {
    let essence = essence(content_type);
    if essence.as_deref().is_some_and(claims_opaque) || bytes.is_empty() {
        return None;
    }
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None => {
            let said = parameter(content_type.unwrap_or_default(), "charset");
            let said = said.and_then(|label| Encoding::for_label(&label));
            (said.or_else(|| declared(bytes, essence.as_deref()))?, 0)
        }
    };
    if encoding == UTF_8 || (encoding.is_ascii_compatible() && bytes.is_ascii()) {
        return None;
    }
    Some((decode(encoding, bytes.get(mark..)?, cancelled), encoding.name()))
}

/// What XML or HTML says of itself.
fn declared(bytes: &[u8], essence: Option<&str>) -> Option<&'static Encoding> {
    // The first letters of XML without a mark (XML 1.0, appendix F).
    if bytes.starts_with(b"<\0?\0") {
        return Some(UTF_16LE);
    }
    if bytes.starts_with(b"\0<\0?") {
        return Some(UTF_16BE);
    }
    let head = bytes.get(..DECLARED).unwrap_or(bytes);
    let label = if bytes.starts_with(b"<?xml") {
        let end = memchr::memmem::find(head, b"?>")?;
        value_behind(head.get(..end)?, b"encoding")
    } else if essence.is_some_and(|essence| essence == "text/html" || claims_xml(essence)) {
        value_behind(head, b"charset")
    } else {
        None
    };
    let encoding = Encoding::for_label(label?)?;
    // Who could read the declaration is not reading UTF-16.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

/// The value behind a name and `=`, in quotes or not.
fn value_behind<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let lower = head.to_ascii_lowercase();
    let at = memchr::memmem::find(&lower, name)? + name.len();
    let rest = head.get(at..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = match rest.first() {
        Some(b'"' | b'\'') => rest.get(1..)?,
        _ => rest,
    };
    let ends = |byte: &u8| matches!(byte, b'"' | b'\'' | b';' | b'>' | b'/' | b'?') || byte.is_ascii_whitespace();
    rest.get(..rest.iter().position(ends)?)
}

fn decode(encoding: &'static Encoding, bytes: &[u8], cancelled: &Cancelled) -> Vec<u8> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 4);
    let mut room = vec![0; 3 * STEP + 16];
    // Bytes kept in a row since the last letter, which might together look like one.
    let mut kept: Vec<u8> = Vec::new();
    let mut at = 0_usize;
    while !cancelled.is_cancelled() {
        let end = at.saturating_add(STEP).min(bytes.len());
        let source = bytes.get(at..end).unwrap_or_default();
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(source, &mut room, end == bytes.len());
        if written > 0 {
            keep(&mut out, &mut kept);
            out.extend_from_slice(room.get(..written).unwrap_or_default());
        }
        at += read;
        match result {
            DecoderResult::InputEmpty if end == bytes.len() => break,
            DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                let end = at.saturating_sub(after.into());
                kept.extend_from_slice(bytes.get(end.saturating_sub(length.into())..end).unwrap_or_default());
            }
        }
    }
    keep(&mut out, &mut kept);
    out
}

/// Appends bytes that no letter could be made of. Where they would look like a letter of UTF-8, or are ASCII, each is
/// written as the escape that it would show as.
fn keep(out: &mut Vec<u8>, kept: &mut Vec<u8>) {
    let lies = kept.utf8_chunks().any(|chunk| !chunk.valid().is_empty());
    for byte in kept.drain(..) {
        if lies {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        } else {
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recoded(content_type: &str, bytes: &[u8]) -> Option<(String, &'static str)> {
        let (bytes, name) = to_utf8(bytes, Some(content_type.as_bytes()), &Cancelled::new())?;
        Some((String::from_utf8(bytes).unwrap(), name))
    }

    #[test]
    fn the_type_a_mark_or_the_text_says_it() {
        let latin = b"caf\xe9 \x80";
        let expected = Some(("café €".to_owned(), "windows-1252"));
        for content_type in ["text/plain; charset=iso-8859-1", "text/plain;a=b; Charset = \"Windows-1252\""] {
            assert_eq!(recoded(content_type, latin), expected, "{content_type}");
        }
        assert_eq!(recoded("text/plain", latin), None);
        assert_eq!(recoded("text/plain; charset=nonsense", latin), None);
        assert_eq!(recoded("image/png; charset=latin1", latin), None);
        assert_eq!(recoded("text/plain; charset=latin1", b"cafe"), None);
        assert_eq!(recoded("text/plain; charset=utf-8", "café".as_bytes()), None);
        let xml = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>";
        assert!(recoded("application/xml", xml).unwrap().0.ends_with("<a>é</a>"));
        assert_eq!(recoded("application/xml; charset=utf-8", xml), None);
        let html = b"<html><head><meta http-equiv=Content-Type content='text/html; charset=koi8-r'>\xc1</html>";
        assert_eq!(recoded("text/html", html).unwrap().1, "KOI8-R");
        assert_eq!(recoded("text/html", b"<meta charset=utf-16><p>\xc3\xa9"), None);
        assert_eq!(recoded("text/plain", b"\xff\xfea\0\xe9\0"), Some(("aé".to_owned(), "UTF-16LE")));
        assert_eq!(recoded("text/plain; charset=latin1", b"\xfe\xff\0a"), Some(("a".to_owned(), "UTF-16BE")));
        assert_eq!(recoded("", b"<\0?\0x\0m\0l\0"), Some(("<?xml".to_owned(), "UTF-16LE")));
        assert_eq!(recoded("text/plain; charset=shift_jis", b"\x93\xfa\x96{"), Some(("日本".to_owned(), "Shift_JIS")));
    }

    #[test]
    fn what_is_not_decodable_stays() {
        let bytes = |content_type: &str, bytes: &[u8]| {
            to_utf8(bytes, Some(content_type.as_bytes()), &Cancelled::new()).unwrap().0
        };
        assert_eq!(bytes("text/plain; charset=shift_jis", b"a\xffb"), b"a\xffb");
        assert_eq!(bytes("text/plain; charset=utf-16le", b"a\0\0\xd8b\0"), b"a\\x00\\xd8b");
        // Two bytes that are no letters, and would look like one.
        assert_eq!(bytes("text/plain; charset=us-ascii", b"\xc3\xa9"), "Ã©".as_bytes());
        assert_eq!(bytes("text/plain; charset=iso-8859-8", b"\xbf\xc3\xa1"), b"\\xbf\\xc3\\xa1".as_slice());
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_charset_are_bounded(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            label in prop::sample::select(&["latin1", "utf-16le", "gb18030", "iso-2022-jp", "big5", "euc-kr", "iso-8859-8", "koi8-u"][..]),
        ) {
            if let Some((decoded, _)) = to_utf8(&bytes, Some(format!("text/plain; charset={label}").as_bytes()), &Cancelled::new()) {
                prop_assert!(decoded.len() <= 4 * bytes.len() + 16, "{} of {}", decoded.len(), bytes.len());
            }
        }
    }
}
