//! Bodies, queries, expressions and files that mean harm, or that no one has thought of: the corpora and made-up bytes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking"
)]

#[path = "hostile/cases.rs"]
mod cases;
#[path = "hostile/targets.rs"]
mod targets;

use std::{fs, path::PathBuf};

use bytes::Bytes;
use cases::CASES;
use creel::{
    decode::{Cancelled, Document, Found, Subject, Wrapping, decode, view_named},
    model::Printable,
};
use proptest::prelude::*;
use targets::{TARGETS, shown, views};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/nasty")
}

/// The files of the suite: names and bytes.
fn suite() -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(corpus().join("json")).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> =
        files.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect();
    assert!(files.len() > 300, "the corpus was not found");
    // Two of them are too large to be kept.
    files.push(("n_structure_100000_opening_arrays".to_owned(), b"[".repeat(100_000)));
    files.push(("n_structure_open_array_object".to_owned(), b"[{\"\":".repeat(50_000)));
    files.sort();
    files
}

fn strings() -> Vec<String> {
    let text = fs::read_to_string(corpus().join("strings.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn as_json(bytes: &[u8]) -> Document {
    let json = Some(Bytes::from_static(b"application/json"));
    decode(&Subject::held(Bytes::copy_from_slice(bytes), json), view_named("json"), &Cancelled::new()).unwrap()
}

/// What the rows show, without blanks.
fn without_blanks(document: &Document, width: usize, soft: bool) -> String {
    let wrapping = Wrapping { soft, ..Wrapping::at(width) };
    let rows = document.wrap(&wrapping, &Cancelled::new()).unwrap();
    let drawn = document.draw(&rows, 0..rows.len(), 0, &Found::none());
    drawn.into_iter().flatten().map(|piece| piece.text.replace(' ', "")).collect()
}

/// The bytes as they may be printed, without blanks.
fn printed(bytes: &[u8]) -> String {
    let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).collect();
    Printable::new(&bytes).as_str().to_owned()
}

/// The letters that escapes stand for: how much of a cluster is escaped depends on what is beside it and on the width.
fn meant(text: &str) -> String {
    let mut meant = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<U+") {
        meant.push_str(before);
        let (digits, behind) = after.split_once('>').unwrap_or((after, ""));
        meant.extend(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32));
        rest = behind;
    }
    // A blank that is a part of a cluster is escaped with it.
    (meant + rest).replace(' ', "")
}

#[test]
fn the_suite_is_read_as_it_says_and_nothing_of_it_is_lost() {
    for (name, bytes) in suite() {
        let document = as_json(&bytes);
        let is_json = document.view().name == "json" && document.note().is_none();
        match name.as_bytes()[0] {
            b'y' => assert!(is_json, "{name}: {:?}", document.note()),
            // No body is no mistake.
            b'n' => assert!(!is_json || bytes.is_empty(), "{name} is not JSON"),
            _ => {}
        }
        if is_json && !bytes.is_empty() {
            for (width, soft) in [(40, true), (140, true), (60_000, false)] {
                let text = without_blanks(&document, width, soft);
                assert_eq!(meant(&text), meant(&printed(&bytes)), "{name} in {width} columns");
            }
        }
    }
}

#[test]
fn the_suite_is_safe_in_every_view() {
    for (_, bytes) in suite() {
        // What is long is so in one way, and a view or two of it is enough.
        if bytes.len() > 10_000 {
            shown(&Subject::held(bytes.into(), Some(Bytes::from_static(b"application/json"))), None);
            continue;
        }
        for content_type in ["", "application/json", "text/plain; charset=utf-16"] {
            views(&[content_type.as_bytes(), b"\n", &bytes].concat());
        }
    }
}

#[test]
fn the_strings_are_safe_in_every_view_and_as_values() {
    let strings = strings();
    assert!(strings.len() > 400, "the corpus was not found");
    views(format!("application/json\n{}", serde_json::to_string(&strings).unwrap()).as_bytes());
    views(format!("text/plain\n{}", strings.join("\n")).as_bytes());
    for string in &strings {
        let json = serde_json::to_string(string).unwrap();
        let document = as_json(json.as_bytes());
        let text = without_blanks(&document, 1000, true);
        assert_eq!(meant(&text), meant(&printed(json.as_bytes())), "{json}");
        shown(&Subject::held(Bytes::from(string.clone()), None), None);
    }
}

#[test]
fn what_was_thought_of_is_safe_everywhere() {
    for (what, bytes) in CASES {
        println!("{what}");
        for content_type in ["", "text/html", "multipart/mixed; boundary=b", "image/png"] {
            views(&[content_type.as_bytes(), b"\n", bytes].concat());
        }
        // As the value of a string, as it is.
        views(&[b"application/json\n{\"a\":\"".as_slice(), bytes, b"\"}"].concat());
        for (_, target) in TARGETS {
            target(bytes);
        }
    }
}

/// Bytes that begin as something does that is read somewhere.
fn made_up() -> impl Strategy<Value = Vec<u8>> {
    let case = prop::sample::select(CASES).prop_map(|(_, bytes)| bytes.to_vec());
    let word = prop::sample::select(vec![
        "application/json\n",
        "gzip, br\n",
        "deflate\n",
        "zstd\n",
        ".a[0].b\n",
        "method:POST body:",
        "status:>=400 ",
        ".[] | ",
        "curl -d ",
        "-H 'A: ",
        "POST / HTTP/1.1\r\n",
        "{\"log\":{\"entries\":[",
        "{\"type\":\"capture\",",
        "8:",
        "\"",
        "'",
        "\\",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "\r\n",
        "%",
        "=",
        "&",
        "..",
        "recurse",
        "$__loc__",
        "@base64",
        "--data-raw ",
        "\u{1f}\u{8b}",
    ]);
    let word = word.prop_map(|word| word.as_bytes().to_vec());
    let noise = proptest::collection::vec(any::<u8>(), 0..20);
    proptest::collection::vec(prop_oneof![case, word, noise], 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_is_made_up_is_safe_everywhere(bytes in made_up()) {
        for (_, target) in TARGETS {
            target(&bytes);
        }
    }
}

#[test]
fn every_target_has_a_program_for_the_fuzzer() {
    let fuzz = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        let program = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).expect(name);
        assert!(program.contains(&format!("targets::{name}(data)")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    assert_eq!(fs::read_dir(fuzz.join("fuzz_targets")).unwrap().count(), TARGETS.len());
}
