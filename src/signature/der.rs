//! As much of DER (X.690) and PEM (RFC 7468) as it takes to get a public key out of a certificate (RFC 5280 §4.1) or out of
//! a `SubjectPublicKeyInfo`. Any bytes may be given.

use super::{apart::decode, scheme::Encoding};

/// The key in the first certificate or public key of a PEM text, as its algorithm writes it.
pub fn public_key(pem: &[u8]) -> Option<Vec<u8>> {
    block(pem, &["CERTIFICATE", "PUBLIC KEY"]).and_then(|(kind, der)| match kind {
        "CERTIFICATE" => of_certificate(&der),
        _ => of_spki(&der),
    })
}

/// The PKCS#8 of the first private key of a PEM text.
pub fn private_key(pem: &[u8]) -> Option<Vec<u8>> {
    block(pem, &["PRIVATE KEY"]).map(|(_, der)| der)
}

/// The first block of one of these kinds.
fn block<'k>(pem: &[u8], kinds: &[&'k str]) -> Option<(&'k str, Vec<u8>)> {
    let text = std::str::from_utf8(pem).ok()?;
    let found = kinds.iter().filter_map(|kind| {
        let (_, rest) = text.split_once(&format!("-----BEGIN {kind}-----"))?;
        let (inside, _) = rest.split_once(&format!("-----END {kind}-----"))?;
        Some((text.find(&format!("-----BEGIN {kind}-----"))?, *kind, inside))
    });
    let (_, kind, inside) = found.min_by_key(|(at, _, _)| *at)?;
    let joined: String = inside.split_ascii_whitespace().collect();
    Some((kind, decode(Encoding::Base64, joined.as_bytes())?))
}

/// A tag, what is in the element, all of it, and what follows.
type Element<'a> = (u8, &'a [u8], &'a [u8], &'a [u8]);

/// The first element of `bytes`: its tag, what is in it, all of it, and what follows.
fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(first) {
        short @ 0..=0x7f => (short, rest),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(long - 0x80)?;
            (digits.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (inside, after) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - after.len())?;
    Some((tag, inside, whole, after))
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;

/// The key in a `SubjectPublicKeyInfo`.
pub fn of_spki(der: &[u8]) -> Option<Vec<u8>> {
    let (SEQUENCE, inside, _, _) = element(der)? else { return None };
    let (SEQUENCE, _, _, rest) = element(inside)? else { return None };
    let (BIT_STRING, bits, _, _) = element(rest)? else { return None };
    let (0, key) = bits.split_first().map(|(unused, key)| (*unused, key))? else { return None };
    Some(key.to_vec())
}

fn of_certificate(der: &[u8]) -> Option<Vec<u8>> {
    let (SEQUENCE, certificate, _, _) = element(der)? else { return None };
    let (SEQUENCE, mut rest, _, _) = element(certificate)? else { return None };
    if let Some((VERSION, _, _, after)) = element(rest) {
        rest = after;
    }
    // Serial number, algorithm, issuer, validity, subject.
    for _ in 0..5 {
        rest = element(rest)?.3;
    }
    of_spki(element(rest)?.2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_certificate_has_a_key() {
        let made = rcgen::generate_simple_self_signed(vec!["sns.us-east-1.amazonaws.com".to_owned()]).unwrap();
        let key = public_key(made.cert.pem().as_bytes()).unwrap();
        assert_eq!(key, made.signing_key.public_key_raw());
        assert_eq!(public_key(made.signing_key.public_key_pem().as_bytes()).unwrap(), key);
        assert!(private_key(made.signing_key.serialize_pem().as_bytes()).is_some());
        assert!(public_key(made.signing_key.serialize_pem().as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_key_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..300) {
            let _ = (of_spki(&bytes), of_certificate(&bytes), public_key(&bytes));
            let made = b"\x30\x82\x01\x0a\x30\x03\x06\x01\x2a\x03\x82\x00\x04\x00abc";
            let _ = of_certificate(made.get(..cut.min(made.len())).unwrap_or_default());
        }
    }
}
