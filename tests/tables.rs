//! The tables, each walked from its first row to its last: what must hold between rows, and between a row and the screen.
//! What a row by itself must be is tested where its table stands.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::collections::HashSet;

use creel::{
    decode::{Cancelled, Role as Meaning, Subject, VIEWS, ViewRow, decode, is_offered},
    tui::{
        action::{ACTIONS, Action},
        chord::Chord,
        keymap::{BINDINGS, Context, Keymap},
        overlays::{Choice, Overlay},
        theme::{BUILTIN, Role},
        update::unavailable,
        widgets::line::role_of,
    },
};
use support::{
    captures::{github_push, later, stripe_invoice},
    stage::Stage,
};

/// Where a chord means something else in a context than in the one around it: one that is to must be written down here.
///
/// Sideways moves in lines that are not wrapped; else it means what it means around it.
const MEANT_OTHERWISE: &[(Context, &str)] = &[(Context::Inspector, "right"), (Context::Inspector, "left")];

/// Keys that lead from the start to each context.
const WAYS: [(Context, &str); 13] = [
    (Context::Editor, "e"),
    (Context::Requests, ""),
    (Context::Inspector, "tab"),
    (Context::Replays, "tab tab"),
    (Context::Folds, "tab z"),
    (Context::Filter, "/"),
    (Context::Search, "tab /"),
    (Context::Jq, "tab |"),
    (Context::Choose, ":"),
    (Context::Form, "A"),
    (Context::Results, "A enter"),
    (Context::Compare, "d enter"),
    (Context::Help, "?"),
];

fn stage(width: u16, keys: &str) -> Stage {
    let mut stage = Stage::new(width, 40);
    stage.receive(github_push()).receive(later(stripe_invoice(), 1)).tick();
    stage.keys(keys);
    stage
}

fn chosen(stage: &Stage) -> Option<Choice> {
    match stage.state.overlays.last() {
        Some(Overlay::Choose(choose)) => choose.choice(),
        other => panic!("no chooser but {other:?}"),
    }
}

#[test]
fn a_chord_means_the_same_in_a_pane_as_around_it() {
    let keymap = Keymap::default();
    let mut found = Vec::new();
    for binding in BINDINGS {
        let Some(parent) = binding.context.parent() else { continue };
        for written in binding.chords {
            let chord: Chord = written.parse().unwrap();
            let around = keymap.action(parent, chord);
            if around.is_some_and(|around| around != binding.action) {
                found.push((binding.context, *written));
            }
        }
    }
    // These two mean the same where there is nothing to scroll.
    assert_eq!(found, MEANT_OTHERWISE);
}

#[test]
fn every_context_can_be_reached_and_left() {
    for (context, _) in Context::ALL.into_iter().filter(|(context, _)| *context != Context::Global) {
        let (_, way) = WAYS.into_iter().find(|(reached, _)| *reached == context).unwrap();
        let mut stage = stage(140, way);
        assert_eq!(stage.state.context(), context, "{way}");
        // A search goes back to the inspector first.
        stage.keys("esc esc");
        assert_eq!(stage.state.context(), Context::Requests, "{way} esc esc");
    }
}

#[test]
fn every_listed_action_is_called_by_its_name_and_no_other_is() {
    for row in ACTIONS {
        let mut stage = stage(140, ":");
        stage.keys(&format!("\"{}\"", row.name));
        let does = chosen(&stage) == Some(Choice::Do(row.action));
        assert_eq!(does, row.listed, "{}", row.name);
    }
}

#[test]
fn every_hint_has_room_in_the_footer() {
    for (width, least) in [(140, usize::MAX), (80, 4), (40, 1)] {
        for (context, way) in WAYS {
            let stage = stage(width, way);
            let screen = stage.screen();
            let footer = screen.lines().last().unwrap();
            let hints = stage.state.session.keymap.hints(context);
            assert!(!hints.is_empty(), "{context:?} has no hints");
            let shown = hints.iter().filter(|(_, action)| unavailable(&stage.state, *action).is_none());
            for (chord, action) in shown.take(least) {
                let hint = format!("{chord} {}", action.row().label);
                assert!(footer.contains(&hint), "{context:?} at {width} columns has no room for `{hint}`:\n{footer}");
            }
        }
    }
}

#[test]
fn labels_tell_actions_apart() {
    for (context, _) in Context::ALL {
        let mut labels = HashSet::new();
        for (chord, action) in Keymap::default().hints(context) {
            assert!(labels.insert(action.row().label), "{context:?}: {chord} has the label of another hint");
        }
    }
}

#[test]
fn every_view_has_a_name_of_its_own_and_is_gone_through() {
    let names: HashSet<_> = VIEWS.iter().map(|view| view.name).collect();
    let labels: HashSet<_> = VIEWS.iter().map(|view| view.label).collect();
    assert_eq!((names.len(), labels.len()), (VIEWS.len(), VIEWS.len()));
    let mut stage = stage(140, "enter");
    let subject = Subject::of(stage.state.inspector.shown.as_ref().unwrap());
    let never = Cancelled::new();
    let shows = |view: &'static ViewRow| decode(&subject, Some(view), &never).unwrap().view() == view;
    let expected: HashSet<_> =
        VIEWS.iter().filter(|view| is_offered(view, &subject) && shows(view)).map(|view| view.label).collect();
    assert_eq!(expected, HashSet::from(["JSON", "form", "text", "hex"]));
    let mut seen = HashSet::new();
    for _ in VIEWS {
        stage.keys("v");
        let screen = stage.screen();
        seen.extend(VIEWS.iter().map(|view| view.label).filter(|label| screen.contains(&format!("─ {label} ╯"))));
    }
    assert_eq!(seen, expected);
}

#[test]
fn what_a_view_tells_apart_every_theme_with_colours_tells_apart() {
    let meanings = [
        Meaning::Text,
        Meaning::Dim,
        Meaning::Key,
        Meaning::String,
        Meaning::Number,
        Meaning::Literal,
        Meaning::Escape,
        Meaning::Warn,
        Meaning::Error,
    ];
    let roles: HashSet<Role> = meanings.into_iter().map(role_of).collect();
    assert_eq!(roles.len(), meanings.len());
    for (name, _) in BUILTIN.iter().filter(|(name, _)| *name != "mono") {
        let theme = support::stage::theme(name);
        for meaning in [Meaning::Key, Meaning::String, Meaning::Number, Meaning::Escape, Meaning::Error] {
            let style = |meaning| theme.style(role_of(meaning));
            assert_ne!(style(meaning), style(Meaning::Text), "{name}: {meaning:?} looks like text");
        }
        assert_ne!(theme.style(Role::Key), theme.style(Role::String), "{name}: a name looks like its value");
    }
}

#[test]
fn every_action_that_is_hinted_at_is_worth_a_name() {
    for binding in BINDINGS.iter().filter(|binding| binding.hint > 0 && !binding.context.takes_text()) {
        let of_overlay = matches!(binding.context, Context::Help | Context::Results | Context::Compare);
        assert!(of_overlay || binding.action.row().listed, "{:?}", binding.action);
    }
    assert!(ACTIONS.iter().any(|row| row.action == Action::Help && row.listed));
}
