//! The inbox that a command reads, and the captures in it that its words name.

use std::sync::Arc;

use super::Refused;
use crate::cli::FileArgs;
use crate::config::{self, Config, Folders};
use crate::model::{Capture, Printable};
use crate::pick::{self, Name, PickError};
use crate::store::inbox::{Archive, InboxName, Inboxes, OpenError, ReadError};

impl From<OpenError> for Refused {
    fn from(error: OpenError) -> Self {
        Self::because(error)
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self::because(error)
    }
}

impl From<PickError> for Refused {
    fn from(error: PickError) -> Self {
        Self::because(error)
    }
}

/// All inboxes of the user.
pub(super) fn inboxes() -> Result<Inboxes, Refused> {
    let root = Folders::of_process().inboxes();
    root.map(Inboxes::new).ok_or_else(|| Refused::because("there is no home folder, so there are no inboxes; set HOME"))
}

/// The name of an inbox as it was written.
pub(super) fn named(name: &str) -> Result<InboxName, Refused> {
    name.parse().map_err(|error: crate::store::inbox::NoName| Refused::because(error))
}

/// The inbox that a command is about: the one it was told, else the one that `creel` writes to by its configuration.
pub(super) fn inbox(given: Option<&str>, file: &FileArgs) -> Result<InboxName, Refused> {
    let given: Vec<_> = given.map(|name| ("inbox", name.to_owned())).into_iter().collect();
    let folders = Folders::of_process();
    Ok(Config::load(&given, file.config.as_deref(), &config::environment()?, &folders)?.inbox)
}

/// Opens the inbox of that name to read it.
pub(super) fn open(name: &InboxName) -> Result<Archive, Refused> {
    Ok(Archive::open(&inboxes()?, name)?)
}

/// The captures of these names. One that is not there is an error, and so nothing is done about the others.
pub(super) fn find(archive: &Archive, names: &[(String, Name)]) -> Result<Vec<Arc<Capture>>, Refused> {
    let found = names.iter().map(|(word, name)| pick::find(word, name, archive));
    Ok(found.collect::<Result<_, _>>()?)
}

/// Says something on standard error, safe to print.
pub(super) fn say(sentence: &str) {
    // There is nobody left to tell when this fails.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("creel: {}\n", Printable::from(sentence)));
}
