//! Views: ways to show a body. The bytes stay what they are; a view says how their lines look.
//!
//! [`VIEWS`] is the table of them; [`decode`] chooses one and makes a [`Document`], which answers for rows of a width:
//!
//! ```text
//! Subject ── decode ─► Document ── wrap(width) ─► Rows
//!   bytes, type          lines, note      ╲         │
//!                        find(needle) ─► Found ─► row(rows, i, found) ─► pieces: role, mark, safe text
//! ```
//!
//! Decided: a document never holds the rows that it shows. It has the body (shared, not copied), and a table of where
//! lines begin that is smaller than the body whatever the body is; a row is read from the body when it is drawn, at a cost
//! that depends on its width and not on the length of its line or of the body. Where a view shows other bytes than the
//! body's, because it decodes or puts together, it has these too. The search looks at the bytes that are shown, so a hit
//! is a range of them.
//!
//! Refused: pretty text in memory (a 100 MB body would become 300 MB, and the first screen would wait for all of it);
//! colours, which are the theme's; and an error for a body that is not what its type says: it shows as text with a note.

mod built;
mod cancelled;
mod document;
mod find;
mod form;
mod hex;
mod json;
mod lines;
mod markup;
mod media_type;
mod parts;
mod pen;
mod rows;
mod run;
mod simple;
mod subject;
mod text;

#[cfg(test)]
mod large;
#[cfg(test)]
mod properties;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use crate::model::Size;

use self::{
    built::{Built, Way},
    lines::Stop,
    media_type::{claims_form, claims_json, claims_opaque, essence},
};
pub use self::{
    cancelled::Cancelled,
    document::Document,
    find::{FOUND_LIMIT, Found},
    markup::{Mark, Piece, Role},
    parts::Part,
    rows::Rows,
    subject::{READ, Subject},
};

/// How well a view fits a subject; the best one is the automatic choice, the first of them where several are alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fit {
    /// Only when it is asked for.
    Never,
    /// When there is nothing better.
    Last,
    /// It shows this as well as anything.
    Plain,
    /// The bytes look like it.
    Likely,
    /// The sender said that it is this.
    Declared,
}

/// A line of [`VIEWS`].
#[derive(Debug)]
pub struct ViewRow {
    /// Its name, for config, output and the foot of the inspector.
    pub name: &'static str,
    /// How it is called in sentences.
    pub label: &'static str,
    /// What it shows, in a few words.
    pub help: &'static str,
    /// How well it fits a subject; looks at no more than the first 8 KiB and the white space before the first token.
    pub fit: fn(&Subject) -> Fit,
    /// What of the body it wants to see.
    takes: Takes,
    /// Finds the lines, and makes what is shown where that is not the body.
    build: fn(&Subject, &Cancelled) -> Result<Built, Stop>,
    /// How lines become rows.
    layout: Layout,
}

impl PartialEq for ViewRow {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ViewRow {}

/// What of a body a view is built from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Takes {
    /// The bytes without their content codings.
    Bytes,
    /// The same as UTF-8, where they say that they are in another charset.
    Text,
}

/// How lines become rows.
#[derive(Debug)]
enum Layout {
    /// By printing runs until a row is full.
    Flow(Way),
    /// By counting bytes.
    Hex,
}

/// Every view, in the order in which a reader goes through them.
pub const VIEWS: &[ViewRow] = &[
    ViewRow {
        name: "json",
        label: "JSON",
        help: "JSON laid out, every token as it was sent",
        fit: fit_json,
        takes: Takes::Text,
        build: |subject, cancelled| json::scan(&subject.bytes, cancelled).map(Built::from),
        layout: Layout::Flow(Way { next: json::next, hang: 2 }),
    },
    ViewRow {
        name: "form",
        label: "form",
        help: "the pairs of an urlencoded form, decoded",
        fit: fit_form,
        takes: Takes::Text,
        build: |subject, cancelled| form::lines(&subject.bytes, cancelled).map(Built::from),
        layout: Layout::Flow(Way { next: form::next, hang: 2 }),
    },
    ViewRow {
        name: "text",
        label: "text",
        help: "the lines of the body as they are",
        fit: |_| Fit::Plain,
        takes: Takes::Text,
        build: |subject, cancelled| text::lines(&subject.bytes, cancelled).map(Built::from),
        layout: Layout::Flow(Way { next: text::next, hang: 0 }),
    },
    ViewRow {
        name: "hex",
        label: "hex",
        help: "offsets, bytes in hexadecimal, and what of them is ASCII",
        fit: |subject| if looks_binary(&subject.bytes) { Fit::Likely } else { Fit::Last },
        takes: Takes::Bytes,
        build: |_, _| Ok(Built::default()),
        layout: Layout::Hex,
    },
];

/// The view of that name.
pub fn view_named(name: &str) -> Option<&'static ViewRow> {
    VIEWS.iter().find(|view| view.name == name)
}

/// Makes a document of a subject in the chosen view, or in the one that fits best. Where the body is not what the view
/// shows, the document shows it as text, or as hex if it is mostly not text, and [`Document::note`] says why.
///
/// Waits for the disk where the body is in a file. Nothing only when cancelled. Never panics: a fault in a view becomes a
/// note.
pub fn decode(subject: &Subject, chosen: Option<&'static ViewRow>, cancelled: &Cancelled) -> Option<Document> {
    let (subject, note) = subject.read(cancelled)?;
    let subject = &subject;
    // That a part is not JSON is no news.
    let mut why = note.map(|note| (None, note));
    for (view, fit) in candidates(subject, chosen) {
        // No body is no JSON either, but nobody needs to be told.
        if subject.bytes.is_empty() {
            return Some(Document::new(Bytes::new(), Bytes::new(), view, Built::default(), None));
        }
        let built = catch_unwind(AssertUnwindSafe(|| (view.build)(subject, cancelled)));
        match built {
            Ok(Ok(built)) => {
                return Some(Document::new(subject.bytes.clone(), subject.bytes.clone(), view, built, why));
            }
            Ok(Err(Stop::Cancelled)) => return None,
            // What only looked like JSON is no news when it is not.
            Ok(Err(Stop::Not { .. })) if fit < Fit::Declared => {}
            Ok(Err(Stop::Not { at, why: what })) => {
                why.get_or_insert_with(|| (Some(at), refused(&subject.bytes, view, at, what)));
            }
            Err(_) => {
                let note = format!("the {} view failed on this body, which is a fault in creel", view.label);
                why.get_or_insert((None, note));
            }
        }
    }
    None
}

/// The views to try, best first; the chosen one counts as declared.
fn candidates(subject: &Subject, chosen: Option<&'static ViewRow>) -> Vec<(&'static ViewRow, Fit)> {
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

/// The sentence for a body that is not what a view shows. Lines and columns count from 1, columns in characters.
fn refused(bytes: &[u8], view: &ViewRow, at: usize, why: &str) -> String {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count() + 1;
    format!("not {}: {why} at line {line}, column {column}", view.label)
}

/// A few words about a body: its size, and the name of the view that its type asks for. Looks at no more than the first
/// bytes, because a list says this of every capture.
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
    let head = Subject::held(first.slice(..first.len().min(64)), subject.content_type.clone());
    let name = match essence.as_deref() {
        _ if fit_json(&head) != Fit::Never => "json",
        None => return size.to_string(),
        Some(essence) if claims_form(essence) => "form",
        Some(essence) if claims_opaque(essence) => "hex",
        Some(_) => "text",
    };
    format!("{size} {name}")
}

fn fit_json(subject: &Subject) -> Fit {
    let begins = || begins_like_json(&subject.bytes);
    match essence(subject.content_type.as_deref()) {
        Some(essence) if claims_json(&essence) => Fit::Declared,
        // `curl -d` says that whatever it sends is a form.
        Some(essence) if (essence == "text/plain" || claims_form(&essence)) && begins() => Fit::Likely,
        None if begins() => Fit::Likely,
        _ => Fit::Never,
    }
}

fn fit_form(subject: &Subject) -> Fit {
    match essence(subject.content_type.as_deref()) {
        Some(essence) if claims_form(&essence) && !looks_binary(&subject.bytes) => {
            if begins_like_json(&subject.bytes) {
                Fit::Likely
            } else {
                Fit::Declared
            }
        }
        _ => Fit::Never,
    }
}

fn begins_like_json(bytes: &[u8]) -> bool {
    matches!(bytes.get(json::blank(bytes, 0)), Some(b'{' | b'['))
}

/// Whether the first 8 KiB have a NUL, or are for more than a tenth controls and bytes that are not UTF-8.
fn looks_binary(bytes: &[u8]) -> bool {
    let cut = bytes.len() > 8192;
    let head = bytes.get(..8192).unwrap_or(bytes);
    if memchr::memchr(0, head).is_some() {
        return true;
    }
    let mut odd = 0;
    let mut chunks = head.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        odd += chunk.valid().bytes().filter(|byte| matches!(byte, 1..=8 | 0x0b | 0x0e..=0x1f | 0x7f)).count();
        // A letter may be cut where the head ends.
        if chunks.peek().is_some() || !cut {
            odd += chunk.invalid().len();
        }
    }
    odd * 10 > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let document = decode(&subject(None, "[1]"), Some(view), &Cancelled::new()).unwrap();
            assert_eq!((document.view(), document.note()), (view, None));
            assert_eq!(decode(&subject(None, ""), Some(view), &Cancelled::new()).unwrap().lines(), 0, "{}", view.name);
        }
        assert_eq!(view_named("yaml"), None);
    }

    #[test]
    fn the_view_that_fits_is_chosen() {
        const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
        for (content_type, body, view) in [
            (Some("application/json; charset=utf-8"), "1", "json"),
            (Some("application/vnd.api+json"), "{}", "json"),
            (Some("text/plain"), " [1]", "json"),
            (Some("text/plain"), "[INFO] started", "text"),
            (Some("text/html"), "{}", "text"),
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
            let rows = document.wrap(80, &Cancelled::new()).unwrap();
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
            (Some("text/html"), 20, "20 B text"),
            (Some("image/png"), 2048, "2 KiB hex"),
            (None, 20, "20 B"),
            (Some("text/html"), 0, "empty"),
        ] {
            assert_eq!(summary(&subject(content_type, vec![b'a'; size])), expected);
        }
        assert_eq!(summary(&subject(None, "[]")), "2 B json");
    }

    #[test]
    fn documents_go_between_threads() {
        fn goes<T: Send + Sync + 'static>() {}
        goes::<Document>();
        goes::<Rows>();
        goes::<Found>();
    }
}
