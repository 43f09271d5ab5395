//! Where themes come from: the folder of the user first, then those that are part of the program.
//!
//! Decided: a theme is asked for by name, and a name is never a path, so that a line in a configuration file cannot make
//! creel read and quote any other file.

use std::{fs, io::Read as _, path::Path};

use super::{ThemeError, parse::shown};
use crate::model::did_you_mean;

/// The themes that are part of the program: name and text. The first is the default.
pub const BUILTIN: &[(&str, &str)] = &[
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("ansi", include_str!("../../../themes/ansi.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
    ("catppuccin-mocha", include_str!("../../../themes/catppuccin-mocha.toml")),
    ("gruvbox-dark", include_str!("../../../themes/gruvbox-dark.toml")),
    ("nord", include_str!("../../../themes/nord.toml")),
    ("solarized-light", include_str!("../../../themes/solarized-light.toml")),
];

/// How many bytes a theme file may have.
const FILE_LIMIT: u64 = 256 * 1024;

/// A theme's text and what to call its file in messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// `themes/dark.toml`, or the path of a file in the user's folder.
    pub file: String,
    /// What is in it.
    pub text: String,
    /// Whether it is part of the program.
    pub builtin: bool,
}

/// The names of all themes: first those of the program, then those of the user that are not called the same.
pub fn names(user_dir: Option<&Path>) -> Vec<String> {
    let mut names: Vec<String> = BUILTIN.iter().map(|(name, _)| (*name).to_owned()).collect();
    let entries = user_dir.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten();
    let mut own: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".toml")?.to_owned()))
        .filter(|name| is_name(name) && !names.contains(name))
        .collect();
    own.sort();
    names.append(&mut own);
    names
}

/// The text of the theme of that name. `past_user` looks only at those of the program.
pub fn source(name: &str, user_dir: Option<&Path>, past_user: bool) -> Result<Source, ThemeError> {
    if !is_name(name) {
        return Err(ThemeError(format!(
            "`{}` is not the name of a theme: a theme is a file in {}, called by its name without .toml",
            shown(name),
            user_dir.map_or_else(|| "the themes folder".to_owned(), path_shown)
        )));
    }
    if let Some(folder) = user_dir.filter(|_| !past_user) {
        let path = folder.join(format!("{name}.toml"));
        let file = path_shown(&path);
        match read(&path) {
            Ok(text) => return Ok(Source { file, text, builtin: false }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(ThemeError(format!("{file}: the theme cannot be read: {error}"))),
        }
    }
    let found = BUILTIN.iter().find(|(own, _)| *own == name);
    found
        .map(|(name, text)| Source { file: format!("themes/{name}.toml"), text: (*text).to_owned(), builtin: true })
        .ok_or_else(|| {
            let names = names(user_dir);
            let hint = did_you_mean(name, names.iter().map(String::as_str).filter(|own| *own != name));
            ThemeError(format!("no theme called `{}` (`creel themes` lists them){hint}", shown(name)))
        })
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(FILE_LIMIT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_LIMIT {
        return Err(std::io::Error::other(format!("it is larger than {} KiB", FILE_LIMIT / 1024)));
    }
    Ok(text)
}

fn path_shown(path: &Path) -> String {
    crate::model::Printable::new(path.as_os_str().as_encoded_bytes()).as_str().to_owned()
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && !name.starts_with('.')
        && name.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | ' '))
}
