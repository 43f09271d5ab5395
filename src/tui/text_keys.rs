//! Keys that edit a line of text: what a chord asks of the input, the same in every line that can be typed in.

use crossterm::event::{KeyCode, KeyModifiers};
use tui_input::InputRequest;

use super::chord::Chord;
use crate::model::printable::needs_escape;

/// What a chord means in a line of text; nothing when it means nothing there.
pub fn request(chord: Chord) -> Option<InputRequest> {
    let control = chord.modifiers.contains(KeyModifiers::CONTROL);
    let alt = chord.modifiers.contains(KeyModifiers::ALT);
    Some(match chord.code {
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if control => InputRequest::DeleteLine,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        KeyCode::Char('b') if alt => InputRequest::GoToPrevWord,
        KeyCode::Char('f') if alt => InputRequest::GoToNextWord,
        KeyCode::Char(_) if control || alt => return None,
        KeyCode::Char(char) => InputRequest::InsertChar(char),
        KeyCode::Backspace if control || alt => InputRequest::DeletePrevWord,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if control => InputRequest::GoToPrevWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right if control => InputRequest::GoToNextWord,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

/// The characters of a pasted text that can stand in one line: line ends and tabs become spaces, what would hide or be
/// obeyed is left out, and no more than a few thousand are taken.
pub fn pasted(text: &str) -> impl Iterator<Item = char> {
    text.trim_end()
        .chars()
        .map(|char| if char.is_whitespace() { ' ' } else { char })
        .filter(|char| !needs_escape(*char))
        .take(4096)
}
