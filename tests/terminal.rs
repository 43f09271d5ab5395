//! The terminal's life on a real terminal: whatever ends or stops the program, the user gets the terminal back as it was.
//!
//! The program is this file itself: a test starts it again in a terminal, with [`program`] as the only test and a
//! variable that makes it act. It takes the terminal, says what happens to it, and obeys a few keys.

#[path = "support/pty.rs"]
mod pty;

use std::{
    error::Error,
    io::{self, Write},
    os::fd::AsFd,
    process::{Command, Stdio},
};

use creel::{
    process::{self, Signal, Signals, Stop},
    tui::{
        clipboard::Clipboard,
        panic::{install_hook, interface},
        reader::Reader,
        terminal::{self, Options, Screen},
    },
};
use crossterm::event::{Event, KeyCode, KeyModifiers};
use portable_pty::CommandBuilder;
use pty::Pty;
use ratatui::widgets::Paragraph;
use rstest::rstest;
use rustix::process::Signal as Posix;

/// Makes [`program`] act.
const ACT: &str = "CREEL_TEST_ACT";
/// Where the program writes how much processor time it has used.
const CPU: &str = "CREEL_TEST_CPU";

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

#[allow(clippy::panic, reason = "panics are what is tested")]
fn fail(words: &str) -> ! {
    panic!("{words}")
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn act() -> Result<i32, Box<dyn Error>> {
    install_hook();
    if let Err(why) = terminal::check(&environment, false) {
        eprintln!("creel: {why}");
        return Ok(2);
    }
    let signals = Signals::start(Some(io::stdin().as_fd().try_clone_to_owned()?), last)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // As a task, so that it shares its threads with the workers.
    let task = runtime.spawn(interface(run(signals)));
    let code = match runtime.block_on(task) {
        Ok(code) => code?,
        Err(_) => 101,
    };
    runtime.shutdown_background();
    Ok(code)
}

fn last() {
    note_cpu();
    terminal::give_back();
}

/// Appends the processor time used so far, in ticks of the kernel, where the kernel tells it.
fn note_cpu() {
    let Some(path) = std::env::var_os(CPU) else { return };
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // proc(5): the 14th and 15th field of all, the name being the second.
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    if let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path) {
        let _ = writeln!(file, "{ticks}");
    }
}

/// What fails because the terminal has gone: the signal for that is on its way, with a SIGCONT before or behind it.
fn unless_gone(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if process::is_closed(&error) { Ok(()) } else { Err(error) })
}

async fn run(mut signals: Signals) -> io::Result<i32> {
    let mut screen = Screen::enter(Options::new(true, &environment))?;
    let mut reader = Reader::start()?;
    let clipboard = Clipboard::new(&environment);
    let mut said = vec!["ready".to_owned()];
    let (mut deaf, mut reading) = (false, true);
    loop {
        let text = said.join("\n");
        unless_gone(screen.draw(|frame| frame.render_widget(Paragraph::new(text), frame.area())))?;
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Quit(_) if deaf => note_cpu(),
                Signal::Quit(number) => return Ok(process::exit_code(number)),
                Signal::Suspend => screen.suspend(Stop::Process)?,
                Signal::Continue => {
                    unless_gone(screen.resume())?;
                    said.push("continued".to_owned());
                }
            },
            event = reader.next(), if reading => match event {
                None => reading = false,
                Some(Event::Paste(text)) => said.push(format!("pasted {} bytes", text.len())),
                Some(Event::Resize(columns, rows)) => said.push(format!("resized to {columns}x{rows}")),
                Some(Event::Mouse(mouse)) => said.push(format!("mouse at {},{}", mouse.column, mouse.row)),
                Some(Event::Key(key)) => match key.code {
                    KeyCode::Char('z') if key.modifiers == KeyModifiers::CONTROL => screen.suspend(Stop::Job)?,
                    KeyCode::Char('q') => {
                        screen.leave();
                        screen.draw(|frame| frame.render_widget(Paragraph::new("too late"), frame.area()))?;
                        return Ok(0);
                    }
                    KeyCode::Char('p') => fail("quoting \x1b[31m from outside"),
                    KeyCode::Char('w') => {
                        let worker = tokio::spawn(async { fail("a worker's defect") });
                        said.push(if worker.await.is_err() { "worker failed" } else { "worker did not fail" }.to_owned());
                    }
                    KeyCode::Char('d') => {
                        deaf = true;
                        said.push("deaf".to_owned());
                    }
                    KeyCode::Char('c') => said.push(match clipboard.copy("creel".to_owned()).await {
                        Ok(how) => how.sentence("text"),
                        Err(error) => error.to_string(),
                    }),
                    KeyCode::Char('o') => {
                        reader.pause();
                        let other = ["-c", "printf 'your word: '; read word; echo got $word"];
                        screen.hand_over(|| Command::new("sh").args(other).status())??;
                        reader.resume();
                        said.push("back again".to_owned());
                    }
                    code => said.push(format!("key {code:?}")),
                },
                Some(_) => {}
            },
        }
    }
}

/// The command that runs [`program`].
fn acting(before: &str) -> CommandBuilder {
    let mut command = pty::command("sh");
    let program = std::env::current_exe().unwrap_or_default();
    command.args(["-c", &format!("{before} exec \"$0\" \"$@\"")]);
    command.arg(program);
    command.args(["--exact", "program", "--ignored", "--nocapture"]);
    command.env(ACT, "1");
    command
}

fn started() -> Pty {
    let pty = Pty::spawn(acting(""), 80, 24);
    pty.wait_for("ready");
    pty
}

fn position(raw: &[u8], text: &[u8]) -> Option<usize> {
    raw.windows(text.len()).rposition(|window| window == text)
}

#[test]
fn a_quiet_end_gives_the_terminal_back_and_nothing_is_drawn_after() {
    let mut pty = started();
    pty.look(|screen| {
        assert!(screen.alternate_screen() && screen.bracketed_paste() && screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::PressRelease);
    });
    assert!(!pty.modes_are_as_before());
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
    let raw = pty.raw();
    assert_eq!(position(&raw, b"too late"), None);
    let named = position(&raw, b"\x1b[22;0t\x1b]0;creel\x07").unwrap();
    assert!(position(&raw, b"\x1b[23;0t").unwrap() > named, "the title is put back");
}

#[rstest]
#[case(Posix::TERM, 143)]
#[case(Posix::INT, 130)]
#[case(Posix::HUP, 129)]
#[case(Posix::QUIT, 131)]
fn a_signal_gives_the_terminal_back_and_is_told_by_the_exit_code(#[case] signal: Posix, #[case] code: u32) {
    let mut pty = started();
    pty.signal(signal);
    assert_eq!(pty.exit_code(), code);
    pty.assert_given_back();
}

#[test]
fn a_program_that_does_not_end_when_told_is_ended() {
    let mut pty = started();
    pty.keys("d");
    pty.wait_for("deaf");
    pty.signal(Posix::TERM);
    assert_eq!(pty.exit_code(), 143);
    pty.assert_given_back();
}

#[test]
fn a_panic_of_the_interface_is_told_on_the_terminal_that_was_given_back() {
    let mut pty = started();
    pty.keys("p");
    assert_eq!(pty.exit_code(), 101);
    pty.assert_given_back();
    let raw = pty.raw();
    let left = position(&raw, b"\x1b[?1049l").unwrap();
    assert!(position(&raw, b"creel ended because of a defect").unwrap() > left);
    assert!(pty.screen().contains("quoting ^[[31m from outside"), "{}", pty.screen());
    assert_eq!(position(&raw, b"quoting \x1b"), None);
}

#[test]
fn a_panic_of_a_worker_leaves_the_interface_alone() {
    let mut pty = started();
    pty.keys("w");
    pty.wait_for("worker failed");
    pty.keys("x");
    pty.wait_for("key Char('x')");
    assert!(pty.look(vt100::Screen::alternate_screen));
    assert_eq!(position(&pty.raw(), b"defect"), None);
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
}

#[rstest]
#[case::by_the_key(true)]
#[case::by_a_signal(false)]
fn a_stop_gives_the_terminal_back_and_a_continue_takes_it(#[case] key: bool) {
    let mut pty = started();
    for round in 1..=2 {
        if key {
            pty.keys("<C-z>");
        } else {
            pty.signal(Posix::TSTP);
        }
        pty.wait_until_stopped();
        pty.wait_until("the terminal to be given back", |screen| !screen.alternate_screen());
        pty.assert_given_back();
        pty.signal(Posix::CONT);
        let all = format!("ready{}", "\ncontinued".repeat(round));
        pty.wait_until("all of it to be drawn again", |screen| {
            screen.alternate_screen() && screen.contents().trim_end() == all
        });
        assert!(!pty.modes_are_as_before());
    }
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
}

#[test]
fn a_terminal_that_goes_away_ends_the_program_even_where_hang_ups_are_ignored() {
    let mut pty = Pty::spawn(acting("trap '' HUP;"), 80, 24);
    pty.wait_for("ready");
    // What proves that the signal is ignored: the program goes on.
    pty.signal(Posix::HUP);
    pty.keys("x");
    pty.wait_for("key Char('x')");
    pty.hang_up();
    assert_eq!(pty.exit_code(), 129);
}

#[rstest]
#[case::while_nothing_is_typed(b"")]
#[case::in_the_middle_of_a_paste(b"\x1b[200~half")]
fn a_terminal_that_has_gone_costs_nothing_until_the_end(#[case] typed: &[u8]) {
    let cpu = tempfile::NamedTempFile::new().unwrap();
    let mut command = acting("trap '' HUP;");
    command.env(CPU, cpu.path());
    let mut pty = Pty::spawn(command, 80, 24);
    pty.wait_for("ready");
    pty.keys("d");
    pty.wait_for("deaf");
    pty.send(typed);
    pty.hang_up();
    assert_eq!(pty.exit_code(), 129);
    let ticks = std::fs::read_to_string(cpu.path()).unwrap();
    let ticks: Vec<u64> = ticks.lines().map(|line| line.parse().unwrap()).collect();
    let [told, ended] = ticks.as_slice() else { panic!("told once, ended once: {ticks:?}") };
    // 1.9 seconds lie between, of which a spinning reader takes all: 190 ticks. A twentieth is allowed.
    assert!(ended - told <= 9, "{ticks:?}");
}

#[test]
fn without_a_terminal_there_is_a_sentence() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "program", "--ignored", "--nocapture"])
        .env(ACT, "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        sentence.trim(),
        "creel: standard input is not a terminal: start creel in one, or use --output text or --output json"
    );
}

#[test]
fn keys_pastes_clicks_and_sizes_are_read() {
    let mut pty = started();
    pty.keys("<Esc>");
    pty.wait_for("key Esc");
    pty.send(b"\x1b[<0;5;3M");
    pty.wait_for("mouse at 4,2");
    // More than a read takes at once, and more than the queue of a terminal.
    pty.send(b"\x1b[200~");
    pty.send(&b"paste\n".repeat(2000));
    pty.send(b"\x1b[201~");
    pty.wait_for("pasted 12000 bytes");
    pty.resize(100, 30);
    pty.wait_for("resized to 100x30");
    pty.keys("<Up>");
    pty.wait_for("key Up");
}

#[test]
fn other_work_gets_the_terminal_and_its_keys() {
    let mut pty = started();
    pty.keys("o");
    pty.wait_for("your word:");
    assert!(!pty.look(vt100::Screen::alternate_screen));
    pty.keys("fish<Enter>");
    pty.wait_for("back again");
    assert!(position(&pty.raw(), b"got fish").is_some());
    pty.keys("y");
    pty.wait_for("key Char('y')");
}

#[test]
fn a_copy_reaches_the_terminal() {
    let mut pty = started();
    pty.keys("c");
    pty.wait_for("copied 5 bytes of text through the terminal");
    assert!(position(&pty.raw(), b"\x1b]52;c;Y3JlZWw=\x07").is_some());
}
