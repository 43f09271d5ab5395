//! What stands under each tab: the sheet of our words and tables, and the bytes that a view shall show below it.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::{BufMut, BytesMut};
use jiff::tz::TimeZone;
use percent_encoding::percent_decode;

use super::{Tab, sheet::Sheet};
use crate::decode::{READ, Role, Subject};
use crate::model::{
    At, Attempt, BodyEnd, BodySent, Capture, Change, Content, Digest, Fidelity, Framed, Ledger, Outcome, Period,
    Rewrite, Size, Timing,
};
use crate::tui::widgets::words::{clock, status_words};

/// What the inspector is to show, as the root sees it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The capture.
    pub capture: &'a Arc<Capture>,
    /// The attempt that is selected among its replays.
    pub attempt: Option<&'a Attempt>,
    /// In which zone times are shown.
    pub zone: &'a TimeZone,
    /// What to press to replay, and where it would go.
    pub replay_hint: &'a str,
}

/// The sheet and the subject under a tab.
pub fn content(tab: Tab, shown: &Shown<'_>) -> (Sheet, Option<Subject>) {
    let mut sheet = Sheet::default();
    let capture = shown.capture;
    let subject = match tab {
        Tab::Body => body(&mut sheet, capture),
        Tab::Headers => {
            headers(&mut sheet, capture);
            None
        }
        Tab::Query => {
            query(&mut sheet, capture);
            None
        }
        Tab::Raw => {
            if capture.head.fidelity() != Fidelity::Exact {
                sheet.say(Role::Dim, fidelity(capture));
                sheet.gap();
            }
            Some(raw(capture))
        }
        Tab::Answer => answer(&mut sheet, capture),
        Tab::Replays => match shown.attempt {
            Some(attempt) => replay(&mut sheet, attempt, shown.zone),
            None => {
                sheet.say(Role::Dim, "not replayed yet");
                sheet.say(Role::Text, shown.replay_hint);
                None
            }
        },
    };
    (sheet, subject.filter(|subject| !subject.is_empty()))
}

fn body(sheet: &mut Sheet, capture: &Capture) -> Option<Subject> {
    let body = &capture.body;
    if let Some(sentence) = body.end().sentence() {
        sheet.say(Role::Error, &format!("incomplete: {sentence}"));
        let declared = body.declared().map_or(String::new(), |length| format!(" of {} declared", Size(length)));
        let kept = Size(body.len() as u64);
        sheet.say(Role::Dim, &format!("{}{declared} came, {kept} kept", Size(body.received())));
        sheet.gap();
    }
    if body.is_empty() {
        sheet.say(Role::Dim, "no body");
        return None;
    }
    if body.is_spooled() && body.len() > READ {
        let (shown, all) = (Size(READ as u64), Size(body.len() as u64));
        sheet.say(Role::Dim, &format!("the first {shown} of {all} are shown; replays and exports take all of it"));
        sheet.gap();
    }
    Some(Subject::of(capture))
}

fn fidelity(capture: &Capture) -> &'static str {
    match capture.head.fidelity() {
        Fidelity::Exact => "as it came, byte for byte",
        Fidelity::Fields => "names, values and order as they came; the space between them is not known",
        Fidelity::Normalised => "written out from its parsed form: names are lower-case, repeats stand together",
    }
}

fn headers(sheet: &mut Sheet, capture: &Capture) {
    let head = &capture.head;
    sheet.say(Role::Dim, &format!("{} headers, {}", head.headers().len(), fidelity(capture)));
    sheet.gap();
    sheet.pairs(head.headers().map(|header| (header.name, header.value)));
    if !capture.trailers.is_empty() {
        sheet.gap();
        sheet.say(Role::Dim, "trailers, sent after the body");
        sheet.pairs(capture.trailers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    }
    let framing = framing(capture);
    if !framing.is_empty() {
        sheet.gap();
        sheet.facts(&framing);
    }
    if !capture.odd().is_empty() {
        sheet.gap();
        sheet.say(Role::Dim, "odd about it");
        let odd: Vec<_> = capture.odd().iter().map(|oddity| (oddity.name(), oddity.sentence().to_owned())).collect();
        sheet.facts(&odd);
    }
}

/// How the body came: its chunks, and whether the sender was told to go on.
fn framing(capture: &Capture) -> Vec<(&'static str, String)> {
    /// How many sizes are shown.
    const SHOWN: usize = 16;
    let mut facts = Vec::new();
    if let Some(chunks) = &capture.wire.chunks {
        let sizes: Vec<String> = chunks.sizes.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = if chunks.count > sizes.len() as u64 { " …" } else { "" };
        let sizes = if sizes.is_empty() { String::new() } else { format!(": {}{more} bytes", sizes.join(" ")) };
        let extensions = if chunks.extensions { ", with extensions" } else { "" };
        facts.push(("chunks", format!("{}{extensions}{sizes}", chunks.count)));
    }
    if let Some(continued) = capture.wire.continued {
        let said = if continued { "asked for and sent" } else { "asked for and not sent" };
        facts.push(("100-continue", said.to_owned()));
    }
    facts
}

fn query(sheet: &mut Sheet, capture: &Capture) {
    let Some(query) = capture.head.query().filter(|query| !query.is_empty()) else {
        sheet.say(Role::Dim, "no query parameters");
        return;
    };
    let pairs: Vec<[Cow<'_, [u8]>; 2]> = query
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let (name, value) = pair.split_at_checked(at).unwrap_or((pair, &[]));
            [unescaped(name), unescaped(value.get(1..).unwrap_or_default())]
        })
        .collect();
    sheet.say(Role::Dim, &format!("{} parameters, decoded", pairs.len()));
    sheet.gap();
    sheet.pairs(pairs.iter().map(|[name, value]| (name.as_ref(), value.as_ref())));
}

/// Percent signs and plus signs as `application/x-www-form-urlencoded` has them (WHATWG URL §5.1).
fn unescaped(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'%', b'+', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

/// Head and body in one piece.
fn raw(capture: &Capture) -> Subject {
    let head = capture.head.bytes();
    match capture.body.content() {
        Content::Held(body) if body.is_empty() => Subject::held(head.clone(), None),
        Content::Held(body) => {
            let mut raw = BytesMut::with_capacity(head.len() + body.len());
            raw.put_slice(head);
            raw.put_slice(body);
            Subject::held(raw.freeze(), None)
        }
        Content::Spooled(file) => Subject::spooled(head.clone(), file.clone(), None),
    }
}

/// When the parts of the request were there; nothing where that is not known.
fn timing(capture: &Capture) -> Vec<(&'static str, String)> {
    let Timing { head, body, .. } = capture.timing;
    // A line that was read back, or a sender that was turned away, may say no more than the answer's time.
    if body.is_none() && head.is_zero() {
        return Vec::new();
    }
    let after = |time: Duration| format!("{} after the first byte", Period(time));
    let body = body.map_or_else(|| "never whole".to_owned(), after);
    vec![("head whole", after(head)), ("body whole", body)]
}

fn answer(sheet: &mut Sheet, capture: &Capture) -> Option<Subject> {
    let answer = &capture.answer;
    let mut facts =
        vec![("status", status_words(answer.status, "")), ("after", Period(capture.timing.answered).to_string())];
    facts.extend(timing(capture));
    if let Some(because) = &answer.because {
        facts.push(("because", because.to_string()));
    }
    let remedy = match capture.body.end() {
        BodyEnd::OverLimit(_) if answer.status == 413 => Some("start creel with a larger --max-body"),
        BodyEnd::SpoolFull(_) => Some("start creel with a larger --spool-bytes, or unpin or delete large requests"),
        BodyEnd::DiskFailed(_) => Some("make room on the disk of the cache folder (XDG_CACHE_HOME)"),
        _ => None,
    };
    facts.extend(remedy.map(|remedy| ("remedy", remedy.to_owned())));
    sheet.facts(&facts);
    if !answer.headers.is_empty() {
        sheet.gap();
        sheet.pairs(answer.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_ref())));
    }
    sheet.gap();
    if answer.body.is_empty() {
        sheet.say(Role::Dim, "no body");
        return None;
    }
    let content_type = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let subject = Subject::held(answer.body.clone(), content_type.map(|(_, value)| value.clone()));
    Some(subject.with_headers(answer.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_ref()))))
}

fn replay(sheet: &mut Sheet, attempt: &Attempt, zone: &TimeZone) -> Option<Subject> {
    let mut facts = vec![("target", attempt.target.clone()), ("sent at", clock(attempt.started_at, zone))];
    if let Some(duration) = attempt.duration {
        facts.push(("took", Period(duration).to_string()));
    }
    match &attempt.outcome {
        None => facts.push(("outcome", "waiting for the answer… esc cancels".to_owned())),
        Some(Outcome::Cancelled) => facts.push(("outcome", "cancelled".to_owned())),
        Some(Outcome::Failed(failure)) => facts.push(("outcome", failure.sentence.clone())),
        Some(Outcome::Replied(reply)) => {
            facts.push(("status", status_words(reply.status, &reply.reason)));
            facts.push(("body", Size(reply.body_received).to_string()));
            if let Some(cut) = &reply.body_cut {
                facts.push(("cut", cut.clone()));
            }
        }
    }
    sheet.facts(&facts);
    sheet.gap();
    ledger(sheet, &attempt.ledger);
    let Some(Outcome::Replied(reply)) = &attempt.outcome else { return None };
    sheet.gap();
    sheet.say(Role::Dim, "answer");
    sheet.pairs(reply.headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    sheet.gap();
    if reply.body.is_empty() {
        sheet.say(Role::Dim, "no body");
        return None;
    }
    let content_type = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"content-type"));
    let subject = Subject::held(reply.body.clone(), content_type.map(|(_, value)| value.clone()));
    Some(subject.with_headers(reply.headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))))
}

fn ledger(sheet: &mut Sheet, ledger: &Ledger) {
    let arrow = (Role::Dim, "→".as_bytes());
    if ledger.is_exact() {
        sheet.say(Role::Dim, "sent exactly as captured");
    } else {
        sheet.say(Role::Dim, "sent as captured, but for");
    }
    if let Some(Rewrite { from, to }) = &ledger.request_line {
        // The ends of the lines are shown where nothing else differs.
        let [short, shorter] = [from, to].map(|line| line.trim_ascii());
        let [from, to] = if short == shorter { [from.as_ref(), to.as_ref()] } else { [short, shorter] };
        sheet.ledger("~", b"request line", &[(Role::Dim, from), arrow, (Role::Text, to)]);
    }
    for change in &ledger.changes {
        let (sign, name) = (change.sign(), change.name());
        match change {
            Change::Removed { because, .. } => sheet.ledger(sign, name, &[(Role::Dim, because.as_bytes())]),
            Change::Added { value, .. } => sheet.ledger(sign, name, &[(Role::Text, value)]),
            Change::Changed { from, to, .. } => {
                sheet.ledger(sign, name, &[(Role::Dim, from), arrow, (Role::Text, to)]);
            }
            Change::Rewritten { at, because, .. } => {
                let name = if *at == At::End { b"end of head".as_slice() } else { name };
                sheet.ledger(sign, name, &[(Role::Dim, because.as_bytes())]);
            }
        }
    }
    let Framed { from, to, because } = ledger.framing;
    if !ledger.framing.is_same() {
        let [from, to, because] = [from.name(), to.name(), because.unwrap_or_default()].map(str::as_bytes);
        sheet.ledger("~", b"framing", &[(Role::Dim, from), arrow, (Role::Text, to), (Role::Dim, because)]);
    }
    let Some(BodySent { captured, sent, because }) = &ledger.body else { return };
    let because = because.as_deref().unwrap_or_default();
    let said = |digest: &Digest| format!("{} sha256 {digest}", Size(digest.size));
    if captured == sent {
        let same = said(sent);
        let because = if because.is_empty() { "on both sides" } else { because };
        sheet.ledger("=", b"body", &[(Role::Text, same.as_bytes()), (Role::Dim, because.as_bytes())]);
    } else {
        let [from, to] = [captured, sent].map(said);
        let from = (Role::Dim, from.as_bytes());
        sheet.ledger("~", b"body", &[from, arrow, (Role::Text, to.as_bytes()), (Role::Dim, because.as_bytes())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Answer, Body, CaptureId, Chunks, Head, Refusal, Seq, Wire};
    use bytes::Bytes;

    fn shown(tab: Tab, capture: Capture) -> String {
        let capture = Arc::new(capture);
        let shown = Shown { capture: &capture, attempt: None, zone: &TimeZone::UTC, replay_hint: "" };
        let (mut sheet, _) = content(tab, &shown);
        sheet.wrap(120);
        let rows = (0..sheet.rows()).map(|at| sheet.row(at, &[], None));
        rows.map(|row| row.iter().map(|piece| piece.text.as_ref()).collect::<String>() + "\n").collect()
    }

    fn capture(end: BodyEnd) -> Capture {
        let chunks = Chunks { sizes: vec![7; 20].into(), count: 2000, extensions: true };
        let head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\nHost: h\r\n\r\n";
        Capture {
            id: CaptureId::fixed(1),
            seq: Seq(1),
            received_at: jiff::Timestamp::UNIX_EPOCH,
            remote: None,
            head: Head::parse(Bytes::from_static(head)).unwrap(),
            body: Body::new(Bytes::new(), None, 0, end),
            trailers: Box::default(),
            answer: Arc::new(Answer::default()),
            timing: Timing { head: Duration::from_millis(2), body: None, answered: Duration::from_millis(9) },
            wire: Wire::new(Some(Box::new(chunks)), Some(false)),
        }
    }

    #[test]
    fn headers_say_how_the_body_came_and_what_is_odd() {
        let text = shown(Tab::Headers, capture(BodyEnd::Complete));
        assert!(
            text.contains("chunks        2000, with extensions: 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 … bytes"),
            "{text}"
        );
        assert!(text.contains("100-continue  asked for and not sent"), "{text}");
        assert!(text.contains("cl_and_te         Content-Length and Transfer-Encoding are both there"), "{text}");
    }

    #[test]
    fn an_answer_says_when_the_parts_were_there() {
        let text = shown(Tab::Answer, capture(BodyEnd::ClosedEarly));
        assert!(text.contains("head whole  2.0 ms after") || text.contains("head whole  2 ms after"), "{text}");
        assert!(text.contains("body whole  never whole"), "{text}");
        let text = shown(Tab::Body, capture(BodyEnd::Shed(Refusal::RateLimited)));
        assert!(text.contains("incomplete: not read: more requests came than --rate lets in"), "{text}");
    }
}
