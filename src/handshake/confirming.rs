//! What a handshake asks the receiver to call by itself: the `SubscribeURL` of AWS SNS (its developer guide, "Parsing Amazon
//! SNS message formats").
//!
//! Decided: a request is never reason enough to call a URL that stands in it, so this only says what would be called; a
//! user may. What is no `https` URL of SNS's own hosts is refused even then, because a forged request would have one, and
//! so would one that asks for creel's own network.

use percent_encoding::{AsciiSet, CONTROLS};

use super::Asked;
use crate::model::Capture;
use crate::provider;
use crate::signature::is_sns_host;

/// What may not stand in a request line as it is: white space, quotes and angle brackets, and what is not ASCII.
const UNSAFE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'#');

/// A call that a request asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confirmation {
    /// What the call does: `confirm the subscription`.
    pub does: &'static str,
    /// The topic, as it names itself; comes from outside.
    pub topic: String,
    /// Scheme and host: `https://sns.eu-west-1.amazonaws.com`.
    pub base: String,
    /// Path and query. They have a token in them.
    pub target: String,
}

/// What a request asks to be called; or why it is not called, in a sentence; nothing where it asks for nothing.
pub fn confirmation(capture: &Capture) -> Option<Result<Confirmation, String>> {
    if provider::which(capture)?.name != "sns" {
        return None;
    }
    let asked = Asked { capture, secrets: Vec::new() };
    let does = match asked.text("Type")?.as_str() {
        "SubscriptionConfirmation" => "confirm the subscription",
        "UnsubscribeConfirmation" => "subscribe again",
        _ => return None,
    };
    let Some(url) = asked.text("SubscribeURL") else {
        return Some(Err("it asks for a confirmation, but has no SubscribeURL to call".to_owned()));
    };
    let parts = url.strip_prefix("https://").and_then(|rest| rest.split_at_checked(rest.find('/')?));
    Some(match parts.filter(|(host, _)| is_sns_host(host)) {
        Some((host, target)) => Ok(Confirmation {
            does,
            topic: asked.text("TopicArn").unwrap_or_default(),
            base: format!("https://{host}"),
            target: percent_encoding::utf8_percent_encode(target, UNSAFE).to_string(),
        }),
        None => Err("its SubscribeURL is not at a host of Amazon SNS, so creel does not call it".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::*;

    fn of(kind: &str, url: &str) -> Option<Result<Confirmation, String>> {
        let body = serde_json::json!({
            "Type": kind, "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:1:orders", "SubscribeURL": url,
        });
        confirmation(&request("POST", "/", &[("Content-Type", "text/plain")], body.to_string().as_bytes()))
    }

    #[test]
    fn only_sns_itself_is_offered_to_be_called() {
        let url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=a b\r\n";
        let asked = of("SubscriptionConfirmation", url).unwrap().unwrap();
        assert_eq!(
            (asked.does, asked.base.as_str()),
            ("confirm the subscription", "https://sns.eu-west-1.amazonaws.com")
        );
        assert_eq!(asked.target, "/?Action=ConfirmSubscription&Token=a%20b%0D%0A");
        assert_eq!(of("UnsubscribeConfirmation", url).unwrap().unwrap().does, "subscribe again");
        for url in [
            "",
            "http://sns.eu-west-1.amazonaws.com/",
            "https://sns.eu-west-1.amazonaws.com",
            "https://sns.eu-west-1.amazonaws.com:8443/",
            "https://sns.eu-west-1.amazonaws.com@127.0.0.1/",
            "https://sns.eu-west-1.amazonaws.com.evil.dev/",
            "https://169.254.169.254/sns.eu-west-1.amazonaws.com/",
            "file:///etc/passwd",
        ] {
            assert!(of("SubscriptionConfirmation", url).unwrap().is_err(), "{url}");
        }
    }

    #[test]
    fn other_requests_ask_for_nothing() {
        assert_eq!(of("Notification", "https://sns.eu-west-1.amazonaws.com/"), None);
        let other = br#"{"Type":"SubscriptionConfirmation","SubscribeURL":"https://sns.eu-west-1.amazonaws.com/"}"#;
        assert_eq!(confirmation(&request("POST", "/", &[], other)), None);
    }
}
