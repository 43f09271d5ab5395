//! Reading a body: frame by frame into memory up to the limit, with patience that ends, and reading on in constant
//! memory what nobody will keep.
//!
//! Decided: memory follows what came and never what was declared (see `buffer`), and every body is copied out of hyper's
//! read buffer, because a slice of that buffer would keep all of it alive for as long as the capture is kept. The timer is
//! made only when the sender pauses.

use std::{
    error::Error,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use tokio::time::Instant;

use super::{ListenSettings, admission::InFlight, alarm::Alarm, buffer::Buffer, connection::UnderWay};

/// How much of a body is read and forgotten, so that a sender who writes all before reading can see the answer.
const DRAIN_LIMIT: u64 = 256 << 20;

/// How the reading of a body ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Whole,
    OverLimit,
    Overloaded,
    Late,
    ClosedEarly,
    Malformed(String),
}

/// A body so far.
#[derive(Debug)]
pub(super) struct Gathered {
    bytes: Buffer,
    /// How many bytes came, kept or not.
    pub(super) received: u64,
    pub(super) declared: Option<u64>,
    pub(super) trailers: Option<HeaderMap>,
    in_flight: InFlight,
}

impl Gathered {
    pub(super) fn new(declared: Option<u64>, in_flight: InFlight) -> Self {
        Self { bytes: Buffer::default(), received: 0, declared, trailers: None, in_flight }
    }

    /// Reads until the body ends, in whatever way. `expects` says that the sender waits for a word before it sends.
    pub(super) async fn read<B>(
        &mut self,
        mut body: Pin<&mut B>,
        expects: bool,
        since: Instant,
        settings: &ListenSettings,
    ) -> Ending
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if body.is_end_stream() {
            return Ending::Whole;
        }
        if self.in_flight.is_full() {
            return Ending::Overloaded;
        }
        if expects && self.declared.is_some_and(|declared| declared > settings.max_body) {
            return Ending::OverLimit;
        }
        let mut patience = Patience::new(settings.body_idle_timeout, since + settings.body_timeout);
        loop {
            let frame = match patience.frame(body.as_mut()).await {
                None => return Ending::Late,
                Some(None) => return Ending::Whole,
                Some(Some(Err(error))) => return ending_of(error.into().as_ref()),
                Some(Some(Ok(frame))) => frame,
            };
            match frame.into_data() {
                Ok(data) => {
                    if let Some(ending) = self.add(&data, settings.max_body) {
                        return ending;
                    }
                }
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            }
        }
    }

    fn add(&mut self, data: &[u8], max_body: u64) -> Option<Ending> {
        self.received += data.len() as u64;
        let room = usize::try_from(max_body).unwrap_or(usize::MAX).saturating_sub(self.bytes.len());
        let kept = data.get(..room).unwrap_or(data);
        if !self.in_flight.add(kept.len()) {
            return Some(Ending::Overloaded);
        }
        self.bytes.add(kept, self.declared);
        (kept.len() < data.len()).then_some(Ending::OverLimit)
    }

    /// The bytes that were kept.
    pub(super) fn take(&mut self) -> Bytes {
        self.bytes.take()
    }
}

/// How long a body may still take.
#[derive(Debug)]
struct Patience {
    idle: Duration,
    until: Instant,
    alarm: Alarm,
}

impl Patience {
    fn new(idle: Duration, until: Instant) -> Self {
        Self { idle, until, alarm: Alarm::default() }
    }

    /// The next frame, or nothing when it did not come in time.
    async fn frame<B: Body>(&mut self, mut body: Pin<&mut B>) -> Option<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut deadline = None;
        poll_fn(|cx| match body.as_mut().poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(Some(frame)),
            Poll::Pending => {
                let deadline = *deadline.get_or_insert_with(|| self.until.min(Instant::now() + self.idle));
                self.alarm.poll_until(cx, deadline).map(|()| None)
            }
        })
        .await
    }
}

/// Reads the rest of a body and forgets it, within bounds. `_way` keeps the deadlines of an idle connection away.
pub(super) async fn drain<B: Body<Data = Bytes>>(body: B, _way: Option<UnderWay>, idle: Duration, total: Duration) {
    let mut body = pin!(body);
    let mut patience = Patience::new(idle, Instant::now() + total);
    let mut left = DRAIN_LIMIT;
    while let Some(Some(Ok(frame))) = patience.frame(body.as_mut()).await {
        let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, |data| data.len() as u64)) else { break };
        left = rest;
    }
}

/// What an error of a body means. hyper says it with the kind of an `io::Error`, h2 in words alone.
fn ending_of(error: &(dyn Error + 'static)) -> Ending {
    let mut deepest = error;
    loop {
        if let Some(error) = deepest.downcast_ref::<io::Error>()
            && matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
        {
            return Ending::Malformed(error.to_string());
        }
        match deepest.source() {
            Some(source) => deepest = source,
            None => break,
        }
    }
    let words = deepest.to_string();
    // h2 tells an error that it found itself from one that the sender told it of.
    if words.contains("error detected") { Ending::Malformed(words) } else { Ending::ClosedEarly }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Limits, Store};
    use proptest::prelude::*;

    fn gathered(declared: Option<u64>) -> Gathered {
        Gathered::new(declared, InFlight::new(Store::new(Limits::default()), usize::MAX))
    }

    #[test]
    fn errors_are_told_apart() {
        let eof = io::Error::new(io::ErrorKind::UnexpectedEof, "x");
        assert_eq!(ending_of(&eof), Ending::ClosedEarly);
        let framing = io::Error::new(io::ErrorKind::InvalidInput, "Invalid Size");
        assert_eq!(ending_of(&framing), Ending::Malformed("Invalid Size".to_owned()));
        let reset = io::Error::other("stream error received: not a result of an error");
        assert_eq!(ending_of(&reset), Ending::ClosedEarly);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_came_up_to_the_limit(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20),
            limit in 0u64..3000, declared in proptest::option::of(0u64..5000),
        ) {
            let mut body = gathered(declared);
            let mut ending = None;
            for frame in &frames {
                ending = body.add(frame, limit);
                if ending.is_some() { break }
            }
            let all = frames.concat();
            let kept = &all[..all.len().min(limit as usize)];
            prop_assert_eq!(ending, (all.len() as u64 > limit).then_some(Ending::OverLimit));
            prop_assert_eq!(body.bytes.as_ref(), kept);
            let taken = body.take();
            prop_assert_eq!(taken.as_ref(), kept);
        }
    }
}
