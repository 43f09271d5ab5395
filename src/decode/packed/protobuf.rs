//! protobuf without its schema (protobuf.dev/programming-guides/encoding): field numbers, and each value in the readings
//! that its bytes allow.
//!
//! Decided: the text is JSON, as that of msgpack and CBOR, so that folding, paths and jq know it. A message is an object
//! whose names are field numbers, in the order of their first use; a field that is there more than once is a list. What a
//! schema would decide stands side by side, in an object whose names begin with `$`:
//!
//! | wire type | as |
//! | --- | --- |
//! | varint | `{"$varint":150,"zigzag":75}`, with `"signed"` where that is another number |
//! | fixed 32, 64 | `{"$fixed32":1065353216,"float":1.0}`, `{"$fixed64":…,"double":…}`, with `"signed"` as above |
//! | length-delimited | a message if all of it reads as one, text if it is that, both as `{"$text":"PL","message":{…}}`, else bytes, with `"packed"` where they are small numbers one after another |
//! | group | `{"$group":{…}}` |
//!
//! A body may be one message, messages in the frames of gRPC (a flag and a length in five bytes), or each behind its length;
//! the first of these that fits all of it is taken.
//!
//! Refused: recursion deeper than [`DEEPEST`], where protobuf's own readers stop too; and fields beyond [`FIELDS`], which
//! would cost a multiple of the body.

use std::ops::Range;

use indexmap::IndexMap;

use super::forms;
use crate::decode::{Built, Cancelled, Subject, lines::Stop, media_type::essence, ndjson};

/// How deep messages lie in messages at the most; what lies deeper is bytes.
const DEEPEST: u8 = 64;
/// How many fields are shown at the most.
const FIELDS: usize = 1_000_000;
/// How many numbers are shown as packed.
const PACKED: usize = 64;

/// What a field holds.
#[derive(Clone, Debug)]
enum Value {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Range<usize>),
    /// What is between the two tags of a group.
    Group(Range<usize>),
}

/// The fields of a message, in the order of their first use.
type Fields = IndexMap<u64, Vec<Value>>;

/// What is wrong, and at which byte.
type Wrong = (usize, &'static str);

/// The view of a body.
pub(in super::super) fn build(subject: &Subject, cancelled: &Cancelled) -> Result<Built, Stop> {
    let bytes = subject.bytes.as_ref();
    let is_grpc =
        essence(subject.content_type.as_deref()).is_some_and(|essence| essence.starts_with("application/grpc"));
    let mut writer = Writer { bytes, out: Vec::new(), left: FIELDS, cancelled };
    let whole = fields(bytes, 0..bytes.len());
    let parts = match &whole {
        Ok(_) if !is_grpc => vec![Part { flag: 0, range: 0..bytes.len() }],
        Ok(_) | Err(_) => match frames(bytes).or_else(|| (!is_grpc).then(|| delimited(bytes)).flatten()) {
            Some(parts) => parts,
            None => return Err(not(whole.err().unwrap_or((0, "expected frames of gRPC")))),
        },
    };
    for (at, Part { flag, range }) in parts.into_iter().enumerate() {
        if at > 0 {
            writer.out.push(b'\n');
        }
        if flag == 0 {
            writer.message(range, 0)?;
        } else {
            // What packed it is in a header of the call.
            writer.put("{\"$compressed\":true,");
            forms::bytes(&mut writer.out, bytes.get(range).unwrap_or_default());
            writer.put("}");
        }
    }
    let text = writer.out;
    let built = ndjson::build(&text, cancelled)?;
    Ok(Built { shown: Some(text.into()), ..built })
}

fn not((at, why): Wrong) -> Stop {
    Stop::Not { at, why }
}

/// A message of several.
struct Part {
    /// Other than 0 where it is packed.
    flag: u8,
    range: Range<usize>,
}

/// The messages in frames of gRPC, where that is all there is.
fn frames(bytes: &[u8]) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let [flag @ (0 | 1), length @ ..] = *bytes.get(at..)?.first_chunk::<5>()? else { return None };
        let start = at + 5;
        at = start.checked_add(u32::from_be_bytes(length) as usize).filter(|end| *end <= bytes.len())?;
        if flag == 0 {
            fields(bytes, start..at).ok()?;
        }
        parts.push(Part { flag, range: start..at });
    }
    Some(parts)
}

/// The messages behind their lengths, where that is all there is.
fn delimited(bytes: &[u8]) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = varint(bytes, &mut at, bytes.len()).ok()?;
        let end = at.checked_add(usize::try_from(length).ok()?).filter(|end| *end <= bytes.len())?;
        fields(bytes, at..end).ok()?;
        parts.push(Part { flag: 0, range: at..end });
        at = end;
    }
    // Nothing but zeros is no stream of empty messages.
    parts.iter().any(|part| !part.range.is_empty()).then_some(parts)
}

/// A number of up to ten bytes, seven bits each, the lowest first.
fn varint(bytes: &[u8], at: &mut usize, end: usize) -> Result<u64, Wrong> {
    let start = *at;
    let mut number = 0_u64;
    for shift in (0..70).step_by(7) {
        let byte = *bytes.get(*at).filter(|_| *at < end).ok_or((*at, "it ends too early"))?;
        *at += 1;
        if shift == 63 && byte > 1 {
            break;
        }
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err((start, "a number of more than 64 bits"))
}

fn array<const N: usize>(bytes: &[u8], at: &mut usize, end: usize) -> Result<[u8; N], Wrong> {
    let taken = bytes.get(*at..end).and_then(|rest| rest.first_chunk::<N>()).ok_or((end, "it ends too early"))?;
    *at += N;
    Ok(*taken)
}

/// The fields of the message that is a range of the body; all of it is one, or it is none.
fn fields(bytes: &[u8], range: Range<usize>) -> Result<Fields, Wrong> {
    let mut all = Fields::new();
    let (mut at, end) = (range.start, range.end);
    let mut count = 0;
    // The groups that are open, by their numbers, and where what is in the outermost begins.
    let mut groups: Vec<u64> = Vec::new();
    let mut inner = at;
    while at < end {
        let start = at;
        let tag = varint(bytes, &mut at, end)?;
        let number = tag >> 3;
        if number == 0 || number > (1 << 29) - 1 {
            return Err((start, "a field number that there is not"));
        }
        count += 1;
        if count > FIELDS {
            return Err((start, "more fields than can be shown"));
        }
        let value = match tag & 7 {
            0 => Value::Varint(varint(bytes, &mut at, end)?),
            1 => Value::Fixed64(u64::from_le_bytes(array(bytes, &mut at, end)?)),
            2 => {
                let length = varint(bytes, &mut at, end)?;
                let from = at;
                let until = usize::try_from(length).ok().and_then(|length| at.checked_add(length));
                at = until.filter(|until| *until <= end).ok_or((start, "a field that is longer than what is left"))?;
                Value::Bytes(from..at)
            }
            3 => {
                if groups.is_empty() {
                    inner = at;
                }
                groups.push(number);
                continue;
            }
            4 => match groups.pop() {
                Some(open) if open == number && groups.is_empty() => {
                    all.entry(number).or_default().push(Value::Group(inner..start));
                    continue;
                }
                Some(open) if open == number => continue,
                _ => return Err((start, "the end of a group that has not begun")),
            },
            5 => Value::Fixed32(u32::from_le_bytes(array(bytes, &mut at, end)?)),
            _ => return Err((start, "a wire type that there is not")),
        };
        if groups.is_empty() {
            all.entry(number).or_default().push(value);
        }
    }
    if groups.is_empty() { Ok(all) } else { Err((end, "a group that does not end")) }
}

/// Writes messages as JSON.
struct Writer<'a> {
    bytes: &'a [u8],
    out: Vec<u8>,
    /// How many more fields may be written.
    left: usize,
    cancelled: &'a Cancelled,
}

impl Writer<'_> {
    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn message(&mut self, range: Range<usize>, depth: u8) -> Result<(), Stop> {
        let fields = fields(self.bytes, range).map_err(not)?;
        self.fields(fields, depth)
    }

    fn fields(&mut self, fields: Fields, depth: u8) -> Result<(), Stop> {
        if self.cancelled.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        self.put("{");
        for (at, (number, values)) in fields.into_iter().enumerate() {
            if at > 0 {
                self.put(",");
            }
            self.put(&format!("\"{number}\":"));
            let many = values.len() > 1;
            for (at, value) in values.into_iter().enumerate() {
                self.put(match (many, at) {
                    (false, _) => "",
                    (true, 0) => "[",
                    (true, _) => ",",
                });
                self.left = self.left.checked_sub(1).ok_or(not((0, "more fields than can be shown")))?;
                self.value(value, depth)?;
            }
            if many {
                self.put("]");
            }
        }
        self.put("}");
        Ok(())
    }

    fn value(&mut self, value: Value, depth: u8) -> Result<(), Stop> {
        let signed = |number: i64| if number < 0 { format!(",\"signed\":{number}") } else { String::new() };
        match value {
            Value::Varint(number) => {
                let zigzag = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
                self.put(&format!("{{\"$varint\":{number}{},\"zigzag\":{zigzag}}}", signed(number.cast_signed())));
            }
            Value::Fixed32(number) => {
                let float = float(f64::from(f32::from_bits(number)), &format!("{:?}", f32::from_bits(number)));
                let signed = signed(number.cast_signed().into());
                self.put(&format!("{{\"$fixed32\":{number}{signed},\"float\":{float}}}"));
            }
            Value::Fixed64(number) => {
                let double = f64::from_bits(number);
                let double = float(double, &format!("{double:?}"));
                self.put(&format!("{{\"$fixed64\":{number}{},\"double\":{double}}}", signed(number.cast_signed())));
            }
            Value::Group(range) => {
                self.put("{\"$group\":");
                if depth < DEEPEST {
                    self.message(range, depth + 1)?;
                } else {
                    self.put("{");
                    forms::bytes(&mut self.out, self.bytes.get(range).unwrap_or_default());
                    self.put("}");
                }
                self.put("}");
            }
            Value::Bytes(range) => self.delimited(range, depth)?,
        }
        Ok(())
    }

    /// A message, a text, both, or bytes.
    fn delimited(&mut self, range: Range<usize>, depth: u8) -> Result<(), Stop> {
        let bytes = self.bytes.get(range.clone()).unwrap_or_default();
        let is_control = |char: char| char.is_control() && !matches!(char, '\n' | '\r' | '\t');
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains(is_control));
        let inner = (depth < DEEPEST && !bytes.is_empty()).then(|| fields(self.bytes, range).ok()).flatten();
        match (inner, text) {
            (Some(inner), None) => self.fields(inner, depth + 1)?,
            (None, Some(text)) => forms::string(&mut self.out, text),
            (Some(inner), Some(text)) => {
                self.put("{\"$text\":");
                forms::string(&mut self.out, text);
                self.put(",\"message\":");
                self.fields(inner, depth + 1)?;
                self.put("}");
            }
            (None, None) => {
                self.put("{");
                forms::bytes(&mut self.out, bytes);
                if let Some(numbers) = packed(bytes) {
                    self.put(&format!(",\"packed\":[{}]", numbers.join(",")));
                }
                self.put("}");
            }
        }
        Ok(())
    }
}

/// A fraction, or what it is where JSON has no word for it.
fn float(value: f64, text: &str) -> String {
    if value.is_finite() { text.to_owned() } else { format!("\"{value}\"") }
}

/// The numbers that bytes are one after another, where that is all they are and they are small.
fn packed(bytes: &[u8]) -> Option<Vec<String>> {
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let number = varint(bytes, &mut at, bytes.len()).ok().filter(|number| *number < 1 << 32)?;
        numbers.push(number.to_string());
        if numbers.len() > PACKED {
            return None;
        }
    }
    (numbers.len() > 1).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::properties::{chosen, typed};
    use super::*;

    fn json(bytes: &[u8], content_type: &str) -> Result<String, String> {
        let document = typed(bytes, "protobuf", content_type);
        match document.note() {
            None => Ok(String::from_utf8(document.bytes().to_vec()).unwrap()),
            Some(note) => Err(note.to_owned()),
        }
    }

    fn bytes(digits: &str) -> Vec<u8> {
        hex::decode(digits.replace(' ', "")).unwrap()
    }

    #[test]
    fn each_value_has_its_readings() {
        for (digits, expected) in [
            // The examples of the guide.
            ("08 9601", r#"{"1":{"$varint":150,"zigzag":75}}"#),
            ("12 07 74657374696e67", r#"{"2":"testing"}"#),
            ("1a 03 08 9601", r#"{"3":{"1":{"$varint":150,"zigzag":75}}}"#),
            (
                "22 05 68656c6c6f 28 01 28 02",
                r#"{"4":"hello","5":[{"$varint":1,"zigzag":-1},{"$varint":2,"zigzag":1}]}"#,
            ),
            ("32 06 03 8e02 9ea705", r#"{"6":{"$hex":"038e029ea705","length":6,"packed":[3,270,86942]}}"#),
            (
                "08 feffffffffffffffff01",
                r#"{"1":{"$varint":18446744073709551614,"signed":-2,"zigzag":9223372036854775807}}"#,
            ),
            ("0d 0000803f", r#"{"1":{"$fixed32":1065353216,"float":1.0}}"#),
            (
                "09 000000000000f0bf",
                r#"{"1":{"$fixed64":13830554455654793216,"signed":-4616189618054758400,"double":-1.0}}"#,
            ),
            ("0d 0000c07f", r#"{"1":{"$fixed32":2143289344,"float":"NaN"}}"#),
            ("0b 08 01 0c", r#"{"1":{"$group":{"1":{"$varint":1,"zigzag":-1}}}}"#),
            ("0b 13 08 01 14 0c", r#"{"1":{"$group":{"2":{"$group":{"1":{"$varint":1,"zigzag":-1}}}}}}"#),
            // The code of a country that is a message too.
            ("0a 02 504c", r#"{"1":{"$text":"PL","message":{"10":{"$varint":76,"zigzag":38}}}}"#),
            ("0a 00", r#"{"1":""}"#),
            // One number twice with another between.
            ("08 01 12 01 61 08 02", r#"{"1":[{"$varint":1,"zigzag":-1},{"$varint":2,"zigzag":1}],"2":"a"}"#),
            // Behind its length, twice.
            ("03 12 01 61 03 12 01 62", "{\"2\":\"a\"}\n{\"2\":\"b\"}"),
        ] {
            assert_eq!(json(&bytes(digits), "").as_deref(), Ok(expected), "{digits}");
        }
        let framed = bytes("00 00000003 12 01 61 01 00000002 ffff");
        let expected = "{\"2\":\"a\"}\n{\"$compressed\":true,\"$hex\":\"ffff\",\"length\":2}";
        for content_type in ["application/grpc+proto", "application/grpc", "application/x-protobuf"] {
            assert_eq!(json(&framed, content_type).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_none_says_where() {
        for (digits, why) in [
            ("08", "it ends too early at byte 1"),
            ("00", "a field number that there is not at byte 0"),
            ("0f", "a wire type that there is not at byte 0"),
            ("0c", "the end of a group that has not begun at byte 0"),
            ("0b 14", "the end of a group that has not begun at byte 1"),
            ("0b 08 01", "a group that does not end at byte 3"),
            ("08 01 12 7f", "a field that is longer than what is left at byte 2"),
            ("08 ffffffffffffffffff02", "a number of more than 64 bits at byte 1"),
            ("0d 00", "it ends too early at byte 2"),
        ] {
            assert_eq!(json(&bytes(digits), ""), Err(format!("not protobuf: {why}")), "{digits}");
        }
    }

    #[test]
    fn it_is_taken_for_what_it_says_and_nothing_else() {
        let body = bytes("08 9601 12 01 61");
        for (content_type, view) in [
            ("application/protobuf", "protobuf"),
            ("application/x-protobuf; messageType=a.B", "protobuf"),
            ("application/vnd.google.protobuf", "protobuf"),
            ("application/octet-stream", "hex"),
            ("text/plain", "hex"),
        ] {
            assert_eq!(chosen(&body, content_type).0, view, "{content_type}");
        }
        let rows = chosen(&bytes("12 01 61"), "application/protobuf").1;
        assert_eq!(rows, ["{", "  \"2\": \"a\"", "}"]);
    }

    #[test]
    fn no_depth_is_a_problem() {
        // Messages in messages, each as long as two bytes of length can say.
        let mut body = bytes("08 01");
        while body.len() < 100_000 {
            let mut outer = vec![0x0a];
            let mut length = body.len();
            while length >= 0x80 {
                outer.push(length as u8 | 0x80);
                length >>= 7;
            }
            outer.push(length as u8);
            outer.extend(&body);
            body = outer;
            if body.len() > 2000 {
                break;
            }
        }
        let text = json(&body, "").unwrap();
        assert_eq!(text.matches("{\"1\":").count(), usize::from(DEEPEST) + 1);
        let groups = [vec![0x0b; 100_000], vec![0x0c; 100_000]].concat();
        assert_eq!(json(&groups, "").unwrap().matches("$group").count(), usize::from(DEEPEST) + 1);
        let many = [0x08, 1].repeat(FIELDS + 1);
        assert!(json(&many, "").unwrap_err().contains("more fields than can be shown"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200), grpc in any::<bool>()) {
            if let Ok(text) = json(&body, if grpc { "application/grpc" } else { "" }) {
                for line in text.lines() {
                    prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok(), "{line}");
                }
            }
        }

        #[test]
        fn fields_are_read_as_they_were_written(all in proptest::collection::vec((1_u32..40, any::<u64>(), "[ -~]{0,20}"), 1..20)) {
            let mut body = Vec::new();
            let number = |body: &mut Vec<u8>, mut number: u64| {
                while number >= 0x80 {
                    body.push(number as u8 | 0x80);
                    number >>= 7;
                }
                body.push(number as u8);
            };
            for (field, value, text) in &all {
                number(&mut body, u64::from(*field) << 3);
                number(&mut body, *value);
                number(&mut body, u64::from(*field) << 3 | 2);
                number(&mut body, text.len() as u64);
                body.extend(text.as_bytes());
            }
            let json: serde_json::Value = serde_json::from_str(&json(&body, "").unwrap()).unwrap();
            for (field, value, text) in &all {
                let values = json[field.to_string()].as_array().unwrap();
                prop_assert!(values.iter().any(|read| read["$varint"] == *value));
                prop_assert!(values.iter().any(|read| read == text || read["$text"] == *text));
            }
        }
    }
}
