//! Odd requests over a raw socket to the real listener, replayed to a raw socket: what arrives there is what was written
//! here, but for the entries of the ledger. The expected bytes are made by applying the ledger to the bytes that were
//! written, so that a difference which the ledger does not tell of fails, and so does an entry that tells of none.

use std::{net::SocketAddr, sync::Arc};

use creel::{
    capture::ListenSettings,
    model::{At, BodyFraming, Capture, Change, Fidelity, Ledger, Version},
    replay::{Client, Framing, PlanOptions, Settings, Target, outgoing::CHUNK, plan_with},
};
use sha2::{Digest as _, Sha256};

use crate::{
    handler::recording,
    raw::{Running, status},
};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A request and what the ledger of its replay has to say.
struct Odd {
    name: &'static str,
    head: Vec<u8>,
    /// As it is written, and as it is meant.
    wire: Vec<u8>,
    body: Vec<u8>,
    trailers: &'static [(&'static str, &'static str)],
    /// What differs, besides the address in `Host`, with a length and as captured.
    length: &'static [&'static str],
    captured: &'static [&'static str],
}

impl Odd {
    /// The chunks as they were written.
    fn chunks(&self) -> Vec<&[u8]> {
        let (mut wire, mut chunks) = (self.wire.as_slice(), Vec::new());
        loop {
            let line = wire.iter().position(|byte| *byte == b'\n').unwrap();
            let digits = wire[..line].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            let size = usize::from_str_radix(std::str::from_utf8(&wire[..digits]).unwrap(), 16).unwrap();
            if size == 0 {
                return chunks;
            }
            chunks.push(&wire[line + 1..][..size]);
            wire = &wire[line + 1 + size + 2..];
        }
    }
}

/// A request whose replay is the same either way.
fn odd(name: &'static str, head: &[u8], body: &[u8], differs: &'static [&'static str]) -> Odd {
    let (head, body) = (head.to_vec(), body.to_vec());
    Odd { name, head, wire: body.clone(), body, trailers: &[], length: differs, captured: differs }
}

/// A request in chunks.
fn chunked(
    name: &'static str,
    head: &[u8],
    wire: &[u8],
    body: &[u8],
    length: &'static [&'static str],
    captured: &'static [&'static str],
) -> Odd {
    Odd { wire: wire.to_vec(), length, captured, ..odd(name, head, body, &[]) }
}

fn table() -> Vec<Odd> {
    let mut table = plain_ones();
    table.extend(chunked_ones());
    table
}

fn plain_ones() -> Vec<Odd> {
    let with = |line: &[u8]| [b"GET / HTTP/1.1\r\nHost: h\r\n", line, b"\r\n\r\n"].concat();
    let post = |lines: &[u8]| [b"POST /p HTTP/1.1\r\nHost: h\r\n", lines, b"\r\n\r\n"].concat();
    let target = |target: &[u8]| [b"GET ", target, b" HTTP/1.1\r\nHost: h\r\n\r\n"].concat();
    vec![
        odd(
            "case, order, repeats and white space",
            b"POST /a HTTP/1.1\r\nX-A:1\r\nhOsT:h\r\nx-b:\t 2 \t\r\nX-a: 3\r\nX-B:  4\r\nX-Empty:\r\nX-Blank:   \r\n\
              X-Tab: a\tb\r\nX-A:1\r\ncontent-LENGTH:  03\r\n\r\n",
            b"a\0\xff",
            &[],
        ),
        odd("Latin-1, UTF-8 and C1 in values", &with(b"X-A: \xe9\r\nX-B: \xc3\xa9\r\nX-C: \x9b1m"), b"", &[]),
        odd("every token character in a name", &with(b"!#$%&'*+-.^_`|~09aZ: x"), b"", &[]),
        odd(
            "bare line feeds",
            b"GET / HTTP/1.1\nHost: h\nX-A: 1\nx-a:\t2 \r\n\n",
            b"",
            &["request line", "~X-A", "~end"],
        ),
        odd("blank lines first", b"\r\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", b"", &["request line"]),
        odd("an absolute target", b"GET http://e.example/x?y HTTP/1.1\r\nHost: h\r\n\r\n", b"", &["request line"]),
        odd("an absolute target without a path", &target(b"http://e.example"), b"", &["request line"]),
        odd("an authority as target", &target(b"e.example:443"), b"", &[]),
        odd("an asterisk", b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", b"", &[]),
        odd("percent signs and dots", &target(b"/%zz/%1b/%2F/../b//./?a=%00&&a=+;#f"), b"", &[]),
        odd("UTF-8 in a path", &target("/grüße?ü".as_bytes()), b"", &[]),
        odd("a method in lower case", b"get / HTTP/1.1\r\nHost: h\r\n\r\n", b"", &[]),
        odd("a made-up method", b"BREW! /pot HTTP/1.1\r\nHost: h\r\n\r\n", b"", &[]),
        odd("HTTP/1.0", b"GET / HTTP/1.0\r\nX-A: 1\r\n\r\n", b"", &["request line"]),
        odd("two hosts", b"GET / HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n", b"", &["−Host"]),
        odd("a body with GET", &with(b"Content-Length: 2"), b"{}", &[]),
        odd("an expectation", &post(b"Expect: 100-continue\r\nContent-Length: 2"), b"{}", &["−Expect"]),
        odd(
            "headers of the connection",
            &with(b"Connection: close, X-Own\r\nKeep-Alive: 5\r\nx-OWN: 1\r\nX-Other: 2\r\nTE: trailers"),
            b"",
            &["−Connection", "−Keep-Alive", "−x-OWN", "−TE"],
        ),
        odd(
            "an upgrade to HTTP/2",
            &with(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA"),
            b"",
            &["−Connection", "−Upgrade", "−HTTP2-Settings"],
        ),
        odd(
            "an upgrade to a WebSocket",
            &with(b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA=="),
            b"",
            &["−Connection", "−Upgrade"],
        ),
    ]
}

fn chunked_ones() -> Vec<Odd> {
    let post = |lines: &[u8]| [b"POST /p HTTP/1.1\r\nHost: h\r\n", lines, b"\r\n\r\n"].concat();
    let chunks = b"3\r\nabc\r\n0\r\n\r\n";
    let to_length: &[&str] = &["−Transfer-Encoding", "+Content-Length", "chunked → length"];
    let rechunked: &[&str] = &[];
    let unextended: &[&str] = &["chunked → chunked"];
    let large: Vec<u8> = (0..3 * CHUNK + 5).map(|at| at as u8).collect();
    let large_wire = [format!("{:X}\r\n", large.len()).as_bytes(), &large, b"\r\n0\r\n\r\n"].concat();
    vec![
        chunked("chunks", &post(b"Transfer-Encoding:chunked"), chunks, b"abc", to_length, rechunked),
        chunked("no bytes in chunks", &post(b"Transfer-Encoding: chunked"), b"0\r\n\r\n", b"", to_length, rechunked),
        chunked(
            "chunks of many sizes",
            &post(b"Transfer-Encoding: chunked"),
            b"1\r\na\r\n5\r\nbcdef\r\n00a\r\n0123456789\r\n0\r\n\r\n",
            b"abcdef0123456789",
            to_length,
            rechunked,
        ),
        chunked("a large chunk", &post(b"Transfer-Encoding: chunked"), &large_wire, &large, to_length, rechunked),
        chunked(
            "extensions of chunks",
            &post(b"Transfer-Encoding: CHUNKED"),
            b"3;x=y\r\nabc\r\n02;z\r\nde\r\n0;end\r\n\r\n",
            b"abcde",
            to_length,
            unextended,
        ),
        chunked(
            "a length, and chunks",
            &post(b"Content-Length: 3\r\nTransfer-Encoding: chunked"),
            chunks,
            b"abc",
            &["−Transfer-Encoding", "chunked → length"],
            &["−Content-Length"],
        ),
        chunked(
            "chunks, and a wrong length",
            &post(b"Transfer-Encoding: chunked\r\nX-A: 1\r\nContent-Length: 7"),
            chunks,
            b"abc",
            &["−Transfer-Encoding", "~Content-Length", "chunked → length"],
            &["−Content-Length"],
        ),
        chunked(
            "another coding before the chunks",
            &post(b"Transfer-Encoding: gzip, chunked"),
            chunks,
            b"abc",
            to_length,
            rechunked,
        ),
        Odd {
            trailers: &[("X-Sum", "1"), ("x-SUM", "a\tb"), ("X-Sum", "2")],
            ..chunked(
                "trailers",
                &post(b"trailer: X-Sum\r\nTransfer-Encoding: chunked"),
                b"3\r\nabc\r\n0\r\nX-Sum: 1\r\nx-SUM:a\tb \r\nX-Sum: 2\r\n\r\n",
                b"abc",
                &[
                    "−trailer",
                    "−Transfer-Encoding",
                    "+Content-Length",
                    "−X-Sum",
                    "−x-SUM",
                    "−X-Sum",
                    "chunked → length",
                ],
                rechunked,
            )
        },
    ]
}

/// What the ledger says, the address in `Host` left out.
fn entries(ledger: &Ledger) -> Vec<String> {
    let mut entries = Vec::new();
    if ledger.request_line.is_some() {
        entries.push("request line".to_owned());
    }
    for change in ledger.changes.iter().filter(|change| {
        let host = change.name().eq_ignore_ascii_case(b"host");
        !host || matches!(change, Change::Removed { .. } | Change::Rewritten { .. })
    }) {
        let name = if change.at() == Some(At::End) { "end".into() } else { String::from_utf8_lossy(change.name()) };
        entries.push(format!("{}{name}", change.sign()));
    }
    if !ledger.framing.is_same() {
        entries.push(format!("{} → {}", ledger.framing.from, ledger.framing.to));
    }
    entries
}

/// The bytes that the ledger says were sent for what was written.
fn applied(odd: &Odd, ledger: &Ledger) -> Vec<u8> {
    assert_eq!(ledger.version, Version::Http11);
    let mut lines: Vec<Vec<u8>> = odd.head.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let mut end = lines.pop().unwrap();
    let first = lines.iter().position(|line| line.trim_ascii() != b"").unwrap();
    let mut request: Vec<u8> = lines.drain(..=first).flatten().collect();
    let mut trailers: Vec<Option<(&str, &str)>> = odd.trailers.iter().copied().map(Some).collect();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    if let Some(line) = &ledger.request_line {
        assert_eq!(request, line.from);
        assert_ne!(line.from, line.to);
        request = line.to.to_vec();
    }
    for change in &ledger.changes {
        match change {
            Change::Added { name, value } => {
                let place = if name.eq_ignore_ascii_case(b"host") { &mut before } else { &mut after };
                place.extend([name, b": ".as_slice(), value, b"\r\n"].concat());
            }
            Change::Removed { at: At::Trailer(at), name, .. } => {
                assert_eq!(trailers[*at].take().unwrap().0.as_bytes(), name);
            }
            Change::Removed { at: At::Header(at), name, .. } => {
                assert!(lines[*at].starts_with(name));
                lines[*at].clear();
            }
            Change::Changed { at: At::Header(at), name, from, to } => {
                let colon = name.len();
                assert_eq!((&lines[*at][..colon], lines[*at][colon + 1..].trim_ascii()), (&name[..], &from[..]));
                assert_ne!(from, to);
                lines[*at] = [name, b": ".as_slice(), to, b"\r\n"].concat();
            }
            Change::Rewritten { at: At::Header(at), from, to, .. } => {
                assert_eq!(lines[*at], from.to_vec());
                assert_ne!(from, to);
                lines[*at] = to.to_vec();
            }
            Change::Rewritten { at: At::End, from, to, .. } => {
                assert_eq!(end, from.to_vec());
                assert_ne!(from, to);
                end = to.to_vec();
            }
            other => panic!("{other:?}"),
        }
    }
    let mut all = [request, before, lines.concat(), after, end].concat();
    if ledger.framing.to == BodyFraming::Chunked {
        for chunk in odd.chunks() {
            all.extend([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        }
        all.extend(b"0\r\n");
        for (name, value) in trailers.into_iter().flatten() {
            all.extend(format!("{name}: {value}\r\n").bytes());
        }
        all.extend(b"\r\n");
    } else {
        assert!(trailers.iter().all(Option::is_none), "a trailer is lost without a word");
        all.extend(&odd.body);
    }
    all
}

/// Writes a request to the listener and gives what it caught.
async fn caught(running: &Running, odd: &Odd) -> Arc<Capture> {
    let before = running.store.changes_since(creel::model::Seq(0), 0).new.len();
    let answer = running.send(&[odd.head.as_slice(), &odd.wire].concat()).await;
    assert!(answer.contains("HTTP/1.1 200 ") || answer.contains("HTTP/1.0 200 "), "{}: {answer}", odd.name);
    let capture = running.captures(before + 1).await.new.pop().unwrap();
    assert_eq!(capture.head.fidelity(), Fidelity::Exact, "{}", odd.name);
    assert_eq!(capture.head.bytes().escape_ascii().to_string(), odd.head.escape_ascii().to_string(), "{}", odd.name);
    capture
}

async fn replayed(capture: &Capture, framing: Framing) -> (Vec<u8>, Ledger, SocketAddr) {
    let (address, recorded) = recording(OK).await;
    let target = Target::parse(&address.to_string()).unwrap();
    let plan = plan_with(capture, &target, PlanOptions { framing, ..PlanOptions::default() }).unwrap();
    let delivery = Client::new(Settings::default()).unwrap().deliver(&plan).await;
    assert_eq!(delivery.outcome.unwrap().status, 200);
    (recorded.await.unwrap(), delivery.ledger, address)
}

#[tokio::test]
async fn what_arrives_is_what_was_written_but_for_the_ledger() {
    let running = Running::start(ListenSettings::default()).await;
    for odd in table() {
        let capture = caught(&running, &odd).await;
        for (framing, expected) in [(Framing::Length, odd.length), (Framing::AsCaptured, odd.captured)] {
            let (arrived, ledger, address) = replayed(&capture, framing).await;
            let name = format!("{}, {framing:?}", odd.name);
            assert_eq!(
                arrived.escape_ascii().to_string(),
                applied(&odd, &ledger).escape_ascii().to_string(),
                "{name}: {ledger:#?}"
            );
            assert_eq!(entries(&ledger), expected, "{name}");
            let host = arrived.windows(address.to_string().len()).filter(|at| *at == address.to_string().as_bytes());
            assert_eq!(host.count(), 1, "{name}: it names its target once");
            let body = ledger.body.unwrap();
            let sha256: [u8; 32] = Sha256::digest(&odd.body).into();
            for side in [body.captured, body.sent] {
                assert_eq!((side.size, side.sha256), (odd.body.len() as u64, sha256), "{name}");
            }
            assert_eq!(body.because, None, "{name}");
        }
    }
}

/// What the listener answers with 400 never becomes a capture; it is recorded with its bytes.
#[tokio::test]
async fn what_is_refused_is_recorded_and_not_replayed() {
    let running = Running::start(ListenSettings::default()).await;
    let refused: [&[u8]; 3] = [
        b"GET / HTTP/1.1\r\nHost: h\r\nX-A: one\r\n two\r\n\r\n",
        b"GET /\xff\x80 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
    ];
    for (count, bytes) in (1..).zip(refused) {
        assert_eq!(status(&running.send(bytes).await), Some(400), "{}", bytes.escape_ascii());
        let all = running.once("a record", |all| all.rejected.len() >= count).await;
        assert!(all.new.is_empty());
        let raw = &all.rejected.last().unwrap().raw;
        assert_eq!(raw.escape_ascii().to_string(), bytes.escape_ascii().to_string());
    }
}

#[tokio::test]
async fn a_tunnel_is_caught_and_not_replayed() {
    let running = Running::start(ListenSettings::default()).await;
    let head = b"CONNECT e.example:443 HTTP/1.1\r\nHost: e.example:443\r\n\r\n";
    let capture = caught(&running, &odd("a tunnel", head, b"", &[])).await;
    let target = Target::parse("localhost:1").unwrap();
    assert_eq!(plan_with(&capture, &target, PlanOptions::default()).unwrap_err().kind, "forbidden");
}

#[tokio::test]
async fn a_body_that_was_cut_is_refused_unless_forced() {
    let running = Running::start(ListenSettings { max_body: 4, ..ListenSettings::default() }).await;
    running.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef").await;
    let capture = running.captures(1).await.new.pop().unwrap();
    let (address, recorded) = recording(OK).await;
    let target = Target::parse(&address.to_string()).unwrap();
    let refused = plan_with(&capture, &target, PlanOptions::default()).unwrap_err();
    assert_eq!(refused.kind, "truncated");
    let plan = plan_with(&capture, &target, PlanOptions { force: true, ..PlanOptions::default() }).unwrap();
    let ledger = Client::new(Settings::default()).unwrap().deliver(&plan).await.ledger;
    assert!(recorded.await.unwrap().ends_with(b"\r\nContent-Length: 4\r\n\r\nabcd"));
    let body = ledger.body.clone().unwrap();
    assert_eq!(body.captured, body.sent);
    assert!(body.because.unwrap().contains("is not whole: cut at the limit of 4 B"));
    assert_eq!(ledger.surprises(), ["body"]);
}

/// An answer may come before the body has gone; the ledger has the hash of what did go.
#[tokio::test]
async fn a_body_that_was_not_waited_for_is_said() {
    let body: Vec<u8> = (0..20_000_000_u32).map(|at| at as u8).collect();
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
    let (address, handled) = crate::handler::handler(|mut stream| async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        stream.read_exact(&mut [0; 1000]).await.unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        stream
    })
    .await;
    let capture = crate::handler::capture(head.as_bytes(), &body);
    let plan = plan_with(&capture, &Target::parse(&address.to_string()).unwrap(), PlanOptions::default()).unwrap();
    let delivery = Client::new(Settings::default()).unwrap().deliver(&plan).await;
    drop(handled.await.unwrap());
    assert_eq!(delivery.outcome.unwrap().status, 413);
    let sent = delivery.ledger.body.unwrap();
    assert_eq!(sent.captured.size, body.len() as u64);
    let went = usize::try_from(sent.sent.size).unwrap();
    assert!(went < body.len());
    assert_eq!(sent.sent.sha256, <[u8; 32]>::from(Sha256::digest(&body[..went])));
    assert_eq!(sent.because.as_deref(), Some("the target answered before all of it was sent"));
}
