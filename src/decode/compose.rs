//! Putting a document together from pieces that are laid out in different ways: the parts of a multipart body, the
//! attributes and the data of an event.

use bytes::Bytes;

use super::{
    Cancelled, Layout, Stop, Subject, VIEWS, ViewRow,
    built::{Built, Section, Way},
    choice::{Choice, choose},
    fields, hex,
    lines::Lines,
    stage::Stage,
    text, view_named, walk,
};

/// How deep bodies lie in bodies at the most until they are shown as text.
const NESTED: u8 = 4;

/// How the lines of a text are laid out.
pub(super) const TEXT: Way = Way { next: text::next, hang: 0, nest: None };

/// What has been put together so far.
#[derive(Default, Debug)]
pub(super) struct Compose {
    bytes: Vec<u8>,
    lines: Lines,
    sections: Vec<Section>,
}

impl Compose {
    /// Appends bytes in one way, found to have these lines.
    pub(super) fn add(&mut self, bytes: &[u8], lines: &Lines, way: Way, depth: u32) {
        if bytes.is_empty() {
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.lines.append(lines, start, depth);
        self.sections.push(Section { range: start..self.bytes.len(), way, depth });
        // What lies between sections.
        self.bytes.push(b'\n');
    }

    /// Appends bytes whose lines a way finds by itself.
    pub(super) fn walk(&mut self, bytes: &[u8], way: Way, depth: u32, cancelled: &Cancelled) -> Result<(), Stop> {
        let lines = walk::lines(bytes, 0, way, cancelled)?;
        self.add(bytes, &lines, way, depth);
        Ok(())
    }

    /// Appends a line that says what follows.
    pub(super) fn title(&mut self, words: &str, cancelled: &Cancelled) -> Result<(), Stop> {
        self.walk(words.as_bytes(), fields::TITLE, 0, cancelled)
    }

    /// Appends an empty line.
    pub(super) fn gap(&mut self, cancelled: &Cancelled) -> Result<(), Stop> {
        self.walk(b"\n", TEXT, 0, cancelled)
    }

    /// Appends a body in the view that was chosen for it.
    pub(super) fn choice(&mut self, choice: Choice, depth: u32) {
        let Choice { view, built: Built { lines, shown, sections, .. }, taken, .. } = choice;
        let bytes: Bytes = shown.unwrap_or(taken);
        if bytes.is_empty() {
            return;
        }
        if !sections.is_empty() {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(&bytes);
            self.lines.append(&lines, start, depth);
            self.sections.extend(sections.into_iter().map(|section| Section {
                range: section.range.start + start..section.range.end + start,
                depth: section.depth.saturating_add(depth),
                ..section
            }));
            self.bytes.push(b'\n');
            return;
        }
        match view.layout {
            Layout::Flow(way) => self.add(&bytes, &lines, way, depth),
            Layout::Hex => self.add(&bytes, &hex::lines(bytes.len()), hex::WAY, depth),
        }
    }

    /// What was put together.
    pub(super) fn built(self) -> Built {
        Built {
            lines: self.lines.finished(),
            shown: Some(self.bytes.into()),
            sections: self.sections,
            ..Built::default()
        }
    }
}

/// Chooses the view for a part of a body.
pub(super) fn part(subject: &Subject, cancelled: &Cancelled) -> Result<Choice, Stop> {
    let stage = Stage::of(subject, None, cancelled).ok_or(Stop::Cancelled)?;
    let plain: Option<&'static ViewRow> = view_named("text").or(VIEWS.last());
    choose(&stage, plain.filter(|_| subject.nested > NESTED), cancelled).ok_or(Stop::Cancelled)
}
