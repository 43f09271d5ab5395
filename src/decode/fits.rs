//! How well each view fits a subject. No fit looks at more than the first 8 KiB and the white space before the first token.

use super::{
    Fit, Subject, json as json_view,
    media_type::{claims_form, claims_json, essence},
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
