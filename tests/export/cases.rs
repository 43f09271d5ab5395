//! Captures that a format is likely to get wrong.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use creel::model::{Answer, Body, Capture, CaptureId, Chunks, Head, Seq, Timing, Wire};
use jiff::Timestamp;

/// A capture of these bytes; `{}` in the head stands for the address.
pub fn capture(seq: u64, head: &[u8], body: &[u8], address: SocketAddr) -> Arc<Capture> {
    let at = head.windows(2).position(|window| window == b"{}");
    let head = match at {
        Some(at) => [&head[..at], address.to_string().as_bytes(), &head[at + 2..]].concat(),
        None => head.to_vec(),
    };
    let chunked = head.to_ascii_lowercase().windows(7).any(|window| window == b"chunked");
    let sizes: Vec<u64> = body.chunks(7).map(|chunk| chunk.len() as u64).collect();
    let chunks = Chunks { count: sizes.len() as u64, sizes: sizes.into(), extensions: false };
    Arc::new(Capture {
        id: CaptureId::fixed(seq.into()),
        seq: Seq(seq),
        received_at: Timestamp::UNIX_EPOCH,
        remote: Some(([192, 0, 2, 7], 4711).into()),
        head: Head::parse(Bytes::from(head)).unwrap(),
        body: Body::complete(Bytes::copy_from_slice(body)),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::new(chunked.then(|| Box::new(chunks)), None),
        origin: None,
    })
}

/// Bodies with something in them that means something to a shell, a language, a tool or a terminal.
pub fn bodies() -> Vec<Vec<u8>> {
    let long: Vec<u8> = (0..150_000_u32).map(|number| b' ' + (number % 90) as u8).collect();
    let all: Vec<u8> = (0..=255).collect();
    [
        b"{\"a\": \"it's\"}\n".as_slice(),
        b"\n",
        b"a=b&c=%41+d",
        b"@/etc/passwd",
        b"@-",
        b"=@/etc/passwd",
        b"-d --data",
        b"--raw=x",
        b"$(touch owned) `touch owned` \"; touch owned #",
        b"'; touch owned; '",
        b"\\n \\u0000 \\x41 %s %% %d ! ~ * ? ${a} #{b}",
        b"\\",
        b"\"\"\"",
        b"  leading and trailing blanks  \n   on lines \n\t\n",
        b"a\r\nb\tc\x1b[31m\x7f\xff\xfe",
        b"with a \0 inside",
        b"trailing newlines\n\n\n",
        b"*/ // --> ]]> </script> EOF",
        "caf\u{e9} \u{202e} \u{1f512} \u{2028}".as_bytes(),
        &all,
        &long,
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

/// Requests with those bodies, in every framing.
pub fn with_bodies(address: SocketAddr) -> Vec<Arc<Capture>> {
    let mut all = Vec::new();
    for body in bodies() {
        let length = body.len();
        for head in [
            format!(
                "POST /hook HTTP/1.1\r\nHost: {{}}\r\nContent-Type: text/plain\r\nCONTENT-length: {length}\r\n\r\n"
            ),
            format!("PUT /hook?a=1 HTTP/1.1\r\nHost: {{}}\r\nContent-Length: {length}\r\n\r\n"),
            "POST / HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n".to_owned(),
        ] {
            all.push(capture(all.len() as u64 + 1, head.as_bytes(), &body, address));
        }
    }
    for (head, body) in [
        (b"POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n".as_slice(), b"".as_slice()),
        (b"POST / HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n", b""),
        (b"GET / HTTP/1.1\r\nHost: {}\r\nContent-Length: 3\r\n\r\n", b"abc"),
        (b"DELETE / HTTP/1.1\r\nHost: {}\r\nContent-Type: x\r\nContent-Length: 3\r\n\r\n", b"abc"),
    ] {
        all.push(capture(all.len() as u64 + 1, head, body, address));
    }
    all
}

/// Requests with heads that clients like to put right.
pub fn with_heads(address: SocketAddr) -> Vec<Arc<Capture>> {
    let many: Vec<u8> = (0..100).flat_map(|at| format!("X-Header-{at}: value {at}\r\n").into_bytes()).collect();
    let many = [b"GET / HTTP/1.1\r\nHost: {}\r\n".as_slice(), &many, b"\r\n"].concat();
    let heads = [
        b"GET / HTTP/1.1\r\nHost: {}\r\n\r\n".as_slice(),
        b"GET / HTTP/1.0\r\nHost: {}\r\nAccept: */*\r\n\r\n",
        b"HEAD /a HTTP/1.1\r\nHost: {}\r\nUser-Agent: x\r\n\r\n",
        b"PURGE /a?b=c&d HTTP/1.1\r\nHost: {}\r\nX-A: 1\r\nx-b: 2\r\nX-a: 3\r\nX-A: 1\r\n\r\n",
        b"pUrGe / HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"M-SEARCH * HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET /%zz//../\xc3\xa9/./?a=[1-3]{b,c}&%41%2f HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET /%41//../a/./?a=1&%2f=%41;b+c HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET /\xff\x80'\"`$(id)\\!;|<>^#frag HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET http://elsewhere.example/a HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET //evil.example/a HTTP/1.1\r\nHost: {}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {}\r\nEmpty:\r\nQuote: it's \"$(id)\" `id` \\ ! %s ${x} #{y} # z\r\nAt: @/etc/passwd\r\nEqual: =1\r\nSemi: a;\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {}\r\nOdd: \xff\xe9\x80 \xc3\xa9 \xe2\x80\xae\tx\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {}\r\nText: \xc3\xa9 \xe2\x80\xae\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {}\r\nBack: \\: \\= \\@\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {}\r\nBraces: {{a}}\r\n__proto__: x\r\nX!#$%&'*+-.^_`|~: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\nCookie: a=b; c=d\r\nAccept-Encoding: gzip, br\r\nX-Is: {}\r\n\r\n",
        b"GET / HTTP/1.1\r\nAccept: x\r\nX-Is: {}\r\n\r\n",
        &many,
    ];
    heads.iter().enumerate().map(|(at, head)| capture(at as u64 + 1, head, b"", address)).collect()
}
