//! Where captures are kept: the ring, the inbox behind it, and the place for large bodies.

use crate::config::{Config, Folders};
use crate::model::Printable;
use crate::store::{Inbox, Inboxes, Keep, Limits, Spool, Store, inbox};

/// The store that the configuration asks for, with sentences about what is odd. `url` is where this creel listens, if
/// it does. Waits for the disk.
pub(super) fn store(config: &Config, folders: &Folders, url: Option<&str>) -> (Store, Vec<String>) {
    let limits = Limits { count: config.ring, bytes: config.ring_bytes.0 as usize, spool: config.spool_bytes.0 };
    let mut odd = Vec::new();
    let inbox = match folders.inboxes() {
        _ if config.ephemeral => None,
        None => {
            odd.push("there is no home folder, so there is no inbox: nothing outlives creel".to_owned());
            None
        }
        Some(root) => {
            let keep = Keep { count: config.keep as u64, bytes: config.keep_bytes.0, age: config.keep_age };
            let options = inbox::Options {
                durability: config.durability,
                keep,
                url: url.map(str::to_owned),
                clock: jiff::Timestamp::now,
            };
            Some(Inbox::open(&Inboxes::new(root), &config.inbox, options))
        }
    };
    let (place, why) = match inbox.as_ref().and_then(Inbox::spool).filter(|spool| spool.open().is_ok()) {
        Some(beside) => (beside, None),
        None => spool(folders),
    };
    odd.extend(why);
    let store = match inbox {
        Some(inbox) => Store::journaled(limits, place, inbox),
        None => Store::spooling(limits, place),
    };
    (store, odd)
}

/// Where large bodies go: creel's folder in the user's cache, else the folder for temporary files, with a sentence that
/// says so. Where neither takes a file now, each large body tries again.
pub(super) fn spool(folders: &Folders) -> (Spool, Option<String>) {
    let temporary = Spool::shared(std::env::temp_dir());
    let why = match folders.spool() {
        Some(folder) => {
            let own = Spool::own(folder);
            match own.open() {
                Ok(()) => return (own, None),
                Err(error) => format!("{} cannot be used ({error})", own.folder().display()),
            }
        }
        None => "there is no home folder".to_owned(),
    };
    let shown = temporary.folder().display();
    let then = match temporary.open() {
        Ok(()) => format!("they go to {shown}"),
        Err(error) => format!("{shown} takes none either ({error}), so they are kept cut until it does"),
    };
    let sentence = Printable::from(format!("large bodies: {why}; {then}").as_str()).to_string();
    (temporary, Some(sentence))
}
