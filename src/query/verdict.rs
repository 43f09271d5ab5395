//! What the judge says of a capture's signature, for the field that asks for it.

use super::fields::{Seen, Visit};
use crate::signature;

/// Shows the verdict's name; nothing where its sender is not known or does not sign.
pub(super) fn read(seen: Seen<'_>, _: Option<&str>, visit: Visit<'_>) -> bool {
    signature::judge().standing(seen.capture).is_some_and(|standing| visit(standing.verdict.name().as_bytes()))
}
