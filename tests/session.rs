//! Scenarios as a user lives them, through the real loop: captures arrive, keys are pressed, and the screen says what
//! came of it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use creel::{process::Signal, store::Limits, tui::runtime::End};
use crossterm::event::Event;
use support::{
    captures::{capture, get_health, github_push, large, later, slack_command, stripe_invoice, truncated},
    driver::Driver,
    stage::session,
};

/// A handler that answers every request with these bytes, and says what it was sent.
fn handler(answer: &'static [u8]) -> (String, std::sync::mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            loop {
                let read = stream.read(&mut piece).unwrap();
                request.extend_from_slice(piece.get(..read).unwrap());
                if read == 0 || is_whole(&request) {
                    break;
                }
            }
            stream.write_all(answer).unwrap();
            let _ = sender.send(request);
        }
    });
    (url, requests)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
    body.len() >= length.map_or(0, |length| length.trim().parse().unwrap())
}

#[test]
fn a_capture_is_seen_filtered_opened_and_replayed() {
    let (url, requests) = handler(b"HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\n{\"ok\":1}\n");
    let driver = Driver::with_target(&format!("{url}/hooks"))
        .receive(get_health())
        .receive(github_push())
        .receive(stripe_invoice())
        .list(&["/health", "/github", "> /stripe"])
        .keys("/ \"method:POST_push\"")
        .list(&["> /github"])
        .wait_for("1 of 3")
        .keys("enter enter")
        .wait_for("\"refs/heads/main\"")
        .keys("r")
        .wait_for("201 Created")
        .keys("6")
        .wait_for("sent as captured, but for");
    let request = requests.recv().unwrap();
    let request = String::from_utf8(request).unwrap();
    assert!(request.starts_with("POST /hooks/github HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nX-GitHub-Event: push\r\n"), "case is kept: {request}");
    assert!(request.ends_with(std::str::from_utf8(github_push().body.first()).unwrap()));
    assert_eq!(driver.keys("q").end(), End::Quit);
}

#[test]
fn the_list_follows_until_the_user_moves_and_says_how_many_came() {
    Driver::new()
        .receive(github_push())
        .receive(stripe_invoice())
        .list(&["/github", "> /stripe"])
        .keys("k")
        .list(&["> /github", "/stripe"])
        .receive(slack_command())
        .receive(get_health())
        .list(&["> /github", "/stripe", "/slack", "/health"])
        .wait_for("2 new ↓ G")
        .keys("G")
        .list(&["/github", "/stripe", "/slack", "> /health"])
        .wait_for("● live")
        .keys("q")
        .end();
}

#[test]
fn what_is_read_stays_when_it_leaves_the_ring() {
    Driver::with(session(&[]), Limits { count: 3, ..Limits::default() }, (140, 40))
        .receive(github_push())
        .keys("enter")
        .receive(stripe_invoice())
        .receive(slack_command())
        .receive(get_health())
        .wait_for("has left the ring")
        .wait_for("\"refs/heads/main\"")
        .list(&["> /stripe", "/slack", "/health"])
        .keys("q")
        .end();
}

#[test]
fn a_pinned_capture_stays() {
    Driver::with(session(&[]), Limits { count: 3, ..Limits::default() }, (140, 40))
        .receive(github_push())
        .keys("m")
        .wait_for("#1 stays in the ring")
        .receive(stripe_invoice())
        .receive(slack_command())
        .receive(get_health())
        .list(&["/github", "/slack", "> /health"])
        .keys("q")
        .end();
}

#[test]
fn a_note_is_written_changed_found_and_taken_away() {
    Driver::new()
        .receive(github_push())
        .receive(stripe_invoice())
        .keys("k M \"the\" space \"first\" enter")
        .wait_for("#1 has a note")
        .wait_for("¶ the first")
        .keys("M space \"one\" enter")
        .wait_for("¶ the first one")
        .keys("/ \"note:one\" enter")
        .list(&["> /github"])
        .keys("F M down enter")
        .wait_for("#1 has no note any more")
        .keys("/ \"note:*\" enter")
        .list(&[])
        .keys("q")
        .end();
}

#[test]
fn a_filter_that_does_not_parse_keeps_the_last_good_list() {
    Driver::new()
        .receive(github_push())
        .receive(get_health())
        .keys("/ \"method:GET\"")
        .list(&["> /health"])
        .keys("\"_)\"")
        .wait_for("^ ")
        .list(&["> /health"])
        .keys("esc")
        .list(&["/github", "> /health"])
        .keys("q")
        .end();
}

#[test]
fn new_captures_are_filtered_alone() {
    Driver::new()
        .receive(github_push())
        .keys("/ \"path:/health\" enter")
        .wait_for("0 of 1")
        .receive(stripe_invoice())
        .receive(get_health())
        .list(&["> /health"])
        .wait_for("1 of 3")
        .keys("F")
        .list(&["/github", "/stripe", "> /health"])
        .keys("q")
        .end();
}

#[test]
fn without_a_target_the_key_asks_for_one_and_remembers_it() {
    let (url, requests) = handler(b"HTTP/1.1 204 No Content\r\n\r\n");
    let typed = format!("r \"{url}/in\" enter");
    Driver::new()
        .receive(stripe_invoice())
        .keys("r")
        .wait_for("Replay to")
        .keys("esc")
        .keys(&typed)
        .wait_for("204 No Content")
        .keys("r")
        .wait_until("two answers", |rows| rows.iter().filter(|row| row.contains("204 No Content")).count() == 2)
        .keys("q")
        .end();
    for _ in 0..2 {
        let request = String::from_utf8(requests.recv().unwrap()).unwrap();
        assert!(request.starts_with("POST /in/stripe?account=acct_1&mode=test HTTP/1.1\r\n"), "{request}");
    }
}

#[test]
fn a_replay_that_waits_is_cancelled_by_escape() {
    // Accepts and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Driver::with_target(&format!("http://{}", listener.local_addr().unwrap()))
        .receive(github_push())
        .keys("r r")
        .wait_for("2 under way")
        .keys("esc")
        .wait_for("cancelled")
        .wait_for("1 under way")
        .keys("esc")
        .wait_without("under way")
        .keys("q")
        .end();
}

#[test]
fn a_target_that_refuses_says_so_in_a_sentence() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    Driver::with_target(&format!("localhost:{port}"))
        .receive(github_push())
        .keys("r")
        .wait_for("connection refused: nothing listens on")
        .keys("q")
        .end();
}

#[test]
fn a_large_body_is_decoded_off_the_loop_and_searched() {
    let row = r#"{"id":12345,"name":"a name","tags":["one","two"]},"#;
    let body = format!("[{}{{\"last\":\"needle\"}}]", row.repeat(20_000));
    Driver::new()
        .receive(capture("POST", "/big", &[("Content-Type", "application/json")], body))
        .keys("enter")
        .wait_for("\"a name\"")
        .keys("/ \"needle\" enter")
        .wait_for("\"needle\"")
        .wait_for("1 of 1")
        .keys("g")
        .wait_for("0%")
        .keys("v")
        .wait_for("─ form ")
        .keys("q")
        .end();
}

#[test]
fn deleting_selects_the_neighbour_and_deleting_all_asks() {
    Driver::new()
        .receive(github_push())
        .receive(stripe_invoice())
        .receive(get_health())
        .keys("k D")
        .list(&["/github", "> /health"])
        .keys("^x")
        .wait_for("Delete every request")
        .keys("enter")
        .list(&["/github", "> /health"])
        .keys("^x down enter")
        .wait_for("everything has left the ring or was deleted")
        .keys("q")
        .end();
}

#[test]
fn a_theme_is_previewed_and_put_back() {
    let driver = Driver::new().receive(github_push()).keys("T").wait_for("Theme ─");
    let frames = driver.frames();
    driver
        .keys("down down")
        .wait_until("a preview", |_| true)
        .keys("esc")
        .wait_without("Theme ─")
        .wait_until("more frames", move |_| true)
        .keys("q")
        .end();
    assert!(frames > 0);
}

#[test]
fn every_command_can_be_called_by_name() {
    Driver::new()
        .receive(github_push())
        .keys(": \"tab-head\" enter")
        .wait_for("6 headers, as it came, byte for byte")
        .keys(": \"help\" enter")
        .wait_for("Everywhere")
        .keys("q")
        .wait_without("Everywhere")
        .keys("q")
        .end();
}

#[test]
fn resizing_is_followed_at_once() {
    let driver = Driver::new().receive(github_push()).wait_for("Replays of #1");
    driver.send(Event::Resize(80, 24));
    driver.wait_for("Requests › #1 › Replays").keys("enter").wait_for("#1 POST /github").keys("q").end();
}

#[test]
fn signals_end_the_loop() {
    assert_eq!(Driver::new().signal(Signal::Quit(15)).end(), End::Signal(15));
}

#[test]
fn a_view_that_cannot_show_the_body_does_not_stop_the_round_of_views() {
    // No JSON: a small one is passed over, a large one is shown otherwise and passed at the next key.
    let small = capture("POST", "/small", &[("Content-Type", "application/octet-stream")], &b"a\x00b"[..]);
    let large = capture("POST", "/large", &[("Content-Type", "text/plain")], "a=b ".repeat(40_000));
    let driver = Driver::new().receive(small).keys("enter").wait_for(" hex ╯");
    let driver = ["msgpack", "form", "text", "hex", "msgpack"]
        .into_iter()
        .fold(driver, |driver, view| driver.keys("v").wait_for(&format!(" {view} ╯")));
    let driver = driver.receive(large).keys("esc G enter").wait_for(" text ╯").keys("v").wait_for(" hex ╯");
    driver.keys("v").wait_for("not JSON").keys("v").wait_for(" form ╯").keys("v").wait_for(" text ╯").keys("q").end();
}

#[test]
fn a_body_on_the_disk_is_shown_as_far_as_is_read_and_searched() {
    // 34 MiB, of which 32 are read.
    Driver::new()
        .receive(large((34 << 20) / 32))
        .wait_for("PUT /large · 34 MiB text")
        .wait_for("the first 32 MiB of 34 MiB are shown")
        .keys("enter / \"1048575\" enter")
        .wait_for("1 of 1")
        .wait_for("line                    1048575")
        .keys("/ ctrl-u \"1048576\" enter")
        .wait_for("no match")
        .keys("y \"body\" enter")
        .wait_for("the body is 34 MiB, more than a clipboard takes")
        .keys("q")
        .end();
}

#[test]
fn a_body_that_is_not_whole_is_sent_after_a_question() {
    let (url, requests) = handler(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    Driver::with_target(&url)
        .receive(truncated())
        .keys("r")
        .wait_for("Send a body that is not whole?")
        .keys("enter")
        .wait_without("Send a body that is not whole?")
        .keys("r down enter")
        .wait_for("200 OK")
        .keys("q")
        .end();
    let request = requests.recv().unwrap();
    assert!(request.ends_with(&[b'x'; 2048]));
    assert!(requests.try_recv().is_err());
}

#[test]
fn files_are_looked_at_while_they_are_read() {
    let mut looking = session(&[]);
    looking.files = Some("caught\u{1b}[2J.ndjson".to_owned());
    let driver = Driver::with(looking, Limits::default(), (140, 40)).wait_for("Reading caught^[[2J.ndjson …");
    driver.store.push(github_push());
    driver.store.push(later(stripe_invoice(), 1));
    let driver = driver.wait_for("loading 2 …").list(&["/github", "> /stripe"]).wait_for("not listening");
    // What is read can be looked at before all of it is.
    driver
        .keys("/ \"provider:github\" enter")
        .list(&["> /github"])
        .loaded(&["line 3: not UTF-8"])
        .wait_for("2 read")
        .wait_for("line 3: not UTF-8")
        .keys("u")
        .wait_for("nothing is listened to, so there is no URL to give to a sender")
        .keys("q")
        .end();
}

#[test]
fn a_file_without_a_request_says_so() {
    let mut looking = session(&[]);
    looking.files = Some("empty.har".to_owned());
    let driver = Driver::with(looking, Limits::default(), (100, 30)).loaded(&["empty.har: there is nothing in it"]);
    let driver = driver.wait_for("There is no request in empty.har.").wait_for("empty.har: there is nothing in it");
    assert!(!driver.screen().contains("curl -d"), "{}", driver.screen());
}
