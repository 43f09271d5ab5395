//! Programs that look at a capture in place of creel: the user's pager and editor.
//!
//! What they get is a copy in a folder that only the user can enter, under a name that is ours, and it is removed when they
//! end. Decided: the variables hold command lines, which the shell reads as `git` and `man` have them read; the name of the
//! file is handed over beside the line and is never part of it. What an editor changes in a copy that is only looked at is
//! not kept, since a capture is what came, and that is said; a copy that is edited to become a draft is read back.

use std::{
    fs::{self, File, Metadata, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{message::CameBack, terminal};
use crate::decode;
use crate::model::{Capture, Printable, Size};

/// With what a capture is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum With {
    /// `PAGER`, else `less`.
    Pager,
    /// `VISUAL`, else `EDITOR`, else `vi`.
    Editor,
}

impl With {
    /// The variables that name it, the first that is set counting, and what is taken where none is.
    const fn named_by(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Pager => (&["PAGER"], "less"),
            Self::Editor => (&["VISUAL", "EDITOR"], "vi"),
        }
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pager => "pager",
            Self::Editor => "editor",
        }
    }
}

/// What of a capture is opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// The body as it came.
    Body,
    /// A part of it.
    Piece(Box<decode::Part>),
    /// Head and body as they came.
    Request,
}

/// What is read back when an editor has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Back {
    /// Nothing: it was there to be looked at.
    #[default]
    Nothing,
    /// A whole request.
    Request,
    /// The body of one.
    Body,
}

/// How much is read back, in bytes.
const READ_BACK: u64 = 64 << 20;

/// A copy that waits to be looked at. Dropping it removes the copy.
#[derive(Debug)]
pub struct Outside {
    with: With,
    /// What the shell is to run.
    line: String,
    /// Which variable says so.
    variable: Option<&'static str>,
    path: PathBuf,
    before: Metadata,
    /// What is read back.
    back: Back,
    /// What it held, where that is read back.
    held: Bytes,
    /// Removed with everything in it when this is dropped.
    _folder: TempDir,
}

/// Extensions by a word in the media type, so that editors know what they see; never what a sender wrote.
const EXTENSIONS: [(&str, &str); 12] = [
    ("json", "json"),
    ("html", "html"),
    ("xml", "xml"),
    ("yaml", "yaml"),
    ("csv", "csv"),
    ("text/", "txt"),
    ("urlencoded", "txt"),
    ("png", "png"),
    ("jpeg", "jpg"),
    ("gif", "gif"),
    ("pdf", "pdf"),
    ("zip", "zip"),
];

/// The extension for the body of a capture.
pub fn extension(capture: &Capture) -> &'static str {
    extension_of(capture.head.header("content-type"))
}

/// The extension for what has that type.
pub fn extension_of(content_type: Option<&[u8]>) -> &'static str {
    let media = content_type.unwrap_or_default().to_ascii_lowercase();
    let media = String::from_utf8_lossy(&media);
    EXTENSIONS.iter().find(|(word, _)| media.contains(word)).map_or("bin", |(_, extension)| extension)
}

impl Outside {
    /// Writes the copy. Reads bodies from the disk, so it is nothing for the loop.
    pub fn prepare(
        capture: &Arc<Capture>,
        part: &Part,
        with: With,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let write = || {
            let alone = Permissions::from_mode(0o700);
            let folder = tempfile::Builder::new().prefix("creel-").permissions(alone).tempdir()?;
            let path = folder.path().join(match part {
                Part::Body => format!("body.{}", extension(capture)),
                Part::Piece(piece) => format!("part.{}", extension_of(piece.content_type.as_deref())),
                Part::Request => "request.http".to_owned(),
            });
            let file = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
            let mut file = io::BufWriter::with_capacity(64 * 1024, file);
            if *part == Part::Request {
                file.write_all(capture.head.bytes())?;
            }
            if let Part::Piece(piece) = part {
                file.write_all(&piece.bytes)?;
                let before = file.into_inner().map_err(io::IntoInnerError::into_error)?.metadata()?;
                return Ok((folder, path, before));
            }
            for piece in capture.body.content().pieces() {
                file.write_all(&piece?)?;
            }
            let before = file.into_inner().map_err(io::IntoInnerError::into_error)?.metadata()?;
            Ok((folder, path, before))
        };
        let (folder, path, before) =
            write().map_err(|error: io::Error| format!("not opened: its copy cannot be written ({error})"))?;
        let (variables, otherwise) = with.named_by();
        let set = variables.iter().find_map(|name| {
            let line = environment(name).filter(|line| !line.trim().is_empty())?;
            Some((*name, line))
        });
        let (variable, line) = match set {
            Some((name, line)) => (Some(name), line),
            None => (None, otherwise.to_owned()),
        };
        Ok(Self { with, line, variable, path, before, back: Back::Nothing, held: Bytes::new(), _folder: folder })
    }

    /// Writes a copy to be edited, or this text in its place, which is read back when the editor has ended.
    pub fn to_edit(
        capture: &Arc<Capture>,
        part: &Part,
        text: Option<Bytes>,
        back: Back,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut outside = Self::prepare(capture, part, With::Editor, environment)?;
        let failed = |error: io::Error| format!("not opened: its copy cannot be written ({error})");
        outside.held = match text {
            Some(text) => {
                fs::write(&outside.path, &text).map_err(failed)?;
                text
            }
            None => fs::read(&outside.path).map_err(failed)?.into(),
        };
        outside.before = fs::metadata(&outside.path).map_err(failed)?;
        outside.back = back;
        Ok(outside)
    }

    /// What is read back.
    pub fn back(&self) -> Back {
        self.back
    }

    /// What the editor left. Reads the file, so it is nothing for the loop.
    pub fn left(&self, status: io::Result<ExitStatus>) -> CameBack {
        let failed = self.ended(status).and_then(Result::err);
        let read = File::open(&self.path).and_then(|file| {
            let mut text = Vec::new();
            file.take(READ_BACK + 1).read_to_end(&mut text)?;
            Ok(text)
        });
        match read {
            Ok(text) if text.len() as u64 > READ_BACK => {
                let why = format!("not taken: what the editor left is more than {}", Size(READ_BACK));
                CameBack { text: None, failed: failed.or(Some(why)) }
            }
            Ok(mut text) => {
                // Many editors end a file with a line feed whether it had one or not.
                if !self.held.ends_with(b"\n") && text.ends_with(b"\n") && !text.ends_with(b"\n\n") {
                    text.pop();
                }
                CameBack { text: (text != self.held).then(|| text.into()), failed }
            }
            Err(error) => {
                let why = format!("what the editor left cannot be read ({error})");
                CameBack { text: None, failed: failed.or(Some(why)) }
            }
        }
    }

    /// Starts the program on the terminal, which must have been given back.
    pub fn start(&self) -> Result<Child, String> {
        let keys = terminal::keys().try_clone_to_owned().map_err(|error| self.failed(&error.to_string()))?;
        let mut command = Command::new("sh");
        command.args(["-c", &script(&self.line), "creel"]).arg(&self.path);
        command.stdin(Stdio::from(keys));
        command.spawn().map_err(|error| self.failed(&format!("sh cannot be started: {error}")))
    }

    fn failed(&self, why: &str) -> String {
        let line = Printable::limited(self.line.as_bytes(), 40);
        let from = self.variable.map_or_else(String::new, |name| format!(" from {name}"));
        format!("the {} failed: {why} (`{line}`{from})", self.with.name())
    }

    /// What is to be said of how it ended: that it failed, or that what was changed is not kept.
    pub fn ended(&self, status: io::Result<ExitStatus>) -> Option<Result<String, String>> {
        match status.map(|status| (status.code(), status)) {
            Ok((Some(0), _)) => {
                let after = std::fs::metadata(&self.path).ok()?;
                let same = after.len() == self.before.len() && after.modified().ok() == self.before.modified().ok();
                (!same).then(|| Ok("what was changed is not kept: a request stays as it came".to_owned()))
            }
            Ok((Some(127), _)) => Some(Err(self.failed("there is no such program"))),
            Ok((Some(code), _)) => Some(Err(self.failed(&format!("it ended with exit code {code}")))),
            Ok((None, status)) => Some(Err(self.failed(&format!("it was ended by a {status}")))),
            Err(error) => Some(Err(self.failed(&error.to_string()))),
        }
    }
}

/// What the shell is given: the line, with the file behind it. A plain line replaces the shell, so that a signal to the one
/// is one to the other; where it cannot, the shell outlives the keys that are meant for what it runs.
fn script(line: &str) -> String {
    let plain = line.chars().all(|char| char.is_ascii_alphanumeric() || "_./+-=: ".contains(char));
    let assigns = line.split_whitespace().next().is_some_and(|word| word.contains('='));
    let before = if plain && !assigns { "exec " } else { "trap : INT QUIT; " };
    format!("{before}{line} \"$1\"")
}

/// Asks the program to end, because creel does.
pub fn end(child: &Child) {
    let pid = child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
    if let Some(pid) = pid {
        // Whoever has ended need not be asked.
        let _ = kill_process(pid, Signal::TERM);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use bytes::Bytes;

    use super::*;
    use crate::model::{Body, CaptureId, Fidelity, Head, Seq, Version};

    fn capture() -> Arc<Capture> {
        let headers = [(b"Content-Type".as_slice(), b"application/../../x+json".as_slice())];
        Arc::new(Capture {
            id: CaptureId::fixed(1),
            seq: Seq(1),
            received_at: jiff::Timestamp::UNIX_EPOCH,
            remote: None,
            head: Head::from_parts(b"POST", b"/../x", Version::Http11, headers, Fidelity::Exact),
            body: Body::complete(Bytes::from_static(b"{\"a\":1}")),
            trailers: Box::default(),
            answer: crate::model::Given::default(),
            timing: crate::model::Timing::default(),
            wire: crate::model::Wire::default(),
            origin: None,
        })
    }

    fn prepared(part: &Part, with: With, set: &[(&str, &str)]) -> Outside {
        let environment = |name: &str| set.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        Outside::prepare(&capture(), part, with, &environment).unwrap()
    }

    #[test]
    fn the_copy_is_the_users_alone_and_goes_with_the_program() {
        let outside = prepared(&Part::Body, With::Pager, &[]);
        let path = outside.path.clone();
        assert_eq!(fs::read(&path).unwrap(), b"{\"a\":1}");
        assert_eq!(path.file_name().unwrap(), "body.json");
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        drop(outside);
        assert!(!path.parent().unwrap().exists());
        let whole = prepared(&Part::Request, With::Pager, &[]);
        assert_eq!(fs::read(&whole.path).unwrap(), [capture().head.bytes(), &b"{\"a\":1}"[..]].concat());
    }

    #[test]
    fn the_variables_are_read_in_their_order() {
        let line = |with, set: &[(&str, &str)]| prepared(&Part::Body, with, set).line.clone();
        assert_eq!(line(With::Pager, &[("PAGER", "most -s")]), "most -s");
        assert_eq!(line(With::Pager, &[("PAGER", " ")]), "less");
        assert_eq!(line(With::Editor, &[("EDITOR", "ed"), ("VISUAL", "vim")]), "vim");
        assert_eq!(line(With::Editor, &[("EDITOR", "ed")]), "ed");
        assert_eq!(line(With::Editor, &[]), "vi");
    }

    #[test]
    fn a_line_stays_what_the_shell_makes_of_it() {
        assert_eq!(script("less -R"), "exec less -R \"$1\"");
        assert_eq!(script("LESS=R less"), "trap : INT QUIT; LESS=R less \"$1\"");
        assert_eq!(script("col -b | less"), "trap : INT QUIT; col -b | less \"$1\"");
    }

    #[test]
    fn how_it_ended_is_a_sentence() {
        use std::os::unix::process::ExitStatusExt as _;
        let outside = prepared(&Part::Body, With::Editor, &[("EDITOR", "e\u{1b}d -x")]);
        let ended = |raw| outside.ended(Ok(ExitStatus::from_raw(raw)));
        assert_eq!(ended(0), None);
        assert_eq!(
            ended(127 << 8).unwrap().unwrap_err(),
            "the editor failed: there is no such program (`e^[d -x` from EDITOR)"
        );
        assert!(ended(3 << 8).unwrap().unwrap_err().contains("it ended with exit code 3"));
        assert!(ended(9).unwrap().unwrap_err().contains("it was ended by a signal: 9"));
        fs::write(&outside.path, "changed").unwrap();
        assert_eq!(ended(0).unwrap().unwrap(), "what was changed is not kept: a request stays as it came");
    }
}
