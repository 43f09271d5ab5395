//! Drafts as a user makes them: a request is edited or composed, kept beside what came, and sent.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use bytes::Bytes;
use creel::{
    export::capture_line,
    import,
    tui::{
        effect::Effect,
        external::Back,
        message::{CameBack, Message},
        panes::editor::Field,
    },
};
use crossterm::event::Event;
use jiff::Timestamp;
use rstest::rstest;
use support::{
    captures::{binary_blob, capture, get_health, github_push, hostile, later},
    driver::Driver,
    screen::{assert_golden, styled, text},
    stage::Stage,
};

/// A handler that takes one request and hands it over.
fn handler() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut piece) = (Vec::new(), [0; 4096]);
        while !request.ends_with(b"}") {
            let read = stream.read(&mut piece).unwrap();
            assert!(read > 0, "the request ended early: {}", request.escape_ascii());
            request.extend_from_slice(piece.get(..read).unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        sender.send(String::from_utf8(request).unwrap()).unwrap();
    });
    (url, requests)
}

fn order() -> creel::model::Capture {
    let headers = [("Host", "h"), ("Content-Type", "application/json"), ("Content-Length", "8"), ("X-Odd", "a\u{1b}b")];
    capture("POST", "/order", &headers, "{\"a\": 1}")
}

#[test]
fn a_line_is_written_whole_and_a_name_that_is_none_is_not_saved() {
    let mut stage = Stage::new(140, 40);
    stage.receive(order()).keys("e ^n \"X-New:_hello\"");
    let screen = stage.screen();
    assert!(screen.contains("X-New: hello"), "{screen}");
    stage.keys("^n \"no_name\" ^s");
    let screen = stage.screen();
    assert!(screen.contains("`no name` is no name for a header"), "{screen}");
    assert!(screen.contains("Edit #1 as a draft"), "{screen}");
}

#[test]
fn a_signature_is_broken_by_what_it_signs_alone() {
    let mut stage = Stage::new(140, 40);
    stage.receive(github_push()).keys("e ^n \"X-New:_1\"");
    assert!(!stage.screen().contains("its signature signs what came"), "{}", stage.screen());
    while !stage.state.editor.as_ref().is_some_and(|editor| editor.field() == Field::Body) {
        stage.keys("tab");
    }
    stage.keys("\"_\"");
    assert!(stage.screen().contains("its signature signs what came"), "{}", stage.screen());
}

#[test]
fn an_edited_request_is_a_draft_beside_what_came_and_goes_through_the_ledger() {
    let (url, requests) = handler();
    let driver = Driver::with_target(&url)
        .receive(order())
        .keys("e")
        .wait_for("Edit #1 as a draft")
        .wait_for("✓ JSON")
        .keys("end left \"2\" ^s")
        .wait_for("a draft of #1 is kept")
        .list(&["/order", "> draft /order"])
        .wait_for("draft of #1 ·")
        .keys("r")
        .wait_for("200 OK")
        .keys("6")
        .wait_for("~ Host  h");
    let request = requests.recv().unwrap();
    assert!(request.contains("Content-Length: 9\r\n") && request.ends_with("{\"a\": 12}"), "{request}");
    let (caught, draft) =
        (driver.store.get(creel::model::Seq(1)).unwrap(), driver.store.get(creel::model::Seq(2)).unwrap());
    assert_eq!(caught.body.first().as_ref(), b"{\"a\": 1}", "what came is what came");
    assert_eq!(draft.origin.unwrap().of, Some(caught.id));
    assert_eq!(draft.head.header("x-odd"), Some(&b"a\x1bb"[..]));
    driver.keys("q").end();
}

#[test]
fn leaving_with_changes_asks_and_loses_nothing_unasked() {
    Driver::new()
        .receive(order())
        .keys("e esc")
        .wait_without("as a draft")
        .keys("e \"x\" esc")
        .wait_for("Leave the editor?")
        .keys("enter")
        .wait_without("Leave the editor?")
        .wait_for("1 changed")
        .wait_for("✗ no JSON: line 1, column 1")
        .keys("esc down enter")
        .list(&["/order", "> draft /order"])
        .keys("e \"y\" esc down down enter")
        .wait_without("Edit #2")
        .list(&["/order", "> draft /order"])
        .keys("q")
        .end();
}

#[test]
fn a_request_is_composed_from_nothing_and_from_what_is_pasted() {
    let driver = Driver::new().keys("c enter").wait_for("Compose a draft").keys("\"new\" tab tab");
    let driver = driver.keys("^s").list(&["> draft /new"]).wait_for("composed draft");
    let curl = "curl -X PUT http://localhost/hook \\\n  -H 'X-One: 1' \\\n  -d '{\"b\":2}'\n";
    driver.send(Event::Paste(curl.to_owned()));
    let driver = driver.wait_for("X-One: 1").wait_for("PUT").keys("^s").list(&["draft /new", "> draft /hook"]);
    let driver = driver.keys("c").wait_for("paste a curl command");
    driver.send(Event::Paste(curl.replace("hook", "again")));
    let driver = driver.wait_for("Compose a draft").keys("^s").list(&["draft /new", "draft /hook", "> draft /again"]);
    driver.send(Event::Paste("some words".to_owned()));
    driver.wait_for("it is no curl command").keys("q").end();
}

#[test]
fn a_file_is_composed_of_and_one_that_is_not_there_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("request.http");
    std::fs::write(&path, "POST /from-file HTTP/1.1\r\nA: b\r\n\r\nbody").unwrap();
    let path = path.to_str().unwrap();
    Driver::new()
        .keys(&format!("c \"{path}\" enter"))
        .wait_for("Compose a draft")
        .keys("^s")
        .list(&["> draft /from-file"])
        .keys("c \"/no/such/file\" enter")
        .wait_for("nothing is composed of /no/such/file: it cannot be read")
        .keys("q")
        .end();
}

#[test]
fn refusals_are_words() {
    let mut stage = Stage::new(140, 40);
    stage.keys("e");
    assert!(stage.screen().contains("no request is selected to edit; c composes one"), "{}", stage.screen());
    stage.keys("E");
    assert!(stage.screen().contains("no request is selected to edit"), "{}", stage.screen());
    stage.receive(github_push()).keys("^s e");
    assert!(stage.screen().contains("secrets are masked everywhere"), "{}", stage.screen());
    stage.keys("^s e ^s");
    assert!(stage.screen().contains("nothing is changed, so there is nothing to save"), "{}", stage.screen());
    stage.keys("^x");
    assert!(stage.screen().contains("this is no header line"), "{}", stage.screen());
}

/// What the editor was given last.
fn given(stage: &Stage) -> Bytes {
    stage
        .asked
        .iter()
        .rev()
        .find_map(|effect| match effect {
            Effect::EditOutside(_, _, text, _) => text.clone(),
            _ => None,
        })
        .unwrap()
}

fn came(stage: &mut Stage, text: Option<&[u8]>, failed: Option<&str>) {
    let text = text.map(Bytes::copy_from_slice);
    stage.tell(Message::CameBack(Back::Request, CameBack { text, failed: failed.map(str::to_owned) }));
}

fn drafts(stage: &Stage) -> usize {
    stage.asked.iter().filter(|effect| matches!(effect, Effect::KeepDraft(_))).count()
}

#[test]
fn an_editor_that_fails_or_empties_the_file_loses_nothing() {
    let mut stage = Stage::new(140, 40);
    stage.receive(order()).keys("E");
    assert!(given(&stage).starts_with(b"POST /order HTTP/1.1\nHost: h\n"));
    came(&mut stage, Some(b"  \n"), None);
    assert!(stage.screen().contains("the editor left an empty file; nothing was changed"), "{}", stage.screen());
    stage.keys("E");
    came(&mut stage, None, Some("the editor failed: it was ended by a signal: 9"));
    assert!(stage.screen().contains("signal: 9; nothing was changed"), "{}", stage.screen());
    // What is no request is kept, and opened again.
    stage.keys("E");
    came(&mut stage, Some(b"POST /order\nlong work"), None);
    assert!(stage.screen().contains("the text is kept, and E opens it again"), "{}", stage.screen());
    stage.keys("q");
    assert!(
        stage.screen().contains("End creel?") && stage.screen().contains("1 text from an editor"),
        "{}",
        stage.screen()
    );
    stage.keys("esc E");
    assert_eq!(given(&stage), &b"POST /order\nlong work"[..]);
    came(
        &mut stage,
        Some(b"POST /better HTTP/1.1\nHost: h\n\nx"),
        Some("the editor failed: it ended with exit code 1"),
    );
    assert!(stage.screen().contains("what it left is kept"), "{}", stage.screen());
    assert_eq!(drafts(&stage), 0);
    stage.keys("E");
    came(&mut stage, Some(b"POST /best HTTP/1.1\nHost: h\n\nx"), None);
    assert_eq!(drafts(&stage), 1);
    stage.keys("E");
    assert!(given(&stage).starts_with(b"POST /order"), "what is kept goes once it was taken");
    came(&mut stage, None, None);
    assert!(stage.screen().contains("nothing was changed in the editor"), "{}", stage.screen());
}

#[test]
fn what_the_user_did_not_touch_is_in_the_export_byte_for_byte() {
    let head = b"POST /a?b HTTP/1.1\r\nHost:h\r\nX-Odd: \x1b\xff \r\nX-A:1\r\nx-a:\t2\r\n\r\n";
    let caught = creel::model::Capture {
        head: creel::model::Head::parse(Bytes::from_static(head)).unwrap(),
        ..capture("POST", "/", &[], "text\r\n\u{202e}more")
    };
    let mut stage = Stage::new(80, 24);
    stage.receive(caught).keys("e tab tab \"/x\" ^s");
    let draft = stage.asked.iter().find_map(|effect| match effect {
        Effect::KeepDraft(draft) => Some(draft),
        _ => None,
    });
    let line = capture_line(draft.unwrap());
    let read = import::captures(line.as_bytes(), None, Timestamp::UNIX_EPOCH).next().unwrap().unwrap();
    let expected = head.strip_prefix(b"POST /a?b").unwrap();
    let expected = [&b"POST /a?b/x"[..], expected].concat();
    assert_eq!(read.head.bytes().escape_ascii().to_string(), expected.escape_ascii().to_string());
    assert_eq!(read.body.first(), "text\r\n\u{202e}more");
    assert!(read.origin.is_some_and(|origin| origin.of.is_some()));
}

#[rstest]
fn the_editor_looks_as_it_did(
    #[values("editing", "edited", "composing", "kept_body")] name: &str,
    #[values((140, 40), (80, 24), (60, 20))] (width, height): (u16, u16),
) {
    let draw = |theme: Option<&str>| {
        let mut stage = Stage::new(width, height);
        if let Some(theme) = theme {
            stage = stage.themed(theme);
        }
        stage.receive(github_push()).receive(later(get_health(), 2)).receive(later(binary_blob(), 3));
        match name {
            "editing" => stage.keys("g e"),
            "edited" => {
                stage.keys("g e end \",\" shift-tab \"0\" shift-tab shift-tab ^x ^n \"X-New\" enter \"yes\" alt-up")
            }
            "composing" => stage.keys("c"),
            _ => stage.keys("G e tab tab tab"),
        };
        stage
    };
    let (stage, mono) = (draw(None), draw(Some("mono")));
    assert_golden(&format!("draft_{name}_{width}x{height}"), &text(&stage.buffer()));
    assert_golden(&format!("mono/draft_{name}_{width}x{height}"), &styled(&mono.buffer()));
}

#[test]
fn a_draft_looks_like_one_in_the_list() {
    for (width, height) in [(140, 40), (80, 24), (60, 20)] {
        let mut stage = Stage::new(width, height);
        let caught = github_push();
        let origin = Some(creel::model::Origin { of: Some(caught.id) });
        let id = creel::model::CaptureId::fixed(99);
        stage.receive(caught).receive(creel::model::Capture { id, origin, ..later(github_push(), 9) });
        assert!(stage.screen().contains("✎") && stage.screen().contains("draft /github"), "{}", stage.screen());
        stage.keys("enter");
        assert!(stage.screen().contains("draft of #1"), "{}", stage.screen());
        assert_golden(&format!("draft_listed_{width}x{height}"), &text(&stage.buffer()));
    }
}

#[test]
fn nothing_hostile_reaches_a_cell_of_the_editor() {
    for keys in ["e", "e tab tab", "e tab tab tab tab tab", "e shift-tab shift-tab", "e end"] {
        let mut stage = Stage::new(140, 40);
        stage.receive(hostile()).keys(keys);
        for cell in &stage.buffer().content {
            let symbol = cell.symbol();
            assert!(!symbol.chars().any(creel::model::printable::needs_escape), "{keys}: {symbol:?}");
            assert!(symbol.len() <= 32 && symbol.chars().count() <= 8, "{keys}: {symbol:?}");
        }
    }
}

#[test]
fn every_size_is_drawn() {
    let mut stage = Stage::new(140, 40);
    stage.receive(github_push()).keys("e");
    for (width, height) in [(0, 0), (1, 1), (39, 9), (40, 10), (41, 11), (99, 17), (100, 16), (400, 100), (2, 80)] {
        stage.resize(width, height).buffer();
        stage.keys("tab \"x\" tab ^n down pagedown up up").buffer();
    }
}

#[test]
fn what_a_request_asks_to_be_called_is_shown_and_called_when_chosen() {
    let url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336";
    let body = format!(
        r#"{{"Type":"SubscriptionConfirmation","MessageId":"m","TopicArn":"arn:aws:sns:eu-west-1:1:orders","SubscribeURL":"{url}"}}"#
    );
    let ask =
        |url: &str| capture("POST", "/sns", &[("x-amz-sns-message-type", "SubscriptionConfirmation")], url.to_owned());
    let mut stage = Stage::new(140, 40);
    stage.receive(ask(&body));
    assert!(
        stage.screen().contains("it asks to be called back, to confirm the subscription; Y shows it"),
        "{}",
        stage.screen()
    );
    stage.keys("Y");
    assert!(stage.screen().contains("GET https://sns.eu-west-1.amazonaws.com/"), "{}", stage.screen());
    stage.asked.clear();
    stage.keys("enter");
    assert!(!stage.asked.iter().any(|effect| matches!(effect, Effect::SendDraft(..))), "leaving it calls nothing");
    stage.keys("Y down enter");
    let sent = stage.asked.iter().find_map(|effect| match effect {
        Effect::SendDraft(draft, target) => Some((draft, target)),
        _ => None,
    });
    let (draft, target) = sent.expect("what was chosen is called");
    assert_eq!((target.url().as_str(), draft.head.method()), ("https://sns.eu-west-1.amazonaws.com/", &b"GET"[..]));
    assert_eq!(target.join(draft.head.target()), b"/?Action=ConfirmSubscription&Token=2336");

    // A forged one asks for creel's own network.
    let forged = body.replace("sns.eu-west-1.amazonaws.com", "169.254.169.254");
    let mut stage = Stage::new(140, 40);
    stage.receive(ask(&forged)).keys("Y");
    assert!(stage.screen().contains("not at a host of Amazon SNS"), "{}", stage.screen());
    let mut stage = Stage::new(140, 40);
    stage.receive(order()).keys("Y");
    assert!(stage.screen().contains("the request does not ask for a confirmation"), "{}", stage.screen());
}
