//! The interface without its loop: messages in, effects carried out at once, and the screen that results. Everything is
//! deterministic, times and durations included.

#![allow(dead_code, reason = "several test programs share this file, and none of them uses all of it")]

use std::{sync::Arc, time::Duration};

use creel::{
    decode::{self, Cancelled},
    model::{AttemptId, Body, BodyEnd, BodySent, Capture, Digest, Ledger, Outcome, Seq, Timings},
    query::Gathering,
    replay::{Framing, Target},
    store::{Limits, Store},
    tui::{
        chord::Chord,
        effect::Effect,
        keymap::Keymap,
        looking::{Ask, look},
        message::{Matched, Message},
        panes::inspector::compare,
        state::{Session, State},
        theme::{self, Depth, Theme},
        update::{settle, update},
        view::view,
    },
};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

use super::inbox::Kept;

/// See the head of this file.
pub struct Stage {
    pub state: State,
    pub store: Store,
    /// Effects that reach outside, in the order they were asked for.
    pub asked: Vec<Effect>,
    pub theme: Theme,
    /// What the inbox was asked last.
    pub looking: Option<Box<Ask>>,
    inbox: Option<Kept>,
}

/// A session with one target, in UTC.
pub fn session(targets: &[&str]) -> Session {
    Session {
        url: "http://127.0.0.1:4600".to_owned(),
        files: None,
        forward: None,
        targets: targets.iter().map(|target| Target::parse(target).unwrap()).collect(),
        insecure: false,
        framing: Framing::default(),
        themes: theme::names(None),
        theme: "dark".to_owned(),
        zone: TimeZone::UTC,
        keymap: Keymap::default(),
        redaction: creel::export::redact::Redaction::default(),
        ignored: creel::diff::Ignored::usual(),
        warnings: Vec::new(),
    }
}

pub fn theme(name: &str) -> Theme {
    let depth = if name == "mono" { Depth::Mono } else { Depth::True };
    Theme::named(name, None, depth).unwrap().0
}

impl Stage {
    pub fn new(width: u16, height: u16) -> Self {
        Self::with(session(&["http://localhost:3000/webhooks"]), (width, height))
    }

    pub fn with(session: Session, size: (u16, u16)) -> Self {
        let now: Timestamp = "2026-01-31T09:27:01Z".parse().unwrap();
        let mut state = State::new(session, now, size);
        let effects = settle(&mut state);
        assert!(effects.is_empty());
        Self {
            state,
            store: Store::new(Limits::default()),
            asked: Vec::new(),
            theme: theme("dark"),
            looking: None,
            inbox: None,
        }
    }

    /// An inbox has these captures, and the ring so many of them.
    pub fn resume(&mut self, captures: impl IntoIterator<Item = Capture>, ring: usize) -> &mut Self {
        let kept = Kept::with(captures);
        self.store = kept.loaded(ring);
        self.inbox = Some(kept);
        self.sync()
    }

    /// The inbox says what it was asked.
    pub fn look(&mut self) -> &mut Self {
        let ask = self.looking.take().unwrap();
        let mut told = Vec::new();
        look(&self.store, &ask, &Cancelled::default(), |looked| {
            told.push(looked);
            true
        });
        for looked in told {
            self.tell(Message::Looked(Box::new(looked)));
        }
        self
    }

    pub fn themed(mut self, name: &str) -> Self {
        self.theme = theme(name);
        self
    }

    pub fn tell(&mut self, message: Message) -> &mut Self {
        for effect in update(&mut self.state, message) {
            self.carry_out(effect);
        }
        self
    }

    fn carry_out(&mut self, effect: Effect) {
        let never = Cancelled::default();
        match effect {
            Effect::Match { generation, query, among, anew } => {
                let results =
                    among.iter().map(|(capture, facts)| (capture.seq, query.matches(capture, facts))).collect();
                self.tell(Message::Matched(Matched { generation, results, left: anew.then_some(0) }));
            }
            Effect::Gather(wanted, among) => {
                let mut gathering = Gathering::new(wanted);
                for (capture, facts) in among {
                    gathering.add(&capture, &facts);
                }
                self.tell(Message::Gathered(gathering.seen()));
            }
            Effect::Trace(captures) => {
                let key = |capture: &Arc<Capture>| Some((capture.seq, creel::provider::deliveries::key(capture)?));
                self.tell(Message::Traced(captures.iter().filter_map(key).collect()));
            }
            Effect::Tries(seq, seqs, here) => {
                let tries = creel::tui::tries::look(&self.store, &seqs, &here);
                self.tell(Message::Tried(seq, tries));
            }
            Effect::Look(ask) => self.looking = Some(ask),
            Effect::StopLooking => self.looking = None,
            Effect::Decode { key, subject, view, wrapping } => {
                let document = Arc::new(decode::decode(&subject, view, &never).unwrap());
                let rows = document.wrap(&wrapping, &never).unwrap();
                self.tell(Message::Decoded(key, Ok((document, rows))));
            }
            Effect::Mask(capture, redaction) => {
                let masked = redaction.apply(&capture).map_err(|error| error.to_string());
                self.tell(Message::Masked(capture.seq, masked));
            }
            Effect::Wrap(key, document, wrapping) => {
                let rows = document.wrap(&wrapping, &never).unwrap();
                self.tell(Message::Wrapped(key, rows));
            }
            Effect::Search(key, document, pattern) => {
                let found = document.find(&pattern, &never).unwrap();
                self.tell(Message::Searched(key, pattern.needle().clone(), found));
            }
            Effect::Differ(wanted) => {
                self.tell(creel::tui::comparing::compare(&wanted, &never).unwrap());
            }
            Effect::Compare(key, document, before) => {
                let found = compare(&document, &before, &never).unwrap();
                self.tell(Message::Compared(key, before.seq, found));
            }
            Effect::Apply { key, generation, document, expression, wrapping } => {
                let limits = creel::decode::jq::Limits { time: Duration::from_secs(300), ..Default::default() };
                let result = decode::apply(&document, &expression, &limits, &never).unwrap().map(|results| {
                    let rows = results.wrap(&wrapping, &never).unwrap();
                    (Arc::new(results), rows)
                });
                self.tell(Message::Applied(key, generation, result));
            }
            Effect::StopApplying => {}
            Effect::Pin(seq, true) => {
                if let Err(why) = self.store.pin(seq) {
                    self.tell(Message::NotPinned(seq, why.to_string()));
                }
            }
            Effect::Pin(seq, false) => self.store.unpin(seq),
            Effect::Delete(seq) => self.store.remove(seq),
            Effect::Clear => self.store.clear(),
            Effect::Theme(name) => self.theme = theme(&name),
            other => self.asked.push(other),
        }
    }

    /// A capture arrives.
    pub fn receive(&mut self, capture: Capture) -> &mut Self {
        self.store.push(capture);
        self.sync()
    }

    /// The interface looks at the store.
    pub fn sync(&mut self) -> &mut Self {
        let (seq, rejections) = self.state.captures.cursor();
        let older = self.store.older_than(self.state.captures.oldest());
        let mut changes = self.store.changes_since(seq, rejections);
        changes.older = older;
        self.tell(Message::Changed(Box::new(changes)))
    }

    /// Keys by name, parted by blanks; `"text"` is typed as it stands, without blanks in it.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ').filter(|key| !key.is_empty()) {
            match key.strip_prefix('"').and_then(|key| key.strip_suffix('"')) {
                Some(text) => {
                    for char in text.chars() {
                        let char = if char == '_' { ' ' } else { char };
                        self.tell(Message::Key(Chord {
                            code: crossterm::event::KeyCode::Char(char),
                            modifiers: crossterm::event::KeyModifiers::empty(),
                        }));
                    }
                }
                None => _ = self.tell(Message::Key(key.parse::<Chord>().unwrap())),
            }
        }
        self
    }

    /// An attempt ends; the whole body was sent, where there is an answer.
    pub fn outcome(&mut self, attempt: u64, millis: u64, outcome: Outcome) -> &mut Self {
        let id = AttemptId(attempt);
        let plan = self.asked.iter().find_map(|effect| match effect {
            Effect::Replay(other, plan) if *other == id => Some(plan),
            _ => None,
        });
        let ledger = plan.filter(|_| matches!(outcome, Outcome::Replied(_))).map(|plan| {
            let body = Body::of(plan.body().clone(), None, 0, BodyEnd::Complete);
            let digest = Digest { size: body.len() as u64, sha256: *body.sha256().unwrap() };
            let body = Some(BodySent { captured: digest, sent: digest, because: None });
            Box::new((Ledger { body, ..plan.ledger().clone() }, Timings::default()))
        });
        self.tell(Message::Attempted(id, Duration::from_millis(millis), outcome, ledger))
    }

    pub fn tick(&mut self) -> &mut Self {
        let now = self.state.now + jiff::SignedDuration::from_secs(1);
        self.tell(Message::Tick(now))
    }

    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.tell(Message::Resized(width, height))
    }

    /// The screen now. Drawing is pure: drawn twice it is the same.
    pub fn buffer(&self) -> Buffer {
        let draw = || {
            let area = self.state.area;
            let mut terminal = Terminal::new(TestBackend::new(area.width, area.height)).unwrap();
            terminal.draw(|frame| view(&self.state, &self.theme, frame)).unwrap();
            terminal.backend().buffer().clone()
        };
        let first = draw();
        assert_eq!(first, draw(), "drawing changed something");
        first
    }

    /// The characters of the screen.
    pub fn screen(&self) -> String {
        super::screen::text(&self.buffer())
    }

    /// The numbers of the rows in the list.
    pub fn listed(&self) -> Vec<u64> {
        self.state.requests.list.rows().iter().map(|seq| seq.0).collect()
    }

    pub fn selected(&self) -> Option<u64> {
        self.state.requests.list.selected().map(|Seq(seq)| seq)
    }
}
