//! Reads keys, mouse and paste from the terminal on a thread of its own, which can be paused and ends with the terminal.
//!
//! Decided: the thread waits in `poll` and lets crossterm read only when there is something to read. crossterm by itself
//! spins at a whole core once its terminal has gone, cannot be told to stop while a program such as an editor has the
//! terminal, and (in its source for epoll) leaves what does not fit its buffer unread until the next key; creel
//! builds it with its source for poll. Changes of size come from SIGWINCH directly, since nothing is read for them.
//! Refused: `EventStream`, which has the first two faults.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use crossterm::event::{self, Event};
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    stdio,
    termios::tcgetwinsize,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use super::terminal::keys;

/// How many events may wait for the interface; the terminal's own queue stands behind it.
const WAITING: usize = 256;
/// How long crossterm looks for more of what has arrived. It must be more than nothing, or it does not look at all.
const LOOK: Duration = Duration::from_millis(1);
/// How long [`Reader::pause`] waits for the thread.
const PAUSE: Duration = Duration::from_millis(200);

const TO_PAUSE: u8 = b'p';
const TO_READ: u8 = b'r';

/// The events of the terminal, from where [`keys`] come.
#[derive(Debug)]
pub struct Reader {
    events: mpsc::Receiver<Event>,
    resized: Signal,
    /// Carries [`TO_PAUSE`] and [`TO_READ`]; closing it ends the thread.
    control: UnixStream,
    paused: Receiver<()>,
}

impl Reader {
    /// Begins to read. Needs a tokio runtime, and a terminal that keys come from.
    pub fn start() -> io::Result<Self> {
        let resized = signal(SignalKind::window_change())?;
        let (control, commands) = UnixStream::pair()?;
        let (sender, events) = mpsc::channel(WAITING);
        let (says_paused, paused) = sync_channel(1);
        thread::Builder::new().name("terminal".to_owned()).spawn(move || {
            if let Err(error) = read(commands, &says_paused, &sender) {
                tracing::warn!("the terminal cannot be read any more: {error}");
            }
        })?;
        Ok(Self { events, resized, control, paused })
    }

    /// The next event; nothing once the terminal has gone. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                event = self.events.recv() => return event,
                _ = self.resized.recv() => {
                    if let Ok(size) = tcgetwinsize(stdio::stdout()) {
                        return Some(Event::Resize(size.ws_col, size.ws_row));
                    }
                }
            }
        }
    }

    /// Leaves the terminal unread from now on, for someone else to read.
    pub fn pause(&self) {
        while self.paused.try_recv().is_ok() {}
        if (&self.control).write_all(&[TO_PAUSE]).is_ok() {
            // A thread that does not answer waits for room or for the end of a paste, and pauses after it.
            let _ = self.paused.recv_timeout(PAUSE);
        }
    }

    /// Reads again.
    pub fn resume(&self) {
        // Fails only when the thread has ended with the terminal, which `next` tells.
        let _ = (&self.control).write_all(&[TO_READ]);
    }
}

/// The thread: until the terminal has gone, or nobody listens.
fn read(mut commands: UnixStream, paused: &SyncSender<()>, events: &mpsc::Sender<Event>) -> io::Result<()> {
    let mut reading = true;
    loop {
        let (command, input) = wait(&commands, reading)?;
        if !command.is_empty() {
            let mut byte = [0];
            if commands.read(&mut byte)? == 0 {
                return Ok(());
            }
            reading = byte == [TO_READ];
            if !reading {
                let _ = paused.try_send(());
            }
            continue;
        }
        if input.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Ok(());
        }
        while !input.is_empty() && event::poll(LOOK)? {
            let event = event::read()?;
            if matches!(event, Event::Resize(..)) {
                continue;
            }
            if events.blocking_send(event).is_err() {
                return Ok(());
            }
        }
    }
}

/// Waits for a command and, when `reading`, for input; says what there is of each.
fn wait(commands: &UnixStream, reading: bool) -> io::Result<(PollFlags, PollFlags)> {
    let terminal = keys();
    let wanted = if reading { PollFlags::IN } else { PollFlags::empty() };
    loop {
        let mut files = [PollFd::new(commands, PollFlags::IN), PollFd::from_borrowed_fd(terminal, wanted)];
        match poll(&mut files, None) {
            Ok(_) => {
                let [command, input] = files.each_ref().map(PollFd::revents);
                return Ok((command, input));
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
