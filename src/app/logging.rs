//! The log: what creel does, in a file that was asked for, and never on the screen that is drawn on.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Mutex,
};

use tracing_subscriber::EnvFilter;

use super::Refused;
use crate::model::Printable;

/// Sends the log to that file, which is made readable for its owner alone. `CREEL_LOG_LEVEL` says how much (default
/// `info`).
pub(super) fn start(path: Option<&Path>) -> Result<(), Refused> {
    let Some(path) = path else { return Ok(()) };
    let file: File = OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(|error| {
        let name = Printable::from(path.to_string_lossy().as_ref());
        Refused::because(format!("the log {name} cannot be opened ({error}); name another file with --log"))
    })?;
    let level = std::env::var("CREEL_LOG_LEVEL").unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(&level).map_err(|error| {
        Refused::because(format!(
            "CREEL_LOG_LEVEL: {}; write error, warn, info, debug or trace",
            Printable::from(error.to_string().as_str())
        ))
    })?;
    // Fails only where a log was begun before, which then goes on.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).try_init();
    Ok(())
}
