//! How lines nest, by the way they are laid out in: which of them begin, go on or close something, and where the next one
//! begins, found without laying out what is between.

use super::super::{
    built::Next,
    json,
    lines::{Rank, Spot},
    ndjson, xml,
};

/// How the lines of a view nest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Nest {
    /// As JSON.
    Json,
    /// As JSON values one after another.
    Values,
    /// As XML.
    Xml,
}

impl Nest {
    /// What the line at a spot is.
    pub(in super::super) fn rank(self, bytes: &[u8], spot: Spot) -> Rank {
        let rest = bytes.get(spot.offset..).unwrap_or_default();
        match (self, rest) {
            _ if spot.state != 0 => Rank::Inside,
            (Self::Json | Self::Values, [b'}' | b']', ..]) | (Self::Xml, [b'<', b'/', ..]) => Rank::Close,
            _ => Rank::Start,
        }
    }

    /// Whether the line at a spot opens something that closes on a later line. Reads no more than up to what says so.
    pub(in super::super) fn opens(self, bytes: &[u8], spot: Spot) -> bool {
        match self {
            _ if spot.state != 0 => false,
            Self::Json | Self::Values => json::opening(bytes, spot.offset).is_some(),
            Self::Xml => xml::opens(bytes, spot),
        }
    }

    /// What gives what comes next with the escapes of strings undone, where strings have any.
    pub(in super::super) fn decoded(self) -> Option<Next> {
        match self {
            Self::Json => Some(json::next_decoded),
            Self::Values => Some(ndjson::next_decoded),
            Self::Xml => None,
        }
    }

    /// Where the next line begins, where that can be told faster than by laying out this one.
    pub(in super::super) fn next_line(self, bytes: &[u8], spot: Spot) -> Option<Spot> {
        match self {
            Self::Json => Some(json::next_line(bytes, spot)),
            Self::Values => Some(ndjson::next_line(bytes, spot)),
            Self::Xml => None,
        }
    }
}
