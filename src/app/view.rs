//! `creel FILE…`: the interface over files, and nothing that listens. The files are read while the interface is up, into a
//! ring with the bounds of every ring; what does not fit is said.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    Ended, Refused, import as printing,
    interface::{Showing, Start, interface, output},
    keeping, logging, runtime,
};
use crate::capture::ListenSettings;
use crate::cli::ViewArgs;
use crate::config::{self, Config, Folders, Output};
use crate::import::{self, Source, Weight};
use crate::model::{Body, Capture, Content, Printable, Spooled, content};
use crate::store::{Limits, Store};
use crate::tui::panic;

/// How many sentences about a file are kept for the screen.
const SENTENCES: usize = 8;

/// Where copied commands send to while nothing is listened to and no target is named.
const SOMEWHERE: &str = "http://127.0.0.1:4600";

pub(super) fn view(args: &ViewArgs) -> Result<Ended, Refused> {
    let folders = Folders::of_process();
    let given = args.showing.given();
    let config = Config::load(&given, args.showing.configuration.config.as_deref(), &config::environment()?, &folders)?;
    let judged = super::secrets::appoint(&config);
    logging::start(config.log.as_deref())?;
    let showing = Showing::of(&config)?;
    let names = &args.names.files;
    let piped = names.iter().any(|path| path == Path::new("-"));
    let output = output(&config, piped)?;
    if output == Output::Tui && piped && io::stdin().is_terminal() {
        return Err(Refused::because(
            "- is standard input, and that is the terminal that keys come from; pipe a file into it",
        ));
    }
    let source = args.names.source.source();
    let files = printing::open(names)?;
    if output != Output::Tui {
        for warning in config.warnings.iter().chain(&judged) {
            eprintln!("creel: {}", Printable::from(warning.as_str()));
        }
        return printing::print(files, source, output, showing.query);
    }
    panic::install_hook();
    let title = title(&files);
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let limits = Limits { count: config.ring, bytes: config.ring_bytes.0 as usize, spool: config.spool_bytes.0 };
        let (spool, odd) = keeping::spool(&folders);
        let store = Store::spooling(limits, spool);
        let mut warnings = config.warnings.clone();
        warnings.extend(odd);
        warnings.extend(judged);
        let url = config.targets.first().map_or_else(|| SOMEWHERE.to_owned(), crate::replay::Target::url);
        let filling = store.clone();
        let load = Box::new(move || load(files, source, &filling));
        let start = Start { url, own: Vec::new(), warnings, store, files: Some((title, load)) };
        Box::pin(interface(&config, &folders, showing, start)).await
    });
    // Files that are still being read, or waited for, are not waited for.
    runtime.shutdown_background();
    ended
}

/// What the header calls them: the last part of the only path, else how many there are.
fn title(files: &[printing::Named]) -> String {
    match files {
        [one] => one.name.as_str().rsplit('/').next().unwrap_or_default().to_owned(),
        several => format!("{} files", several.len()),
    }
}

/// Reads the files into the store; what is odd about that, a sentence each.
fn load(files: Vec<printing::Named>, source: Option<&'static Source>, store: &Store) -> Vec<String> {
    let (mut said, mut lost, mut read) = (Vec::new(), 0_u64, 0_u64);
    for printing::Named { name, reader, .. } in files {
        for item in import::captures(reader, source, Timestamp::now()) {
            match item {
                Ok(capture) => {
                    read += 1;
                    store.push(spooled(capture, store));
                }
                Err(error) => {
                    lost += u64::from(error.weight != Weight::Warning);
                    if said.len() < SENTENCES {
                        said.push(printing::sentence(&name, &error));
                    }
                }
            }
        }
    }
    if lost > said.len() as u64 {
        said.push(format!("{lost} entries in all could not be read; creel import tells of each"));
    }
    let evicted = store.stats().evicted;
    if evicted > 0 {
        let sentence = format!(
            "{evicted} of {read} requests did not fit, the first of them; keep more with --ring, --ring-bytes, --spool-bytes"
        );
        said.insert(0, sentence);
    }
    said
}

/// The capture with its body on the disk, where that is large. Where the disk does not take it, it stays in memory.
pub(super) fn spooled(mut capture: Capture, store: &Store) -> Capture {
    let large = capture.body.bytes().filter(|bytes| bytes.len() > ListenSettings::default().spool_from).cloned();
    if let Some(content) = large.and_then(|bytes| on_disk(&bytes, store).ok().flatten()) {
        let body = &capture.body;
        capture.body = Body::of(content, body.declared(), body.received(), body.end().clone());
    }
    capture
}

fn on_disk(bytes: &Bytes, store: &Store) -> io::Result<Option<Content>> {
    let Some(spool) = store.spool() else { return Ok(None) };
    let mut room = spool.room();
    if store.take_room(&mut room, bytes.len() as u64).is_err() {
        return Ok(None);
    }
    let mut file = spool.file()?;
    file.write_all(bytes)?;
    let first = Bytes::copy_from_slice(bytes.get(..content::FIRST).unwrap_or(bytes));
    Ok(Some(Content::Spooled(Spooled::new(file, first, bytes.len(), room))))
}
