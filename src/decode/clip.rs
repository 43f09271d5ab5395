//! A window on a row that is wider than the screen: only some of its columns are written.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{
    markup::Role,
    pen::{Pen, spaces},
};

/// Lets through what stands in the columns of a window. A wide letter that stands half in it is left out, and at the left a
/// space stands in its place.
pub(super) struct Clip<'p, P> {
    pen: &'p mut P,
    /// Columns still to leave out.
    skip: usize,
    /// Columns still to write.
    room: usize,
}

impl<'p, P> Clip<'p, P> {
    pub(super) fn new(pen: &'p mut P, skip: usize, room: usize) -> Self {
        Self { pen, skip, room }
    }

    /// Whether nothing more will be written.
    pub(super) fn is_full(&self) -> bool {
        self.room == 0
    }
}

impl<'a, P: Pen<'a>> Pen<'a> for Clip<'_, P> {
    fn indent(&mut self, columns: usize) {
        let out = columns.min(self.skip);
        self.skip -= out;
        let put = (columns - out).min(self.room);
        self.room -= put;
        self.pen.indent(put);
    }

    fn put(&mut self, role: Role, start: usize, end: usize, text: Cow<'a, str>) {
        if self.room == 0 {
            return;
        }
        let width = text.width();
        if width <= self.skip {
            self.skip -= width;
            return;
        }
        if self.skip == 0 && width <= self.room {
            self.room -= width;
            self.pen.put(role, start, end, text);
            return;
        }
        let (mut from, mut to, mut blank, mut written) = (None, 0, 0, 0);
        for (at, cluster) in text.grapheme_indices(true) {
            let columns = cluster.width();
            if from.is_none() {
                if self.skip >= columns && self.skip > 0 {
                    self.skip -= columns;
                    continue;
                }
                if self.skip > 0 {
                    blank = (columns - self.skip).min(self.room);
                    self.skip = 0;
                    self.room -= blank;
                    continue;
                }
                (from, to) = (Some(at), at);
            }
            if written + columns > self.room {
                // What is behind it does not move up.
                self.room = written;
                break;
            }
            written += columns;
            to = at + cluster.len();
        }
        self.room -= written;
        if blank > 0 {
            self.pen.put(role, start, start, spaces(blank));
        }
        let Some(from) = from.filter(|&from| from < to) else { return };
        let exact = text.len() == end - start;
        let (start, end) = if exact { (start + from, start + to) } else { (start, end) };
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(from..to).unwrap_or_default()),
            Cow::Owned(text) => Cow::Owned(text.get(from..to).unwrap_or_default().to_owned()),
        };
        self.pen.put(role, start, end, text);
    }
}
