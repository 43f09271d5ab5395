//! What curl sends is what was captured, whatever is in it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    process::Command,
    sync::Arc,
    thread::{self, JoinHandle},
};

use bytes::Bytes;
use creel::{
    export::curl,
    model::{Answer, Body, Capture, CaptureId, Head, Seq, Timing, Wire},
};
use jiff::Timestamp;
use proptest::prelude::*;

/// Whether there is what these tests need; says so loudly where not.
fn can_run() -> bool {
    let there =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    let all = there("bash") && there("curl") && there("base64");
    if !all {
        eprintln!("SKIPPED: bash, curl and base64 are needed to run the commands, and one of them is not here");
    }
    all
}

fn capture(head: &[u8], body: &[u8]) -> Capture {
    Capture {
        id: CaptureId::fixed(1),
        seq: Seq(1),
        received_at: Timestamp::UNIX_EPOCH,
        remote: None,
        head: Head::parse(Bytes::copy_from_slice(head)).unwrap(),
        body: Body::complete(Bytes::copy_from_slice(body)),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

/// A head and a body.
type Recorded = (Vec<u8>, Vec<u8>);

/// Answers one request and hands back its bytes; chunks are put together.
fn recorder() -> (SocketAddr, JoinHandle<Recorded>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let recorded = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = Vec::new();
        let mut more = |bytes: &mut Vec<u8>| {
            let mut piece = [0; 8192];
            let length = stream.read(&mut piece).unwrap();
            assert_ne!(length, 0, "closed early: {}", bytes.escape_ascii());
            bytes.extend_from_slice(&piece[..length]);
        };
        let head = loop {
            match bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => more(&mut bytes),
            }
        };
        let parsed = Head::parse(Bytes::copy_from_slice(&bytes[..head])).unwrap();
        let body = if parsed.header("transfer-encoding").is_some() {
            while !bytes.ends_with(b"0\r\n\r\n") {
                more(&mut bytes);
            }
            joined(&bytes[head..])
        } else {
            let length: usize = parsed.header_str("content-length").map_or(0, |length| length.parse().unwrap());
            while bytes.len() < head + length {
                more(&mut bytes);
            }
            bytes[head..].to_vec()
        };
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        (bytes[..head].to_vec(), body)
    });
    (address, recorded)
}

/// The chunks of a body, without their framing.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|window| window == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&chunks[end + 2..end + 2 + size]);
        chunks = &chunks[end + 4 + size..];
    }
}

/// Runs the command for the capture of these bytes, in which `{}` stands for the listener's address, and compares what
/// arrives.
fn sends(shell: &str, head: &[u8], body: &[u8]) {
    let (address, recorded) = recorder();
    let at = head.windows(2).position(|window| window == b"{}").unwrap();
    let head = [&head[..at], address.to_string().as_bytes(), &head[at + 2..]].concat();
    let command = curl(&capture(&head, body), &format!("http://{address}")).unwrap();
    // Run in a folder without files, so that whatever it should write by mistake is seen.
    let (folder, mut script) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
    script.write_all(command.as_bytes()).unwrap();
    let output = Command::new(shell).arg(script.path()).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    let (arrived_head, arrived_body) = recorded.join().unwrap();
    assert_eq!(arrived_head.escape_ascii().to_string(), head.escape_ascii().to_string(), "{command}");
    assert_eq!(arrived_body, body, "{command}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "{command}");
}

#[test]
fn heads_arrive_as_they_were() {
    if !can_run() {
        return;
    }
    for head in [
        b"GET / HTTP/1.1\r\nHost: {}\r\n\r\n".as_slice(),
        b"GET / HTTP/1.0\r\nHost: {}\r\nAccept: */*\r\n\r\n",
        b"HEAD /a HTTP/1.1\r\nHost: {}\r\nUser-Agent: x\r\n\r\n",
        b"pUrGe /a?b=c&d HTTP/1.1\r\nHost: {}\r\nX-A: 1\r\nx-b: 2\r\nX-a: 3\r\nX-A: 1\r\n\r\n",
        b"M-SEARCH * HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET /%zz//../\xc3\xa9/./?a=[1-3]{b,c}&%41%2f HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET /\xff\x80'\"`$(id)\\!;|<>^#frag HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET http://elsewhere.example/a HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET //evil.example/a HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET @/etc/passwd HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {}\r\nEmpty:\r\nQuote: it's \"$(id)\" `id` \\ ! %s\r\nAt: @/etc/passwd\r\nSemi: a;\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {}\r\nOdd: \xff\xe9\x80 \xc3\xa9 \xe2\x80\xae\tx\r\nUser-Agent: curl/0\r\nAccept: text/x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {}\r\nConnection: keep-alive, X\r\nCookie: a=b; c=d\r\nAccept-Encoding: gzip, br\r\n\r\n",
    ] {
        sends("bash", head, b"");
    }
}

#[test]
fn bodies_arrive_as_they_were() {
    if !can_run() {
        return;
    }
    let long: Vec<u8> = (0..150_000_u32).map(|number| b' ' + (number % 90) as u8).collect();
    for body in [
        b"{\"a\": \"it's\"}\n".as_slice(),
        b"\n",
        b"a=b&c=%41",
        b"@/etc/passwd",
        b"@-",
        b"a@b",
        b"-d --data",
        b"$(touch owned) `touch owned` \"; touch owned #",
        b"'; touch owned; '",
        b"\\n \\u0000 %s %% ! ~ * ?",
        b"a\r\nb\tc\x1b[31m\x7f\xff\xfe",
        b"with a \0 inside",
        b"trailing newlines\n\n\n",
        "caf\u{e9} \u{202e} \u{1f512}".as_bytes(),
        &long,
    ] {
        let head = format!(
            "POST /hook HTTP/1.1\r\nHost: {{}}\r\nContent-Type: text/plain\r\nCONTENT-length: {}\r\n\r\n",
            body.len()
        );
        sends("bash", head.as_bytes(), body);
        let bare = format!("POST /hook HTTP/1.1\r\nHost: {{}}\r\nContent-Length: {}\r\n\r\n", body.len());
        sends("bash", bare.as_bytes(), body);
        sends("bash", b"POST /hook HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n", body);
    }
}

#[test]
fn bodies_that_are_empty_or_unusual_arrive() {
    if !can_run() {
        return;
    }
    sends("bash", b"POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", b"");
    sends("bash", b"POST / HTTP/1.1\r\nHost: {}\r\n\r\n", b"");
    sends("bash", b"POST / HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n", b"");
    sends("bash", b"GET / HTTP/1.1\r\nHost: {}\r\nContent-Length: 3\r\n\r\n", b"abc");
    sends("bash", b"DELETE / HTTP/1.1\r\nHost: {}\r\nContent-Type: x\r\nContent-Length: 3\r\n\r\n", b"abc");
}

#[test]
fn a_plain_capture_runs_in_any_posix_shell() {
    if !can_run() {
        return;
    }
    let head = b"POST /github?x=1 HTTP/1.1\r\nHost: {}\r\nX-GitHub-Event: push\r\nContent-Length: 12\r\n\r\n";
    sends("sh", head, b"{\"it's\": 1} ");
    sends("sh", b"POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 4\r\n\r\n", b"\0\xff@\n");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn anything_arrives(
        path in proptest::collection::vec(prop_oneof![0x21_u8..0x7f, 0x80_u8..], 0..40),
        values in proptest::collection::vec(proptest::collection::vec(prop_oneof![0x21_u8..0x7f, 0x80_u8..], 1..40), 0..6),
        body in proptest::collection::vec(any::<u8>(), 1..400),
    ) {
        if !can_run() {
            return Ok(());
        }
        let mut head = [b"POST /".as_slice(), &path, b" HTTP/1.1\r\nHost: {}\r\n"].concat();
        for (number, value) in values.iter().enumerate() {
            head.extend([format!("X-{number}: ").as_bytes(), value, b"\r\n"].concat());
        }
        head.extend(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        prop_assume!(!path.windows(2).any(|window| window == b"{}"));
        sends("bash", &head, &body);
    }
}
