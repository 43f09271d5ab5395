//! Folded rows against the rows of which those inside folds are taken out one by one.

use std::sync::Arc;

use proptest::prelude::*;

use crate::decode::{
    Cancelled, Document, Folds, Found, Node, Rows, Wrapping,
    properties::{self, document},
};

fn folded(document: &Document, folds: &Folds, width: usize, soft: bool) -> Rows {
    let wrapping = Wrapping { width, soft, folds: Arc::new(folds.clone()), ..Wrapping::default() };
    document.wrap(&wrapping, &Cancelled::new()).unwrap()
}

fn text(document: &Document, rows: &Rows) -> Vec<String> {
    let drawn = document.draw(rows, 0..rows.len(), 0, &Found::none());
    drawn.into_iter().map(|row| row.into_iter().map(|piece| piece.text).collect()).collect()
}

/// The node at a text.
fn at(document: &Document, text: &str) -> Node {
    let offset = memchr::memmem::find(document.bytes(), text.as_bytes()).unwrap();
    document.tree().unwrap().node_at(offset).unwrap()
}

#[test]
fn a_fold_is_one_line() {
    let document = document(br#"{"a":[1,2,{"b":3}],"c":{"d":{},"e":[4]},"f":5}"#, "json");
    let mut folds = Folds::default();
    folds.toggle(&at(&document, "\"a\""));
    let rows = folded(&document, &folds, 60, true);
    let expected = [
        "{",
        "  \"a\": [ ▸ 3 items ],",
        "  \"c\": {",
        "    \"d\": {},",
        "    \"e\": [",
        "      4",
        "    ]",
        "  },",
        "  \"f\": 5",
        "}",
    ];
    assert_eq!(text(&document, &rows), expected);
    let all = folded(&document, &Folds::from_depth(1), 60, true);
    let shown = ["{", "  \"a\": [ ▸ 3 items ],", "  \"c\": { ▸ 2 members },", "  \"f\": 5", "}"];
    assert_eq!(text(&document, &all), shown);
    assert_eq!(text(&document, &folded(&document, &Folds::from_depth(0), 60, true)), ["{ ▸ 3 members }"]);
    let mut but = Folds::from_depth(1);
    but.toggle(&at(&document, "\"c\""));
    let rows = folded(&document, &but, 60, true);
    let opened = ["    \"d\": {},", "    \"e\": [ ▸ 1 item ]", "  },"];
    assert_eq!(text(&document, &rows)[3..6], opened);
    // What is hidden is where its fold is.
    let four = document.bytes().iter().position(|byte| *byte == b'4').unwrap();
    assert_eq!(document.row_of(&rows, four), 4);
    assert!(but.reveal(document.tree().unwrap(), four));
    assert_eq!(text(&document, &folded(&document, &but, 60, true))[5], "      4");
    assert!(!but.reveal(document.tree().unwrap(), four));
}

#[test]
fn a_fold_stays_one_line_where_it_is_narrow() {
    let body = br#"{"a long name":[1,2,3],"b":[{"c":1}]}"#;
    let document = document(body, "json");
    for (width, expected) in [
        (40, ["{", "  \"a long name\": [ ▸ 3 items ],", "  \"b\": [ ▸ 1 item ]", "}"]),
        (25, ["{", "  \"a long name\": [ ▸ 3 ],", "  \"b\": [ ▸ 1 item ]", "}"]),
        (19, ["{", "  \"a long name\": [ ", "  \"b\": [ ▸ 1 ]", "}"]),
        (8, ["{", "  \"a lon", "  \"b\": [", "}"]),
    ] {
        let rows = folded(&document, &Folds::from_depth(1), width, true);
        let trimmed: Vec<_> = expected.iter().map(|row| row.trim_end()).collect();
        let shown = text(&document, &rows);
        assert_eq!(shown.len(), 4);
        assert!(shown.iter().all(|row| row.chars().count() <= width), "{shown:?}");
        if width != 19 {
            assert_eq!(shown.iter().map(|row| row.trim_end()).collect::<Vec<_>>(), trimmed, "{width}");
        }
    }
}

#[test]
fn elements_fold_between_their_tags() {
    let document = document(b"<a><b x='1'><c/>text</b><d>\n<e/></d></a>", "xml");
    let shown = text(&document, &folded(&document, &Folds::from_depth(1), 60, true));
    assert_eq!(shown, ["<a>", "  <b x='1'> ▸ 2 inside </b>", "  <d> ▸ 1 inside </d>", "</a>"]);
}

#[test]
fn a_hit_in_a_fold_is_marked_on_it() {
    let document = document(b"[[1,7],[2]]", "json");
    let found = document.find(&crate::decode::properties::pattern("7"), &Cancelled::new()).unwrap();
    let rows = folded(&document, &Folds::from_depth(1), 60, true);
    let marked: Vec<_> = document
        .draw(&rows, 0..rows.len(), 0, &found)
        .into_iter()
        .flatten()
        .filter(|piece| piece.mark != crate::decode::Mark::None)
        .map(|piece| piece.text.into_owned())
        .collect();
    assert_eq!(marked, ["▸ 2 items"]);
}

#[test]
fn a_million_members_fold_and_open() {
    let body = format!("{{\"a\":[{}[7]],\"b\":[[1],[2]]}}", "[7,8],".repeat(1_000_000));
    let document = document(body.as_bytes(), "json");
    let rows = folded(&document, &Folds::from_depth(1), 80, true);
    let shown = ["{", "  \"a\": [ ▸ 1000001 items ],", "  \"b\": [ ▸ 2 items ]", "}"];
    assert_eq!(text(&document, &rows), shown);
    let mut folds = Folds::from_depth(1);
    folds.toggle(&at(&document, "\"a\""));
    let rows = folded(&document, &folds, 80, true);
    assert_eq!(rows.len(), 1_000_001 + 5);
    assert!(document.cost() + rows.cost() < 2 * body.len());
    let row = |row: usize| -> String {
        document.row(&rows, row, &Found::none()).into_iter().map(|piece| piece.text).collect()
    };
    assert_eq!(
        [row(2), row(500_000), row(1_000_002)],
        ["    [ ▸ 2 items ],", "    [ ▸ 2 items ],", "    [ ▸ 1 item ]"]
    );
    assert_eq!(row(1_000_004), "  \"b\": [ ▸ 2 items ]");
    for at in [0, 2, 77, 500_000, 1_000_002, 1_000_005] {
        let offset = document.offset_of(&rows, at);
        assert_eq!(document.row_of(&rows, offset), at);
        assert!(document.row_of(&rows, offset + 1).abs_diff(at) <= 1);
    }
}

#[test]
fn depth_is_no_problem() {
    let depth = 100_000;
    let body = "[".repeat(depth) + &"]".repeat(depth);
    let document = document(body.as_bytes(), "json");
    let rows = folded(&document, &Folds::from_depth(9), 80, true);
    assert_eq!(rows.len(), 2 * 9 + 1);
    assert_eq!(text(&document, &rows)[9].trim(), "[ ▸ 1 item ]");
}

/// The rows that are shown of those that there are without folds: by going over all of them and asking of each what it lies in.
fn plainly(document: &Document, folds: &Folds, width: usize) -> Vec<(String, bool)> {
    let rows = document.wrap(&Wrapping::at(width), &Cancelled::new()).unwrap();
    let tree = document.tree().unwrap();
    let all = text(document, &rows);
    let mut seen = std::collections::BTreeSet::new();
    let mut shown = Vec::new();
    for (row, text) in all.into_iter().enumerate() {
        let offset = document.offset_of(&rows, row);
        let node = tree.node_at(offset).unwrap();
        let mut up = tree.parent(&node);
        let mut hidden = false;
        while let Some(parent) = up {
            hidden |= folds.has(&parent);
            up = tree.parent(&parent);
        }
        if hidden {
            continue;
        }
        let first = seen.insert(node.offset());
        if !folds.has(&node) {
            shown.push((text, false));
        } else if first {
            shown.push((text, true));
        }
    }
    shown
}

fn check(document: &Document, folds: &Folds, width: usize) {
    let rows = folded(document, folds, width, true);
    let shown = text(document, &rows);
    let expected = plainly(document, folds, width);
    assert_eq!(shown.len(), rows.len());
    assert_eq!(shown.len(), expected.len(), "{shown:#?} {expected:#?}");
    for (row, (text, is_fold)) in shown.iter().zip(&expected) {
        let begins = text.trim_end_matches(|char: char| char.is_whitespace());
        assert!(row == text || (*is_fold && row.starts_with(begins)), "{row} {text}");
    }
    // Rows one by one, and places.
    let starts: Vec<_> = (0..rows.len()).map(|row| document.offset_of(&rows, row)).collect();
    assert!(starts.is_sorted());
    for (row, text) in shown.iter().enumerate() {
        let one: String = document.row(&rows, row, &Found::none()).into_iter().map(|piece| piece.text).collect();
        assert_eq!(&one, text, "row {row}");
    }
    for offset in 0..=document.bytes().len() {
        let row = document.row_of(&rows, offset);
        let last = starts.partition_point(|&start| start <= offset).saturating_sub(1);
        assert_eq!(starts.get(row), starts.get(last), "offset {offset}");
    }
    // The same where lines are not wrapped.
    let unwrapped = folded(document, folds, width, false);
    let mut visible: Vec<_> = starts.iter().filter(|start| is_line(document, **start)).collect();
    // An escape that goes on over rows begins all of them.
    visible.dedup();
    let lines: Vec<_> = (0..unwrapped.len()).map(|row| document.offset_of(&unwrapped, row)).collect();
    assert_eq!(lines.iter().collect::<Vec<_>>(), visible);
}

/// Whether a line begins at an offset.
fn is_line(document: &Document, offset: usize) -> bool {
    document.tree().unwrap().line_at(offset).is_some_and(|line| line.spot.offset == offset)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_folds_leave_is_what_is_shown(
        body in prop_oneof![
            properties::json(),
            properties::json().prop_map(|body| format!("[{}]", vec![body; 30].join(","))),
            properties::xml(),
        ],
        from in prop::option::of(0..4_u32),
        flips in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        width in 6..60_usize,
    ) {
        let view = if body.trim_start().starts_with('<') { "xml" } else { "json" };
        let document = document(body.as_bytes(), view);
        prop_assert_eq!(document.view().name, view);
        let mut folds = from.map_or_else(Folds::default, Folds::from_depth);
        for flip in flips {
            folds.toggle(&document.tree().unwrap().node_at(flip.index(body.len())).unwrap());
        }
        check(&document, &folds, width);
    }
}
