//! Making a secret for a scheme, to sign samples with where the user has none.
//!
//! Decided: it is made of the system's randomness, and lives as long as whoever asked for it. Refused: RSA, whose keys `ring`
//! does not make; what only Amazon or `PayPal` can sign would be believed by nobody anyway.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use zeroize::Zeroizing;

use super::{
    scheme::{Key, Method, Scheme},
    secret::{Named, Reference, Secret},
};

/// What stands before the point of a P-256 key in a `SubjectPublicKeyInfo` (RFC 5480 §2).
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A secret that was made, and what its receiver checks with: the same, or the public key.
#[derive(Clone, Debug)]
pub struct Generated {
    /// What signs.
    pub signs: Secret,
    /// What checks.
    pub checks: Secret,
}

impl Generated {
    /// One for that scheme; nothing where it cannot be made. A text begins with `prefix`.
    pub fn new(scheme: &Scheme, prefix: &str) -> Option<Self> {
        let random = SystemRandom::new();
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut *bytes).ok()?;
        let secret = |value: Vec<u8>| {
            // It comes from nowhere; this is what its user is told to call it.
            let reference = Reference::Environment(variable(scheme.provider));
            let named = Named { provider: scheme.provider.to_owned(), path: None, reference };
            Secret::new(named, Zeroizing::new(value))
        };
        let text = match (scheme.method, scheme.key) {
            (Method::Ed25519, _) => {
                let pair = Ed25519KeyPair::from_seed_unchecked(bytes.as_slice()).ok()?;
                let signs = secret(format!("whsk_{}", STANDARD.encode(bytes.as_slice())).into_bytes());
                return Some(Self { signs, checks: secret(hex::encode(pair.public_key()).into_bytes()) });
            }
            (Method::EcdsaP256, _) => {
                let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok()?;
                let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).ok()?;
                let pem = format!(
                    "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
                    STANDARD.encode(pkcs8.as_ref())
                );
                let spki = [&P256[..], pair.public_key().as_ref()].concat();
                return Some(Self {
                    signs: secret(pem.into_bytes()),
                    checks: secret(STANDARD.encode(spki).into_bytes()),
                });
            }
            (Method::Rsa(_), _) => return None,
            (_, Key::Hex) => hex::encode_upper(bytes.as_slice()),
            (_, Key::Base64) => STANDARD.encode(bytes.as_slice()),
            (_, Key::Whsec | Key::WhsecOnly) => format!("whsec_{}", STANDARD.encode(bytes.as_slice())),
            _ => format!("{prefix}{}", hex::encode(bytes.as_slice())),
        };
        let one = secret(text.into_bytes());
        Some(Self { signs: one.clone(), checks: one })
    }
}

/// What the environment variable for a provider's secret is best called: `GITHUB_SECRET`.
fn variable(provider: &str) -> String {
    format!("{}_SECRET", provider.to_ascii_uppercase().replace(['-', '.'], "_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Age, Stamp, Verdict, sign, vectors::vectors, verify};

    #[test]
    fn what_a_made_secret_signs_it_checks() {
        for vector in vectors() {
            let Some(made) = Generated::new(vector.scheme, "p_") else {
                assert!(matches!(vector.scheme.method, Method::Rsa(_)), "{}", vector.scheme.name);
                continue;
            };
            let mut vector = vector;
            // Twilio says with it that it signs with another hash than the one that is made here.
            vector.headers.retain(|(name, _)| name != "X-Twilio-Webhooks-Signature-Settings");
            let stamp = Stamp { time: vector.received_at.as_millisecond(), id: "an-id" };
            let Ok(lines) = sign(vector.scheme, &vector.message(), &made.signs, None, stamp) else { continue };
            for (name, value) in lines {
                vector.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(&name));
                vector.headers.push((name, String::from_utf8(value).unwrap()));
            }
            let checked = |secret| verify(vector.scheme, &vector.message(), &[secret], Age::Off).verdict;
            assert_eq!(checked(&made.checks), Verdict::Valid, "{}", vector.scheme.name);
            let other = Generated::new(vector.scheme, "p_").unwrap();
            assert_eq!(checked(&other.checks), Verdict::Invalid, "{}", vector.scheme.name);
        }
    }
}
