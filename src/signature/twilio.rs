//! What Twilio signs beside the URL: of a form every parameter, sorted, each name followed by its value; of anything else
//! nothing, because `bodySHA256` in the query stands for it (twilio-node, `webhooks.ts`).

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode;
use ring::digest;

use super::message::Message;

/// The largest form that is read, in bytes.
const LARGEST: usize = 1 << 20;

/// The parameters of a form in the order in which they are signed.
pub fn parameters(message: &Message<'_>) -> Result<Vec<u8>, String> {
    if let Some(wanted) = body_hash(message) {
        let mut hash = digest::Context::new(&digest::SHA256);
        for piece in message.body.pieces() {
            hash.update(&piece.map_err(|error| format!("the body cannot be read: {error}"))?);
        }
        if !hex::encode(hash.finish()).as_bytes().eq_ignore_ascii_case(wanted) {
            return Err("the body is not the one whose SHA-256 is in the URL (bodySHA256)".to_owned());
        }
        return Ok(Vec::new());
    }
    let form = message.header("content-type").unwrap_or_default();
    if !form.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded") {
        return Ok(Vec::new());
    }
    if message.body.len() > LARGEST {
        return Err("the form is larger than 1 MiB".to_owned());
    }
    let bytes = message.body.read_range(0, LARGEST).map_err(|error| format!("the body cannot be read: {error}"))?;
    Ok(sorted(&bytes))
}

/// The SHA-256 of the body as the query has it.
fn body_hash<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    let query = message.target.iter().position(|byte| *byte == b'?').and_then(|at| message.target.get(at + 1..))?;
    query.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"bodySHA256="))
}

fn sorted(form: &[u8]) -> Vec<u8> {
    // Values of one name are a set: sorted, and each once.
    let mut all: BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(equals).unwrap_or_default();
        all.entry(unescaped(name)).or_default().insert(unescaped(value.get(1..).unwrap_or_default()));
    }
    let mut text = Vec::with_capacity(form.len());
    for (name, values) in all {
        for value in values {
            text.extend_from_slice(&name);
            text.extend(value);
        }
    }
    text
}

fn unescaped(value: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = value.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_sorted_and_each_value_stands_once() {
        assert_eq!(sorted(b"To=%2B1&From=a+b&To=%2B1&To=%2B0&Empty="), b"EmptyFroma bTo+0To+1");
    }
}
