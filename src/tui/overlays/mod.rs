//! What lies over the panes: something to read, or a list to choose from. The top one has the keys.

pub mod choice;
pub mod choose;
pub mod compare;
pub mod form;
pub mod inside;
pub mod matrix;
pub mod read;
mod tries;

pub use choice::{Against, Choice, Copied, Item, Place, Saved, Scope};
pub use choose::Choose;
pub use compare::{Comparing, Ways};
pub use form::Form;
pub use inside::Inside;
pub use read::{Read, Reading};

/// One thing over the panes.
#[derive(Debug)]
pub enum Overlay {
    /// Something to read.
    Read(Read),
    /// What is in a value of a body.
    Inside(Box<Inside>),
    /// What differs between two messages.
    Compare(Box<Comparing>),
    /// A list to choose from, perhaps with a line to type in.
    Choose(Box<Choose>),
    /// What is asked before many are sent.
    Form(Box<Form>),
    /// What came of many.
    Matrix,
}
