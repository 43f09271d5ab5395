//! Captures out of JSON lines for the sending of many: from a pipe once, from a file as often and in whichever order they
//! are asked for.
//!
//! Decided: a file is read line by line, and of each capture only where its line begins is kept, 16 bytes, up to
//! [`MOST`]; so a file of any size is sent a thousand times in a little memory. A pipe that is to be read more than once
//! is copied into a nameless file first.

use std::{
    fs::File,
    io::{self, SeekFrom},
    sync::Arc,
};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, BufReader};

use crate::export::{LineError, Lines};
use crate::model::Capture;
use crate::replay::{Supply, Unread};

/// How many captures of a file can be sent more than once or in another order than theirs.
pub const MOST: usize = 4_000_000;

/// An input that is read once, from its beginning.
#[derive(Debug)]
pub struct Once<R> {
    lines: Lines<R>,
}

impl<R: AsyncBufRead + Unpin + Send> Once<R> {
    /// The captures of `input`.
    pub fn new(input: R) -> Self {
        Self { lines: Lines::new(input) }
    }
}

fn unread(error: &LineError) -> Unread {
    Unread { sentence: error.to_string(), ends: matches!(error, LineError::Input(_)) }
}

impl<R: AsyncBufRead + Unpin + Send> Supply for Once<R> {
    fn known(&self) -> Option<u64> {
        None
    }

    async fn count(&mut self) -> Result<u64, Unread> {
        let sentence = "it can be read only once, and not be counted first".to_owned();
        Err(Unread { sentence, ends: true })
    }

    /// The next one, whichever place it is.
    async fn get(&mut self, _: u64) -> Result<Option<Arc<Capture>>, Unread> {
        let next = self.lines.next().await.map_err(|error| unread(&error))?;
        Ok(next.map(Arc::new))
    }
}

/// A file that can be read in any order.
#[derive(Debug)]
pub struct Indexed {
    /// Nothing after an error that ends it.
    lines: Option<Lines<BufReader<tokio::fs::File>>>,
    /// Where `lines` began, in bytes.
    base: u64,
    /// Where the line of each capture begins, and its number.
    places: Vec<(u64, u64)>,
    /// How many lines are before `base`.
    before: u64,
    /// Whether all captures have their place.
    whole: bool,
}

impl Indexed {
    /// The captures of a file that can be sought in.
    pub fn new(file: File) -> Self {
        let file = BufReader::new(tokio::fs::File::from_std(file));
        Self { lines: Some(Lines::new(file)), base: 0, places: Vec::new(), before: 0, whole: false }
    }

    /// The same for a pipe, which is copied into a nameless file.
    pub async fn copied(mut pipe: impl AsyncRead + Unpin) -> io::Result<Self> {
        let mut copy = tokio::fs::File::from_std(tempfile::tempfile()?);
        let mut piece = vec![0; 64 * 1024];
        loop {
            let size = pipe.read(&mut piece).await?;
            if size == 0 {
                break;
            }
            copy.write_all(piece.get(..size).unwrap_or_default()).await?;
        }
        copy.flush().await?;
        copy.rewind().await?;
        Ok(Self::new(copy.into_std().await))
    }

    /// Where the next line that is read begins.
    fn position(&self) -> Option<u64> {
        self.lines.as_ref().map(|lines| self.base + lines.read())
    }

    /// Goes to where a line begins.
    async fn seek(&mut self, to: u64, before: u64) -> Result<(), Unread> {
        if self.position() == Some(to) {
            return Ok(());
        }
        let gone = || Unread { sentence: "it cannot be read any further".to_owned(), ends: true };
        let mut input = self.lines.take().ok_or_else(gone)?.into_input();
        let failed = |error: io::Error| Unread { sentence: format!("cannot read any further: {error}"), ends: true };
        input.seek(SeekFrom::Start(to)).await.map_err(failed)?;
        (self.lines, self.base, self.before) = (Some(Lines::new(input)), to, before);
        Ok(())
    }

    /// Reads the next capture, whose place becomes known where it was not.
    async fn read(&mut self, is_new: bool) -> Result<Option<Arc<Capture>>, Unread> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        let read = lines.next().await;
        let place = (self.base + lines.began(), self.before + lines.number());
        if is_new && !matches!(read, Ok(None) | Err(LineError::Input(_))) {
            if self.places.len() >= MOST {
                let sentence =
                    format!("only {MOST} captures of a file can be sent more than once or shuffled; send parts of it");
                return Err(Unread { sentence, ends: true });
            }
            self.places.push(place);
        }
        match read {
            Ok(capture) => {
                self.whole |= is_new && capture.is_none();
                Ok(capture.map(Arc::new))
            }
            Err(LineError::Line(mut error)) => {
                error.line = Some(place.1);
                Err(Unread { sentence: error.to_string(), ends: false })
            }
            Err(error) => Err(unread(&error)),
        }
    }

    /// To the line behind those whose places are known.
    async fn go_to_new(&mut self) -> Result<(), Unread> {
        let Some((last, number)) = self.places.last().copied() else { return Ok(()) };
        // Behind the last one that is known, which is read again where reading went elsewhere since.
        if self.lines.as_ref().is_some_and(|lines| self.base + lines.began() == last && lines.read() > 0) {
            return Ok(());
        }
        self.seek(last, number - 1).await?;
        match self.read(false).await {
            Err(unread) if unread.ends => Err(unread),
            _ => Ok(()),
        }
    }
}

impl Supply for Indexed {
    fn known(&self) -> Option<u64> {
        self.whole.then_some(self.places.len() as u64)
    }

    async fn count(&mut self) -> Result<u64, Unread> {
        self.go_to_new().await?;
        while !self.whole {
            match self.read(true).await {
                Err(unread) if unread.ends => return Err(unread),
                _ => {}
            }
        }
        Ok(self.places.len() as u64)
    }

    async fn get(&mut self, at: u64) -> Result<Option<Arc<Capture>>, Unread> {
        let place = usize::try_from(at).ok().and_then(|at| self.places.get(at)).copied();
        match place {
            Some((begins, number)) => {
                self.seek(begins, number - 1).await?;
                self.read(false).await
            }
            None if self.whole => Ok(None),
            None => {
                self.go_to_new().await?;
                self.read(true).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn line(number: u64) -> String {
        format!(
            r#"{{"type":"capture","id":"00000000-0000-0000-0000-{number:012}","seq":{number},"version":"HTTP/1.1","received_at":"2026-01-31T09:26:53Z","method":"POST","target":"/","headers":[],"body":{{"text":"x"}}}}"#
        )
    }

    fn file(text: &str) -> Indexed {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        Indexed::new(file)
    }

    async fn told(indexed: &mut Indexed, at: u64) -> String {
        match indexed.get(at).await {
            Ok(None) => "none".to_owned(),
            Ok(Some(capture)) => capture.id.to_string().trim_start_matches(['0', '-']).to_owned(),
            Err(unread) => unread.sentence.split(": ").next().unwrap_or_default().to_owned(),
        }
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn each_is_found_in_any_order(
            kinds in proptest::collection::vec(0_u8..4, 0..12),
            order in proptest::collection::vec(0_u64..14, 0..30),
            counted: bool,
        ) {
            let (mut text, mut expected) = (String::new(), Vec::new());
            for (kind, number) in kinds.iter().zip(1..) {
                match kind {
                    0 => text.push_str("{\"type\":\"ready\"}\r\n"),
                    1 => {
                        text.push_str("nope\n");
                        expected.push(format!("line {number}"));
                    }
                    _ => {
                        text += &(line(number) + "\n");
                        expected.push(number.to_string());
                    }
                }
            }
            runtime().block_on(async {
                let mut indexed = file(&text);
                if counted {
                    assert_eq!(indexed.count().await, Ok(expected.len() as u64));
                }
                // In order first, as they are asked for; then in any.
                let firsts = if counted { 0 } else { expected.len() as u64 + 1 };
                for at in (0..firsts).chain(order) {
                    let expected = expected.get(at as usize).map_or("none", String::as_str);
                    assert_eq!(told(&mut indexed, at).await, expected, "{at} of {text}");
                }
                assert_eq!(indexed.count().await, Ok(expected.len() as u64));
            });
        }
    }

    #[tokio::test]
    async fn a_pipe_is_copied() {
        let text = format!("{}\n{}", line(1), line(2));
        let mut indexed = Indexed::copied(text.as_bytes()).await.unwrap();
        assert_eq!(indexed.count().await, Ok(2));
        assert_eq!((told(&mut indexed, 1).await, told(&mut indexed, 0).await), ("2".to_owned(), "1".to_owned()));
    }
}
