//! Whether all that one query finds is found by another one too, told from the two alone.
//!
//! Whoever types makes a query narrower letter by letter, and what the wider one has not found need not be asked again.
//! Decided: this is sound and not complete. A yes is certain; where a reason would have to be sought far it says no, which
//! costs only time. What a query asks about ages is another question a second later, so there the answer is no.

use super::{
    Query,
    fields::Kind,
    text::Place,
    tree::{Node, Test, Text, Value},
};

/// How many pairs of parts are looked at before the answer is no.
const STEPS: usize = 4_096;

impl Query {
    /// Whether every capture that this matches is matched by `wider` too, as far as it can be told at once. What stands
    /// beside the captures must be the same for both.
    pub fn refines(&self, wider: &Self) -> bool {
        let Some(wide) = &wider.root else { return true };
        let Some(narrow) = &self.root else { return false };
        !self.asks_about("age") && !wider.asks_about("age") && implies(narrow, wide, &mut { STEPS })
    }
}

fn implies(narrow: &Node, wide: &Node, steps: &mut usize) -> bool {
    let Some(left) = steps.checked_sub(1) else { return false };
    *steps = left;
    match (narrow, wide) {
        (_, Node::And(group)) => group.nodes.iter().all(|wide| implies(narrow, wide, steps)),
        (Node::Or(group), _) => group.nodes.iter().all(|narrow| implies(narrow, wide, steps)),
        (Node::Not(narrow), Node::Not(wide)) => implies(wide, narrow, steps),
        (Node::Test(narrow), Node::Test(wide)) => test_implies(narrow, wide),
        (Node::And(group), _) if group.nodes.iter().any(|narrow| implies(narrow, wide, steps)) => true,
        (_, Node::Or(group)) => group.nodes.iter().any(|wide| implies(narrow, wide, steps)),
        _ => false,
    }
}

fn test_implies(narrow: &Test, wide: &Test) -> bool {
    narrow.field.name == wide.field.name
        && narrow.part == wide.part
        && narrow
            .values
            .iter()
            .all(|value| wide.values.iter().any(|other| value_implies(narrow.field.kind, value, other)))
}

fn value_implies(kind: Kind, narrow: &Value, wide: &Value) -> bool {
    match (narrow, wide) {
        (_, Value::Present) => true,
        (Value::Number(_, low, high), Value::Number(_, least, most)) => least <= low && high <= most,
        // A value of JSON is compared as a number too.
        _ if narrow == wide || kind == Kind::Value => narrow == wide,
        (Value::Text(narrow) | Value::Same(narrow), Value::Text(wide) | Value::Same(wide)) => {
            wide.finder().place() == Place::Within && has(narrow.as_str(), wide)
        }
        (Value::Glob(narrow), Value::Text(wide)) => {
            wide.finder().place() == Place::Within && narrow.source().split('*').any(|piece| has(piece, wide))
        }
        // A star of the narrower one is a letter that only a star of the wider one takes.
        (Value::Glob(narrow), Value::Glob(wide)) => narrow.source().is_ascii() && wide.is(narrow.source().as_bytes()),
        (Value::Text(narrow) | Value::Same(narrow), Value::Glob(wide)) => {
            narrow.finder().place() == Place::Whole && narrow.as_str().is_ascii() && wide.is(narrow.as_str().as_bytes())
        }
        _ => false,
    }
}

/// Whether whatever has `narrow` in it, in letters of either case, has `wide` in it. A letter beyond ASCII may be another
/// form of one in it (the sign for kelvin is a `k`), which a text of ASCII alone does not find.
fn has(narrow: &str, wide: &Text) -> bool {
    (narrow.is_ascii() || !wide.as_str().is_ascii()) && wide.is_in(narrow.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{Facts, tests::capture};

    fn refines(narrow: &str, wide: &str) -> bool {
        Query::parse(narrow).unwrap().refines(&Query::parse(wide).unwrap())
    }

    #[test]
    fn what_is_typed_on_narrows() {
        for (narrow, wide) in [
            ("a", ""),
            ("invoice", "inv"),
            ("INVOICE", "inv"),
            ("invoice paid", "invoice"),
            ("invoice paid", "invoice pai"),
            ("\"a b c\"", "\"a b\""),
            ("path:/stripe/x", "path:/stri"),
            ("path:=/stripe", "path:/st"),
            ("path:/stripe/*", "path:/st*"),
            ("path:/stripe/*", "path:stripe"),
            ("path:=/stripe/a", "path:/stripe/*"),
            ("header.a:xy", "header.a:*"),
            ("method:POST", "method:POST,PUT"),
            ("status:404", "status:4xx"),
            ("size:>2k", "size:>1k"),
            ("seq:4..5", "seq:..9"),
            (".a:5..6", ".a:>1"),
            (".a:x", ".a:*"),
            ("not a", "not ab"),
            ("a b", "a or c"),
            ("(a or b) c", "a or b"),
            ("a b c", "c a"),
            ("éa", "é"),
            ("body:/x/ b", "body:/x/"),
        ] {
            assert!(refines(narrow, wide), "{narrow} of {wide}");
            assert!(refines(narrow, narrow), "{narrow} of itself");
        }
    }

    #[test]
    fn what_may_find_more_does_not() {
        for (narrow, wide) in [
            ("", "a"),
            ("inv", "invoice"),
            ("a or b", "a"),
            ("not ab", "not a"),
            ("header.a:x", "header.b:x"),
            ("header.a:x", "header:x"),
            ("path:ab", "path:=ab"),
            ("path:ab", "path:ab*"),
            (".a:10", ".a:1"),
            ("method:POST,PUT", "method:POST"),
            ("size:>1k", "size:>2k"),
            // The sign for kelvin is another form of the letter beyond ASCII only.
            ("ké", "k"),
            ("age:>2m", "age:>1m"),
            ("age:>1m a", "age:>1m"),
            ("body:/ab/", "body:/a/"),
        ] {
            assert!(!refines(narrow, wide), "{narrow} of {wide}");
        }
    }

    #[test]
    fn a_tangle_is_given_up() {
        let tangle = |word: &str| (0..40).fold(word.to_owned(), |text, _| format!("({text} or x) y"));
        assert!(tangle("a").len() < 1_000);
        let _ = refines(&tangle("a"), &tangle("b"));
    }

    fn condition() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[abAkKé]{1,3}",
            1 => "\"[ab é]{1,4}\"",
            1 => "path:=?[/abA]{0,2}[ab]",
            1 => "path:[ab/]\\*[ab]{0,2}\\*?",
            1 => "header\\.x:=?[abkKé]{1,3}",
            1 => "header\\.x:\\*",
            1 => "body:[ab]{1,2}",
            1 => "body:~/[ab]{1,2}/",
            1 => "method:(A|B|AB|A,B|\\*)",
            1 => "size:[<>]?[0-6]",
            1 => "size:[0-2]\\.\\.[3-6]",
            1 => "\\.a:[><]?[0-3]",
            1 => "\\.a:[ab]\\*",
        ]
    }

    fn query() -> impl Strategy<Value = String> {
        condition().prop_recursive(3, 10, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} {other})")),
                (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} or {other})")),
                inner.prop_map(|one| format!("not {one}")),
            ]
        })
    }

    /// A query and one that is near it, often a narrower one.
    fn pair() -> impl Strategy<Value = (String, String)> {
        (query(), query(), "[abkK]{1,2}", 0..6_usize).prop_map(|(wide, other, letters, how)| {
            let narrow = match how {
                0 => format!("{wide} {other}"),
                1 => format!("({wide}) and ({other})"),
                2 if wide.ends_with(|end: char| end.is_alphanumeric()) => format!("{wide}{letters}"),
                3 => format!("{letters}{wide}"),
                4 => other,
                _ => wide.replacen('a', "ab", 1),
            };
            (narrow, wide)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn what_refines_finds_nothing_else(
            (narrow, wide) in pair(),
            captures in proptest::collection::vec(
                ("[AB]{1,2}", "/[abA/]{0,3}", "[abkKé\u{212a} ]{0,3}", "([abkKé\u{212a}]{0,6}|\\{\"a\":([0-3]|\"[abA]{1,2}\")\\})"), 12..13,
            ),
        ) {
            if let (Ok(narrow), Ok(wide)) = (Query::parse(&narrow), Query::parse(&wide))
                && narrow.refines(&wide)
            {
                for (method, path, value, body) in captures {
                    let capture = capture(&method, &path, &[("X", &value)], body.as_bytes());
                    let found = |query: &Query| query.matches(&capture, &Facts::default());
                    prop_assert!(!found(&narrow) || found(&wide), "{} of {}: {:?}", narrow, wide, (method, path, value, body));
                }
            }
        }
    }
}
