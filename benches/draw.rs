//! What a frame costs, and what the interface does for captures that arrive: `cargo bench --bench draw`.
//!
//! 10,000 captures are held, each a push of 7 KB in its own memory, the ring is full, and the screen is drawn through the
//! backend of a real terminal whose bytes are counted and lost. `update` is what comes before a frame: taking in what
//! arrived, recognising what is in sight, and laying out the body that is shown.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

#[path = "support/blind.rs"]
mod blind;
#[path = "support/shown.rs"]
mod shown;

use std::{
    cell::{Cell, RefCell},
    fmt::Write as _,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use blind::Blind;
use bytes::Bytes;
use creel::{
    decode::{Cancelled, decode},
    model::{Answer, Body, Capture, CaptureId, Fidelity, Head, Seq, Timing, Version, Wire},
    store::{Changes, Limits, Store},
    tui::{
        chord::Chord,
        effect::Effect,
        message::{Matched, Message},
        runtime::Surface,
        state::State,
        theme::Theme,
        update::update,
        view::view,
    },
};
use divan::{Bencher, counter::ItemsCount};
use jiff::Timestamp;

const HELD: u64 = 10_000;
/// How many captures arrive between two looks at the store when 15,000 arrive each second.
const SYNC: u64 = 500;
/// A screen of the usual size, and one that fills a large display.
const SIZES: [(u16, u16); 2] = [(140, 40), (300, 80)];

fn main() {
    for size in SIZES {
        bytes_written(size);
    }
    divan::main();
}

fn capture(number: u64, body: Bytes) -> Capture {
    let headers: [(&[u8], &[u8]); 5] = [
        (b"Host", b"hooks.example"),
        (b"User-Agent", b"GitHub-Hookshot/044aadd"),
        (b"Content-Type", b"application/json"),
        (b"X-GitHub-Event", if number.is_multiple_of(3) { b"push" } else { b"pull_request" }),
        (b"X-GitHub-Delivery", b"72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ];
    let target = format!("/github/{}", number % 7);
    Capture {
        id: CaptureId::fixed(number.into()),
        seq: Seq(0),
        received_at: Timestamp::from_millisecond(1_769_851_613_589 + i64::try_from(number).unwrap()).unwrap(),
        remote: Some(([127, 0, 0, 1], 53_012).into()),
        head: Head::from_parts(b"POST", target.as_bytes(), Version::Http11, headers, Fidelity::Exact),
        body: Body::complete(body),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::answered(Duration::from_micros(number)),
        wire: Wire::default(),
        origin: None,
    }
}

/// JSON of about that size.
fn json(number: u64, size: usize) -> Bytes {
    let mut body = format!(r#"{{"ref":"refs/heads/main","before":"{number:040x}","commits":["#);
    while body.len() < size {
        let _ = write!(
            body,
            r#"{{"id":"{number:032x}","distinct":true,"message":"Update README.md","url":"https://github.com/octo/hello-world/commit/{number:x}","author":{{"name":"Codertocat","email":"21031067+Codertocat@users.noreply.github.com"}},"size":1.5,"removed":null}},"#
        );
    }
    body.push_str("0]}");
    Bytes::from(body)
}

fn key(name: &str) -> Message {
    Message::Key(name.parse::<Chord>().unwrap())
}

/// The interface without its loop, and the store that it looks at.
struct Interface {
    state: State,
    theme: Theme,
    store: Store,
    screen: Blind,
    next: u64,
}

impl Interface {
    /// With a full ring.
    fn full(size: (u16, u16)) -> Self {
        let state = State::new(shown::session(), Timestamp::UNIX_EPOCH, size);
        let store = Store::new(Limits { count: HELD as usize, bytes: 1 << 30, ..Limits::default() });
        let screen = Blind::new(size.0, size.1);
        let mut interface = Self { state, theme: shown::dark(), store, screen, next: 0 };
        interface.arrive(HELD);
        interface.look();
        interface.draw();
        interface
    }

    fn arrive(&mut self, count: u64) {
        for _ in 0..count {
            self.next += 1;
            self.store.push(capture(self.next, json(self.next, 7_000)));
        }
    }

    fn changes(&self) -> Box<Changes> {
        let (seq, rejections) = self.state.captures.cursor();
        Box::new(self.store.changes_since(seq, rejections))
    }

    fn look(&mut self) {
        let changes = self.changes();
        self.tell(Message::Changed(changes));
    }

    /// Takes a message in, and does at once what it asks for.
    fn tell(&mut self, message: Message) {
        for effect in update(&mut self.state, message) {
            let never = Cancelled::default();
            let result = match effect {
                Effect::Decode { key, subject, view, wrapping } => {
                    let document = Arc::new(decode(&subject, view, &never).unwrap());
                    let rows = document.wrap(&wrapping, &never).unwrap();
                    Message::Decoded(key, Ok((document, rows)))
                }
                Effect::Match { generation, query, among, anew } => {
                    let results = among.iter().map(|(capture, facts)| (capture.seq, query.matches(capture, facts)));
                    let results = results.collect();
                    Message::Matched(Matched { generation, results, left: anew.then_some(0) })
                }
                _ => continue,
            };
            self.tell(result);
        }
    }

    fn draw(&mut self) {
        let Self { state, theme, screen, .. } = self;
        screen.draw(|frame| view(state, theme, frame)).unwrap();
    }

    fn filter(&mut self, text: &str) {
        self.tell(key("/"));
        self.tell(Message::Paste(text.to_owned()));
        self.tell(key("enter"));
    }

    /// A body of 10 MiB arrives, is opened and scrolled into.
    fn open_large(&mut self) {
        self.next += 1;
        self.store.push(capture(self.next, json(self.next, 10 << 20)));
        self.look();
        self.tell(key("enter"));
        (0..40).for_each(|_| self.tell(key("pagedown")));
        self.draw();
    }
}

/// Says how many bytes a frame sends to the terminal, case by case.
fn bytes_written(size: (u16, u16)) {
    let mut interface = Interface::full(size);
    let drawn = interface.screen.drawn();
    let mut written = |case: &str, change: &mut dyn FnMut(&mut Interface)| {
        let frames = 20;
        let before = drawn.bytes.load(Relaxed);
        for _ in 0..frames {
            change(&mut interface);
            interface.draw();
        }
        let each = (drawn.bytes.load(Relaxed) - before) / frames;
        println!("{:>3}×{:<3} {each:>7} bytes a frame: {case}", size.0, size.1);
    };
    written("nothing has changed", &mut |_| {});
    written("500 captures have arrived", &mut |interface| {
        interface.arrive(SYNC);
        interface.look();
    });
    written("every cell anew", &mut |interface| interface.screen.repaint().unwrap());
    let mut opened = false;
    written("a page further in 10 MiB of JSON", &mut |interface| {
        if !std::mem::replace(&mut opened, true) {
            interface.open_large();
        }
        interface.tell(key("pagedown"));
    });
}

#[divan::bench(args = SIZES)]
fn frame_in_which_nothing_has_changed(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let mut interface = Interface::full(size);
    bencher.bench_local(|| interface.draw());
}

/// The list moves on, and another body is shown.
#[divan::bench(args = SIZES)]
fn frame_after_500_captures(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let interface = RefCell::new(Interface::full(size));
    bencher
        .with_inputs(|| {
            let mut interface = interface.borrow_mut();
            interface.arrive(SYNC);
            interface.look();
        })
        .bench_local_values(|()| interface.borrow_mut().draw());
}

#[divan::bench(args = SIZES)]
fn frame_of_every_cell(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let interface = RefCell::new(Interface::full(size));
    bencher
        .with_inputs(|| interface.borrow_mut().screen.repaint().unwrap())
        .bench_local_values(|()| interface.borrow_mut().draw());
}

/// A page further each time, and back to the top at the end.
#[divan::bench(args = SIZES)]
fn frame_in_a_body_of_10_mib(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let interface = RefCell::new(Interface::full(size));
    interface.borrow_mut().open_large();
    bencher
        .with_inputs(|| interface.borrow_mut().tell(key("pagedown")))
        .bench_local_values(|()| interface.borrow_mut().draw());
}

/// What a key does before its frame is drawn, with a body of 10 MiB shown.
#[divan::bench]
fn update_by_a_key_in_a_body_of_10_mib(bencher: Bencher<'_, '_>) {
    let mut interface = Interface::full((140, 40));
    interface.open_large();
    bencher.bench_local(|| interface.tell(key("j")));
}

/// The next capture in the list is selected: its body is decoded and laid out.
#[divan::bench]
fn update_by_a_step_in_the_list(bencher: Bencher<'_, '_>) {
    let mut interface = Interface::full((140, 40));
    interface.tell(key("k"));
    let up = Cell::new(false);
    bencher.bench_local(|| interface.tell(key(if up.replace(!up.get()) { "j" } else { "k" })));
}

/// What the store tells is taken in; what it has let go is freed here, too.
#[divan::bench(args = [None, Some("event:push"), Some("nothing to see")])]
fn update_by_500_captures(bencher: Bencher<'_, '_>, filter: Option<&str>) {
    let mut interface = Interface::full((140, 40));
    if let Some(text) = filter {
        interface.filter(text);
    }
    let interface = RefCell::new(interface);
    bencher
        .counter(ItemsCount::new(SYNC))
        .with_inputs(|| {
            let mut interface = interface.borrow_mut();
            interface.arrive(SYNC);
            interface.changes()
        })
        .bench_local_values(|changes| update(&mut interface.borrow_mut().state, Message::Changed(changes)).len());
}

/// What the loop does with what a filter found among them.
#[divan::bench]
fn update_by_500_results_of_a_filter(bencher: Bencher<'_, '_>) {
    let mut interface = Interface::full((140, 40));
    interface.filter("event:push");
    let interface = RefCell::new(interface);
    bencher
        .counter(ItemsCount::new(SYNC))
        .with_inputs(|| {
            let interface = &mut *interface.borrow_mut();
            interface.arrive(SYNC);
            let changes = interface.changes();
            let effects = update(&mut interface.state, Message::Changed(changes));
            effects.into_iter().find_map(|effect| match effect {
                Effect::Match { generation, query, among, .. } => {
                    let results = among.iter().map(|(capture, facts)| (capture.seq, query.matches(capture, facts)));
                    Some(Message::Matched(Matched { generation, results: results.collect(), left: None }))
                }
                _ => None,
            })
        })
        .bench_local_values(|message| update(&mut interface.borrow_mut().state, message.unwrap()).len());
}

/// A new filter over all that is held, as the loop feels it: what is to be matched is put together.
#[divan::bench]
fn update_by_a_letter_in_the_filter(bencher: Bencher<'_, '_>) {
    let mut interface = Interface::full((140, 40));
    interface.tell(key("/"));
    let typed = Cell::new(false);
    bencher.bench_local(|| {
        let name = if typed.replace(!typed.get()) { "backspace" } else { "p" };
        update(&mut interface.state, key(name)).len()
    });
}
