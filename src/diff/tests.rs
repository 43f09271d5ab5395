//! What holds for every comparison, and what whole messages come to.

use bytes::Bytes;
use proptest::prelude::*;

use super::{
    message::{Field, First, Part},
    page::{How, Line, Page},
    print::Print,
    *,
};

fn message(target: &str, headers: &[(Vec<u8>, Vec<u8>)], body: &[u8]) -> Message {
    let pairs: Vec<_> =
        headers.iter().map(|(name, value)| (Bytes::from(name.clone()), Bytes::from(value.clone()))).collect();
    let field = |(name, value): &(Bytes, Bytes)| Field { name: name.clone(), value: value.clone(), covered: None };
    Message {
        label: target.to_owned(),
        first: vec![First { name: "target", text: target.as_bytes().to_vec() }],
        headers: Some(pairs.iter().map(field).collect()),
        trailers: Vec::new(),
        body: Some(Part { content: Bytes::copy_from_slice(body).into(), headers: pairs }),
        notes: Vec::new(),
    }
}

fn of(old: &Message, new: &Message, ignored: &Ignored) -> Comparison {
    compare(old, new, ignored, &Cancelled::new()).unwrap()
}

fn printed(comparison: &Comparison, side_by_side: bool, colour: bool) -> String {
    let how = How { side_by_side, everything: false, ignoring: true };
    let mut out = Vec::new();
    Print { how, colour, columns: side_by_side.then_some(100) }.write(comparison, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> Vec<(Vec<u8>, Vec<u8>)> {
    pairs.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

#[test]
fn a_comparison_reads_as_text() {
    let old = message("/a", &headers(&[("Date", "1"), ("X", "same")]), br#"{"id":1,"name":"ann lee","tags":[1,2]}"#);
    let new = message("/b", &headers(&[("Date", "2"), ("X", "same")]), br#"{"id":2,"name":"ann fox","tags":[1,2]}"#);
    let text = printed(&of(&old, &new, &Ignored::usual()), false, false);
    let expected = "--- /a\n+++ /b\nrequest line\n- /a\n+ /b\n\nheaders  the same\n  … 1 line the same, 1 ignored\n\nbody\n  {\n-   \"id\": 1\n+   \"id\": 2\n-   \"name\": \"ann lee\"\n+   \"name\": \"ann fox\"\n    \"tags\": [\n      1\n      2\n  … 2 lines the same\n\n3 differences, 1 ignored\n";
    assert_eq!(text, expected);
    let beside = printed(&of(&old, &new, &Ignored::usual()), true, false);
    assert!(beside.contains("  \"id\": 1"), "{beside}");
    assert!(beside.lines().any(|line| line.contains("\"id\": 1") && line.contains("~   \"id\": 2")), "{beside}");
    assert!(printed(&of(&old, &new, &Ignored::usual()), false, true).contains("\x1b[31;7mlee\x1b[0m"));
}

#[test]
fn packed_otherwise_is_the_same() {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(b"{\"a\":1}").unwrap();
    let packed = message("/", &headers(&[("Content-Encoding", "gzip")]), &packer.finish().unwrap());
    let plain = message("/", &headers(&[]), b"{\"a\":1}");
    let comparison = of(&packed, &plain, &Ignored::default());
    assert_eq!((comparison.differences(), comparison.is_same()), (1, false), "the header");
    let body = comparison.sections.last().unwrap();
    assert!(!body.differs() && body.notes[0].contains("packed otherwise"), "{body:?}");
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "([a-z ]{0,8}\n){0,12}".prop_map(String::into_bytes),
        crate::decode::any_json().prop_map(String::into_bytes),
    ]
}

fn any_headers() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>)>> {
    proptest::collection::vec(("[A-Ca-c]{1,2}".prop_map(String::into_bytes), any::<Vec<u8>>()), 0..8)
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(headers in any_headers(), body in any_body()) {
        let own = message("/x", &headers, &body);
        let comparison = of(&own, &own, &Ignored::default());
        prop_assert!(comparison.is_same());
        prop_assert_eq!((comparison.differences(), comparison.ignored()), (0, 0));
        prop_assert_eq!(comparison.summary(), "no difference");
    }

    #[test]
    fn counts_are_consistent_and_nothing_is_raw(
        one in any_headers(), other in any_headers(), old in any_body(), new in any_body(),
    ) {
        let (left, right) = (message("/x", &one, &old), message("/x", &other, &new));
        let comparison = of(&left, &right, &Ignored::of(["header:a*"]).unwrap());
        let all = of(&left, &right, &Ignored::default());
        prop_assert_eq!(comparison.differences() + comparison.ignored(), all.differences());
        prop_assert_eq!(all.is_same(), all.differences() == 0);
        if one != other {
            prop_assert!(!all.is_same());
        }
        for (side_by_side, colour) in [(false, false), (true, false), (false, true)] {
            let text = printed(&comparison, side_by_side, colour);
            let raw = |char: char| char.is_control() && char != '\n' && !(colour && char == '\x1b');
            prop_assert!(!text.contains(raw), "{:?}", text);
            prop_assert!(!side_by_side || text.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 160));
        }
        for everything in [false, true] {
            for side_by_side in [false, true] {
                let how = How { side_by_side, everything, ignoring: true };
                let page = Page::of(&comparison, how);
                for stop in &page.stops {
                    let is_difference = match page.lines.get(*stop) {
                        Some(Line::Row(section, row, _)) => {
                            let row = &comparison.sections[*section].rows[*row];
                            row.sign != Sign::Same && !row.ignored
                        }
                        _ => false,
                    };
                    prop_assert!(is_difference);
                }
                prop_assert_eq!(page.stops.is_empty(), comparison.is_same());
            }
        }
    }
}
