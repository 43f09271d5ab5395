//! Strings of JSON with their escapes undone, run by run.
//!
//! Decided: what is undone is printed as if it had been sent so, safely: a control character or one that turns text around
//! shows as our escape. A line end shows as a sign and ends its row, so that a text of several lines can be read as one. Half
//! of a surrogate pair, which no text can have, stays as it was sent. Letters that combine are judged with what is around
//! them, escaped or not.

use unicode_segmentation::UnicodeSegmentation;

use super::super::{
    markup::Role,
    run::{Ink, Run, print},
};
use crate::model::printable::{self, CLUSTER_BYTES, Chunk};

/// What stands somewhere in a string, and how many bytes it takes there.
pub(in crate::decode) enum Unit {
    /// A byte that was sent as it is.
    Byte(u8),
    /// An escape, undone.
    Char(char),
    /// Half of a surrogate pair, which stands for no character.
    Half,
    /// No escape that JSON has, or the end.
    None,
}

/// The run at `at`, which is in a string of valid JSON and not at its closing quote.
pub(super) fn run(bytes: &[u8], at: usize, room: usize, role: Role) -> Run<'_> {
    let (end, ink) = match unit(bytes, at) {
        (Unit::Half | Unit::None, length) => {
            let sent = bytes.get(at..at + length).unwrap_or_default();
            return Run {
                role: Role::Escape,
                start: at,
                end: at + length,
                ink: Ink::Fixed(String::from_utf8_lossy(sent)),
            };
        }
        // In a name it would hide what it is the name of.
        (Unit::Char('\n'), length) if role == Role::String => (at + length, Ink::Break),
        (Unit::Char('\t'), length) => (at + length, Ink::Tab),
        _ => return text(bytes, at, room, role),
    };
    Run { role, start: at, end, ink }
}

fn text(bytes: &[u8], at: usize, room: usize, role: Role) -> Run<'_> {
    if let Some(mut run) = print(bytes, at, room, role, |byte| matches!(byte, b'"' | b'\\')) {
        let combines = match unit(bytes, run.end).0 {
            Unit::Byte(byte) => !byte.is_ascii(),
            Unit::Char(char) => !char.is_ascii(),
            Unit::Half | Unit::None => false,
        };
        match run.ink {
            // The last letter belongs to what is undone next, if that may combine with it.
            Ink::Plain(text, columns) if combines && text.len() > 1 && text.is_ascii() => {
                run.end -= 1;
                return Run { ink: Ink::Plain(text.get(..text.len() - 1).unwrap_or_default(), columns - 1), ..run };
            }
            _ if !combines => return run,
            _ => {}
        }
    }
    let (undone, ends_at) = undo(bytes, at);
    let mut chunks = printable::chunks(&undone);
    let (role, length, ink) = match chunks.next() {
        Some(Chunk::Escape(text)) => (Role::Escape, undone.len() - chunks.left(), Ink::Fixed(text.into_owned().into())),
        Some(Chunk::Text(text)) => {
            let cluster = text.graphemes(true).next().unwrap_or_default();
            (role, cluster.len(), Ink::Decoded(cluster.into()))
        }
        None => (role, 0, Ink::Fixed("".into())),
    };
    let end = length.checked_sub(1).and_then(|last| ends_at.get(last)).copied().unwrap_or(at + 1);
    Run { role, start: at, end, ink }
}

/// The bytes from `at` on with escapes undone, and where in the body what each of them is of ends: enough to judge the first
/// cluster, no more.
fn undo(bytes: &[u8], at: usize) -> (Vec<u8>, Vec<usize>) {
    let mut undone: Vec<u8> = Vec::with_capacity(2 * CLUSTER_BYTES + 4);
    let mut ends_at = Vec::with_capacity(2 * CLUSTER_BYTES + 4);
    let mut at = at;
    while at < bytes.len() && undone.len() < 2 * CLUSTER_BYTES {
        let (unit, length) = unit(bytes, at);
        let mut buffer = [0; 4];
        let units: &[u8] = match unit {
            Unit::Byte(b'"') | Unit::Half | Unit::None => break,
            Unit::Byte(byte) => {
                buffer = [byte, 0, 0, 0];
                buffer.get(..1).unwrap_or_default()
            }
            Unit::Char(char) => char.encode_utf8(&mut buffer).as_bytes(),
        };
        // Behind an ASCII letter another begins a cluster of its own.
        if units.is_ascii() && undone.last().is_some_and(u8::is_ascii) {
            break;
        }
        at += length;
        undone.extend_from_slice(units);
        ends_at.resize(undone.len(), at);
    }
    (undone, ends_at)
}

/// What stands at `at` in a string, and its length in bytes (RFC 8259 §7).
pub(in crate::decode) fn unit(bytes: &[u8], at: usize) -> (Unit, usize) {
    let Some(b'\\') = bytes.get(at) else { return (bytes.get(at).map_or(Unit::None, |byte| Unit::Byte(*byte)), 1) };
    let char = match bytes.get(at + 1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
        Some(b'u') => return surrogates(bytes, at),
        _ => return (Unit::None, 2.min(bytes.len() - at)),
    };
    (Unit::Char(char), 2)
}

/// The character of `\uXXXX`, or of two of them.
fn surrogates(bytes: &[u8], at: usize) -> (Unit, usize) {
    let half = |at: usize| {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        // Numbers may have a sign, escapes may not.
        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let Some(first) = half(at) else { return (Unit::None, 2) };
    let second = half(at + 6).filter(|_| (0xd800..0xdc00).contains(&first));
    let both = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    match (both, char::from_u32(first.into())) {
        (Some(char), _) => (Unit::Char(char), 12),
        (None, Some(char)) => (Unit::Char(char), 6),
        (None, None) => (Unit::Half, 6),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::super::super::{properties, properties::document};
    use crate::decode::{Cancelled, Found, Mark, Piece, Role, Wrapping};
    use crate::model::printable::needs_escape;

    fn pieces(body: &str, width: usize, soft: bool, needle: &str) -> Vec<Vec<Piece<'static>>> {
        let document = document(body.as_bytes(), "json");
        let wrapping = Wrapping { decoded: true, soft, ..Wrapping::at(width) };
        let rows = document.wrap(&wrapping, &Cancelled::new()).unwrap();
        let found = match needle {
            "" => Found::none(),
            needle => document.find(&properties::pattern(needle), &Cancelled::new()).unwrap(),
        };
        let drawn = document.draw(&rows, 0..rows.len(), 0, &found);
        assert_eq!(drawn.len(), rows.len());
        for (row, pieces) in drawn.iter().enumerate().filter(|_| soft) {
            assert_eq!(document.row(&rows, row, &found), *pieces);
            let at = document.offset_of(&rows, row);
            assert_eq!(document.offset_of(&rows, document.row_of(&rows, at)), at, "{row}");
        }
        let owned = |piece: Piece<'_>| Piece { text: piece.text.into_owned().into(), ..piece };
        drawn.into_iter().map(|row| row.into_iter().map(owned).collect()).collect()
    }

    fn shown(body: &str, width: usize) -> Vec<String> {
        pieces(body, width, true, "").iter().map(|row| row.iter().map(|piece| piece.text.as_ref()).collect()).collect()
    }

    #[test]
    fn escapes_are_undone_and_what_is_unsafe_is_seen() {
        let body = r#"{"k\u00e9":"say \"hi\" \\ \/ \u00e9 \ud83d\ude00 e\u0301","bad":"\u001b[31m\u202e\r\ud800x\u0301","t":"a\tb"}"#;
        let rows = shown(body, 80);
        assert_eq!(rows[1], "  \"ké\": \"say \"hi\" \\ / é 😀 e\u{301}\",");
        assert_eq!(rows[2], "  \"bad\": \"^[[31m<U+202E>^M\\ud800x\u{301}\",");
        assert_eq!(rows[3].split_whitespace().collect::<Vec<_>>(), ["\"t\":", "\"a", "b\""]);
        let drawn = pieces(body, 80, true, "");
        let escapes: Vec<_> =
            drawn[2].iter().filter(|piece| piece.role == Role::Escape).map(|piece| &*piece.text).collect();
        assert_eq!(escapes, ["^[", "<U+202E>^M\\ud800"]);
    }

    #[test]
    fn a_text_of_several_lines_is_read_as_one() {
        let body = r#"["one\ntwo \"2\"\n\nend\n","a\nb"]"#;
        assert_eq!(
            shown(body, 80),
            ["[", "  \"one↵", "    two \"2\"↵", "    ↵", "    end↵", "    \",", "  \"a↵", "    b\"", "]"]
        );
        let long: Vec<String> = pieces(body, 80, false, "")
            .iter()
            .map(|row| row.iter().map(|piece| piece.text.as_ref()).collect())
            .collect();
        assert_eq!(long, ["[", "  \"one↵two \"2\"↵↵end↵\",", "  \"a↵b\"", "]"]);
        assert_eq!(shown(r#"{"a\nb":1}"#, 80)[1], "  \"a^Jb\": 1");
    }

    #[test]
    fn what_was_sent_is_found() {
        let marked = |needle: &str| {
            let rows = pieces(r#"["a\u00e9b\n"]"#, 80, true, needle).into_iter().flatten();
            rows.filter(|piece| piece.mark != Mark::None).map(|piece| piece.text.into_owned()).collect::<String>()
        };
        assert_eq!((marked("u00e9").as_str(), marked("e9b").as_str(), marked("\\n").as_str()), ("é", "éb", "↵"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_string_is_safe_and_fits(
            strings in proptest::collection::vec(
                proptest::collection::vec(
                    prop_oneof![
                        "[a-zé東 ]{1,6}",
                        any::<u16>().prop_map(|unit| format!("\\u{unit:04x}")),
                        prop::sample::select(vec!["\\n", "\\t", "\\\"", "\\\\", "\\/", "\\r", "\\u0301", "\\u200d", "\\ud83d\\ude00", "\\ud83c\\udde9", "\u{301}", "\u{202e}"]).prop_map(str::to_owned),
                    ],
                    0..12,
                ).prop_map(|pieces| pieces.concat()),
                1..5,
            ),
            width in 1_usize..60,
            soft in any::<bool>(),
        ) {
            let body = format!("{{\"{}\":[\"{}\"]}}", strings[0], strings.join("\",\""));
            for row in pieces(&body, width, soft, "a") {
                let text: String = row.iter().map(|piece| piece.text.as_ref()).collect();
                prop_assert!(text.width() <= width, "{text:?} is wider than {width}");
                prop_assert!(!text.chars().any(needs_escape), "{text:?}");
            }
            let marked = pieces(&body, width, true, "a").concat().into_iter().filter(|piece| piece.mark != Mark::None);
            let marked: String = marked.map(|piece| piece.text.into_owned()).collect();
            let letters = document(body.as_bytes(), "json").find(&properties::pattern("a"), &Cancelled::new()).unwrap().len();
            // Digits of escapes are found as well, and mark what they stand for.
            prop_assert!(marked.matches('a').count() <= letters && (letters == 0) == marked.is_empty(), "{marked:?}");
        }
    }
}
