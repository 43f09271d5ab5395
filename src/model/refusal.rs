//! What creel did not take, and why: every refusal is counted under one of these names and shown.

use std::net::SocketAddr;

use bytes::Bytes;
use jiff::Timestamp;

/// A reason for which something was refused, shed or cut. The table below is the only list of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// A body passed `--max-body`: answered 413, kept truncated.
    BodyTooLarge,
    /// Too many bytes were in flight: answered 503.
    Overloaded,
    /// Too many connections were open: answered 503.
    TooManyConnections,
    /// A head did not come in time: answered 408 or closed.
    HeadTimeout,
    /// A body stopped coming: answered 408, kept truncated.
    BodyTimeout,
    /// A sender closed before its body was whole: kept truncated.
    ClosedEarly,
    /// What came was not HTTP: answered 400.
    Malformed,
    /// A head passed its limit in bytes or lines: answered 431 or 414.
    HeadTooLarge,
    /// More requests came than `--rate` lets in: answered 429.
    RateLimited,
    /// A sender reset its HTTP/2 stream before its body was whole: kept in part.
    Reset,
    /// Large bodies took all of `--spool-bytes`: answered 413 or 507, kept truncated.
    SpoolFull,
    /// The disk did not take a large body: answered 507, kept truncated.
    DiskFailed,
    /// The inbox could not be written, and `--durability commit` asks for it: answered 503, kept in memory.
    NotOnDisk,
}

impl Refusal {
    /// Every reason: name for output, short label for the screen, and what it means.
    pub const TABLE: [(Self, &'static str, &'static str); 13] = [
        (Self::BodyTooLarge, "body_too_large", "body over --max-body, answered 413, kept truncated"),
        (Self::Overloaded, "overloaded", "too many bytes in flight, answered 503"),
        (Self::TooManyConnections, "too_many_connections", "too many connections, answered 503"),
        (Self::HeadTimeout, "head_timeout", "the head did not come in time"),
        (Self::BodyTimeout, "body_timeout", "the body stopped coming, kept truncated"),
        (Self::ClosedEarly, "closed_early", "the sender closed early, kept truncated"),
        (Self::Malformed, "malformed", "not HTTP as the RFCs have it, answered 400"),
        (Self::HeadTooLarge, "head_too_large", "head over its limits, answered 431 or 414"),
        (Self::RateLimited, "rate_limited", "more requests than --rate lets in, answered 429"),
        (Self::Reset, "reset", "the sender reset its stream, kept in part"),
        (Self::SpoolFull, "spool_full", "large bodies took all of --spool-bytes, kept truncated"),
        (Self::DiskFailed, "disk_failed", "the disk did not take a large body, kept truncated"),
        (Self::NotOnDisk, "not_on_disk", "the inbox could not be written, answered 503"),
    ];

    /// Its place in the table and in arrays of counters.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name in output.
    pub fn name(self) -> &'static str {
        Self::TABLE.get(self.index()).map_or("", |row| row.1)
    }

    /// The reason of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        Self::TABLE.get(self.index()).map_or("", |row| row.2)
    }
}

/// Something that came over a connection and could not become a capture.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// When its first byte came.
    pub received_at: Timestamp,
    /// Who sent it.
    pub remote: SocketAddr,
    /// Under which reason it was counted.
    pub refusal: Refusal,
    /// What was wrong, in words.
    pub reason: String,
    /// What the sender was answered; nothing when the connection was closed without a word.
    pub status: Option<u16>,
    /// The bytes that came, up to [`Self::RAW_LIMIT`].
    pub raw: Bytes,
}

impl Rejected {
    /// How many bytes of a rejected request are kept.
    pub const RAW_LIMIT: usize = 64 * 1024;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_reasons() {
        for (at, (refusal, name, meaning)) in Refusal::TABLE.into_iter().enumerate() {
            assert_eq!(refusal.index(), at);
            assert_eq!(refusal.name(), name);
            assert_eq!(Refusal::named(name), Some(refusal));
            assert!(!meaning.is_empty());
        }
    }
}
