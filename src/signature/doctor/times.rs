//! What goes wrong with the time of signing.

use super::{Case, ills::said};
use crate::model::Header;
use crate::signature::{Finding, Form, Message, Place, Time, Unit, apart::apart, story::length};

pub(super) fn stale_unit(case: &mut Case<'_>, finding: &Finding) -> Option<(String, String)> {
    let ((unit, age), limit) = (finding.unit?, finding.limit?);
    let (is, was) = (unit.name(), unit.other().name());
    let old = if age > limit {
        format!("; it is too old, too, made {} before the request came", length(age))
    } else {
        String::new()
    };
    said(
        format!(
            "the signature is right, but its time is written in {is} where {} has {was}{old}",
            case.scheme.provider
        ),
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
    let at = (case.scheme.time?, case.scheme.at);
    let ((Time::Header(name, _), _) | (Time::Form(_), Place::Header(name))) = at else { return None };
    finding.age?;
    let written = written(case)?;
    let mut others = vec![[&written, &b"000"[..]].concat()];
    others.extend(written.len().checked_sub(3).and_then(|end| written.get(..end)).map(<[u8]>::to_vec));
    // Who signs milliseconds and writes seconds has cut three digits off, and there are not many.
    let is_seconds = case.scheme.time?.unit() == Unit::Seconds;
    if is_seconds && finding.unit.is_none() && case.can_spend((case.message.body.len() + 2048) * case.mine.len() * 1000)
    {
        others.extend((1..1000).map(|rest| [&written, format!("{rest:03}").as_bytes()].concat()));
    }
    for other in others {
        let changed = changed(case.scheme.form, case.message, name, &other);
        let mut message = case.message.clone();
        message.headers.retain(|header| !header.is(name));
        message.headers.extend(changed.iter().map(|value| Header { name: name.as_bytes(), value }));
        if case.fits_mine(case.scheme, &message) {
            return said(
                format!("the time in {name} is in another unit than the one that was signed"),
                format!("let {name} say the very time that is signed"),
            );
        }
    }
    None
}

/// The time as it is written.
fn written(case: &Case<'_>) -> Option<Vec<u8>> {
    let apart = apart(case.scheme, case.message, 0).ok()?;
    Some(apart.time?.0.into_owned())
}

/// The values of the header that has the time, with another time in them.
fn changed(form: Form, message: &Message<'_>, name: &str, time: &[u8]) -> Vec<Vec<u8>> {
    let Form::Pairs(between, key, _) = form else { return vec![time.to_vec()] };
    let is_time =
        |pair: &[u8]| pair.trim_ascii().strip_prefix(key.as_bytes()).is_some_and(|rest| rest.starts_with(b"="));
    let one = |value: &[u8]| {
        let pairs = value.split(|byte| char::from(*byte) == between);
        let pairs = pairs.map(|pair| if is_time(pair) { [key.as_bytes(), b"=", time].concat() } else { pair.to_vec() });
        pairs.collect::<Vec<_>>().join(&[between as u8][..])
    };
    message.all(name).map(one).collect()
}
