//! The language by example: what queries mean, how they are printed, and what is said about those that are none.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::*;
use crate::model::{Answer, Body, BodyEnd, CaptureId, Fidelity, Head, Odd, Origin, Seq, Timing, Version, Wire};

/// A capture that every field's example matches.
pub(super) fn sample() -> (Capture, Facts) {
    let body =
        br#"{"id":"evt_1","object":"event","type":"invoice.paid","data":{"amount":1999,"number":"INV_0042","lines":[{"sku":"A1"},{"sku":7}],"note":"say \"hi\""}}"#;
    let capture = capture(
        "POST",
        "/stripe/live?live=1&tag=a%20b&tag=c+d&empty",
        &[
            ("Host", "hooks.example:4600"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Stripe-Signature", "t=1,v1=00"),
            ("X-Tag", "one"),
            ("x-tag", "Two"),
        ],
        body,
    );
    let end = BodyEnd::OverLimit(body.len() as u64);
    let capture = Capture {
        seq: Seq(42),
        received_at: "2026-01-31T09:26:53.5Z".parse().unwrap(),
        body: Body::new(capture.body.first().clone(), None, 20_000, end),
        answer: Arc::new(Answer::status(500)).into(),
        timing: Timing::answered(Duration::from_millis(1_500)),
        wire: Wire::default().with_odd(Odd::named(["cl_and_te"])),
        origin: Some(Origin { of: Some(CaptureId::fixed(9)) }),
        ..capture
    };
    let now = "2026-01-31T09:28:00Z".parse().unwrap();
    (
        capture,
        Facts {
            pinned: true,
            replay: Some(Replayed::Answered(503)),
            note: Some("a duplicate of #7".into()),
            retry: Some(2),
            now,
        },
    )
}

/// A capture that no field's example matches.
fn other() -> (Capture, Facts) {
    let other = capture("GET", "/", &[("Host", "localhost")], b"");
    let other = Capture { id: CaptureId::fixed(u128::MAX), remote: None, ..other };
    let head = Head::from_parts(
        b"GET",
        b"/",
        Version::Http2,
        other.head.headers().map(|h| (h.name, h.value)),
        Fidelity::Fields,
    );
    let now = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(1);
    (Capture { head, ..other }, Facts { now, ..Facts::default() })
}

pub(super) fn capture(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Capture {
    let headers = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Capture {
        id: CaptureId::fixed(7),
        seq: Seq(1),
        received_at: Timestamp::UNIX_EPOCH,
        remote: Some(([127, 0, 0, 1], 53_012).into()),
        head: Head::from_parts(method.as_bytes(), target.as_bytes(), Version::Http11, headers, Fidelity::Fields),
        body: Body::complete(Bytes::copy_from_slice(body)),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

fn matches(text: &str) -> bool {
    let (capture, facts) = sample();
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{}", error.report(text)));
    query.matches(&capture, &facts)
}

fn form_matches(text: &str) -> bool {
    let headers = [("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")];
    let capture = capture("POST", "/", &headers, b"payload=%7B%22a%22%3A1%7D&a+b=caf%C3%A9&a+b=2&empty");
    Query::parse(text).unwrap().matches(&capture, &Facts::default())
}

#[test]
fn every_example_matches_its_capture_and_no_other() {
    let (other, facts) = other();
    for field in FIELDS {
        let matched = if field.name == "form" { form_matches(field.example) } else { matches(field.example) };
        assert!(matched, "{}", field.example);
        let query = Query::parse(field.example).unwrap();
        assert!(!query.matches(&other, &facts), "{}", field.example);
        assert!(query.asks_about(field.name), "{}", field.example);
        assert_eq!(query.to_string(), field.example, "an example is canonical");
    }
}

#[test]
fn every_row_is_whole_and_every_name_its_own() {
    let mut seen = Vec::new();
    for row in FIELDS {
        assert!(!row.help.is_empty() && !row.help.ends_with('.'), "{}", row.name);
        for name in row.aliases.iter().chain([&row.name]) {
            assert!(!seen.contains(name), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            assert_eq!(field(&name.to_ascii_uppercase()).unwrap().name, row.name);
            seen.push(name);
        }
    }
}

#[test]
fn words_lie_anywhere_but_in_the_version() {
    for text in ["post", "STRIPE", "x-tag", "hooks.example", "inv_0042", "\"post /stripe\"", r#""hi\\\"""#, "", "  "] {
        assert!(matches(text), "{text}");
    }
    for text in ["http", "1.1", "patch", "\"invoice  paid\"", "hooks*example"] {
        assert!(!matches(text), "{text}");
    }
}

#[test]
fn parts_are_joined_as_written() {
    for (text, expected) in [
        ("post invoice", true),
        ("post nothing", false),
        ("post AND invoice", true),
        ("nothing or invoice", true),
        ("nothing post or invoice", true),
        ("nothing (post or invoice)", false),
        ("not nothing", true),
        ("-nothing -(a or post)", false),
        ("not not post", true),
        ("-\"not here\" --post", true),
        ("post(invoice)\"paid\"", true),
        ("method:GET or method:POST path:/nothing", false),
    ] {
        assert_eq!(matches(text), expected, "{text}");
    }
}

#[test]
fn values_in_json_are_asked_for_by_their_path() {
    for (text, expected) in [
        (".data.amount:1999", true),
        (".data.amount:1999.0", true),
        (".data.amount:19.99e2", true),
        (".data.amount:199", false),
        (".data.amount:>1998.5", true),
        (".data.amount:>=1999 .data.amount:<=1999", true),
        (".data.amount:<1999", false),
        (".data.amount:1000..2000", true),
        (".data.amount:2000..", false),
        (".data.amount:*", true),
        (".data.none:*", false),
        (".data.number:inv_0042", true),
        (".data.number:inv", false),
        (".data.number:inv*", true),
        (".data.number:/_[0-9]+$/", true),
        (".data.number:>1", false),
        (".data.note:\"say \\\"hi\\\"\"", true),
        (".data.lines[].sku:a1", true),
        (".data.lines[1].sku:7", true),
        (".data.lines[0].sku:7", false),
        (".data.lines[].sku:x,7", true),
        (".[\"data\"][\"amount\"]:1999", true),
        (".data:*", true),
        (".data:/lines/", true),
        ("not .data.amount:1999", false),
        ("-.data.amount:1 .type:invoice.paid", true),
        (".data.amount", false),
        (".", true),
    ] {
        assert_eq!(matches(text), expected, "{text}");
    }
}

#[test]
fn forms_are_asked_for_by_their_fields() {
    for (text, expected) in [
        ("form.payload:*", true),
        ("form.payload:\"{\\\"a\\\":1}\"", true),
        ("form.\"a b\":=café", true),
        ("form.\"a b\":2", true),
        ("form.empty:\"\"", true),
        ("form.none:*", false),
        ("form:%7B", true),
    ] {
        assert_eq!(form_matches(text), expected, "{text}");
    }
    assert!(!matches("form.id:*"));
}

#[test]
fn coded_bodies_are_searched_as_they_are_meant() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(br#"{"amount":1999,"note":"packed away"}"#).unwrap();
    let packed = capture("POST", "/", &[("Content-Encoding", "gzip")], &packed.finish().unwrap());
    let wide: Vec<u8> =
        "{\"note\":\"packed away\",\"amount\":1999}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = capture("POST", "/", &[("Content-Type", "application/json; charset=utf-16le")], &wide);
    for capture in [packed, wide] {
        for (text, expected) in
            [("\"packed away\"", true), ("body:/away/", true), (".amount:>1998", true), ("-packed", false)]
        {
            for _ in 0..2 {
                let query = Query::parse(text).unwrap();
                assert_eq!(query.matches(&capture, &Facts::default()), expected, "{text}");
            }
        }
    }
}

#[test]
fn fields_compare_as_their_kind_says() {
    for (text, expected) in [
        ("method:post", true),
        ("method:PO", false),
        ("method:P*", true),
        ("method:GET,post", true),
        ("path:/stripe", true),
        ("path:=/stripe", false),
        ("path:=/STRIPE/live", true),
        ("path:/stripe*live", true),
        ("path:stripe*", false),
        ("path:\"stripe*\"", false),
        ("path:/stripe/", true),
        ("path:~/^.stripe.l/", true),
        ("target:~/live=1\\b/", true),
        ("header:TWO", true),
        ("header:stripe-sig", true),
        ("header.X-TAG:two", true),
        ("header.x-tag:=one", true),
        ("header.x-tag:three", false),
        ("header.x-none:*", false),
        ("not header.x-none:*", true),
        ("query.tag:\"a b\"", true),
        ("query.tag:=\"c d\"", true),
        ("query.empty:*", true),
        ("query.empty:=\"\"", true),
        ("query.TAG:*", false),
        ("query:tag=a%20b", true),
        ("host:example", true),
        ("type:json", true),
        ("body:/INV_[0-9]+/", true),
        ("body:/inv_[0-9]+/", false),
        ("body:*invoice*", true),
        ("body:invoice*", false),
        ("size:20000", true),
        ("size:>20kb", false),
        ("size:>=20kb", true),
        ("size:<1k,>19.5kb", true),
        ("status:5xx", true),
        ("status:200..299", false),
        ("duration:1s", true),
        ("duration:>1.5s", false),
        ("age:1m", true),
        ("age:>2m", false),
        ("received:2026-01-31T09:26Z", true),
        ("received:>2026-01-31T09:26Z", false),
        ("received:<=2026-01-31T09:26:53Z", true),
        ("provider:STRIPE,github", true),
        ("provider:*", true),
        ("provider:git*", false),
        ("event:=invoice.paid", true),
        ("delivery:evt_2", false),
        ("remote:127.0.0.1:53012", true),
        ("ip:10.", false),
        ("version:http/1.1", true),
        ("truncated:yes", true),
        ("pinned:false", false),
        ("pinned:*", true),
        ("replay:>=500", true),
        ("replay:200", false),
        ("seq:#42", true),
        ("seq:<42", false),
        ("id:=00000000-0000-0000-0000-000000000007", true),
        ("text:/post .stripe/i", true),
    ] {
        assert_eq!(matches(text), expected, "{text}");
    }
}

#[test]
fn what_is_printed_is_canonical() {
    for (text, expected) in [
        ("  a   AND b ", "a b"),
        ("-a", "not a"),
        ("((a))", "a"),
        ("(a b) or c", "a b or c"),
        ("(a or b) c", "(a or b) c"),
        ("a (b c)", "a (b c)"),
        ("-(a b)", "not (a b)"),
        ("text:a", "a"),
        ("text:a,b", "text:a,b"),
        ("\"a\"", "a"),
        ("\"a b\" \"or\" \"-\" \"a:b\" 12:30", "\"a b\" \"or\" \"-\" \"a:b\" \"12:30\""),
        ("URL:/x", "target:/x"),
        ("body:~/a/mi", "body:/a/im"),
        ("path:~/a/", "path:~/a/"),
        ("header.\"x-a\":\"1\"", "header.x-a:1"),
        ("query.\"a b\":*", "query.\"a b\":*"),
        ("path:\"a*\",=\"<\"", "path:\"a*\",=\"<\""),
        ("received:\"2026-01-31 09:26Z\"", "received:2026-01-31T09:26Z"),
        ("pinned:YES", "pinned:true"),
        ("", ""),
    ] {
        assert_eq!(Query::parse(text).unwrap().to_string(), expected, "{text}");
    }
}

#[test]
fn errors_lie_where_the_next_thing_is_expected() {
    let expected = [
        ("method:", 7..7, "expected a value right after `method:`", "for example method:POST,PUT"),
        ("method: POST", 7..7, "expected a value right after `method:`", "for example method:POST,PUT"),
        ("method:GET,", 11..11, "expected a value right after `,`", "for example method:POST,PUT"),
        (
            "method:(GET)",
            7..7,
            "expected a value right after `method:`",
            "several values are written with commas: method:GET,POST",
        ),
        ("size:>", 6..6, "expected a value right after the sign", "for example size:>10"),
        ("(", 1..1, "expected something to look for after `(`", "a word, a \"phrase\" or a field such as method:POST"),
        ("(a", 2..2, "expected `)`", "every `(` needs its `)`"),
        ("a)", 1..2, "there is no `(` for this `)`", "to look for a parenthesis, quote it"),
        (
            "\"abc",
            4..4,
            "expected `\"` at the end of the phrase",
            "the phrase begins at \"abc; a quote inside it is written \\\"",
        ),
        (
            "a and",
            5..5,
            "expected something to look for after `and`",
            "a word, a \"phrase\" or a field such as method:POST",
        ),
        (
            "a or ",
            5..5,
            "expected something to look for after `or`",
            "a word, a \"phrase\" or a field such as method:POST",
        ),
        (
            "not",
            3..3,
            "expected something to look for after `not`",
            "a word, a \"phrase\" or a field such as method:POST",
        ),
        (
            "a -",
            3..3,
            "expected something to look for after `-`",
            "a word, a \"phrase\" or a field such as method:POST",
        ),
        ("a - b", 3..3, "expected what must not match right after `-`", "to look for a dash, quote it: \"-\""),
        ("or a", 0..2, "expected something to look for before `or`", "to look for the word itself, quote it: \"or\""),
        ("metod:GET", 0..5, "unknown field `metod`", "did you mean `method`?"),
        (
            "x-github-event:push",
            0..14,
            "unknown field `x-github-event`",
            "a header is asked for so: header.x-github-event:push",
        ),
        ("http://a", 0..4, "unknown field `http`", "to look for the text itself, quote it: \"http://a\""),
        ("header.:a", 7..7, "expected a header name after `header.`", "or leave the dot out: header:…"),
        ("path.x:a", 4..6, "`path` has no parts", "for example path:/stripe/*"),
        (
            "body:/a",
            7..7,
            "expected `/` at the end of the regular expression",
            "to look for text that begins with a slash, quote it",
        ),
        ("body://", 6..6, "expected a regular expression between the slashes", "for example /inv_[0-9]+/"),
        (
            "body:/é(/",
            8..9,
            "the regular expression does not work: unclosed group",
            "a backslash makes the next character stand for itself",
        ),
        (
            "body:/v1/charges",
            9..10,
            "unknown flag `c` after the regular expression",
            "flags are i, m, s and x; a slash inside is written \\/, and to look for text that begins with a slash, quote it",
        ),
        ("size:big", 5..8, "`big` is not a size such as 512, 10kb or 1.5MiB", "for example size:>10"),
        ("status:>=x", 7..10, "`x` is not a status such as 404 or a class such as 4xx", "for example status:>=400"),
        ("pinned:1", 7..8, "`pinned` is either true or false", "for example pinned:true"),
        ("path:>a", 5..7, "`path` is text and has no order", "to look for the sign itself, quote it"),
        ("provider:githb", 9..14, "unknown provider `githb`", "did you mean `github`?"),
        ("provider:\"aws sns\"", 9..18, "unknown provider `aws sns`", "did you mean `sns`?"),
    ];
    for (text, span, message, hint) in expected {
        let error = Query::parse(text).unwrap_err();
        assert_eq!((error.span.clone(), error.message.as_str()), (span, message), "{text}");
        assert_eq!(error.hint.as_deref(), Some(hint), "{text}");
    }
}

#[test]
fn bounds_are_kept_and_said() {
    let message = |text: &str| Query::parse(text).unwrap_err().message;
    assert!(Query::parse(&format!("{}a{}", "(".repeat(DEPTH), ")".repeat(DEPTH))).is_ok());
    assert_eq!(message(&"(".repeat(DEPTH + 1)), "groups and negations may nest 64 deep");
    assert_eq!(message(&"-".repeat(DEPTH + 1)), "groups and negations may nest 64 deep");
    assert_eq!(message(&"é".repeat(LENGTH)), "a query is at most 16 KiB long");
    assert!(Query::parse(&"a ".repeat(LENGTH / 2)).is_ok());
    assert!(Query::parse(&format!("body:{}", "*a".repeat(LENGTH / 2 - 3))).is_ok());
    let many = |count: usize| vec!["body:/a/"; count].join(" or ");
    assert!(Query::parse(&many(PATTERNS)).is_ok());
    assert_eq!(message(&many(PATTERNS + 1)), "a query holds at most 16 regular expressions");
}

#[test]
fn a_draft_is_asked_for_by_how_it_came_about_and_by_what_it_was_made_of() {
    let (edited, facts) = sample();
    let (caught, _) = other();
    let composed = Capture { origin: Some(Origin::default()), ..caught.clone() };
    let id = CaptureId::fixed(9);
    for (query, found) in [
        ("draft:*".to_owned(), [true, true, false]),
        ("draft:edited".to_owned(), [true, false, false]),
        ("draft:composed".to_owned(), [false, true, false]),
        (format!("draft:{id}"), [true, false, false]),
        ("not draft:*".to_owned(), [false, false, true]),
    ] {
        let query = Query::parse(&query).unwrap();
        assert_eq!([&edited, &composed, &caught].map(|capture| query.matches(capture, &facts)), found, "{query:?}");
    }
}
