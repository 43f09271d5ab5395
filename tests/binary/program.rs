//! Starting the program: in a terminal or without one, always in an empty folder and without a word from the environment
//! that the tests run in.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, channel},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    pty::{self, Pty},
    wire::DEADLINE,
};

/// The program under test.
pub const CREEL: &str = env!("CARGO_BIN_EXE_creel");

/// A folder in which there is nothing that creel would read.
pub fn nowhere() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("nowhere");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder for what a program keeps, of which no other knows. Those of an earlier run of the tests go.
pub fn state() -> PathBuf {
    static ALL: LazyLock<PathBuf> = LazyLock::new(|| {
        let all = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("state");
        let _ = std::fs::remove_dir_all(&all);
        all
    });
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let own = ALL.join(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
    std::fs::create_dir_all(&own).unwrap();
    own
}

fn foreign() -> impl Iterator<Item = String> {
    std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("CREEL_") || name.starts_with("XDG_"))
}

/// The program in a terminal.
pub fn in_terminal(args: &[&str]) -> CommandBuilder {
    let mut command = pty::command(CREEL);
    command.args(args);
    foreign().for_each(|name| command.env_remove(name));
    command.env("HOME", nowhere());
    command.env("XDG_STATE_HOME", state());
    command.cwd(nowhere());
    command
}

/// The program without a terminal.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(CREEL);
    command.args(args);
    foreign().for_each(|name| _ = command.env_remove(name));
    command.env("HOME", nowhere()).env("XDG_STATE_HOME", state()).current_dir(nowhere());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The port in the first URL of a text that has one.
pub fn port_in(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("http://127.0.0.1:")?;
    rest.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()
}

/// The program with its interface on a terminal of that size, and its port once that is on the screen.
pub fn interface(args: &[&str], columns: u16, rows: u16) -> (Pty, u16) {
    started(in_terminal(&[&["--listen", "127.0.0.1:0"], args].concat()), columns, rows)
}

/// Starts a command that shows an interface, and waits for its URL.
pub fn started(command: CommandBuilder, columns: u16, rows: u16) -> (Pty, u16) {
    let pty = Pty::spawn(command, columns, rows);
    // The URL and what follows it: half a number is no port.
    pty.wait_for("● live");
    let port = port_in(&pty.screen()).expect("the URL is on the screen");
    (pty, port)
}

/// A port that is taken for as long as the listener lives.
pub fn taken() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// How it ended: the exit code, and what it said besides what was read.
#[derive(Debug)]
pub struct Ended {
    /// `None` when a signal killed it.
    pub code: Option<i32>,
    pub lines: Vec<String>,
    pub stderr: String,
}

/// Runs the program to its end.
pub fn ended(args: &[&str]) -> Ended {
    Headless::spawn(&mut command(args)).end()
}

/// The program without a terminal, running. Dropping it ends it.
pub struct Headless {
    child: Child,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Headless {
    /// Starts a command, and reads what it says as it comes.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || stdout.lines().try_for_each(|line| sender.send(line.unwrap())));
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, lines, stderr: Some(stderr) }
    }

    /// `creel --output json` on a free port, and the port once it says that it is ready.
    pub fn json(args: &[&str]) -> (Self, u16) {
        let all = [&["--output", "json", "--listen", "127.0.0.1:0"], args].concat();
        let running = Self::spawn(&mut command(&all));
        let ready = running.object();
        assert_eq!(ready["type"], "ready", "{ready}");
        let port = port_in(ready["url"].as_str().unwrap()).unwrap();
        (running, port)
    }

    /// The next line of standard output.
    pub fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("a line of standard output")
    }

    /// The next line, which is an object.
    pub fn object(&self) -> Value {
        let line = self.line();
        assert!(line.is_ascii() && line.starts_with(r#"{"type":""#), "{line}");
        serde_json::from_str(&line).expect(&line)
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap()).unwrap()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the program did not end");
            thread::sleep(std::time::Duration::from_millis(2));
        };
        let stderr = self.stderr.take().unwrap().join().unwrap();
        Ended { code: status.code(), lines: self.lines.iter().collect(), stderr }
    }
}

impl Drop for Headless {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
