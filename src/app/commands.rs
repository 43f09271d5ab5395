//! The commands besides `listen`: each reads, does one thing, prints, and ends.

use std::path::Path;

use clap::CommandFactory as _;
use tokio::io::{AsyncBufRead, BufReader};

use super::{Ended, Refused, interface, print};
use crate::cli::{Cli, CompletionsArgs, ConfigArgs, FileArgs, KeysArgs, Print, ThemesArgs};
use crate::config::{self, Config, Folders, show};
use crate::model::Printable;
use crate::tui::{
    keymap::{Context, Keymap},
    theme::{self, Depth, Theme},
};

pub(super) fn load(given: &[(&'static str, String)], file: &FileArgs) -> Result<Config, Refused> {
    Ok(Config::load(given, file.config.as_deref(), &config::environment()?, &Folders::of_process())?)
}

/// `creel config`.
pub(super) fn config(args: &ConfigArgs) -> Result<Ended, Refused> {
    let config = load(&[], &args.configuration)?;
    for warning in &config.warnings {
        eprintln!("creel: {}", Printable::from(warning.as_str()));
    }
    print(&match args.output {
        Print::Text => show::toml(&config),
        Print::Json => show::json(&config),
    })
}

pub(super) async fn open(path: &Path) -> Result<Box<dyn AsyncBufRead + Unpin + Send>, Refused> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(tokio::io::stdin())));
    }
    match tokio::fs::File::open(path).await {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(error) => {
            let name = Printable::from(path.to_string_lossy().as_ref());
            Err(Refused::because(format!(
                "{name} cannot be read ({error}); name a file of captures, or - for standard input"
            )))
        }
    }
}

/// `creel themes`.
pub(super) fn themes(args: &ThemesArgs) -> Result<Ended, Refused> {
    let folder = Folders::of_process().themes();
    if let Some(name) = &args.name {
        return print(&theme::source(name, folder.as_deref(), false).map_err(Refused::because)?.text);
    }
    let names = theme::names(folder.as_deref());
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut list = String::new();
    for name in names {
        // A theme that does not load is listed too, with what is wrong with it.
        let about = match Theme::named(&name, folder.as_deref(), Depth::True) {
            Ok((theme, _)) => theme.description.unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        let line = format!("{name:widest$}  {about}");
        list.push_str(Printable::from(line.trim_end()).as_str());
        list.push('\n');
    }
    print(&list)
}

/// `creel keys`.
pub(super) fn keys(args: &KeysArgs) -> Result<Ended, Refused> {
    let config = load(&[], &args.configuration)?;
    print(&keys_text(&interface::keymap(&config)?))
}

/// Every binding, in columns.
fn keys_text(keymap: &Keymap) -> String {
    let mut text = String::new();
    for (context, heading) in Context::ALL {
        text.push_str(heading);
        text.push('\n');
        for row in keymap.rows(context).filter(|row| !row.chords.is_empty()) {
            let chords: Vec<String> = row.chords.iter().map(ToString::to_string).collect();
            let about = row.action.row();
            text += &format!("  {:<20}  {:<16}  {}\n", chords.join(" "), about.name, about.help);
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// `creel completions`.
pub(super) fn completions(args: &CompletionsArgs) -> Result<Ended, Refused> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "creel", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// `creel man`.
pub(super) fn man() -> Result<Ended, Refused> {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(Cli::command()).render(&mut page);
    written.map_err(|error| Refused::because(format!("the manual page cannot be made ({error})")))?;
    print(&String::from_utf8_lossy(&page))
}
