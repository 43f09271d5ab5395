//! Commands as bash reads them, as far as words, quotes and pipes go (bash manual, "Shell Syntax"). Nothing is run.
//!
//! Read are backslashes, `'…'`, `"…"`, `$'…'` with its escapes, `$"…"`, comments, lines that go on after a backslash,
//! here-documents and here-strings, pipes, and what parts commands. What only a shell can fill in (`$NAME`, `$(…)`,
//! backticks) stays as it is written, and the word says so. Redirections are kept as far as they give a command its input.

use std::collections::VecDeque;

/// A word of a command.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Word {
    /// Its bytes, without the quotes.
    pub(super) bytes: Vec<u8>,
    /// Whether there is something in it that only a shell could fill in.
    pub(super) expands: bool,
    /// Whether any of it was quoted.
    quoted: bool,
}

/// Where a command reads from.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) enum Stdin {
    /// Nothing is said of it.
    #[default]
    Inherited,
    /// What stands in the text.
    Here(Vec<u8>),
    /// A file.
    File,
}

/// One command with its arguments.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Simple {
    pub(super) words: Vec<Word>,
    pub(super) stdin: Stdin,
}

/// Commands that a pipe joins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pipeline {
    /// The line that it begins on.
    pub(super) line: u64,
    pub(super) commands: Vec<Simple>,
}

/// What parts words.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Word(Word),
    Pipe,
    /// The end of a command: a line feed, `;`, `&`, `&&`, `||` or a parenthesis.
    End,
    /// `<`.
    Input,
    /// `>` and its like.
    Output,
    /// `<<`; whether leading tabs go.
    HereDocument(bool),
    /// `<<<`.
    HereString,
}

/// How a here-document ends, and which command of the pipeline it is for.
struct Awaited {
    end: Vec<u8>,
    tabs_go: bool,
    literal: bool,
    command: usize,
}

/// Reads pipelines out of a text, one after the other.
pub(super) struct Script<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
    /// Up to where lines are counted.
    counted: usize,
}

impl<'a> Script<'a> {
    pub(super) fn new(text: &'a [u8], at: usize, line: u64) -> Self {
        Self { text, at, line, counted: at }
    }

    /// Where reading has come to, as byte and line.
    pub(super) fn place(&mut self) -> (usize, u64) {
        (self.at, self.line_now())
    }

    fn line_now(&mut self) -> u64 {
        let passed = self.text.get(self.counted..self.at).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.counted = self.at;
        self.line
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, word: &[u8]) -> bool {
        let there = self.rest().starts_with(word);
        self.at += if there { word.len() } else { 0 };
        there
    }

    /// The next pipeline; nothing at the end. After an error the place is that of the error.
    pub(super) fn next(&mut self) -> Result<Option<Pipeline>, &'static str> {
        let mut pipeline: Option<Pipeline> = None;
        let mut awaited: VecDeque<Awaited> = VecDeque::new();
        let mut command = Simple::default();
        loop {
            self.blanks();
            let line = self.line_now();
            let Some(token) = self.token()? else { break };
            let begun = pipeline.get_or_insert_with(|| Pipeline { line, commands: Vec::new() });
            match token {
                Token::Word(word) => command.words.push(word),
                Token::Pipe => {
                    begun.commands.push(std::mem::take(&mut command));
                    // A pipeline goes on on the next line.
                    while self.blanks() || self.take(b"\n") || self.take(b"\r\n") {}
                }
                Token::Output => drop(self.operand()?),
                Token::Input => {
                    self.operand()?;
                    command.stdin = Stdin::File;
                }
                Token::HereString => {
                    let mut text = self.operand()?.bytes;
                    text.push(b'\n');
                    command.stdin = Stdin::Here(text);
                }
                Token::HereDocument(tabs_go) => {
                    let end = self.operand()?;
                    let (command, literal) = (begun.commands.len(), end.quoted);
                    awaited.push_back(Awaited { end: end.bytes, tabs_go, literal, command });
                }
                Token::End => {
                    begun.commands.push(std::mem::take(&mut command));
                    let ended = self.text.get(self.at - 1) == Some(&b'\n');
                    if !awaited.is_empty() {
                        if !ended {
                            // Its text begins behind this line, whatever else stands there.
                            self.at =
                                memchr::memchr(b'\n', self.rest()).map_or(self.text.len(), |end| self.at + end + 1);
                        }
                        self.documents(&mut awaited, begun)?;
                    }
                    if begun.commands.iter().all(|command| command.words.is_empty()) {
                        pipeline = None;
                        continue;
                    }
                    return Ok(pipeline);
                }
            }
        }
        if !awaited.is_empty() {
            return Err("a here-document has no end");
        }
        if let Some(pipeline) = &mut pipeline {
            pipeline.commands.push(command);
        }
        Ok(pipeline.filter(|pipeline| pipeline.commands.iter().any(|command| !command.words.is_empty())))
    }

    fn documents(&mut self, awaited: &mut VecDeque<Awaited>, into: &mut Pipeline) -> Result<(), &'static str> {
        while let Some(Awaited { end, tabs_go, literal, command }) = awaited.pop_front() {
            let mut text = Vec::new();
            loop {
                if self.rest().is_empty() {
                    return Err("a here-document has no end");
                }
                let length = memchr::memchr(b'\n', self.rest()).map_or(self.rest().len(), |end| end + 1);
                let mut line = self.rest().get(..length).unwrap_or_default();
                self.at += length;
                if tabs_go {
                    line = line.get(line.iter().take_while(|byte| **byte == b'\t').count()..).unwrap_or_default();
                }
                if line.trim_ascii_end() == end.as_slice() {
                    break;
                }
                text.extend_from_slice(line);
            }
            if let Some(command) = into.commands.get_mut(command) {
                command.stdin = Stdin::Here(if literal { text } else { unescaped(&text) });
            }
        }
        Ok(())
    }

    /// The word that an operator asks for.
    fn operand(&mut self) -> Result<Word, &'static str> {
        self.blanks();
        let start = self.at;
        match self.token()? {
            Some(Token::Word(word)) => Ok(word),
            _ => {
                self.at = start;
                Ok(Word::default())
            }
        }
    }

    /// Passes over blanks, comments and lines that go on.
    fn blanks(&mut self) -> bool {
        let start = self.at;
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\r') if self.rest().starts_with(b"\r\n") => self.at += 1,
                Some(b'#') => self.at += memchr::memchr(b'\n', self.rest()).unwrap_or(self.rest().len()),
                Some(b'\\') if self.take(b"\\\n") || self.take(b"\\\r\n") => {}
                _ => return self.at > start,
            }
        }
    }

    /// The next token; nothing at the end.
    fn token(&mut self) -> Result<Option<Token>, &'static str> {
        let Some(byte) = self.peek() else { return Ok(None) };
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 && matches!(self.text.get(self.at + digits), Some(b'<' | b'>')) {
            self.at += digits;
        }
        let operators: [(&[u8], Token); 17] = [
            (b"<<<", Token::HereString),
            (b"<<-", Token::HereDocument(true)),
            (b"<<", Token::HereDocument(false)),
            (b"<", Token::Input),
            (b"&>>", Token::Output),
            (b"&>", Token::Output),
            (b">>", Token::Output),
            (b">&", Token::Output),
            (b">|", Token::Output),
            (b">", Token::Output),
            (b"||", Token::End),
            (b"|&", Token::Pipe),
            (b"|", Token::Pipe),
            (b"&&", Token::End),
            (b"&", Token::End),
            (b";", Token::End),
            (b"\n", Token::End),
        ];
        for (operator, token) in operators {
            if self.take(operator) {
                return Ok(Some(token));
            }
        }
        if matches!(byte, b'(' | b')') {
            self.at += 1;
            return Ok(Some(Token::End));
        }
        self.word().map(|word| Some(Token::Word(word)))
    }

    fn word(&mut self) -> Result<Word, &'static str> {
        let mut word = Word::default();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b'|' | b'&' | b';' | b'<' | b'>' | b'(' | b')' => break,
                b'\r' if self.rest().starts_with(b"\r\n") => break,
                b'\\' => {
                    if !(self.take(b"\\\n") || self.take(b"\\\r\n")) {
                        self.at += 1;
                        word.quoted = true;
                        // A backslash at the very end stands for itself.
                        word.bytes.push(self.peek().unwrap_or(b'\\'));
                        self.at += usize::from(self.at < self.text.len());
                    }
                }
                b'\'' => {
                    self.at += 1;
                    word.quoted = true;
                    let length = memchr::memchr(b'\'', self.rest()).ok_or("a single quote is not closed")?;
                    word.bytes.extend_from_slice(self.rest().get(..length).unwrap_or_default());
                    self.at += length + 1;
                }
                b'"' => {
                    self.at += 1;
                    self.double(&mut word)?;
                }
                b'$' if self.take(b"$'") => self.escaped(&mut word)?,
                b'$' if self.take(b"$\"") => self.double(&mut word)?,
                b'$' | b'`' => self.expansion(&mut word)?,
                byte => {
                    self.at += 1;
                    word.bytes.push(byte);
                }
            }
        }
        Ok(word)
    }

    /// What stands between double quotes, of which the first has been taken.
    fn double(&mut self, word: &mut Word) -> Result<(), &'static str> {
        word.quoted = true;
        loop {
            match self.peek().ok_or("a double quote is not closed")? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => {
                    self.at += 1;
                    match self.peek() {
                        Some(byte @ (b'"' | b'\\' | b'$' | b'`')) => {
                            self.at += 1;
                            word.bytes.push(byte);
                        }
                        Some(b'\n') => self.at += 1,
                        _ => word.bytes.push(b'\\'),
                    }
                }
                b'$' | b'`' => self.expansion(word)?,
                byte => {
                    self.at += 1;
                    word.bytes.push(byte);
                }
            }
        }
    }

    /// Something that a shell would fill in, kept as it is written.
    fn expansion(&mut self, word: &mut Word) -> Result<(), &'static str> {
        let start = self.at;
        let first = self.peek();
        self.at += 1;
        if first == Some(b'`') {
            let end = memchr::memchr(b'`', self.rest()).ok_or("a backtick is not closed")?;
            self.at += end + 1;
        } else {
            match self.peek() {
                Some(open @ (b'(' | b'{')) => {
                    let close = if open == b'(' { b')' } else { b'}' };
                    let mut depth = 0_u32;
                    loop {
                        let byte = self.peek().ok_or("what begins with $( or ${ is not closed")?;
                        self.at += 1;
                        depth += u32::from(byte == open);
                        depth -= u32::from(byte == close);
                        if depth == 0 {
                            break;
                        }
                    }
                }
                Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                    let rest = self.rest().iter();
                    self.at += rest.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                }
                Some(byte) if byte.is_ascii_digit() || b"@*#?$!-".contains(&byte) => self.at += 1,
                // A dollar sign that stands for itself.
                _ => {
                    word.bytes.push(b'$');
                    return Ok(());
                }
            }
        }
        word.expands = true;
        word.bytes.extend_from_slice(self.text.get(start..self.at).unwrap_or_default());
        Ok(())
    }

    /// What stands between `$'` and `'`, of which the first has been taken (bash manual, "ANSI-C Quoting").
    fn escaped(&mut self, word: &mut Word) -> Result<(), &'static str> {
        word.quoted = true;
        // A NUL ends what these quotes give.
        let mut ended = false;
        loop {
            let byte = self.peek().ok_or("a single quote is not closed")?;
            self.at += 1;
            if byte == b'\'' {
                return Ok(());
            }
            if byte != b'\\' {
                if !ended {
                    word.bytes.push(byte);
                }
                continue;
            }
            let Some(escape) = self.peek() else { return Err("a single quote is not closed") };
            self.at += 1;
            let bytes = match escape {
                b'a' => vec![7],
                b'b' => vec![8],
                b'e' | b'E' => vec![0x1b],
                b'f' => vec![0x0c],
                b'n' => vec![b'\n'],
                b'r' => vec![b'\r'],
                b't' => vec![b'\t'],
                b'v' => vec![0x0b],
                b'\\' | b'\'' | b'"' | b'?' => vec![escape],
                b'0'..=b'7' => {
                    self.at -= 1;
                    self.digits(8, 3).map_or_else(Vec::new, |number| vec![number as u8])
                }
                b'x' => self.digits(16, 2).map_or_else(|| b"\\x".to_vec(), |number| vec![number as u8]),
                b'u' | b'U' => {
                    let number = self.digits(16, if escape == b'u' { 4 } else { 8 });
                    match number.and_then(char::from_u32) {
                        Some(char) => char.to_string().into_bytes(),
                        None => vec![b'\\', escape],
                    }
                }
                b'c' => {
                    let control = self.peek().map(|byte| byte.to_ascii_uppercase() & 0x1f);
                    self.at += usize::from(control.is_some());
                    control.into_iter().collect()
                }
                other => vec![b'\\', other],
            };
            ended |= bytes == [0];
            if !ended {
                word.bytes.extend(bytes);
            }
        }
    }

    /// Up to so many digits of that base.
    fn digits(&mut self, base: u32, most: usize) -> Option<u32> {
        let is = |byte: &&u8| char::from(**byte).is_digit(base);
        let count = self.rest().iter().take(most).take_while(is).count();
        let digits = self.rest().get(..count).filter(|digits| !digits.is_empty())?;
        self.at += count;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, base).ok()
    }
}

/// A here-document whose end was not quoted: a backslash takes the meaning of what a shell would fill in.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'\\', Some(next @ (b'$' | b'`' | b'\\'))) => {
                out.push(*next);
                bytes.next();
            }
            (b'\\', Some(b'\n')) => _ = bytes.next(),
            _ => out.push(byte),
        }
    }
    out
}
