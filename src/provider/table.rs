//! The providers, one row each.
//!
//! Order matters where one sends another's headers: Gitea sends GitHub's and Gogs's, GitLab sends those of Standard
//! Webhooks, so the copied stand after the copiers and the shared convention stands last. Header names, events and ids
//! are those of each provider's own documentation or SDK. A delivery is left out where the provider gives no id that its
//! retries share.

use super::{
    Provider, Sign,
    source::Source::{self, Body, Form, FormJson, Header, KeyBeside, Named},
    top_level::Step::{First, Key},
};

/// The `type` at the top of a body, where most senders of JSON write the event.
const TYPE: Source = Body(&[Key("type")]);
/// The `id` at the top of a body.
const ID: Source = Body(&[Key("id")]);
/// The `action` at the top of a body.
const ACTION: Source = Body(&[Key("action")]);
/// The `event` at the top of a body.
const EVENT: Source = Body(&[Key("event")]);
/// The `event_type` at the top of a body.
const EVENT_TYPE: Source = Body(&[Key("event_type")]);
/// The `event_id` at the top of a body.
const EVENT_ID: Source = Body(&[Key("event_id")]);

/// What Discord's interactions write as a number. The ping of its webhook events is 0, that of interactions 1.
const DISCORD_TYPES: &[(&str, &str)] = &[
    ("0", "ping"),
    ("1", "ping"),
    ("2", "application_command"),
    ("3", "message_component"),
    ("4", "autocomplete"),
    ("5", "modal_submit"),
];

/// Every provider that creel knows, in the order in which they are tried.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        name: "gitea",
        label: "Gitea",
        signs: &[Sign::Header("X-Gitea-Event"), Sign::Header("X-Forgejo-Event")],
        event: &[Header("X-Gitea-Event"), Header("X-Forgejo-Event")],
        action: &[ACTION],
        delivery: &[Header("X-Gitea-Delivery"), Header("X-Forgejo-Delivery")],
    },
    Provider {
        name: "github",
        label: "GitHub",
        signs: &[Sign::Header("X-GitHub-Event"), Sign::Header("X-GitHub-Delivery")],
        event: &[Header("X-GitHub-Event")],
        action: &[ACTION, FormJson("payload", &[Key("action")])],
        delivery: &[Header("X-GitHub-Delivery")],
    },
    Provider {
        name: "gitlab",
        label: "GitLab",
        signs: &[Sign::Header("X-Gitlab-Event"), Sign::Header("X-Gitlab-Token")],
        event: &[Body(&[Key("object_kind")]), Body(&[Key("event_name")]), Header("X-Gitlab-Event")],
        action: &[Body(&[Key("object_attributes"), Key("action")])],
        delivery: &[Header("Idempotency-Key"), Header("webhook-id"), Header("X-Gitlab-Event-UUID")],
    },
    Provider {
        name: "bitbucket",
        label: "Bitbucket",
        signs: &[Sign::Header("X-Event-Key")],
        event: &[Header("X-Event-Key")],
        action: &[],
        delivery: &[Header("X-Request-UUID"), Header("X-Request-Id")],
    },
    Provider {
        name: "stripe",
        label: "Stripe",
        signs: &[
            Sign::Header("Stripe-Signature"),
            Sign::Body(&[("object", Some("event")), ("pending_webhooks", None), ("type", None)]),
        ],
        event: &[TYPE],
        action: &[],
        delivery: &[ID],
    },
    Provider {
        name: "slack",
        label: "Slack",
        signs: &[Sign::Header("X-Slack-Signature"), Sign::Header("X-Slack-Request-Timestamp")],
        event: &[Body(&[Key("event"), Key("type")]), TYPE, Form("command"), FormJson("payload", &[Key("type")])],
        action: &[],
        delivery: &[EVENT_ID],
    },
    Provider {
        name: "shopify",
        label: "Shopify",
        signs: &[
            Sign::Header("X-Shopify-Topic"),
            Sign::Header("X-Shopify-Hmac-Sha256"),
            Sign::Header("shopify-topic"),
            Sign::Header("shopify-hmac-sha256"),
        ],
        event: &[Header("X-Shopify-Topic"), Header("shopify-topic")],
        action: &[],
        delivery: &[Header("X-Shopify-Webhook-Id"), Header("shopify-webhook-id")],
    },
    Provider {
        name: "twilio",
        label: "Twilio",
        signs: &[Sign::Header("X-Twilio-Signature")],
        event: &[Form("EventType"), Form("MessageStatus"), Form("SmsStatus"), Form("CallStatus"), TYPE],
        action: &[],
        delivery: &[Header("I-Twilio-Idempotency-Token")],
    },
    Provider {
        name: "svix",
        label: "Svix",
        signs: &[Sign::Header("svix-signature"), Sign::Header("svix-id")],
        event: &[TYPE],
        action: &[],
        delivery: &[Header("svix-id")],
    },
    Provider {
        name: "paddle",
        label: "Paddle",
        signs: &[Sign::Header("Paddle-Signature")],
        event: &[EVENT_TYPE],
        action: &[],
        delivery: &[EVENT_ID],
    },
    Provider {
        name: "square",
        label: "Square",
        signs: &[Sign::Header("x-square-hmacsha256-signature"), Sign::Header("x-square-signature")],
        event: &[TYPE],
        action: &[],
        delivery: &[EVENT_ID],
    },
    Provider {
        name: "trello",
        label: "Trello",
        signs: &[Sign::Header("X-Trello-Webhook")],
        event: &[Body(&[Key("action"), Key("type")])],
        action: &[],
        delivery: &[Body(&[Key("action"), Key("id")])],
    },
    Provider {
        name: "paypal",
        label: "PayPal",
        signs: &[
            Sign::Header("PAYPAL-TRANSMISSION-SIG"),
            Sign::Header("PAYPAL-TRANSMISSION-ID"),
            Sign::Header("PAYPAL-AUTH-ALGO"),
        ],
        event: &[EVENT_TYPE],
        action: &[],
        delivery: &[ID, Header("PAYPAL-TRANSMISSION-ID")],
    },
    Provider {
        name: "discord",
        label: "Discord",
        signs: &[Sign::Header("X-Signature-Ed25519")],
        event: &[Body(&[Key("event"), Key("type")]), Named(&[Key("type")], DISCORD_TYPES)],
        action: &[],
        delivery: &[ID],
    },
    Provider {
        name: "zoom",
        label: "Zoom",
        signs: &[Sign::Header("x-zm-signature"), Sign::Header("x-zm-request-timestamp")],
        event: &[EVENT],
        action: &[],
        delivery: &[],
    },
    Provider {
        name: "linear",
        label: "Linear",
        signs: &[Sign::Header("Linear-Signature"), Sign::Header("Linear-Event")],
        event: &[Header("Linear-Event"), TYPE],
        action: &[ACTION],
        delivery: &[Header("Linear-Delivery")],
    },
    Provider {
        name: "hubspot",
        label: "HubSpot",
        signs: &[
            Sign::Header("X-HubSpot-Signature-v3"),
            Sign::Header("X-HubSpot-Signature"),
            Sign::Body(&[("subscriptionType", None), ("portalId", None)]),
        ],
        event: &[Body(&[First, Key("subscriptionType")]), Body(&[Key("subscriptionType")])],
        action: &[],
        delivery: &[Body(&[First, Key("eventId")]), Body(&[Key("eventId")])],
    },
    Provider {
        name: "intercom",
        label: "Intercom",
        signs: &[
            Sign::Shared("X-Hub-Signature", "sha1=", &[("topic", None), ("type", Some("notification_event"))]),
            Sign::Body(&[("type", Some("notification_event")), ("topic", None), ("app_id", None)]),
        ],
        event: &[Body(&[Key("topic")])],
        action: &[],
        delivery: &[ID],
    },
    Provider {
        name: "mailgun",
        label: "Mailgun",
        signs: &[Sign::Body(&[("signature", None), ("event-data", None)])],
        event: &[Body(&[Key("event-data"), Key("event")])],
        action: &[],
        delivery: &[Body(&[Key("event-data"), Key("id")])],
    },
    Provider {
        name: "sendgrid",
        label: "SendGrid",
        signs: &[
            Sign::Header("X-Twilio-Email-Event-Webhook-Signature"),
            Sign::Body(&[("sg_event_id", None), ("event", None)]),
        ],
        event: &[Body(&[First, Key("event")])],
        action: &[],
        delivery: &[Body(&[First, Key("sg_event_id")])],
    },
    Provider {
        name: "typeform",
        label: "Typeform",
        signs: &[Sign::Header("Typeform-Signature")],
        event: &[EVENT_TYPE],
        action: &[],
        delivery: &[EVENT_ID],
    },
    Provider {
        name: "calendly",
        label: "Calendly",
        signs: &[Sign::Header("Calendly-Webhook-Signature")],
        event: &[EVENT],
        action: &[],
        delivery: &[],
    },
    Provider {
        name: "docusign",
        label: "DocuSign Connect",
        signs: &[Sign::Header("X-DocuSign-Signature-1")],
        event: &[EVENT],
        action: &[],
        delivery: &[],
    },
    Provider {
        name: "woocommerce",
        label: "WooCommerce",
        signs: &[
            Sign::Header("X-WC-Webhook-Topic"),
            Sign::Header("X-WC-Webhook-Signature"),
            Sign::Header("X-WC-Webhook-Source"),
        ],
        event: &[Header("X-WC-Webhook-Topic")],
        action: &[],
        delivery: &[Header("X-WC-Webhook-Delivery-ID")],
    },
    Provider {
        name: "adyen",
        label: "Adyen",
        signs: &[Sign::Body(&[("live", None), ("notificationItems", None)]), Sign::Header("HmacSignature")],
        event: &[Body(&[Key("notificationItems"), First, Key("NotificationRequestItem"), Key("eventCode")]), TYPE],
        action: &[],
        delivery: &[],
    },
    Provider {
        name: "razorpay",
        label: "Razorpay",
        signs: &[Sign::Header("X-Razorpay-Signature"), Sign::Header("X-Razorpay-Event-Id")],
        event: &[EVENT],
        action: &[],
        delivery: &[Header("X-Razorpay-Event-Id")],
    },
    Provider {
        name: "meta",
        label: "Meta",
        signs: &[
            Sign::Shared("X-Hub-Signature-256", "sha256=", &[("object", None), ("entry", None)]),
            Sign::Shared("X-Hub-Signature", "sha1=", &[("object", None), ("entry", None)]),
        ],
        event: &[Body(&[Key("object")])],
        action: &[Body(&[Key("entry"), First, Key("changes"), First, Key("field")])],
        delivery: &[],
    },
    Provider {
        name: "line",
        label: "LINE",
        signs: &[Sign::Header("X-Line-Signature")],
        event: &[Body(&[Key("events"), First, Key("type")])],
        action: &[],
        delivery: &[Body(&[Key("events"), First, Key("webhookEventId")])],
    },
    Provider {
        name: "telegram",
        label: "Telegram",
        signs: &[Sign::Header("X-Telegram-Bot-Api-Secret-Token"), Sign::Body(&[("update_id", None)])],
        event: &[KeyBeside("update_id")],
        action: &[],
        delivery: &[Body(&[Key("update_id")])],
    },
    Provider {
        name: "okta",
        label: "Okta",
        signs: &[
            Sign::Header("X-Okta-Verification-Challenge"),
            Sign::Body(&[("eventType", Some("com.okta.event_hook")), ("data", None)]),
        ],
        event: &[Body(&[Key("data"), Key("events"), First, Key("eventType")])],
        action: &[],
        delivery: &[Body(&[Key("eventId")])],
    },
    Provider {
        name: "sns",
        label: "AWS SNS",
        signs: &[
            Sign::Header("x-amz-sns-message-type"),
            Sign::Body(&[("Type", None), ("MessageId", None), ("TopicArn", None)]),
        ],
        event: &[Header("x-amz-sns-message-type"), Body(&[Key("Type")])],
        action: &[],
        delivery: &[Header("x-amz-sns-message-id"), Body(&[Key("MessageId")])],
    },
    Provider {
        name: "vercel",
        label: "Vercel",
        signs: &[Sign::Header("x-vercel-signature")],
        event: &[TYPE],
        action: &[],
        delivery: &[ID],
    },
    Provider {
        name: "dropbox",
        label: "Dropbox",
        signs: &[Sign::Header("X-Dropbox-Signature")],
        event: &[KeyBeside("")],
        action: &[],
        delivery: &[],
    },
    Provider {
        name: "lemon-squeezy",
        label: "Lemon Squeezy",
        signs: &[Sign::Shared("X-Event-Name", "", &[("meta", None), ("data", None)])],
        event: &[Header("X-Event-Name"), Body(&[Key("meta"), Key("event_name")])],
        action: &[],
        delivery: &[],
    },
    Provider {
        name: "workos",
        label: "WorkOS",
        signs: &[Sign::Header("WorkOS-Signature")],
        event: &[EVENT],
        action: &[],
        delivery: &[ID],
    },
    Provider {
        name: "elevenlabs",
        label: "ElevenLabs",
        signs: &[Sign::Header("ElevenLabs-Signature")],
        event: &[TYPE],
        action: &[],
        delivery: &[],
    },
    Provider {
        name: "webflow",
        label: "Webflow",
        signs: &[Sign::Header("x-webflow-signature"), Sign::Header("x-webflow-timestamp")],
        event: &[Body(&[Key("triggerType")])],
        action: &[],
        delivery: &[],
    },
    Provider {
        name: "sanity",
        label: "Sanity",
        signs: &[Sign::Header("sanity-webhook-signature"), Sign::Header("sanity-webhook-id")],
        event: &[Header("sanity-operation")],
        action: &[],
        delivery: &[Header("idempotency-key")],
    },
    Provider {
        name: "cursor",
        label: "Cursor",
        signs: &[Sign::Shared("User-Agent", "Cursor-Agent-Webhook", &[("event", None)])],
        event: &[EVENT],
        action: &[],
        delivery: &[Header("X-Webhook-ID")],
    },
    Provider {
        name: "standard-webhooks",
        label: "Standard Webhooks",
        signs: &[Sign::Header("webhook-signature")],
        event: &[TYPE],
        action: &[],
        delivery: &[Header("webhook-id")],
    },
];
