//! What the test programs share.

pub mod captures;
pub mod driver;
pub mod inbox;
pub mod picture;
pub mod screen;
pub mod stage;
