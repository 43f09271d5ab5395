//! Queries that have a name: those of the configuration, and those that were saved here.
//!
//! Decided: what is saved here goes into a small file beside the inboxes, a line of JSON each. The configuration is the
//! user's own, and creel never writes it; a journal belongs to one inbox and is not there when files are looked at, and a
//! query is of use in all of them. The file is read again before it is written, so that two creels at a time keep what both
//! save, and lines that mean nothing here stay as they are.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use super::chord::Chord;
use crate::model::printable::needs_escape;
use crate::query::Query;

/// The name of the file.
pub const FILE: &str = "queries.jsonl";

/// How many bytes the file may have.
const LIMIT: u64 = 4 << 20;

/// How many characters a name may have.
pub const NAME: usize = 40;

/// A query with a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved {
    /// What it is called.
    pub name: String,
    /// The query, as it was written.
    pub query: String,
    /// The key that puts it into force.
    pub key: Option<Chord>,
    /// Whether the configuration has it, so that it cannot be changed here.
    pub fixed: bool,
}

/// Why a text is no name for a query; nothing where it is one.
pub fn wrong_name(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        Some("a name has at least one letter")
    } else if name.chars().count() > NAME {
        Some("a name has at most 40 characters")
    } else if name.contains(needs_escape) {
        Some("a name has no control characters")
    } else {
        None
    }
}

/// The file of saved queries.
#[derive(Debug)]
pub struct SavedFile {
    path: PathBuf,
    writing: Mutex<()>,
}

impl SavedFile {
    /// The one in a folder, which need not be there.
    pub fn within(folder: &Path) -> Self {
        Self { path: folder.join(FILE), writing: Mutex::new(()) }
    }

    /// What is saved, in the order in which it was. Lines that are no query with a name are left out.
    pub fn read(&self) -> Result<Vec<Saved>, String> {
        let lines = self.lines().map_err(|error| self.failed("read", &error))?;
        let known = lines.iter().filter_map(|line| entry(line));
        Ok(known.map(|(name, query)| Saved { name, query, key: None, fixed: false }).collect())
    }

    /// Saves a query under a name, in place of what had it before, or forgets what has it. Waits for the disk.
    pub fn put(&self, name: &str, query: Option<&str>) -> Result<(), String> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.replace(name, query).map_err(|error| self.failed("written", &error))
    }

    fn replace(&self, name: &str, query: Option<&str>) -> io::Result<()> {
        let mut lines = self.lines()?;
        let place = lines.iter().position(|line| entry(line).is_some_and(|(own, _)| own == name));
        let new = query.map(|query| json!({ "name": name, "query": query }).to_string());
        match (place.and_then(|place| lines.get_mut(place)), new) {
            (Some(line), Some(new)) => *line = new,
            (None, Some(new)) => lines.push(new),
            (_, None) => lines.retain(|line| entry(line).is_none_or(|(own, _)| own != name)),
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // Whoever reads it meanwhile has the one or the other whole.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        for line in lines {
            writeln!(file, "{line}")?;
        }
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error).map(drop)
    }

    fn lines(&self) -> io::Result<Vec<String>> {
        let mut text = String::new();
        match fs::File::open(&self.path) {
            Ok(file) => _ = file.take(LIMIT + 1).read_to_string(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if text.len() as u64 > LIMIT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 MiB"));
        }
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn failed(&self, how: &str, error: &io::Error) -> String {
        let path = crate::model::Printable::new(self.path.as_os_str().as_encoded_bytes());
        format!("saved queries cannot be {how}: {}: {error}", path.as_str())
    }
}

/// Name and query of a line.
fn entry(line: &str) -> Option<(String, String)> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
    let (name, query) = (text("name")?, text("query")?);
    (wrong_name(&name).is_none() && Query::parse(&query).is_ok()).then_some((name, query))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(file: &SavedFile) -> Vec<String> {
        file.read().unwrap().into_iter().map(|saved| format!("{}={}", saved.name, saved.query)).collect()
    }

    #[test]
    fn what_is_saved_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = SavedFile::within(&folder.path().join("new/folder"));
        assert!(names(&file).is_empty());
        file.put("é \"x\"", Some("path:\"a b\"")).unwrap();
        file.put("two", Some("b")).unwrap();
        file.put("é \"x\"", Some("c")).unwrap();
        assert_eq!(names(&file), ["é \"x\"=c", "two=b"]);
        file.put("é \"x\"", None).unwrap();
        file.put("none", None).unwrap();
        assert_eq!(names(&SavedFile::within(&folder.path().join("new/folder"))), ["two=b"]);
    }

    #[test]
    fn what_another_creel_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let strange = "{\"name\":\"a\",\"query\":\"nofield:1\"}\n{\"later\":1}\nno json\n{\"name\":\"\\u001b\",\"query\":\"a\"}\n";
        fs::write(&path, strange).unwrap();
        let file = SavedFile::within(folder.path());
        assert!(names(&file).is_empty());
        file.put("b", Some("x")).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("{strange}{{\"name\":\"b\",\"query\":\"x\"}}\n"));
        assert_eq!(names(&file), ["b=x"]);
    }

    #[test]
    fn what_cannot_be_read_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), b"\xff").unwrap();
        let file = SavedFile::within(folder.path());
        assert!(file.read().unwrap_err().contains("queries.jsonl"));
        assert!(file.put("b", Some("x")).is_err());
        assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), b"\xff");
    }

    #[test]
    fn names_can_be_shown() {
        assert_eq!(wrong_name("failed at Stripe"), None);
        for name in ["", "  ", "a\u{1b}", "a\u{202e}b", &"x".repeat(41)] {
            assert!(wrong_name(name).is_some(), "{name:?}");
        }
    }
}
