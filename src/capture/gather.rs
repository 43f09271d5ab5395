//! Reading a body: frame by frame into memory, and past a threshold into the spool, up to the limit, with patience that
//! ends; and reading on in constant memory what nobody will keep.
//!
//! Decided: memory follows what came and never what was declared; a small body of declared length takes one exact
//! allocation, and every body is copied out of hyper's read buffer, because a slice of that buffer would keep all of it
//! alive for as long as the capture is kept. The timer is made only when the sender pauses.

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

use super::{
    ListenSettings,
    admission::InFlight,
    alarm::Alarm,
    connection::UnderWay,
    spooling::{BLOCK, Spooling, Stop},
};
use crate::model::Content;
use crate::store::NoRoom;

/// The largest body whose declared length is believed before it has come, in bytes.
const BELIEVED: usize = 64 * 1024;

/// How much of a body is read and forgotten, so that a sender who writes all before reading can see the answer.
const DRAIN_LIMIT: u64 = 256 << 20;

/// How the reading of a body ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Whole,
    OverLimit,
    Overloaded,
    /// It passed all that spooled bodies may take.
    OverSpool(u64),
    /// Other bodies take all that spooled bodies may take.
    SpoolFull(u64),
    DiskFailed(String),
    Late,
    ClosedEarly,
    Malformed(String),
}

/// A body so far.
#[derive(Debug)]
pub(super) struct Gathered {
    bytes: Vec<u8>,
    /// Where the bytes go since they passed the threshold.
    spooling: Option<Spooling>,
    /// How many bytes came, kept or not.
    pub(super) received: u64,
    pub(super) declared: Option<u64>,
    pub(super) trailers: Option<HeaderMap>,
    in_flight: InFlight,
}

impl Gathered {
    pub(super) fn new(declared: Option<u64>, in_flight: InFlight) -> Self {
        Self { bytes: Vec::new(), spooling: None, received: 0, declared, trailers: None, in_flight }
    }

    /// Reads until the body ends, in whatever way. `expects` says that the sender waits for a word before it sends.
    pub(super) async fn read<B>(
        &mut self,
        body: Pin<&mut B>,
        expects: bool,
        since: Instant,
        settings: &ListenSettings,
    ) -> Ending
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let ending = self.read_on(body, expects, since, settings).await;
        let Some(spooling) = &mut self.spooling else { return ending };
        match spooling.flush().await {
            Ok(()) => ending,
            Err(stop) => self.stopped(stop, settings).await,
        }
    }

    async fn read_on<B>(
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
        if expects && let Some(limit) = self.never_fits() {
            return Ending::OverSpool(limit);
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
                    let ending = if self.is_for_memory(data.len(), settings) {
                        self.add(&data, settings.max_body)
                    } else {
                        self.spool(&data, settings).await
                    };
                    if let Some(ending) = ending {
                        return ending;
                    }
                }
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            }
        }
    }

    fn is_for_memory(&self, more: usize, settings: &ListenSettings) -> bool {
        self.spooling.is_none()
            && (self.bytes.len() + more <= settings.spool_from || self.in_flight.store().spool().is_none())
    }

    /// The limit of the spool, if what is declared passes it.
    fn never_fits(&self) -> Option<u64> {
        let (store, declared) = (self.in_flight.store(), self.declared?);
        let limit = store.spool().map(|_| store.stats().limits.spool)?;
        (declared > limit).then_some(limit)
    }

    async fn spool(&mut self, data: &[u8], settings: &ListenSettings) -> Option<Ending> {
        self.received += data.len() as u64;
        let max_body = usize::try_from(settings.max_body).unwrap_or(usize::MAX);
        let room = max_body.saturating_sub(self.spooling.as_ref().map_or(self.bytes.len(), Spooling::len));
        let kept = data.get(..room).unwrap_or(data);
        let added = match &mut self.spooling {
            Some(spooling) => spooling.add(kept).await,
            None => match self.begin_spooling(kept, settings.spool_from).await {
                Ok(()) => Ok(()),
                Err(Some(stop)) => Err(stop),
                Err(None) => return Some(Ending::Overloaded),
            },
        };
        match added {
            Err(stop) => Some(self.stopped(stop, settings).await),
            Ok(()) => (kept.len() < data.len()).then_some(Ending::OverLimit),
        }
    }

    /// Moves what there is and what came now to a file. What is in memory is brought up to `keep` bytes where that fails:
    /// for want of memory, or because of the disk.
    async fn begin_spooling(&mut self, data: &[u8], keep: usize) -> Result<(), Option<Stop>> {
        let (now, later) = data.split_at(data.len().min(keep.saturating_sub(self.bytes.len())));
        self.reserve(now.len());
        self.bytes.extend_from_slice(now);
        if let Some(limit) = self.never_fits() {
            return Err(Some(Stop::NoRoom(NoRoom(limit))));
        }
        // From here on, two blocks are in memory however long the body is.
        if !self.in_flight.hold(2 * BLOCK) {
            return Err(None);
        }
        let store = self.in_flight.store().clone();
        let Some(spool) = store.spool() else { return Ok(()) };
        let mut spooling = Spooling::begin(&store, spool, &mut self.bytes).await.map_err(Some)?;
        let added = spooling.add(later).await;
        self.spooling = Some(spooling);
        added.map_err(Some)
    }

    /// What becomes of a body that cannot be written on.
    async fn stopped(&mut self, stop: Stop, settings: &ListenSettings) -> Ending {
        match stop {
            Stop::NoRoom(NoRoom(limit)) => {
                let alone = self.declared.is_some_and(|declared| declared > limit) || self.received > limit;
                if alone { Ending::OverSpool(limit) } else { Ending::SpoolFull(limit) }
            }
            Stop::Failed(error) => {
                if let Some(spooling) = self.spooling.take() {
                    self.bytes = spooling.beginning(settings.spool_from).await.into();
                }
                Ending::DiskFailed(error.to_string())
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
        self.reserve(kept.len());
        self.bytes.extend_from_slice(kept);
        (kept.len() < data.len()).then_some(Ending::OverLimit)
    }

    /// Makes room for `more` bytes: exactly what a small body declares, else twice as much each time, yet never more than
    /// was declared.
    fn reserve(&mut self, more: usize) {
        let needed = self.bytes.len() + more;
        if needed <= self.bytes.capacity() {
            return;
        }
        let declared = self.declared.and_then(|declared| usize::try_from(declared).ok()).filter(|all| *all >= needed);
        let room = match declared {
            Some(all) if all <= BELIEVED => all,
            Some(all) => needed.saturating_mul(2).max(BELIEVED).min(all),
            None if self.bytes.is_empty() => needed,
            None => needed.saturating_mul(2),
        };
        self.bytes.reserve_exact(room - self.bytes.len());
    }

    /// The bytes that were kept: in their file, or in an allocation of their own size.
    pub(super) fn take(&mut self) -> Content {
        match self.spooling.take() {
            Some(spooling) => spooling.finish(),
            None => Bytes::from(std::mem::take(&mut self.bytes).into_boxed_slice()).into(),
        }
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
    fn a_declared_length_is_not_allocated_before_it_comes() {
        let mut body = gathered(Some(1 << 40));
        assert_eq!(body.add(b"abc", u64::MAX), None);
        assert!(body.bytes.capacity() <= BELIEVED);
        let mut body = gathered(Some(100));
        assert_eq!(body.add(b"abc", u64::MAX), None);
        assert_eq!(body.bytes.capacity(), 100);
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
            prop_assert_eq!(body.bytes.as_slice(), kept);
            let taken = body.take();
            prop_assert_eq!(taken.first().as_ref(), kept);
        }
    }
}
