//! The panes: each a folder with its state, how it changes, and how it is drawn. No pane knows another; what one pane's
//! change means for the next is said in `tui/update.rs`.

pub mod editor;
pub mod filter;
pub mod inspector;
pub mod replays;
pub mod requests;
