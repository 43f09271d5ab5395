//! What a screen shows, as text: its characters, and below them its styles as letters with a legend.

#![allow(dead_code, reason = "several test programs share this file, and none of them uses all of it")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

/// The characters of a screen, a line a row, without blanks at the ends.
pub fn text(buffer: &Buffer) -> String {
    let rows = rows(buffer);
    rows.iter().flat_map(|row| [row.trim_end(), "\n"]).collect()
}

/// The characters of each row.
pub fn rows(buffer: &Buffer) -> Vec<String> {
    cells(buffer)
        .map(|row| {
            let mut text = String::new();
            let mut skip = 0_usize;
            for cell in row {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                text.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            }
            text
        })
        .collect()
}

fn cells(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width).max(1))
}

/// Characters and styles.
pub fn styled(buffer: &Buffer) -> String {
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut names = ('a'..='z').chain('A'..='Z').chain('0'..='9');
    let mut map = String::new();
    for row in cells(buffer) {
        let mut line = String::new();
        for cell in row {
            let style = style(cell);
            let letter = if style.is_empty() {
                '.'
            } else {
                *letters.entry(style).or_insert_with(|| names.next().expect("no more than 62 styles"))
            };
            line.push(letter);
        }
        writeln!(map, "{}", line.trim_end_matches('.')).unwrap();
    }
    let mut legend: Vec<(char, String)> = letters.into_iter().map(|(style, letter)| (letter, style)).collect();
    legend.sort_unstable();
    let mut styled = format!("{}\n{map}\n", text(buffer));
    for (letter, style) in legend {
        writeln!(styled, "{letter} {style}").unwrap();
    }
    styled
}

fn style(cell: &Cell) -> String {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(format!("{}", cell.fg));
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", cell.bg));
    }
    for (name, _) in cell.modifier.iter_names() {
        words.push(name.to_lowercase());
    }
    if cell.symbol() == " "
        && cell.bg == Color::Reset
        && !cell.modifier.intersects(Modifier::REVERSED | Modifier::UNDERLINED)
    {
        return String::new();
    }
    words.join(" ")
}

/// Compares with `tests/golden/NAME.txt`. `UPDATE=1` writes it; look at what changed before committing it.
pub fn assert_golden(name: &str, shown: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, shown).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; UPDATE=1 cargo test writes it", path.display()));
    assert!(
        expected == shown,
        "{name} has changed (UPDATE=1 cargo test renews it)\n--- expected\n{expected}\n--- shown\n{shown}"
    );
}
