//! How the editor is drawn: a row for the method and one for the target, the header lines, the body below them; a sign at the
//! left of what was changed, and at the foot whether the body is JSON.

use ratatui::{Frame, layout::Rect};

use super::{BodyField, Editor, Field, HeaderLine, Sign, Text, units};
use crate::export::redact::Redaction;
use crate::model::{Head, Printable, Size};
use crate::tui::{
    layout,
    mask::{BULLETS, Mask},
    state::State,
    theme::{Role, Theme},
    widgets::{
        line::Line,
        pane::{self, Titles},
    },
};

/// What the editor needs to know of its place while keys are pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// How many columns the body has.
    pub(super) width: usize,
    /// How many header lines are in sight.
    pub(super) lines: usize,
    /// How many rows of the body are.
    pub(super) body: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { width: 80, lines: 8, body: 8 }
    }
}

/// The places of the parts inside the frame.
struct Places {
    lines: Rect,
    heading: Rect,
    body: Rect,
}

/// Where the texts begin: behind the sign.
const MARGIN: u16 = 2;

fn places(inner: Rect, editor: &Editor) -> Places {
    let rest = inner.height.saturating_sub(3);
    let wanted = u16::try_from(editor.lines.len().max(1)).unwrap_or(u16::MAX);
    let most = match editor.body {
        BodyField::Text(_) => (rest * 2 / 5).max(3.min(rest)),
        BodyField::Kept(..) => rest.saturating_sub(1),
    };
    let lines = Rect { y: inner.y + 2.min(inner.height), height: wanted.min(most), ..inner };
    let heading = Rect { y: lines.bottom(), height: 1.min(inner.bottom().saturating_sub(lines.bottom())), ..inner };
    let y = heading.bottom();
    let margin = MARGIN.min(inner.width);
    let width = (inner.width - margin).saturating_sub(1);
    let body = Rect { x: inner.x + margin, y, width, height: inner.bottom().saturating_sub(y) };
    Places { lines, heading, body }
}

impl Editor {
    /// Takes in how large its pane is, and keeps the cursor in sight.
    pub fn lay(&mut self, pane: Rect) {
        let places = places(layout::inside(pane), self);
        self.room = Room {
            width: usize::from(places.body.width).max(1),
            lines: places.lines.height.into(),
            body: places.body.height.into(),
        };
        self.keep_in_sight();
    }

    /// Puts the cursor where the pane was clicked.
    pub fn click(&mut self, pane: Rect, column: u16, row: u16) {
        let inner = layout::inside(pane);
        let places = places(inner, self);
        if row == inner.y {
            self.field = Field::Method;
        } else if row == inner.y + 1 {
            self.field = Field::Target;
        } else if row >= places.lines.y && row < places.lines.bottom() {
            let at = self.top_line + usize::from(row - places.lines.y);
            if let Some(line) = self.lines.get(at) {
                let name = MARGIN as usize + units::columns(line.name.bytes(), false) + 1;
                let on_name = usize::from(column.saturating_sub(inner.x)) < name;
                self.field = if on_name { Field::Name(at) } else { Field::Value(at) };
            }
        } else if row >= places.heading.y {
            self.field = Field::Body;
            let rows = self.rows(places.body.height.into());
            let at = usize::from(row.saturating_sub(places.body.y));
            if let (BodyField::Text(text), Some((start, end))) = (&mut self.body, rows.get(at).copied()) {
                let column = usize::from(column.saturating_sub(places.body.x));
                text.go_to(start + units::at_column(text.slice(start, end), column, true));
            }
        }
        self.goal = None;
    }

    /// The rows of the body in sight, each where it begins and ends.
    fn rows(&self, height: usize) -> Vec<(usize, usize)> {
        let BodyField::Text(text) = &self.body else { return Vec::new() };
        let mut rows = Vec::with_capacity(height);
        let mut next = Some(self.top);
        while let Some(at) = next.filter(|_| rows.len() < height) {
            let (start, end) = text.line_at(at);
            let starts = units::rows(text.slice(start, end), self.room.width);
            let ends = starts.iter().skip(1).copied().chain([end - start]);
            rows.extend(
                starts.iter().zip(ends).map(|(from, to)| (start + from, start + to)).filter(|(from, _)| *from >= at),
            );
            next = text.after(end);
        }
        rows.truncate(height);
        rows
    }
}

/// Draws the pane.
pub fn draw(editor: &Editor, state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let focused = state.overlays.is_empty();
    let inner = pane::frame(frame, area, theme, focused, titles(editor, theme, area));
    let places = places(inner, editor);
    let base = &editor.base.head;
    let row = |y: u16| Rect { y: inner.y + y, height: u16::from(y < inner.height), ..inner };
    let field = |at: Field| focused && editor.field == at;
    let request = [
        ("method  ", &editor.method, Field::Method, editor.method_changed(), Role::of_method(editor.method.bytes())),
        ("target  ", &editor.target, Field::Target, editor.target_changed(), Role::Text),
    ];
    for ((label, text, at, changed, role), y) in request.into_iter().zip(0..) {
        let area = row(y);
        let used = sign(changed.then_some(Sign::Changed), field(at), theme, area, frame);
        let used = words(Role::Dim, label, theme, area, used, frame);
        draw_text(text, role, field(at), theme, behind(area, used), frame);
    }
    for (at, line) in editor.lines.iter().enumerate().skip(editor.top_line).take(places.lines.height.into()) {
        let area = Rect { y: places.lines.y + (at - editor.top_line) as u16, height: 1, ..inner };
        header(editor, state, (at, line), base, theme, area, frame);
    }
    if editor.lines.is_empty() && places.lines.height > 0 {
        let area = Rect { height: 1, ..places.lines };
        words(Role::Dim, "no header lines", theme, area, MARGIN, frame);
    }
    let below = editor.lines.len().saturating_sub(editor.top_line + usize::from(places.lines.height));
    heading(editor, field(Field::Body), theme, places.heading, frame);
    more(editor.top_line, below, theme, places.heading, frame);
    body(editor, field(Field::Body), theme, places.body, frame);
}

fn titles<'a>(editor: &Editor, theme: &'a Theme, area: Rect) -> Titles<'a> {
    let mut title = Line::new(theme, area.width.saturating_sub(18));
    match editor.of() {
        Some(seq) => title.add(Role::Accent, format!(" Edit {seq}")).add(Role::Dim, " as a draft "),
        None => title.add(Role::Accent, " Compose ").add(Role::Dim, "a draft "),
    };
    let mut right = Line::new(theme, 16);
    match editor.changes() {
        0 if editor.is_new => right.add(Role::Info, " new "),
        0 => right.add(Role::Dim, " unchanged "),
        count => right.add(Role::Warn, format!(" {count} changed ")),
    };
    let beside = if editor.field == Field::Body { 14 } else { 3 };
    let mut below = Line::new(theme, area.width.saturating_sub(beside));
    match (editor.mistake(), &editor.body) {
        (Some(mistake), _) => {
            let words = format!(" ✗ no JSON: line {}, column {}: {} ", mistake.line, mistake.column, mistake.what);
            below.add(Role::Error, words);
        }
        (None, BodyField::Text(text)) if editor.is_json() && !text.bytes().is_empty() => {
            below.add(Role::Ok, " ✓ JSON ");
        }
        _ => {}
    }
    let mut place = Line::new(theme, 12);
    if let (Field::Body, BodyField::Text(text)) = (editor.field, &editor.body) {
        let (start, _) = text.line_at(text.cursor());
        let line = memchr::memchr_iter(b'\n', text.slice(0, start)).count() + 1;
        let column = String::from_utf8_lossy(text.slice(start, text.cursor())).chars().count() + 1;
        place.add(Role::Dim, format!(" {line}:{column} "));
    }
    Titles { title: title.spans(), right: right.spans(), below: below.spans(), below_right: place.spans() }
}

/// Draws the sign of a row; gives how many columns it takes.
fn sign(sign: Option<Sign>, focused: bool, theme: &Theme, area: Rect, frame: &mut Frame<'_>) -> u16 {
    let (role, text) = match sign {
        Some(Sign::Added) => (Role::Ok, "+"),
        Some(Sign::Removed) => (Role::Error, "-"),
        Some(Sign::Changed) => (Role::Warn, "~"),
        Some(Sign::Moved) => (Role::Warn, "↕"),
        None if focused => (Role::Accent, "▌"),
        None => (Role::Dim, " "),
    };
    let mut line = Line::new(theme, area.width);
    line.add(role, text);
    line.draw(area, frame.buffer_mut());
    MARGIN
}

/// Draws words of ours; gives how many columns are used behind them.
fn words(role: Role, text: &str, theme: &Theme, area: Rect, used: u16, frame: &mut Frame<'_>) -> u16 {
    let area = behind(area, used);
    let mut line = Line::new(theme, area.width);
    line.add(role, text.to_owned());
    let columns = area.width - line.room() as u16;
    line.draw(area, frame.buffer_mut());
    used + columns
}

/// What is left of a row behind so many columns.
fn behind(area: Rect, used: u16) -> Rect {
    let used = used.min(area.width);
    Rect { x: area.x + used, width: area.width - used, ..area }
}

fn header(
    editor: &Editor,
    state: &State,
    (at, line): (usize, &HeaderLine),
    base: &Head,
    theme: &Theme,
    area: Rect,
    frame: &mut Frame<'_>,
) {
    let open = state.overlays.is_empty();
    let (on_name, on_value) = (open && editor.field == Field::Name(at), open && editor.field == Field::Value(at));
    let used = sign(line.sign(base), on_name || on_value, theme, area, frame);
    if line.removed {
        let mut text = Line::new(theme, behind(area, used).width);
        let name = Printable::limited(line.name.bytes(), text.room());
        text.outside(Role::Dim, &name)
            .add(Role::Dim, if on_name || on_value { ": removed; ^x puts it back" } else { ": removed" });
        text.draw(behind(area, used), frame.buffer_mut());
        return;
    }
    let name = units::columns(line.name.bytes(), false).max(usize::from(on_name)) as u16;
    let name = Rect { width: name.saturating_add(u16::from(on_name)).min(area.width * 3 / 5), ..behind(area, used) };
    draw_text(&line.name, Role::Key, on_name, theme, name, frame);
    let used = words(Role::Punctuation, ": ", theme, area, used + name.width, frame);
    let value = behind(area, used);
    if !on_value && let Some(shown) = masked(line, state.mask, &state.session.redaction) {
        let mut text = Line::new(theme, value.width);
        text.outside(Role::Text, &Printable::limited(&shown, value.width.into())).add(Role::Escape, BULLETS);
        return text.draw(value, frame.buffer_mut());
    }
    draw_text(&line.value, Role::Text, on_value, theme, value, frame);
    if !on_value && editor.follows_body(line) && editor.body.is_changed(&editor.base.body) {
        let used = used + units::columns(line.value.bytes(), false) as u16 + 2;
        words(Role::Dim, "follows the body", theme, area, used, frame);
    }
}

/// What is shown before the bullets in place of a secret value, until the cursor is in it.
fn masked(line: &HeaderLine, mask: Mask, redaction: &Redaction) -> Option<Vec<u8>> {
    let secret = redaction.secret_of(line.name.bytes(), line.value.bytes()).filter(|_| mask != Mask::Nothing);
    secret.map(|(before, _)| before.to_vec())
}

/// Draws a text of one line, with the cursor where it has it.
fn draw_text(text: &Text, role: Role, focused: bool, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    if !focused {
        let mut line = Line::new(theme, area.width);
        line.outside(role, &Printable::limited(text.bytes(), area.width.into()));
        return line.draw(area, frame.buffer_mut());
    }
    let column = units::columns(text.slice(0, text.cursor()), false);
    let over = (column + 1).saturating_sub(area.width.into());
    let mut start = units::at_column(text.bytes(), over, false);
    if units::columns(text.slice(0, start), false) < over {
        start = units::next(text.bytes(), start);
    }
    let mut line = Line::new(theme, area.width);
    put(&mut line, text.bytes(), (start, text.bytes().len()), role, None, false);
    line.draw(area, frame.buffer_mut());
    let column = units::columns(text.slice(start, text.cursor()), false) as u16;
    frame.set_cursor_position((area.x + column.min(area.width - 1), area.y));
}

/// Adds the units of a stretch to a line. What is at `wrong` is shown as an error.
fn put(
    line: &mut Line<'_>,
    bytes: &[u8],
    (start, end): (usize, usize),
    role: Role,
    wrong: Option<usize>,
    spread: bool,
) {
    let stretch = bytes.get(start..end).unwrap_or_default();
    let mut run = String::new();
    for unit in units::units(stretch, spread) {
        if line.room() <= run.len() {
            break;
        }
        let is_wrong = wrong.is_some_and(|wrong| (start + unit.start..start + unit.end).contains(&wrong));
        if is_wrong || unit.escape {
            line.add(role, std::mem::take(&mut run));
            line.add(if is_wrong { Role::Error } else { Role::Escape }, unit.text.into_owned());
        } else {
            run.push_str(&unit.text);
        }
    }
    line.add(role, run);
}

/// Says how many header lines are out of sight, where there is room for it.
fn more(above: usize, below: usize, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let mut said: Vec<String> = Vec::new();
    said.extend((above > 0).then(|| format!("{above} ↑")));
    said.extend((below > 0).then(|| format!("{below} ↓")));
    if !said.is_empty() && area.height > 0 {
        let mut line = Line::new(theme, 14.min(area.width));
        line.add(Role::Info, format!(" {} ", said.join("  ")));
        line.draw_right(area, frame.buffer_mut());
    }
}

fn heading(editor: &Editor, focused: bool, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    if area.height == 0 {
        return;
    }
    let changed = editor.body.is_changed(&editor.base.body);
    let used = sign(changed.then_some(Sign::Changed), focused, theme, area, frame);
    let size = match &editor.body {
        BodyField::Text(text) => text.bytes().len(),
        BodyField::Kept(now, _) => now.as_ref().map_or(editor.base.body.len(), bytes::Bytes::len),
    };
    let cut = if changed { None } else { editor.base.body.end().sentence() };
    let said = format!("body  {}{}", Size(size as u64), cut.map_or_else(String::new, |cut| format!(" · {cut}")));
    let used = words(Role::Dim, Printable::from(said.as_str()).as_str(), theme, area, used, frame);
    if editor.of().is_some() && editor.changes() > 0 && editor.signed_by().is_some() {
        words(Role::Warn, "  ! its signature signs what came", theme, area, used, frame);
    }
}

fn body(editor: &Editor, focused: bool, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let BodyField::Text(text) = &editor.body else {
        if let BodyField::Kept(now, why) = &editor.body {
            let kept = if now.is_some() { "as $EDITOR left it" } else { "stays as it is" };
            let said = [format!("{why}: it {kept}"), "alt-o opens it in $EDITOR".to_owned()];
            for (at, words) in said.iter().enumerate().take(area.height.into()) {
                let mut line = Line::new(theme, area.width);
                line.outside(Role::Dim, &Printable::from(words.as_str()));
                line.draw(Rect { y: area.y + at as u16, height: 1, ..area }, frame.buffer_mut());
            }
        }
        return;
    };
    let wrong = editor.mistake().map(|mistake| mistake.at);
    let rows = editor.rows(area.height.into());
    let cursor = text.cursor();
    for (at, (start, end)) in rows.iter().copied().enumerate() {
        let area = Rect { y: area.y + at as u16, height: 1, ..area };
        let mut line = Line::new(theme, area.width);
        put(&mut line, text.bytes(), (start, end), Role::Text, wrong, true);
        if text.slice(end, end + 2) == b"\r\n" {
            line.add(Role::Escape, "^M");
        }
        line.draw(area, frame.buffer_mut());
        let next = rows.get(at + 1).map_or(usize::MAX, |(start, _)| *start);
        let breaks = text.after(end).is_some();
        let here = |place: usize| place >= start && (place < end || (place < next && (breaks || place == end)));
        if wrong.is_some_and(here) && area.x > 0 {
            let mut sign = Line::new(theme, 1);
            sign.add(Role::Error, "!");
            sign.draw(Rect { x: area.x - 1, width: 1, ..area }, frame.buffer_mut());
        }
        if focused && here(cursor) {
            let column = units::columns(text.slice(start, cursor), true) as u16;
            frame.set_cursor_position((area.x + column, area.y));
        }
    }
}
