//! Writing many captures, or a large one, holds none of them whole.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt as _,
    sync::{Arc, Weak},
};

use creel::{
    export::{Format, Options, Unfit, redact::Redaction, write},
    model::{Body, BodyEnd, Capture, Content, Room, Spooled, content},
};

use super::cases::capture;

/// Counts, and says how much came at once at most.
#[derive(Default)]
struct Sink {
    bytes: u64,
    largest: usize,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        self.largest = self.largest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A capture with a body of that many bytes in a file with holes.
fn spooled(length: u64, ends: &[u8]) -> Capture {
    let file: File = tempfile::tempfile().unwrap();
    file.set_len(length).unwrap();
    file.write_all_at(ends, 0).unwrap();
    let mut first = vec![0; content::FIRST];
    file.read_exact_at(&mut first, 0).unwrap();
    let spooled = Spooled::new(file, first.into(), length as usize, Room::default());
    let mut capture =
        Capture::clone(&capture(1, b"POST / HTTP/1.1\r\nHost: {}\r\n\r\n", b"", ([127, 0, 0, 1], 1).into()));
    capture.body = Body::of(Content::Spooled(spooled), None, length, BodyEnd::Complete);
    capture
}

#[test]
fn a_body_on_the_disk_goes_through_in_pieces() {
    const LENGTH: u64 = 96 << 20;
    let capture = Arc::new(spooled(LENGTH, b"\xff"));
    for name in ["ndjson", "har", "raw", "csv"] {
        let mut sink = Sink::default();
        let options = Options { redaction: Some(Redaction::default()), ..Options::default() };
        let written = write(Format::named(name).unwrap(), [Arc::clone(&capture)], &options, &mut sink).unwrap();
        assert_eq!((written.captures, written.bytes), (1, sink.bytes), "{name}");
        assert!(sink.bytes >= LENGTH, "{name}");
        assert!(sink.largest <= content::PIECE * 2, "{name} wrote {} bytes at once", sink.largest);
    }
    for name in ["curl", "httpie", "postman", "k6", "hurl", "python", "javascript", "go", "rust"] {
        let mut sink = Sink::default();
        let written =
            write(Format::named(name).unwrap(), [Arc::clone(&capture)], &Options::default(), &mut sink).unwrap();
        assert_eq!(written.left_out, 1);
        assert!(matches!(written.reasons[0].1, Unfit::TooLarge(_)), "{name}");
        let why = written.reasons[0].1.to_string();
        assert_eq!(
            why,
            "a body of 96 MiB is too large to stand in a command or a program; replay it, or export it as ndjson, har or raw"
        );
    }
}

#[test]
fn captures_are_taken_one_at_a_time() {
    let one = capture(1, b"POST / HTTP/1.1\r\nHost: {}\r\n\r\n", &[b'x'; 2000], ([127, 0, 0, 1], 1).into());
    for name in ["ndjson", "har", "raw", "csv", "python"] {
        let one = Arc::clone(&one);
        let mut given: Vec<Weak<Capture>> = Vec::new();
        let captures = (0..10_000).map(move |_| {
            given.retain(|capture| capture.strong_count() > 0);
            assert!(given.len() <= 1, "{} are held", given.len());
            let next = Arc::new(Capture::clone(&one));
            given.push(Arc::downgrade(&next));
            next
        });
        let mut sink = Sink::default();
        let written = write(Format::named(name).unwrap(), captures, &Options::default(), &mut sink).unwrap();
        assert_eq!(written.captures, 10_000, "{name}");
        assert!(sink.bytes > 20_000_000);
    }
}
