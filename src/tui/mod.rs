//! The terminal interface.

pub mod clipboard;
pub mod panic;
pub mod reader;
pub mod terminal;
pub mod theme;
