//! What comes into an inbox, as it comes, whoever writes it.

use std::{sync::Arc, thread, time::Duration};

use tokio::sync::mpsc;

use super::PAGE;
use crate::model::{Capture, Seq};
use crate::store::inbox::Archive;

/// How often is looked for more.
const LOOK: Duration = Duration::from_millis(50);

/// A part of what came.
#[derive(Clone, Debug)]
pub enum Part {
    /// These, oldest first.
    Captures(Vec<Arc<Capture>>),
    /// That was all there is for now; said once after each part or several, and once where there is none.
    Current,
    /// The inbox cannot be read any more, for the reason that the sentence gives.
    Failed(String),
}

/// What comes after that capture, read on a thread that sleeps between two looks and ends soon after the receiver does.
/// Fails where the system gives no thread.
pub fn follow(archive: Archive, after: Seq) -> std::io::Result<mpsc::Receiver<Part>> {
    // A reader that stands still keeps no more than two pages alive.
    let (sender, parts) = mpsc::channel(1);
    thread::Builder::new().name("inbox".to_owned()).spawn(move || {
        let mut after = after;
        let mut told = false;
        while !sender.is_closed() {
            let part = match archive.since(after, PAGE) {
                Ok(page) => match page.last() {
                    Some(last) => {
                        after = last.seq;
                        told = false;
                        Part::Captures(page)
                    }
                    None if told => {
                        thread::sleep(LOOK);
                        continue;
                    }
                    None => {
                        told = true;
                        Part::Current
                    }
                },
                Err(error) => Part::Failed(error.to_string()),
            };
            let failed = matches!(part, Part::Failed(_));
            if sender.blocking_send(part).is_err() || failed {
                return;
            }
        }
    })?;
    Ok(parts)
}
