//! The loop: whatever happens becomes a message, messages change the state, and the state is drawn when it has changed.
//!
//! Decided: the loop is generic over where it draws ([`Surface`]) and what it reads, so that tests drive the very same
//! one. A key is drawn at once; the store is asked at most [`SYNCS`] times a second and drawing happens at most once in
//! [`FRAME`], however many captures come; without a change nothing is drawn and the only wake-up is the clock's.

use std::{io, path::PathBuf, time::Duration};

use crossterm::event::Event;
use jiff::Timestamp;
use ratatui::Frame;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_stream::{Stream, StreamExt};

use super::{
    effect::Effect,
    external::{self, Back, Outside},
    input,
    message::{CameBack, Message, Tone},
    panes::inspector,
    perform::{Own, Performer},
    state::State,
    terminal::Screen,
    theme::{Depth, Theme},
    update::{settle, update},
    view::view,
};
use crate::process::{Signal, Stop};
use crate::store::Store;

/// The shortest time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(16);
/// The shortest time between two looks at the store.
const SYNCS: Duration = Duration::from_millis(33);

/// Where the interface is drawn.
pub trait Surface {
    /// Draws one frame.
    fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()>;
    /// Makes the next frame write every cell.
    fn repaint(&mut self) -> io::Result<()>;
    /// Gives the terminal back and stops the process.
    fn suspend(&mut self, whom: Stop) -> io::Result<()>;
    /// Takes the terminal again.
    fn resume(&mut self) -> io::Result<()>;
    /// Gives the terminal to another program, keys included; does nothing where there is no terminal.
    fn lend(&mut self) {}
    /// Takes it again from that program.
    fn take_back(&mut self) -> io::Result<()> {
        self.resume()
    }
}

impl Surface for Screen {
    fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        Screen::draw(self, draw)
    }

    fn repaint(&mut self) -> io::Result<()> {
        Screen::repaint(self)
    }

    fn suspend(&mut self, whom: Stop) -> io::Result<()> {
        Screen::suspend(self, whom)
    }

    fn resume(&mut self) -> io::Result<()> {
        Screen::resume(self)
    }

    fn lend(&mut self) {
        Screen::lend(self);
    }

    fn take_back(&mut self) -> io::Result<()> {
        Screen::take_back(self)
    }
}

/// How the interface came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The user quit.
    Quit,
    /// A signal of that number asked for it.
    Signal(i32),
    /// The terminal has gone.
    Gone,
}

/// Where themes come from.
#[derive(Clone, Debug)]
pub struct Themes {
    /// The user's own, if there is a folder for them.
    pub folder: Option<PathBuf>,
    /// What the terminal can show.
    pub depth: Depth,
}

/// The interface and everything it is joined to.
pub struct Runtime<S> {
    /// What is shown.
    pub state: State,
    /// Where.
    pub surface: S,
    /// In which colours.
    pub theme: Theme,
    /// Where other themes come from.
    pub themes: Themes,
    /// What the listener fills.
    pub store: Store,
    /// Carries effects out.
    pub performer: Performer,
    /// What it sends back.
    pub messages: mpsc::Receiver<Message>,
    /// What time it is; asked once a second.
    pub clock: fn() -> Timestamp,
    /// What gets the terminal next; none at the start.
    pub outside: Option<Box<Outside>>,
}

impl<S: Surface> Runtime<S> {
    /// Runs until the user quits, a signal asks for the end, or the input or the terminal has gone.
    pub async fn run(
        mut self,
        input: impl Stream<Item = Event>,
        signals: impl Stream<Item = Signal>,
    ) -> io::Result<End> {
        let end = self.until_end(input, signals).await;
        // What is cut off is not forgotten.
        for attempt in self.state.replays.cancel_all((self.clock)()) {
            self.performer.perform(Effect::Keep(Box::new(attempt)));
        }
        end
    }

    async fn until_end(
        &mut self,
        input: impl Stream<Item = Event>,
        signals: impl Stream<Item = Signal>,
    ) -> io::Result<End> {
        self.performer.set_clock(self.clock);
        tokio::pin!(input);
        tokio::pin!(signals);
        let mut news = self.store.subscribe();
        news.mark_changed();
        let mut clock = interval(Duration::from_secs(1));
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pace = Pace::new();
        let first = settle(&mut self.state);
        if let Some(end) = self.carry_out(first)? {
            return Ok(end);
        }
        loop {
            if let Some(outside) = self.outside.take() {
                if let Some(end) = self.hand_over(*outside, &mut signals).await? {
                    return Ok(end);
                }
                pace.want_frame_now();
            }
            let due = pace.due();
            let message = tokio::select! {
                // What is due goes before what has come: a flood of messages cannot keep the screen from being drawn.
                biased;
                signal = signals.next() => match signal {
                    Some(Signal::Quit(number)) => return Ok(End::Signal(number)),
                    Some(Signal::Suspend) => {
                        self.surface.suspend(Stop::Process)?;
                        None
                    }
                    Some(Signal::Continue) => {
                        self.surface.resume()?;
                        inspector::forget_pixels(&mut self.state.inspector);
                        pace.want_frame();
                        None
                    }
                    None => return Ok(End::Gone),
                },
                () = sleep_until(due.unwrap_or_else(far)), if due.is_some() => {
                    self.catch_up(&mut pace, &mut news)?;
                    None
                }
                event = input.next() => match event {
                    Some(event) => {
                        // Whoever presses a key sees what it did at once.
                        pace.want_frame_now();
                        input::message(event)
                    }
                    None => return Ok(End::Gone),
                },
                message = self.messages.recv() => {
                    pace.want_frame();
                    message
                }
                _ = clock.tick() => {
                    let before = self.showing();
                    let effects = update(&mut self.state, Message::Tick((self.clock)()));
                    if self.showing() != before {
                        pace.want_frame();
                    }
                    if let Some(end) = self.carry_out(effects)? {
                        return Ok(end);
                    }
                    None
                }
                changed = news.changed(), if !pace.sync_wanted => {
                    // The store lives as long as this, so there is always a next change.
                    pace.sync_wanted |= changed.is_ok();
                    None
                }
            };
            if let Some(message) = message {
                let effects = update(&mut self.state, message);
                if let Some(end) = self.carry_out(effects)? {
                    return Ok(end);
                }
            }
        }
    }

    /// Asks the store and draws, as far as either is due.
    fn catch_up(&mut self, pace: &mut Pace, news: &mut watch::Receiver<u64>) -> io::Result<()> {
        if pace.sync_is_due() {
            news.mark_unchanged();
            let (seq, rejections) = self.state.captures.cursor();
            // What is older is asked for first: what leaves in between is told with the rest.
            let older = self.store.older_than(self.state.captures.oldest());
            let mut changes = Box::new(self.store.changes_since(seq, rejections));
            changes.older = older;
            // What is lost of it in between is in the inbox, and older than all that is shown.
            (changes.forwarded, self.state.replays.forwarded, _) =
                self.store.forwarded_since(self.state.replays.forwarded);
            let effects = update(&mut self.state, Message::Changed(changes));
            // Nothing that arrives can end the interface.
            let _ = self.carry_out(effects)?;
            pace.synced();
            pace.want_frame();
        }
        if pace.frame_is_due() {
            let (state, theme) = (&self.state, &self.theme);
            self.surface.draw(|frame| view(state, theme, frame))?;
            pace.drawn();
        }
        Ok(())
    }

    /// What of the screen a tick of the clock can change.
    fn showing(&self) -> (bool, String, u64) {
        (self.state.notice.is_some(), self.state.rate.bars(12), self.state.rate.per_second().to_bits())
    }

    /// Lets a program have the terminal until it ends. Captures go on arriving; what they change is drawn afterwards.
    async fn hand_over(
        &mut self,
        outside: Outside,
        signals: &mut (impl Stream<Item = Signal> + Unpin),
    ) -> io::Result<Option<End>> {
        self.surface.lend();
        let mut end = None;
        let mut status = None;
        let said = match outside.start() {
            Err(why) => Some(Err(why)),
            Ok(mut child) => loop {
                tokio::select! {
                    signal = signals.next() => match signal {
                        // It shares our terminal and our job, so whatever stops it stops us.
                        Some(Signal::Suspend) => self.surface.suspend(Stop::Process)?,
                        Some(Signal::Continue) => {}
                        Some(Signal::Quit(number)) => {
                            external::end(&child);
                            end = Some(End::Signal(number));
                            break None;
                        }
                        None => {
                            end = Some(End::Gone);
                            break None;
                        }
                    },
                    ended = child.wait() => {
                        if outside.back() == Back::Nothing {
                            break outside.ended(ended);
                        }
                        status = Some(ended);
                        break None;
                    }
                }
            },
        };
        if end.is_none() {
            self.surface.take_back()?;
            inspector::forget_pixels(&mut self.state.inspector);
        }
        let back = outside.back();
        if back != Back::Nothing && end.is_none() {
            let came = match (status, &said) {
                (Some(status), _) => {
                    let left = tokio::task::spawn_blocking(move || outside.left(status)).await;
                    left.map_err(|error| error.to_string())
                }
                (None, Some(Err(why))) => Err(why.clone()),
                (None, _) => Err("the editor was not started".to_owned()),
            };
            let came = came.unwrap_or_else(|why| CameBack { text: None, failed: Some(why) });
            let effects = update(&mut self.state, Message::CameBack(back, came));
            return self.carry_out(effects);
        }
        match said {
            None => {}
            Some(Ok(words)) => self.state.tell(Tone::Plain, words),
            Some(Err(why)) => self.state.tell(Tone::Bad, why),
        }
        Ok(end)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> io::Result<Option<End>> {
        for effect in effects {
            match self.performer.perform(effect) {
                None => {}
                Some(Own::Quit) => return Ok(Some(End::Quit)),
                Some(Own::Redraw) => {
                    inspector::forget_pixels(&mut self.state.inspector);
                    self.surface.repaint()?;
                }
                Some(Own::HandOver(outside)) => self.outside = Some(outside),
                Some(Own::Suspend) => self.surface.suspend(Stop::Job)?,
                Some(Own::Theme(name)) => match Theme::named(&name, self.themes.folder.as_deref(), self.themes.depth) {
                    Ok((theme, warnings)) => {
                        self.theme = theme;
                        if let Some(warning) = warnings.first() {
                            self.state.tell(Tone::Plain, warning.as_str());
                        }
                    }
                    Err(error) => self.state.tell(Tone::Bad, error.to_string()),
                },
            }
        }
        Ok(None)
    }
}

/// A time that does not come.
fn far() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

/// When to look at the store and when to draw.
#[derive(Debug)]
struct Pace {
    sync_wanted: bool,
    frame_wanted: bool,
    next_sync: Instant,
    next_frame: Instant,
}

impl Pace {
    fn new() -> Self {
        let now = Instant::now();
        Self { sync_wanted: true, frame_wanted: true, next_sync: now, next_frame: now }
    }

    fn due(&self) -> Option<Instant> {
        let sync = self.sync_wanted.then_some(self.next_sync);
        let frame = self.frame_wanted.then_some(self.next_frame);
        sync.into_iter().chain(frame).min()
    }

    fn want_frame(&mut self) {
        self.frame_wanted = true;
    }

    fn want_frame_now(&mut self) {
        self.frame_wanted = true;
        self.next_frame = self.next_frame.min(Instant::now());
    }

    fn sync_is_due(&self) -> bool {
        self.sync_wanted && Instant::now() >= self.next_sync
    }

    fn synced(&mut self) {
        self.sync_wanted = false;
        self.next_sync = Instant::now() + SYNCS;
    }

    fn frame_is_due(&self) -> bool {
        self.frame_wanted && Instant::now() >= self.next_frame
    }

    fn drawn(&mut self) {
        self.frame_wanted = false;
        self.next_frame = Instant::now() + FRAME;
    }
}
