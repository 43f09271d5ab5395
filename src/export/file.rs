//! Exports into files: whole or not at all, and never over a file that is there unless that is asked for.
//!
//! Written beside the place under a name of its own and moved there at the end, so that a disk that is full, or an end in
//! the middle, leaves no half of a file under a name that promises a whole one. Readable by its owner alone, because what
//! was captured may be confidential.

use std::{
    io::{self, BufWriter, Write as _},
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use tempfile::NamedTempFile;

use super::{ExportError, Format, Options, Written, write};
use crate::model::{Body, Capture, Printable};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// One is there already.
    #[error("{0} is there already and was not touched")]
    Exists(Printable),
    /// It could not be written, or a body could not be read.
    #[error("{0} cannot be written ({1})")]
    Io(Printable, io::Error),
}

/// Writes captures into a file. Where none of them fits the format, there is no file.
pub fn write_file(
    format: &Format,
    captures: impl IntoIterator<Item = Arc<Capture>>,
    options: &Options,
    path: &Path,
    overwrite: bool,
) -> Result<Written, FileError> {
    let name = || Printable::new(path.as_os_str().as_encoded_bytes());
    // Found out before the work, and again at its end.
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(FileError::Exists(name()));
    }
    let made = || {
        let mut file = beside(path)?;
        let written = write(format, captures, options, &mut file).map_err(|error| match error {
            ExportError::Io(error) => error,
            unfit @ ExportError::Unfit(_) => io::Error::other(unfit.to_string()),
        })?;
        file.flush()?;
        Ok((written, file.into_inner().map_err(io::IntoInnerError::into_error)?))
    };
    let (written, file) = made().map_err(|error: io::Error| FileError::Io(name(), error))?;
    if written.captures == 0 {
        return Ok(written);
    }
    keep(file, path, overwrite).map(|()| written)
}

/// Writes a body into a file, as it came; says how many bytes.
pub fn write_body(body: &Body, path: &Path, overwrite: bool) -> Result<u64, FileError> {
    write_pieces(body.content().pieces(), path, overwrite)
}

/// Writes bytes into a file; says how many.
pub fn write_bytes(bytes: &Bytes, path: &Path, overwrite: bool) -> Result<u64, FileError> {
    write_pieces(std::iter::once(Ok(bytes.clone())), path, overwrite)
}

fn write_pieces(
    pieces: impl Iterator<Item = io::Result<Bytes>>,
    path: &Path,
    overwrite: bool,
) -> Result<u64, FileError> {
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(FileError::Exists(Printable::new(path.as_os_str().as_encoded_bytes())));
    }
    let made = || {
        let mut file = beside(path)?;
        let mut length = 0;
        for piece in pieces {
            let piece = piece?;
            file.write_all(&piece)?;
            length += piece.len() as u64;
        }
        Ok((file.into_inner().map_err(io::IntoInnerError::into_error)?, length))
    };
    let failed = |error| FileError::Io(Printable::new(path.as_os_str().as_encoded_bytes()), error);
    let (file, length) = made().map_err(failed)?;
    keep(file, path, overwrite).map(|()| length)
}

/// A file that has no name to keep yet, on the same disk as its place.
fn beside(path: &Path) -> io::Result<BufWriter<NamedTempFile>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(BufWriter::with_capacity(64 * 1024, NamedTempFile::new_in(folder)?))
}

/// Gives the file its name.
fn keep(file: NamedTempFile, path: &Path, overwrite: bool) -> Result<(), FileError> {
    let name = || Printable::new(path.as_os_str().as_encoded_bytes());
    let kept = if overwrite { file.persist(path) } else { file.persist_noclobber(path) };
    match kept {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(FileError::Exists(name())),
        Err(error) => Err(FileError::Io(name(), error.error)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::export::read_capture;

    fn captures() -> Vec<Arc<Capture>> {
        let line = r#"{"type":"capture","id":"00000000-0000-0000-0000-000000000001","version":"HTTP/1.1","received_at":"2026-01-31T09:26:53Z","method":"POST","target":"/","headers":[],"body":{"text":"x"}}"#;
        vec![Arc::new(read_capture(line).unwrap().unwrap())]
    }

    #[test]
    fn a_file_is_not_overwritten_unless_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.har");
        let har = Format::named("har").unwrap();
        let write = |overwrite| write_file(har, captures(), &Options::default(), &path, overwrite);
        let written = write(false).unwrap();
        assert_eq!((written.captures, written.bytes), (1, fs::metadata(&path).unwrap().len()));
        fs::write(&path, "mine").unwrap();
        let error = write(false).unwrap_err().to_string();
        assert!(error.ends_with("a.har is there already and was not touched"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        write(true).unwrap();
        assert_ne!(fs::read(&path).unwrap(), b"mine");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1, "nothing else is left there");
    }

    #[test]
    fn a_body_is_written_as_it_came_and_over_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("body");
        let body = Body::complete(bytes::Bytes::from_static(b"\0\xff"));
        assert_eq!(write_body(&body, &path, false).unwrap(), 2);
        assert_eq!(fs::read(&path).unwrap(), b"\0\xff");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(write_body(&body, &path, false), Err(FileError::Exists(_))));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        write_body(&body, &path, true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"\0\xff");
        assert!(matches!(write_body(&body, &path.join("no"), false), Err(FileError::Io(..))));
    }

    #[test]
    fn nothing_fit_makes_no_file_and_no_folder_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { url: "https://a".parse().unwrap(), redaction: None };
        let path = folder.path().join("a.rs");
        let written = write_file(Format::named("rust").unwrap(), captures(), &options, &path, false).unwrap();
        assert_eq!((written.captures, written.left_out), (0, 1));
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        let nowhere = folder.path().join("no\u{1b}/a.har");
        let error = write_file(Format::named("har").unwrap(), captures(), &options, &nowhere, false).unwrap_err();
        assert!(error.to_string().contains("no^[/a.har cannot be written ("), "{error}");
    }
}
