//! A defect of creel itself, with everything else as it is in the program: listener, store, the interface's loop and a
//! real terminal.
//!
//! There is nothing in the program that panics when asked, so the program here is this file: a test starts it again in a
//! terminal, with [`program`] as the only test and a variable that makes it act.

use std::{
    error::Error,
    io,
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use creel::{
    capture::{ListenSettings, Listener},
    process::{Signals, Stop},
    replay::{Client, Framing, Settings},
    store::{Limits, Store},
    tui::{
        clipboard::Clipboard,
        keymap::Keymap,
        panic::{install_hook, interface},
        perform::Performer,
        reader::Reader,
        runtime::{End, Runtime, Surface, Themes},
        state::{Session, State},
        terminal::{self, Options, Screen},
        theme::{self, Depth, Theme},
    },
};
use crossterm::event::{Event, KeyCode};
use futures_util::stream::unfold;
use jiff::{Timestamp, tz::TimeZone};
use portable_pty::CommandBuilder;
use ratatui::Frame;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{captures::hostile, program, pty::Pty, wire::send};

/// Makes [`program`] act.
const ACT: &str = "TEST_ACT";

#[test]
#[ignore = "the program that the other tests run in a terminal"]
fn program() {
    if std::env::var_os(ACT).is_some() {
        let code = act().unwrap_or_else(|error| {
            eprintln!("{error}");
            70
        });
        std::process::exit(code);
    }
}

/// What is broken by the keys P and W, which mean nothing to creel.
#[derive(Clone, Default)]
struct Broken {
    drawing: Arc<AtomicBool>,
}

impl Broken {
    /// Looks at an event before the interface gets it.
    async fn by(&self, event: &Event) {
        let Event::Key(key) = event else { return };
        match key.code {
            KeyCode::Char('P') => self.drawing.store(true, Ordering::SeqCst),
            KeyCode::Char('W') => {
                let worker = tokio::spawn(async { panic!("a worker's \x1b[31m defect") });
                assert!(worker.await.unwrap_err().is_panic());
            }
            _ => {}
        }
    }
}

/// The screen, until drawing is broken.
struct Breaking(Screen, Broken);

impl Surface for Breaking {
    fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        Surface::draw(&mut self.0, |frame| {
            draw(frame);
            assert!(!self.1.drawing.load(Ordering::SeqCst), "quoting \x1b[31m\u{202e} from outside");
        })
    }

    fn repaint(&mut self) -> io::Result<()> {
        Surface::repaint(&mut self.0)
    }

    fn suspend(&mut self, whom: Stop) -> io::Result<()> {
        Surface::suspend(&mut self.0, whom)
    }

    fn resume(&mut self) -> io::Result<()> {
        Surface::resume(&mut self.0)
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn act() -> Result<i32, Box<dyn Error>> {
    install_hook();
    let signals = Signals::start(Some(io::stdin().as_fd().try_clone_to_owned()?), terminal::give_back)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let task = runtime.spawn(interface(whole(signals)));
    let code = match runtime.block_on(task) {
        Ok(End::Quit) => 0,
        Ok(end) => return Err(format!("{end:?}").into()),
        Err(_) => 101,
    };
    runtime.shutdown_background();
    Ok(code)
}

async fn whole(signals: Signals) -> End {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let url = format!("http://{}", listener.local_addr());
    let store = Store::new(Limits::default());
    store.push(hostile());
    tokio::spawn(listener.serve(store.clone(), ListenSettings::default(), CancellationToken::new()));
    let (sender, messages) = mpsc::channel(64);
    let screen = Screen::enter(Options::new(true, &environment)).unwrap();
    let size = screen.size().unwrap();
    let session = Session {
        forward: None,
        url,
        files: None,
        targets: Vec::new(),
        insecure: false,
        framing: Framing::default(),
        themes: theme::names(None),
        theme: "dark".to_owned(),
        zone: TimeZone::UTC,
        keymap: Keymap::default(),
        redaction: creel::export::redact::Redaction::default(),
        ignored: creel::diff::Ignored::usual(),
        warnings: Vec::new(),
    };
    let broken = Broken::default();
    let runtime = Runtime {
        state: State::new(session, Timestamp::now(), (size.width, size.height)),
        surface: Breaking(screen, broken.clone()),
        theme: Theme::named("dark", None, Depth::Ansi256).unwrap().0,
        themes: Themes { folder: None, depth: Depth::Ansi256 },
        performer: Performer::new(
            store.clone(),
            Client::new(Settings::default()).unwrap(),
            Clipboard::new(&environment),
            sender,
        ),
        store,
        messages,
        clock: Timestamp::now,
        outside: None,
    };
    let input = unfold((Reader::start().unwrap(), broken), |(mut reader, broken)| async move {
        let event = reader.next().await?;
        broken.by(&event).await;
        Some((event, (reader, broken)))
    });
    let signals = unfold(signals, |mut signals| async move { Some((signals.next().await, signals)) });
    runtime.run(input, signals).await.unwrap()
}

/// The program of this file, started, and its port.
pub fn running() -> (Pty, u16) {
    let mut command: CommandBuilder = crate::pty::command(std::env::current_exe().unwrap());
    command.args(["--exact", "panics::program", "--ignored", "--nocapture"]);
    command.env(ACT, "1");
    program::started(command, 140, 40)
}

fn position(raw: &[u8], text: &[u8]) -> Option<usize> {
    raw.windows(text.len()).rposition(|window| window == text)
}

#[test]
fn a_defect_of_the_interface_gives_the_terminal_back_and_then_says_what_it_was() {
    let (mut pty, _) = running();
    pty.keys("P");
    assert_eq!(pty.exit_code(), 101);
    pty.assert_given_back();
    let raw = pty.raw();
    let left = position(&raw, b"\x1b[?1049l").unwrap();
    assert!(position(&raw, b"creel ended because of a defect").unwrap() > left, "the message comes after");
    assert!(pty.screen().contains("quoting ^[[31m<U+202E> from outside"), "{}", pty.screen());
    assert_eq!(position(&raw, b"quoting \x1b"), None);
}

#[test]
fn a_defect_of_a_worker_leaves_the_interface_working() {
    let (mut pty, port) = running();
    pty.keys("W");
    pty.keys(":");
    pty.wait_for("╭ Commands");
    pty.keys("<Esc>");
    assert!(send(port, b"GET /after HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200"));
    pty.wait_for("/after");
    pty.wait_for("2 caught");
    assert_eq!(position(&pty.raw(), b"defect"), None, "nothing is written over the interface");
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
}
