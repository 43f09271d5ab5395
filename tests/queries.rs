//! Queries over captures that real senders send: what each of a hundred finds, and that any that can be written finds what
//! an evaluator finds that is too simple to be wrong.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::{sync::Arc, time::Duration};

use creel::{
    model::{Answer, Capture, Seq, Timing},
    query::{Facts, Query, Replayed},
};
use proptest::prelude::*;
use support::captures::{
    binary_blob, capture, get_health, github_push, later, slack_command, stripe_invoice, through_a_gateway,
};

/// Numbered from 1, a minute between each and the next, the last a minute ago.
fn corpus() -> Vec<(Capture, Facts)> {
    let captures = [github_push(), stripe_invoice(), through_a_gateway(), slack_command(), binary_blob(), get_health()];
    let now = captures[0].received_at + jiff::SignedDuration::from_mins(6);
    let numbered = captures.into_iter().zip(1_u64..).map(|(capture, seq)| {
        let mut capture = later(capture, 60 * (seq.cast_signed() - 1));
        capture.seq = Seq(seq);
        let mut facts = Facts { now, ..Facts::default() };
        match seq {
            1 => facts.replay = Some(Replayed::Answered(200)),
            2 => {
                capture.answer = Arc::new(Answer::status(500)).into();
                capture.timing = Timing::answered(Duration::from_millis(1500));
                (facts.pinned, facts.replay) = (true, Some(Replayed::Answered(503)));
            }
            5 => capture.answer = Arc::new(Answer::status(201)).into(),
            _ => {}
        }
        (capture, facts)
    });
    numbered.collect()
}

/// What each query finds: a push from GitHub (1), an invoice from Stripe that was answered 500 (2), an order through a
/// gateway (3), a Slack command (4), a thousand bytes that are no text (5), a health check (6).
const FINDS: &[(&str, &[u64])] = &[
    ("", &[1, 2, 3, 4, 5, 6]),
    // Words and phrases.
    ("push", &[1]),
    ("PUSH", &[1]),
    ("post", &[1, 2, 3, 4]),
    ("weather", &[4]),
    ("127.0.0.1", &[1, 2, 3, 4, 6]),
    ("curl", &[6]),
    ("\"refs/heads\"", &[1]),
    ("\"or\"", &[1, 3, 4]),
    ("nowhere", &[]),
    // What joins them.
    ("invoice or push", &[1, 2]),
    ("invoice push", &[]),
    ("invoice and stripe", &[2]),
    ("not invoice", &[1, 3, 4, 5, 6]),
    ("-invoice -push", &[3, 4, 5, 6]),
    ("not not push", &[1]),
    ("NOT push AND post", &[2, 3, 4]),
    ("(invoice or push) post", &[1, 2]),
    ("stripe or (method:GET -curl)", &[2]),
    ("method:PUT or type:json status:2xx", &[1, 3, 5]),
    ("(method:PUT or type:json) status:5xx", &[2]),
    ("not (type:json or method:GET)", &[4, 5]),
    // The request line.
    ("method:GET", &[6]),
    ("method:get", &[6]),
    ("method:GET,PUT", &[5, 6]),
    ("method:P*", &[1, 2, 3, 4, 5]),
    ("not method:POST", &[5, 6]),
    ("method:/^P/", &[1, 2, 3, 4, 5]),
    ("method:=PUT", &[5]),
    ("method:PO", &[]),
    ("path:/s", &[2, 4]),
    ("path:s", &[2, 3, 4, 5]),
    ("path:/blobs/*", &[5]),
    ("path:*/1", &[5]),
    ("path:=/stripe", &[2]),
    ("path:=/blobs", &[]),
    (r"path:~/^\/[sb]/", &[2, 4, 5]),
    ("target:mode=test", &[2]),
    ("url:page", &[3]),
    ("query:mode", &[2]),
    ("query:*", &[2, 3]),
    ("query.mode:test", &[2]),
    ("query.mode:=tes", &[]),
    ("query.page:*", &[3]),
    ("param.account:acct_1", &[2]),
    ("version:1.1", &[1, 2, 3, 4, 5, 6]),
    ("version:HTTP/2", &[]),
    // Headers.
    ("host:127", &[1, 2, 3, 4, 6]),
    ("not host:*", &[5]),
    ("type:json", &[1, 2, 3]),
    ("content-type:octet", &[5]),
    ("type:application/json", &[1, 2, 3]),
    ("type:=application/json", &[1, 3]),
    ("not type:*", &[6]),
    ("header.x-github-event:push", &[1]),
    ("header.X-GITHUB-EVENT:*", &[1]),
    ("header.x-github-event:pull*", &[]),
    ("header.authorization:*", &[3]),
    ("header.authorization:bearer", &[3]),
    ("header:stripe", &[2]),
    ("header.user-agent:/curl|github/i", &[1, 6]),
    ("header.x-team:blue,red", &[3]),
    ("header.\"x-team\":blue", &[3]),
    // Bodies.
    ("body:amount_paid", &[2]),
    ("body:Pump", &[1]),
    ("body:/PUMP/", &[]),
    ("body:/PUMP/i", &[1]),
    ("body:/commits.*pump/", &[1]),
    (".ref:refs/heads/main", &[1]),
    (".ref:main", &[]),
    (".ref:*/main", &[1]),
    (".type:invoice.*", &[2]),
    (".type:/paid$/", &[2]),
    (".id:*", &[2]),
    (".id:x,evt_1", &[2]),
    (".data.object.amount_paid:>1000", &[2]),
    (".data.object.amount_paid:<1000", &[]),
    (".data.object.amount_paid:1000..2000", &[2]),
    (".commits[].distinct:true", &[1]),
    (".commits[0].modified[]:src/pump.rs", &[1]),
    (".commits[1]:*", &[]),
    (".repository.size:1.5", &[1]),
    (".repository.homepage:null", &[1]),
    (".repository.id:186853002", &[1]),
    (".order:1..10", &[3]),
    (".items[].api_key:s3cr3t*", &[3]),
    (".[]:*", &[1, 2, 3]),
    ("-.type:invoice.paid type:json", &[1, 3]),
    ("jq(.commits | length == 1)", &[1]),
    ("jq(.data.object.amount_paid > 1000) or jq(.order)", &[2, 3]),
    ("type:json -jq(.type == \"invoice.paid\")", &[1, 3]),
    ("jq(.none)", &[]),
    ("jq(error(\"no\"))", &[]),
    ("jq(def f: f; f)", &[]),
    ("form.command:\"/weather\"", &[4]),
    ("form.text:\"94070 & more\"", &[4]),
    ("form.user_name:steve", &[4]),
    ("form.token:*", &[4]),
    ("form:weather", &[4]),
    ("size:0", &[6]),
    ("size:1000", &[5]),
    ("size:1kb", &[5]),
    ("size:>=1000", &[5]),
    ("size:<200", &[2, 3, 4, 6]),
    ("truncated:true", &[]),
    ("end:complete", &[1, 2, 3, 4, 5, 6]),
    // What came of them.
    ("status:200", &[1, 3, 4, 6]),
    ("status:5xx", &[2]),
    ("status:>=400", &[2]),
    ("status:201,500", &[2, 5]),
    ("duration:>1s", &[2]),
    ("took:<1ms", &[1, 3, 4, 5, 6]),
    ("replay:503", &[2]),
    ("replay:2xx", &[1]),
    ("replay:*", &[1, 2]),
    ("not replay:*", &[3, 4, 5, 6]),
    ("pinned:true", &[2]),
    // When, and from where.
    ("age:<90s", &[6]),
    ("age:>5m", &[1]),
    ("age:>=5m", &[1, 2]),
    ("age:3m", &[4]),
    ("received:>=2026-01-31T09:30Z", &[5, 6]),
    ("received:2026-01-31T09:28Z", &[3]),
    ("received:<2026-01-31T09:27:00Z", &[1]),
    ("received:today", &[]),
    ("remote:192.0.2", &[1, 2, 3, 4, 5, 6]),
    ("seq:2..4", &[2, 3, 4]),
    ("seq:#3", &[3]),
    ("seq:>4", &[5, 6]),
    // Who.
    ("provider:github", &[1]),
    ("provider:stripe,slack", &[2, 4]),
    ("not provider:*", &[3, 5, 6]),
    ("event:push", &[1]),
    ("event:invoice.*", &[2]),
    ("delivery:72d3162e*", &[1]),
    ("delivery:evt_1", &[2]),
    ("provider:stripe event:paid status:5xx -replay:2xx", &[2]),
];

#[test]
fn a_hundred_queries_find_what_they_say() {
    let corpus = corpus();
    for (text, expected) in FINDS {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{}", error.report(text)));
        let found: Vec<u64> = corpus
            .iter()
            .filter(|(capture, facts)| query.matches(capture, facts))
            .map(|(capture, _)| capture.seq.0)
            .collect();
        assert_eq!(&found, expected, "{text}");
        for (capture, facts) in &corpus {
            assert_eq!(query.explain(capture, facts).is_empty(), query.matches(capture, facts), "{text}");
        }
    }
    assert!(FINDS.len() >= 100);
}

/// A request of few letters, so that what is asked for is often there.
#[derive(Clone, Debug)]
struct Request {
    method: &'static str,
    path: String,
    header: Option<String>,
    number: i64,
    list: Vec<String>,
    status: u16,
    pinned: bool,
}

fn request() -> impl Strategy<Value = Request> {
    let list = proptest::collection::vec("[ab]{0,2}", 0..3);
    let method = proptest::sample::select(vec!["GET", "POST"]);
    let status = proptest::sample::select(vec![200, 404, 500]);
    (method, "/[ab]{0,3}", proptest::option::of("[ab]{0,2}"), -3_i64..4, list, status, any::<bool>()).prop_map(
        |(method, path, header, number, list, status, pinned)| Request {
            method,
            path,
            header,
            number,
            list,
            status,
            pinned,
        },
    )
}

impl Request {
    fn body(&self) -> String {
        serde_json::json!({"n": self.number, "list": self.list.iter().map(|id| serde_json::json!({"id": id})).collect::<Vec<_>>()})
            .to_string()
    }

    fn captured(&self) -> (Capture, Facts) {
        let header = self.header.as_deref().map(|value| ("X-A", value));
        let mut capture = capture(self.method, &self.path, header.as_slice(), self.body());
        capture.answer = Arc::new(Answer::status(self.status)).into();
        (capture, Facts { pinned: self.pinned, ..Facts::default() })
    }
}

/// A query, as it is written and as it is meant.
#[derive(Clone, Debug)]
enum Asked {
    Word(String),
    Method(&'static str),
    PathHas(String),
    PathEnds(String),
    Header(Option<String>),
    Number(&'static str, i64),
    Range(i64, i64),
    Element(String),
    First(String),
    Status(u16),
    Size(usize),
    Pinned(bool),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

fn asked() -> impl Strategy<Value = Asked> {
    let leaf = prop_oneof![
        "[ab]{1,2}".prop_map(Asked::Word),
        proptest::sample::select(vec!["GET", "POST", "PUT"]).prop_map(Asked::Method),
        "[ab/]{1,2}".prop_map(Asked::PathHas),
        "[ab]{1,2}".prop_map(Asked::PathEnds),
        proptest::option::of("[ab]{1,2}").prop_map(Asked::Header),
        (proptest::sample::select(vec!["", "=", ">", ">=", "<", "<="]), -4_i64..5)
            .prop_map(|(sign, number)| Asked::Number(sign, number)),
        (-4_i64..5, -4_i64..5).prop_map(|(low, high)| Asked::Range(low, high)),
        "[ab]{1,2}".prop_map(Asked::Element),
        "[ab]{1,2}".prop_map(Asked::First),
        (2_u16..6).prop_map(Asked::Status),
        (10_usize..60).prop_map(Asked::Size),
        any::<bool>().prop_map(Asked::Pinned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|asked| Asked::Not(Box::new(asked))),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Asked::All),
            proptest::collection::vec(inner, 1..4).prop_map(Asked::Any),
        ]
    })
}

impl Asked {
    fn written(&self) -> String {
        let joined = |parts: &[Self], between: &str| {
            let parts: Vec<_> = parts.iter().map(Self::written).collect();
            format!("({})", parts.join(between))
        };
        match self {
            Self::Word(word) => word.clone(),
            Self::Method(method) => format!("method:{method}"),
            Self::PathHas(part) => format!("path:{part}"),
            Self::PathEnds(end) => format!("path:*{end}"),
            Self::Header(None) => "header.x-a:*".to_owned(),
            Self::Header(Some(value)) => format!("header.x-a:{value}"),
            Self::Number(sign, number) => format!(".n:{sign}{number}"),
            Self::Range(low, high) => format!(".n:{low}..{high}"),
            Self::Element(id) => format!(".list[].id:{id}"),
            Self::First(id) => format!(".list[0].id:{id}"),
            Self::Status(class) => format!("status:{class}xx"),
            Self::Size(size) => format!("size:>={size}"),
            Self::Pinned(pinned) => format!("pinned:{pinned}"),
            Self::Not(asked) => format!("not {}", asked.written()),
            Self::All(parts) => joined(parts, " "),
            Self::Any(parts) => joined(parts, " or "),
        }
    }

    fn holds(&self, of: &Request) -> bool {
        match self {
            Self::Word(word) => {
                let header = of.header.as_ref().map(|value| format!("x-a: {value}"));
                let texts = [format!("{} {}", of.method, of.path), header.unwrap_or_default(), of.body()];
                texts.iter().any(|text| text.to_lowercase().contains(word))
            }
            Self::Method(method) => of.method == *method,
            Self::PathHas(part) => of.path.contains(part),
            Self::PathEnds(end) => of.path.ends_with(end),
            Self::Header(None) => of.header.is_some(),
            Self::Header(Some(value)) => of.header.as_ref().is_some_and(|header| header.contains(value)),
            Self::Number(sign, number) => match *sign {
                ">" => of.number > *number,
                ">=" => of.number >= *number,
                "<" => of.number < *number,
                "<=" => of.number <= *number,
                _ => of.number == *number,
            },
            Self::Range(low, high) => (*low..=*high).contains(&of.number),
            Self::Element(id) => of.list.contains(id),
            Self::First(id) => of.list.first() == Some(id),
            Self::Status(class) => of.status / 100 == *class,
            Self::Size(size) => of.body().len() >= *size,
            Self::Pinned(pinned) => of.pinned == *pinned,
            Self::Not(asked) => !asked.holds(of),
            Self::All(parts) => parts.iter().all(|part| part.holds(of)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(of)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_query_finds_what_the_simple_evaluator_finds(asked in asked(), request in request()) {
        let text = asked.written();
        let query = Query::parse(&text).unwrap_or_else(|error| panic!("{}", error.report(&text)));
        let (capture, facts) = request.captured();
        prop_assert_eq!(query.matches(&capture, &facts), asked.holds(&request), "{} of {:?}", text, request);
        let again = Query::parse(&query.to_string()).unwrap();
        prop_assert_eq!(again.matches(&capture, &facts), asked.holds(&request), "{}", query);
    }
}
