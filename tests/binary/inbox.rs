//! The inbox under what happens to programs: crashes in the middle of everything, disks that are full, a second creel.

use std::{
    collections::HashSet,
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use creel::{
    model::Outcome,
    store::{Archive, InboxName, Inboxes},
};
use rustix::process::Signal;
use serde_json::Value;

use crate::program::{CREEL, Headless, command, in_terminal, port_in, started as interface};

const PATIENCE: Duration = Duration::from_secs(60);
const JSON: [&str; 4] = ["--output", "json", "--listen", "127.0.0.1:0"];

fn inboxes(state: &Path) -> Inboxes {
    Inboxes::new(state.join("creel/inboxes"))
}

fn archive(state: &Path) -> Archive {
    Archive::open(&inboxes(state), &InboxName::default()).unwrap()
}

/// The program with that state folder, and its port.
fn started(state: &Path, args: &[&str]) -> (Headless, u16) {
    running(command(&[&JSON, args].concat()).env("XDG_STATE_HOME", state))
}

fn running(command: &mut Command) -> (Headless, u16) {
    let running = Headless::spawn(command);
    let ready = running.object();
    assert_eq!(ready["type"], "ready", "{ready}");
    assert_eq!(ready["inbox"], "default", "{ready}");
    (running, port_in(ready["url"].as_str().unwrap()).unwrap())
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}: it did not come");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The body of a request: its number and bytes that follow from it.
fn body(number: u64) -> Vec<u8> {
    let size = 100 + (number * 7919 % 6000) as usize;
    let mut body = format!("{number}:").into_bytes();
    body.extend((0..size).map(|at| (number as usize).wrapping_mul(31).wrapping_add(at * 7) as u8));
    body
}

/// Sends one request over a connection and waits for its answer: the status, or nothing where the connection has gone.
fn exchange(stream: &mut TcpStream, number: u64) -> Option<u16> {
    let body = body(number);
    let head = format!("POST /{number} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), &body].concat()).ok()?;
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer).to_lowercase();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if rest.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                return head.split(' ').nth(1)?.parse().ok();
            }
        }
    }
}

fn post(port: u16, number: u64) -> u16 {
    exchange(&mut TcpStream::connect(("127.0.0.1", port)).unwrap(), number).unwrap()
}

/// Sends over several connections until the program has gone; what was answered 200, and when.
fn flood(port: u16, next: &Arc<AtomicU64>, over: &Arc<AtomicBool>) -> thread::JoinHandle<Vec<(u64, Instant)>> {
    let (next, over) = (Arc::clone(next), Arc::clone(over));
    thread::spawn(move || {
        let senders = (0..6).map(|_| {
            let (next, over) = (Arc::clone(&next), Arc::clone(&over));
            thread::spawn(move || {
                let mut answered = Vec::new();
                let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return answered };
                while !over.load(Relaxed) {
                    let number = next.fetch_add(1, Relaxed);
                    match exchange(&mut stream, number) {
                        Some(200) => answered.push((number, Instant::now())),
                        Some(status) => panic!("answered {status}"),
                        None => break,
                    }
                }
                answered
            })
        });
        let senders: Vec<_> = senders.collect();
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    })
}

/// Every capture of the inbox, checked byte for byte.
fn found(state: &Path) -> HashSet<u64> {
    let archive = archive(state);
    assert_eq!(archive.check().unwrap(), [""; 0]);
    let captures = archive.since(creel::model::Seq(0), usize::MAX).unwrap();
    assert_eq!(captures.len() as u64, archive.count().unwrap());
    let number = |capture: &creel::model::Capture| {
        let number = std::str::from_utf8(&capture.head.target()[1..]).unwrap().parse().unwrap();
        if !capture.body.is_truncated() {
            assert_eq!(capture.body.bytes().unwrap(), &body(number));
        }
        (number, capture.body.is_truncated())
    };
    captures.iter().map(|capture| number(capture)).filter(|(_, cut)| !cut).map(|(number, _)| number).collect()
}

/// How often the program is killed; more often where there is time.
fn rounds() -> u64 {
    std::env::var("CRASHES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(4)
}

fn crashes(durability: &str, least: u64, spare: Duration) {
    let state = tempfile::tempdir().unwrap();
    let next = Arc::new(AtomicU64::new(0));
    let mut expected = HashSet::new();
    for round in 0..rounds() {
        let (creel, port) = started(state.path(), &["--durability", durability, "--keep", "1000000"]);
        let first = next.fetch_add(1, Relaxed);
        assert_eq!(post(port, first), 200);
        if spare.is_zero() {
            expected.insert(first);
        }
        let over = Arc::new(AtomicBool::new(false));
        let flood = flood(port, &next, &over);
        thread::sleep(Duration::from_millis(least + round * 7919 % 211));
        let killed = Instant::now();
        // Dropping it kills it.
        drop(creel);
        over.store(true, Relaxed);
        let answered = flood.join().unwrap();
        expected.extend(
            answered.iter().filter(|(_, at)| *at + spare < killed || spare.is_zero()).map(|(number, _)| *number),
        );
        let found = found(state.path());
        let mut missing: Vec<_> = expected.difference(&found).collect();
        missing.sort();
        assert!(missing.is_empty(), "round {round}: {} of {} are missing: {missing:?}", missing.len(), expected.len());
    }
    assert!(expected.len() as u64 >= rounds(), "{} were answered", expected.len());
}

#[test]
fn whoever_was_answered_is_on_the_disk_however_creel_ends() {
    crashes("commit", 10, Duration::ZERO);
}

#[test]
fn all_but_the_last_moment_is_on_the_disk_however_creel_ends() {
    // Far more than 50 ms, for a machine that is busy with other tests.
    crashes("batch", 600, Duration::from_millis(500));
}

#[test]
fn what_was_caught_last_is_written_when_creel_is_told_to_end() {
    let state = tempfile::tempdir().unwrap();
    for round in 0..2 {
        let (creel, port) = started(state.path(), &[]);
        for number in 0..50 {
            assert_eq!(post(port, round * 50 + number), 200);
        }
        creel.signal(Signal::TERM);
        assert_eq!(creel.end().code, Some(143));
    }
    assert_eq!(found(state.path()).len(), 100);
}

#[test]
fn what_was_caught_and_pinned_is_on_the_screen_after_a_restart() {
    let state = tempfile::tempdir().unwrap();
    let shown = || {
        let mut command = in_terminal(&["--listen", "127.0.0.1:0"]);
        command.env("XDG_STATE_HOME", state.path());
        interface(command, 140, 40)
    };
    let (mut pty, port) = shown();
    assert_eq!((post(port, 111), post(port, 222)), (200, 200));
    pty.wait_for("/222");
    pty.keys("m");
    pty.wait_for("stays in the ring");
    pty.keys("Mlook at this<Enter>");
    pty.wait_for("#2 has a note");
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    let (mut pty, port) = shown();
    pty.wait_for("/111");
    pty.wait_for("0 caught");
    assert_eq!(post(port, 333), 200);
    pty.wait_for("/333");
    pty.wait_for("#3");
    pty.wait_for("3/10,000");
    pty.keys("/note:look<Enter>");
    pty.wait_for("1 of 3");
    pty.wait_for("¶ look at this");
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_eq!(archive(state.path()).pinned(), Ok(vec![creel::model::Seq(2)]));
    assert_eq!(archive(state.path()).notes().unwrap(), [(creel::model::Seq(2), "look at this".into())].into());
}

fn outcomes(state: &Path) -> Vec<Outcome> {
    archive(state).newest_attempts(10).unwrap().into_iter().filter_map(|attempt| attempt.outcome).collect()
}

#[test]
fn what_a_command_replays_is_kept_with_its_capture() {
    let state = tempfile::tempdir().unwrap();
    let (creel, port) = started(state.path(), &[]);
    assert_eq!(post(port, 1), 200);
    creel.signal(Signal::TERM);
    creel.end();
    // Nothing listens there, because creel has ended.
    let target = format!("127.0.0.1:{port}");
    for times in 1..=2 {
        let ended =
            Headless::spawn(command(&["replay", "last", "--to", &target]).env("XDG_STATE_HOME", state.path())).end();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
        assert_eq!(outcomes(state.path()).len(), times);
    }
    assert!(matches!(outcomes(state.path()).as_slice(), [Outcome::Failed(one), Outcome::Failed(two)] if one == two));
    let compared = Headless::spawn(command(&["diff", "--attempts", "last"]).env("XDG_STATE_HOME", state.path())).end();
    assert!(!compared.stderr.contains("has not been sent"), "{}", compared.stderr);
    // Who wants nothing to outlive creel gets nothing kept, and what is expected of nothing is not so.
    let replay = |args: &[&str]| {
        let mut command = command(&[&["replay", "--to", &target], args].concat());
        Headless::spawn(command.env("XDG_STATE_HOME", state.path()).env("CREEL_EPHEMERAL", "true")).end()
    };
    assert_eq!(replay(&["last"]).code, Some(1));
    assert_eq!(outcomes(state.path()).len(), 2);
    let none = replay(&["path:/not-there", "--expect", "status:2xx"]);
    assert_eq!((none.code, none.stderr.contains("nothing was sent")), (Some(1), true), "{}", none.stderr);
    assert_eq!(replay(&["path:/not-there"]).code, Some(0));
}

#[test]
fn what_is_under_way_when_creel_ends_is_kept_as_cancelled() {
    let state = tempfile::tempdir().unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}/", silent.local_addr().unwrap());
    let mut command = in_terminal(&["--listen", "127.0.0.1:0", "--target", &target]);
    command.env("XDG_STATE_HOME", state.path());
    let (mut pty, port) = interface(command, 140, 40);
    assert_eq!(post(port, 7), 200);
    pty.wait_for("/7");
    pty.keys("r");
    let (_held, _) = silent.accept().unwrap();
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_eq!(outcomes(state.path()), [Outcome::Cancelled]);
}

#[test]
fn nothing_is_written_that_was_not_to_be() {
    let state = tempfile::tempdir().unwrap();
    let creel = Headless::spawn(command(&[&JSON[..], &["--ephemeral"]].concat()).env("XDG_STATE_HOME", state.path()));
    assert_eq!(creel.object()["inbox"], Value::Null);
    assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
    drop(creel);
    let (creel, port) = started(state.path(), &["--durability", "memory"]);
    assert_eq!(post(port, 1), 200);
    creel.signal(Signal::INT);
    assert_eq!(creel.end().code, Some(130));
    assert_eq!(archive(state.path()).count(), Ok(0));
}

#[test]
fn a_second_creel_says_who_has_the_inbox() {
    let state = tempfile::tempdir().unwrap();
    let (first, port) = started(state.path(), &[]);
    let (second, _) = started(state.path(), &[]);
    second.signal(Signal::TERM);
    let said = second.end().stderr;
    assert!(said.contains("the inbox `default` is in use by another creel (process "), "{said}");
    assert!(said.contains(&format!("http://127.0.0.1:{port}; --inbox NAME uses another one")), "{said}");
    drop(first);
}

fn modes(folder: &Path, seen: &mut Vec<(PathBuf, u32)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        seen.push((entry.path(), entry.metadata().unwrap().permissions().mode() & 0o777));
        if entry.path().is_dir() {
            modes(&entry.path(), seen);
        }
    }
}

#[test]
fn no_umask_opens_the_inbox_to_others() {
    let state = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 000; exec \"$0\" \"$@\"", CREEL]).args(JSON);
    shell.env_clear().env("HOME", state.path()).env("XDG_STATE_HOME", state.path()).current_dir(state.path());
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (creel, port) = running(&mut shell);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n").unwrap();
    stream.write_all(&vec![b'x'; 3_000_000]).unwrap();
    assert_eq!(creel.object()["body"]["size"], 3_000_000);
    until("it is written", || archive(state.path()).count() == Ok(1));
    let mut seen = Vec::new();
    modes(state.path(), &mut seen);
    assert!(seen.iter().filter(|(path, _)| path.is_file()).count() >= 4, "{seen:?}");
    for (path, mode) in seen {
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

/// What a full disk leads to: senders are answered, or told to come again, and the sentence is said.
fn on_a_full_disk(shell: &mut Command, durability: &str) -> (Headless, u16, u64) {
    let (creel, port) = running(shell);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut number = 0;
    let expected = if durability == "commit" { 503 } else { 200 };
    loop {
        let status = exchange(&mut stream, number).unwrap();
        number += 1;
        if durability == "commit" && status == 503 {
            break;
        }
        assert_eq!(status, 200);
        if durability == "batch" && number == 3000 {
            break;
        }
        assert!(number < 20_000, "the disk is never full");
    }
    assert_eq!(post(port, number), expected);
    (creel, port, number + 1)
}

#[test]
fn a_limit_on_files_is_a_full_disk() {
    for durability in ["batch", "commit"] {
        let state = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        // In blocks of 512 bytes.
        shell.args(["-c", "ulimit -f 4096; exec \"$0\" \"$@\"", CREEL]).args(JSON).args(["--durability", durability]);
        shell.env_clear().env("HOME", state.path()).env("XDG_STATE_HOME", state.path()).current_dir(state.path());
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (creel, _, sent) = on_a_full_disk(&mut shell, durability);
        creel.signal(Signal::TERM);
        let ended = creel.end();
        assert_eq!(ended.code, Some(143), "{}", ended.stderr);
        assert!(ended.stderr.contains("not on disk: the inbox `default` cannot be written"), "{}", ended.stderr);
        let captures = ended.lines.iter().filter(|line| line.contains(r#""type":"capture""#)).count();
        assert_eq!(captures as u64, sent, "each was caught all the same");
        let found = found(state.path());
        // What was kept out for a while may have found room in the end.
        assert!(!found.is_empty() && (found.len() as u64) <= sent);
    }
}

/// A disk of that size, where we may make one.
struct Disk(PathBuf);

impl Disk {
    fn of(folder: &Path, size: &str) -> Option<Self> {
        let path = folder.join("disk");
        fs::create_dir(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&path).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(path))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn what_a_full_disk_kept_out_is_written_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    for durability in ["batch", "commit"] {
        let own = tempfile::tempdir_in(folder.path()).unwrap();
        let Some(disk) = Disk::of(own.path(), "64m") else {
            eprintln!("not looked at: no disk can be made here");
            return;
        };
        let ballast = disk.0.join("ballast");
        fs::write(&ballast, vec![1; 60 << 20]).unwrap();
        let mut creel = command(&[&JSON[..], &["--durability", durability]].concat());
        let (creel, port, sent) = on_a_full_disk(creel.env("XDG_STATE_HOME", &disk.0), durability);
        fs::remove_file(&ballast).unwrap();
        // It tries every second.
        let mut number = sent;
        until("it writes again", || {
            number += 1;
            let written = archive(&disk.0).count().unwrap();
            post(port, number) == 200 && written >= if durability == "batch" { sent } else { 1 }
        });
        until("all is written", || archive(&disk.0).count().unwrap() >= sent);
        creel.signal(Signal::TERM);
        assert_eq!(creel.end().code, Some(143));
        assert!(found(&disk.0).len() as u64 >= sent, "{} of {sent}", found(&disk.0).len());
        drop(disk);
    }
}
