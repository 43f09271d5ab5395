//! The bytes of a request, so that they can be sent again as they are: `nc localhost 3000 < creel-42.http`.
//!
//! The head is the very head that came, where its framing is true of the body that follows; else it is written again with
//! the length put right (see [`Sending`]). Chunked bodies are chunked as they came, with the sizes of the first
//! [`Chunks::KEPT`](crate::model::Chunks::KEPT) chunks and the rest in pieces; chunk extensions are not kept. Trailer
//! fields follow them. Several requests stand one behind the other, as on one connection.

use std::io::{self, Write};

use super::{ExportError, Options, sending::Sending};
use crate::model::{Capture, Content, Fidelity, Header, content::PIECE};

pub(super) fn each(out: &mut dyn Write, capture: &Capture, _: &Options, _: bool) -> Result<(), ExportError> {
    let sending = Sending::as_captured(capture)?;
    head(out, capture, &sending)?;
    if sending.chunked {
        chunks(out, capture)?;
    } else {
        for piece in capture.body.content().pieces() {
            out.write_all(&piece?)?;
        }
    }
    Ok(())
}

fn head(out: &mut dyn Write, capture: &Capture, sending: &Sending<'_>) -> io::Result<()> {
    let head = &capture.head;
    let same = head.fidelity() == Fidelity::Exact
        && head.headers().filter(framing).eq(sending.headers.iter().map(as_header).filter(framing));
    if same {
        return out.write_all(head.bytes());
    }
    out.write_all(&sending.request_line())?;
    out.write_all(b"\r\n")?;
    for (name, value) in &sending.headers {
        out.write_all(&[name, b": ".as_slice(), value, b"\r\n"].concat())?;
    }
    out.write_all(b"\r\n")
}

fn as_header<'a>((name, value): &'a (&'a [u8], std::borrow::Cow<'a, [u8]>)) -> Header<'a> {
    Header { name, value }
}

/// Whether a header says where the body ends.
fn framing(header: &Header<'_>) -> bool {
    header.is("content-length") || header.is("transfer-encoding")
}

/// RFC 9112 §7.1.
fn chunks(out: &mut dyn Write, capture: &Capture) -> io::Result<()> {
    let content = capture.body.content();
    let sizes = capture.wire.chunks.as_ref().map_or(&[][..], |chunks| &chunks.sizes);
    let mut at = 0;
    for size in sizes {
        let Ok(size) = usize::try_from(*size) else { break };
        at += chunk(out, content, at, size)?;
    }
    while at < content.len() {
        at += chunk(out, content, at, PIECE)?;
    }
    out.write_all(b"0\r\n")?;
    for (name, value) in &capture.trailers {
        let header = Header { name, value };
        if super::sending::can_be_a_line(&header) {
            out.write_all(&[name.as_ref(), b": ", value, b"\r\n"].concat())?;
        }
    }
    out.write_all(b"\r\n")
}

/// Writes a chunk of at most `size` bytes, and says how many there were; none where there are no more.
fn chunk(out: &mut dyn Write, content: &Content, start: usize, size: usize) -> io::Result<usize> {
    let size = size.min(content.len() - start);
    if size == 0 {
        return Ok(0);
    }
    write!(out, "{size:x}\r\n")?;
    let mut done = 0;
    while done < size {
        let piece = content.read_range(start + done, (size - done).min(PIECE))?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.write_all(&piece)?;
        done += piece.len();
    }
    out.write_all(b"\r\n")?;
    Ok(size)
}
