//! Inboxes that were written by an earlier run.

#![allow(dead_code, reason = "several test programs share this file, and none of them uses all of it")]

use std::{path::Path, time::Duration};

use creel::{
    model::{Capture, CaptureId},
    store::{Archive, Durability, Inbox, InboxName, Inboxes, Keep, Limits, Spool, Store, inbox::Options},
};
use tempfile::TempDir;

/// An inbox in a folder that goes with this.
pub struct Kept {
    root: TempDir,
}

impl Kept {
    /// An inbox that has these captures, numbered from 1 on.
    pub fn with(captures: impl IntoIterator<Item = Capture>) -> Self {
        let kept = Self { root: tempfile::tempdir().unwrap() };
        let store = kept.store(Limits::default());
        for (number, mut capture) in (1..).zip(captures) {
            capture.id = CaptureId::fixed(number);
            store.push(capture);
        }
        assert!(store.close(Duration::from_secs(60)), "the journal was not written");
        kept
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The folder of the inbox itself.
    pub fn folder(&self) -> std::path::PathBuf {
        Inboxes::new(self.root()).path_of(&InboxName::default())
    }

    /// A store of a new run, whose ring is still empty.
    pub fn store(&self, limits: Limits) -> Store {
        let clock = || "2026-01-31T09:27:01Z".parse().unwrap();
        let options = Options { durability: Durability::Batch, keep: Keep::default(), url: None, clock };
        let inbox = Inbox::open(&Inboxes::new(self.root()), &InboxName::default(), options);
        let spool = inbox.spool().unwrap_or_else(|| Spool::shared(self.root()));
        Store::journaled(limits, spool, inbox)
    }

    /// The same, after the newest have come into the ring.
    pub fn loaded(&self, count: usize) -> Store {
        let store = self.store(Limits { count, ..Limits::default() });
        store.load_older(100).unwrap();
        store
    }

    /// What the inbox has now.
    pub fn archive(&self) -> Archive {
        Archive::open(&Inboxes::new(self.root()), &InboxName::default()).unwrap()
    }
}
