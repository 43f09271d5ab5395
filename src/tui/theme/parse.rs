//! One theme file, read: what is written in it, with the place of each thing, before anything is inherited or looked up.
//!
//! Decided: what is not known (a role, an attribute, a colour) is a warning and costs that entry alone, because a theme
//! with one typo is better than none; what leaves nothing to go on (not TOML, an `inherits` that leads nowhere) is an
//! error. Colours are looked up only when the whole line of parents is known, so that a child which changes a palette
//! changes the roles that its parent made of it.

use std::fmt::Display;

use ratatui::style::{Color, Modifier};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{ROLES, Role, ThemeError, depth::SIXTEEN};
use crate::model::{Place, Printable, did_you_mean};

/// The attributes that a theme may give, with their names.
pub(super) const ATTRIBUTES: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

/// The colour that is the terminal's own.
const DEFAULT: &str = "default";

/// What a file says.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) inherits: Option<Name>,
    pub(super) description: Option<String>,
    pub(super) background: Option<Color>,
    pub(super) palette: Vec<(String, Color)>,
    pub(super) roles: Vec<(Role, Spec)>,
    pub(super) warnings: Vec<String>,
}

/// A name and where it is written: `themes/x.toml:12`.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) place: String,
}

/// What a file says about one role.
#[derive(Clone, Default, Debug)]
pub(super) struct Spec {
    pub(super) fg: Option<Name>,
    pub(super) bg: Option<Name>,
    pub(super) modifiers: Modifier,
}

/// Reads the text of the file that is called `file` in messages.
pub(super) fn parse(text: &str, file: &str) -> Result<Written, ThemeError> {
    let table = DeTable::parse(text).map_err(|error| {
        let place = Place::at(text, error.span().map_or(0, |span| span.start));
        ThemeError(format!("{file}:{place}: not TOML: {}", shown(error.message())))
    })?;
    let mut reader = Reader { text, file, warnings: Vec::new() };
    let mut written = Written {
        inherits: None,
        description: None,
        background: None,
        palette: Vec::new(),
        roles: Vec::new(),
        warnings: Vec::new(),
    };
    for (key, at, value) in in_order(table.get_ref()) {
        match key {
            "inherits" => written.inherits = reader.name(key, value),
            "description" => written.description = reader.name(key, value).map(|name| shown(&name.text)),
            "background" => {
                written.background = reader.name(key, value).and_then(|name| reader.literal(&name));
            }
            "palette" => written.palette = reader.palette(value),
            "roles" => written.roles = reader.roles(value),
            other => {
                let hint = did_you_mean(other, ["inherits", "description", "background", "palette", "roles"]);
                reader.warn(at, format_args!("no key called `{}`{hint}", shown(other)));
            }
        }
    }
    written.warnings = reader.warnings;
    Ok(written)
}

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.file, Place::at(self.text, offset).line)
    }

    fn warn(&mut self, offset: usize, what: impl Display) {
        let place = self.place(offset);
        self.warnings.push(format!("{place}: {what}"));
    }

    /// A string, or a number that stands for one of the 256 colours.
    fn name(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Name> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            other => {
                let found = other.type_str();
                self.warn(value.span().start, format_args!("`{}` must be a text in quotes, not {found}", shown(key)));
                return None;
            }
        };
        Some(Name { text, place: self.place(value.span().start) })
    }

    fn table<'v, 'i>(&mut self, key: &str, value: &'v Spanned<DeValue<'i>>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.warn(value.span().start, format_args!("`{key}` must be a table: [{key}]"));
        }
        table
    }

    /// A colour that is written out; warns where it is not one.
    fn literal(&mut self, name: &Name) -> Option<Color> {
        let color = colour(&name.text);
        if color.is_none() {
            self.warnings.push(not_a_colour(name, []));
        }
        color
    }

    fn palette(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(String, Color)> {
        let Some(table) = self.table("palette", value) else { return Vec::new() };
        let mut palette = Vec::new();
        for (key, _, value) in in_order(table) {
            if let Some(color) = self.name(key, value).and_then(|name| self.literal(&name)) {
                palette.push((key.to_owned(), color));
            }
        }
        palette
    }

    fn roles(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(Role, Spec)> {
        let Some(table) = self.table("roles", value) else { return Vec::new() };
        let mut roles = Vec::new();
        for (key, at, value) in in_order(table) {
            let Some(role) = Role::named(key) else {
                let hint = did_you_mean(key, ROLES.iter().map(|row| row.name));
                self.warn(at, format_args!("no role called `{}`{hint}", shown(key)));
                continue;
            };
            match value.get_ref() {
                DeValue::Table(table) => roles.push((role, self.spec(table))),
                DeValue::String(_) | DeValue::Integer(_) => {
                    let fg = self.name(key, value);
                    roles.push((role, Spec { fg, ..Spec::default() }));
                }
                other => {
                    let found = other.type_str();
                    let what = format_args!("`{key}` must be a colour or {{ fg, bg, bold, … }}, not {found}");
                    self.warn(value.span().start, what);
                }
            }
        }
        roles
    }

    fn spec(&mut self, table: &DeTable<'_>) -> Spec {
        let mut spec = Spec::default();
        for (key, at, value) in in_order(table) {
            let attribute = ATTRIBUTES.iter().find(|(name, _)| *name == key);
            match (key, attribute) {
                ("fg", _) => spec.fg = self.name(key, value),
                ("bg", _) => spec.bg = self.name(key, value),
                (_, Some((_, modifier))) => match value.get_ref().as_bool() {
                    Some(on) => spec.modifiers.set(*modifier, on),
                    None => self.warn(value.span().start, format_args!("`{key}` must be true or false")),
                },
                (other, None) => {
                    let known = ["fg", "bg"].into_iter().chain(ATTRIBUTES.iter().map(|(name, _)| *name));
                    let hint = did_you_mean(other, known);
                    self.warn(at, format_args!("no attribute called `{}`{hint}", shown(other)));
                }
            }
        }
        spec
    }
}

/// The entries of a table in the order of the file, with the place of each key.
fn in_order<'v, 'i>(table: &'v DeTable<'i>) -> Vec<(&'v str, usize, &'v Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().map(|(key, value)| (&**key.get_ref(), key.span().start, value)).collect();
    entries.sort_by_key(|(_, at, _)| *at);
    entries
}

/// What a colour means: a name of the palette, or a colour written out.
pub(super) fn look_up(name: &Name, palette: &[(String, Color)]) -> Result<Color, String> {
    let own = palette.iter().find(|(own, _)| *own == name.text).map(|(_, color)| *color);
    let known = palette.iter().map(|(own, _)| own.as_str());
    own.or_else(|| colour(&name.text)).ok_or_else(|| not_a_colour(name, known))
}

fn not_a_colour<'a>(name: &Name, palette: impl IntoIterator<Item = &'a str>) -> String {
    let Name { text, place } = name;
    let known = palette.into_iter().chain(SIXTEEN.iter().map(|(name, ..)| *name)).chain([DEFAULT]);
    let hint = match did_you_mean(text, known) {
        hint if hint.is_empty() => "; write #rrggbb, a number from 0 to 255, or a name".to_owned(),
        hint => hint,
    };
    format!("{place}: no colour called `{}`{hint}", shown(text))
}

/// A colour that is written out: `#rrggbb`, one of the sixteen names, `default`, or a number from 0 to 255.
fn colour(text: &str) -> Option<Color> {
    if let Some(digits) = text.strip_prefix('#') {
        let mut bytes = [0; 3];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        let [red, green, blue] = bytes;
        return Some(Color::Rgb(red, green, blue));
    }
    if text == DEFAULT {
        return Some(Color::Reset);
    }
    let named = SIXTEEN.iter().find(|(name, ..)| *name == text).map(|(_, color, _)| *color);
    named.or_else(|| text.parse().ok().map(Color::Indexed))
}

/// Text of the file as it may be shown.
pub(super) fn shown(text: &str) -> String {
    Printable::limited(text.as_bytes(), 60).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn warnings(text: &str) -> Vec<String> {
        parse(text, "x.toml").unwrap().warnings
    }

    #[test]
    fn colours_are_written_in_three_ways() {
        assert_eq!(colour("#0a1B2c"), Some(Color::Rgb(10, 27, 44)));
        assert_eq!(colour("bright-black"), Some(Color::DarkGray));
        assert_eq!(colour("default"), Some(Color::Reset));
        assert_eq!(colour("208"), Some(Color::Indexed(208)));
        for wrong in ["", "#", "#12345", "#1234567", "#gggggg", "#äöü", "256", "-1", "Red", "reddish"] {
            assert_eq!(colour(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_role_is_a_colour_or_a_table() {
        let written =
            parse("[roles]\ntext = 7\nmatch = { fg = 'a', bg = 'b', bold = true, dim = false }", "x").unwrap();
        let [(Role::Text, text), (Role::Match, found)] = written.roles.as_slice() else { panic!("{written:?}") };
        assert_eq!(text.fg.as_ref().unwrap().text, "7");
        assert_eq!(found.bg.as_ref().unwrap().place, "x:3");
        assert_eq!(found.modifiers, Modifier::BOLD);
        assert_eq!(written.warnings, [""; 0]);
    }

    #[test]
    fn what_is_not_known_is_said_with_its_place_and_the_nearest_name() {
        for (text, expected) in [
            ("\n\n[roles]\nslection = 1", "x.toml:4: no role called `slection`; did you mean `selection`?"),
            ("inherit = 'dark'", "x.toml:1: no key called `inherit`; did you mean `inherits`?"),
            ("[roles]\ntext = { blod = true }", "x.toml:2: no attribute called `blod`; did you mean `bold`?"),
            ("[roles]\ntext = { bold = 1 }", "x.toml:2: `bold` must be true or false"),
            ("[roles]\ntext = { fg = [] }", "x.toml:2: `fg` must be a text in quotes, not array"),
            ("[roles]\ntext = 0x10", "x.toml:2: `text` must be a text in quotes, not integer"),
            ("[roles]\ntext = true", "x.toml:2: `text` must be a colour or { fg, bg, bold, … }, not boolean"),
            ("palette = 1", "x.toml:1: `palette` must be a table: [palette]"),
            ("[palette]\nsky = 'bleu'", "x.toml:2: no colour called `bleu`; did you mean `blue`?"),
            (
                "background = '#12'",
                "x.toml:1: no colour called `#12`; write #rrggbb, a number from 0 to 255, or a name",
            ),
            ("[roles]\n\"a\\u001b[31m\" = 1", "x.toml:2: no role called `a^[[31m`"),
        ] {
            assert_eq!(warnings(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_is_not_toml_is_an_error_with_its_place() {
        let error = parse("[roles]\ntext = = 1", "x.toml").unwrap_err().to_string();
        assert!(error.starts_with("x.toml:2:8: not TOML: "), "{error}");
        assert!(parse("[palette]\na = 1\na = 2", "x.toml").unwrap_err().to_string().contains("x.toml:3:1: "));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\]{}=#'\"a-z0-9.\n \u{1b}é]{0,80}") {
            let _ = parse(&text, "x.toml");
        }

        #[test]
        fn any_entry_is_a_role_or_a_warning(key in "[a-z_0-9]{1,12}", value in "[#a-z0-9-]{0,8}") {
            let written = parse(&format!("[roles]\n{key} = '{value}'"), "x.toml").unwrap();
            prop_assert_eq!(written.roles.len() + written.warnings.len(), 1);
            prop_assert!(written.warnings.iter().all(|warning| warning.starts_with("x.toml:2: ")));
        }
    }
}
