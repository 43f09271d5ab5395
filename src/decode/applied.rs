//! A jq expression over a document: which JSON that is, and a document of the results.
//!
//! Decided: what an expression sees is the values of the body and not the view of them: what a view puts together from
//! JSON (an operation, an event) is that JSON as it came, and what a view makes as JSON (from msgpack, CBOR, protobuf) is
//! what it shows.

use bytes::Bytes;

use super::{
    Cancelled, Document, Subject, decode,
    jq::{self, Limits, Mistake},
    view_named,
};

/// The views that show JSON.
const SHOWN: [&str; 5] = ["json", "ndjson", "msgpack", "cbor", "protobuf"];
/// The views of what came as JSON.
const TAKEN: [&str; 2] = ["graphql", "cloudevents"];

/// Applies an expression to a document; the mistake may also be that it has no values. Nothing only when cancelled.
///
/// Takes up to the time of the limits, and as long again for a large body to be read.
pub fn apply(
    document: &Document,
    expression: &str,
    limits: &Limits,
    cancelled: &Cancelled,
) -> Option<Result<Document, Mistake>> {
    let program = match jq::compile(expression) {
        Ok(program) => program,
        Err(mistake) => return Some(Err(mistake)),
    };
    let Some(text) = json(document) else {
        let sentence = format!("the {} view has no values that an expression could take", document.view().label);
        return Some(Err(Mistake { span: 0..0, sentence }));
    };
    let results = jq::run(&program, text, limits, cancelled)?;
    let (view, content_type) =
        if results.count > 1 { ("ndjson", "application/x-ndjson") } else { ("json", "application/json") };
    let subject = Subject::held(results.text, Some(Bytes::from_static(content_type.as_bytes())));
    let shown = decode(&subject, view_named(view), cancelled)?;
    let why = results.why.or_else(|| (results.count == 0).then(|| "no values".to_owned()));
    Some(Ok(shown.with_note(why)))
}

/// The JSON that an expression sees; none where the document is something else.
fn json(document: &Document) -> Option<&Bytes> {
    let view = document.view().name;
    if SHOWN.contains(&view) {
        return Some(document.bytes());
    }
    let looks_like_it = |bytes: &Bytes| matches!(bytes.get(super::json::blank(bytes, 0)), Some(b'{' | b'['));
    TAKEN.contains(&view).then(|| document.taken()).filter(|taken| looks_like_it(taken))
}

#[cfg(test)]
mod tests {
    use super::super::properties::{shown, typed};
    use super::*;

    fn applied(view: &str, content_type: &str, body: &str, expression: &str) -> (Vec<String>, Option<String>) {
        let document = typed(body.as_bytes(), view, content_type);
        match apply(&document, expression, &Limits::default(), &Cancelled::new()).unwrap() {
            Ok(document) => (shown(&document, 80), document.note().map(str::to_owned)),
            Err(mistake) => (Vec::new(), Some(mistake.sentence)),
        }
    }

    #[test]
    fn the_values_are_those_of_the_body() {
        let one = |text: &str| (vec![text.to_owned()], None);
        assert_eq!(applied("json", "", "{\"a\":1e400}", ".a"), one("1e400"));
        assert_eq!(applied("ndjson", "", "{\"a\":1}\n{\"a\":2}\n", "select(.a > 1) | .a"), one("2"));
        let (rows, note) = applied("ndjson", "", "{\"a\":1}\n{\"a\":[2]}\n", ".a");
        assert_eq!((rows.join(" "), note), ("1 [   2 ]".into(), None));
        assert_eq!(applied("graphql", "", "{\"query\":\"{a}\",\"variables\":{\"x\":3}}", ".variables.x"), one("3"));
        assert_eq!(applied("cloudevents", "", "{\"type\":\"t\",\"data\":{\"x\":4}}", ".data.x"), one("4"));
        assert_eq!(applied("json", "", "[]", ".[]"), (vec![], Some("no values".into())));
        assert_eq!(applied("json", "", "[1,2]", ".[0], error(\"e\")"), (vec!["1".into()], Some("e".into())));
        let none = "the text view has no values that an expression could take";
        assert_eq!(applied("text", "", "[1]", "."), (vec![], Some(none.into())));
        assert_eq!(applied("json", "", "[1]", ".a |").1.unwrap(), "expected a term, and here it ends");
    }

    #[test]
    fn a_view_that_is_named_is_one_or_will_be() {
        for name in ["json", "ndjson", "graphql", "cloudevents"] {
            assert!(view_named(name).is_some() && (SHOWN.contains(&name) || TAKEN.contains(&name)));
        }
    }
}
