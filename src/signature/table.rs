//! The schemes, one row each. Where a provider has several, the strongest stands first; it decides where several are there.
//!
//! Sources: the providers' own SDKs and documents, and the specification of Standard Webhooks. What a document does not
//! give, such as a tolerance, is left out rather than guessed.

use super::scheme::{
    Encoding::{Base64, Base64Url, Hex, Plain},
    Form::{Bare, Pairs, Versions},
    Hash::{Sha1, Sha256},
    Key, Made,
    Method::{Digest, EcdsaP256, Ed25519, Equal, Hmac, Rsa},
    Part::{self, Body, Header, Id, Json, Made as Special, Secret, Text, Time as When, Url, UrlDecoded},
    Place, Scheme, Time, Tolerance,
    Unit::{Millis, Seconds},
};
use crate::provider::Step;

/// The body, and nothing else.
const BODY: &[Part] = &[Body];
/// `{time}.{body}`.
const TIME_DOT_BODY: &[Part] = &[When, Text("."), Body];
/// `v0:{time}:{body}`.
const V0: &[Part] = &[Text("v0:"), When, Text(":"), Body];
/// `{id}.{time}.{body}` (Standard Webhooks).
const STANDARD: &[Part] = &[Id, Text("."), When, Text("."), Body];

#[expect(clippy::unnecessary_wraps, reason = "it is written as the field is")]
const fn old(seconds: u32) -> Option<Tolerance> {
    Some(Tolerance { seconds, both: false })
}

#[expect(clippy::unnecessary_wraps, reason = "it is written as the field is")]
const fn around(seconds: u32) -> Option<Tolerance> {
    Some(Tolerance { seconds, both: true })
}

/// HMAC SHA-256 of the body in hexadecimal behind a prefix: what most do, and what the other rows differ from.
const fn plain(name: &'static str, header: &'static str, prefix: &'static str) -> Scheme {
    Scheme {
        name,
        provider: name,
        at: Place::Header(header),
        when: None,
        form: Bare(prefix),
        encoding: Hex,
        method: Hmac(Sha256),
        key: Key::Text,
        signed: BODY,
        time: None,
        id: None,
        tolerance: None,
        note: "",
    }
}

/// The same in base64.
const fn base64(name: &'static str, header: &'static str) -> Scheme {
    Scheme { encoding: Base64, ..plain(name, header, "") }
}

/// `t=…,v1=…` over `{t}.{body}`.
const fn pairs(name: &'static str, header: &'static str, signature: &'static str) -> Scheme {
    Scheme {
        form: Pairs(',', "t", signature),
        signed: TIME_DOT_BODY,
        time: Some(Time::Form(Seconds)),
        ..plain(name, header, "")
    }
}

/// Standard Webhooks, by the names of its headers.
const fn standard(name: &'static str, header: &'static str, id: &'static str, time: &'static str) -> Scheme {
    Scheme {
        form: Versions("v1"),
        encoding: Base64,
        key: Key::Whsec,
        signed: STANDARD,
        time: Some(Time::Header(time, Seconds)),
        id: Some(id),
        tolerance: around(300),
        ..plain(name, header, "")
    }
}

/// A token that is compared.
const fn token(name: &'static str, header: &'static str) -> Scheme {
    Scheme {
        encoding: Plain,
        method: Equal,
        signed: &[],
        note: "the token says who sent it, and nothing of what was sent: the body is not signed",
        ..plain(name, header, "")
    }
}

/// Every scheme that creel knows.
pub const SCHEMES: &[Scheme] = &[
    plain("gitea", "X-Gitea-Signature", ""),
    plain("github", "X-Hub-Signature-256", "sha256="),
    Scheme {
        provider: "github",
        method: Hmac(Sha1),
        note: "the older header, which GitHub sends for old receivers; X-Hub-Signature-256 is to be checked",
        ..plain("github-sha1", "X-Hub-Signature", "sha1=")
    },
    Scheme { key: Key::WhsecOnly, ..standard("gitlab", "webhook-signature", "webhook-id", "webhook-timestamp") },
    Scheme { provider: "gitlab", key: Key::NotWhsec, ..token("gitlab-token", "X-Gitlab-Token") },
    plain("bitbucket", "X-Hub-Signature", "sha256="),
    Scheme {
        tolerance: old(300),
        note: "the secret is used as it is, with its whsec_ and not base64-decoded",
        ..pairs("stripe", "Stripe-Signature", "v1")
    },
    Scheme {
        signed: V0,
        time: Some(Time::Header("X-Slack-Request-Timestamp", Seconds)),
        tolerance: around(300),
        ..plain("slack", "X-Slack-Signature", "v0=")
    },
    Scheme {
        note: "webhooks made in a store's settings are signed with a secret that the store shows, not with the app's",
        ..base64("shopify", "X-Shopify-Hmac-Sha256")
    },
    Scheme { provider: "shopify", ..base64("shopify-events", "shopify-hmac-sha256") },
    Scheme {
        method: Hmac(Sha1),
        signed: &[Url, Special(Made::TwilioForm)],
        note: "the URL is signed as Twilio was given it; of a JSON body, the SHA-256 in the query stands for it",
        ..base64("twilio", "X-Twilio-Signature")
    },
    standard("svix", "svix-signature", "svix-id", "svix-timestamp"),
    Scheme {
        form: Pairs(';', "ts", "h1"),
        signed: &[When, Text(":"), Body],
        tolerance: old(5),
        ..pairs("paddle", "Paddle-Signature", "h1")
    },
    Scheme {
        signed: &[Url, Body],
        note: "the URL is signed as it was entered at Square, byte for byte",
        ..base64("square", "x-square-hmacsha256-signature")
    },
    Scheme {
        signed: &[Body, Url],
        method: Hmac(Sha1),
        note: "the URL is the callbackURL as the webhook was made with it, byte for byte; the secret is that of the Power-Up",
        ..base64("trello", "X-Trello-Webhook")
    },
    Scheme {
        method: Rsa(Sha256),
        key: Key::Certificate,
        signed: &[
            Header("PAYPAL-TRANSMISSION-ID"),
            Text("|"),
            Header("PAYPAL-TRANSMISSION-TIME"),
            Text("|"),
            Secret,
            Text("|"),
            Special(Made::Crc32),
        ],
        note: "needs two secrets: the webhook's id from the dashboard, and PayPal's certificate as a PEM file. creel does not \
               fetch PAYPAL-CERT-URL; take it only from https://api.paypal.com or https://api.sandbox.paypal.com",
        ..base64("paypal", "PAYPAL-TRANSMISSION-SIG")
    },
    Scheme {
        method: Ed25519,
        key: Key::Public,
        signed: &[When, Body],
        time: Some(Time::Header("X-Signature-Timestamp", Seconds)),
        ..plain("discord", "X-Signature-Ed25519", "")
    },
    Scheme {
        signed: V0,
        time: Some(Time::Header("x-zm-request-timestamp", Seconds)),
        tolerance: old(300),
        ..plain("zoom", "x-zm-signature", "v0=")
    },
    Scheme {
        time: Some(Time::Json(&[Step::Key("webhookTimestamp")], Millis)),
        tolerance: around(60),
        note: "the time is the webhookTimestamp in the body; the Linear-Timestamp header is not signed",
        ..plain("linear", "Linear-Signature", "")
    },
    Scheme {
        provider: "hubspot",
        signed: &[Part::Method, UrlDecoded, Body, When],
        time: Some(Time::Header("X-HubSpot-Request-Timestamp", Millis)),
        tolerance: old(300),
        ..base64("hubspot-v3", "X-HubSpot-Signature-v3")
    },
    Scheme {
        provider: "hubspot",
        when: Some(("X-HubSpot-Signature-Version", "v2")),
        method: Digest(Sha256),
        signed: &[Secret, Part::Method, Url, Body],
        ..plain("hubspot-v2", "X-HubSpot-Signature", "")
    },
    Scheme {
        provider: "hubspot",
        when: Some(("X-HubSpot-Signature-Version", "v1")),
        method: Digest(Sha256),
        signed: &[Secret, Body],
        ..plain("hubspot-v1", "X-HubSpot-Signature", "")
    },
    Scheme { method: Hmac(Sha1), ..plain("intercom", "X-Hub-Signature", "sha1=") },
    Scheme {
        at: Place::Body(&[Step::Key("signature"), Step::Key("signature")]),
        signed: &[
            Json(&[Step::Key("signature"), Step::Key("timestamp")]),
            Json(&[Step::Key("signature"), Step::Key("token")]),
        ],
        time: Some(Time::Json(&[Step::Key("signature"), Step::Key("timestamp")], Seconds)),
        note: "only the time and the token are signed: nothing says that the event is as Mailgun wrote it",
        ..plain("mailgun", "", "")
    },
    Scheme {
        method: EcdsaP256,
        key: Key::Public,
        signed: &[When, Body],
        time: Some(Time::Header("X-Twilio-Email-Event-Webhook-Timestamp", Seconds)),
        note: "the body ends with a carriage return and a line feed, which are signed too",
        ..base64("sendgrid", "X-Twilio-Email-Event-Webhook-Signature")
    },
    Scheme { form: Bare("sha256="), ..base64("typeform", "Typeform-Signature") },
    Scheme { tolerance: old(300), ..pairs("calendly", "Calendly-Webhook-Signature", "v1") },
    Scheme {
        at: Place::Numbered("X-DocuSign-Signature-"),
        note: "one signature for each key of the account; the key is used as it is shown, not base64-decoded",
        ..base64("docusign", "")
    },
    base64("woocommerce", "X-WC-Webhook-Signature"),
    Scheme {
        at: Place::Items,
        key: Key::Hex,
        signed: &[Special(Made::AdyenItem)],
        note: "eight fields of each item are signed, and not the body as a whole; the key is hexadecimal",
        ..base64("adyen", "")
    },
    Scheme { provider: "adyen", key: Key::Hex, ..base64("adyen-platform", "HmacSignature") },
    plain("razorpay", "X-Razorpay-Signature", ""),
    Scheme {
        note: "the body is signed with its \\u escapes, so it must not be written anew",
        ..plain("meta", "X-Hub-Signature-256", "sha256=")
    },
    Scheme { provider: "meta", method: Hmac(Sha1), ..plain("meta-sha1", "X-Hub-Signature", "sha1=") },
    base64("line", "X-Line-Signature"),
    token("telegram", "X-Telegram-Bot-Api-Secret-Token"),
    Scheme {
        note: "the header is the one that was chosen at Okta, usually Authorization; the body is not signed",
        ..token("okta", "Authorization")
    },
    Scheme {
        at: Place::Body(&[Step::Key("Signature")]),
        method: Rsa(Sha1),
        key: Key::Certificate,
        signed: &[Special(Made::SnsLines)],
        note: "the certificate is Amazon's, as a PEM file. creel does not fetch SigningCertURL; take it only from an https \
               address at sns.REGION.amazonaws.com that ends in .pem",
        ..base64("sns", "")
    },
    Scheme { method: Hmac(Sha1), ..plain("vercel", "x-vercel-signature", "") },
    plain("dropbox", "X-Dropbox-Signature", ""),
    plain("lemon-squeezy", "X-Signature", ""),
    Scheme {
        time: Some(Time::Form(Millis)),
        tolerance: old(180),
        form: Pairs(',', "t", "v1"),
        ..pairs("workos", "WorkOS-Signature", "v1")
    },
    Scheme { tolerance: old(1800), ..pairs("elevenlabs", "ElevenLabs-Signature", "v0") },
    Scheme {
        signed: &[When, Text(":"), Body],
        time: Some(Time::Header("x-webflow-timestamp", Millis)),
        tolerance: old(300),
        ..plain("webflow", "x-webflow-signature", "")
    },
    Scheme { encoding: Base64Url, time: Some(Time::Form(Millis)), ..pairs("sanity", "sanity-webhook-signature", "v1") },
    plain("cursor", "X-Webhook-Signature", "sha256="),
    standard("standard-webhooks", "webhook-signature", "webhook-id", "webhook-timestamp"),
    Scheme {
        provider: "standard-webhooks",
        form: Versions("v1a"),
        method: Ed25519,
        key: Key::Public,
        ..standard("standard-webhooks-v1a", "webhook-signature", "webhook-id", "webhook-timestamp")
    },
];
