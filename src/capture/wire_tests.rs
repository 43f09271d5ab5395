//! The tracker on hand-written streams, and that the pieces in which bytes come make no difference.

use bytes::Bytes;
use proptest::prelude::*;

use super::wire::{Found, Phase, Tracker};
use crate::model::{Chunks, Rejected};

fn track(pieces: &[&[u8]]) -> (Vec<Found>, Tracker) {
    let (mut all, mut tracker) = (Vec::new(), Tracker::new(4096));
    for piece in pieces {
        tracker.feed(piece, &mut |found| all.push(found));
    }
    (all, tracker)
}

fn heads(found: &[Found]) -> Vec<Vec<u8>> {
    let head = |found: &Found| if let Found::Head(head) = found { Some(head.bytes().to_vec()) } else { None };
    found.iter().filter_map(head).collect()
}

const STREAM: &[&[u8]] = &[
    b"POST /a HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 5\r\n\r\n",
    b"\r\n\r\nGET /looks/like/a/head HTTP/1.1\n\n",
    b"POST /c HTTP/1.1\r\ntransfer-ENCODING: chunked\r\nContent-Length: 3\r\n\r\n",
    b"\nDELETE * HTTP/1.0\r\n\r\n",
    b"PUT /d HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"GET /e HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
];
const BODIES: &[&[u8]] = &[
    b"GET /",
    b"",
    b"a;x=y\r\nGET / HTTP/\r\n0\r\nX-Sum: 1\r\nb:2\r\n\r\n",
    b"",
    b"0F\r\n0123456789abcde\r\n00\r\n\r\n",
    b"",
];

fn stream() -> Vec<u8> {
    STREAM.iter().zip(BODIES).flat_map(|(head, body)| [*head, *body].concat()).collect()
}

#[test]
fn heads_are_found_between_bodies_of_every_framing() {
    let (found, tracker) = track(&[&stream()]);
    assert_eq!(heads(&found), STREAM.iter().map(|head| head.to_vec()).collect::<Vec<_>>());
    assert!(found.contains(&Found::Trailers(Bytes::from_static(b"X-Sum: 1\r\nb:2\r\n\r\n"))));
    let chunks = |sizes: &[u64], extensions| {
        let sizes: Box<[u64]> = sizes.into();
        Some(Box::new(Chunks { count: sizes.len() as u64, sizes, extensions }))
    };
    let ends: Vec<_> = found
        .into_iter()
        .filter_map(|found| if let Found::End(chunks) = found { Some(chunks) } else { None })
        .collect();
    assert_eq!(ends, [None, None, chunks(&[10], true), None, chunks(&[15], false), None]);
    assert_eq!(tracker.phase(), Phase::Idle);
    assert_eq!(tracker.unfinished(), None);
}

#[test]
fn what_is_no_head_is_kept_up_to_a_limit() {
    for refused in
        ["PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n\r\n", "GET / HTTP/1.2\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"]
    {
        let (found, tracker) = track(&[refused.as_bytes(), b"and more"]);
        assert_eq!(found, [Found::Begun]);
        assert_eq!(tracker.unfinished(), Some([refused.as_bytes(), b"and more"].concat().as_slice()), "{refused:?}");
    }
    let (_, tracker) = track(&[&vec![b'x'; 100_000], &vec![b'x'; 100_000]]);
    assert!(tracker.unfinished().unwrap().len() <= Rejected::RAW_LIMIT);
}

#[test]
fn the_preface_of_http_2_ends_the_search() {
    let (found, mut tracker) = track(&[b"PRI * HTTP/2.0\r\n\r\nSM", b"\r\n\r\n\0\0\0GET / HTTP/1.1\r\n\r\n"]);
    assert_eq!(found, [Found::Begun]);
    assert_eq!(tracker.phase(), Phase::Http2);
    assert!(tracker.unfinished().is_some());
    tracker.forget();
    tracker.feed(&[7; 9000], &mut |_| {});
    assert_eq!(tracker.unfinished(), None);
    let (_, tracker) = track(&[b"PRI * HTTP/2.0\r\n\r\nSM!\n\r\n"]);
    assert_eq!(tracker.phase(), Phase::Head);
}

#[test]
fn more_chunks_than_are_kept_are_counted() {
    let head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let (_, mut tracker) = track(&[&head, &b"1\r\nx\r\n".repeat(Chunks::KEPT + 7), b"2;late"]);
    let chunks = tracker.chunks().unwrap();
    assert_eq!((chunks.sizes.len(), chunks.count, chunks.extensions), (Chunks::KEPT, Chunks::KEPT as u64 + 7, true));
}

#[test]
fn bytes_that_cannot_be_framed_stop_the_search() {
    for odd in ["Content-Length: 5, 5", "Content-Length: +5", "Content-Length: 99999999999999999999"] {
        let (found, tracker) = track(&[format!("POST / HTTP/1.1\r\n{odd}\r\n\r\nGET / HTTP/1.1\r\n\r\n").as_bytes()]);
        assert_eq!((heads(&found).len(), tracker.phase()), (1, Phase::Stopped), "{odd}");
    }
    let (_, tracker) = track(&[b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n"]);
    assert_eq!(tracker.phase(), Phase::Stopped);
}

proptest! {
    #[test]
    fn the_pieces_do_not_matter(cuts in proptest::collection::vec(0usize..stream().len(), 0..40)) {
        let whole = stream();
        let mut cuts = cuts;
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &whole[pair[0]..pair[1]]).collect();
        prop_assert_eq!(track(&pieces).0, track(&[&whole]).0);
    }

    #[test]
    fn chunks_are_recorded_as_they_were_cut(
        sizes in proptest::collection::vec((1_u64..2000, any::<bool>()), 0..12), last in any::<bool>(), step in 1_usize..80,
    ) {
        let extended = |there: bool| if there { ";name=\"v\"" } else { "" };
        let mut whole = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for (size, extension) in &sizes {
            whole.extend(format!("{size:x}{}\r\n", extended(*extension)).bytes());
            // Data that looks like framing.
            whole.extend(b"0\r\n\r\n;".iter().cycle().take(*size as usize));
            whole.extend(b"\r\n");
        }
        whole.extend(format!("0{}\r\n\r\n", extended(last)).bytes());
        let pieces: Vec<&[u8]> = whole.chunks(step).collect();
        let (mut found, tracker) = track(&pieces);
        let expected = Chunks {
            count: sizes.len() as u64,
            extensions: last || sizes.iter().any(|(_, extension)| *extension),
            sizes: sizes.iter().map(|(size, _)| *size).collect(),
        };
        prop_assert_eq!(found.pop(), Some(Found::End(Some(Box::new(expected)))));
        prop_assert_eq!(tracker.phase(), Phase::Idle);
    }

    #[test]
    fn any_bytes_in_any_pieces_give_the_same(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b' '), Just(b':'), any::<u8>()], 0..300),
        heads in proptest::collection::vec(0..STREAM.len(), 0..4), cut in 0usize..2000, step in 1usize..50,
    ) {
        let mut whole: Vec<u8> = heads.iter().flat_map(|at| [STREAM[*at], BODIES[*at]].concat()).collect();
        whole.extend(bytes);
        let cut = cut.min(whole.len());
        let pieces: Vec<&[u8]> = std::iter::once(&whole[..cut]).chain(whole[cut..].chunks(step)).collect();
        let ((one, first), (other, second)) = (track(&[&whole]), track(&pieces));
        prop_assert_eq!(one, other);
        prop_assert_eq!(first.phase(), second.phase());
        prop_assert_eq!(first.unfinished(), second.unfinished());
    }
}
