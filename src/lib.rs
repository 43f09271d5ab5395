//! creel catches webhooks: it opens a capture URL on your machine, keeps every HTTP request that arrives in a bounded
//! ring, shows them live in the terminal, and lets you filter, inspect and replay them to your own handler by a keypress.
//!
//! This page is the map of the code: who may know whom, how an event travels, what the words mean, and where to begin.
//!
//! # Directions
//!
//! ```text
//! model ◄── store ◄── capture          model: plain data. store: the ring and the inbox. capture: the axum listener
//!   ▲         ▲
//!   ├── query, decode, provider, export, replay    leaves: know model; not each other, except where the test's table says so
//!   ├── signature                      a leaf that knows provider: how each signs, and whether it did
//!   ├── resign                         between replay and signature: what is sent is signed afresh
//!   ├── import                         a leaf that knows export, whose lines it reads
//!   ├── diff                           a leaf that knows decode: what differs between two messages
//!   ├── sample                         a leaf that knows provider and signature: events to try a handler with
//!   ├── handshake                      between capture and signature: what providers ask first, and the answers
//!   ├── forward                        between capture and replay: what comes is sent on, and what is answered goes back
//!   │         ▲
//!   └── tui, headless, resend, expect, browse    front ends: store and leaves, never capture
//!             ▲
//!            app ◄── cli, config ◄── main          the only place that knows everything
//! ```
//!
//! `process` (signals, the terminal's loss, the end) stands aside: it knows nothing and the front ends and `app` know it.
//! So does `pick`, which says what the words of a command line that name captures mean: it knows model and query.
//! `tests/architecture.rs` holds this picture against the `use crate::…` lines. `axum` and hyper's server stay in
//! `capture/`, the HTTP client in `replay/`, `ratatui` and `crossterm` in `tui/`.
//!
//! # How an event travels
//!
//! ```text
//! terminal ─► input ─ keymap ─► Action ┐                                   ┌── capture/receive ◄── network
//!                                      ├─► Message ─► update(&mut State) ◄─┤   store (ring, version) ◄─┘
//! results of effects ──────────────────┘        │            │
//!                                      Vec<Effect> ─► perform│            └─► view(&State, &Theme, Frame): pure
//! ```
//!
//! # Words
//!
//! | word | meaning |
//! | --- | --- |
//! | capture | one received HTTP request exactly as it came, immutable once stored |
//! | ring | the bounded store of captures: by count *and* by bytes; the oldest unpinned goes first |
//! | inbox | a named journal on the disk behind the ring; it survives restarts |
//! | margin | a small share beside the ring for heads of what was turned away or taken back, so that a flood of it pushes out nothing that was caught |
//! | odd, oddity | what is legal or nearly so and read differently by different servers; a table of names and sentences |
//! | spool | files in which bodies are that are too large for memory: nameless, or those of the inbox; each goes with its capture |
//! | answer | what the sender got back from creel |
//! | target | a URL that captures are sent to |
//! | replay, attempt, outcome | sending a capture to a target; one such sending; how it ended |
//! | provider, event, delivery | who sent it (GitHub, Stripe …), what kind of thing happened, and the provider's id for it |
//! | scheme, verdict, secret | how a provider signs; what checking it said, and why; what it is checked with, known by where it is |
//! | handshake | what a provider asks a URL before it sends events to it |
//! | sample | a realistic event of a provider that creel makes and signs, to try a handler with |
//! | format, redaction | a form in which captures are given away; what is taken out of them first |
//! | comparison, ignored | what differs between two messages; of that, what the user wants to know nothing of |
//! | query | a filter expression; the same language everywhere |
//! | view | a way to show a body: JSON, text, hex … |
//! | node, fold, look | a part of a body whose lines nest; one shown as a line; what a value is besides, such as a token or a time |
//! | refusal, rejected | a reason for which something was not taken, counted; what came over a connection and could not become a capture |
//! | pane, overlay, notice, chord, binding, action, effect | the parts of the terminal interface |
//!
//! # Reading order
//!
//! `model/capture.rs` → `store/ring.rs` → `capture/receive.rs` → `tui/action.rs`, `message.rs`, `effect.rs` →
//! `tui/keymap.rs` → `tui/update.rs` → one pane (`tui/panes/filter/`) → `tests/session.rs`. An hour.

pub mod app;
pub mod browse;
pub mod capture;
pub mod cli;
pub mod config;
pub mod decode;
pub mod diff;
pub mod expect;
pub mod export;
pub mod forward;
pub mod handshake;
pub mod headless;
pub mod import;
pub mod model;
pub mod pick;
pub mod process;
pub mod provider;
pub mod query;
pub mod replay;
pub mod resend;
pub mod resign;
pub mod sample;
pub mod signature;
pub mod store;
pub mod tui;
