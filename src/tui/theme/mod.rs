//! How things look: roles on one side, colours on the other, theme files between them.
//!
//! Views ask a [`Theme`] for the style of a [`Role`] and know no colour. `roles` is the table of roles, `parse` reads one
//! file, `builtin` knows where files are, `depth` fits a style to the terminal, and this file puts a theme and its parents
//! together. Decided: a child may change the palette alone, and its parent's roles follow; a role that a child names
//! replaces the parent's whole. Refused: styles made up in views, and themes as code.

mod builtin;
mod depth;
mod parse;
mod roles;

use std::path::Path;

use ratatui::style::{Color, Style};

pub use builtin::{BUILTIN, Source, names, source};
pub use depth::Depth;
pub use roles::{ROLES, Role, RoleRow};

use parse::{Name, Spec, Written, look_up, parse, shown};

/// How many parents a theme may have in a row.
const PARENTS: usize = 16;

/// A style for every role, fitted to one terminal.
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// What it says about itself.
    pub description: Option<String>,
    /// The background that it is made for: the one it paints, or the one it says it expects.
    pub background: Option<Color>,
    styles: [Style; Role::COUNT],
    /// What it is fitted to.
    depth: Depth,
}

/// Why there is no theme: a whole sentence, with the place in the file and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ThemeError(pub(crate) String);

impl Theme {
    /// The theme of that name and what is wrong in its files, as sentences with file and line.
    ///
    /// A file `NAME.toml` in `user_dir` goes before a theme of the program; with `inherits` it may build on the one that
    /// it hides. Fails when there is no such theme, a file is not TOML, or `inherits` leads nowhere or in a circle.
    pub fn named(name: &str, user_dir: Option<&Path>, depth: Depth) -> Result<(Self, Vec<String>), ThemeError> {
        let line = line_of(name, user_dir)?;
        let mut palette = Vec::new();
        let mut specs: [Option<&Spec>; Role::COUNT] = [None; Role::COUNT];
        let (mut description, mut background) = (None, None);
        for written in &line {
            palette.splice(0..0, written.palette.iter().cloned());
            for (role, spec) in &written.roles {
                if let Some(place) = specs.get_mut(role.index()) {
                    *place = Some(spec);
                }
            }
            description = written.description.clone().or(description);
            background = written.background.or(background);
        }
        let mut warnings: Vec<String> = line.iter().flat_map(|written| written.warnings.iter().cloned()).collect();
        let styles = specs.map(|spec| spec.map_or_else(Style::default, |spec| style(spec, &palette, &mut warnings)));
        let painted = styles.get(Role::Background.index()).and_then(|style| style.bg);
        let background = painted.filter(|color| *color != Color::Reset).or(background);
        let mut theme = Self { name: name.to_owned(), description, background, styles, depth };
        theme.fit();
        Ok((theme, warnings))
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role.index()).copied().unwrap_or_default()
    }

    /// The colour of a pixel of an image, fitted to the terminal; nothing where it has no colours.
    pub fn pixel(&self, rgb: [u8; 3]) -> Option<Color> {
        self.depth.pixel(rgb)
    }

    fn fit(&mut self) {
        let (ground, depth) = (self.background, self.depth);
        for (row, style) in ROLES.iter().zip(&mut self.styles) {
            *style = depth.adapt(row.role, *style, ground);
        }
    }
}

/// The files of a theme and its parents, the farthest first.
fn line_of(name: &str, user_dir: Option<&Path>) -> Result<Vec<Written>, ThemeError> {
    let mut line: Vec<Written> = Vec::new();
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut next = Name { text: name.to_owned(), place: String::new() };
    loop {
        // A file of the user that inherits from its own name means the theme that it hides.
        let hides = seen.last().is_some_and(|(last, _)| *last == next.text);
        let source = source(&next.text, user_dir, hides).map_err(|error| {
            if line.is_empty() { error } else { ThemeError(format!("{}: `inherits`: {error}", next.place)) }
        })?;
        if seen.iter().any(|(_, file)| *file == source.file) || seen.len() > PARENTS {
            let path: Vec<_> = seen.iter().map(|(name, _)| name.as_str()).chain([next.text.as_str()]).collect();
            let path = path.join(" → ");
            return Err(ThemeError(format!("{}: `inherits` goes in a circle: {}", next.place, shown(&path))));
        }
        let written = parse(&source.text, &source.file)?;
        seen.push((next.text, source.file));
        let parent = written.inherits.clone();
        line.insert(0, written);
        match parent {
            Some(parent) => next = parent,
            None => return Ok(line),
        }
    }
}

fn style(spec: &Spec, palette: &[(String, Color)], warnings: &mut Vec<String>) -> Style {
    let mut color = |name: &Option<Name>| match look_up(name.as_ref()?, palette) {
        Ok(color) => Some(color),
        Err(warning) => {
            warnings.push(warning);
            None
        }
    };
    let (fg, bg) = (color(&spec.fg), color(&spec.bg));
    Style { fg, bg, ..Style::default() }.add_modifier(spec.modifiers)
}

#[cfg(test)]
mod tests;
