//! Cookies taken apart (RFC 6265): what a browser sends back, and what a server sets.

use jiff::Timestamp;

use super::Part;

/// `Cookie`: pairs parted by semicolons (§4.2.1).
pub(super) fn cookies(value: &[u8], _: Timestamp) -> Vec<Part> {
    pairs(value).map(|(name, value)| Part::outside(name, value.unwrap_or_default(), "").secret()).collect()
}

/// `Set-Cookie`: one pair, then its attributes (§4.1.1).
pub(super) fn set_cookie(value: &[u8], _: Timestamp) -> Vec<Part> {
    let mut parts: Vec<Part> = pairs(value).map(|(name, value)| attribute(name, value)).collect();
    if let Some(cookie) = parts.first_mut() {
        (cookie.secret, cookie.words) = (true, String::new());
    }
    parts
}

fn attribute(name: &[u8], value: Option<&[u8]>) -> Part {
    let words = match name.to_ascii_lowercase().as_slice() {
        b"secure" => "over TLS alone",
        b"httponly" => "hidden from scripts",
        b"samesite" => "whether other sites' requests carry it",
        b"max-age" => "how many seconds it lasts",
        b"expires" => "when it ends",
        b"domain" => "for which hosts",
        b"path" => "below which path",
        b"partitioned" => "kept apart for each site",
        _ => "",
    };
    Part::outside(name, value.unwrap_or_default(), words)
}

fn pairs(value: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty()).map(|pair| {
        match memchr::memchr(b'=', pair).and_then(|at| pair.split_at_checked(at)) {
            Some((name, value)) => (name.trim_ascii(), Some(value.get(1..).unwrap_or_default().trim_ascii())),
            None => (pair, None),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_told_apart() {
        let parts = cookies(b"sid=a=b; theme=; ; odd", Timestamp::UNIX_EPOCH);
        let pairs: Vec<(&[u8], &[u8])> = parts.iter().map(|part| (&*part.name, &*part.value)).collect();
        assert_eq!(pairs, [(&b"sid"[..], &b"a=b"[..]), (b"theme", b""), (b"odd", b"")]);
        assert!(parts.iter().all(|part| part.secret && part.named_outside));
    }

    #[test]
    fn only_the_cookie_itself_is_secret() {
        let parts = set_cookie(b"path=1; Path=/; HttpOnly", Timestamp::UNIX_EPOCH);
        let said: Vec<(bool, &str)> = parts.iter().map(|part| (part.secret, part.words.as_str())).collect();
        assert_eq!(said, [(true, ""), (false, "below which path"), (false, "hidden from scripts")]);
    }
}
