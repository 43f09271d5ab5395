//! How a sample's JSON is written: as its sender writes it, where that is known, because what is signed are bytes.

use std::io;

use serde::Serialize as _;
use serde_json::{Value, ser::Formatter};

/// A way of writing JSON.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Style {
    /// Without any blank.
    #[default]
    Compact,
    /// With a blank behind each comma and colon.
    Spaced,
    /// A member a line, two blanks a level.
    Pretty,
    /// Without any blank; slashes and what is not ASCII are escaped.
    Escaped,
    /// Without any blank, but for a line end behind each member of the outermost object.
    Lines,
    /// A member of the outermost object a line, two blanks before it, one on each side of a colon.
    Sns,
    /// Without any blank; the elements of the outermost array a line each, and a line end behind all (CR LF).
    Batch,
}

impl Style {
    /// Every style, as the files of samples name it.
    pub const TABLE: [(&'static str, Self); 7] = [
        ("compact", Self::Compact),
        ("spaced", Self::Spaced),
        ("pretty", Self::Pretty),
        ("escaped", Self::Escaped),
        ("lines", Self::Lines),
        ("sns", Self::Sns),
        ("batch", Self::Batch),
    ];

    /// The bytes of a value.
    pub fn write(self, value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing a value into memory cannot fail; what there is then would be found by whoever parses it.
        let _ = match self {
            Self::Pretty => value.serialize(&mut serde_json::Serializer::pretty(&mut bytes)),
            style => {
                let written = Written { style, depth: 0 };
                value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, written))
            }
        };
        if self == Self::Batch {
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }
}

struct Written {
    style: Style,
    /// In how many arrays and objects this is.
    depth: usize,
}

impl Written {
    /// What stands before an element or a key that is not the first.
    fn between(&self) -> &'static [u8] {
        match (self.style, self.depth) {
            (Style::Spaced, _) => b", ",
            (Style::Lines, 1) => b",\n",
            (Style::Batch, 1) => b",\r\n",
            (Style::Sns, 1) => b",\n  ",
            _ => b",",
        }
    }
}

impl Formatter for Written {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(self.between()) }
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(if self.style == Style::Sns && self.depth == 1 { b"{\n  " } else { b"{" })
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(if self.style == Style::Sns && self.depth == 0 { b"\n}" } else { b"}" })
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(self.between()) }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(match self.style {
            Style::Spaced => b": ",
            Style::Sns => b" : ",
            _ => b":",
        })
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if self.style != Style::Escaped {
            return writer.write_all(fragment.as_bytes());
        }
        for char in fragment.chars() {
            match char {
                '/' => writer.write_all(b"\\/")?,
                char if char.is_ascii() => writer.write_all(&[char as u8])?,
                char => {
                    for unit in char.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn written(style: Style, value: &Value) -> String {
        String::from_utf8(style.write(value)).unwrap()
    }

    #[test]
    fn each_style_is_its_senders() {
        let value = json!({"a": [1, {"b": "é/"}], "c": null});
        for (style, text) in [
            (Style::Compact, r#"{"a":[1,{"b":"é/"}],"c":null}"#),
            (Style::Spaced, r#"{"a": [1, {"b": "é/"}], "c": null}"#),
            (Style::Escaped, r#"{"a":[1,{"b":"\u00e9\/"}],"c":null}"#),
            (Style::Lines, "{\"a\":[1,{\"b\":\"é/\"}],\n\"c\":null}"),
            (Style::Sns, "{\n  \"a\" : [1,{\"b\" : \"é/\"}],\n  \"c\" : null\n}"),
        ] {
            assert_eq!(written(style, &value), text);
        }
        assert_eq!(written(Style::Batch, &json!([{"a": [1, 2]}, {}])), "[{\"a\":[1,2]},\r\n{}]\r\n");
        assert_eq!(written(Style::Escaped, &json!("😀")), "\"\\ud83d\\ude00\"");
        assert!(written(Style::Pretty, &value).starts_with("{\n  \"a\": [\n    1,"));
    }

    proptest! {
        #[test]
        fn every_style_is_the_same_json(text in any::<String>(), key in any::<String>(), number in any::<i64>()) {
            let value = json!({key: [{"a": text}, number, [], {}]});
            for (_, style) in Style::TABLE {
                let read: Value = serde_json::from_slice(&style.write(&value)).unwrap();
                prop_assert_eq!(&read, &value);
            }
        }
    }
}
