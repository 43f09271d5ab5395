//! Roles on a terminal: the colours that every terminal has, so that they fit whatever theme it has itself.

use std::io::{self, Write};

use crate::decode::{Piece, Role};

/// Whether and how wide is painted.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// Whether with colours.
    pub colour: bool,
    /// How many columns there are, where it is a terminal.
    pub columns: Option<usize>,
}

/// How a role is written: SGR parameters (ECMA-48 §8.3.117); none for plain text.
fn style(role: Role) -> Option<&'static str> {
    match role {
        Role::Text | Role::Punctuation => None,
        Role::Dim | Role::Offset => Some("2"),
        Role::Key => Some("36"),
        Role::String => Some("32"),
        Role::Number => Some("33"),
        Role::Literal => Some("35"),
        Role::Warn => Some("1;33"),
        Role::Escape => Some("7"),
        Role::Error => Some("31"),
    }
}

impl Paint {
    /// Writes text that is safe to print in a role.
    pub fn put(self, out: &mut dyn Write, role: Role, text: &str) -> io::Result<()> {
        match style(role).filter(|_| self.colour && !text.is_empty()) {
            Some(style) => write!(out, "\x1b[{style}m{text}\x1b[0m"),
            None => out.write_all(text.as_bytes()),
        }
    }

    /// Writes the pieces of a row, and a line feed.
    pub fn row(self, out: &mut dyn Write, pieces: &[Piece<'_>]) -> io::Result<()> {
        for piece in pieces {
            self.put(out, piece.role, &piece.text)?;
        }
        out.write_all(b"\n")
    }
}
