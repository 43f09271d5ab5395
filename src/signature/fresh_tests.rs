//! What is signed afresh is valid now, by the same check that checks what came.

use std::sync::Arc;

use super::*;
use crate::model::{Answer, Body, CaptureId, Fidelity, Head, Header, Seq, Timing, Version, Wire};
use crate::signature::{
    Verdict,
    vectors::{Vector, secret, vectors},
};

const UNIQUE: &str = "01930000-0000-7000-8000-00000000002a";

fn capture(vector: &Vector) -> Capture {
    let headers = vector.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let target = vector.target.as_bytes();
    Capture {
        id: CaptureId::fixed(1),
        seq: Seq(1),
        received_at: vector.received_at,
        remote: None,
        head: Head::from_parts(vector.method.as_bytes(), target, Version::Http11, headers, Fidelity::Exact),
        body: Body::complete(vector.body.clone().into()),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

/// What is sent for a capture, to another place.
fn sent<'a>(capture: &'a Capture, now: Timestamp, lines: &'a [Line]) -> Message<'a> {
    let mut message = Message::of(capture, &[]);
    message.received_at = now;
    message.urls = vec![format!("http://localhost:3000{}", String::from_utf8_lossy(capture.head.target()))];
    message.headers.retain(|header| !lines.iter().any(|line| header.is(&line.name)));
    message.headers.extend(lines.iter().map(|line| Header { name: line.name.as_bytes(), value: &line.value }));
    message
}

fn signed(vector: &Vector, secrets: Vec<Secret>, ids: bool, now: Timestamp) -> Result<Fresh, String> {
    let capture = capture(vector);
    let judge = Judge::new(secrets, Age::Scheme, Vec::new());
    fresh(&judge, &capture, &sent(&capture, now, &[]), Anew { now, unique: UNIQUE, ids })
}

#[test]
fn what_was_signed_long_ago_is_signed_now() {
    let now: Timestamp = "2030-05-06T07:08:09.5Z".parse().unwrap();
    let mut made = 0;
    for vector in vectors() {
        let name = vector.scheme.name;
        let key = vector.private.clone().or_else(|| vector.scheme.method.is_shared().then(|| vector.secret.clone()));
        // Of some that others have made only the public key is known.
        let Some(key) = key else { continue };
        let secrets: Vec<Secret> = std::iter::once(key).chain(vector.beside.clone()).collect();
        let capture = capture(&vector);
        // Not every vector is one that its provider would send.
        if crate::provider::which(&capture).is_none_or(|sender| sender.name != vector.scheme.provider) {
            continue;
        }
        let fresh = match signed(&vector, secrets, false, now) {
            Ok(fresh) => fresh,
            Err(why) => {
                assert!(matches!(name, "mailgun" | "adyen" | "sns" | "linear" | "paypal"), "{name}: {why}");
                assert!(why.contains("in the body") || why.contains("into the body") || name == "paypal", "{why}");
                continue;
            }
        };
        made += 1;
        assert!(fresh.by.contains(" with env:TEST"), "{}", fresh.by);
        let message = sent(&capture, now, &fresh.lines);
        let finding = verify(vector.scheme, &message, &vector.secrets(), Age::Scheme);
        assert_eq!(finding.verdict, Verdict::Valid, "{name}: {finding:#?}");
        for line in &fresh.lines {
            assert_eq!(line.shown.is_some(), vector.scheme.method == Method::Equal, "{name}");
        }
    }
    assert!(made > 30, "{made}");
}

#[test]
fn ids_are_new_where_that_is_wanted_and_look_as_they_did() {
    let now: Timestamp = "2030-05-06T07:08:09Z".parse().unwrap();
    let all = vectors();
    let vector = all.iter().find(|vector| vector.scheme.name == "svix").unwrap();
    let id = |ids| {
        let fresh = signed(vector, vec![vector.secret.clone()], ids, now).unwrap();
        let capture = capture(vector);
        let message = sent(&capture, now, &fresh.lines);
        let finding = verify(vector.scheme, &message, &vector.secrets(), Age::Scheme);
        assert_eq!(finding.verdict, Verdict::Valid);
        String::from_utf8(message.header("svix-id").unwrap().to_vec()).unwrap()
    };
    let came = vector.headers.iter().find(|(name, _)| name == "svix-id").unwrap().1.clone();
    assert_eq!(id(false), came);
    assert_eq!(
        id(true),
        "msg_01930000000070008000000000000002a".replace("70008000000000000002a", "7000800000000000002a")
    );
    assert_eq!(like(b"72d3162e-cc78-11e3-81ab-4c9367dc0958", UNIQUE), UNIQUE);
    assert_eq!(like(b"evt_test_1", UNIQUE), "evt_test_0193000000007000800000000000002a");
    assert_eq!(like(b"abcdefghij", UNIQUE), "0193000000007000800000000000002a");
}

#[test]
fn the_secret_that_made_it_makes_it_again() {
    let all = vectors();
    let vector = all.iter().find(|vector| vector.scheme.name == "stripe").unwrap();
    let now = vector.received_at;
    let named = |name: &str, value: &[u8]| {
        let mut secret = secret("stripe", value);
        secret.named.reference = format!("env:{name}").parse().unwrap();
        secret
    };
    let secrets = vec![named("OLD", b"whsec_old"), named("NEW", vector.secret.bytes())];
    assert_eq!(signed(vector, secrets, false, now).unwrap().by, "stripe with env:NEW");
    // One that none of them made is signed with the first.
    let secrets = vec![named("OLD", b"whsec_old"), named("NEWER", b"whsec_newer")];
    assert_eq!(signed(vector, secrets, false, now).unwrap().by, "stripe with env:OLD");
}

#[test]
fn what_cannot_be_signed_is_refused_in_words() {
    let all = vectors();
    let of = |name: &str| all.iter().find(|vector| vector.scheme.name == name).unwrap();
    let refused = |vector: &Vector, secrets: Vec<Secret>| {
        signed(vector, secrets, false, "2030-05-06T07:08:09Z".parse().unwrap()).err().unwrap()
    };
    assert_eq!(
        refused(of("stripe"), Vec::new()),
        "no secret for Stripe is known; name one with --secret stripe=env:NAME"
    );
    let discord = of("discord");
    let why = refused(discord, vec![discord.secret.clone()]);
    assert!(
        why.starts_with("Discord signs with a private key that nobody else has (env:TEST is no private key"),
        "{why}"
    );
    let linear = of("linear");
    let why = refused(linear, vec![linear.secret.clone()]);
    assert!(why.starts_with("Linear writes the time of signing into the body, and that is "), "{why}");
    assert!(why.ends_with("make a draft with 1904281689000 for it"), "{why}");
    let mailgun = of("mailgun");
    assert!(refused(mailgun, vec![mailgun.secret.clone()]).contains("which is not written anew"));
    let unknown = Vector { headers: Vec::new(), body: b"{}".to_vec(), ..vectors().remove(0) };
    assert!(refused(&unknown, vec![unknown.secret.clone()]).starts_with("its sender is not known"));
}

#[test]
fn what_came_with_two_signatures_goes_with_two() {
    let all = vectors();
    let mut vector = vectors().into_iter().find(|vector| vector.scheme.name == "github").unwrap();
    let older = all.iter().find(|vector| vector.scheme.name == "github-sha1").unwrap();
    let line = older.headers.iter().find(|(name, _)| name == "X-Hub-Signature").unwrap().clone();
    vector.headers.push(line);
    vector.body = b"{\"edited\":true}".to_vec();
    let now = vector.received_at;
    let fresh = signed(&vector, vec![vector.secret.clone()], false, now).unwrap();
    assert_eq!(fresh.by, "github, github-sha1 with env:TEST");
    let capture = capture(&vector);
    let message = sent(&capture, now, &fresh.lines);
    for scheme in of("github") {
        assert_eq!(verify(scheme, &message, &vector.secrets(), Age::Scheme).verdict, Verdict::Valid, "{}", scheme.name);
    }
}
