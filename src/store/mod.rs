//! Where captures are kept: a bounded ring in memory, shared between the listener and the front ends.
//!
//! `ring` is the data structure, single-threaded and plain; `shared` puts it behind one short lock and tells readers that
//! something changed. The journal on disk will stand beside them.

pub mod ring;
pub mod shared;

pub use ring::{Limits, PinRefused};
pub use shared::{Changes, Stats, Store};

#[cfg(test)]
mod model_test;
