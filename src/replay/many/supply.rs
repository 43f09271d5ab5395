//! Where captures come from while many are sent: by their place, each read when its turn comes.

use std::{future::Future, sync::Arc};

use crate::model::Capture;

/// Why a capture cannot be read: a sentence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct Unread {
    /// What is wrong.
    pub sentence: String,
    /// Whether nothing after it can be read either.
    pub ends: bool,
}

/// Captures by their place, from 0. They are asked for in order from the first on, again and again, or in any order
/// once they have been counted. Both futures may be dropped while they wait, if nothing is asked for afterwards.
pub trait Supply: Send {
    /// How many there are, where that is known without reading them.
    fn known(&self) -> Option<u64>;

    /// How many there are; reads what must be read to find out.
    fn count(&mut self) -> impl Future<Output = Result<u64, Unread>> + Send;

    /// The capture at that place; nothing behind the last one, and where it has gone since.
    fn get(&mut self, at: u64) -> impl Future<Output = Result<Option<Arc<Capture>>, Unread>> + Send;
}

/// Captures that are held.
impl Supply for Vec<Arc<Capture>> {
    fn known(&self) -> Option<u64> {
        Some(self.len() as u64)
    }

    async fn count(&mut self) -> Result<u64, Unread> {
        Ok(self.len() as u64)
    }

    async fn get(&mut self, at: u64) -> Result<Option<Arc<Capture>>, Unread> {
        Ok(usize::try_from(at).ok().and_then(|at| self.as_slice().get(at)).cloned())
    }
}
