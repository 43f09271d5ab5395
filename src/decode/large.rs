//! Bodies that are large, deep, dense or long: they are shown, and the tables stay smaller than three times the body.

use super::properties::{document, shown};
use super::*;
use bytes::Bytes;

fn tables(document: &Document, width: usize) -> (Rows, usize) {
    let rows = document.wrap(&Wrapping::at(width), &Cancelled::new()).unwrap();
    let cost = document.cost() + rows.cost();
    (rows, cost)
}

#[test]
fn a_hundred_thousand_brackets_open_and_close() {
    let depth = 100_000;
    let body = "[".repeat(depth) + &"]".repeat(depth);
    let document = document(body.as_bytes(), "json");
    // The innermost pair is empty, and stands in one line.
    assert_eq!((document.view().name, document.lines()), ("json", 2 * depth - 1));
    let (rows, cost) = tables(&document, 40);
    assert_eq!(rows.len(), document.lines());
    assert!(cost < 3 * body.len(), "{cost}");
    let text = |row| document.row(&rows, row, &Found::none()).into_iter().map(|piece| piece.text).collect::<String>();
    assert_eq!(text(3), "      [");
    assert_eq!(text(depth - 1), " ".repeat(20) + "[]");
    assert_eq!(text(rows.len() - 2), "  ]");

    let open = properties::document("[".repeat(depth).as_bytes(), "json");
    assert_eq!(open.note(), Some("not JSON: expected a value at line 1, column 100001"));
    let objects = "{\"a\":".repeat(depth);
    assert_eq!(properties::document(objects.as_bytes(), "json").error_offset(), Some(objects.len()));
}

#[test]
fn a_huge_string_is_drawn_where_it_is_looked_at() {
    let body = format!("{{\"a\":\"{}東\\\"{}\"}}", "x".repeat(5_000_000), "y".repeat(5_000_000));
    let document = document(body.as_bytes(), "json");
    assert_eq!((document.view().name, document.lines()), ("json", 3));
    let (rows, cost) = tables(&document, 100);
    assert_eq!(rows.len(), 2 + 1 + (10_000_006_usize - 92).div_ceil(96));
    assert!(cost < body.len() / 4, "{cost}");
    let middle = document.row_of(&rows, body.find('東').unwrap());
    let text: String = document.row(&rows, middle, &Found::none()).into_iter().map(|piece| piece.text).collect();
    assert!(text.starts_with("    xx") && text.contains("x東\\\"y") && text.ends_with('y'), "{text}");
    let last = document.row(&rows, rows.len() - 2, &Found::none());
    assert!(last.iter().all(|piece| matches!(piece.role, Role::Text | Role::String)), "{last:?}");
}

#[test]
fn a_million_lines_have_a_small_table() {
    let mut body = String::from("[");
    for number in 0..1_000_000 {
        body.push_str(if number % 1000 == 0 { "\"long enough to be wrapped at twenty\"," } else { "7," });
    }
    body.push_str("0]");
    let document = document(body.as_bytes(), "json");
    assert_eq!(document.lines(), 1_000_003);
    let (rows, cost) = tables(&document, 20);
    assert_eq!(rows.len(), document.lines() + 1000 * 2);
    assert!(cost < 2 * body.len(), "{cost}");
    let found = document.find(&properties::pattern("0]"), &Cancelled::new()).unwrap();
    assert_eq!(document.row_of(&rows, found.at(0).start), rows.len() - 2);
    for row in [0, 31, 32, 500_000, rows.len() - 1] {
        assert_eq!(document.row_of(&rows, document.offset_of(&rows, row)), row);
    }

    let blank = "\n".repeat(300_000);
    let document = properties::document(blank.as_bytes(), "text");
    assert_eq!(document.lines(), blank.len());
    assert!(tables(&document, 80).1 < 3 * blank.len());
    let odd = "\u{1b}\n".repeat(100_000);
    let document = properties::document(odd.as_bytes(), "text");
    assert!(tables(&document, 80).1 < 3 * odd.len());
    let narrow = properties::document(b"x".repeat(300_000).as_slice(), "text");
    assert!(tables(&narrow, 1).1 < 3 * 300_000);
}

#[test]
fn a_giant_cluster_is_many_small_ones() {
    for body in ["a".to_owned() + &"\u{301}".repeat(100_000), "\u{1100}".repeat(32_768), "\u{200b}".repeat(100_000)] {
        let document = document(body.as_bytes(), "text");
        let (rows, _) = tables(&document, 80);
        for row in document.draw(&rows, 0..50, 0, &Found::none()) {
            assert!(row.iter().map(|piece| piece.text.len()).sum::<usize>() <= 80);
        }
        assert!(rows.len() > 3000);
    }
}

#[test]
fn white_space_between_tokens_costs_nothing_to_keep() {
    let body = format!("[1,{}2,[{}],\"a\"{}]", " ".repeat(1_000_000), "\n".repeat(1_000_000), "\t".repeat(1_000_000));
    let document = document(body.as_bytes(), "json");
    assert_eq!(shown(&document, 80), ["[", "  1,", "  2,", "  [],", "  \"a\"", "]"]);
    assert!(tables(&document, 80).1 < 1000);
}

#[test]
fn work_ends_when_it_is_cancelled() {
    let cancelled = Cancelled::new();
    cancelled.cancel();
    let long = Bytes::from(format!("[\"{}\"]", "é".repeat(3_000_000)));
    for (view, bytes) in [("json", long.clone()), ("text", long.clone()), ("form", long.clone())] {
        let subject = Subject::held(bytes, None);
        assert!(decode(&subject, view_named(view), &cancelled).is_none(), "{view}");
    }
    let document = document(&long, "json");
    assert!(document.wrap(&Wrapping::at(80), &cancelled).is_none());
    assert!(document.find(&properties::pattern("x"), &cancelled).is_none());
}
