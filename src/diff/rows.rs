//! The rows of a section while they are found, and the bounds on them.

use super::{Row, Section, Side, Sign, clip, words};

/// How many differences of one section are kept.
pub(super) const DIFFERENCES: usize = 10_000;

/// How many rows of one section are kept in all.
const ROWS: usize = 60_000;

/// How many of them may be rows that are alike on both sides.
const ALIKE: usize = 20_000;

/// How many bytes of text one section keeps.
const BYTES: usize = 24 << 20;

/// Rows, as they are found.
#[derive(Debug, Default)]
pub(super) struct Found {
    rows: Vec<Row>,
    begun: usize,
    alike: usize,
    bytes: usize,
    more: bool,
}

/// How a row stands among the others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How {
    pub depth: u16,
    pub ignored: bool,
    /// Whether it goes on with the difference before it.
    pub goes_on: bool,
}

impl Found {
    /// Whether no more differences are kept.
    pub(super) fn is_full(&self) -> bool {
        self.more
    }

    /// Whether there is no row.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether there is room for rows that are alike.
    pub(super) fn takes_alike(&self, rows: usize) -> bool {
        self.alike + rows <= ALIKE && self.bytes < BYTES / 2
    }

    /// A row that is alike on both sides: the text of both, and the line numbers.
    pub(super) fn alike(&mut self, depth: u16, text: &[u8], numbers: [Option<u32>; 2]) {
        if !self.takes_alike(1) {
            return self.left_out(depth, 1);
        }
        self.alike += 1;
        let text = clip::clip(text, 0);
        let [old, new] = numbers.map(|number| Some(Side { text: text.clone(), marks: Box::default(), number }));
        self.bytes += 2 * text.len();
        self.rows.push(Row { old, new, ..row(Sign::Same, How { depth, ..How::default() }) });
    }

    /// Rows that are alike and are not kept.
    pub(super) fn left_out(&mut self, depth: u16, count: usize) {
        let room = self.rows.len() < ROWS;
        match self.rows.last_mut() {
            Some(last) if last.left_out > 0 && last.depth == depth && last.sign == Sign::Same => {
                last.left_out += count;
            }
            _ if count > 0 && room => {
                let how = How { depth, ..How::default() };
                self.rows.push(Row { left_out: count, ..row(Sign::Same, how) });
            }
            _ => {}
        }
    }

    /// A line that holds others, and is there on both sides; `sign` is that of its names.
    pub(super) fn frame(&mut self, depth: u16, old: &[u8], new: &[u8]) {
        if self.rows.len() < ROWS {
            let side = |text: &[u8]| Some(Side { text: clip::clip(text, 0), ..Side::default() });
            self.bytes += old.len().min(clip::LONGEST) + new.len().min(clip::LONGEST);
            let how = How { depth, ..How::default() };
            self.rows.push(Row { old: side(old), new: side(new), ..row(Sign::Same, how) });
        }
    }

    /// What is on both sides under one label: a changed row, or one that is alike.
    pub(super) fn pair(
        &mut self,
        depth: u16,
        label: &[u8],
        (old, new): (&[u8], &[u8]),
        (path, ignored): (String, bool),
    ) {
        if old == new {
            return self.alike(depth, &[label, old].concat(), [None, None]);
        }
        self.changed(How { depth, ignored, goes_on: false }, label, [(old, None), (new, None)], path);
    }

    /// Two texts in one place, with a label before both, and the number of the line of each.
    pub(super) fn changed(
        &mut self,
        how: How,
        label: &[u8],
        [(old, was_at), (new, is_at)]: [(&[u8], Option<u32>); 2],
        path: String,
    ) {
        let start = clip::window(old, new);
        let (old, new) = (clip::clip(old, start), clip::clip(new, start));
        let (were, are) = words::marks(&old, &new);
        let side = |text: &[u8], marks: Vec<(u32, u32)>, number| {
            let by = label.len() as u32;
            let marks = marks.into_iter().map(|(start, end)| (start + by, end + by)).collect();
            Some(Side { text: [label, text].concat().into(), marks, number })
        };
        let row = Row { old: side(&old, were, was_at), new: side(&new, are, is_at), ..row(Sign::Changed, how) };
        self.push(Row { path: Some(path.into()), ..row });
    }

    /// A line that one side alone has.
    pub(super) fn one(&mut self, sign: Sign, how: How, text: &[u8], number: Option<u32>, path: Option<String>) {
        let side = Some(Side { text: clip::clip(text, 0), marks: Box::default(), number });
        let row = Row { path: path.map(Into::into), ..row(sign, how) };
        self.push(match sign {
            Sign::Removed => Row { old: side, ..row },
            _ => Row { new: side, ..row },
        });
    }

    /// Lines that one side alone has and that are not kept.
    pub(super) fn one_left_out(&mut self, sign: Sign, how: How, count: usize) {
        self.push(Row { left_out: count, ..row(sign, How { goes_on: true, ..how }) });
    }

    /// Any row that differs.
    pub(super) fn push(&mut self, row: Row) {
        let bytes = [&row.old, &row.new].into_iter().flatten().map(|side| side.text.len() + 64).sum::<usize>();
        if self.more || self.rows.len() >= ROWS || self.bytes + bytes > BYTES || self.begun >= DIFFERENCES && row.begins
        {
            self.more = true;
            return;
        }
        self.bytes += bytes;
        self.begun += usize::from(row.begins);
        self.rows.push(row);
    }

    /// Says something beside the last row.
    pub(super) fn note(&mut self, note: String) {
        if let Some(last) = self.rows.last_mut().filter(|_| !self.more) {
            last.note = Some(note.into());
        }
    }

    pub(super) fn section(self, name: &'static str, notes: Vec<String>) -> Section {
        Section { name, notes, rows: self.rows, more: self.more }
    }
}

fn row(sign: Sign, how: How) -> Row {
    Row {
        sign,
        begins: sign != Sign::Same && !how.goes_on,
        ignored: how.ignored,
        depth: how.depth,
        old: None,
        new: None,
        path: None,
        note: None,
        left_out: 0,
    }
}
