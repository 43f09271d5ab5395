//! From text to tree, by recursive descent: one function a level of the grammar, and errors that point at what is missing.
//!
//! Decided: nothing that is typed is silently taken for something else. A name that no field has is an error and not a word,
//! and so is a half-typed phrase, value or group; each error lies where the next thing is expected. Depth, length and the
//! number of regular expressions are bounded, because queries come from config files too.

use super::{
    error::{QueryError, nearest},
    fields::{ANYWHERE, FIELDS, Field, JQ, JSON, Kind, field},
    jq::{self, Expression},
    literal::{Compare, compared, literal, range},
    text::{Glob, Place},
    token::{Cursor, Head},
    tree::{Group, Node, Part, Test, Text, Value, boundary, ends_value, ends_word},
};
use crate::decode::JsonPath;

/// How deep groups and negations may nest.
pub const DEPTH: usize = 64;

/// How long a query may be, in bytes.
pub const LENGTH: usize = 16 * 1024;

/// How many regular expressions a query may hold.
pub const PATTERNS: usize = 16;

/// How many jq expressions a query may hold.
pub const EXPRESSIONS: usize = 4;

/// Reads a query. Nothing but blanks is no node: it asks for nothing.
pub fn parse(text: &str) -> Result<Option<Node>, QueryError> {
    if text.len() > LENGTH {
        let start = boundary(text, LENGTH);
        return Err(QueryError::new(start..text.len(), format!("a query is at most {} KiB long", LENGTH >> 10)));
    }
    let mut parser = Parser { cursor: Cursor::new(text), depth: 0, patterns: 0, expressions: 0 };
    parser.cursor.skip_blanks();
    if parser.cursor.is_at_end() {
        return Ok(None);
    }
    let node = parser.any("")?;
    if parser.cursor.is_at_end() {
        return Ok(Some(node));
    }
    // A list ends at the end or at a parenthesis, and no group is open here.
    Err(parser.here(1, "there is no `(` for this `)`").hint("to look for a parenthesis, quote it"))
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    patterns: usize,
    expressions: usize,
}

impl Parser<'_> {
    /// An error about the next `length` bytes.
    fn here(&self, length: usize, message: impl Into<String>) -> QueryError {
        let at = self.cursor.at();
        QueryError::new(at..at + length, message)
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        if self.depth == DEPTH {
            return Err(self
                .here(0, format!("groups and negations may nest {DEPTH} deep"))
                .hint("fields take several values: method:GET,POST"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// `all or all …`. `after` is what stands before it, for the error when nothing comes.
    fn any(&mut self, after: &str) -> Result<Node, QueryError> {
        let mut nodes = vec![self.all(after)?];
        while self.cursor.eat_keyword("or") {
            nodes.push(self.all("after `or`")?);
        }
        Ok(one_or(nodes, Node::Or))
    }

    /// `one and one …`, where `and` may be left out.
    fn all(&mut self, after: &str) -> Result<Node, QueryError> {
        let mut nodes = vec![self.one(after)?];
        loop {
            self.cursor.skip_blanks();
            let joined = self.cursor.eat_keyword("and");
            let ends = matches!(self.cursor.peek(), None | Some(')')) || self.cursor.keyword() == Some("or");
            if ends && !joined {
                return Ok(one_or(nodes, Node::And));
            }
            nodes.push(self.one(if joined { "after `and`" } else { "" })?);
        }
    }

    /// A negation, a group, a phrase, a field or a word.
    fn one(&mut self, after: &str) -> Result<Node, QueryError> {
        self.cursor.skip_blanks();
        let expected = format!("expected something to look for{}{after}", if after.is_empty() { "" } else { " " });
        if let Some(keyword) = self.cursor.keyword() {
            if self.cursor.eat_keyword("not") {
                return self.negated("after `not`");
            }
            return Err(self
                .here(keyword.len(), format!("{expected} before `{keyword}`"))
                .hint(format!("to look for the word itself, quote it: \"{keyword}\"")));
        }
        match self.cursor.peek() {
            None => Err(self.here(0, expected).hint("a word, a \"phrase\" or a field such as method:POST")),
            Some(')') => Err(self.here(1, format!("{expected} before `)`"))),
            Some('-') => {
                self.cursor.eat("-");
                if self.cursor.peek().is_some_and(char::is_whitespace) {
                    return Err(self
                        .here(0, "expected what must not match right after `-`")
                        .hint("to look for a dash, quote it: \"-\""));
                }
                self.negated("after `-`")
            }
            Some('(') => {
                self.cursor.eat("(");
                let node = self.deeper(|parser| parser.any("after `(`"))?;
                if self.cursor.eat(")") {
                    return Ok(node);
                }
                Err(self.here(0, "expected `)`").hint("every `(` needs its `)`"))
            }
            Some('j' | 'J') if self.cursor.eat("jq(") => self.jq(),
            Some('.') => match self.path()? {
                Some(test) => Ok(test),
                None => anywhere(self.cursor.run(ends_word)),
            },
            Some('"') => {
                let phrase = self.cursor.phrase()?;
                anywhere(&phrase)
            }
            Some(_) => match self.cursor.head() {
                Some(head) => self.test(&head),
                None => anywhere(self.cursor.run(ends_word)),
            },
        }
    }

    fn negated(&mut self, after: &str) -> Result<Node, QueryError> {
        self.deeper(|parser| parser.one(after)).map(|node| Node::Not(Box::new(node)))
    }

    /// A jq expression, from behind its parenthesis on.
    fn jq(&mut self) -> Result<Node, QueryError> {
        let start = self.cursor.at();
        let rest = self.cursor.rest();
        let Some(length) = jq::length(rest) else {
            let end = start + rest.len();
            return Err(QueryError::new(end..end, "expected `)` at the end of the jq expression")
                .hint("for example jq(.data.lines | length > 1)"));
        };
        self.expressions += 1;
        if self.expressions > EXPRESSIONS {
            return Err(self.here(0, format!("a query holds at most {EXPRESSIONS} jq expressions")));
        }
        let source = rest.get(..length).unwrap_or_default();
        let expression = Expression::new(source, start)?;
        self.cursor.eat(source);
        self.cursor.eat(")");
        let field = field(JQ).ok_or_else(|| self.here(0, "jq is not there"))?;
        Ok(Node::Test(Test { field, part: Some(Part::Of(expression)), values: vec![Value::Present] }))
    }

    /// A path into JSON with what may lie there, where the text is one and not a word that begins with a dot.
    fn path(&mut self) -> Result<Option<Node>, QueryError> {
        let start = self.cursor.at();
        let is_word = !self.cursor.clone().run(char::is_whitespace).contains(':');
        let (path, length) = match JsonPath::read(self.cursor.rest()) {
            Ok(read) => read,
            Err(_) if is_word => return Ok(None),
            Err(error) => {
                let at = start + error.at;
                return Err(QueryError::new(at..at, error.message).hint("for example .items[].sku:A1"));
            }
        };
        let written = self.cursor.rest().get(..length).unwrap_or_default().to_owned();
        let mut ahead = self.cursor.clone();
        ahead.eat(&written);
        if !ahead.eat(":") {
            if is_word {
                return Ok(None);
            }
            let at = start + length;
            return Err(QueryError::new(at..at, "expected `:` after the path")
                .hint("keys with other signs are quoted: .\"odd key\":1"));
        }
        self.cursor = ahead;
        let Some(field) = field(JSON) else { return Ok(None) };
        let values = self.values(field, &written)?;
        Ok(Some(Node::Test(Test { field, part: Some(Part::At(path)), values })))
    }

    /// What stands after the colon of a field.
    fn test(&mut self, head: &Head<'_>) -> Result<Node, QueryError> {
        let field = field(head.name).ok_or_else(|| unknown(head, self.cursor.rest()))?;
        let part = match (&head.part, field.part) {
            _ if field.name == JQ => {
                return Err(QueryError::new(head.span.clone(), "a jq expression stands in parentheses")
                    .hint(format!("for example {}", field.example)));
            }
            (None, _) if field.name == JSON => {
                return Err(QueryError::new(head.span.clone(), "a value in JSON is asked for by its path")
                    .hint(format!("for example {}", field.example)));
            }
            (Some((part, span)), _) if field.name == JSON => {
                return Err(QueryError::new(
                    head.span.start..span.end,
                    "a path is written without the name of the field",
                )
                .hint(format!("so: .{part}:…")));
            }
            (None, _) => None,
            (Some((part, span)), Some(what)) if part.is_empty() => {
                return Err(QueryError::new(span.clone(), format!("expected a {what} after `{}.`", head.name))
                    .hint(format!("or leave the dot out: {}:…", head.name)));
            }
            (Some((part, _)), Some(_)) => Some(Part::Named(part.as_str().into())),
            (Some((_, span)), None) => {
                return Err(QueryError::new(span.start - 1..span.end, format!("`{}` has no parts", field.name))
                    .hint(format!("for example {}", field.example)));
            }
        };
        let values = self.values(field, head.name)?;
        Ok(Node::Test(Test { field, part, values }))
    }

    fn values(&mut self, field: &'static Field, name: &str) -> Result<Vec<Value>, QueryError> {
        let mut values = vec![self.value(field, name, ":")?];
        while self.cursor.eat(",") {
            values.push(self.value(field, name, ",")?);
        }
        Ok(values)
    }

    fn value(&mut self, field: &'static Field, name: &str, after: &str) -> Result<Value, QueryError> {
        let start = self.cursor.at();
        let compare =
            Compare::WRITTEN.into_iter().find(|(written, _)| self.cursor.eat(written)).map(|(_, compare)| compare);
        let pattern = if field.slashes { "~/" } else { "/" };
        let is_pattern = self.cursor.rest().starts_with(pattern) || self.cursor.rest().starts_with("~/");
        if compare.is_none() && is_pattern && field.kind.is_text() {
            self.patterns += 1;
            if self.patterns > PATTERNS {
                return Err(self.here(0, format!("a query holds at most {PATTERNS} regular expressions")));
            }
            self.cursor.eat("~");
            return self.cursor.pattern().map(Value::Pattern);
        }
        let quoted = self.cursor.peek() == Some('"');
        let text_at = self.cursor.at();
        let text = if quoted { self.cursor.phrase()? } else { self.cursor.run(ends_value).to_owned() };
        if text.is_empty() && !quoted {
            let after = match (compare, after) {
                (Some(_), _) => "the sign".to_owned(),
                (None, ":") => format!("`{name}:`"),
                (None, after) => format!("`{after}`"),
            };
            let hint = match self.cursor.peek() {
                Some('(') => "several values are written with commas: method:GET,POST".to_owned(),
                _ => format!("for example {}", field.example),
            };
            return Err(self.here(0, format!("expected a value right after {after}")).hint(hint));
        }
        if text == "*" && !quoted && compare.is_none() {
            return Ok(Value::Present);
        }
        let span = start..self.cursor.at();
        let wrong =
            |message: String| QueryError::new(span.clone(), message).hint(format!("for example {}", field.example));
        match field.kind {
            Kind::Flag => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" if compare.is_none() => Ok(Value::Flag(true)),
                "false" | "no" if compare.is_none() => Ok(Value::Flag(false)),
                _ => Err(wrong(format!("`{}` is either true or false", field.name))),
            },
            Kind::Value
                if compare.is_some_and(|compare| compare != Compare::Same)
                    || (!quoted && text.contains("..") && range(field.kind, &text).is_ok()) =>
            {
                number(field.kind, compare, &text).map_err(wrong)
            }
            Kind::Text | Kind::Word | Kind::Value => match compare {
                None if text.contains('*') && !quoted => Ok(Value::Glob(Glob::new(&text))),
                None | Some(Compare::Same) => {
                    known(field, &text)
                        .map_err(|(message, hint)| QueryError::new(text_at..self.cursor.at(), message).hint(hint))?;
                    let place =
                        if compare.is_none() && field.kind == Kind::Text { Place::Within } else { Place::Whole };
                    let text = Text::new(&text, place);
                    Ok(if compare.is_none() { Value::Text(text) } else { Value::Same(text) })
                }
                Some(_) => Err(wrong(format!("`{}` is text and has no order", field.name))
                    .hint("to look for the sign itself, quote it")),
            },
            kind => number(kind, compare, &text).map_err(wrong),
        }
    }
}

/// A number, or a stretch of them.
fn number(kind: Kind, compare: Option<Compare>, text: &str) -> Result<Value, String> {
    let (low, high) = match compare {
        None => range(kind, text),
        Some(compare) => literal(kind, text).map(|stretch| compared(compare, stretch)),
    }?;
    let sign = Compare::WRITTEN.into_iter().find(|(_, written)| Some(*written) == compare);
    // Spaces stand in quoted times alone, where a `T` means the same.
    let written = text.replace(' ', "T");
    Ok(Value::Number(format!("{}{written}", sign.map_or("", |(sign, _)| sign)).into(), low, high))
}

/// A word or phrase, which may lie anywhere.
fn anywhere(text: &str) -> Result<Node, QueryError> {
    let field = field(ANYWHERE).ok_or_else(|| QueryError::new(0..0, "words cannot be looked for"))?;
    Ok(Node::Test(Test { field, part: None, values: vec![Value::Text(Text::new(text, Place::Within))] }))
}

fn one_or(mut nodes: Vec<Node>, group: fn(Group) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            group(Group::new(nodes))
        }
    }
}

/// Whether a value makes sense for a field that has only known ones; message and hint where it does not.
fn known(field: &Field, value: &str) -> Result<(), (String, String)> {
    let known = (field.known)();
    if !field.closed || known.iter().any(|(word, _)| word.eq_ignore_ascii_case(value)) {
        return Ok(());
    }
    let lower = value.to_lowercase();
    let begins = known.iter().map(|(word, _)| *word).find(|word| !lower.is_empty() && word.starts_with(&lower));
    let by_label = known.iter().find(|(_, label)| label.to_lowercase() == lower).map(|(word, _)| *word);
    let alike = by_label.or(begins).or_else(|| nearest(value, known.iter().map(|(word, _)| *word)));
    let hint = match alike {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!(
            "known are {} and others",
            known.iter().take(6).map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
        ),
    };
    Err((format!("unknown {} `{value}`", field.name), hint))
}

/// The error for a name that no field has.
fn unknown(head: &Head<'_>, rest: &str) -> QueryError {
    let error = QueryError::new(head.span.clone(), format!("unknown field `{}`", head.name));
    let value = rest.split(ends_value).next().unwrap_or_default();
    let names = FIELDS.iter().flat_map(|field| std::iter::once(field.name).chain(field.aliases.iter().copied()));
    match nearest(head.name, names) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None if head.part.is_none() && head.name.contains('-') => {
            error.hint(format!("a header is asked for so: header.{}:{value}", head.name.to_ascii_lowercase()))
        }
        None => error.hint(format!("to look for the text itself, quote it: \"{}:{value}\"", head.name)),
    }
}
