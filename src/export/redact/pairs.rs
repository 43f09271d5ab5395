//! Secrets in `name=value&name=value`: query strings and forms. One pass over pieces of any length; every byte outside of a
//! replaced value stays as it was.

use std::io::{self, Write};

use super::rule::{is_secret, plain};

/// How long a name may be that is compared, in bytes.
const NAME_LIMIT: usize = 256;

/// See the head of this file.
#[derive(Debug)]
pub struct Pairs<'r> {
    own: &'r [Vec<u8>],
    name: Vec<u8>,
    in_value: bool,
    /// How many bytes of a secret have come.
    secret: Option<u64>,
    found: u64,
}

impl<'r> Pairs<'r> {
    /// A pass that replaces the values of these names beside those that are always secret.
    pub fn new(own: &'r [Vec<u8>]) -> Self {
        Self { own, name: Vec::new(), in_value: false, secret: None, found: 0 }
    }

    /// How many values have been replaced.
    pub fn found(&self) -> u64 {
        self.found
    }

    /// Takes a piece and writes what it becomes.
    pub fn push(&mut self, piece: &[u8], out: &mut dyn Write) -> io::Result<()> {
        let mut rest = piece;
        while !rest.is_empty() {
            let end = if self.in_value { memchr::memchr(b'&', rest) } else { memchr::memchr2(b'=', b'&', rest) };
            let (part, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, &[]));
            match &mut self.secret {
                Some(bytes) => *bytes += part.len() as u64,
                None => out.write_all(part)?,
            }
            if !self.in_value {
                let room = (NAME_LIMIT + 1).saturating_sub(self.name.len()).min(part.len());
                self.name.extend_from_slice(part.get(..room).unwrap_or_default());
            }
            rest = after;
            if let Some((byte, behind)) = after.split_first() {
                rest = behind;
                if *byte == b'=' {
                    self.in_value = true;
                    self.secret = self.is_wanted().then_some(0);
                } else {
                    self.end_value(out)?;
                    self.in_value = false;
                    self.name.clear();
                }
                out.write_all(&[*byte])?;
            }
        }
        Ok(())
    }

    /// Ends the text.
    pub fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.end_value(out)
    }

    fn is_wanted(&self) -> bool {
        if self.name.len() > NAME_LIMIT {
            return false;
        }
        let name: Vec<u8> = percent_encoding::percent_decode(&self.name).collect();
        let name = plain(&name);
        is_secret(&name) || self.own.contains(&name)
    }

    /// Nothing in the placeholder means anything in a URL or a form. The name stands before it.
    fn end_value(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.secret.take() {
            Some(bytes) if bytes > 0 => {
                self.found += 1;
                write!(out, "redacted-{bytes}-bytes")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redacted(text: &str, cut: usize) -> (String, u64) {
        let own = [plain(b"sig")];
        let (mut pass, mut out) = (Pairs::new(&own), Vec::new());
        for piece in text.as_bytes().chunks(cut) {
            pass.push(piece, &mut out).unwrap();
        }
        pass.finish(&mut out).unwrap();
        (String::from_utf8(out).unwrap(), pass.found())
    }

    #[test]
    fn values_of_secret_names_are_replaced() {
        for (text, expected) in [
            ("token=abc&x=1", "token=redacted-3-bytes&x=1"),
            ("x=1&api%5Fkey=a=b&y", "x=1&api%5Fkey=redacted-3-bytes&y"),
            ("Sig=%41&token=&token&=x&&", "Sig=redacted-3-bytes&token=&token&=x&&"),
            ("a=token", "a=token"),
            ("", ""),
        ] {
            for cut in [1, 2, 100] {
                assert_eq!(redacted(text, cut).0, expected);
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_goes_through_in_any_pieces(text in "[a&=%5Ftoken]{0,60}", cut in 1_usize..20) {
            let (whole, found) = redacted(&text, 1000);
            prop_assert_eq!(redacted(&text, cut), (whole.clone(), found));
            prop_assert_eq!(whole.matches('&').count(), text.matches('&').count());
            prop_assert_eq!(found == 0, whole == text);
        }
    }
}
