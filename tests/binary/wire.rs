//! Both ends of the wire, as bytes: senders that write what they like, and a handler that keeps what it was sent.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

/// Far longer than anything here takes on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A connection to a listener of this machine.
pub fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).expect("creel listens");
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// Sends bytes over a connection of their own, says that there is no more, and gives all that came back.
pub fn send(port: u16, bytes: &[u8]) -> String {
    let mut stream = connect(port);
    // A listener that refuses early may close before all is written.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    rest(&mut stream)
}

/// What comes until the other side closes.
pub fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "waited in vain for the end of the connection");
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A whole request: head, `Content-Length` and body.
pub fn request(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("{head}\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// One message off the wire, as far as its `Content-Length` says; nothing when the other side has closed before it began.
pub fn message(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if whole(&bytes) {
            return Some(bytes);
        }
        match stream.read(&mut piece).expect("the rest of a message") {
            0 if bytes.is_empty() => return None,
            0 => panic!("closed in the middle of {}", bytes.escape_ascii()),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

fn whole(message: &[u8]) -> bool {
    let Some((head, body)) = parted(message) else { return false };
    let head = String::from_utf8_lossy(head).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:").map(|length| length.trim().parse()));
    body.len() >= length.map_or(0, |length: Result<usize, _>| length.unwrap())
}

/// The head, with the line feed of its last line and without the empty line, and the body.
pub fn parted(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = message.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((&message[..end + 2], &message[end + 4..]))
}

/// The names and values of a head's lines, as they stand there.
pub fn headers(head: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(head).expect("these heads are text");
    let lines = text.split_terminator("\r\n").skip(1);
    lines
        .map(|line| line.split_once(": ").expect("a name and a value"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A handler on a thread of its own: keeps every request as it came, and gives each the same answer.
pub struct Handler {
    pub url: String,
    requests: Receiver<Vec<u8>>,
}

impl Handler {
    pub fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                while let Some(request) = message(&mut stream) {
                    // The test may have ended.
                    let _ = sender.send(request);
                    if stream.write_all(&answer).is_err() {
                        break;
                    }
                }
            }
        });
        Self { url, requests }
    }

    /// The next request.
    pub fn request(&self) -> Vec<u8> {
        self.requests.recv_timeout(DEADLINE).expect("a request reaches the handler")
    }

    /// Whether nothing else was sent.
    pub fn is_idle(&self) -> bool {
        matches!(self.requests.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout))
    }
}
