//! The fidelity ledger: every difference between a capture and what was sent for it, line by line.
//!
//! Decided: the ledger is complete. Whoever takes the captured bytes and applies it, entry by entry, has the bytes that
//! were sent; a test does exactly that. So each entry says which line it is about, and the parts that are no header lines
//! (request line, framing, body) have a place of their own. White space within and around values is sent as it came, so
//! it is no entry. Refused: a text difference, which a script cannot use.

use std::fmt;

use bytes::Bytes;

use super::{Printable, Version};

/// Which line of a capture an entry is about. Numbers count from 0, and lines alike are counted each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// The header line of that number.
    Header(usize),
    /// The trailer field of that number.
    Trailer(usize),
    /// The empty line that ends the head.
    End,
}

/// One difference between the header lines of the capture and those that were sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A header that the capture has and the attempt has not.
    Removed {
        /// Where the capture has it.
        at: At,
        /// Its name as captured.
        name: Bytes,
        /// Why it was left out.
        because: &'static str,
    },
    /// A header that the attempt has and the capture has not: `Host` as the first line, any other as the last.
    Added {
        /// Its name as sent.
        name: Bytes,
        /// Its value as sent.
        value: Bytes,
    },
    /// A header whose value differs; it is sent as `name: to`.
    Changed {
        /// Where the capture has it.
        at: At,
        /// Its name.
        name: Bytes,
        /// Its value as captured.
        from: Bytes,
        /// Its value as sent.
        to: Bytes,
    },
    /// A line that says the same in other bytes.
    Rewritten {
        /// Where the capture has it.
        at: At,
        /// Its name as captured; empty for the end of the head.
        name: Bytes,
        /// The line as captured, with its end.
        from: Bytes,
        /// The line as sent, with its end.
        to: Bytes,
        /// Why it could not stay.
        because: &'static str,
    },
}

impl Change {
    /// The name of the header that this is about; empty for the end of the head.
    pub fn name(&self) -> &Bytes {
        match self {
            Self::Removed { name, .. }
            | Self::Added { name, .. }
            | Self::Changed { name, .. }
            | Self::Rewritten { name, .. } => name,
        }
    }

    /// Where the capture has it; nothing for what was added.
    pub fn at(&self) -> Option<At> {
        match self {
            Self::Removed { at, .. } | Self::Changed { at, .. } | Self::Rewritten { at, .. } => Some(*at),
            Self::Added { .. } => None,
        }
    }

    /// `−`, `+` or `~`: removed, added, or there in another form.
    pub fn sign(&self) -> &'static str {
        match self {
            Self::Removed { .. } => "−",
            Self::Added { .. } => "+",
            Self::Changed { .. } | Self::Rewritten { .. } => "~",
        }
    }

    /// Whether replays to another place have it, so that it is no news.
    pub fn is_expected(&self) -> bool {
        [b"host".as_slice(), b":authority", b":scheme"].iter().any(|name| self.name().eq_ignore_ascii_case(name))
    }
}

/// Bytes that were sent in place of others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rewrite {
    /// As captured.
    pub from: Bytes,
    /// As sent.
    pub to: Bytes,
}

/// How a message says where its body ends (RFC 9112 §6.3, RFC 9113 §8.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BodyFraming {
    /// There is no body, and nothing is said of one.
    #[default]
    None,
    /// `Content-Length`.
    Length,
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The frames of HTTP/2.
    Frames,
}

impl BodyFraming {
    /// Its name in JSON output and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Length => "length",
            Self::Chunked => "chunked",
            Self::Frames => "frames",
        }
    }
}

impl fmt::Display for BodyFraming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of the framing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Framed {
    /// As captured.
    pub from: BodyFraming,
    /// As sent.
    pub to: BodyFraming,
    /// What differs where both have one name: the sizes of the chunks.
    pub because: Option<&'static str>,
}

impl Framed {
    /// Whether the body is framed as it came.
    pub fn is_same(&self) -> bool {
        self.from == self.to && self.because.is_none()
    }
}

/// What bytes are, without the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// How many.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, {}", self.size, self)
    }
}

impl fmt::Display for Digest {
    /// The SHA-256 in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sha256.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The body on both sides, framing taken off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BodySent {
    /// What the capture holds.
    pub captured: Digest,
    /// What was put on the connection, hashed as it went.
    pub sent: Digest,
    /// Why the two differ, or why the captured body is less than its sender's; nothing where the whole body was sent.
    pub because: Option<String>,
}

/// See the head of this file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// The protocol that it was sent by.
    pub version: Version,
    /// The request line with its end, where it differs. Over HTTP/2, which has none, it is the form that captures of HTTP/2
    /// are written in.
    pub request_line: Option<Rewrite>,
    /// Header lines and trailer fields, in the order of the capture.
    pub changes: Vec<Change>,
    /// The framing.
    pub framing: Framed,
    /// The body; nothing until it has been sent, and where there was no connection.
    pub body: Option<BodySent>,
    /// What it was signed afresh with: the scheme, and the secret by its reference. Nothing where it was sent as captured.
    pub signed: Option<String>,
}

impl Ledger {
    /// The ledger in which nothing differs.
    pub fn new(version: Version) -> Self {
        Self { version, request_line: None, changes: Vec::new(), framing: Framed::default(), body: None, signed: None }
    }

    /// Whether what was sent is what was captured, byte for byte.
    pub fn is_exact(&self) -> bool {
        self.request_line.is_none() && self.changes.is_empty() && self.framing.is_same() && self.is_whole()
    }

    /// What differs beside what a replay to another place cannot help: the host, the path of the target's URL, and the
    /// framing. Names of lines, signed as ledgers are, and `request line` and `body`.
    pub fn surprises(&self) -> Vec<String> {
        let framing = ["content-length", "transfer-encoding", "trailer"];
        let version = |line: &Bytes| line.trim_ascii_end().rsplit(|byte| *byte == b' ').next().map(<[u8]>::to_vec);
        let mut surprises = Vec::new();
        if self.request_line.as_ref().is_some_and(|line| version(&line.from) != version(&line.to)) {
            surprises.push("request line".to_owned());
        }
        for change in &self.changes {
            let framed = framing.iter().any(|name| change.name().eq_ignore_ascii_case(name.as_bytes()));
            if !framed && !change.is_expected() {
                let name = if change.at() == Some(At::End) { b"end of head".as_slice() } else { change.name() };
                surprises.push(format!("{}{}", change.sign(), Printable::limited(name, 40)));
            }
        }
        if !self.is_whole() {
            surprises.push("body".to_owned());
        }
        surprises
    }

    /// Whether the body, as far as it was sent, was the whole one.
    pub fn is_whole(&self) -> bool {
        self.body.as_ref().is_none_or(|body| body.captured == body.sent && body.because.is_none())
    }
}
