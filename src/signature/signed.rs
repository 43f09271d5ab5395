//! What a scheme signs, as pieces in their order: made from a request without copying its body.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::{
    adyen,
    apart::Apart,
    message::Message,
    scheme::{Made, Part, Scheme},
    sns, twilio,
};

/// A piece of what is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// These bytes.
    Bytes(Cow<'a, [u8]>),
    /// The secret.
    Secret,
    /// The body of the message.
    Body,
}

/// Why there is nothing that could have been signed: a sentence.
pub type Unmade = String;

/// What was signed, where the sender called `url`. `item` is which of several items in a body is meant.
pub fn pieces<'a>(
    scheme: &Scheme,
    message: &'a Message<'_>,
    apart: &'a Apart<'_>,
    url: Option<&'a str>,
    item: usize,
) -> Result<Vec<Piece<'a>>, Unmade> {
    let mut all = Vec::with_capacity(scheme.signed.len());
    for part in scheme.signed {
        let bytes: Cow<'a, [u8]> = match *part {
            Part::Text(text) => Cow::Borrowed(text.as_bytes()),
            Part::Time => Cow::Borrowed(apart.time.as_ref().map_or(&b""[..], |(text, _)| text)),
            Part::Id => Cow::Borrowed(apart.id.unwrap_or_default()),
            Part::Method => Cow::Borrowed(message.method),
            Part::Url => Cow::Borrowed(url.ok_or_else(no_url)?.as_bytes()),
            Part::UrlDecoded => Cow::Owned(hubspot(url.ok_or_else(no_url)?).into_bytes()),
            Part::Header(name) => Cow::Borrowed(message.header(name).ok_or_else(|| format!("there is no {name}"))?),
            Part::Json(path) => {
                let found = message.json().and_then(|json| json.at(path)).and_then(|value| value.scalar(4096));
                found.ok_or("the body has not the fields that are signed")?
            }
            Part::Secret => {
                all.push(Piece::Secret);
                continue;
            }
            Part::Body => {
                all.push(Piece::Body);
                continue;
            }
            Part::Made(Made::TwilioForm) => Cow::Owned(twilio::parameters(message)?),
            Part::Made(Made::AdyenItem) => Cow::Owned(adyen::signed(message, item)?),
            Part::Made(Made::SnsLines) => Cow::Owned(sns::lines(message)?),
            Part::Made(Made::Crc32) => {
                let mut crc = flate2::Crc::new();
                for piece in message.body.pieces() {
                    crc.update(&piece.map_err(|error| format!("the body cannot be read: {error}"))?);
                }
                Cow::Owned(crc.sum().to_string().into_bytes())
            }
        };
        all.push(Piece::Bytes(bytes));
    }
    Ok(all)
}

fn no_url() -> Unmade {
    "the URL that the sender called is signed, and nothing says which it was: name it with --public-url".to_owned()
}

/// Whether the URL is signed.
pub fn is_url_signed(scheme: &Scheme) -> bool {
    scheme.signed.iter().any(|part| matches!(part, Part::Url | Part::UrlDecoded))
}

/// Undoes the escapes that `HubSpot`'s documents list: `: / ? @ ! $ ' ( ) * , ;`. All others stay.
fn hubspot(url: &str) -> String {
    const UNDONE: [&str; 12] = ["%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B"];
    let mut text = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        text.push_str(before);
        let three = escape.get(..3).unwrap_or(escape);
        if UNDONE.iter().any(|undone| undone.eq_ignore_ascii_case(three)) {
            text.push_str(&percent_decode_str(three).decode_utf8_lossy());
        } else {
            text.push_str(three);
        }
        rest = escape.get(three.len()..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_escapes_of_the_list_are_undone() {
        assert_eq!(hubspot("https://a/b%2Fc%3fd=%20e%2"), "https://a/b/c?d=%20e%2");
        assert_eq!(hubspot("%"), "%");
        assert_eq!(hubspot("%é"), "%é");
    }
}
