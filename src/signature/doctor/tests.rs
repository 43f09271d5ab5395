//! Each ill, given to each vector that can have it, is named.

use bytes::Bytes;
use std::io::Write as _;

use super::*;
use crate::model::{Content, Header};
use crate::signature::{
    Age, Encoding, Form, Hash, Key, Method, Part, Place, Stamp, Time, Unit,
    apart::{decode, encode},
    sign,
    vectors::{Vector, secret, vectors},
    verify,
};

mod causes;

/// What the doctor says of a vector as it is.
fn said(vector: &Vector, secrets: &[Secret]) -> (Verdict, Option<&'static str>) {
    let mine: Vec<&Secret> = secrets.iter().filter(|secret| secret.named.provider == vector.scheme.provider).collect();
    let message = vector.message();
    let finding = verify(vector.scheme, &message, &mine, Age::Scheme);
    let diagnosis = diagnose(&message, &finding, &mine, secrets);
    if let Some(diagnosis) = &diagnosis {
        assert!(diagnosis.what.len() > 20 && diagnosis.remedy.len() > 10 && !diagnosis.what.ends_with('.'));
    }
    (finding.verdict, diagnosis.map(|diagnosis| diagnosis.name))
}

fn own(vector: &Vector) -> Vec<Secret> {
    vector.secrets().into_iter().cloned().collect()
}

fn is_hmac(vector: &Vector) -> bool {
    matches!(vector.scheme.method, Method::Hmac(_))
}

fn signs_body(vector: &Vector) -> bool {
    vector.scheme.signed.contains(&Part::Body)
}

/// The place of the signature's header.
fn place(vector: &Vector) -> Option<usize> {
    let name = match vector.scheme.at {
        Place::Header(name) => name.to_lowercase(),
        Place::Numbered(prefix) => format!("{prefix}1").to_lowercase(),
        _ => return None,
    };
    vector.headers.iter().position(|(own, _)| own.to_lowercase() == name)
}

/// Each vector whose scheme makes a header, changed by `change`, must get `name`; at least `least` of them can be changed.
fn each(name: &str, least: usize, mut change: impl FnMut(&mut Vector) -> Option<Vec<Secret>>) {
    let mut seen = 0;
    for mut vector in vectors() {
        let Some(secrets) = change(&mut vector) else { continue };
        seen += 1;
        let (verdict, ill) = said(&vector, &secrets);
        assert_eq!(ill, Some(name), "{} is {verdict:?}", vector.scheme.name);
        assert_ne!(verdict, Verdict::Valid);
    }
    assert!(seen >= least, "{name}: only {seen}");
}

/// Signs the vector's request again, as another row or with another secret would.
fn signed_as(vector: &mut Vector, scheme: &Scheme, key: &Secret) {
    let time = vector.received_at.as_millisecond();
    let lines = sign(scheme, &vector.message(), key, None, Stamp { time, id: "msg_1" }).unwrap();
    for (name, value) in lines {
        vector.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(&name));
        vector.headers.push((name, String::from_utf8(value).unwrap()));
    }
}

#[test]
fn names_are_unique_but_where_one_ill_shows_in_two_ways() {
    for ill in ILLS {
        assert!(!ill.help.is_empty() && !ill.after.is_empty());
        let same = ILLS.iter().filter(|other| other.name == ill.name).count();
        assert!(same == 1 || ill.name == "time-unit", "{}", ill.name);
    }
}

#[test]
fn valid_requests_are_not_ill() {
    for vector in vectors() {
        assert_eq!(said(&vector, &own(&vector)), (Verdict::Valid, None), "{}", vector.scheme.name);
    }
}

#[test]
fn old_signatures() {
    each("stale", 12, |vector| {
        let tolerance = vector.scheme.tolerance?;
        let later = vector.received_at.as_second() + i64::from(tolerance.seconds) + 1;
        vector.received_at = jiff::Timestamp::from_second(later).unwrap();
        Some(own(vector))
    });
}

#[test]
fn secrets_written_otherwise() {
    type Change = fn(&[u8]) -> Vec<u8>;
    let changes: [(&str, Change); 4] = [
        ("secret-newline", |own| [own, b"\n"].concat()),
        ("secret-newline", |own| [b"  ", own, b" \r\n"].concat()),
        ("secret-quotes", |own| [b"\"", own, b"\""].concat()),
        ("secret-quotes", |own| [b"'", own, b"'\n"].concat()),
    ];
    for (name, change) in changes {
        each(name, 25, |vector| {
            (vector.scheme.method.is_shared() && vector.scheme.method != Method::Equal)
                .then(|| vec![vector.secret.with(change(vector.secret.bytes()))])
        });
    }
}

#[test]
fn secrets_with_a_prefix_or_without() {
    each("secret-prefix", 1, |vector| {
        let rest = vector.secret.bytes().strip_prefix(b"whsec_")?.to_vec();
        (vector.scheme.key == Key::Text).then(|| vec![vector.secret.with(rest)])
    });
    each("secret-prefix", 25, |vector| {
        (is_hmac(vector) && vector.scheme.key == Key::Text)
            .then(|| vec![vector.secret.with([b"whsec_", vector.secret.bytes()].concat())])
    });
}

#[test]
fn secrets_decoded_or_not() {
    // Used as text where it is to be decoded.
    each("secret-decoded", 3, |vector| {
        if !is_hmac(vector) || vector.scheme.key == Key::Text || place(vector).is_none() {
            return None;
        }
        if vector.scheme.key == Key::NotWhsec {
            return None;
        }
        let scheme = Scheme { key: Key::Text, ..vector.scheme.clone() };
        let key = vector.secret.clone();
        signed_as(vector, &scheme, &key);
        Some(own(vector))
    });
    // Decoded where it is text.
    each("secret-decoded", 20, |vector| {
        if !is_hmac(vector) || vector.scheme.key != Key::Text || place(vector).is_none() {
            return None;
        }
        // Its settings name another hash than the row, by which it is signed here.
        if vector.scheme.name == "twilio" && vector.headers.len() > 2 {
            return None;
        }
        let key = secret(vector.scheme.provider, b"c2VjcmV0IG9mIGNyZWVs");
        let scheme = Scheme { key: Key::Base64, ..vector.scheme.clone() };
        signed_as(vector, &scheme, &key);
        Some(vec![key])
    });
}

#[test]
fn secrets_of_others() {
    each("other-secret", 25, |vector| {
        let shared = vector.scheme.method.is_shared() && vector.scheme.method != Method::Equal;
        let wrong: &[u8] = match vector.scheme.key {
            Key::Hex => b"00",
            Key::Whsec | Key::WhsecOnly => b"whsec_AAAA",
            _ => b"wrong",
        };
        let mut other = vector.secret.clone();
        other.named.provider = "another".to_owned();
        shared.then(|| vec![vector.secret.with(wrong.to_vec()), other])
    });
    each("no-secret", 25, |_| Some(Vec::new()));
    each("unknown", 20, |vector| {
        (is_hmac(vector) && vector.scheme.key == Key::Text).then(|| vec![vector.secret.with(b"wrong".to_vec())])
    });
}

#[test]
fn signatures_written_otherwise() {
    each("encoding", 20, |vector| {
        let place =
            place(vector).filter(|_| vector.scheme.method.is_shared() && vector.scheme.encoding != Encoding::Plain)?;
        let other = if vector.scheme.encoding == Encoding::Hex { Encoding::Base64 } else { Encoding::Hex };
        let value = vector.headers[place].1.clone();
        let written = verify(vector.scheme, &vector.message(), &vector.secrets(), Age::Off).received;
        let text = String::from_utf8(written[0].clone()).unwrap();
        let bytes = decode(vector.scheme.encoding, text.as_bytes()).unwrap();
        vector.headers[place].1 = value.replace(&text, &encode(other, &bytes));
        Some(own(vector))
    });
    each("hash", 20, |vector| {
        place(vector)?;
        let method = match vector.scheme.method {
            Method::Hmac(Hash::Sha1) => Method::Hmac(Hash::Sha256),
            Method::Hmac(_) => Method::Hmac(Hash::Sha1),
            Method::Digest(_) => Method::Digest(Hash::Sha1),
            _ => return None,
        };
        // Settings of the request say which it is, where there are some.
        if vector.scheme.name == "twilio" {
            return None;
        }
        let scheme = Scheme { method, ..vector.scheme.clone() };
        let key = vector.secret.clone();
        signed_as(vector, &scheme, &key);
        Some(own(vector))
    });
    each("prefix", 5, |vector| {
        let Form::Bare(prefix) = vector.scheme.form else { return None };
        let place = place(vector).filter(|_| !prefix.is_empty())?;
        vector.headers[place].1 = vector.headers[place].1.replace(prefix, "");
        Some(own(vector))
    });
    each("malformed", 20, |vector| {
        let place = place(vector).filter(|_| vector.scheme.method != Method::Equal)?;
        vector.headers[place].1 = "?".to_owned();
        Some(own(vector))
    });
}

#[test]
fn quotes_around_a_signature_or_a_token() {
    for quote in ['"', '\''] {
        each("header-quotes", 25, |vector| {
            let place = place(vector).filter(|_| vector.scheme.method.is_shared())?;
            vector.headers[place].1 = format!("{quote}{}{quote}", vector.headers[place].1);
            matches!(vector.scheme.at, Place::Header(_)).then(|| own(vector))
        });
    }
    let mut vector = vectors().into_iter().find(|vector| vector.scheme.name == "svix").unwrap();
    let place = place(&vector).unwrap();
    vector.headers[place].1 = "\"v1,AAAA\"".to_owned();
    let (message, mine) = (vector.message(), vector.secrets());
    let finding = verify(vector.scheme, &message, &mine, Age::Scheme);
    let found = diagnose(&message, &finding, &mine, &[]).unwrap();
    assert!(found.what.contains("quotes stand around it"), "{found:?}");
}

#[test]
fn headers_renamed_joined_and_lost() {
    each("header-renamed", 25, |vector| {
        let place = place(vector).filter(|_| vector.scheme.method.is_shared())?;
        vector.headers[place].0 = format!("X-Forwarded-{}", vector.headers[place].0);
        Some(own(vector))
    });
    each("header-joined", 20, |vector| {
        let place =
            place(vector).filter(|_| vector.scheme.method.is_shared() && vector.scheme.method != Method::Equal)?;
        // Where commas part fields, what is joined is another field.
        if matches!(vector.scheme.form, Form::Pairs(..) | Form::Versions(_)) {
            return None;
        }
        let value = vector.headers[place].1.clone();
        vector.headers[place].1 = format!("nothing, {value}");
        Some(own(vector))
    });
    each("not-signed", 25, |vector| {
        let place = place(vector)?;
        vector.headers.remove(place);
        Some(own(vector))
    });
}

#[test]
fn times_in_another_unit() {
    each("time-unit", 4, |vector| {
        if !is_hmac(vector) || vector.scheme.tolerance.is_none() {
            return None;
        }
        let Some(Time::Header(name, unit)) = vector.scheme.time else { return None };
        let other = if unit == Unit::Seconds { Unit::Millis } else { Unit::Seconds };
        let scheme = Scheme { time: Some(Time::Header(name, other)), ..vector.scheme.clone() };
        let key = vector.secret.clone();
        signed_as(vector, &scheme, &key);
        Some(own(vector))
            .filter(|_| vector.scheme.tolerance.is_some_and(|tolerance| tolerance.both) || unit == Unit::Millis)
    });
    each("time-unit", 4, |vector| {
        let Some(Time::Header(name, Unit::Seconds)) = vector.scheme.time else { return None };
        let place = vector.headers.iter().position(|(own, _)| own.eq_ignore_ascii_case(name))?;
        vector.headers[place].1.push_str("000");
        is_hmac(vector).then(|| own(vector))
    });
}

/// Vectors with an HMAC whose time stands in the signature's header.
fn has_its_time_in_it(vector: &Vector) -> bool {
    is_hmac(vector) && matches!(vector.scheme.time, Some(Time::Form(_))) && place(vector).is_some()
}

#[test]
fn times_in_another_unit_within_the_header() {
    // Signed with the one, written with the other: cut to seconds, and with any milliseconds.
    for rest in [0, 7, 123, 999] {
        each("time-unit", 5, |vector| {
            if !has_its_time_in_it(vector) {
                return None;
            }
            let unit = vector.scheme.time?.unit();
            let scheme = Scheme { time: Some(Time::Form(unit.other())), ..vector.scheme.clone() };
            let time = vector.received_at.as_second() * 1000 + if unit == Unit::Seconds { rest } else { 0 };
            let key = vector.secret.clone();
            let value = sign(&scheme, &vector.message(), &key, None, Stamp { time, id: "" }).unwrap().remove(0).1;
            let text = String::from_utf8(value).unwrap();
            let seconds = (time / 1000).to_string();
            let (signed, written) = match unit {
                Unit::Seconds => (time.to_string(), seconds),
                Unit::Millis => (seconds, time.to_string()),
            };
            let at = place(vector)?;
            vector.headers[at].1 = text.replacen(&signed, &written, 1);
            Some(own(vector))
        });
    }
}

#[test]
fn other_parts_signed() {
    each("signed-string", 10, |vector| {
        place(vector)?;
        if !is_hmac(vector) || !signs_body(vector) || vector.scheme.signed == [Part::Body] {
            return None;
        }
        let scheme = Scheme { signed: &[Part::Body], ..vector.scheme.clone() };
        let key = vector.secret.clone();
        signed_as(vector, &scheme, &key);
        Some(own(vector))
    });
}

#[test]
fn urls_called_otherwise() {
    let changes: [fn(&str) -> String; 5] = [
        |url| url.replacen("https://", "http://", 1),
        |url| url.replacen(".com", ".com:8443", 1),
        |url| url.replacen(".com", ".com.other.dev", 1),
        |url| url.split_once('?').map_or(format!("{url}/"), |(path, query)| format!("{path}/?{query}")),
        |url| {
            url.split_once('?').map_or(url.to_owned(), |(path, query)| {
                let turned: Vec<&str> = query.split('&').rev().collect();
                format!("{path}?{}", turned.join("&"))
            })
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        each("url", 1, |vector| {
            if !crate::signature::signed::is_url_signed(vector.scheme) || vector.target.contains("bodySHA256") {
                return None;
            }
            let url = vector.message().urls[0].clone();
            let called = change(&url);
            if called == url || vector.scheme.name == "twilio" && vector.headers.len() > 2 {
                return None;
            }
            vector.public = Vec::new();
            let time = vector.received_at.as_millisecond();
            let lines = {
                let mut message = vector.message();
                message.urls = vec![called];
                sign(vector.scheme, &message, &vector.secret, None, Stamp { time, id: "" }).unwrap()
            };
            for (name, value) in lines {
                vector.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(&name));
                vector.headers.push((name, String::from_utf8(value).unwrap()));
            }
            let (origin, _) = crate::signature::urls::split(&url);
            vector.public = vec![origin.to_owned()];
            if number == 2 {
                vector.headers.push(("Referer".to_owned(), "https://example.com.other.dev/x".to_owned()));
                vector.headers.push(("Origin".to_owned(), "https://mycompany.com.other.dev/x".to_owned()));
            }
            Some(own(vector))
        });
    }
}

#[test]
fn signed_as_another_does() {
    let mut vector = vectors().into_iter().find(|vector| vector.scheme.name == "github").unwrap();
    let stripe = crate::signature::named("stripe").unwrap();
    let key = vector.secret.clone();
    signed_as(&mut vector, stripe, &key);
    let place = place(&vector).unwrap();
    vector.headers[place].1 = format!("sha256={}", "00".repeat(32));
    assert_eq!(said(&vector, &own(&vector)), (Verdict::Invalid, Some("other-scheme")));
}

#[test]
fn bodies_written_anew() {
    let json = "{\"b\":1.0,\"a\":[\"caf\u{e9}/\",{}],\"n\":12345678901234567890}";
    let python = "{\"b\": 1.0, \"a\": [\"caf\\u00e9/\", {}], \"n\": 12345678901234567890}";
    let pretty = "{\n  \"b\": 1.0,\n  \"a\": [\n    \"caf\u{e9}/\",\n    {}\n  ],\n  \"n\": 12345678901234567890\n}";
    let gzip = |text: &str| {
        let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        coder.write_all(text.as_bytes()).unwrap();
        coder.finish().unwrap()
    };
    let changes: Vec<(&str, Vec<u8>)> = vec![
        (json, pretty.into()),
        (json, python.into()),
        (python, json.into()),
        (pretty, json.into()),
        (json, format!("{json}\n").into()),
        ("{\"a\":1}\n", b"{\"a\":1}".to_vec()),
        ("a\r\nb\r\n", b"a\nb\n".to_vec()),
        ("a\nb", b"a\r\nb".to_vec()),
        (json, gzip(json)),
    ];
    for (signed, came) in changes {
        each("body", 25, |vector| {
            place(vector)?;
            if !vector.scheme.method.is_shared()
                || !signs_body(vector)
                || matches!(vector.scheme.time, Some(Time::Json(..)))
            {
                return None;
            }
            vector.body = signed.as_bytes().to_vec();
            let (scheme, key) = (vector.scheme, vector.secret.clone());
            signed_as(vector, scheme, &key);
            vector.body.clone_from(&came);
            Some(own(vector))
        });
    }
}

#[test]
fn a_large_body_does_not_cost_more_than_there_is() {
    let vector = vectors().into_iter().find(|vector| vector.scheme.name == "github").unwrap();
    let mut message = vector.message();
    message.body = Content::from(Bytes::from(vec![b'{'; 6 << 20]));
    let wrong = vector.secret.with(b"wrong".to_vec());
    let mine = [&wrong];
    let finding = verify(vector.scheme, &message, &mine, Age::Off);
    let mut case = Case::new(&message, vector.scheme, &mine, &[]);
    let mut ills = ILLS.iter().filter(|ill| ill.after.contains(&finding.verdict));
    assert!(ills.any(|ill| case.look(ill, &finding).is_some()));
    let header = Header { name: b"x", value: b"y" };
    assert!(case.left < BUDGET && case.short && header.is("X"));
}
