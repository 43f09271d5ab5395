//! Where a command reads captures from: a file, standard input, or an inbox, by what its words say.

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use tokio::io::AsyncBufRead;

use super::{Refused, commands, shelf};
use crate::browse::Search;
use crate::cli::FileArgs;
use crate::model::{Capture, Seq};
use crate::pick::{self, Picks, Source};
use crate::store::inbox::{Archive, ReadError};

/// The words of a command that takes captures from anywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    /// `FILE`, `-`, `QUERY` or `IDS`.
    pub words: &'a [OsString],
    /// The inbox, where one is named: then no word is a file.
    pub inbox: Option<&'a str>,
    /// Where the configuration is.
    pub file: &'a FileArgs,
}

/// Captures that can be read, and what sentences call the place they come from.
pub(super) enum Opened {
    /// JSON lines.
    Lines(Box<dyn AsyncBufRead + Unpin + Send>, String),
    /// An inbox.
    Inbox(Box<Chosen>, String),
}

impl Words<'_> {
    /// Opens what they say. A capture by name that is not there is an error, and nothing is done about the others.
    pub(super) async fn open(self) -> Result<Opened, Refused> {
        let picks = match self.source()? {
            Source::Input => PathBuf::from("-"),
            Source::File(path) => path,
            Source::Inbox(picks) => {
                let name = shelf::inbox(self.inbox, self.file)?;
                let archive = shelf::open(&name)?;
                return Ok(Opened::Inbox(
                    Box::new(Chosen::of(archive, picks)?),
                    format!("that part of the inbox `{name}`"),
                ));
            }
        };
        let name =
            if picks.as_os_str() == "-" { "standard input".into() } else { picks.to_string_lossy().into_owned() };
        Ok(Opened::Lines(commands::open(&picks).await?, name))
    }

    fn source(self) -> Result<Source, Refused> {
        let words: Result<Vec<String>, OsString> = self.words.iter().map(|word| word.clone().into_string()).collect();
        match (words, self.words) {
            (Ok(words), _) if self.inbox.is_some() => Ok(Source::Inbox(pick::picks(&words)?)),
            (Ok(words), _) => Ok(pick::source(&words, |name| PathBuf::from(name).exists())?),
            // A name that is no text can only be a file's.
            (Err(_), [file]) => Ok(Source::File(PathBuf::from(file))),
            (Err(word), _) => {
                let word = crate::model::Printable::new(word.as_encoded_bytes());
                Err(Refused::because(format!("`{word}` is not UTF-8, and so neither names a capture nor is a query")))
            }
        }
    }
}

/// Captures of an inbox, oldest first or in the order in which they were named; read one at a time.
pub(super) struct Chosen {
    archive: Archive,
    seqs: std::vec::IntoIter<Seq>,
}

impl Chosen {
    fn of(archive: Archive, picks: Picks) -> Result<Self, Refused> {
        let seqs = match picks {
            Picks::Named(names) => shelf::find(&archive, &names)?.iter().map(|capture| capture.seq).collect(),
            Picks::Query(query) => Search::new(&archive, &query, Timestamp::now())?.newest(usize::MAX)?,
        };
        Ok(Self { archive, seqs: seqs.into_iter() })
    }

    /// The numbers of those that were not read yet.
    pub(super) fn numbers(&self) -> &[Seq] {
        self.seqs.as_slice()
    }

    /// One of them; nothing where it has left the inbox since.
    pub(super) fn read(&self, seq: Seq) -> Result<Option<Arc<Capture>>, ReadError> {
        self.archive.by_seq(seq)
    }
}

impl Iterator for Chosen {
    type Item = Result<Arc<Capture>, ReadError>;

    /// What has left the inbox since is passed over.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.archive.by_seq(self.seqs.next()?) {
                Ok(Some(capture)) => return Some(Ok(capture)),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
