//! Copies to the clipboard: makes the text aside from the loop, hands it over, and says how it went.
//!
//! Refused: bytes that are no text, which no clipboard hands on whole.

use super::{
    clipboard::Clipboard,
    effect::Copyable,
    message::{Message, Tone},
};
use crate::export;
use crate::model::Size;

/// Copies what `make` makes, a text and what it is called, and says what came of it.
pub async fn copy(
    clipboard: &Clipboard,
    make: impl FnOnce() -> Result<(String, String), String> + Send + 'static,
) -> Message {
    let made = tokio::task::spawn_blocking(make).await;
    match made.unwrap_or_else(|_| Err("not copied, which is a fault in creel".to_owned())) {
        Err(why) => Message::Told(Tone::Bad, why),
        Ok((text, what)) => match clipboard.copy(text).await {
            Ok(how) => Message::Told(Tone::Good, how.sentence(&what)),
            Err(error) => Message::Told(Tone::Bad, error.to_string()),
        },
    }
}

/// What is copied as text and what it is called, or why it cannot be.
pub fn text_of(what: &str, copyable: Copyable) -> Result<(String, String), String> {
    let too_long = |bytes: usize| {
        format!("not copied: {what} is {}, more than a clipboard takes; copy a part of it", Size(bytes as u64))
    };
    let bytes = match copyable {
        Copyable::Text(bytes) => bytes.into(),
        Copyable::Curl(capture, url) => {
            export::curl(&capture, &url).map_err(|error| format!("not copied: {error}"))?.into_bytes()
        }
        Copyable::Body(capture) => capture.body.bytes().ok_or_else(|| too_long(capture.body.len()))?.to_vec(),
        Copyable::Node(document, node, given) => {
            given.of(&document, &node).ok_or_else(|| format!("not copied: {what} is not there"))?
        }
        Copyable::Raw(capture) => {
            let (head, body) = (capture.head.bytes(), &capture.body);
            [head.as_ref(), body.bytes().ok_or_else(|| too_long(head.len() + body.len()))?].concat()
        }
    };
    let no_text = |_| format!("{what} is not text (UTF-8), and a clipboard takes nothing else; copy the curl command");
    String::from_utf8(bytes).map(|text| (text, what.to_owned())).map_err(no_text)
}
