//! The doctor: tries what usually goes wrong with a signature, and says which one it was.
//!
//! [`ILLS`] is the table of it. Decided: nothing here changes a verdict; what is found is a sentence of diagnosis and one of
//! remedy. It is bounded by how many bytes it may hash, not by a clock, so that the same request always gets the same answer;
//! bodies that are too large for that are not written anew, and the secrets are still tried.

mod address;
mod body;
mod ills;

#[cfg(test)]
mod tests;

pub use ills::{ILLS, Ill};

use super::{Finding, Message, Scheme, Secret, Verdict, check::fits};

/// How many bytes may be hashed for one diagnosis.
const BUDGET: usize = 8 << 20;
/// What a try costs beside the body, in bytes.
const TRY: usize = 1024;

/// What went wrong, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnosis {
    /// Its name in the table.
    pub name: &'static str,
    /// One sentence.
    pub what: String,
    /// One sentence.
    pub remedy: String,
}

/// A case: what is looked at, and how much may still be tried.
pub struct Case<'a> {
    /// The request.
    pub message: &'a Message<'a>,
    /// How it is signed.
    pub scheme: &'static Scheme,
    /// The secrets that it is checked with.
    pub mine: &'a [&'a Secret],
    /// All secrets.
    pub all: &'a [Secret],
    left: usize,
}

impl Case<'_> {
    /// Whether a request would be right by this row and secret.
    pub fn fits(&mut self, scheme: &Scheme, message: &Message<'_>, secret: &Secret) -> bool {
        // A private key of the sender's is a hundred times as dear as a hash.
        let dear = if scheme.method.is_shared() { 1 } else { 64 };
        let cost = (message.body.len() + TRY) * message.urls.len().max(1) * dear;
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                fits(scheme, message, secret)
            }
            None => false,
        }
    }

    /// Whether it would be right with one of the secrets that it is checked with.
    pub fn fits_mine(&mut self, scheme: &Scheme, message: &Message<'_>) -> bool {
        self.mine.iter().any(|secret| self.fits(scheme, message, secret))
    }
}

/// What went wrong with a request that is not valid; nothing where that cannot be said.
pub fn diagnose(message: &Message<'_>, finding: &Finding, mine: &[&Secret], all: &[Secret]) -> Option<Diagnosis> {
    if matches!(finding.verdict, Verdict::Valid | Verdict::Unsupported) {
        return None;
    }
    let mut case = Case { message, scheme: finding.scheme, mine, all, left: BUDGET };
    ILLS.iter().filter(|ill| ill.after.contains(&finding.verdict)).find_map(|ill| {
        let (what, remedy) = (ill.found)(&mut case, finding)?;
        Some(Diagnosis { name: ill.name, what, remedy })
    })
}
