//! Secrets in JSON, replaced in place: every byte outside of a replaced value stays as it was.
//!
//! One pass over pieces of any length, so that a body of any size goes through in the memory of its nesting. It does not
//! ask whether the text is JSON throughout: a body that was cut, or has an error in it, is redacted as far as it can be
//! read. `null`, booleans and the empty string are no secrets and stay; an object or array under a secret name goes whole.

use std::io::{self, Write};

use super::rule::{JsonPath, Step, is_secret, plain};

/// How long a name may be that is compared, in bytes.
const NAME_LIMIT: usize = 256;
/// How deep paths are followed; below, rules for any depth still hold.
const DEPTH_LIMIT: usize = 256;

/// Where a path has come to: which, and how many of its steps are done.
type Place = (usize, usize);

/// See the head of this file.
#[derive(Debug)]
pub struct Json<'r> {
    paths: &'r [JsonPath],
    mode: Mode,
    /// Whether what is open is an object, outermost first; a bit each.
    open: Vec<u64>,
    depth: usize,
    /// The paths that lead on from each open object or array, outermost first.
    places: Vec<Vec<Place>>,
    /// Whether a string here would be the name of a member.
    expects_name: bool,
    /// The name of the member that comes, as written.
    name: Vec<u8>,
    /// What is being replaced.
    secret: Option<Secret>,
    found: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Between,
    String { is_name: bool, escaped: bool },
    Bare,
}

#[derive(Debug)]
struct Secret {
    /// How many brackets were open where it began.
    depth: usize,
    bytes: u64,
    /// Its first bytes: enough to know one that is none.
    first: Vec<u8>,
}

impl<'r> Json<'r> {
    /// A pass that follows these paths beside the names that are always secret.
    pub fn new(paths: &'r [JsonPath]) -> Self {
        Self {
            paths,
            mode: Mode::Between,
            open: Vec::new(),
            depth: 0,
            places: Vec::new(),
            expects_name: false,
            name: Vec::new(),
            secret: None,
            found: 0,
        }
    }

    /// How many values have been replaced.
    pub fn found(&self) -> u64 {
        self.found
    }

    /// Takes a piece and writes what it becomes.
    pub fn push(&mut self, piece: &[u8], out: &mut dyn Write) -> io::Result<()> {
        // What lies between `from` and `at` stays as it is and has not been written.
        let (mut from, mut at) = (0, 0);
        while let Some(byte) = piece.get(at) {
            match self.mode {
                Mode::String { is_name, escaped: false } => {
                    let rest = piece.get(at..).unwrap_or_default();
                    let run = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                    self.pass(rest.get(..run).unwrap_or_default(), is_name);
                    at += run;
                    let Some(byte) = piece.get(at) else { break };
                    if *byte == b'\\' {
                        self.pass(b"\\", is_name);
                        self.mode = Mode::String { is_name, escaped: true };
                        at += 1;
                    } else {
                        self.mode = Mode::Between;
                        self.count(b"\"");
                        at += 1;
                        if !is_name && self.ends_here() {
                            self.replace(out)?;
                            from = at;
                        }
                    }
                }
                Mode::String { is_name, escaped: true } => {
                    self.pass(&[*byte], is_name);
                    self.mode = Mode::String { is_name, escaped: false };
                    at += 1;
                }
                Mode::Bare if !is_end(*byte) => {
                    self.count(&[*byte]);
                    at += 1;
                }
                Mode::Bare => {
                    self.mode = Mode::Between;
                    if self.ends_here() {
                        self.replace(out)?;
                        from = at;
                    }
                }
                Mode::Between => {
                    let was = self.secret.is_some();
                    let ended = self.between(*byte);
                    if !was && self.secret.is_some() {
                        out.write_all(piece.get(from..at).unwrap_or_default())?;
                    }
                    at += 1;
                    if ended {
                        self.replace(out)?;
                        from = at;
                    }
                }
            }
        }
        if self.secret.is_none() {
            out.write_all(piece.get(from..).unwrap_or_default())?;
        }
        Ok(())
    }

    /// Ends the body: a secret that was cut is one all the same.
    pub fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.secret.is_some() { self.replace(out) } else { Ok(()) }
    }

    /// A byte between values, or the first of one; says whether a secret ends with it.
    fn between(&mut self, byte: u8) -> bool {
        match byte {
            b'"' if self.expects_name => {
                self.count(b"\"");
                if self.secret.is_none() {
                    self.name.clear();
                }
                self.expects_name = false;
                self.mode = Mode::String { is_name: true, escaped: false };
            }
            b'"' => {
                self.begin_value(false);
                self.count(b"\"");
                self.mode = Mode::String { is_name: false, escaped: false };
            }
            b'{' | b'[' => {
                self.begin_value(true);
                self.count(&[byte]);
                self.push_level(byte == b'{');
                self.expects_name = byte == b'{';
            }
            b'}' | b']' => {
                self.count(&[byte]);
                self.pop_level();
                self.expects_name = false;
                return self.ends_here();
            }
            b',' => {
                self.count(b",");
                self.expects_name = self.is_object();
            }
            b':' | b' ' | b'\t' | b'\r' | b'\n' => self.count(&[byte]),
            _ => {
                self.begin_value(false);
                self.count(&[byte]);
                self.mode = Mode::Bare;
            }
        }
        false
    }

    /// Bytes of a string.
    fn pass(&mut self, bytes: &[u8], is_name: bool) {
        self.count(bytes);
        if is_name && self.secret.is_none() {
            let room = (NAME_LIMIT + 1).saturating_sub(self.name.len()).min(bytes.len());
            self.name.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        if let Some(secret) = &mut self.secret {
            secret.bytes += bytes.len() as u64;
            let room = 8_usize.saturating_sub(secret.first.len()).min(bytes.len());
            secret.first.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    }

    /// A value begins: it may be secret, and if it opens, paths lead on into it.
    fn begin_value(&mut self, opens: bool) {
        if self.secret.is_some() {
            return;
        }
        let name = self.is_object().then(|| self.plain_name());
        let mut hit = name.as_deref().is_some_and(is_secret);
        let mut next = Vec::new();
        if self.depth == 0 {
            next.extend((0..self.paths.len()).map(|path| (path, 0)));
        } else {
            for &(path, done) in self.places.get(self.depth.min(DEPTH_LIMIT) - 1).into_iter().flatten() {
                let Some((deep, step)) = self.paths.get(path).and_then(|steps| steps.get(done)) else { continue };
                let fits = match (step, &name) {
                    (Step::Member(wanted), Some(name)) => wanted == name,
                    (Step::AnyMember, Some(_)) | (Step::Element, None) => true,
                    _ => false,
                };
                if fits && self.depth <= DEPTH_LIMIT {
                    hit |= self.paths.get(path).is_some_and(|steps| steps.len() == done + 1);
                    next.push((path, done + 1));
                } else if fits && self.paths.get(path).is_some_and(|steps| steps.len() == done + 1) {
                    hit = true;
                }
                if *deep {
                    next.push((path, done));
                }
            }
            next.sort_unstable();
            next.dedup();
        }
        if hit {
            self.secret = Some(Secret { depth: self.depth, bytes: 0, first: Vec::new() });
        } else if opens && self.depth < DEPTH_LIMIT {
            self.places.push(next);
        }
    }

    /// The name of the member as it is compared; none for one too long to be any.
    fn plain_name(&self) -> Vec<u8> {
        if self.name.len() > NAME_LIMIT {
            return Vec::new();
        }
        if self.name.contains(&b'\\') {
            let quoted = [b"\"", self.name.as_slice(), b"\""].concat();
            if let Ok(name) = serde_json::from_slice::<String>(&quoted) {
                return plain(name.as_bytes());
            }
        }
        plain(&self.name)
    }

    fn ends_here(&self) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.depth == self.depth)
    }

    /// Writes what stands in place of the secret that has ended.
    fn replace(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(secret) = self.secret.take() else { return Ok(()) };
        let first = secret.first.as_slice();
        if secret.bytes <= 5 && matches!(first, b"null" | b"true" | b"false" | b"\"\"") {
            return out.write_all(first);
        }
        self.found += 1;
        // A string is as long as what stands between its quotes.
        let bytes = if first.first() == Some(&b'"') { secret.bytes.saturating_sub(2) } else { secret.bytes };
        // A name is text out of a string of JSON: it can stand in one.
        let name = if self.name.len() <= 60 && self.is_object() { self.name.as_slice() } else { b"" };
        let between: &[u8] = if name.is_empty() { b"" } else { b": " };
        write!(out, "\"<redacted {bytes} bytes")?;
        out.write_all(between)?;
        out.write_all(name)?;
        out.write_all(b">\"")
    }

    fn is_object(&self) -> bool {
        let Some(last) = self.depth.checked_sub(1) else { return false };
        self.open.get(last / 64).is_some_and(|bits| bits >> (last % 64) & 1 == 1)
    }

    fn push_level(&mut self, object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if self.open.len() <= word {
            self.open.push(0);
        }
        if let Some(bits) = self.open.get_mut(word) {
            *bits = *bits & !(1 << bit) | u64::from(object) << bit;
        }
        self.depth += 1;
    }

    fn pop_level(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.secret.is_none() {
            self.places.truncate(self.depth);
        }
    }
}

/// Whether a byte ends a number or a word.
fn is_end(byte: u8) -> bool {
    matches!(byte, b',' | b']' | b'}' | b':' | b'"' | b'{' | b'[' | b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rule::Rule;
    use super::*;

    fn redacted(rules: &[&str], text: &str, cut: usize) -> (String, u64) {
        let paths: Vec<JsonPath> = rules
            .iter()
            .map(|rule| match rule.parse().unwrap() {
                Rule::Json(path) => path,
                other => panic!("{other}"),
            })
            .collect();
        let (mut pass, mut out) = (Json::new(&paths), Vec::new());
        for piece in text.as_bytes().chunks(cut.max(1)) {
            pass.push(piece, &mut out).unwrap();
        }
        pass.finish(&mut out).unwrap();
        (String::from_utf8(out).unwrap(), pass.found())
    }

    #[test]
    fn names_that_are_secret_are_replaced_at_any_depth_and_nothing_else_is_touched() {
        for (text, expected) in [
            (r#"{"token":"abc"}"#, r#"{"token":"<redacted 3 bytes: token>"}"#),
            (
                r#"[ {"a" : {"API-Key" :  "a\"b" , "n":1.50}} ]"#,
                r#"[ {"a" : {"API-Key" :  "<redacted 4 bytes: API-Key>" , "n":1.50}} ]"#,
            ),
            (r#"{"pin":1,"password":12345}"#, r#"{"pin":1,"password":"<redacted 5 bytes: password>"}"#),
            (r#"{"secret":{"a":[1,"}"]},"b":2}"#, r#"{"secret":"<redacted 13 bytes: secret>","b":2}"#),
            (r#"{"token":["a", "b"]}"#, r#"{"token":"<redacted 10 bytes: token>"}"#),
            (
                r#"{"token":null,"secret":"","password":true,"pwd":false}"#,
                r#"{"token":null,"secret":"","password":true,"pwd":false}"#,
            ),
            (r#"{"t\u006fken":"abc"}"#, r#"{"t\u006fken":"<redacted 3 bytes: t\u006fken>"}"#),
            (r#"{"a":"token","b":["token","x"]}"#, r#"{"a":"token","b":["token","x"]}"#),
            (r#"{"token":"abc"#, r#"{"token":"<redacted 2 bytes: token>""#),
            (r#"{"token":12"#, r#"{"token":"<redacted 2 bytes: token>""#),
            (r#"{"token""#, r#"{"token""#),
            (
                r#"{"token" "x" "y", "a": 1}}]"#,
                r#"{"token" "<redacted 1 bytes: token>" "<redacted 1 bytes: token>", "a": 1}}]"#,
            ),
            ("[1,2", "[1,2"),
            ("", ""),
        ] {
            for cut in [1, 2, 3, 5, 1000] {
                assert_eq!(redacted(&[], text, cut).0, expected, "{text} in pieces of {cut}");
            }
        }
    }

    #[test]
    fn paths_lead_to_values() {
        let text = r#"{"data":{"x":{"pin":1}},"users":[{"pin":2,"n":{"pin":3}},[4,{"pin":5}]],"pin":6}"#;
        for (rule, hidden) in [
            ("json:.pin", "6"),
            ("json:.data.x.pin", "1"),
            ("json:.users[].pin", "2"),
            ("json:.users[]..pin", "2 3 5"),
            ("json:.users[][]", "4 {\"pin\":5}"),
            ("json:..pin", "1 2 3 5 6"),
            ("json:.*.x", "{\"pin\":1}"),
            ("json:.users.pin", ""),
        ] {
            let (out, found) = redacted(&[rule], text, 7);
            let hidden: Vec<&str> = hidden.split_whitespace().collect();
            assert_eq!(found, hidden.len() as u64, "{rule}: {out}");
            for value in hidden {
                let shown = out.contains(&format!(":{value},")) || out.contains(&format!(":{value}}}"));
                assert!(!shown || value.starts_with('{'), "{rule}: {out}");
            }
            assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{out}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{}{{\"token\":\"x\",\"pin\":1}}", "[".repeat(200_000));
        let (out, found) = redacted(&["json:..pin"], &deep, 4096);
        assert_eq!(found, 2, "{}", &out[200_000..]);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            "[a-z\"\\\\{},:\\[\\]é]{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::vec(("token|a|b|Password|c\"d", inner), 0..5)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The same on a parsed document: what is under a secret name, and no secret is left.
    fn expected(value: &serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::Array(items) => items.iter().map(expected).collect(),
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, value)| {
                        let none = matches!(value, Value::Null | Value::Bool(_)) || value == "";
                        let secret = is_secret(&plain(name.as_bytes())) && !none;
                        let text = serde_json::to_string(value).unwrap();
                        let bytes = if value.is_string() { text.len() - 2 } else { text.len() };
                        let hidden = || format!("<redacted {bytes} bytes: {name}>").into();
                        (name.clone(), if secret { hidden() } else { expected(value) })
                    })
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn what_is_not_secret_stays_byte_for_byte(value in json(), cut in 1_usize..40) {
            let text = serde_json::to_string(&value).unwrap();
            let (out, found) = redacted(&[], &text, cut);
            let wanted = expected(&value);
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), wanted.clone(), "{} {}", text, out);
            prop_assert_eq!(&out, &serde_json::to_string(&wanted).unwrap());
            prop_assert_eq!(found == 0, out == text);
        }

        #[test]
        fn any_text_goes_through_in_any_pieces(text in r#"[\[\]{}":,a\\ \n1t]{0,80}"#, cut in 1_usize..20) {
            let whole = redacted(&["json:..a"], &text, 1000);
            prop_assert_eq!(redacted(&["json:..a"], &text, cut), whole);
        }
    }
}
