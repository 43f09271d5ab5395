//! Captures ready to be received: what real senders send, and what nobody should.

#![allow(dead_code, reason = "several test programs share this file, and none of them uses all of it")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use creel::model::{
    Answer, Body, BodyEnd, Capture, CaptureId, Content, Fidelity, Head, Room, Seq, Spooled, Timing, Version, Wire,
};
use jiff::Timestamp;

/// A capture of these parts, at a fixed time and from a fixed address.
pub fn capture(method: &str, target: impl AsRef<[u8]>, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Capture {
    let headers = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Capture {
        id: CaptureId::fixed(7),
        seq: Seq(0),
        received_at: "2026-01-31T09:26:53.589793Z".parse::<Timestamp>().unwrap(),
        remote: Some(SocketAddr::from(([192, 0, 2, 7], 53_012))),
        head: Head::from_parts(method.as_bytes(), target.as_ref(), Version::Http11, headers, Fidelity::Exact),
        body: Body::complete(body.into()),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing {
            head: Duration::from_micros(40),
            body: Some(Duration::from_micros(230)),
            answered: Duration::from_micros(410),
        },
        wire: Wire::default(),
        origin: None,
    }
}

/// The same, so many seconds later.
pub fn later(mut capture: Capture, seconds: i64) -> Capture {
    capture.received_at += jiff::SignedDuration::from_secs(seconds);
    capture
}

/// A push to a repository on GitHub.
pub fn github_push() -> Capture {
    capture(
        "POST",
        "/github",
        &[
            ("Host", "127.0.0.1:4600"),
            ("User-Agent", "GitHub-Hookshot/044aadd"),
            ("X-GitHub-Event", "push"),
            ("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
            ("Content-Type", "application/json"),
            ("X-Hub-Signature-256", "sha256=d57c68ca6f92289e6987922ff26938930f6e66a2d161ef06abdf1859230aa23c"),
        ],
        r#"{"ref":"refs/heads/main","before":"6113728f27ae82c7b1a177c8d03f9e96e0adf246","commits":[{"id":"0d1a26e6","message":"Fix the pump","distinct":true,"added":[],"modified":["src/pump.rs"]}],"repository":{"id":186853002,"name":"Hello-World","private":false,"stargazers_count":0,"size":1.50,"homepage":null},"pusher":{"name":"Codertocat"}}"#,
    )
}

/// An invoice that Stripe says was paid.
pub fn stripe_invoice() -> Capture {
    capture(
        "POST",
        "/stripe?account=acct_1&mode=test",
        &[
            ("Host", "127.0.0.1:4600"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Stripe-Signature", "t=1492774577,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd"),
        ],
        r#"{"id":"evt_1","object":"event","type":"invoice.paid","data":{"object":{"id":"in_1","amount_paid":1999}}}"#,
    )
}

/// What a gateway passes on: a token, a session, and the way that it came.
pub fn through_a_gateway() -> Capture {
    capture(
        "POST",
        "/orders?token=s3cr3t-in-query&page=2",
        &[
            ("Host", "127.0.0.1:4600"),
            ("X-Forwarded-For", "203.0.113.7, 10.0.0.1"),
            ("Authorization", TOKEN),
            ("Forwarded", "for=203.0.113.7;proto=https;by=10.0.0.1"),
            ("Proxy-Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("content-type", "application/json"),
            ("Cookie", "theme=dark; session=c00kie-value"),
            ("X-Team", "blue"),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("X-Orders-Timestamp", "1769851553"),
        ],
        r#"{"order":7,"password":"s3cr3t-in-body","items":[{"api_key":"s3cr3t-in-array"}]}"#,
    )
}

/// `{"alg":"HS256","typ":"JWT"}` and `{"sub":"1234567890","name":"John Doe","iat":1516239022,"exp":1769855213}`.
const TOKEN: &str = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyLCJleHAiOjE3Njk4NTUyMTN9.c2lnbmF0dXJlLXMzY3IzdA";

/// A form, as Slack sends slash commands.
pub fn slack_command() -> Capture {
    capture(
        "POST",
        "/slack/commands",
        &[
            ("Host", "127.0.0.1:4600"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
            ("X-Slack-Request-Timestamp", "1531420618"),
        ],
        "token=gIkuvaNzQIHg97ATvDxqgjtO&command=%2Fweather&text=94070+%26+more&user_name=Steve",
    )
}

/// Bytes that are no text.
pub fn binary_blob() -> Capture {
    let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
    capture("PUT", "/blobs/1", &[("Content-Type", "application/octet-stream")], bytes)
}

/// What a health check sends.
pub fn get_health() -> Capture {
    capture("GET", "/health", &[("Host", "127.0.0.1:4600"), ("User-Agent", "curl/8.5.0")], "")
}

/// A body of which only a part was kept.
pub fn truncated() -> Capture {
    let mut capture = capture("POST", "/upload", &[("Content-Length", "20971520")], "");
    capture.body = Body::new(Bytes::from(vec![b'x'; 2048]), Some(20_971_520), 2048, BodyEnd::OverLimit(2048));
    capture.answer = Arc::new(Answer::status(413)).into();
    capture.timing.body = None;
    capture
}

/// A body that is on the disk: that many lines of 32 bytes.
pub fn large(lines: usize) -> Capture {
    use std::io::Write as _;
    let mut file = tempfile::tempfile().unwrap();
    let mut text = Vec::new();
    for line in 0..lines {
        writeln!(text, "line {line:>26}").unwrap();
    }
    file.write_all(&text).unwrap();
    let first = Bytes::copy_from_slice(text.get(..65_536).unwrap_or(&text));
    let content = Content::Spooled(Spooled::new(file, first, text.len(), Room::default()));
    let mut capture = capture("PUT", "/large", &[("Content-Type", "text/plain")], "");
    capture.body = Body::of(content, None, text.len() as u64, BodyEnd::Complete);
    capture
}

/// Every kind of thing that must not reach a terminal, in every place that can hold it.
pub fn hostile() -> Capture {
    let nasty = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}txet\u{2066}\u{200b}\u{9b}31m\r\n\u{301}\u{fe0f}";
    let target = [b"/a\x1b[31m\xff?q=\xe2\x80\xae&\x9b=1".as_slice()].concat();
    let mut capture = capture(
        "P\u{202e}ST",
        target,
        &[("X-\u{1b}[1m", nasty), ("Content-Type", "text/\u{1b}[7mplain"), ("X-GitHub-Event", "pu\u{202e}sh\u{1b}c")],
        [nasty.as_bytes(), b"\xff\xfe\x00\x1b", nasty.repeat(20).as_bytes()].concat(),
    );
    capture.trailers = Box::new([(Bytes::from_static(b"\x1b[5m"), Bytes::from_static(b"\x1b[6n"))]);
    capture
}
