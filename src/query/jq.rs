//! jq in queries: `jq(.data.lines | length > 1)`.
//!
//! Decided: a capture matches where the last value that the expression gives for its body is neither null nor false, as
//! `jq --exit-status` has it; a body that is no JSON, an error and a run that went past its limits do not. The limits hold
//! for each capture, so that the next letter typed never waits longer than one of them.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use super::{QueryError, bodies, fields::Seen};
use crate::decode::{
    Cancelled,
    jq::{self, Limits, Program},
};

/// What one run may cost.
const LIMITS: Limits = Limits { time: Duration::from_millis(100), output: 1 << 20, values: 10_000, memory: 64 << 20 };

/// An expression, ready to run.
#[derive(Clone)]
pub struct Expression {
    source: Arc<str>,
    program: Program,
}

impl Expression {
    /// Makes an expression ready that begins at byte `at` of a query.
    pub(super) fn new(source: &str, at: usize) -> Result<Self, QueryError> {
        let program = jq::compile(source).map_err(|mistake| {
            let Range { start, end } = mistake.span;
            QueryError::new(at + start..at + end, format!("the jq expression does not work: {}", mistake.sentence))
        })?;
        Ok(Self { source: source.into(), program })
    }

    /// Whether it holds for a capture.
    pub(super) fn holds(&self, seen: Seen<'_>) -> bool {
        let Some(body) = bodies::text(seen.capture) else { return false };
        // What does not begin as JSON is not run: most bodies of a ring may be forms.
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        let begins =
            first.is_some_and(|byte| matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'));
        let results = if begins { jq::run(&self.program, &body, &LIMITS, &Cancelled::default()) } else { None };
        results.is_some_and(|results| results.count > 0 && results.truth && results.why.is_none())
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "jq({})", self.source)
    }
}

/// How long an expression is that begins here, up to the parenthesis that closes it; nothing where none does.
pub(super) fn length(text: &str) -> Option<usize> {
    // What is open: a parenthesis, or a string, in which `\(` opens one again.
    let mut open = vec![b'('];
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let in_string = open.last() == Some(&b'"');
        match byte {
            b'\\' if in_string => {
                if let Some((_, b'(')) = bytes.next() {
                    open.push(b'(');
                }
            }
            b'"' if in_string => _ = open.pop(),
            b'"' => open.push(b'"'),
            b'(' if !in_string => open.push(b'('),
            b')' if !in_string => {
                open.pop();
                if open.is_empty() {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_ends_at_its_own_parenthesis() {
        for (text, expected) in [
            (".a) b", Some(2)),
            ("(.a)|(.b))", Some(9)),
            (r#".a == ")")"#, Some(9)),
            (r#""\(.a + ")")")"#, Some(13)),
            (r#""\")")"#, Some(5)),
            ("é)", Some(2)),
            (")", Some(0)),
            (".a", None),
            (r#"")"#, None),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }
}
