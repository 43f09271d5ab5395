//! Views: ways to show a body. The bytes stay what they are; a view says how their lines look.
//!
//! [`VIEWS`] is the table of them; [`decode`] chooses one and makes a [`Document`], which answers for rows of a width:
//!
//! ```text
//! Subject ── decode ─► Document ── wrap(wrapping) ─► Rows
//!   bytes, head          lines, note      ╲            │
//!                        find(pattern) ─► Found ─► row(rows, i, found) ─► pieces: role, mark, safe text
//! ```
//!
//! Decided: a document never holds the rows that it shows. It has the body (shared, not copied), and a table of where
//! lines begin that is smaller than the body whatever the body is; a row is read from the body when it is drawn, at a cost
//! that depends on its width and not on the length of its line or of the body. Where a view shows other bytes than the
//! body's, because it decodes or puts together, it has these too. The search looks at the bytes that are shown, so a hit
//! is a range of them.
//!
//! Refused: pretty text in memory (a 100 MB body would become 300 MB, and the first screen would wait for all of it);
//! colours, which are the theme's; and an error for a body that is not what its type says: it shows as text with a note.

mod applied;
mod built;
mod cancelled;
mod caret;
mod charset;
mod choice;
mod clip;
mod cloudevents;
mod coding;
mod compare;
mod compose;
mod csv;
mod document;
mod fields;
mod find;
mod fits;
mod flow;
mod form;
mod graphql;
pub mod headers;
mod hex;
mod html;
mod image;
pub mod jq;
mod json;
mod lines;
mod look;
mod markup;
mod media_type;
mod multipart;
mod ndjson;
mod packed;
mod pairing;
mod parts;
mod pattern;
mod pen;
mod rows;
mod run;
mod simple;
mod stage;
mod streams;
mod subject;
mod tags;
mod text;
mod tree;
mod walk;
mod xml;
mod yaml;

#[cfg(test)]
mod large;
#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) use properties::json as any_json;
#[cfg(test)]
mod unwrapped;

pub use self::{
    applied::apply,
    cancelled::Cancelled,
    choice::{decode, is_offered, summary},
    compare::{Change, DIFFERENCES, Differences, compare, is_comparable},
    document::Document,
    find::{FOUND_LIMIT, Found},
    headers::distance,
    image::Picture,
    json::{
        JsonPath, JsonPathError, Mistake as JsonMistake, elements as json_elements, members as json_members,
        mistake as json_mistake, string as json_string,
    },
    look::{LOOKED, Look, OPENED, Told, look},
    markup::{Mark, Piece, Role},
    pairing::{Met, Place, pair_elements, pair_members},
    parts::Part,
    pattern::{Case, Needle, Pattern, PatternError},
    rows::{Rows, Wrapping},
    stage::{plain, plain_and_why},
    subject::{READ, Subject},
    tree::{Crumb, Folds, Kind, Name, Node, Tree},
};
use self::{
    built::{Built, Way},
    lines::Stop,
};

/// How well a view fits a subject; the best one is the automatic choice, the first of them where several are alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fit {
    /// Only when it is asked for.
    Never,
    /// When there is nothing better.
    Last,
    /// It shows this as well as anything.
    Plain,
    /// The bytes look like it.
    Likely,
    /// The sender said that it is this.
    Declared,
    /// The sender said that it is this kind of what another view shows too.
    Exact,
}

/// A line of [`VIEWS`].
#[derive(Debug)]
pub struct ViewRow {
    /// Its name, for config, output and the foot of the inspector.
    pub name: &'static str,
    /// How it is called in sentences.
    pub label: &'static str,
    /// What it shows, in a few words.
    pub help: &'static str,
    /// How well it fits a subject; looks at no more than the first 8 KiB and the white space before the first token.
    pub fit: fn(&Subject) -> Fit,
    /// What of the body it wants to see.
    takes: Takes,
    /// Finds the lines, and makes what is shown where that is not the body.
    build: fn(&Subject, &Cancelled) -> Result<Built, Stop>,
    /// How lines become rows.
    layout: Layout,
}

impl PartialEq for ViewRow {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ViewRow {}

/// What of a body a view is built from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Takes {
    /// The bytes as they came.
    Wire,
    /// The bytes without their content codings.
    Bytes,
    /// The same as UTF-8, where they say that they are in another charset.
    Text,
}

/// How lines become rows.
#[derive(Debug)]
enum Layout {
    /// By printing runs until a row is full.
    Flow(Way),
    /// By counting bytes.
    Hex,
}

/// Every view, in the order in which a reader goes through them.
pub const VIEWS: &[ViewRow] = &[
    ViewRow {
        name: "json",
        label: "JSON",
        help: "JSON laid out, every token as it was sent",
        fit: fits::json,
        takes: Takes::Text,
        build: |subject, cancelled| json::scan(&subject.bytes, cancelled).map(Built::from),
        layout: Layout::Flow(json::WAY),
    },
    ViewRow {
        name: "ndjson",
        label: "NDJSON",
        help: "JSON values one after another: NDJSON, JSON Lines, JSON text sequences",
        fit: fits::ndjson,
        takes: Takes::Text,
        build: |subject, cancelled| ndjson::build(&subject.bytes, cancelled),
        layout: Layout::Flow(ndjson::WAY),
    },
    ViewRow {
        name: "graphql",
        label: "GraphQL",
        help: "the text of an operation, and its variables as JSON",
        fit: fits::graphql,
        takes: Takes::Text,
        build: graphql::build,
        layout: Layout::Flow(graphql::WAY),
    },
    ViewRow {
        name: "cloudevents",
        label: "CloudEvents",
        help: "the attributes of an event or a batch of them, and the data in the view that fits it",
        fit: fits::cloudevents,
        takes: Takes::Bytes,
        build: cloudevents::build,
        layout: Layout::Flow(fields::WAY),
    },
    ViewRow {
        name: "image",
        label: "image",
        help: "what PNG, JPEG, GIF, WebP, BMP and ICO say of themselves, drawn where the terminal has colours",
        fit: image::fit,
        takes: Takes::Bytes,
        build: image::build,
        layout: Layout::Flow(fields::WAY),
    },
    ViewRow {
        name: "msgpack",
        label: "msgpack",
        help: "values packed as msgpack, as JSON; what JSON has no word for as $ objects",
        fit: fits::msgpack,
        takes: Takes::Bytes,
        build: |subject, cancelled| packed::build::<packed::msgpack::Msgpack<'_>>(subject, cancelled),
        layout: Layout::Flow(ndjson::WAY),
    },
    ViewRow {
        name: "cbor",
        label: "CBOR",
        help: "values packed as CBOR, as JSON; what JSON has no word for as $ objects",
        fit: fits::cbor,
        takes: Takes::Bytes,
        build: |subject, cancelled| packed::build::<packed::cbor::Cbor<'_>>(subject, cancelled),
        layout: Layout::Flow(ndjson::WAY),
    },
    ViewRow {
        name: "protobuf",
        label: "protobuf",
        help: "protobuf without its schema, as JSON: field numbers, and each value in all its readings",
        fit: fits::protobuf,
        takes: Takes::Bytes,
        build: packed::protobuf::build,
        layout: Layout::Flow(ndjson::WAY),
    },
    ViewRow {
        name: "form",
        label: "form",
        help: "the pairs of an urlencoded form, decoded",
        fit: fits::form,
        takes: Takes::Text,
        build: |subject, cancelled| form::lines(&subject.bytes, cancelled).map(Built::from),
        layout: Layout::Flow(Way { next: form::next, hang: 2, nest: None }),
    },
    ViewRow {
        name: "multipart",
        label: "multipart",
        help: "parts with their headers, each in the view that fits it",
        fit: fits::multipart,
        takes: Takes::Bytes,
        build: multipart::build,
        layout: Layout::Flow(fields::WAY),
    },
    ViewRow {
        name: "xml",
        label: "XML",
        help: "XML laid out, its text and entities as they were sent",
        fit: fits::xml,
        takes: Takes::Text,
        build: |subject, cancelled| xml::build(&subject.bytes, cancelled),
        layout: Layout::Flow(xml::WAY),
    },
    ViewRow {
        name: "html",
        label: "HTML",
        help: "HTML laid out by its tags, however wrong they are",
        fit: fits::html,
        takes: Takes::Text,
        build: |subject, cancelled| html::build(&subject.bytes, cancelled),
        layout: Layout::Flow(html::WAY),
    },
    ViewRow {
        name: "yaml",
        label: "YAML",
        help: "the lines of YAML, keys and values told apart",
        fit: fits::yaml,
        takes: Takes::Text,
        build: |subject, cancelled| yaml::build(&subject.bytes, cancelled),
        layout: Layout::Flow(yaml::WAY),
    },
    ViewRow {
        name: "csv",
        label: "CSV",
        help: "records with their columns aligned, the first as a header",
        fit: fits::csv,
        takes: Takes::Text,
        build: csv::build,
        layout: Layout::Flow(compose::TEXT),
    },
    ViewRow {
        name: "text",
        label: "text",
        help: "the lines of the body as they are",
        fit: |_| Fit::Plain,
        takes: Takes::Text,
        build: |subject, cancelled| text::lines(&subject.bytes, cancelled).map(Built::from),
        layout: Layout::Flow(compose::TEXT),
    },
    ViewRow {
        name: "hex",
        label: "hex",
        help: "offsets, bytes in hexadecimal, and what of them is ASCII",
        fit: |subject| if fits::looks_binary(&subject.bytes) { Fit::Likely } else { Fit::Last },
        takes: Takes::Bytes,
        build: |_, _| Ok(Built::default()),
        layout: Layout::Hex,
    },
    ViewRow {
        name: "wire",
        label: "wire",
        help: "the bytes as they came, before any content coding is undone, in hexadecimal",
        fit: |_| Fit::Never,
        takes: Takes::Wire,
        build: |_, _| Ok(Built::default()),
        layout: Layout::Hex,
    },
];

/// The view of that name.
pub fn view_named(name: &str) -> Option<&'static ViewRow> {
    VIEWS.iter().find(|view| view.name == name)
}
