//! Replay: sending a capture to a target, as it came.
//!
//! [`target`] says where, with its [`options`] and its [`route`], [`sign`] how it is signed, [`mod@plan`] what exactly and
//! what differs from the capture: `http1` and `http2` have the two forms of a message. [`client`] does it: [`connect`] finds
//! and checks addresses, [`tls`] secures the connection, `kept` keeps it where that is right, [`outgoing`] frames and hashes the body, [`wire`] puts the planned bytes on the connection and keeps the answer's,
//! [`reply`] reads those, [`tee`] passes them on while they come. [`failure`] has the sentences for what goes wrong, and
//! [`retry`] says after what another try is worth its while. [`mod@schedule`] says what goes where and when, where many are
//! sent, [`many`] does it.
//!
//! Decided: one connection per attempt, but for several at full speed, which keep theirs; HTTP/1.1 for what came by HTTP/1
//! and HTTP/2 for what came by it where an https target agrees, no redirects followed, no decompression, no proxy taken from
//! the environment; the target comes from the user alone. A chain of replays that would come back to creel is stopped by
//! refusing the addresses that creel listens on, after the name has been resolved and right before the connection is made.
//! Refused: a header that marks what was replayed, which would make every replay differ from its capture; and connections
//! that are kept for anything else, on which one attempt's outcome would depend on the attempt before.

pub mod client;
pub mod connect;
mod driver;
pub mod failure;
mod http1;
mod http2;
mod kept;
pub mod many;
pub mod mark;
pub mod options;
pub mod outgoing;
pub mod plan;
pub mod reply;
pub mod retry;
pub mod route;
pub mod schedule;
pub mod settings;
pub mod sign;
pub mod target;
pub mod tee;
pub mod tls;
pub mod wire;

pub use client::Client;
pub use many::{Control, Event, Needs, Progress, Sent, Supply, Unread};
pub use mark::Mark;
pub use options::{OptionError, Options, Own};
pub use plan::{Framing, NOT_SENT, Plan, PlanOptions, plan, plan_with};
pub use route::{ROUTES, Route, RouteError};
pub use schedule::{Pace, PaceError, Place, Schedule};
pub use settings::{Settings, TIMEOUTS, Timeout};
pub use sign::Sign;
pub use target::{Target, TargetError};
pub use tee::Tee;
