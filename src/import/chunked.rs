//! A body in chunks (RFC 9112 §7.1), taken out of bytes that are all there.

use super::draft::Line;
use crate::model::Chunks;

/// What came of it.
#[derive(Debug)]
pub(super) struct Framed {
    /// The chunks' bytes, one behind the other.
    pub(super) body: Vec<u8>,
    pub(super) chunks: Chunks,
    pub(super) trailers: Vec<Line>,
    /// How many bytes it took.
    pub(super) used: usize,
    /// Why it is not whole.
    pub(super) wrong: Option<&'static str>,
}

/// Reads chunks from the first byte on.
pub(super) fn read(bytes: &[u8]) -> Framed {
    let mut reading = Reading { rest: bytes, body: Vec::new(), sizes: Vec::new(), count: 0, extensions: false };
    let (trailers, wrong) = match reading.chunks().and_then(|()| reading.trailers()) {
        Ok(trailers) => (trailers, None),
        Err(wrong) => (Vec::new(), Some(wrong)),
    };
    let Reading { rest, body, sizes, count, extensions } = reading;
    let chunks = Chunks { sizes: sizes.into(), count, extensions };
    Framed { body, chunks, trailers, used: bytes.len() - rest.len(), wrong }
}

struct Reading<'a> {
    rest: &'a [u8],
    body: Vec<u8>,
    sizes: Vec<u64>,
    count: u64,
    extensions: bool,
}

impl<'a> Reading<'a> {
    /// A line without its end.
    fn line(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(b'\n', self.rest)?;
        let (line, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.get(1..)?;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn chunks(&mut self) -> Result<(), &'static str> {
        loop {
            let before = self.rest;
            let line = self.line().ok_or("the bytes end before the last chunk")?;
            let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            let (size, rest) = line.split_at_checked(digits).unwrap_or((line, b""));
            let extension = rest.trim_ascii();
            let size = std::str::from_utf8(size).ok().and_then(|size| u64::from_str_radix(size, 16).ok());
            let Some(size) = size.filter(|_| extension.is_empty() || extension.starts_with(b";")) else {
                self.rest = before;
                return Err("a chunk has no size");
            };
            self.extensions |= !extension.is_empty();
            if size == 0 {
                return Ok(());
            }
            let length = usize::try_from(size).unwrap_or(usize::MAX);
            let (data, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, b""));
            self.body.extend_from_slice(data);
            self.rest = rest;
            if data.len() < length {
                return Err("the bytes end within a chunk");
            }
            self.count += 1;
            if self.sizes.len() < Chunks::KEPT {
                self.sizes.push(size);
            }
            let end = self.rest.strip_prefix(b"\r\n").or_else(|| self.rest.strip_prefix(b"\n"));
            self.rest = end.ok_or("a chunk is longer than its size")?;
        }
    }

    fn trailers(&mut self) -> Result<Vec<Line>, &'static str> {
        let mut trailers = Vec::new();
        // A file that ends with the last chunk has no trailers.
        while let Some(line) = self.line().filter(|line| !line.is_empty()) {
            let colon = memchr::memchr(b':', line).ok_or("a trailer has no colon")?;
            let (name, value) = line.split_at_checked(colon).unwrap_or((line, b""));
            trailers.push((name.to_vec(), value.get(1..).unwrap_or_default().trim_ascii().to_vec()));
        }
        Ok(trailers)
    }
}
