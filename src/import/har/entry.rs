//! One entry of an archive.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::own;
use crate::import::{
    draft::{self, Draft, Line},
    json,
    url::Parts,
};
use crate::model::{Answer, BodyEnd, Capture, Fidelity, Version};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "_creel")]
    own: Option<Map<String, Value>>,
    started_date_time: Option<String>,
    time: Option<f64>,
    request: Request,
    response: Option<Response>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) method: String,
    url: String,
    #[serde(default)]
    pub(super) http_version: Option<String>,
    #[serde(default)]
    pub(super) headers: Vec<Pair>,
    pub(super) post_data: Option<PostData>,
    body_size: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct Pair {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostData {
    mime_type: Option<String>,
    pub(super) text: Option<String>,
    /// Not of the specification, but of several programs that write bodies that are no text.
    #[serde(alias = "_encoding")]
    pub(super) encoding: Option<String>,
    #[serde(default)]
    params: Option<Vec<Pair>>,
}

#[derive(Deserialize)]
pub(super) struct Response {
    pub(super) status: Option<f64>,
    #[serde(default)]
    pub(super) headers: Vec<Pair>,
    pub(super) content: Option<PostData>,
}

fn lines(pairs: Vec<Pair>) -> impl Iterator<Item = (String, String)> {
    pairs.into_iter().map(|pair| (pair.name, pair.value.unwrap_or_default()))
}

/// The capture that an entry is, or what is wrong with it.
pub(super) fn capture(text: &str, now: Timestamp) -> Result<Capture, String> {
    let entry: Entry =
        serde_json::from_str(text).map_err(|error| format!("not an entry of an archive: {}", json::plain(&error)))?;
    if let Some(own) = entry.own {
        return own::capture(own, entry.started_date_time, entry.request, entry.response);
    }
    let at = match entry.started_date_time.as_deref().filter(|time| !time.is_empty()) {
        Some(time) => time.parse().map_err(|_| format!("`startedDateTime` is no time: {time}"))?,
        None => now,
    };
    let mut draft = request(entry.request, at)?;
    draft.taken = entry.time.and_then(|millis| draft::within(millis / 1000.0));
    draft.answer = entry.response.and_then(answer);
    Ok(draft.capture())
}

fn request(request: Request, at: Timestamp) -> Result<Draft, String> {
    let version = version(request.http_version.as_deref().unwrap_or_default());
    let headers: Vec<Line> =
        lines(request.headers).map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect();
    let find = |wanted: &str| {
        let is = |line: &&Line| line.0.eq_ignore_ascii_case(wanted.as_bytes());
        headers.iter().find(is).map(|(_, value)| value.as_slice())
    };
    let parts = Parts::of(request.url.as_bytes());
    let target = find(":path").map_or_else(|| parts.target(), <[u8]>::to_vec);
    let declared = find("content-length").and_then(draft::length);
    let fidelity = if version == Version::Http2 { Fidelity::Normalised } else { Fidelity::Fields };
    let head = draft::head(request.method.as_bytes(), &target, version, &headers, fidelity);
    let mut draft = Draft::new(head, at);
    let told = declared.or(request.body_size.filter(|size| *size >= 0.0).map(|size| size as u64));
    match request.post_data.map(body).transpose()?.flatten() {
        Some((bytes, exact)) if !bytes.is_empty() => {
            draft.rewritten = !exact || told.is_some_and(|told| told != bytes.len() as u64);
            draft.body = bytes;
        }
        _ if told.unwrap_or(0) > 0 => {
            draft.end =
                BodyEnd::LeftOut(format!("the archive tells of {} bytes and has none", told.unwrap_or(0)).into());
        }
        _ => {}
    }
    Ok(draft)
}

/// The bytes of a body, and whether they are what was sent as far as the archive tells; nothing where it has none.
fn body(data: PostData) -> Result<Option<(Bytes, bool)>, String> {
    let base64 = data.encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
    let params = data.params.unwrap_or_default();
    match data.text {
        Some(text) if base64 => {
            let bytes = STANDARD.decode(text).map_err(|_| "the body is not the Base64 that it is said to be")?;
            Ok(Some((bytes.into(), true)))
        }
        Some(text) if !text.is_empty() || params.is_empty() => Ok(Some((text.into(), true))),
        _ if params.is_empty() => Ok(None),
        _ if data.mime_type.unwrap_or_default().starts_with("multipart/") => Ok(None),
        _ => {
            let pairs: Vec<(String, String)> = lines(params).collect();
            let form = draft::form(pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
            Ok(Some((form.into(), false)))
        }
    }
}

fn answer(response: Response) -> Option<Answer> {
    // A request that got no answer has 0 there.
    let status = response.status.filter(|status| (100.0..1000.0).contains(status))? as u16;
    let body = response.content.and_then(|content| body(content).ok().flatten()).map(|(bytes, _)| bytes);
    let headers = lines(response.headers).map(|(name, value)| (name, value.into_bytes().into())).collect();
    Some(Answer { headers, body: body.unwrap_or_default(), ..Answer::status(status) })
}

/// `HTTP/1.1`, `http/2.0`, `h2`, `h3`, and what else programs write there.
fn version(name: &str) -> Version {
    match name.to_ascii_lowercase().trim_start_matches("http/") {
        "1.0" => Version::Http10,
        "2" | "2.0" | "3" | "3.0" | "h2" | "h3" => Version::Http2,
        _ => Version::Http11,
    }
}
