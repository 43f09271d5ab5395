//! `creel expect` as scripts use it: a command and its environment, exit codes, signals, and no process left behind.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use rstest::rstest;
use rustix::process::{Pid, Signal, test_kill_process};
use serde_json::Value;

use crate::{
    program::{CREEL, Ended, Headless, command, ended, port_in},
    pty::{self, Pty},
    wire::{DEADLINE, request, send},
};

/// A shell's way of sending a POST request to creel, without a program that may not be there: the built-in of bash.
const POST: &str = r#"post() { exec 3<>/dev/tcp/127.0.0.1/$CREEL_PORT
printf 'POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}' "$1" >&3; cat <&3; exec 3>&-; }"#;

/// `creel expect` with these options and a script as its command.
fn expecting(options: &[&str], script: &str) -> Ended {
    let script = format!("{POST}\n{script}");
    ended(&[&["expect"], options, &["--", "bash", "-c", &script]].concat())
}

fn objects(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn types(objects: &[Value]) -> Vec<&str> {
    objects.iter().map(|object| object["type"].as_str().unwrap()).collect()
}

/// `creel expect` without a command, and its port once it is ready.
fn waiting(options: &[&str]) -> (Headless, u16) {
    let all = [&["expect", "--listen", "127.0.0.1:0"], options].concat();
    let running = Headless::spawn(&mut command(&all));
    let ready = running.object();
    assert_eq!(ready["type"], "ready", "{ready}");
    (running, port_in(ready["url"].as_str().unwrap()).unwrap())
}

fn post(port: u16, target: &str) {
    let answer = send(port, &request(&format!("POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close"), "{}"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Waits until a process has gone.
fn gone(pid: i32) {
    let deadline = Instant::now() + DEADLINE;
    let alive = || {
        // One that nobody has waited for yet is no longer alive either.
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() && !state.contains(") Z ")
    };
    while alive() {
        assert!(Instant::now() < deadline, "{pid} still runs");
        thread::sleep(Duration::from_millis(2));
    }
}

/// What a file holds, once it holds a line.
fn line_of(path: &Path) -> String {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim_end().to_owned(),
            _ => assert!(Instant::now() < deadline, "{} is not written", path.display()),
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_command_that_sends_what_is_expected_is_a_success_and_the_output_is_data_alone() {
    let ended = expecting(&["path:/hooks", "--count", "2"], "echo noise; post /other; post /hooks/1; post /hooks/2");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let objects = objects(&ended.lines);
    assert_eq!(types(&objects), ["ready", "capture", "capture", "expectation"]);
    assert_eq!((objects[1]["target"].as_str(), objects[2]["target"].as_str()), (Some("/hooks/1"), Some("/hooks/2")));
    let told = &objects[3];
    assert_eq!((&told["met"], &told["matched"], &told["others"]), (&Value::Bool(true), &2.into(), &1.into()));
    assert!(ended.stderr.starts_with("noise\n") && ended.stderr.contains("HTTP/1.1 200 OK"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("creel:"), "{}", ended.stderr);
}

#[test]
fn what_did_come_is_said_with_the_term_that_failed() {
    let (running, port) = waiting(&["provider:stripe event:invoice.paid", "--within", "700ms"]);
    send(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let body = r#"{"id":"evt_1","object":"event","type":"invoice.created"}"#;
    send(port, &request("POST /stripe HTTP/1.1\r\nHost: x\r\nStripe-Signature: t=1\r\nConnection: close", body));
    send(port, b"\x16\x03\x01 no HTTP\r\n\r\n");
    let Ended { code, lines, stderr } = running.end();
    assert_eq!(code, Some(1), "{stderr}");
    let said: Vec<_> = stderr.lines().collect();
    assert_eq!(
        said[..3],
        [
            "creel: expected 1 capture of `provider:stripe event:invoice.paid` within 700 ms: none came, but 2 others did",
            "creel: nearest: #2 POST /stripe — event is invoice.created, not invoice.paid",
            "creel:     and: #1 GET / — it has no provider; it has no event",
        ],
        "{stderr}"
    );
    assert!(said[3].starts_with("creel: 1 more was no HTTP request"), "{stderr}");
    let [told] = objects(&lines).try_into().unwrap();
    assert_eq!((&told["type"], &told["met"]), (&"expectation".into(), &Value::Bool(false)));
    assert_eq!(told["nearest"][0]["missed"][0]["term"], "event:invoice.paid");
    assert!(lines[0].is_ascii());
}

#[rstest]
#[case::before("exit 3", "the command ended with code 3 before 1 capture of `path:/hooks` had come: none came")]
#[case::by_a_signal("kill -9 $$", "the command was ended by signal 9 before 1 capture")]
#[case::after(
    "post /hooks >/dev/null; exit 4",
    "1 capture of `path:/hooks` came as expected, but the command ended with code 4"
)]
fn a_command_that_fails_is_a_failure(#[case] script: &str, #[case] says: &str) {
    let ended = expecting(&["path:/hooks"], script);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
}

#[test]
fn none_holds_until_the_command_ends_and_breaks_at_the_first() {
    let Ended { code, lines, stderr } = expecting(&["--none", "path:/bad"], "post /good >/dev/null");
    assert_eq!((code, types(&objects(&lines)).as_slice()), (Some(0), &["ready", "expectation"][..]), "{stderr}");
    let Ended { code, lines, stderr } = expecting(&["--none", "path:/bad"], "post /bad >/dev/null; sleep 1000");
    assert_eq!((code, types(&objects(&lines)).as_slice()), (Some(1), &["ready", "capture", "expectation"][..]));
    assert!(stderr.contains("creel: expected no capture of `path:/bad`, and #1 came\n"), "{stderr}");
}

#[test]
fn a_command_that_goes_on_is_ended_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!("sleep 1000 & echo $$ $! > {}; post /hooks >/dev/null; wait", pids.display());
    let Ended { code, stderr, .. } = expecting(&["path:/hooks", "--stop"], &script);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("creel: the command still ran, or something that it started, and was ended\n"), "{stderr}");
    line_of(&pids).split(' ').for_each(|pid| gone(pid.parse().unwrap()));
    // One that does not hear is ended all the same, and so is what outlives the command.
    let script =
        format!("(trap '' TERM; while :; do sleep 1; done) & echo $! > {}; post /hooks >/dev/null", pids.display());
    fs::remove_file(&pids).unwrap();
    assert_eq!(expecting(&["path:/hooks"], &script).code, Some(0));
    gone(line_of(&pids).parse().unwrap());
}

#[rstest]
#[case(Signal::INT, 130)]
#[case(Signal::TERM, 143)]
fn a_signal_is_passed_on_and_leaves_nothing(#[case] signal: Signal, #[case] code: i32) {
    let folder = tempfile::tempdir().unwrap();
    let (pids, heard) = (folder.path().join("pids"), folder.path().join("heard"));
    let script = format!(
        "trap 'echo yes > {}; exit' {}; sleep 1000 & echo $$ $! > {}; wait",
        heard.display(),
        signal.as_raw(),
        pids.display()
    );
    let running = Headless::spawn(&mut command(&["expect", "x", "--", "bash", "-c", &script]));
    assert_eq!(running.object()["type"], "ready");
    let started = line_of(&pids);
    running.signal(signal);
    let Ended { code: ended, lines, stderr } = running.end();
    assert_eq!((ended, lines.len()), (Some(code), 0), "{stderr}");
    assert_eq!(line_of(&heard), "yes");
    started.split(' ').for_each(|pid| gone(pid.parse().unwrap()));
}

#[test]
fn standard_input_is_the_commands() {
    let script = r#"read -r target; post "$target" >/dev/null"#;
    let script = format!("{POST}\n{script}");
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input");
    fs::File::create(&input).unwrap().write_all(b"/from/input\n").unwrap();
    let mut command = command(&["expect", "path:/from/input", "--", "bash", "-c", &script]);
    command.stdin(Stdio::from(fs::File::open(&input).unwrap()));
    let Ended { code, stderr, .. } = Headless::spawn(&mut command).end();
    assert_eq!(code, Some(0), "{stderr}");
}

/// A group in the background that reads from its terminal is stopped, and would never end.
#[test]
fn a_terminal_is_not_the_commands_to_read() {
    let mut command = pty::command(CREEL);
    command.args(["expect", "--none", "x", "--output", "text", "--", "bash", "-c", "cat; echo done"]);
    let mut pty = Pty::spawn(command, 100, 24);
    assert_eq!(pty.exit_code(), 0, "{}", pty.screen());
    assert!(pty.screen().contains("done"), "{}", pty.screen());
    pty.assert_given_back();
}

#[test]
fn nobody_who_reads_changes_no_exit_code() {
    let script =
        format!("{POST}\n[ \"$({CREEL} expect path:/hooks -- bash -c \"$1\" 2>/dev/null | head -1 | wc -l)\" = 1 ]");
    let inner = format!("{POST}\npost /hooks >/dev/null");
    let ended = Headless::spawn(
        command(&["expect", "--none", "x", "--", "bash", "-o", "pipefail", "-c", &script, "bash", &inner])
            .env("PATH", std::env::var_os("PATH").unwrap()),
    )
    .end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn lines_for_people_are_columns_and_the_url_is_said() {
    let Ended { code, lines, stderr } =
        expecting(&["path:/hooks", "--output", "text"], "post /hooks >/dev/null; echo \"at $CREEL_URL\"");
    assert_eq!((code, lines.len()), (Some(0), 1), "{stderr}");
    assert!(lines[0].contains("  POST  /hooks  -  200  2 B"), "{}", lines[0]);
    let port = port_in(&stderr).unwrap();
    assert!(stderr.starts_with(&format!("creel: catching at http://127.0.0.1:{port}\n")), "{stderr}");
    assert!(stderr.ends_with(&format!("at http://127.0.0.1:{port}\n")), "{stderr}");
}

#[test]
fn what_senders_are_answered_can_be_said() {
    let (running, port) = waiting(&["path:/hooks", "--respond", "503"]);
    let answer = send(port, &request("POST /hooks HTTP/1.1\r\nHost: x\r\nConnection: close", "{}"));
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert_eq!(running.object()["answer"]["status"], 503);
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn several_wait_at_once() {
    let all: Vec<_> = (0..4).map(|_| waiting(&["path:/hooks"])).collect();
    for (running, port) in all {
        post(port, "/hooks");
        assert_eq!(running.end().code, Some(0));
    }
}

#[rstest]
#[case::no_query(&["expect"], "QUERY")]
#[case::a_query_that_is_none(&["expect", "metod:POST"], "  ^^^^^ unknown field `metod`")]
#[case::no_count(&["expect", "x", "--count", "0"], "--count")]
#[case::none_of_several(&["expect", "x", "--none", "--count", "2"], "cannot be used with")]
#[case::no_unit(&["expect", "x", "--within", "30"], "say the unit, such as 30s")]
#[case::no_command_to_stop(&["expect", "x", "--stop"], "COMMAND")]
#[case::no_such_program(&["expect", "x", "--", "/nonexistent/program"], "the command /nonexistent/program cannot be run")]
#[case::no_such_status(&["expect", "x", "--respond", "99"], "`99`")]
fn what_cannot_be_expected_is_said(#[case] args: &[&str], #[case] says: &str) {
    let Ended { code, stderr, .. } = ended(args);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains(says), "{stderr}");
}
