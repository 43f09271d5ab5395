//! The terminal interface: how a key becomes a change on the screen.
//!
//! ```text
//! terminal ─ reader ─► input ─► Message ─► update(&mut State) ─► Vec<Effect> ─► perform ─► store, replay, decode, clipboard
//!    store ─ version ─► Changed ─┘              │                                  └─► Message, when it is done
//!                                               └─► view(&State, &Theme, Frame)
//! ```
//!
//! `runtime` is the loop that joins them, generic over where it draws and what it reads. Updating is synchronous and does no
//! I/O; drawing is pure; `perform` is the only place that reaches outside. Panes and overlays are folders of their own
//! that do not know each other.

pub mod action;
pub mod captures;
pub mod chord;
pub mod clipboard;
pub mod comparing;
pub mod composing;
pub mod copying;
pub mod effect;
mod exporting;
pub mod external;
pub mod graphics;
pub mod input;
pub mod keymap;
pub mod layout;
pub mod looking;
pub mod many;
pub mod marks;
pub mod mask;
pub mod message;
mod movement;
pub mod older;
pub mod overlays;
pub mod panes;
pub mod panic;
pub mod perform;
pub mod rate;
pub mod reader;
pub mod runtime;
mod sampling;
pub mod saved;
pub mod selection;
mod sending;
pub mod state;
pub mod terminal;
pub mod text_keys;
pub mod theme;
pub mod tries;
pub mod update;
pub mod verdicts;
pub mod view;
pub mod widgets;
