//! The doctor: tries what usually goes wrong with a signature, and says which one it was.
//!
//! [`ILLS`] is the table of it. Decided: nothing here changes a verdict; what is found is a sentence of diagnosis and one of
//! remedy. It is bounded by how many bytes it may hash, not by a clock, so that the same request always gets the same answer.
//! What can be hashed is parted: each ill adds its share to what those before it left over, so that dear ills leave enough for
//! those behind them, and where not everything could be tried, what is said says so.

mod address;
mod body;
mod ills;
mod json;
mod secrets;
mod times;

#[cfg(test)]
mod tests;

pub use ills::{ILLS, Ill};

use super::{Finding, Message, Scheme, Secret, Verdict, check::fits};

/// How many bytes may be hashed for one diagnosis: what takes 50 ms where a processor hashes 1 GB/s.
const BUDGET: usize = 48 << 20;
/// What each ill but the last of them may spend of it, beside what those before it did not. All of them together leave almost half
/// for the body written anew.
const SHARE: usize = BUDGET / 24;

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
    /// What may still be hashed by all ills, and by this one.
    left: usize,
    own: usize,
    /// Whether something was not tried because that was too little.
    short: bool,
}

impl<'a> Case<'a> {
    fn new(message: &'a Message<'a>, scheme: &'static Scheme, mine: &'a [&'a Secret], all: &'a [Secret]) -> Self {
        Self { message, scheme, mine, all, left: BUDGET, own: 0, short: false }
    }

    /// Looks for an ill, which has its share of what may be hashed.
    fn look(&mut self, ill: &Ill, finding: &Finding) -> Option<(String, String)> {
        // Nothing is hashed behind the body.
        self.own = if ill.name == "body" { self.left } else { self.left.min(self.own + SHARE) };
        (ill.found)(self, finding)
    }

    /// Takes so many bytes from what may be hashed, where they are there.
    pub fn spend(&mut self, bytes: usize) -> bool {
        let may = bytes <= self.own;
        if may {
            self.own -= bytes;
            self.left -= bytes;
        }
        self.short |= !may;
        may
    }

    /// Whether so many bytes are there.
    pub fn can_spend(&self, bytes: usize) -> bool {
        bytes <= self.own
    }

    /// Says that something was not tried.
    pub fn skip(&mut self) {
        self.short = true;
    }

    /// What is said behind a diagnosis that is none where not everything was tried.
    pub fn untried(&self) -> &'static str {
        if self.short {
            "; not everything could be tried, because the body is too large or there are too many secrets for it"
        } else {
            ""
        }
    }

    /// Whether a request would be right by this row and secret.
    pub fn fits(&mut self, scheme: &Scheme, message: &Message<'_>, secret: &Secret) -> bool {
        fits(scheme, message, secret, |bytes| self.spend(bytes))
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
    let mut case = Case::new(message, finding.scheme, mine, all);
    ILLS.iter().filter(|ill| ill.after.contains(&finding.verdict)).find_map(|ill| {
        let (what, remedy) = case.look(ill, finding)?;
        Some(Diagnosis { name: ill.name, what, remedy })
    })
}
