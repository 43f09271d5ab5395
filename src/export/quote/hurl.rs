//! Names and values of header lines in a Hurl file (hurl.dev, "Grammar": `key-string`, `value-string`).

use std::fmt::Write as _;

/// The name of a header.
pub fn key(name: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'$');
    let mut text = String::with_capacity(name.len());
    for byte in name {
        if plain(*byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "\\u{{{byte:x}}}");
        }
    }
    text
}

/// The value of a header: `#` begins a comment and `{{` a variable, unless they are escaped.
pub fn value(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for char in value.chars() {
        match char {
            '#' => text.push_str("\\#"),
            '\\' => text.push_str("\\\\"),
            '{' | '}' => _ = write!(text, "\\u{{{:x}}}", u32::from(char)),
            ' '..='~' => text.push(char),
            _ => _ = write!(text, "\\u{{{:x}}}", u32::from(char)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What Hurl makes of the escapes that are written here.
    fn read(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            let escape = &rest[at + 1..];
            if let Some(digits) = escape.strip_prefix("u{") {
                let (digits, after) = digits.split_once('}').unwrap();
                out.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
                rest = after;
            } else {
                out.push_str(&escape[..1]);
                rest = &escape[1..];
            }
        }
        out + rest
    }

    #[test]
    fn what_means_something_to_hurl_is_escaped() {
        assert_eq!(key(b"X-A!b#"), "X-A\\u{21}b\\u{23}");
        assert_eq!(value("a # {{b}} \\ \u{e9}\u{202e}\t"), r"a \# \u{7b}\u{7b}b\u{7d}\u{7d} \\ \u{e9}\u{202e}\u{9}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in any::<String>()) {
            let written = value(&text);
            prop_assert!(written.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert!(!written.contains("{{"));
            prop_assert_eq!(read(&written), text);
        }

        #[test]
        fn a_name_is_read(name in "[!-~]{1,30}") {
            let written = key(name.as_bytes());
            prop_assert!(!written.contains([':', '#', ' ', '[']));
            prop_assert_eq!(read(&written), name);
        }
    }
}
