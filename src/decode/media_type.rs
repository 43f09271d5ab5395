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
    fn suffixes_count() {
        assert!(claims_json("application/problem+json") && !claims_json("application/x-ndjson"));
        assert!(claims_opaque("image/png") && !claims_opaque("image/svg+xml") && !claims_opaque("text/plain"));
    }
}
