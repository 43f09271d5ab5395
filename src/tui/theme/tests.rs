//! The themes of the program are held to what a theme promises, and the ways in which themes come together are tried.

use std::fmt::Write as _;

use ratatui::style::Modifier;
use tempfile::TempDir;

use super::{depth::rgb, *};

const DEPTHS: [Depth; 4] = [Depth::Mono, Depth::Ansi16, Depth::Ansi256, Depth::True];

fn builtin(name: &str, depth: Depth) -> Theme {
    let (theme, warnings) = Theme::named(name, None, depth).unwrap();
    assert_eq!(warnings, [""; 0], "{name}");
    theme
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn load(files: &[(&str, &str)], name: &str) -> Result<(Theme, Vec<String>), String> {
    let folder = folder(files);
    let prefix = format!("{}/", folder.path().display());
    match Theme::named(name, Some(folder.path()), Depth::True) {
        Ok((theme, warnings)) => Ok((theme, warnings.iter().map(|warning| warning.replace(&prefix, "")).collect())),
        Err(error) => Err(error.to_string().replace(&prefix, "")),
    }
}

/// The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance").
fn contrast(one: Color, other: Color) -> f64 {
    let luminance = |color| {
        let [red, green, blue] = rgb(color).unwrap().map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_theme_styles_every_role_and_says_what_it_is() {
    for (name, _) in BUILTIN {
        for depth in DEPTHS {
            let theme = builtin(name, depth);
            assert_eq!(theme.name, *name);
            assert!(theme.description.is_some_and(|text| text.len() > 5), "{name} has no description");
        }
        let line = line_of(name, None).unwrap();
        for row in ROLES {
            let named = line.iter().any(|written| written.roles.iter().any(|(role, _)| *role == row.role));
            assert!(named, "{name} does not style `{}`", row.name);
        }
    }
}

#[test]
fn every_file_in_the_folder_is_part_of_the_program() {
    let mut files: Vec<_> = std::fs::read_dir("themes")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
        .collect();
    let mut known: Vec<_> = BUILTIN.iter().map(|(name, _)| (*name).to_owned()).collect();
    files.sort();
    known.sort();
    assert_eq!(files, known);
}

#[test]
fn text_can_be_read_in_every_theme_that_names_its_colours() {
    let mut seen = 0;
    for (name, _) in BUILTIN {
        let theme = builtin(name, Depth::True);
        let Some(ground) = theme.background else { continue };
        seen += 1;
        let wanted: [f64; 3] = if *name == "high-contrast" { [7.0, 7.0, 7.0] } else { [4.5, 3.0, 3.0] };
        for row in ROLES {
            let style = theme.style(row.role);
            let (Some(fg), bg) = (style.fg, style.bg.unwrap_or(ground)) else { continue };
            let least = match row.role {
                Role::Text | Role::Overlay | Role::Match | Role::MatchCurrent => wanted[0],
                Role::Dim => wanted[1],
                Role::Border => 1.4,
                _ => wanted[2],
            };
            let found = contrast(fg, bg);
            assert!(found >= least, "{name}: `{}` has a contrast of {found:.2}, not {least}", row.name);
        }
        // Rows are selected with everything that stands in them.
        for under in [Role::Selection, Role::SelectionBlurred] {
            let bg = theme.style(under).bg.unwrap();
            assert_ne!(bg, ground, "{name}: `{}` cannot be seen", under.name());
            for (over, least) in [(Role::Text, wanted[0]), (Role::Dim, 2.5), (Role::Error, 2.5), (Role::Ok, 2.5)] {
                let found = contrast(theme.style(over).fg.unwrap(), bg);
                assert!(found >= least, "{name}: `{}` on `{}`: {found:.2}, not {least}", over.name(), under.name());
            }
        }
    }
    assert_eq!(seen, BUILTIN.len() - 2, "only ansi and mono leave their colours to the terminal");
}

#[test]
fn fewer_colours_hide_nothing() {
    for (name, _) in BUILTIN {
        for depth in [Depth::Ansi256, Depth::Ansi16] {
            let theme = builtin(name, depth);
            let ground = theme.style(Role::Background).bg;
            for row in ROLES.iter().filter(|row| row.role != Role::Background) {
                let style = theme.style(row.role);
                let under = style.bg.or(ground);
                assert!(style.fg.is_none() || style.fg != under, "{name} at {depth:?}: `{}`", row.name);
            }
            for role in [Role::Selection, Role::SelectionBlurred, Role::Match, Role::MatchCurrent] {
                let style = theme.style(role);
                let shows = style.bg.is_some_and(|bg| Some(bg) != ground) || !style.add_modifier.is_empty();
                assert!(shows, "{name} at {depth:?}: `{}` looks like text", role.name());
            }
        }
    }
}

#[test]
fn without_colour_every_theme_is_attributes() {
    let mono = builtin("mono", Depth::True);
    for row in ROLES {
        assert_eq!(mono.style(row.role), Style::new().add_modifier(row.plain), "mono.toml: `{}`", row.name);
    }
    for (name, _) in BUILTIN {
        let theme = builtin(name, Depth::Mono);
        for row in ROLES {
            let style = theme.style(row.role);
            assert_eq!((style.fg, style.bg), (None, None), "{name}: `{}`", row.name);
            assert!(style.add_modifier.contains(row.plain), "{name}: `{}`", row.name);
        }
    }
}

#[test]
fn a_child_changes_the_palette_under_its_parents_roles() {
    let own = "inherits = 'dark'\n[palette]\ngreen = '#010203'\n[roles]\nerror = { fg = 'green', reverse = true }";
    let (theme, warnings) = load(&[("mine.toml", own)], "mine").unwrap();
    let green = Color::Rgb(1, 2, 3);
    assert_eq!(warnings, [""; 0]);
    assert_eq!(theme.style(Role::Ok), Style::new().fg(green));
    assert_eq!(theme.style(Role::Error), Style::new().fg(green).add_modifier(Modifier::REVERSED));
    assert_eq!(theme.style(Role::Text), builtin("dark", Depth::True).style(Role::Text));
    assert_eq!(theme.description.as_deref(), Some("calm and dark"));
}

#[test]
fn the_users_folder_goes_first_and_may_build_on_what_it_hides() {
    let files =
        [("dark.toml", "inherits = 'dark'\n[palette]\ntext = 1"), ("zebra.toml", ""), (".hid.toml", ""), ("x", "")];
    let (theme, _) = load(&files, "dark").unwrap();
    assert_eq!(theme.style(Role::Text).fg, Some(Color::Indexed(1)));
    assert_eq!(theme.style(Role::Ok), builtin("dark", Depth::True).style(Role::Ok));
    let folder = folder(&files);
    let names = names(Some(folder.path()));
    assert_eq!(names.iter().filter(|name| *name == "dark").count(), 1);
    assert_eq!(names.len(), BUILTIN.len() + 1);
    assert_eq!(names.last().unwrap(), "zebra");
    assert!(!source("dark", Some(folder.path()), false).unwrap().builtin);
    assert!(source("dark", Some(folder.path()), true).unwrap().builtin);
}

#[test]
fn a_theme_that_says_its_ground_is_fitted_to_it() {
    let text = "background = '#ffffff'\n[roles]\ntext = '#fefefe'";
    let folder = folder(&[("pale.toml", text)]);
    let (theme, _) = Theme::named("pale", Some(folder.path()), Depth::Ansi16).unwrap();
    assert_eq!(theme.background, Some(Color::Rgb(255, 255, 255)));
    assert_eq!(theme.style(Role::Text).fg, Some(Color::Gray));
    assert_eq!(theme.style(Role::Background).bg, None);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let (theme, warnings) = load(
        &[
            ("child.toml", "inherits = 'mother'\n[palette]\nsea = 4"),
            ("mother.toml", "[roles]\ntext = 'sea'\nok = 'see'\nerorr = 1"),
        ],
        "child",
    )
    .unwrap();
    assert_eq!(theme.style(Role::Text).fg, Some(Color::Indexed(4)));
    assert_eq!(
        warnings,
        [
            "mother.toml:4: no role called `erorr`; did you mean `error`?",
            "mother.toml:3: no colour called `see`; did you mean `sea`?",
        ]
    );
    for (files, name, expected) in [
        (&[][..], "drak", "no theme called `drak` (`creel themes` lists them); did you mean `dark`?"),
        (&[("a.toml", "\ninherits = 'drak'")], "a", {
            "a.toml:2: `inherits`: no theme called `drak` (`creel themes` lists them); did you mean `dark`?"
        }),
        (&[("a.toml", "inherits = 'b'"), ("b.toml", "\n\ninherits = 'a'")], "a", {
            "b.toml:3: `inherits` goes in a circle: a → b → a"
        }),
        (&[("a.toml", "inherits = 'a'")], "a", {
            "a.toml:1: `inherits`: no theme called `a` (`creel themes` lists them)"
        }),
    ] {
        assert_eq!(load(files, name).unwrap_err(), expected);
    }
    let error = load(&[("a.toml", "[roles")], "a").unwrap_err();
    assert!(error.starts_with("a.toml:1:7: not TOML: "), "{error}");
    for name in ["", "../dark", "a/b", ".hidden", "a\u{1b}[31m"] {
        let error = load(&[], name).unwrap_err();
        assert!(error.contains("is not the name of a theme") && !error.contains('\u{1b}'), "{error}");
    }
    let folder = folder(&[]);
    std::fs::write(folder.path().join("bytes.toml"), b"\xff\xfe").unwrap();
    std::fs::write(folder.path().join("huge.toml"), " ".repeat(300_000)).unwrap();
    for name in ["bytes", "huge"] {
        let error = Theme::named(name, Some(folder.path()), Depth::True).unwrap_err().to_string();
        assert!(error.contains(&format!("{name}.toml: the theme cannot be read: ")), "{error}");
    }
}

/// `UPDATE=1 cargo test` writes the table anew.
#[test]
fn the_table_in_the_readme_is_the_table() {
    let mut table = String::from("| role | for | without colour |\n| --- | --- | --- |\n");
    for row in ROLES {
        let plain: Vec<_> = parse::ATTRIBUTES
            .iter()
            .filter(|(_, modifier)| row.plain.contains(*modifier))
            .map(|(name, _)| *name)
            .collect();
        writeln!(table, "| `{}` | {} | {} |", row.name, row.help, plain.join(", ")).unwrap();
    }
    let path = "themes/README.md";
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once("<!-- roles -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /roles -->").unwrap();
    let wanted = format!("{before}<!-- roles -->\n{table}<!-- /roles -->{after}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &wanted).unwrap();
    } else {
        assert_eq!(readme, wanted, "UPDATE=1 cargo test writes it anew");
    }
}

#[test]
fn the_example_in_the_readme_is_a_theme() {
    let readme = std::fs::read_to_string("themes/README.md").unwrap();
    let example = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let (theme, warnings) = load(&[("mine.toml", example)], "mine").unwrap();
    assert_eq!(warnings, [""; 0]);
    assert_eq!(theme.style(Role::Background), Style::new());
    assert_eq!(theme.background, Some(Color::Rgb(16, 16, 16)));
}
