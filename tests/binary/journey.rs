//! The main job in a real terminal, from the first screen to the shell that is as it was.

use std::{io::Write, time::Instant};

use rstest::rstest;
use rustix::process::Signal;

use crate::{
    program::interface,
    pty::Pty,
    wire::{Handler, connect, headers, parted, request, send},
};

const CREATED: &str =
    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}";

fn order() -> Vec<u8> {
    request(
        "POST /orders?shop=1 HTTP/1.1\r\nHost: example.net\r\nX-Shop-Topic: orders/paid\r\nConnection: close",
        r#"{"order": 1.50}"#,
    )
}

/// A request comes, is shown, and is replayed by a key.
fn journey() -> Pty {
    let handler = Handler::answering(CREATED);
    let (mut pty, port) = interface(&["--target", &format!("{}/hooks", handler.url)], 140, 40);
    pty.wait_for("Waiting for the first request.");
    pty.wait_for(&format!("curl -d '{{\"hello\":\"creel\"}}' http://127.0.0.1:{port}/try"));
    assert!(send(port, &order()).starts_with("HTTP/1.1 200 OK\r\n"));
    pty.wait_for("1 caught");
    pty.wait_until("the request in the list", |screen| {
        screen.contents().lines().any(|line| line.contains("POST") && line.contains("/orders?shop=1"))
    });
    pty.wait_for("\"order\": 1.50");
    pty.keys("r");
    let sent = handler.request();
    let (head, body) = parted(&sent).unwrap();
    assert!(head.starts_with(b"POST /hooks/orders?shop=1 HTTP/1.1\r\n"), "{}", head.escape_ascii());
    assert!(headers(head).contains(&("X-Shop-Topic".to_owned(), "orders/paid".to_owned())));
    assert_eq!(body, br#"{"order": 1.50}"#);
    pty.wait_for("201 Created");
    assert!(handler.is_idle(), "one key is one attempt");
    pty
}

#[test]
fn the_main_job_is_done_and_the_terminal_is_as_it_was() {
    let mut pty = journey();
    pty.look(|screen| {
        assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
        assert_ne!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    });
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
    assert_eq!(pty.screen().trim(), "", "nothing of creel is left on the user's screen");
}

#[rstest]
#[case(Signal::TERM, 143)]
#[case(Signal::INT, 130)]
#[case(Signal::HUP, 129)]
fn a_signal_ends_the_main_job_and_the_terminal_is_as_it_was(#[case] signal: Signal, #[case] code: u32) {
    let mut pty = journey();
    pty.signal(signal);
    assert_eq!(pty.exit_code(), code);
    pty.assert_given_back();
}

#[test]
fn a_sender_that_stalls_does_not_hold_up_the_end() {
    let (mut pty, port) = interface(&[], 80, 24);
    let mut stalled = connect(port);
    stalled
        .write_all(b"POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
        .unwrap();
    // The interim answer says that the body is being waited for, which would go on for half a minute.
    let mut interim = [0; 25];
    std::io::Read::read_exact(&mut stalled, &mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stalled.write_all(b"half").unwrap();
    let begun = Instant::now();
    pty.signal(Signal::TERM);
    assert_eq!(pty.exit_code(), 143);
    // Two seconds are promised; what is told apart here is that promise and the half minute of the body.
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
    pty.assert_given_back();
}

#[test]
fn a_tiny_terminal_and_a_storm_of_sizes_are_survived() {
    let (mut pty, port) = interface(&[], 140, 40);
    send(port, &order());
    pty.wait_for("1 caught");
    // Every size on the way, more of them than are drawn, with keys in between and captures below.
    for round in 0..60_u16 {
        let (columns, rows) = match round % 6 {
            0 => (1, 1),
            1 => (500, 3),
            2 => (3, 200),
            3 => (40 + round, 10 + round / 4),
            4 => (0, 0),
            _ => (99 + round % 3, 24),
        };
        pty.resize(columns, rows);
        pty.keys(if round % 2 == 0 { "<Tab>" } else { "j" });
        if round % 10 == 0 {
            send(port, &order());
        }
    }
    pty.resize(30, 5);
    pty.wait_for("needs");
    pty.resize(140, 40);
    pty.wait_until("the whole interface again", |screen| {
        let text = screen.contents();
        text.contains("7 caught") && text.contains("╭ Requests") && text.contains("╭ Replays of #")
    });
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
}
