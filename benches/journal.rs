//! What the inbox costs and how fast it is: captures a second where every sender waits for the disk, how much larger the
//! file is than what it keeps, and how long a start takes with ten thousand captures in it.
//!
//! `cargo bench --bench journal`. The senders share the machine with the server, and the disk is that of the target
//! folder.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on stops")]

#[path = "support/load.rs"]
mod load;

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use creel::store::{Archive, InboxName, Inboxes};
use load::{Load, request};

const CREEL: &str = env!("CARGO_BIN_EXE_creel");
const SENDERS: usize = 64;
const STARTS: usize = 11;

struct Creel {
    child: Child,
    addr: SocketAddr,
    ready: Duration,
}

impl Creel {
    fn start(state: &Path, args: &[&str]) -> Self {
        let begun = Instant::now();
        let mut child = Command::new(CREEL)
            .args(["--output", "text", "--listen", "127.0.0.1:0"])
            .args(args)
            .current_dir(state)
            .env_clear()
            .env("HOME", state)
            .env("XDG_STATE_HOME", state)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let ready = begun.elapsed();
        let (_, rest) = line.split_once("http://").unwrap();
        Self { child, addr: rest.trim().parse().unwrap(), ready }
    }

    fn end(mut self) {
        let pid = rustix::process::Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap();
    }
}

fn archive(state: &Path) -> Archive {
    Archive::open(&Inboxes::new(state.join("creel/inboxes")), &InboxName::default()).unwrap()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = request(7000);
    let folder = || tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();

    for durability in ["commit", "batch"] {
        let state = folder();
        let creel =
            Creel::start(state.path(), &["--durability", durability, "--keep", "10000000", "--keep-bytes", "100GiB"]);
        let begun = Instant::now();
        let answered = runtime.block_on(async {
            let load = Load::begin(creel.addr, SENDERS, &request).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
            load.end().await
        });
        let per_second = answered as f64 / begun.elapsed().as_secs_f64();
        creel.end();
        let archive = archive(state.path());
        let (count, bytes) = (archive.count().unwrap(), archive.bytes().unwrap());
        let file = fs::metadata(state.path().join("creel/inboxes/default/journal.db")).unwrap().len();
        println!(
            "{durability:>6}: {per_second:.0} requests/s answered over {SENDERS} connections; {count} of {answered} are on \
             the disk, in a file of {:.3} times their bytes",
            file as f64 / bytes as f64
        );
    }

    let state = folder();
    let creel = Creel::start(state.path(), &["--durability", "commit"]);
    runtime.block_on(load::send(creel.addr, SENDERS, &request, 10_000));
    creel.end();
    assert_eq!(archive(state.path()).count(), Ok(10_000));
    let mut starts: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let creel = Creel::start(state.path(), &[]);
            let ready = creel.ready;
            creel.end();
            ready
        })
        .collect();
    starts.sort();
    println!("ready after {:.1?} with 10,000 captures in the inbox, middle of {STARTS} starts", starts[STARTS / 2]);
    let begun = Instant::now();
    let page = archive(state.path()).newest(None, 10_000).unwrap();
    println!("{} captures read in {:.1?}", page.len(), begun.elapsed());
}
