//! Sentences that are fixed in one creel and read from the journal of another.
//!
//! A reason is one of a few dozen sentences of the program, and the model holds it without a copy. Those that are read are
//! kept for as long as the program runs; [`MOST`] of them, because a damaged journal could hold any number.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

/// How many sentences are kept; more than any creel has.
const MOST: usize = 512;
/// What stands for one that is not.
const OTHER: &str = "for a reason that this version of creel does not know";

static KNOWN: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

/// The sentence, for as long as the program runs.
pub(super) fn kept(sentence: &str) -> &'static str {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = known.get(sentence) {
        return kept;
    }
    if known.len() >= MOST || sentence.len() > 1000 {
        return OTHER;
    }
    let kept: &'static str = Box::leak(sentence.to_owned().into_boxed_str());
    known.insert(kept);
    kept
}
