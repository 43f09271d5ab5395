//! The whole screen: header, panes, footer, and what lies over them. A pure function of the state and the theme.

use ratatui::{Frame, layout::Rect};

use super::{
    action::Action,
    keymap::Context,
    layout::{self, Layout},
    many::Phase,
    mask::Mask,
    message::Tone,
    overlays::{Overlay, matrix},
    panes::{editor, inspector, replays, requests},
    state::{Pane, State},
    theme::{Role, Theme},
    widgets::{line::Line, words::grouped},
};
use crate::model::{Printable, Size};

/// Draws the screen.
pub fn view(state: &State, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    frame.buffer_mut().set_style(area, theme.style(Role::Background));
    frame.buffer_mut().set_style(area, theme.style(Role::Text));
    if layout::is_tiny(area) {
        tiny(theme, area, frame);
        return;
    }
    let layout = layout::layout(state);
    header(state, theme, layout.header, frame);
    if let Some(area) = layout.breadcrumb {
        breadcrumb(state, theme, area, frame);
    }
    panes(state, theme, &layout, frame);
    footer(state, theme, layout.footer, frame);
    for overlay in &state.overlays {
        match overlay {
            Overlay::Read(read) => read.draw(state, theme, frame),
            Overlay::Inside(inside) => inside.draw(state, theme, frame),
            Overlay::Compare(comparing) => comparing.draw(state, theme, frame),
            Overlay::Choose(choose) => choose.draw(theme, frame),
            Overlay::Form(form) => form.draw(theme, frame),
            Overlay::Matrix => {
                if let Some(many) = &state.many {
                    matrix::draw(many, theme, frame);
                }
            }
        }
    }
}

fn panes(state: &State, theme: &Theme, layout: &Layout, frame: &mut Frame<'_>) {
    if let Some(area) = layout.requests {
        requests::draw(state, theme, area, frame);
    }
    match (&state.editor, layout.inspector) {
        (Some(editor), Some(area)) => editor::draw(editor, state, theme, area, frame),
        (None, Some(area)) => inspector::draw(state, theme, area, frame),
        (_, None) => {}
    }
    if let Some(area) = layout.replays {
        replays::draw(state, theme, area, frame);
    }
}

fn tiny(theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let (columns, rows) = layout::LEAST;
    for (at, words) in ["creel", "needs", "more room:", &format!("{columns}×{rows}")].into_iter().enumerate() {
        if (at as u16) < area.height {
            let mut line = Line::new(theme, area.width);
            line.add(if at == 0 { Role::Accent } else { Role::Text }, words);
            line.draw(Rect { y: area.y + at as u16, height: 1, ..area }, frame.buffer_mut());
        }
    }
}

/// ` creel  URL → target            ● live  128 caught  3.2/s ▁▂▅  ring 128/10,000  1.2/256 MiB `
fn header(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let stats = state.captures.stats();
    // From the least dispensable to the most: what does not fit is left out from the end.
    let mut parts: Vec<Vec<(Role, String)>> = Vec::new();
    if stats.refusals() > 0 {
        let key = state.session.keymap.chord(Context::Global, Action::Refusals);
        let key = key.map_or(String::new(), |key| format!(" {key}"));
        parts.push(vec![(Role::Warn, format!("{} refused", grouped(stats.refusals()))), (Role::KeyHint, key)]);
    }
    if state.session.insecure || state.replays.current().is_some_and(|target| target.options().insecure) {
        parts.push(vec![(Role::Warn, "insecure TLS".to_owned())]);
    }
    match state.mask {
        Mask::Headers => {}
        Mask::Nothing => parts.push(vec![(Role::Warn, "secrets shown".to_owned())]),
        Mask::Everywhere => parts.push(vec![(Role::Info, "◼ secrets masked".to_owned())]),
    }
    if let Some(many) = state.many.as_ref().filter(|many| !many.is_done()) {
        let total = many.progress.total.map_or(String::new(), |total| format!("/{}", grouped(total)));
        let words = if many.phase == Phase::Paused { "paused" } else { "sending" };
        parts.push(vec![(Role::Info, format!("{words} {}{total}", grouped(many.progress.done())))]);
    }
    if state.session.forward.is_some() {
        parts.push(vec![(Role::Info, "forwarding".to_owned())]);
    }
    let live = state.requests.list.is_following();
    let per_second = state.rate.per_second();
    match &state.session.files {
        Some(_) if state.loading => parts.push(vec![(Role::Info, format!("loading {} …", grouped(stats.received)))]),
        Some(_) => parts.push(vec![(Role::Text, grouped(stats.received)), (Role::Dim, " read".to_owned())]),
        None => {
            let words = if live { "● live" } else { "○ held" };
            parts.push(vec![(if live { Role::Ok } else { Role::Info }, words.to_owned())]);
            parts.push(vec![(Role::Text, grouped(stats.received)), (Role::Dim, " caught".to_owned())]);
        }
    }
    if per_second > 0.0 && state.session.files.is_none() {
        let digits = usize::from(per_second < 100.0);
        parts.push(vec![
            (Role::Text, format!("{per_second:.digits$}/s ")),
            (Role::Sparkline, state.rate.bars(if area.width < 120 { 8 } else { 12 })),
        ]);
    }
    let ring = format!("{}/{}", grouped(stats.held as u64), grouped(stats.limits.count as u64));
    let mut kept = vec![(Role::Dim, "ring ".to_owned()), (Role::Text, ring)];
    if stats.evicted > 0 {
        kept.push((Role::Dim, format!(" {} evicted", grouped(stats.evicted))));
    }
    parts.push(kept);
    let memory = format!("{} / {}", Size(stats.bytes as u64), Size(stats.limits.bytes as u64));
    let disk = if stats.spooled > 0 { format!("  {} on disk", Size(stats.spooled)) } else { String::new() };
    parts.push(vec![(Role::Dim, memory), (Role::Dim, disk)]);

    let mut left = Line::new(theme, area.width);
    left.add(Role::Accent, " creel").space(2);
    match &state.session.files {
        Some(files) => {
            let room = usize::from(area.width) / 4;
            left.outside(Role::Text, &Printable::limited(files.as_bytes(), room)).add(Role::Dim, "  not listening");
        }
        None => _ = left.add(Role::Text, state.session.url.as_str()),
    }
    let target = match (&state.session.forward, state.replays.current()) {
        (Some(forward), _) => format!(" → {forward}"),
        (None, Some(target)) => format!(" → {}", target.label()),
        (None, None) if area.width >= layout::WIDE => " → no target".to_owned(),
        (None, None) => String::new(),
    };
    let wanted: usize = parts.iter().take(2).flatten().map(|(_, text)| text.chars().count() + 2).sum();
    let room = left.room().saturating_sub(wanted + 2);
    left.outside(Role::Dim, &Printable::limited(target.as_bytes(), room));
    let mut room = left.room().saturating_sub(1);
    left.draw(area, frame.buffer_mut());
    let mut right = Line::new(theme, area.width);
    for part in parts {
        let width: usize = part.iter().map(|(_, text)| text.chars().count()).sum::<usize>() + 3;
        if width > room {
            break;
        }
        room -= width;
        right.space(3);
        for (role, text) in part {
            right.add(role, text);
        }
    }
    right.space(1);
    right.draw_right(area, frame.buffer_mut());
}

fn breadcrumb(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let mut line = Line::new(theme, area.width);
    line.space(1);
    for (at, (pane, name)) in Pane::ALL.into_iter().enumerate() {
        if at > 0 {
            line.add(Role::Dim, " › ");
        }
        let name = match (pane, state.shown()) {
            (Pane::Inspector, Some(capture)) => capture.seq.to_string(),
            _ => name.to_owned(),
        };
        line.add(if pane == state.focus { Role::Accent } else { Role::Dim }, name);
    }
    line.draw(area, frame.buffer_mut());
}

fn footer(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    // The way to everything else is always in sight.
    let help = state.session.keymap.chord(state.context(), Action::Help).filter(|_| state.overlays.is_empty());
    let mut right = Line::new(theme, area.width);
    if let Some(key) = help {
        right.add(Role::KeyHint, key.to_string()).add(Role::Dim, " help ");
    }
    let columns = area.width - (area.width - right.room() as u16).min(area.width);
    right.draw_right(area, frame.buffer_mut());
    let mut line = Line::new(theme, columns);
    line.space(1);
    if let Some(notice) = &state.notice {
        let (role, sign) = match notice.tone {
            Tone::Good => (Role::Ok, "✓ "),
            Tone::Plain => (Role::Info, "· "),
            Tone::Bad => (Role::Error, "✗ "),
        };
        let text = Printable::limited(notice.text.as_bytes(), line.room().saturating_sub(3));
        line.add(role, sign).outside(if notice.tone == Tone::Bad { Role::Error } else { Role::Text }, &text);
        line.draw(area, frame.buffer_mut());
        return;
    }
    // The first of them as far as it fits; the help has them whole.
    if let Some(warning) = state.warnings().next() {
        let room = line.room() / 2;
        line.add(Role::Warn, "! ").outside(Role::Warn, &Printable::limited(warning.as_bytes(), room)).space(2);
    }
    for (chord, action) in state.session.keymap.hints(state.context()) {
        if action == Action::Help || super::update::unavailable(state, action).is_some() {
            continue;
        }
        let (key, label) = (chord.to_string(), action.row().label);
        if line.room() < key.chars().count() + label.chars().count() + 3 {
            break;
        }
        line.add(Role::KeyHint, key).space(1).add(Role::Dim, label).space(2);
    }
    line.draw(area, frame.buffer_mut());
}
