//! The picture in the README: the real interface, drawn by the program itself after a morning's webhooks.
//!
//! `UPDATE=1 cargo test --test picture` draws it anew; look at it before committing it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::{fmt::Write as _, sync::Arc};

use bytes::Bytes;
use creel::model::{Answer, Capture, CaptureId, Failure, Outcome, Reply, Seq};
use support::{
    captures::{capture, get_health, truncated},
    picture::{assert_picture, svg},
    stage::Stage,
};

const SIZE: (u16, u16) = (140, 36);
const ABOUT: &str = "creel in a terminal: a list of webhooks from GitHub, Stripe, Slack and others, the JSON body of the \
                     one that is selected, and its three replays, of which the last was answered 200 OK";

/// What is read in the picture.
const INVOICE: &str = r#"{"id":"evt_1QnPzL2eZvKYlo2C8mXw4Tqd","object":"event","api_version":"2025-12-15","created":1769851625,"livemode":false,"type":"invoice.payment_failed","pending_webhooks":1,"data":{"object":{"id":"in_1QnPzK2eZvKYlo2CbRtH9fWs","customer":"cus_RgT4uVbN0aXe2L","customer_email":"ada@example.com","currency":"eur","amount_due":1999,"amount_paid":0,"attempt_count":2,"auto_advance":true,"next_payment_attempt":1770110825,"lines":{"object":"list","data":[{"id":"il_1QnPzK2eZvKYlo2C3uYk7dPo","amount":1999,"description":"1 × Harbour berth, monthly","proration":false,"discounts":[]}],"has_more":false},"status":"open","tax":null}},"request":{"id":null,"idempotency_key":null}}"#;

fn json(path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Capture {
    let body = body.into();
    let length = body.len().to_string();
    let own = [("Host", "127.0.0.1:4600"), ("Content-Type", "application/json"), ("Content-Length", &length)];
    capture("POST", path, &[headers, &own].concat(), body)
}

fn github(event: &str, action: &str, commits: usize) -> Capture {
    let mut body =
        format!(r#"{{"action":"{action}","repository":{{"id":186853002,"full_name":"ada/harbour"}},"commits":["#);
    for at in 0..commits {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(
            body,
            r#"{comma}{{"id":"{:040x}","message":"Mend the net, part {at}","author":{{"name":"Ada","email":"ada@example.com"}},"added":[],"removed":[],"modified":["src/net.rs"]}}"#,
            at * 7_919 + 104_729
        );
    }
    body.push_str("]}");
    let delivery = format!("72d3162e-cc78-11e3-81ab-{commits:012x}");
    json("/github", &[("X-GitHub-Event", event), ("X-GitHub-Delivery", &delivery)], body)
}

fn stripe(body: &str) -> Capture {
    json("/stripe", &[("Stripe-Signature", "t=1769851625,v1=5257a869e7ecebeda32affa62cdca3fa")], body.to_owned())
}

fn stripe_event(kind: &str, fields: usize) -> Capture {
    let metadata = (0..fields).map(|at| format!(r#""order_{at}":"{:08x}""#, at * 40_503 + 65_537)).collect::<Vec<_>>();
    stripe(&format!(
        r#"{{"id":"evt_{fields}","object":"event","type":"{kind}","pending_webhooks":1,"data":{{"object":{{"metadata":{{{}}}}}}}}}"#,
        metadata.join(",")
    ))
}

fn shopify() -> Capture {
    let body = r#"{"id":820982911946154508,"email":"jon@example.com","total_price":"254.98","currency":"EUR","line_items":[{"id":866550311766439020,"title":"Fishing line, 300 m","quantity":2,"price":"9.99"}]}"#;
    json("/shopify", &[("X-Shopify-Topic", "orders/create"), ("X-Shopify-Webhook-Id", "b54557e4")], body)
}

fn slash_command() -> Capture {
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("X-Slack-Signature", "v0=a2114d57"),
        ("X-Slack-Request-Timestamp", "1531420618"),
    ];
    capture("POST", "/slack", &headers, "command=%2Fweather&text=94070&team_domain=harbour&user_name=ada")
}

fn slack_event() -> Capture {
    let body = r#"{"token":"one-long-verification-token","team_id":"T061EG9R6","type":"event_callback","event_id":"Ev0PV52K21","event":{"type":"app_mention","user":"U061F7AUR","text":"<@U0LAN0Z89> is the tide in?","channel":"C0LAN2Q65"}}"#;
    json("/slack", &[("X-Slack-Signature", "v0=a2114d57"), ("X-Slack-Request-Timestamp", "1769851621")], body)
}

fn reply(status: u16, body: &'static str) -> Outcome {
    Outcome::Replied(Box::new(Reply {
        status,
        reason: String::new(),
        headers: vec![(Bytes::from_static(b"content-type"), Bytes::from_static(b"application/json"))],
        body: Bytes::from_static(body.as_bytes()),
        body_received: body.len() as u64,
        body_cut: None,
    }))
}

fn refused() -> Outcome {
    Outcome::Failed(Failure {
        kind: "refused",
        sentence: "connection refused: nothing listens on localhost:3000".to_owned(),
    })
}

/// What came, second by second.
fn morning() -> Vec<Vec<Capture>> {
    let mut too_large = truncated();
    too_large.answer = Arc::new(Answer::status(413)).into();
    vec![
        vec![get_health()],
        vec![github("ping", "", 0)],
        vec![],
        vec![],
        vec![github("push", "", 36)],
        vec![github("check_run", "created", 9), github("check_run", "completed", 10)],
        vec![],
        vec![],
        vec![],
        vec![slash_command()],
        vec![github("issues", "opened", 3)],
        vec![too_large],
        vec![],
        vec![],
        vec![get_health()],
        vec![stripe_event("customer.created", 40), stripe_event("customer.subscription.created", 90)],
        vec![stripe_event("invoice.created", 120), stripe(INVOICE)],
        vec![],
        vec![capture("DELETE", "/cache", &[("Host", "127.0.0.1:4600")], "")],
        vec![slack_event()],
        vec![shopify(), shopify()],
        vec![],
        vec![github("pull_request", "opened", 24)],
        vec![
            github("pull_request_review", "submitted", 26),
            github("check_run", "created", 9),
            github("check_run", "completed", 10),
        ],
    ]
}

fn scene(theme: &str) -> Stage {
    let mut stage = Stage::new(SIZE.0, SIZE.1).themed(theme);
    let mut number = 0x0194_bb1e_2c5a_7000_8000_0000_0000_0000_u128;
    for second in morning() {
        for mut capture in second {
            number += 1;
            capture.id = CaptureId::fixed(number);
            capture.received_at = stage.state.now;
            stage.receive(capture);
        }
        stage.tick();
    }
    // The failed payment is found, pinned, and replayed until the handler takes it.
    stage.keys("/ \"not_path:/health\" enter");
    let invoice = |stage: &Stage| {
        let selected = Seq(stage.selected().unwrap());
        stage.state.captures.get(selected).unwrap().body.first().as_ref() == INVOICE.as_bytes()
    };
    for _ in 0..stage.listed().len() {
        if !invoice(&stage) {
            stage.keys("k");
        }
    }
    assert!(invoice(&stage));
    stage.keys("enter m r").outcome(1, 62, reply(500, r#"{"error":"no such customer: cus_RgT4uVbN0aXe2L"}"#));
    stage.tick().tick().keys("r").outcome(2, 1, refused());
    stage.tick().tick().tick().keys("r").outcome(3, 31, reply(200, r#"{"ok":true}"#));
    stage.receive(Capture { received_at: stage.state.now, ..github("push", "", 33) });
    stage.tick();
    stage
}

#[test]
fn the_picture_is_the_screen() {
    for (name, theme) in [("screen.svg", "dark"), ("screen-light.svg", "light")] {
        let stage = scene(theme);
        let picture = svg(&stage.buffer(), &stage.theme, "creel --target localhost:3000/webhooks", ABOUT);
        assert!(picture.len() < 150_000, "{name} has {} bytes", picture.len());
        assert_picture(name, &picture);
    }
}
