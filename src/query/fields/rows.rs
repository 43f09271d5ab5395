//! The rows of [`FIELDS`], and what reads their values.

use super::{ANYWHERE, Field, JQ, JSON, Kind, Read, written};
use crate::model::{BodyEnd, Head, Oddity};
use crate::provider;
use crate::query::{
    Replayed, drafts,
    parameters::{form, query},
    verdict,
};
use crate::signature;

const NONE: fn() -> Vec<(&'static str, &'static str)> = Vec::new;

/// A row that asks for text that lies in the value; the others are made from it.
const ROW: Field = Field {
    name: "",
    aliases: &[],
    kind: Kind::Text,
    part: None,
    help: "",
    example: "",
    known: NONE,
    closed: false,
    slashes: false,
    body: false,
    cost: 1,
    read: Read::Flag(|_| false),
};

/// Every field there is, in the order in which help shows them.
pub const FIELDS: &[Field] = &[
    Field {
        name: ANYWHERE,
        aliases: &["any"],
        help: "anywhere in method, target, headers and body; a word alone asks for this",
        example: "text:/paid|failed/",
        body: true,
        cost: 9,
        read: Read::Texts(|seen, _, visit| {
            let [request, headers] = seen.capture.head.searched();
            visit(request) || visit(headers)
        }),
        ..ROW
    },
    Field {
        name: "method",
        kind: Kind::Word,
        help: "the request method",
        example: "method:POST,PUT",
        known: || METHODS.iter().map(|method| (*method, "")).collect(),
        read: Read::Texts(|seen, _, visit| visit(seen.capture.head.method())),
        ..ROW
    },
    Field {
        name: "path",
        help: "the path of the target, still escaped",
        example: "path:/stripe/*",
        slashes: true,
        read: Read::Texts(|seen, _, visit| visit(seen.capture.head.path())),
        ..ROW
    },
    Field {
        name: "target",
        aliases: &["url"],
        help: "the request target as it came: path and query",
        example: "target:live=1",
        slashes: true,
        read: Read::Texts(|seen, _, visit| visit(seen.capture.head.target())),
        ..ROW
    },
    Field {
        name: "host",
        help: "the host that the sender asked for",
        example: "host:hooks.example",
        read: Read::Texts(|seen, _, visit| host(&seen.capture.head).is_some_and(visit)),
        ..ROW
    },
    Field {
        name: "query",
        aliases: &["param"],
        part: Some("parameter name"),
        help: "the query of the target, or one parameter of it, unescaped",
        example: "query.live:=1",
        cost: 2,
        read: Read::Texts(query),
        ..ROW
    },
    Field {
        name: "type",
        aliases: &["content-type"],
        help: "the content type",
        example: "type:json",
        known: || TYPES.iter().map(|name| (*name, "")).collect(),
        read: Read::Texts(|seen, _, visit| seen.capture.head.header("content-type").is_some_and(visit)),
        ..ROW
    },
    Field {
        name: "header",
        aliases: &["headers"],
        part: Some("header name"),
        help: "names and values of all headers, or the values of one",
        example: "header.stripe-signature:*",
        cost: 2,
        read: Read::Texts(|seen, part, visit| {
            seen.capture.head.headers().any(|header| match part {
                Some(name) => header.is(name) && visit(header.value),
                None => visit(header.name) || visit(header.value),
            })
        }),
        ..ROW
    },
    Field {
        name: "body",
        help: "the body, without its content codings and as UTF-8",
        example: "body:/inv_[0-9]+/i",
        cost: 8,
        body: true,
        read: Read::Texts(|_, _, _| false),
        ..ROW
    },
    Field {
        name: JSON,
        kind: Kind::Value,
        part: Some("path"),
        help: "a value in a JSON body, by its path; written without the name, as in jq",
        example: ".data.amount:>1000",
        cost: 7,
        read: Read::Json,
        ..ROW
    },
    Field {
        name: JQ,
        kind: Kind::Flag,
        help: "whether a jq expression gives something that is neither null nor false for a JSON body",
        example: "jq(.data.lines | length > 1)",
        cost: 10,
        read: Read::Jq,
        ..ROW
    },
    Field {
        name: "form",
        part: Some("field name"),
        help: "the body of an urlencoded form, or one field of it, unescaped",
        example: "form.payload:*",
        cost: 7,
        read: Read::Texts(form),
        ..ROW
    },
    Field {
        name: "size",
        kind: Kind::Size,
        help: "how many bytes of body came",
        example: "size:>10",
        read: Read::Number(|seen| Some(seen.capture.body.received().into())),
        ..ROW
    },
    Field {
        name: "status",
        kind: Kind::Status,
        help: "the status that the sender got",
        example: "status:>=400",
        known: || CLASSES.to_vec(),
        read: Read::Number(|seen| Some(seen.capture.answer.status.into())),
        ..ROW
    },
    Field {
        name: "duration",
        aliases: &["took"],
        kind: Kind::Duration,
        help: "from the first byte to the answer",
        example: "duration:>1s",
        read: Read::Number(|seen| i128::try_from(seen.capture.times().answered.as_nanos()).ok()),
        ..ROW
    },
    Field {
        name: "age",
        kind: Kind::Duration,
        help: "how long ago it came",
        example: "age:<5m",
        read: Read::Number(|seen| {
            let age = seen.facts.now.as_nanosecond() - seen.capture.received_at.as_nanosecond();
            Some(age.max(0))
        }),
        ..ROW
    },
    Field {
        name: "received",
        aliases: &["at"],
        kind: Kind::Time,
        help: "when it came; without an offset in this machine's time zone",
        example: "received:>=2026-01-31T09:26Z",
        known: || vec![("today", ""), ("yesterday", "")],
        read: Read::Number(|seen| Some(seen.capture.received_at.as_nanosecond())),
        ..ROW
    },
    Field {
        name: "provider",
        kind: Kind::Word,
        help: "who sent it, as far as it can be told",
        example: "provider:stripe",
        known: || provider::all().map(|provider| (provider.name, provider.label)).collect(),
        closed: true,
        cost: 3,
        read: Read::Texts(|seen, _, visit| {
            provider::known(seen.capture).is_some_and(|known| visit(known.provider.name.as_bytes()))
        }),
        ..ROW
    },
    Field {
        name: "event",
        help: "what the provider says has happened",
        example: "event:invoice",
        cost: 4,
        read: Read::Texts(|seen, _, visit| {
            provider::known(seen.capture).and_then(|known| known.event).is_some_and(|event| visit(&event))
        }),
        ..ROW
    },
    Field {
        name: "delivery",
        help: "the provider's id for it, which its retries share",
        example: "delivery:evt_1",
        cost: 4,
        read: Read::Texts(|seen, _, visit| {
            provider::known(seen.capture).and_then(|known| known.delivery).is_some_and(|delivery| visit(&delivery))
        }),
        ..ROW
    },
    Field {
        name: "retry",
        aliases: &["try"],
        kind: Kind::Count,
        help: "which try of its delivery it is: 1 for the first",
        example: "retry:>=2",
        read: Read::Number(|seen| seen.facts.retry.map(Into::into)),
        ..ROW
    },
    Field {
        name: "duplicate",
        kind: Kind::Flag,
        help: "whether the same delivery has come before",
        example: "duplicate:true",
        known: || FLAGS.to_vec(),
        read: Read::Flag(|seen| seen.facts.retry.is_some_and(|number| number > 1)),
        ..ROW
    },
    Field {
        name: "signature",
        kind: Kind::Word,
        help: "the verdict on its signature",
        example: "signature:no_secret",
        known: || signature::Verdict::TABLE.iter().map(|row| (row.1, row.3)).collect(),
        closed: true,
        cost: 9,
        read: Read::Texts(verdict::read),
        ..ROW
    },
    Field {
        name: "remote",
        aliases: &["ip"],
        help: "the address and port that it came from",
        example: "remote:127.0.0.1",
        read: Read::Texts(|seen, _, visit| seen.capture.remote.is_some_and(|remote| written(&remote, visit))),
        ..ROW
    },
    Field {
        name: "version",
        help: "the HTTP version",
        example: "version:1.1",
        known: || vec![("HTTP/1.0", ""), ("HTTP/1.1", ""), ("HTTP/2", "")],
        read: Read::Texts(|seen, _, visit| visit(seen.capture.head.version().as_str().as_bytes())),
        ..ROW
    },
    Field {
        name: "truncated",
        kind: Kind::Flag,
        help: "whether less than the whole body is here",
        example: "truncated:true",
        known: || FLAGS.to_vec(),
        read: Read::Flag(|seen| seen.capture.body.is_truncated()),
        ..ROW
    },
    Field {
        name: "end",
        kind: Kind::Word,
        help: "how the body ended",
        example: "end:over_limit",
        known: || BodyEnd::TABLE.to_vec(),
        closed: true,
        read: Read::Texts(|seen, _, visit| visit(seen.capture.body.end().name().as_bytes())),
        ..ROW
    },
    Field {
        name: "odd",
        kind: Kind::Word,
        help: "what is odd about it, by name",
        example: "odd:cl_and_te",
        known: || Oddity::TABLE.iter().map(|row| (row.1, row.2)).collect(),
        closed: true,
        cost: 3,
        read: Read::Texts(|seen, _, visit| seen.capture.odd().iter().any(|oddity| visit(oddity.name().as_bytes()))),
        ..ROW
    },
    Field {
        name: "draft",
        help: "of a request that was edited or composed here: which of both, and the id of what it was made of",
        example: "draft:edited",
        known: || drafts::KNOWN.to_vec(),
        read: Read::Texts(drafts::read),
        ..ROW
    },
    Field {
        name: "pinned",
        kind: Kind::Flag,
        help: "whether it is kept until it is unpinned",
        example: "pinned:true",
        known: || FLAGS.to_vec(),
        read: Read::Flag(|seen| seen.facts.pinned),
        ..ROW
    },
    Field {
        name: "replay",
        aliases: &["replayed"],
        kind: Kind::Status,
        help: "the status that its last replay got",
        example: "replay:5xx",
        known: || CLASSES.to_vec(),
        read: Read::Number(|seen| seen.facts.replay.and_then(Replayed::status).map(Into::into)),
        ..ROW
    },
    Field {
        name: "failed",
        kind: Kind::Flag,
        help: "whether its last replay failed: no answer, or a status of 400 or more",
        example: "failed:true",
        known: || FLAGS.to_vec(),
        read: Read::Flag(|seen| seen.facts.replay.is_some_and(Replayed::failed)),
        ..ROW
    },
    Field {
        name: "note",
        help: "what you have written on it",
        example: "note:duplicate",
        read: Read::Texts(|seen, _, visit| seen.facts.note.as_deref().is_some_and(|note| visit(note.as_bytes()))),
        ..ROW
    },
    Field {
        name: "seq",
        kind: Kind::Count,
        help: "its number in the list",
        example: "seq:40..50",
        read: Read::Number(|seen| Some(seen.capture.seq.0.into())),
        ..ROW
    },
    Field {
        name: "id",
        help: "its name for the world outside",
        example: "id:00000000-0000-0000",
        read: Read::Texts(|seen, _, visit| written(&seen.capture.id, visit)),
        ..ROW
    },
];

/// The methods that webhooks and their tests are sent with.
const METHODS: &[&str] = &["POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

const TYPES: &[&str] = &[
    "json",
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
    "application/xml",
    "application/cloudevents+json",
];

const CLASSES: &[(&str, &str)] =
    &[("2xx", "success"), ("3xx", "redirection"), ("4xx", "refused"), ("5xx", "failed"), (">=400", "any error")];

const FLAGS: &[(&str, &str)] = &[("true", ""), ("false", "")];

/// The `Host` header, HTTP/2's `:authority`, or the authority of an absolute target (RFC 9110 §7.2).
fn host(head: &Head) -> Option<&[u8]> {
    head.header("host").or_else(|| head.header(":authority")).or_else(|| {
        let target = head.target();
        let rest = target.get(memchr::memmem::find(target, b"://")? + 3..)?;
        rest.split(|byte| matches!(byte, b'/' | b'?')).next()
    })
}
