//! Configuration: what can be set, where it was set, and what is in force.
//!
//! `settings` is the table of everything that can be set; `value` reads the text of one setting; `file` reads a
//! `creel.toml`, `target` a target in it and `rule` a rule of what is forwarded; `paths` knows where that is; `resolve` puts arguments, environment, file and defaults together; `show`
//! prints what came of it. Decided: every source gives text and one reader makes the value of it, so that `--ring`,
//! `CREEL_RING` and `ring =` cannot come to differ; a key that is not known is an error, because a setting that is silently
//! ignored is worse than none. Refused: includes, profiles, and variables inside of values.

pub mod file;
pub mod paths;
pub mod providers;
pub mod resolve;
mod rule;
mod secrets;
pub mod settings;
pub mod show;
mod target;
pub mod value;

pub use paths::Folders;
pub use resolve::{Given, InForce, NamedQuery, Origin, Rebinding, environment};
pub use rule::ForwardRule;
pub use settings::{Config, SETTINGS, Setting};
pub use target::KEYS as TARGET_KEYS;
pub use value::{Framing, Mode, Output, Sign};

/// What is wrong with the configuration: one sentence or more, each with its place and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);
