//! The terminal's life: taking it, drawing on it, and giving it back, whatever happens in between.
//!
//! Decided: one place holds what was changed ([`HELD`]), and [`give_back`] undoes it from anywhere: at the end of the
//! interface, from the panic hook, from the thread that hears signals. Giving back twice is giving back once, and what is
//! drawn afterwards goes nowhere, so a late frame cannot land on the user's shell. A frame reaches the terminal as one
//! write between the marks of a synchronised update, or not at all.
//!
//! Refused: `ratatui::init`, which panics where there is no terminal and whose panic hook fires for every thread;
//! `Terminal::clear`, which asks the terminal for its cursor and so fights with whoever reads the keys; reports of mouse
//! motion, which nobody looks at; and keyboard enhancement, which leaves a shell unusable when a process that set it is
//! killed.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::{Mutex, MutexGuard, OnceLock, TryLockError},
    thread,
    time::Duration,
};

use crossterm::{
    Command,
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste},
    style::{Attribute, SetAttribute},
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
        disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend, layout::Size};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    stdio,
    termios::{QueueSelector, isatty, tcflush, tcgetwinsize},
};

use crate::process::{self, Stop};

/// What the interface may change of the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Whether clicks and the wheel are reported to us. Without it the terminal selects text as ever.
    pub mouse: bool,
    /// Whether the window is called `creel`. The name it had is put back where the terminal can (XTWINOPS 22 and 23).
    pub title: bool,
}

impl Options {
    /// What suits the terminal that `environment` tells of. The console of Linux has no title, and older ones print it.
    pub fn new(mouse: bool, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        Self { mouse, title: environment("TERM").is_some_and(|term| term != "linux") }
    }
}

/// Why the interface cannot be shown here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unusable {
    /// Keys cannot be read.
    #[error("standard input is not a terminal: start creel in one, or use --output text or --output json")]
    Input,
    /// Nothing can be drawn.
    #[error("standard output is not a terminal: start creel in one, or use --output text or --output json")]
    Output,
    /// The terminal says that it obeys no escape sequences.
    #[error("TERM=dumb says that this terminal cannot draw: use another terminal, or --output text or --output json")]
    Dumb,
}

/// The terminal itself, where standard input is something else.
static TERMINAL: OnceLock<File> = OnceLock::new();

/// Where keys come from: standard input, or the terminal where [`check`] was told that standard input is for something else.
pub fn keys() -> BorrowedFd<'static> {
    TERMINAL.get().map_or_else(stdio::stdin, AsFd::as_fd)
}

/// Whether keys can come from the terminal that the process belongs to, as pagers have it.
fn keys_from_terminal() -> bool {
    if let Ok(file) = File::options().read(true).write(true).open("/dev/tty") {
        // Whoever was first has the same.
        let _ = TERMINAL.set(file);
    }
    TERMINAL.get().is_some_and(isatty)
}

/// Whether the interface can be shown on standard input and output. `input_is_data` says that standard input is read for
/// something else, so that keys have to come from the terminal of the process.
pub fn check(environment: &dyn Fn(&str) -> Option<String>, input_is_data: bool) -> Result<(), Unusable> {
    let has_keys = isatty(stdio::stdin()) || (input_is_data && keys_from_terminal());
    if !has_keys {
        Err(Unusable::Input)
    } else if !isatty(stdio::stdout()) {
        Err(Unusable::Output)
    } else if environment("TERM").as_deref() == Some("dumb") {
        Err(Unusable::Dumb)
    } else {
        Ok(())
    }
}

/// What was changed of the terminal and has to be undone; nothing while it is the user's.
static HELD: Mutex<Option<Options>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<Options>> {
    HELD.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The same, without waiting for ever for a thread that hangs in a write to a terminal that takes nothing.
fn held_soon() -> Option<MutexGuard<'static, Option<Options>>> {
    for _ in 0..40 {
        match HELD.try_lock() {
            Ok(held) => return Some(held),
            Err(TryLockError::Poisoned(held)) => return Some(held.into_inner()),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
        }
    }
    None
}

/// Whether the interface holds the terminal now.
pub fn is_held() -> bool {
    held_soon().is_none_or(|held| held.is_some())
}

/// Takes the terminal: raw mode first, since a process in the background is stopped by that before it has drawn
/// anything.
fn take(options: Options) -> io::Result<()> {
    let mut held = held();
    // Whoever stopped us may have changed the modes; what was saved first is what the user had.
    disable_raw_mode()?;
    enable_raw_mode()?;
    *held = Some(options);
    let mut bytes = String::new();
    if options.title {
        bytes.push_str("\x1b[22;0t");
        push(&mut bytes, &SetTitle("creel"));
    }
    push(&mut bytes, &EnterAlternateScreen);
    if options.mouse {
        // Presses, releases and the wheel (1000), with coordinates past column 223 (1006).
        bytes.push_str("\x1b[?1000h\x1b[?1006h");
    }
    push(&mut bytes, &EnableBracketedPaste);
    write_out(bytes.as_bytes())
}

/// Gives the terminal back as it was: modes, screen, cursor, mouse, paste, title. Does nothing when that was done.
///
/// May be called from any thread and at any moment. Waits for nothing longer than a fifth of a second, and ignores
/// errors: a terminal that has gone needs nothing back.
pub fn give_back() {
    let mut held = held_soon();
    // Without the lock the owner hangs in a write: what it set is not known, and undoing too much harms nobody.
    let options = match held.as_mut() {
        Some(held) => held.take(),
        None => Some(Options { mouse: true, title: false }),
    };
    let Some(options) = options else { return };
    let mut bytes = String::new();
    push(&mut bytes, &EndSynchronizedUpdate);
    push(&mut bytes, &SetAttribute(Attribute::Reset));
    if options.mouse {
        push(&mut bytes, &DisableMouseCapture);
    }
    push(&mut bytes, &DisableBracketedPaste);
    push(&mut bytes, &LeaveAlternateScreen);
    push(&mut bytes, &Show);
    if options.title {
        bytes.push_str("\x1b[23;0t");
    }
    if can_be_written() {
        let _ = write_out(bytes.as_bytes());
    }
    if options.mouse {
        // Reports that are on their way would be typed into the shell.
        let _ = tcflush(keys(), QueueSelector::IFlush);
    }
    let _ = disable_raw_mode();
}

/// Appends the escape sequence of a command.
fn push(bytes: &mut String, command: &impl Command) {
    // Writing to a string cannot fail.
    let _ = command.write_ansi(bytes);
}

/// Whether the terminal takes bytes within a tenth of a second.
fn can_be_written() -> bool {
    let stdout = stdio::stdout();
    let mut files = [PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::OUT)];
    let wait = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    poll(&mut files, Some(&wait)).is_ok() && files.iter().any(|file| file.revents().contains(PollFlags::OUT))
}

/// Whether the terminal is no longer there.
fn has_gone() -> bool {
    let stdout = stdio::stdout();
    let mut files = [PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::empty())];
    let gone = PollFlags::HUP | PollFlags::ERR;
    poll(&mut files, Some(&Timespec::default())).is_ok() && files.iter().any(|file| file.revents().intersects(gone))
}

/// Writes all of it, also where someone made the terminal non-blocking.
fn write_out(mut bytes: &[u8]) -> io::Result<()> {
    let stdout = stdio::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(stdout, bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                poll(&mut [PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Sends bytes of our own making to the terminal between two frames. Fails with `NotConnected` while the interface does
/// not hold it.
pub fn send(bytes: &[u8]) -> io::Result<()> {
    let held = held();
    if held.is_none() {
        return Err(io::Error::new(io::ErrorKind::NotConnected, "the interface does not hold the terminal"));
    }
    write_out(bytes)
}

/// A frame as it is put together. Only a whole one is written, and only while the terminal is held: what ends in anything
/// but the end of a synchronised update waits.
#[derive(Debug, Default)]
struct Whole {
    bytes: Vec<u8>,
    end: String,
}

impl Whole {
    fn new() -> Self {
        let mut end = String::new();
        push(&mut end, &EndSynchronizedUpdate);
        Self { bytes: Vec::with_capacity(64 * 1024), end }
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.bytes.ends_with(self.end.as_bytes()) {
            return Ok(());
        }
        let held = held();
        let result = if held.is_some() { write_out(&self.bytes) } else { Ok(()) };
        drop(held);
        self.bytes.clear();
        // One full repaint of a large screen must not be kept for ever.
        self.bytes.shrink_to(256 * 1024);
        result
    }
}

/// The terminal in the hands of the interface. Dropping it gives the terminal back.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Whole>>,
    options: Options,
}

impl Screen {
    /// Takes the terminal. Ask [`check`] first: what fails here is a terminal that refuses its modes.
    pub fn enter(options: Options) -> io::Result<Self> {
        let terminal = Terminal::new(CrosstermBackend::new(Whole::new()))?;
        if let Err(error) = take(options) {
            give_back();
            return Err(error);
        }
        Ok(Self { terminal, options })
    }

    /// Draws one frame and writes what changed. An error of which [`process::is_closed`] is true means that the terminal
    /// has gone.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        // The backend asks for the size, too, and where there is no answer it starts other programs to find out.
        self.size()?;
        match self.draw_whole(draw) {
            // It may go at any moment, and then any error can be the first.
            Err(_) if has_gone() => Err(Errno::IO.into()),
            result => result,
        }
    }

    fn draw_whole(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let mut mark = String::new();
        push(&mut mark, &BeginSynchronizedUpdate);
        self.terminal.backend_mut().write_all(mark.as_bytes())?;
        self.terminal.draw(draw)?;
        mark.clear();
        push(&mut mark, &EndSynchronizedUpdate);
        self.terminal.backend_mut().write_all(mark.as_bytes())?;
        Write::flush(self.terminal.backend_mut())
    }

    /// Columns and rows of the terminal now.
    pub fn size(&self) -> io::Result<Size> {
        let size = tcgetwinsize(stdio::stdout())?;
        Ok(Size::new(size.ws_col, size.ws_row))
    }

    /// Makes the next frame write every cell.
    pub fn repaint(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(ratatui::layout::Rect::from((ratatui::layout::Position::ORIGIN, size)))
    }

    /// Gives the terminal back for a while; [`resume`](Self::resume) takes it again.
    pub fn leave(&mut self) {
        give_back();
    }

    /// Takes the terminal, again or still, as after SIGCONT: sets every mode anew, since whoever had the terminal in
    /// between may have changed any, and makes the next frame write every cell.
    ///
    /// A terminal that goes away sends SIGCONT along with SIGHUP, so this can fail as [`draw`](Self::draw) can.
    pub fn resume(&mut self) -> io::Result<()> {
        match take(self.options).and_then(|()| self.repaint()) {
            Err(_) if has_gone() => Err(Errno::IO.into()),
            result => result,
        }
    }

    /// Gives the terminal back and stops the process, which then captures nothing: what arrives waits in the listen
    /// queue of the kernel. Call [`resume`](Self::resume) at [`process::Signal::Continue`].
    pub fn suspend(&mut self, whom: Stop) -> io::Result<()> {
        self.leave();
        process::stop(whom)
    }

    /// Gives the terminal to other work, such as an editor, and takes it again. Pause the reader of keys first.
    pub fn hand_over<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        self.leave();
        let result = work();
        self.resume()?;
        Ok(result)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_whole_frame_is_not_written() {
        let mut frame = Whole::new();
        frame.write_all(b"\x1b[?2026hhalf").unwrap();
        frame.flush().unwrap();
        assert_eq!(frame.bytes, b"\x1b[?2026hhalf");
        // Nobody holds the terminal in a unit test, so a whole frame goes nowhere.
        frame.write_all(b"\x1b[?2026l").unwrap();
        frame.flush().unwrap();
        assert!(frame.bytes.is_empty());
    }

    #[test]
    fn nothing_is_sent_to_a_terminal_that_is_not_held() {
        assert!(!is_held());
        assert_eq!(send(b"x").unwrap_err().kind(), io::ErrorKind::NotConnected);
        give_back();
        assert!(!is_held());
    }

    #[test]
    fn the_title_is_set_where_there_is_one() {
        let on = |term: Option<&str>| Options::new(true, &|_| term.map(str::to_owned)).title;
        assert!(on(Some("xterm-256color")));
        assert!(!on(Some("linux")));
        assert!(!on(None));
    }
}
