//! The requests that a command's orders come to: what stands in the URL, and the header lines that curl adds, in its order.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use percent_encoding::percent_decode;

use super::{
    multipart,
    options::Does,
    orders::{Given, Orders, join},
};
use crate::import::{
    draft::{self, Draft, Line},
    url::Parts,
};
use crate::model::{BodyEnd, Fidelity, Version};

/// A draft for each URL, or why there is none.
pub(super) fn drafts(mut orders: Orders, now: Timestamp, warnings: &mut Vec<String>) -> Result<Vec<Draft>, String> {
    let urls = std::mem::take(&mut orders.urls);
    if urls.is_empty() {
        return Err("the command names no URL".to_owned());
    }
    urls.iter().map(|url| one(&orders, url, now, warnings)).collect()
}

fn one(orders: &Orders, url: &[u8], now: Timestamp, warnings: &mut Vec<String>) -> Result<Draft, String> {
    let parts = Parts::of(url);
    let shown = || url.get(..url.len().min(120)).unwrap_or_default().escape_ascii();
    if parts
        .scheme
        .is_some_and(|scheme| !scheme.eq_ignore_ascii_case(b"http") && !scheme.eq_ignore_ascii_case(b"https"))
    {
        return Err(format!("{} is no URL of HTTP", shown()));
    }
    if parts.host.is_empty() {
        return Err(format!("{} names no host", shown()));
    }
    if !orders.has(Does::Globoff) && url.iter().any(|byte| matches!(byte, b'{' | b'}')) {
        warnings.push(format!("curl would make several URLs of {}; it is kept as it is written", shown()));
    }
    let mut body = body(orders);
    let mut query = parts.query.map(<[u8]>::to_vec);
    if !orders.query.is_empty() {
        join(query.get_or_insert_default(), &orders.query, true);
    }
    if orders.has(Does::Get)
        && let Some(Given::Bytes(data)) = body.data.take_if(|data| matches!(data, Given::Bytes(_)))
    {
        join(query.get_or_insert_default(), &data, true);
        body = Body { implied: Some("GET"), ..Body::default() };
    }
    let target = match &orders.target {
        Some(target) => target.clone(),
        None => target(orders, &parts, query.as_deref()),
    };
    let implied = if orders.has(Does::Head) { "HEAD" } else { body.implied.unwrap_or("GET") };
    let method = orders.method.as_deref().unwrap_or(implied.as_bytes());
    let version = if orders.has(Does::Http10) { Version::Http10 } else { Version::Http11 };
    let headers = headers(orders, &parts, &body);
    let head = draft::head(method, &target, version, &headers, Fidelity::Fields);
    let mut draft = Draft::new(head, now);
    match body.data {
        Some(Given::Bytes(bytes)) => draft.body = bytes.into(),
        Some(Given::Elsewhere(why)) => {
            warnings.push(format!("the body is not here: {why}, and no file is ever read"));
            draft.end = BodyEnd::LeftOut(why.into());
        }
        None => {}
    }
    Ok(draft)
}

/// What is sent behind the head.
#[derive(Default)]
struct Body {
    data: Option<Given>,
    media_type: Option<Vec<u8>>,
    /// The method that goes with it where none is asked for.
    implied: Option<&'static str>,
    /// Whether its length is told.
    chunked: bool,
}

fn body(orders: &Orders) -> Body {
    if let Some(given) = &orders.upload {
        let chunked = orders.file.is_none();
        return Body { data: Some(given.clone()), implied: Some("PUT"), chunked, ..Body::default() };
    }
    if let Some(given) = &orders.data {
        let media_type: &[u8] =
            if orders.has(Does::Json) { b"application/json" } else { b"application/x-www-form-urlencoded" };
        let media_type = Some(media_type.to_vec());
        return Body { data: Some(given.clone()), media_type, implied: Some("POST"), chunked: false };
    }
    if orders.parts.is_empty() {
        return Body::default();
    }
    let (given, media_type) = multipart::body(&orders.parts);
    Body { data: Some(given), media_type: Some(media_type), implied: Some("POST"), chunked: false }
}

/// The path as curl sends it, and the query.
fn target(orders: &Orders, parts: &Parts<'_>, query: Option<&[u8]>) -> Vec<u8> {
    let mut path = if parts.path.is_empty() { b"/".to_vec() } else { parts.path.to_vec() };
    if let (Some(file), Some(b'/')) = (&orders.file, path.last()) {
        path.extend_from_slice(file.rsplit(|byte| *byte == b'/').next().unwrap_or_default());
    }
    if !orders.has(Does::PathAsIs) {
        path = without_dots(&path);
    }
    if let Some(query) = query {
        path.push(b'?');
        path.extend_from_slice(query);
    }
    // A space or a control would end the request line; curl takes no URL that has one.
    path.iter()
        .flat_map(|byte| match byte {
            0..=b' ' | 0x7f => format!("%{byte:02X}").into_bytes(),
            byte => vec![*byte],
        })
        .collect()
}

/// A path without `.` and `..` (RFC 3986 §5.2.4).
fn without_dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path.split(|byte| *byte == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            b"." | b".." => {
                if segment == b".." {
                    kept.pop();
                }
                if last {
                    kept.push(b"");
                }
            }
            segment => kept.push(segment),
        }
    }
    let mut out = Vec::with_capacity(path.len());
    for segment in kept {
        out.push(b'/');
        out.extend_from_slice(segment);
    }
    if out.is_empty() { b"/".to_vec() } else { out }
}

/// One `-H`: `Name: value`, `Name:` to leave it out, `Name;` for one without a value.
enum Wish<'a> {
    Line(&'a [u8], &'a [u8]),
    None(&'a [u8]),
}

fn wish(written: &[u8]) -> Option<Wish<'_>> {
    if let Some(colon) = memchr::memchr(b':', written) {
        let (name, value) = written.split_at_checked(colon)?;
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        return Some(if value.is_empty() { Wish::None(name) } else { Wish::Line(name, value) });
    }
    let semicolon = memchr::memchr(b';', written)?;
    let (name, rest) = written.split_at_checked(semicolon)?;
    rest.get(1..).unwrap_or_default().trim_ascii().is_empty().then_some(Wish::Line(name, b""))
}

fn headers(orders: &Orders, parts: &Parts<'_>, body: &Body) -> Vec<Line> {
    let wishes: Vec<Wish<'_>> = orders.headers.iter().filter_map(|written| wish(written)).collect();
    let named = |name: &str| {
        wishes.iter().any(|wish| match wish {
            Wish::Line(known, _) | Wish::None(known) => known.eq_ignore_ascii_case(name.as_bytes()),
        })
    };
    let host = wishes.iter().find_map(|wish| match wish {
        Wish::Line(name, value) if name.eq_ignore_ascii_case(b"host") => Some(value.to_vec()),
        _ => None,
    });
    let mut lines: Vec<Line> = Vec::new();
    let mut add = |name: &str, value: Option<Vec<u8>>| {
        if let Some(value) = value.filter(|_| !named(name)) {
            lines.push((name.as_bytes().to_vec(), value));
        }
    };
    add("Host", Some(parts.host_header()));
    let authorization = authorization(orders, parts);
    let accept: &[u8] = if orders.has(Does::Json) { b"application/json" } else { b"*/*" };
    add("Authorization", authorization);
    add("Range", orders.range.as_ref().map(|range| [b"bytes=", range.as_slice()].concat()));
    add("User-Agent", orders.agent.clone().filter(|agent| !agent.is_empty()));
    // With --json it is a header line like those of -H, behind them.
    add("Accept", Some(accept.to_vec()).filter(|_| !orders.has(Does::Json)));
    add("Accept-Encoding", orders.has(Does::Compressed).then(|| b"deflate, gzip".to_vec()));
    add("Referer", orders.referer.clone());
    add("Transfer-Encoding", (body.chunked && !orders.has(Does::Http10)).then(|| b"chunked".to_vec()));
    add("Cookie", Some(orders.cookies.join(&b';')).filter(|cookies| !cookies.is_empty()));
    if let Some(host) = host {
        lines.insert(0, (b"Host".to_vec(), host));
    }
    for wish in &wishes {
        if let Wish::Line(name, value) = wish
            && !name.eq_ignore_ascii_case(b"host")
        {
            lines.push((name.to_vec(), value.to_vec()));
        }
    }
    let mut add = |name: &str, value: Option<Vec<u8>>| {
        if let Some(value) = value.filter(|_| !named(name)) {
            lines.push((name.as_bytes().to_vec(), value));
        }
    };
    if orders.has(Does::Json) {
        add("Content-Type", body.media_type.clone());
        add("Accept", Some(accept.to_vec()));
    }
    let is_chunked = body.chunked || named("Transfer-Encoding");
    if let Some(Given::Bytes(bytes)) = &body.data
        && !is_chunked
    {
        add("Content-Length", Some(bytes.len().to_string().into_bytes()));
    }
    if !orders.has(Does::Json) {
        add("Content-Type", body.media_type.clone());
    }
    lines
}

/// Who asks: what `-u` or the URL says, or a token.
fn authorization(orders: &Orders, parts: &Parts<'_>) -> Option<Vec<u8>> {
    if let Some(token) = &orders.bearer {
        return Some([b"Bearer ", token.as_slice()].concat());
    }
    if orders.has(Does::OtherAuth) {
        return None;
    }
    let mut user = match &orders.user {
        Some(user) => user.clone(),
        None => percent_decode(parts.user?).collect(),
    };
    if !user.contains(&b':') {
        user.push(b':');
    }
    Some(format!("Basic {}", STANDARD.encode(user)).into_bytes())
}
