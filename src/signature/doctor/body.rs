//! Bodies as they may have been before something on the way wrote them anew.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::{GzDecoder, ZlibDecoder};

use super::{Case, ills::said, json};
use crate::model::Content;
use crate::signature::{Finding, Part};

/// The longest that a compressed body becomes, in bytes.
const PLAIN: u64 = 1 << 20;
/// How many times as long as hashing it takes to copy a body in all the simple ways, and to write one layout of its JSON.
const COPIED: usize = 3;
const LAID_OUT: usize = 8;

/// What a body may have been: what happened to it, words that say what it was, and the bytes.
pub(super) type Earlier = (&'static str, String, Vec<u8>);

/// Looks for one that was signed: a sentence of diagnosis and one of remedy.
pub(super) fn body(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    if !case.scheme.signed.iter().any(|part| matches!(part, Part::Body | Part::Made(_))) {
        return None;
    }
    let Some(body) = case.message.body.bytes().cloned() else {
        case.skip();
        return None;
    };
    if case.spend(body.len() * COPIED) {
        let found = any(case, simple(&body, case.message.header("content-encoding")));
        if found.is_some() {
            return found;
        }
    }
    if json::is(&body) {
        for layout in json::LAYOUTS {
            if case.spend(body.len() * LAID_OUT) {
                let found = any(case, json::written(&body, layout));
                if found.is_some() {
                    return found;
                }
            }
        }
    }
    None
}

fn any(case: &mut Case<'_>, all: Vec<Earlier>) -> Option<(String, String)> {
    let mut message = case.message.clone();
    for (name, was, earlier) in all {
        message.body = Content::from(Bytes::from(earlier));
        if case.fits_mine(case.scheme, &message) {
            let (what, remedy) = match name {
                "body-newline" => ("a line end was added or taken away", "pass the body on byte for byte"),
                "body-line-ends" => ("its line ends were changed", "pass the body on byte for byte"),
                "body-compressed" => ("it was compressed on the way", "let nothing compress requests on the way"),
                "body-bom" => ("a byte order mark was put before it", "pass the body on byte for byte"),
                _ => {
                    ("its JSON was parsed and written anew", "sign and check the bytes, not what was parsed from them")
                }
            };
            return said(format!("the body is not the one that was signed: {what}; what was signed has {was}"), remedy);
        }
    }
    None
}

/// What is not about JSON, the likeliest first.
pub(super) fn simple(body: &[u8], coding: Option<&[u8]>) -> Vec<Earlier> {
    let mut all: Vec<Earlier> = Vec::new();
    let mut push = |name, was: &str, bytes: Vec<u8>| {
        if bytes != body {
            all.push((name, was.to_owned(), bytes));
        }
    };
    for end in ["\n", "\r\n"] {
        push("body-newline", "a line end at its end", [body, end.as_bytes()].concat());
    }
    let trimmed = body.strip_suffix(b"\n").map(|rest| rest.strip_suffix(b"\r").unwrap_or(rest));
    if let Some(trimmed) = trimmed {
        push("body-newline", "no line end at its end", trimmed.to_vec());
        push("body-newline", "no white space at its end", body.trim_ascii_end().to_vec());
    }
    let feeds: Vec<u8> = replaced(body, b"\r\n", b"\n");
    push("body-line-ends", "line feeds alone (LF)", feeds.clone());
    push("body-line-ends", "carriage returns before its line feeds (CRLF)", replaced(&feeds, b"\n", b"\r\n"));
    if let Some(plain) = decompressed(body, coding) {
        push("body-compressed", "no compression", plain);
    }
    if let Some(bare) = body.strip_prefix(b"\xef\xbb\xbf") {
        push("body-bom", "no byte order mark before it", bare.to_vec());
    }
    all
}

pub(super) fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(body.len());
    let mut at = 0;
    for found in memchr::memmem::find_iter(body, from) {
        all.extend_from_slice(body.get(at..found).unwrap_or_default());
        all.extend_from_slice(to);
        at = found + from.len();
    }
    all.extend_from_slice(body.get(at..).unwrap_or_default());
    all
}

fn decompressed(body: &[u8], coding: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    if body.starts_with(b"\x1f\x8b") {
        GzDecoder::new(body).take(PLAIN).read_to_end(&mut plain).ok()?;
    } else if coding.is_some_and(|coding| coding.eq_ignore_ascii_case(b"deflate")) {
        ZlibDecoder::new(body).take(PLAIN).read_to_end(&mut plain).ok()?;
    } else {
        return None;
    }
    Some(plain)
}
