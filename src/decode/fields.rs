//! Lines of a name, a colon and a value: the headers of a part, the attributes of an event. And lines of ours between.

use super::{
    built::Way,
    lines::Spot,
    markup::Role,
    run::{Ink, Mode, Run, Step, print},
};

/// How such lines are laid out.
pub(super) const WAY: Way = Way { next, hang: 2, nest: None };

/// How a line that says what follows is laid out.
pub(super) const TITLE: Way = Way { next: title, hang: 2, nest: None };

fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let start = spot.offset;
    let rest = bytes.get(start..).unwrap_or_default();
    let in_name = match (spot.mode, rest.first()) {
        (Mode::Line, Some(b' ' | b'\t')) => false,
        (Mode::Line | Mode::Key, Some(b':')) => {
            let end = start + 1;
            spot.mode = Mode::String;
            spot.offset = end;
            return Step::Run(Run { role: Role::Punctuation, start, end, ink: Ink::Fixed(":".into()) });
        }
        (Mode::Line | Mode::Key, _) => true,
        _ => false,
    };
    if let Some(step) = line_end(rest, spot) {
        return step;
    }
    let role = if in_name { Role::Key } else { Role::String };
    spot.mode = if in_name { Mode::Key } else { Mode::String };
    printed(bytes, spot, room, role, |byte| in_name && byte == b':')
}

fn title<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let rest = bytes.get(spot.offset..).unwrap_or_default();
    if let Some(step) = line_end(rest, spot) {
        return step;
    }
    spot.mode = Mode::After;
    printed(bytes, spot, room, Role::Dim, |_| false)
}

/// The end of the line, where it is one: LF, CR LF, or that of the bytes.
pub(super) fn line_end<'a>(rest: &[u8], spot: &mut Spot) -> Option<Step<'a>> {
    let length = match rest {
        [] => 0,
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => return None,
    };
    *spot = Spot::line_in(spot.state, spot.offset + length, spot.depth);
    Some(Step::End)
}

/// The text at the spot, which is at no line end, up to the next or to a byte for which `stop` holds.
pub(super) fn printed<'a>(
    bytes: &'a [u8],
    spot: &mut Spot,
    room: usize,
    role: Role,
    stop: impl Fn(u8) -> bool,
) -> Step<'a> {
    let start = spot.offset;
    let one = |role, ink| Run { role, start, end: start + 1, ink };
    let run = match bytes.get(start) {
        Some(b'\t') => one(role, Ink::Tab),
        Some(b'\r') => one(Role::Escape, Ink::Fixed("^M".into())),
        _ => match print(bytes, start, room, role, |byte| matches!(byte, b'\n' | b'\r' | b'\t') || stop(byte)) {
            Some(run) => run,
            // A byte that stops, which is ASCII.
            None => {
                let text = bytes.get(start..=start).and_then(|text| std::str::from_utf8(text).ok());
                one(role, Ink::Fixed(text.unwrap_or("?").into()))
            }
        },
    };
    spot.offset = run.end;
    Step::Run(run)
}
