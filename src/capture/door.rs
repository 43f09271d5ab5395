//! At the door: what is said to a connection that is one too many, and what is kept of it.
//!
//! Decided: the answer goes out before anything is read, then the head is read for a moment, so that who was turned away can
//! be seen and searched for. Nothing else of it is kept. Refused: waiting for a place.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    admission::RETRY_AFTER,
    connection::Moment,
    receive::Desk,
    wire::{Found, Tracker},
};
use crate::model::{Body, BodyEnd, Capture, CaptureId, Head, Refusal, Seq, Timing, Wire};

/// How long a connection that was turned away is read on. Closing at once would reset it, and the sender would not see the
/// answer (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(1);

/// The largest head that is kept, in bytes: there may be many of them.
const MAX_HEAD: usize = 16 * 1024;

/// Says that there are too many connections, and keeps the head of the first request.
pub(super) async fn turn_away(desk: Arc<Desk>, mut stream: TcpStream, peer: SocketAddr) {
    let answer = &desk.replies.crowded.answer;
    let mut words = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: {RETRY_AFTER}\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        answer.body.len()
    )
    .into_bytes();
    words.extend_from_slice(&answer.body);
    let mut reading = Reading { tracker: Tracker::new(MAX_HEAD), begun: None, head: None };
    let _ = timeout(LINGER, async {
        stream.write_all(&words).await?;
        stream.shutdown().await?;
        let mut scratch = [0; 4096];
        loop {
            let read = stream.read(&mut scratch).await?;
            let Some(bytes) = scratch.get(..read).filter(|bytes| !bytes.is_empty()) else { return io::Result::Ok(()) };
            if let Some((head, begun, whole)) = reading.saw(bytes) {
                desk.store.push(capture(&desk, peer, head, begun, whole));
            }
        }
    })
    .await;
}

/// Looks for the first head.
struct Reading {
    tracker: Tracker,
    begun: Option<Moment>,
    head: Option<Head>,
}

impl Reading {
    fn saw(&mut self, bytes: &[u8]) -> Option<(Head, Moment, Moment)> {
        let Self { tracker, begun, head } = self;
        tracker.feed(bytes, &mut |found| match found {
            Found::Begun => _ = begun.get_or_insert_with(Moment::now),
            Found::Head(first) => _ = head.get_or_insert(first),
            Found::Trailers(_) | Found::End(_) => {}
        });
        let (head, begun) = (head.take()?, (*begun)?);
        tracker.stop();
        Some((head, begun, Moment::now()))
    }
}

fn capture(desk: &Desk, peer: SocketAddr, head: Head, begun: Moment, whole: Moment) -> Capture {
    let declared = head.header_str("content-length").and_then(|length| length.parse().ok());
    let head_after = whole.since.saturating_duration_since(begun.since);
    Capture {
        id: CaptureId::new(),
        seq: Seq(0),
        received_at: begun.at,
        remote: Some(peer),
        head,
        body: Body::new(Bytes::new(), declared, 0, BodyEnd::Shed(Refusal::TooManyConnections)),
        trailers: Box::default(),
        answer: Arc::clone(&desk.replies.crowded.answer).into(),
        // The answer was there before the head was.
        timing: Timing { head: head_after, ..Timing::default() },
        wire: Wire::default(),
        origin: None,
    }
}
