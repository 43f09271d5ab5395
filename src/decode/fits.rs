//! How well each view fits a subject. No fit looks at more than the first 8 KiB and the white space before the first token.

use super::{
    Fit, Subject, cloudevents as cloudevents_view, graphql as graphql_view, json as json_view,
    media_type::{claims_form, claims_json, claims_xml, essence},
    packed,
};

pub(super) fn json(subject: &Subject) -> Fit {
    let begins = || begins_like_json(&subject.bytes);
    match essence(subject.content_type.as_deref()) {
        Some(essence) if claims_json(&essence) => Fit::Declared,
        // `curl -d` says that whatever it sends is a form.
        Some(essence) if (essence == "text/plain" || claims_form(&essence)) && begins() => Fit::Likely,
        None if begins() => Fit::Likely,
        _ => Fit::Never,
    }
}

pub(super) fn form(subject: &Subject) -> Fit {
    match essence(subject.content_type.as_deref()) {
        Some(essence) if claims_form(&essence) && !looks_binary(&subject.bytes) => {
            if begins_like_json(&subject.bytes) {
                Fit::Likely
            } else {
                Fit::Declared
            }
        }
        _ => Fit::Never,
    }
}

fn begins_like_json(bytes: &[u8]) -> bool {
    matches!(bytes.get(json_view::blank(bytes, 0)), Some(b'{' | b'['))
}

/// Whether the first 8 KiB have a NUL, or are for more than a tenth controls and bytes that are not UTF-8.
pub(super) fn looks_binary(bytes: &[u8]) -> bool {
    let cut = bytes.len() > 8192;
    let head = bytes.get(..8192).unwrap_or(bytes);
    if memchr::memchr(0, head).is_some() {
        return true;
    }
    let mut odd = 0;
    let mut chunks = head.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        odd += chunk.valid().bytes().filter(|byte| matches!(byte, 1..=8 | 0x0b | 0x0e..=0x1f | 0x7f)).count();
        // A letter may be cut where the head ends.
        if chunks.peek().is_some() || !cut {
            odd += chunk.invalid().len();
        }
    }
    odd * 10 > head.len()
}

/// What of a type that says nothing of bytes is looked at.
fn is_unknown(essence: Option<&str>) -> bool {
    matches!(essence, None | Some("application/octet-stream"))
}

pub(super) fn msgpack(subject: &Subject) -> Fit {
    match essence(subject.content_type.as_deref()).as_deref() {
        Some("application/msgpack" | "application/x-msgpack" | "application/vnd.msgpack") => Fit::Declared,
        Some(essence) if essence.ends_with("+msgpack") => Fit::Declared,
        essence if is_unknown(essence) && packed::looks_like::<packed::msgpack::Msgpack<'_>>(&subject.bytes) => {
            Fit::Likely
        }
        _ => Fit::Never,
    }
}

pub(super) fn cbor(subject: &Subject) -> Fit {
    match essence(subject.content_type.as_deref()).as_deref() {
        Some("application/cbor" | "application/cbor-seq") => Fit::Declared,
        Some(essence) if essence.ends_with("+cbor") || essence.ends_with("+cbor-seq") => Fit::Declared,
        essence if is_unknown(essence) && packed::looks_like::<packed::cbor::Cbor<'_>>(&subject.bytes) => Fit::Likely,
        _ => Fit::Never,
    }
}

pub(super) fn protobuf(subject: &Subject) -> Fit {
    match essence(subject.content_type.as_deref()).as_deref() {
        Some(
            "application/protobuf"
            | "application/x-protobuf"
            | "application/vnd.google.protobuf"
            | "application/x-google-protobuf"
            | "application/grpc"
            | "application/grpc+proto",
        ) => Fit::Declared,
        Some(essence) if essence.ends_with("+protobuf") || essence.ends_with("+proto") => Fit::Declared,
        // Too many bytes are protobuf.
        _ => Fit::Never,
    }
}

/// What a body begins with behind white space and a byte order mark.
fn begins(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.get(json_view::blank(bytes, 0)..).unwrap_or_default()
}

fn begins_like_html(bytes: &[u8]) -> bool {
    let starts = |word: &[u8]| begins(bytes).get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    starts(b"<!doctype html") || starts(b"<html")
}

/// What of a type that says nothing is looked at: text, or nothing at all.
fn is_vague(essence: Option<&str>) -> bool {
    matches!(essence, None | Some("text/plain"))
}

pub(super) fn ndjson(subject: &Subject) -> Fit {
    let essence = essence(subject.content_type.as_deref());
    match essence.as_deref() {
        Some(
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonl"
            | "application/jsonlines"
            | "application/x-jsonlines"
            | "application/stream+json"
            | "application/json-seq"
            | "text/x-ndjson",
        ) => Fit::Exact,
        // Several values under the name of one.
        essence if (is_vague(essence) || essence.is_some_and(claims_json)) && begins_like_json(&subject.bytes) => {
            let head = subject.bytes.get(..8192).unwrap_or(&subject.bytes);
            let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
            let closes = lines.next().is_some_and(|line| matches!(line.last(), Some(b'}' | b']')));
            let next = lines.next().and_then(|line| line.first());
            match next {
                Some(b'{' | b'[') if closes => Fit::Likely,
                Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Fit::Last,
                _ => Fit::Never,
            }
        }
        _ => Fit::Never,
    }
}

pub(super) fn graphql(subject: &Subject) -> Fit {
    if graphql_view::is_bare(subject) {
        return Fit::Exact;
    }
    let essence = essence(subject.content_type.as_deref());
    if !essence.is_none_or(|essence| claims_json(&essence)) {
        return Fit::Never;
    }
    let head = subject.bytes.get(..8192).unwrap_or(&subject.bytes);
    let is_query = |name: &[u8]| name == b"\"query\"";
    let value = json_view::members(head).find(|(name, _)| head.get(name.clone()).is_some_and(is_query));
    let text = value.and_then(|(_, value)| head.get(value)).unwrap_or_default();
    if text.first() == Some(&b'"') && reads_like_graphql(text.get(1..).unwrap_or_default()) {
        Fit::Exact
    } else {
        Fit::Never
    }
}

/// Whether a text, escaped as in JSON, begins as an operation does.
fn reads_like_graphql(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(left) =
        [b" ".as_slice(), b"\\n", b"\\t", b"\\r"].into_iter().find_map(|blank| rest.strip_prefix(blank))
    {
        rest = left;
    }
    let word = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    match rest.get(..word) {
        Some(b"") => rest.first() == Some(&b'{') || rest.first() == Some(&b'#'),
        Some(b"query" | b"mutation" | b"subscription" | b"fragment") => memchr::memchr(b'{', rest).is_some(),
        _ => false,
    }
}

pub(super) fn cloudevents(subject: &Subject) -> Fit {
    let essence = essence(subject.content_type.as_deref());
    let is_event = subject.headers.iter().any(|(name, _)| name == cloudevents_view::MARK)
        || matches!(essence.as_deref(), Some("application/cloudevents+json" | "application/cloudevents-batch+json"));
    let head = subject.bytes.get(..8192).unwrap_or(&subject.bytes);
    match is_event {
        true => Fit::Exact,
        false if memchr::memmem::find(head, b"\"specversion\"").is_some() => Fit::Last,
        false => Fit::Never,
    }
}

pub(super) fn multipart(subject: &Subject) -> Fit {
    match essence(subject.content_type.as_deref()) {
        Some(essence) if essence.starts_with("multipart/") => Fit::Declared,
        _ => Fit::Never,
    }
}

pub(super) fn xml(subject: &Subject) -> Fit {
    let essence = essence(subject.content_type.as_deref());
    let begins = begins(&subject.bytes);
    match essence.as_deref() {
        Some(essence) if claims_xml(essence) => Fit::Declared,
        essence if is_vague(essence) && !begins_like_html(&subject.bytes) => match begins {
            [b'<', b'?' | b'!', ..] => Fit::Likely,
            [b'<', letter, ..] if letter.is_ascii_alphabetic() => Fit::Likely,
            _ => Fit::Never,
        },
        _ => Fit::Never,
    }
}

pub(super) fn html(subject: &Subject) -> Fit {
    let essence = essence(subject.content_type.as_deref());
    match essence.as_deref() {
        _ if looks_binary(&subject.bytes) => Fit::Never,
        Some("text/html" | "application/xhtml+xml") => Fit::Declared,
        essence if is_vague(essence) && begins_like_html(&subject.bytes) => Fit::Likely,
        _ if begins(&subject.bytes).first() == Some(&b'<') => Fit::Last,
        _ => Fit::Never,
    }
}

pub(super) fn yaml(subject: &Subject) -> Fit {
    let essence = essence(subject.content_type.as_deref());
    match essence.as_deref() {
        _ if looks_binary(&subject.bytes) => Fit::Never,
        Some("application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml") => Fit::Declared,
        Some(essence) if essence.ends_with("+yaml") => Fit::Declared,
        essence
            if is_vague(essence) && (subject.bytes.starts_with(b"---\n") || subject.bytes.starts_with(b"%YAML")) =>
        {
            Fit::Likely
        }
        essence if is_vague(essence) && begins_like_yaml(&subject.bytes) => Fit::Last,
        _ => Fit::Never,
    }
}

/// Whether the first lines are comments, and then a key, or an item of a list.
fn begins_like_yaml(bytes: &[u8]) -> bool {
    let head = bytes.get(..8192).unwrap_or(bytes);
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let Some(line) = lines.find(|line| !line.is_empty() && line.first() != Some(&b'#')) else { return false };
    let key = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')).count();
    line.starts_with(b"- ") || (key > 0 && matches!(line.get(key..), Some([b':'] | [b':', b' ', ..])))
}

/// Whether the first two lines have as many commas, semicolons or tabs, and any at all.
fn begins_like_csv(bytes: &[u8]) -> bool {
    let head = bytes.get(..8192).unwrap_or(bytes);
    let mut lines = head.split(|byte| *byte == b'\n');
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    [b',', b';', b'\t'].into_iter().any(|delimiter| {
        let count = |line: &[u8]| memchr::memchr_iter(delimiter, line).count();
        count(first) > 0 && count(first) == count(second)
    })
}

pub(super) fn csv(subject: &Subject) -> Fit {
    match essence(subject.content_type.as_deref()).as_deref() {
        Some("text/csv" | "application/csv" | "text/tab-separated-values") if !looks_binary(&subject.bytes) => {
            Fit::Declared
        }
        essence if is_vague(essence) && begins_like_csv(&subject.bytes) => Fit::Last,
        _ => Fit::Never,
    }
}
