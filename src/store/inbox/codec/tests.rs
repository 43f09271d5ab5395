//! What goes in comes out, whatever it is, and whatever else is read does no harm.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use proptest::{collection::vec, option, prelude::*};

use super::{Parts, answer, attempt, capture, read_answer, read_attempt, read_capture};
use crate::model::{
    Answer, At, Attempt, AttemptId, Body, BodyEnd, BodyFraming, BodySent, Capture, CaptureId, Change, Chunks, Content,
    Digest, Failure, Fidelity, Framed, Head, Ledger, Odd, Oddity, Origin, Outcome, Refusal, Reply, Rewrite, Seq,
    Timing, Timings, Version, Wire,
};

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn fields() -> impl Strategy<Value = Vec<(Bytes, Bytes)>> {
    vec((bytes(), bytes()), 0..5)
}

fn time() -> impl Strategy<Value = Timestamp> {
    let bounds = Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond();
    bounds.prop_map(|nanoseconds| Timestamp::from_nanosecond(nanoseconds).unwrap())
}

fn duration() -> impl Strategy<Value = Duration> {
    (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds))
}

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![Just(Version::Http10), Just(Version::Http11), Just(Version::Http2)]
}

fn remote() -> impl Strategy<Value = Option<SocketAddr>> {
    prop_oneof![
        Just(None),
        (any::<u32>(), any::<u16>()).prop_map(|(ip, port)| Some((Ipv4Addr::from(ip), port).into())),
        (any::<u128>(), any::<u16>(), any::<u32>(), any::<u32>()).prop_map(|(ip, port, flow, scope)| {
            Some(SocketAddrV6::new(Ipv6Addr::from(ip), port, flow, scope).into())
        }),
    ]
}

fn head() -> impl Strategy<Value = Head> {
    let fidelity = prop_oneof![Just(Fidelity::Exact), Just(Fidelity::Fields), Just(Fidelity::Normalised)];
    let made =
        (bytes(), bytes(), version(), fields(), fidelity).prop_map(|(method, target, version, fields, fidelity)| {
            let fields = fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
            Head::from_parts(&method, &target, version, fields, fidelity)
        });
    let lines = vec("[A-Za-z-]{1,9} ?: ?[ -~]{0,20}\r?\n( x\r\n)?", 0..5).prop_map(|lines| {
        Head::parse(Bytes::from(format!("\r\nPOST /{} HTTP/1.1\r\n{}\r\n", lines.len(), lines.concat()))).unwrap()
    });
    prop_oneof![made, lines]
}

fn end() -> impl Strategy<Value = BodyEnd> {
    prop_oneof![
        Just(BodyEnd::Complete),
        any::<u64>().prop_map(BodyEnd::OverLimit),
        any::<u64>().prop_map(BodyEnd::SpoolFull),
        any::<String>().prop_map(|why| BodyEnd::DiskFailed(why.into())),
        Just(BodyEnd::ClosedEarly),
        Just(BodyEnd::TimedOut),
        any::<String>().prop_map(|why| BodyEnd::Malformed(why.into())),
        Just(BodyEnd::Abandoned),
        Just(BodyEnd::Reset),
        any::<String>().prop_map(|why| BodyEnd::LeftOut(why.into())),
        (0..Refusal::TABLE.len()).prop_map(|at| BodyEnd::Shed(Refusal::TABLE[at].0)),
    ]
}

prop_compose! {
    fn body()(content in bytes(), declared in option::of(any::<u64>()), received in any::<u64>(), end in end()) -> Body {
        Body::new(content, declared, received, end)
    }
}

prop_compose! {
    fn wire()(
        chunks in option::of((vec(any::<u64>(), 0..9), any::<u64>(), any::<bool>())), continued in option::of(any::<bool>()),
        odd in option::of(vec(0..Oddity::TABLE.len(), 0..4)),
    ) -> Wire {
        let chunks = chunks.map(|(sizes, count, extensions)| Box::new(Chunks { sizes: sizes.into(), count, extensions }));
        let wire = Wire::new(chunks, continued);
        match odd {
            Some(odd) => wire.with_odd(Odd::named(odd.iter().map(|at| Oddity::TABLE[*at].1))),
            None => wire,
        }
    }
}

prop_compose! {
    fn any_answer()(
        status in any::<u16>(), headers in vec((any::<String>(), bytes()), 0..4), body in bytes(),
        because in option::of(0..Refusal::TABLE.len()),
    ) -> Answer {
        Answer { status, headers, body, because: because.map(|at| Refusal::TABLE[at].2.into()) }
    }
}

prop_compose! {
    pub(in crate::store::inbox) fn any_capture()(
        id in any::<u128>(), received_at in time(), remote in remote(), head in head(), body in body(),
        trailers in fields(), answer in any_answer(), whole in duration(), arrived in option::of(duration()),
        answered in duration(), wire in wire(), origin in option::of(option::of(any::<u128>())),
    ) -> Capture {
        Capture {
            id: CaptureId::fixed(id),
            seq: Seq(0),
            received_at,
            remote,
            head,
            body,
            trailers: trailers.into(),
            answer: Arc::new(answer).into(),
            timing: Timing { head: whole, body: arrived, answered },
            wire,
            origin: origin.map(|of| Origin { of: of.map(CaptureId::fixed) }),
        }
    }
}

/// Whether two captures are the same in everything that one holds.
pub(in crate::store::inbox) fn same(one: &Capture, other: &Capture) -> Result<(), TestCaseError> {
    let Capture { id, seq, received_at, remote, head, body, trailers, answer, timing, wire, origin } = one;
    prop_assert_eq!((id, seq, received_at, remote), (&other.id, &other.seq, &other.received_at, &other.remote));
    prop_assert_eq!(head, &other.head);
    let whole = |content: &Content| content.pieces().flat_map(Result::unwrap).collect::<Vec<u8>>();
    prop_assert_eq!(whole(body.content()), whole(other.body.content()));
    prop_assert_eq!(
        (body.declared(), body.received(), body.end(), body.sha256().unwrap()),
        (other.body.declared(), other.body.received(), other.body.end(), other.body.sha256().unwrap())
    );
    prop_assert_eq!(trailers, &other.trailers);
    prop_assert_eq!((answer, timing, origin), (&other.answer, &other.timing, &other.origin));
    prop_assert_eq!((&wire.chunks, wire.continued), (&other.wire.chunks, other.wire.continued));
    prop_assert_eq!(one.odd(), other.odd());
    Ok(())
}

fn at() -> impl Strategy<Value = At> {
    prop_oneof![Just(At::End), any::<usize>().prop_map(At::Header), any::<usize>().prop_map(At::Trailer)]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (at(), bytes()).prop_map(|(at, name)| Change::Removed { at, name, because: "it is named by Connection" }),
        (bytes(), bytes()).prop_map(|(name, value)| Change::Added { name, value }),
        (at(), bytes(), bytes(), bytes()).prop_map(|(at, name, from, to)| Change::Changed { at, name, from, to }),
        (at(), bytes(), bytes(), bytes()).prop_map(|(at, name, from, to)| Change::Rewritten {
            at,
            name,
            from,
            to,
            because: "it ends in a bare LF"
        }),
    ]
}

fn digest() -> impl Strategy<Value = Digest> {
    (any::<u64>(), any::<[u8; 32]>()).prop_map(|(size, sha256)| Digest { size, sha256 })
}

fn framing() -> impl Strategy<Value = BodyFraming> {
    prop_oneof![
        Just(BodyFraming::None),
        Just(BodyFraming::Length),
        Just(BodyFraming::Chunked),
        Just(BodyFraming::Frames)
    ]
}

prop_compose! {
    fn ledger()(
        version in version(), line in option::of((bytes(), bytes())), changes in vec(change(), 0..5),
        from in framing(), to in framing(), because in option::of(Just("the chunks have other sizes")),
        body in option::of((digest(), digest(), option::of(any::<String>()))), signed in option::of(any::<String>()),
    ) -> Ledger {
        Ledger {
            version,
            request_line: line.map(|(from, to)| Rewrite { from, to }),
            changes,
            framing: Framed { from, to, because },
            body: body.map(|(captured, sent, because)| BodySent { captured, sent, because }),
            signed,
        }
    }
}

fn outcome() -> impl Strategy<Value = Option<Outcome>> {
    let reply = (any::<u16>(), any::<String>(), fields(), bytes(), any::<u64>(), option::of(any::<String>())).prop_map(
        |(status, reason, headers, body, body_received, body_cut)| {
            Some(Outcome::Replied(Box::new(Reply { status, reason, headers, body, body_received, body_cut })))
        },
    );
    let failed = any::<String>().prop_map(|sentence| Some(Outcome::Failed(Failure { kind: "refused", sentence })));
    prop_oneof![Just(None), Just(Some(Outcome::Cancelled)), failed, reply]
}

prop_compose! {
    fn any_attempt()(
        id in any::<u64>(), capture in any::<u128>(), seq in any::<u64>(), target in any::<String>(),
        started_at in time(), duration in option::of(duration()), ledger in ledger(), outcome in outcome(),
    ) -> Attempt {
        let capture = CaptureId::fixed(capture);
        let timings = Timings { dns: duration, first_byte: duration, ..Timings::default() };
        let (to, forwarded) = (Some(target.clone()).filter(|_| seq % 2 == 0), (id % 3 > 0).then_some((id % 3) as u32));
        let seq = Seq(seq);
        Attempt { id: AttemptId(id), capture, seq, target, started_at, duration, ledger, outcome, timings, to, forwarded }
    }
}

fn parts(of: &Capture) -> Parts {
    let Capture { id, seq, body, answer, origin, .. } = of;
    Parts { id: *id, seq: *seq, content: body.content().clone(), answer: Arc::clone(answer.now()), origin: *origin }
}

proptest! {
    #[test]
    fn a_capture_comes_back_as_it_was(whole in any_capture()) {
        let mut written = Vec::new();
        capture(&mut written, &whole);
        same(&whole, &read_capture(written.into(), parts(&whole)).unwrap())?;
    }

    #[test]
    fn an_answer_comes_back_as_it_was(whole in any_answer()) {
        let mut written = Vec::new();
        answer(&mut written, &whole);
        prop_assert_eq!(read_answer(written.into()), Ok(whole));
    }

    #[test]
    fn an_attempt_comes_back_as_it_was(whole in any_attempt()) {
        let mut written = Vec::new();
        attempt(&mut written, &whole);
        prop_assert_eq!(read_attempt(written.into(), whole.id, whole.seq), Ok(whole));
    }

    #[test]
    fn bytes_that_were_never_written_are_an_error(
        whole in any_capture(), tried in any_attempt(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        cut in any::<prop::sample::Index>(), any in vec(any::<u8>(), 0..200),
    ) {
        let mut of_capture = Vec::new();
        capture(&mut of_capture, &whole);
        let mut of_attempt = Vec::new();
        attempt(&mut of_attempt, &tried);
        let mut of_answer = Vec::new();
        answer(&mut of_answer, &whole.answer);
        for written in [of_capture, of_attempt, of_answer] {
            let short = Bytes::from(written[..cut.index(written.len())].to_vec());
            prop_assert!(read_capture(short.clone(), parts(&whole)).is_err());
            prop_assert!(read_answer(short.clone()).is_err());
            prop_assert!(read_attempt(short, AttemptId(1), Seq(1)).is_err());
            let mut other = written;
            let place = at.index(other.len());
            other[place] = byte;
            // It may still mean something; it must not do harm.
            let other = Bytes::from(other);
            let _ = (read_capture(other.clone(), parts(&whole)), read_answer(other.clone()));
            let _ = read_attempt(other, AttemptId(1), Seq(1));
        }
        for form in [vec![1], vec![]] {
            let bytes = Bytes::from([form, any.clone()].concat());
            let _ = (read_capture(bytes.clone(), parts(&whole)), read_answer(bytes.clone()));
            let _ = read_attempt(bytes, AttemptId(1), Seq(1));
        }
    }
}

#[test]
fn a_capture_takes_little_more_than_its_bytes() {
    let head = b"POST /github HTTP/1.1\r\nHost: 127.0.0.1:4600\r\nContent-Type: application/json\r\nContent-Length: 7000\r\n\r\n";
    let whole = Capture {
        id: CaptureId::fixed(1),
        seq: Seq(1),
        received_at: "2026-01-31T09:26:53.589793Z".parse().unwrap(),
        remote: Some(([127, 0, 0, 1], 53_012).into()),
        head: Head::parse(Bytes::from_static(head)).unwrap(),
        body: Body::complete(Bytes::new()),
        trailers: Box::default(),
        answer: crate::model::Given::default(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    };
    let mut written = Vec::new();
    capture(&mut written, &whole);
    assert!(written.len() < head.len() + 80, "{}", written.len());
}
