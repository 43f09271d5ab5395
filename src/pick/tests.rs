//! Words by example, and what is said about those that pick nothing.

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::{Answer, Body, CaptureId, Fidelity, Head, Timing, Version, Wire};

fn words(text: &str) -> Vec<String> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn names(text: &str) -> Option<Vec<String>> {
    match picks(&words(text)) {
        Ok(Picks::Named(names)) => Some(names.into_iter().map(|(_, name)| name.to_string()).collect()),
        _ => None,
    }
}

fn capture(id: u128, seq: u64) -> Arc<Capture> {
    Arc::new(Capture {
        id: CaptureId::fixed(id),
        seq: Seq(seq),
        received_at: Timestamp::UNIX_EPOCH,
        remote: None,
        head: Head::from_parts(b"GET", b"/", Version::Http11, [], Fidelity::Exact),
        body: Body::complete(Bytes::new()),
        trailers: Box::default(),
        answer: Arc::new(Answer::status(200)).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    })
}

#[test]
fn what_names_a_capture_is_told_by_its_form() {
    for (text, expected) in [
        ("last", "last"),
        ("last~0", "last"),
        ("last~2", "last~2"),
        ("42", "#42"),
        ("#42", "#42"),
        ("#007", "#7"),
        ("0199", "0199"),
        ("0199F3A1", "0199f3a1"),
        ("0199f3a1-77c4", "0199f3a177c4"),
        ("0199f3a1-77c4-7000-8000-000000000001", "0199f3a177c470008000000000000001"),
        ("bad0", "bad0"),
    ] {
        assert_eq!(names(text), Some(vec![expected.to_owned()]), "{text}");
    }
    assert_eq!(names("last 42 0199f"), Some(vec!["last".to_owned(), "#42".to_owned(), "0199f".to_owned()]));
    for text in [
        "",
        "Last",
        "lastly",
        "added",
        "beef",
        "019",
        "bad",
        "2026-01-31",
        "0199-f3a1",
        "0199f3a1-77c4-7000-8000-0000000000011",
        "#",
        "#x",
        "99999999999999999999999999999999999",
        "event:push",
        "\"42\"",
        "seq:42",
        "invoice paid",
        "-invoice",
    ] {
        assert!(matches!(picks(&words(text)), Ok(Picks::Query(_))), "{text}: {:?}", picks(&words(text)));
    }
    // Words of one argument are one query.
    assert!(matches!(picks(&["invoice 42".to_owned()]), Ok(Picks::Query(_))));
}

#[test]
fn the_words_of_a_query_may_be_arguments_of_their_own() {
    let Ok(Picks::Query(query)) = picks(&words("method:POST path:/a or b")) else { panic!() };
    assert_eq!(query, Query::parse("method:POST path:/a or b").unwrap());
}

#[test]
fn what_picks_nothing_says_why() {
    for (text, says) in [
        (
            "42 invoice",
            "`42` names a capture and `invoice` does not: name captures alone, or write a query in which the other is quoted: '\"42\"'",
        ),
        ("invoice last", "`last` names a capture and `invoice` does not"),
        ("last~x", "`last~x` is no capture: write last, last~1, last~2 and so on"),
        ("last~", "`last~` is no capture"),
        ("last~+1", "`last~+1` is no capture"),
        (
            "metod:GET",
            "the query does not parse\n  metod:GET\n  ^^^^^ unknown field `metod`\n    did you mean `method`?",
        ),
    ] {
        assert_eq!(picks(&words(text)).unwrap_err().to_string().get(..says.len()), Some(says), "{text}");
    }
    let error = picks(&["\u{1b}[2J:".to_owned(), "last".to_owned()]).unwrap_err().to_string();
    assert!(!error.contains('\u{1b}'), "{error}");
}

#[test]
fn a_file_goes_before_a_query_and_a_capture_before_a_file() {
    let there = |name: &str| matches!(name, "caught" | "last" | "42" | "event:x");
    let source = |text: &str| source(&words(text), there);
    assert_eq!(source("-"), Ok(Source::Input));
    assert_eq!(source("caught"), Ok(Source::File("caught".into())));
    assert_eq!(source("event:x"), Ok(Source::File("event:x".into())));
    for text in ["last", "42", "caught too", "nothing", "type:application/json", "path:/a.json"] {
        assert!(matches!(source(text), Ok(Source::Inbox(_))), "{text}");
    }
    for text in ["caugth.ndjson", "/tmp/caught", "./last", "~/x"] {
        assert_eq!(source(text), Err(PickError::NoFile(text.to_owned())));
    }
}

#[test]
fn names_are_looked_up() {
    let all = [capture(0x0199_0000 << 96, 1), capture(0x0199_0001 << 96, 2), capture(0xbad0 << 112, 5)];
    let find = |word: &str| {
        let named = name(word).unwrap().unwrap();
        find(word, &named, &all[..]).map(|capture| capture.seq.0).map_err(|error| error.to_string())
    };
    for (word, seq) in [("last", 5), ("last~1", 2), ("last~2", 1), ("5", 5), ("#1", 1), ("01990001", 2), ("BAD0", 5)] {
        assert_eq!(find(word), Ok(seq), "{word}");
    }
    for (word, says) in [
        ("last~3", "there are no 4 captures yet"),
        ("3", "there is no capture #3; to look for that text, quote it: '\"3\"'"),
        ("0198", "no capture's id begins with `0198`; to look for that text, quote it: '\"0198\"'"),
        (
            "0199",
            "`0199` is the beginning of 2 captures: 01990001-0000-0000-0000-000000000000, \
             01990000-0000-0000-0000-000000000000; write more of it",
        ),
    ] {
        assert_eq!(find(word), Err(says.to_owned()));
    }
    let none: [Arc<Capture>; 0] = [];
    let error = super::find("last", &Name::Last(0), &none[..]).unwrap_err();
    assert_eq!(error.to_string(), "there is no capture yet");
    let many: Vec<_> = (0..200).map(|at| capture((0x0199 << 112) + at, at as u64)).collect();
    let error = super::find("0199", &Name::Id("0199".to_owned()), &many[..]).unwrap_err().to_string();
    assert!(
        error.starts_with("`0199` is the beginning of more than 100 captures: ") && error.contains(", …;"),
        "{error}"
    );
    // The same capture in two places is one.
    let twice = [capture(0x0199 << 112, 1), capture(0x0199 << 112, 2)];
    assert_eq!(super::find("0199", &Name::Id("0199".to_owned()), &twice[..]).unwrap().seq, Seq(2));
}

proptest! {
    #[test]
    fn any_words_are_picked_or_refused_in_a_sentence(words in proptest::collection::vec(".{0,20}", 0..4)) {
        for said in [picks(&words).err(), source(&words, |_| false).err()].into_iter().flatten() {
            let said = said.to_string();
            prop_assert!(!said.is_empty() && !said.chars().any(|char| char.is_control() && char != '\n'), "{said:?}");
        }
    }

    #[test]
    fn every_beginning_of_an_id_names_it(id in any::<u128>(), length in 4_usize..=36) {
        let capture = capture(id, 1);
        let whole = capture.id.to_string();
        let word = &whole[..length];
        match name(word).unwrap() {
            Some(named @ Name::Id(_)) => prop_assert_eq!(find(word, &named, &[Arc::clone(&capture)][..]).unwrap().id, capture.id),
            // A number, or letters alone.
            Some(Name::Number(_)) => prop_assert!(word.bytes().all(|byte| byte.is_ascii_digit())),
            Some(Name::Last(_)) => prop_assert!(false),
            None => prop_assert!(word.bytes().filter(u8::is_ascii_digit).count() == 0 || word.bytes().all(|byte| byte.is_ascii_digit())),
        }
    }
}
