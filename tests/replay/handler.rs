//! Handlers that speak raw bytes, and captures to send to them.

use std::{future::Future, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use creel::{
    model::{Answer, Body, Capture, CaptureId, Failure, Head, Reply, Seq, Timing, Wire},
    replay::{Client, Settings, Target, plan},
};
use jiff::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A capture of these bytes.
pub fn capture(head: &[u8], body: &[u8]) -> Capture {
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

/// A capture of `POST /hook` with a small body.
pub fn post() -> Capture {
    capture(b"POST /hook HTTP/1.1\r\nHost: hooks.example\r\nContent-Length: 2\r\n\r\n", b"{}")
}

/// Listens on a free port of this machine and does `with` to the first connection.
pub async fn handler<F, R>(with: impl FnOnce(TcpStream) -> F + Send + 'static) -> (SocketAddr, JoinHandle<R>)
where
    F: Future<Output = R> + Send + 'static,
    R: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // Only one attempt is expected; a second one is refused.
        drop(listener);
        with(stream).await
    });
    (address, task)
}

/// Where a body in chunks ends that begins at the start of these bytes; nothing while it has not all come.
fn end_of_chunks(bytes: &[u8]) -> Option<usize> {
    let line = |at: usize| Some(at + bytes.get(at..)?.windows(2).position(|window| window == b"\r\n")? + 2);
    let mut at = 0;
    loop {
        let end = line(at)?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[at..end - 2]).unwrap(), 16).unwrap();
        at = end;
        if size == 0 {
            break;
        }
        at += size + 2;
    }
    loop {
        let end = line(at)?;
        if end == at + 2 {
            return Some(end);
        }
        at = end;
    }
}

/// Reads one request as it stands on the wire: the head, and as much as its `Content-Length` says or all its chunks.
pub async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        assert_ne!(
            stream.read_buf(&mut bytes).await.unwrap(),
            0,
            "closed in the head: {:?}",
            bytes.escape_ascii().to_string()
        );
    };
    let parsed = Head::parse(Bytes::copy_from_slice(&bytes[..head])).unwrap();
    let length: usize = parsed.header_str("content-length").map_or(0, |length| length.parse().unwrap());
    let chunked = parsed.header("transfer-encoding").is_some();
    let all =
        |bytes: &[u8]| if chunked { end_of_chunks(&bytes[head..]).is_some() } else { bytes.len() >= head + length };
    while !all(&bytes) {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "closed in the body");
    }
    bytes
}

/// A handler that answers `answer`, closes its writing side, and hands back everything that came until the end.
pub async fn recording(answer: impl Into<Vec<u8>>) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let answer = answer.into();
    handler(|mut stream| async move {
        let mut bytes = read_request(&mut stream).await;
        stream.write_all(&answer).await.unwrap();
        stream.shutdown().await.unwrap();
        // A client that closes with unread bytes resets, which is no less an end.
        let _ = stream.read_to_end(&mut bytes).await;
        bytes
    })
    .await
}

/// Sends a capture to `http://address` and its base path.
pub async fn send_to(capture: &Capture, url: &str, settings: Settings) -> Result<Reply, Failure> {
    let plan = plan(capture, &Target::parse(url).unwrap())?;
    Client::new(settings)?.send(&plan).await
}

/// Sends [`post`] to a handler on `address`.
pub async fn send(address: SocketAddr, settings: Settings) -> Result<Reply, Failure> {
    send_to(&post(), &format!("http://{address}"), settings).await
}

/// The header lines of a reply, as text.
pub fn lines(reply: &Reply) -> Vec<String> {
    let text = |bytes: &Bytes| bytes.escape_ascii().to_string();
    reply.headers.iter().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect()
}
