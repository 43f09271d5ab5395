//! The table of what goes wrong, the likeliest and cheapest first.

use super::{
    Case,
    address::url,
    body::body,
    secrets::{no_secret, other_secret, secret_blank, secret_decoded, secret_prefix, secret_quotes},
    times::{stale, stale_unit, time_unit},
};
use crate::model::{Header, Printable};
use crate::signature::{
    Encoding, Finding, Form, Hash, Method, Part, Place, SCHEMES, Scheme, Verdict, apart::unquoted, check::FOREIGN,
    is_url_signed,
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
    Ill { name: "header-quotes", help: "quotes around the signature", after: WRONG, found: quotes },
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
    Ill {
        name: "foreign-certificate",
        help: "it names a certificate that is not the provider's",
        after: INVALID,
        found: foreign,
    },
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
    if case.message.header(header).is_some() {
        return said(
            format!(
                "there is a {header}, and no signature in it is of the kind that {} has{}",
                case.scheme.name,
                case.untried()
            ),
            "look at what stands there, and name a secret for that kind too",
        );
    }
    said(
        format!("there is no {header}: the sender did not sign, or something on the way took it off{}", case.untried()),
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

fn quotes(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    let Place::Header(name) = case.scheme.at else { return None };
    let bare = unquoted(case.message.header(name)?)?;
    let mut other = case.message.clone();
    other.headers.retain(|header| !header.is(name));
    other.headers.push(Header { name: name.as_bytes(), value: bare });
    if !case.fits_mine(case.scheme, &other) {
        return None;
    }
    said(
        format!("what came in {name} is right, but quotes stand around it"),
        format!("send {name} without quotes; look for the place that writes its value as a JSON text"),
    )
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

fn malformed(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let is_quoted = case.message.header(header_of(case.scheme)).and_then(unquoted).is_some();
    let why = if is_quoted { "quotes stand around it" } else { finding.why.as_deref()? };
    said(
        format!("what stands in {} is no signature of {}: {why}", header_of(case.scheme), case.scheme.provider),
        "look at what stands there: something on the way may have changed it, or it is another provider's",
    )
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

fn unknown(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let provider = case.scheme.provider;
    let known: Vec<String> = case.mine.iter().map(|secret| secret.name()).collect();
    let known = known.join(", ");
    let what = if case.scheme.method.is_shared() { "secret" } else { "public key or certificate" };
    let compare = format!("compare the {what} with the one that {provider} shows for this very endpoint");
    let untried = case.untried();
    if is_url_signed(case.scheme) {
        // Behind a tunnel nothing in the request says what it was called by.
        let url = finding
            .url
            .as_deref()
            .map_or_else(|| "any that is known".to_owned(), |url| Printable::limited(url.as_bytes(), 200).to_string());
        return said(
            format!(
                "nothing that usually goes wrong explains it: the URL is signed too and may be another than {url}, it was \
                 made with another secret than {known}, or the body was changed{untried}"
            ),
            format!("name the URL as it was entered at {provider} with --public-url URL; if that is right, {compare}"),
        );
    }
    if case.scheme.method == Method::Equal {
        return said(format!("the token that came is another than the one in {known}"), compare);
    }
    // What is not signed may have changed, and nobody can tell.
    let is_body = |part: &Part| matches!(part, Part::Body | Part::Made(_));
    let signed = if case.scheme.signed.iter().any(is_body) { "the body" } else { "what is signed" };
    said(
        format!(
            "nothing that usually goes wrong explains it: it was made with another secret than {known}, or {signed} was \
             changed{untried}"
        ),
        compare,
    )
}

/// A certificate's address is only said: nothing is fetched from it.
fn foreign(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let (_, url) = finding.said.iter().find(|(what, _)| *what == FOREIGN)?;
    let provider = case.scheme.provider;
    said(
        format!(
            "it names a certificate at {}, a host that is not {provider}'s: somebody else has signed it, or the address \
             was changed",
            Printable::limited(url, 200)
        ),
        format!("do not take that certificate; let {provider} send it again, and see what stands between it and creel"),
    )
}
