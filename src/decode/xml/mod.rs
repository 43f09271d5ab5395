//! XML, laid out without being changed.
//!
//! Decided: what is shown is the tokens of the body in their order, as they were written. White space between tags, and at
//! the ends of a text that stands on lines of its own, is ours; an element that has nothing but a text of one line keeps
//! that text as it is, beside its tags. Entities are shown as they are written, declared or not: nothing is ever expanded,
//! nothing is fetched, and a document that would become gigabytes is the few lines that it is. [`check`](mod@check) holds
//! the body against the grammar of well-formed documents once; [`next`] may then take it for granted.
//!
//! Refused: validity, namespaces, and a tree.

mod check;

use super::{
    Built, Cancelled,
    built::Way,
    lines::{Spot, Stop},
    markup::Role,
    run::{Mode, Step},
    tags::{
        self, CDATA, COMMENT, CONTENT, DECLARATION, END_TAG, INSTRUCTION, InTag, STATE, TEXT, enter, fixed, in_tag,
        skip_blank,
    },
    tree::Nest,
    walk,
};

/// A declaration of a document type: in it, in its quotes, and the same in its subset between brackets, where there are
/// comments and instructions too.
const DOUBLE: u8 = DECLARATION + 1;
const SINGLE: u8 = DECLARATION + 2;
const SUBSET: u8 = DECLARATION + 3;
const SUBSET_DOUBLE: u8 = DECLARATION + 4;
const SUBSET_SINGLE: u8 = DECLARATION + 5;
const SUBSET_COMMENT: u8 = DECLARATION + 6;
const SUBSET_INSTRUCTION: u8 = DECLARATION + 7;

/// The bit for content that stands beside its tags.
const LEAF: u8 = 0x80;

/// How far white space behind a line end is looked through for the end of a text.
const BLANK: usize = 4096;

/// For how many columns runs of a tag are asked for at a time.
const ROOM: usize = 1024;

/// How lines become rows.
pub(super) const WAY: Way = Way { next, hang: 4, nest: Some(Nest::Xml) };

/// The lines of a well-formed document, or where it is not one.
pub(super) fn build(bytes: &[u8], cancelled: &Cancelled) -> Result<Built, Stop> {
    let start = check::check(bytes, cancelled)?;
    walk::lines(bytes, start, WAY, cancelled).map(Built::from)
}

/// What comes next in a line.
pub(super) fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    if spot.mode == Mode::Done {
        return finish(bytes, spot);
    }
    match in_tag(bytes, spot, room) {
        Some(InTag::Step(step)) => return step,
        Some(InTag::Closed(step, is_empty)) => {
            let closes = spot.state & LEAF != 0;
            spot.state = CONTENT;
            if closes || is_empty {
                spot.mode = Mode::Done;
            } else if is_leaf(bytes, spot.offset) {
                spot.state = LEAF;
            } else {
                spot.depth = spot.depth.saturating_add(1);
                spot.mode = Mode::Done;
            }
            return step;
        }
        None => {}
    }
    let at = spot.offset;
    match spot.state & STATE {
        COMMENT => terminated(bytes, spot, room, (Role::Dim, b"-->")),
        INSTRUCTION => terminated(bytes, spot, room, (Role::Dim, b"?>")),
        CDATA => terminated(bytes, spot, room, (Role::Text, b"]]>")),
        TEXT => text(bytes, spot, room),
        DECLARATION.. => declaration(bytes, spot, room),
        _ => match bytes.get(at..).unwrap_or_default() {
            [] => finish(bytes, spot),
            [b'<', b'!', b'-', b'-', ..] => fixed(bytes, spot, Role::Dim, 4, COMMENT),
            [b'<', b'!', b'[', ..] => fixed(bytes, spot, Role::Punctuation, 9, CDATA),
            [b'<', b'!', ..] => fixed(bytes, spot, Role::Dim, 2, DECLARATION),
            [b'<', b'?', ..] => fixed(bytes, spot, Role::Dim, 2, INSTRUCTION),
            [b'<', b'/', ..] => {
                spot.state |= LEAF;
                fixed(bytes, spot, Role::Punctuation, 2, END_TAG)
            }
            [b'<', ..] => {
                spot.state = CONTENT;
                tags::open(bytes, spot)
            }
            _ if spot.state & LEAF != 0 => match tags::text(bytes, spot, room, Role::Text, |_| false) {
                Some(step) => step,
                None => fixed(bytes, spot, Role::Text, 1, CONTENT),
            },
            _ => {
                enter(spot, TEXT);
                text(bytes, spot, room)
            }
        },
    }
}

/// Whether the line at a spot is a start tag whose end tag stands on a later line, and something between them.
pub(super) fn opens(bytes: &[u8], spot: Spot) -> bool {
    let is_tag = matches!(bytes.get(spot.offset..), Some([b'<', second, ..]) if !matches!(second, b'/' | b'!' | b'?'));
    let mut at = spot;
    while is_tag && at.mode != Mode::Done && at.state & LEAF == 0 {
        if matches!(next(bytes, &mut at, ROOM), Step::End) {
            break;
        }
    }
    // One that has nothing but white space in it holds nothing that could be hidden.
    let behind = skip_blank(bytes, at.offset);
    at.depth > spot.depth && !bytes.get(behind..).is_some_and(|rest| rest.starts_with(b"</"))
}

/// Ends the line; the next begins with what is not white space.
fn finish<'a>(bytes: &'a [u8], spot: &mut Spot) -> Step<'a> {
    let at = skip_blank(bytes, spot.offset);
    let closes = bytes.get(at..).is_some_and(|rest| rest.starts_with(b"</"));
    *spot = Spot::line(at, spot.depth.saturating_sub(u32::from(closes)));
    Step::End
}

/// Whether what begins at `at` is text without a line end, and then an end tag.
fn is_leaf(bytes: &[u8], at: usize) -> bool {
    let mut at = at;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(found) = memchr::memchr2(b'<', b'\n', rest) else { return false };
        let found = rest.get(found..).unwrap_or_default();
        if found.starts_with(b"</") {
            return true;
        }
        let Some(inner) = found.strip_prefix(b"<![CDATA[") else { return false };
        let Some(length) = memchr::memmem::find(inner, b"]]>") else { return false };
        if memchr::memchr(b'\n', inner.get(..length).unwrap_or_default()).is_some() {
            return false;
        }
        at = bytes.len() - inner.len() + length + 3;
    }
}

/// Text on lines of its own, without the white space at its ends.
fn text<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    if let Some(step) = tags::text(bytes, spot, room, Role::Text, |_| false) {
        return step;
    }
    let at = spot.offset;
    let seen = bytes.get(..at.saturating_add(BLANK)).unwrap_or(bytes);
    let behind = skip_blank(seen, at);
    if matches!(bytes.get(behind), None | Some(b'<')) {
        enter(spot, CONTENT);
        return finish(bytes, spot);
    }
    let line_end = 1 + usize::from(bytes.get(at) == Some(&b'\r'));
    *spot = Spot::line_in(TEXT, at + line_end, spot.depth);
    Step::End
}

/// Something that ends with a terminator, and the line with it, unless it stands beside its tags.
fn terminated<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize, ends: (Role, &'static [u8])) -> Step<'a> {
    let (mut step, ended) = tags::until(bytes, spot, room, ends);
    if ended {
        enter(spot, CONTENT);
        if spot.state & LEAF == 0 {
            spot.mode = Mode::Done;
        }
        if let (Step::Run(run), b"]]>") = (&mut step, ends.1) {
            run.role = Role::Punctuation;
        }
    }
    if spot.offset >= bytes.len() && matches!(step, Step::End) {
        return finish(bytes, spot);
    }
    step
}

fn declaration<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let at = spot.offset;
    let state = spot.state & STATE;
    let rest = bytes.get(at..).unwrap_or_default();
    let back = if matches!(state, DOUBLE | SINGLE) { DECLARATION } else { SUBSET };
    let (terminator, then): (&[u8], u8) = match (state, rest) {
        (DECLARATION, [b'[', ..]) => (b"[", SUBSET),
        (DECLARATION, [b'"', ..]) => (b"\"", DOUBLE),
        (DECLARATION, [b'\'', ..]) => (b"'", SINGLE),
        (DECLARATION, [b'>', ..]) => (b">", CONTENT),
        (SUBSET, [b']', ..]) => (b"]", DECLARATION),
        (SUBSET, [b'"', ..]) => (b"\"", SUBSET_DOUBLE),
        (SUBSET, [b'\'', ..]) => (b"'", SUBSET_SINGLE),
        (SUBSET, [b'<', b'!', b'-', b'-', ..]) => (b"<!--", SUBSET_COMMENT),
        (SUBSET, [b'<', b'?', ..]) => (b"<?", SUBSET_INSTRUCTION),
        (DOUBLE | SUBSET_DOUBLE, [b'"', ..]) => (b"\"", back),
        (SINGLE | SUBSET_SINGLE, [b'\'', ..]) => (b"'", back),
        (SUBSET_COMMENT, [b'-', b'-', b'>', ..]) => (b"-->", SUBSET),
        (SUBSET_INSTRUCTION, [b'?', b'>', ..]) => (b"?>", SUBSET),
        _ => (b"", state),
    };
    if !terminator.is_empty() {
        let step = fixed(bytes, spot, Role::Dim, terminator.len(), then);
        if then == CONTENT {
            spot.mode = Mode::Done;
        }
        return step;
    }
    let line_end = match rest {
        [] => {
            enter(spot, CONTENT);
            return finish(bytes, spot);
        }
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    };
    if line_end > 0 {
        *spot = Spot::line_in(state, at + line_end, spot.depth);
        return Step::End;
    }
    let special = |byte: u8| matches!(byte, b'[' | b']' | b'"' | b'\'' | b'>' | b'<' | b'-' | b'?');
    match tags::text(bytes, spot, room, Role::Dim, special) {
        Some(step) => step,
        None => fixed(bytes, spot, Role::Dim, 1, state),
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::{document, shown};
    use crate::decode::{Cancelled, Found, Role, Wrapping};

    fn rows(body: &str) -> Vec<String> {
        let document = document(body.as_bytes(), "xml");
        assert_eq!((document.view().name, document.note()), ("xml", None), "{body}");
        shown(&document, 80)
    }

    #[test]
    fn it_is_laid_out_as_people_write_it() {
        let body = "<?xml version=\"1.0\"?><!DOCTYPE a [ <!ENTITY e \"x>\"> ]>\n<a  n = '1'\n m=\"a&lt;b\"><b>one &amp; &e;</b><c/><d></d>\
                    <e><!-- no\n  comment --><f> two\n lines </f></e>mixed <g>in</g> text<h><![CDATA[<&>]]></h></a>\n";
        let expected = [
            "<?xml version=\"1.0\"?>",
            "<!DOCTYPE a [ <!ENTITY e \"x>\"> ]>",
            "<a n = '1' m=\"a&lt;b\">",
            "  <b>one &amp; &e;</b>",
            "  <c/>",
            "  <d></d>",
            "  <e>",
            "    <!-- no",
            "      comment -->",
            "    <f>",
            "      two",
            "       lines ",
            "    </f>",
            "  </e>",
            "  mixed ",
            "  <g>in</g>",
            "  text",
            "  <h><![CDATA[<&>]]></h>",
            "</a>",
        ];
        assert_eq!(rows(body), expected);
        assert_eq!(rows("\u{feff}<é>\t</é>"), ["<é> </é>"]);
        assert_eq!(rows("<a b='x\ny\u{202e}'/>"), ["<a b='x^Jy<U+202E>'/>"]);
    }

    #[test]
    fn a_billion_laughs_are_ten_lines() {
        let mut body = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n<!ENTITY lol \"lol\">\n");
        for level in 1..10 {
            let inner = format!("&lol{};", level - 1).repeat(10);
            body.push_str(&format!("<!ENTITY lol{level} \"{inner}\">\n"));
        }
        body.push_str("<!ENTITY file SYSTEM \"file:///etc/passwd\">\n]>\n<lolz>&lol9;&file;</lolz>");
        let shown = rows(&body);
        assert_eq!(shown.len(), body.lines().count());
        assert_eq!(shown.last().unwrap(), "<lolz>&lol9;&file;</lolz>");
    }

    #[test]
    fn what_is_not_well_formed_says_where() {
        for (body, note) in [
            ("<a><b></a>", "an end tag of another element than the open one at line 1, column 7"),
            ("<a>", "the end, and elements are open, at line 1, column 4"),
            ("<a/>\n<b/>", "a second element behind the root at line 2, column 1"),
            ("<a b=1/>", "expected a value in quotes at line 1, column 6"),
            ("<a b='1' b='2'/>", "an attribute that is there already at line 1, column 10"),
            ("<a b='1'c='2'/>", "expected white space, > or /> at line 1, column 9"),
            ("<a>&</a>", "expected a name at line 1, column 5"),
            ("<a>&lt</a>", "a & that begins no reference at line 1, column 4"),
            ("<a>]]></a>", "]]> outside a CDATA section at line 1, column 4"),
            ("<a b='<'/>", "a < inside a value at line 1, column 7"),
            ("<!-- a -- b --><a/>", "-- inside a comment at line 1, column 10"),
            ("<a/>text", "expected an element at line 1, column 5"),
            ("", ""),
            (" <?xml version='1.0'?><a/>", "an XML declaration that is not at the beginning at line 1, column 2"),
            ("<a>\u{1}</a>", "a control character at line 1, column 4"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>", "the declaration does not end: at line 1, column 29"),
            ("<a", "the tag does not end: at line 1, column 3"),
        ] {
            let document = document(body.as_bytes(), "xml");
            let expected = Some(format!("not XML: {note}")).filter(|_| !note.is_empty());
            assert_eq!(document.note(), expected.as_deref(), "{body}");
        }
        let bad = document(b"<a>\n  <b></c>\n</a>", "xml");
        let caret = ["<a>", "  <b></c>", "     ^ an end tag of another element than the open one", "</a>"];
        assert_eq!(shown(&bad, 80), caret);
        assert_eq!(shown(&bad, 20)[2], "     ^");
    }

    #[test]
    fn a_million_levels_are_no_problem() {
        let depth = 300_000;
        let body = "<a>".repeat(depth) + &"</a>".repeat(depth);
        let document = document(body.as_bytes(), "xml");
        assert_eq!((document.view().name, document.lines()), ("xml", 2 * depth - 1));
        let rows = document.wrap(&Wrapping::at(40), &Cancelled::new()).unwrap();
        assert!(document.cost() + rows.cost() < body.len());
        let open = super::super::properties::document("<a>".repeat(depth).as_bytes(), "xml");
        assert_eq!(open.error_offset(), Some(3 * depth));
    }

    #[test]
    fn tokens_have_roles() {
        let document = document(b"<a b='c'>d&lt;</a>", "xml");
        let rows = document.wrap(&Wrapping::at(80), &Cancelled::new()).unwrap();
        let found = Found::none();
        let pieces: Vec<_> =
            document.row(&rows, 0, &found).into_iter().map(|piece| (piece.role, piece.text.into_owned())).collect();
        let expected = [
            (Role::Punctuation, "<"),
            (Role::Key, "a"),
            (Role::Text, " "),
            (Role::Literal, "b"),
            (Role::Punctuation, "="),
            (Role::String, "'c'"),
            (Role::Punctuation, ">"),
            (Role::Text, "d"),
            (Role::Literal, "&lt;"),
            (Role::Punctuation, "</"),
            (Role::Key, "a"),
            (Role::Punctuation, ">"),
        ];
        assert_eq!(pieces, expected.map(|(role, text)| (role, text.to_owned())));
    }
}
