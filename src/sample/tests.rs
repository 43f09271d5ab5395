//! Every sample is what it says: recognised, signed, and new each time.

use std::collections::HashSet;

use jiff::Timestamp;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::provider::{self, PROVIDERS};
use crate::signature::{self, Age, Generated, Message, Method, Named, Secret, Verdict, verify};

const URL: &str = "https://hooks.example.com/in?a=1";

fn order(sample: &'static Sample, seed: u64) -> Order<'static> {
    let now = "2026-01-31T09:26:53.589793Z".parse().unwrap();
    Order { sample, now, seed, target: "/in?a=1", url: URL, sets: &[], stale: false }
}

/// The private and the public half of the key that the vectors of the schemes with RSA were made with.
fn rsa(provider: &str) -> (Secret, Vec<Secret>) {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/signatures/vectors.json"));
    let all: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
    let vector = all.iter().find(|vector| vector["scheme"] == provider).unwrap();
    let secret = |name: &str| {
        let value = vector[name].as_str()?;
        let named = Named::new(provider, "env:TEST").unwrap();
        Some(Secret::new(named, Zeroizing::new(value.as_bytes().to_vec())))
    };
    let checks = [secret("secret"), secret("beside")].into_iter().flatten().collect();
    (secret("private").unwrap(), checks)
}

fn verdict(capture: &crate::model::Capture, provider: &str, secrets: &[&Secret]) -> Verdict {
    let message = Message::of(capture, &["https://hooks.example.com".to_owned()]);
    let mut verdicts = signature::of(provider).map(|scheme| verify(scheme, &message, secrets, Age::Scheme).verdict);
    verdicts.find(|verdict| *verdict != Verdict::Missing).unwrap_or(Verdict::Missing)
}

#[test]
fn every_file_is_read_and_every_provider_has_samples() {
    for (provider, file) in data::FILES {
        let samples = read::samples(provider, file).unwrap();
        assert_eq!(samples.len(), file.matches("\n### ").count(), "{provider}");
    }
    for provider in PROVIDERS {
        assert!(all().iter().any(|sample| sample.provider == provider.name), "{} has no sample", provider.name);
    }
    let names: HashSet<String> = all().iter().map(Sample::full_name).collect();
    assert_eq!(names.len(), all().len());
    assert!(all().len() >= 90, "{}", all().len());
}

#[test]
fn every_sample_is_recognised_as_what_it_is() {
    for sample in all() {
        let (signer, _) = signer(sample, &[]);
        let made = make(&order(sample, 1), &signer).unwrap_or_else(|why| panic!("{why}"));
        let found = provider::recognise(&made.capture).unwrap_or_else(|| panic!("{}", sample.full_name()));
        assert_eq!(found.provider.name, sample.provider, "{}", sample.full_name());
        let event = found.event.map(|event| String::from_utf8(event.to_vec()).unwrap());
        assert_eq!(event.as_deref(), Some(sample.event()), "{}", sample.full_name());
        assert_eq!(
            found.delivery.is_some(),
            !found.provider.delivery.is_empty() && !no_delivery(sample),
            "{}",
            sample.full_name()
        );
    }
}

/// Those of what is no event have no id.
fn no_delivery(sample: &Sample) -> bool {
    sample.provider == "slack" && !matches!(sample.name, "message" | "app_mention")
}

#[test]
fn every_sample_is_signed_and_valid() {
    for sample in all() {
        let name = sample.full_name();
        let scheme = signature::of(sample.provider).next().unwrap();
        if matches!(scheme.method, Method::Rsa(_)) {
            let (private, public) = rsa(sample.provider);
            let beside = public.iter().find(|secret| !secret.is_pem());
            let made = make(&order(sample, 1), &Signer::Known(scheme, &private, beside)).unwrap();
            let secrets: Vec<&Secret> = public.iter().collect();
            assert_eq!(verdict(&made.capture, sample.provider, &secrets), Verdict::Valid, "{name}");
            let (made_up, _) = signer(sample, &[]);
            assert!(matches!(made_up, Signer::MadeUp(_)));
            let made = make(&order(sample, 1), &made_up).unwrap();
            assert_eq!(verdict(&made.capture, sample.provider, &secrets), Verdict::Invalid, "{name}");
            continue;
        }
        let (generated, none) = signer(sample, &[]);
        let Signer::Generated(_, keys) = &generated else { panic!("{name}") };
        assert_eq!(none, None);
        let made = make(&order(sample, 1), &generated).unwrap();
        assert_eq!(verdict(&made.capture, sample.provider, &[&keys.checks]), Verdict::Valid, "{name}");
        let other = Generated::new(scheme, sample.secret_prefix()).unwrap();
        assert_eq!(verdict(&made.capture, sample.provider, &[&other.checks]), Verdict::Invalid, "{name}");
        // The same by a secret that is known.
        let (known, why) = signer(sample, &[&keys.signs]);
        assert!(matches!(known, Signer::Known(..)), "{name} {why:?}");
        let made = make(&order(sample, 1), &known).unwrap();
        assert_eq!(verdict(&made.capture, sample.provider, &[&keys.checks]), Verdict::Valid, "{name}");
    }
}

#[test]
fn a_stale_sample_is_stale_where_a_time_is_signed() {
    for sample in all() {
        let scheme = signature::of(sample.provider).next().unwrap();
        let (signer, _) = signer(sample, &[]);
        let made = make(&Order { stale: true, ..order(sample, 1) }, &signer);
        let Signer::Generated(_, keys) = &signer else { continue };
        match (scheme.time, scheme.tolerance) {
            (None, _) => {
                let why = made.unwrap_err();
                assert!(why.contains("signs no time, so nothing of it can be stale"), "{why}");
            }
            (Some(_), Some(_)) => {
                let capture = made.unwrap().capture;
                assert_eq!(
                    verdict(&capture, sample.provider, &[&keys.checks]),
                    Verdict::Stale,
                    "{}",
                    sample.full_name()
                );
            }
            (Some(_), None) => assert!(made.is_ok()),
        }
    }
}

#[test]
fn each_sending_is_another_event() {
    for sample in all() {
        let (signer, _) = signer(sample, &[]);
        let body = |seed| {
            let capture = make(&order(sample, seed), &signer).unwrap().capture;
            (capture.head.bytes().clone(), capture.body.first().clone())
        };
        assert_ne!(body(1), body(2), "{}", sample.full_name());
    }
}

#[test]
fn the_secret_of_a_provider_that_does_not_fit_is_said() {
    let secret = |provider: &str, value: &str| {
        Secret::new(Named::new(provider, "env:MINE").unwrap(), Zeroizing::new(value.as_bytes().to_vec()))
    };
    let public = secret("discord", &"ab".repeat(32));
    let (found, why) = signer(named("discord.ping").unwrap(), &[&public]);
    assert!(matches!(found, Signer::Generated(..)));
    assert_eq!(why.unwrap(), "env:MINE is no private key for this: Ed25519 is wanted");
    // GitLab has two schemes, and a plain token is of the second.
    let token = secret("gitlab", "a token");
    let (found, _) = signer(named("gitlab").unwrap(), &[&token]);
    assert!(matches!(found, Signer::Known(scheme, ..) if scheme.name == "gitlab-token"));
}

#[test]
fn names_are_found_or_what_was_meant_is_said() {
    for (name, full) in [
        ("github.push", "github.push"),
        ("GitHub.Push", "github.push"),
        ("github", "github.push"),
        ("github.pull_request", "github.pull_request.opened"),
        ("shopify.orders", "shopify.orders/create"),
    ] {
        assert_eq!(named(name).unwrap().full_name(), full);
    }
    for (name, hint) in [
        ("github.psuh", "did you mean `github.push`?"),
        ("gihtub.whatever", "did you mean `github`?"),
        ("\u{1b}[31m", "creel send --list"),
        ("", "creel send --list"),
    ] {
        let why = named(name).unwrap_err();
        assert!(why.contains(hint) && !why.contains('\u{1b}'), "{why}");
    }
}

#[test]
fn what_is_set_is_set_and_signed() {
    let sample = named("github.push").unwrap();
    let (signer, _) = signer(sample, &[]);
    let Signer::Generated(_, keys) = &signer else { panic!() };
    let sets = [".repository.name=demo".parse().unwrap(), ".commits=[]".parse().unwrap()];
    let capture = make(&Order { sets: &sets, ..order(sample, 1) }, &signer).unwrap().capture;
    let body: serde_json::Value = serde_json::from_slice(capture.body.first()).unwrap();
    assert_eq!((&body["repository"]["name"], &body["commits"]), (&"demo".into(), &serde_json::json!([])));
    assert_eq!(verdict(&capture, "github", &[&keys.checks]), Verdict::Valid);
    let form = named("twilio").unwrap();
    let sets = ["Body=a b&c=é".parse().unwrap()];
    let capture = make(&Order { sets: &sets, ..order(form, 1) }, &signer).unwrap().capture;
    let text = String::from_utf8(capture.body.first().to_vec()).unwrap();
    assert!(text.contains("Body=a+b%26c%3D%C3%A9&"), "{text}");
    let why = make(&Order { sets: &sets, ..order(sample, 1) }, &signer).unwrap_err();
    assert_eq!(why, "--set Body: the body is JSON, so this is written .Body");
}

proptest! {
    #[test]
    fn any_time_seed_and_set_is_made_or_refused(
        at in 0..all().len(),
        seed in any::<u64>(),
        second in -377_705_000_000_i64..253_402_200_000,
        set in "(\\.[a-z]{1,3}|\\[[0-9]\\]){1,4}=[ -~]{0,9}",
    ) {
        let sample = &all()[at];
        let (signer, _) = signer(sample, &[]);
        let sets: Vec<Set> = set.parse().into_iter().collect();
        let now = Timestamp::from_second(second).unwrap();
        let _ = make(&Order { now, sets: &sets, ..order(sample, seed) }, &signer);
    }
}
