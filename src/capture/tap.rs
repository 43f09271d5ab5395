//! The tap: what stands between the socket and hyper. It shows every byte read to the tracker, and ends connections
//! whose sender keeps them waiting.
//!
//! Decided: one timer a connection, which is moved only when a deadline comes nearer, so that a busy connection hardly
//! ever touches it; deadlines hang on what the tracker sees (a head under way, nothing yet, nothing more), because hyper's
//! own header timeout leaves half of the slow shapes open. While a request is being handled none of them holds: bodies
//! have their own, in `gather`. Reads are at most [`READ_LIMIT`] long, or hyper's buffer would grow to the head limit on
//! every connection that ever sent a large body. Refused: one read more, to see whether the sender is still there.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::BufMut;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};
use tokio_util::io::poll_read_buf;

use super::{
    alarm::Alarm,
    connection::{Connection, Due},
};

/// The most that one read takes, in bytes.
const READ_LIMIT: usize = 64 * 1024;

/// How long a connection whose sender had more to say is read on after the last answer, and how much. Closing at once
/// would reset it, and the sender would never see that answer (RFC 9112 §9.6).
const LINGER: (Duration, usize) = (Duration::from_secs(1), 16 << 20);

/// What is said to a sender whose head did not come in time.
const TOO_LATE: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A socket with a tap on it.
#[derive(Debug)]
pub(super) struct Tapped<T> {
    io: T,
    connection: Arc<Connection>,
    alarm: Alarm,
    /// Since when a write has been waiting for the sender to read.
    stalled: Option<Instant>,
    /// How the reading ended, once a deadline has passed.
    over: Option<Due>,
    closing: Option<Closing>,
}

/// The end of a connection that is read on for a while.
#[derive(Clone, Copy, Debug)]
struct Closing {
    until: Instant,
    left: usize,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Tapped<T> {
    pub(super) fn new(io: T, connection: Arc<Connection>) -> Self {
        Self { io, connection, alarm: Alarm::default(), stalled: None, over: None, closing: None }
    }

    /// What reading gives when nothing has come: nothing, or the end.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some((deadline, due)) = self.connection.deadline() else { return Poll::Pending };
        ready!(self.alarm.poll_until(cx, deadline));
        self.over = Some(due);
        if due == Due::Handshake {
            self.connection.head_is_late(false);
        } else if due == Due::Head {
            // hyper has nothing of its own under way while it waits for a head, unless an answer is still unread.
            let told = self.stalled.is_none()
                && matches!(Pin::new(&mut self.io).poll_write(cx, TOO_LATE), Poll::Ready(Ok(n)) if n == TOO_LATE.len());
            self.connection.head_is_late(told);
        }
        Poll::Ready(due.result())
    }

    /// What writing gives when nothing can be written: nothing, or the end.
    fn poll_unread<R>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        let since = *self.stalled.get_or_insert_with(Instant::now);
        ready!(self.alarm.poll_until(cx, since + self.connection.limits.unread));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>, mut closing: Closing) -> Poll<()> {
        let mut scratch = [0; 8192];
        while closing.left > 0 {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.connection.saw_after_refusal(buffer.filled());
                    closing.left = closing.left.saturating_sub(buffer.filled().len());
                    self.closing = Some(closing);
                }
                Poll::Ready(_) => break,
                Poll::Pending => return self.alarm.poll_until(cx, closing.until),
            }
        }
        Poll::Ready(())
    }
}

impl Due {
    /// How hyper is told: an error where it was in the midst of a head, an end where it was idle.
    fn result(self) -> io::Result<()> {
        if self == Self::Head { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Tapped<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(due) = this.over {
            return Poll::Ready(due.result());
        }
        let before = buf.filled().len();
        match poll_read_buf(Pin::new(&mut this.io), cx, &mut (&mut *buf).limit(READ_LIMIT)) {
            Poll::Ready(Ok(_)) => {
                this.connection.saw(buf.filled().get(before..).unwrap_or_default());
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => {
                this.connection.lost();
                Poll::Ready(Err(error))
            }
            Poll::Pending => this.poll_patience(cx),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Tapped<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.io).poll_write(cx, buf) {
            Poll::Pending => this.poll_unread(cx),
            written @ Poll::Ready(_) => {
                this.stalled = None;
                written
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.io).poll_write_vectored(cx, bufs) {
            Poll::Pending => this.poll_unread(cx),
            written @ Poll::Ready(_) => {
                this.stalled = None;
                written
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let closing = if let Some(closing) = this.closing {
            closing
        } else {
            ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
            if !this.connection.has_more_to_say() {
                return Poll::Ready(Ok(()));
            }
            *this.closing.insert(Closing { until: Instant::now() + LINGER.0, left: LINGER.1 })
        };
        ready!(this.poll_linger(cx, closing));
        Poll::Ready(Ok(()))
    }
}
