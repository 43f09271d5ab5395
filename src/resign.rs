//! Signing afresh what is sent: between the plan, which knows nothing of signatures, and the signatures, which know nothing of
//! targets. Whoever sends asks here once for each attempt, where a disk may be waited for: bodies in files are read.
//!
//! Decided: what is signed is the message as it is planned, after all that the target changes about it, with the URL that it
//! goes to. The ledger shows the old and the new lines, and never a secret: a token that is sent is shown as its
//! reference, and the one that came as no more than that it was there.

use jiff::Timestamp;

use crate::model::{CaptureId, Failure, Head, Printable};
use crate::replay::{Own, Plan, Sign, failure};
use crate::signature::{self, Anew, Message, fresh};

/// The plan with its signature, where it waits for one. Reads the body, which may wait for the disk.
///
/// Fails with `unsigned` and a sentence where it cannot be signed.
pub fn signed(plan: Plan, now: Timestamp) -> Result<Plan, Failure> {
    let Some((capture, sign)) = plan.unsigned() else { return Ok(plan) };
    let refused = |why: &str| failure::unsigned(Printable::from(why).as_str());
    let head = Head::parse(plan.head().clone()).map_err(|error| refused(&error.to_string()))?;
    let message = Message {
        method: head.method(),
        target: head.target(),
        headers: head.headers().collect(),
        body: plan.body().clone(),
        whole: true,
        received_at: now,
        urls: vec![plan.url().to_owned()],
    };
    let unique = CaptureId::at(now).to_string();
    let anew = Anew { now, unique: &unique, ids: sign == Sign::FreshId };
    let made = fresh(&signature::judge(), capture, &message, anew).map_err(|why| refused(&why))?;
    let line = |line: signature::Line| {
        let value =
            String::from_utf8(line.value).map_err(|_| refused("the secret is no text that a header can have"))?;
        Own::made(&line.name, value, line.shown).map_err(|error| refused(&error.to_string()))
    };
    let lines = made.lines.into_iter().map(line).collect::<Result<Vec<_>, _>>()?;
    plan.signed(lines, made.by)
}
