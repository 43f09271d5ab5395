//! One pass over a body that says whether it is JSON (RFC 8259, the whole grammar and UTF-8), and where its lines begin.
//!
//! Iterative: what is open is a bit a level, so a hundred million brackets cost twelve megabytes and no stack.

use super::{
    super::{
        Cancelled,
        flow::INDENT,
        lines::{Lines, Stop, UNKNOWN},
        simple,
    },
    blank,
};

/// The lines of a body, or what keeps it from being JSON.
pub(in super::super) fn scan(bytes: &[u8], cancelled: &Cancelled) -> Result<Lines, Stop> {
    let mut scanner = Scanner {
        bytes,
        at: 0,
        open: Nesting::default(),
        lines: Lines::default(),
        line: (0, 0),
        columns: 0,
        cancelled,
    };
    scanner.document()?;
    Ok(scanner.lines.finished())
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Nesting,
    lines: Lines,
    /// Where the line under way begins, and how deep it lies.
    line: (usize, u32),
    /// How many columns it takes so far, indentation aside.
    columns: usize,
    cancelled: &'a Cancelled,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), Stop> {
        if self.bytes.starts_with(b"\xef\xbb\xbf") {
            return Err(self.not("a byte order mark, which JSON may not have,"));
        }
        self.at = blank(self.bytes, 0);
        self.begin_line();
        loop {
            self.value()?;
            // Behind a value: close what ends here, until there is a next value or nothing is open.
            loop {
                self.at = blank(self.bytes, self.at);
                let Some(in_object) = self.open.innermost() else {
                    self.end_line()?;
                    return if self.at == self.bytes.len() { Ok(()) } else { Err(self.not("more behind the value")) };
                };
                match self.byte() {
                    Some(b',') => {
                        self.at += 1;
                        self.wider(1);
                        self.next_line()?;
                        if in_object {
                            self.name()?;
                        }
                        break;
                    }
                    Some(b'}') if in_object => self.close()?,
                    Some(b']') if !in_object => self.close()?,
                    _ if in_object => return Err(self.not("expected a comma or }")),
                    _ => return Err(self.not("expected a comma or ]")),
                }
            }
        }
    }

    /// Reads a value up to its first scalar or empty pair of brackets: what opens on the way is left open.
    fn value(&mut self) -> Result<(), Stop> {
        loop {
            match self.byte() {
                Some(b'"') => return self.string(),
                Some(b'-' | b'0'..=b'9') => return self.number(),
                Some(b't') => return self.word(b"true"),
                Some(b'f') => return self.word(b"false"),
                Some(b'n') => return self.word(b"null"),
                Some(&open @ (b'{' | b'[')) => {
                    let in_object = open == b'{';
                    self.at = blank(self.bytes, self.at + 1);
                    self.wider(1);
                    if self.byte() == Some(if in_object { &b'}' } else { &b']' }) {
                        self.at += 1;
                        self.wider(1);
                        return Ok(());
                    }
                    self.open.push(in_object);
                    self.next_line()?;
                    if in_object {
                        self.name()?;
                    }
                }
                _ => return Err(self.not("expected a value")),
            }
        }
    }

    /// The name of a member, its colon and the white space around that.
    fn name(&mut self) -> Result<(), Stop> {
        if self.byte() != Some(&b'"') {
            return Err(self.not("expected a name in quotes"));
        }
        self.string()?;
        self.at = blank(self.bytes, self.at);
        if self.byte() != Some(&b':') {
            return Err(self.not("expected a colon behind the name"));
        }
        self.at = blank(self.bytes, self.at + 1);
        self.wider(2);
        Ok(())
    }

    /// A bracket that closes, on a line of its own.
    fn close(&mut self) -> Result<(), Stop> {
        self.end_line()?;
        self.open.pop();
        self.begin_line();
        self.at += 1;
        self.columns = 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let mut at = start + 1;
        let mut ascii = true;
        let mut polled = at;
        loop {
            at += ordinary(self.bytes.get(at..).unwrap_or_default(), ascii);
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => match self.bytes.get(at + 1) {
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                    Some(b'u') => {
                        let digits = self.bytes.get(at + 2..).unwrap_or_default();
                        let digits = digits.iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
                        if digits < 4 {
                            return Err(self.not_at(start, at + 2 + digits, "expected a hexadecimal digit"));
                        }
                        at += 6;
                    }
                    _ => return Err(self.not_at(start, at + 1, "an escape that JSON does not have")),
                },
                Some(0..=0x1f) => return Err(self.not_at(start, at, "a control character in a string")),
                // A byte past ASCII, or DEL.
                Some(_) => {
                    ascii = false;
                    at += 1;
                }
                None => return Err(self.not_at(start, at, "the string does not end:")),
            }
            if at - polled > 1 << 20 {
                polled = at;
                if self.cancelled.is_cancelled() {
                    return Err(Stop::Cancelled);
                }
            }
        }
        let mut columns = at - start;
        if !ascii {
            let Ok(text) = std::str::from_utf8(self.bytes.get(start..at).unwrap_or_default()) else {
                return Err(self.not_at(start, at, "bytes that are not UTF-8"));
            };
            columns = simple::columns(text).unwrap_or(UNKNOWN);
        }
        self.at = at + 1;
        self.wider(columns.saturating_add(1));
        Ok(())
    }

    fn number(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.at += usize::from(self.byte() == Some(&b'-'));
        if self.byte() == Some(&b'0') {
            self.at += 1;
            if self.byte().is_some_and(u8::is_ascii_digit) {
                return Err(self.not("a number that begins with 0"));
            }
        } else {
            self.digits()?;
        }
        if self.byte() == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        self.wider(self.at - start);
        Ok(())
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.not("expected a digit"));
        }
        self.at += count;
        Ok(())
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            self.at += rest.iter().zip(word).take_while(|(byte, letter)| byte == letter).count();
            return Err(self.not("expected true, false or null"));
        }
        self.at += word.len();
        self.wider(word.len());
        Ok(())
    }

    fn byte(&self) -> Option<&u8> {
        self.bytes.get(self.at)
    }

    fn wider(&mut self, columns: usize) {
        self.columns = self.columns.saturating_add(columns);
    }

    /// Ends the line here; the next begins behind the white space that follows.
    fn next_line(&mut self) -> Result<(), Stop> {
        self.end_line()?;
        self.at = blank(self.bytes, self.at);
        self.begin_line();
        Ok(())
    }

    fn begin_line(&mut self) {
        self.line = (self.at, self.open.depth());
        self.columns = 0;
    }

    fn end_line(&mut self) -> Result<(), Stop> {
        let (offset, depth) = self.line;
        let columns = self.columns.saturating_add(INDENT * depth as usize);
        self.lines.push_or_stop((offset, depth, columns), self.cancelled)
    }

    fn not(&self, why: &'static str) -> Stop {
        Stop::Not { at: self.at, why }
    }

    /// What is wrong in a string that begins at `start`: invalid UTF-8 before `at` comes first.
    fn not_at(&self, start: usize, at: usize, why: &'static str) -> Stop {
        let before = self.bytes.get(start..at).unwrap_or_default();
        match std::str::from_utf8(before) {
            Err(error) => Stop::Not { at: start + error.valid_up_to(), why: "bytes that are not UTF-8" },
            Ok(_) => Stop::Not { at, why },
        }
    }
}

/// How many bytes of `rest` are ordinary in a string: no quote, no backslash, no control, and if `ascii` nothing past `~`.
fn ordinary(rest: &[u8], ascii: bool) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The lowest byte that is zero has its high bit set in the result; higher ones may be wrong and are not looked at.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let past = if ascii { HIGH } else { 0 };
    let (blocks, _) = rest.as_chunks::<8>();
    for (at, block) in blocks.iter().enumerate() {
        let word = u64::from_le_bytes(*block);
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let delete = zero(word ^ (ONES * 0x7f)) & past;
        let special = quote | backslash | control | delete | (word & past);
        if special != 0 {
            return 8 * at + special.trailing_zeros() as usize / 8;
        }
    }
    let done = 8 * blocks.len();
    let is_ordinary = |byte: u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f) && (byte < 0x7f || !ascii);
    done + rest.get(done..).unwrap_or_default().iter().take_while(|&&byte| is_ordinary(byte)).count()
}

/// What is open: a bit a level, set for objects.
#[derive(Default)]
struct Nesting {
    bits: Vec<u64>,
    depth: usize,
}

impl Nesting {
    fn push(&mut self, object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if self.bits.len() <= word {
            self.bits.push(0);
        }
        if let Some(bits) = self.bits.get_mut(word) {
            *bits = *bits & !(1 << bit) | u64::from(object) << bit;
        }
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn innermost(&self) -> Option<bool> {
        let last = self.depth.checked_sub(1)?;
        self.bits.get(last / 64).map(|bits| bits >> (last % 64) & 1 == 1)
    }

    fn depth(&self) -> u32 {
        self.depth.min(u32::MAX as usize) as u32
    }
}
