//! What goes wrong with the time of signing.

use super::{Case, ills::said};
use crate::model::Header;
use crate::signature::{Finding, Time, story::length};

pub(super) fn stale_unit(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let (age, limit) = (finding.age?, finding.limit?);
    let received = case.message.received_at.as_millisecond();
    let time = received.checked_sub(age)?;
    let near = |time: i64| received.checked_sub(time).is_some_and(|age| age.saturating_abs() <= limit.max(300_000));
    let (is, was) = if near(time.saturating_mul(1000)) {
        ("seconds", "milliseconds")
    } else if near(time / 1000) {
        ("milliseconds", "seconds")
    } else {
        return None;
    };
    // What is read as milliseconds and is a thousandth of the time is in seconds.
    said(
        format!("the signature is right, but its time is written in {is} where {} has {was}", case.scheme.provider),
        format!("write the time in {was} where the request is signed"),
    )
}

pub(super) fn stale(_: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let (age, limit) = (finding.age?, finding.limit?);
    if age < 0 {
        return said(
            format!("the signature is right, but was made {} after the request came: a clock is wrong", length(age)),
            "set the clock of this machine, or of the sender's",
        );
    }
    said(
        format!(
            "the signature is right, but was made {} before the request came, and {} is let pass",
            length(age),
            length(limit)
        ),
        "let the provider send it again, sign a replay anew, or look at old captures with --tolerance off",
    )
}

pub(super) fn time_unit(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let Some(Time::Header(name, _)) = case.scheme.time else { return None };
    let written = case.message.header(name)?;
    finding.age?;
    let mut others = vec![[written, b"000"].concat()];
    others.extend(written.len().checked_sub(3).and_then(|end| written.get(..end)).map(<[u8]>::to_vec));
    for other in others {
        let mut message = case.message.clone();
        message.headers.retain(|header| !header.is(name));
        message.headers.push(Header { name: name.as_bytes(), value: &other });
        if case.fits_mine(case.scheme, &message) {
            return said(
                format!("the time in {name} is in another unit than the one that was signed"),
                format!("let {name} say the very time that is signed"),
            );
        }
    }
    None
}
