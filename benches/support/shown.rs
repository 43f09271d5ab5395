//! The interface as the program runs it, on a terminal that nobody looks at.

#![allow(dead_code, reason = "several benchmarks share this file, and none of them uses all of it")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use creel::{
    replay::{Client, Settings},
    store::Store,
    tui::{
        clipboard::Clipboard,
        keymap::Keymap,
        perform::Performer,
        runtime::{Runtime, Themes},
        state::{Session, State},
        theme::{self, Depth, Theme},
    },
};
use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::mpsc;

use crate::blind::Blind;

/// A session without a target, in the dark theme.
pub fn session() -> Session {
    Session {
        forward: None,
        url: "http://127.0.0.1:4600".to_owned(),
        files: None,
        targets: Vec::new(),
        insecure: false,
        framing: creel::replay::Framing::default(),
        themes: theme::names(None),
        theme: "dark".to_owned(),
        zone: TimeZone::UTC,
        keymap: Keymap::default(),
        redaction: creel::export::redact::Redaction::default(),
        ignored: creel::diff::Ignored::usual(),
        warnings: Vec::new(),
    }
}

/// The dark theme in all its colours.
pub fn dark() -> Theme {
    Theme::named("dark", None, Depth::True).unwrap().0
}

/// The loop of the interface over a store.
pub fn runtime(store: Store, screen: Blind) -> Runtime<Blind> {
    let (results, messages) = mpsc::channel(256);
    let client = Client::new(Settings::default()).unwrap();
    let size = screen.size();
    Runtime {
        state: State::new(session(), Timestamp::now(), size),
        surface: screen,
        theme: dark(),
        themes: Themes { folder: None, depth: Depth::True },
        performer: Performer::new(store.clone(), client, Clipboard::new(&|_| None), results),
        store,
        messages,
        clock: Timestamp::now,
        outside: None,
    }
}
