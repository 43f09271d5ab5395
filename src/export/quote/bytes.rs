//! Byte strings of programming languages.

use std::fmt::Write as _;

use super::WIDTH;

/// How a language writes bytes.
#[derive(Clone, Copy, Debug)]
pub struct Literal {
    /// What stands before a literal.
    open: &'static str,
    /// What stands behind it.
    close: &'static str,
    /// What stands between the parts of a literal of several lines; the indentation follows.
    join: &'static str,
    /// What is put around a literal of several lines.
    around: (&'static str, &'static str),
    /// Whether a line may not begin with a blank, because the language would skip it.
    skips_blanks: bool,
    /// Whether `$` is escaped.
    dollar: bool,
}

/// `b"…"`; literals that stand side by side are one (Python reference, §2.4.2).
pub const PYTHON: Literal =
    Literal { open: "b\"", close: "\"", join: "\"\nb\"", around: ("(\n", "\n)"), skips_blanks: false, dollar: false };

/// `"…"`, in which each character from U+0000 to U+00FF is the byte of that number.
pub const JAVASCRIPT: Literal =
    Literal { open: "\"", close: "\"", join: "\" +\n\"", around: ("\n", ""), skips_blanks: false, dollar: true };

/// `"…"`, in which `\x` writes bytes (Go specification, "String literals").
pub const GO: Literal =
    Literal { open: "\"", close: "\"", join: "\" +\n\"", around: ("", ""), skips_blanks: false, dollar: false };

/// `b"…"`; a backslash at the end of a line skips the line's end and the blanks after it (Rust reference, "Tokens").
pub const RUST: Literal =
    Literal { open: "b\"", close: "\"", join: "\\\n", around: ("", ""), skips_blanks: true, dollar: false };

impl Literal {
    /// The bytes as a literal on one line.
    pub fn line(&self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len() + 4);
        text.push_str(self.open);
        for byte in bytes {
            self.byte(&mut text, *byte, false);
        }
        text.push_str(self.close);
        text
    }

    /// The bytes as a literal of as many lines as suit them, of which all but the first begin with `indent`.
    pub fn block(&self, bytes: &[u8], indent: &str) -> String {
        let breaks = bytes.len() > WIDTH || bytes.split_last().is_some_and(|(_, rest)| rest.contains(&b'\n'));
        if !breaks {
            return self.line(bytes);
        }
        let mut text = String::with_capacity(bytes.len() + bytes.len() / 8 + 16);
        let join = self.join.replace('\n', &format!("\n{indent}"));
        text.push_str(&self.around.0.replace('\n', &format!("\n{indent}")));
        text.push_str(self.open);
        let mut column = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let before = text.len();
            self.byte(&mut text, *byte, column == 0 && self.skips_blanks);
            column += text.len() - before;
            let last = at + 1 == bytes.len();
            if !last && (*byte == b'\n' || column >= WIDTH) {
                text.push_str(&join);
                column = 0;
            }
        }
        text.push_str(self.close);
        let outer = indent.strip_suffix("    ").or_else(|| indent.strip_suffix('\t')).unwrap_or(indent);
        text.push_str(&self.around.1.replace('\n', &format!("\n{outer}")));
        text
    }

    fn byte(&self, text: &mut String, byte: u8, begins: bool) {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b' ' if begins => text.push_str("\\x20"),
            // `</script` and `${` mean something to who reads a program in another way than its compiler does.
            b'$' if self.dollar => text.push_str("\\x24"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => _ = write!(text, "\\x{byte:02x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a compiler makes of a literal: the escapes that are written here, and what joins lines.
    fn read(literal: &str, language: &Literal) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut chars = literal.chars().peekable();
        let mut inside = false;
        while let Some(char) = chars.next() {
            match char {
                '"' => inside = !inside,
                '\\' if inside => match chars.next().unwrap() {
                    'n' => bytes.push(b'\n'),
                    'r' => bytes.push(b'\r'),
                    't' => bytes.push(b'\t'),
                    '"' => bytes.push(b'"'),
                    '\\' => bytes.push(b'\\'),
                    'x' => {
                        let digits: String = chars.by_ref().take(2).collect();
                        bytes.push(u8::from_str_radix(&digits, 16).unwrap());
                    }
                    '\n' if language.skips_blanks => while chars.next_if(char::is_ascii_whitespace).is_some() {},
                    other => panic!("\\{other}"),
                },
                '\n' if inside => panic!("a line ends inside"),
                char if inside => bytes.push(u8::try_from(char).unwrap()),
                ' ' | '\n' | '+' | '(' | ')' | 'b' => {}
                other => panic!("{other} outside"),
            }
        }
        bytes
    }

    #[test]
    fn literals_are_those_of_the_language() {
        let bytes = b"a\"\\\0\xe9$\n  b";
        for (language, line, block) in [
            (PYTHON, r#"b"a\"\\\x00\xe9$\n  b""#, "(\n    b\"a\\\"\\\\\\x00\\xe9$\\n\"\n    b\"  b\"\n)"),
            (JAVASCRIPT, r#""a\"\\\x00\xe9\x24\n  b""#, "\n    \"a\\\"\\\\\\x00\\xe9\\x24\\n\" +\n    \"  b\""),
            (GO, r#""a\"\\\x00\xe9$\n  b""#, "\"a\\\"\\\\\\x00\\xe9$\\n\" +\n    \"  b\""),
            (RUST, r#"b"a\"\\\x00\xe9$\n  b""#, "b\"a\\\"\\\\\\x00\\xe9$\\n\\\n    \\x20 b\""),
        ] {
            assert_eq!(language.line(bytes), line);
            assert_eq!(language.block(bytes, "    "), block);
            assert_eq!(language.block(b"a\n", "    "), language.line(b"a\n"), "one line stays one line");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..300),
                "[ \\n\\t\\\\\"$xb]{0,300}".prop_map(String::into_bytes),
            ]
        ) {
            for language in [PYTHON, JAVASCRIPT, GO, RUST] {
                for literal in [language.line(&bytes), language.block(&bytes, "    ")] {
                    prop_assert!(literal.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')), "{literal}");
                    prop_assert!(literal.lines().all(|line| line.len() <= WIDTH + 20 || bytes.len() <= WIDTH || !literal.contains('\n')));
                    prop_assert_eq!(read(&literal, &language), bytes.clone(), "{}", literal);
                }
            }
        }
    }
}
