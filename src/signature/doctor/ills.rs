//! The table of what goes wrong, the likeliest and cheapest first.

use super::{
    Case,
    address::url,
    body::{LARGEST, earlier},
};
use crate::model::{Content, Header};
use crate::signature::{
    Encoding, Finding, Form, Hash, Key, Method, Part, Place, SCHEMES, Scheme, Time, Verdict, apart::decode,
    story::length,
};

/// One thing that goes wrong.
pub struct Ill {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub help: &'static str,
    /// After which verdicts it is looked for.
    pub after: &'static [Verdict],
    /// Looks for it: a sentence of diagnosis and one of remedy.
    pub(super) found: fn(&mut Case<'_>, &Finding) -> Option<(String, String)>,
}

const WRONG: &[Verdict] = &[Verdict::Invalid, Verdict::Malformed];
const INVALID: &[Verdict] = &[Verdict::Invalid];
const KEYLESS: &[Verdict] = &[Verdict::Invalid, Verdict::NoSecret];

/// Everything that is tried, in this order.
pub const ILLS: &[Ill] = &[
    Ill { name: "time-unit", help: "the time is in another unit", after: &[Verdict::Stale], found: stale_unit },
    Ill { name: "stale", help: "right, and too old", after: &[Verdict::Stale], found: stale },
    Ill {
        name: "header-renamed",
        help: "the signature came in another header",
        after: &[Verdict::Missing],
        found: renamed,
    },
    Ill { name: "not-signed", help: "there is no signature", after: &[Verdict::Missing], found: not_signed },
    Ill { name: "header-joined", help: "several headers were joined to one", after: WRONG, found: joined },
    Ill { name: "prefix", help: "the signature lacks its prefix", after: WRONG, found: prefix },
    Ill { name: "encoding", help: "hexadecimal in place of base64 or the other way", after: WRONG, found: encoding },
    Ill { name: "hash", help: "another hash function", after: INVALID, found: hash },
    Ill { name: "secret-newline", help: "white space around the secret", after: KEYLESS, found: secret_blank },
    Ill { name: "secret-quotes", help: "quotes around the secret", after: KEYLESS, found: secret_quotes },
    Ill { name: "secret-prefix", help: "the secret with its prefix or without", after: KEYLESS, found: secret_prefix },
    Ill { name: "secret-decoded", help: "the secret decoded or as it is", after: KEYLESS, found: secret_decoded },
    Ill { name: "other-secret", help: "another secret that is known", after: KEYLESS, found: other_secret },
    Ill { name: "no-secret", help: "no secret is known", after: &[Verdict::NoSecret], found: no_secret },
    Ill {
        name: "malformed",
        help: "what stands there is no signature",
        after: &[Verdict::Malformed],
        found: malformed,
    },
    Ill { name: "time-unit", help: "the time is in another unit", after: INVALID, found: time_unit },
    Ill { name: "signed-string", help: "other parts were signed", after: INVALID, found: signed_string },
    Ill { name: "url", help: "the sender called another URL", after: INVALID, found: url },
    Ill { name: "other-scheme", help: "signed as another provider does", after: INVALID, found: other_scheme },
    Ill { name: "body", help: "the body was written anew", after: INVALID, found: body },
    Ill { name: "unknown", help: "nothing of all this", after: INVALID, found: unknown },
];

fn header_of(scheme: &Scheme) -> &'static str {
    match scheme.at {
        Place::Header(name) => name,
        Place::Numbered(prefix) => prefix,
        Place::Body(_) | Place::Items => "signature in the body",
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is what every row of the table gives back")]
pub(super) fn said(what: impl Into<String>, remedy: impl Into<String>) -> Option<(String, String)> {
    Some((what.into(), remedy.into()))
}

fn stale_unit(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let (age, limit) = (finding.age?, finding.limit?);
    let received = case.message.received_at.as_millisecond();
    let time = received.checked_sub(age)?;
    let near = |time: i64| received.checked_sub(time).is_some_and(|age| age.saturating_abs() <= limit.max(300_000));
    let (is, was) = if near(time.saturating_mul(1000)) {
        ("seconds", "milliseconds")
    } else if near(time / 1000) {
        ("milliseconds", "seconds")
    } else {
        return None;
    };
    // What is read as milliseconds and is a thousandth of the time is in seconds.
    said(
        format!("the signature is right, but its time is written in {is} where {} has {was}", case.scheme.provider),
        format!("write the time in {was} where the request is signed"),
    )
}

fn stale(_: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let (age, limit) = (finding.age?, finding.limit?);
    if age < 0 {
        return said(
            format!("the signature is right, but was made {} after the request came: a clock is wrong", length(age)),
            "set the clock of this machine, or of the sender's",
        );
    }
    said(
        format!(
            "the signature is right, but was made {} before the request came, and {} is let pass",
            length(age),
            length(limit)
        ),
        "let the provider send it again, sign a replay anew, or look at old captures with --tolerance off",
    )
}

fn renamed(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let name = match case.scheme.at {
        Place::Header(name) => name,
        Place::Numbered(_) => "X-DocuSign-Signature-1",
        Place::Body(_) | Place::Items => return None,
    };
    // A token is any text, so any header would do that has it.
    for header in case.message.headers.clone() {
        let mut other = case.message.clone();
        other.headers.push(Header { name: name.as_bytes(), value: header.value });
        if case.fits_mine(case.scheme, &other) {
            let came = crate::model::Printable::limited(header.name, 60);
            return said(
                format!(
                    "the signature is right and came in the header {came}, not in {name}: something on the way renamed it"
                ),
                format!("let the proxy pass {name} as it is"),
            );
        }
    }
    None
}

fn not_signed(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let header = header_of(case.scheme);
    said(
        format!("there is no {header}: the sender did not sign, or something on the way took it off"),
        format!("set a secret for this webhook at {}, and let proxies pass the header", case.scheme.provider),
    )
}

fn joined(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let name = match case.scheme.at {
        Place::Header(name) => name,
        Place::Numbered(_) => "X-DocuSign-Signature-1",
        Place::Body(_) | Place::Items => return None,
    };
    for value in case.message.all(name).collect::<Vec<_>>() {
        let mut parts: Vec<&[u8]> = Vec::new();
        let mut from = 0;
        for at in memchr::memmem::find_iter(value, b", ").chain([value.len()]) {
            parts.push(value.get(from..at).unwrap_or_default());
            from = at + 2;
        }
        if parts.len() < 2 {
            parts = value.split(|byte| *byte == b',').collect();
        }
        for part in parts.iter().copied().filter(|_| parts.len() > 1) {
            let mut other = case.message.clone();
            other.headers.retain(|header| !header.is(name));
            other.headers.push(Header { name: name.as_bytes(), value: part });
            if case.fits_mine(case.scheme, &other) {
                return said(
                    format!("several {name} were joined to one with commas, and one of them is right"),
                    "let the proxy pass headers of one name as they are",
                );
            }
        }
    }
    None
}

fn prefix(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let Form::Bare(prefix) = case.scheme.form else { return None };
    let scheme = Scheme { form: Form::Bare(""), ..case.scheme.clone() };
    if prefix.is_empty() || !case.fits_mine(&scheme, case.message) {
        return None;
    }
    said(
        format!("the signature is right, but `{prefix}` is missing before it"),
        format!("write `{prefix}` before the signature where the request is signed"),
    )
}

fn encoding(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let all = [
        (Encoding::Hex, "hexadecimal"),
        (Encoding::Base64, "base64"),
        (Encoding::Base64Url, "base64 in the alphabet of URLs"),
    ];
    let own = all.iter().find(|(encoding, _)| *encoding == case.scheme.encoding)?.1;
    for (encoding, name) in all.into_iter().filter(|(encoding, _)| *encoding != case.scheme.encoding) {
        let scheme = Scheme { encoding, ..case.scheme.clone() };
        if case.fits_mine(&scheme, case.message) {
            return said(
                format!("the signature is right, but written in {name} where {} writes {own}", case.scheme.provider),
                format!("write the signature in {own} where the request is signed"),
            );
        }
    }
    None
}

fn hash(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let (Method::Hmac(own) | Method::Digest(own)) = finding.method else { return None };
    for (hash, name) in Hash::TABLE.into_iter().filter(|(hash, _)| *hash != own) {
        let method = match finding.method {
            Method::Digest(_) => Method::Digest(hash),
            _ => Method::Hmac(hash),
        };
        let scheme = Scheme { method, ..case.scheme.clone() };
        if case.fits_mine(&scheme, case.message) {
            return said(
                format!("it was made with {name} where {} uses {}", case.scheme.provider, own.name()),
                format!("sign with {}, or look whether the other header of this provider was meant", own.name()),
            );
        }
    }
    None
}

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

fn secret_blank(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
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

fn secret_quotes(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
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

fn secret_prefix(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
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

fn secret_decoded(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
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

fn other_secret(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
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

fn no_secret(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let provider = case.scheme.provider;
    let what = finding.why.clone().unwrap_or_else(|| format!("no secret of {provider} is known"));
    said(what, format!("give it with --secret {provider}=env:NAME, or under [secrets] in creel.toml"))
}

fn malformed(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let why = finding.why.clone()?;
    said(
        format!("what stands in {} is no signature of {}: {why}", header_of(case.scheme), case.scheme.provider),
        "look at what stands there: something on the way may have changed it, or it is another provider's",
    )
}

fn time_unit(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let Some(Time::Header(name, _)) = case.scheme.time else { return None };
    let written = case.message.header(name)?;
    finding.age?;
    let mut others = vec![[written, b"000"].concat()];
    others.extend(written.len().checked_sub(3).and_then(|end| written.get(..end)).map(<[u8]>::to_vec));
    for other in others {
        let mut message = case.message.clone();
        message.headers.retain(|header| !header.is(name));
        message.headers.push(Header { name: name.as_bytes(), value: &other });
        if case.fits_mine(case.scheme, &message) {
            return said(
                format!("the time in {name} is in another unit than the one that was signed"),
                format!("let {name} say the very time that is signed"),
            );
        }
    }
    None
}

/// What else may have been signed.
const OTHERS: [(&[Part], &str); 6] = [
    (&[Part::Body], "the body alone"),
    (&[Part::Time, Part::Text("."), Part::Body], "time, dot and body"),
    (&[Part::Time, Part::Text(":"), Part::Body], "time, colon and body"),
    (&[Part::Time, Part::Body], "time and body with nothing between"),
    (&[Part::Url, Part::Body], "URL and body"),
    (&[Part::Body, Part::Time], "body and time"),
];

fn signed_string(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    if !case.scheme.signed.contains(&Part::Body) {
        return None;
    }
    for (signed, what) in OTHERS.into_iter().filter(|(signed, _)| *signed != case.scheme.signed) {
        // Without a time, those with one are none.
        if signed.contains(&Part::Time) && case.scheme.time.is_none() {
            continue;
        }
        let scheme = Scheme { signed, ..case.scheme.clone() };
        if case.fits_mine(&scheme, case.message) {
            return said(
                format!("{what} was signed, which is not what {} signs", case.scheme.provider),
                "where the request is signed, sign what the provider's documents say",
            );
        }
    }
    None
}

fn other_scheme(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    for scheme in SCHEMES.iter().filter(|scheme| scheme.name != case.scheme.name && scheme.at != case.scheme.at) {
        if scheme.method != Method::Equal && case.fits_mine(scheme, case.message) {
            return said(
                format!("it is signed as {} does, and that signature is right", scheme.name),
                format!("check it as {} with --provider {}", scheme.name, scheme.provider),
            );
        }
    }
    None
}

fn body(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let body = case.message.body.bytes().filter(|body| body.len() <= LARGEST)?.clone();
    for (name, was, earlier) in earlier(&body, case.message.header("content-encoding")) {
        let mut message = case.message.clone();
        message.body = Content::from(earlier);
        if case.fits_mine(case.scheme, &message) {
            let (what, remedy) = match name {
                "body-newline" => ("a line end was added or taken away", "pass the body on byte for byte"),
                "body-line-ends" => ("its line ends were changed", "pass the body on byte for byte"),
                "body-compressed" => ("it was compressed on the way", "let nothing compress requests on the way"),
                "body-bom" => ("a byte order mark was put before it", "pass the body on byte for byte"),
                _ => {
                    ("its JSON was parsed and written anew", "sign and check the bytes, not what was parsed from them")
                }
            };
            return said(format!("the body is not the one that was signed: {what}; what was signed has {was}"), remedy);
        }
    }
    None
}

fn unknown(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let known: Vec<String> = case.mine.iter().map(|secret| secret.name()).collect();
    said(
        format!(
            "nothing that usually goes wrong explains it: it was made with another secret than {}, or the body was changed",
            known.join(", ")
        ),
        format!("compare the secret with the one that {} shows for this very endpoint", case.scheme.provider),
    )
}
