//! A comparison as text: on a terminal in colours, elsewhere plain. All text from outside passes [`Printable`].

use std::io::{self, Write};

use super::{
    Comparison, Section, Side, Sign,
    page::{How, Line, Page, Sides, gap_words},
};
use crate::model::Printable;

/// The narrowest place, in columns, in which two sides stand beside each other.
pub const WIDE: usize = 100;

/// How it is printed.
#[derive(Clone, Copy, Debug)]
pub struct Print {
    /// What of it.
    pub how: How,
    /// Whether with colours, as SGR parameters (ECMA-48 §8.3.117).
    pub colour: bool,
    /// How many columns there are; nothing where lines have no end. Sides beside each other take [`WIDE`] then.
    pub columns: Option<usize>,
}

const DIM: &str = "2";
const BOLD: &str = "1";

fn style(sign: Sign) -> &'static str {
    match sign {
        Sign::Same => "",
        Sign::Changed => "33",
        Sign::Removed => "31",
        Sign::Added => "32",
    }
}

impl Print {
    /// Writes a comparison.
    pub fn write(self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        let label = |text: &str| Printable::limited(text.as_bytes(), self.columns.unwrap_or(400)).to_string();
        self.put(out, style(Sign::Removed), &format!("--- {}\n", label(&comparison.old)))?;
        self.put(out, style(Sign::Added), &format!("+++ {}\n", label(&comparison.new)))?;
        let page = Page::of(comparison, self.how);
        for line in &page.lines {
            self.line(comparison, line, out)?;
        }
        writeln!(out, "\n{}", comparison.summary())
    }

    fn line(self, comparison: &Comparison, line: &Line, out: &mut dyn Write) -> io::Result<()> {
        let section = |at: &usize| comparison.sections.get(*at);
        match line {
            Line::Blank => {}
            Line::Heading(at) => {
                let Some(section) = section(at) else { return Ok(()) };
                self.put(out, BOLD, section.name)?;
                if !section.differs() && section.notes.is_empty() {
                    self.put(out, DIM, "  the same")?;
                }
                if section.more {
                    self.put(out, DIM, "  there are more differences than are shown")?;
                }
            }
            Line::Note(at, note) => {
                let note = section(at).and_then(|section| section.notes.get(*note));
                let note = note.map(|note| Printable::new(note.as_bytes()).to_string()).unwrap_or_default();
                self.put(out, DIM, &format!("  {note}"))?;
            }
            Line::Gap(at, range) => {
                let Some(section) = section(at) else { return Ok(()) };
                self.put(out, DIM, &format!("  … {}", gap_words(&section.rows, range)))?;
            }
            Line::Row(at, row, sides) => {
                if let Some(section) = section(at) {
                    self.row(section, *row, *sides, out)?;
                }
            }
        }
        out.write_all(b"\n")
    }

    fn row(self, section: &Section, row: usize, sides: Sides, out: &mut dyn Write) -> io::Result<()> {
        let Some(row) = section.rows.get(row) else { return Ok(()) };
        let quiet = row.ignored && self.how.ignoring;
        let sign = row.shown_sign(sides, self.how.ignoring);
        let of = |sides| match sides {
            _ if quiet => DIM,
            Sides::Old => style(Sign::Removed),
            Sides::New => style(Sign::Added),
            Sides::Both => style(row.sign),
        };
        let indent = "  ".repeat(row.depth.into());
        if row.left_out > 0 {
            return self.put(out, DIM, &format!("{sign} {indent}… {} more", row.left_out));
        }
        let note = row.note.as_ref().map_or(String::new(), |note| format!("  ({})", Printable::from(note.as_ref())));
        if !self.how.side_by_side {
            self.put(out, of(sides), &format!("{sign} {indent}"))?;
            let side = row.shown_side(sides);
            let style = if sides == Sides::Both && row.sign == Sign::Changed { DIM } else { of(sides) };
            self.side(side, usize::MAX, style, out)?;
            return if sides == Sides::Old { Ok(()) } else { self.put(out, DIM, &note) };
        }
        let half = self.columns.unwrap_or(WIDE).saturating_sub(3) / 2;
        let room = half.saturating_sub(indent.len());
        let old = if quiet || row.sign == Sign::Same { of(Sides::Both) } else { style(Sign::Removed) };
        let new = if quiet || row.sign == Sign::Same { of(Sides::Both) } else { style(Sign::Added) };
        out.write_all(if row.old.is_some() { indent.as_bytes() } else { b"" })?;
        let written = if row.old.is_some() { indent.len() + self.side(row.old.as_ref(), room, old, out)? } else { 0 };
        out.write_all(" ".repeat(half.saturating_sub(written)).as_bytes())?;
        self.put(out, of(Sides::Both), &format!(" {sign} "))?;
        if row.new.is_some() {
            out.write_all(indent.as_bytes())?;
            self.side(row.new.as_ref(), room, new, out)?;
        }
        self.put(out, DIM, &note)
    }

    /// Writes one side, in no more than so many columns; says how many it took.
    fn side(self, side: Option<&Side>, columns: usize, style: &str, out: &mut dyn Write) -> io::Result<usize> {
        let mut written = 0;
        for (marked, text) in side.map(Side::pieces).unwrap_or_default() {
            let room = columns.saturating_sub(written);
            if room == 0 {
                break;
            }
            let text = if columns == usize::MAX { Printable::new(text) } else { Printable::limited(text, room) };
            written += text.width();
            // What differs is told from the rest of the line.
            let style = if marked { format!("{style};7") } else { style.to_owned() };
            self.put(out, style.trim_start_matches(';'), text.as_str())?;
        }
        Ok(written)
    }

    fn put(self, out: &mut dyn Write, style: &str, text: &str) -> io::Result<()> {
        if self.colour && !style.is_empty() && !text.is_empty() {
            let (text, end) = text.strip_suffix('\n').map_or((text, ""), |text| (text, "\n"));
            write!(out, "\x1b[{style}m{text}\x1b[0m{end}")
        } else {
            out.write_all(text.as_bytes())
        }
    }
}
