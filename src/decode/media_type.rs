//! Media types, as far as they choose a view (RFC 9110 §8.3.1, RFC 6838 §4.2).

use std::borrow::Cow;

/// Type and subtype in lower case, without parameters. Nothing for a value that is missing, empty or not ASCII.
pub(super) fn essence(content_type: Option<&[u8]>) -> Option<Cow<'_, str>> {
    let value = content_type?;
    let end = memchr::memchr2(b';', b',', value).unwrap_or(value.len());
    let text = std::str::from_utf8(value.get(..end)?).ok()?.trim();
    if text.is_empty() || !text.is_ascii() {
        return None;
    }
    Some(if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        text.to_ascii_lowercase().into()
    } else {
        text.into()
    })
}

/// JSON by name or by suffix (RFC 6839 §3.1).
pub(super) fn claims_json(essence: &str) -> bool {
    matches!(essence, "application/json" | "text/json" | "application/x-json" | "application/csp-report")
        || essence.ends_with("+json")
}

/// XML by name or by suffix (RFC 7303).
pub(super) fn claims_xml(essence: &str) -> bool {
    matches!(essence, "application/xml" | "text/xml" | "application/xml-dtd" | "application/xml-external-parsed-entity")
        || essence.ends_with("+xml")
}

/// The value of a parameter, its quotes taken off (RFC 9110 §5.6.6). The first of several.
pub(super) fn parameter<'a>(value: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    let mut rest = value.get(memchr::memchr(b';', value)?..)?;
    loop {
        rest = rest.strip_prefix(b";")?.trim_ascii_start();
        let end = rest.iter().position(|byte| matches!(byte, b'=' | b';')).unwrap_or(rest.len());
        let found = rest.get(..end)?.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        rest = rest.get(end..)?;
        let Some(behind) = rest.strip_prefix(b"=") else { continue };
        let (text, left) = argument(behind.trim_ascii_start());
        if found {
            return Some(text);
        }
        rest = left;
    }
}

/// A token or a quoted string at the beginning, and what begins with the next `;`.
fn argument(bytes: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    let semicolon = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.get(memchr::memchr(b';', rest).unwrap_or(rest.len())..).unwrap_or_default()
    };
    if bytes.first() != Some(&b'"') {
        let end = memchr::memchr(b';', bytes).unwrap_or(bytes.len());
        return (bytes.get(..end).unwrap_or_default().trim_ascii().into(), semicolon(0));
    }
    let mut text = Vec::new();
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => break,
            // Browsers write the backslashes of a path as they are; only a quote needs one.
            b'\\' if matches!(bytes.get(at), Some(b'"' | b'\\')) => {
                text.extend(bytes.get(at));
                at += 1;
            }
            _ => text.push(byte),
        }
    }
    (text.into(), semicolon(at))
}

/// An urlencoded form.
pub(super) fn claims_form(essence: &str) -> bool {
    essence == "application/x-www-form-urlencoded"
}

/// Something that is not text.
pub(super) fn claims_opaque(essence: &str) -> bool {
    let opaque = ["image/", "audio/", "video/", "font/", "application/grpc", "application/vnd.google.protobuf"];
    let exact = [
        "application/octet-stream",
        "application/zip",
        "application/gzip",
        "application/pdf",
        "application/wasm",
        "application/protobuf",
        "application/x-protobuf",
        "application/msgpack",
        "application/cbor",
    ];
    !essence.ends_with("+xml") && (exact.contains(&essence) || opaque.iter().any(|start| essence.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_matter() {
        for (value, expected) in [
            ("application/json", Some("application/json")),
            (" Application/JSON ; charset=utf-8", Some("application/json")),
            ("text/plain,application/json", Some("text/plain")),
            ("", None),
            (";", None),
            ("text/pl\u{e4}in", None),
        ] {
            assert_eq!(essence(Some(value.as_bytes())).as_deref(), expected, "{value}");
        }
        assert_eq!(essence(None), None);
        assert_eq!(essence(Some(b"\xff")), None);
    }

    #[test]
    fn parameters_are_found() {
        for (value, expected) in [
            ("multipart/form-data; boundary=abc", Some("abc")),
            ("multipart/form-data; a=\"boundary=no; \\\"\"; BOUNDARY = \"a b\" ; boundary=x", Some("a b")),
            ("multipart/form-data; boundary", None),
            ("multipart/form-data; boundary; boundary=y", Some("y")),
            ("multipart/form-data;boundary=", Some("")),
            ("multipart/form-data;; boundary=\"open", Some("open")),
            ("boundary=abc", None),
            ("", None),
        ] {
            let found = parameter(value.as_bytes(), "boundary");
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{value}");
        }
    }

    #[test]
    fn suffixes_count() {
        assert!(claims_json("application/problem+json") && !claims_json("application/x-ndjson"));
        assert!(claims_opaque("image/png") && !claims_opaque("image/svg+xml") && !claims_opaque("text/plain"));
    }
}
