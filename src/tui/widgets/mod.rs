//! What panes are drawn with: knows themes and text, nothing of captures.

pub mod input;
pub mod line;
pub mod pane;
pub mod words;
