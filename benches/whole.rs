//! The whole program from outside: how soon it is ready, what it keeps in memory, what it does when nothing happens, and
//! how long a key takes to the screen while requests arrive.
//!
//! `cargo bench --bench whole`; a minute and a half. It starts the program as a user does, without a terminal or in one of
//! its own, and reads what the system says of it in `/proc`, so it needs Linux. `cargo bench --bench whole -- keys` makes
//! only the measurements whose name has `keys` in it.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

#[path = "support/load.rs"]
mod load;
#[path = "../tests/support/pty.rs"]
mod pty;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use load::{Load, request};
use pty::Pty;
use rustix::process::Signal;

/// The program, built as it is released.
const CREEL: &str = env!("CARGO_BIN_EXE_creel");
const CONNECTIONS: usize = 64;
const MIB: f64 = 1_048_576.0;

type Measure = fn(&Bench);

/// Each measurement with its name.
const ALL: &[(&str, Measure)] = &[
    ("ready", start_to_ready),
    ("memory", memory_of_captures),
    ("flood", memory_under_a_flood),
    ("idle", idle),
    ("keys", key_to_screen),
];

fn main() {
    if !Path::new("/proc/self/schedstat").exists() {
        println!("this needs Linux: what is measured is read in /proc");
        return;
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let bench = Bench {
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        home: tempfile::tempdir().unwrap(),
    };
    println!("{:<58} {:>22}   aim", "what", "measured");
    for (name, measure) in ALL {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            measure(&bench);
        }
    }
}

fn row(what: &str, measured: &str, aim: &str) {
    println!("{what:<58} {measured:>22}   {aim}");
}

struct Bench {
    /// For the senders.
    runtime: tokio::runtime::Runtime,
    /// A home without any configuration.
    home: tempfile::TempDir,
}

impl Bench {
    fn send(&self, addr: SocketAddr, connections: usize, request: &Arc<[u8]>, count: u64) {
        self.runtime.block_on(load::send(addr, connections, request, count));
    }

    fn send_for(&self, time: Duration, addr: SocketAddr, connections: usize, request: &Arc<[u8]>) -> u64 {
        self.runtime.block_on(async {
            let load = Load::begin(addr, connections, request).await;
            tokio::time::sleep(time).await;
            load.end().await
        })
    }

    /// Starts the program in a terminal of its own and waits until it can be sent to.
    fn in_terminal(&self) -> (Pty, SocketAddr, Process) {
        let mut command = pty::command(CREEL);
        command.args(["--listen", "127.0.0.1:0"]);
        command.env("HOME", self.home.path());
        command.env("XDG_CONFIG_HOME", self.home.path());
        command.env("XDG_STATE_HOME", self.home.path());
        command.cwd(self.home.path());
        let pty = Pty::spawn(command, 140, 40);
        pty.wait_for("Waiting for the first request");
        let screen = pty.screen();
        let (_, rest) = screen.split_once("http://").unwrap();
        let addr = rest.split_whitespace().next().unwrap().parse().unwrap();
        let process = Process(pty.pid().as_raw_nonzero().get().try_into().unwrap());
        (pty, addr, process)
    }
}

/// What the system says of a process.
#[derive(Clone, Copy)]
struct Process(u32);

impl Process {
    fn status(self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        value.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// The memory it has now, in bytes.
    fn resident(self) -> f64 {
        self.status("VmRSS") * 1024.0
    }

    /// The most memory that it ever had, in bytes.
    fn most_resident(self) -> f64 {
        self.status("VmHWM") * 1024.0
    }

    fn threads(self) -> impl Iterator<Item = std::path::PathBuf> {
        fs::read_dir(format!("/proc/{}/task", self.0)).unwrap().flatten().map(|entry| entry.path())
    }

    /// How long its threads have run, in seconds.
    fn ran(self) -> f64 {
        let of = |thread: std::path::PathBuf| {
            let schedstat = fs::read_to_string(thread.join("schedstat")).ok()?;
            schedstat.split(' ').next()?.parse::<u64>().ok()
        };
        self.threads().filter_map(of).sum::<u64>() as f64 / 1e9
    }

    /// How often its threads have gone to sleep.
    fn sleeps(self) -> u64 {
        let of = |thread: std::path::PathBuf| {
            let status = fs::read_to_string(thread.join("status")).ok()?;
            let value = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            value.trim().parse::<u64>().ok()
        };
        self.threads().filter_map(of).sum()
    }

    /// Waits until it has nothing more to do.
    fn rest(self) {
        loop {
            let before = self.ran();
            thread::sleep(Duration::from_millis(300));
            if self.ran() - before < 0.003 {
                return;
            }
        }
    }
}

/// The program without a terminal, and whoever reads its lines.
struct Headless {
    child: Child,
    addr: SocketAddr,
    /// From the start to the line that says so.
    ready: Duration,
    /// Kept open, but not read, where the reader stands still.
    _unread: Option<BufReader<std::process::ChildStdout>>,
}

impl Headless {
    fn start(bench: &Bench, arguments: &[&str], reading: bool) -> Self {
        let begun = Instant::now();
        let mut child = Command::new(CREEL)
            .args(["--listen", "127.0.0.1:0", "--output", "json"])
            .args(arguments)
            .current_dir(bench.home.path())
            .env_clear()
            .env("HOME", bench.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let ready = begun.elapsed();
        let (_, rest) = line.split_once("http://").unwrap();
        let addr = rest.split('"').next().unwrap().parse().unwrap();
        let unread = if reading {
            thread::spawn(move || {
                let mut buffer = vec![0; 256 * 1024];
                while output.read(&mut buffer).is_ok_and(|read| read > 0) {}
            });
            None
        } else {
            Some(output)
        };
        Self { child, addr, ready, _unread: unread }
    }

    fn process(&self) -> Process {
        Process(self.child.id())
    }
}

impl Drop for Headless {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value below which that part of all values lies.
fn part(values: &mut [Duration], part: f64) -> Duration {
    values.sort_unstable();
    let at = ((values.len() as f64 * part).ceil() as usize).clamp(1, values.len());
    values.get(at - 1).copied().unwrap()
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn start_to_ready(bench: &Bench) {
    let mut times: Vec<_> = (0..30).map(|_| Headless::start(bench, &[], true).ready).collect();
    let (middle, worst) = (part(&mut times, 0.5), part(&mut times, 1.0));
    row("start to the ready line, middle of 30", &millis(middle), "≤ 50 ms");
    row("start to the ready line, longest of 30", &millis(worst), "");
}

fn memory_of_captures(bench: &Bench) {
    let headless = Headless::start(bench, &[], true);
    let (process, request) = (headless.process(), request(1000));
    // What connections, threads and printing need is there before it counts.
    bench.send(headless.addr, CONNECTIONS, &request, 1000);
    process.rest();
    let before = process.resident();
    bench.send(headless.addr, CONNECTIONS, &request, 9000);
    process.rest();
    let full = process.resident();
    let over = (full - before) / 9000.0 - request.len() as f64;
    row("memory for a capture of 1.4 KB over its own bytes", &format!("{over:.0} bytes"), "≤ 1,024 bytes");
    bench.send(headless.addr, CONNECTIONS, &request, 90_000);
    process.rest();
    let later = process.resident();
    row("resident after 10,000 captures", &format!("{:.1} MiB", full / MIB), "");
    row("resident after 100,000 captures", &format!("{:.1} MiB", later / MIB), "flat");
}

fn memory_under_a_flood(bench: &Bench) {
    let ring = 64.0;
    let few = ["--ring-bytes", "64MiB"];
    let many = ["--ring-bytes", "64MiB", "--ring", "1000000"];
    for (what, arguments, connections, size, reading) in [
        ("1 MiB, 8 connections", &few[..], 8, 1 << 20, true),
        ("1 MiB, 64 connections", &few[..], 64, 1 << 20, true),
        ("1 MiB, 8 connections, output not read", &few[..], 8, 1 << 20, false),
        ("100 KiB, 64 connections", &few[..], 64, 100 << 10, true),
        ("200 bytes, 64 connections", &many[..], 64, 200, true),
    ] {
        let headless = Headless::start(bench, arguments, reading);
        let sent = bench.send_for(Duration::from_secs(5), headless.addr, connections, &request(size));
        let most = headless.process().most_resident() / MIB;
        headless.process().rest();
        let after = headless.process().resident() / MIB;
        row(
            &format!("--ring-bytes 64MiB, {sent} × {what}"),
            &format!("most {most:.0}, then {after:.0} MiB"),
            &format!("≤ {:.0} MiB ({:.2})", ring * 1.3, most / ring),
        );
    }
}

fn idle(bench: &Bench) {
    let time = Duration::from_secs(10);
    let (_fresh_terminal, _, fresh) = bench.in_terminal();
    let (used_terminal, addr, used) = bench.in_terminal();
    bench.send(addr, 8, &request(7000), 100);
    used_terminal.wait_for("100 caught");
    // Until the rate of the last seconds has gone from the screen.
    thread::sleep(Duration::from_secs(15));
    let before = [fresh, used].map(|process| (process.ran(), process.sleeps()));
    let begun = Instant::now();
    thread::sleep(time);
    let seconds = begun.elapsed().as_secs_f64();
    for ((what, process), before) in
        [("before the first capture", fresh), ("with 100 captures", used)].into_iter().zip(before)
    {
        let (ran, sleeps) = (process.ran() - before.0, process.sleeps() - before.1);
        row(&format!("idle {what}, of a core"), &format!("{:.3} %", ran / seconds * 100.0), "< 0.5 %");
        row(
            &format!("idle {what}, wake-ups"),
            &format!("{:.1} a second", sleeps as f64 / seconds),
            "the clock's alone",
        );
    }
}

/// From a key to the screen that shows what it did, while 2,000 requests arrive each second.
fn key_to_screen(bench: &Bench) {
    let (mut terminal, addr, process) = bench.in_terminal();
    // A full ring, so that captures leave it as others come.
    bench.send(addr, CONNECTIONS, &request(7000), 10_000);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let senders = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let begun = Instant::now();
            let load = Load::paced(addr, CONNECTIONS, &request(7000), 2000).await;
            let _ = stopped.await;
            load.answered() as f64 / begun.elapsed().as_secs_f64()
        })
    });
    thread::sleep(Duration::from_secs(1));
    let (begun, ran) = (Instant::now(), process.ran());
    let mut times = Vec::new();
    let mut dice = 1_u64;
    for round in 0..500 {
        // At any moment between two frames.
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_micros(5_000 + (dice >> 33) % 30_000));
        // To the capture before the newest, and back to the newest: list, inspector and header change.
        let (key, sign) = if round % 2 == 0 { ("k", "○ held") } else { ("G", "● live") };
        let pressed = Instant::now();
        terminal.keys(key);
        terminal.wait_until(sign, |screen| screen.rows(0, 140).next().is_some_and(|row| row.contains(sign)));
        times.push(pressed.elapsed());
    }
    let busy = (process.ran() - ran) / begun.elapsed().as_secs_f64() * 100.0;
    stop.send(()).unwrap();
    let rate = senders.join().unwrap();
    let keys = times.len();
    row(&format!("a key on the screen at {rate:.0} requests/s, middle of {keys}"), &millis(part(&mut times, 0.5)), "");
    row("a key on the screen, 99 of 100", &millis(part(&mut times, 0.99)), "≤ 30 ms");
    row("the whole program meanwhile, of a core", &format!("{busy:.0} %"), "");
    terminal.signal(Signal::TERM);
    let _ = terminal.exit_code();
}
