//! A sheet: short prose and tables of ours around text from outside, laid out for a width.
//!
//! Headers, parameters, answers and outcomes are sheets; bodies are documents of `decode`. Decided: a sheet holds its text
//! whole and safe, since a head is bounded by the listener, and lays it out once per width. Names are followed by
//! their values, which continue under themselves.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::decode::{Mark, Pattern, Piece, Role};
use crate::model::Printable;

/// How many places a search ends at.
const MOST: usize = 10_000;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Sheet {
    lines: Vec<Line>,
    rows: Vec<Row>,
    width: usize,
}

/// One line before it is laid out.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// Roles by the end of their stretch of `text`.
    roles: Vec<(usize, Role)>,
    /// At which column the second and later rows begin.
    hang: usize,
    /// Where words of ours begin, which are broken between words.
    words: Option<usize>,
}

/// A row: a stretch of a line.
#[derive(Debug)]
struct Row {
    line: usize,
    start: usize,
    end: usize,
    indent: usize,
}

/// A place where the search found something: bytes of a line's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    line: usize,
    start: usize,
    end: usize,
}

/// A piece of a line with its role.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// Words of ours.
    Ours(Role, Cow<'a, str>),
    /// Bytes from outside.
    Theirs(Role, &'a [u8]),
}

impl Text<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Self::Ours(_, text) => text.is_empty(),
            Self::Theirs(_, bytes) => bytes.is_empty(),
        }
    }
}

impl Line {
    fn add_text(&mut self, text: &Text<'_>) {
        match text {
            Text::Ours(role, text) => self.add(*role, text),
            Text::Theirs(role, bytes) => self.add_outside(*role, &Printable::new(bytes)),
        }
    }

    fn add(&mut self, role: Role, text: &str) {
        if !text.is_empty() {
            self.text.push_str(text);
            self.roles.push((self.text.len(), role));
        }
    }

    fn add_outside(&mut self, role: Role, text: &Printable) {
        for (escaped, piece) in text.pieces() {
            self.add(if escaped { Role::Escape } else { role }, piece);
        }
    }
}

impl Sheet {
    /// A line of our own words.
    pub fn say(&mut self, role: Role, text: &str) {
        let mut line = Line::default();
        line.add(role, text);
        self.lines.push(line);
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    /// Names and values, the values in one column as far as that is no waste.
    pub fn pairs<'a>(&mut self, pairs: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone) {
        const WIDEST: usize = 28;
        let column = pairs.clone().map(|(name, _)| Printable::limited(name, WIDEST).width()).max().unwrap_or(0);
        for (name, value) in pairs {
            let (name, value) = (Printable::new(name), Printable::new(value));
            let mut line = Line { hang: column + 2, ..Line::default() };
            line.add_outside(Role::Key, &name);
            line.add(Role::Text, &" ".repeat(column.saturating_sub(name.width()) + 2));
            line.add_outside(Role::Text, &value);
            self.lines.push(line);
        }
    }

    /// A name, set in by some columns, its value from a column on, and words of ours about it.
    pub fn entry(&mut self, indent: usize, name: &Text<'_>, column: usize, value: &[Text<'_>], words: &str) {
        let mut line = Line { hang: column, ..Line::default() };
        line.add(Role::Text, &" ".repeat(indent));
        line.add_text(name);
        let used = line.text.width();
        let bare = value.iter().all(Text::is_empty);
        line.add(Role::Text, &" ".repeat(column.saturating_sub(used).max(2)));
        for text in value {
            line.add_text(text);
        }
        if !words.is_empty() {
            line.words = Some(line.text.len());
            line.add(Role::Text, if bare { "" } else { "  " });
            line.add(Role::Dim, words);
        }
        self.lines.push(line);
    }

    /// Labels of ours and values, which may hold words from outside.
    pub fn facts(&mut self, facts: &[(&str, String)]) {
        let column = facts.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
        for (label, value) in facts {
            let mut line = Line { hang: column + 2, ..Line::default() };
            line.add(Role::Dim, &format!("{label:column$}  "));
            line.add_outside(Role::Text, &Printable::from(value.as_str()));
            self.lines.push(line);
        }
    }

    /// A label and words of ours behind it, which are broken between words.
    pub fn told(&mut self, label: &str, column: usize, role: Role, words: &str) {
        let mut line = Line { hang: column, ..Line::default() };
        line.add(Role::Dim, &format!("{label:column$}"));
        line.words = Some(line.text.len());
        // A diagnosis may have a name in it that came from outside.
        line.add_outside(role, &Printable::from(words));
        self.lines.push(line);
    }

    /// A sign, a name, and what is said of it: a line of a ledger.
    pub fn ledger(&mut self, sign: &str, name: &[u8], said: &[(Role, &[u8])]) {
        let mut line = Line { hang: 4, ..Line::default() };
        line.add(Role::Dim, sign);
        line.add(Role::Text, " ");
        line.add_outside(Role::Key, &Printable::new(name));
        for (role, bytes) in said {
            line.add(Role::Text, "  ");
            line.add_outside(*role, &Printable::new(bytes));
        }
        self.lines.push(line);
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Lays the lines out for a width in columns; does nothing when they are already.
    pub fn wrap(&mut self, width: usize) {
        let width = width.max(1);
        if self.width == width {
            return;
        }
        self.width = width;
        self.rows.clear();
        for (at, line) in self.lines.iter().enumerate() {
            // What continues needs room for a wide character at least.
            let hang = if line.hang * 2 <= width {
                line.hang
            } else if width >= 8 {
                2
            } else {
                0
            };
            let (mut start, mut used, mut indent) = (0, 0, 0);
            let mut begin = 0;
            for &(end, role) in &line.roles {
                let piece = line.text.get(begin..end).unwrap_or_default();
                // An escape is not torn apart.
                let whole = role == Role::Escape && piece.width() <= width - hang;
                let in_words = line.words.is_some_and(|words| begin >= words);
                let mut offset = begin;
                let clusters: Box<dyn Iterator<Item = &str>> = if whole {
                    Box::new(std::iter::once(piece))
                } else if in_words {
                    Box::new(words_of(piece, width - hang))
                } else {
                    Box::new(piece.graphemes(true))
                };
                for cluster in clusters {
                    let mut columns = cluster.width();
                    if used + columns > width && offset > start {
                        self.rows.push(Row { line: at, start, end: offset, indent });
                        // The blank before a word goes with the end of the row.
                        let blank = usize::from(in_words && cluster.starts_with(' '));
                        (start, indent) = (offset + blank, hang);
                        used = hang;
                        columns -= blank;
                    }
                    used += columns;
                    offset += cluster.len();
                }
                begin = end;
            }
            self.rows.push(Row { line: at, start, end: line.text.len(), indent });
        }
    }

    /// How many rows it takes.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// One row as pieces; `hits` are in order, and `current` is the one that the user is at.
    pub fn row(&self, at: usize, hits: &[Hit], current: Option<&Hit>) -> Vec<Piece<'_>> {
        let Some(row) = self.rows.get(at) else { return Vec::new() };
        let Some(line) = self.lines.get(row.line) else { return Vec::new() };
        let first = hits.partition_point(|hit| (hit.line, hit.end) <= (row.line, row.start));
        let marks: Vec<(&Hit, Mark)> = hits
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(|hit| hit.line == row.line && hit.start < row.end)
            .map(|hit| (hit, if Some(hit) == current { Mark::Current } else { Mark::Match }))
            .collect();
        let mut pieces = Vec::new();
        if row.indent > 0 {
            pieces.push(Piece { role: Role::Text, mark: Mark::None, text: " ".repeat(row.indent).into() });
        }
        let mut begin = 0;
        for &(end, role) in &line.roles {
            let (mut from, to) = (begin.max(row.start), end.min(row.end));
            begin = end;
            while from < to {
                let hit = marks.iter().find(|(hit, _)| hit.end > from);
                let (until, mark) = match hit {
                    Some((hit, mark)) if hit.start <= from => (hit.end.min(to), *mark),
                    Some((hit, _)) => (hit.start.min(to), Mark::None),
                    None => (to, Mark::None),
                };
                pieces.push(Piece { role, mark, text: line.text.get(from..until).unwrap_or_default().into() });
                from = until;
            }
        }
        pieces
    }

    /// Every place where a pattern stands, up to a bound that nobody steps through.
    pub fn find(&self, pattern: &Pattern) -> Vec<Hit> {
        let hits = self.lines.iter().enumerate().flat_map(|(line, text)| {
            let hits = pattern.hits(text.text.as_bytes(), MOST);
            hits.into_iter().map(move |found| Hit { line, start: found.start, end: found.end })
        });
        hits.take(MOST).collect()
    }

    /// The row that a hit begins on.
    pub fn row_of(&self, hit: &Hit) -> usize {
        self.rows
            .partition_point(|row| (row.line, row.end) <= (hit.line, hit.start))
            .min(self.rows.len().saturating_sub(1))
    }
}

/// The words of a text, each with the blank before it; one that is wider than a row comes in clusters.
fn words_of(text: &str, width: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let words = std::iter::from_fn(move || {
        let end = rest.get(1..).and_then(|after| after.find(' ')).map_or(rest.len(), |at| at + 1);
        let (word, after) = rest.split_at_checked(end).filter(|(word, _)| !word.is_empty())?;
        rest = after;
        Some(word)
    });
    words.flat_map(move |word| {
        let torn = word.width() > width;
        let whole = (!torn).then_some(word);
        whole.into_iter().chain(word.graphemes(true).filter(move |_| torn))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Needle;
    use proptest::prelude::*;

    fn shown(sheet: &Sheet) -> Vec<String> {
        (0..sheet.rows()).map(|at| sheet.row(at, &[], None).iter().map(|piece| piece.text.as_ref()).collect()).collect()
    }

    #[test]
    fn values_continue_under_themselves() {
        let mut sheet = Sheet::default();
        sheet.pairs([(b"A".as_slice(), b"one two three".as_slice()), (b"Long-Name", b"x")].into_iter());
        sheet.wrap(23);
        assert_eq!(shown(&sheet), ["A          one two thre", "           e", "Long-Name  x"]);
        sheet.wrap(8);
        assert_eq!(shown(&sheet).first().map(String::as_str), Some("A       "));
    }

    #[test]
    fn our_words_are_broken_between_words() {
        let mut sheet = Sheet::default();
        let value = [Text::Theirs(Role::Text, b"two words")];
        sheet.entry(0, &Text::Theirs(Role::Key, b"A"), 4, &value, "said of it: extraordinarily much");
        let rows = |sheet: &Sheet| shown(sheet).into_iter().map(|row| row.trim_end().to_owned()).collect::<Vec<_>>();
        sheet.wrap(16);
        assert_eq!(rows(&sheet), ["A   two words", "    said of it:", "    extraordinar", "    ily much"]);
        sheet.wrap(24);
        assert_eq!(rows(&sheet), ["A   two words  said of", "    it: extraordinarily", "    much"]);
    }

    #[test]
    fn hits_are_marked_across_roles_and_rows() {
        let mut sheet = Sheet::default();
        sheet.pairs([(b"key".as_slice(), b"a needle and a nee\x1bdle".as_slice())].into_iter());
        sheet.wrap(12);
        let hits = sheet.find(&Needle::from("Needle").compile().unwrap());
        assert!(hits.is_empty(), "a capital letter counts");
        let hits = sheet.find(&Needle::from("needle").compile().unwrap());
        assert_eq!(hits.len(), 1);
        let marked: String = (0..sheet.rows())
            .flat_map(|at| sheet.row(at, &hits, hits.first()))
            .filter(|piece| piece.mark == Mark::Current)
            .map(|piece| piece.text.into_owned())
            .collect();
        assert_eq!(marked, "needle");
        assert_eq!(sheet.row_of(&hits[0]), 0);
    }

    proptest! {
        #[test]
        fn rows_keep_to_the_width_and_lose_nothing(
            pairs in proptest::collection::vec((".{0,20}", proptest::collection::vec(any::<u8>(), 0..120)), 0..6),
            width in 2_usize..60,
        ) {
            let mut sheet = Sheet::default();
            sheet.pairs(pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())));
            sheet.wrap(width);
            for row in shown(&sheet) {
                prop_assert!(row.width() <= width, "{row:?}");
            }
            let blank = |text: String| text.replace(' ', "");
            let all: String =
                pairs.iter().flat_map(|(name, value)| [Printable::from(name.as_str()), Printable::new(value)])
                    .map(|text| text.as_str().to_owned()).collect();
            prop_assert_eq!(blank(shown(&sheet).concat()), blank(all));
        }
    }
}
