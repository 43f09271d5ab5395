//! Reading what secrets refer to, and appointing the judge that has them.
//!
//! Decided: a reference that leads nowhere is a warning, and the rest goes on without it. A command is run when the first
//! verdict or signature asks for it, since a password manager may ask its user something; it is run by itself and not
//! by a shell, hears nothing, has five seconds, and what it complains of is not shown, because secrets may stand in it.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    time::Duration,
};

use zeroize::Zeroizing;

use super::environment;
use crate::config::Config;
use crate::model::Printable;
use crate::provider;
use crate::signature::{self, Judge, Named, Reference, SECRET_LONGEST};

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the configuration's providers known and appoints a judge with its secrets. Commands are run once what they say is needed;
/// of the others, what could not be read is given, a sentence each.
pub(super) fn appoint(config: &Config) -> Vec<String> {
    if !config.providers.is_empty() {
        let (rows, schemes): (Vec<_>, Vec<_>) = config.providers.iter().cloned().unzip();
        provider::install(rows);
        signature::install(schemes.into_iter().flatten().collect());
    }
    let folder = config.file.as_deref().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
    let public = config.public_url.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect();
    let reading = Box::new(move |named: &Named| read(named, &folder));
    let judge = Judge::reading(config.secrets.clone(), reading, config.tolerance, public);
    judge.read(|named| !matches!(named.reference, Reference::Command(_)));
    let warnings = judge.complaints();
    signature::appoint(Some(judge));
    warnings
}

/// The bytes behind a reference. `folder` is where the configuration file is, for what it names.
fn read(named: &Named, folder: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    match &named.reference {
        Reference::Environment(name) => match environment(name) {
            Some(value) => Ok(Zeroizing::new(value.into_bytes())),
            None => Err(format!("the environment has no {}", Printable::limited(name.as_bytes(), 60))),
        },
        Reference::File(path) => {
            let path = match path.strip_prefix("~/") {
                Some(rest) => {
                    environment("HOME").map_or_else(|| PathBuf::from(path), |home| Path::new(&home).join(rest))
                }
                None => PathBuf::from(path),
            };
            let there = if path.exists() { path } else { folder.join(path) };
            let file = File::open(there).map_err(|error| format!("the file cannot be read ({error})"))?;
            bounded(file).map_err(|error| format!("the file cannot be read ({error})"))
        }
        Reference::Command(words) => command(words),
    }
}

/// All of it, up to the longest that a secret may be, without the line end at its end.
fn bounded(input: impl io::Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_LONGEST + 1));
    input.take(SECRET_LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > SECRET_LONGEST {
        return Err(io::Error::other("it is longer than 64 KiB"));
    }
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    Ok(bytes)
}

fn command(words: &[String]) -> Result<Zeroizing<Vec<u8>>, String> {
    let (program, arguments) = words.split_first().ok_or("there is no program")?;
    let name = Printable::limited(program.as_bytes(), 60);
    let started =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = started.map_err(|error| format!("{name} cannot be run ({error})"))?;
    let Some(output) = child.stdout.take() else { return Err(format!("{name} has no output")) };
    let (sender, received) = mpsc::sync_channel(1);
    // It ends with the program, or with its own output's end.
    let reading = std::thread::Builder::new().spawn(move || _ = sender.send(bounded(output)));
    if let Err(error) = reading {
        let _ = (child.kill(), child.wait());
        return Err(format!("there is no thread to read {name} with ({error})"));
    }
    let outcome = received.recv_timeout(PATIENCE);
    if outcome.is_err() {
        let _ = (child.kill(), child.wait());
        return Err(format!("{name} has said nothing within {} seconds", PATIENCE.as_secs()));
    }
    let status = end_of(&mut child).map_err(|error| format!("{name} cannot be waited for ({error})"))?;
    match outcome {
        Ok(Ok(bytes)) if status.success() => Ok(bytes),
        Ok(Ok(_)) => Err(format!("{name} failed ({status}); run it by hand to see why")),
        Ok(Err(error)) => Err(format!("what {name} says cannot be read ({error})")),
        Err(_) => Err(format!("{name} ended without a word")),
    }
}

/// The end of a program whose output has ended. One that goes on nevertheless is ended after a second.
fn end_of(child: &mut Child) -> io::Result<ExitStatus> {
    for _ in 0..100 {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill()?;
    child.wait()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reference: &str) -> Result<Vec<u8>, String> {
        let named = Named::new("github", reference).unwrap();
        read(&named, Path::new("")).map(|bytes| bytes.to_vec())
    }

    #[test]
    fn secrets_are_read_from_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a secret");
        std::fs::write(&path, "hunter2\r\n").unwrap();
        assert_eq!(of(&format!("file:{}", path.display())).unwrap(), b"hunter2");
        assert_eq!(of("cmd:printf '%s' 'a b $HOME'").unwrap(), b"a b $HOME");
        assert_eq!(of("cmd:echo hunter2").unwrap(), b"hunter2");
        assert!(of("env:CREEL_NO_SUCH_VARIABLE").unwrap_err().contains("the environment has no"));
        assert!(of("file:/nowhere/at/all").unwrap_err().contains("cannot be read"));
        assert!(of("cmd:/nowhere/at/all").unwrap_err().contains("cannot be run"));
        assert!(of("cmd:sh -c 'exit 3'").unwrap_err().contains("failed"));
        assert!(of("file:/dev/zero").unwrap_err().contains("longer than 64 KiB"));
    }
}
