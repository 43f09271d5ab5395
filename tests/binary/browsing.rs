//! Inboxes as scripts and people read them: while a creel writes, and after it has ended.

use std::{
    fs,
    io::Read as _,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use rstest::rstest;
use rustix::process::Signal;
use serde_json::Value;

use crate::{
    program::{Ended, Headless, command, in_terminal, port_in},
    pty::Pty,
    wire::{DEADLINE, Handler, request, send},
};

/// The program with inboxes in a folder of the test's own.
fn in_folder(state: &Path, args: &[&str]) -> Command {
    let mut command = command(args);
    command.env("XDG_STATE_HOME", state);
    command
}

fn ended(state: &Path, args: &[&str]) -> Ended {
    Headless::spawn(&mut in_folder(state, args)).end()
}

/// The exact bytes of standard output.
fn output(state: &Path, args: &[&str]) -> Vec<u8> {
    let output = in_folder(state, args).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{args:?}");
    output.stdout
}

/// A creel that writes an inbox, and its port.
fn writing(state: &Path, args: &[&str]) -> (Headless, u16) {
    let all = [&["--output", "json", "--listen", "127.0.0.1:0", "--durability", "commit"], args].concat();
    let running = Headless::spawn(&mut in_folder(state, &all));
    let ready = running.object();
    (running, port_in(ready["url"].as_str().unwrap()).unwrap())
}

fn post(port: u16, target: &str, body: &[u8]) {
    let answer = send(port, &request(&format!("POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close"), body));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Has an inbox written with captures of these targets, and ends who wrote it.
fn written(state: &Path, targets: &[&str]) {
    let (running, port) = writing(state, &[]);
    for target in targets {
        post(port, target, b"{\"a\": 1.50}");
    }
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, Some(143));
}

fn targets(ended: &Ended) -> Vec<String> {
    let object = |line: &String| serde_json::from_str::<Value>(line).expect(line);
    ended.lines.iter().map(|line| object(line)["target"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_a_creel_writes_is_listed_while_it_runs_and_after_it_has_ended() {
    let state = tempfile::tempdir().unwrap();
    let (running, port) = writing(state.path(), &[]);
    post(port, "/one", b"{}");
    post(port, "/two", b"{}");
    let during = ended(state.path(), &["list"]);
    assert_eq!((during.code, targets(&during)), (Some(0), vec!["/one".to_owned(), "/two".to_owned()]));
    // What is listed is what was printed.
    assert_eq!(during.lines, [running.line(), running.line()]);
    running.signal(Signal::TERM);
    running.end();
    let after = ended(state.path(), &["list"]);
    assert_eq!(after.lines, during.lines);
    assert!(after.stderr.is_empty(), "{}", after.stderr);
}

#[test]
fn a_query_a_limit_and_names_choose() {
    let state = tempfile::tempdir().unwrap();
    written(state.path(), &["/a1", "/b1", "/a2", "/b2", "/a3"]);
    for (args, expected) in [
        (&["path:/a"][..], &["/a1", "/a2", "/a3"][..]),
        (&["path:/a", "--limit", "2"], &["/a2", "/a3"]),
        (&["path:/a", "--limit", "all"], &["/a1", "/a2", "/a3"]),
        (&["path:/a", "or", "path:/b1"], &["/a1", "/b1", "/a2", "/a3"]),
        (&["nothing"], &[]),
        (&["last"], &["/a3"]),
        (&["last~1", "2"], &["/b2", "/b1"]),
    ] {
        let ended = ended(state.path(), &[&["list"], args].concat());
        assert_eq!(
            (ended.code, targets(&ended).as_slice()),
            (Some(0), &expected.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>()[..]),
            "{args:?} {}",
            ended.stderr
        );
    }
    let limited = ended(state.path(), &["list", "--limit", "2"]);
    assert_eq!(limited.stderr, "creel: these are the newest 2; --limit all lists every one\n");
    // The whole beginning of an id, and too little of it.
    let id = |at: usize| {
        let lines = ended(state.path(), &["list"]).lines;
        serde_json::from_str::<Value>(&lines[at]).unwrap()["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(targets(&ended(state.path(), &["list", &id(2)])), ["/a2"]);
    let short = ended(state.path(), &["show", &id(2)[..6]]);
    assert_eq!(short.code, Some(2));
    assert!(short.stderr.contains("is the beginning of 5 captures: "), "{}", short.stderr);
}

#[test]
fn a_capture_is_shown_in_parts_and_its_bytes_come_out_as_they_came() {
    let state = tempfile::tempdir().unwrap();
    let (running, port) = writing(state.path(), &[]);
    let body = b"{\"n\": 1.50, \"x\": \"\x1b[2J\xff\x00\"}";
    let head = "POST /github?x=1 HTTP/1.1\r\nhOsT: x\r\nX-GitHub-Event: push\r\nX-Tag:  one\r\nX-Tag: two\r\nConnection: close";
    let sent = request(head, body);
    send(port, &sent);
    let line = running.line();
    let show = |args: &[&str]| output(state.path(), &[&["show", "last"], args].concat());
    assert_eq!(show(&["--view", "raw"]), sent);
    assert_eq!(show(&["--view", "body"]), body);
    assert_eq!(String::from_utf8(show(&["--output", "json"])).unwrap().trim_end(), line);
    let headers = String::from_utf8(show(&["--view", "headers"])).unwrap();
    assert!(headers.starts_with("POST /github?x=1 HTTP/1.1\nhOsT: x\nX-GitHub-Event: push\n"), "{headers}");
    let whole = String::from_utf8(show(&[])).unwrap();
    assert!(whole.contains("provider    GitHub · push\n") && whole.contains("answered    200 in "), "{whole}");
    let day = whole.lines().find_map(|line| line.strip_prefix("received    ")).unwrap();
    assert_eq!((day.len(), &day[10..11], &day[19..20]), (30, " ", "."), "{day}");
    assert!(day.ends_with(":00") || day.ends_with(":30") || day.ends_with(":45"), "{day}");
    for view in ["whole", "headers", "json", "text", "hex", "form"] {
        let shown = String::from_utf8(show(&["--view", view])).unwrap();
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
    assert!(String::from_utf8(show(&["--view", "hex"])).unwrap().starts_with("00000000  7b 22 6e"));
    // By a query it is the newest match.
    post(port, "/later", b"");
    assert_eq!(output(state.path(), &["show", "event:push", "--view", "body"]), body);
    let none = ended(state.path(), &["show", "event:nothing"]);
    assert_eq!((none.code, none.stderr.as_str()), (Some(1), "creel: no capture in the inbox matches that\n"));
}

#[test]
fn a_body_in_a_file_comes_out_whole() {
    let state = tempfile::tempdir().unwrap();
    let (running, port) = writing(state.path(), &[]);
    let body: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    post(port, "/large", &body);
    let line = running.line();
    assert_eq!(output(state.path(), &["show", "last", "--view", "body"]), body);
    assert_eq!(ended(state.path(), &["list"]).lines, [line]);
}

#[test]
fn on_a_terminal_a_list_is_a_table_that_fits_and_obeys_nobody() {
    let state = tempfile::tempdir().unwrap();
    let long = format!("/{}", "x".repeat(300));
    written(state.path(), &["/short", &long, "/a\u{202e}b"]);
    let mut list = in_terminal(&["list"]);
    list.env("XDG_STATE_HOME", state.path());
    let mut pty = Pty::spawn(list, 100, 24);
    assert_eq!(pty.exit_code(), 0);
    let screen = pty.screen();
    let lines: Vec<_> = screen.trim_end().lines().collect();
    assert_eq!(lines.len(), 3, "{screen}");
    assert!(lines[0].starts_with("#1  ") && lines[0].contains("  POST      /short "), "{screen}");
    assert!(lines[1].contains("xx…") && lines[1].trim_end().ends_with("11 B"), "{screen}");
    assert!(lines[2].contains("/a<U+202E>b"), "{screen}");
    let mut show = in_terminal(&["show", "1", "--view", "raw"]);
    show.env("XDG_STATE_HOME", state.path());
    let mut pty = Pty::spawn(show, 100, 24);
    assert_eq!(pty.exit_code(), 0);
    assert!(pty.screen().contains("{\"a\": 1.50}"), "{}", pty.screen());
    // Text that was asked for is not cut where there is no terminal.
    let text = ended(state.path(), &["list", "--output", "text"]);
    assert!(text.lines[1].starts_with("#2  20") && text.lines[1].contains(&long), "{}", text.lines[1]);
}

#[test]
fn what_comes_is_followed_until_the_reader_goes() {
    let state = tempfile::tempdir().unwrap();
    let (running, port) = writing(state.path(), &[]);
    post(port, "/a1", b"{}");
    let following = Headless::spawn(&mut in_folder(state.path(), &["list", "--follow", "path:/a"]));
    assert_eq!(following.object()["target"], "/a1");
    post(port, "/b1", b"{}");
    post(port, "/a2", b"{}");
    assert_eq!(following.object()["target"], "/a2");
    following.signal(Signal::INT);
    assert_eq!(following.end().code, Some(130));
    let mut gone = in_folder(state.path(), &["list", "--follow"]).spawn().unwrap();
    let mut first = [0; 1];
    let mut stdout = gone.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let deadline = Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = gone.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it goes on for nobody");
        thread::sleep(std::time::Duration::from_millis(2));
    };
    assert_eq!(status.code(), Some(0));
    running.signal(Signal::TERM);
    running.end();
}

#[test]
fn an_inbox_that_another_writes_is_what_is_expected_of() {
    let state = tempfile::tempdir().unwrap();
    let (running, port) = writing(state.path(), &[]);
    post(port, "/hooks/1", b"{}");
    let expect = |args: &[&'static str]| [&["expect", "path:/hooks", "--inbox", "default"], args].concat();
    // What is there already counts where it was said to, however little time there is.
    let there = ended(state.path(), &expect(&["--from-start", "--within", "0s"]));
    assert_eq!((there.code, there.lines.len()), (Some(0), 3), "{}", there.stderr);
    let new = ended(state.path(), &expect(&["--within", "300ms"]));
    assert_eq!(new.code, Some(1));
    assert!(new.stderr.contains("within 300 ms: nothing came at all"), "{}", new.stderr);
    // And what comes: the URL is that of the creel that writes.
    let script = r"printf 'POST /hooks/2 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' > /dev/tcp/127.0.0.1/$CREEL_PORT";
    let came = ended(state.path(), &expect(&["--", "bash", "-c", script]));
    assert_eq!(came.code, Some(0), "{}", came.stderr);
    let object = |at: usize| serde_json::from_str::<Value>(&came.lines[at]).unwrap();
    assert_eq!((port_in(object(0)["url"].as_str().unwrap()), &object(0)["inbox"]), (Some(port), &"default".into()));
    assert_eq!(object(1)["target"], "/hooks/2");
    running.signal(Signal::TERM);
    running.end();
    let after = ended(state.path(), &expect(&["--from-start", "--count", "2", "--within", "10s"]));
    assert_eq!(after.code, Some(0), "{}", after.stderr);
    assert_eq!(serde_json::from_str::<Value>(&after.lines[0]).unwrap()["url"], Value::Null);
}

#[test]
fn captures_of_an_inbox_are_replayed_and_exported_by_name_and_by_query() {
    let state = tempfile::tempdir().unwrap();
    written(state.path(), &["/a1", "/b1", "/a2"]);
    let handler = Handler::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let replayed = |words: &[&str]| {
        let Ended { code, lines, stderr } =
            ended(state.path(), &[&["replay"], words, &["--to", &handler.url]].concat());
        assert_eq!(code, Some(0), "{stderr}");
        let sent = |_| String::from_utf8(handler.request()).unwrap().split(' ').nth(1).unwrap().to_owned();
        let sent: Vec<_> = lines.iter().map(sent).collect();
        assert!(handler.is_idle());
        sent
    };
    assert_eq!(replayed(&["last"]), ["/a2"]);
    assert_eq!(replayed(&["2", "1"]), ["/b1", "/a1"]);
    assert_eq!(replayed(&["path:/a"]), ["/a1", "/a2"]);
    assert_eq!(replayed(&["method:POST", "path:/b", "--inbox", "default"]), ["/b1"]);
    let none = ended(state.path(), &["replay", "path:/c", "--to", &handler.url]);
    assert_eq!(none.code, Some(0));
    assert!(
        none.stderr.contains("that part of the inbox `default`: there is no capture in it, so nothing was sent"),
        "{}",
        none.stderr
    );
    let typo = ended(state.path(), &["replay", "caugth.ndjson", "--to", &handler.url]);
    assert_eq!(typo.code, Some(2));
    assert!(
        typo.stderr.contains("caugth.ndjson cannot be read (there is no such file); name a file"),
        "{}",
        typo.stderr
    );
    let listed = ended(state.path(), &["list", "path:/a"]).lines;
    let exported = ended(state.path(), &["export", "path:/a", "--format", "ndjson"]);
    assert_eq!((exported.code, &exported.lines), (Some(0), &listed), "{}", exported.stderr);
    let all = ended(state.path(), &["list"]).lines;
    let exported = ended(state.path(), &["export", "--format", "ndjson"]);
    assert_eq!((exported.code, &exported.lines), (Some(0), &all), "{}", exported.stderr);
    let curl = ended(state.path(), &["export", "last", "--format", "curl"]);
    assert!(curl.lines.iter().any(|line| line.contains("/a2")), "{:?}", curl.lines);
    assert!(handler.is_idle());
}

#[test]
fn files_are_brought_into_an_inbox_once() {
    let state = tempfile::tempdir().unwrap();
    let corpus = |name: &str| format!("{}/tests/corpus/import/{name}", env!("CARGO_MANIFEST_DIR"));
    let printed = ended(state.path(), &["import", &corpus("requests.http")]);
    let file = state.path().join("requests.ndjson");
    fs::write(&file, printed.lines.join("\n")).unwrap();
    let file = file.to_str().unwrap();
    let first = ended(state.path(), &["import", file, "--inbox", "bug-42"]);
    assert_eq!((first.code, first.lines.len()), (Some(0), 0));
    assert_eq!(first.stderr, "creel: 3 captures went into the inbox `bug-42`\n");
    let again = ended(state.path(), &["import", file, "--inbox", "bug-42"]);
    assert_eq!(again.stderr, "creel: 0 captures went into the inbox `bug-42`; 3 were there already\n");
    let listed = ended(state.path(), &["list", "--inbox", "bug-42"]);
    assert_eq!(listed.lines, printed.lines);
    // What cannot be read costs one entry.
    let damaged = state.path().join("damaged.ndjson");
    let line = printed.lines[0].replacen("\"id\":\"0", "\"id\":\"f", 1);
    fs::write(&damaged, format!("{line}\n{{\n")).unwrap();
    let partly = ended(state.path(), &["import", damaged.to_str().unwrap(), "--inbox", "bug-42"]);
    assert_eq!(partly.code, Some(1));
    assert!(partly.stderr.ends_with("creel: 1 capture went into the inbox `bug-42`\n"), "{}", partly.stderr);
    // A creel that writes it keeps it to itself.
    let (running, _) = writing(state.path(), &["--inbox", "bug-42"]);
    let held = ended(state.path(), &["import", file, "--inbox", "bug-42"]);
    assert_eq!(held.code, Some(2));
    assert!(held.stderr.contains("the inbox `bug-42` is in use by another creel (process "), "{}", held.stderr);
    running.signal(Signal::TERM);
    running.end();
}

#[test]
fn inboxes_are_listed_renamed_checked_tidied_and_removed() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path();
    let none = ended(path, &["inbox", "list", "--output", "text"]);
    assert_eq!((none.code, none.lines.len()), (Some(0), 0));
    assert!(none.stderr.contains("there is no inbox in "), "{}", none.stderr);
    written(path, &["/one", "/two"]);
    let (running, port) = writing(path, &["--inbox", "stripe"]);
    let listed = ended(path, &["inbox", "list"]);
    let objects: Vec<Value> = listed.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((objects[0]["name"].as_str(), objects[0]["captures"].as_u64()), (Some("default"), Some(2)));
    assert_eq!((objects[1]["name"].as_str(), &objects[0]["writer"]), (Some("stripe"), &Value::Null));
    assert_eq!(port_in(objects[1]["writer"]["url"].as_str().unwrap()), Some(port));
    let text = ended(path, &["inbox", "list", "--output", "text"]).lines;
    assert!(text[0].starts_with("inbox    captures") && text[1].starts_with("default         2"), "{text:#?}");
    // One that is written to is left alone.
    for args in [
        &["inbox", "remove", "stripe", "--yes"][..],
        &["inbox", "rename", "stripe", "x"],
        &["inbox", "vacuum", "stripe"],
    ] {
        let held = ended(path, args);
        assert_eq!(held.code, Some(2));
        assert!(held.stderr.contains("the inbox `stripe` is in use by another creel (process "), "{}", held.stderr);
    }
    running.signal(Signal::TERM);
    running.end();
    assert_eq!(ended(path, &["inbox", "rename", "default", "kept"]).code, Some(0));
    assert_eq!(ended(path, &["inbox", "vacuum", "kept"]).code, Some(0));
    let well = ended(path, &["inbox", "check", "kept"]);
    assert_eq!(well.code, Some(0));
    assert!(well.lines[0].starts_with("kept: all is well: 2 captures, "), "{:?}", well.lines);
    assert_eq!(targets(&ended(path, &["list", "--inbox", "kept"])), ["/one", "/two"]);
    let unasked = ended(path, &["inbox", "remove", "kept"]);
    assert_eq!(unasked.code, Some(2));
    assert!(
        unasked.stderr.contains("to remove the inbox `kept` with 2 captures (") && unasked.stderr.contains("add --yes"),
        "{}",
        unasked.stderr
    );
    assert_eq!(ended(path, &["inbox", "remove", "kept", "--yes"]).code, Some(0));
    let gone = ended(path, &["list", "--inbox", "kept"]);
    assert_eq!(
        (gone.code, gone.stderr.as_str()),
        (Some(2), "creel: there is no inbox `kept`; `creel inbox list` shows those that there are\n")
    );
}

#[rstest]
#[case("n", 1)]
#[case("", 1)]
#[case("y", 0)]
fn before_it_is_removed_someone_is_asked(#[case] answer: &str, #[case] code: u32) {
    let state = tempfile::tempdir().unwrap();
    written(state.path(), &["/one"]);
    let mut remove = in_terminal(&["inbox", "remove", "default"]);
    remove.env("XDG_STATE_HOME", state.path());
    let mut pty = Pty::spawn(remove, 100, 24);
    pty.wait_for("remove the inbox `default` with 1 capture (");
    pty.send(format!("{answer}\r").as_bytes());
    assert_eq!(pty.exit_code(), code, "{}", pty.screen());
    assert_eq!(ended(state.path(), &["inbox", "list"]).lines.len(), usize::from(code == 1));
}

#[test]
fn a_journal_that_is_damaged_is_said() {
    let state = tempfile::tempdir().unwrap();
    written(state.path(), &["/one"]);
    let file = state.path().join("creel/inboxes/default/journal.db");
    fs::write(&file, b"this is no journal, and was never one").unwrap();
    for args in [&["list"][..], &["show", "last"], &["inbox", "check", "default"]] {
        let Ended { code, stderr, .. } = ended(state.path(), args);
        assert_eq!(code, Some(2));
        assert!(stderr.starts_with("creel: the journal of the inbox `default` is damaged: "), "{stderr}");
    }
    let listed = ended(state.path(), &["inbox", "list"]);
    assert!(listed.lines[0].contains("is damaged"), "{:?}", listed.lines);
}

#[rstest]
#[case::no_such_inbox(&["list", "--inbox", "nope"], "there is no inbox `nope`; `creel inbox list`")]
#[case::no_name(&["list", "--inbox", "../x"], "`../x` is no name for an inbox")]
#[case::no_query(&["list", "metod:POST"], "unknown field `metod`")]
#[case::mixed(&["list", "last", "invoice"], "`last` names a capture and `invoice` does not")]
#[case::no_limit(&["list", "--limit", "0"], "write a whole number from 1, or all")]
#[case::nothing_to_show(&["show"], "QUERY|IDS")]
#[case::no_such_view(&["show", "last", "--view", "jsn"], "a similar value exists: 'json'")]
fn what_cannot_be_read_is_said(#[case] args: &[&str], #[case] says: &str) {
    let state = tempfile::tempdir().unwrap();
    let Ended { code, stderr, .. } = ended(state.path(), args);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains(says), "{stderr}");
}

#[test]
fn names_that_follow_and_captures_that_are_not_there_are_said() {
    let state = tempfile::tempdir().unwrap();
    written(state.path(), &["/one"]);
    for (args, says) in [
        (&["show", "7"][..], "there is no capture #7; to look for that text, quote it: '\"7\"'"),
        (&["show", "last~3"], "there are no 4 captures yet"),
        (&["list", "last", "--follow"], "--follow goes on with what a query matches"),
    ] {
        let Ended { code, stderr, .. } = ended(state.path(), args);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
    }
}
