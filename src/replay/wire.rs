//! The bytes beneath hyper: the planned head in place of the one that hyper writes, and the answer's head as it came.
//!
//! hyper frames the body, follows the answer's framing and knows when a message ends; but it lower-cases and groups the
//! names it is given, and the names it reads. So a stream stands between it and the connection that drops the head hyper
//! writes and sends the plan's, and that keeps a copy of what is read until the head of the answer has been understood.
//!
//! Decided: after the target has closed its reading side, what is still to be written is swallowed, because targets that
//! refuse a large body answer first and close then, and the answer matters more than the rest of the request.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// How much of an answer's beginning is kept. hyper gives up on heads that are larger than its buffer, which is made
/// smaller than this.
pub const TAP_LIMIT: usize = 1024 * 1024;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What was read, as far as it is kept, and what is to be written; shared with the one who waits for the answer.
#[derive(Clone, Default, Debug)]
pub struct Tap(Arc<Mutex<Exchange>>);

/// One message each way.
#[derive(Default, Debug)]
struct Exchange {
    /// Ours, until hyper begins to write its own.
    head: Option<Bytes>,
    kept: Option<BytesMut>,
    first_byte: Option<Instant>,
}

impl Tap {
    /// The next head that is written is replaced by this one, and what is read from here on is an answer to it. The message
    /// before has gone out whole and was answered.
    pub fn begin(&self, head: Bytes) {
        *self.lock() = Exchange { head: Some(head), kept: Some(BytesMut::new()), first_byte: None };
    }

    /// What was read so far; nothing is kept from here on.
    pub fn take(&self) -> Bytes {
        self.lock().kept.take().unwrap_or_default().freeze()
    }

    /// When the first byte was read.
    pub fn first_byte(&self) -> Option<Instant> {
        self.lock().first_byte
    }

    fn keep(&self, bytes: &[u8]) {
        let mut exchange = self.lock();
        if !bytes.is_empty() {
            exchange.first_byte.get_or_insert_with(Instant::now);
        }
        if let Some(kept) = exchange.kept.as_mut() {
            let room = TAP_LIMIT.saturating_sub(kept.len()).min(bytes.len());
            kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
enum Writing {
    /// hyper writes its head; this many bytes of the end of a head were seen.
    Dropping { matched: usize, head: Bytes },
    /// Ours is under way.
    Sending(Bytes),
    /// The body.
    Through,
    /// The target has closed.
    Swallowing,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    writing: Writing,
    tap: Tap,
}

impl<S> Wire<S> {
    /// A wire over `stream`. Each message on it is begun with [`Tap::begin`].
    pub fn new(stream: S) -> (Self, Tap) {
        let tap = Tap::default();
        (Self { stream, writing: Writing::Through, tap: tap.clone() }, tap)
    }
}

/// How many bytes of `bytes` belong to a head of whose end `matched` bytes were seen, and how many are seen then.
fn head_part(bytes: &[u8], mut matched: usize) -> (usize, usize) {
    for (at, byte) in bytes.iter().enumerate() {
        matched = match END_OF_HEAD.get(matched) {
            Some(expected) if expected == byte => matched + 1,
            _ => usize::from(*byte == b'\r'),
        };
        if matched == END_OF_HEAD.len() {
            return (at + 1, matched);
        }
    }
    (bytes.len(), matched)
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    /// Sends what there is of our head.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Writing::Sending(head) = &mut self.writing {
            if head.is_empty() {
                self.writing = Writing::Through;
                break;
            }
            match ready!(Pin::new(&mut self.stream).poll_write(cx, head)) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => head.advance(written),
                Err(error) => return Poll::Ready(self.swallow(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Goes on without writing where the target has closed.
    fn swallow(&mut self, error: io::Error) -> io::Result<()> {
        match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                self.writing = Writing::Swallowing;
                Ok(())
            }
            _ => Err(error),
        }
    }

    fn poll_write_with(
        &mut self,
        cx: &mut Context<'_>,
        first: &[u8],
        all: usize,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if matches!(self.writing, Writing::Through)
            && let Some(head) = self.tap.lock().head.take()
        {
            self.writing = Writing::Dropping { matched: 0, head };
        }
        if let Writing::Dropping { matched, head } = &mut self.writing {
            let (part, seen) = head_part(first, *matched);
            *matched = seen;
            if seen == END_OF_HEAD.len() {
                self.writing = Writing::Sending(std::mem::take(head));
            }
            return Poll::Ready(Ok(part));
        }
        ready!(self.poll_send(cx))?;
        if matches!(self.writing, Writing::Swallowing) {
            return Poll::Ready(Ok(all));
        }
        match ready!(write(Pin::new(&mut self.stream), cx)) {
            Err(error) => Poll::Ready(self.swallow(error).map(|()| all)),
            written => Poll::Ready(written),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, bytes, bytes.len(), |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
        let all = slices.iter().map(|slice| slice.len()).sum();
        self.poll_write_with(cx, first, all, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        if matches!(self.writing, Writing::Swallowing) {
            return Poll::Ready(Ok(()));
        }
        match ready!(Pin::new(&mut self.stream).poll_flush(cx)) {
            Err(error) => Poll::Ready(self.swallow(error)),
            Ok(()) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.tap.keep(buf.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().unwrap()
    }

    #[test]
    fn what_is_read_is_kept_until_it_is_taken() {
        runtime().block_on(async {
            let (near, mut far) = tokio::io::duplex(64);
            let (mut wire, tap) = Wire::new(near);
            tap.begin(Bytes::new());
            far.write_all(b"one").await.unwrap();
            wire.read_exact(&mut [0; 3]).await.unwrap();
            assert_eq!(tap.take().as_ref(), b"one");
            far.write_all(b"two").await.unwrap();
            wire.read_exact(&mut [0; 3]).await.unwrap();
            assert!(tap.take().is_empty());
        });
    }

    #[test]
    fn what_a_closed_target_does_not_take_is_swallowed() {
        runtime().block_on(async {
            let (near, far) = tokio::io::duplex(4);
            drop(far);
            let (mut wire, tap) = Wire::new(near);
            tap.begin(Bytes::from_static(b"HEAD"));
            wire.write_all(b"x\r\n\r\nbody").await.unwrap();
            wire.flush().await.unwrap();
            assert_eq!(wire.read(&mut [0; 9]).await.unwrap(), 0);
        });
    }

    proptest! {
        /// However the heads are cut into writes, ours stand in their places and the bodies follow.
        #[test]
        fn any_cut_of_the_head_is_replaced(
            lines in proptest::collection::vec("[a-z\r]{1,8}", 1..4),
            body in proptest::collection::vec(any::<u8>(), 0..40),
            cuts in proptest::collection::vec(1_usize..9, 1..40),
            room in 1_usize..20,
        ) {
            let head = format!("{}\r\n\r\n", lines.iter().map(|line| line.trim_end_matches('\r')).collect::<Vec<_>>().join("\r\n"));
            let written = [head.as_bytes(), &body].concat();
            // Two line ends in a row would be the end of the head.
            prop_assume!(memchr::memmem::find(&written, END_OF_HEAD) == Some(head.len() - 4));
            let arrived = runtime().block_on(async {
                let (near, mut far) = tokio::io::duplex(room);
                let (mut wire, tap) = Wire::new(near);
                let write = async {
                    for _ in 0..2 {
                        tap.begin(Bytes::from_static(b"OURS\r\n\r\n"));
                        let mut rest = written.as_slice();
                        for cut in cuts.iter().cycle() {
                            let (now, later) = rest.split_at(rest.len().min(*cut));
                            wire.write_all(now).await.unwrap();
                            rest = later;
                            if rest.is_empty() {
                                break;
                            }
                        }
                        wire.flush().await.unwrap();
                    }
                    wire.shutdown().await.unwrap();
                };
                let mut arrived = Vec::new();
                let ((), read) = tokio::join!(write, far.read_to_end(&mut arrived));
                read.unwrap();
                arrived
            });
            prop_assert_eq!(arrived, [b"OURS\r\n\r\n".as_slice(), &body].concat().repeat(2));
        }
    }
}
