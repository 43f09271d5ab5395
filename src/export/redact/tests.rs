//! Redaction of whole captures.

use std::io::Write as _;

use jiff::Timestamp;

use super::*;
use crate::model::{BodyEnd, CaptureId, Chunks, Seq, Timing, Version};

fn capture(target: &str, headers: &[(&str, &str)], body: &str) -> Arc<Capture> {
    let headers = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Arc::new(Capture {
        id: CaptureId::fixed(1),
        seq: Seq(1),
        received_at: Timestamp::UNIX_EPOCH,
        remote: None,
        head: Head::from_parts(b"POST", target.as_bytes(), Version::Http11, headers, Fidelity::Exact),
        body: Body::new(
            Bytes::copy_from_slice(body.as_bytes()),
            Some(body.len() as u64),
            body.len() as u64,
            BodyEnd::Complete,
        ),
        trailers: Box::new([(Bytes::from_static(b"X-Api-Key"), Bytes::from_static(b"k"))]),
        answer: Arc::new(Answer {
            headers: vec![("Set-Cookie".to_owned(), Bytes::from_static(b"a=b"))],
            ..Answer::default()
        })
        .into(),
        timing: Timing::default(),
        wire: Wire::new(Some(Box::new(Chunks::default())), None),
        origin: None,
    })
}

fn applied(redaction: &Redaction, capture: &Arc<Capture>) -> (Arc<Capture>, Redacted) {
    redaction.apply(capture).unwrap()
}

#[test]
fn every_place_is_looked_into_and_the_length_fits() {
    let body = r#"{"token":"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz","a":[1.50]}"#;
    let length = body.len().to_string();
    let headers = [
        ("AUTHORIZATION", "Bearer 0123456789"),
        ("Cookie", "session=1"),
        ("X-Hub-Signature-256", "sha256=00"),
        ("x-team", "blue"),
        ("Content-Length", length.as_str()),
    ];
    let capture = capture("/a?x=1&token=abc&pin=99", &headers, body);
    let rules = ["header:X-Team", "param:pin"].map(|rule| rule.parse().unwrap());
    let (redacted, done) = applied(&Redaction::with(rules), &capture);
    let new = r#"{"token":"<redacted 52 bytes: token>","a":[1.50]}"#;
    let lines: Vec<String> = redacted.head.headers().map(|header| header.value.escape_ascii().to_string()).collect();
    let expected = [
        "Bearer <redacted 10 bytes: AUTHORIZATION>",
        "<redacted 9 bytes: Cookie>",
        "sha256=00",
        "<redacted 4 bytes: x-team>",
        &new.len().to_string(),
    ];
    assert_eq!(lines, expected);
    assert_eq!(redacted.head.target(), b"/a?x=1&token=redacted-3-bytes&pin=redacted-2-bytes");
    assert_eq!(redacted.body.bytes().unwrap(), new.as_bytes());
    assert_eq!((redacted.body.declared(), redacted.body.received()), (Some(new.len() as u64), new.len() as u64));
    assert_eq!(redacted.trailers[0].1, "<redacted 1 bytes: X-Api-Key>");
    assert_eq!(redacted.answer.headers[0].1, "<redacted 3 bytes: Set-Cookie>");
    assert!(redacted.wire.chunks.is_none() && redacted.head.fidelity() == Fidelity::Fields);
    assert_eq!(done, Redacted { values: 8, opaque: false, passed_over: false });
    let line = crate::export::capture_line(&redacted);
    for secret in ["0123456789", "session=1", "blue", "abcdefgh", "token=abc", "a=b"] {
        assert!(!line.contains(secret), "{secret} is left: {line}");
    }
}

#[test]
fn forms_are_looked_into_and_coded_bodies_are_counted() {
    let form = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")];
    let (redacted, _) = applied(&Redaction::default(), &capture("/", &form, "token=gIkuv&text=%41"));
    assert_eq!(redacted.body.bytes().unwrap(), "token=redacted-5-bytes&text=%41");
    let (redacted, done) =
        applied(&Redaction::default(), &capture("/", &[("Content-Encoding", "gzip")], "{\"token\":\"x\"}"));
    assert_eq!((redacted.body.bytes().unwrap().as_ref(), done.opaque), (&b"{\"token\":\"x\"}"[..], true));
    let (_, done) =
        applied(&Redaction::default(), &capture("/", &[("Content-Encoding", "identity")], "{\"token\":\"x\"}"));
    assert!(!done.opaque);
}

#[test]
fn a_capture_without_secrets_is_the_same_one() {
    let mut plain = Capture::clone(&capture("/", &[("Accept", "*/*")], "{\"a\":1}"));
    (plain.trailers, plain.answer) = (Box::default(), crate::model::Given::default());
    let plain = Arc::new(plain);
    let (same, done) = applied(&Redaction::default(), &plain);
    assert!(Arc::ptr_eq(&plain, &same) && done == Redacted::default());
}

#[test]
fn a_spooled_body_goes_through_piece_by_piece() {
    let mut text = String::from("[");
    while text.len() < 3 * content::PIECE {
        text.push_str(r#"{"password":"hunter2","n":1},"#);
    }
    text.push_str("0]");
    let spooled = |text: &str| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let first = Bytes::copy_from_slice(&text.as_bytes()[..content::FIRST]);
        Content::Spooled(Spooled::new(file, first, text.len(), Room::default()))
    };
    let mut capture = Capture::clone(&capture("/", &[], ""));
    capture.body = Body::of(spooled(&text), None, text.len() as u64, BodyEnd::Complete);
    let (redacted, done) = applied(&Redaction::default(), &Arc::new(capture.clone()));
    let read: Vec<u8> = redacted.body.content().pieces().flat_map(|piece| piece.unwrap()).collect();
    let expected = text.replace("\"hunter2\"", "\"<redacted 7 bytes: password>\"");
    assert_eq!(read, expected.as_bytes());
    assert_eq!(redacted.body.first(), &expected.as_bytes()[..content::FIRST]);
    assert_eq!(done.values, text.matches("hunter2").count() as u64 + 2);
    // And one that hides nothing stays where it is.
    capture.body = Body::of(spooled(&text.replace("password", "passw_rt")), None, text.len() as u64, BodyEnd::Complete);
    let (redacted, _) = applied(&Redaction::default(), &Arc::new(capture.clone()));
    assert_eq!(redacted.body.content(), capture.body.content());
}

#[test]
fn parts_are_looked_into_one_by_one() {
    let redaction = Redaction::with(["header:X-Team".parse().unwrap()]);
    let secret = |name: &str, value: &'static str| redaction.secret_of(name.as_bytes(), value.as_bytes());
    assert_eq!(secret("authorization", "bearer a b"), Some((&b"bearer "[..], &b"a b"[..])));
    assert_eq!(secret("X-TEAM", "my blue"), Some((&b""[..], &b"my blue"[..])));
    assert_eq!((secret("Authorization", ""), secret("Accept", "x")), (None, None));
    assert_eq!(redaction.header(b"x-team", b"blue"), b"<redacted 4 bytes: x-team>");
    assert_eq!(redaction.target(b"/a?token=xy&b=1"), b"/a?token=redacted-2-bytes&b=1");
    let bytes = |media: &str, coding: Option<&'static str>, text: &'static str| {
        redaction.bytes(Some(media.as_bytes()), coding.map(str::as_bytes), &Bytes::from_static(text.as_bytes()))
    };
    let json = bytes("", None, "{\"token\":\"abc\"}");
    assert_eq!(json, Looked::Into(Bytes::from_static(b"{\"token\":\"<redacted 3 bytes: token>\"}")));
    let form = bytes("application/x-www-form-urlencoded", Some("identity"), "a=1");
    assert_eq!(form, Looked::Into(Bytes::from_static(b"a=1")));
    assert_eq!(bytes("text/plain", None, "token: abc"), Looked::PassedOver);
    assert_eq!(bytes("application/json", Some("gzip"), "x"), Looked::Opaque);
}

#[test]
fn a_body_of_another_kind_is_passed_over_and_that_is_said() {
    let redaction = Redaction::default();
    let done = |headers: &[(&str, &str)], body: &str| applied(&redaction, &capture("/", headers, body)).1;
    assert!(done(&[], "token: abc").passed_over);
    assert!(!done(&[], "").passed_over && !done(&[], "{}").passed_over);
    let coded = done(&[("Content-Encoding", "gzip")], "x");
    assert!(coded.opaque && !coded.passed_over);
}
