//! Where captures are kept: a bounded ring in memory, shared between the listener and the front ends.
//!
//! `ring` is the data structure, single-threaded and plain; `shared` puts it behind one short lock and tells readers that
//! something changed; `forwards` does the same for what is sent on; `spool` is where bodies go that are too large for memory; `inbox` is the journal on the disk
//! behind them.

mod behind;
mod disk;
mod forwards;
pub mod inbox;
mod journaled;
pub mod ring;
pub mod shared;
pub mod spool;

pub use behind::{Behind, Step, Toward};
pub use forwards::Forwarded;
pub use inbox::{Archive, Durability, Inbox, InboxName, Inboxes, JournalState, Keep, ReadError};
pub use journaled::Kept;
pub use ring::{Limits, PinRefused};
pub use shared::{Changes, NoRoom, Stats, Store};
pub use spool::Spool;

#[cfg(test)]
mod model_test;
