//! A chord: one key with its modifiers, and its one spelling for config, help, hints and tests.
//!
//! `a`, `G`, `?`, `^d`, `alt-x`, `enter`, `esc`, `tab`, `shift-tab`, `space`, `up`, `pagedown`, `f5`. Control is written
//! `^`, as it is on keyboards' oldest notation; `ctrl-d` is read too. Shift is part of a printable character.

use std::{fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// Its modifiers; never Shift for a character.
    pub modifiers: KeyModifiers,
}

const NAMED: [(&str, KeyCode); 15] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
];

impl Chord {
    /// The character that this types into a text, if it does.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(char) if self.modifiers.is_empty() => Some(char),
            _ => None,
        }
    }
}

impl From<KeyEvent> for Chord {
    fn from(event: KeyEvent) -> Self {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT;
        Self { code: event.code, modifiers: event.modifiers & kept }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("alt-")?;
        }
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("^")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(char) => write!(f, "{char}"),
            KeyCode::F(number) => write!(f, "f{number}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Text that names no chord.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not a key; write a character, `^d`, `alt-x`, `enter`, `f5` …")]
pub struct NoChord(pub String);

impl FromStr for Chord {
    type Err = NoChord;

    fn from_str(text: &str) -> Result<Self, NoChord> {
        let refuse = || NoChord(text.to_owned());
        let mut modifiers = KeyModifiers::empty();
        let mut rest = text;
        loop {
            if let Some(after) = rest.strip_prefix("alt-").filter(|after| !after.is_empty()) {
                modifiers |= KeyModifiers::ALT;
                rest = after;
            } else if let Some(after) =
                rest.strip_prefix("ctrl-").or_else(|| rest.strip_prefix('^')).filter(|after| !after.is_empty())
            {
                modifiers |= KeyModifiers::CONTROL;
                rest = after;
            } else {
                break;
            }
        }
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == rest) {
            return Ok(Self { code: *code, modifiers });
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.as_str()) {
            (Some(char), "") => KeyCode::Char(char),
            (Some('f'), number) => KeyCode::F(number.parse().ok().filter(|n| (1..=24).contains(n)).ok_or_else(refuse)?),
            _ => return Err(refuse()),
        };
        Ok(Self { code, modifiers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shift_belongs_to_the_character() {
        let event = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Chord::from(event), "G".parse().unwrap());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "entr", "f0", "f99", "ab", "alt-ctrl"] {
            assert!(text.parse::<Chord>().is_err(), "{text}");
        }
        assert_eq!("ctrl-d".parse::<Chord>(), "^d".parse());
    }

    proptest! {
        #[test]
        fn written_is_read(at in 0..40_usize, char in "[!-~]", control: bool, alt: bool) {
            let code = match NAMED.get(at) {
                Some((_, code)) => *code,
                None if at < 28 => KeyCode::F(at as u8 - 14),
                None => KeyCode::Char(char.chars().next().unwrap()),
            };
            let mut modifiers = KeyModifiers::empty();
            modifiers.set(KeyModifiers::CONTROL, control);
            modifiers.set(KeyModifiers::ALT, alt);
            let chord = Chord { code, modifiers };
            prop_assert_eq!(chord.to_string().parse::<Chord>(), Ok(chord));
        }
    }
}
