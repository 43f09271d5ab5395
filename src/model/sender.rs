//! Who sent a capture, kept with it: to find it out may mean to walk its body, and a query over a full ring would walk all
//! of them with every letter typed.
//!
//! Decided: the model keeps what is found and does not know what it is, because who sends what is the business of
//! `provider`. What is kept goes when the capture goes. It counts for the head and the body that it was found for, as they
//! lie in memory: whoever makes another capture from this one takes it along in vain, and a copy begins without it.

use std::{any::Any, fmt, sync::OnceLock};

use super::Capture;

/// What is known of a capture's sender, once it has been asked for.
#[derive(Default)]
pub struct Sender(OnceLock<Box<Found>>);

struct Found {
    whose: (usize, usize),
    what: Box<dyn Any + Send + Sync>,
}

impl Sender {
    /// What was found for this capture, or what is found now.
    pub(super) fn of<T: Any + Clone + Send + Sync>(capture: &Capture, find: impl Fn() -> T) -> T {
        let whose = (capture.head.bytes().as_ptr().addr(), capture.body.first().as_ptr().addr());
        let found = capture.wire.sender.0.get_or_init(|| Box::new(Found { whose, what: Box::new(find()) }));
        match found.what.downcast_ref::<T>() {
            Some(what) if found.whose == whose => what.clone(),
            _ => find(),
        }
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "known" } else { "not asked for" })
    }
}
