//! Configuration files as people write them: the good are in force, the bad are answered with the sentence that stands
//! in their first lines, and the sample is what holds without it.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use creel::config::{Config, Origin, SETTINGS, Setting, file, settings};

fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files: Vec<_> = fs::read_dir(Path::new("tests/config").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() > 3, "tests/config/{folder} is nearly empty");
    files
}

fn name(path: &Path) -> &Path {
    Path::new(path.file_name().unwrap())
}

#[test]
fn a_wrong_file_is_answered_with_the_sentence_it_begins_with() {
    for (path, text) in files("invalid") {
        let expected: Vec<_> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let error = file::parse(&text, name(&path)).expect_err(&path.display().to_string());
        assert_eq!(error.0, expected, "{}", path.display());
    }
}

#[test]
fn a_right_file_is_in_force_from_its_first_to_its_last_line() {
    for (path, text) in files("valid") {
        let written = file::parse(&text, name(&path)).unwrap();
        let config = Config::resolve(&[], &[], Some(written.clone())).unwrap();
        assert!(config.warnings.is_empty());
        let table: toml::Table = text.parse().unwrap();
        for (key, value) in &table {
            let rows: Vec<_> = config.in_force.iter().filter(|row| row.key == key).collect();
            let wanted = value.as_table().map_or(1, toml::Table::len);
            assert!(rows.len() >= wanted, "{}: `{key}` is not in force", path.display());
            for row in rows {
                let Origin::File { place, .. } = &row.origin else { panic!("{}: {row:?}", path.display()) };
                let line = text.lines().nth(place.line - 1).unwrap();
                assert!(line.contains(row.name.as_deref().unwrap_or(key)), "{}: {line} is not {row:?}", path.display());
            }
        }
    }
}

/// `UPDATE=1 cargo test` writes it anew.
#[test]
fn the_sample_has_every_setting_with_its_default() {
    let path = "docs/creel.toml";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, settings::sample()).unwrap();
    }
    let sample = fs::read_to_string(path).unwrap();
    assert_eq!(sample, settings::sample(), "UPDATE=1 cargo test writes it anew");

    // As it stands it says nothing; without the `#` before what is code it says what holds anyway.
    assert!(file::parse(&sample, Path::new(path)).unwrap().values.is_empty());
    let code: Vec<_> =
        sample.lines().filter_map(|line| line.strip_prefix('#')).filter(|line| !line.starts_with(' ')).collect();
    let written = file::parse(&code.join("\n"), Path::new(path)).unwrap();
    for setting in SETTINGS {
        let (key, values) = (setting.key, &written.values);
        let there = code.contains(&format!("[{key}]").as_str()) || values.iter().any(|(own, _)| own.key == key);
        assert!(there, "`{key}` is not in the sample");
    }
    for (Setting { key, default, .. }, given) in &written.values {
        assert_eq!(given.text, *default, "{key}");
    }
    let mut config = Config::resolve(&[], &[], Some(written)).unwrap();
    let defaults = Config::resolve(&[], &[], None).unwrap();
    config.in_force.clone_from(&defaults.in_force);
    config.file = None;
    assert_eq!(config, defaults);
}

#[test]
fn the_examples_in_the_sample_are_right_too() {
    let examples: Vec<_> = SETTINGS
        .iter()
        .map(|setting| match setting.shape {
            settings::Shape::Table => format!("[{}]\n{}", setting.key, setting.example),
            _ => format!("{} = {}", setting.key, setting.example),
        })
        .collect();
    let written = file::parse(&examples.join("\n"), Path::new("examples.toml")).unwrap();
    assert_eq!((written.targets.len(), written.keys.len()), (1, 2));
}
