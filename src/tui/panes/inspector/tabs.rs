//! What stands under each tab: the sheet of our words and tables, and the bytes that a view shall show below it.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use bytes::{BufMut, BytesMut};
use jiff::tz::TimeZone;
use percent_encoding::percent_decode;

use super::{
    Order, Tab,
    cover::{self, Cover},
    headers, replayed,
    sheet::Sheet,
    signature,
};
use crate::decode::{READ, Role, Subject};
use crate::export::redact::Redaction;
use crate::handshake::confirmation;
use crate::model::{Attempt, BodyEnd, Capture, Content, Fidelity, Period, Size, Timing};
use crate::provider::Provider;
use crate::signature::Report;
use crate::tui::{mask::Mask, widgets::words::status_words};

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
    /// What to press to see what a request asks to be called.
    pub confirm_hint: &'a str,
    /// Who sent it.
    pub provider: Option<&'static Provider>,
    /// What the judge says of it; nothing while that is being found out, and nothing inside where nobody knows who sent it.
    pub report: Option<Option<&'a Report>>,
    /// What is secret.
    pub redaction: &'a Redaction,
    /// How much of that is shown.
    pub mask: Mask,
    /// What to press to see what is masked.
    pub secrets_hint: &'a str,
}

/// The sheet and the subject under a tab.
pub fn content(tab: Tab, order: Order, shown: &Shown<'_>, cover: &Cover) -> (Sheet, Option<Subject>) {
    let mut sheet = Sheet::default();
    let (shown, said) = match cover {
        Cover::None => (*shown, None),
        Cover::Made(capture, said) => (Shown { capture, ..*shown }, *said),
        Cover::Nothing(why) => {
            sheet.say(Role::Dim, why);
            return (sheet, None);
        }
    };
    let shown = &shown;
    let capture = shown.capture;
    let subject = match tab {
        Tab::Body => {
            if let Some(said) = said {
                sheet.say(Role::Dim, said);
                sheet.gap();
            }
            if let Some(Ok(asked)) = confirmation(capture) {
                sheet.say(Role::Warn, &format!("it asks to be called back, to {}; {}", asked.does, shown.confirm_hint));
                sheet.gap();
            }
            let withheld = said.is_some() && capture.body.is_empty();
            if withheld { None } else { body(&mut sheet, capture) }
        }
        Tab::Headers => {
            headers::headers(&mut sheet, order, shown);
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
            if let Some(said) = said {
                sheet.say(Role::Dim, &format!("the body: {said}"));
                sheet.gap();
            }
            Some(raw(capture))
        }
        Tab::Answer => answer(&mut sheet, shown),
        Tab::Signature => {
            signature::signature(&mut sheet, shown);
            None
        }
        Tab::Replays => match shown.attempt {
            Some(attempt) => replayed::replay(&mut sheet, attempt, shown),
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

pub(super) fn fidelity(capture: &Capture) -> &'static str {
    match capture.head.fidelity() {
        _ if capture.origin.is_some() => "a draft: as it was written here, and not sent by anyone",
        Fidelity::Exact => "as it came, byte for byte",
        Fidelity::Fields => "names, values and order as they came; the space between them is not known",
        Fidelity::Normalised => "written out from its parsed form: names are lower-case, repeats stand together",
    }
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

fn answer(sheet: &mut Sheet, shown: &Shown<'_>) -> Option<Subject> {
    let capture = shown.capture;
    let answer = &capture.answer;
    if capture.origin.is_some() {
        sheet.say(Role::Dim, "a draft, which nobody sent: there was no answer");
        return None;
    }
    let mut facts =
        vec![("status", status_words(answer.status, "")), ("after", Period(capture.times().answered).to_string())];
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
    let header = |wanted: &str| {
        let found = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_ref())
    };
    let (body, said) = cover::body(shown, header, &answer.body);
    if let Some(said) = said {
        sheet.say(Role::Dim, said);
    }
    let headers = answer.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_ref()));
    Some(Subject::held(body, header("content-type").map(Bytes::copy_from_slice)).with_headers(headers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Answer, Body, CaptureId, Chunks, Head, Refusal, Seq, Wire};
    use bytes::Bytes;

    fn shown(tab: Tab, capture: Capture) -> String {
        let capture = Arc::new(capture);
        let shown = Shown {
            capture: &capture,
            attempt: None,
            zone: &TimeZone::UTC,
            replay_hint: "",
            confirm_hint: "",
            provider: None,
            report: None,
            redaction: &Redaction::default(),
            mask: Mask::default(),
            secrets_hint: "",
        };
        let (mut sheet, _) = content(tab, Order::default(), &shown, &Cover::None);
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
            answer: Arc::new(Answer::default()).into(),
            timing: Timing { head: Duration::from_millis(2), body: None, answered: Duration::from_millis(9) },
            wire: Wire::new(Some(Box::new(chunks)), Some(false)),
            origin: None,
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
