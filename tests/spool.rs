//! Large bodies in the program itself: what a crash leaves, and how much memory it takes to catch and print one.

// What stands outside of test functions fails a test by a panic too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

const PATIENCE: Duration = Duration::from_secs(60);

/// The program, listening, with its caches in a folder of the test's.
struct Program {
    child: Child,
    out: BufReader<ChildStdout>,
    addr: String,
}

impl Program {
    fn start(cache: &Path, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
        command.args(["--output", "json", "--listen", "127.0.0.1:0"]).args(options);
        command
            .env("XDG_CACHE_HOME", cache)
            .env("XDG_CONFIG_HOME", cache)
            .env("XDG_STATE_HOME", cache)
            .current_dir(cache);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let addr = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Self { child, out, addr }
    }

    fn post(&self, length: usize) -> TcpStream {
        let mut stream = TcpStream::connect(&self.addr).unwrap();
        write!(stream, "POST /large HTTP/1.1\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n").unwrap();
        stream
    }

    /// Files under a folder that the program has open.
    fn open_files(&self, folder: &Path) -> usize {
        let links = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().flatten();
        let inside = |link: PathBuf| std::fs::read_link(link).is_ok_and(|to| to.starts_with(folder));
        links.filter(|link| inside(link.path())).count()
    }

    /// The most memory that it has had resident, in KiB.
    fn most_resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL, which is what a crash is to those who come after.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}: it did not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_crash_in_the_middle_of_a_body_leaves_nothing_after_the_next_start() {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("creel/inboxes/default/bodies");
    let program = Program::start(cache.path(), &[]);
    let mut stream = program.post(8 << 20);
    stream.write_all(&vec![b'x'; 4 << 20]).unwrap();
    until("a spool file", || program.open_files(&folder) == 1);
    drop(program);
    assert_eq!(names(&folder), [""; 0]);

    // Where files need a name for a moment, that moment may be the last.
    std::fs::write(folder.join(".tmpJ2kd9x"), "").unwrap();
    let program = Program::start(cache.path(), &[]);
    assert_eq!(names(&folder), [""; 0]);
    drop(program);
}

#[test]
fn a_body_of_128_mib_is_caught_and_printed_in_constant_memory() {
    let cache = tempfile::tempdir().unwrap();
    let mut program = Program::start(cache.path(), &["--max-body", "2GiB"]);
    let block: Vec<u8> = (0..1_u64 << 20).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8).collect();
    let mut hash = Sha256::new();
    let mut stream = program.post(128 << 20);
    for _ in 0..128 {
        stream.write_all(&block).unwrap();
        hash.update(&block);
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let sha256 = hex::encode(hash.finalize());

    // The line, without holding it here either.
    let (mut start, mut length) = (Vec::new(), 0_usize);
    loop {
        let piece = program.out.fill_buf().unwrap();
        let end = piece.iter().position(|byte| *byte == b'\n');
        let piece = &piece[..end.unwrap_or(piece.len())];
        start.extend_from_slice(&piece[..piece.len().min(2000_usize.saturating_sub(start.len()))]);
        length += piece.len();
        let used = piece.len();
        program.out.consume(used + usize::from(end.is_some()));
        if end.is_some() {
            break;
        }
    }
    let start = String::from_utf8(start).unwrap();
    assert!(start.contains(&format!("\"size\":{},\"truncated\":false,\"sha256\":\"{sha256}\",\"base64\":", 128 << 20)));
    assert!(length > (128 << 20) / 3 * 4, "{length}");
    let resident = program.most_resident();
    assert!(resident < 100 * 1024, "{resident} KiB");
}
