//! `creel import --inbox NAME`: captures out of files into an inbox.
//!
//! Decided: each is on the disk before it counts, so what is said at the end is so; and what is in the inbox already, by its
//! id, is passed over, so that a file may be imported twice, or again after a part of it failed. They get numbers of the
//! inbox, behind those that are there. An inbox that another creel writes is refused: its creel would number on from what
//! it knows.

use std::{collections::VecDeque, sync::Arc};

use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::{Named, complaint};
use crate::app::{Ended, Refused, keeping, runtime, shelf, view};
use crate::cli::ImportArgs;
use crate::config::{self, Config, Folders};
use crate::import::{self, Source, Weight};
use crate::model::Answer;
use crate::store::{Archive, Durability, JournalState, Kept, Store};

/// How many may wait for the disk together: a group of them costs little more than one.
const TOGETHER: usize = 512;

/// Reads all files into the inbox that the arguments name.
pub(super) fn fill(args: &ImportArgs, name: &str, files: Vec<Named>) -> Result<Ended, Refused> {
    let folders = Folders::of_process();
    let given = [("inbox", name.to_owned()), ("durability", Durability::Commit.to_string())];
    let file = args.configuration.config.as_deref();
    let mut config = Config::load(&given, file, &config::environment()?, &folders)?;
    config.ephemeral = false;
    // Nobody looks at the ring.
    config.ring = 1;
    // Without a home there are no inboxes, which is said here.
    let inboxes = shelf::inboxes()?;
    let runtime = runtime()?;
    let (store, odd) = keeping::store(&config, &folders, None);
    for sentence in &odd {
        shelf::say(sentence);
    }
    if let Some(trouble) = store.journal_state().and_then(|state| state.trouble.clone()) {
        return Err(Refused::because(trouble));
    }
    let mut filling = Filling {
        archive: Archive::open(&inboxes, &config.inbox)?,
        otherwise: Arc::new(Answer::status(503)),
        waiting: VecDeque::new(),
        store,
        runtime,
        written: 0,
        known: 0,
        unread: 0,
    };
    let all_on_disk = filling.read(files, args.source.source())? && filling.settle(0);
    let Filling { store, written, known, unread, .. } = filling;
    if !all_on_disk {
        let why = store.journal_state().and_then(|state: Arc<JournalState>| state.trouble.clone());
        let why = why.unwrap_or_else(|| "the journal cannot be written".to_owned());
        return Err(Refused::because(format!("{written} are in the inbox, and then: {why}")));
    }
    let beside = if known > 0 { format!("; {known} were there already") } else { String::new() };
    let captures = if written == 1 { "capture" } else { "captures" };
    shelf::say(&format!("{written} {captures} went into the inbox `{}`{beside}", config.inbox));
    Ok(if unread == 0 { Ended::Done } else { Ended::Unmet })
}

struct Filling {
    archive: Archive,
    /// What nobody is answered.
    otherwise: Arc<Answer>,
    waiting: VecDeque<Kept>,
    store: Store,
    runtime: Runtime,
    written: u64,
    known: u64,
    unread: u64,
}

impl Filling {
    /// Says whether all that was read could be written.
    fn read(&mut self, files: Vec<Named>, source: Option<&'static Source>) -> Result<bool, Refused> {
        for Named { name, reader, .. } in files {
            for item in import::captures(reader, source, Timestamp::now()) {
                match item {
                    Ok(capture) if self.archive.get(capture.id)?.is_some() => self.known += 1,
                    Ok(capture) => {
                        let capture = view::spooled(capture, &self.store);
                        self.waiting.push_back(self.store.keep(capture, &self.otherwise));
                        if !self.settle(TOGETHER) {
                            return Ok(false);
                        }
                    }
                    Err(error) => {
                        self.unread += u64::from(error.weight != Weight::Warning);
                        eprintln!("{}", complaint(&name, &error));
                    }
                }
            }
        }
        Ok(true)
    }

    /// Waits until no more than `left` are not on the disk; says whether all of the others are.
    fn settle(&mut self, left: usize) -> bool {
        while self.waiting.len() > left
            && let Some(kept) = self.waiting.pop_front()
        {
            if !self.runtime.block_on(kept.on_disk()) {
                return false;
            }
            self.written += 1;
        }
        true
    }
}
