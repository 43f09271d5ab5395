//! How what is sent is signed: as it was captured, or afresh.
//!
//! Decided: this layer knows nothing of signatures. A plan that is to be signed afresh says so ([`Plan::unsigned`]) and is not
//! sent before whoever knows them has given it the header lines ([`Plan::signed`]), which take the place of captured ones as
//! those of the target's own do. So a signature lies over what is sent, and whoever forgets it sends nothing.

use super::{Own, Plan, PlanOptions, Target, plan_with};
use crate::model::{Capture, Failure};

/// How what is sent is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sign {
    /// As it was captured, whatever became of it since.
    #[default]
    Captured,
    /// With a signature that is made when it is sent, over what is sent.
    Fresh,
    /// The same, with a new id where its provider writes one into a header.
    FreshId,
}

impl Sign {
    /// Every way with its name and how a screen says it.
    pub const TABLE: [(Self, &'static str, &'static str); 3] = [
        (Self::Captured, "captured", "as captured"),
        (Self::Fresh, "fresh", "fresh"),
        (Self::FreshId, "fresh-id", "fresh, with a new id"),
    ];

    /// The way of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::TABLE.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// How a screen says it.
    pub fn shown(self) -> &'static str {
        Self::TABLE.iter().find(|row| row.0 == self).map_or("", |row| row.2)
    }

    /// The one after it in the table, and the first after the last.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::TABLE.iter().position(|row| row.0 == self).map_or(0, |at| at + 1);
        Self::TABLE.get(at).map_or(Self::Captured, |row| row.0)
    }
}

/// A plan that waits for its signature.
#[derive(Clone)]
pub(super) struct Unsigned {
    capture: Capture,
    options: PlanOptions,
    sign: Sign,
}

impl Unsigned {
    /// What a plan for sending a capture to a target waits for.
    pub(super) fn of(capture: &Capture, target: &Target, options: PlanOptions) -> Option<Box<Self>> {
        let sign = options.sign.unwrap_or(target.options().sign);
        (sign != Sign::Captured).then(|| Box::new(Self { capture: capture.clone(), options, sign }))
    }
}

impl Plan {
    /// The capture that is to be signed afresh, and how; nothing where the plan can be sent as it is.
    pub fn unsigned(&self) -> Option<(&Capture, Sign)> {
        self.unsigned.as_deref().map(|unsigned| (&unsigned.capture, unsigned.sign))
    }

    /// The same plan with these header lines in place of captured ones of their names, or beside them. `by` says what they
    /// were made with, as the ledger has it.
    ///
    /// Fails as [`plan_with`] does.
    pub fn signed(self, lines: Vec<Own>, by: String) -> Result<Self, Failure> {
        let Some(unsigned) = &self.unsigned else { return Ok(self) };
        let mut options = self.target().options().clone();
        options.headers.retain(|own| !lines.iter().any(|line| line.name().eq_ignore_ascii_case(own.name())));
        options.headers.splice(0..0, lines);
        let target = self.target().clone().with(options);
        let again = PlanOptions { sign: Some(Sign::Captured), ..unsigned.options };
        let mut plan = plan_with(&unsigned.capture, &target, again)?;
        plan.http1.ledger.signed = Some(by.clone());
        if let Some(http2) = &mut plan.http2 {
            http2.ledger.signed = Some(by);
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_has_a_name_and_the_last_is_followed_by_the_first() {
        let mut sign = Sign::default();
        for (row, name, shown) in Sign::TABLE {
            assert_eq!(sign, row);
            assert_eq!((Sign::named(name), row.name(), row.shown()), (Some(row), name, shown));
            sign = sign.next();
        }
        assert_eq!(sign, Sign::Captured);
        assert_eq!(Sign::named("Fresh"), None);
    }
}
