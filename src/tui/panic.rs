//! What happens when creel itself has a defect and panics.
//!
//! Decided: a panic of the interface gives the terminal back first and then says what happened, so that the message is
//! on the screen the user is left with. A panic of a worker (a decoder, a connection, a replay) is logged and the
//! interface is left alone: whoever waits for the worker hears of it through its handle, and shows it. The interface is known by the
//! future it runs in, not by its thread, which may be shared with workers. The message may quote what came from outside, so
//! it passes [`Printable`] like everything else. Refused: the default hook, which prints such text as it is.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::Write,
    panic::PanicHookInfo,
    thread,
};

use super::terminal;
use crate::model::Printable;

tokio::task_local! {
    static INTERFACE: ();
}

/// Runs the interface: panics inside this future, and on the main thread, are the interface's own.
pub async fn interface<F: Future>(run: F) -> F::Output {
    INTERFACE.scope((), run).await
}

/// Installs the hook, for the whole process. Once, before anything can panic.
pub fn install_hook() {
    std::panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let name = thread.name().unwrap_or("without a name");
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("a panic without words");
    let place = info.location().map(|at| format!("{}:{}:{}", at.file(), at.line(), at.column())).unwrap_or_default();
    let ours = INTERFACE.try_with(|()| ()).is_ok() || name == "main";
    if ours {
        terminal::give_back();
    }
    tracing::error!(thread = name, place, "panicked: {}", Printable::from(text));
    // A worker that panics under the interface must not write over it.
    if ours || !terminal::is_held() {
        print(text, &place, name, ours);
    }
}

/// Writes the message to standard error; there is nobody to tell when that fails.
fn print(text: &str, place: &str, thread: &str, ended: bool) {
    let mut err = std::io::stderr().lock();
    let what = if ended { "creel ended" } else { "a part of creel failed" };
    let _ = writeln!(err, "{what} because of a defect in creel itself, at {place} (thread {thread}):");
    for line in text.lines() {
        let _ = writeln!(err, "  {}", Printable::from(line));
    }
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        let _ = writeln!(err, "{backtrace}");
    } else {
        let _ = writeln!(err, "Please report it. RUST_BACKTRACE=1 shows how it came about.");
    }
}
