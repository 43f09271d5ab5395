//! Content codings (RFC 9110 §8.4): what was packed for the way is unpacked to be shown.
//!
//! Decided: one reader, with the same limits, for gzip, deflate (with zlib's frame, as RFC 9110 has it, and without, as
//! many send it), br and zstd, and for chains of at most [`LAYERS`] of them: they stream into each other, so what is held is
//! the result and a window a layer. A gigabyte fits into 809 bytes of br, so work ends at [`OUT`] bytes, at a ratio of
//! [`RATIO`], and after [`TIME`], and the note says with which figures; a zstd frame with a window past 8 MiB is refused (RFC 9659). What breaks off is shown as far as it goes. The bytes as they came stay where they are, in the view "wire".
//!
//! Refused: `compress`, which nobody sends, and guessing a coding that the head does not name.

use std::{
    cell::RefCell,
    io::{self, BufReader, Read},
    time::{Duration, Instant},
};

use super::{
    Cancelled,
    streams::{Brotli, Deflate, Zstd},
};
use crate::model::{Period, Printable, Size};
use bytes::Bytes;

/// How many bytes are decoded at the most.
const OUT: usize = 32 << 20;
/// How many bytes one byte may become, where more than [`SMALL`] come of it: what deflate does with zeros is 1032.
const RATIO: usize = 1000;
/// How many bytes may come at any ratio.
const SMALL: usize = 1 << 20;
/// How long it may take.
const TIME: Duration = Duration::from_millis(250);
/// How many codings may lie over each other.
const LAYERS: usize = 5;
/// How many bytes are decoded between two looks at the limits.
const STEP: usize = 64 * 1024;

/// Where the work ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// At how many bytes.
    out: usize,
    /// At how many times the size of the body; nothing for no such end.
    ratio: Option<usize>,
    /// After how long.
    time: Duration,
}

impl Limits {
    /// For every body.
    pub(super) const USUAL: Self = Self { out: OUT, ratio: Some(RATIO), time: TIME };
    /// For one that the reader wants to see in spite of them.
    pub(super) const RAISED: Self = Self { out: 8 * OUT, ratio: None, time: Duration::from_secs(10) };
}

/// A body without its content codings.
#[derive(Debug)]
pub(super) struct Decoded {
    /// What came out; the body itself where nothing did.
    pub bytes: Bytes,
    /// What was done, such as "gzip, 2.1 KiB → 14 KiB"; nothing where nothing was.
    pub done: Option<String>,
    /// What went wrong or was stopped.
    pub why: Option<String>,
    /// Whether it was stopped at a limit, and there is more.
    pub stopped: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Gzip, "gzip"), (Self::Deflate, "deflate"), (Self::Brotli, "br"), (Self::Zstd, "zstd")];

    fn named(name: &str) -> Option<Self> {
        let name = name.strip_prefix("x-").unwrap_or(name);
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(coding, _)| *coding)
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(coding, _)| *coding == self).map_or("", |(_, name)| name)
    }

    fn open<'a>(self, source: Box<dyn Read + 'a>) -> Box<dyn Read + 'a> {
        let source = BufReader::with_capacity(16 * 1024, source);
        match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
            Self::Deflate => Box::new(Deflate::Unread(Some(source))),
            Self::Brotli => Box::new(Brotli::new(source)),
            Self::Zstd => Box::new(Zstd::new(source)),
        }
    }
}

/// The names of the codings in the order in which they were put on, without `identity`.
pub(super) fn names(value: Option<&[u8]>) -> Vec<String> {
    let text = String::from_utf8_lossy(value.unwrap_or_default()).to_ascii_lowercase();
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "identity");
    names.map(str::to_owned).collect()
}

/// Takes off the codings that the value of `Content-Encoding` names, the last first. Nothing only when cancelled.
pub(super) fn decode(body: &Bytes, value: Option<&[u8]>, limits: Limits, cancelled: &Cancelled) -> Option<Decoded> {
    let names = names(value);
    let known: Vec<Coding> = names.iter().rev().map_while(|name| Coding::named(name)).collect();
    let unknown = names.iter().rev().nth(known.len());
    let mut why = unknown.map(|name| {
        let name = Printable::limited(name.as_bytes(), 24);
        format!("creel does not know the content coding {}, and shows what it has in it", name.as_str())
    });
    if names.len() > LAYERS {
        why = Some(format!("{} content codings, of which at most {LAYERS} are undone: shown as it came", names.len()));
    }
    if known.is_empty() || body.is_empty() || names.len() > LAYERS {
        return Some(Decoded { bytes: body.clone(), done: None, why, stopped: false });
    }
    let Limits { out: most, ratio, time } = limits;
    let watch = Watch { until: Instant::now().checked_add(time), cancelled, ended: RefCell::default() };
    let mut source: Box<dyn Read + '_> = Box::new(body.as_ref());
    for &coding in &known {
        source = Box::new(Layer { source: coding.open(source), coding, watch: &watch });
    }
    let mut out = Vec::new();
    let limit = loop {
        let step = STEP.min(most + 1 - out.len());
        let read = source.by_ref().take(step as u64).read_to_end(&mut out);
        if cancelled.is_cancelled() {
            return None;
        }
        match read {
            Ok(0) | Err(_) => break None,
            Ok(_) if out.len() > most => break Some(most),
            Ok(_) if out.len() > SMALL && ratio.is_some_and(|ratio| out.len() / body.len() >= ratio) => {
                break Some(out.len());
            }
            Ok(_) => {}
        }
    };
    drop(source);
    let ended = watch.ended.into_inner();
    let put_on: Vec<_> = known.iter().rev().map(|coding| coding.name()).collect();
    let (from, to) = (Size(body.len() as u64), Size(out.len().min(most) as u64));
    let stopped = limit.is_some() || matches!(ended, Some(Ended::Late));
    let more = if stopped { "more than " } else { "" };
    let done = format!("{}, {from} → {more}{to}", put_on.join("+"));
    let ending = match (limit, ended) {
        (Some(_), _) => {
            let ratio = out.len() / body.len();
            let what = if ratio >= RATIO { "a bomb, " } else { "" };
            Some(format!("{what}stopped: {to} and more of {from}, a ratio of {ratio}"))
        }
        (None, Some(Ended::Late)) => Some(format!("stopped after {}", Period(time))),
        (None, Some(Ended::Broken(what))) if out.is_empty() => {
            let why = Some(format!("{what}: shown as it came"));
            return Some(Decoded { bytes: body.clone(), done: None, why, stopped: false });
        }
        (None, Some(Ended::Broken(what))) => Some(format!("{what}, after {to}")),
        (None, None) => None,
    };
    out.truncate(most);
    out.shrink_to_fit();
    Some(Decoded { bytes: out.into(), done: Some(done), why: ending.or(why), stopped })
}

/// What all layers look at.
struct Watch<'a> {
    until: Option<Instant>,
    cancelled: &'a Cancelled,
    /// Why the innermost layer that gave up did so.
    ended: RefCell<Option<Ended>>,
}

#[derive(Debug)]
enum Ended {
    Late,
    Broken(String),
}

/// A decoder that stops when it is time to: a layer may turn megabytes into nothing, which no limit on output sees.
struct Layer<'a> {
    source: Box<dyn Read + 'a>,
    coding: Coding,
    watch: &'a Watch<'a>,
}

impl Read for Layer<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = |ended: Ended| {
            self.watch.ended.borrow_mut().get_or_insert(ended);
            io::Error::other("stopped")
        };
        if self.watch.cancelled.is_cancelled() || self.watch.until.is_some_and(|until| Instant::now() >= until) {
            return Err(end(Ended::Late));
        }
        let room = buffer.len().min(STEP);
        self.source.read(buffer.get_mut(..room).unwrap_or_default()).map_err(|error| {
            let name = self.coding.name();
            end(Ended::Broken(match error.kind() {
                io::ErrorKind::UnexpectedEof => format!("the {name} stream breaks off"),
                _ => format!("the {name} stream is broken: {}", Printable::limited(error.to_string().as_bytes(), 80)),
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write};
    use proptest::prelude::*;

    fn packed(coding: &str, bytes: &[u8]) -> Vec<u8> {
        fn into<W: io::Write>(mut writer: W, bytes: &[u8]) -> W {
            writer.write_all(bytes).unwrap();
            writer
        }
        match coding {
            "gzip" => into(write::GzEncoder::new(Vec::new(), Compression::best()), bytes).finish().unwrap(),
            "deflate" => into(write::ZlibEncoder::new(Vec::new(), Compression::best()), bytes).finish().unwrap(),
            "bare" => into(write::DeflateEncoder::new(Vec::new(), Compression::best()), bytes).finish().unwrap(),
            "br" => {
                let mut out = Vec::new();
                brotli::BrotliCompress(&mut &*bytes, &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
                out
            }
            _ => ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest),
        }
    }

    fn unpacked(body: &[u8], value: &str) -> Decoded {
        let limits = Limits { time: Duration::from_secs(600), ..Limits::USUAL };
        decode(&Bytes::copy_from_slice(body), Some(value.as_bytes()), limits, &Cancelled::new()).unwrap()
    }

    const CODINGS: [(&str, &str); 5] =
        [("gzip", "gzip"), ("deflate", "deflate"), ("bare", "deflate"), ("br", "br"), ("zstd", "zstd")];

    #[test]
    fn every_coding_is_undone() {
        let text = "a line of text, and another one\n".repeat(500);
        for (how, name) in CODINGS {
            let body = packed(how, text.as_bytes());
            let decoded = unpacked(&body, name);
            assert_eq!((&*decoded.bytes, decoded.why), (text.as_bytes(), None), "{how}");
            let (from, to) = (Size(body.len() as u64), Size(text.len() as u64));
            assert_eq!(decoded.done.unwrap(), format!("{name}, {from} → {to}"));
            assert_eq!(unpacked(&packed(how, b""), name).bytes, b"".as_slice(), "{how}");
        }
        let chain = packed("zstd", &packed("br", &packed("gzip", text.as_bytes())));
        let decoded = unpacked(&chain, "identity, X-GZIP , br,zstd");
        assert_eq!(decoded.bytes, text);
        assert!(decoded.done.unwrap().starts_with("gzip+br+zstd, "));
        let twice = [packed("gzip", b"one "), packed("gzip", b"two")].concat();
        assert_eq!(unpacked(&twice, "gzip").bytes, "one two");
        let skipped = [packed("zstd", b"one "), b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), packed("zstd", b"two")];
        assert_eq!(unpacked(&skipped.concat(), "zstd").bytes, "one two");
    }

    #[test]
    fn what_breaks_off_is_shown_as_far_as_it_goes() {
        let words: Vec<_> = (0..20_000).map(|number| format!("{:x}", number * 7919)).collect();
        let text = words.join(" ");
        for (how, name) in CODINGS {
            let mut body = packed(how, text.as_bytes());
            body.truncate(body.len() * 3 / 4);
            let decoded = unpacked(&body, name);
            let why = decoded.why.unwrap();
            assert!(why.starts_with(&format!("the {name} stream breaks off")), "{how}: {why}");
            // brotli and zstd give whole blocks, and this is one or few.
            assert!(decoded.done.is_none() || text.as_bytes().starts_with(&decoded.bytes), "{how}");
            let decoded = unpacked(b"this is no stream at all", name);
            assert_eq!((&*decoded.bytes, decoded.done), (b"this is no stream at all".as_slice(), None), "{how}");
            assert!(decoded.why.unwrap().contains("shown as it came"), "{how}");
        }
        let mut gzip = packed("gzip", text.as_bytes());
        gzip.truncate(gzip.len() / 2);
        let decoded = unpacked(&gzip, "gzip");
        assert!(decoded.bytes.len() > text.len() / 4 && text.as_bytes().starts_with(&decoded.bytes));
    }

    #[test]
    fn bombs_are_stopped() {
        let zeros = vec![0; 40 << 20];
        for (how, name) in CODINGS {
            let bomb = packed(how, &zeros);
            let decoded = unpacked(&bomb, name);
            assert!(decoded.bytes.len() <= OUT, "{how}");
            let why = decoded.why.unwrap();
            assert!(why.contains("stopped: ") && why.contains(" a ratio of "), "{how}: {why}");
            assert!(decoded.done.unwrap().contains("→ more than "), "{how}");
            let nested = packed("gzip", &packed("gzip", &bomb));
            let decoded = unpacked(&nested, &format!("{name}, gzip, gzip"));
            assert!(decoded.bytes.len() <= OUT && decoded.why.unwrap().contains("stopped: "), "{how}");
        }
        let decoded = unpacked(&packed("br", &zeros), "br");
        assert!(decoded.bytes.len() < 2 * SMALL, "{}", decoded.bytes.len());
        assert!(decoded.why.unwrap().starts_with("a bomb, stopped: "));
    }

    #[test]
    fn limits_can_be_raised_and_are_still_there() {
        let zeros = vec![0; 40 << 20];
        let bomb = Bytes::from(packed("br", &zeros));
        let unpacked = |limits| decode(&bomb, Some(b"br"), limits, &Cancelled::new()).unwrap();
        assert!(unpacked(Limits { time: Duration::from_secs(600), ..Limits::USUAL }).stopped);
        let all = unpacked(Limits { time: Duration::from_secs(600), ..Limits::RAISED });
        assert_eq!((all.bytes.len(), all.stopped, all.why), (40 << 20, false, None));
        let limits = Limits { out: 10 << 20, time: Duration::from_secs(600), ..Limits::RAISED };
        let some = unpacked(limits);
        assert_eq!((some.bytes.len(), some.stopped), (10 << 20, true));
    }

    #[test]
    fn what_is_too_much_or_unknown_is_said() {
        let body = packed("gzip", b"text");
        let decoded = unpacked(&body, "gzip,gzip,gzip,gzip,gzip,gzip");
        assert_eq!((&*decoded.bytes, decoded.done), (&*body, None));
        assert_eq!(decoded.why.unwrap(), "6 content codings, of which at most 5 are undone: shown as it came");
        let decoded = unpacked(&body, "gzip, x\u{1b}y");
        assert_eq!((&*decoded.bytes, decoded.done), (&*body, None));
        assert!(decoded.why.unwrap().contains("coding x^[y,"));
        let decoded = unpacked(&body, "compress, gzip");
        assert_eq!(decoded.bytes, "text");
        assert!(decoded.done.is_some() && decoded.why.unwrap().contains("compress"));
        let decoded = unpacked(b"as it is", "identity");
        assert_eq!((decoded.done, decoded.why), (None, None));
        // A window of two gigabytes.
        let decoded = unpacked(b"\x28\xb5\x2f\xfd\x00\xa8\x01\0\0", "zstd");
        assert!(decoded.why.unwrap().contains("it wants a window of 2 GiB, and HTTP allows 8 MiB"));
    }

    #[test]
    fn it_ends_when_it_is_late_or_cancelled() {
        let body = Bytes::from(packed("gzip", b"text"));
        let limits = Limits { time: Duration::ZERO, ..Limits::USUAL };
        let decoded = decode(&body, Some(b"gzip"), limits, &Cancelled::new()).unwrap();
        assert!(decoded.stopped && decoded.why.unwrap().starts_with("stopped after 0"));
        let cancelled = Cancelled::new();
        cancelled.cancel();
        assert!(decode(&body, Some(b"gzip"), Limits::USUAL, &cancelled).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn any_bytes_are_bounded(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            how in 0..5_usize,
            at in any::<prop::sample::Index>(),
            with in any::<u8>(),
        ) {
            let (how, name) = CODINGS[how];
            prop_assert_eq!(&unpacked(&packed(how, &bytes), name).bytes, &bytes);
            let mut broken = packed(how, &bytes);
            let at = at.index(broken.len());
            broken[at] = with;
            prop_assert!(unpacked(&broken, name).bytes.len() <= OUT);
            prop_assert!(unpacked(&bytes, name).bytes.len() <= OUT);
        }
    }
}
