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
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
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

/// How long Esc waits for what may come behind it. A terminal writes Alt and a key as Esc and the key, and over a slow line
/// the two can come apart; a finger is never that quick. vim and tmux wait for the same reason.
const BEHIND_ESC: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

const ESC: KeyEvent = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);

const TO_PAUSE: u8 = b'p';
const TO_READ: u8 = b'r';

/// The events of the terminal, from where [`keys`] come.
#[derive(Debug)]
pub struct Reader {
    events: mpsc::Receiver<Event>,
    resized: Signal,
    keys: Arc<Keys>,
}

/// Whether the terminal is read, for whoever gives it to another program. The thread ends with the last of these.
#[derive(Debug)]
pub struct Keys {
    /// Carries [`TO_PAUSE`] and [`TO_READ`]; closing it ends the thread.
    control: UnixStream,
    paused: Mutex<Receiver<()>>,
}

impl Keys {
    /// Leaves the terminal unread from now on, for someone else to read.
    pub fn pause(&self) {
        let paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        while paused.try_recv().is_ok() {}
        if (&self.control).write_all(&[TO_PAUSE]).is_ok() {
            // A thread that does not answer waits for room or for the end of a paste, and pauses after it.
            let _ = paused.recv_timeout(PAUSE);
        }
    }

    /// Reads again.
    pub fn resume(&self) {
        // Fails only when the thread has ended with the terminal, which `next` tells.
        let _ = (&self.control).write_all(&[TO_READ]);
    }
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
        Ok(Self { events, resized, keys: Arc::new(Keys { control, paused: Mutex::new(paused) }) })
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

    /// What pauses and resumes the reading.
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
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
            let first = event::read()?;
            let second = match first {
                Event::Key(key) if key == ESC && more()? => Some(event::read()?),
                _ => None,
            };
            for event in join(first, second).into_iter().flatten() {
                if !matches!(event, Event::Resize(..)) && events.blocking_send(event).is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// Whether more comes right behind Esc.
fn more() -> io::Result<bool> {
    let mut files = [PollFd::from_borrowed_fd(keys(), PollFlags::IN)];
    match poll(&mut files, Some(&BEHIND_ESC)) {
        Ok(ready) => Ok(ready > 0 && event::poll(LOOK)?),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Esc and a character right behind it are that character with Alt.
fn join(first: Event, second: Option<Event>) -> [Option<Event>; 2] {
    match second {
        Some(Event::Key(mut key)) if matches!(key.code, KeyCode::Char(_)) => {
            key.modifiers |= KeyModifiers::ALT;
            [Some(Event::Key(key)), None]
        }
        second => [Some(first), second],
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alt_that_came_apart_is_alt() {
        let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
        let (esc, up) = (Event::Key(ESC), key(KeyCode::Up, KeyModifiers::NONE));
        let o = key(KeyCode::Char('o'), KeyModifiers::NONE);
        assert_eq!(join(esc.clone(), Some(o)), [Some(key(KeyCode::Char('o'), KeyModifiers::ALT)), None]);
        assert_eq!(join(esc.clone(), Some(up.clone())), [Some(esc.clone()), Some(up)]);
        assert_eq!(join(esc.clone(), None), [Some(esc), None]);
    }
}
