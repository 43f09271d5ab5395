//! How the list is drawn: a heading, a row a capture, the filter below; and before the first capture a word of welcome.

use std::borrow::Cow;

use ratatui::{Frame, layout::Rect, widgets::Clear};

use super::super::filter;
use crate::model::{Attempt, Capture, Outcome, Printable, Size};
use crate::tui::{
    action::Action,
    keymap::Context,
    layout,
    marks::Spot,
    older,
    state::{Pane, State},
    theme::{Role, Theme},
    verdicts,
    widgets::{
        line::Line,
        pane::{self, Titles, title},
        words::{clock, grouped, wrapped},
    },
};

/// Which columns there is room for, and how wide the elastic ones are.
struct Columns {
    time: bool,
    size: bool,
    replay: bool,
    sign: usize,
    /// As wide as it is, or nothing.
    tries: usize,
    path: usize,
    /// The senders' names.
    from: usize,
    event: usize,
}

/// The sign of a draft.
const DRAFT: &str = "✎";
/// The sign of a request that is marked.
const MARKED: &str = "✚";
/// The sign of a request with a note.
const NOTE: &str = "¶";

/// Mark, flag, time, method, status, size and replay with the space after each.
const MARKS: usize = 3;
const TIME: usize = 9;
const METHOD: usize = 7;
const STATUS: usize = 4;
const SIZE: usize = 6;
const REPLAY: usize = 5;
/// Which try of its delivery it is: `↻3`.
const TRY: usize = 4;
/// The verdict on the signature: its glyph, or its longest word too.
const SIGN: usize = 2;
const SIGN_WORD: usize = 14;
/// How wide the list is where there is room for the word.
const WIDE: usize = 96;

impl Columns {
    /// `path` and `event` are what the widest of each needs; where both do not fit, the event gets what the path leaves, and
    /// at least two fifths. `from` is what the names of senders need, which stand there where nothing else is cut for them.
    fn fit(width: usize, path: usize, event: usize, from: usize, signed: bool, tried: bool) -> Self {
        let mut rest = width.saturating_sub(MARKS + METHOD + STATUS);
        let mut take = |columns: usize, least: usize| {
            let fits = rest >= columns + least;
            rest -= if fits { columns } else { 0 };
            fits
        };
        let time = take(TIME, 8);
        let replay = take(REPLAY, 12);
        let sign = match () {
            () if signed && width >= WIDE && take(SIGN_WORD, 16) => SIGN_WORD,
            () if signed && take(SIGN, 12) => SIGN,
            () => 0,
        };
        let tries = if tried && take(TRY, 12) { TRY } else { 0 };
        let size = take(SIZE, 16);
        let event = if rest < 18 { 0 } else { event.min(rest.saturating_sub(path + 1).max(rest * 2 / 5)) };
        let behind = |columns: usize| if columns > 0 { columns + 1 } else { 0 };
        let from = if rest >= path + behind(event) + behind(from) { from } else { 0 };
        let path = rest.saturating_sub(behind(event) + behind(from));
        Self { time, size, replay, sign, tries, path, from, event }
    }
}

/// Draws the pane.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let focused = state.focus == Pane::Requests && state.overlays.is_empty();
    let list = &state.requests.list;
    let titles = Titles {
        title: title("Requests", focused, theme),
        right: count(state, theme),
        below: filter::title(state, theme, area.width.saturating_sub(18)),
        below_right: following(state, theme),
    };
    let inner = pane::frame(frame, area, theme, focused, titles);
    if state.captures.stats().received == 0 && state.captures.is_empty() && !state.filter.is_editing() {
        welcome(state, theme, inner, frame);
        return;
    }
    let rows = layout::list_area(area, state.filter.is_editing());
    let first = state.requests.top.min(list.rows().len());
    let visible: Vec<&Capture> = list
        .rows()
        .range(first..)
        .take(usize::from(rows.height))
        .filter_map(|seq| state.captures.get(*seq).map(AsRef::as_ref))
        .collect();
    let known = |capture: &Capture| state.known.get(&capture.seq).and_then(Option::as_ref);
    let from_of = |capture: &Capture| known(capture).map_or("", |known| known.provider.name);
    let event_of = |capture: &Capture, from: usize| {
        let name = if from > 0 { "" } else { from_of(capture) };
        known(capture).and_then(|known| known.event.as_deref()).unwrap_or(name.as_bytes())
    };
    let widest = |text: &dyn Fn(&Capture) -> usize| visible.iter().map(|capture| text(capture)).max().unwrap_or(0);
    let path = widest(&|capture| word(capture).len() + Printable::limited(capture.head.path(), 200).width());
    let event = widest(&|capture| Printable::limited(event_of(capture, 0), 40).width());
    let signed = visible.iter().any(|capture| state.verdicts.of(capture.seq).is_some());
    let tried = visible.iter().any(|capture| state.deliveries.number(capture.seq).is_some_and(|number| number > 1));
    let from = widest(&|capture| from_of(capture).len());
    let at_least = |columns: usize, heading: usize| if columns == 0 { 0 } else { columns.max(heading) };
    let (event, from) = (at_least(event, "event".len()), at_least(from, "from".len()));
    let columns = Columns::fit(rows.width.into(), path, event, from, signed, tried);
    if rows.y > inner.y {
        let area = Rect { height: 1, ..inner };
        match older::above(state) {
            Some((role, words)) => {
                let mut line = Line::new(theme, area.width);
                line.space(MARKS).add(role, words);
                line.draw(area, frame.buffer_mut());
            }
            None => heading(&columns, theme, area, frame),
        }
    }
    if visible.is_empty() {
        let mut line = Line::new(theme, rows.width);
        let words: Cow<'_, str> = if state.filter.is_working() {
            filter::working(&state.filter).into()
        } else if state.older.is_looking() {
            "nothing yet".into()
        } else if state.captures.is_empty() {
            "everything has left the ring or was deleted".into()
        } else {
            "nothing matches the filter; esc clears it".into()
        };
        line.space(1).add(Role::Dim, words);
        line.draw(rows, frame.buffer_mut());
    }
    for (at, capture) in visible.into_iter().enumerate() {
        let area = Rect { y: rows.y + at as u16, height: 1, ..rows };
        let selected = list.selected() == Some(capture.seq);
        row(
            state,
            theme,
            &columns,
            capture,
            (from_of(capture), event_of(capture, columns.from)),
            selected,
            focused,
            area,
            frame,
        );
    }
    filter::draw_editor(state, theme, area, frame);
}

fn count<'a>(state: &State, theme: &'a Theme) -> ratatui::text::Line<'a> {
    let mut line = Line::new(theme, 60);
    let (shown, held) = (state.requests.list.rows().len() as u64, state.captures.total());
    // While a filter is typed, the line of it says how far it is.
    if state.filter.progress().is_some() && !state.filter.is_editing() {
        line.space(1).add(Role::Info, filter::working(&state.filter)).space(1);
    } else if state.filter.is_on() || shown < held {
        line.add(Role::Dim, format!(" {} of {} ", grouped(shown), grouped(held)));
    } else if held > 0 {
        line.add(Role::Dim, format!(" {} ", grouped(held)));
    }
    if !state.marked.is_empty() {
        line.add(Role::Accent, format!(" {MARKED} {} marked ", grouped(state.marked.len() as u64)));
    }
    line.spans()
}

fn following<'a>(state: &State, theme: &'a Theme) -> ratatui::text::Line<'a> {
    let mut line = Line::new(theme, 48);
    let list = &state.requests.list;
    let unseen = list.unseen();
    if let Some(words) = older::below(state) {
        line.space(1).add(Role::Warn, words).space(1);
    }
    if !list.is_following() && unseen > 0 {
        let key = state.session.keymap.chord(Context::Requests, Action::Last);
        line.add(Role::Info, format!(" {} new ↓ ", grouped(unseen as u64)));
        if let Some(key) = key {
            line.add(Role::KeyHint, key.to_string()).space(1);
        }
    }
    line.spans()
}

fn heading(columns: &Columns, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let mut line = Line::new(theme, area.width);
    line.space(MARKS);
    let mut put = |shown: bool, name: &'static str, width: usize| {
        if shown {
            line.add(Role::Dim, format!("{name:width$}"));
        }
    };
    put(columns.time, "time", TIME);
    put(true, "method", METHOD);
    put(true, "path", columns.path + 1);
    put(columns.from > 0, "from", columns.from + 1);
    put(columns.event > 0, "event", columns.event + 1);
    put(columns.sign > 0, if columns.sign > SIGN { "signature" } else { "s" }, columns.sign);
    put(true, "ans", STATUS);
    put(columns.tries > 0, "try", TRY);
    put(columns.size, "size", SIZE);
    put(columns.replay, "sent", REPLAY);
    line.draw(area, frame.buffer_mut());
}

#[expect(clippy::too_many_arguments, reason = "a row is drawn in one place")]
fn row(
    state: &State,
    theme: &Theme,
    columns: &Columns,
    capture: &Capture,
    (from, event): (&str, &[u8]),
    selected: bool,
    focused: bool,
    area: Rect,
    frame: &mut Frame<'_>,
) {
    let mut line = Line::new(theme, area.width);
    line.add(Role::Accent, if selected { "▌" } else { " " });
    let marked = state.marked.contains(&capture.seq);
    if marked {
        // What is being chosen goes before what is so for longer.
        line.add(Role::Accent, MARKED);
    } else if state.captures.is_pinned(capture.seq) {
        line.add(Role::Pinned, "◆");
    } else if state.notes.contains_key(&capture.seq) {
        line.add(Role::Info, NOTE);
    } else if capture.body.is_truncated() {
        line.add(Role::Warn, "!");
    } else {
        // The word before the path says it, too.
        line.add(Role::Info, if capture.origin.is_some() { DRAFT } else { " " });
    }
    line.space(1);
    if columns.time {
        line.add(Role::Dim, clock(capture.received_at, &state.session.zone)).space(1);
    }
    let method = capture.head.method();
    let marks = |spot| state.filter.marks.at(spot);
    line.marked_cell(Role::of_method(method), method, METHOD - 1, marks(Spot::Method)).space(1);
    let word = word(capture);
    let path = columns.path.saturating_sub(word.len());
    line.add(Role::Info, word).marked_cell(Role::Text, capture.head.path(), path, marks(Spot::Path)).space(1);
    if columns.from > 0 {
        line.cell(Role::Dim, from.as_bytes(), columns.from).space(1);
    }
    if columns.event > 0 {
        line.marked_cell(Role::Info, event, columns.event, marks(Spot::Event)).space(1);
    }
    if columns.sign > 0 {
        let verdict = state.verdicts.of(capture.seq).map(|standing| standing.verdict);
        let words = match verdict {
            None => String::new(),
            Some(verdict) if columns.sign > SIGN => format!("{} {}", verdict.glyph(), verdict.words()),
            Some(verdict) => verdict.glyph().to_owned(),
        };
        line.add(verdict.map_or(Role::Dim, verdicts::role), format!("{words:<width$}", width = columns.sign));
    }
    match capture.answer.status {
        _ if capture.answer.is_awaited() => line.add(Role::Dim, " … "),
        // Nobody sent it, so nobody was answered.
        _ if capture.origin.is_some() => line.add(Role::Dim, "–  "),
        status => line.add(Role::of_status(status), format!("{status:<3}")),
    };
    line.space(1);
    if columns.tries > 0 {
        let again = state.deliveries.number(capture.seq).filter(|number| *number > 1);
        let words = again.map_or(String::new(), |number| format!("↻{}", number.min(99)));
        line.add(Role::Warn, format!("{words:<TRY$}"));
    }
    if columns.size {
        line.add(Role::Dim, format!("{:>5}", Size(capture.body.len() as u64).short())).space(1);
    }
    if columns.replay
        && let Some(attempt) = state.replays.last_of(capture.seq)
    {
        let (role, text) = outcome(attempt);
        line.add(role, text);
    }
    if selected {
        let role = if focused { Role::Selection } else { Role::SelectionBlurred };
        line.draw_selected(role, area, frame.buffer_mut());
    } else {
        line.draw(area, frame.buffer_mut());
    }
}

/// What stands before the path of a draft.
fn word(capture: &Capture) -> &'static str {
    if capture.origin.is_some() { "draft " } else { "" }
}

/// An outcome in four columns.
pub fn outcome(attempt: &Attempt) -> (Role, String) {
    match &attempt.outcome {
        None => (Role::Info, "→ …".to_owned()),
        Some(Outcome::Replied(reply)) => (Role::of_status(reply.status), format!("→{}", reply.status)),
        Some(Outcome::Failed(_)) => (Role::Error, "→ ✗".to_owned()),
        Some(Outcome::Cancelled) => (Role::Dim, "→ –".to_owned()),
    }
}

fn welcome(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let curl = state.curl_to_try();
    let key =
        |action| state.session.keymap.chord(Context::Requests, action).map_or(String::new(), |key| key.to_string());
    let copy = format!("{} copies it, {} copies the URL", key(Action::Copy), key(Action::CopyUrl));
    let target = match state.replays.current() {
        Some(target) => format!("{} sends a request on to {}", key(Action::Replay), target.label()),
        None => format!("{} sends a request on to your own handler", key(Action::Replay)),
    };
    let waiting: Vec<(Role, Cow<'_, str>)> = vec![
        (Role::Title, "Waiting for the first request.".into()),
        (Role::Text, "".into()),
        (Role::Dim, "Give this URL to the sender:".into()),
        (Role::Accent, state.session.url.as_str().into()),
        (Role::Text, "".into()),
        (Role::Dim, "or try it from another terminal:".into()),
        (Role::Text, curl.into()),
        (Role::Dim, copy.into()),
        (Role::Text, "".into()),
        (Role::Dim, target.into()),
        (Role::Dim, "any method and any path is caught".into()),
    ];
    let mut lines = match &state.session.files {
        Some(files) => {
            let words = if state.loading { "Reading" } else { "There is no request in" };
            let name = Printable::limited(files.as_bytes(), 60);
            vec![(Role::Title, format!("{words} {name}{}", if state.loading { " …" } else { "." }).into())]
        }
        None => waiting,
    };
    let widest = lines.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0);
    let left = (usize::from(area.width).saturating_sub(widest) / 2).max(1).min(usize::from(area.width));
    let warnings: Vec<String> = state.warnings().collect();
    if !warnings.is_empty() {
        lines.push((Role::Text, "".into()));
    }
    for warning in &warnings {
        let columns = usize::from(area.width).saturating_sub(left + 1);
        let wrapped = wrapped(Printable::from(warning.as_str()).as_str(), columns);
        lines.extend(wrapped.into_iter().map(|line| (Role::Warn, Cow::Owned(line))));
    }
    let above = area.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(u16::MAX)) / 3;
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.style(Role::Text));
    for (at, (role, text)) in lines.into_iter().enumerate() {
        let y = area.y + above + at as u16;
        if y < area.bottom() {
            let mut line = Line::new(theme, area.width);
            line.space(left).add(role, text);
            line.draw(Rect { y, ..area }, frame.buffer_mut());
        }
    }
}
