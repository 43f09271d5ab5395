//! What the filter has found, to be marked where it is shown: one expression for each place, compiled when that place is
//! first drawn.

use std::sync::OnceLock;

use crate::decode::{Needle, Pattern};
use crate::query::{Marked, Query};

/// Where marks are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spot {
    /// The list's column of methods.
    Method,
    /// The list's column of paths.
    Path,
    /// The list's column of events.
    Event,
    /// The body.
    Body,
    /// The headers.
    Headers,
    /// The parameters.
    Query,
    /// Head and body.
    Raw,
}

impl Spot {
    /// Every spot in order, with the fields whose values are shown there.
    const ALL: [(Self, &'static [&'static str], Marked); 7] = [
        (Self::Method, &["method", "text"], Marked::Value),
        (Self::Path, &["path", "target", "text"], Marked::Value),
        // What is an event stands in a header or in the body.
        (Self::Event, &["event", "text"], Marked::Value),
        (Self::Body, &["body", "form", "text"], Marked::Within),
        (Self::Headers, &["header", "type", "host", "text"], Marked::Within),
        (Self::Query, &["query", "target", "text"], Marked::Within),
        (
            Self::Raw,
            &["method", "path", "target", "query", "header", "type", "host", "body", "form", "text"],
            Marked::Within,
        ),
    ];
}

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Marks {
    query: Query,
    patterns: [OnceLock<Option<Pattern>>; Spot::ALL.len()],
}

impl Marks {
    /// Those of a query.
    pub fn of(query: &Query) -> Self {
        Self { query: query.clone(), ..Self::default() }
    }

    /// What is to be marked there. An expression that is too large to compile marks nothing.
    pub fn at(&self, spot: Spot) -> Option<&Pattern> {
        let (_, fields, marked) = Spot::ALL.get(spot as usize)?;
        let needle = || self.query.marks(fields, *marked);
        let pattern = self.patterns.get(spot as usize)?;
        pattern.get_or_init(|| needle().as_ref().map(Needle::compile)?.ok()).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query;

    #[test]
    fn the_spots_are_in_order_and_name_fields() {
        for (at, (spot, fields, _)) in Spot::ALL.into_iter().enumerate() {
            assert_eq!(spot as usize, at);
            assert!(
                fields.iter().all(|name| query::field(name).is_some_and(|field| field.name == *name)),
                "{fields:?}"
            );
        }
    }
}
