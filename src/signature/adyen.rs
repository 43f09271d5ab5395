//! What Adyen signs of a payment notification: eight fields of each item, with colons between (adyen-node-api-library,
//! `hmacValidator.ts`). Nothing of them is escaped.

use serde_json::Value;

use super::message::{LOOKED_AT, Message};

/// How many items there are; 0 where there are none.
pub fn count(message: &Message<'_>) -> usize {
    let document = document(message);
    document.as_ref().and_then(items).map_or(0, Vec::len)
}

/// The signature of an item, as it is written.
pub fn signature(message: &Message<'_>, item: usize) -> Option<Vec<u8>> {
    let document = document(message)?;
    let item = request(&document, item)?;
    Some(item.get("additionalData")?.get("hmacSignature")?.as_str()?.as_bytes().to_vec())
}

/// What is signed of an item.
pub fn signed(message: &Message<'_>, item: usize) -> Result<Vec<u8>, String> {
    let document = document(message).ok_or("the body is not the JSON of a notification")?;
    let item = request(&document, item).ok_or("the notification has no such item")?;
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    };
    let amount = item.get("amount");
    let fields = [
        text(item.get("pspReference")),
        text(item.get("originalReference")),
        text(item.get("merchantAccountCode")),
        text(item.get("merchantReference")),
        text(amount.and_then(|amount| amount.get("value"))),
        text(amount.and_then(|amount| amount.get("currency"))),
        text(item.get("eventCode")),
        text(item.get("success")),
    ];
    Ok(fields.join(":").into_bytes())
}

fn document(message: &Message<'_>) -> Option<Value> {
    let bytes = message.body.first();
    let bytes =
        if message.body.len() > bytes.len() { message.body.read_range(0, LOOKED_AT).ok()? } else { bytes.clone() };
    serde_json::from_slice(&bytes).ok()
}

fn items(document: &Value) -> Option<&Vec<Value>> {
    document.get("notificationItems")?.as_array()
}

fn request(document: &Value, item: usize) -> Option<&Value> {
    items(document)?.get(item)?.get("NotificationRequestItem")
}
