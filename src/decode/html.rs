//! HTML, laid out by its tags, however wrong they are.
//!
//! Decided: elements that browsers give lines of their own begin a line here; all others flow with the text around them, in
//! which white space is one space. What is inside `script`, `style`, `pre` and `textarea` keeps its lines. Indentation
//! follows only elements whose end tag may not be left out, so that a page of open paragraphs does not drift away; end tags
//! that close nothing indent nothing. Whatever the body is, it has lines: there is no invalid HTML.
//!
//! Refused: the tree that a browser would build, which shows another document than the one that was sent.

use std::sync::LazyLock;

use super::{
    Built, Cancelled,
    built::Way,
    lines::{Spot, Stop},
    markup::Role,
    run::{Ink, Mode, Run, Step},
    tags::{self, COMMENT, CONTENT, DECLARATION, END_TAG, InTag, STATE, enter, fixed, in_tag, skip_blank},
    walk,
};

/// Inside an element whose lines are its own.
const RAW: u8 = DECLARATION + 1;

/// The bit for content that stands beside its tags.
const LEAF: u8 = 0x80;
/// The bits for what kind of element a tag belongs to: one that flows is 0.
const KIND: u8 = 0x60;
/// One that begins a line.
const BLOCK: u8 = 0x20;
/// One that indents what is in it, too.
const INDENTS: u8 = 0x40;
/// One whose content keeps its lines, too.
const KEEPS: u8 = 0x60;

/// How far white space behind a line end is looked through for the end of such content.
const BLANK: usize = 4096;
/// How far the end of an element that may stand in one line is looked for.
const LEAF_BYTES: usize = 256;

/// Elements that begin a line, and whether what is in them is indented.
const BLOCKS: &[(&str, bool)] = &[
    ("address", true),
    ("article", true),
    ("aside", true),
    ("blockquote", true),
    ("body", false),
    ("br", false),
    ("caption", true),
    ("center", true),
    ("dd", false),
    ("details", true),
    ("dialog", true),
    ("div", true),
    ("dl", true),
    ("dt", false),
    ("fieldset", true),
    ("figcaption", true),
    ("figure", true),
    ("footer", true),
    ("form", true),
    ("h1", true),
    ("h2", true),
    ("h3", true),
    ("h4", true),
    ("h5", true),
    ("h6", true),
    ("head", false),
    ("header", true),
    ("hr", false),
    ("html", false),
    ("iframe", true),
    ("li", false),
    ("link", false),
    ("main", true),
    ("meta", false),
    ("nav", true),
    ("noscript", true),
    ("ol", true),
    ("optgroup", false),
    ("option", false),
    ("p", false),
    ("pre", true),
    ("script", true),
    ("section", true),
    ("select", true),
    ("style", true),
    ("summary", true),
    ("table", true),
    ("tbody", false),
    ("td", false),
    ("template", true),
    ("textarea", true),
    ("tfoot", false),
    ("th", false),
    ("thead", false),
    ("title", true),
    ("tr", false),
    ("ul", true),
];

/// Elements whose content keeps its lines.
const KEEP: [&str; 4] = ["script", "style", "pre", "textarea"];

/// How lines become rows.
pub(super) const WAY: Way = Way { next, hang: 4, nest: None };

/// The lines of any body.
pub(super) fn build(bytes: &[u8], cancelled: &Cancelled) -> Result<Built, Stop> {
    let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let start = Some(skip_blank(bytes, mark)).filter(|&start| start < bytes.len());
    walk::lines(bytes, start.unwrap_or(0), WAY, cancelled).map(Built::from)
}

/// What comes next in a line.
pub(super) fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    if spot.mode == Mode::Done {
        return finish(bytes, spot);
    }
    if spot.offset >= bytes.len() {
        *spot = Spot::line(bytes.len(), 0);
        return Step::End;
    }
    let in_end_tag = spot.state & STATE == END_TAG;
    match in_tag(bytes, spot, room) {
        Some(InTag::Step(step)) => return step,
        Some(InTag::Closed(step, is_empty)) => {
            close(bytes, spot, in_end_tag, is_empty);
            return step;
        }
        None => {}
    }
    match spot.state & STATE {
        COMMENT => terminated(bytes, spot, room, b"-->"),
        DECLARATION => terminated(bytes, spot, room, b">"),
        RAW => raw(bytes, spot, room),
        _ => content(bytes, spot, room),
    }
}

/// What follows from a tag that has ended.
fn close(bytes: &[u8], spot: &mut Spot, was_end: bool, is_empty: bool) {
    let bits = std::mem::replace(&mut spot.state, CONTENT);
    let kind = bits & KIND;
    let shallower = spot.depth.saturating_sub(u32::from(kind >= INDENTS));
    if kind == 0 {
        spot.state = bits & LEAF;
    } else if was_end {
        spot.mode = Mode::Done;
    } else if is_empty && kind != KEEPS {
        spot.depth = shallower;
        spot.mode = Mode::Done;
    } else if kind == KEEPS {
        spot.state = RAW;
        let rest = bytes.get(spot.offset..).unwrap_or_default();
        if let Some(found) = memchr::memchr2(b'<', b'\n', rest)
            && is_raw_end(bytes, spot.offset + found)
        {
            spot.state = RAW | LEAF;
            spot.depth = shallower;
        } else {
            spot.mode = Mode::Done;
        }
    } else if is_leaf(bytes, spot.offset, kind) {
        spot.depth = shallower;
        spot.state = LEAF;
    } else {
        spot.mode = Mode::Done;
    }
}

/// Ends the line; the next begins with what is not white space, or is the next of those that are kept.
fn finish<'a>(bytes: &'a [u8], spot: &mut Spot) -> Step<'a> {
    if spot.state & STATE == RAW {
        return raw_line(bytes, spot);
    }
    let at = skip_blank(bytes, spot.offset);
    let closes = matches!(tag(bytes, at), Some((true, kind)) if kind >= INDENTS);
    *spot = Spot::line(at, spot.depth.saturating_sub(u32::from(closes)));
    Step::End
}

fn content<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let at = spot.offset;
    let leaf = spot.state & LEAF;
    let rest = bytes.get(at..).unwrap_or_default();
    let begins = spot.mode == Mode::Line;
    match rest {
        [b' ' | b'\t' | b'\n' | b'\r', ..] => {
            let end = skip_blank(bytes, at);
            if end == bytes.len() || (leaf == 0 && !begins && breaks_before(bytes, end)) {
                return finish(bytes, spot);
            }
            return tags::blank(spot, end);
        }
        [b'<', b'!', b'-', b'-', ..] => return fixed(bytes, spot, Role::Dim, 4, COMMENT),
        [b'<', b'!' | b'?', ..] => return fixed(bytes, spot, Role::Dim, 2, DECLARATION),
        _ => {}
    }
    if let Some((is_end, kind)) = tag(bytes, at) {
        if leaf == 0 && !begins && kind != 0 && !is_break(bytes, at) {
            return finish(bytes, spot);
        }
        spot.state = leaf | kind;
        if is_end {
            return fixed(bytes, spot, Role::Punctuation, 2, END_TAG);
        }
        spot.depth = spot.depth.saturating_add(u32::from(kind >= INDENTS));
        return tags::open(bytes, spot);
    }
    let plain = words(rest, room);
    if let Some(text) =
        rest.get(..plain).filter(|text| !text.is_empty()).and_then(|text| std::str::from_utf8(text).ok())
    {
        let ink = Ink::Plain(text, plain);
        return tags::run(spot, Run { role: Role::Text, start: at, end: at + plain, ink });
    }
    match tags::text(bytes, spot, room, Role::Text, |byte| matches!(byte, b' ' | b'\t' | b'\r')) {
        Some(step) => step,
        // A `<` that begins no tag.
        None => fixed(bytes, spot, Role::Text, 1, CONTENT),
    }
}

/// How many bytes of `rest`, and no more than `room`, are ASCII words with one space between each: most text is, and one run
/// is quicker than many.
fn words(rest: &[u8], room: usize) -> usize {
    let mut length = 0;
    let mut after_space = true;
    for (at, &byte) in rest.iter().enumerate().take(room.max(1)) {
        match byte {
            b' ' if !after_space => after_space = true,
            b'!'..=b'~' if !matches!(byte, b'<' | b'&') => {
                after_space = false;
                length = at + 1;
            }
            _ => break,
        }
    }
    // What follows may combine with the last letter.
    let combines = rest.get(length).is_some_and(|byte| !byte.is_ascii());
    length - usize::from(combines && length > 0)
}

/// Whether a tag begins at `at`: whether it is an end tag, and of what kind its element is.
fn tag(bytes: &[u8], at: usize) -> Option<(bool, u8)> {
    let rest = bytes.get(at..)?.strip_prefix(b"<")?;
    let (is_end, rest) = match rest.strip_prefix(b"/") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if !rest.first()?.is_ascii_alphabetic() {
        return None;
    }
    Some((is_end, kind_of(rest)))
}

/// Of what kind the element is whose name `rest` begins with.
fn kind_of(rest: &[u8]) -> u8 {
    let kind = |key: u128| KINDS.binary_search_by_key(&key, |(key, _)| *key).ok().and_then(|found| KINDS.get(found));
    kind(key(rest)).map_or(0, |(_, kind)| *kind)
}

/// The kinds of [`BLOCKS`] by the [`key`] of their names.
static KINDS: LazyLock<Vec<(u128, u8)>> = LazyLock::new(|| {
    let kind = |name: &str, indents: bool| match indents {
        _ if KEEP.contains(&name) => KEEPS,
        true => INDENTS,
        false => BLOCK,
    };
    BLOCKS.iter().map(|&(name, indents)| (key(name.as_bytes()), kind(name, indents))).collect()
});

/// The name that `rest` begins with as a number, in the order of names: comparing two of them is one instruction, where every
/// tag of a page is looked up several times. Of a longer name than any in the table, enough to be none of them.
fn key(rest: &[u8]) -> u128 {
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).take(LONGEST);
    let (key, length) =
        name.fold((0, 0), |(key, length), byte| (key << 8 | u128::from(byte.to_ascii_lowercase()), length + 1));
    key << (8 * (LONGEST - length))
}

/// Of how many letters a key is made, one more than the longest name has at least.
const LONGEST: usize = 12;

/// Whether what begins at `at` begins a line.
fn breaks_before(bytes: &[u8], at: usize) -> bool {
    matches!(tag(bytes, at), Some((_, kind)) if kind != 0) && !is_break(bytes, at)
}

/// Whether the tag at `at` is that of a line break, which ends the line that it stands in.
fn is_break(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1..at + 3).is_some_and(|name| name.eq_ignore_ascii_case(b"br"))
}

/// Whether what begins at `at` is a little text, and then the end of an element of that kind.
fn is_leaf(bytes: &[u8], at: usize, kind: u8) -> bool {
    let mut at = at;
    let limit = at.saturating_add(LEAF_BYTES);
    while let Some(found) = memchr::memchr(b'<', bytes.get(at..limit.min(bytes.len())).unwrap_or_default()) {
        at += found;
        match tag(bytes, at) {
            Some((_, 0)) => at += 1,
            Some((is_end, ended)) => return is_end && ended == kind,
            None => return false,
        }
    }
    false
}

/// Whether the end tag of an element that keeps its lines is at `at`.
fn is_raw_end(bytes: &[u8], at: usize) -> bool {
    matches!(tag(bytes, at), Some((true, KEEPS)))
}

fn raw<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let at = spot.offset;
    if is_raw_end(bytes, at) {
        if spot.state & LEAF != 0 || spot.mode == Mode::Line {
            spot.state = spot.state & LEAF | KEEPS;
            return fixed(bytes, spot, Role::Punctuation, 2, END_TAG);
        }
        *spot = Spot::line(at, spot.depth.saturating_sub(1));
        return Step::End;
    }
    match tags::text(bytes, spot, room, Role::String, |_| false) {
        Some(step) => step,
        None if bytes.get(at) == Some(&b'<') => fixed(bytes, spot, Role::String, 1, RAW),
        None => raw_line(bytes, spot),
    }
}

/// Ends a line that is kept; the next is kept too, or is the end tag.
fn raw_line<'a>(bytes: &'a [u8], spot: &mut Spot) -> Step<'a> {
    let at = spot.offset;
    let seen = bytes.get(..at.saturating_add(BLANK)).unwrap_or(bytes);
    let behind = skip_blank(seen, at);
    if behind >= bytes.len() || is_raw_end(bytes, behind) {
        *spot = Spot::line(behind, spot.depth.saturating_sub(1));
        return Step::End;
    }
    let line_end = match bytes.get(at..).unwrap_or_default() {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    };
    *spot = Spot::line_in(RAW, at + line_end, spot.depth);
    Step::End
}

/// Something that ends with a terminator; a declaration ends its line too.
fn terminated<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize, terminator: &'static [u8]) -> Step<'a> {
    let (step, ended) = tags::until(bytes, spot, room, (Role::Dim, terminator));
    if ended {
        enter(spot, CONTENT);
        if terminator == b">" {
            spot.mode = Mode::Done;
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::super::properties::{document, shown};
    use super::*;

    fn rows(body: &str) -> Vec<String> {
        let document = document(body.as_bytes(), "html");
        assert_eq!((document.view().name, document.note()), ("html", None));
        shown(&document, 80)
    }

    #[test]
    fn elements_are_in_order_and_known_once() {
        assert!(BLOCKS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(KEEP.iter().all(|name| BLOCKS.contains(&(name, true))));
        assert!(BLOCKS.iter().all(|(name, _)| name.len() < LONGEST));
        assert!(KINDS.is_sorted_by_key(|(key, _)| *key));
        let kinds = ["p>", "PRE x", "Div>", "b", "pr", "divs", "blockquotes>", "blockquotexxx", "h1"]
            .map(|name| kind_of(name.as_bytes()));
        assert_eq!(kinds, [BLOCK, KEEPS, INDENTS, 0, 0, 0, 0, 0, INDENTS]);
    }

    #[test]
    fn tags_make_lines() {
        let body = "<!DOCTYPE html><html><head><title>A\n page</title><meta charset=utf-8><style>p {\n  color: red;\n}\n</style></head>\
                    <body class=\"x\"><DIV id=a><h1>Hello</h1><p>Some <b>bold</b>  and\n<a href='/x?a=1&amp;b'>linked</a> text<br>next\
                    <ul><li>one<li>two</ul><script>if (a < b) {\n  go();\n}</script><img src=x></DIV></body></html>";
        let expected = [
            "<!DOCTYPE html>",
            "<html>",
            "<head>",
            "<title>A page</title>",
            "<meta charset=utf-8>",
            "<style>",
            "  p {",
            "    color: red;",
            "  }",
            "</style>",
            "</head>",
            "<body class=\"x\">",
            "<DIV id=a>",
            "  <h1>Hello</h1>",
            "  <p>",
            "  Some <b>bold</b> and <a href='/x?a=1&amp;b'>linked</a> text<br>",
            "  next",
            "  <ul>",
            "    <li>",
            "    one",
            "    <li>",
            "    two",
            "  </ul>",
            "  <script>",
            "    if (a < b) {",
            "      go();",
            "    }",
            "  </script>",
            "  <img src=x>",
            "</DIV>",
            "</body>",
            "</html>",
        ];
        assert_eq!(rows(body), expected);
    }

    #[test]
    fn whatever_it_is_it_has_lines() {
        assert_eq!(rows("a < b & c"), ["a < b & c"]);
        assert_eq!(rows("</div></div><p"), ["</div>", "</div>", "<p"]);
        assert_eq!(rows("<a b=\"c"), ["<a b=\"c"]);
        assert_eq!(rows("<script>never ends"), ["<script>", "  never ends"]);
        assert_eq!(rows("<!-- a\n b"), ["<!-- a", " b"]);
        assert_eq!(rows(" \n "), [""]);
        assert_eq!(rows("<p>\u{1b}[31m</p>"), ["<p>^[[31m</p>"]);
    }
}
