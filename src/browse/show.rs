//! One capture, written out: as a whole, or a part of it in a view.
//!
//! Decided: `raw` and `body` are the bytes as they came where the output is no terminal, so that they can be kept or piped
//! on; on a terminal nothing is ever written as it came. Rows are drawn a screen at a time, so that a body of any size costs
//! what its table of lines does.

use std::io::{self, Write};

use bytes::{BufMut as _, BytesMut};
use jiff::tz::TimeZone;

use super::paint::Paint;
use crate::decode::{Cancelled, Found, Role, Subject, VIEWS, ViewRow, Wrapping, decode, view_named};
use crate::model::{Capture, Content, Fidelity, Period, Printable, Size};
use crate::provider;
use crate::store::inbox::Marks;

/// How a capture may be shown: a row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Its name, for `--view`.
    pub name: &'static str,
    /// What it shows, in a few words.
    pub help: &'static str,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Whole,
    Headers,
    Raw,
    Body,
    View(&'static ViewRow),
}

/// What there is beside the views of bodies.
const PARTS: [Shown; 4] = [
    Shown {
        name: "whole",
        help: "what is known of it, its head, and its body in the view that fits best",
        what: What::Whole,
    },
    Shown { name: "headers", help: "the request line and the header lines", what: What::Headers },
    Shown {
        name: "raw",
        help: "head and body as they came, byte for byte where the output is no terminal",
        what: What::Raw,
    },
    Shown {
        name: "body",
        help: "the body as it came, byte for byte where the output is no terminal",
        what: What::Body,
    },
];

impl Shown {
    /// Every way to show a capture: the parts of a request, then the views of a body.
    pub fn all() -> impl Iterator<Item = Self> {
        let views = VIEWS.iter().map(|view| Self { name: view.name, help: view.help, what: What::View(view) });
        PARTS.into_iter().chain(views)
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|shown| shown.name == name)
    }
}

impl Shown {
    /// Whether nothing is added to it and nothing left out where the output is no terminal.
    pub fn is_exact(self) -> bool {
        matches!(self.what, What::Raw | What::Body)
    }
}

impl Default for Shown {
    fn default() -> Self {
        let [whole, ..] = PARTS;
        whole
    }
}

/// How many rows are drawn at once.
const ROWS: usize = 256;

/// How wide rows are where there is no terminal: as wide as may be, so that lines are not broken.
const WIDE: usize = u16::MAX as usize;

/// Writes a capture. Waits for the disk where its body is there, and fails where that or `out` does. What was done to a
/// body to show it, and a note where it is not what a view shows, are returned, safe to print.
pub fn show(
    capture: &Capture,
    marks: &Marks,
    shown: Shown,
    paint: Paint,
    zone: &TimeZone,
    out: &mut dyn Write,
) -> io::Result<Option<String>> {
    let terminal = paint.columns.is_some();
    match shown.what {
        What::Whole => {
            known(capture, marks, paint, zone, out)?;
            out.write_all(b"\n")?;
            head(capture, paint, out)?;
            if capture.body.is_empty() {
                return Ok(None);
            }
            out.write_all(b"\n")?;
            view(&Subject::of(capture), None, paint, out)
        }
        What::Headers => head(capture, paint, out).map(|()| None),
        What::Raw if terminal => view(&raw(capture), view_named("text"), paint, out),
        What::Raw => {
            out.write_all(capture.head.bytes())?;
            bytes(capture, out)
        }
        What::Body if terminal => view(&Subject::of(capture), view_named("text"), paint, out),
        What::Body => bytes(capture, out),
        What::View(row) => view(&Subject::of(capture), Some(row), paint, out),
    }
}

/// The body, exactly.
fn bytes(capture: &Capture, out: &mut dyn Write) -> io::Result<Option<String>> {
    for piece in capture.body.content().pieces() {
        out.write_all(&piece?)?;
    }
    Ok(None)
}

/// What is known beside the bytes.
fn known(capture: &Capture, marks: &Marks, paint: Paint, zone: &TimeZone, out: &mut dyn Write) -> io::Result<()> {
    let mut facts: Vec<(&str, Role, String)> = Vec::new();
    let mut say = |name, text: String| facts.push((name, Role::Text, text));
    say("capture", format!("{}  {}", capture.seq, capture.id));
    let received = jiff::ZonedDateTime::new(capture.received_at, zone.clone());
    say("received", received.strftime("%F %T%.3f %:z").to_string());
    if let Some(remote) = capture.remote {
        say("from", remote.to_string());
    }
    if let Some(known) = provider::recognise(capture) {
        let mut text = known.provider.label.to_owned();
        for (word, bytes) in [("", known.event), ("delivery ", known.delivery)] {
            if let Some(bytes) = bytes {
                text += &format!(" · {word}{}", Printable::limited(&bytes, 120));
            }
        }
        say("provider", text);
    }
    say("answered", format!("{} in {}", capture.answer.status, Period(capture.times().answered)));
    say("body", Size(capture.body.received()).to_string());
    let odd: Vec<_> = capture.odd().iter().map(crate::model::Oddity::name).collect();
    if !odd.is_empty() {
        say("odd", odd.join(", "));
    }
    if marks.pinned {
        say("pinned", "yes".to_owned());
    }
    if let Some(note) = &marks.note {
        say("note", Printable::limited(note.as_bytes(), 500).to_string());
    }
    if let Some(sentence) = capture.body.end().sentence() {
        facts.push(("incomplete", Role::Error, Printable::from(sentence.as_str()).to_string()));
    }
    for (name, role, text) in facts {
        paint.put(out, Role::Dim, &format!("{name:<10}"))?;
        out.write_all(b"  ")?;
        paint.put(out, role, &text)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The request line and the header lines, a line each whatever is in them.
fn head(capture: &Capture, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let head = &capture.head;
    let line =
        format!("{} {} {}\n", Printable::new(head.method()), Printable::new(head.target()), head.version().as_str());
    out.write_all(line.as_bytes())?;
    for header in head.headers() {
        paint.put(out, Role::Key, Printable::new(header.name).as_str())?;
        out.write_all(b": ")?;
        out.write_all(Printable::new(header.value).as_str().as_bytes())?;
        out.write_all(b"\n")?;
    }
    if head.fidelity() != Fidelity::Exact {
        paint.put(out, Role::Dim, "(put together from fields: the bytes of this head are not known)")?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn raw(capture: &Capture) -> Subject {
    let head = capture.head.bytes();
    match capture.body.content() {
        Content::Held(body) => {
            let mut raw = BytesMut::with_capacity(head.len() + body.len());
            raw.put_slice(head);
            raw.put_slice(body);
            Subject::held(raw.freeze(), None)
        }
        Content::Spooled(file) => Subject::spooled(head.clone(), file.clone(), None),
    }
}

/// A subject in a view, a row a line.
fn view(
    subject: &Subject,
    chosen: Option<&'static ViewRow>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<Option<String>> {
    let running = Cancelled::new();
    let Some(document) = decode(subject, chosen, &running) else { return Ok(None) };
    let columns = paint.columns.unwrap_or(WIDE);
    let Some(rows) = document.wrap(&Wrapping::at(columns), &running) else { return Ok(None) };
    let mut at = 0;
    while at < rows.len() {
        for row in document.draw(&rows, at..at + ROWS, 0, &Found::none()) {
            paint.row(out, &row)?;
        }
        at += ROWS;
    }
    let notes: Vec<&str> = document.done().into_iter().chain(document.note()).collect();
    Ok((!notes.is_empty()).then(|| notes.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_show_has_a_name_of_its_own_and_is_a_value_of_the_option() {
        let names: Vec<_> = Shown::all().map(|shown| shown.name).collect();
        assert_eq!(names, crate::cli::VIEWS);
        for shown in Shown::all() {
            assert_eq!(Shown::named(shown.name), Some(shown));
            assert!(!shown.help.is_empty());
        }
        assert_eq!(Shown::default().name, "whole");
    }
}
