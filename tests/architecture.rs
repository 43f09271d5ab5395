//! The rules that the compiler does not hold: who may know whom, what stays where, and what every file looks like.

#![expect(clippy::unwrap_used, reason = "tests say what went wrong by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each layer with the layers that it may know. `model` knows nobody; `app` and `main` know everyone.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("process", &[]),
    ("store", &["model"]),
    ("capture", &["model", "store"]),
    ("provider", &["model"]),
    ("signature", &["model", "provider"]),
    ("sample", &["model", "provider", "signature"]),
    ("handshake", &["model", "provider", "signature", "capture"]),
    ("decode", &["model"]),
    ("diff", &["model", "decode"]),
    ("query", &["model", "provider", "signature", "decode"]),
    ("pick", &["model", "query"]),
    ("replay", &["model"]),
    // A plan gets its signature from above, because neither side knows the other.
    ("resign", &["model", "replay", "signature"]),
    // What comes is asked of it by the listener, through a trait of the listener's.
    ("forward", &["model", "store", "capture", "query", "replay"]),
    ("export", &["model", "provider", "signature"]),
    ("import", &["model", "export"]),
    ("resend", &["model", "process", "export", "provider", "replay", "resign", "store"]),
    // What is ignored is a setting, and the handshakes are the values of one.
    ("config", &["model", "store", "replay", "provider", "signature", "diff", "handshake"]),
    // The formats, the sources, the durabilities and the paces are the values of options.
    ("cli", &["model", "config", "store", "export", "import", "replay"]),
    ("headless", &["model", "store", "process"]),
    ("browse", &["model", "store", "provider", "decode", "query", "pick"]),
    // It prints the same lines, and may read an inbox.
    ("expect", &["model", "store", "process", "query", "export", "headless", "browse"]),
    (
        "tui",
        &[
            "model",
            "store",
            "process",
            "provider",
            "signature",
            "decode",
            "diff",
            "query",
            "replay",
            "sample",
            "handshake",
            "resign",
            "export",
            "import",
        ],
    ),
];

/// Crates that belong to some places alone.
const PLACES: &[(&str, &[&str])] = &[
    ("axum", &["capture"]),
    ("hyper_util", &["capture", "replay"]),
    ("hyper", &["capture", "replay"]),
    ("rustls", &["replay"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("tui_input", &["tui"]),
    ("clap", &["cli", "app", "main"]),
    ("toml", &["config", "tui"]),
    ("rusqlite", &["store"]),
];

/// Words that may stand only in some files.
const WORDS: &[(&str, &[&str], &str)] = &[
    ("unbounded", &[], "every queue has a bound"),
    ("println!", &["app.rs", "app/", "main.rs"], "output has one home"),
    (
        "Instant::now",
        &[
            "tui/runtime.rs",
            "tui/perform.rs",
            "capture/",
            "replay/",
            "resend",
            "process.rs",
            "decode/coding.rs",
            "decode/image/picture.rs",
            "decode/jq/meter.rs",
            "diff/lines.rs",
            "tui/graphics.rs",
        ],
        "time enters as data; how long undoing a content coding, pixels, a jq expression or aligning lines may take is a limit of its own",
    ),
    (
        "Timestamp::now",
        &["tui/runtime.rs", "tui/sending.rs", "app/", "capture/", "resend", "query/"],
        "time enters as data",
    ),
    ("SystemTime", &[], "time enters as data"),
];

/// The most lines that a file may have.
const LINES: usize = 500;

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    assert!(found.len() > 50, "the sources were not found");
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn layer_of(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The code of a file without its tests, which may look where they like.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

/// The layers that a text names after `crate::`.
fn named_layers(text: &str) -> BTreeSet<&str> {
    code(text)
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').next().unwrap())
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn layers_know_only_those_below_them() {
    for (file, text) in sources() {
        let layer = layer_of(&file);
        if matches!(layer, "app" | "main" | "lib") {
            continue;
        }
        let allowed = LAYERS.iter().find(|(name, _)| *name == layer);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("src/{file} belongs to no layer of the table"));
        for named in named_layers(&text) {
            assert!(named == layer || allowed.contains(&named), "src/{file}: `{layer}` may not know `{named}`");
        }
    }
}

#[test]
fn the_table_has_no_circle() {
    let below = |layer: &str| LAYERS.iter().find(|(name, _)| *name == layer).map_or(&[][..], |(_, below)| *below);
    for (layer, _) in LAYERS {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = below(layer).to_vec();
        while let Some(name) = next.pop() {
            assert_ne!(name, *layer, "`{layer}` knows itself by a detour");
            if reached.insert(name) {
                next.extend(below(name));
            }
        }
    }
}

#[test]
fn crates_stay_in_their_places() {
    for (file, text) in sources() {
        for (name, places) in PLACES {
            let used = text
                .lines()
                .map(str::trim_start)
                .filter(|line| !line.starts_with("//"))
                .any(|line| line.contains(&format!(" {name}::")) || line.starts_with(&format!("use {name}::")));
            assert!(!used || places.contains(&layer_of(&file)), "src/{file}: `{name}` belongs to {places:?}");
        }
    }
}

#[test]
fn words_stay_in_their_places() {
    for (file, text) in sources() {
        let code = code(&text);
        for (word, places, why) in WORDS {
            let used = code.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            let allowed = places.iter().any(|place| file.starts_with(place)) || file.contains("tests");
            assert!(!used || allowed, "src/{file}: `{word}`: {why}");
        }
    }
}

#[test]
fn drawing_and_updating_do_not_wait() {
    for (file, text) in sources() {
        let pure = ["tui/update", "tui/view", "tui/panes", "tui/overlays", "tui/widgets", "tui/state", "tui/layout"];
        if pure.iter().any(|place| file.starts_with(place)) {
            for word in [".await", "async fn", "std::fs", "std::env", "Mutex", "tokio::"] {
                assert!(!text.contains(word), "src/{file}: `{word}` in what must be pure");
            }
        }
    }
}

#[test]
fn panes_do_not_know_each_other() {
    for (file, text) in sources() {
        let Some(rest) = file.strip_prefix("tui/panes/") else { continue };
        let Some((own, _)) = rest.split_once('/') else { continue };
        // The list draws the filter that stands over it.
        let allowed = |other: &str| own == other || (own == "requests" && other == "filter");
        for other in ["requests", "filter", "inspector", "replays"] {
            let named = text.contains(&format!("panes::{other}")) || text.contains(&format!("super::super::{other}"));
            assert!(!named || allowed(other), "src/{file}: `{own}` may not know `{other}`");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_is_one_thing() {
    for (file, text) in sources() {
        assert!(text.starts_with("//!"), "src/{file} does not open with what it is for");
        let lines = text.lines().count();
        assert!(lines <= LINES, "src/{file} has {lines} lines: it is two things");
        for name in ["utils", "common", "helpers", "manager", "misc"] {
            assert!(!file.contains(name), "src/{file}: `{name}` says nothing");
        }
    }
}

#[test]
fn the_map_names_every_layer() {
    let (_, map) = sources().into_iter().find(|(file, _)| file == "lib.rs").unwrap();
    let prose: String = map.lines().filter(|line| line.starts_with("//!")).collect();
    for (layer, _) in LAYERS {
        let declared = map.contains(&format!("pub mod {layer};"));
        assert_eq!(declared, prose.contains(layer), "`{layer}`: the map and the modules of src/lib.rs differ");
    }
}
