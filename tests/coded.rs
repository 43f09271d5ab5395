//! Bodies with content codings: unpacked to be shown, stopped at limits, and further where the reader wants it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use support::{captures::capture, driver::Driver, stage::Stage};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
    out
}

fn coded(coding: &str, body: Vec<u8>) -> creel::model::Capture {
    capture("POST", "/coded", &[("Content-Type", "application/json"), ("Content-Encoding", coding)], body)
}

fn json() -> Vec<u8> {
    let rows = (0..300).map(|row| format!("{{\"row\":{row},\"name\":\"a name\"}}")).collect::<Vec<_>>();
    format!("[{}]", rows.join(",")).into_bytes()
}

#[test]
fn a_coded_body_shows_unpacked_and_says_so() {
    let packed = gzip(&json());
    for (coding, body) in [("gzip", packed.clone()), ("br, gzip", gzip(&brotli(&json())))] {
        let mut stage = Stage::new(140, 40);
        let names = coding.replace(", ", "+");
        stage.receive(coded(coding, body)).keys("enter 1");
        let screen = stage.screen();
        for shown in ["\"row\": 0,", &format!("{names}, "), " → 8.1 KiB", "JSON"] {
            assert!(screen.contains(shown), "{coding}: {shown}: {screen}");
        }
    }
    // The bytes as they came are a view away.
    let mut stage = Stage::new(140, 40);
    stage.receive(coded("gzip", packed)).keys("enter 1");
    for _ in creel::decode::VIEWS {
        if stage.screen().contains(" wire ╯") {
            break;
        }
        stage.keys("v");
    }
    assert!(stage.screen().contains("00000000  1f 8b"), "{}", stage.screen());
}

#[test]
fn a_bomb_is_stopped_and_goes_on_when_it_is_asked_to() {
    let mut body = b"[\"".to_vec();
    body.extend(vec![b'x'; 3 << 20]);
    body.extend(b"\"]");
    let size = brotli(&body);
    assert!(size.len() < 3000);
    Driver::new()
        .receive(coded("br", size))
        .keys("enter 1")
        .wait_for("a bomb, stopped")
        .wait_for("U goes on")
        .keys("U")
        .wait_without("a bomb")
        .wait_without("goes on")
        .wait_for(" JSON ")
        .keys("U")
        .wait_for("nothing here was stopped while it was unpacked")
        .keys("q")
        .end();
}
