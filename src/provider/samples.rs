//! One or more captures for each provider, shortened from what its documentation shows, and what is known of them.

use std::{net::Ipv4Addr, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::{PROVIDERS, known, recognise, which};
use crate::model::{Answer, Body, Capture, CaptureId, Fidelity, Head, Seq, Timing, Version, Wire};

struct Sample {
    provider: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    event: Option<&'static str>,
    delivery: Option<&'static str>,
}

const fn sample(
    provider: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    event: Option<&'static str>,
    delivery: Option<&'static str>,
) -> Sample {
    Sample { provider, headers, body, event, delivery }
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");

#[rustfmt::skip]
const SAMPLES: &[Sample] = &[
    sample("github", &[("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "72d3162e"), ("X-Hub-Signature-256", "sha256=00")],
        r#"{"ref":"refs/heads/main","commits":[{"action":"no"}]}"#, Some("push"), Some("72d3162e")),
    sample("github", &[("x-github-event", "pull_request"), ("x-github-delivery", "1")],
        r#"{"action":"opened","number":2}"#, Some("pull_request.opened"), Some("1")),
    sample("github", &[FORM, ("X-GitHub-Event", "issues")], "payload=%7B%22action%22%3A%22closed%22%7D", Some("issues.closed"), None),
    sample("gitea", &[("X-GitHub-Event", "push"), ("X-Gitea-Event", "push"), ("X-Gitea-Delivery", "f6266f16")], "{}",
        Some("push"), Some("f6266f16")),
    sample("gitlab", &[("X-Gitlab-Event", "Merge Request Hook"), ("Idempotency-Key", "k"), ("webhook-signature", "v1,eA==")],
        r#"{"object_kind":"merge_request","object_attributes":{"id":99,"action":"open"}}"#, Some("merge_request.open"), Some("k")),
    sample("gitlab", &[("X-Gitlab-Event", "System Hook")], "", Some("System Hook"), None),
    sample("bitbucket", &[("X-Event-Key", "repo:push"), ("X-Request-UUID", "u"), ("X-Hub-Signature", "sha256=00")], "{}",
        Some("repo:push"), Some("u")),
    sample("stripe", &[("Stripe-Signature", "t=1,v1=00")],
        r#"{"id":"evt_1","object":"event","data":{"object":{"type":"no"}},"type":"invoice.paid"}"#, Some("invoice.paid"), Some("evt_1")),
    sample("stripe", &[], r#"{"id":"evt_1","object":"event","pending_webhooks":1,"type":"charge.failed"}"#,
        Some("charge.failed"), Some("evt_1")),
    sample("slack", &[("X-Slack-Signature", "v0=00")],
        r#"{"token":"x","event":{"client_msg_id":"c","type":"app_mention"},"type":"event_callback","event_id":"Ev1"}"#,
        Some("app_mention"), Some("Ev1")),
    sample("slack", &[("X-Slack-Signature", "v0=00")], r#"{"challenge":"c","type":"url_verification"}"#, Some("url_verification"), None),
    sample("slack", &[FORM, ("X-Slack-Signature", "v0=00")], "token=t&command=%2Fdeploy&text=now", Some("/deploy"), None),
    sample("slack", &[FORM, ("X-Slack-Signature", "v0=00")], "payload=%7B%22type%22%3A+%22block_actions%22%7D", Some("block_actions"), None),
    sample("shopify", &[("X-Shopify-Topic", "orders/create"), ("X-Shopify-Webhook-Id", "b54557e4")], "{}",
        Some("orders/create"), Some("b54557e4")),
    sample("twilio", &[FORM, ("X-Twilio-Signature", "x="), ("I-Twilio-Idempotency-Token", "i")],
        "MessageSid=SM1&MessageStatus=delivered", Some("delivered"), Some("i")),
    sample("svix", &[("svix-id", "msg_1"), ("svix-signature", "v1,eA=="), ("webhook-signature", "v1,eA==")],
        r#"{"data":{"id":"u"},"type":"user.created"}"#, Some("user.created"), Some("msg_1")),
    sample("standard-webhooks", &[("webhook-id", "msg_2"), ("webhook-signature", "v1,eA==")], r#"{"type":"response.completed"}"#,
        Some("response.completed"), Some("msg_2")),
    sample("paddle", &[("Paddle-Signature", "ts=1;h1=00")], r#"{"event_id":"evt_2","event_type":"transaction.completed"}"#,
        Some("transaction.completed"), Some("evt_2")),
    sample("square", &[("x-square-hmacsha256-signature", "x=")], r#"{"merchant_id":"m","type":"payment.created","event_id":"e"}"#,
        Some("payment.created"), Some("e")),
    sample("trello", &[("X-Trello-Webhook", "x=")], r#"{"model":{"id":"m"},"action":{"id":"a","type":"updateCard"}}"#,
        Some("updateCard"), Some("a")),
    sample("paypal", &[("PAYPAL-TRANSMISSION-ID", "t")], r#"{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}"#,
        Some("PAYMENT.CAPTURE.COMPLETED"), Some("WH-1")),
    sample("discord", &[("X-Signature-Ed25519", "00")], r#"{"id":"8","type":2,"data":{}}"#, Some("application_command"), Some("8")),
    sample("discord", &[("X-Signature-Ed25519", "00")], r#"{"version":1,"type":1,"event":{"type":"APPLICATION_AUTHORIZED"}}"#,
        Some("APPLICATION_AUTHORIZED"), None),
    sample("zoom", &[("x-zm-signature", "v0=00")], r#"{"payload":{},"event":"meeting.started"}"#, Some("meeting.started"), None),
    sample("linear", &[("Linear-Event", "Issue"), ("Linear-Delivery", "d")], r#"{"action":"create","type":"Issue"}"#,
        Some("Issue.create"), Some("d")),
    sample("hubspot", &[("X-HubSpot-Signature-v3", "x=")], r#"[{"eventId":100,"subscriptionType":"contact.creation"}]"#,
        Some("contact.creation"), Some("100")),
    sample("hubspot", &[], r#"[{"eventId":100,"portalId":1,"subscriptionType":"deal.deletion"}]"#, Some("deal.deletion"), Some("100")),
    sample("intercom", &[("X-Hub-Signature", "sha1=00")],
        r#"{"type":"notification_event","topic":"conversation.user.created","id":"notif_1"}"#,
        Some("conversation.user.created"), Some("notif_1")),
    sample("mailgun", &[], r#"{"signature":{"token":"t"},"event-data":{"id":"G9","event":"delivered"}}"#, Some("delivered"), Some("G9")),
    sample("sendgrid", &[("X-Twilio-Email-Event-Webhook-Signature", "x=")], "[{\"event\":\"open\",\"sg_event_id\":\"s\"}]\r\n",
        Some("open"), Some("s")),
    sample("sendgrid", &[], "[{\"event\":\"bounce\",\"sg_event_id\":\"s\"}]", Some("bounce"), Some("s")),
    sample("typeform", &[("Typeform-Signature", "sha256=x=")], r#"{"event_id":"01","event_type":"form_response"}"#,
        Some("form_response"), Some("01")),
    sample("calendly", &[("Calendly-Webhook-Signature", "t=1,v1=00")], r#"{"event":"invitee.created"}"#, Some("invitee.created"), None),
    sample("docusign", &[("X-DocuSign-Signature-1", "x=")], r#"{"event":"envelope-completed"}"#, Some("envelope-completed"), None),
    sample("woocommerce", &[("X-WC-Webhook-Topic", "order.updated"), ("X-WC-Webhook-Delivery-ID", "9")], "{}",
        Some("order.updated"), Some("9")),
    sample("adyen", &[], r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"eventCode":"AUTHORISATION"}}]}"#,
        Some("AUTHORISATION"), None),
    sample("razorpay", &[("X-Razorpay-Signature", "00"), ("x-razorpay-event-id", "Gb5")], r#"{"entity":"event","event":"payment.captured"}"#,
        Some("payment.captured"), Some("Gb5")),
    sample("meta", &[("X-Hub-Signature-256", "sha256=00")],
        r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":{},"field":"messages"}]}]}"#,
        Some("whatsapp_business_account.messages"), None),
    sample("meta", &[("X-Hub-Signature", "sha1=00")], r#"{"object":"page","entry":[{"messaging":[]}]}"#, Some("page"), None),
    sample("line", &[("x-line-signature", "x=")], r#"{"destination":"U","events":[{"type":"message","webhookEventId":"01F"}]}"#,
        Some("message"), Some("01F")),
    sample("telegram", &[("X-Telegram-Bot-Api-Secret-Token", "s")], r#"{"update_id":10,"callback_query":{}}"#,
        Some("callback_query"), Some("10")),
    sample("telegram", &[], "{\n\"update_id\": 11,\n\"message\": {}}", Some("message"), Some("11")),
    sample("okta", &[("x-okta-verification-challenge", "c")], "", None, None),
    sample("okta", &[], r#"{"eventType":"com.okta.event_hook","eventId":"e","data":{"events":[{"uuid":"u","eventType":"user.lifecycle.create"}]}}"#,
        Some("user.lifecycle.create"), Some("e")),
    sample("sns", &[("x-amz-sns-message-type", "Notification"), ("x-amz-sns-message-id", "m")], "{}", Some("Notification"), Some("m")),
    sample("sns", &[("Content-Type", "text/plain")], r#"{"Type":"SubscriptionConfirmation","MessageId":"m","TopicArn":"arn:aws:sns:x"}"#,
        Some("SubscriptionConfirmation"), Some("m")),
    sample("dropbox", &[("X-Dropbox-Signature", "00")], r#"{"list_folder":{"accounts":["a"]}}"#, Some("list_folder"), None),
    sample("lemon-squeezy", &[("X-Event-Name", "order_created"), ("X-Signature", "00")],
        r#"{"meta":{"event_name":"order_created"},"data":{}}"#, Some("order_created"), None),
    sample("workos", &[("WorkOS-Signature", "t=1, v1=00")], r#"{"id":"wh_1","event":"dsync.user.created"}"#, Some("dsync.user.created"), Some("wh_1")),
    sample("elevenlabs", &[("ElevenLabs-Signature", "t=1,v0=00")], r#"{"type":"post_call_transcription"}"#, Some("post_call_transcription"), None),
    sample("webflow", &[("x-webflow-signature", "00")], r#"{"triggerType":"form_submission"}"#, Some("form_submission"), None),
    sample("sanity", &[("sanity-webhook-signature", "t=1,v1=x"), ("sanity-operation", "create"), ("idempotency-key", "k")], "{}",
        Some("create"), Some("k")),
    sample("cursor", &[("User-Agent", "Cursor-Agent-Webhook/1.0"), ("X-Webhook-ID", "w")], r#"{"event":"statusChange"}"#,
        Some("statusChange"), Some("w")),
    sample("vercel", &[("x-vercel-signature", "00")], r#"{"id":"v","type":"deployment.created"}"#, Some("deployment.created"), Some("v")),
];

fn capture(headers: &[(&str, &str)], body: &[u8]) -> Capture {
    let headers = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Capture {
        id: CaptureId::fixed(1),
        seq: Seq(1),
        received_at: Timestamp::UNIX_EPOCH,
        remote: Some((Ipv4Addr::LOCALHOST, 1).into()),
        head: Head::from_parts(b"POST", b"/hooks", Version::Http11, headers, Fidelity::Fields),
        body: Body::complete(Bytes::copy_from_slice(body)),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

#[test]
fn every_sample_is_recognised_with_event_and_delivery() {
    for sample in SAMPLES {
        let capture = capture(sample.headers, sample.body.as_bytes());
        let found = recognise(&capture).unwrap_or_else(|| panic!("{} {:?}", sample.provider, sample.headers));
        let context = format!("{} {}", sample.provider, sample.body);
        assert_eq!(found.provider.name, sample.provider, "{context}");
        assert_eq!(found.event.as_deref(), sample.event.map(str::as_bytes), "{context}");
        assert_eq!(found.delivery.as_deref(), sample.delivery.map(str::as_bytes), "{context}");
    }
}

#[test]
fn what_is_known_is_what_is_recognised() {
    for sample in SAMPLES {
        let capture = capture(sample.headers, sample.body.as_bytes());
        for _ in 0..2 {
            assert_eq!(known(&capture), recognise(&capture));
        }
        // Another capture made from it, as masking and editing make them.
        let head = Head::from_parts(b"POST", b"/", Version::Http11, std::iter::empty(), Fidelity::Fields);
        let other = Capture { head, body: Body::complete(Bytes::new()), ..capture };
        assert_eq!((known(&other), known(&other.clone())), (None, None));
    }
}

#[test]
fn every_provider_has_a_sample() {
    for provider in PROVIDERS {
        assert!(SAMPLES.iter().any(|sample| sample.provider == provider.name), "{}", provider.name);
    }
}

#[test]
fn every_sign_header_is_enough_or_needs_its_second_signal() {
    for provider in PROVIDERS {
        for sign in provider.signs {
            let (name, value, enough) = match sign {
                super::Sign::Header(name) => (*name, "x", true),
                super::Sign::Shared(name, begins, _) => (*name, *begins, false),
                super::Sign::Body(_) => continue,
            };
            let found = which(&capture(&[("Host", "a"), (name, value)], b"{\"a\":1}"));
            assert_eq!(found.map(|found| found.name), enough.then_some(provider.name), "{name}");
        }
    }
}

#[test]
fn what_several_send_alone_decides_nothing() {
    for (headers, body) in [
        (&[("X-Hub-Signature-256", "sha256=00")][..], r#"{"a":1}"#),
        (&[("X-Hub-Signature", "sha256=00")], r#"{"object":"page","entry":[]}"#),
        (&[("X-Signature", "00")], "{}"),
        (&[], r#"{"type":"user.created","id":"1","event":"x","action":"y"}"#),
        (&[], r#"{"signature":{"event-data":1}}"#),
        (&[], "update_id=1"),
        (&[], ""),
    ] {
        assert!(which(&capture(headers, body.as_bytes())).is_none(), "{headers:?} {body}");
    }
}

#[test]
fn headers_decide_before_the_body() {
    let found = recognise(&capture(&[("X-Gitlab-Event", "Push Hook")], br#"{"update_id":1,"message":{}}"#)).unwrap();
    assert_eq!((found.provider.name, found.event.as_deref()), ("gitlab", Some(b"Push Hook".as_slice())));
}

#[test]
fn what_is_too_long_is_no_event() {
    let long = "x".repeat(super::NAME_BYTES + 1);
    let found = recognise(&capture(&[("X-GitHub-Event", &long), ("X-GitHub-Delivery", &long)], b"{}")).unwrap();
    assert_eq!((found.event, found.delivery), (None, None));
}

#[test]
fn what_the_capture_holds_is_shared() {
    let capture = capture(&[("Stripe-Signature", "t=1")], br#"{"id":"evt_1","type":"invoice.paid"}"#);
    let body = capture.body.first().as_ptr_range();
    assert!(body.contains(&recognise(&capture).unwrap().event.unwrap().as_ptr()));
}

proptest! {
    #[test]
    fn any_headers_and_any_body_are_taken(
        picked in proptest::collection::vec((0..SAMPLES.len(), "[ -~]{0,20}"), 0..6),
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            (0..SAMPLES.len(), 0_usize..200).prop_map(|(at, cut)| SAMPLES[at].body.bytes().take(cut).collect()),
        ],
    ) {
        let headers: Vec<_> = picked.iter()
            .flat_map(|(at, value)| SAMPLES[*at].headers.iter().map(|(name, _)| (*name, value.as_str())))
            .collect();
        let capture = capture(&headers, &body);
        let found = recognise(&capture);
        prop_assert_eq!(found.as_ref().map(|found| found.provider), which(&capture));
    }
}
