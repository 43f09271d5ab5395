//! The arithmetic: what a secret is as a key, and making and checking signatures with it.
//!
//! Everything is done by `ring`, which the TLS client brings along. Decided: keys of certificates are taken as they are, and
//! no chain is checked, because the file was named by the user and nothing else is believed. A comparison takes the same time
//! whatever is compared.

use std::io;

use ring::{
    digest, hmac,
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair, UnparsedPublicKey},
};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{
    apart::decode,
    der,
    scheme::{Encoding, Hash, Key, Method},
    signed::Piece,
};
use crate::model::Content;

/// How much of a message there may be where all of it has to be in memory at once, in bytes.
pub const AT_ONCE: usize = 16 << 20;

/// Why a signature was not computed.
#[derive(Debug)]
pub enum Uncomputed {
    /// It is too large, for signatures that need all of it at once.
    TooLarge,
    /// The body cannot be read.
    Read(io::Error),
    /// Nobody can make it without the sender's private key.
    NotOurs,
}

/// The key that a secret is, where it is one.
pub fn key(kind: Key, secret: &[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let plain = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
    let base64 = |bytes: &[u8]| decode(Encoding::Base64, bytes).map(Zeroizing::new);
    match kind {
        Key::NotWhsec if secret.starts_with(b"whsec_") => Err("it begins with whsec_, and so is of the other scheme"),
        Key::Text | Key::NotWhsec => Ok(plain(secret)),
        Key::Hex => hex::decode(secret).map(Zeroizing::new).map_err(|_| "it is not hexadecimal"),
        Key::Base64 => base64(secret).ok_or("it is not base64"),
        Key::Whsec => base64(secret.strip_prefix(b"whsec_").unwrap_or(secret)).ok_or("it is not base64"),
        Key::WhsecOnly => secret.strip_prefix(b"whsec_").and_then(base64).ok_or("it is not base64 behind whsec_"),
        Key::Public | Key::Certificate if secret.trim_ascii_start().starts_with(b"-----BEGIN ") => {
            der::public_key(secret).map(Zeroizing::new).ok_or("it is PEM without a certificate or a public key")
        }
        Key::Certificate => Err("it is not PEM"),
        Key::Public => public(secret).map(Zeroizing::new).ok_or("it is no public key"),
    }
}

/// A public key as hexadecimal, as base64 behind `whpk_`, or as base64 of its SPKI.
fn public(secret: &[u8]) -> Option<Vec<u8>> {
    if let Some(rest) = secret.strip_prefix(b"whpk_") {
        return decode(Encoding::Base64, rest);
    }
    if secret.len() == 64
        && let Ok(bytes) = hex::decode(secret)
    {
        return Some(bytes);
    }
    let bytes = decode(Encoding::Base64, secret)?;
    der::of_spki(&bytes).or(Some(bytes))
}

enum Engine {
    Hmac(hmac::Context),
    Digest(digest::Context),
}

impl Engine {
    fn new(method: Method, key: &[u8]) -> Option<Self> {
        match method {
            Method::Hmac(hash) => {
                let algorithm = match hash {
                    Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                    Hash::Sha256 => hmac::HMAC_SHA256,
                    Hash::Sha512 => hmac::HMAC_SHA512,
                };
                Some(Self::Hmac(hmac::Context::with_key(&hmac::Key::new(algorithm, key))))
            }
            Method::Digest(hash) => Some(Self::Digest(digest::Context::new(match hash {
                Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
                Hash::Sha256 => &digest::SHA256,
                Hash::Sha512 => &digest::SHA512,
            }))),
            _ => None,
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Hmac(context) => context.update(bytes),
            Self::Digest(context) => context.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Hmac(context) => context.sign().as_ref().to_vec(),
            Self::Digest(context) => context.finish().as_ref().to_vec(),
        }
    }
}

/// The signature that a shared secret makes. The body is read a piece at a time.
pub fn compute(
    method: Method,
    key: &[u8],
    pieces: &[Piece<'_>],
    secret: &[u8],
    body: &Content,
) -> Result<Vec<u8>, Uncomputed> {
    let Some(mut engine) = Engine::new(method, key) else {
        return if method == Method::Equal { Ok(key.to_vec()) } else { Err(Uncomputed::NotOurs) };
    };
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => engine.update(bytes),
            Piece::Secret => engine.update(secret),
            Piece::Body => {
                for part in body.pieces() {
                    engine.update(&part.map_err(Uncomputed::Read)?);
                }
            }
        }
    }
    Ok(engine.finish())
}

/// Whether two signatures are the same, in a time that does not depend on where they differ.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    bool::from(one.ct_eq(other))
}

/// All of the message in memory.
pub fn whole(pieces: &[Piece<'_>], secret: &[u8], body: &Content) -> Result<Vec<u8>, Uncomputed> {
    let mut all = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => all.extend_from_slice(bytes),
            Piece::Secret => all.extend_from_slice(secret),
            Piece::Body if body.len() > AT_ONCE => return Err(Uncomputed::TooLarge),
            Piece::Body => {
                for part in body.pieces() {
                    all.extend_from_slice(&part.map_err(Uncomputed::Read)?);
                }
            }
        }
    }
    Ok(all)
}

/// Whether a signature was made with the private key of this public one.
pub fn holds(method: Method, key: &[u8], message: &[u8], received: &[u8]) -> bool {
    let algorithm: &dyn signature::VerificationAlgorithm = match method {
        Method::Ed25519 => &signature::ED25519,
        Method::EcdsaP256 => &signature::ECDSA_P256_SHA256_ASN1,
        Method::Rsa(Hash::Sha1) => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Method::Rsa(Hash::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        Method::Rsa(Hash::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        Method::Hmac(_) | Method::Digest(_) | Method::Equal => return false,
    };
    UnparsedPublicKey::new(algorithm, key).verify(message, received).is_ok()
}

/// Signs with a private key: PKCS#8 as PEM, or for Ed25519 base64 behind `whsk_`. Nothing where the key is another.
pub fn make(method: Method, secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let random = SystemRandom::new();
    let pkcs8 = || der::private_key(secret).map(Zeroizing::new);
    match method {
        Method::Ed25519 => {
            let pair = match secret.strip_prefix(b"whsk_") {
                Some(rest) => {
                    let seed = Zeroizing::new(decode(Encoding::Base64, rest)?);
                    Ed25519KeyPair::from_seed_unchecked(seed.get(..32)?).ok()?
                }
                None => Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8()?).ok()?,
            };
            Some(pair.sign(message).as_ref().to_vec())
        }
        Method::EcdsaP256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8()?, &random).ok()?;
            Some(pair.sign(&random, message).ok()?.as_ref().to_vec())
        }
        Method::Rsa(Hash::Sha256) => {
            let pair = RsaKeyPair::from_pkcs8(&pkcs8()?).ok()?;
            let mut made = vec![0; pair.public().modulus_len()];
            pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut made).ok()?;
            Some(made)
        }
        _ => None,
    }
}
