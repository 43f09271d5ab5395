//! Who passed a request on: `Forwarded` (RFC 7239) and the lists of addresses that came before it.

use jiff::Timestamp;

use super::Part;

/// `Forwarded`: an element for each hop, nearest to the client first (§4).
pub(super) fn forwarded(value: &[u8], _: Timestamp) -> Vec<Part> {
    let hops = split(value, b',');
    let last = hops.len();
    let mut parts = Vec::new();
    for (at, hop) in hops.into_iter().enumerate() {
        for (nth, pair) in split(hop, b';').into_iter().enumerate() {
            let at_sign = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let (name, value) = pair.split_at_checked(at_sign).unwrap_or((pair, &[]));
            let meaning = match name.trim_ascii().to_ascii_lowercase().as_slice() {
                b"for" => "who sent it to the proxy",
                b"by" => "where the proxy took it",
                b"host" => "the Host it had there",
                b"proto" => "the scheme it had there",
                _ => "",
            };
            let hop = if nth > 0 || last == 1 { String::new() } else { format!("hop {} of {last}: ", at + 1) };
            let value = unquoted(value.get(1..).unwrap_or_default().trim_ascii());
            parts.push(Part::outside(name.trim_ascii(), &value, format!("{hop}{meaning}")));
        }
    }
    parts
}

/// `X-Forwarded-For` and its like: addresses, the client's first. One alone needs no list.
pub(super) fn addresses(value: &[u8], _: Timestamp) -> Vec<Part> {
    let addresses = split(value, b',');
    let last = addresses.len();
    if last < 2 {
        return Vec::new();
    }
    let words = |at: usize| match at {
        0 => "the client, as the first proxy says",
        at if at + 1 == last => "whom the last proxy took it from",
        _ => "a proxy between them",
    };
    let part = |(at, address): (usize, &[u8])| Part { name: Vec::new(), ..Part::outside(b"", address, words(at)) };
    addresses.into_iter().enumerate().map(part).collect()
}

/// The pieces between separators that do not stand in quotes, without the blanks around them and without empty ones.
fn split(value: &[u8], separator: u8) -> Vec<&[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let pieces = value.split(|&byte| {
        let ends = !quoted && byte == separator;
        (quoted, escaped) = match byte {
            _ if escaped => (quoted, false),
            b'"' => (!quoted, false),
            b'\\' => (quoted, quoted),
            _ => (quoted, false),
        };
        ends
    });
    pieces.map(<[u8]>::trim_ascii).filter(|piece| !piece.is_empty()).collect()
}

/// A quoted string without its quotes and backslashes (RFC 9110 §5.6.4); anything else as it is.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let inside = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let Some(inside) = inside else { return value.to_vec() };
    let mut escaped = false;
    let kept = inside.iter().copied().filter(|byte| {
        escaped = *byte == b'\\' && !escaped;
        !escaped
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: &[Part]) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        parts.iter().map(|part| format!("{}={} {}", text(&part.name), text(&part.value), part.words)).collect()
    }

    #[test]
    fn each_hop_says_what_it_saw() {
        let value = br#"for="[2001:db8::1]:4711";proto=https, For=10.0.0.1;by="a,b;\"c\\";x=1"#;
        assert_eq!(
            shown(&forwarded(value, Timestamp::UNIX_EPOCH)),
            [
                "for=[2001:db8::1]:4711 hop 1 of 2: who sent it to the proxy",
                "proto=https the scheme it had there",
                "For=10.0.0.1 hop 2 of 2: who sent it to the proxy",
                r#"by=a,b;"c\ where the proxy took it"#,
                "x=1 ",
            ]
        );
        assert_eq!(shown(&forwarded(b"for=_hidden", Timestamp::UNIX_EPOCH)), ["for=_hidden who sent it to the proxy"]);
        assert!(forwarded(b" , ;", Timestamp::UNIX_EPOCH).is_empty());
    }

    #[test]
    fn a_list_of_addresses_begins_at_the_client() {
        let parts = addresses(b"203.0.113.7, 10.0.0.1,10.0.0.2", Timestamp::UNIX_EPOCH);
        assert_eq!(
            shown(&parts),
            [
                "=203.0.113.7 the client, as the first proxy says",
                "=10.0.0.1 a proxy between them",
                "=10.0.0.2 whom the last proxy took it from",
            ]
        );
        assert!(addresses(b"203.0.113.7", Timestamp::UNIX_EPOCH).is_empty());
    }
}
