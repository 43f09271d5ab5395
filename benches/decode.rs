//! What showing a body costs: `cargo bench --bench decode`.
//!
//! The bodies are made here, so that the figures can be had anywhere: objects as webhooks send them, without white space
//! between tokens, a few strings with escapes and letters past ASCII.

#![expect(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to measure")]

use std::{fmt::Write as _, hint::black_box, sync::Arc, sync::LazyLock};

use bytes::Bytes;
use creel::decode::{Cancelled, Case, Document, Folds, Found, Needle, Subject, ViewRow, Wrapping, decode, view_named};
use divan::{Bencher, counter::BytesCount};

fn main() {
    divan::main();
    if std::env::args().skip(1).all(|argument| argument.starts_with("--") || argument == "memory") {
        memory();
    }
}

/// What a document and its rows take besides the body, printed.
fn memory() {
    for (what, wrapping) in [
        ("wrapped at 100", Wrapping::at(100)),
        ("wrapped at 20", Wrapping::at(20)),
        ("all folded", folded()),
        ("not wrapped", Wrapping { soft: false, ..Wrapping::at(100) }),
    ] {
        let document = document(&LARGE, "json");
        let rows = document.wrap(&wrapping, &Cancelled::new()).expect("nothing cancels it");
        let (lines, rows) = (document.cost(), rows.cost());
        let share = 100 * (lines + rows) / LARGE.len();
        eprintln!("memory over a body of {} bytes, {what}: {lines} + {rows} bytes, {share} %", LARGE.len());
    }
}

const MEGABYTE: usize = 1_000_000;

/// An array of at least `size` bytes, less one object.
fn json(size: usize) -> Bytes {
    let mut text = String::with_capacity(size + 1000);
    text.push('[');
    let mut number = 0;
    while text.len() < size - 300 {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}{{"id":{number},"node_id":"MDEwOlJlcG9zaXRvcnk{number}","name":"Hello-World","private":false,"owner":{{"login":"octocat{}","url":"https://api.example.com/users/octocat","site_admin":true,"score":1.5e2}},"description":null,"topics":[],"text":"a \"quoted\" word\nand more of it"}}"#,
            if number % 16 == 0 { "é" } else { "" },
        );
        number += 1;
    }
    text.push(']');
    Bytes::from(text)
}

static SMALL: LazyLock<Bytes> = LazyLock::new(|| json(7000));
static LARGE: LazyLock<Bytes> = LazyLock::new(|| json(100 * MEGABYTE));
static LONG_LINE: LazyLock<Bytes> =
    LazyLock::new(|| Bytes::from("a payload without a line end; ".repeat(MEGABYTE / 3)));
static LETTERS: LazyLock<Bytes> =
    LazyLock::new(|| Bytes::from("東京都の朝 — une journée d'été; ".repeat(MEGABYTE / 4)));

fn document(bytes: &Bytes, view: &str) -> Document {
    let subject = Subject::held(bytes.clone(), None);
    decode(&subject, view_named(view), &Cancelled::new()).expect("nothing cancels it")
}

/// What stands between a keypress and a screen: choosing the view, building, wrapping, drawing fifty rows.
#[divan::bench]
fn decode_and_draw_7_kb(bencher: Bencher) {
    let subject = Subject::held(SMALL.clone(), Some(Bytes::from_static(b"application/json")));
    bencher.bench(|| {
        let document = decode(&subject, None, &Cancelled::new()).expect("nothing cancels it");
        let rows = document.wrap(&Wrapping::at(100), &Cancelled::new()).expect("nothing cancels it");
        document.draw(&rows, 0..50, 0, &Found::none()).len()
    });
}

/// The same with a search whose hits are marked.
#[divan::bench]
fn decode_search_and_draw_7_kb(bencher: Bencher) {
    let subject = Subject::held(SMALL.clone(), Some(Bytes::from_static(b"application/json")));
    let pattern = Needle::from("octocat").compile().expect("words are always right");
    bencher.bench(|| {
        let document = decode(&subject, None, &Cancelled::new()).expect("nothing cancels it");
        let rows = document.wrap(&Wrapping::at(100), &Cancelled::new()).expect("nothing cancels it");
        let found = document.find(&pattern, &Cancelled::new()).expect("nothing cancels it");
        document.draw(&rows, 0..50, 0, &found).len()
    });
}

/// A body of about seven kilobytes, and its type.
fn small(kind: &str) -> (Bytes, &'static str) {
    let fill = |head: &str, row: &str, tail: &str| Bytes::from(format!("{head}{}{tail}", row.repeat(7000 / row.len())));
    match kind {
        "xml" => (fill("<list>", "<item id=\"7\"><name>a &amp; b</name><empty/></item>", "</list>"), "application/xml"),
        "html" => {
            (fill("<html><body>", "<p class=x>Some <b>text</b> and <a href=/>more</a></p>", "</body>"), "text/html")
        }
        "csv" => (fill("id,name,price\n", "1000001,\"Bob, the builder\",12.50\n", ""), "text/csv"),
        "yaml" => (fill("list:\n", "  - name: a name # of it\n    value: 12\n", ""), "application/yaml"),
        "ndjson" => (fill("", "{\"id\":7,\"name\":\"a name\"}\n", ""), "application/x-ndjson"),
        "multipart" => (
            fill("", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nsome text\r\n", "--b--"),
            "multipart/form-data; boundary=b",
        ),
        "latin" => {
            (Bytes::from(b"caf\xe9 au lait, s'il vous pla\xeet\n".repeat(220)), "text/plain; charset=iso-8859-1")
        }
        _ => (SMALL.clone(), "application/json"),
    }
}

#[divan::bench(args = ["xml", "html", "csv", "yaml", "ndjson", "multipart", "latin"])]
fn decode_and_draw_7_kb_as(bencher: Bencher, kind: &str) {
    let (bytes, content_type) = small(kind);
    let subject = Subject::held(bytes, Some(Bytes::from(content_type)));
    bencher.bench(|| {
        let document = decode(&subject, None, &Cancelled::new()).expect("nothing cancels it");
        let rows = document.wrap(&Wrapping::at(100), &Cancelled::new()).expect("nothing cancels it");
        document.draw(&rows, 0..50, 0, &Found::none()).len()
    });
}

#[divan::bench]
fn draw_50_rows_of_7_kb_one_by_one(bencher: Bencher) {
    let document = document(&SMALL, "json");
    let rows = document.wrap(&Wrapping::at(100), &Cancelled::new()).expect("nothing cancels it");
    bencher.bench(|| (100..150).map(|row| document.row(&rows, row, &Found::none()).len()).sum::<usize>());
}

#[divan::bench(sample_count = 5, sample_size = 1, args = ["json", "text", "form", "hex"])]
fn build_100_mb(bencher: Bencher, view: &str) {
    let view: &'static ViewRow = view_named(view).expect("it is in the table");
    let subject = Subject::held(LARGE.clone(), None);
    bencher.counter(BytesCount::new(LARGE.len())).bench(|| decode(&subject, Some(view), &Cancelled::new()));
}

#[divan::bench(sample_count = 5, sample_size = 1, args = [30, 100, 200])]
fn wrap_100_mb_json(bencher: Bencher, width: usize) {
    let document = document(&LARGE, "json");
    bencher.counter(BytesCount::new(LARGE.len())).bench(|| document.wrap(&Wrapping::at(width), &Cancelled::new()));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn wrap_10_mb_line(bencher: Bencher) {
    let document = document(&LONG_LINE, "text");
    bencher.counter(BytesCount::new(LONG_LINE.len())).bench(|| document.wrap(&Wrapping::at(100), &Cancelled::new()));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn wrap_10_mb_of_letters_past_ascii(bencher: Bencher) {
    let document = document(&LETTERS, "text");
    bencher.counter(BytesCount::new(LETTERS.len())).bench(|| document.wrap(&Wrapping::at(100), &Cancelled::new()));
}

#[divan::bench]
fn draw_50_rows_in_the_middle_of_100_mb(bencher: Bencher) {
    let document = document(&LARGE, "json");
    let rows = document.wrap(&Wrapping::at(100), &Cancelled::new()).expect("nothing cancels it");
    let middle = rows.len() / 2;
    bencher.bench(|| document.draw(&rows, middle..middle + 50, 0, &Found::none()).len());
}

#[divan::bench]
fn draw_50_rows_in_the_middle_of_a_10_mb_line(bencher: Bencher) {
    let document = document(&LONG_LINE, "text");
    let rows = document.wrap(&Wrapping::at(100), &Cancelled::new()).expect("nothing cancels it");
    let middle = rows.len() / 2;
    bencher.bench(|| document.draw(&rows, middle..middle + 50, 0, &Found::none()).len());
}

/// A needle that is not there, so that all of the body is looked at.
#[divan::bench(sample_count = 5, sample_size = 1, args = ["Absent-Needle", "absent needle", "octocat"])]
fn find_in_100_mb(bencher: Bencher, needle: &str) {
    let document = document(&LARGE, "json");
    let pattern = Needle::from(needle).compile().expect("words are always right");
    bencher.counter(BytesCount::new(LARGE.len())).bench(|| document.find(&pattern, &Cancelled::new()));
}

/// An expression over all of the body.
#[divan::bench(sample_count = 5, sample_size = 1, args = ["absent.needle", "[0-9]{12}x", r"(?i)\boctocat\w+é$", "[^z]*z"])]
fn find_expression_in_100_mb(bencher: Bencher, text: &str) {
    let document = document(&LARGE, "json");
    let needle = Needle { text: text.to_owned(), regex: true, case: Case::Smart };
    let pattern = needle.compile().expect("it is an expression");
    bencher.counter(BytesCount::new(LARGE.len())).bench(|| document.find(&pattern, &Cancelled::new()));
}

#[divan::bench]
fn draw_50_rows_at_the_far_end_of_unwrapped_10_mb_lines(bencher: Bencher) {
    let document = document(&LONG_LINE, "text");
    let rows =
        document.wrap(&Wrapping { width: 100, soft: false, numbered: true, ..Wrapping::default() }, &Cancelled::new());
    let rows = rows.expect("nothing cancels it");
    let first = rows.columns() - 100;
    bencher.bench(|| document.draw(&rows, 0..50, first, &Found::none()).len());
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn measure_a_10_mb_line(bencher: Bencher) {
    let document = document(&LONG_LINE, "text");
    let wrapping = Wrapping { width: 100, soft: false, ..Wrapping::default() };
    bencher.counter(BytesCount::new(LONG_LINE.len())).bench(|| document.wrap(&wrapping, &Cancelled::new()));
}

/// All that stands between a keypress and the first screen of a large body.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn first_screen_of_100_mb(bencher: Bencher) {
    let subject = Subject::held(LARGE.clone(), Some(Bytes::from_static(b"application/json")));
    bencher.counter(BytesCount::new(LARGE.len())).bench(|| {
        let document = decode(&subject, None, &Cancelled::new()).expect("nothing cancels it");
        let rows = document.wrap(&Wrapping::at(100), &Cancelled::new()).expect("nothing cancels it");
        document.draw(&rows, 0..50, 0, &Found::none()).len()
    });
}

/// Everything that lies in the outermost value, folded.
fn folded() -> Wrapping {
    Wrapping { folds: Arc::new(Folds::from_depth(1)), ..Wrapping::at(100) }
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn fold_all_of_100_mb(bencher: Bencher) {
    let document = document(&LARGE, "json");
    bencher.counter(BytesCount::new(LARGE.len())).bench(|| document.wrap(&folded(), &Cancelled::new()));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn unfold_all_of_100_mb(bencher: Bencher) {
    let document = document(&LARGE, "json");
    let rows = document.wrap(&folded(), &Cancelled::new()).expect("nothing cancels it");
    let offset = document.offset_of(&rows, rows.len() / 2);
    bencher.counter(BytesCount::new(LARGE.len())).bench(|| {
        let rows = document.wrap(&Wrapping::at(100), &Cancelled::new()).expect("nothing cancels it");
        document.row_of(&rows, offset)
    });
}

/// One of a hundred thousand folds.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn unfold_one_in_the_middle_of_100_mb(bencher: Bencher) {
    let document = document(&LARGE, "json");
    let tree = document.tree().expect("JSON nests");
    let node = tree.node_at(LARGE.len() / 2).and_then(|node| tree.ancestor(&node, 1)).expect("it is in an object");
    let mut folds = Folds::from_depth(1);
    folds.toggle(&node);
    let wrapping = Wrapping { folds: Arc::new(folds), ..Wrapping::at(100) };
    bencher.counter(BytesCount::new(LARGE.len())).bench(|| document.wrap(&wrapping, &Cancelled::new()));
}

#[divan::bench]
fn draw_50_folds_in_the_middle_of_100_mb(bencher: Bencher) {
    let document = document(&LARGE, "json");
    let rows = document.wrap(&folded(), &Cancelled::new()).expect("nothing cancels it");
    let middle = rows.len() / 2;
    bencher.bench(|| document.draw(&rows, middle..middle + 50, 0, &Found::none()).len());
}

/// What stands above the page when the cursor has moved, and what is copied: an element among a hundred thousand.
#[divan::bench]
fn path_in_the_middle_of_100_mb(bencher: Bencher) {
    let document = document(&LARGE, "json");
    let tree = document.tree().expect("JSON nests");
    bencher.bench(|| {
        let node = tree.node_at(black_box(LARGE.len() / 2)).expect("it has a line");
        (tree.crumbs(&node, 40).len(), tree.jq(&node))
    });
}

/// A value that is one line, of a hundred megabytes.
static LONGEST_LINE: LazyLock<Bytes> =
    LazyLock::new(|| Bytes::from(format!("\"{}\"", "a payload in one string; ".repeat(4 * MEGABYTE))));

#[divan::bench]
fn draw_the_far_end_of_an_unwrapped_100_mb_line(bencher: Bencher) {
    let document = document(&LONGEST_LINE, "json");
    let wrapping = Wrapping { soft: false, ..Wrapping::at(100) };
    let rows = document.wrap(&wrapping, &Cancelled::new()).expect("nothing cancels it");
    let first = rows.columns() - 100;
    bencher.bench(|| document.draw(&rows, 0..50, first, &Found::none()).len());
}
