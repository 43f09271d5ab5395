//! A handler that checks signatures as a provider's documents say it must, and refuses what is older than five minutes. Written
//! without anything of creel's, so that both cannot be wrong in the same way.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

pub const SECRET: &str = "whsec_c2VjcmV0LXVzZWQtaW4tdGhlLXRlc3Rz";

/// What came.
#[derive(Clone, Debug)]
pub struct Request {
    pub target: String,
    /// By name in lower case; the last of a name counts.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// Listens, answers 200 to what is signed as its path says and 401 to anything else, and hands on what came.
pub fn strict(now: fn() -> i64) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    let own = url.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (sender, own) = (sender.clone(), own.clone());
            thread::spawn(move || answer(&mut stream.unwrap(), &own, now, &sender));
        }
    });
    (url, requests)
}

fn answer(stream: &mut TcpStream, url: &str, now: fn() -> i64, sender: &Sender<Request>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let request = Request { target, headers, body };
    let status = match is_right(&request, url, now()) {
        Some(true) => "200 OK",
        _ => "401 Unauthorized",
    };
    // Whoever sent it may be gone, and nobody may want to know.
    let _ = stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
    let _ = sender.send(request);
}

fn sha256(key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, &pieces.concat()).as_ref().to_vec()
}

/// Whether a request is signed as the provider whose name its path begins with signs, within five minutes of `now`; nothing
/// where something is missing.
pub fn is_right(request: &Request, url: &str, now: i64) -> Option<bool> {
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    let young = |seconds: &str| seconds.parse::<i64>().is_ok_and(|time| (now - time).abs() <= 300);
    let (secret, body) = (SECRET.as_bytes(), request.body.as_slice());
    let path = request.target.split(['?', '/']).nth(1)?;
    Some(match path {
        "stripe" => {
            let pairs: Vec<(&str, &str)> =
                header("stripe-signature")?.split(',').filter_map(|pair| pair.split_once('=')).collect();
            let time = pairs.iter().find(|(name, _)| *name == "t")?.1;
            let right = hex::encode(sha256(secret, &[time.as_bytes(), b".", body]));
            young(time) && pairs.iter().any(|(name, value)| *name == "v1" && *value == right)
        }
        "slack" => {
            let time = header("x-slack-request-timestamp")?;
            let right = hex::encode(sha256(secret, &[b"v0:", time.as_bytes(), b":", body]));
            young(time) && header("x-slack-signature")? == format!("v0={right}")
        }
        "github" => header("x-hub-signature-256")? == format!("sha256={}", hex::encode(sha256(secret, &[body]))),
        "standard" => {
            let (id, time) = (header("webhook-id")?, header("webhook-timestamp")?);
            let key = STANDARD.decode(SECRET.strip_prefix("whsec_")?).unwrap();
            let right = STANDARD.encode(sha256(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]));
            young(time) && header("webhook-signature")?.split(' ').any(|one| one == format!("v1,{right}"))
        }
        "twilio" => {
            let text = |part: &str| {
                percent_encoding::percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned()
            };
            let body = std::str::from_utf8(body).ok()?;
            let mut form: Vec<(String, String)> = body
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (text(name), text(value)))
                .collect();
            form.sort();
            let signed = form.iter().fold(format!("{url}{}", request.target), |all, (name, value)| all + name + value);
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
            header("x-twilio-signature")? == STANDARD.encode(hmac::sign(&key, signed.as_bytes()))
        }
        "telegram" => header("x-telegram-bot-api-secret-token")? == SECRET,
        _ => return None,
    })
}
