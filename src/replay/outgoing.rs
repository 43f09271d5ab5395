//! The body of an attempt as hyper asks for it: from memory in one piece, from a file a piece at a time.
//!
//! Decided: one piece is read ahead, on a thread where waiting for a disk holds nobody up, so that memory stays at a few
//! pieces however long the body is and however fast the target.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::model::{Content, content::PIECE};

/// See the head of this file. Must be polled within a tokio runtime.
#[derive(Debug)]
pub(super) struct Outgoing {
    content: Content,
    /// How many bytes have been handed out.
    sent: usize,
    ahead: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Outgoing {
    pub(super) fn new(content: Content) -> Self {
        Self { content, sent: 0, ahead: None }
    }

    fn left(&self) -> usize {
        self.content.len() - self.sent
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if let Some(bytes) = self.content.bytes() {
            return Poll::Ready(Ok(bytes.clone()));
        }
        let mut ahead = self.ahead.take().unwrap_or_else(|| read(self.content.clone(), self.sent));
        let Poll::Ready(piece) = Pin::new(&mut ahead).poll(cx) else {
            self.ahead = Some(ahead);
            return Poll::Pending;
        };
        let piece = piece.unwrap_or_else(|error| Err(io::Error::other(error)))?;
        if piece.len() < self.left() {
            self.ahead = Some(read(self.content.clone(), self.sent + piece.len()));
        }
        Poll::Ready(Ok(piece))
    }
}

fn read(content: Content, at: usize) -> JoinHandle<io::Result<Bytes>> {
    spawn_blocking(move || content.read_range(at, PIECE))
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let piece = ready!(self.poll_piece(cx));
        Poll::Ready(Some(piece.map(|piece| {
            self.sent += piece.len();
            Frame::data(piece)
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left() as u64)
    }
}
