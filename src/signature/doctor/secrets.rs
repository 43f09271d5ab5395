//! What goes wrong with secrets.

use super::{Case, ills::said};
use crate::signature::{Encoding, Finding, Key, Scheme, apart::decode, check::is_split};

/// Tries each secret with other bytes; gives the name of the one that fits.
fn with_secret(case: &mut Case<'_>, other: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> Option<String> {
    let mine: Vec<_> = case.mine.iter().map(|secret| (*secret).clone()).collect();
    for secret in mine.iter().filter(|secret| !secret.is_pem()) {
        for bytes in other(secret.bytes()) {
            if bytes != secret.bytes() && case.fits(case.scheme, case.message, &secret.with(bytes)) {
                return Some(secret.name());
            }
        }
    }
    None
}

pub(super) fn secret_blank(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let name = with_secret(case, |own| vec![own.trim_ascii().to_vec()]);
    if let Some(name) = name {
        return said(
            format!("{name} has white space or a line end around the secret, and without it the signature is right"),
            "take it away there; `printf %s` writes no line end where `echo` writes one",
        );
    }
    let name = with_secret(case, |own| [&b"\n"[..], b"\r\n", b" "].iter().map(|end| [own, end].concat()).collect())?;
    said(
        format!("the sender signs with {name} and a line end or blank behind it"),
        "enter the secret at the provider again, without a line end",
    )
}

pub(super) fn secret_quotes(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let name = with_secret(case, |own| {
        let own = own.trim_ascii();
        [b'"', b'\'', b'`']
            .iter()
            .filter_map(|quote| Some(own.strip_prefix(&[*quote])?.strip_suffix(&[*quote])?.to_vec()))
            .collect()
    })?;
    said(
        format!("{name} has quotes around the secret, and without them the signature is right"),
        "take the quotes away there",
    )
}

const PREFIXES: [&[u8]; 3] = [b"whsec_", b"v1,whsec_", b"pdl_ntfset_"];

pub(super) fn secret_prefix(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let without = |own: &[u8]| PREFIXES.iter().filter_map(|prefix| Some(own.strip_prefix(*prefix)?.to_vec())).collect();
    if let Some(name) = with_secret(case, without) {
        return said(
            format!("the secret in {name} begins with a prefix that does not belong to it here"),
            "take the secret without its prefix",
        );
    }
    let name = with_secret(case, |own| PREFIXES.iter().map(|prefix| [prefix, own].concat()).collect())?;
    said(
        format!("the secret in {name} lacks its prefix, as whsec_, with which the signature is right"),
        "take the secret as the provider shows it, with its prefix",
    )
}

/// How the bytes of a secret become those of a key.
type Way = fn(&[u8]) -> Option<Vec<u8>>;

pub(super) fn secret_decoded(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let own = case.scheme.key;
    let ways: [(Key, Way, &str); 4] = [
        (Key::Text, |secret| Some(secret.to_vec()), "as it is, not decoded"),
        (
            Key::Text,
            |secret| decode(Encoding::Base64, secret.strip_prefix(b"whsec_").unwrap_or(secret)),
            "base64-decoded",
        ),
        (Key::Text, |secret| hex::decode(secret).ok(), "decoded from hexadecimal"),
        (Key::Text, |secret| Some(secret.strip_prefix(b"whsec_")?.to_vec()), "as it is, without its prefix"),
    ];
    for (key, way, how) in ways {
        let scheme = Scheme { key, ..case.scheme.clone() };
        for secret in
            case.mine.iter().filter(|secret| !secret.is_pem()).map(|secret| (*secret).clone()).collect::<Vec<_>>()
        {
            let Some(bytes) = way(secret.bytes()).filter(|bytes| own != Key::Text || bytes != secret.bytes()) else {
                continue;
            };
            if case.fits(&scheme, case.message, &secret.with(bytes)) {
                return said(
                    format!(
                        "it was made with {} used {how}, which is not how {} uses it",
                        secret.name(),
                        case.scheme.provider
                    ),
                    "where the request is signed, use the secret as the provider's documents say",
                );
            }
        }
    }
    None
}

pub(super) fn other_secret(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    for secret in case.all {
        if case.mine.iter().any(|own| own.named == secret.named) {
            continue;
        }
        if case.fits(case.scheme, case.message, secret) {
            return said(
                format!("it was made with another secret that is known: {}", secret.named),
                "it is the secret of another endpoint or provider; give this one that secret, or send there",
            );
        }
    }
    None
}

pub(super) fn no_secret(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let provider = case.scheme.provider;
    let Some(why) = finding.why.clone() else {
        return said(
            format!("no secret of {provider} is known"),
            format!("give it with --secret {provider}=env:NAME, or under [secrets] in creel.toml"),
        );
    };
    let names: Vec<String> = case.mine.iter().map(|secret| secret.name()).collect();
    let names = names.join(", ");
    let remedy = if names.is_empty() {
        format!("put the secret of {provider} where its reference says, or name another place")
    } else if is_split(case.scheme) {
        format!("give the other one as a second secret: --secret {provider}=env:NAME or --secret {provider}=file:PATH")
    } else {
        let wanted = match case.scheme.key {
            Key::Text => "the secret as it is",
            Key::NotWhsec => "the token, which does not begin with whsec_",
            Key::Hex => "the key in hexadecimal",
            Key::Base64 => "the key in base64",
            Key::Whsec | Key::WhsecOnly => "whsec_ and base64 behind it",
            Key::Public => "the public key in hexadecimal, in base64 or as PEM",
            Key::Certificate => "the certificate or the public key as PEM, from -----BEGIN to its END",
        };
        format!("look at what is in {names}; {provider} needs {wanted} there")
    };
    said(why, remedy)
}
