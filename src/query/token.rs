//! The pieces of a query as they stand in its text: words, phrases, regular expressions, the heads of fields.
//!
//! What a piece is hangs on where it stands (`/a/` is a path, a word or a regular expression), so the parser asks for the
//! piece that it expects; there is no list of tokens.

use std::ops::Range;

use super::{
    error::QueryError,
    text::Pattern,
    tree::{KEYWORDS, ends_value, ends_word},
};

/// A place in the text of a query.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// A field's name up to its colon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head<'a> {
    /// Before the dot, or all of it.
    pub name: &'a str,
    /// Where the name stands.
    pub span: Range<usize>,
    /// After the dot, without quotes, and where that stands.
    pub part: Option<(String, Range<usize>)>,
}

impl<'a> Cursor<'a> {
    /// The start of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How far it has come, in bytes.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What is left.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Passes over blanks.
    pub fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Passes over that text if it stands next.
    pub fn eat(&mut self, text: &str) -> bool {
        let stands = self.rest().starts_with(text);
        if stands {
            self.at += text.len();
        }
        stands
    }

    /// The run of characters before one that ends it.
    pub fn run(&mut self, ends: fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(ends).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// The joining word that stands next, if one does.
    pub fn keyword(&self) -> Option<&'static str> {
        let word = self.clone().run(ends_word);
        KEYWORDS.into_iter().find(|keyword| keyword.eq_ignore_ascii_case(word))
    }

    /// Passes over that joining word if it stands next.
    pub fn eat_keyword(&mut self, keyword: &'static str) -> bool {
        let stands = self.keyword() == Some(keyword);
        if stands {
            self.at += keyword.len();
        }
        stands
    }

    /// A phrase from its opening quote on, without quotes and escapes. `\"` is a quote and `\\` a backslash; before anything
    /// else a backslash is itself.
    pub fn phrase(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        self.eat("\"");
        let mut phrase = String::new();
        let mut escaped = false;
        for (at, char) in self.rest().char_indices() {
            match (escaped, char) {
                (false, '"') => {
                    self.at += at + 1;
                    return Ok(phrase);
                }
                (false, '\\') => {
                    escaped = true;
                    continue;
                }
                (true, '"' | '\\') | (false, _) => {}
                (true, _) => phrase.push('\\'),
            }
            escaped = false;
            phrase.push(char);
        }
        let end = self.text.len();
        let opened = self.text.get(start..).unwrap_or_default().chars().take(12).collect::<String>();
        Err(QueryError::new(end..end, "expected `\"` at the end of the phrase")
            .hint(format!("the phrase begins at {opened}; a quote inside it is written \\\"")))
    }

    /// A regular expression from its opening slash on, with its flags.
    pub fn pattern(&mut self) -> Result<Pattern, QueryError> {
        let quote = "to look for text that begins with a slash, quote it";
        self.eat("/");
        let start = self.at;
        let mut escaped = false;
        let closing = self.rest().char_indices().find_map(|(at, char)| {
            let closes = char == '/' && !escaped;
            escaped = char == '\\' && !escaped;
            closes.then_some(at)
        });
        let Some(length) = closing else {
            let end = self.text.len();
            return Err(
                QueryError::new(end..end, "expected `/` at the end of the regular expression").hint(quote.to_owned())
            );
        };
        let source = self.rest().get(..length).unwrap_or_default();
        self.at += length + 1;
        let flags_at = self.at;
        let flags = self.run(ends_value);
        if let Some((at, flag)) = flags.char_indices().find(|(_, flag)| !Pattern::FLAGS.contains(*flag)) {
            let at = flags_at + at;
            return Err(QueryError::new(
                at..at + flag.len_utf8(),
                format!("unknown flag `{flag}` after the regular expression"),
            )
            .hint(format!("flags are i, m, s and x; a slash inside is written \\/, and {quote}")));
        }
        if source.is_empty() {
            return Err(QueryError::new(start..start, "expected a regular expression between the slashes")
                .hint("for example /inv_[0-9]+/"));
        }
        Pattern::new(source, flags).map_err(|(span, message)| {
            QueryError::new(
                start + span.start..start + span.end,
                format!("the regular expression does not work: {message}"),
            )
            .hint("a backslash makes the next character stand for itself")
        })
    }

    /// The head of a field, if one stands next: a name, perhaps a dot and a part, and a colon.
    pub fn head(&mut self) -> Option<Head<'a>> {
        let mut ahead = self.clone();
        let start = ahead.at;
        let name = ahead.run(|char| !(char.is_ascii_alphanumeric() || matches!(char, '_' | '-')));
        if !name.starts_with(|char: char| char.is_ascii_alphabetic()) {
            return None;
        }
        let span = start..ahead.at;
        let mut part = None;
        if ahead.eat(".") {
            let start = ahead.at;
            let text = if ahead.peek() == Some('"') {
                ahead.phrase().ok()?
            } else {
                ahead.run(|char| ends_value(char) || char == ':').to_owned()
            };
            part = Some((text, start..ahead.at));
        }
        if !ahead.eat(":") {
            return None;
        }
        *self = ahead;
        Some(Head { name, span, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Option<(String, Option<String>)> {
        Cursor::new(text).head().map(|head| (head.name.to_owned(), head.part.map(|(part, _)| part)))
    }

    #[test]
    fn heads_end_in_a_colon() {
        let named = |name: &str, part: Option<&str>| Some((name.to_owned(), part.map(str::to_owned)));
        assert_eq!(head("method:GET"), named("method", None));
        assert_eq!(head("header.X-A:1"), named("header", Some("X-A")));
        assert_eq!(head("query.\"a b:\":1"), named("query", Some("a b:")));
        assert_eq!(head("header.:1"), named("header", Some("")));
        for text in ["method", "method GET", "12:30", ":x", "é:x", "header.x y:1", "header.\"x:1", "-a:1", ""] {
            assert_eq!(head(text), None, "{text}");
        }
    }

    #[test]
    fn phrases_keep_backslashes_that_escape_nothing() {
        for (text, expected) in [(r#""a b" c"#, "a b"), (r#""\"\\""#, r#""\"#), (r#""\d\n""#, r"\d\n"), (r#""""#, "")] {
            assert_eq!(Cursor::new(text).phrase().unwrap(), expected, "{text}");
        }
        for text in [r#""abc"#, r#"""#, r#""a\""#, r#""a\"#] {
            assert_eq!(Cursor::new(text).phrase().unwrap_err().span, text.len()..text.len(), "{text}");
        }
    }

    #[test]
    fn joining_words_stand_alone() {
        for (text, expected) in [("and x", Some("and")), ("OR(", Some("or")), ("not", Some("not")), ("nothing", None)] {
            assert_eq!(Cursor::new(text).keyword(), expected, "{text}");
        }
    }
}
