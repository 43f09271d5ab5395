//! What XML and HTML have in common: the inside of tags, references, and what goes on until a terminator.
//!
//! Both are laid out by functions that look at nothing before a spot. What a spot lies in is therefore in
//! [`Spot::state`]: one of the states below, in HTML with bits of its own beside it.

use super::{
    lines::Spot,
    markup::Role,
    run::{Ink, Mode, Run, Step, print},
};

/// Between tokens, or in text that flows.
pub(super) const CONTENT: u8 = 0;
/// In the name of a start tag.
const NAME: u8 = 1;
/// In a start tag, behind its name.
const INSIDE: u8 = 2;
/// In a value in double quotes.
const DOUBLE: u8 = 3;
/// In a value in single quotes.
const SINGLE: u8 = 4;
/// In a value without quotes.
const BARE: u8 = 5;
/// In an end tag.
pub(super) const END_TAG: u8 = 6;
/// In a comment.
pub(super) const COMMENT: u8 = 7;
/// In a processing instruction.
pub(super) const INSTRUCTION: u8 = 8;
/// In a CDATA section.
pub(super) const CDATA: u8 = 9;
/// In text that has lines.
pub(super) const TEXT: u8 = 10;
/// In a declaration; and from here on whatever a view has for itself.
pub(super) const DECLARATION: u8 = 11;

/// The bits of the states above; a view may use the others.
pub(super) const STATE: u8 = 0x1f;

/// What comes next inside a tag.
pub(super) enum InTag<'a> {
    /// This.
    Step(Step<'a>),
    /// The tag has ended, behind this; and whether it says that the element has no content.
    Closed(Step<'a>, bool),
}

/// Moves the spot into another state, keeping the bits beside it.
pub(super) fn enter(spot: &mut Spot, state: u8) {
    spot.state = spot.state & !STATE | state;
}

/// A run of the ASCII that stands at the spot, `length` bytes of it, never cut where it fits a row.
pub(super) fn fixed<'a>(bytes: &'a [u8], spot: &mut Spot, role: Role, length: usize, state: u8) -> Step<'a> {
    let start = spot.offset;
    let end = (start + length).min(bytes.len());
    let text = bytes.get(start..end).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    spot.offset = end;
    spot.mode = Mode::After;
    enter(spot, state);
    Step::Run(Run { role, start, end, ink: Ink::Fixed(text.into()) })
}

/// A space for the bytes up to `end`.
pub(super) fn blank<'a>(spot: &mut Spot, end: usize) -> Step<'a> {
    let start = std::mem::replace(&mut spot.offset, end);
    spot.mode = Mode::After;
    Step::Run(Run { role: Role::Text, start, end, ink: Ink::Space })
}

/// Moves the spot behind a run.
pub(super) fn run<'a>(spot: &mut Spot, run: Run<'a>) -> Step<'a> {
    spot.offset = run.end;
    spot.mode = Mode::After;
    Step::Run(run)
}

/// The offset of the first byte from `at` on that is not white space.
pub(super) fn skip_blank(bytes: &[u8], at: usize) -> usize {
    super::json::blank(bytes, at)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// How long the name is that a tag begins with.
pub(super) fn name_length(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| !is_blank(**byte) && !matches!(byte, b'>' | b'/' | b'<')).count()
}

/// Begins a start tag at `<`.
pub(super) fn open<'a>(bytes: &'a [u8], spot: &mut Spot) -> Step<'a> {
    fixed(bytes, spot, Role::Punctuation, 1, NAME)
}

/// What comes next, where the spot is inside a start tag or an end tag; nothing where it is not.
pub(super) fn in_tag<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Option<InTag<'a>> {
    let at = spot.offset;
    let step = match spot.state & STATE {
        NAME => match print(bytes, at, room, Role::Key, |byte| is_blank(byte) || matches!(byte, b'>' | b'/' | b'<')) {
            Some(name) => run(spot, name),
            None => {
                enter(spot, INSIDE);
                return in_tag(bytes, spot, room);
            }
        },
        INSIDE => return Some(inside(bytes, spot, room)),
        DOUBLE => value(bytes, spot, room, b'"'),
        SINGLE => value(bytes, spot, room, b'\''),
        BARE => match print(bytes, at, room, Role::String, |byte| is_blank(byte) || matches!(byte, b'>' | b'<')) {
            Some(value) => run(spot, value),
            None => {
                enter(spot, INSIDE);
                return in_tag(bytes, spot, room);
            }
        },
        END_TAG => {
            let end = skip_blank(bytes, at);
            match bytes.get(end) {
                None | Some(b'<') => {
                    spot.offset = end;
                    return Some(InTag::Closed(blank(spot, end), false));
                }
                Some(b'>') => {
                    spot.offset = end;
                    return Some(InTag::Closed(fixed(bytes, spot, Role::Punctuation, 1, CONTENT), false));
                }
                Some(_) if end > at => blank(spot, end),
                Some(_) => {
                    match print(bytes, at, room, Role::Key, |byte| is_blank(byte) || matches!(byte, b'>' | b'<')) {
                        Some(name) => run(spot, name),
                        None => fixed(bytes, spot, Role::Punctuation, 1, END_TAG),
                    }
                }
            }
        }
        _ => return None,
    };
    Some(InTag::Step(step))
}

fn inside<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> InTag<'a> {
    let at = spot.offset;
    let next = skip_blank(bytes, at);
    let is_empty = bytes.get(next) == Some(&b'/') && bytes.get(next + 1) == Some(&b'>');
    match bytes.get(next) {
        None | Some(b'<') => InTag::Closed(blank(spot, next), false),
        Some(b'>') => {
            spot.offset = next;
            InTag::Closed(fixed(bytes, spot, Role::Punctuation, 1, CONTENT), false)
        }
        Some(_) if is_empty => {
            spot.offset = next;
            InTag::Closed(fixed(bytes, spot, Role::Punctuation, 2, CONTENT), true)
        }
        Some(_) if next > at => InTag::Step(blank(spot, next)),
        Some(b'"') => InTag::Step(fixed(bytes, spot, Role::String, 1, DOUBLE)),
        Some(b'\'') => InTag::Step(fixed(bytes, spot, Role::String, 1, SINGLE)),
        Some(b'=') => {
            let bare = bytes.get(at + 1).is_some_and(|&byte| !is_blank(byte) && !matches!(byte, b'"' | b'\'' | b'>'));
            InTag::Step(fixed(bytes, spot, Role::Punctuation, 1, if bare { BARE } else { INSIDE }))
        }
        Some(b'/') => InTag::Step(fixed(bytes, spot, Role::Punctuation, 1, INSIDE)),
        Some(_) => {
            let ends = |byte: u8| is_blank(byte) || matches!(byte, b'=' | b'>' | b'/' | b'<' | b'"' | b'\'');
            match print(bytes, at, room, Role::Literal, ends) {
                Some(name) => InTag::Step(run(spot, name)),
                None => InTag::Closed(blank(spot, next), false),
            }
        }
    }
}

fn value<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize, quote: u8) -> Step<'a> {
    let at = spot.offset;
    if bytes.get(at) == Some(&quote) {
        return fixed(bytes, spot, Role::String, 1, INSIDE);
    }
    if let Some(length) = reference(bytes, at) {
        let state = spot.state & STATE;
        return fixed(bytes, spot, Role::Literal, length, state);
    }
    let ends = |byte: u8| byte == quote || byte == b'&';
    match print(bytes, at, room, Role::String, ends) {
        Some(value) => run(spot, value),
        // A `&` that begins no reference, or the end of what there is.
        None if at < bytes.len() => {
            let state = spot.state & STATE;
            fixed(bytes, spot, Role::String, 1, state)
        }
        None => {
            enter(spot, INSIDE);
            blank(spot, at)
        }
    }
}

/// How long the reference is that begins at `at`, if one does. Names of more than 32 letters are text.
pub(super) fn reference(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?.strip_prefix(b"&")?;
    let length = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
    (length > 0 && rest.get(length) == Some(&b';')).then_some(length + 2)
}

/// What comes next in text: a reference, a tab, or letters up to the next `<`, `&`, line end, or byte for which `stop` holds.
/// Nothing at any of them.
pub(super) fn text<'a>(
    bytes: &'a [u8],
    spot: &mut Spot,
    room: usize,
    role: Role,
    stop: impl Fn(u8) -> bool,
) -> Option<Step<'a>> {
    let at = spot.offset;
    let state = spot.state & STATE;
    if let Some(length) = reference(bytes, at) {
        return Some(fixed(bytes, spot, Role::Literal, length, state));
    }
    let first = *bytes.get(at)?;
    if stop(first) || matches!(first, b'<' | b'\n') || (first == b'\r' && bytes.get(at + 1) == Some(&b'\n')) {
        return None;
    }
    if first == b'\t' {
        return Some(run(spot, Run { role, start: at, end: at + 1, ink: Ink::Tab }));
    }
    let ends = |byte: u8| matches!(byte, b'<' | b'\n' | b'\r' | b'\t' | b'&') || stop(byte);
    match print(bytes, at, room, role, ends) {
        Some(text) => Some(run(spot, text)),
        None if first == b'&' => Some(fixed(bytes, spot, role, 1, state)),
        // A CR that ends no line.
        None => Some(run(spot, Run { role: Role::Escape, start: at, end: at + 1, ink: Ink::Fixed("^M".into()) })),
    }
}

/// What comes next in what goes on until a terminator, whose lines are shown as they are; `None` once the terminator has
/// been printed, which is the second step of the pair.
pub(super) fn until<'a>(
    bytes: &'a [u8],
    spot: &mut Spot,
    room: usize,
    (role, terminator): (Role, &'static [u8]),
) -> (Step<'a>, bool) {
    let at = spot.offset;
    let state = spot.state & STATE;
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.starts_with(terminator) {
        return (fixed(bytes, spot, role, terminator.len(), state), true);
    }
    let line_end = match rest {
        [] => Some(0),
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    };
    if let Some(length) = line_end {
        *spot = Spot::line_in(spot.state, at + length, spot.depth);
        return (Step::End, false);
    }
    if rest.first() == Some(&b'\t') {
        return (run(spot, Run { role, start: at, end: at + 1, ink: Ink::Tab }), false);
    }
    let begins = terminator.first().copied().unwrap_or_default();
    let ends = |byte: u8| byte == begins || matches!(byte, b'\n' | b'\r' | b'\t');
    let step = match print(bytes, at, room, role, ends) {
        Some(text) => run(spot, text),
        None if rest.first() == Some(&b'\r') => {
            run(spot, Run { role: Role::Escape, start: at, end: at + 1, ink: Ink::Fixed("^M".into()) })
        }
        None => fixed(bytes, spot, role, 1, state),
    };
    (step, false)
}
