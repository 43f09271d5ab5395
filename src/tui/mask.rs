//! How much of what is secret the screen shows.
//!
//! What is secret is what exports for people take out: the table and the user's rules in `export::redact`. Decided: three
//! states and no more. At the start the headers tab masks values, which is where a token is read over a shoulder; a body
//! is shown as it came, since that is what creel is for. Whoever shares a screen masks everywhere at once, and then no
//! other key can unmask by accident.

use crate::model::Printable;

/// See the head of this file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mask {
    /// Values in the headers tab.
    #[default]
    Headers,
    /// Nothing.
    Nothing,
    /// Every secret of a known name, wherever it would be shown.
    Everywhere,
}

/// What stands for a masked value, however long it is.
pub const BULLETS: &str = "••••••••";

/// A value of which only the beginning, such as `Bearer `, is shown.
pub fn veiled(before: &[u8]) -> Vec<u8> {
    [Printable::new(before).as_str().as_bytes(), BULLETS.as_bytes()].concat()
}
