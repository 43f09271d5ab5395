//! Counting the tries of deliveries, for whoever is shown captures one after the other in the order in which they came.

use std::sync::{Mutex, PoisonError};

use super::Query;
use crate::model::Capture;
use crate::provider::deliveries::{Deliveries, key};

/// Counts, where a query asks for it; costs nothing where none does. What came before it was asked is not counted.
#[derive(Debug)]
pub struct Tries(Option<Mutex<Deliveries>>);

impl Tries {
    /// For these queries.
    pub fn of<'a>(queries: impl IntoIterator<Item = &'a Query>) -> Self {
        let asked = queries.into_iter().any(Query::asks_for_tries);
        Self(asked.then(Mutex::default))
    }

    /// Which try of its delivery a capture is, from 1; nothing where that is not asked for, and for what is none.
    pub fn number(&self, capture: &Capture) -> Option<u32> {
        let mut deliveries = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        if deliveries.key(capture.seq).is_none() {
            deliveries.add(capture.seq, key(capture)?);
        }
        deliveries.number(capture.seq)
    }
}

impl Query {
    /// Whether it asks which try of a delivery captures are.
    pub fn asks_for_tries(&self) -> bool {
        self.asks_about("retry") || self.asks_about("duplicate")
    }
}
