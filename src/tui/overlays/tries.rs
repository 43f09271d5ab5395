//! The timeline of a delivery: every try of it, with how long after the one before it came, what was answered, how the target
//! that it was sent to did, and what its body is; and how that goes with what its provider publishes.

use std::time::Duration;

use super::read::{self, Row};
use crate::model::{Attempt, Outcome, Period, Printable, Seq, Size};
use crate::provider::{
    self,
    retries::{Schedule, schedule},
};
use crate::tui::{
    state::State,
    theme::Role,
    tries::{Held, Try},
    widgets::words::{clock, wrapped},
};

/// How many columns stand before what is said of a try.
const NAME: usize = 16;

/// The rows.
pub(super) fn rows(state: &State, seq: Seq) -> Vec<Row> {
    let Some((_, tries)) = state.tries.as_ref().filter(|(own, _)| *own == seq) else {
        return vec![Row::Heading("looking…".into())];
    };
    let key = state.deliveries.key(seq);
    let id = key.map_or_else(String::new, |key| Printable::limited(key.id(), 60).to_string());
    let provider = state
        .known
        .get(&seq)
        .and_then(Option::as_ref)
        .map(|known| known.provider)
        .or_else(|| state.captures.get(seq).and_then(|capture| provider::which(capture)));
    let schedule = provider.and_then(|provider| schedule(provider.name));
    let label = provider.map_or("", |provider| provider.label);
    let mut rows = vec![Row::Heading(format!("{label} {id}").into())];
    let first = tries.first().and_then(|first| state.deliveries.number(first.seq)).unwrap_or(1);
    if first > 1 {
        rows.push(Row::Warning(format!("the first {} are not known any more", first - 1)));
    }
    let columns = read::columns(state);
    let mut before: Option<&Held> = None;
    let mut body: Option<(u32, &Held)> = None;
    for (number, one) in (first..).zip(tries) {
        let mark = if one.seq == seq { "▌" } else { " " };
        let Some(held) = &one.held else {
            rows.push(Row::Pair(
                Role::Dim,
                format!("{mark}{number}  {}", one.seq),
                Printable::from("is not here any more"),
            ));
            before = None;
            continue;
        };
        let time = clock(held.received_at, &state.session.zone);
        let gap = before.map(|before| gap(before, held));
        rows.push(Row::Pair(
            Role::KeyHint,
            format!("{mark}{number}  {time}"),
            said(state, one, held, gap, number, schedule),
        ));
        match body {
            Some((other, known)) if known.sha256 != held.sha256 || known.size != held.size => {
                let [own, others] = [held, known].map(hash);
                let words =
                    format!("! the body of try {number} (sha256 {own}…) is not that of try {other} ({others}…)");
                rows.extend(wrapped(&words, columns).into_iter().map(Row::Warning));
            }
            Some(_) => {}
            None => body = Some((number, held)),
        }
        before = Some(held);
    }
    rows.push(Row::Gap);
    let last = (first..).zip(tries).last();
    let next = next(state, label, schedule, last).map(|said| wrapped(&said, columns.saturating_sub(NAME)));
    for (at, line) in next.into_iter().flatten().enumerate() {
        let name = if at == 0 { " next" } else { "" };
        rows.push(Row::Pair(Role::Dim, name.to_owned(), Printable::from(line.as_str())));
    }
    rows
}

/// From one try to the one after it.
fn gap(before: &Held, held: &Held) -> Duration {
    Duration::try_from(held.received_at.duration_since(before.received_at)).unwrap_or_default()
}

/// A wait in at most two units: `5 min`, `1 h 30 min`.
fn waited(wait: Duration) -> String {
    let seconds = wait.as_secs();
    let (large, unit, small, rest) = match seconds {
        0..60 => return if seconds == 0 { Period(wait).to_string() } else { format!("{seconds} s") },
        60..3_600 => (seconds / 60, "min", seconds % 60, "s"),
        3_600..172_800 => (seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => (seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    };
    if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {rest}") }
}

fn said(
    state: &State,
    one: &Try,
    held: &Held,
    gap: Option<Duration>,
    number: u32,
    schedule: Option<&Schedule>,
) -> Printable {
    let mut parts = vec![match held.status {
        Some(status) => format!("answered {status}"),
        None => "not answered yet".to_owned(),
    }];
    let mut here = state.replays.of(one.seq).filter(|attempt| attempt.forwarded.is_some());
    let mut kept = one.attempts.iter().filter(|attempt| attempt.forwarded.is_some());
    if let Some(attempt) = here.next_back().or_else(|| kept.next_back()) {
        parts.push(outcome(attempt));
    }
    parts.push(format!("{} {}", Size(held.size as u64), hash(held)));
    if let Some(gap) = gap {
        let published = schedule.and_then(|schedule| schedule.before(number));
        let compared = match (published, schedule) {
            (Some(published), _) if Schedule::is_about(published, gap) => "as published".to_owned(),
            (Some(published), _) => format!("{} published", waited(published)),
            (None, Some(schedule)) if schedule.waits.is_empty() => "asked for by somebody".to_owned(),
            (None, Some(_)) => "more than published".to_owned(),
            (None, None) => String::new(),
        };
        parts.insert(0, format!("+{}", waited(gap)));
        parts.push(compared);
    }
    Printable::from(parts.join("  ").trim_end())
}

/// The first of the SHA-256 of a body.
fn hash(held: &Held) -> String {
    held.sha256.map_or_else(|| "unreadable".to_owned(), |hash| hex::encode(hash.get(..4).unwrap_or_default()))
}

fn outcome(attempt: &Attempt) -> String {
    match &attempt.outcome {
        None => "→ …".to_owned(),
        Some(Outcome::Replied(reply)) => format!("→ {}", reply.status),
        Some(Outcome::Failed(failure)) => format!("→ {}", failure.kind),
        Some(Outcome::Cancelled) => "→ cancelled".to_owned(),
    }
}

/// When the next one is to be expected, as far as that is published.
fn next(state: &State, label: &str, schedule: Option<&Schedule>, last: Option<(u32, &Try)>) -> Option<String> {
    let (number, held) = last.and_then(|(number, one)| Some((number, one.held.as_ref()?)))?;
    let sentence = match (held.status, schedule) {
        (Some(200..=299), _) => "none is to be expected: the last was answered well".to_owned(),
        (None, _) => "the last has no answer yet".to_owned(),
        (_, None) => format!("{label} publishes no times for it"),
        (_, Some(schedule)) => match schedule.before(number + 1) {
            None if schedule.waits.is_empty() => format!("{label} does not try again by itself"),
            None => format!("{label} has made all {} tries that it publishes", schedule.waits.len() + 1),
            Some(wait) => {
                let at = held.received_at + wait;
                let when = clock(at, &state.session.zone);
                let late = if at < state.now { ", which is past" } else { "" };
                format!("expected about {when} ({} after the last){late}", waited(wait))
            }
        },
    };
    Some(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_said_in_two_units() {
        for (seconds, said) in [
            (5, "5 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (5_400, "1 h 30 min"),
            (36_000, "10 h"),
            (180_000, "2 d 2 h"),
        ] {
            assert_eq!(waited(Duration::from_secs(seconds)), said);
        }
    }
}
