//! A handler that records requests as they come, byte by byte.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use bytes::Bytes;
use creel::model::Head;

/// A head, and the body without the framing of its chunks.
pub type Recorded = (Head, Vec<u8>);

/// See the head of this file.
pub struct Recorder {
    pub address: SocketAddr,
    records: mpsc::Receiver<Recorded>,
}

impl Recorder {
    /// Answers requests, one a connection, until the test ends.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, records) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if sender.send(record(stream.unwrap())).is_err() {
                    break;
                }
            }
        });
        Self { address, records }
    }

    /// What has come, once that many requests have.
    pub fn take(&self, count: usize) -> Vec<Recorded> {
        (0..count)
            .map(|at| {
                self.records.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("request {at} never came"))
            })
            .collect()
    }
}

fn record(mut stream: TcpStream) -> Recorded {
    let mut bytes = Vec::new();
    let mut more = |bytes: &mut Vec<u8>| {
        let mut piece = [0; 8192];
        let length = stream.read(&mut piece).unwrap();
        assert_ne!(length, 0, "closed early: {}", bytes.escape_ascii());
        bytes.extend_from_slice(&piece[..length]);
    };
    let end = loop {
        match bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            Some(at) => break at + 4,
            None => more(&mut bytes),
        }
    };
    let head = Head::parse(Bytes::copy_from_slice(&bytes[..end])).unwrap();
    let body = if head.header("transfer-encoding").is_some() {
        loop {
            match joined(&bytes[end..]) {
                Some(body) => break body,
                None => more(&mut bytes),
            }
        }
    } else {
        let length: usize = head.header_str("content-length").map_or(0, |length| length.parse().unwrap());
        while bytes.len() < end + length {
            more(&mut bytes);
        }
        bytes[end..].to_vec()
    };
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    (head, body)
}

/// The chunks of a body without their framing, once all have come.
pub fn joined(mut chunks: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return chunks[end..].windows(4).any(|window| window == b"\r\n\r\n").then_some(body);
        }
        body.extend_from_slice(chunks.get(end + 2..end + 2 + size)?);
        chunks = chunks.get(end + 4 + size..)?;
    }
}
