//! HTTP Archive 1.2 (the specification of Jan Odvarko, w3c.github.io/web-performance/specs/HAR): for browsers, proxies and
//! whatever else reads it.
//!
//! The request is the capture, the response is what creel answered. Decided, so that nothing is lost on the way through:
//!
//! - a body that is not UTF-8 is Base64, which `_encoding` beside it says, as others do; HAR has a word for that in
//!   responses alone (`encoding`);
//! - what HAR has no place for stands in `_creel` under the names that it has in JSON lines: the target as it came (a URL
//!   must escape it), the headers where one is not UTF-8, how the body ended, trailer fields, chunks, exact times.
//!
//! Cookies stand in the headers and are not taken apart again.

use std::{
    io::{self, Write},
    time::Duration,
};

use super::{Base, ExportError, Options, format::Parts, json::Json, ndjson};
use crate::model::{Answer, Capture, Head, Header};

pub(super) const PARTS: Parts = Parts { begin, each, end };

fn begin(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    let version = env!("CARGO_PKG_VERSION");
    write!(
        out,
        "{{\"log\":{{\"version\":\"1.2\",\"creator\":{{\"name\":\"creel\",\"version\":\"{version}\"}},\"entries\":["
    )?;
    Ok(())
}

fn end(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    out.write_all(b"\n]}}\n")?;
    Ok(())
}

fn each(out: &mut dyn Write, capture: &Capture, options: &Options, first: bool) -> Result<(), ExportError> {
    out.write_all(if first { b"\n" } else { b",\n" })?;
    let timing = capture.times();
    let sent = timing.body.unwrap_or(timing.head);
    let waited = timing.answered.saturating_sub(sent);
    let mut json = Json::new(out);
    json.open('{')?.key("startedDateTime")?.quoted(capture.received_at)?;
    json.key("time")?.plain(millis(sent + waited))?;
    json.key("request")?;
    request(&mut json, capture, &options.url)?;
    json.key("response")?;
    response(&mut json, capture)?;
    json.key("cache")?.open('{')?.close('}')?;
    json.key("timings")?.open('{')?.key("send")?.plain(millis(sent))?.key("wait")?.plain(millis(waited))?;
    json.key("receive")?.plain(0)?.close('}')?;
    json.key("_creel")?;
    besides(&mut json, capture)?;
    json.close('}')?;
    Ok(())
}

fn request(json: &mut Json<impl Write>, capture: &Capture, base: &Base) -> io::Result<()> {
    let head = &capture.head;
    json.open('{')?.key("method")?.text(&String::from_utf8_lossy(head.method()))?;
    json.key("url")?.quoted(url(head.target(), base))?;
    json.key("httpVersion")?.quoted(head.version())?;
    json.key("cookies")?.open('[')?.close(']')?;
    json.key("headers")?;
    pairs(json, head.headers().map(|Header { name, value }| (lossy(name), lossy(value))))?;
    json.key("queryString")?;
    pairs(
        json,
        head.query().unwrap_or_default().split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(decoded),
    )?;
    if !capture.body.is_empty() {
        json.key("postData")?.open('{')?;
        json.key("mimeType")?.text(&media_type(head))?;
        let content = capture.body.content();
        if ndjson::each_text(content, |_| Ok(()))? {
            json.key("text")?.pieces(|json| ndjson::each_text(content, |text| json.piece(text)).map(drop))?;
        } else {
            json.key("text")?.base64_of(content.pieces())?.key("_encoding")?.quoted("base64")?;
        }
        json.close('}')?;
    }
    json.key("headersSize")?.plain(head.bytes().len())?.key("bodySize")?.plain(capture.body.len())?.close('}')?;
    Ok(())
}

fn response(json: &mut Json<impl Write>, capture: &Capture) -> io::Result<()> {
    let Answer { status, headers, body, .. } = capture.answer.as_ref();
    let reason = http::StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
    json.open('{')?.key("status")?.plain(status)?.key("statusText")?.text(reason.unwrap_or_default())?;
    json.key("httpVersion")?.quoted(capture.head.version())?.key("cookies")?.open('[')?.close(']')?;
    json.key("headers")?;
    pairs(json, headers.iter().map(|(name, value)| (name.clone(), lossy(value))))?;
    let media = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    json.key("content")?.open('{')?.key("size")?.plain(body.len())?;
    json.key("mimeType")?.text(&media.map_or_else(String::new, |(_, value)| lossy(value)))?;
    if !body.is_empty() {
        match std::str::from_utf8(body) {
            Ok(text) => json.key("text")?.text(text)?,
            Err(_) => json.key("text")?.base64(body)?.key("encoding")?.quoted("base64")?,
        };
    }
    json.close('}')?;
    json.key("redirectURL")?
        .quoted("")?
        .key("headersSize")?
        .plain(-1)?
        .key("bodySize")?
        .plain(body.len())?
        .close('}')?;
    Ok(())
}

/// What HAR has no place for.
fn besides(json: &mut Json<impl Write>, capture: &Capture) -> io::Result<()> {
    let head = &capture.head;
    let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
    json.open('{')?.key("id")?.quoted(capture.id)?.key("seq")?.plain(capture.seq.0)?;
    json.key("remote")?.or_null(capture.remote, Json::quoted)?;
    if !is_text(head.method()) {
        json.key("method")?.octets(head.method())?;
    }
    json.key("target")?.octets(head.target())?;
    if !head.headers().all(|header| is_text(header.name) && is_text(header.value)) {
        json.key("headers")?;
        ndjson::pairs(json, head.headers().map(|header| (header.name, header.value)))?;
    }
    json.key("body")?.open('{')?.key("size")?.plain(capture.body.len())?;
    ndjson::body_end(json, &capture.body)?;
    json.close('}')?.key("trailers")?;
    ndjson::pairs(json, capture.trailers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))?;
    if let Some(because) = &capture.answer.because {
        json.key("because")?.text(because)?;
    }
    if !capture.answer.headers.iter().all(|(_, value)| is_text(value)) {
        json.key("answer_headers")?;
        ndjson::pairs(json, capture.answer.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_ref())))?;
    }
    ndjson::seen(json, capture)?;
    json.close('}')?;
    Ok(())
}

fn pairs(json: &mut Json<impl Write>, pairs: impl Iterator<Item = (String, String)>) -> io::Result<()> {
    json.open('[')?;
    for (name, value) in pairs {
        json.item()?.open('{')?.key("name")?.text(&name)?.key("value")?.text(&value)?.close('}')?;
    }
    json.close(']')?;
    Ok(())
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A query parameter as its reader understands it.
fn decoded(pair: &[u8]) -> (String, String) {
    let at = memchr::memchr(b'=', pair);
    let (name, value) = at.and_then(|at| pair.split_at_checked(at)).unwrap_or((pair, b""));
    let decode = |text: &[u8]| {
        let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        lossy(&percent_encoding::percent_decode(&spaced).collect::<Vec<u8>>())
    };
    (decode(name), decode(value.strip_prefix(b"=").unwrap_or(value)))
}

fn media_type(head: &Head) -> String {
    head.header("content-type").map_or_else(|| "application/octet-stream".to_owned(), lossy)
}

/// The URL of a target: what a URL cannot have (RFC 3986 §2) is escaped.
fn url(target: &[u8], base: &Base) -> String {
    let absolute = target.starts_with(b"http://") || target.starts_with(b"https://");
    let mut url = if absolute { String::new() } else { base.to_string() };
    if !absolute && !target.starts_with(b"/") {
        url.push('/');
    }
    let mut rest = target;
    let mut brackets = absolute;
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let kept = match byte {
            b'%' => digits,
            // Around an IPv6 address, which only an authority has.
            b'[' | b']' => brackets,
            _ => byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=".contains(byte),
        };
        if url.len() > 8 && matches!(byte, b'/' | b'?') {
            brackets = false;
        }
        if kept {
            url.push(char::from(*byte));
        } else {
            url += &format!("%{byte:02X}");
        }
        rest = after;
    }
    url
}

fn millis(duration: Duration) -> f64 {
    // Whole microseconds are enough for a reader; `_creel` has all digits.
    duration.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_are_urls() {
        let base = "http://h:1/p".parse().unwrap();
        for (target, shown) in [
            (b"/a?b=%41".as_slice(), "http://h:1/p/a?b=%41"),
            (b"/%zz \xff[\"#", "http://h:1/p/%25zz%20%FF%5B%22%23"),
            (b"*", "http://h:1/p/*"),
            (b"http://[::1]:2/a[b]", "http://[::1]:2/a%5Bb%5D"),
        ] {
            assert_eq!(url(target, &base), shown);
        }
        assert_eq!(decoded(b"a+b=%41=+"), ("a b".to_owned(), "A= ".to_owned()));
        assert_eq!(decoded(b"a"), ("a".to_owned(), String::new()));
    }

    proptest! {
        #[test]
        fn any_target_makes_a_url(target in proptest::collection::vec(any::<u8>(), 0..40)) {
            let url = url(&[b"/", target.as_slice()].concat(), &Base::default());
            prop_assert!(url.parse::<http::Uri>().is_ok(), "{}", url);
        }
    }
}
