//! A program in a terminal of its own: what it draws is parsed as a terminal would, keys and signals are sent to it, and
//! everything is awaited by condition, with a deadline that only a hang can pass.

#![allow(dead_code, reason = "several test programs share this file, and none of them uses all of it")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is for tests, where clippy allows these, but only in functions that are tests themselves"
)]

use std::{
    ffi::OsStr,
    io::{Read, Write},
    num::NonZeroU16,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// Far longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// What came from the program.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

/// A running program and its terminal. Dropping it ends the program.
pub struct Pty {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    hang_up: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
    child: Box<dyn Child + Send + Sync>,
    modes_before: String,
}

/// A command with the environment of a plain terminal: no tmux, no display, no wish about colours.
pub fn command(program: impl AsRef<OsStr>) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    for name in ["TMUX", "STY", "DISPLAY", "WAYLAND_DISPLAY", "NO_COLOR", "COLORTERM", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    command.cwd(std::env::current_dir().expect("there is a working directory"));
    command
}

fn size(columns: u16, rows: u16) -> (PtySize, NonZeroU16, NonZeroU16) {
    let least = |number: u16| NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN);
    (PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }, least(rows), least(columns))
}

impl Pty {
    /// Starts a command in a new terminal of that size.
    pub fn spawn(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let (pty_size, parser_rows, parser_columns) = size(columns, rows);
        let pair = native_pty_system().openpty(pty_size).expect("the system has a terminal for us");
        let modes_before = modes(pair.master.as_ref());
        let mut source = pair.master.try_clone_reader().expect("the terminal can be read");
        let writer = pair.master.take_writer().expect("the terminal can be written to");
        let child = pair.slave.spawn_command(command).expect("the command starts");
        let parser = vt100::Parser::new(parser_rows, parser_columns, 0);
        let seen = Arc::new((Mutex::new(Seen { parser, raw: Vec::new(), ended: false }), Condvar::new()));
        let hang_up = Arc::new(AtomicBool::new(false));
        let reader = thread::spawn({
            let (seen, hang_up) = (Arc::clone(&seen), Arc::clone(&hang_up));
            move || {
                let mut buffer = vec![0; 64 * 1024];
                loop {
                    let length = source.read(&mut buffer).unwrap_or(0);
                    let bytes = buffer.get(..length).unwrap_or_default();
                    let mut now = seen.0.lock().unwrap();
                    now.raw.extend_from_slice(bytes);
                    now.parser.process(bytes);
                    now.ended = length == 0;
                    let over = now.ended || hang_up.load(Ordering::SeqCst);
                    drop(now);
                    seen.1.notify_all();
                    if over {
                        return;
                    }
                }
            }
        });
        let (master, writer) = (Some(pair.master), Some(writer));
        Self { seen, master, writer, hang_up, reader: Some(reader), child, modes_before }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap()
    }

    /// Waits until something is true of the screen. `what` says what, for the message when it never is.
    pub fn wait_until(&self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        let mut seen = self.lock();
        while !condition(seen.parser.screen()) {
            let tail = seen.raw.len().saturating_sub(2000);
            let raw = || seen.raw.get(tail..).unwrap_or_default().escape_ascii();
            let screen = || format!("{}\n---\nraw: …{}", seen.parser.screen().contents(), raw());
            assert!(!seen.ended, "the program ended before {what}:\n{}", screen());
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for {what}:\n{}", screen());
            // Short, since what ends the program need not write anything.
            seen = self.seen.1.wait_timeout(seen, left.min(Duration::from_millis(200))).unwrap().0;
        }
    }

    /// Waits until something is true of the bytes that came from the program.
    pub fn wait_until_raw(&self, what: &str, condition: impl Fn(&[u8]) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        let mut seen = self.lock();
        while !condition(&seen.raw) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!seen.ended && !left.is_zero(), "waited in vain for {what}:\n{}", seen.parser.screen().contents());
            seen = self.seen.1.wait_timeout(seen, left.min(Duration::from_millis(200))).unwrap().0;
        }
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} to show"), |screen| screen.contents().contains(text));
    }

    /// The text on the screen, without blanks at the ends of lines.
    pub fn screen(&self) -> String {
        self.lock().parser.screen().contents()
    }

    /// Looks at the state of the terminal.
    pub fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.lock().parser.screen())
    }

    /// Every byte that came from the program so far.
    pub fn raw(&self) -> Vec<u8> {
        self.lock().raw.clone()
    }

    /// Sends bytes as if they were typed.
    pub fn send(&mut self, bytes: &[u8]) {
        let writer = self.writer.as_mut().expect("the terminal was not closed");
        writer.write_all(bytes).expect("the terminal takes keys");
        writer.flush().expect("the terminal takes keys");
    }

    /// Types keys: characters as they are, others by name in angle brackets: `jj<Enter>`, `<Esc>`, `<C-z>`.
    pub fn keys(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(char) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
            if let Some((bytes, after)) = named.and_then(|(name, after)| Some((key_named(name)?, after))) {
                self.send(&bytes);
                rest = after;
            } else {
                self.send(char.to_string().as_bytes());
                rest = rest.get(char.len_utf8()..).unwrap_or_default();
            }
        }
    }

    /// Changes the size of the terminal, which tells the program by SIGWINCH.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let (pty_size, rows, columns) = size(columns, rows);
        self.lock().parser.set_size(rows, columns);
        self.master.as_ref().expect("the terminal was not closed").resize(pty_size).expect("the size can be changed");
    }

    /// The program's process.
    pub fn pid(&self) -> Pid {
        let pid = self.child.process_id().expect("the program was started");
        Pid::from_raw(pid.try_into().expect("a process id")).expect("a process id")
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the program can be signalled");
    }

    /// Waits until the program is stopped by a signal.
    pub fn wait_until_stopped(&self) {
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let deadline = Instant::now() + DEADLINE;
        while waitid(WaitId::Pid(self.pid()), stopped).expect("the program is our child").is_none() {
            assert!(Instant::now() < deadline, "the program did not stop:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether the modes of the terminal (termios) are those from before the program was started.
    pub fn modes_are_as_before(&self) -> bool {
        modes(self.master.as_ref().expect("the terminal was not closed").as_ref()) == self.modes_before
    }

    /// Nothing of an interface is left on the terminal: its screen, cursor, mouse, paste and modes are the user's.
    #[track_caller]
    pub fn assert_given_back(&self) {
        self.look(|screen| {
            assert!(!screen.alternate_screen(), "the alternate screen is left");
            assert!(!screen.hide_cursor(), "the cursor shows");
            assert!(!screen.bracketed_paste(), "paste is plain");
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        });
        assert!(self.modes_are_as_before(), "the modes of the terminal are as before");
    }

    /// Closes the terminal under the program, as a window that is closed or a connection that breaks.
    pub fn hang_up(&mut self) {
        let name = self.master.as_ref().and_then(|master| master.tty_name()).expect("the terminal has a name");
        self.hang_up.store(true, Ordering::SeqCst);
        // The reader sleeps in a read; a byte from the other side wakes it, and it lets go of the terminal.
        let mut other_side = std::fs::OpenOptions::new().write(true).open(name).expect("the terminal can be opened");
        let _ = other_side.write_all(b"\0");
        drop(other_side);
        self.reader.take().expect("the terminal was not closed").join().expect("the reader ends");
        self.writer = None;
        self.master = None;
    }

    /// Waits for the end of the program, and of what it wrote; its exit code. A program killed by a signal has none and
    /// fails the test.
    pub fn exit_code(&mut self) -> u32 {
        let deadline = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the program is our child") {
                break status;
            }
            assert!(Instant::now() < deadline, "the program did not end:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        };
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader ends");
        }
        assert_eq!(status.signal(), None, "the program was killed:\n{}", self.screen());
        status.exit_code()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = kill_process(self.pid(), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// The modes of the terminal, in words that can be compared.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("the terminal tells its modes"))
}

/// What a terminal sends for a key, in the way of xterm.
fn key_named(name: &str) -> Option<Vec<u8>> {
    let bytes: &[u8] = match name {
        "Enter" => b"\r",
        "Esc" => b"\x1b",
        "Tab" => b"\t",
        "S-Tab" => b"\x1b[Z",
        "Backspace" => b"\x7f",
        "Delete" => b"\x1b[3~",
        "Space" => b" ",
        "Up" => b"\x1b[A",
        "Down" => b"\x1b[B",
        "Right" => b"\x1b[C",
        "Left" => b"\x1b[D",
        "Home" => b"\x1b[H",
        "End" => b"\x1b[F",
        "PageUp" => b"\x1b[5~",
        "PageDown" => b"\x1b[6~",
        _ => {
            let letter = name.strip_prefix("C-").filter(|rest| rest.len() == 1)?.bytes().next()?;
            return letter.is_ascii_lowercase().then(|| vec![letter & 0x1f]);
        }
    };
    Some(bytes.to_vec())
}
