//! Each handshake by what its provider documents, what is nearly one, and any bytes.

use std::{net::Ipv4Addr, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::model::{Body, CaptureId, Fidelity, Head, Seq, Timing, Version, Wire};
use crate::signature::Named;

pub(super) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Capture {
    let headers = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Capture {
        id: CaptureId::fixed(1),
        seq: Seq(1),
        received_at: Timestamp::UNIX_EPOCH,
        remote: Some((Ipv4Addr::LOCALHOST, 1).into()),
        head: Head::from_parts(method.as_bytes(), target.as_bytes(), Version::Http11, headers, Fidelity::Fields),
        body: Body::complete(Bytes::copy_from_slice(body)),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

fn secret(owner: &str, value: &str) -> Secret {
    Secret::new(Named::new(owner, "env:S").unwrap(), Zeroizing::new(value.as_bytes().to_vec()))
}

fn asked(name: &str, capture: &Capture, secrets: &[Secret]) -> Option<Answer> {
    (named(name).unwrap().reply)(&Asked { capture, secrets: secrets.iter().collect() })
}

fn said(name: &str, capture: &Capture, secrets: &[Secret]) -> Option<(u16, String)> {
    asked(name, capture, secrets).map(|answer| (answer.status, String::from_utf8(answer.body.to_vec()).unwrap()))
}

const GET: &str = "GET";
const POST: &str = "POST";

fn post(body: &str) -> Capture {
    request(POST, "/", &[], body.as_bytes())
}

fn get(target: &str) -> Capture {
    request(GET, target, &[], b"")
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what may be nothing")]
fn ok(text: &str) -> Option<(u16, String)> {
    Some((200, text.to_owned()))
}

#[test]
fn names_are_unique_and_every_row_says_all() {
    for (at, row) in HANDSHAKES.iter().enumerate() {
        assert!(HANDSHAKES.iter().skip(at + 1).all(|other| other.name != row.name));
        assert!(!row.known_by.is_empty() && !row.answer.is_empty() && !row.source.is_empty());
    }
}

#[test]
fn challenges_are_given_back() {
    assert_eq!(said("slack", &post(r#"{"token":"t","challenge":"3eZb","type":"url_verification"}"#), &[]), ok("3eZb"));
    let meta = get("/hook?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meaty%2Bham");
    assert_eq!(said("meta", &meta, &[]), ok("1158201444"));
    assert_eq!(said("meta", &meta, &[secret("meta-verify", "meaty+ham")]), ok("1158201444"));
    assert_eq!(said("meta", &meta, &[secret("meta-verify", "other")]).unwrap().0, 403);
    assert_eq!(said("dropbox", &get("/?challenge=abc%20d"), &[]), ok("abc d"));
    let graph = request(POST, "/?validationToken=Validation%3a+Testing+1", &[], b"");
    assert_eq!(said("graph", &graph, &[]), ok("Validation: Testing 1"));
    let okta = request(GET, "/", &[("X-Okta-Verification-Challenge", "qu\"ote")], b"");
    assert_eq!(said("okta", &okta, &[]), ok(r#"{"verification":"qu\"ote"}"#));
    let adyen = post(r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"eventCode":"REFUND"}}]}"#);
    assert_eq!(said("adyen", &adyen, &[]), ok("[accepted]"));
}

#[test]
fn tokens_are_signed_where_the_secret_is_known() {
    // Python: base64.b64encode(hmac.new(b"key", b"abc", hashlib.sha256).digest()), and its hexdigest.
    let key = [secret("x", "key")];
    let expected = r#"{"response_token":"sha256=nBluMtwBdfhvSxy4konWYZ3mvuaZ5MN45oMJ7Zehpqs="}"#;
    assert_eq!(said("x", &get("/?crc_token=abc&nonce=n"), &key), ok(expected));
    let without = asked("x", &get("/?crc_token=abc"), &[]).unwrap();
    let because = "no secret x is known; --secret x=env:NAME names one";
    assert_eq!((without.status, without.because.as_deref()), (503, Some(because)));
    let zoom =
        post(r#"{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1,"event":"endpoint.url_validation"}"#);
    let (status, body) = said("zoom", &zoom, &[secret("zoom", "key")]).unwrap();
    let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"key");
    let expected = hex::encode(ring::hmac::sign(&hmac, b"qgg8vlvZRS6UYooatFL8Aw"));
    assert_eq!((status, body.contains(&expected)), (200, true), "{body}");
    assert_eq!(said("zoom", &zoom, &[]).unwrap().0, 503);
}

#[test]
fn what_could_be_a_signed_body_is_not_signed() {
    let keys = [secret("x", "key"), secret("zoom", "key")];
    assert_eq!(said("x", &get("/?crc_token=%7B%22a%22%3A1%7D"), &keys), None);
    let zoom = post(r#"{"payload":{"plainToken":"v0:1:{}"},"event":"endpoint.url_validation"}"#);
    assert_eq!(said("zoom", &zoom, &keys), None);
}

#[test]
fn cloud_events_are_allowed_their_origin() {
    let of = |origin: &str, rate: &str| {
        let capture =
            request("OPTIONS", "/", &[("WebHook-Request-Origin", origin), ("WebHook-Request-Rate", rate)], b"");
        let answer = asked("cloudevents", &capture, &[])?;
        let value = |name: &str| {
            let found = answer.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.to_vec());
            String::from_utf8(found.unwrap_or_default()).unwrap()
        };
        Some((value("webhook-allowed-origin"), value("webhook-allowed-rate")))
    };
    assert_eq!(of("eventgrid.azure.net", "120"), Some(("eventgrid.azure.net".to_owned(), "120".to_owned())));
    assert_eq!(of("a.dev", "many\r\nX: y"), Some(("a.dev".to_owned(), "*".to_owned())));
    assert_eq!((of("a.dev\r\nSet-Cookie: a", "1"), of("", "1"), of("<script>", "1")), (None, None, None));
}

#[test]
fn discord_is_told_that_a_signature_is_wrong() {
    let key = [secret("discord", &"ab".repeat(32))];
    let ping = |body: &str| {
        request(POST, "/", &[("X-Signature-Ed25519", "00"), ("X-Signature-Timestamp", "1")], body.as_bytes())
    };
    assert_eq!(said("discord", &ping(r#"{"type":1}"#), &[]), ok(r#"{"type":1}"#));
    assert_eq!(said("discord", &ping(r#"{"version":1,"type":0}"#), &[]), Some((204, String::new())));
    assert_eq!(said("discord", &ping(r#"{"type":1}"#), &key).unwrap().0, 401);
    assert_eq!(said("discord", &ping(r#"{"type":2,"data":{}}"#), &key), None);
    assert_eq!(said("discord", &post(r#"{"type":1}"#), &[]), None);
}

#[test]
fn what_is_not_exactly_the_handshake_is_a_request_like_any_other() {
    for (name, capture) in [
        ("slack", post(r#"{"type":"event_callback","challenge":"a"}"#)),
        ("slack", post(r#"{"type":"url_verification"}"#)),
        ("slack", post(r#"{"type":"url_verification","challenge":"a","event":{}}"#)),
        ("slack", post("{\"type\":\"url_verification\",\"challenge\":\"a\\u001b[31m\"}")),
        ("slack", post(&format!("{{\"type\":\"url_verification\",\"challenge\":\"{}\"}}", "a".repeat(LONGEST + 1)))),
        ("slack", request("PUT", "/", &[], br#"{"type":"url_verification","challenge":"a"}"#)),
        ("meta", get("/?hub.mode=subscribe&hub.challenge=1")),
        ("meta", get("/?hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=t")),
        ("meta", get("/?hub.mode=subscribe&hub.challenge=%0d%0aX:y&hub.verify_token=t")),
        ("dropbox", get("/?challenge=a&b=c")),
        ("dropbox", get("/?challenge=")),
        ("dropbox", get("/?challenge=%ff")),
        ("graph", request(POST, "/?validationToken=a", &[], b"{}")),
        ("graph", get("/?validationToken=a")),
        ("okta", get("/")),
        ("adyen", post(r#"{"live":"false","notificationItems":[]}"#)),
    ] {
        assert_eq!(said(name, &capture, &[]), None, "{name} {}", capture.head.target().escape_ascii());
    }
    let wrong = request(
        POST,
        "/",
        &[("X-Slack-Signature", "v0=00"), ("X-Slack-Request-Timestamp", "0")],
        br#"{"token":"t","challenge":"a","type":"url_verification"}"#,
    );
    assert_eq!(said("slack", &wrong, &[secret("slack", "key")]), None);
}

proptest! {
    #[test]
    fn any_bytes_are_a_handshake_or_not_and_an_answer_is_safe(
        method in "GET|POST|OPTIONS",
        query in "((crc_token|challenge|hub\\.mode|hub\\.challenge|hub\\.verify_token|validationToken)=(subscribe|[ -~]{0,9}|%0[dDaA]|%00){1,3}&?){0,4}",
        value in "[ -~]{0,20}",
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            "\\{(\"(type|event|challenge|payload|live)\":(\"url_verification\"|1|\"[ -~&&[^\"]]{0,9}\"),?){0,4}\\}".prop_map(String::into_bytes),
        ],
    ) {
        let names = ["WebHook-Request-Origin", "WebHook-Request-Rate", "X-Okta-Verification-Challenge", "X-Signature-Ed25519"];
        let headers: Vec<_> = names.iter().map(|name| (*name, value.as_str())).collect();
        let capture = request(&method, &format!("/?{query}"), &headers, &body);
        for row in HANDSHAKES {
            let secrets = row.secret.map(|(owner, _)| secret(owner, "key"));
            let Some(answer) = asked(row.name, &capture, secrets.as_slice()) else { continue };
            prop_assert!(answer.body.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')));
            prop_assert!(answer.body.len() <= 4 * LONGEST);
            for (_, value) in &answer.headers {
                prop_assert!(value.iter().all(|byte| matches!(byte, b' '..=b'~')));
            }
        }
    }
}
