//! See `tests/hostile/targets.rs`.

#![no_main]

#[allow(dead_code, reason = "the other targets are in the same file")]
#[path = "../../tests/hostile/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::signatures(data));
