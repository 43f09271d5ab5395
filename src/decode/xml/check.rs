//! One pass over a body that says whether it is a well-formed document (XML 1.0, §2 to §4).
//!
//! Iterative: what is open is a range a level. Of a document type's subset only its quotes, comments and brackets are
//! looked at, and a reference may name any entity: what it stands for is nobody's business here.

use std::{collections::HashSet, ops::Range};

use super::super::{Cancelled, lines::Stop};

/// Where the document begins, behind a byte order mark; or what is wrong with it.
pub(in super::super) fn check(bytes: &[u8], cancelled: &Cancelled) -> Result<usize, Stop> {
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(Stop::Not { at: error.valid_up_to(), why: "bytes that are not UTF-8" });
    }
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    if let Some(at) = bytes.iter().position(is_control) {
        return Err(Stop::Not { at, why: "a control character" });
    }
    let mut checker = Checker { bytes, at: start, open: Vec::new(), attributes: HashSet::new(), cancelled, polled: 0 };
    checker.document(start)?;
    Ok(start)
}

/// How many digits a reference has that begins at `start`: at least one.
fn number(start: usize, digits: usize) -> Result<usize, Stop> {
    let why = "a & that begins no reference";
    if digits == 0 { Err(Stop::Not { at: start, why }) } else { Ok(digits) }
}

struct Checker<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The names of what is open.
    open: Vec<Range<usize>>,
    /// Those of the tag under way.
    attributes: HashSet<&'a [u8]>,
    cancelled: &'a Cancelled,
    polled: usize,
}

impl<'a> Checker<'a> {
    fn document(&mut self, start: usize) -> Result<(), Stop> {
        let mut has_root = false;
        let mut may_declare = true;
        loop {
            if self.at - self.polled > 1 << 16 {
                self.polled = self.at;
                if self.cancelled.is_cancelled() {
                    return Err(Stop::Cancelled);
                }
            }
            self.text()?;
            match self.rest() {
                [] => break,
                [b'<', b'!', b'-', b'-', ..] => self.comment()?,
                [b'<', b'!', b'[', b'C', b'D', b'A', b'T', b'A', b'[', ..] if !self.open.is_empty() => {
                    self.at += 9;
                    self.find(b"]]>", "the CDATA section does not end:")?;
                }
                [b'<', b'!', b'D', b'O', b'C', b'T', b'Y', b'P', b'E', ..] if may_declare && !has_root => {
                    may_declare = false;
                    self.declaration()?;
                }
                [b'<', b'!', ..] => return Err(self.not("a declaration that may not stand here,")),
                [b'<', b'?', ..] => self.instruction(start)?,
                [b'<', b'/', ..] => self.end_tag()?,
                _ => {
                    if has_root && self.open.is_empty() {
                        return Err(self.not("a second element behind the root"));
                    }
                    has_root = true;
                    self.start_tag()?;
                }
            }
        }
        if !self.open.is_empty() {
            return Err(self.not("the end, and elements are open,"));
        }
        if has_root { Ok(()) } else { Err(self.not("expected an element")) }
    }

    /// Text up to the next `<`.
    fn text(&mut self) -> Result<(), Stop> {
        loop {
            let rest = self.rest();
            if self.open.is_empty() {
                self.at = super::skip_blank(self.bytes, self.at);
                return match self.rest().first() {
                    None | Some(b'<') => Ok(()),
                    Some(_) => Err(self.not("expected an element")),
                };
            }
            let found = memchr::memchr3(b'<', b'&', b']', rest).unwrap_or(rest.len());
            self.at += found;
            match self.rest() {
                [b'&', ..] => self.reference()?,
                [b']', b']', b'>', ..] => return Err(self.not("]]> outside a CDATA section")),
                [b']', ..] => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    fn reference(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.at += 1;
        let digits = |rest: &[u8], is: fn(&u8) -> bool| rest.iter().take_while(|byte| is(byte)).count();
        match self.rest() {
            [b'#', b'x', rest @ ..] => self.at += 2 + number(start, digits(rest, u8::is_ascii_hexdigit))?,
            [b'#', rest @ ..] => self.at += 1 + number(start, digits(rest, u8::is_ascii_digit))?,
            _ => {
                self.name()?;
            }
        }
        if self.rest().first() != Some(&b';') {
            return Err(Stop::Not { at: start, why: "a & that begins no reference" });
        }
        self.at += 1;
        Ok(())
    }

    fn comment(&mut self) -> Result<(), Stop> {
        self.at += 4;
        self.find(b"--", "the comment does not end:")?;
        if self.rest().first() != Some(&b'>') {
            return Err(self.not("-- inside a comment"));
        }
        self.at += 1;
        Ok(())
    }

    fn instruction(&mut self, start: usize) -> Result<(), Stop> {
        let begins = self.at;
        self.at += 2;
        let name = self.name()?;
        let is_xml = self.bytes.get(name).is_some_and(|name| name.eq_ignore_ascii_case(b"xml"));
        if is_xml && begins != start {
            return Err(Stop::Not { at: begins, why: "an XML declaration that is not at the beginning" });
        }
        self.find(b"?>", "the instruction does not end:")
    }

    fn declaration(&mut self) -> Result<(), Stop> {
        self.at += 9;
        let mut in_subset = false;
        loop {
            match self.rest() {
                [] => return Err(self.not("the declaration does not end:")),
                [quote @ (b'"' | b'\''), ..] => {
                    self.at += 1;
                    self.find(std::slice::from_ref(quote), "the quotes do not end:")?;
                }
                [b'<', b'!', b'-', b'-', ..] if in_subset => self.comment()?,
                [b'<', b'?', ..] if in_subset => {
                    self.at += 2;
                    self.find(b"?>", "the instruction does not end:")?;
                }
                [byte, ..] => {
                    self.at += 1;
                    match byte {
                        b'[' if in_subset => {}
                        b'[' => in_subset = true,
                        b']' => in_subset = false,
                        b'>' if !in_subset => return Ok(()),
                        _ => {}
                    }
                }
            }
        }
    }

    fn start_tag(&mut self) -> Result<(), Stop> {
        self.at += 1;
        let name = self.name()?;
        self.attributes.clear();
        loop {
            let at = super::skip_blank(self.bytes, self.at);
            let apart = at > self.at;
            self.at = at;
            match self.rest() {
                [b'>', ..] => {
                    self.at += 1;
                    self.open.push(name);
                    return Ok(());
                }
                [b'/', b'>', ..] => {
                    self.at += 2;
                    return Ok(());
                }
                [] => return Err(self.not("the tag does not end:")),
                _ if !apart => return Err(self.not("expected white space, > or />")),
                _ => self.attribute()?,
            }
        }
    }

    fn attribute(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let name = self.name()?;
        if !self.attributes.insert(self.bytes.get(name).unwrap_or_default()) {
            return Err(Stop::Not { at: start, why: "an attribute that is there already" });
        }
        self.at = super::skip_blank(self.bytes, self.at);
        if self.rest().first() != Some(&b'=') {
            return Err(self.not("expected = behind the attribute"));
        }
        self.at = super::skip_blank(self.bytes, self.at + 1);
        let Some(&quote @ (b'"' | b'\'')) = self.rest().first() else {
            return Err(self.not("expected a value in quotes"));
        };
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(found) = memchr::memchr3(quote, b'<', b'&', rest) else {
                self.at = self.bytes.len();
                return Err(self.not("the value does not end:"));
            };
            self.at += found;
            match self.rest().first() {
                Some(b'&') => self.reference()?,
                Some(b'<') => return Err(self.not("a < inside a value")),
                _ => break,
            }
        }
        self.at += 1;
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.at += 2;
        let name = self.name()?;
        let Some(open) = self.open.pop() else {
            return Err(Stop::Not { at: start, why: "an end tag, and nothing is open," });
        };
        if self.bytes.get(open) != self.bytes.get(name) {
            return Err(Stop::Not { at: start, why: "an end tag of another element than the open one" });
        }
        self.at = super::skip_blank(self.bytes, self.at);
        if self.rest().first() != Some(&b'>') {
            return Err(self.not("expected >"));
        }
        self.at += 1;
        Ok(())
    }

    /// A name, of which letters past ASCII are not looked at.
    fn name(&mut self) -> Result<Range<usize>, Stop> {
        let begins = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':' | 0x80..);
        let start = self.at;
        match self.rest().first() {
            Some(&byte) if begins(byte) => {}
            _ => return Err(self.not("expected a name")),
        }
        let goes_on = |byte: u8| begins(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        self.at += self.rest().iter().take_while(|&&byte| goes_on(byte)).count();
        Ok(start..self.at)
    }

    /// Moves behind the next `needle`.
    fn find(&mut self, needle: &[u8], why: &'static str) -> Result<(), Stop> {
        match memchr::memmem::find(self.rest(), needle) {
            Some(found) => {
                self.at += found + needle.len();
                Ok(())
            }
            None => {
                self.at = self.bytes.len();
                Err(self.not(why))
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn not(&self, why: &'static str) -> Stop {
        Stop::Not { at: self.at, why }
    }
}
