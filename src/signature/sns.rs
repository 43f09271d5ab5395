//! What AWS SNS signs: names and values of the message, a line each (the service's developer guide, "Verifying the
//! signatures of Amazon SNS messages").

use serde_json::Value;

use super::message::{LOOKED_AT, Message};

/// The lines of a notification, and those of what asks for a confirmation.
const NOTIFICATION: [&str; 6] = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const CONFIRMATION: [&str; 7] = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

/// What is signed of a message.
pub fn lines(message: &Message<'_>) -> Result<Vec<u8>, String> {
    let bytes = message.body.read_range(0, LOOKED_AT).map_err(|error| format!("the body cannot be read: {error}"))?;
    let document: Value =
        serde_json::from_slice(&bytes).map_err(|_| "the body is not the JSON of an SNS message".to_owned())?;
    let names: &[&str] = match document.get("Type").and_then(Value::as_str) {
        Some("Notification") => &NOTIFICATION,
        Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => &CONFIRMATION,
        _ => return Err("its Type is none of SNS".to_owned()),
    };
    let mut text = String::new();
    for name in names {
        match document.get(*name).and_then(Value::as_str) {
            Some(value) => {
                text.push_str(name);
                text.push('\n');
                text.push_str(value);
                text.push('\n');
            }
            None if *name == "Subject" => {}
            None => return Err(format!("it has no {name}")),
        }
    }
    Ok(text.into_bytes())
}

/// Whether a host is one of SNS: `sns.REGION.amazonaws.com` or its Chinese form, and no port.
pub fn is_host(host: &str) -> bool {
    let region = host
        .strip_prefix("sns.")
        .and_then(|rest| rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn")));
    let is_region = |region: &str| {
        region.len() >= 3
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    region.is_some_and(is_region)
}

/// Whether a certificate's address is Amazon's: `https`, a host of SNS, and `.pem`.
pub fn is_amazons(url: &str) -> bool {
    let Some((host, path)) = url.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else { return false };
    is_host(host) && path.as_bytes().ends_with(b".pem") && !path.contains(['?', '#'])
}

/// Whether a certificate's address is `PayPal`'s.
pub fn is_paypals(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split_once('/')).map(|(host, _)| host);
    matches!(host, Some("api.paypal.com" | "api.sandbox.paypal.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_senders_own_hosts_are_theirs() {
        assert!(is_amazons("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem"));
        assert!(is_amazons("https://sns.cn-north-1.amazonaws.com.cn/a.pem"));
        for url in [
            "http://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com.evil.dev/a.pem",
            "https://sns.us-east-1.amazonaws.com@evil.dev/a.pem",
            "https://evil.dev/sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.a.b.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com/a.txt",
        ] {
            assert!(!is_amazons(url), "{url}");
        }
        assert!(is_paypals("https://api.sandbox.paypal.com/v1/notifications/certs/CERT"));
        assert!(!is_paypals("https://api.paypal.com.evil.dev/cert") && !is_paypals("https://paypal.com/cert"));
    }
}
