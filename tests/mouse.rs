//! The mouse: it acts on what is drawn under it, so every place is looked up on the screen first.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use creel::tui::{
    message::{Message, Mouse, MouseKind},
    state::Pane,
};
use support::{
    captures::{capture, get_health, github_push, stripe_invoice},
    screen,
    stage::Stage,
};

/// Where a text begins on the screen, in columns and rows.
fn place(stage: &Stage, text: &str) -> (u16, u16) {
    let rows = screen::rows(&stage.buffer());
    let found = rows.iter().enumerate().find_map(|(row, line)| {
        let at = line.find(text)?;
        Some((line.get(..at)?.chars().count(), row))
    });
    let (column, row) = found.unwrap_or_else(|| panic!("{text} is not on the screen\n{}", stage.screen()));
    (column as u16, row as u16)
}

fn mouse(stage: &mut Stage, kind: MouseKind, text: &str) {
    let (column, row) = place(stage, text);
    stage.tell(Message::Mouse(Mouse { kind, column, row }));
}

fn some() -> Stage {
    let mut stage = Stage::new(140, 40);
    let long = (0..200).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    for capture in [github_push(), stripe_invoice(), get_health(), capture("POST", "/long", &[], long)] {
        stage.receive(capture);
    }
    stage
}

#[test]
fn a_click_selects_a_row_and_focuses_its_pane() {
    let mut stage = some();
    mouse(&mut stage, MouseKind::Click, "/stripe");
    assert_eq!((stage.selected(), stage.state.focus), (Some(2), Pane::Requests));
    assert!(stage.screen().contains("#2 POST /stripe"), "{}", stage.screen());
    mouse(&mut stage, MouseKind::Click, "\"amount_paid\"");
    assert_eq!((stage.selected(), stage.state.focus), (Some(2), Pane::Inspector));
}

#[test]
fn a_click_opens_a_tab() {
    let mut stage = some();
    mouse(&mut stage, MouseKind::Click, "/stripe");
    for (label, shows) in [("Headers", "Stripe-Signature"), ("Query", "acct_1"), ("Raw", "POST /stripe"), ("Body", "{")]
    {
        mouse(&mut stage, MouseKind::Click, &format!("{label} "));
        assert!(stage.screen().contains(shows), "{label}\n{}", stage.screen());
    }
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut stage = some();
    mouse(&mut stage, MouseKind::ScrollDown, "line 7");
    assert!(!stage.screen().contains("line 0 ") && stage.screen().contains("line 3 "), "{}", stage.screen());
    assert_eq!(stage.selected(), Some(4), "the list did not move");
    mouse(&mut stage, MouseKind::ScrollUp, "line 7");
    assert!(stage.screen().contains("line 0 "));
    mouse(&mut stage, MouseKind::ScrollUp, "/github");
    assert_eq!(stage.selected(), Some(3));
}

#[test]
fn a_click_chooses_and_a_click_beside_does_nothing() {
    let mut stage = some();
    stage.keys(":");
    mouse(&mut stage, MouseKind::Click, "caught");
    assert_eq!(stage.state.overlays.len(), 1);
    stage.keys("\"tab-head\"");
    mouse(&mut stage, MouseKind::Click, "tab-headers");
    assert!(stage.state.overlays.is_empty());
    assert!(stage.screen().contains("0 headers"), "{}", stage.screen());
}

#[test]
fn the_mouse_at_any_cell_of_any_screen_does_no_harm() {
    for (width, height) in [(140, 40), (80, 24), (40, 10), (5, 3)] {
        let mut stage = some();
        stage.resize(width, height);
        for keys in ["", "/", "esc ?", "esc :", "esc y", "esc tab", "tab"] {
            stage.keys(keys);
            for column in (0..width + 2).step_by(7) {
                for row in 0..height + 2 {
                    for kind in [MouseKind::ScrollDown, MouseKind::Click, MouseKind::ScrollUp] {
                        stage.tell(Message::Mouse(Mouse { kind, column, row }));
                    }
                }
            }
            stage.buffer();
        }
    }
}
