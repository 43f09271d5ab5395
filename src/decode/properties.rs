//! What holds for every view, every body and every width.

use std::collections::BTreeSet;

use bytes::Bytes;
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::model::printable::needs_escape;

pub(super) fn document(bytes: &[u8], view: &str) -> Document {
    typed(bytes, view, if view == "multipart" { "multipart/mixed; boundary=b" } else { "" })
}

/// A body of that type in a view.
pub(super) fn typed(bytes: &[u8], view: &str, content_type: &str) -> Document {
    let content_type = Some(content_type).filter(|value| !value.is_empty()).map(|value| Bytes::from(value.to_owned()));
    let subject = Subject::held(Bytes::copy_from_slice(bytes), content_type);
    decode(&subject, Some(view_named(view).unwrap()), &Cancelled::new()).unwrap()
}

/// The view that is chosen for a body of that type, its rows, and its note.
pub(super) fn chosen(bytes: &[u8], content_type: &str) -> (&'static str, Vec<String>, Option<String>) {
    let subject = Subject::held(Bytes::copy_from_slice(bytes), Some(Bytes::from(content_type.to_owned())));
    let document = decode(&subject, None, &Cancelled::new()).unwrap();
    (document.view().name, shown(&document, 100), document.note().map(str::to_owned))
}

/// A body that each view can show.
pub(super) fn sample(view: &str) -> &'static [u8] {
    match view {
        "graphql" => br#"{"query":"{a}"}"#,
        "cloudevents" => br#"{"specversion":"1.0","type":"t","data":[1]}"#,
        "multipart" => b"--b\r\nA: b\r\n\r\nc\r\n--b--\r\n",
        "xml" => b"<a/>",
        "image" => b"GIF89a\x01\0\x01\0\0\0\0;",
        "protobuf" => b"\x08\x01",
        "msgpack" | "cbor" => b"\x81\x61a",
        _ => b"[1]",
    }
}

/// Words to look for.
pub(super) fn pattern(words: &str) -> Pattern {
    Needle::from(words).compile().unwrap()
}

/// The text of every row.
pub(super) fn shown(document: &Document, width: usize) -> Vec<String> {
    let rows = document.wrap(&Wrapping::at(width), &Cancelled::new()).unwrap();
    let drawn = document.draw(&rows, 0..rows.len(), 0, &Found::none());
    drawn.into_iter().map(|row| row.into_iter().map(|piece| piece.text).collect()).collect()
}

pub(super) fn outside() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        proptest::collection::vec(any::<char>(), 0..100)
            .prop_map(|chars| chars.into_iter().collect::<String>().into_bytes()),
        "[a-z\u{301}\u{200d}\u{202e}\u{1100}\u{1f468}\u{1f1e6}東\u{fe0f}\u{1b}\t\r\n ]{0,120}"
            .prop_map(String::into_bytes),
        "([a-z=&+%é\u{301}]|%[0-9a-fA-F]{2}|%C3%A9|%E6%9D%B1|%CC%81){0,60}".prop_map(String::into_bytes),
        json().prop_map(String::into_bytes),
        xml().prop_map(String::into_bytes),
        markup().prop_map(String::into_bytes),
        "(([a-z0-9é\"']{0,5}|\"[a-z,;\n\"]{0,6}\")[,;\t]?|\r?\n){0,40}".prop_map(String::into_bytes),
        "( {0,4}(- |[a-z]{1,3}: ?|# |[|>]\n|[a-z0-9\"'\\[{&*!\\\\é]{0,4})\r?\n?){0,30}".prop_map(String::into_bytes),
        "(--b(--)?|\r?\n|content-type: (application/json|text/html|multipart/mixed; boundary=b)|[{}\\[\\]a:]{0,4}){0,30}"
            .prop_map(String::into_bytes),
        (query(), json()).prop_map(|(query, json)| {
            format!("{{\"query\":{},\"variables\":{json}}}", serde_json::Value::String(query)).into_bytes()
        }),
        (json(), any::<bool>()).prop_map(|(json, typed)| {
            let typed = if typed { ",\"datacontenttype\":\"text/xml\"" } else { "" };
            format!("{{\"specversion\":\"1.0\"{typed},\"data\":{json}}}").into_bytes()
        }),
        proptest::collection::vec(json(), 1..4).prop_map(|values| values.join("\n").into_bytes()),
    ]
}

/// What looks like an operation.
fn query() -> impl Strategy<Value = String> {
    "(query|mutation|on|[a-z]{1,3}|[{}()\\[\\]:=!|&@$,. \n]|\\.\\.\\.|\"[a-z ]{0,3}\"|\"\"\"|#|é|1){0,40}"
}

/// Tags and what is like them, in no order.
fn markup() -> impl Strategy<Value = String> {
    "(</?(p|div|b|script|pre|br|a)|[a-z]+=[\"']?|/?>|[<>&;\"' \n\t]|&[a-z]{1,3};|<!--|-->|<!doctype|<!\\[CDATA\\[|\\]\\]>|<\\?|\\?>|[a-zé東]{1,4}){0,40}"
}

/// A well-formed document.
pub(super) fn xml() -> impl Strategy<Value = String> {
    let blank = "[ \n\t]{0,3}";
    let text = "([a-zé東 .\n]|&amp;|&#xe9;|&other;){0,10}";
    let attributes = proptest::collection::vec(
        ("[ \n]{1,2}", "[ ]?=[ ]?", "\"([a-z' <]{0}[a-z' é]|&lt;){0,6}\""),
        0..3,
    )
    .prop_map(|all| {
        let all = all.into_iter().enumerate();
        all.map(|(at, (blank, equals, value))| format!("{blank}n{at}{equals}{value}")).collect::<Vec<_>>().concat()
    });
    let leaf = prop_oneof![
        text.prop_map(|text| text),
        "<!--[a-z \n]{0,9}-->",
        "<!\\[CDATA\\[[a-z<&> \n]{0,9}\\]\\]>",
        "<\\?[a-w]{1,4}[ a-z\n]{0,6}\\?>",
        attributes.clone().prop_map(|attributes| format!("<e{attributes}/>")),
    ];
    let element = leaf.prop_recursive(4, 40, 5, move |inner| {
        ("[a-zA-Zé][a-z0-9:._]{0,4}", attributes.clone(), blank, proptest::collection::vec(inner, 0..5)).prop_map(
            |(name, attributes, blank, inner)| format!("<{name}{attributes}>{}</{name}{blank}>", inner.concat()),
        )
    });
    (
        "(<\\?xml version='1\\.0'\\?>\n?)?(<!DOCTYPE a \\[\n<!ENTITY other \"[a-z>]{1,4}\">\n\\]>\n?)?",
        proptest::collection::vec(element, 0..4),
    )
        .prop_map(|(before, inner)| format!("{before}<root>{}</root>\n", inner.concat()))
}

/// JSON with white space wherever it may be.
pub(crate) fn json() -> impl Strategy<Value = String> {
    let blank = "[ \n\t\r]{0,2}";
    let string = r#""([a-zé東 :,{}\[\]]|\\["\\/bfnrtu]|e\x{301}|\x{202e}){0,12}""#
        .prop_map(|text| text.replace("\\u", "\\u00e9"));
    let number = "-?(0|[1-9][0-9]{0,20})([.][0-9]{1,3})?([eE][+-]?[0-9]{1,3})?".boxed();
    let scalar =
        prop_oneof![string.clone(), number, Just("true".to_owned()), Just("false".to_owned()), Just("null".to_owned())];
    scalar.prop_recursive(5, 60, 6, move |inner| {
        let value = (blank, inner, blank).prop_map(|(before, value, after)| format!("{before}{value}{after}"));
        let member = (blank, string.clone(), blank, value.clone())
            .prop_map(|(before, name, after, value)| format!("{before}{name}{after}:{value}"));
        prop_oneof![
            (proptest::collection::vec(value, 0..6), blank).prop_map(|(values, blank)| {
                if values.is_empty() { format!("[{blank}]") } else { format!("[{}]", values.join(",")) }
            }),
            (proptest::collection::vec(member, 0..6), blank).prop_map(|(members, blank)| {
                if members.is_empty() { format!("{{{blank}}}") } else { format!("{{{}}}", members.join(",")) }
            }),
        ]
    })
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_row_is_safe_and_fits(bytes in outside(), width in 1_usize..60, needle in "[a-z ]{1,2}") {
        for view in VIEWS {
            let document = document(&bytes, view.name);
            prop_assert_eq!(document.lines() == 0, bytes.is_empty());
            let rows = document.wrap(&Wrapping::at(width), &Cancelled::new()).unwrap();
            let mut found = document.find(&pattern(&needle), &Cancelled::new()).unwrap();
            found.current = (!found.is_empty()).then_some(0);
            prop_assert!(rows.len() >= document.lines() || matches!(view.name, "hex" | "wire"));
            let together = document.draw(&rows, 0..rows.len() + 3, 0, &found);
            prop_assert_eq!(together.len(), rows.len());
            for (index, row) in together.iter().enumerate() {
                prop_assert_eq!(&document.row(&rows, index, &found), row, "row {} of {}", index, view.name);
                let text: String = row.iter().map(|piece| &*piece.text).collect();
                prop_assert!(text.width() <= width, "{text:?} is wider than {width}");
                let clusters: usize = row.iter().flat_map(|piece| piece.text.graphemes(true)).map(UnicodeWidthStr::width).sum();
                prop_assert!(clusters <= width, "{text:?} is wider than {width} in clusters");
                for char in text.chars() {
                    prop_assert!(!needs_escape(char) || matches!(char, '\u{fe0e}' | '\u{fe0f}'), "{char:?}");
                }
                for piece in row {
                    prop_assert!(!piece.text.is_empty());
                    prop_assert!(piece.role != Role::Escape || piece.text.is_ascii());
                }
                for pair in row.windows(2) {
                    prop_assert!((pair[0].role, pair[0].mark) != (pair[1].role, pair[1].mark), "{pair:?} are one");
                }
            }
            prop_assert_eq!(document.row(&rows, rows.len(), &found), vec![]);
            prop_assert_eq!(document.row(&rows, usize::MAX, &found), vec![]);
        }
    }

    #[test]
    fn offsets_and_rows_agree(bytes in outside(), width in 1_usize..60) {
        for view in VIEWS {
            let document = document(&bytes, view.name);
            let rows = document.wrap(&Wrapping::at(width), &Cancelled::new()).unwrap();
            let starts: Vec<_> = (0..rows.len()).map(|row| document.offset_of(&rows, row)).collect();
            prop_assert!(starts.is_sorted(), "{starts:?}");
            for offset in 0..=document.bytes().len() {
                let row = document.row_of(&rows, offset);
                let last = starts.partition_point(|&start| start <= offset).saturating_sub(1);
                prop_assert_eq!(starts.get(row), starts.get(last), "offset {} in {}", offset, view.name);
            }
        }
    }

    #[test]
    fn hits_are_marked_where_they_are(bytes in "[a-c \u{e9}\u{6771}%\n]{0,80}", width in 1_usize..40, needle in "[a-c\u{e9}]{1,2}") {
        let document = document(bytes.as_bytes(), "text");
        let rows = document.wrap(&Wrapping::at(width), &Cancelled::new()).unwrap();
        let found = document.find(&pattern(&needle), &Cancelled::new()).unwrap();
        let marked: String = document
            .draw(&rows, 0..rows.len(), 0, &found)
            .into_iter()
            .flatten()
            .filter(|piece| piece.mark != Mark::None)
            .map(|piece| piece.text)
            .collect();
        prop_assert_eq!(marked, needle.repeat(found.len()));
        let rows_of: BTreeSet<_> = (0..found.len()).map(|hit| document.row_of(&rows, found.at(hit).start)).collect();
        let with_marks: BTreeSet<_> =
            (0..rows.len()).filter(|&row| document.row(&rows, row, &found).iter().any(|piece| piece.mark != Mark::None)).collect();
        prop_assert!(rows_of.is_subset(&with_marks));
        for row in 0..rows.len() {
            if let (Some(from), Some(above)) = (document.hit_from(&rows, row, &found), document.hit_above(&rows, row, &found)) {
                prop_assert_eq!((above + 1) % found.len(), from);
            }
        }
    }

    #[test]
    fn xml_keeps_every_letter(body in xml(), width in 4_usize..100) {
        let document = document(body.as_bytes(), "xml");
        prop_assert_eq!(document.view().name, "xml", "{:?} of {}", document.note(), body);
        // Line ends in values show as what they are.
        let text = shown(&document, width).concat().replace("^J", "").replace("^I", "");
        prop_assert_eq!(without_blanks(&text), without_blanks(&body));
    }

    #[test]
    fn html_and_yaml_keep_every_letter(body in markup(), width in 4_usize..100) {
        for view in ["html", "yaml"] {
            let document = document(body.as_bytes(), view);
            prop_assert_eq!(document.view().name, view);
            let text = shown(&document, width).concat().replace("^J", "").replace("^I", "");
            prop_assert_eq!(without_blanks(&text), without_blanks(&body), "{}", view);
        }
    }

    #[test]
    fn lines_are_as_many_as_are_said(bytes in outside(), width in 1_usize..60) {
        for view in VIEWS.iter().filter(|view| !matches!(view.name, "hex" | "wire")) {
            let document = document(&bytes, view.name);
            // A width that no line exceeds, and the same laid out row by row.
            let wide = document.wrap(&Wrapping::at(60_000), &Cancelled::new()).unwrap();
            prop_assert_eq!(wide.len() - usize::from(wide.caret.is_some()), document.lines(), "{}", view.name);
            let rows = document.wrap(&Wrapping::at(width), &Cancelled::new()).unwrap();
            if let Some(last) = rows.len().checked_sub(1) {
                // Beyond the last row nothing is left.
                let shown = document.draw(&rows, 0..rows.len(), 0, &Found::none());
                prop_assert_eq!(shown.len(), last + 1);
                prop_assert!(document.offset_of(&rows, last) <= document.bytes().len());
            }
        }
    }

    #[test]
    fn json_keeps_every_token(body in json(), width in 1_usize..100) {
        let document = document(body.as_bytes(), "json");
        prop_assert_eq!(document.view().name, "json", "{:?}", document.note());
        let plain = body.replace('\u{202e}', "<U+202E>");
        for width in [width, 1000] {
            // In a row of one column a wide letter is an escape.
            let plain = if width < 4 { plain.replace('東', "<U+6771>") } else { plain.clone() };
            let text = shown(&document, width).concat();
            let text = if width < 4 { text.replace('東', "<U+6771>") } else { text };
            prop_assert_eq!(without_blanks(&text), without_blanks(&plain));
        }
    }

    #[test]
    fn json_is_what_the_grammar_says(body in json(), at in any::<prop::sample::Index>(), with in prop::option::of(any::<u8>())) {
        let mut bytes = body.into_bytes();
        let at = at.index(bytes.len());
        match with {
            Some(byte) => bytes[at] = byte,
            None => { bytes.remove(at); }
        }
        // Without a body there is nothing to be wrong in any view.
        prop_assume!(!bytes.is_empty());
        let valid = std::str::from_utf8(&bytes).is_ok_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
        let document = document(&bytes, "json");
        prop_assert_eq!(document.view().name == "json", valid, "{:?}", document.note());
        prop_assert_eq!(document.error_offset().is_some(), !valid);
        prop_assert!(document.error_offset().is_none_or(|offset| offset <= bytes.len()));
    }

    #[test]
    fn a_form_decodes(pairs in proptest::collection::vec(("[ -~é東]{1,8}", "[ -~é東]{0,12}"), 1..6)) {
        let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string().replace("%20", "+");
        let body: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let expected: Vec<_> = pairs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        prop_assert_eq!(shown(&document(body.join("&").as_bytes(), "form"), 500), expected);
    }
}
