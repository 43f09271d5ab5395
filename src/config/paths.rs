//! Where configuration is: `creel.toml` in the current folder, or the folder `creel` in the user's configuration folder
//! (XDG Base Directory, also on macOS; `%APPDATA%` on Windows).
//!
//! Decided: the file beside the project hides the user's own whole; two files that are merged are harder to reason about
//! than one that is copied.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::{ConfigError, value::quoted};

/// The name of the file, wherever it is.
pub const FILE: &str = "creel.toml";

/// The folders that creel looks into.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Folders {
    /// The current one; an empty path is good enough, and keeps messages short.
    pub current: PathBuf,
    /// creel's own in the user's configuration folder, where there is a home.
    pub own: Option<PathBuf>,
    /// creel's own in the user's folder for caches, where there is a home.
    pub cache: Option<PathBuf>,
    /// creel's own in the user's folder for what lasts, where there is a home.
    pub state: Option<PathBuf>,
}

impl Folders {
    /// Those of this process.
    pub fn of_process() -> Self {
        let strategy = etcetera::choose_base_strategy().ok();
        let own = strategy.as_ref().map(|strategy| strategy.config_dir().join("creel"));
        let cache = strategy.as_ref().map(|strategy| strategy.cache_dir().join("creel"));
        // Systems that have no such folder have one for data.
        let lasting =
            |strategy: &_| BaseStrategy::state_dir(strategy).unwrap_or_else(|| BaseStrategy::data_dir(strategy));
        let state = strategy.as_ref().map(|strategy| lasting(strategy).join("creel"));
        Self { current: PathBuf::new(), own, cache, state }
    }

    /// Where the user's themes are.
    pub fn themes(&self) -> Option<PathBuf> {
        self.own.as_ref().map(|own| own.join("themes"))
    }

    /// Where large bodies are kept while their captures are.
    pub fn spool(&self) -> Option<PathBuf> {
        self.cache.as_ref().map(|cache| cache.join("spool"))
    }

    /// Where inboxes are.
    pub fn inboxes(&self) -> Option<PathBuf> {
        self.state.as_ref().map(|state| state.join("inboxes"))
    }

    /// Where queries are saved: beside the inboxes, since they are of use in each.
    pub fn queries(&self) -> Option<PathBuf> {
        self.state.clone()
    }

    /// The configuration file to read, if there is one. `asked` is the file that was asked for, and by whom (`--config`,
    /// `CREEL_CONFIG`): it must be there.
    pub fn find(&self, asked: Option<(&Path, &str)>) -> Result<Option<PathBuf>, ConfigError> {
        if let Some((path, by)) = asked {
            // A pipe will do: `--config <(…)`.
            if path.exists() && !path.is_dir() {
                return Ok(Some(path.to_owned()));
            }
            let shown = quoted(&path.to_string_lossy());
            let what = if path.is_dir() { "is a folder" } else { "does not exist" };
            return Err(ConfigError(vec![format!("{by}: the configuration file {shown} {what}")]));
        }
        let places = [Some(self.current.join(FILE)), self.own.as_ref().map(|own| own.join(FILE))];
        Ok(places.into_iter().flatten().find(|path| path.is_file()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_beside_the_project_goes_first() {
        let (current, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folders =
            Folders { current: current.path().to_owned(), own: Some(own.path().to_owned()), ..Folders::default() };
        assert_eq!(folders.find(None), Ok(None));
        std::fs::write(own.path().join(FILE), "").unwrap();
        assert_eq!(folders.find(None), Ok(Some(own.path().join(FILE))));
        std::fs::write(current.path().join(FILE), "").unwrap();
        assert_eq!(folders.find(None), Ok(Some(current.path().join(FILE))));
        let asked = own.path().join(FILE);
        assert_eq!(folders.find(Some((&asked, "--config"))), Ok(Some(asked)));
        assert_eq!(folders.themes(), Some(own.path().join("themes")));
    }

    #[test]
    fn a_file_that_was_asked_for_must_be_there() {
        let folders = Folders::default();
        let error = folders.find(Some((Path::new("no/such\u{1b}.toml"), "CREEL_CONFIG"))).unwrap_err().to_string();
        assert_eq!(error, "CREEL_CONFIG: the configuration file `no/such^[.toml` does not exist");
        let error = folders.find(Some((Path::new("src"), "--config"))).unwrap_err().to_string();
        assert_eq!(error, "--config: the configuration file `src` is a folder");
    }
}
