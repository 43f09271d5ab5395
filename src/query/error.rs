//! What is wrong with a query, where, and what to do: the place is where the next thing is expected, so that it can be
//! shown under the caret while someone types.

use std::ops::Range;

use crate::model::Printable;

/// Why a text is not a query. Message and hint quote what was typed: print them as anything from outside.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// Where, in bytes of the text. Empty where something is missing; never past the end, and on character boundaries.
    pub span: Range<usize>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl QueryError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The query, a mark under the place, and the sentences: what a command line prints. Ends without a line feed.
    pub fn report(&self, query: &str) -> String {
        let shown = |part: Option<&str>| Printable::from(part.unwrap_or_default());
        let before = shown(query.get(..self.span.start));
        let within = shown(query.get(self.span.clone()));
        let after = shown(query.get(self.span.end..));
        let mark = "^".repeat(within.width().max(1));
        let mut report =
            format!("{before}{within}{after}\n{}{mark} {}", " ".repeat(before.width()), shown(Some(&self.message)));
        if let Some(hint) = &self.hint {
            report.push_str("\n  ");
            report.push_str(shown(Some(hint)).as_str());
        }
        report
    }
}

/// The word of `known` that is most like `typed`, if one is like enough.
pub(super) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_ascii_lowercase();
    let limit = (typed.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|word| (strsim::osa_distance(&typed, word), word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_marks_the_place() {
        let error = QueryError::new(3..8, "unknown field `metod`").hint("did you mean `method`?");
        let expected = "é metod:GET\n  ^^^^^ unknown field `metod`\n  did you mean `method`?";
        assert_eq!(error.report("é metod:GET"), expected);
        assert_eq!(QueryError::new(2..2, "expected `)`").report("(a"), "(a\n  ^ expected `)`");
    }

    #[test]
    fn only_what_is_alike_is_suggested() {
        assert_eq!(nearest("Metod", ["path", "method"]), Some("method"));
        assert_eq!(nearest("hots", ["host", "path"]), Some("host"));
        assert_eq!(nearest("localhost", ["host", "path"]), None);
        assert_eq!(nearest("", ["id"]), None);
    }
}
