//! A user at the real loop: captures arrive in the store, keys in the input, and what the screen shows is awaited.
//!
//! The loop is the one that the program runs, on a terminal that is a buffer. Every method that looks waits until it sees
//! what it was asked for; only a hang can reach the deadline.

#![allow(dead_code, reason = "several test programs share this file, and none of them uses all of it")]

use std::{
    io,
    sync::{Arc, Condvar, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use creel::{
    model::Capture,
    process::{Signal, Stop},
    replay::{Client, Settings},
    store::{Limits, Store},
    tui::{
        chord::Chord,
        clipboard::Clipboard,
        message::Message,
        perform::Performer,
        runtime::{End, Runtime, Surface, Themes},
        state::{Session, State},
        theme::Depth,
    },
};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Frame, Terminal, backend::TestBackend, buffer::Buffer};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    screen,
    stage::{session, theme},
};

const DEADLINE: Duration = Duration::from_secs(30);

type Shown = Arc<(Mutex<(Buffer, u64)>, Condvar)>;

/// A terminal that is a buffer others can look at.
struct Glass {
    terminal: Terminal<TestBackend>,
    shown: Shown,
}

impl Surface for Glass {
    fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let Ok(_) = self.terminal.draw(draw);
        let mut shown = self.shown.0.lock().unwrap();
        *shown = (self.terminal.backend().buffer().clone(), shown.1 + 1);
        self.shown.1.notify_all();
        Ok(())
    }

    fn repaint(&mut self) -> io::Result<()> {
        let Ok(()) = self.terminal.clear();
        Ok(())
    }

    fn suspend(&mut self, _: Stop) -> io::Result<()> {
        Ok(())
    }

    fn resume(&mut self) -> io::Result<()> {
        self.repaint()
    }
}

/// See the head of this file.
#[must_use = "a scenario ends in an assertion"]
pub struct Driver {
    pub store: Store,
    input: mpsc::Sender<Event>,
    signals: mpsc::Sender<Signal>,
    results: mpsc::Sender<Message>,
    shown: Shown,
    ended: Option<JoinHandle<End>>,
    received: u64,
}

impl Driver {
    /// A session at 140×40 that sends to that target.
    pub fn with_target(target: &str) -> Self {
        Self::with(session(&[target]), Limits::default(), (140, 40))
    }

    /// A session at 140×40 without a target.
    pub fn new() -> Self {
        Self::with(session(&[]), Limits::default(), (140, 40))
    }

    pub fn with(session: Session, limits: Limits, size: (u16, u16)) -> Self {
        Self::over(session, Store::new(limits), size)
    }

    /// A session over a store that is there already.
    pub fn over(session: Session, store: Store, (width, height): (u16, u16)) -> Self {
        let (input, events) = mpsc::channel(1024);
        let (signals, heard) = mpsc::channel(8);
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let shown: Shown = Arc::new((Mutex::new((terminal.backend().buffer().clone(), 0)), Condvar::new()));
        let glass = Glass { terminal, shown: Arc::clone(&shown) };
        let inner = store.clone();
        let (results, messages) = mpsc::channel(64);
        let told = results.clone();
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async move {
                let client = Client::new(Settings::default()).unwrap();
                let clock = || "2026-01-31T09:27:01Z".parse().unwrap();
                let runtime = Runtime {
                    state: State::new(session, clock(), (width, height)),
                    surface: glass,
                    theme: theme("dark"),
                    themes: Themes { folder: None, depth: Depth::True },
                    performer: Performer::new(inner.clone(), client, Clipboard::new(&|_| None), results),
                    store: inner,
                    messages,
                    clock,
                    outside: None,
                };
                runtime.run(ReceiverStream::new(events), ReceiverStream::new(heard)).await.unwrap()
            })
        });
        Self { store, input, signals, results: told, shown, ended: Some(ended), received: 0 }
    }

    /// A capture arrives and is on the screen.
    pub fn receive(mut self, capture: Capture) -> Self {
        self.store.push(capture);
        self.received += 1;
        let caught = format!("{} caught", self.received);
        self.wait_for(&caught)
    }

    /// The files that are looked at have been read.
    pub fn loaded(self, odd: &[&str]) -> Self {
        let odd = odd.iter().map(|odd| (*odd).to_owned()).collect();
        self.results.blocking_send(Message::Loaded(odd)).expect("the loop has ended");
        self
    }

    /// Earlier runs have been asked for what they left.
    pub fn loaded_tries(self) -> Self {
        self.results
            .blocking_send(Message::Restored(Vec::new(), std::collections::BTreeMap::new()))
            .expect("the loop has ended");
        self
    }

    /// Keys by name, parted by blanks; `"text"` is typed as it stands, `_` in it being a blank.
    pub fn keys(self, keys: &str) -> Self {
        for key in keys.split(' ').filter(|key| !key.is_empty()) {
            match key.strip_prefix('"').and_then(|key| key.strip_suffix('"')) {
                Some(text) => {
                    for char in text.chars() {
                        self.press(KeyCode::Char(if char == '_' { ' ' } else { char }), KeyModifiers::empty());
                    }
                }
                None => {
                    let chord: Chord = key.parse().unwrap();
                    self.press(chord.code, chord.modifiers);
                }
            }
        }
        self
    }

    fn press(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.send(Event::Key(KeyEvent::new(code, modifiers)));
    }

    /// Anything that a terminal sends.
    pub fn send(&self, event: Event) {
        self.input.blocking_send(event).expect("the loop has ended");
    }

    /// Waits until the screen shows what is asked for.
    pub fn wait_until(self, what: &str, seen: impl Fn(&[String]) -> bool) -> Self {
        let end = Instant::now() + DEADLINE;
        let mut shown = self.shown.0.lock().unwrap();
        loop {
            let rows = screen::rows(&shown.0);
            if seen(&rows) {
                break;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never seen: {what}\n{}", rows.join("\n"));
            shown = self.shown.1.wait_timeout(shown, left).unwrap().0;
        }
        drop(shown);
        self
    }

    /// Waits until a text is on the screen.
    pub fn wait_for(self, text: &str) -> Self {
        self.wait_until(text, |rows| rows.iter().any(|row| row.contains(text)))
    }

    /// Waits until a text is nowhere on the screen.
    pub fn wait_without(self, text: &str) -> Self {
        self.wait_until(&format!("no {text}"), |rows| rows.iter().all(|row| !row.contains(text)))
    }

    /// Waits until the list has just these rows: each a text that its row contains, `> ` before the selected one.
    pub fn list(self, expected: &[&str]) -> Self {
        self.wait_until(&format!("the list {expected:?}"), |rows| {
            let list: Vec<&str> = rows
                .iter()
                .skip_while(|row| !row.starts_with("╭ Requests"))
                // The frame, and the heading or what is said in its place.
                .skip(2)
                .filter_map(|row| row.strip_prefix('│'))
                .map(|row| row.split('│').next().unwrap_or(row))
                .take_while(|row| row.contains(|char: char| char.is_ascii_digit()))
                .collect();
            list.len() == expected.len()
                && list.iter().zip(expected).all(|(row, expected)| match expected.strip_prefix("> ") {
                    Some(expected) => row.starts_with('▌') && row.contains(expected),
                    None => !row.starts_with('▌') && row.contains(expected),
                })
        })
    }

    /// Waits until the selected row of the list has this text.
    pub fn on(self, text: &str) -> Self {
        self.wait_until(&format!("{text} selected"), |rows| {
            rows.iter().any(|row| row.starts_with("│▌") && row.contains(text))
        })
    }

    /// How many frames have been drawn.
    pub fn frames(&self) -> u64 {
        self.shown.0.lock().unwrap().1
    }

    /// What the screen shows now.
    pub fn screen(&self) -> String {
        screen::text(&self.shown.0.lock().unwrap().0)
    }

    /// A signal comes.
    pub fn signal(self, signal: Signal) -> Self {
        self.signals.blocking_send(signal).expect("the loop has ended");
        self
    }

    /// Waits for the end.
    pub fn end(mut self) -> End {
        self.ended.take().unwrap().join().unwrap()
    }
}
