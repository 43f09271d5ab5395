//! What lies over the panes: something to read, or a list to choose from. The top one has the keys.

pub mod choose;
pub mod read;

pub use choose::{Choice, Choose, Copied, Place, Saved, Scope};
pub use read::{Read, Reading};

/// One thing over the panes.
#[derive(Debug)]
pub enum Overlay {
    /// Something to read.
    Read(Read),
    /// A list to choose from, perhaps with a line to type in.
    Choose(Box<Choose>),
}
