//! Lines that are not wrapped, and lines with numbers: what a window on them shows is what the whole line shows there.

use bytes::Bytes;
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::properties::{document, outside};
use super::*;

fn window(document: &Document, rows: &Rows, row: usize, first: usize) -> String {
    let drawn = document.draw(rows, row..row + 1, first, &Found::none()).pop().unwrap_or_default();
    drawn.into_iter().map(|piece| piece.text).collect()
}

fn unwrapped(document: &Document, width: usize) -> Rows {
    document.wrap(&Wrapping { width, soft: false, ..Wrapping::default() }, &Cancelled::new()).unwrap()
}

/// The columns `first..first + width` of a text, letter by letter.
fn cut(text: &str, first: usize, width: usize) -> String {
    let mut cut = String::new();
    let mut column = 0;
    for cluster in text.graphemes(true) {
        let end = column + cluster.width();
        if column >= first && end <= first + width {
            cut.push_str(cluster);
        } else if column < first && end > first {
            cut.push_str(&" ".repeat((end - first).min(width)));
        }
        column = end;
    }
    cut
}

/// Long lines: letters of all widths, escapes, tabs.
fn long() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            "[a-z]{0,200}",
            "(é|東|\u{1b}|\u{202e}|a\u{301}|\t|😀| ){0,60}",
            Just("\n".to_owned()),
            "[a-z]{1,3}".prop_map(|text| text.repeat(300)),
        ],
        0..12,
    )
    .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_window_shows_what_the_line_has_there(bytes in outside(), width in 20_usize..80, first in 0_usize..120) {
        for view in VIEWS {
            let document = document(&bytes, view.name);
            let rows = unwrapped(&document, width);
            if matches!(document.view().name, "hex" | "wire") {
                continue;
            }
            let whole = document.wrap(&Wrapping::at(60_000), &Cancelled::new()).unwrap();
            prop_assert_eq!(rows.len(), whole.len());
            let all: Vec<String> = document
                .draw(&rows, 0..rows.len(), first, &Found::none())
                .into_iter()
                .map(|row| row.into_iter().map(|piece| piece.text).collect())
                .collect();
            for (row, shown) in all.iter().enumerate() {
                let line: String = document.row(&whole, row, &Found::none()).into_iter().map(|piece| piece.text).collect();
                let pointed = rows.caret.is_some_and(|caret| row == caret.below + 1);
                // What is indented further than half of the window is drawn nearer.
                if pointed || line.len() - line.trim_start_matches(' ').len() > width / 2 {
                    continue;
                }
                prop_assert_eq!(shown, &cut(&line, first, width), "row {} of {}", row, view.name);
                prop_assert_eq!(shown, &window(&document, &rows, row, first));
                let columns: usize = line.graphemes(true).map(UnicodeWidthStr::width).sum();
                prop_assert_eq!(document.columns_of(&rows, row), columns, "row {} of {}: {:?}", row, view.name, line);
            }
        }
    }

    #[test]
    fn windows_side_by_side_are_the_line(body in long(), width in 2_usize..400) {
        let document = document(body.as_bytes(), "text");
        let rows = unwrapped(&document, width);
        let whole = document.wrap(&Wrapping::at(60_000), &Cancelled::new()).unwrap();
        prop_assert_eq!(rows.len(), whole.len());
        for row in 0..rows.len() {
            let line: String = document.row(&whole, row, &Found::none()).into_iter().map(|piece| piece.text).collect();
            let columns = document.columns_of(&rows, row);
            prop_assert_eq!(columns, line.graphemes(true).map(UnicodeWidthStr::width).sum::<usize>());
            prop_assert!(columns <= rows.columns());
            for first in (0..columns + width).step_by(width) {
                prop_assert_eq!(window(&document, &rows, row, first), cut(&line, first, width), "{} of row {}", first, row);
            }
        }
    }

    #[test]
    fn every_line_has_its_number_once(bytes in outside(), width in 8_usize..60, soft: bool) {
        for view in VIEWS {
            let document = document(&bytes, view.name);
            if matches!(document.view().name, "hex" | "wire") {
                continue;
            }
            let rows = document.wrap(&Wrapping { width, soft, numbered: true, ..Wrapping::default() }, &Cancelled::new()).unwrap();
            let plain = document.wrap(&Wrapping { width: rows.room(), soft, ..Wrapping::default() }, &Cancelled::new()).unwrap();
            prop_assert_eq!(rows.len(), plain.len());
            let text = |row: Vec<Piece<'_>>| row.into_iter().map(|piece| piece.text).collect::<String>();
            let gutter = width - rows.room();
            let mut numbers = Vec::new();
            for row in 0..rows.len() {
                let (shown, bare) = (text(document.row(&rows, row, &Found::none())), text(document.row(&plain, row, &Found::none())));
                if gutter == 0 {
                    prop_assert_eq!(shown, bare);
                    continue;
                }
                let (number, rest) = shown.split_once(" │").unwrap();
                prop_assert_eq!((rest, number.len()), (&*bare, gutter - 2));
                if let Ok(number) = number.trim().parse::<usize>() {
                    numbers.push(number);
                    prop_assert_eq!(document.row_of_line(&rows, number - 1), row);
                    prop_assert_eq!(document.line_of(&rows, row), number - 1);
                } else {
                    prop_assert_eq!(number.trim(), "");
                }
            }
            prop_assert!(gutter == 0 || numbers == (1..=document.lines()).collect::<Vec<_>>(), "{:?}", numbers);
            prop_assert!(document.row_of_line(&rows, usize::MAX) < rows.len().max(1));
        }
    }

    #[test]
    fn a_byte_is_in_the_row_and_column_that_are_said(body in long(), needle in "[a-z]{2}") {
        let document = document(body.as_bytes(), "text");
        let rows = unwrapped(&document, 40);
        let found = document.find(&properties::pattern(&needle), &Cancelled::new()).unwrap();
        for hit in (0..found.len()).map(|hit| found.at(hit)) {
            let row = document.row_of(&rows, hit.start);
            prop_assert_eq!(row, body[..hit.start].matches('\n').count());
            let column = document.column_of(&rows, hit.start);
            let shown = window(&document, &rows, row, column);
            prop_assert!(shown.starts_with(&needle), "{shown:?} at {row}, {column}");
        }
        for row in 0..rows.len() {
            prop_assert_eq!(document.row_of(&rows, document.offset_of(&rows, row)), row);
        }
    }
}

#[test]
fn the_far_end_of_a_long_line_costs_what_its_beginning_does() {
    let body = format!("[\"{}\",2,\"{}\"]", "x".repeat(3_000_000), "é\\n".repeat(300_000));
    let document = document(body.as_bytes(), "json");
    let rows = unwrapped(&document, 100);
    assert_eq!((rows.len(), document.lines()), (5, 5));
    assert_eq!(document.columns_of(&rows, 1), 3_000_005);
    assert_eq!(rows.columns(), 3_000_005);
    assert_eq!(window(&document, &rows, 1, 2_999_995), "xxxxxxxx\",");
    assert_eq!(window(&document, &rows, 2, 0), "  2,");
    assert_eq!(window(&document, &rows, 2, 50), "");
    assert_eq!(window(&document, &rows, 3, 900_000), "é\\n\"");
    assert!(rows.cost() < body.len(), "{}", rows.cost());
    let at = body.rfind('"').unwrap();
    assert_eq!((document.row_of(&rows, at), document.column_of(&rows, at)), (3, 900_003));
}

#[test]
fn what_is_wrong_is_pointed_at_in_the_window() {
    let subject = Subject::held(Bytes::from(format!("{}]\nrest", " ".repeat(60))), None);
    let document = decode(&subject, view_named("json"), &Cancelled::new()).unwrap();
    let rows = unwrapped(&document, 40);
    assert_eq!(rows.len(), 3);
    assert_eq!(window(&document, &rows, 0, 30), format!("{}]", " ".repeat(30)));
    assert!(window(&document, &rows, 1, 50).starts_with("          ^"), "{}", window(&document, &rows, 1, 50));
    assert_eq!(window(&document, &rows, 2, 0), "rest");
}
