//! A verdict on a 7 KB capture, and the doctor on one that nothing explains.

#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark that cannot go on stops")]

use creel::{
    model::{Content, Header},
    signature::{self, Age, Message, Named, Secret},
};
use divan::Bencher;
use zeroize::Zeroizing;

fn main() {
    divan::main();
}

fn message(body: &Content) -> Message<'_> {
    let header = |name: &'static str, value: &'static str| Header { name: name.as_bytes(), value: value.as_bytes() };
    Message {
        method: b"POST",
        target: b"/hook?a=1&b=2",
        headers: vec![
            header("Host", "localhost:4600"),
            header(
                "Stripe-Signature",
                concat!("t=1700000000,v1=", "00000000000000000000000000000000", "00000000000000000000000000000000"),
            ),
            header("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ],
        body: body.clone(),
        whole: true,
        received_at: jiff::Timestamp::UNIX_EPOCH,
        urls: vec!["https://example.com/hook?a=1&b=2".to_owned(), "http://localhost:4600/hook?a=1&b=2".to_owned()],
    }
}

fn body(size: usize) -> Content {
    let mut text = String::from("{\"items\":[");
    while text.len() < size {
        text.push_str("{\"id\":\"in_1\",\"name\":\"caf\u{e9}\",\"amount\":1200},");
    }
    text.push_str("0]}");
    Content::from(bytes::Bytes::from(text))
}

fn secret(provider: &str) -> Secret {
    let named: Named = format!("{provider}=env:BENCH").parse().unwrap_or_else(|why| panic!("{why}"));
    Secret::new(named, Zeroizing::new(b"whsec_a_secret".to_vec()))
}

#[divan::bench(args = ["stripe", "twilio"])]
fn verdict(bencher: Bencher<'_, '_>, scheme: &str) {
    let (body, secret) = (body(7_000), secret(scheme));
    let (message, scheme) = (message(&body), signature::named(scheme).expect("it is in the table"));
    bencher.bench(|| signature::verify(scheme, &message, &[&secret], Age::Scheme));
}

#[divan::bench(args = [7_000, 250_000, 4_000_000])]
fn doctor(bencher: Bencher<'_, '_>, size: usize) {
    let (body, secret) = (body(size), secret("stripe"));
    let (message, scheme) = (message(&body), signature::named("stripe").expect("it is in the table"));
    let finding = signature::verify(scheme, &message, &[&secret], Age::Scheme);
    bencher.bench(|| signature::diagnose(&message, &finding, &[&secret], &[]));
}
