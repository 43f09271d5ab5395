//! What the options of a command ask for: its words, sorted.

use super::{
    multipart::Part,
    options::{self, Does, Meaning},
    shell::Word,
};
use crate::import::draft;

/// Where the bytes of something are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Given {
    /// Here.
    Bytes(Vec<u8>),
    /// Elsewhere, for the reason given.
    Elsewhere(String),
}

/// What one request, or the same to several URLs, is made of.
#[derive(Clone, Default, Debug)]
pub(super) struct Orders {
    pub(super) method: Option<Vec<u8>>,
    pub(super) urls: Vec<Vec<u8>>,
    pub(super) target: Option<Vec<u8>>,
    /// `-H`, as they are written.
    pub(super) headers: Vec<Vec<u8>>,
    /// `-d` and its like, in their order and joined.
    pub(super) data: Option<Given>,
    pub(super) parts: Vec<Part>,
    pub(super) upload: Option<Given>,
    /// The name of the file that is uploaded.
    pub(super) file: Option<Vec<u8>>,
    pub(super) query: Vec<u8>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) bearer: Option<Vec<u8>>,
    pub(super) agent: Option<Vec<u8>>,
    pub(super) cookies: Vec<Vec<u8>>,
    pub(super) referer: Option<Vec<u8>>,
    pub(super) range: Option<Vec<u8>>,
    /// What was said without an argument, and `--json`.
    switches: Vec<Does>,
}

impl Orders {
    /// Whether that was said.
    pub(super) fn has(&self, switch: Does) -> bool {
        self.switches.contains(&switch)
    }
}

/// Requests, one after the other, and what is to be said of them.
type Sorted = (Vec<Orders>, Vec<String>);

/// Sorts the arguments of a command. `stdin` is what it reads from, where that is known. Fails with a sentence.
pub(super) fn of(arguments: &[Word], stdin: Option<&[u8]>) -> Result<Sorted, String> {
    let mut sorting = Sorting { stdin, done: Vec::new(), now: Orders::default(), warnings: Vec::new() };
    let mut words = arguments.iter();
    let mut options_end = false;
    if let Some(word) = arguments.iter().find(|word| word.expands) {
        let shown = word.bytes.get(..word.bytes.len().min(80)).unwrap_or_default().escape_ascii();
        sorting.warnings.push(format!("only a shell can fill in what stands in {shown}; it is kept as it is written"));
    }
    while let Some(word) = words.next() {
        let bytes = word.bytes.as_slice();
        if options_end || !bytes.starts_with(b"-") || bytes == b"-" {
            sorting.now.urls.push(bytes.to_vec());
        } else if bytes == b"--" {
            options_end = true;
        } else if let Some(name) = bytes.strip_prefix(b"--") {
            let unknown = || format!("curl has no option {}", bytes.escape_ascii());
            let name = std::str::from_utf8(name).map_err(|_| unknown())?;
            let meaning = options::long(name).ok_or_else(unknown)?;
            let argument = if meaning.argument { Some(next(&mut words, bytes)?) } else { None };
            sorting.option(meaning, argument)?;
        } else {
            let mut letters = bytes.get(1..).unwrap_or_default();
            while let Some((letter, rest)) = letters.split_first() {
                letters = rest;
                let option = [b'-', *letter];
                let meaning =
                    options::short(*letter).ok_or_else(|| format!("curl has no option {}", option.escape_ascii()))?;
                let argument = match meaning.argument {
                    true if rest.is_empty() => Some(next(&mut words, &option)?),
                    true => Some(std::mem::take(&mut letters)),
                    false => None,
                };
                sorting.option(meaning, argument)?;
            }
        }
    }
    sorting.done.push(sorting.now);
    Ok((sorting.done, sorting.warnings))
}

fn next<'a>(words: &mut std::slice::Iter<'a, Word>, option: &[u8]) -> Result<&'a [u8], String> {
    let word = words.next().ok_or_else(|| format!("what {} asks for is missing", option.escape_ascii()))?;
    Ok(&word.bytes)
}

struct Sorting<'a> {
    stdin: Option<&'a [u8]>,
    done: Vec<Orders>,
    now: Orders,
    warnings: Vec<String>,
}

impl Sorting<'_> {
    fn option(&mut self, meaning: Meaning, argument: Option<&[u8]>) -> Result<(), String> {
        let argument = argument.unwrap_or_default();
        let owned = || argument.to_vec();
        match meaning.does {
            Does::Nothing => {}
            Does::Next => self.done.push(std::mem::take(&mut self.now)),
            Does::Method => self.now.method = Some(owned()),
            Does::Url => self.now.urls.push(owned()),
            Does::Target => self.now.target = Some(owned()),
            Does::Header => match argument.strip_prefix(b"@") {
                Some(file) => self.never_read("header lines", file),
                None => self.now.headers.push(owned()),
            },
            Does::Data => self.data(argument, true, true),
            Does::DataBinary => self.data(argument, true, false),
            Does::DataRaw => self.data(argument, false, false),
            Does::Json => {
                self.now.switches.push(Does::Json);
                self.data(argument, true, false);
            }
            Does::DataUrlencode => {
                let given = self.escaped(argument);
                self.append(given);
            }
            Does::Query => {
                let given = match argument.strip_prefix(b"+") {
                    Some(raw) => Given::Bytes(raw.to_vec()),
                    None => self.escaped(argument),
                };
                match given {
                    Given::Bytes(bytes) => join(&mut self.now.query, &bytes, true),
                    Given::Elsewhere(why) => self.warnings.push(format!("a part of the query is missing: {why}")),
                }
            }
            Does::Form | Does::FormString => {
                let part = Part::of(argument, meaning.does == Does::FormString, |file| read(self.stdin, file))?;
                self.now.parts.push(part);
            }
            Does::Upload => {
                self.now.file = Some(owned()).filter(|file| !matches!(file.as_slice(), b"-" | b"."));
                let name = if argument == b"." { b"-" } else { argument };
                self.now.upload = Some(read(self.stdin, name));
            }
            Does::Get
            | Does::Head
            | Does::OtherAuth
            | Does::Compressed
            | Does::Http10
            | Does::PathAsIs
            | Does::Globoff => self.now.switches.push(meaning.does),
            Does::User => self.now.user = Some(owned()),
            Does::Bearer => self.now.bearer = Some(owned()),
            Does::Agent => self.now.agent = Some(owned()),
            Does::Cookie if argument.contains(&b'=') => self.now.cookies.push(owned()),
            Does::Cookie if argument.is_empty() => {}
            Does::Cookie => self.never_read("cookies", argument),
            Does::Referer => {
                let referer = argument.strip_suffix(b";auto").unwrap_or(argument);
                self.now.referer = Some(referer.to_vec()).filter(|referer| !referer.is_empty());
            }
            Does::Range => self.now.range = Some(owned()),
            Does::Config => self.never_read("more options", argument),
        }
        Ok(())
    }

    fn never_read(&mut self, what: &str, file: &[u8]) {
        let file = file.escape_ascii();
        self.warnings.push(format!("the command reads {what} from the file {file}, which is never read here"));
    }

    /// `-d` and its like: text, or a file where it begins with `@`, of which line ends go where `strip` says so.
    fn data(&mut self, argument: &[u8], may_be_file: bool, strip: bool) {
        let given = match argument.strip_prefix(b"@").filter(|_| may_be_file) {
            Some(file) => match read(self.stdin, file) {
                Given::Bytes(mut bytes) => {
                    bytes.retain(|byte| !strip || !matches!(byte, b'\r' | b'\n' | 0));
                    Given::Bytes(bytes)
                }
                elsewhere @ Given::Elsewhere(_) => elsewhere,
            },
            None => Given::Bytes(argument.to_vec()),
        };
        self.append(given);
    }

    fn append(&mut self, given: Given) {
        let joined = !self.now.has(Does::Json);
        match (&mut self.now.data, given) {
            (Some(Given::Bytes(data)), Given::Bytes(more)) => {
                if joined {
                    data.push(b'&');
                }
                data.extend(more);
            }
            // What is known of it is not the whole.
            (Some(Given::Elsewhere(_)), _) => {}
            (data, given) => *data = Some(given),
        }
    }

    /// `content`, `=content`, `name=content`, `@file` and `name@file`.
    fn escaped(&self, argument: &[u8]) -> Given {
        let at = argument.iter().position(|byte| matches!(byte, b'=' | b'@'));
        let (name, content) = match at.and_then(|at| argument.split_at_checked(at)) {
            Some((name, rest)) => {
                let content = rest.get(1..).unwrap_or_default();
                let given = match rest.first() {
                    Some(b'@') => read(self.stdin, content),
                    _ => Given::Bytes(content.to_vec()),
                };
                (name, given)
            }
            None => (&b""[..], Given::Bytes(argument.to_vec())),
        };
        match content {
            Given::Bytes(bytes) => {
                let mut out = name.to_vec();
                if !name.is_empty() {
                    out.push(b'=');
                }
                draft::escape(&bytes, &mut out);
                Given::Bytes(out)
            }
            elsewhere @ Given::Elsewhere(_) => elsewhere,
        }
    }
}

/// What a command reads from a file, which is only ever standard input.
fn read(stdin: Option<&[u8]>, file: &[u8]) -> Given {
    match stdin {
        Some(bytes) if file == b"-" => Given::Bytes(bytes.to_vec()),
        None if file == b"-" => Given::Elsewhere("the command reads it from standard input".to_owned()),
        _ => Given::Elsewhere(format!("the command reads it from the file {}", file.escape_ascii())),
    }
}

/// Appends to a query.
pub(super) fn join(query: &mut Vec<u8>, more: &[u8], ampersand: bool) {
    if ampersand && !query.is_empty() {
        query.push(b'&');
    }
    query.extend_from_slice(more);
}
