//! A path policy: what of a captured request target goes behind a target's base path.
//!
//! Written as one word: `append` (all of it, which is the default), `strip:/prefix` (all of it but a prefix of whole
//! segments; a path that does not begin so stays whole), `fixed` (nothing: the target's own path and query stand alone),
//! or `template:/v2{path}?{query}`, which is made anew out of these parts:
//!
//! | part | stands for |
//! | --- | --- |
//! | `{path}` | the captured path with its first `/` |
//! | `{1}` … `{99}` | one segment of it, counted from 1; nothing where there is none |
//! | `{query}` | the captured query without its `?` |
//! | `{query.NAME}` | the value of the first parameter of that name; nothing where there is none |
//!
//! Decided: parts are inserted byte for byte, nothing is decoded. A `?` behind which the parts leave nothing is left out.
//! Refused: regular expressions, which nobody reads again; a template says the same and can be seen to.

use std::{borrow::Cow, fmt, str::FromStr};

use crate::model::{Printable, did_you_mean};

/// See the head of this file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Route {
    /// All of the captured path and query.
    #[default]
    Append,
    /// All of it but this prefix, which begins with a `/` and does not end with one.
    Strip(String),
    /// Nothing of it.
    Fixed,
    /// What the template makes of it.
    Template(Template),
}

/// A template that has been read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    written: String,
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Text(String),
    Path,
    Segment(usize),
    Query,
    Parameter(String),
}

/// Why a text is no path policy: a sentence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct RouteError(String);

/// The kinds of policies, as they are written, and what each does.
pub const ROUTES: [(&str, &str); 4] = [
    ("append", "the captured path and query go behind the target's"),
    ("strip:/PREFIX", "the same, without a prefix of the captured path"),
    ("fixed", "the target's path and query alone"),
    ("template:TEMPLATE", "a path and query made of `{path}`, `{1}`, `{query}` and `{query.NAME}`"),
];

impl Route {
    /// What goes behind the base for a captured path and query.
    pub fn apply<'a>(&self, captured: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            Self::Append => Cow::Borrowed(captured),
            Self::Fixed => Cow::Borrowed(b""),
            Self::Strip(prefix) => match captured.strip_prefix(prefix.as_bytes()) {
                Some(rest) if matches!(rest.first(), None | Some(b'/' | b'?')) => Cow::Borrowed(rest),
                _ => Cow::Borrowed(captured),
            },
            Self::Template(template) => Cow::Owned(template.fill(captured)),
        }
    }
}

impl Template {
    fn read(written: &str) -> Result<Self, RouteError> {
        let shown = Printable::limited(written.as_bytes(), 60);
        if !(written.starts_with('/') || written.starts_with("{path}")) {
            return Err(RouteError(format!("the template `{shown}` does not begin with `/` or `{{path}}`")));
        }
        check(written)?;
        let (mut parts, mut rest) = (Vec::new(), written);
        while let Some((text, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(RouteError(format!("the template `{shown}` has a `{{` without its `}}`")));
            };
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            parts.push(match name {
                "path" => Part::Path,
                "query" => Part::Query,
                _ => match (name.strip_prefix("query."), name.parse()) {
                    (Some(parameter), _) if !parameter.is_empty() => Part::Parameter(parameter.to_owned()),
                    (_, Ok(number @ 1..=99)) => Part::Segment(number),
                    _ => {
                        let hint = did_you_mean(name, ["path", "query"]);
                        let name = Printable::limited(name.as_bytes(), 30);
                        return Err(RouteError(format!(
                            "no part of a template is called `{{{name}}}`: write {{path}}, {{1}}, {{query}} or {{query.NAME}}{hint}"
                        )));
                    }
                },
            });
            rest = after;
        }
        if rest.contains('}') {
            return Err(RouteError(format!("the template `{shown}` has a `}}` without its `{{`")));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { written: written.to_owned(), parts })
    }

    fn fill(&self, captured: &[u8]) -> Vec<u8> {
        let (path, query) = match memchr::memchr(b'?', captured) {
            Some(at) => (captured.get(..at).unwrap_or_default(), captured.get(at + 1..).unwrap_or_default()),
            None => (captured, &b""[..]),
        };
        let mut out = Vec::with_capacity(captured.len() + self.written.len());
        for part in &self.parts {
            out.extend_from_slice(match part {
                Part::Text(text) => text.as_bytes(),
                Part::Path => path,
                Part::Query => query,
                Part::Segment(number) => path
                    .strip_prefix(b"/")
                    .unwrap_or(path)
                    .split(|byte| *byte == b'/')
                    .nth(number - 1)
                    .unwrap_or_default(),
                Part::Parameter(name) => parameter(query, name.as_bytes()),
            });
        }
        if out.last() == Some(&b'?') {
            out.pop();
        }
        out
    }
}

/// The value of the first parameter of that name, still escaped.
fn parameter<'a>(query: &'a [u8], name: &[u8]) -> &'a [u8] {
    let mut pairs = query.split(|byte| *byte == b'&');
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix(b"=")).unwrap_or_default()
}

/// Refuses what no request target may have.
fn check(text: &str) -> Result<(), RouteError> {
    match text.chars().find(|char| !matches!(char, '!'..='~') || *char == '#') {
        None => Ok(()),
        Some(odd) => {
            let odd = Printable::new(odd.encode_utf8(&mut [0; 4]).as_bytes());
            Err(RouteError(format!("the path policy has `{odd}` in it, which no path has as it is: percent-encode it")))
        }
    }
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        match text.split_once(':') {
            None if text == "append" => Ok(Self::Append),
            None if text == "fixed" => Ok(Self::Fixed),
            Some(("strip", prefix)) => {
                let prefix = prefix.trim_end_matches('/');
                check(prefix)?;
                if !prefix.starts_with('/') || prefix.contains('?') {
                    return Err(RouteError("the prefix to strip is a path, such as strip:/stripe".to_owned()));
                }
                Ok(Self::Strip(prefix.to_owned()))
            }
            Some(("template", template)) => Template::read(template).map(Self::Template),
            _ => {
                let word = text.split(':').next().unwrap_or_default();
                let hint = did_you_mean(word, ["append", "strip", "fixed", "template"]);
                let shown = Printable::limited(text.as_bytes(), 60);
                let kinds: Vec<&str> = ROUTES.iter().map(|(written, _)| *written).collect();
                Err(RouteError(format!("`{shown}` is no path policy: write {}{hint}", kinds.join(", "))))
            }
        }
    }
}

impl fmt::Display for Route {
    /// As it can be read again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Append => f.write_str("append"),
            Self::Fixed => f.write_str("fixed"),
            Self::Strip(prefix) => write!(f, "strip:{prefix}"),
            Self::Template(template) => write!(f, "template:{}", template.written),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn applied(route: &str, captured: &str) -> String {
        let route: Route = route.parse().unwrap();
        String::from_utf8(route.apply(captured.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn each_policy_makes_what_it_says() {
        for (route, captured, expected) in [
            ("append", "/a?b=1", "/a?b=1"),
            ("fixed", "/a?b=1", ""),
            ("strip:/a", "/a/b?c", "/b?c"),
            ("strip:/a/", "/a?c", "?c"),
            ("strip:/a", "/ab", "/ab"),
            ("strip:/a", "/a", ""),
            ("template:/v2{path}?{query}", "/a/b?c=%20", "/v2/a/b?c=%20"),
            ("template:/v2{path}?{query}", "/a", "/v2/a"),
            ("template:/{2}/{1}/{9}?id={query.id}", "/a/b?x=1&id=7&id=8", "/b/a/?id=7"),
            ("template:{path}", "//%zz/", "//%zz/"),
        ] {
            assert_eq!(applied(route, captured), expected, "{route} {captured}");
        }
    }

    #[test]
    fn what_is_none_says_what_to_write() {
        for (route, sentence) in [
            (
                "apend",
                "`apend` is no path policy: write append, strip:/PREFIX, fixed, template:TEMPLATE; did you mean `append`?",
            ),
            ("strip:a", "the prefix to strip is a path, such as strip:/stripe"),
            ("strip:/", "the prefix to strip is a path, such as strip:/stripe"),
            ("template:a", "the template `a` does not begin with `/` or `{path}`"),
            ("template:/{path", "the template `/{path` has a `{` without its `}`"),
            ("template:/a}", "the template `/a}` has a `}` without its `{`"),
            (
                "template:/{qery}",
                "no part of a template is called `{qery}`: write {path}, {1}, {query} or {query.NAME}; did you mean `query`?",
            ),
            ("template:/a b", "the path policy has ` ` in it, which no path has as it is: percent-encode it"),
            ("template:/#", "the path policy has `#` in it, which no path has as it is: percent-encode it"),
        ] {
            assert_eq!(route.parse::<Route>().unwrap_err().to_string(), sentence, "{route}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_reads_as_it_is_shown(
            text in prop_oneof![any::<String>(), "(strip|template|fixed):?[/a{}1?.]{0,9}"],
            captured in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            match text.parse::<Route>() {
                Ok(route) => {
                    let _ = route.apply(&captured);
                    prop_assert_eq!(route.to_string().parse::<Route>().unwrap(), route);
                }
                Err(error) => {
                    let sentence = error.to_string();
                    prop_assert_eq!(Printable::from(sentence.as_str()).to_string(), sentence);
                }
            }
        }
    }
}
