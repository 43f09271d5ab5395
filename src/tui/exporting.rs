//! Carrying an export out: on a thread where waiting is allowed, into a file or into text for the clipboard.

use std::io::{self, Write};

use super::{
    effect::{Destination, Order, Results, Saving, Writing},
    message::{Message, Tone},
};
use crate::export::{self, ExportError, FileError, Written};
use crate::model::{Printable, Size};

/// How much text is made for the clipboard, in bytes; displays take no more than this in practice.
const CLIPBOARD_LIMIT: usize = 16 * 1024 * 1024;

/// Writes the file of an order and says what came of it.
pub(super) fn to_file(order: Box<Order>) -> Message {
    let Destination::File { path, overwrite } = &order.to else {
        return Message::Told(Tone::Bad, "the clipboard is no file, which is a fault in creel".to_owned());
    };
    let shown = Printable::new(path.as_os_str().as_encoded_bytes());
    let captures = order.captures.iter().cloned();
    match export::write_file(order.format, captures, &order.options, path, *overwrite) {
        Ok(written) if written.captures == 0 => Message::Told(Tone::Bad, nothing(&written)),
        Ok(written) => {
            let words = format!("exported {} to {shown}, {}", what(&written, &order), Size(written.bytes));
            Message::Told(Tone::Good, with_remarks(words, &written))
        }
        Err(FileError::Exists(_)) => Message::Exists(Writing::Export(order)),
        Err(error) => Message::Told(Tone::Bad, format!("not exported: {error}")),
    }
}

/// Writes a file that was asked for.
pub(super) fn write(writing: Writing) -> Message {
    match writing {
        Writing::Export(order) => to_file(order),
        Writing::Save(saving) => save(saving),
        Writing::Results(results) => write_results(results),
    }
}

/// Writes the results of many into their file.
fn write_results(results: Box<Results>) -> Message {
    let shown = Printable::new(results.path.as_os_str().as_encoded_bytes());
    match export::write_bytes(&results.bytes, &results.path, results.overwrite) {
        Ok(bytes) => Message::Told(Tone::Good, format!("wrote the results to {shown}, {}", Size(bytes))),
        Err(FileError::Exists(_)) => Message::Exists(Writing::Results(results)),
        Err(error) => Message::Told(Tone::Bad, format!("not written: {error}")),
    }
}

/// Writes a body into its file and says what came of it.
pub(super) fn save(saving: Box<Saving>) -> Message {
    let shown = Printable::new(saving.path.as_os_str().as_encoded_bytes());
    let (what, written) = match &saving.part {
        None => ("the body".to_owned(), export::write_body(&saving.capture.body, &saving.path, saving.overwrite)),
        Some((number, bytes)) => (format!("part {number}"), export::write_bytes(bytes, &saving.path, saving.overwrite)),
    };
    match written {
        Ok(bytes) => {
            let words = format!("saved {what} of {} to {shown}, {}", saving.capture.seq, Size(bytes));
            Message::Told(Tone::Good, words)
        }
        Err(FileError::Exists(_)) => Message::Exists(Writing::Save(saving)),
        Err(error) => Message::Told(Tone::Bad, format!("not saved: {error}")),
    }
}

/// The text of an order for the clipboard, with what to call it; or why there is none.
pub(super) fn to_text(order: &Order) -> Result<(String, String), String> {
    let mut text = Limited(Vec::new());
    let written = match export::write(order.format, order.captures.iter().cloned(), &order.options, &mut text) {
        Ok(written) if written.captures == 0 => return Err(nothing(&written)),
        Ok(written) => written,
        Err(ExportError::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
            let most = Size(CLIPBOARD_LIMIT as u64);
            return Err(format!("not copied: it is more than {most}; export it to a file"));
        }
        Err(error) => return Err(format!("not copied: {error}")),
    };
    let no_text = |_| format!("not copied: {} is no text (UTF-8) here; export it to a file", order.format.label);
    let text = String::from_utf8(text.0).map_err(no_text)?;
    Ok((text, with_remarks(what(&written, order), &written)))
}

fn what(written: &Written, order: &Order) -> String {
    match (written.captures, order.captures.first()) {
        (1, Some(capture)) if order.captures.len() == 1 => format!("{} as {}", capture.seq, order.format.label),
        (1, _) => format!("a request as {}", order.format.label),
        (count, _) => format!("{count} requests as {}", order.format.label),
    }
}

fn with_remarks(words: String, written: &Written) -> String {
    written.remarks().into_iter().fold(words, |words, remark| words + "; " + &remark)
}

fn nothing(written: &Written) -> String {
    match written.reasons.first() {
        Some((seq, why)) => format!("not exported: {seq}: {why}"),
        None => "not exported: there is no request any more".to_owned(),
    }
}

struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > CLIPBOARD_LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
