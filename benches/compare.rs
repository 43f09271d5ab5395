//! What comparing costs: `cargo bench --bench compare`.
//!
//! Bodies of 100 MB: JSON that differs in one member near its end, JSON of which every object has another id, and text of
//! which one line differs.

use std::{fmt::Write as _, hint::black_box, sync::LazyLock};

use bytes::Bytes;
use creel::{
    decode::Cancelled,
    diff::{
        Ignored, Message, compare,
        message::{First, Part},
    },
};
use divan::{Bencher, counter::BytesCount};

fn main() {
    divan::main();
}

const SIZE: usize = 100_000_000;

/// Objects as webhooks send them; ids begin at `from`.
fn json(from: usize) -> Bytes {
    let mut text = String::with_capacity(SIZE + 1000);
    text.push('[');
    let mut number = from;
    while text.len() < SIZE {
        let comma = if number == from { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}{{"id":{number:09},"name":"Hello-World","private":false,"owner":{{"login":"octocat","score":1.5e2}},"topics":[],"text":"a \"quoted\" word\nand more of it"}}"#
        );
        number += 1;
    }
    text.push(']');
    text.into()
}

static JSON: LazyLock<Bytes> = LazyLock::new(|| json(0));
static OTHER_IDS: LazyLock<Bytes> = LazyLock::new(|| json(500_000_000));
static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
    let mut text = String::with_capacity(SIZE);
    for at in 0..SIZE / 40 {
        let _ = writeln!(text, "a line of a log, number {at:014}");
    }
    text.into()
});

/// The same but for one byte near the end.
fn changed(body: &Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    let at = bytes.len() - 1000;
    let found = bytes.iter().skip(at).position(|byte| *byte == b'0').map_or(at, |place| at + place);
    if let Some(byte) = bytes.get_mut(found) {
        *byte = b'7';
    }
    bytes.into()
}

fn message(body: Bytes) -> Message {
    Message {
        label: String::new(),
        first: vec![First { name: "target", text: b"/".to_vec() }],
        headers: Some(Vec::new()),
        trailers: Vec::new(),
        body: Some(Part { content: body.into(), headers: Vec::new() }),
        notes: Vec::new(),
    }
}

fn run(bencher: Bencher, old: &Bytes, new: Bytes) {
    let (old, new) = (message(old.clone()), message(new));
    let ignored = Ignored::usual();
    bencher
        .counter(BytesCount::new(2 * SIZE))
        .bench(|| compare(black_box(&old), black_box(&new), &ignored, &Cancelled::new()));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn json_with_one_difference(bencher: Bencher) {
    run(bencher, &JSON, changed(&JSON));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn json_with_a_difference_in_every_object(bencher: Bencher) {
    run(bencher, &JSON, OTHER_IDS.clone());
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn text_with_one_difference(bencher: Bencher) {
    run(bencher, &TEXT, changed(&TEXT));
}
