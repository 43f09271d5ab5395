//! What must hold whatever comes: one function for everything that reads bytes from outside. Each panics where it does not.
//!
//! `tests/hostile.rs` gives them made-up bytes and the corpora; the fuzzer's targets in `fuzz/` give them what it finds.

use std::time::Duration;

use bytes::Bytes;
use creel::{
    decode::{Cancelled, Fit, Found, JsonPath, Needle, Subject, VIEWS, ViewRow, Wrapping, apply, decode, jq},
    import::{self, Source},
    model::{Capture, Printable, printable::needs_escape},
    query::{Facts, Query},
};
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

/// The widths that bodies are laid out in, in columns.
pub const WIDTHS: [usize; 5] = [1, 2, 7, 40, 140];

/// How many rows of a body are looked at, from its beginning and from its end.
const ROWS: usize = 200;

/// Takes bytes, and panics where something does not hold.
pub type Target = fn(&[u8]);

/// What all targets are called, and what they are.
#[allow(dead_code, reason = "every target of the fuzzer includes this file, and uses one function of it")]
pub const TARGETS: &[(&str, Target)] = &[
    ("views", views),
    ("codings", codings),
    ("queries", queries),
    ("paths", paths),
    ("imports", imports),
    ("curl", curl),
    ("expressions", expressions),
    ("signatures", signatures),
];

/// A line, and what stands behind it.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    (&data[..at], data.get(at + 1..).unwrap_or_default())
}

/// A body in a view, or in the one that fits: laid out in every width, wrapped and not.
pub fn shown(subject: &Subject, view: Option<&'static ViewRow>) {
    let document = decode(subject, view, &Cancelled::new()).expect("nobody cancelled");
    for text in [document.note(), document.done()].into_iter().flatten() {
        // What is safe is what stays as it is; a character by itself does not say, since emoji are safe in their clusters alone.
        assert!(Printable::from(text).as_str() == text, "{text:?} is not safe");
    }
    if let Some(picture) = document.picture() {
        let small = picture.within(30, 20).expect("there is room");
        assert!(small.width() <= 30 && small.height() <= 20);
    }
    let found = Needle::from("a").compile().ok().and_then(|pattern| document.find(&pattern, &Cancelled::new()));
    let found = found.unwrap_or_else(Found::none);
    for (width, soft) in WIDTHS.into_iter().flat_map(|width| [(width, true), (width, false)]) {
        let wrapping = Wrapping { soft, numbered: width == 40, ..Wrapping::at(width) };
        let rows = document.wrap(&wrapping, &Cancelled::new()).expect("nobody cancelled");
        let last = rows.len().saturating_sub(ROWS);
        let drawn = document.draw(&rows, 0..ROWS, 0, &found).into_iter();
        for row in drawn.chain(document.draw(&rows, last..rows.len(), 3, &found)) {
            let text: String = row.into_iter().map(|piece| piece.text).collect();
            let columns = text.width();
            assert!(columns <= width, "{:?} has {columns} columns of {width} in {}", text, document.view().name);
            let odd = text.chars().find(|char| needs_escape(*char) && !matches!(char, '\u{fe0e}' | '\u{fe0f}'));
            assert_eq!(odd, None, "{text:?} in {}", document.view().name);
        }
        let end = document.bytes().len();
        for offset in [0, end / 2, end] {
            let row = document.row_of(&rows, offset);
            assert!(row <= rows.len() && document.offset_of(&rows, row) <= end);
        }
    }
}

/// A content type, a line end, and a body: in the view that fits, and in all others.
pub fn views(data: &[u8]) {
    let (content_type, body) = split(data);
    let content_type = Some(content_type).filter(|value| !value.is_empty()).map(Bytes::copy_from_slice);
    let subject = Subject::held(Bytes::copy_from_slice(body), content_type);
    shown(&subject, None);
    for view in VIEWS {
        assert!((view.fit)(&subject) >= Fit::Never);
        shown(&subject, Some(view));
    }
}

/// A list of content codings, a line end, and a body.
pub fn codings(data: &[u8]) {
    let (codings, body) = split(data);
    let headers = [(b"content-encoding".as_slice(), codings)];
    let subject = Subject::held(Bytes::copy_from_slice(body), None).with_headers(headers.into_iter());
    shown(&subject, None);
}

/// A request, as the source `raw` reads it.
fn request() -> Capture {
    let text = b"POST /a?b=1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"a\":[1,\"b\"]}";
    let raw = Source::named("raw");
    let mut captures = import::captures(text.as_slice(), raw, Timestamp::UNIX_EPOCH);
    captures.next().expect("there is one").expect("it is a request")
}

/// A query.
pub fn queries(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(query) = Query::parse(text) {
        let capture = request();
        let matches = query.matches(&capture, &Facts::default());
        if matches {
            assert_eq!(query.failing(&capture, &Facts::default()), 0, "{text:?}");
        }
    }
}

/// The value of every signature header, a line end, and a body.
pub fn signatures(data: &[u8]) {
    let (value, body) = split(data);
    creel::signature::exercise(value, body);
}

/// A path, a line end, and what it goes through.
pub fn paths(data: &[u8]) {
    let (path, body) = split(data);
    let Ok(text) = std::str::from_utf8(path) else { return };
    match JsonPath::read(text) {
        Ok((path, length)) => {
            assert!(text.is_char_boundary(length), "{text:?} {length}");
            let mut left = 1000;
            path.visit(body, &mut |value| {
                assert!(value.len() <= body.len());
                left -= 1;
                left == 0
            });
        }
        Err(error) => assert!(error.at <= text.len() && !error.message.is_empty(), "{text:?} {error:?}"),
    }
}

fn import(data: &[u8], source: Option<&'static Source>) {
    for capture in import::captures(data, source, Timestamp::UNIX_EPOCH).take(100) {
        match capture {
            Ok(capture) => assert!(capture.body.len() <= import::LIMIT as usize),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// A file of captures, in every form.
pub fn imports(data: &[u8]) {
    import(data, None);
    for source in import::SOURCES {
        import(data, Some(source));
    }
}

/// Commands of curl.
pub fn curl(data: &[u8]) {
    import(&[b"curl ", data].concat(), Source::named("curl"));
}

/// An expression, a line end, and what it is applied to.
pub fn expressions(data: &[u8]) {
    let (expression, body) = split(data);
    let Ok(expression) = std::str::from_utf8(expression) else { return };
    let limits = jq::Limits { time: Duration::from_millis(20), output: 1 << 16, values: 1000, memory: 16 << 20 };
    let json = Some(Bytes::from_static(b"application/json"));
    let subject = Subject::held(Bytes::copy_from_slice(body), json);
    let document = decode(&subject, None, &Cancelled::new()).expect("nobody cancelled");
    match apply(&document, expression, &limits, &Cancelled::new()).expect("nobody cancelled") {
        Ok(results) => assert!(results.bytes().len() <= 2 * limits.output, "{} B", results.bytes().len()),
        Err(mistake) => assert!(mistake.span.end <= expression.len(), "{mistake:?} in {expression:?}"),
    }
}
