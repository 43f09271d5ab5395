//! The lines as scripts see them, and that what is written is what is read.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::{
    Answer, At, Attempt, AttemptId, Body, BodyFraming, BodySent, Capture, CaptureId, Change, Chunks, Digest, Failure,
    Fidelity, Framed, Head, Ledger, Origin, Outcome, Refusal, Rejected, Reply, Rewrite, Seq, Timing, Timings, Version,
    Wire,
};

fn capture() -> Capture {
    let head = Bytes::from_static(
        b"POST /github?x=1 HTTP/1.1\r\nX-GitHub-Event:  push\r\nX-GitHub-Delivery: 72d3162e\r\ncontent-type: application/json\r\nX-Odd: \xff\r\n\r\n",
    );
    Capture {
        id: CaptureId::fixed(0x0193_0000_0000_7000_8000_0000_0000_002a),
        seq: Seq(42),
        received_at: "2026-01-31T09:26:53.589793Z".parse().unwrap(),
        remote: Some("127.0.0.1:53012".parse().unwrap()),
        head: Head::parse(head).unwrap(),
        body: Body::new(Bytes::from_static("{\"é\":1}".as_bytes()), Some(8), 8, BodyEnd::Complete),
        trailers: Box::new([(Bytes::from_static(b"Sum"), Bytes::from_static(b"1"))]),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::answered(Duration::from_micros(410)),
        wire: Wire::default(),
        origin: None,
    }
}

#[test]
fn a_capture_is_written_as_the_contract_has_it() {
    let expected = concat!(
        r#"{"type":"capture","id":"01930000-0000-7000-8000-00000000002a","seq":42,"#,
        r#""received_at":"2026-01-31T09:26:53.589793Z","remote":"127.0.0.1:53012","version":"HTTP/1.1","#,
        r#""method":"POST","target":"/github?x=1","#,
        r#""headers":[["X-GitHub-Event","push"],["X-GitHub-Delivery","72d3162e"],["content-type","application/json"],["X-Odd",{"base64":"/w=="}]],"#,
        r#""body":{"size":8,"truncated":false,"#,
        r#""sha256":"ddcfcf4765da163969972bb20660092ca2787782d9352d1d8a38e93f70acf3bf","text":"{\"\u00e9\":1}","declared":8},"#,
        r#""trailers":[["Sum","1"]],"provider":"github","event":"push","delivery":"72d3162e","signature":{"scheme":"github","verdict":"missing"},"#,
        r#""answer":{"status":200},"duration_ms":0.41,"fidelity":"exact","#,
        r#""head":{"base64":"UE9TVCAvZ2l0aHViP3g9MSBIVFRQLzEuMQ0KWC1HaXRIdWItRXZlbnQ6ICBwdXNoDQpYLUdpdEh1Yi1EZWxpdmVyeTogNzJkMzE2MmUNCmNvbnRlbnQtdHlwZTogYXBwbGljYXRpb24vanNvbg0KWC1PZGQ6IP8NCg0K"},"#,
        r#""timing_ms":{"head":0,"body":null,"answered":0.41},"odd":["no_host","non_ascii_value"]}"#,
    );
    assert_eq!(capture_line(&capture()), expected);
}

#[test]
fn an_event_that_is_no_text_is_base64() {
    let mut capture = capture();
    let headers: [(&[u8], &[u8]); 2] = [(b"X-GitHub-Event", b"\xffpush"), (b"X-GitHub-Delivery", b"1")];
    capture.head = Head::from_parts(b"POST", b"/\xff", Version::Http11, headers, Fidelity::Fields);
    let line = capture_line(&capture);
    assert!(line.contains(r#""target":{"base64":"L/8="},"#), "{line}");
    assert!(line.contains(r#""provider":"github","event":{"base64":"/3B1c2g="},"delivery":"1","#), "{line}");
}

#[test]
fn a_body_that_is_not_whole_says_why() {
    let mut capture = capture();
    capture.body = Body::new(Bytes::from_static(b"\xff\0"), None, 2_000, BodyEnd::OverLimit(2));
    capture.remote = None;
    capture.head = Head::parse(Bytes::from_static(b"POST / HTTP/1.1\r\n\r\n")).unwrap();
    let line = capture_line(&capture);
    let body = line.split_once(r#""body":"#).unwrap().1.split_once(r#","trailers""#).unwrap().0;
    let sha256 = hex::encode(capture.body.sha256().unwrap());
    assert_eq!(
        body,
        format!(
            "{{\"size\":2,\"truncated\":true,\"sha256\":\"{sha256}\",\"base64\":\"/wA=\",\"received\":2000,\
             \"end\":\"over_limit\",\"reason\":\"cut at the limit of 2 B (--max-body)\",\"limit\":2}}"
        )
    );
    assert!(
        line.contains(r#""remote":null,"#) && line.contains(r#""provider":null,"event":null,"delivery":null"#),
        "{line}"
    );
}

#[test]
fn an_attempt_is_written_as_the_contract_has_it() {
    let mut attempt = Attempt {
        id: AttemptId(7),
        capture: CaptureId::fixed(1),
        seq: Seq(3),
        target: "http://localhost:3000/".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        duration: Some(Duration::from_micros(12_200)),
        ledger: Ledger {
            version: Version::Http11,
            request_line: Some(Rewrite { from: Bytes::from_static(b"a\n"), to: Bytes::from_static(b"a\r\n") }),
            changes: vec![
                Change::Removed { at: At::Header(1), name: Bytes::from_static(b"TE"), because: "no" },
                Change::Added { name: Bytes::from_static(b"A"), value: Bytes::from_static(b"\xff") },
                Change::Changed {
                    at: At::Header(0),
                    name: Bytes::from_static(b"Host"),
                    from: Bytes::from_static(b"a"),
                    to: Bytes::from_static(b"b"),
                },
                Change::Rewritten {
                    at: At::End,
                    name: Bytes::new(),
                    from: Bytes::from_static(b"\n"),
                    to: Bytes::from_static(b"\r\n"),
                    because: "so",
                },
                Change::Removed { at: At::Trailer(0), name: Bytes::from_static(b"T"), because: "no" },
            ],
            framing: Framed { from: BodyFraming::Chunked, to: BodyFraming::Length, because: None },
            body: Some(BodySent {
                captured: Digest { size: 2, sha256: [0; 32] },
                sent: Digest { size: 1, sha256: [255; 32] },
                because: Some("cut".to_owned()),
            }),
            signed: Some("stripe with env:A".to_owned()),
        },
        outcome: Some(Outcome::Replied(Box::new(Reply {
            status: 500,
            reason: "Oh \u{1b}".to_owned(),
            headers: vec![(Bytes::from_static(b"X-A"), Bytes::from_static(b"1"))],
            body: Bytes::from_static(b"no"),
            body_received: 9,
            body_cut: Some("cut".to_owned()),
        }))),
        timings: Timings { connect: Some(Duration::from_micros(250)), ..Timings::default() },
        to: Some("local".to_owned()),
        forwarded: Some(2),
    };
    assert_eq!(
        attempt_line(&attempt),
        concat!(
            r#"{"type":"attempt","id":"7","capture":"00000000-0000-0000-0000-000000000001","#,
            r#""target":"http://localhost:3000/","status":500,"duration_ms":12.2,"error":null,"changed":["#,
            r#"{"change":"removed","name":"TE","because":"no","header":1},"#,
            r#"{"change":"added","name":"A","value":{"base64":"/w=="}},"#,
            r#"{"change":"changed","name":"Host","from":"a","to":"b","header":0},"#,
            r#"{"change":"rewritten","name":"","from":"\n","to":"\r\n","because":"so"},"#,
            r#"{"change":"removed","name":"T","because":"no","trailer":0}],"seq":3,"started_at":"1970-01-01T00:00:00Z","#,
            r#""reply":{"reason":"Oh \u001b","headers":[["X-A","1"]],"#,
            r#""body":{"size":2,"truncated":true,"text":"no","received":9,"reason":"cut"}},"#,
            r#""version":"HTTP/1.1","request_line":{"from":"a\n","to":"a\r\n"},"#,
            r#""framing":{"from":"chunked","to":"length","because":null},"#,
            r#""body":{"captured":{"size":2,"sha256":"0000000000000000000000000000000000000000000000000000000000000000"},"#,
            r#""sent":{"size":1,"sha256":"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},"because":"cut"},"#,
            r#""signed":"stripe with env:A","to":"local","forwarded":true,"try":2,"timings_ms":{"connect":0.25}}"#,
        )
    );
    attempt.ledger = Ledger::new(Version::Http11);
    attempt.outcome = Some(Outcome::Failed(Failure { kind: "refused", sentence: "nobody".to_owned() }));
    let line = attempt_line(&attempt);
    assert!(
        line.contains(
            r#""status":null,"duration_ms":12.2,"error":{"kind":"refused","sentence":"nobody"},"changed":[]"#
        ),
        "{line}"
    );
    (attempt.to, attempt.forwarded, attempt.timings) = (None, None, Timings::default());
    attempt.outcome = Some(Outcome::Cancelled);
    assert!(attempt_line(&attempt).contains(r#""error":{"kind":"cancelled""#));
    (attempt.outcome, attempt.duration) = (None, None);
    let line = attempt_line(&attempt);
    assert!(line.contains(r#""duration_ms":null,"error":null"#) && line.contains(r#""reply":null,"#), "{line}");
    let end = concat!(
        r#""framing":{"from":"none","to":"none","because":null},"body":null,"signed":null,"#,
        r#""to":null,"forwarded":false,"try":null,"timings_ms":{}}"#,
    );
    assert!(line.ends_with(end), "{line}");
}

#[test]
fn the_other_lines_are_written_as_the_contract_has_them() {
    assert_eq!(
        ready_line("http://127.0.0.1:4600", None),
        r#"{"type":"ready","url":"http://127.0.0.1:4600","inbox":null}"#
    );
    assert_eq!(ready_line("u", Some("default")), r#"{"type":"ready","url":"u","inbox":"default"}"#);
    let rejected = Rejected {
        received_at: Timestamp::UNIX_EPOCH,
        remote: "[::1]:5".parse().unwrap(),
        refusal: Refusal::Malformed,
        reason: "invalid \"header\"".to_owned(),
        status: Some(400),
        raw: Bytes::from_static(b"GET\0"),
    };
    assert_eq!(
        rejected_line(&rejected),
        concat!(
            r#"{"type":"rejected","received_at":"1970-01-01T00:00:00Z","remote":"[::1]:5","#,
            r#""reason":"invalid \"header\"","status":400,"raw":{"base64":"R0VUAA=="},"refusal":"malformed"}"#
        )
    );
    for line in [ready_line("x", None), rejected_line(&rejected)] {
        assert!(read_capture(&line).unwrap().is_none());
    }
}

#[test]
fn what_cannot_be_read_names_its_field() {
    let line = capture_line(&capture());
    let method = line.find(r#""POST""#).unwrap() + 1;
    for (from, to, expected) in [
        ("", "", ""),
        ("{", "[", "not a line of creel's JSON output: "),
        (r#""type":"capture","#, "", "the field `type` of a capture is missing"),
        (r#""method":"POST","#, "", "the field `method` of a capture is missing"),
        (
            r#""POST""#,
            "7",
            &format!(
                "the field `method` of a capture is wrong: invalid type: integer `7`, expected a string or {{\"base64\":\"…\"}} at column {method}"
            ),
        ),
        (
            r#""content-type","#,
            "",
            "the field `headers` of a capture is wrong: invalid length 1, expected a tuple of size 2",
        ),
        (r#""/w==""#, r#""/w""#, "the field `headers` of a capture is wrong: Invalid padding"),
        (r#""text""#, r#""txt""#, "the field `body` of a capture has neither `text` nor `base64`"),
        (r#""text""#, r#""base64""#, "the field `body` of a capture has a `base64` that is not Base64"),
        (r#""text""#, r#""base64":"","text""#, "the field `body` of a capture has `text` and `base64`"),
        (
            r#""truncated""#,
            r#""end":"\u001bnew","truncated""#,
            "the field `body` of a capture has an `end` that is not known: ^[new",
        ),
        ("HTTP/1.1", "HTTP/4", "the field `version` of a capture is not HTTP/1.0, HTTP/1.1 or HTTP/2: HTTP/4"),
        ("01930000-", "0193-", "the field `id` of a capture is not a UUID"),
        ("T09:26", "T99:26", "the field `received_at` of a capture is not a time"),
        (":53012", "", "the field `remote` of a capture is not an address"),
        ("0.41", "-0.41", "the field `duration_ms` of a capture is not a length"),
        (r#"answered":0.41"#, r#"answered":-1"#, "the field `timing_ms` of a capture is not a length"),
        ("0.41", "1e300", "the field `duration_ms` of a capture is not a length"),
        (r#"{"status":200}"#, r#"{"status":-1}"#, "the field `answer` of a capture is wrong"),
        (r#""seq":42"#, r#""seq":42,"seq":43"#, "not a line of creel's JSON output: duplicate field `seq`"),
    ] {
        let changed = line.replacen(from, to, 1);
        match read_capture(&changed) {
            Ok(_) => assert_eq!(expected, "", "{changed}"),
            Err(error) => {
                let said = error.to_string();
                assert!(!expected.is_empty() && said.starts_with(expected), "{said}");
                assert!(error.on_line(3).to_string().starts_with("line 3: "));
            }
        }
    }
}

#[test]
fn what_is_not_needed_may_be_missing_and_what_is_new_is_passed_over() {
    let line = r#"{"type":"capture","new":[{}],"id":"00000000-0000-0000-0000-000000000001","version":"HTTP/2",
        "received_at":"2026-01-31T09:26:53Z","method":"POST","target":"/","headers":[],"body":{"text":"","size":7}}"#;
    let capture = read_capture(line).unwrap().unwrap();
    assert_eq!((capture.seq, capture.remote, capture.timing), (Seq(0), None, Timing::default()));
    assert_eq!((capture.head.version(), capture.head.fidelity()), (Version::Http2, Fidelity::Fields));
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![".{0,30}".prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 0..60)]
}

fn field_pairs() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>)>> {
    proptest::collection::vec(("[A-Za-z-]{1,9}".prop_map(String::into_bytes), octets()), 0..8)
}

fn ends() -> impl Strategy<Value = BodyEnd> {
    prop_oneof![
        Just(BodyEnd::Complete),
        any::<u64>().prop_map(BodyEnd::OverLimit),
        Just(BodyEnd::ClosedEarly),
        Just(BodyEnd::TimedOut),
        ".{0,20}".prop_map(|why| BodyEnd::Malformed(why.into())),
        Just(BodyEnd::Abandoned),
        Just(BodyEnd::Reset),
        (0..Refusal::TABLE.len()).prop_map(|at| BodyEnd::Shed(Refusal::TABLE[at].0)),
    ]
}

fn nanos(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

fn chunks() -> impl Strategy<Value = Chunks> {
    (proptest::collection::vec(any::<u64>(), 0..5), 0_u64..9, any::<bool>()).prop_map(|(sizes, more, extensions)| {
        Chunks { count: sizes.len() as u64 + more, sizes: sizes.into(), extensions }
    })
}

#[test]
fn a_head_in_other_white_space_is_read_back_byte_for_byte() {
    let heads: [&'static [u8]; 4] = [
        b"POST /a HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\r\nPOST /a HTTP/1.0\nX-A:1\nx-a:\t 2 \n\n",
        b"POST /a HTTP/1.1\r\nX-A: one\r\n two\r\n\r\n",
        b"POST /\xff HTTP/1.1\r\nX-A:  \xff\r\n\r\n",
    ];
    for bytes in heads {
        let capture = Capture { head: Head::parse(Bytes::from_static(bytes)).unwrap(), ..capture() };
        let line = capture_line(&capture);
        let read = read_capture(&line).unwrap().unwrap();
        assert_eq!((read.head.bytes().as_ref(), read.head.fidelity()), (bytes, Fidelity::Exact), "{line}");
    }
}

#[test]
fn a_field_that_was_edited_holds_against_the_head_beside_it() {
    let head = Head::parse(Bytes::from_static(b"POST /a HTTP/1.1\r\nX-A:1\r\n\r\n")).unwrap();
    let line = capture_line(&Capture { head, ..capture() }).replacen("\"/a\"", "\"/b\"", 1);
    let head = read_capture(&line).unwrap().unwrap().head;
    assert_eq!((head.target(), head.fidelity()), (b"/b".as_slice(), Fidelity::Fields));
}

fn origins() -> impl Strategy<Value = Origin> {
    proptest::option::of(any::<u128>()).prop_map(|of| Origin { of: of.map(CaptureId::fixed) })
}

#[test]
fn a_draft_says_what_it_was_made_of() {
    for (origin, written) in [
        (Some(Origin { of: Some(CaptureId::fixed(9)) }), r#","draft":{"of":"00000000-0000-0000-0000-000000000009"}}"#),
        (Some(Origin::default()), r#","draft":{"of":null}}"#),
    ] {
        let line = capture_line(&Capture { origin, ..capture() });
        assert!(line.ends_with(written), "{line}");
        assert_eq!(read_capture(&line).unwrap().unwrap().origin, origin);
        let wrong = read_capture(&line.replacen("\"of\":", "\"of\":\"x\",\"was\":", 1)).unwrap_err().to_string();
        assert_eq!(wrong, "the field `draft` of a capture has an `of` that is not a UUID");
    }
    let line = capture_line(&capture());
    assert!(!line.contains("draft"), "what was caught is none: {line}");
    assert_eq!(read_capture(&line.replacen('{', "{\"draft\":null,", 1)).unwrap().unwrap().origin, None);
}

prop_compose! {
    fn captures()(
        id in any::<u128>(), seq in any::<u64>(), at in -1_000_000_000_000_000_000_i128..4_000_000_000_000_000_000,
        port in proptest::option::of(any::<u16>()), method in octets(), target in octets(),
        version in prop_oneof![Just(Version::Http10), Just(Version::Http11), Just(Version::Http2)],
        fidelity in prop_oneof![Just(Fidelity::Fields), Just(Fidelity::Normalised)],
        headers in field_pairs(), trailers in field_pairs(),
        body in octets(), declared in any::<Option<u64>>(), received in any::<u64>(), end in ends(),
        status in 200_u16..600, answer_headers in field_pairs(), answer_body in octets(),
        [head_nanos, answered_nanos] in [0_u64..86_400_000_000_000, 0_u64..86_400_000_000_000],
        body_nanos in proptest::option::of(0_u64..86_400_000_000_000), continued in any::<Option<bool>>(),
        (chunks, origin) in (proptest::option::of(chunks()), proptest::option::of(origins())),
    ) -> Capture {
        let pairs = headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
        Capture {
            id: CaptureId::fixed(id),
            seq: Seq(seq),
            received_at: Timestamp::from_nanosecond(at).unwrap(),
            remote: port.map(|port| ([127, 0, 0, 1], port).into()),
            head: Head::from_parts(&method, &target, version, pairs, fidelity),
            body: Body::new(body.into(), declared, received, end),
            trailers: trailers.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            answer: Arc::new(Answer {
                headers: answer_headers.into_iter().map(|(name, value)| (String::from_utf8(name).unwrap(), value.into())).collect(),
                body: answer_body.into(),
                ..Answer::status(status)
            }).into(),
            timing: Timing { head: nanos(head_nanos), body: body_nanos.map(nanos), answered: nanos(answered_nanos) },
            wire: Wire::new(chunks.map(Box::new), continued),
            origin,
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(capture in captures()) {
        let line = capture_line(&capture);
        prop_assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line}");
        let read = read_capture(&line).unwrap().unwrap();
        prop_assert_eq!((read.id, read.seq, read.received_at), (capture.id, capture.seq, capture.received_at));
        prop_assert_eq!((read.remote, read.timing), (capture.remote, capture.timing));
        prop_assert_eq!(&read.head, &capture.head);
        prop_assert_eq!(read.body.first(), capture.body.first());
        prop_assert_eq!((read.body.declared(), read.body.received(), read.body.end()), (capture.body.declared(), capture.body.received(), capture.body.end()));
        prop_assert_eq!((&read.trailers, &read.answer, read.origin), (&capture.trailers, &capture.answer, capture.origin));
        prop_assert_eq!((&read.wire.chunks, read.wire.continued), (&capture.wire.chunks, capture.wire.continued));
        prop_assert_eq!(read.odd(), capture.odd());
        // Written again it is the same line.
        prop_assert_eq!(capture_line(&read), line);
    }

    #[test]
    fn any_line_is_read_or_refused(line in prop_oneof![".{0,80}", r#"\{("type":"capture",)?("[a-z]{1,6}":[\[\]{}0-9",a-z]{0,9},?){0,4}\}"#]) {
        if let Err(error) = read_capture(&line) {
            prop_assert!(error.to_string().chars().all(|char| !crate::model::printable::needs_escape(char)));
        }
    }

    #[test]
    fn a_line_with_a_hole_is_read_or_refused(at in any::<prop::sample::Index>(), length in 1_usize..30) {
        let line = capture_line(&capture());
        let start = at.index(line.len());
        let holed = format!("{}{}", &line[..start], line.get(start + length..).unwrap_or_default());
        let _ = read_capture(&holed);
    }
}
