//! Each cause that the doctor once missed, or called something else.

use super::*;

#[test]
fn a_time_in_another_unit_is_no_wrong_clock() {
    for vector in &mut vectors() {
        let Some(time) = vector.scheme.time.filter(|time| is_hmac(vector) && !matches!(time, Time::Json(..))) else {
            continue;
        };
        let other = match time {
            Time::Header(name, unit) => Time::Header(name, unit.other()),
            _ => Time::Form(time.unit().other()),
        };
        let (scheme, key) = (Scheme { time: Some(other), ..vector.scheme.clone() }, vector.secret.clone());
        signed_as(vector, &scheme, &key);
        // An hour old, too.
        for late in [0, 3600] {
            let mut message = vector.message();
            message.received_at = jiff::Timestamp::from_second(vector.received_at.as_second() + late).unwrap();
            let mine = [&key];
            let finding = verify(vector.scheme, &message, &mine, Age::Scheme);
            assert_eq!(
                finding.unit,
                Some((other.unit(), late * 1000 + finding.unit.unwrap().1 % 1000)),
                "{}",
                vector.scheme.name
            );
            let said = match diagnose(&message, &finding, &mine, &[]) {
                Some(diagnosis) => {
                    assert_eq!(diagnosis.name, "time-unit");
                    let limit = finding.limit.unwrap();
                    assert_eq!(diagnosis.what.contains("too old, too"), late * 1000 > limit, "{diagnosis:?}");
                    diagnosis.what
                }
                None => finding.why.unwrap(),
            };
            assert!(said.contains(&format!("in {}", other.unit().name())), "{said}");
        }
    }
}

#[test]
fn a_header_of_unknown_versions_alone_is_there() {
    for vector in vectors() {
        let Form::Versions(version) = vector.scheme.form else { continue };
        let place = place(&vector).unwrap();
        for (value, verdict, words) in [
            ("v2,abcd", Verdict::Malformed, "no signature of a known version"),
            // Some schemes have one header, and each has its version.
            (if version == "v1" { "v1a,abcd" } else { "v1,abcd" }, Verdict::Missing, "there is a "),
        ] {
            let mut message = vector.message();
            message.headers[place].value = value.as_bytes();
            let mine = vector.secrets();
            let finding = verify(vector.scheme, &message, &mine, Age::Scheme);
            let found = diagnose(&message, &finding, &mine, &[]).unwrap();
            let shared = vector.headers[place].0.eq_ignore_ascii_case("webhook-signature");
            if verdict == Verdict::Malformed || shared {
                assert_eq!(finding.verdict, verdict, "{}", vector.scheme.name);
                assert!(found.what.contains(words), "{found:?}");
            }
            assert!(!found.what.contains("there is no svix-signature"), "{found:?}");
        }
    }
}

/// What is said of a request of Square's to `target` that was signed for `signed`.
fn called(signed: &str, target: &str, public: &[String]) -> (Verdict, Option<Diagnosis>) {
    let mut vector = vectors().into_iter().find(|vector| vector.scheme.name == "square").unwrap();
    vector.target = target.to_owned();
    vector.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
    vector.headers.push(("Host".to_owned(), "h.dev".to_owned()));
    vector.public = vec![signed.to_owned()];
    let (scheme, key) = (vector.scheme, vector.secret.clone());
    let mut lines = {
        let mut message = vector.message();
        message.urls = vec![signed.to_owned()];
        sign(scheme, &message, &key, None, Stamp { time: 0, id: "" }).unwrap()
    };
    let at = place(&vector).unwrap();
    vector.headers[at].1 = String::from_utf8(lines.remove(0).1).unwrap();
    vector.public = public.to_vec();
    let message = vector.message();
    let finding = verify(scheme, &message, &[&key], Age::Scheme);
    (finding.verdict, diagnose(&message, &finding, &[&key], &[]))
}

#[test]
fn a_remedy_of_a_url_makes_it_valid() {
    for (signed, target) in [
        ("http://h.dev/tw", "/tw?x=1&y=2"),
        ("https://h.dev/", "/?x=1"),
        ("https://h.dev", "/"),
        ("https://h.dev?x=1", "/?x=1"),
        ("https://h.dev/tw/", "/tw"),
        ("https://h.dev/tw/?x=1", "/tw?x=1"),
        ("https://h.dev:8443/tw?y=2&x=1", "/tw?y=2&x=1"),
        ("https://h.dev/tw?y=2&x=1", "/tw?x=1&y=2"),
    ] {
        let (verdict, diagnosis) = called(signed, target, &[]);
        let diagnosis = diagnosis.unwrap();
        assert_eq!((verdict, diagnosis.name), (Verdict::Invalid, "url"), "{signed} {diagnosis:?}");
        let remedy = diagnosis.remedy.split_once("--public-url ").unwrap().1.trim_matches('\'').to_owned();
        assert_eq!(called(signed, target, &[remedy]), (Verdict::Valid, None), "{signed}");
    }
}

#[test]
fn a_url_that_nothing_names_is_asked_for() {
    let (verdict, diagnosis) = called("https://tunnel.example/tw", "/tw", &[]);
    let diagnosis = diagnosis.unwrap();
    assert_eq!((verdict, diagnosis.name), (Verdict::Invalid, "unknown"));
    assert!(diagnosis.what.contains("may be another than https://h.dev/tw"), "{diagnosis:?}");
    assert!(diagnosis.remedy.contains("--public-url"), "{diagnosis:?}");
    for vector in vectors() {
        let signs = crate::signature::is_url_signed(vector.scheme);
        let wrong = vector.secret.with(b"wrong".to_vec());
        let message = vector.message();
        let finding = verify(vector.scheme, &message, &[&wrong], Age::Scheme);
        if let Some(diagnosis) = diagnose(&message, &finding, &[&wrong], &[]).filter(|found| found.name == "unknown") {
            assert_eq!(diagnosis.remedy.contains("--public-url"), signs, "{}", vector.scheme.name);
        }
    }
}

/// What is said of a body that came for another that was signed, with so many wrong secrets beside the right one.
fn rewritten(signed: &str, came: &str, others: usize) -> Option<Diagnosis> {
    let mut vector = vectors().into_iter().find(|vector| vector.scheme.name == "github").unwrap();
    vector.body = signed.as_bytes().to_vec();
    let (scheme, key) = (vector.scheme, vector.secret.clone());
    signed_as(&mut vector, scheme, &key);
    vector.body = came.as_bytes().to_vec();
    let mut secrets: Vec<Secret> = (0..others).map(|number| key.with(format!("wrong {number}").into_bytes())).collect();
    secrets.push(key);
    let mine: Vec<&Secret> = secrets.iter().collect();
    let message = vector.message();
    let finding = verify(vector.scheme, &message, &mine, Age::Scheme);
    diagnose(&message, &finding, &mine, &secrets)
}

/// JSON as GitHub writes it, of about so many bytes.
fn json(size: usize) -> String {
    let item = "{\"id\":12345678,\"url\":\"https://api.github.com/repos/o/r\",\"private\":false}";
    format!("{{\"items\":[{}]}}", vec![item; size / item.len()].join(","))
}

#[test]
fn ordinary_bodies_are_not_too_dear() {
    for (size, others) in [(2_000, 39), (12_000, 0), (12_000, 39), (20_000, 0), (250_000, 0), (1_000_000, 0)] {
        let came = json(size);
        let found = rewritten(&format!("{came}\n"), &came, others).unwrap();
        assert_eq!((found.name, found.what.contains("line end")), ("body", true), "{size} {others}: {found:?}");
    }
    for (size, others) in [(2_000, 39), (20_000, 0), (250_000, 0)] {
        let came = json(size);
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&came).unwrap()).unwrap();
        // What serde_json writes has its names in another order; it is laid out as it was read.
        let sorted = serde_json::to_string(&serde_json::from_str::<serde_json::Value>(&came).unwrap()).unwrap();
        let spaced = sorted.replace("\":", "\": ").replace(",\"", ", \"").replace("},{", "}, {");
        for signed in [&pretty, &spaced] {
            let found = rewritten(signed, &sorted, others).unwrap();
            assert_eq!(found.name, "body", "{size} {others}: {found:?}");
        }
        let found = rewritten(&sorted, &pretty, others).unwrap();
        assert!(found.what.ends_with("no blanks"), "{found:?}");
    }
}

#[test]
fn dear_ills_do_not_starve_cheap_ones() {
    // Forty secrets written in every way would take all there is for a body of this size.
    let came = json(200_000);
    assert_eq!(rewritten(&format!("{came}\n"), &came, 39).unwrap().name, "body");
}

#[test]
fn what_could_not_be_tried_is_said() {
    let large = json(12 << 20);
    let found = rewritten("another", &large, 3).unwrap();
    assert_eq!((found.name, found.what.contains("not everything could be tried")), ("unknown", true));
    let found = rewritten("another", &json(20_000), 0).unwrap();
    assert_eq!((found.name, found.what.contains("not everything could be tried")), ("unknown", false));
}

#[test]
fn escapes_alone_are_called_so() {
    let php = "{\"a\":\"caf\\u00e9\\/x\"}";
    let node = "{\"a\":\"caf\u{e9}/x\"}";
    let python = "{\"a\":\"caf\\u00e9/x\"}";
    for (signed, came, words) in [
        (php, node, "what was signed has \\/ for slashes and \\u escapes"),
        (node, php, "what was signed has neither \\u nor \\/"),
        (python, php, "what was signed has \\u escapes"),
        (php, python, "what was signed has \\/ for slashes"),
        (python, node, "what was signed has \\u escapes"),
    ] {
        let found = rewritten(signed, came, 0).unwrap();
        assert!(found.what.contains(words) && !found.what.contains("blanks"), "{found:?}");
    }
}

#[test]
fn a_renamed_header_says_whose_it_was() {
    use crate::model::{Answer, Body, Capture, CaptureId, Fidelity, Head, Seq, Timing, Version, Wire};
    for (name, wanted) in [
        ("X-Original-Stripe-Signature", Some("stripe")),
        ("x-fwd-paddle-signature", Some("paddle")),
        ("X-Original-X-Signature", None),
        ("XStripe-Signature", None),
    ] {
        let of = if wanted == Some("paddle") { "paddle" } else { "stripe" };
        let vector = vectors().into_iter().find(|vector| vector.scheme.name == of).unwrap();
        let value = vector.headers[place(&vector).unwrap()].1.clone();
        let headers = [(name.as_bytes(), value.as_bytes())];
        let capture = Capture {
            id: CaptureId::fixed(1),
            seq: Seq(1),
            received_at: vector.received_at,
            remote: None,
            head: Head::from_parts(b"POST", b"/", Version::Http11, headers, Fidelity::Exact),
            body: Body::complete(vector.body.clone().into()),
            trailers: Box::default(),
            answer: std::sync::Arc::new(Answer::default()).into(),
            timing: Timing::default(),
            wire: Wire::default(),
            origin: None,
        };
        let judge = crate::signature::Judge::new(own(&vector), Age::Scheme, Vec::new());
        let report = judge.report(&capture, None);
        assert_eq!(report.as_ref().map(|report| report.provider.name), wanted, "{name}");
        let ill = report.and_then(|report| report.diagnosis).map(|diagnosis| diagnosis.name);
        assert_eq!(ill, wanted.map(|_| "header-renamed"), "{name}");
    }
}

/// What is said of a vector of that scheme, with these secrets alone.
fn with(scheme: &str, secrets: &[&[u8]], change: impl Fn(&mut Vector)) -> (Verdict, Diagnosis) {
    let mut vector = vectors().into_iter().find(|vector| vector.scheme.name == scheme).unwrap();
    change(&mut vector);
    let secrets: Vec<Secret> = secrets.iter().map(|bytes| vector.secret.with(bytes.to_vec())).collect();
    let mine: Vec<&Secret> = secrets.iter().collect();
    let message = vector.message();
    let finding = verify(vector.scheme, &message, &mine, Age::Scheme);
    (finding.verdict, diagnose(&message, &finding, &mine, &secrets).unwrap())
}

#[test]
fn a_secret_that_cannot_be_used_is_not_asked_for_again() {
    let cases: [(&str, &[u8], &str); 5] = [
        ("svix", b"whsec_?!", "base64"),
        ("adyen-platform", b"zz", "hexadecimal"),
        ("discord", b"zz", "public key"),
        ("sns", b"zz", "PEM"),
        ("standard-webhooks-v1a", b"-----BEGIN NOTHING-----", "PEM"),
    ];
    for (scheme, secret, words) in cases {
        let (verdict, found) = with(scheme, &[secret], |_| {});
        assert_eq!((verdict, found.name), (Verdict::NoSecret, "no-secret"), "{scheme}");
        assert!(found.what.contains("env:TEST cannot be used here") && found.remedy.contains(words), "{found:?}");
        assert!(found.remedy.contains("env:TEST") && !found.remedy.contains("--secret"), "{found:?}");
    }
}

#[test]
fn paypal_wants_two_secrets_and_says_which_is_not_there() {
    let paypal = vectors().into_iter().find(|vector| vector.scheme.name == "paypal").unwrap();
    let pem = paypal.secrets().into_iter().find(|secret| secret.is_pem()).unwrap().bytes().to_vec();
    let id = b"WH-1";
    let (verdict, found) = with("paypal", &[&pem], |_| {});
    assert_eq!(verdict, Verdict::NoSecret);
    assert!(found.what.contains("webhook's id") && found.remedy.contains("second secret"), "{found:?}");
    let (verdict, found) = with("paypal", &[id], |_| {});
    assert_eq!(verdict, Verdict::NoSecret);
    assert!(found.what.contains("certificate") && found.remedy.contains("second secret"), "{found:?}");
}

#[test]
fn a_wrong_token_is_not_called_a_changed_body() {
    for scheme in ["gitlab-token", "telegram", "okta"] {
        let (verdict, found) = with(scheme, &[b"wrong"], |_| {});
        assert_eq!((verdict, found.name), (Verdict::Invalid, "unknown"));
        assert!(!found.what.contains("body was changed") && found.what.contains("token"), "{found:?}");
    }
    let (_, found) = with("mailgun", &[b"wrong"], |_| {});
    assert!(!found.what.contains("body was changed"), "{found:?}");
}

#[test]
fn a_certificate_of_another_host_is_not_a_wrong_secret() {
    let sns = vectors().into_iter().find(|vector| vector.scheme.name == "sns").unwrap();
    let key = sns.secret.bytes().to_vec();
    let (verdict, found) = with("sns", &[&key], |vector| {
        let body = String::from_utf8(vector.body.clone()).unwrap();
        let body = body.replacen("us-east-1.amazonaws.com/a.pem", "us-east-1.amazonaws.com.evil.dev/a.pem", 1);
        vector.body = body.replacen("22b80b92", "22b80b93", 1).into_bytes();
    });
    assert_eq!((verdict, found.name), (Verdict::Invalid, "foreign-certificate"), "{found:?}");
    assert!(found.what.contains("evil.dev") && !found.remedy.contains("compare the secret"), "{found:?}");
}
