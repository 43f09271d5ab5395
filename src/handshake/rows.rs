//! The handshakes, one row each, and what each answers.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use ring::hmac;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::{Asked, Handshake, LONGEST, is_plain, is_token};
use crate::model::Answer;
use crate::signature::{self, Age, Message, Verdict, verify};

/// Every handshake.
pub const HANDSHAKES: &[Handshake] = &[
    Handshake {
        name: "slack",
        known_by: "POST of JSON with type url_verification and a challenge",
        answer: "the challenge",
        secret: Some(("slack", false)),
        yields: false,
        source: "docs.slack.dev, \"url_verification event\"",
        reply: slack,
    },
    Handshake {
        name: "meta",
        known_by: "GET with hub.mode=subscribe, hub.verify_token and hub.challenge",
        answer: "the challenge; 403 where the token is not the secret meta-verify",
        secret: Some(("meta-verify", false)),
        yields: false,
        source: "developers.facebook.com, \"Webhooks: Verification Requests\"",
        reply: meta,
    },
    Handshake {
        name: "x",
        known_by: "GET with crc_token",
        answer: "its HMAC with the secret x",
        secret: Some(("x", true)),
        yields: false,
        source: "docs.x.com, \"Challenge-Response Checks\"",
        reply: crc,
    },
    Handshake {
        name: "zoom",
        known_by: "POST of JSON with event endpoint.url_validation and a plainToken",
        answer: "the token and its HMAC with the secret zoom",
        secret: Some(("zoom", true)),
        yields: false,
        source: "developers.zoom.us, \"Validate your webhook endpoint\"",
        reply: zoom,
    },
    Handshake {
        name: "cloudevents",
        known_by: "OPTIONS with WebHook-Request-Origin",
        answer: "WebHook-Allowed-Origin and WebHook-Allowed-Rate, as asked for",
        secret: None,
        yields: false,
        source: "CloudEvents 1.0, \"HTTP 1.1 Web Hooks for Event Delivery\" §4",
        reply: cloudevents,
    },
    Handshake {
        name: "dropbox",
        known_by: "GET with challenge and no other parameter",
        answer: "the challenge",
        secret: None,
        yields: false,
        source: "dropbox.com/developers, \"Webhooks: the verification request\"",
        reply: dropbox,
    },
    Handshake {
        name: "discord",
        known_by: "POST of JSON with type 1 or 0, signed",
        answer: "type 1, or 204 for 0; 401 where the secret discord says that the signature is wrong",
        secret: Some(("discord", false)),
        yields: false,
        source: "docs.discord.com, \"Preparing for Interactions\" and \"Webhook Events\"",
        reply: discord,
    },
    Handshake {
        name: "graph",
        known_by: "POST with validationToken in the query and no body",
        answer: "the token",
        secret: None,
        yields: false,
        source: "learn.microsoft.com, \"Microsoft Graph change notifications: notificationUrl validation\"",
        reply: graph,
    },
    Handshake {
        name: "okta",
        known_by: "GET with X-Okta-Verification-Challenge",
        answer: "the challenge as verification, in JSON",
        secret: None,
        yields: false,
        source: "developer.okta.com, \"Event hooks: one-time verification\"",
        reply: okta,
    },
    Handshake {
        name: "adyen",
        known_by: "POST of JSON with live and notificationItems: every notification",
        answer: "[accepted], where no target answers in its place",
        secret: None,
        yields: true,
        source: "docs.adyen.com, \"Accept webhooks\"",
        reply: adyen,
    },
];

/// A text as the answer.
fn text(body: &str) -> Answer {
    given(200, "text/plain; charset=utf-8", body)
}

fn given(status: u16, kind: &'static str, body: &str) -> Answer {
    let headers = [("content-type", kind), ("x-content-type-options", "nosniff"), ("cache-control", "no-store")];
    Answer {
        status,
        headers: headers.map(|(name, value)| (name.to_owned(), Bytes::from_static(value.as_bytes()))).into(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        because: None,
    }
}

/// What a signature of that provider says, where there is a secret.
fn verdict(asked: &Asked<'_>, provider: &str) -> Option<Verdict> {
    if asked.secrets.is_empty() {
        return None;
    }
    let message = Message::of(asked.capture, &[]);
    let scheme = signature::of(provider).next()?;
    Some(verify(scheme, &message, &asked.secrets, Age::Scheme).verdict)
}

fn slack(asked: &Asked<'_>) -> Option<Answer> {
    if !asked.is(b"POST") || asked.text("type")? != "url_verification" || asked.json()?.get("event").is_some() {
        return None;
    }
    let challenge = asked.text("challenge").filter(|challenge| is_plain(challenge))?;
    let wrong = verdict(asked, "slack").is_some_and(|verdict| verdict != Verdict::Valid);
    (!wrong).then(|| text(&challenge))
}

fn meta(asked: &Asked<'_>) -> Option<Answer> {
    let query = asked.query().filter(|_| asked.is(b"GET"))?;
    let one = |name: &str| {
        let mut found = query.iter().filter(|(own, _)| own == name);
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| value.as_str())
    };
    if query.len() != 3 || one("hub.mode")? != "subscribe" {
        return None;
    }
    let (challenge, token) = (one("hub.challenge").filter(|text| is_plain(text))?, one("hub.verify_token")?);
    let fits = |secret: &[u8]| bool::from(secret.ct_eq(token.as_bytes()));
    if !asked.secrets.is_empty() && !asked.secrets.iter().any(|secret| fits(secret.bytes())) {
        return Some(given(403, "text/plain; charset=utf-8", "another verify token is expected\n"));
    }
    Some(text(challenge))
}

fn signed(asked: &Asked<'_>, token: &str) -> Option<hmac::Tag> {
    let secret = asked.secrets.first()?;
    Some(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.bytes()), token.as_bytes()))
}

/// The answer where a secret is needed and none is known. The sender is not told which.
fn without(name: &str) -> Answer {
    Answer {
        because: Some(format!("no secret {name} is known; --secret {name}=env:NAME names one").into()),
        ..given(503, "text/plain; charset=utf-8", "this cannot be answered yet\n")
    }
}

fn crc(asked: &Asked<'_>) -> Option<Answer> {
    let query = asked.query().filter(|_| asked.is(b"GET"))?;
    let known = query.iter().all(|(name, _)| name == "crc_token" || name == "nonce");
    let mut tokens = query.iter().filter(|(name, _)| name == "crc_token");
    let (_, token) = tokens.next().filter(|(_, token)| known && is_token(token))?;
    if tokens.next().is_some() {
        return None;
    }
    let Some(signed) = signed(asked, token) else { return Some(without("x")) };
    let response = format!("sha256={}", STANDARD.encode(signed));
    Some(given(200, "application/json", &json!({ "response_token": response }).to_string()))
}

fn zoom(asked: &Asked<'_>) -> Option<Answer> {
    if !asked.is(b"POST") || asked.text("event")? != "endpoint.url_validation" {
        return None;
    }
    let token = asked.json()?.get("payload")?.get("plainToken")?.scalar(LONGEST)?;
    let token = std::str::from_utf8(&token).ok().filter(|token| is_token(token))?;
    // The request is signed too, by the same secret.
    if verdict(asked, "zoom").is_some_and(|verdict| !matches!(verdict, Verdict::Valid | Verdict::Missing)) {
        return None;
    }
    let Some(signed) = signed(asked, token) else { return Some(without("zoom")) };
    let encrypted = hex::encode(signed);
    let body = json!({ "plainToken": token, "encryptedToken": encrypted });
    Some(given(200, "application/json", &body.to_string()))
}

fn cloudevents(asked: &Asked<'_>) -> Option<Answer> {
    let head = &asked.capture.head;
    let origin = head.header_str("webhook-request-origin").filter(|_| asked.is(b"OPTIONS"))?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:/".contains(&byte);
    if origin.is_empty() || origin.len() > 255 || !origin.bytes().all(is_name) {
        return None;
    }
    let mut answer = text("");
    answer.headers.retain(|(name, _)| name != "content-type");
    let mut add =
        |name: &str, value: &str| answer.headers.push((name.to_owned(), Bytes::copy_from_slice(value.as_bytes())));
    add("webhook-allowed-origin", origin);
    if let Some(rate) = head.header_str("webhook-request-rate") {
        let is_rate = !rate.is_empty() && rate.len() <= 9 && rate.bytes().all(|byte| byte.is_ascii_digit());
        add("webhook-allowed-rate", if is_rate { rate } else { "*" });
    }
    add("allow", "POST");
    Some(answer)
}

fn dropbox(asked: &Asked<'_>) -> Option<Answer> {
    let query = asked.query().filter(|query| asked.is(b"GET") && query.len() == 1)?;
    let (_, challenge) = query.first().filter(|(name, value)| name == "challenge" && is_plain(value))?;
    Some(text(challenge))
}

fn discord(asked: &Asked<'_>) -> Option<Answer> {
    if !asked.is(b"POST") || asked.capture.head.header("x-signature-ed25519").is_none() {
        return None;
    }
    let kind = asked.text("type")?;
    let is_ping = matches!(kind.as_str(), "0" | "1") && asked.json()?.get("event").is_none();
    if !is_ping || asked.json()?.get("data").is_some() {
        return None;
    }
    if verdict(asked, "discord").is_some_and(|verdict| verdict != Verdict::Valid) {
        return Some(given(401, "text/plain; charset=utf-8", "the signature is wrong\n"));
    }
    Some(if kind == "1" { given(200, "application/json", "{\"type\":1}") } else { Answer::status(204) })
}

fn graph(asked: &Asked<'_>) -> Option<Answer> {
    let query = asked.query().filter(|_| asked.is(b"POST") && asked.capture.body.received() == 0)?;
    let mut tokens = query.iter().filter(|(name, _)| name == "validationToken");
    let (_, token) = tokens.next().filter(|(_, token)| is_plain(token))?;
    tokens.next().is_none().then(|| text(token))
}

fn okta(asked: &Asked<'_>) -> Option<Answer> {
    let challenge = asked.capture.head.header_str("x-okta-verification-challenge").filter(|_| asked.is(b"GET"))?;
    is_plain(challenge).then(|| given(200, "application/json", &json!({ "verification": challenge }).to_string()))
}

fn adyen(asked: &Asked<'_>) -> Option<Answer> {
    if !asked.is(b"POST") {
        return None;
    }
    let json = asked.json()?;
    json.get("live")?;
    json.get("notificationItems")?.first()?.get("NotificationRequestItem")?;
    Some(text("[accepted]"))
}
