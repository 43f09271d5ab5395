//! Parameters: those of a target's query and those of an urlencoded body, which are written alike.

use percent_encoding::percent_decode;

use super::{
    bodies,
    fields::{Seen, Visit},
};

/// The whole query as it came, or every value of one parameter without its escapes (WHATWG URL §5.1).
pub(super) fn query(seen: Seen<'_>, part: Option<&str>, visit: Visit<'_>) -> bool {
    seen.capture.head.query().is_some_and(|query| pairs(query, part, visit))
}

/// The same of an urlencoded body.
pub(super) fn form(seen: Seen<'_>, part: Option<&str>, visit: Visit<'_>) -> bool {
    let essence = seen.capture.head.header("content-type").unwrap_or_default();
    let essence = essence.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
        && bodies::text(seen.capture).is_some_and(|body| pairs(&body, part, visit))
}

fn pairs(query: &[u8], part: Option<&str>, visit: Visit<'_>) -> bool {
    let Some(wanted) = part else { return visit(query) };
    query.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()).any(|pair| {
        let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(equals).unwrap_or((pair, &[]));
        let value = value.strip_prefix(b"=").unwrap_or(value);
        unescaped(name, &mut |name| name == wanted.as_bytes()) && unescaped(value, visit)
    })
}

/// Shows a form value without its escapes; copies it only where it has some.
fn unescaped(value: &[u8], visit: Visit<'_>) -> bool {
    if memchr::memchr2(b'%', b'+', value).is_none() {
        return visit(value);
    }
    let spaced: Vec<u8> = value.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let plain: Vec<u8> = percent_decode(&spaced).collect();
    visit(&plain)
}
