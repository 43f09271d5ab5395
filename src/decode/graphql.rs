//! GraphQL over HTTP: the text of the operation as people write it, and what was sent with it as JSON.
//!
//! Decided: a text that has line ends keeps the layout that its author gave it; one without any, as clients send it, gets one
//! selection a line. What else the body has, variables first, follows as JSON. A list of operations is shown one by one, up
//! to [`OPERATIONS`] of them.

use super::{
    Built, Cancelled, Subject,
    built::Way,
    compose::{Compose, TEXT},
    fields::{line_end, printed},
    json,
    lines::{Spot, Stop},
    markup::Role,
    media_type::essence,
    run::{Mode, Step},
};

/// How lines become rows.
pub(super) const WAY: Way = Way { next, hang: 2, nest: None };

/// How many operations of a list are shown one by one.
const OPERATIONS: usize = 1000;

/// The longest text that gets a layout of ours, in bytes: nobody writes a longer one by hand.
const LAID_OUT: usize = 256 * 1024;

/// The state inside a block string, whose lines are its own.
const BLOCK: u8 = 1;

/// An operation, or a list of them.
pub(super) fn build(subject: &Subject, cancelled: &Cancelled) -> Result<Built, Stop> {
    let bytes = subject.bytes.as_ref();
    let mut compose = Compose::default();
    if is_bare(subject) {
        operation(&mut compose, &String::from_utf8_lossy(bytes), cancelled)?;
        return Ok(compose.built());
    }
    json::scan(bytes, cancelled)?;
    let mut shown = 0;
    let mut rest = None;
    for element in json::elements(bytes) {
        if shown == OPERATIONS {
            rest = Some(element.start);
            break;
        }
        if shown > 0 {
            compose.gap(cancelled)?;
        }
        shown += 1;
        compose.title(&format!("operation {shown}"), cancelled)?;
        request(&mut compose, bytes.get(element.clone()).unwrap_or_default(), element.start, cancelled)?;
    }
    if shown == 0 {
        request(&mut compose, bytes, 0, cancelled)?;
    }
    let mut built = compose.built();
    built.note = rest.map(|_| format!("the first {OPERATIONS} operations are shown"));
    Ok(built)
}

/// Whether the body is an operation itself.
pub(super) fn is_bare(subject: &Subject) -> bool {
    essence(subject.content_type.as_deref()).is_some_and(|essence| essence == "application/graphql")
}

/// What a request has, found at `offset` of the body.
fn request(compose: &mut Compose, bytes: &[u8], offset: usize, cancelled: &Cancelled) -> Result<(), Stop> {
    let named = |wanted: &str| {
        let is = |name: &[u8]| json::string(name).as_deref() == Some(wanted);
        json::members(bytes).find(|(name, _)| bytes.get(name.clone()).is_some_and(is)).map(|(_, value)| value)
    };
    let query = named("query").and_then(|value| json::string(bytes.get(value)?));
    let Some(query) = query else {
        return Err(Stop::Not { at: offset, why: "no query" });
    };
    operation(compose, &query, cancelled)?;
    for (name, value) in json::members(bytes) {
        let name = bytes.get(name).and_then(json::string).unwrap_or_default();
        let value = bytes.get(value).unwrap_or_default();
        if name == "query" || value.is_empty() {
            continue;
        }
        compose.gap(cancelled)?;
        compose.title(&name, cancelled)?;
        compose.add(value, &json::scan(value, cancelled)?, json::WAY, 0);
    }
    Ok(())
}

fn operation(compose: &mut Compose, text: &str, cancelled: &Cancelled) -> Result<(), Stop> {
    let text = text.trim();
    if text.is_empty() {
        return compose.walk(b"\n", TEXT, 0, cancelled);
    }
    if memchr::memchr(b'\n', text.as_bytes()).is_some() || text.len() > LAID_OUT {
        return compose.walk(text.as_bytes(), WAY, 0, cancelled);
    }
    compose.walk(laid_out(text).as_bytes(), WAY, 0, cancelled)
}

/// The words and signs of a text without line ends: strings are one, and so is whatever else has no white space.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|char: char| char.is_ascii_whitespace() || char == ',');
        let first = rest.chars().next()?;
        let length = if first == '"' {
            let end = if let Some(inner) = rest.strip_prefix("\"\"\"") {
                inner.find("\"\"\"").map(|end| end + 6)
            } else {
                let mut escaped = false;
                let closes = |(_, char): &(usize, char)| {
                    let closes = *char == '"' && !escaped;
                    escaped = *char == '\\' && !escaped;
                    closes
                };
                rest.char_indices().skip(1).find(closes).map(|(at, _)| at + 1)
            };
            end.unwrap_or(rest.len())
        } else if rest.starts_with("...") {
            3
        } else if matches!(first, '{' | '}' | '(' | ')' | '[' | ']' | ':' | '=' | '!' | '|' | '&' | '@' | '$') {
            1
        } else if first == '#' {
            rest.len()
        } else {
            let ends = |char: char| char.is_ascii_whitespace() || "{}()[]:=!|&@$,\"#".contains(char);
            rest.find(ends).unwrap_or(rest.len()).max(first.len_utf8())
        };
        let (token, left) = rest.split_at_checked(length)?;
        rest = left;
        Some(token)
    })
}

/// One selection a line, indented by braces.
fn laid_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut within) = (0_usize, 0_usize);
    let mut last = "";
    for token in tokens(text) {
        let in_selection = within == 0 && depth > 0;
        let begins = match token {
            "}" => within == 0,
            _ if last == "}" && within == 0 => true,
            _ if !in_selection => false,
            "..." => true,
            "{" | "(" | ")" | ":" | "@" | "=" | "!" | "$" | "[" | "]" | "|" | "&" => last == "{",
            // A field, unless it is what an alias, a directive or a spread stands for.
            _ => !matches!(last, ":" | "@" | "..." | "$" | "=") && !out.ends_with("... on"),
        };
        if token == "}" && within == 0 {
            depth = depth.saturating_sub(1);
        }
        if begins && !out.is_empty() {
            out.push('\n');
            // A text of braces alone would grow by the square of its length.
            out.extend(std::iter::repeat_n("  ", depth.min(32)));
        } else if !out.is_empty() {
            let tight = matches!(token, ")" | "]" | ":" | "!" | "(")
                || matches!(last, "(" | "[" | "@" | "$")
                || (last == "..." && token != "on" && token != "@" && token != "{");
            let comma = within > 0 && matches!(token, "$") && !matches!(last, "(" | "[" | "{" | ":" | "=")
                || within > 0 && is_name(token) && !matches!(last, "(" | "[" | "{" | ":" | "=" | "$" | "@");
            if comma {
                out.push_str(", ");
            } else if !tight {
                out.push(' ');
            }
        }
        match token {
            "{" if within == 0 => depth += 1,
            "(" | "[" | "{" => within += 1,
            ")" | "]" => within = within.saturating_sub(1),
            "}" if within > 0 => within -= 1,
            _ => {}
        }
        out.push_str(token);
        last = token;
    }
    out
}

fn is_name(token: &str) -> bool {
    token.starts_with(|char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '"' | '-'))
}

/// What comes next in a line of an operation.
fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let rest = bytes.get(spot.offset..).unwrap_or_default();
    if let Some(step) = line_end(rest, spot) {
        return step;
    }
    let fixed = |spot: &mut Spot, role, length, mode| {
        let step = super::tags::fixed(bytes, spot, role, length, spot.state);
        spot.mode = mode;
        step
    };
    if spot.state == BLOCK {
        spot.mode = Mode::After;
        if rest.starts_with(b"\"\"\"") {
            return super::tags::fixed(bytes, spot, Role::String, 3, 0);
        }
        return printed(bytes, spot, room, Role::String, |byte| byte == b'"');
    }
    match (spot.mode, rest) {
        (Mode::Done, _) => printed(bytes, spot, room, Role::Dim, |_| false),
        (Mode::String, [b'\\', second, ..]) if second.is_ascii_graphic() => fixed(spot, Role::String, 2, Mode::String),
        (Mode::String, [b'"', ..]) => fixed(spot, Role::String, 1, Mode::After),
        (Mode::String, _) => printed(bytes, spot, room, Role::String, |byte| matches!(byte, b'"' | b'\\')),
        (_, [b'"', b'"', b'"', ..]) => {
            spot.mode = Mode::After;
            super::tags::fixed(bytes, spot, Role::String, 3, BLOCK)
        }
        (_, [b'"', ..]) => fixed(spot, Role::String, 1, Mode::String),
        (_, [b'#', ..]) => {
            spot.mode = Mode::Done;
            printed(bytes, spot, room, Role::Dim, |_| false)
        }
        (_, [b'$' | b'@', ..]) => fixed(spot, Role::Literal, 1, Mode::Literal),
        (_, [byte, ..]) if is_sign(*byte) => fixed(spot, Role::Punctuation, 1, Mode::After),
        (_, [b' ' | b'\t', ..]) => {
            spot.mode = Mode::After;
            printed(bytes, spot, room, Role::Text, |byte| byte != b' ')
        }
        (mode, [first, ..]) => {
            let mode = match mode {
                Mode::Literal | Mode::Number | Mode::Key => mode,
                _ if first.is_ascii_digit() || *first == b'-' => Mode::Number,
                _ => Mode::Key,
            };
            spot.mode = mode;
            let role = match mode {
                Mode::Literal => Role::Literal,
                Mode::Number => Role::Number,
                _ => Role::Key,
            };
            let ends = |byte: u8| is_sign(byte) || matches!(byte, b' ' | b'"' | b'#' | b'$' | b'@');
            printed(bytes, spot, room, role, ends)
        }
        (_, []) => printed(bytes, spot, room, Role::Text, |_| false),
    }
}

fn is_sign(byte: u8) -> bool {
    matches!(byte, b'{' | b'}' | b'(' | b')' | b'[' | b']' | b':' | b'=' | b'!' | b'|' | b'&' | b',' | b'.')
}

#[cfg(test)]
mod tests {
    use super::super::properties::{chosen, typed};
    use super::*;

    #[test]
    fn the_text_comes_first_and_variables_are_json() {
        let body = r#"{"operationName":"Q","variables":{"id":[1,-0]},"query":"query Q($id: [ID!]!, $n: Int = 3) { user(id: $id, first: 10) @include(if: true) { name alias: field(a: {b: \"c d\"}) ...F ... on User { id } } }"}"#;
        let (view, rows, note) = chosen(body.as_bytes(), "application/json");
        assert_eq!((view, note), ("graphql", None));
        let expected = [
            "query Q($id: [ID!]!, $n: Int = 3) {",
            "  user(id: $id, first: 10) @include(if: true) {",
            "    name",
            "    alias: field(a: { b: \"c d\" })",
            "    ...F",
            "    ... on User {",
            "      id",
            "    }",
            "  }",
            "}",
            "",
            "operationName",
            "\"Q\"",
            "",
            "variables",
            "{",
            "  \"id\": [",
            "    1,",
            "    -0",
            "  ]",
            "}",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn an_author_keeps_the_layout() {
        let body = b"# a comment\nquery {\n      a(s: \"\"\"b\n  # no comment\n\"\"\")\n}\n";
        let (view, rows, _) = chosen(body, "application/graphql");
        assert_eq!(view, "graphql");
        assert_eq!(rows.join("\n") + "\n", std::str::from_utf8(body).unwrap());
        let list = chosen(br#"[{"query":"{a}"},{"query":"{b}"}]"#, "application/graphql+json");
        assert_eq!(list.0, "json");
        let document = typed(br#"[{"query":"{a}"},{"query":"{b}"}]"#, "graphql", "");
        let rows = super::super::properties::shown(&document, 80);
        assert_eq!(rows, ["operation 1", "{", "  a", "}", "", "operation 2", "{", "  b", "}"]);
        let document = typed(br#"{"a":1}"#, "graphql", "");
        assert_eq!(document.note(), Some("not GraphQL: no query at line 1, column 1"));
    }

    #[test]
    fn a_layout_keeps_every_sign() {
        let text = "query($a:Int=1){a,b(x:[1,2,{c:\"}\"}])@d{...on X{e}...Y}}fragment Y on Z{f}";
        let signs = |text: &str| text.replace([' ', ',', '\n'], "");
        assert_eq!(signs(&laid_out(text)), signs(text));
        assert!(laid_out(&"{".repeat(1000)).len() < 100_000);
    }
}
