//! Who sent a capture, what kind of thing happened, and under which delivery: one table, and the reading of it.
//!
//! [`PROVIDERS`] says for each provider by what it is known. Recognition goes from the sure and cheap to the unsure and
//! dear and stops at the first answer:
//!
//! 1. a header that this provider alone sends;
//! 2. a header that several send, with a second signal: how its value begins, and what the body looks like;
//! 3. the shape of the body: names that stand at its top.
//!
//! Within a step the table's order decides, so a provider that sends another's headers too stands before it. A capture
//! that its headers have decided is never recognised by its body, and the body is never looked at past
//! [`top_level::LOOKED_AT`] bytes. Nothing here says that a capture is genuine: anyone can send a header.
//!
//! Refused: the user's path as a signal (`/stripe` may be anything), and guessing from `X-Signature` and its like, which
//! dozens of senders share.

pub mod deliveries;
pub mod retries;
pub mod source;
pub mod top_level;

mod index;
#[cfg(test)]
mod samples;
mod table;

use std::{borrow::Cow, sync::OnceLock};

use bytes::Bytes;

pub use source::{NAME_BYTES, Source};
pub use table::PROVIDERS;
pub use top_level::Step;

use crate::model::Capture;

/// One row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    /// What it is called in queries, config and JSON output: `github`.
    pub name: &'static str,
    /// What it calls itself: `GitHub`.
    pub label: &'static str,
    /// By what it is known; any one is enough.
    pub signs: &'static [Sign],
    /// Where the event is written; the first place where something stands counts.
    pub event: &'static [Source],
    /// Where the finer kind is written that is shown after the event and a dot: `pull_request.opened`.
    pub action: &'static [Source],
    /// Where the id is written that all tries of one delivery share.
    pub delivery: &'static [Source],
}

/// A sign by which a provider is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// A header that nobody else sends.
    Header(&'static str),
    /// A header that others send too, how its value begins, and the shape of the body that must come with it.
    Shared(&'static str, &'static str, Shape),
    /// The shape of the body.
    Body(Shape),
}

/// What a JSON body looks like: names that all stand in its object, some with the value they must have. In an array the
/// first element is looked at.
pub type Shape = &'static [(&'static str, Option<&'static str>)];

/// What is known of a capture's sender. Event and delivery are bytes from outside: print them through
/// [`Printable`](crate::model::Printable).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recognition {
    /// Who.
    pub provider: &'static Provider,
    /// What kind of thing happened, at most twice [`NAME_BYTES`] and a dot.
    pub event: Option<Bytes>,
    /// The provider's id for it, at most [`NAME_BYTES`].
    pub delivery: Option<Bytes>,
}

/// Who sent a capture, with event and delivery. Bytes that the capture holds are shared, not copied.
pub fn recognise(capture: &Capture) -> Option<Recognition> {
    let provider = which(capture)?;
    let event = provider.event(capture).map(|event| match event {
        Event { name, action: None } => shared(capture, name),
        Event { name, action: Some(action) } => {
            let mut joined = Vec::with_capacity(name.len() + 1 + action.len());
            joined.extend_from_slice(&name);
            joined.push(b'.');
            joined.extend_from_slice(&action);
            Bytes::from(joined)
        }
    });
    let delivery = provider.delivery(capture).map(|delivery| shared(capture, delivery));
    Some(Recognition { provider, event, delivery })
}

/// The same, found out once for as long as the capture lives.
pub fn known(capture: &Capture) -> Option<Recognition> {
    capture.sender(|| recognise(capture))
}

/// Who sent a capture, and nothing more. Allocates nothing.
pub fn which(capture: &Capture) -> Option<&'static Provider> {
    index::which(capture)
}

/// The provider of that name.
pub fn named(name: &str) -> Option<&'static Provider> {
    all().find(|provider| provider.name == name)
}

/// Every provider there is, in the order in which they are tried: those of the table, then the user's own.
pub fn all() -> impl Iterator<Item = &'static Provider> {
    PROVIDERS.iter().chain(OWN.get().into_iter().flatten())
}

/// Providers that the user has described.
static OWN: OnceLock<Vec<Provider>> = OnceLock::new();

/// Adds the user's own providers to the table, once in the life of the process and before the first capture is looked at.
/// Says whether it was the first time.
pub fn install(providers: Vec<Provider>) -> bool {
    OWN.set(providers).is_ok()
}

/// An event as it is written in a capture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event<'a> {
    /// `pull_request`.
    pub name: Cow<'a, [u8]>,
    /// `opened`.
    pub action: Option<Cow<'a, [u8]>>,
}

impl Provider {
    /// What kind of thing this provider says has happened.
    pub fn event<'a>(&self, capture: &'a Capture) -> Option<Event<'a>> {
        let name = source::first_of(self.event, capture)?;
        Some(Event { name, action: source::first_of(self.action, capture) })
    }

    /// What a header is to this provider, where the table says so.
    pub fn says(&self, header: &[u8]) -> Option<&'static str> {
        let named = |sources: &[Source]| {
            let is = |source: &Source| matches!(source, Source::Header(name) if is(name, header));
            sources.iter().any(is)
        };
        if named(self.event) || named(self.action) {
            Some("what happened")
        } else if named(self.delivery) {
            Some("the same for every try")
        } else {
            None
        }
    }

    /// Whether a header is this provider's own: one that the table names, or one that begins as a sign of it does, as
    /// `X-GitHub-Hook-ID` begins as `X-GitHub-Event`.
    pub fn owns(&self, header: &[u8]) -> bool {
        self.says(header).is_some()
            || self.signs.iter().any(|sign| match sign {
                Sign::Header(name) => is(name, header) || begins(name, header),
                Sign::Shared(name, _, _) => is(name, header),
                Sign::Body(_) => false,
            })
    }

    /// The id that this provider gave it.
    pub fn delivery<'a>(&self, capture: &'a Capture) -> Option<Cow<'a, [u8]>> {
        source::first_of(self.delivery, capture)
    }
}

fn is(name: &str, header: &[u8]) -> bool {
    name.as_bytes().eq_ignore_ascii_case(header)
}

/// Whether a header begins as a sign does, up to the dash behind the provider's name.
fn begins(sign: &str, header: &[u8]) -> bool {
    let after = if sign.get(..2).is_some_and(|two| two.eq_ignore_ascii_case("x-")) { 2 } else { 0 };
    let dash = sign.get(after..).and_then(|rest| rest.find('-'));
    dash.and_then(|dash| Some((sign.get(..=after + dash)?, header.get(..=after + dash)?)))
        .is_some_and(|(begin, header)| is(begin, header))
}

/// Bytes of a capture as a share in its buffers where they lie in them.
fn shared(capture: &Capture, bytes: Cow<'_, [u8]>) -> Bytes {
    let inside = |whole: &Bytes, part: &[u8]| {
        let (whole, part) = (whole.as_ptr_range(), part.as_ptr_range());
        whole.start <= part.start && part.end <= whole.end
    };
    match bytes {
        Cow::Owned(owned) => Bytes::from(owned),
        Cow::Borrowed(part) => {
            let holder = [capture.head.bytes(), capture.body.first()].into_iter().find(|whole| inside(whole, part));
            holder.map_or_else(|| Bytes::copy_from_slice(part), |whole| whole.slice_ref(part))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_can_be_typed() {
        for (place, provider) in PROVIDERS.iter().enumerate() {
            assert!(provider.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", provider.name);
            assert!(!PROVIDERS.iter().skip(place + 1).any(|other| other.name == provider.name), "{}", provider.name);
            assert!(!provider.signs.is_empty() && !provider.event.is_empty(), "{}", provider.name);
            assert_eq!(named(provider.name), Some(provider));
        }
    }

    #[test]
    fn a_provider_knows_its_own_headers() {
        let owns = |provider: &str, header: &str| named(provider).unwrap().owns(header.as_bytes());
        for (provider, header) in [
            ("github", "x-github-hook-id"),
            ("github", "X-GITHUB-EVENT"),
            ("stripe", "Stripe-Version"),
            ("svix", "Svix-Timestamp"),
            ("gitlab", "Idempotency-Key"),
            ("meta", "x-hub-signature-256"),
            ("adyen", "hmacsignature"),
        ] {
            assert!(owns(provider, header), "{provider} {header}");
        }
        for (provider, header) in [("github", "X-Git"), ("github", "Host"), ("stripe", "X-Stripe"), ("adyen", "")] {
            assert!(!owns(provider, header), "{provider} {header}");
        }
        assert_eq!(named("github").unwrap().says(b"x-github-event"), Some("what happened"));
        assert_eq!(named("stripe").unwrap().says(b"Stripe-Signature"), None);
    }
}
