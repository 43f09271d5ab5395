//! What can be asked of a draft: whether it is one, how it came about, and what it was made of.

use super::fields::{Seen, Visit, written};
use crate::model::Origin;

/// Values that are known beforehand.
pub(super) const KNOWN: &[(&str, &str)] =
    &[("*", "every draft"), ("edited", "made of another"), ("composed", "made of nothing")];

/// Shows nothing of what was caught.
pub(super) fn read(seen: Seen<'_>, _: Option<&str>, visit: Visit<'_>) -> bool {
    let Some(origin) = seen.capture.origin else { return false };
    let Origin { of } = origin;
    written(&origin, visit) || of.is_some_and(|of| written(&of, visit))
}
