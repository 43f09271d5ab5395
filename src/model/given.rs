//! The answer that a sender was given, where it may come after its capture was stored.
//!
//! Decided: a capture is shown and kept before the handler behind creel has answered, or a handler that hangs would be
//! looked at without the request that hangs it. So the answer is the one thing of a capture that may come later: once, and
//! then it stays. Until then it reads as [`WAITING`], which is also what the journal has where creel came to its end first.
//! What it may come to cost is counted from the beginning ([`RESERVED`]), so that a capture always costs the same.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, LazyLock, OnceLock},
    time::Duration,
};

use super::Answer;

/// How many bytes of the body of an answer that comes later are kept.
pub const RESERVED: usize = 16 * 1024;
/// Why there is no answer yet.
pub const WAITING: &str = "the target has not answered yet";

static NOT_YET: LazyLock<Arc<Answer>> =
    LazyLock::new(|| Arc::new(Answer { because: Some(WAITING.into()), ..Answer::status(499) }));

/// An answer, and how long after the first byte of the request it was given.
type Late = (Arc<Answer>, Duration);

/// See the head of this file. Reads as the [`Answer`] that there is now.
#[derive(Clone)]
pub struct Given {
    first: Arc<Answer>,
    later: Option<Arc<OnceLock<Late>>>,
}

impl Given {
    /// An answer that is still to come.
    pub fn later() -> Self {
        Self { first: Arc::clone(&NOT_YET), later: Some(Arc::default()) }
    }

    /// Says what the answer is, and how long after the first byte of the request it was given. The first one stays; says
    /// whether this was it.
    pub fn give(&self, answer: Arc<Answer>, after: Duration) -> bool {
        self.later.as_ref().is_some_and(|later| later.set((answer, after)).is_ok())
    }

    /// The answer that there is now.
    pub fn now(&self) -> &Arc<Answer> {
        self.given().map_or(&self.first, |(answer, _)| answer)
    }

    /// How long after the first byte of the request it was given, where it came later.
    pub fn after(&self) -> Option<Duration> {
        self.given().map(|(_, after)| *after)
    }

    /// Whether it is still to come.
    pub fn is_awaited(&self) -> bool {
        self.later.as_ref().is_some_and(|later| later.get().is_none())
    }

    /// How many bytes of memory it may come to take beside what all captures share.
    pub fn reserved(&self) -> usize {
        if self.later.is_some() { RESERVED } else { 0 }
    }

    fn given(&self) -> Option<&Late> {
        self.later.as_ref()?.get()
    }
}

impl Deref for Given {
    type Target = Answer;

    fn deref(&self) -> &Answer {
        self.now()
    }
}

impl AsRef<Answer> for Given {
    fn as_ref(&self) -> &Answer {
        self.now()
    }
}

impl Default for Given {
    fn default() -> Self {
        Answer::default().into()
    }
}

impl From<Arc<Answer>> for Given {
    fn from(first: Arc<Answer>) -> Self {
        Self { first, later: None }
    }
}

impl From<Answer> for Given {
    fn from(answer: Answer) -> Self {
        Arc::new(answer).into()
    }
}

impl PartialEq for Given {
    fn eq(&self, other: &Self) -> bool {
        self.now() == other.now()
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_once_and_all_copies_have_it() {
        let given = Given::later();
        let copy = given.clone();
        assert!(given.is_awaited());
        assert_eq!((given.status, given.because.as_deref(), given.after()), (499, Some(WAITING), None));
        assert!(given.give(Arc::new(Answer::status(201)), Duration::from_secs(1)));
        assert!(!given.give(Arc::new(Answer::status(202)), Duration::from_secs(2)));
        assert_eq!((copy.status, copy.after(), copy.is_awaited()), (201, Some(Duration::from_secs(1)), false));
        assert!(!Given::from(Answer::status(204)).give(Arc::default(), Duration::ZERO));
    }
}
