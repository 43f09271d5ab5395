//! curl commands, as people write them down and browsers copy them: one or many, with pipes and here-documents.
//!
//! Decided: a capture is what the command would send to a server, with header lines where curl puts them. No command is
//! run and no file is read: a body that stands in a file is left out of the capture and the file is named. A body that comes
//! through a pipe is read where `printf %s`, `echo`, `cat` and `base64 -d` make it, as in the commands that creel copies. What
//! only a shell could fill in stays as it is written, and is said. Not written are `User-Agent` where the command does not
//! name one, which tells the version of a curl that did not run, and `Expect`. With `-F` the boundary is ours.
//!
//! Refused: running the words through a shell, which would do what the file says.

mod multipart;
mod options;
mod orders;
mod request;
mod shell;

use std::collections::VecDeque;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jiff::Timestamp;

use self::shell::{Pipeline, Script, Simple, Stdin, Word};
use super::{At, ImportError, Input, Item, Items};

/// How many commands that cannot be taken apart are told of before the rest is given up.
const BROKEN: usize = 100;

/// Words that may stand before a command and change nothing here: a prompt, and commands that run another.
const BEFORE: [&[u8]; 9] = [b"$", b"%", b"sudo", b"time", b"command", b"exec", b"env", b"nohup", b"then"];

/// Whether a line among the first is one of a curl command.
pub(super) fn recognises(first: &[u8]) -> bool {
    let is = |line: &[u8]| {
        let line = line.trim_ascii_start();
        let line = line.strip_prefix(b"$ ").unwrap_or(line);
        line.starts_with(b"curl ") || line.starts_with(b"curl.exe ") || line.starts_with(b"curl\\\n")
    };
    let piped = || memchr::memmem::find(first, b"| curl ").is_some() && first.starts_with(b"printf ");
    first.split(|byte| *byte == b'\n').any(|line| is(line) || is(&[line, b" "].concat())) || piped()
}

pub(super) fn read(input: Input<'_>) -> Items<'_> {
    let now = input.now;
    match input.whole() {
        Ok(text) => Box::new(Commands { text, at: 0, line: 1, now, ready: VecDeque::new(), broken: 0, found: false }),
        Err(error) => Box::new(std::iter::once(Err(error))),
    }
}

struct Commands {
    text: Bytes,
    at: usize,
    line: u64,
    now: Timestamp,
    ready: VecDeque<Item>,
    broken: usize,
    /// Whether there was a curl command.
    found: bool,
}

impl Commands {
    /// Reads on up to the next pipeline; says whether there was one.
    fn advance(&mut self) -> bool {
        let mut script = Script::new(&self.text, self.at, self.line);
        match script.next() {
            Ok(Some(pipeline)) => {
                (self.at, self.line) = script.place();
                self.pipeline(pipeline);
                true
            }
            Ok(None) => false,
            Err(what) => {
                let error = ImportError::entry(At::Line(self.line), &format!("not a command of a shell: {what}"));
                self.ready.push_back(Err(error));
                self.broken += 1;
                if self.broken == BROKEN {
                    let error = ImportError::input(None, "too many commands are broken; the rest is not read");
                    self.ready.push_back(Err(error));
                    return false;
                }
                self.resume()
            }
        }
    }

    /// Goes on at the next line that begins with `curl`.
    fn resume(&mut self) -> bool {
        self.found = true;
        let rest = self.text.get(self.at..).unwrap_or_default();
        // Blank lines and comments stand before what is broken.
        let begun = memchr::memmem::find(rest, b"curl").unwrap_or(0);
        let next = memchr::memmem::find(rest.get(begun..).unwrap_or_default(), b"\ncurl ");
        let Some(next) = next.map(|next| begun + next + 1) else {
            self.at = self.text.len();
            return false;
        };
        self.line += memchr::memchr_iter(b'\n', rest.get(..next).unwrap_or_default()).count() as u64;
        self.at += next;
        true
    }

    fn pipeline(&mut self, pipeline: Pipeline) {
        let Pipeline { line, commands } = pipeline;
        // What the command before gives to the next; nothing where that is not known.
        let mut given: Option<Vec<u8>> = None;
        for command in commands {
            let stdin = match &command.stdin {
                Stdin::Here(text) => Some(text.clone()),
                Stdin::Inherited => given.take(),
                Stdin::File => None,
            };
            match arguments(&command) {
                Some((name, arguments)) if is_curl(&name.bytes) => {
                    self.found = true;
                    self.curl(line, arguments, stdin.as_deref());
                    given = None;
                }
                Some((name, arguments)) => given = output(&name.bytes, arguments, stdin),
                None => given = None,
            }
        }
    }

    fn curl(&mut self, line: u64, arguments: &[Word], stdin: Option<&[u8]>) {
        let at = At::Line(line);
        let made = orders::of(arguments, stdin).and_then(|(all, mut warnings)| {
            let mut drafts = Vec::new();
            for orders in all {
                drafts.extend(request::drafts(orders, self.now, &mut warnings)?);
            }
            Ok((drafts, warnings))
        });
        match made {
            Ok((drafts, warnings)) => {
                self.ready.extend(warnings.iter().map(|what| Err(ImportError::warning(at, what))));
                self.ready.extend(drafts.into_iter().map(|draft| Ok(draft.capture())));
            }
            Err(what) => self.ready.push_back(Err(ImportError::entry(at, &what))),
        }
    }
}

impl Iterator for Commands {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            if self.at >= self.text.len() || !self.advance() {
                self.at = self.text.len();
                if self.ready.is_empty() {
                    if self.found {
                        return None;
                    }
                    self.found = true;
                    return Some(Err(ImportError::input(None, "there is no curl command in it")));
                }
            }
        }
    }
}

/// The name of a command and its arguments, without what may stand before it.
fn arguments(command: &Simple) -> Option<(&Word, &[Word])> {
    let before = |word: &&Word| {
        let name = word.bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let assigns = name > 0 && word.bytes.get(name) == Some(&b'=');
        assigns || BEFORE.contains(&word.bytes.as_slice())
    };
    let skipped = command.words.iter().take_while(before).count();
    command.words.get(skipped..)?.split_first()
}

fn is_curl(name: &[u8]) -> bool {
    let name = name.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default();
    matches!(name, b"curl" | b"curl.exe")
}

/// What a command gives to the next one, where that can be told without running it.
fn output(name: &[u8], arguments: &[Word], stdin: Option<Vec<u8>>) -> Option<Vec<u8>> {
    if arguments.iter().any(|word| word.expands) {
        return None;
    }
    let words: Vec<&[u8]> = arguments.iter().map(|word| word.bytes.as_slice()).collect();
    match (name, words.as_slice()) {
        (b"printf", [b"%s", text]) => Some(text.to_vec()),
        (b"printf", [b"%s\\n" | b"%s\n", text]) => Some([*text, b"\n"].concat()),
        (b"printf", [text]) if !text.iter().any(|byte| matches!(byte, b'%' | b'\\')) => Some(text.to_vec()),
        (b"echo", [b"-n", text @ ..]) => Some(text.join(&b' ')),
        (b"echo", [option, ..]) if option.starts_with(b"-") => None,
        (b"echo", text) => Some([text.join(&b' '), b"\n".to_vec()].concat()),
        (b"cat", [] | [b"-"]) => stdin,
        (b"base64", [b"-d" | b"-D" | b"--decode"]) => {
            let text: Vec<u8> = stdin?.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
            STANDARD.decode(text).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
