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

use tempfile::NamedTempFile;

use super::{ExportError, Format, Options, Written, write};
use crate::model::{Capture, Printable};

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
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = BufWriter::with_capacity(64 * 1024, NamedTempFile::new_in(folder)?);
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
    let kept = if overwrite { file.persist(path) } else { file.persist_noclobber(path) };
    match kept {
        Ok(_) => Ok(written),
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
