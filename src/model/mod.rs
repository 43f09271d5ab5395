//! Plain data: what a capture, an answer and an attempt *are*.
//!
//! This layer does no I/O but the reading of a body that is in a file, spawns nothing and knows no other layer. Everything in it is immutable once made, or is a
//! small value. What was refused: a `Request` type (the word belongs to http, axum and the HTTP client), and any
//! decoded form of the bytes beside the bytes; decoding is a view, and lives in `decode`.

pub mod answer;
pub mod attempt;
pub mod body;
pub mod capture;
pub mod content;
pub mod given;
pub mod head;
pub mod ids;
pub mod ledger;
pub mod odd;
pub mod origin;
pub mod period;
pub mod printable;
pub mod rate;
pub mod refusal;
mod sender;
pub mod size;
pub mod wire;
pub mod written;

pub use answer::Answer;
pub use attempt::{Attempt, AttemptId, Failure, Outcome, Reply, Timings};
pub use body::{Body, BodyEnd};
pub use capture::{Capture, CaptureId, Seq};
pub use content::{Content, Room, Spooled};
pub use given::Given;
pub use head::{Fidelity, Head, HeadError, Header, Version};
pub use ids::AttemptIds;
pub use ledger::{At, BodyFraming, BodySent, Change, Digest, Framed, Ledger, Rewrite};
pub use odd::{Odd, Oddity};
pub use origin::Origin;
pub use period::{Period, PeriodError};
pub use printable::Printable;
pub use rate::{Rate, RateError};
pub use refusal::{Refusal, Rejected};
pub use size::{Size, SizeError};
pub use wire::{Chunks, Timing, Wire};
pub use written::{Place, did_you_mean, nearest};
