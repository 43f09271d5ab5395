//! What captures have at a place in a query: the values of a field, the names of its parts, the keys of their JSON, each
//! with the number of captures that have it.
//!
//! Decided: only what can be typed and shown as it is comes of this, and bodies in files are not read for it. Whoever
//! gathers says how many captures that shall be; what is counted is bounded here.

use std::collections::HashMap;

use super::{
    Facts, bodies,
    complete::{Place, place},
    fields::{ANYWHERE, FIELDS, Field, Kind, Read, Seen as Shown},
};
use crate::decode::{self, JsonPath};
use crate::model::{Capture, Printable};

/// How many columns a value may take.
const COLUMNS: usize = 60;

/// How many different values are counted.
const VALUES: usize = 2_000;

/// How many values of one capture are looked at.
const OF_ONE: usize = 200;

/// What would be of use where a query is being typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted(pub(super) Place);

/// What was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Of what.
    pub wanted: Wanted,
    /// Each with the number of captures that have it, the most frequent first.
    pub(super) values: Vec<(String, u32)>,
}

/// What is of use at `cursor`, which is in bytes; nothing where captures have nothing to say.
pub fn wanted(text: &str, cursor: usize) -> Option<Wanted> {
    let place = place(text, cursor)?;
    let field = |name: &str| FIELDS.iter().find(|field| field.name == name);
    let is_of_use = match &place {
        Place::Parts(_) | Place::Keys(_) | Place::At(_) => true,
        Place::Values(name, part) => field(name).is_some_and(|field| is_telling(field, part.is_some())),
    };
    is_of_use.then_some(Wanted(place))
}

/// Whether the values of a field are worth a list.
fn is_telling(field: &Field, part: bool) -> bool {
    match field.read {
        Read::Texts(_) => part || (field.part.is_none() && !field.body && field.name != ANYWHERE && field.name != "id"),
        Read::Number(_) => field.kind == Kind::Status,
        Read::Json | Read::Jq | Read::Flag(_) => false,
    }
}

/// Looks at captures one by one.
#[derive(Debug)]
pub struct Gathering {
    wanted: Wanted,
    field: Option<&'static Field>,
    path: Option<JsonPath>,
    counts: HashMap<String, u32>,
}

impl Gathering {
    /// Nothing yet.
    pub fn new(wanted: Wanted) -> Self {
        let (field, path) = match &wanted.0 {
            Place::Values(name, _) | Place::Parts(name) => (FIELDS.iter().find(|field| field.name == *name), None),
            Place::Keys(path) | Place::At(path) => (None, JsonPath::read(path).ok().map(|(path, _)| path)),
        };
        Self { wanted, field, path, counts: HashMap::new() }
    }

    /// Looks at one.
    pub fn add(&mut self, capture: &Capture, facts: &Facts) {
        let mut values: Vec<String> = Vec::new();
        let shown = Shown { capture, facts };
        match &self.wanted.0 {
            Place::Values(_, part) => self.values(shown, part.as_deref(), &mut values),
            Place::Parts(name) => parts(name, capture, &mut values),
            Place::Keys(_) | Place::At(_) if capture.body.is_spooled() => {}
            Place::Keys(path) => {
                if let Some(body) = bodies::text(capture) {
                    match &self.path {
                        Some(path) => _ = path.visit(&body, &mut |value| keys(value, &mut values)),
                        None if path.is_empty() => _ = keys(&body, &mut values),
                        None => {}
                    }
                }
            }
            Place::At(_) => {
                if let (Some(path), Some(body)) = (&self.path, bodies::text(capture)) {
                    path.visit(&body, &mut |value| scalar(value, &mut values));
                }
            }
        }
        values.retain(|value| is_plain(value));
        values.sort_unstable();
        values.dedup();
        for value in values {
            if self.counts.len() < VALUES || self.counts.contains_key(&value) {
                *self.counts.entry(value).or_default() += 1;
            }
        }
    }

    fn values(&self, shown: Shown<'_>, part: Option<&str>, values: &mut Vec<String>) {
        let Some(field) = self.field else { return };
        // The fields of a form are in the body.
        if field.name == "form" && shown.capture.body.is_spooled() {
            return;
        }
        match field.read {
            Read::Texts(read) => {
                read(shown, part, &mut |text| {
                    // What stands behind the type is another for each part of a form.
                    let text = if field.name == "type" { essence(text) } else { text };
                    push(text, values)
                });
            }
            Read::Number(read) => values.extend(read(shown).map(|number| number.to_string())),
            Read::Json | Read::Jq | Read::Flag(_) => {}
        }
    }

    /// All that was seen.
    pub fn seen(self) -> Seen {
        let mut values: Vec<_> = self.counts.into_iter().collect();
        values.sort_unstable_by(|(one, often), (other, seldom)| seldom.cmp(often).then_with(|| one.cmp(other)));
        Seen { wanted: self.wanted, values }
    }
}

fn essence(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

/// Takes a text; says whether there were enough.
fn push(text: &[u8], values: &mut Vec<String>) -> bool {
    // A column takes a few bytes at most.
    if text.len() <= COLUMNS * 4
        && let Ok(text) = std::str::from_utf8(text)
    {
        values.push(text.to_owned());
    }
    values.len() >= OF_ONE
}

/// The names of headers, parameters or fields.
fn parts(field: &str, capture: &Capture, values: &mut Vec<String>) {
    let pairs = |text: &[u8], values: &mut Vec<String>| {
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).take(OF_ONE) {
            let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
            let spaced: Vec<u8> = name.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            push(&percent_encoding::percent_decode(&spaced).collect::<Vec<u8>>(), values);
        }
    };
    match field {
        "header" => {
            for header in capture.head.headers().take(OF_ONE) {
                push(&header.name.to_ascii_lowercase(), values);
            }
        }
        "query" => pairs(capture.head.query().unwrap_or_default(), values),
        "form" => {
            let is_form = essence(capture.head.header("content-type").unwrap_or_default())
                .eq_ignore_ascii_case(b"application/x-www-form-urlencoded");
            if let Some(body) = Some(capture).filter(|_| is_form && !capture.body.is_spooled()).and_then(bodies::text) {
                pairs(&body, values);
            }
        }
        _ => {}
    }
}

/// The keys of an object, or the elements of an array, each as it is written on in a path: with a dot where more lies below
/// it, with a colon where a value does.
fn keys(value: &[u8], values: &mut Vec<String>) -> bool {
    let below = |value: &[u8]| match value.first() {
        Some(b'{') => ".",
        Some(b'[') if value.get(1..).unwrap_or_default().trim_ascii_start().first() == Some(&b'{') => "[].",
        Some(b'[') => "[]:",
        _ => ":",
    };
    let value = value.trim_ascii_start();
    if value.first() == Some(&b'[') {
        values.push(format!(".{}", below(value)));
    }
    for (name, member) in decode::json_members(value).take(OF_ONE) {
        let name = value.get(name).and_then(decode::json_string);
        let member = value.get(member).unwrap_or_default();
        if let Some(name) = name.filter(|name| name.len() <= COLUMNS * 4) {
            values.push(format!("{}{}", decode::JsonPath::key(&name), below(member)));
        }
    }
    values.len() >= OF_ONE
}

/// A value that is neither object nor array, as it is asked for.
fn scalar(value: &[u8], values: &mut Vec<String>) -> bool {
    match (decode::json_string(value), value.first()) {
        (Some(text), _) => push(text.as_bytes(), values),
        (None, Some(b'{' | b'[')) => false,
        (None, _) => push(value, values),
    }
}

/// Whether a text can be typed, and is shown as it is.
fn is_plain(text: &str) -> bool {
    let shown = Printable::from(text);
    !text.is_empty() && shown.as_str() == text && shown.width() <= COLUMNS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{Query, complete_among, tests::capture};

    fn captures() -> Vec<Capture> {
        let json = |path: &str, body: &str| {
            capture(
                "POST",
                path,
                &[("Content-Type", "application/json; charset=utf-8"), ("X-Kind", "big one")],
                body.as_bytes(),
            )
        };
        vec![
            json("/a?x=1", r#"{"data":{"id":"in_1","n":5,"odd key":true},"items":[{"sku":"A"},{"sku":"B"}]}"#),
            json("/a?x=2&y%20z=3", r#"{"data":{"id":"in_2","n":5},"tags":["t"]}"#),
            json("/b", r#"{"data":{"id":"in \u001b","n":1.5}}"#),
            capture("GET", "/b*", &[], b"no json"),
            capture(
                "PATCH",
                "/x\u{202e}",
                &[("Content-Type", "application/x-www-form-urlencoded")],
                b"payload=1&a+b=2",
            ),
        ]
    }

    fn seen(text: &str) -> Option<Seen> {
        let mut gathering = Gathering::new(wanted(text, text.len())?);
        for capture in captures() {
            gathering.add(&capture, &Facts::default());
        }
        Some(gathering.seen())
    }

    /// What is offered at the end of a text, as the text that comes of it, with counts.
    fn offered(text: &str) -> Vec<String> {
        let seen = seen(text);
        let completions = complete_among(text, text.len(), seen.as_ref());
        let all = completions.into_iter().map(|completion| {
            let mut text = text.to_owned();
            text.replace_range(completion.replace, &completion.with);
            completion.count.map_or(text.clone(), |count| format!("{text} {count}"))
        });
        all.collect()
    }

    #[test]
    fn what_was_seen_is_offered_behind_what_is_known() {
        for (text, expected) in [
            ("path:", &["path:/a 2", "path:/b 1", "path:\"/b*\" 1"][..]),
            ("path:=/a", &["path:=/a 2"]),
            ("not (path:B", &["not (path:/b 1", "not (path:\"/b*\" 1"]),
            ("method:P", &["method:POST 3", "method:PUT", "method:PATCH 1"]),
            (
                "type:app",
                &[
                    "type:application/json 3",
                    "type:application/x-www-form-urlencoded 1",
                    "type:application/xml",
                    "type:application/cloudevents+json",
                ],
            ),
            ("header.x-k", &["header.x-kind: 3"]),
            ("header.x-kind:", &["header.x-kind:\"big one\" 3"]),
            ("query.", &["query.x: 2", "query.\"y z\": 1"]),
            ("query.x:", &["query.x:1 1", "query.x:2 1"]),
            ("form.p", &["form.payload: 1"]),
            (".", &[".data. 3", ".items[]. 1", ".tags[]: 1"]),
            (".data.", &[".data.id: 3", ".data.n: 3", ".data.\"odd key\": 1"]),
            (".data.i", &[".data.id: 3"]),
            (".items[].", &[".items[].sku: 1"]),
            (".data.id:", &[".data.id:in_1 1", ".data.id:in_2 1"]),
            (".data.n:", &[".data.n:5 2", ".data.n:1.5 1"]),
            ("body:", &[]),
            ("header:", &[]),
            ("status:2", &["status:2xx", "status:200 5"]),
        ] {
            assert_eq!(offered(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_offered_can_be_asked_for() {
        for text in ["path:", "header.x-kind:", ".data.id:", "type:", "query.x:", "query.\"y z\":"] {
            for offered in offered(text) {
                let query = offered.rsplit_once(' ').map_or(offered.as_str(), |(query, _)| query);
                let query = Query::parse(query).or_else(|_| Query::parse(&offered)).unwrap();
                let found = captures().iter().any(|capture| query.matches(capture, &Facts::default()));
                assert!(found || text == "type:", "{offered}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_capture_and_text_are_taken(
            body in prop_oneof!["\\PC{0,40}", "[{}\\[\\]\":,a .1]{0,30}"], path in "[ -~é]{0,9}",
            text in "(\\.|\\.a\\.|\\.\"|\\.a:|path:|query\\.|query\\.a:|header\\.x:|form\\.)[a-z\". :\\[\\]]{0,6}",
        ) {
            if let Some(wanted) = wanted(&text, text.len()) {
                let mut gathering = Gathering::new(wanted);
                let path = path.replace([' ', '\t'], "+");
                gathering.add(&capture("GET", &format!("/{path}"), &[("X", &path)], body.as_bytes()), &Facts::default());
                let seen = gathering.seen();
                for completion in complete_among(&text, text.len(), Some(&seen)) {
                    prop_assert!(text.get(completion.replace).is_some());
                    let shown = Printable::from(completion.with.as_str());
                    prop_assert_eq!(shown.as_str(), completion.with.as_str());
                }
            }
        }
    }
}
