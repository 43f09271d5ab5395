//! The command that runs while captures are watched: a process group of its own, that ends when creel does.
//!
//! Decided: the command and all that it starts are one group, so that a signal reaches all of it and nothing of it is left
//! behind: at the end the group is asked to end (SIGTERM), and made to (SIGKILL) when it does not. What leaves the group by
//! itself (`setsid`, a daemon) is not ours any more. Its standard output goes where errors go, because creel's own carries
//! the data. Its standard input is creel's, except where that is a terminal: a group in the background that reads from one
//! is stopped by the kernel, so there it reads nothing. Refused: handing the terminal over to the command, since taking it
//! back needs a signal to be ignored that whoever creel starts would then ignore, too.

use std::{
    ffi::OsString,
    io,
    os::{fd::AsFd as _, unix::process::ExitStatusExt as _},
    process::{ExitStatus, Stdio},
    sync::atomic::{AtomicI32, Ordering::Relaxed},
    time::Duration,
};

use rustix::{
    process::{Pid, Signal, kill_process_group, test_kill_process_group},
    stdio,
    termios::isatty,
};
use tokio::process::{Child, Command};

use super::CommandEnd;

/// The variable in which the command finds the URL to send to: `http://127.0.0.1:41873`.
pub const URL: &str = "CREEL_URL";

/// The variable in which it finds the port alone.
pub const PORT: &str = "CREEL_PORT";

/// How often a group is asked whether it is still there.
const ASK: Duration = Duration::from_millis(10);

/// The group that runs, for an end that waits for nothing; zero where there is none.
static GROUP: AtomicI32 = AtomicI32::new(0);

/// A command that runs, or whose group may still.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: Option<Pid>,
    end: Option<CommandEnd>,
}

impl Running {
    /// Starts a command: its name or path, and its arguments. `variables` are added to its environment.
    ///
    /// Fails as the system does where there is no such program.
    pub fn start(words: &[OsString], variables: &[(&str, String)]) -> io::Result<Self> {
        let Some((program, arguments)) = words.split_first() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no command is named"));
        };
        let mut command = Command::new(program);
        command.args(arguments).envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        command.stdin(if isatty(stdio::stdin()) { Stdio::null() } else { Stdio::inherit() });
        command.stdout(Stdio::from(io::stderr().as_fd().try_clone_to_owned()?));
        command.process_group(0).kill_on_drop(true);
        let child = command.spawn()?;
        let raw = child.id().and_then(|id| i32::try_from(id).ok());
        GROUP.store(raw.unwrap_or(0), Relaxed);
        Ok(Self { child, group: raw.and_then(Pid::from_raw), end: None })
    }

    /// Waits for the command to end; what it started may go on. Dropping the future loses nothing.
    pub async fn ended(&mut self) -> CommandEnd {
        if let Some(end) = self.end {
            return end;
        }
        let end = match self.child.wait().await {
            Ok(status) => end_of(status),
            // Nobody else waits for our child, so this cannot happen; a command of which nothing is known has not succeeded.
            Err(_) => CommandEnd::Code(-1),
        };
        self.end = Some(end);
        end
    }

    /// How it ended, where it did.
    pub fn end(&self) -> Option<CommandEnd> {
        self.end
    }

    /// Ends the command and all of its group, first by the signal of that number and then, where that takes longer than
    /// `patience`, by SIGKILL. Says whether anything still ran.
    pub async fn stop(&mut self, number: i32, patience: Duration) -> bool {
        let Some(group) = self.group.take() else { return false };
        let signal = Signal::from_named_raw(number).unwrap_or(Signal::TERM);
        let ran = kill_process_group(group, signal).is_ok();
        if ran {
            // One that was stopped (SIGSTOP, SIGTTIN) hears nothing until it goes on.
            let _ = kill_process_group(group, Signal::CONT);
            let gone = async {
                self.ended().await;
                while test_kill_process_group(group).is_ok() {
                    tokio::time::sleep(ASK).await;
                }
            };
            if tokio::time::timeout(patience, gone).await.is_err() {
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
        self.ended().await;
        GROUP.store(0, Relaxed);
        ran
    }
}

impl Drop for Running {
    /// Where nobody stopped it, it is killed.
    fn drop(&mut self) {
        if let Some(group) = self.group.take() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Kills the group that runs, at once: for when the process is ended without being asked.
pub fn kill() {
    if let Some(group) = Pid::from_raw(GROUP.swap(0, Relaxed)) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn end_of(status: ExitStatus) -> CommandEnd {
    match (status.code(), status.signal()) {
        (Some(code), _) => CommandEnd::Code(code),
        (None, signal) => CommandEnd::Signal(signal.unwrap_or(0)),
    }
}
