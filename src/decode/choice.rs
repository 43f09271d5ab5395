//! Choosing a view for a subject, and making a document of both.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::{
    Cancelled, Document, Fit, Stop, Subject, Takes, VIEWS, ViewRow,
    built::Built,
    coding,
    fits::looks_binary,
    media_type::{claims_opaque, essence},
    stage::Stage,
    view_named,
};
use crate::model::{Printable, Size};

/// Makes a document of a subject in the chosen view, or in the one that fits best. Where the body is not what the view
/// shows, the document shows it as text, or as hex if it is mostly not text, and [`Document::note`] says why.
///
/// Waits for the disk where the body is in a file. Nothing only when cancelled. Never panics: a fault in a view becomes a
/// note.
pub fn decode(subject: &Subject, chosen: Option<&'static ViewRow>, cancelled: &Cancelled) -> Option<Document> {
    let stage = Stage::of(subject, chosen.map(|view| view.takes).filter(|takes| *takes == Takes::Wire), cancelled)?;
    let choice = choose(&stage, chosen, cancelled)?;
    Some(Document::new(stage.body().clone(), choice, stage.done.join(" · "), stage.stopped))
}

/// A view for a body, and what it made of it.
#[derive(Debug)]
pub(super) struct Choice {
    pub view: &'static ViewRow,
    pub built: Built,
    /// What it was made of.
    pub taken: Bytes,
    /// Why it is not the view that was wanted.
    pub why: Option<Why>,
}

/// What the reader must know about a view that is not what was wanted, or does not show all.
#[derive(Clone, Debug)]
pub(super) struct Why {
    /// The offset of what is wrong, and what it is, where it is a place.
    pub place: Option<(usize, &'static str)>,
    /// The sentence.
    pub sentence: String,
}

impl From<String> for Why {
    fn from(sentence: String) -> Self {
        Self { place: None, sentence }
    }
}

/// See [`decode`].
pub(super) fn choose(stage: &Stage, chosen: Option<&'static ViewRow>, cancelled: &Cancelled) -> Option<Choice> {
    // That a part is not JSON is no news.
    let mut why = stage.why.clone().map(Why::from);
    for (view, fit) in candidates(stage, chosen) {
        let subject = stage.subject(view.takes);
        let taken = subject.bytes.clone();
        // No body is no JSON either, but nobody needs to be told.
        if taken.is_empty() {
            return Some(Choice { view, built: Built::default(), taken, why: None });
        }
        let built = catch_unwind(AssertUnwindSafe(|| (view.build)(subject, cancelled)));
        match built {
            Ok(Ok(mut built)) => {
                let note = built.note.take().map(Why::from);
                return Some(Choice { view, built, taken, why: why.or(note) });
            }
            Ok(Err(Stop::Cancelled)) => return None,
            // What only looked like JSON is no news when it is not.
            Ok(Err(Stop::Not { .. })) if fit < Fit::Declared => {}
            Ok(Err(Stop::Not { at, why: what })) => {
                why.get_or_insert_with(|| Why { place: Some((at, what)), sentence: refused(&taken, view, at, what) });
            }
            Err(_) => {
                let note = format!("the {} view failed on this body, which is a fault in creel", view.label);
                why.get_or_insert(note.into());
            }
        }
    }
    None
}

/// The views to try, best first; the chosen one counts as declared.
fn candidates(stage: &Stage, chosen: Option<&'static ViewRow>) -> Vec<(&'static ViewRow, Fit)> {
    let subject = stage.subject(Takes::Text);
    if let Some(view) = chosen {
        let last = if looks_binary(&subject.bytes) { "hex" } else { "text" };
        return [Some(view), view_named(last), view_named("hex")]
            .into_iter()
            .flatten()
            .map(|view| (view, Fit::Declared))
            .collect();
    }
    let mut views: Vec<_> = VIEWS.iter().map(|view| (view, (view.fit)(subject))).collect();
    views.retain(|&(_, fit)| fit != Fit::Never);
    views.sort_by_key(|&(_, fit)| std::cmp::Reverse(fit));
    views
}

/// Whether a reader who goes through the views of a body is offered this one. Those that show anything are, and those
/// whose shape the body may have; any other has to be asked for by its name.
pub fn is_offered(view: &ViewRow, subject: &Subject) -> bool {
    if view.takes == Takes::Wire {
        // Of what was not packed it is what "hex" shows.
        return subject.is_coded();
    }
    // What is packed, or on the disk, does not show its shape.
    let hidden = subject.is_coded() || subject.bytes.is_empty();
    matches!(view.name, "json" | "form" | "text" | "hex")
        || (view.fit)(subject) != Fit::Never
        || (matches!(view.name, "msgpack" | "cbor" | "protobuf") && looks_binary(&subject.bytes))
        || (hidden && matches!(view.name, "ndjson" | "xml" | "html" | "yaml" | "csv"))
}

/// Views of what has no lines.
const BINARY: [&str; 4] = ["msgpack", "cbor", "protobuf", "image"];

/// The sentence for a body that is not what a view shows. Lines and columns count from 1, columns in characters.
fn refused(bytes: &[u8], view: &ViewRow, at: usize, why: &str) -> String {
    if BINARY.contains(&view.name) {
        return format!("not {}: {why} at byte {at}", view.label);
    }
    let before = bytes.get(..at).unwrap_or(bytes);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count() + 1;
    format!("not {}: {why} at line {line}, column {column}", view.label)
}

/// A few words about a body: its size, its content codings, and the name of the view that its type asks for. Looks at no
/// more than the first bytes, because a list says this of every capture.
pub fn summary(subject: &Subject) -> String {
    if subject.is_empty() {
        return "empty".to_owned();
    }
    let size = Size(subject.len() as u64);
    let essence = essence(subject.content_type.as_deref());
    let first = match &subject.rest {
        Some(rest) if subject.bytes.is_empty() => rest.first(),
        _ => &subject.bytes,
    };
    // What is packed says nothing about itself.
    let first = if subject.is_coded() { Bytes::new() } else { first.slice(..first.len().min(64)) };
    let head = subject.with_bytes(first);
    let fits = VIEWS
        .iter()
        .map(|view| ((view.fit)(&head), view))
        .filter(|(fit, view)| *fit > Fit::Plain && view.name != "hex");
    let best = fits.rev().max_by_key(|(fit, _)| *fit).map(|(_, view)| view.name);
    let name = match (best, essence.as_deref()) {
        (Some(name), _) => Some(name),
        (None, None) => None,
        (None, Some(essence)) if claims_opaque(essence) => Some("hex"),
        (None, Some(_)) => Some("text"),
    };
    let codings = coding::names(subject.content_encoding.as_deref());
    let codings = codings.iter().map(|coding| Printable::limited(coding.as_bytes(), 12).as_str().to_owned());
    let words = [size.to_string()].into_iter().chain(codings.take(2)).chain(name.map(str::to_owned));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Found, Layout, Rows, Takes, Wrapping};

    fn subject(content_type: Option<&'static str>, bytes: impl Into<Bytes>) -> Subject {
        Subject::held(bytes.into(), content_type.map(Bytes::from))
    }

    fn automatic(content_type: Option<&'static str>, bytes: impl Into<Bytes>) -> (&'static str, Option<String>) {
        let document = decode(&subject(content_type, bytes), None, &Cancelled::new()).unwrap();
        (document.view().name, document.note().map(str::to_owned))
    }

    #[test]
    fn the_table_is_whole() {
        for view in VIEWS {
            assert_eq!(view_named(view.name), Some(view));
            assert!(!view.label.is_empty() && !view.help.is_empty());
            assert!(view.name.bytes().all(|byte| byte.is_ascii_lowercase()));
            let document = crate::decode::properties::document(crate::decode::properties::sample(view.name), view.name);
            assert_eq!((document.view(), document.note()), (view, None));
            assert_eq!(decode(&subject(None, ""), Some(view), &Cancelled::new()).unwrap().lines(), 0, "{}", view.name);
        }
        assert_eq!(view_named("toml"), None);
    }

    #[test]
    fn the_view_that_fits_is_chosen() {
        const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
        for (content_type, body, view) in [
            (Some("application/json; charset=utf-8"), "1", "json"),
            (Some("application/vnd.api+json"), "{}", "json"),
            (Some("text/plain"), " [1]", "json"),
            (Some("text/plain"), "[INFO] started", "text"),
            (Some("text/html"), "{}", "html"),
            (Some("text/css"), "{}", "text"),
            (None, "<!DOCTYPE html><p>a", "html"),
            (None, "<?xml version='1.0'?><a/>", "xml"),
            (None, "<a><b></a>", "text"),
            (Some("text/plain"), "<3 this", "text"),
            (Some("application/rss+xml"), "<rss/>", "xml"),
            (Some("image/svg+xml"), "<svg/>", "xml"),
            (Some("application/xhtml+xml"), "<html/>", "xml"),
            (Some("text/csv"), "a,b\n1,2", "csv"),
            (Some("application/yaml"), "a: 1", "yaml"),
            (None, "---\na: 1\n", "yaml"),
            (Some("application/x-ndjson"), "{}\n{}", "ndjson"),
            (Some("application/json-seq"), "\u{1e}{}\n\u{1e}1\n", "ndjson"),
            (None, "{\"a\":1}\n{\"b\":2}\n", "ndjson"),
            (Some("application/json"), "[\n{}]", "json"),
            (Some("multipart/form-data; boundary=x"), "--x\n\na\n--x--", "multipart"),
            (Some("application/json"), "{\"query\":\"query Q { a }\",\"variables\":{}}", "graphql"),
            (Some("application/json"), "{\"query\":\"shoes\"}", "json"),
            (Some("application/json"), "{\"a\":{\"query\":\"{a}\"}}", "json"),
            (Some("application/graphql"), "{ a }", "graphql"),
            (Some("application/cloudevents+json"), "{\"specversion\":\"1.0\"}", "cloudevents"),
            (None, "{\"a\":1}", "json"),
            (None, "1", "text"),
            (None, "{oops}", "text"),
            (FORM, "a=1", "form"),
            // What `curl -d '{"a":1}'` sends.
            (FORM, "{\"a\":1}", "json"),
            (FORM, "{a=1", "form"),
            (FORM, "a=\0", "hex"),
            (None, "a\0b", "hex"),
            (Some("text/plain"), "\u{1}\u{2}abc", "hex"),
        ] {
            assert_eq!(automatic(content_type, body), (view, None), "{content_type:?} {body:?}");
        }
        assert_eq!(automatic(None, b"\x89PNG\r\n\x1a\n\0".to_vec()).0, "hex");
        let cut = ["é".repeat(4095).as_bytes(), b"abc\xc3\xa9"].concat();
        assert_eq!(automatic(None, cut).0, "text");
    }

    #[test]
    fn what_is_not_as_declared_falls_back_and_says_so() {
        const JSON: Option<&str> = Some("application/json");
        assert_eq!(
            automatic(JSON, "{\"a\":1"),
            ("text", Some("not JSON: expected a comma or } at line 1, column 7".into()))
        );
        assert_eq!(
            automatic(JSON, vec![0, 1, 2]),
            ("hex", Some("not JSON: expected a value at line 1, column 1".into()))
        );
        let chosen = decode(&subject(None, "a=1"), view_named("json"), &Cancelled::new()).unwrap();
        assert_eq!((chosen.view().name, chosen.error_offset()), ("text", Some(0)));
    }

    #[test]
    fn nothing_is_no_lines() {
        for content_type in
            [None, Some("application/json"), Some("text/plain"), Some("application/x-www-form-urlencoded")]
        {
            let document = decode(&subject(content_type, ""), None, &Cancelled::new()).unwrap();
            let rows = document.wrap(&Wrapping::at(80), &Cancelled::new()).unwrap();
            assert_eq!((document.lines(), rows.len(), document.note()), (0, 0, None), "{content_type:?}");
            assert_eq!(document.row_of(&rows, 0), 0);
            assert!(document.row(&rows, 0, &Found::none()).is_empty());
        }
    }

    #[test]
    fn a_fault_in_a_view_becomes_a_note() {
        const FAULTY: ViewRow = ViewRow {
            name: "faulty",
            label: "faulty",
            help: "",
            fit: |_| Fit::Never,
            takes: Takes::Bytes,
            build: |_, _| panic!("a fault, wanted by a test"),
            layout: Layout::Hex,
        };
        static ROW: ViewRow = FAULTY;
        let document = decode(&subject(None, "abc"), Some(&ROW), &Cancelled::new()).unwrap();
        assert_eq!(document.view().name, "text");
        assert_eq!(document.note(), Some("the faulty view failed on this body, which is a fault in creel"));
    }

    #[test]
    fn a_summary_is_short() {
        for (content_type, size, expected) in [
            (Some("application/json"), 7312, "7.1 KiB json"),
            (Some("Application/X-WWW-Form-Urlencoded"), 20, "20 B form"),
            (Some("text/html"), 20, "20 B html"),
            (Some("text/css"), 20, "20 B text"),
            (Some("multipart/form-data; boundary=x"), 20, "20 B multipart"),
            (Some("image/png"), 2048, "2 KiB image"),
            (Some("image/tiff"), 2048, "2 KiB hex"),
            (None, 20, "20 B"),
            (Some("text/html"), 0, "empty"),
        ] {
            assert_eq!(summary(&subject(content_type, vec![b'a'; size])), expected);
        }
        assert_eq!(summary(&subject(None, "[]")), "2 B json");
        let coded = subject(Some("application/json"), "..")
            .with_headers([(b"Content-Encoding".as_slice(), b"gzip, br".as_slice())].into_iter());
        assert_eq!(summary(&coded), "2 B gzip br json");
    }

    #[test]
    fn documents_go_between_threads() {
        fn goes<T: Send + Sync + 'static>() {}
        goes::<Document>();
        goes::<Rows>();
        goes::<Found>();
    }
}
