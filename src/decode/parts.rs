//! Parts of a body that can be looked at and saved by themselves.

use std::ops::Range;

use bytes::Bytes;

use crate::model::printable::needs_escape;

/// A part of a body, such as a file in a multipart form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// The name that it has in the body, as it came; safe to print only through [`crate::model::Printable`].
    pub name: Option<String>,
    /// Under which name it may be saved: the last component of what the sender said, without anything that leads
    /// elsewhere. Nothing where the sender named no file.
    pub filename: Option<String>,
    /// The value of its own `Content-Type`, as it came.
    pub content_type: Option<Bytes>,
    /// Where it stands, in the body without its content codings.
    pub range: Range<usize>,
    /// Its content, without the transfer coding that it may have of its own.
    pub bytes: Bytes,
}

/// The longest file name that is given out, in bytes: what file systems take, with room for a number behind it.
const NAME: usize = 200;

/// The last component of a file name that a sender chose, with nothing in it that a file system or a terminal takes for
/// something else. Nothing where nothing is left, or only dots.
pub(super) fn safe_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut safe = String::new();
    for char in last.trim().chars() {
        let odd = char.is_control() || needs_escape(char) || matches!(char, ':' | '*' | '?' | '"' | '<' | '>' | '|');
        if safe.len() + char.len_utf8() > NAME {
            break;
        }
        // Neither a hidden file nor what a program takes for an option.
        let leads = safe.is_empty() && matches!(char, '.' | '-');
        safe.push(if odd || leads { '_' } else { char });
    }
    let safe = safe.trim_end_matches(['.', ' ']);
    // Of dots alone nothing is left.
    (!safe.is_empty() && last.trim().chars().any(|char| char != '.')).then(|| safe.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere() {
        for (name, expected) in [
            ("photo.png", Some("photo.png")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Users\\me\\photo.png", Some("photo.png")),
            ("..", None),
            ("../..", None),
            ("a/", None),
            ("", None),
            ("a\0b\u{1b}\u{202e}gnp.exe", Some("a_b__gnp.exe")),
            (".profile", Some("_profile")),
            ("-rf", Some("_rf")),
            ("con:stream", Some("con_stream")),
            (" spaced .txt. ", Some("spaced .txt")),
            ("日本.txt", Some("日本.txt")),
        ] {
            assert_eq!(safe_name(name).as_deref(), expected, "{name:?}");
        }
        assert!(safe_name(&"é".repeat(1000)).is_some_and(|name| name.len() == NAME));
    }
}
