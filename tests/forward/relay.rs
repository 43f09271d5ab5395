//! The sender gets what the target answers.

use std::time::Duration;

use creel::{
    forward::Rule,
    model::Outcome,
    query::Query,
    replay::{Options, Settings},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::running::{Running, ended, exchange, handler, nobody, post, read_request, target, target_that};

#[tokio::test]
async fn both_ways_pass_but_for_what_belongs_to_a_connection() {
    let (addr, came) = handler(&[
        b"HTTP/1.1 201 Made\r\nX-A: 1\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\
        Keep-Alive: 5\r\nContent-Length: 4\r\n\r\nmade",
    ])
    .await;
    let running = Running::start(|_| vec![Rule::to(target(addr))]).await;
    let answer = exchange(
        running.addr,
        "PUT /a//b?%zz HTTP/1.1\r\nHost: hooks.example\r\nX-Up: 1\r\nConnection: x-gone\r\nX-Gone: 1\r\nx-up: 2\r\n\
         Content-Length: 2\r\n\r\n{}",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    let lower = answer.to_lowercase();
    for there in ["x-a: 1\r\n", "set-cookie: a\r\nset-cookie: b\r\n", "content-length: 4\r\n", "\r\n\r\nmade"] {
        assert!(lower.contains(there), "{there:?} is not in {answer}");
    }
    assert!(!lower.contains("x-hop") && !lower.contains("keep-alive"), "{answer}");
    let mark = running.forward.mark().pseudonym();
    let sent = came.lock().unwrap()[0].clone();
    assert_eq!(
        sent,
        format!(
            "PUT /a//b?%zz HTTP/1.1\r\nHost: {addr}\r\nX-Up: 1\r\nx-up: 2\r\nContent-Length: 2\r\nVia: 1.1 {mark}\r\n\r\n{{}}"
        )
    );
    let captures = running.captures(1).await;
    let capture = &captures[0];
    assert_eq!((capture.answer.status, capture.answer.body.as_ref()), (201, b"made".as_slice()));
    assert_eq!(capture.answer.because, None);
    assert!(capture.times().answered >= capture.timing.answered);
    let attempts = running.attempts(1).await;
    assert_eq!(
        (attempts[0].forwarded, attempts[0].seq, ended(&attempts[0])),
        (Some(1), capture.seq, "answered 201".into())
    );
    assert!(attempts[0].timings.connect.is_some() && attempts[0].timings.first_byte.is_some());
    assert_eq!(attempts[0].timings.dns, None);
}

#[tokio::test]
async fn a_capture_is_there_before_its_target_answers() {
    let (release, held) = tokio::sync::watch::channel(false);
    let addr = target_that(move |mut stream| {
        let mut held = held.clone();
        async move {
            read_request(&mut stream).await;
            held.wait_for(|go| *go).await.unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        }
    })
    .await;
    let running = Running::start(|_| vec![Rule::to(target(addr))]).await;
    let mut news = running.store.subscribe();
    let sending = tokio::spawn(exchange(running.addr, Box::leak(post("/", "x").into_boxed_str())));
    let early = loop {
        if let Some(capture) = running.store.get(creel::model::Seq(1)) {
            break capture;
        }
        news.changed().await.unwrap();
    };
    assert!(early.answer.is_awaited());
    release.send(true).unwrap();
    assert!(sending.await.unwrap().starts_with("HTTP/1.1 204 "));
    running.captures(1).await;
    // The same capture, not another one in its place.
    assert_eq!(early.answer.status, 204);
}

#[tokio::test]
async fn a_body_passes_before_it_has_ended_and_is_not_held_whole() {
    const PIECES: usize = 2_000;
    let (told, mut first) = tokio::sync::mpsc::channel::<()>(1);
    let told = std::sync::Arc::new(told);
    let (go, held) = tokio::sync::watch::channel(false);
    let addr = target_that(move |mut stream| {
        let (mut held, told) = (held.clone(), told.clone());
        async move {
            read_request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n").await.unwrap();
            told.send(()).await.unwrap();
            held.wait_for(|go| *go).await.unwrap();
            let chunk = [b"4000\r\n".as_slice(), &[b'x'; 0x4000], b"\r\n"].concat();
            for _ in 0..PIECES {
                stream.write_all(&chunk).await.unwrap();
            }
            stream.write_all(b"0\r\n\r\n").await.unwrap();
        }
    })
    .await;
    let settings = Settings { reply_limit: 100_000, ..Settings::default() };
    let running = Running::with(settings, |_| vec![Rule::to(target(addr))]).await;
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    stream.write_all(post("/", "x").as_bytes()).await.unwrap();
    first.recv().await.unwrap();
    let mut came = Vec::new();
    while !came.windows(5).any(|window| window == b"first") {
        assert_ne!(stream.read_buf(&mut came).await.unwrap(), 0);
    }
    go.send(true).unwrap();
    let mut all = came.len();
    // The end may come in two pieces, so that a little of what came before is kept.
    while !came.ends_with(b"\r\n0\r\n\r\n") {
        came.drain(..came.len().saturating_sub(8));
        let read = stream.read_buf(&mut came).await.unwrap();
        assert_ne!(read, 0, "cut after {all}");
        all += read;
    }
    assert!(all > PIECES * 0x4000, "{all}");
    let attempt = running.attempts(1).await.remove(0);
    let Some(Outcome::Replied(reply)) = attempt.outcome else { panic!("{attempt:?}") };
    assert_eq!((reply.body.len(), reply.body_received), (100_000, (PIECES * 0x4000 + 5) as u64));
    assert!(reply.body_cut.unwrap().ends_with("the rest was passed on"));
    let capture = running.captures(1).await.remove(0);
    assert_eq!(capture.answer.body.len(), creel::model::given::RESERVED);
    assert!(capture.answer.because.as_deref().unwrap().contains("the attempt has more"));
}

#[tokio::test]
async fn a_target_that_is_not_there_is_502_and_the_capture_stays() {
    let addr = nobody().await;
    let running = Running::start(|_| vec![Rule::to(target(addr))]).await;
    let answer = exchange(running.addr, &post("/x", "body")).await;
    assert!(answer.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{answer}");
    assert!(!answer.contains(&addr.to_string()), "the sender learns of this network: {answer}");
    let capture = running.captures(1).await.remove(0);
    assert_eq!(capture.body.bytes().unwrap().as_ref(), b"body");
    let because = capture.answer.because.clone().unwrap();
    assert_eq!(because, format!("connection refused: nothing listens on {addr}"));
    assert_eq!(ended(&running.attempts(1).await[0]), "refused");
}

#[tokio::test]
async fn targets_that_misbehave_are_502() {
    let closing = target_that(|mut stream| async move {
        read_request(&mut stream).await;
    })
    .await;
    let (nonsense, _) = handler(&[b"SSH-2.0-x\r\n"]).await;
    let issued = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let secure = target_that(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut came = [0; 1024];
            let _ = stream.read(&mut came).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    let https = creel::replay::Target::parse(&format!("https://{secure}")).unwrap();
    for (to, expected) in [(target(closing), "closed"), (target(nonsense), "protocol"), (https.clone(), "tls")] {
        let running = Running::start(|_| vec![Rule::to(to)]).await;
        let answer = exchange(running.addr, &post("/", "x")).await;
        assert!(answer.starts_with("HTTP/1.1 502 "), "{expected}: {answer}");
        assert_eq!(ended(&running.attempts(1).await[0]), expected);
    }
    let unseen = https.with(Options { insecure: true, ..Options::default() });
    let running = Running::start(|_| vec![Rule::to(unseen)]).await;
    let answer = exchange(running.addr, &post("/", "x")).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("ok"), "{answer}");
    assert!(running.attempts(1).await[0].timings.tls.is_some());
}

#[tokio::test]
async fn a_target_that_takes_too_long_is_504_and_the_attempt_goes_on() {
    let (release, held) = tokio::sync::watch::channel(false);
    let addr = target_that(move |mut stream| {
        let mut held = held.clone();
        async move {
            read_request(&mut stream).await;
            held.wait_for(|go| *go).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate").await.unwrap();
        }
    })
    .await;
    let running = Running::start(|_| {
        let mut rule = Rule::to(target(addr));
        rule.within = Duration::from_millis(50);
        vec![rule]
    })
    .await;
    let answer = exchange(running.addr, &post("/", "x")).await;
    assert!(answer.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"), "{answer}");
    let capture = running.captures(1).await.remove(0);
    assert_eq!(
        (capture.answer.status, capture.answer.because.as_deref()),
        (504, Some("the target did not answer within 50 ms (--forward-timeout)"))
    );
    release.send(true).unwrap();
    let attempt = running.attempts(1).await.remove(0);
    let Some(Outcome::Replied(reply)) = attempt.outcome else { panic!("{attempt:?}") };
    assert_eq!((reply.status, reply.body.as_ref()), (200, b"late".as_slice()));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_taken_for_a_whole_one() {
    let addr = target_that(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n").await.unwrap();
    })
    .await;
    let running = Running::start(|_| vec![Rule::to(target(addr))]).await;
    let answer = exchange(running.addr, &post("/", "x")).await;
    assert!(answer.contains("half") && !answer.ends_with("0\r\n\r\n"), "{answer}");
    let capture = running.captures(1).await.remove(0);
    assert_eq!(
        (capture.answer.body.as_ref(), capture.answer.because.as_deref()),
        (b"half".as_slice(), Some("the body broke off"))
    );
}

#[tokio::test]
async fn heads_and_bare_statuses_have_no_body() {
    let (addr, _) = handler(&[
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nETag: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ])
    .await;
    let running = Running::start(|_| vec![Rule::to(target(addr))]).await;
    let head = exchange(running.addr, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(head.to_lowercase().contains("content-length: 9\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(exchange(running.addr, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.starts_with("HTTP/1.1 304 "));
    assert!(exchange(running.addr, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.starts_with("HTTP/1.1 200 "));
    let captures = running.captures(3).await;
    assert!(captures.iter().all(|capture| capture.answer.because.is_none()), "{captures:?}");
}

#[tokio::test]
async fn the_first_rule_that_matches_says_where() {
    let (one, _) = handler(&[b"HTTP/1.1 201 A\r\nContent-Length: 0\r\n\r\n"]).await;
    let (other, _) = handler(&[b"HTTP/1.1 202 B\r\nContent-Length: 0\r\n\r\n"]).await;
    let running = Running::start(|_| {
        let when = |query: &str, addr| {
            let mut rule = Rule::to(target(addr));
            rule.when = Some(Query::parse(query).unwrap());
            rule
        };
        vec![when("path:/a*", one), when("method:POST path:/b", other)]
    })
    .await;
    for (path, status) in [("/a1", "201"), ("/b", "202"), ("/c", "200")] {
        let answer = exchange(running.addr, &post(path, "x")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    assert_eq!(running.attempts(2).await.len(), 2);
}
