//! What is said in the end: sentences for people, and one object for programs.
//!
//! Both are made of the same [`Tally`] and [`Verdict`]. Everything that came from outside passes [`Printable`].

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    Expectation, Verdict,
    tally::{Near, Tally},
};
use crate::export::ascii;
use crate::model::{Capture, Period, Printable};

/// How many columns a method and a target are given.
const METHOD: usize = 20;
const TARGET: usize = 80;

/// Why an expectation is not met, with what did come, in sentences without a full stop; nothing where it is met.
pub fn sentences(expectation: &Expectation, tally: &Tally, verdict: &Verdict) -> Vec<String> {
    let wanted = wanted(expectation);
    let matched = tally.matched();
    let first = match verdict {
        Verdict::Met => return Vec::new(),
        Verdict::Late => {
            let within = expectation.within.map_or_else(String::new, |time| format!(" within {}", Period(time)));
            let nothing = matched + tally.others() + tally.rejections() + tally.gone() == 0;
            let came = if nothing { "nothing came at all".to_owned() } else { came(matched) };
            format!("expected {wanted}{within}: {came}")
        }
        Verdict::Came(seq) => format!("expected {wanted}, and {seq} came"),
        Verdict::Command(end) if expectation.none => format!("the command {end}; until then {}", came(matched)),
        Verdict::Command(end) if matched >= expectation.count => {
            return vec![format!("{wanted} came as expected, but the command {end}")];
        }
        Verdict::Command(end) => format!("the command {end} before {wanted} had come: {}", came(matched)),
        Verdict::Blind(why) => format!("expected {wanted}, and what comes can no longer be seen: {why}"),
    };
    let but = if matched == 0 { ", but" } else { ", and" };
    let others = match (verdict, tally.others()) {
        (Verdict::Came(_), _) | (_, 0) => "",
        (_, 1) => &format!("{but} 1 other did"),
        (_, many) => &format!("{but} {many} others did"),
    };
    let mut said = vec![format!("{first}{others}")];
    if !expectation.none {
        for (at, near) in tally.nearest().iter().enumerate() {
            let heading = if at == 0 { "nearest:" } else { "    and:" };
            said.push(format!("{heading} {}", near_sentence(expectation, near)));
        }
        let more = tally.others().saturating_sub(tally.nearest().len() as u64);
        if more > 0 {
            said.push(format!("    and {more} more that lack as much or more of it"));
        }
    }
    if let Some(rejected) = tally.rejected() {
        let reason = Printable::limited(rejected.reason.as_bytes(), TARGET);
        said.push(match tally.rejections() {
            1 => format!("1 more was no HTTP request that could be read: {reason}"),
            many => format!("{many} more were no HTTP requests that could be read, the last for {reason}"),
        });
    }
    if tally.gone() > 0 {
        said.push(format!(
            "{} came so fast that they had left the ring before they were looked at; keep more with ring and ring-bytes \
             in creel.toml",
            captures(tally.gone())
        ));
    }
    said
}

/// "2 captures of `event:push`".
fn wanted(expectation: &Expectation) -> String {
    let query = Printable::limited(expectation.written.trim().as_bytes(), 200);
    let any = query.as_str().is_empty();
    match (expectation.none, expectation.count) {
        (true, _) if any => "no capture at all".to_owned(),
        (true, _) => format!("no capture of `{query}`"),
        (false, count) if any => captures(count),
        (false, count) => format!("{} of `{query}`", captures(count)),
    }
}

fn captures(count: u64) -> String {
    if count == 1 { "1 capture".to_owned() } else { format!("{count} captures") }
}

fn came(count: u64) -> String {
    if count == 0 { "none came".to_owned() } else { format!("{count} came") }
}

fn near_sentence(expectation: &Expectation, near: &Near) -> String {
    let missed = near.missed(&expectation.query);
    let mut sentence = summary(&near.capture);
    for (at, missed) in missed.iter().enumerate() {
        let between = if at == 0 { " — " } else { "; " };
        // Writing to a string cannot fail.
        let _ = write!(sentence, "{between}{}", missed.why);
    }
    sentence
}

/// `#3 POST /stripe`.
fn summary(capture: &Capture) -> String {
    let (method, target) = shown(capture);
    format!("{} {method} {target}", capture.seq)
}

fn shown(capture: &Capture) -> (Printable, Printable) {
    (Printable::limited(capture.head.method(), METHOD), Printable::limited(capture.head.target(), TARGET))
}

/// The same as one line of JSON, in ASCII, with a line feed: an `expectation` object.
pub fn line(expectation: &Expectation, tally: &Tally, verdict: &Verdict) -> String {
    let nearest: Vec<Value> = tally.nearest().iter().map(|near| near_object(expectation, near)).collect();
    let why = sentences(expectation, tally, verdict).into_iter().next();
    let object = json!({
        "type": "expectation",
        "met": verdict.is_met(),
        "query": expectation.written,
        "count": if expectation.none { 0 } else { expectation.count },
        "within_s": expectation.within.map(|time| time.as_secs_f64()),
        "matched": tally.matched(),
        "others": tally.others(),
        "rejected": tally.rejections(),
        "gone": tally.gone(),
        "why": why,
        "nearest": nearest,
    });
    ascii(&object.to_string()) + "\n"
}

fn near_object(expectation: &Expectation, near: &Near) -> Value {
    let (method, target) = shown(&near.capture);
    let missed: Vec<Value> = near
        .missed(&expectation.query)
        .into_iter()
        .map(|missed| json!({"term": missed.term, "why": missed.why}))
        .collect();
    json!({
        "capture": near.capture.id.to_string(),
        "seq": near.capture.seq.0,
        "method": method.as_str(),
        "target": target.as_str(),
        "missed": missed,
    })
}
