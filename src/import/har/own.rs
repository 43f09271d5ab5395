//! An entry that creel wrote: beside what HAR has a place for stands `_creel`, with the rest of the capture under the names
//! that it has in JSON lines. Put together they are such a line, and are read as one.

use serde_json::{Map, Value, json};

use super::entry::{Pair, PostData, Request, Response};
use crate::export::read_capture;
use crate::model::Capture;

/// The capture of which these are the parts.
pub(super) fn capture(
    mut own: Map<String, Value>,
    time: Option<String>,
    request: Request,
    response: Option<Response>,
) -> Result<Capture, String> {
    own.insert("type".to_owned(), "capture".into());
    own.insert("received_at".to_owned(), time.into());
    own.insert("version".to_owned(), request.http_version.into());
    own.entry("method").or_insert_with(|| request.method.into());
    own.entry("headers").or_insert_with(|| pairs(request.headers));
    // The end of the body stands there, and its bytes in the entry.
    let mut body = match own.remove("body") {
        Some(Value::Object(body)) => body,
        _ => Map::new(),
    };
    body.extend(bytes(request.post_data));
    own.insert("body".to_owned(), Value::Object(body));
    if let Some(response) = response {
        let headers = own.remove("answer_headers").unwrap_or_else(|| pairs(response.headers));
        let mut answer = json!({ "status": response.status.unwrap_or_default() as u16, "headers": headers });
        if let (Some(content), Some(answer)) =
            (response.content.filter(|content| content.text.is_some()), answer.as_object_mut())
        {
            answer.insert("body".to_owned(), Value::Object(bytes(Some(content))));
        }
        if let (Some(because), Some(answer)) = (own.remove("because"), answer.as_object_mut()) {
            answer.insert("because".to_owned(), because);
        }
        own.insert("answer".to_owned(), answer);
    }
    match read_capture(&Value::Object(own).to_string()) {
        Ok(Some(capture)) => Ok(capture),
        Ok(None) => Err("the entry has a `_creel` that is no capture".to_owned()),
        Err(error) => Err(format!("the entry has a `_creel` that cannot be read: {error}")),
    }
}

fn pairs(pairs: Vec<Pair>) -> Value {
    pairs.into_iter().map(|pair| json!([pair.name, pair.value.unwrap_or_default()])).collect()
}

/// `text` or `base64`, as JSON lines have it.
fn bytes(data: Option<PostData>) -> Map<String, Value> {
    let (text, encoding) = data.map_or((None, None), |data| (data.text, data.encoding));
    let name = if encoding.is_some() { "base64" } else { "text" };
    Map::from_iter([(name.to_owned(), Value::String(text.unwrap_or_default()))])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::export::capture_line;
    use crate::import::captures;
    use crate::model::{BodyEnd, Fidelity};

    /// As the exporter writes it.
    const ARCHIVE: &str = r#"{"log":{"version":"1.2","creator":{"name":"creel","version":"0.1.0"},"entries":[
{"startedDateTime":"2026-01-31T09:26:53.589793Z","time":0.41,"request":{"method":"P?T","url":"http://127.0.0.1:4600/%FF","httpVersion":"HTTP/1.1","cookies":[],
"headers":[{"name":"A","value":"lossy"}],"queryString":[],"postData":{"mimeType":"x/y","text":"AP8=","_encoding":"base64"},"headersSize":30,"bodySize":2},
"response":{"status":413,"statusText":"","httpVersion":"HTTP/1.1","cookies":[],"headers":[{"name":"B","value":"c"}],"content":{"size":2,"mimeType":"","text":"no"},"redirectURL":"","headersSize":-1,"bodySize":2},
"cache":{},"timings":{"send":0.2,"wait":0.21,"receive":0},
"_creel":{"id":"00000000-0000-0000-0000-000000000007","seq":42,"remote":"192.0.2.7:53012","method":{"base64":"UP9U"},"target":{"base64":"L/8="},
"headers":[["A",{"base64":"/w=="}]],"body":{"size":2,"declared":9,"received":5,"end":"over_limit","reason":"cut","limit":2},"trailers":[["T","u"]],
"duration_ms":0.41,"fidelity":"exact","timing_ms":{"head":0.04,"body":null,"answered":0.41},"odd":["no_host"],"chunks":{"count":1,"sizes":[2],"extensions":false},"continued":true}}
]}}"#;

    #[test]
    fn an_entry_of_ours_is_the_capture_that_it_was_made_of() {
        let mut all = captures(ARCHIVE.as_bytes(), None, Timestamp::UNIX_EPOCH);
        let capture = all.next().unwrap().unwrap();
        assert!(all.next().is_none());
        assert_eq!(
            capture_line(&capture),
            "{\"type\":\"capture\",\"id\":\"00000000-0000-0000-0000-000000000007\",\"seq\":42,\
             \"received_at\":\"2026-01-31T09:26:53.589793Z\",\"remote\":\"192.0.2.7:53012\",\"version\":\"HTTP/1.1\",\
             \"method\":{\"base64\":\"UP9U\"},\"target\":{\"base64\":\"L/8=\"},\"headers\":[[\"A\",{\"base64\":\"/w==\"}]],\
             \"body\":{\"size\":2,\"truncated\":true,\"sha256\":\"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8\",\
             \"base64\":\"AP8=\",\"declared\":9,\"received\":5,\"end\":\"over_limit\",\"reason\":\"cut at the limit of 2 B (--max-body)\",\
             \"limit\":2},\"trailers\":[[\"T\",\"u\"]],\"provider\":null,\"event\":null,\"delivery\":null,\"signature\":null,\
             \"answer\":{\"status\":413,\"headers\":[[\"B\",\"c\"]],\"body\":{\"size\":2,\"text\":\"no\"}},\"duration_ms\":0.41,\
             \"fidelity\":\"exact\",\"timing_ms\":{\"head\":0.04,\"body\":null,\"answered\":0.41},\"odd\":[\"no_host\"],\
             \"chunks\":{\"count\":1,\"sizes\":[2],\"extensions\":false},\"continued\":true}"
        );
        assert_eq!(capture.head.fidelity(), Fidelity::Exact);
        assert_eq!(capture.body.end(), &BodyEnd::OverLimit(2));
    }

    #[test]
    fn what_is_wrong_with_it_is_said_with_the_field() {
        let archive = ARCHIVE.replace("0000-000000000007", "nonsense");
        let error = captures(archive.as_bytes(), None, Timestamp::UNIX_EPOCH).next().unwrap().unwrap_err().to_string();
        assert!(
            error.starts_with("entry 1: the entry has a `_creel` that cannot be read: the field `id` of"),
            "{error}"
        );
    }
}
