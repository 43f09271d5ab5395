//! A flag that ends long work: whoever started it raises it, the work looks at it every few kilobytes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A flag shared between who started work and the work. Clones are the same flag.
#[derive(Clone, Default, Debug)]
pub struct Cancelled(Arc<AtomicBool>);

impl Cancelled {
    /// A flag that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises it, for good.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has been raised.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
