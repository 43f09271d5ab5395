//! The body on its way out: the captured bytes, from memory or from their file, framed as planned and hashed as they go.
//!
//! Decided: chunks are written here, and hyper is told that the whole of them is one body of known length. So hyper adds no
//! framing of its own to what stands under a head that is not its own, sizes of chunks are ours to choose, and trailer
//! fields keep their case. The hash is made piece by piece by the task that sends, never by one that draws. Of a file one
//! piece is read ahead, on a thread where waiting for a disk holds nobody up, so that memory stays at a few pieces however
//! long the body is and however fast the target.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest as _, Sha256};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::model::{Content, Digest, content};

/// How large a chunk is where the captured sizes are not known, in bytes.
pub const CHUNK: usize = 16 * 1024;
/// How much is handed over and hashed at a time, in bytes.
const PIECE: usize = 64 * 1024;

/// How the body stands on the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// As it is; the head says how long it is, or that there is none.
    Plain,
    /// In chunks (RFC 9112 §7.1).
    Chunked {
        /// The sizes of the first chunks in bytes, none of them 0; what is left goes in chunks of [`CHUNK`].
        sizes: Arc<[u64]>,
        /// The trailer lines at the end, each with its line end.
        trailers: Bytes,
    },
    /// In frames of HTTP/2, with these trailer fields.
    Frames(HeaderMap),
}

/// What went out so far.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<(Sha256, u64)>>);

impl Meter {
    fn add(&self, bytes: &[u8]) {
        let mut so_far = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        so_far.0.update(bytes);
        so_far.1 += bytes.len() as u64;
    }

    /// Size and hash of it, framing left out.
    pub fn digest(&self) -> Digest {
        let (hash, size) = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Digest { size, sha256: hash.finalize().into() }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    /// Before a chunk; `within` once there was one before.
    Chunk { within: bool },
    /// This many bytes before the next thing to say.
    Data(usize),
    /// After the last byte.
    Ended,
}

/// See the head of this file. A body in a file is polled within a tokio runtime.
#[derive(Debug)]
pub struct Outgoing {
    content: Content,
    /// How many bytes have been taken out of the content.
    read: usize,
    /// Bytes that were taken out and are still to go.
    ready: Bytes,
    ahead: Option<JoinHandle<io::Result<Bytes>>>,
    shape: Shape,
    at: At,
    /// How many chunks were begun.
    chunks: usize,
    /// How many bytes are still to come, framing and all.
    left: u64,
    meter: Meter,
}

impl Outgoing {
    /// `content` in that shape.
    pub fn new(content: Content, shape: Shape) -> (Self, Meter) {
        let meter = Meter::default();
        let (at, left) = match &shape {
            Shape::Chunked { sizes, trailers } => {
                (At::Chunk { within: false }, chunked_size(content.len(), sizes, trailers.len()))
            }
            Shape::Plain | Shape::Frames(_) => (At::Data(content.len()), content.len() as u64),
        };
        let ready = content.bytes().cloned().unwrap_or_default();
        let read = ready.len();
        (Self { content, read, ready, ahead: None, shape, at, chunks: 0, left, meter: meter.clone() }, meter)
    }

    /// Waits until there are bytes to go, where some are left.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ready.is_empty() || self.read >= self.content.len() {
            return Poll::Ready(Ok(()));
        }
        let mut ahead = self.ahead.take().unwrap_or_else(|| read(self.content.clone(), self.read));
        let Poll::Ready(piece) = Pin::new(&mut ahead).poll(cx) else {
            self.ahead = Some(ahead);
            return Poll::Pending;
        };
        self.ready = piece.unwrap_or_else(|error| Err(io::Error::other(error)))?;
        self.read += self.ready.len();
        if self.read < self.content.len() {
            self.ahead = Some(read(self.content.clone(), self.read));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Frame<Bytes>>>> {
        ready!(self.poll_ready(cx))?;
        Poll::Ready(Ok(match (self.at, &self.shape) {
            (At::Ended, _) => None,
            (At::Chunk { within }, Shape::Chunked { sizes, trailers }) => {
                let end = if within { "\r\n" } else { "" };
                let rest = self.content.len() - self.read + self.ready.len();
                let size = chunk_at(sizes, self.chunks, rest);
                let mut line = format!("{end}{size:x}\r\n").into_bytes();
                if size == 0 {
                    line.extend_from_slice(trailers);
                    line.extend_from_slice(b"\r\n");
                    self.at = At::Ended;
                } else {
                    self.at = At::Data(size);
                    self.chunks += 1;
                }
                Some(Frame::data(line.into()))
            }
            (At::Data(0) | At::Chunk { .. }, shape) => {
                let trailers = match shape {
                    Shape::Frames(trailers) if !trailers.is_empty() => Some(trailers.clone()),
                    _ => None,
                };
                self.at = At::Ended;
                trailers.map(Frame::trailers)
            }
            (At::Data(size), shape) => {
                let piece = self.ready.split_to(size.min(PIECE).min(self.ready.len()));
                self.at = match (size - piece.len(), shape) {
                    (0, Shape::Chunked { .. }) => At::Chunk { within: true },
                    (left, _) => At::Data(left),
                };
                self.meter.add(&piece);
                Some(Frame::data(piece))
            }
        }))
    }
}

fn read(content: Content, at: usize) -> JoinHandle<io::Result<Bytes>> {
    spawn_blocking(move || content.read_range(at, content::PIECE))
}

/// The size of the chunk of that number, when `rest` bytes are left; 0 for the last.
fn chunk_at(sizes: &[u64], number: usize, rest: usize) -> usize {
    let size = sizes.get(number).map_or(CHUNK, |size| usize::try_from(*size).unwrap_or(usize::MAX));
    // No chunk but the last is empty.
    size.clamp(1, rest.max(1)).min(rest)
}

/// How many bytes a body takes in chunks.
fn chunked_size(mut body: usize, sizes: &[u64], trailers: usize) -> u64 {
    let chunk = |size: usize| format!("{size:x}").len() as u64 + 4 + size as u64;
    let mut all = 5 + trailers as u64;
    for number in 0..sizes.len() {
        let size = chunk_at(sizes, number, body);
        if size == 0 {
            break;
        }
        all += chunk(size);
        body -= size;
    }
    let (whole, rest) = ((body / CHUNK) as u64, body % CHUNK);
    all + whole * chunk(CHUNK) + if rest > 0 { chunk(rest) } else { 0 }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = ready!(self.poll_next(cx));
        if let Ok(Some(data)) = frame.as_ref().map(|frame| frame.as_ref().and_then(Frame::data_ref)) {
            self.left -= data.len() as u64;
        }
        Poll::Ready(frame.transpose())
    }

    fn is_end_stream(&self) -> bool {
        match &self.shape {
            Shape::Frames(trailers) if !trailers.is_empty() => self.at == At::Ended,
            _ => self.left == 0,
        }
    }

    /// Exact for HTTP/1. Over HTTP/2 nothing is said, or hyper would add a `content-length` that nobody sent.
    fn size_hint(&self) -> SizeHint {
        match self.shape {
            Shape::Frames(_) => SizeHint::default(),
            Shape::Plain | Shape::Chunked { .. } => SizeHint::with_exact(self.left),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::model::{Room, Spooled};
    use http_body_util::BodyExt as _;
    use proptest::prelude::*;

    /// The bytes in a file, where they are many.
    fn content(body: &[u8]) -> Content {
        if body.len() < 1000 {
            return Bytes::copy_from_slice(body).into();
        }
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(body).unwrap();
        let first = Bytes::copy_from_slice(&body[..body.len().min(7)]);
        Content::Spooled(Spooled::new(file, first, body.len(), Room::default()))
    }

    fn chunked(sizes: &[u64], trailers: impl Into<Bytes>) -> Shape {
        Shape::Chunked { sizes: sizes.into(), trailers: trailers.into() }
    }

    fn sent(body: &[u8], shape: Shape) -> (Vec<u8>, Option<HeaderMap>, Digest) {
        let (mut outgoing, meter) = Outgoing::new(content(body), shape);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (mut all, mut trailers, mut left) = (Vec::new(), None, outgoing.size_hint().exact());
        while let Some(frame) = runtime.block_on(outgoing.frame()) {
            match frame.unwrap().into_data() {
                Ok(data) => all.extend_from_slice(&data),
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
            left = left.map(|_| outgoing.size_hint().exact().unwrap());
        }
        assert!(left.is_none_or(|left| left == 0));
        assert!(outgoing.is_end_stream());
        (all, trailers, meter.digest())
    }

    #[test]
    fn chunks_end_in_trailers() {
        let (all, _, digest) = sent(b"abc", chunked(&[], "Sum: 1\r\n"));
        assert_eq!(all, b"3\r\nabc\r\n0\r\nSum: 1\r\n\r\n");
        assert_eq!((digest.size, digest.sha256), (3, Sha256::digest(b"abc").into()));
        assert_eq!(sent(b"", chunked(&[3], "")).0, b"0\r\n\r\n");
        assert_eq!(sent(b"abcd", chunked(&[1, 2], "")).0, b"1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n");
    }

    #[test]
    fn frames_end_in_trailers() {
        let mut trailers = HeaderMap::new();
        trailers.insert("sum", "1".parse().unwrap());
        let (all, came, _) = sent(b"", Shape::Frames(trailers.clone()));
        assert_eq!((all.as_slice(), came), (b"".as_slice(), Some(trailers)));
        assert_eq!(sent(b"ab", Shape::Frames(HeaderMap::new())).1, None);
        assert!(Outgoing::new(Content::default(), Shape::Frames(HeaderMap::new())).0.is_end_stream());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// What is announced as the length is what is written, and taking the chunks off gives the body.
        #[test]
        fn chunks_are_as_long_as_was_said(
            size in prop_oneof![0_usize..40, 16_380_usize..16_390, 0_usize..700_000],
            sizes in proptest::collection::vec(prop_oneof![1_u64..30, 1_u64..300_000], 0..6),
            trailers in 0_usize..9,
        ) {
            let body: Vec<u8> = (0..size).map(|at| at as u8).collect();
            let lines = Bytes::from("T: 1\r\n".repeat(trailers));
            let (outgoing, _) = Outgoing::new(content(&body), chunked(&sizes, lines.clone()));
            let said = outgoing.size_hint().exact().unwrap();
            let (all, _, digest) = sent(&body, chunked(&sizes, lines.clone()));
            prop_assert_eq!(all.len() as u64, said);
            prop_assert_eq!(digest.sha256, <[u8; 32]>::from(Sha256::digest(&body)));
            let (mut rest, mut decoded, mut came) = (all.as_slice(), Vec::new(), Vec::new());
            loop {
                let line = rest.iter().position(|byte| *byte == b'\n').unwrap();
                let size = usize::from_str_radix(std::str::from_utf8(&rest[..line - 1]).unwrap(), 16).unwrap();
                rest = &rest[line + 1..];
                if size == 0 { break }
                came.push(size as u64);
                decoded.extend_from_slice(&rest[..size]);
                prop_assert_eq!(&rest[size..size + 2], b"\r\n");
                rest = &rest[size + 2..];
            }
            prop_assert_eq!(decoded, body);
            let (last, whole) = came.split_last().unwrap_or((&0, &[]));
            for (number, size) in whole.iter().enumerate() {
                prop_assert_eq!(*size, sizes.get(number).copied().unwrap_or(CHUNK as u64));
            }
            prop_assert!(*last <= sizes.get(whole.len()).copied().unwrap_or(CHUNK as u64));
            prop_assert_eq!(rest, [lines.as_ref(), b"\r\n"].concat());
        }
    }
}
